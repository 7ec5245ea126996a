package token

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// TestOutdate: a copy of a keyring counts as having seen more than any data has.
func TestOutdate(t *testing.T) {
	folder := t.TempDir()
	file, other := filepath.Join(folder, "keyring.json"), filepath.Join(folder, "before.json")
	for name, mark := range map[string]platform.Mark{file: {Number: 4, LastUIN: 10009}, other: {Number: 9, LastUIN: 10012}} {
		r, err := OpenKeyring(name, time.Now())
		must(t, err)
		must(t, r.Note(mark))
	}
	must(t, Outdate(file, filepath.Join(folder, "none.json")))
	if r, err := OpenKeyring(file, time.Now()); err != nil || r.Mark() != (platform.Mark{Number: 5, LastUIN: 10009}) {
		t.Errorf("alone it has seen %+v, %v", r.Mark(), err)
	}
	must(t, Outdate(file, other))
	if r, err := OpenKeyring(file, time.Now()); err != nil || r.Mark() != (platform.Mark{Number: 10, LastUIN: 10012}) {
		t.Errorf("with another it has seen %+v, %v", r.Mark(), err)
	}
}

// TestRenew: nothing that was sealed before opens, and unionids stay.
func TestRenew(t *testing.T) {
	r, err := OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), time.Now())
	must(t, err)
	union := r.UnionID("Studio", 10001)
	sealed := r.Seal(&Token{Kind: Access, AppID: 1})
	session := r.SealSession(&Session{UIN: 10001})
	ticket := r.SealTicket(platform.Ticket{Login: 5, Salt: 6, Serial: 7})
	must(t, r.Renew(time.Now()))
	if _, err := r.Open(sealed); err != ErrUnknown {
		t.Errorf("a token opens with %v, want %v", err, ErrUnknown)
	}
	if _, ok := r.OpenSession(session); ok {
		t.Error("a session opens")
	}
	if again := r.SealTicket(platform.Ticket{Login: 5, Salt: 6, Serial: 7}); again == ticket {
		t.Error("tickets have the same texts")
	}
	if r.UnionID("Studio", 10001) != union || len(r.Keys()) != 1 {
		t.Errorf("the unionid is %s, was %s; there are %d keys", r.UnionID("Studio", 10001), union, len(r.Keys()))
	}
}
