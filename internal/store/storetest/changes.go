package storetest

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// changes are the tests of OnChange.
var changes = []test{
	{"each-write-reports-what-it-changed", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		refused := errors.New("refused")
		profile := func(nickname string) func(*platform.Account) error {
			return func(a *platform.Account) error { a.Profile.Nickname = nickname; return nil }
		}
		update := func(uin platform.UIN, edit func(*platform.Account) error) error {
			_, err := s.UpdateAccount(ctx, uin, edit)
			return err
		}
		standing := func(app platform.AppID, n byte) store.Change {
			return store.StandingChange{AppID: app, OpenID: openid(n)}
		}
		friends := func(uin platform.UIN) store.Change { return store.FriendshipChange{UIN: uin} }
		app := func(name string) *platform.App { return &platform.App{AppID: game, Name: name} }
		b := binding("7", 5)
		var epoch uint32
		gc := firstGC
		role := func(uins ...platform.UIN) (changes []store.Change) {
			for _, uin := range uins {
				changes = append(changes, store.MembershipChange{GC: gc, UIN: uin})
			}
			return changes
		}

		heard := listen(t, s)
		for _, write := range []struct {
			name string
			do   func() error
			err  error
			want []store.Change
		}{
			{"an app", func() error { return s.CreateApp(ctx, app("one"), now) }, nil, []store.Change{store.AppChange{App: app("one")}}},
			{"an app that exists", func() error { return s.CreateApp(ctx, app("two"), now) }, platform.ErrExists, nil},
			{"an app's name", func() error {
				_, err := s.UpdateApp(ctx, game, now, func(a *platform.App) error { a.Name = "two"; return nil })
				return err
			}, nil, []store.Change{store.AppChange{App: app("two")}}},
			{"an app, refused", func() error {
				_, err := s.UpdateApp(ctx, game, now, func(a *platform.App) error { a.Name = "three"; return refused })
				return err
			}, refused, nil},
			{"an account", func() error { account(t, s, first); account(t, s, first+1); return nil }, nil, nil},
			{"openids", func() error {
				issue(t, s, game, first, openid(1))
				issue(t, s, other, first, openid(2))
				issue(t, s, game, first+1, openid(3))
				return nil
			}, nil, nil},
			{"several openids", func() error {
				_, err := s.EnsureOpenIDs(ctx, other, []platform.UIN{first, first + 1}, []platform.OpenID{openid(9), openid(4)}, now)
				return err
			}, nil, nil},
			{"an openid taken back", func() error { _, err := s.ReclaimOpenID(ctx, other, first, now); return err }, nil, []store.Change{standing(other, 2)}},
			{"an openid taken back again", func() error { _, err := s.ReclaimOpenID(ctx, other, first, now); return err }, platform.ErrNotFound, nil},
			{"a player", func() error {
				_, _, err := s.EnsurePlayer(ctx, platform.Player{AppID: game, Channel: 1, MSDKOpenID: 1, OpenID: openid(1)}, now)
				return err
			}, nil, nil},
			{"an authorization", func() error { _, err := s.Authorize(ctx, game, openid(1), nil, false, now); return err }, nil, []store.Change{standing(game, 1)}},
			{"an authorization of a reclaimed openid", func() error { _, err := s.Authorize(ctx, other, openid(2), nil, false, now); return err }, platform.ErrNotFound, nil},
			{"a pay epoch", func() error { _, err := s.RaisePayEpoch(ctx, game, openid(1), now); return err }, nil, []store.Change{standing(game, 1)}},
			{"a pay epoch of nothing", func() error { _, err := s.RaisePayEpoch(ctx, game, openid(3), now); return err }, platform.ErrNotFound, nil},
			{"the end of a grant", func() error { return s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now) }, nil, []store.Change{standing(game, 1)}},
			{"the end of an ended grant", func() error { return s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now) }, platform.ErrNotFound, nil},
			{"a login", func() error {
				one := login(1)
				one.TokenEpoch = 1
				return s.CreateLogin(ctx, one)
			}, nil, nil},
			{"a code", func() error {
				l, err := s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now, agreed)
				epoch = l.TokenEpoch
				return err
			}, nil, []store.Change{standing(game, 1)}},
			{"a used code", func() error {
				_, err := s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now, agreed)
				return err
			}, platform.ErrSpent, nil},
			{"a refresh token", func() error { _, err := s.UseRefresh(ctx, game, ticket(1, 1), nil, 0, now); return err }, nil, nil},
			{"the end of a login", func() error { return s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByUser, now) }, nil, []store.Change{standing(game, 1)}},
			{"the end of an ended login", func() error { return s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByUser, now) }, platform.ErrNotFound, nil},
			{"an openkey", func() error {
				return s.CreateOpenkey(ctx, platform.Openkey{AppID: game, Session: 1, OpenID: openid(1), ExpiresMS: now + 1})
			}, nil, nil},
			{"an openkey's end", func() error { return s.RenewOpenkey(ctx, game, 1, now, now+2) }, nil, nil},
			{"an account's password", func() error { return update(first, func(a *platform.Account) error { a.PasswordEpoch++; return nil }) }, nil,
				[]store.Change{store.AccountChange{UIN: first}, standing(game, 1), standing(other, 2)}},
			{"an account's state", func() error {
				return update(first+1, func(a *platform.Account) error { a.State = platform.AccountFrozen; return nil })
			}, nil,
				[]store.Change{store.AccountChange{UIN: first + 1}, standing(game, 3), standing(other, 4)}},
			{"an account's class", func() error {
				return update(first+1, func(a *platform.Account) error { a.Class = platform.ClassB; return nil })
			}, nil,
				[]store.Change{store.AccountChange{UIN: first + 1}, standing(game, 3), standing(other, 4)}},
			{"an account's profile", func() error { return update(first, profile("渡鸦")) }, nil, []store.Change{store.AccountChange{UIN: first}}},
			{"an account's profile, to what it is", func() error { return update(first, profile("渡鸦")) }, nil, nil},
			{"an account's hash", func() error {
				return update(first, func(a *platform.Account) error { a.PasswordHash = "another"; return nil })
			}, nil, []store.Change{store.AccountChange{UIN: first}}},
			{"an account's sign-out", func() error {
				return update(first, func(a *platform.Account) error { a.SignedOutMS = now; return nil })
			}, nil, []store.Change{store.AccountChange{UIN: first}}},
			{"an account, refused", func() error {
				return update(first, func(a *platform.Account) error { a.PasswordEpoch++; return refused })
			}, refused, nil},
			{"a friendship", func() error { return s.Befriend(ctx, first, first+1, many, now) }, nil, []store.Change{friends(first), friends(first + 1)}},
			{"a friendship that there is", func() error { return s.Befriend(ctx, first+1, first, many, now) }, nil, nil},
			{"a friendship too many", func() error { account(t, s, first+2); return s.Befriend(ctx, first, first+2, 1, now) }, platform.ErrFull, nil},
			{"a remark", func() error { return s.SetRemark(ctx, first, first+1, "r") }, nil, []store.Change{friends(first)}},
			{"a remark on a stranger", func() error { return s.SetRemark(ctx, first, first+2, "r") }, platform.ErrNotFound, nil},
			{"the end of a friendship", func() error { return s.Unfriend(ctx, first+1, first) }, nil, []store.Change{friends(first + 1), friends(first)}},
			{"the end of no friendship", func() error { return s.Unfriend(ctx, first+1, first) }, platform.ErrNotFound, nil},
			{"a score", func() error { return reports(s, scored("7", now)) }, nil, []store.Change{
				store.ScoreChange{AppID: game, UIN: first, Week: monday, Score: decimal("7"), ReachedMS: now},
				store.ScoreChange{AppID: game, UIN: first, Score: decimal("7"), ReachedMS: now},
			}},
			{"a score that is not greater", func() error { return reports(s, scored("7", now)) }, platform.ErrNotGreater, nil},
			{"a greater score in a report that is refused", func() error {
				r := scored("8", now)
				r.Items = append(r.Items, r.Items[0])
				return reports(s, r)
			}, platform.ErrNotGreater, nil},
			{"a score that is greater only in its week", func() error {
				r := scored("6", now)
				r.Day, r.Items[0].Overwrite = monday+7, true
				return reports(s, r)
			}, nil, []store.Change{store.ScoreChange{AppID: game, UIN: first, Week: monday + 7, Score: decimal("6"), ReachedMS: now}}},
			{"a binding begun", func() error { return s.BeginBinding(ctx, b) }, nil, nil},
			{"a binding", func() error { return s.FinishBinding(ctx, b, nil) }, nil, []store.Change{store.BindingChange{Guild: b.Guild, GC: 5}}},
			{"a binding that is in force", func() error { return s.FinishBinding(ctx, b, nil) }, platform.ErrNotFound, nil},
			{"a binding released", func() error { return s.ReleaseBinding(ctx, b, nil) }, nil, []store.Change{store.BindingChange{Guild: b.Guild, GC: 5}}},
			{"a binding released again", func() error { return s.ReleaseBinding(ctx, b, nil) }, platform.ErrNotFound, nil},
			{"a binding ended", func() error { return s.EndBinding(ctx, b) }, nil, nil},
			{"a reminder", func() error { return s.TakeReminder(ctx, game, first, 1) }, nil, nil},
			{"a group", func() error { gc = group(t, s, first).GC; return nil }, nil, role(first)},
			{"a member", func() error { join(t, s, gc, first+1); return nil }, nil, role(first + 1)},
			{"a member again", func() error { join(t, s, gc, first+1); return nil }, nil, nil},
			{"a member, refused", func() error {
				return s.JoinGroup(ctx, gc, platform.GroupMembership{UIN: first + 2}, 0, func(*platform.Group) error { return refused })
			}, refused, nil},
			{"an administrator", func() error {
				_, err := s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Admins = []platform.UIN{first + 1}; return nil })
				return err
			}, nil, role(first + 1)},
			{"a group's name", func() error {
				_, err := s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Name = "n"; return nil })
				return err
			}, nil, nil},
			{"a new owner", func() error { return s.TransferGroup(ctx, gc, first+1, 0, whoever) }, nil, role(first, first+1)},
			{"a new owner by an operator", func() error {
				_, err := s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Owner = first; return nil })
				return err
			}, nil, role(first+1, first)},
			{"a member who leaves", func() error { return s.LeaveGroup(ctx, gc, first+1, first+1, byAnybody) }, nil, role(first + 1)},
			{"nobody who leaves", func() error { return s.LeaveGroup(ctx, gc, first+1, first+1, byAnybody) }, nil, nil},
			{"the end of a group", func() error { return s.DisbandGroup(ctx, gc, "", always) }, nil, role(0)},
			{"a policy", func() error { return s.StoreOIDBPolicy(ctx, 1, []byte(`{"n":1}`), now) }, nil, []store.Change{store.PolicyChange{Version: 1, Record: []byte(`{"n":1}`)}}},
			{"a policy that exists", func() error { return s.StoreOIDBPolicy(ctx, 1, []byte(`{"n":2}`), now) }, platform.ErrExists, nil},
		} {
			if err := write.do(); !errors.Is(err, write.err) {
				t.Fatalf("%s: got error %v, want %v", write.name, err, write.err)
			}
			if diff := cmp.Diff(write.want, heard.take(), cmpopts.EquateEmpty(), cmpopts.EquateComparable(platform.Decimal{})); diff != "" {
				t.Errorf("%s: -want +got:\n%s", write.name, diff)
			}
		}
	}},
	{"a-change-is-reported-between-its-commit-and-the-return-of-its-write", func(t *testing.T, s store.Store) {
		var mu sync.Mutex
		seen := make(map[platform.OpenID]uint32)
		s.OnChange(func(c store.Change) {
			change := c.(store.StandingChange)
			st, err := s.Standing(t.Context(), change.AppID, change.OpenID) // sees only committed data
			if err != nil {
				t.Errorf("reported of %s: %v", change.OpenID, err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[change.OpenID] = st.TokenEpoch
		})
		for i := range callers {
			issue(t, s, game, first+platform.UIN(i), openid(byte(i)))
		}
		together(t, func(i int) (none struct{}, err error) {
			id := openid(byte(i))
			for epoch := range uint32(4) {
				if _, err := s.Authorize(t.Context(), game, id, nil, false, now); err != nil {
					return none, err
				}
				mu.Lock()
				got := seen[id]
				mu.Unlock()
				if got != epoch+1 {
					t.Errorf("token epoch %d was seen when the write of %d had returned", got, epoch+1)
				}
			}
			return none, nil
		})
	}},
	{"changes-are-reported-to-all", func(t *testing.T, s store.Store) {
		one, two := listen(t, s), listen(t, s)
		ok(t, s.StoreOIDBPolicy(t.Context(), 1, []byte(`{}`), now))
		same(t, len(one.take()), 1)
		same(t, len(two.take()), 1)
	}},
}

// listener records the changes it receives, and checks that a reader sees them.
type listener struct {
	mu    sync.Mutex
	heard []store.Change
}

func listen(t *testing.T, s store.Store) *listener {
	l := new(listener)
	s.OnChange(func(c store.Change) {
		switch c := c.(type) {
		case store.AppChange:
			if app, err := s.App(t.Context(), c.App.AppID); err != nil || app.Name != c.App.Name {
				t.Errorf("%+v is reported, %+v is read: %v", c.App, app, err)
			}
		case store.PolicyChange:
			if version, record, err := s.OIDBPolicy(t.Context()); err != nil || version != c.Version || string(record) != string(c.Record) {
				t.Errorf("version %d is reported, %d is read: %s, %v", c.Version, version, record, err)
			}
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heard = append(l.heard, c)
	})
	return l
}

// take returns the changes received since the last call.
func (l *listener) take() []store.Change {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard := l.heard
	l.heard = nil
	return heard
}
