package storetest

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var grants = []test{
	{"authorize", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		_, err := s.Grant(ctx, game, openid(1))
		fails(t, err, platform.ErrNotFound)

		want := platform.Grant{AppID: game, OpenID: openid(1)}
		for _, step := range []struct {
			scopes []string
			pay    bool
		}{
			{[]string{"login", "读取资料", "login"}, false}, {nil, true}, {[]string{}, false}, {[]string{"b", "a"}, true},
		} {
			want.Scopes = step.scopes
			want.TokenEpoch++
			if step.pay {
				want.PayEpoch++
			}
			same(t, result(s.Authorize(ctx, game, openid(1), step.scopes, step.pay, now))(t), want)
			same(t, result(s.Grant(ctx, game, openid(1)))(t), want)
		}
	}},
	{"authorize-needs-an-active-openid", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		issue(t, s, game, first+1, openid(2))
		before := result(s.Authorize(ctx, game, openid(2), nil, true, now))(t)
		result(s.ReclaimOpenID(ctx, game, first+1, now))(t)

		_, err := s.Authorize(ctx, other, openid(1), nil, true, now)
		fails(t, err, platform.ErrNotFound)
		_, err = s.Authorize(ctx, game, openid(3), nil, true, now)
		fails(t, err, platform.ErrNotFound)
		_, err = s.Authorize(ctx, game, openid(2), []string{"login"}, true, now)
		fails(t, err, platform.ErrNotFound)

		same(t, result(s.Grant(ctx, game, openid(2)))(t), before)
		_, err = s.Grant(ctx, other, openid(1))
		fails(t, err, platform.ErrNotFound)
	}},
	{"authorize-together", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		got := together(t, func(int) (uint32, error) {
			g, err := s.Authorize(t.Context(), game, openid(1), nil, true, now)
			if g.PayEpoch != g.TokenEpoch {
				t.Errorf("pay epoch %d beside token epoch %d", g.PayEpoch, g.TokenEpoch)
			}
			return g.TokenEpoch, err
		})
		same(t, sorted(got), sequence(uint32(1), callers)) // no two logins share an epoch
	}},
	{"pay-epoch", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		issue(t, s, game, first+1, openid(2))
		_, err := s.RaisePayEpoch(ctx, game, openid(1), now)
		fails(t, err, platform.ErrNotFound)

		want := result(s.Authorize(ctx, game, openid(1), []string{"pay"}, false, now))(t)
		neighbour := result(s.Authorize(ctx, game, openid(2), nil, false, now))(t)
		want.PayEpoch = 1
		same(t, result(s.RaisePayEpoch(ctx, game, openid(1), now))(t), want)
		same(t, result(s.Grant(ctx, game, openid(1)))(t), want)

		ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now))
		_, err = s.RaisePayEpoch(ctx, game, openid(1), now)
		fails(t, err, platform.ErrNotFound)
		same(t, result(s.Grant(ctx, game, openid(1)))(t).PayEpoch, uint32(1))
		same(t, result(s.Grant(ctx, game, openid(2)))(t), neighbour)
	}},
	{"pay-epoch-together", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		result(s.Authorize(t.Context(), game, openid(1), nil, false, now))(t)
		got := together(t, func(int) (uint32, error) {
			g, err := s.RaisePayEpoch(t.Context(), game, openid(1), now)
			return g.PayEpoch, err
		})
		same(t, sorted(got), sequence(uint32(1), callers))
	}},
	{"end-grant", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		fails(t, s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now), platform.ErrNotFound)

		want := result(s.Authorize(ctx, game, openid(1), []string{"login"}, true, now))(t)
		want = result(s.Authorize(ctx, game, openid(1), []string{"login"}, true, now))(t)
		ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByOperator, now))
		want.EndedEpoch, want.EndedBy = 2, platform.EndedByOperator
		got := result(s.Grant(ctx, game, openid(1)))(t)
		same(t, got, want)
		same(t, got.Live(), false)

		// It has ended: it cannot be ended again, and who ended it stays.
		fails(t, s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now), platform.ErrNotFound)
		same(t, result(s.Grant(ctx, game, openid(1)))(t), want)

		got = result(s.Authorize(ctx, game, openid(1), nil, false, now))(t)
		same(t, got.Live(), true)
		same(t, []uint32{got.TokenEpoch, got.PayEpoch, got.EndedEpoch}, []uint32{3, 2, 2}) // older tokens stay ended
		ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now))
		got = result(s.Grant(ctx, game, openid(1)))(t)
		same(t, got.EndedEpoch, uint32(3))
		same(t, got.EndedBy, platform.EndedByUser)
	}},
	{"end-grant-together", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		result(s.Authorize(t.Context(), game, openid(1), nil, false, now))(t)
		ended := 0
		for _, won := range together(t, func(int) (bool, error) {
			err := s.EndGrant(t.Context(), game, openid(1), platform.EndedByUser, now)
			if errors.Is(err, platform.ErrNotFound) {
				return false, nil
			}
			return err == nil, err
		}) {
			if won {
				ended++
			}
		}
		same(t, ended, 1)
	}},
	{"live-grants", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		same(t, result(s.LiveGrants(ctx, first))(t), nil)
		issue(t, s, game, first, openid(1))
		issue(t, s, other, first, openid(2))
		issue(t, s, game, first+1, openid(3))
		result(s.Authorize(ctx, game, openid(3), nil, false, now))(t)
		same(t, result(s.LiveGrants(ctx, first))(t), nil)

		older := platform.LiveGrant{Grant: result(s.Authorize(ctx, game, openid(1), []string{"login"}, false, now))(t), SinceMS: now}
		newer := platform.LiveGrant{Grant: result(s.Authorize(ctx, other, openid(2), nil, false, now+1))(t), SinceMS: now + 1}
		same(t, result(s.LiveGrants(ctx, first))(t), []platform.LiveGrant{newer, older})

		older.Grant = result(s.Authorize(ctx, game, openid(1), []string{"other"}, false, now+2))(t)
		same(t, result(s.LiveGrants(ctx, first))(t), []platform.LiveGrant{newer, older})

		ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now+3))
		same(t, result(s.LiveGrants(ctx, first))(t), []platform.LiveGrant{newer})
		again := platform.LiveGrant{Grant: result(s.Authorize(ctx, game, openid(1), nil, false, now+4))(t), SinceMS: now + 4}
		same(t, result(s.LiveGrants(ctx, first))(t), []platform.LiveGrant{again, newer})

		result(s.ReclaimOpenID(ctx, other, first, now+5))(t)
		same(t, result(s.LiveGrants(ctx, first))(t), []platform.LiveGrant{again})
	}},
	{"standing", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		_, err := s.Standing(ctx, game, openid(1))
		fails(t, err, platform.ErrNotFound)

		issue(t, s, game, first, openid(1))
		issue(t, s, other, first, openid(2))
		_, err = s.Standing(ctx, other, openid(1))
		fails(t, err, platform.ErrNotFound)
		want := platform.Standing{UIN: first, PasswordEpoch: 1}
		bystander := want
		now := func() platform.Standing { return result(s.Standing(ctx, game, openid(1)))(t) }
		same(t, now(), want)

		result(s.Authorize(ctx, game, openid(1), nil, true, 1))(t)
		want.TokenEpoch, want.PayEpoch = 1, 1
		same(t, now(), want)

		result(s.RaisePayEpoch(ctx, game, openid(1), 2))(t)
		want.PayEpoch = 2
		same(t, now(), want)

		ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByOperator, 3))
		want.EndedEpoch, want.EndedBy = 1, platform.EndedByOperator
		same(t, now(), want)
		same(t, result(s.Standing(ctx, other, openid(2)))(t), bystander)

		result(s.UpdateAccount(ctx, first, func(a *platform.Account) error {
			a.State, a.Class, a.PasswordEpoch = platform.AccountFrozen, platform.ClassB, math.MaxUint32
			return nil
		}))(t)
		want.AccountState, want.AccountClass, want.PasswordEpoch = platform.AccountFrozen, platform.ClassB, math.MaxUint32
		same(t, now(), want)
		bystander.AccountState, bystander.AccountClass, bystander.PasswordEpoch = want.AccountState, want.AccountClass, want.PasswordEpoch
		same(t, result(s.Standing(ctx, other, openid(2)))(t), bystander)

		result(s.ReclaimOpenID(ctx, game, first, 4))(t)
		want.OpenIDState = platform.OpenIDReclaimed
		same(t, now(), want)

		issue(t, s, game, first, openid(3))
		same(t, now(), want) // the account's new openid starts afresh, the old one is unchanged
		bystander.TokenEpoch, bystander.PayEpoch = 0, 0
		same(t, result(s.Standing(ctx, game, openid(3)))(t), bystander)
	}},
}

