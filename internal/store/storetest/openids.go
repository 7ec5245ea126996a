package storetest

import (
	"math"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var openids = []test{
	{"openid-is-issued-once", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		account(t, s, first)
		same(t, result(s.EnsureOpenID(ctx, game, first, openid(1), now))(t), openid(1))
		same(t, result(s.EnsureOpenID(ctx, game, first, openid(2), now+1))(t), openid(1))
		same(t, result(s.EnsureOpenID(ctx, game, first, openid(1), now+2))(t), openid(1))
		same(t, result(s.OpenID(ctx, game, openid(1)))(t), platform.OpenIDBinding{AppID: game, OpenID: openid(1), UIN: first})
		_, err := s.OpenID(ctx, game, openid(2))
		fails(t, err, platform.ErrNotFound)
	}},
	{"openid-belongs-to-one-app", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		_, err := s.OpenID(ctx, other, openid(1))
		fails(t, err, platform.ErrNotFound)
		issue(t, s, other, first+1, openid(1)) // the same bytes may name another account there
		same(t, result(s.OpenID(ctx, game, openid(1)))(t).UIN, first)
		same(t, result(s.OpenID(ctx, other, openid(1)))(t).UIN, first+1)
	}},
	{"openid-candidate-taken", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		account(t, s, first+1)
		_, err := s.EnsureOpenID(ctx, game, first+1, openid(1), now)
		fails(t, err, platform.ErrExists)
		same(t, result(s.OpenIDsOf(ctx, first+1))(t), []platform.OpenIDBinding{})
	}},
	{"openids-of-several", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first+1, openid(1))
		account(t, s, first)
		account(t, s, first+2)
		uins := []platform.UIN{first, first + 1, first + 2}
		_, err := s.EnsureOpenIDs(ctx, game, uins, []platform.OpenID{openid(2), openid(3), openid(1)}, now)
		fails(t, err, platform.ErrExists) // openid 1 belongs to another account
		same(t, result(s.OpenIDsOf(ctx, first))(t), []platform.OpenIDBinding{})
		want := []platform.OpenID{openid(2), openid(1), openid(4)}
		same(t, result(s.EnsureOpenIDs(ctx, game, uins, []platform.OpenID{openid(2), openid(3), openid(4)}, now))(t), want)
		same(t, result(s.EnsureOpenIDs(ctx, game, uins, []platform.OpenID{openid(5), openid(6), openid(7)}, now))(t), want)
		same(t, len(result(s.EnsureOpenIDs(ctx, game, nil, nil, now))(t)), 0)
	}},
	{"openid-together", func(t *testing.T, s store.Store) {
		for uin := first; uin < first+rounds; uin++ {
			account(t, s, uin)
			app := platform.AppID(uin) // so that each may try the same candidates
			got := together(t, func(i int) (platform.OpenID, error) {
				return s.EnsureOpenID(t.Context(), app, uin, openid(byte(i)), now)
			})
			for _, id := range got {
				same(t, id, got[0])
			}
			same(t, result(s.OpenIDsOf(t.Context(), uin))(t), []platform.OpenIDBinding{{AppID: app, OpenID: got[0], UIN: uin}})
		}
	}},
	{"openid-together-same-candidate", func(t *testing.T, s store.Store) {
		account(t, s, first)
		for app := range platform.AppID(rounds) {
			for _, id := range together(t, func(int) (platform.OpenID, error) {
				return s.EnsureOpenID(t.Context(), app+1, first, openid(1), now)
			}) {
				same(t, id, openid(1))
			}
		}
	}},
	{"openid-reclaimed", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		issue(t, s, other, first, openid(3))
		issue(t, s, game, first+1, openid(4))
		_, err := s.ReclaimOpenID(ctx, game, first+2, now)
		fails(t, err, platform.ErrNotFound)

		same(t, result(s.ReclaimOpenID(ctx, game, first, now+1))(t), openid(1))
		_, err = s.ReclaimOpenID(ctx, game, first, now+1)
		fails(t, err, platform.ErrNotFound)
		same(t, result(s.OpenID(ctx, game, openid(1)))(t),
			platform.OpenIDBinding{AppID: game, OpenID: openid(1), UIN: first, State: platform.OpenIDReclaimed})

		_, err = s.EnsureOpenID(ctx, game, first, openid(1), now+2)
		fails(t, err, platform.ErrExists) // a reclaimed one is never issued again
		same(t, result(s.EnsureOpenID(ctx, game, first, openid(2), now+2))(t), openid(2))
		same(t, result(s.OpenIDsOf(ctx, first))(t), []platform.OpenIDBinding{
			{AppID: game, OpenID: openid(1), UIN: first, State: platform.OpenIDReclaimed},
			{AppID: game, OpenID: openid(2), UIN: first},
			{AppID: other, OpenID: openid(3), UIN: first},
		})
		same(t, result(s.OpenID(ctx, game, openid(4)))(t).State, platform.OpenIDActive)
		same(t, result(s.ReclaimOpenID(ctx, game, first, now+3))(t), openid(2))
	}},
}

