package tables_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// plan returns how SQLite finds the challenges that a statement reads.
func plan(t *testing.T, db *sql.DB, statement string, parameters int) (steps []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, make([]any, parameters)...)
	steps, err = tables.Collect(rows, err, func(r tables.Row) (step string, err error) {
		var none any
		return step, r.Scan(&none, &none, &none, &step)
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(steps, func(step string) bool { return !strings.Contains(step, " challenges ") })
}

// TestChallengesAreFoundInIndexes: what the challenges of players are asked for costs the same however many there have been.
func TestChallengesAreFoundInIndexes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rookery.db")
	s, err := sqlite.Open(t.Context(), file)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const (
		challenger = "SEARCH challenges USING COVERING INDEX challenges_over_of_challenger (appid=? AND challenger=?"
		opponent   = "SEARCH challenges USING COVERING INDEX challenges_over_of_opponent (appid=? AND opponent=?"
	)
	want := []string{challenger + " AND settled_ms=? AND end_ms>?)", opponent + " AND settled_ms=? AND end_ms>?)"}
	if diff := cmp.Diff(want, plan(t, db, tables.InsertChallenge, 12)); diff != "" {
		t.Errorf("beginning (-want +got):\n%s", diff)
	}
	want = []string{
		challenger + ")", challenger + " AND settled_ms=? AND end_ms<?)", opponent + ")", opponent + " AND settled_ms=? AND end_ms<?)",
		"SEARCH challenges USING INDEX challenges_of_opponent (appid=? AND opponent=?)",
	}
	if diff := cmp.Diff(want, plan(t, db, tables.ChallengeNews, 3)); diff != "" {
		t.Errorf("news (-want +got):\n%s", diff)
	}
}
