package profile

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// countingStore counts the reads of accounts.
type countingStore struct {
	store.Store
	reads int
}

func (c *countingStore) Account(ctx context.Context, uin platform.UIN) (*platform.Account, error) {
	c.reads++
	return c.Store.Account(ctx, uin)
}

func TestAccountsAreReadOnceAndAgainAfterAChange(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	st, clock := &countingStore{Store: db}, new(platform.Clock)
	profiles := New(st, clock, "")
	ends := clock.NowMS() + 1000
	ann := platform.Account{Profile: platform.Profile{Nickname: "Ann", VIP: platform.VIP{Blue: platform.Membership{Level: 3, EndMS: ends}}}}
	must(t, st.CreateAccount(t.Context(), &ann, platform.FirstUIN))

	want := func(nickname string, level, reads int) {
		t.Helper()
		p, err := profiles.Get(t.Context(), ann.UIN)
		must(t, err)
		if p.Nickname != nickname || p.VIP.Blue.Level != level || st.reads != reads {
			t.Errorf("got %q of blue level %d after %d reads; want %q, %d, %d", p.Nickname, p.VIP.Blue.Level, st.reads, nickname, level, reads)
		}
	}
	want("Ann", 3, 1)
	want("Ann", 3, 1)
	clock.Advance(time.Second)
	want("Ann", 0, 1) // the membership has expired
	_, err = profiles.Update(t.Context(), ann.UIN, func(p *platform.Profile) error { p.Nickname = "Anna"; return nil })
	must(t, err)
	want("Anna", 0, 2)
	profiles.Forget()
	want("Anna", 0, 3)
	_, err = st.UpdateAccount(t.Context(), ann.UIN, func(a *platform.Account) error {
		a.State, a.PasswordHash, a.SignedOutMS = platform.AccountFrozen, "hash", 7
		return nil
	})
	must(t, err)
	for range 2 {
		account, err := profiles.Account(t.Context(), ann.UIN)
		if err != nil || account.State != platform.AccountFrozen || account.SignedOutMS != 7 || account.PasswordHash != "" || st.reads != 4 {
			t.Errorf("got %+v, %v after %d reads", account, err, st.reads)
		}
	}
	for range 2 { // what does not exist is not cached
		if _, err := profiles.Account(t.Context(), ann.UIN+1); !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("nobody: %v", err)
		}
	}
	if st.reads != 6 {
		t.Errorf("%d reads", st.reads)
	}
}

func TestUpdateRefuses(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	profiles := New(db, new(platform.Clock), "")
	ann := platform.Account{Profile: platform.Profile{Nickname: "Ann"}}
	must(t, db.CreateAccount(t.Context(), &ann, platform.FirstUIN))

	failure := errors.New("no")
	edit := func(edit func(*platform.Profile) error) error {
		_, err := profiles.Update(t.Context(), ann.UIN, edit)
		return err
	}
	if err := edit(func(*platform.Profile) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("got %v, want the error of the edit", err)
	}
	if err := edit(func(p *platform.Profile) error { p.Gender = 3; return nil }); !errors.Is(err, platform.ErrInvalid) {
		t.Errorf("gender 3: got %v, want ErrInvalid", err)
	}
	if _, err := profiles.Update(t.Context(), 4242424242, func(*platform.Profile) error { return nil }); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("nobody's: got %v, want ErrNotFound", err)
	}
	if p, err := profiles.Get(t.Context(), ann.UIN); err != nil || *p != ann.Profile {
		t.Errorf("after what was refused: got %+v, %v", p, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPictures(t *testing.T) {
	with, without := &Service{picture: "https://platform.example/picture/"}, new(Service)
	for url, want := range map[string][2]string{
		"":                            {"https://platform.example/picture/40", "https://platform.example/picture/"},
		"https://pic.example/u/1/":    {"https://pic.example/u/1/40", "https://pic.example/u/1/"},
		"https://pic.example/ann.png": {"https://pic.example/ann.png", "https://pic.example/ann.png#"},
	} {
		p := &platform.Profile{PictureURL: url}
		if got := [2]string{with.Picture(p, 40), with.PictureBase(p)}; got != want {
			t.Errorf("%q: got %q, want %q", url, got, want)
		}
	}
	if got := without.Picture(new(platform.Profile), 40) + without.PictureBase(new(platform.Profile)); got != "" {
		t.Errorf("without a picture of the platform's the address is %q", got)
	}
}