var players = []test{
	{"player-is-created-once", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		want := platform.Player{AppID: game, Channel: 2, MSDKOpenID: math.MaxUint64, OpenID: openid(1)}
		got, created, err := s.EnsurePlayer(ctx, want, now)
		ok(t, err)
		same(t, got, want)
		same(t, created, true)

		for _, id := range []platform.MSDKOpenID{7, want.MSDKOpenID} {
			again := want
			again.MSDKOpenID = id
			got, created, err = s.EnsurePlayer(ctx, again, now+1)
			ok(t, err)
			same(t, got, want)
			same(t, created, false)
		}
		same(t, result(s.Player(ctx, game, math.MaxUint64))(t), want)
		_, err = s.Player(ctx, game, 7)
		fails(t, err, platform.ErrNotFound)
	}},
	{"player-by-app-and-channel", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		for _, want := range []platform.Player{
			{AppID: game, Channel: 1, MSDKOpenID: 1<<63 + 1, OpenID: openid(1)},
			{AppID: game, Channel: 2, MSDKOpenID: 1<<63 + 2, OpenID: openid(1)},
			{AppID: game, Channel: 1, MSDKOpenID: 1, OpenID: openid(2)},
			{AppID: other, Channel: 1, MSDKOpenID: 1<<63 + 1, OpenID: openid(1)},
		} {
			got, created, err := s.EnsurePlayer(ctx, want, now)
			ok(t, err)
			same(t, got, want)
			same(t, created, true)
			same(t, result(s.Player(ctx, want.AppID, want.MSDKOpenID))(t), want)
		}
		_, err := s.Player(ctx, other, 1<<63+2)
		fails(t, err, platform.ErrNotFound)
	}},
	{"player-candidate-taken", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		want := platform.Player{AppID: game, Channel: 1, MSDKOpenID: 7, OpenID: openid(1)}
		_, _, err := s.EnsurePlayer(ctx, want, now)
		ok(t, err)
		for _, thief := range []platform.Player{
			{AppID: game, Channel: 1, MSDKOpenID: 7, OpenID: openid(2)},
			{AppID: game, Channel: 2, MSDKOpenID: 7, OpenID: openid(1)},
		} {
			_, created, err := s.EnsurePlayer(ctx, thief, now)
			fails(t, err, platform.ErrExists)
			same(t, created, false)
		}
		same(t, result(s.Player(ctx, game, 7))(t), want)
	}},
	{"player-together", func(t *testing.T, s store.Store) {
		type outcome struct {
			player  platform.Player
			created bool
		}
		for app := range platform.AppID(rounds) {
			got := together(t, func(i int) (outcome, error) {
				p, created, err := s.EnsurePlayer(t.Context(),
					platform.Player{AppID: app + 1, Channel: 1, MSDKOpenID: 1<<63 + platform.MSDKOpenID(i), OpenID: openid(1)}, now)
				return outcome{p, created}, err
			})
			creators := 0
			for _, o := range got {
				same(t, o.player, got[0].player)
				if o.created {
					creators++
				}
			}
			same(t, creators, 1)
			same(t, result(s.Player(t.Context(), app+1, got[0].player.MSDKOpenID))(t), got[0].player)
		}
	}},
}
