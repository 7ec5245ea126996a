package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/test/pg"
)

func TestMain(m *testing.M) { os.Exit(pg.Main(m)) }

func quiet(Progress) {}

// folder makes a data folder whose every table has rows: of each column something else, and as many rows as a chunk and more where
// that is asked for.
func folder(t *testing.T, many string) (data string) {
	t.Helper()
	data = t.TempDir()
	name := filepath.Join(data, "rookery.db")
	if err := upToDate(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	f, all := tablesOf(t, name)
	defer f.db.Close() // before it is copied
	for _, table := range all {
		rows := 3
		if table.name == many {
			rows = 2*chunk + 1
		}
		fill(t, f.db, table, rows)
	}
	// Rows that are gone had numbers too.
	for _, name := range []string{"outbox", "feeds", "challenges", "audit"} {
		if _, err := f.db.ExecContext(t.Context(), "UPDATE sqlite_sequence SET seq = 123456 WHERE name = ?", name); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// tablesOf opens a file until the test ends, and returns its tables.
func tablesOf(t *testing.T, name string) (*fileSide, []*table) {
	t.Helper()
	f, err := openFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.db.Close() })
	all, err := f.tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f, all
}

func fill(t *testing.T, db *sql.DB, of *table, rows int) {
	t.Helper()
	kinds, err := db.QueryContext(t.Context(), "SELECT type FROM pragma_table_info(?) ORDER BY cid", of.name)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for kinds.Next() {
		var kind string
		if err := kinds.Scan(&kind); err != nil {
			t.Fatal(err)
		}
		types = append(types, kind)
	}
	if err := errors.Join(kinds.Err(), kinds.Close()); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), "DELETE FROM "+of.name); err != nil {
		t.Fatal(err)
	}
	if of.name == "incarnation" {
		rows = 1
	}
	for n := 1; n <= rows; n++ {
		values := make([]any, len(types))
		for i, kind := range types {
			switch kind {
			case "INTEGER":
				values[i] = int64(n)
			case "TEXT":
				values[i] = fmt.Sprintf("小 %d \"'\\\n%s", n, of.columns[i])
			case "BLOB":
				values[i] = []byte{0, 0xff, byte(n >> 8), byte(n), byte(i)}
			default:
				t.Fatalf("%s.%s is of type %s", of.name, of.columns[i], kind)
			}
		}
		if of.name == "players" && n == 1 {
			values[1] = int64(-1) << 63 // numbers without a sign are stored with one
		}
		if of.name == "bindings" && n == 2 {
			values[3] = nil // the group of a binding that has begun
		}
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO "+of.name+" VALUES (?"+strings.Repeat(", ?", len(values)-1)+")", values...); err != nil {
			t.Fatalf("%s: %v", of.name, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestThereAndBack: what comes back from a PostgreSQL is what went there, in every column of every table.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	data, back, address := folder(t, "messages"), t.TempDir(), pg.Database(t)
	there, err := Import(t.Context(), data, address, quiet)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Export(t.Context(), address, back, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(there, again); diff != "" || len(there) < 25 {
		t.Errorf("%d tables (-there +back):\n%s", len(there), diff)
	}
	for _, table := range there {
		want := int64(3)
		switch table.Name {
		case "messages":
			want = 40_001
		case "incarnation":
			want = 1
		}
		if table.Rows != want {
			t.Errorf("%s has %d rows, want %d", table.Name, table.Rows, want)
		}
	}
	if diff := cmp.Diff(dump(t, filepath.Join(data, "rookery.db")), dump(t, filepath.Join(back, "rookery.db"))); diff != "" {
		t.Errorf("-there +back:\n%s", diff)
	}
	s, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
}

// dump returns some of what a file has: each table's first and last rows, and the numbers that were given.
func dump(t *testing.T, name string) (text []string) {
	t.Helper()
	f, all := tablesOf(t, name)
	defer f.db.Close()
	for _, table := range all {
		rows, err := f.read(t.Context(), table, nil)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, fmt.Sprintf("%s %q", table.name, rows[:min(len(rows), 3)]))
		if table.own {
			n, err := f.number(t.Context(), table)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, fmt.Sprintf("%s gave %d", table.name, n))
		}
	}
	return text
}

