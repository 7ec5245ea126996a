package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(crashFile); file != "" {
		writeUntilKilled(file)
	}
	os.Exit(m.Run())
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return mustOpen(t, tempFile(t)) })
}

func tempFile(t testing.TB) string { return filepath.Join(t.TempDir(), "rookery.db") }

// fileOfVersion makes a file with the tables of an earlier version and runs the statements on it.
func fileOfVersion(t *testing.T, version int64, statements ...string) (file string) {
	t.Helper()
	file = tempFile(t)
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	before, err := migrator(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func mustOpen(t testing.TB, file string) *Store {
	t.Helper()
	s, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openUntilEnd opens a store in a new file and closes it when the test ends.
func openUntilEnd(t testing.TB) *Store {
	t.Helper()
	s := mustOpen(t, tempFile(t))
	t.Cleanup(func() { mustClose(t, s) })
	return s
}

func mustClose(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func mustCreate(t testing.TB, s *Store, uin platform.UIN) {
	t.Helper()
	if err := s.CreateAccount(t.Context(), &platform.Account{UIN: uin}, platform.FirstUIN); err != nil {
		t.Fatal(err)
	}
}

// numbers returns the numbers of all accounts.
func numbers(t testing.TB, s *Store) []platform.UIN {
	t.Helper()
	all, err := s.Accounts(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	var uins []platform.UIN
	for _, a := range all {
		uins = append(uins, a.UIN)
	}
	return uins
}

func wantNumbers(t testing.TB, s *Store, want ...platform.UIN) {
	t.Helper()
	if diff := cmp.Diff(want, numbers(t, s)); diff != "" {
		t.Errorf("accounts: -want +got:\n%s", diff)
	}
}

func TestReopen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "乌鸦 a?b#c%41&mode=ro.db")
	for round := range platform.UIN(3) {
		s := mustOpen(t, file)
		mustCreate(t, s, 0)
		if got := len(numbers(t, s)); got != int(round)+1 {
			t.Errorf("round %d: %d accounts", round, got)
		}
		for _, name := range []string{file, file + "-wal", file + "-shm"} {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v, others can read it", filepath.Base(name), info.Mode())
			}
		}
		mustClose(t, s)
		if _, err := os.Stat(file + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the log is still there after Close: %v", err)
		}
	}
}

func TestConnections(t *testing.T) {
	s := openUntilEnd(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "wal_autocheckpoint": "20000", "busy_timeout": "5000"} {
		var got string
		if err := s.writer.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("writer's %s: got %s, %v, want %s", pragma, got, err, want)
		}
	}
	if _, err := s.readers.ExecContext(t.Context(), "DELETE FROM accounts"); err == nil {
		t.Error("a reader could write")
	}
}

func TestClosed(t *testing.T) {
	s := mustOpen(t, tempFile(t))
	mustClose(t, s)
	for name, err := range map[string]error{
		"a write": s.Befriend(t.Context(), 1, 2, 3, 4),
		"a read":  s.readable(t.Context()),
		"a ping":  s.Ping(t.Context()),
	} {
		if err == nil || errors.Is(err, platform.ErrNotFound) {
			t.Errorf("%s after Close: got error %v", name, err)
		}
	}
}

// TestReadsTakeTurns shows that a read waits for a connection no longer than its caller does, and that every read, a failed
// one too, makes room for the next.
func TestReadsTakeTurns(t *testing.T) {
	s := openUntilEnd(t)
	mustCreate(t, s, platform.FirstUIN)
	for range 2 * cap(s.turns) {
		if _, err := s.Account(t.Context(), platform.FirstUIN); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Accounts(t.Context(), 0, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Account(t.Context(), platform.FirstUIN+1); !errors.Is(err, platform.ErrNotFound) {
			t.Fatal(err)
		}
		if _, err := s.query(t.Context(), "nonsense"); err == nil {
			t.Fatal("nonsense was read")
		}
	}
	for range cap(s.turns) {
		s.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := s.Account(ctx, platform.FirstUIN); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	for range cap(s.turns) {
		<-s.turns
	}
}

// TestReadersFail shows that an unreadable row is not taken for a missing one.
func TestReadersFail(t *testing.T) {
	s := openUntilEnd(t)
	mustCreate(t, s, platform.FirstUIN)
	if err := s.readers.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.EnsureOpenID(t.Context(), 1, platform.FirstUIN, platform.OpenID{1}, 1); err == nil {
		t.Error("EnsureOpenID succeeded")
	}
	if _, _, err := s.EnsurePlayer(t.Context(), platform.Player{AppID: 1, MSDKOpenID: 1}, 1); err == nil {
		t.Error("EnsurePlayer succeeded")
	}
	err := s.writer.write(t.Context(), func(tx *tx) error {
		var n int
		err := tx.QueryRow("SELECT (SELECT count(*) FROM openids) + (SELECT count(*) FROM players)").Scan(&n)
		if n != 0 {
			t.Errorf("%d rows were written", n)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	write := func(t *testing.T, file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name string
		want string // in the message
		make func(t *testing.T, folder string) (file string)
	}{
		{"newer-version", "run the newer rookery", func(t *testing.T, folder string) string {
			file := filepath.Join(folder, "newer.db")
			mustClose(t, mustOpen(t, file))
			db, err := sql.Open("sqlite", file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
				t.Fatal(err)
			}
			return file
		}},
		{"no-database", "not a database", func(t *testing.T, folder string) string {
			file := filepath.Join(folder, "text.db")
			write(t, file, strings.Repeat("This is a diary. ", 1000))
			return file
		}},
		{"no-folder", "no such file or directory", func(t *testing.T, folder string) string {
			return filepath.Join(folder, "missing", "rookery.db")
		}},
		{"folder-is-a-file", "not a directory", func(t *testing.T, folder string) string {
			write(t, filepath.Join(folder, "file"), "")
			return filepath.Join(folder, "file", "rookery.db")
		}},
		{"file-is-a-folder", "unable to open", func(t *testing.T, folder string) string { return folder }},
		{"read-only-folder", "permission denied", func(t *testing.T, folder string) string {
			readOnly(t, folder, 0o500)
			return filepath.Join(folder, "rookery.db")
		}},
		{"read-only-folder-with-file", "readonly", func(t *testing.T, folder string) string {
			file := filepath.Join(folder, "rookery.db")
			mustClose(t, mustOpen(t, file))
			readOnly(t, folder, 0o500)
			return file
		}},
		{"read-only-file", "readonly", func(t *testing.T, folder string) string {
			file := filepath.Join(folder, "rookery.db")
			mustClose(t, mustOpen(t, file))
			readOnly(t, file, 0o400)
			return file
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := test.make(t, t.TempDir())
			s, err := Open(t.Context(), file)
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			t.Log(err)
			for _, want := range []string{test.want, file} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, without %q", err, want)
				}
			}
		})
	}
}

// readOnly removes the right to write until the test ends.
func readOnly(t *testing.T, name string, mode fs.FileMode) {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(name, 0o700) })
}

// TestMessageIDsRiseAfterARestart: even if the clock was moved back meanwhile.
func TestMessageIDsRiseAfterARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rookery.db")
	var last int64
	for _, at := range []int64{2_000_000, 1_000_000} {
		s, err := Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := s.StoreMessage(t.Context(), platform.Message{UIN: 1, SentMS: at}, nil)
		if err != nil || m.ID <= last {
			t.Errorf("the message has ID %d after %d, %v", m.ID, last, err)
		}
		last = m.ID
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
