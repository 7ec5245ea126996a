package storetest

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var policies = []test{
	{"policy-none", func(t *testing.T, s store.Store) {
		version, record, err := s.OIDBPolicy(t.Context())
		ok(t, err)
		same(t, version, 0)
		same(t, len(record), 0)
	}},
	{"policy-newest", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.StoreOIDBPolicy(ctx, 1, []byte(`{"n":1}`), now))
		ok(t, s.StoreOIDBPolicy(ctx, 2, []byte(`{"n":2}`), now))
		fails(t, s.StoreOIDBPolicy(ctx, 2, []byte(`{"n":3}`), now), platform.ErrExists)
		version, record, err := s.OIDBPolicy(ctx)
		ok(t, err)
		same(t, version, 2)
		same(t, string(record), `{"n":2}`)
	}},
}

var lookups = []test{
	{"app-by-id", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		want := &platform.App{AppID: game, Name: "a game"}
		ok(t, s.CreateApp(ctx, want, now))
		same(t, result(s.App(ctx, game))(t).Name, want.Name)
		for _, unknown := range []platform.AppID{other, 1<<63 + game} {
			_, err := s.App(ctx, unknown)
			fails(t, err, platform.ErrNotFound)
		}
	}},
	{"account-highest", func(t *testing.T, s store.Store) {
		same(t, result(s.HighestUIN(t.Context()))(t), 0)
		account(t, s, first+7)
		account(t, s, first)
		same(t, result(s.HighestUIN(t.Context()))(t), first+7)
	}},
	{"openid-anywhere", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		for _, id := range []platform.AppID{game, other} {
			ok(t, s.CreateApp(ctx, &platform.App{AppID: id, Name: "a game"}, now))
		}
		issue(t, s, other, first, openid(1))
		same(t, result(s.OpenIDAnywhere(ctx, openid(1)))(t), platform.OpenIDBinding{AppID: other, OpenID: openid(1), UIN: first})
		_, err := s.OpenIDAnywhere(ctx, openid(2))
		fails(t, err, platform.ErrNotFound)
		_, err = s.ReclaimOpenID(ctx, other, first, now)
		ok(t, err)
		same(t, result(s.OpenIDAnywhere(ctx, openid(1)))(t).State, platform.OpenIDReclaimed)
	}},
}