var openkeys = []test{
	{"openkey-keeps-every-field", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		keys := []platform.Openkey{
			{AppID: game, Session: math.MaxUint64, OpenID: openid(1), ExpiresMS: now},
			{AppID: game, Session: 1 << 63, OpenID: openid(1), ExpiresMS: now + 1},
			{AppID: game, Session: 1, OpenID: openid(1), ExpiresMS: now + 2},
			{AppID: other, Session: 1, OpenID: openid(2), ExpiresMS: now + 3},
		}
		for _, key := range keys {
			ok(t, s.CreateOpenkey(ctx, key))
		}
		for _, key := range keys {
			same(t, result(s.Openkey(ctx, key.AppID, key.Session))(t), key)
		}
		_, err := s.Openkey(ctx, other, math.MaxUint64)
		fails(t, err, platform.ErrNotFound)
	}},
	{"openkey-taken", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		key := platform.Openkey{AppID: game, Session: 1 << 63, OpenID: openid(1), ExpiresMS: now}
		ok(t, s.CreateOpenkey(ctx, key))
		fails(t, s.CreateOpenkey(ctx, platform.Openkey{AppID: game, Session: 1 << 63, OpenID: openid(2), ExpiresMS: now + 1}), platform.ErrExists)
		same(t, result(s.Openkey(ctx, game, 1<<63))(t), key)
	}},
	{"openkey-renewed", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		key := platform.Openkey{AppID: game, Session: math.MaxUint64, OpenID: openid(1), ExpiresMS: now + 100}
		neighbour := platform.Openkey{AppID: other, Session: math.MaxUint64, OpenID: openid(2), ExpiresMS: now + 100}
		ok(t, s.CreateOpenkey(ctx, key))
		ok(t, s.CreateOpenkey(ctx, neighbour))
		for _, step := range []struct {
			at, to int64
			want   error
			end    int64
		}{
			{now, now + 200, nil, now + 200},
			{now + 1, now + 150, nil, now + 200}, // an older renewal that comes late changes nothing
			{now + 199, now + 300, nil, now + 300},
			{now + 300, now + 400, platform.ErrNotFound, now + 300},
			{now + 1000, now + 2000, platform.ErrNotFound, now + 300},
		} {
			if err := s.RenewOpenkey(ctx, game, key.Session, step.at, step.to); !errors.Is(err, step.want) {
				t.Fatalf("renew at %d: got error %v, want %v", step.at, err, step.want)
			}
			key.ExpiresMS = step.end
			same(t, result(s.Openkey(ctx, game, key.Session))(t), key)
		}
		fails(t, s.RenewOpenkey(ctx, game, 5, now, now+1), platform.ErrNotFound)
		same(t, result(s.Openkey(ctx, other, neighbour.Session))(t), neighbour)
	}},
	{"openkey-renewed-together", func(t *testing.T, s store.Store) {
		ok(t, s.CreateOpenkey(t.Context(), platform.Openkey{AppID: game, Session: 1, OpenID: openid(1), ExpiresMS: now + 1}))
		together(t, func(i int) (none struct{}, err error) {
			return none, s.RenewOpenkey(t.Context(), game, 1, now, now+int64(i))
		})
		same(t, result(s.Openkey(t.Context(), game, 1))(t).ExpiresMS, now+callers-1)
	}},
	{"openkey-kept", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		const lapsed = 8
		for i := range uint64(lapsed) {
			ok(t, s.CreateOpenkey(ctx, platform.Openkey{AppID: other, Session: i, OpenID: openid(1), ExpiresMS: now - 1}))
		}
		kept := platform.Openkey{AppID: game, Session: 1, OpenID: openid(1), ExpiresMS: now}
		ok(t, s.CreateOpenkey(ctx, kept))
		for i := range uint64(lapsed) {
			ok(t, s.CreateOpenkey(ctx, platform.Openkey{AppID: game, Session: 2 + i, OpenID: openid(1), ExpiresMS: now + store.OpenkeyKeptMS}))
		}
		same(t, result(s.Openkey(ctx, game, 1))(t), kept)
		for i := range uint64(lapsed) {
			_, err := s.Openkey(ctx, other, i)
			fails(t, err, platform.ErrNotFound)
		}
	}}, {"read-standings", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		read := func() map[platform.AppID]map[platform.OpenID]platform.Standing {
			var mu sync.Mutex
			all := make(map[platform.AppID]map[platform.OpenID]platform.Standing)
			ok(t, s.ReadStandings(ctx, func(app platform.AppID, openid platform.OpenID, st platform.Standing) bool {
				mu.Lock()
				defer mu.Unlock()
				if all[app] == nil {
					all[app] = make(map[platform.OpenID]platform.Standing)
				}
				if _, twice := all[app][openid]; twice {
					t.Errorf("%s occurs twice", openid)
				}
				all[app][openid] = st
				return true
			}))
			return all
		}
		same(t, len(read()), 0)

		// Account numbers with gaps and without, openids from the lowest to the highest, and more than a page of them.
		want := make(map[platform.AppID]map[platform.OpenID]platform.Standing)
		const grants = 2100
		for _, app := range []platform.AppID{game, other} {
			ok(t, s.CreateApp(ctx, &platform.App{AppID: app}, now))
			want[app] = make(map[platform.OpenID]platform.Standing)
		}
		for n := range platform.UIN(20) {
			uin := first + n
			if n > 10 {
				uin += 1_000_000 * n
			}
			account(t, s, uin)
			for _, app := range []platform.AppID{game, other} {
				id := platform.OpenID{byte(n * 255 / 19), byte(n * 255 / 19), 15: byte(n * 255 / 19)}
				issue(t, s, app, uin, id)
				if n%5 == 0 {
					continue // without a grant
				}
				result(s.Authorize(ctx, app, id, []string{"get_user_info", "get_vip_info"}, n%2 == 0, now))(t)
				if n%5 == 1 {
					ok(t, s.EndGrant(ctx, app, id, platform.EndedByUser, now))
					if n > 10 {
						continue // it stays ended
					}
					result(s.Authorize(ctx, app, id, nil, false, now))(t)
				}
				if n%4 == 2 {
					result(s.ReclaimOpenID(ctx, app, uin, now))(t)
				}
				want[app][id] = platform.Standing{}
			}
			if n%3 == 0 {
				result(s.UpdateAccount(ctx, uin, func(a *platform.Account) error {
					a.State, a.Class, a.PasswordEpoch = platform.AccountFrozen, platform.ClassB, uint32(n)
					return nil
				}))(t)
			}
		}
		uins, ids := make([]platform.UIN, grants), make([]platform.OpenID, grants)
		for n := range ids {
			uins[n], ids[n] = first, platform.OpenID{0x42, 14: byte(n >> 8), 15: byte(n)}
			uins[n] += platform.UIN(100 + n)
		}
		for n, uin := range uins {
			issue(t, s, game, uin, ids[n])
		}
		together(t, func(i int) (struct{}, error) {
			for n := i; n < grants; n += callers {
				if _, err := s.Authorize(ctx, game, ids[n], nil, false, now); err != nil {
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
		for _, id := range ids {
			want[game][id] = platform.Standing{}
		}
		for app, openids := range want {
			for id := range openids {
				openids[id] = result(s.Standing(ctx, app, id))(t)
			}
		}
		same(t, len(want[game]), grants+14)
		same(t, read(), want)
		same(t, result(s.CountGrants(ctx))(t), grants+2*16)

		var calls atomic.Int64
		ok(t, s.ReadStandings(ctx, func(platform.AppID, platform.OpenID, platform.Standing) bool { return calls.Add(1) < 10 }))
		if n := calls.Load(); n < 10 || n > 20 {
			t.Errorf("%d calls, of which the tenth said that it is enough", n)
		}
	}}, {"read-standings until the context ends", func(t *testing.T, s store.Store) {
		ok(t, s.CreateApp(t.Context(), &platform.App{AppID: game}, now))
		issue(t, s, game, first, openid(1))
		result(s.Authorize(t.Context(), game, openid(1), nil, false, now))(t)
		for range 300 { // whether the engine notices the end in the middle of a row is a matter of chance
			ctx, cancel := context.WithCancel(t.Context())
			_ = s.ReadStandings(ctx, func(platform.AppID, platform.OpenID, platform.Standing) bool {
				cancel()
				for range 20 {
					runtime.Gosched()
				}
				return true
			}) // it returns, with the context's error or without
			cancel()
		}
	}},
}
