package operators

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const fileToken = "the token of the file, with 32 characters or more"

func open(t *testing.T) (*Service, store.Store, *platform.Clock) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "operators.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	clock := new(platform.Clock)
	return New(st, clock, fileToken, 24*time.Hour), st, clock
}

// holder says who holds a token, and in which role; "" for nobody.
func holder(s *Service, token string) string {
	if o, ok := s.ByToken(token); ok {
		return o.Name + ", " + o.Role.String()
	}
	return ""
}

// TestTokens: a token counts from the moment at which it is given out until it is replaced or its operator removed, and in
// whatever process reads the store.
func TestTokens(t *testing.T) {
	ctx := t.Context()
	s, st, clock := open(t)
	is := func(token, want string) {
		t.Helper()
		if got := holder(s, token); got != want {
			t.Errorf("it is the token of %q, want %q", got, want)
		}
	}
	is(fileToken, "admin, owner")
	is("", "")
	is(fileToken[1:], "")
	_, mara, err := s.Add(ctx, "mara", platform.RoleOperator)
	if err != nil || len(mara) != 64 {
		t.Fatalf("got a token of %d characters, %v", len(mara), err)
	}
	_, bo, err := s.Add(ctx, "bo", platform.RoleReader)
	if err != nil {
		t.Fatal(err)
	}
	is(mara, "mara, operator")
	is(bo, "bo, reader")
	is(strings.ToUpper(mara), "")

	owner := platform.RoleOwner
	if _, token, err := s.Update(ctx, "mara", &owner, false); err != nil || token != "" {
		t.Fatalf("got %q, %v", token, err)
	}
	is(mara, "mara, owner")
	o, renewed, err := s.Update(ctx, "mara", nil, true)
	if err != nil || o.TokenMS < o.CreatedMS {
		t.Fatalf("got %+v, %v", o, err)
	}
	is(mara, "")
	is(renewed, "mara, owner")
	if err := s.Remove(ctx, "bo"); err != nil {
		t.Fatal(err)
	}
	is(bo, "")
	is(fileToken, "admin, owner")

	s = New(st, clock, fileToken, time.Hour)
	if err := s.Load(ctx); err != nil {
		t.Fatal(err)
	}
	is(renewed, "mara, owner")
	is(bo, "")
	is(fileToken, "admin, owner")
	var names []string
	for _, o := range s.All() {
		names = append(names, o.Name)
	}
	if diff := cmp.Diff([]string{"admin", "mara"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestOperatorsThatAreRefused(t *testing.T) {
	ctx := t.Context()
	s, _, _ := open(t)
	for name, want := range map[string]error{
		"": platform.ErrInvalid, "Mara": platform.ErrInvalid, "1st": platform.ErrInvalid, "mara lind": platform.ErrInvalid, "mara\n": platform.ErrInvalid,
		strings.Repeat("m", 33): platform.ErrInvalid, strings.Repeat("m", 32): nil, "a.b-c_1": nil, "admin": platform.ErrExists, "a": nil,
	} {
		if _, _, err := s.Add(ctx, name, platform.RoleReader); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", name, err, want)
		}
	}
	if _, _, err := s.Add(ctx, "a", platform.RoleReader); !errors.Is(err, platform.ErrExists) {
		t.Errorf("a second a: %v", err)
	}
	for name, want := range map[string]error{"admin": platform.ErrInvalid, "nobody": platform.ErrNotFound} {
		if _, _, err := s.Update(ctx, name, nil, true); !errors.Is(err, want) {
			t.Errorf("a change of %s: got %v, want %v", name, err, want)
		}
		if err := s.Remove(ctx, name); !errors.Is(err, want) {
			t.Errorf("the removal of %s: got %v, want %v", name, err, want)
		}
	}
	for n := len(s.All()) - 1; n < 200; n++ {
		if _, _, err := s.Add(ctx, fmt.Sprint("n", n), platform.RoleReader); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Add(ctx, "last", platform.RoleReader); !errors.Is(err, platform.ErrFull) {
		t.Errorf("one above 200: %v", err)
	}
}

// TestEntriesAreKeptForTheirTime: by the platform's clock.
func TestEntriesAreKeptForTheirTime(t *testing.T) {
	ctx := t.Context()
	s, _, clock := open(t)
	for n := range 501 { // more than one write removes
		e := platform.AuditEntry{AtMS: clock.NowMS(), By: "mara", RequestID: fmt.Sprint(n)}
		if err := s.Record(platform.WithAudit(ctx, &platform.Audit{Entry: e})); err != nil {
			t.Fatal(err)
		}
	}
	left := func() int {
		t.Helper()
		if err := s.sweep(ctx); err != nil {
			t.Fatal(err)
		}
		list, err := s.Entries(ctx, platform.AuditFilter{}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	clock.Advance(23 * time.Hour)
	if n := left(); n != 501 {
		t.Errorf("after 23 hours %d are left", n)
	}
	clock.Advance(time.Hour + time.Minute)
	if n := left(); n != 0 {
		t.Errorf("after a day %d are left", n)
	}
}

// TestProof: a platform proves each token that counts at the moment, for one nonce.
func TestProof(t *testing.T) {
	ctx := t.Context()
	s, _, _ := open(t)
	_, mara, err := s.Add(ctx, "mara", platform.RoleReader)
	if err != nil {
		t.Fatal(err)
	}
	proves := func(token string, want bool) {
		t.Helper()
		c := NewChallenge(token)
		proof, ok := s.Prove(c)
		if ok != want || c.ProvedBy(token, proof) != want {
			t.Errorf("proof %q, %t, want %t", proof, ok, want)
		}
		again := NewChallenge(token)
		if again == c || again.ProvedBy(token, proof) {
			t.Error("a proof is good for another challenge")
		}
		if c.ProvedBy(token+"x", proof) || c.ProvedBy(token, "") || strings.Contains(fmt.Sprint(c, proof), token) {
			t.Errorf("proof %q of %+v", proof, c)
		}
	}
	proves(fileToken, true)
	proves(mara, true)
	proves(mara[1:], false)
	if err := s.Remove(ctx, "mara"); err != nil {
		t.Fatal(err)
	}
	proves(mara, false)
	if proof, ok := s.Prove(Challenge{}); ok {
		t.Errorf("nobody's token is proved: %q", proof)
	}
}
