package identity

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
)

// notingStore counts the notes of played games, or cannot write them.
type notingStore struct {
	store.Store
	notes   int
	failure error
}

func (s *notingStore) NotePlayed(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) error {
	s.notes++
	if s.failure != nil {
		return s.failure
	}
	return s.Store.NotePlayed(ctx, app, uin, nowMS)
}

func TestLoginsAreRecentGames(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	st := &notingStore{Store: f.store}
	f.store = st
	recent := func() []platform.RecentGame {
		t.Helper()
		list, err := f.store.RecentGames(ctx, f.ann.UIN, 9)
		must(t, err)
		return list
	}
	tick := func(d time.Duration) int64 {
		f.clock.Set(time.UnixMilli(f.clock.NowMS()).Add(d))
		return f.clock.NowMS()
	}
	within := func(what string, from int64, want ...platform.AppID) {
		t.Helper()
		var got []platform.AppID
		for i, game := range recent() {
			got = append(got, game.AppID)
			if i == 0 && (game.PlayedMS < from || game.PlayedMS > f.clock.NowMS()) {
				t.Errorf("%s: it was played at %d, before %d or after now", what, game.PlayedMS, from)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", what, diff)
		}
	}
	access := f.issue(f.app, f.ann, token.Access) // by the operator: nobody has logged in
	login, err := f.check(oidb.CheckAccess, wire.CheckRequest{Token: access.Token, Bearer: true})
	must(t, err)
	within("a token and its check", 0)

	at := tick(time.Hour)
	_, err = f.LogInPlayer(ctx, f.app.AppID, &login, false)
	must(t, err)
	within("V5 login", at, f.app.AppID)

	other := f.authorization()
	other.AppID = f.other.AppID
	at = tick(time.Hour)
	_, err = f.IssueImplicit(ctx, other)
	must(t, err)
	within("implicit grant", at, f.other.AppID, f.app.AppID)

	at = tick(time.Hour)
	f.logIn()
	within("code", at, f.app.AppID, f.other.AppID)

	notes := st.notes
	for _, step := range []struct {
		after time.Duration
		notes int
	}{{time.Hour, 1}, {0, 1}, {59 * time.Second, 1}, {2 * time.Second, 2}, {-time.Hour, 3}} {
		tick(step.after)
		_, err = f.LogInPlayer(ctx, f.app.AppID, &login, false)
		must(t, err)
		if got := st.notes - notes; got != step.notes {
			t.Errorf("%v later there are %d notes, want %d", step.after, got, step.notes)
		}
	}
	f.Forget()
	st.failure = errors.New("no")
	for range 2 {
		if _, err = f.LogInPlayer(ctx, f.app.AppID, &login, false); err != nil {
			t.Errorf("without a note nobody can log in: %v", err)
		}
	}
	if got := st.notes - notes; got != 5 {
		t.Errorf("a note that failed is taken for one: %d", got)
	}
}