// TestAnInterruptedImportGoesOn: whatever was copied is not copied again, and no gateway starts on half of it.
func TestAnInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	data, address := folder(t, "openids"), pg.Database(t)
	ctx, cancel := context.WithCancel(t.Context())
	var copied int64
	_, err := Import(ctx, data, address, func(p Progress) {
		if copied = p.Done; copied > chunk { // within the table that has more than a chunk
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want %v", err, context.Canceled)
	}
	if s, err := postgres.Open(t.Context(), address); err == nil || !strings.Contains(err.Error(), "half imported: run rookery import again") {
		if err == nil {
			s.Close()
		}
		t.Errorf("a gateway on half of the data: %v", err)
	}
	first := int64(-1)
	made, err := Import(t.Context(), data, address, func(p Progress) {
		if first < 0 {
			first = p.Done
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range made {
		if table.Name == "openids" && table.Rows != 2*chunk+1 {
			t.Errorf("openids has %d rows", table.Rows)
		}
	}
	if _, err := Import(t.Context(), data, address, quiet); err == nil || !strings.Contains(err.Error(), "has a platform already") {
		t.Errorf("another import: %v", err)
	}
}

func TestATransferNeedsEverybodyStopped(t *testing.T) {
	t.Parallel()
	data, address := folder(t, ""), pg.Database(t)
	lock, err := disk.LockFolder(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), data, address, quiet); err == nil || !strings.Contains(err.Error(), "is in use by a platform: stop it first") {
		t.Errorf("a platform runs on the folder: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	leads := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Lead(ctx, func(ctx context.Context) { close(leads); <-ctx.Done() })
	}()
	<-leads
	for what, err := range map[string]error{
		"import": second(Import(t.Context(), data, address, quiet)), "export": second(Export(t.Context(), address, t.TempDir(), quiet)),
	} {
		if err == nil || !strings.Contains(err.Error(), "gateways use the database: stop all of them first") {
			t.Errorf("%s beside a gateway: %v", what, err)
		}
	}
	cancel()
	<-done
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), data, address, quiet); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := Export(t.Context(), address, data, quiet); err == nil || !strings.Contains(err.Error(), "has a database already") {
		t.Errorf("an export to a folder in use: %v", err)
	}
	if _, err := Import(t.Context(), t.TempDir(), address, quiet); err == nil || !strings.Contains(err.Error(), "is not the data folder of a platform") {
		t.Errorf("an import of an empty folder: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestADifferenceIsNoticed: a row that changes under way.
func TestADifferenceIsNoticed(t *testing.T) {
	t.Parallel()
	data, address := folder(t, ""), pg.Database(t)
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	changed := false
	_, err = Import(t.Context(), data, address, func(p Progress) {
		if p.Done == p.Total && p.Doing == "copying" && !changed {
			changed = true
			if _, err := conn.Exec(t.Context(), "UPDATE apps SET record = record || ' ' WHERE appid = 1"); err != nil {
				t.Error(err)
			}
		}
	})
	if err == nil || !strings.Contains(err.Error(), "table apps has 3 rows") {
		t.Errorf("got %v, want a difference in apps", err)
	}
}

// TestTheTablesAreTheSame: PostgreSQL has the tables and columns of SQLite, and its own besides.
func TestTheTablesAreTheSame(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "rookery.db")
	if err := upToDate(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	_, all := tablesOf(t, name)
	conn, err := pgx.Connect(t.Context(), pg.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, table := range all {
		rows, err := conn.Query(t.Context(), "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 ORDER BY column_name", table.name)
		if err != nil {
			t.Fatal(err)
		}
		has, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		want := append([]string(nil), table.columns...)
		slices.Sort(want)
		slices.Sort(has)
		if diff := cmp.Diff(want, has); diff != "" {
			t.Errorf("%s (-SQLite +PostgreSQL):\n%s", table.name, diff)
		}
	}
}

func FuzzReadKey(f *testing.F) {
	for _, text := range []string{`["i1","tx","bAP8="]`, `[""]`, `["q"]`, `["i9999999999999999999"]`, `{}`, ``} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := readKey(text)
		if err != nil {
			return
		}
		again, err := writeKey(key)
		if err != nil {
			t.Fatalf("%q is read as %q and cannot be written: %v", text, key, err)
		}
		if same, err := readKey(again); err != nil || !cmp.Equal(key, same) {
			t.Errorf("%q becomes %q: %v", key, same, err)
		}
	})
}
