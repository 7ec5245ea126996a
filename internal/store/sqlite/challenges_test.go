package sqlite

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plan returns how SQLite finds the rows that a statement reads.
func plan(t *testing.T, s *Store, statement string, parameters int) (steps []string) {
	t.Helper()
	rows, err := s.query(t.Context(), "EXPLAIN QUERY PLAN "+statement, make([]any, parameters)...)
	steps, err = collect(rows, err, func(r row) (step string, err error) {
		var none any
		err = r.Scan(&none, &none, &none, &step)
		return step, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(steps, func(step string) bool { return !strings.Contains(step, " challenges ") })
}

// TestChallengesAreFoundInIndexes: what the challenges of players are asked for costs the same however many there have been.
func TestChallengesAreFoundInIndexes(t *testing.T) {
	s := openUntilEnd(t)
	const (
		challenger = "SEARCH challenges USING COVERING INDEX challenges_over_of_challenger (appid=? AND challenger=?"
		opponent   = "SEARCH challenges USING COVERING INDEX challenges_over_of_opponent (appid=? AND opponent=?"
	)
	want := []string{challenger + " AND settled_ms=? AND end_ms>?)", opponent + " AND settled_ms=? AND end_ms>?)"}
	if diff := cmp.Diff(want, plan(t, s, insertChallenge, 12)); diff != "" {
		t.Errorf("beginning (-want +got):\n%s", diff)
	}
	want = []string{
		challenger + ")", challenger + " AND settled_ms=? AND end_ms<?)", opponent + ")", opponent + " AND settled_ms=? AND end_ms<?)",
		"SEARCH challenges USING INDEX challenges_of_opponent (appid=? AND opponent=?)",
	}
	if diff := cmp.Diff(want, plan(t, s, challengeNews, 3)); diff != "" {
		t.Errorf("news (-want +got):\n%s", diff)
	}
}
