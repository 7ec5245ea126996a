package sqlite

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

// logOf makes five accounts and returns the files of the database as a process leaves them that is killed then.
func logOf(t *testing.T) (db, log []byte) {
	t.Helper()
	file := tempFile(t)
	s := mustOpen(t, file)
	defer mustClose(t, s)
	for range 5 { // each on pages of its own
		if err := s.CreateAccount(t.Context(), &platform.Account{PasswordHash: strings.Repeat("x", 10_000)}, platform.FirstUIN); err != nil {
			t.Fatal(err)
		}
	}
	db, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if log, err = os.ReadFile(file + "-wal"); err != nil {
		t.Fatal(err)
	}
	return db, log
}

// TestRecovery damages the log of a process that was killed. What is reported is what SQLite itself takes: as many accounts as before.
func TestRecovery(t *testing.T) {
	db, log := logOf(t)
	const frame = 24 + 4096
	frames := (len(log) - 32) / frame
	ends := func(i int) bool { return binary.BigEndian.Uint32(log[32+i*frame+4:]) != 0 }
	lastEnd := 0 // before the end of the last write
	for i := range frames - 1 {
		if ends(i) {
			lastEnd = i + 1
		}
	}
	if frames-lastEnd < 3 || !ends(frames-1) {
		t.Fatalf("the log has %d frames", frames)
	}
	flip := func(at int) []byte {
		damaged := bytes.Clone(log)
		damaged[at] ^= 1
		return damaged
	}
	for name, test := range map[string]struct {
		log      []byte
		want     Recovery
		accounts int
	}{
		"whole":                        {log, Recovery{Pages: frames}, 5},
		"cut in the last page":         {log[:len(log)-1], Recovery{Pages: lastEnd, Discarded: frames - 1 - lastEnd}, 4},
		"without the end of the last":  {log[:32+(frames-1)*frame], Recovery{Pages: lastEnd, Discarded: frames - 1 - lastEnd}, 4},
		"a bit of the last page":       {flip(len(log) - 1), Recovery{Pages: lastEnd, Discarded: frames - lastEnd, Writes: 1}, 4},
		"a bit of the last checksum":   {flip(len(log) - 4096 - 1), Recovery{Pages: lastEnd, Discarded: frames - lastEnd, Writes: 1}, 4},
		"an older page behind":         {append(bytes.Clone(log), make([]byte, frame)...), Recovery{Pages: frames}, 5},
		"nothing but the header":       {log[:32], Recovery{}, -1},
		"less than the header":         {log[:31], Recovery{}, -1},
		"a bit of the header":          {flip(13), Recovery{Discarded: frames, Writes: count(frames, ends)}, -1},
		"a bit of the header's sum":    {flip(31), Recovery{Discarded: frames, Writes: count(frames, ends)}, -1},
		"a bit of the header's number": {flip(2), Recovery{Discarded: frames, Writes: count(frames, ends)}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "rookery.db")
			for name, content := range map[string][]byte{file: db, file + "-wal": test.log} {
				if err := os.WriteFile(name, content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Open(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			defer mustClose(t, s)
			if s.Recovery() != test.want {
				t.Errorf("got %+v, want %+v", s.Recovery(), test.want)
			}
			if got := len(numbers(t, s)); test.accounts >= 0 && got != test.accounts {
				t.Errorf("%d accounts are there, want %d", got, test.accounts)
			}
			if err := s.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	if s := openUntilEnd(t); s.Recovery() != (Recovery{}) {
		t.Errorf("a new file: %+v", s.Recovery())
	}
}

func count(n int, is func(int) bool) (so int) {
	for i := range n {
		if is(i) {
			so++
		}
	}
	return so
}

func TestCheck(t *testing.T) {
	file := tempFile(t)
	s := mustOpen(t, file)
	if err := s.Befriend(t.Context(), platform.FirstUIN, platform.FirstUIN+1, 10, 1); err != nil {
		t.Fatal(err)
	}
	var page int64
	if err := s.readers.QueryRow("SELECT rootpage FROM sqlite_schema WHERE name = 'friendships'").Scan(&page); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("a whole database: %v", err)
	}
	mustClose(t, s)
	db, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.WriteAt([]byte{0xff, 0xff, 0xff, 0xff}, (page-1)*4096+3); err != nil { // how many rows the page has, and where
		t.Fatal(err)
	}
	db.Close()
	s = mustOpen(t, file)
	defer mustClose(t, s)
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), file+" is damaged: ") {
		t.Errorf("a damaged database: %v", err)
	}
}

// FuzzLog: whatever is in a log, no more is reported than it has room for.
func FuzzLog(f *testing.F) {
	f.Add(make([]byte, 32+24+512))
	f.Fuzz(func(t *testing.T, log []byte) {
		r, err := readLog(bytes.NewReader(log))
		if most := len(log) / (24 + 512); err != nil || r.Pages < 0 || r.Discarded < r.Writes || r.Pages+r.Discarded > most {
			t.Errorf("got %+v, %v of a log of %d bytes", r, err, len(log))
		}
	})
}
