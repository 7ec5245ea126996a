package storetest

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var apps = []test{
	{"app-keeps-every-field", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		full := &platform.App{
			AppID: math.MaxInt64, Name: `乌鸦 "Ворона" <&> 🪶\n`, GameID: 1<<63 - 1,
			AppKey: "appkey12", MSDKKey: "msdkkey1", ClientSigKey: "client12",
			SigKeys: map[string]string{"0": "sigkey12", "42": "sigkey34"},
			Online:  true, Environment: platform.Test, RequireTLS: true,
			APIs: []string{"login", "*"}, Restricted: []string{"get_pfval"},
			AllowOrdinary:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
			AllowSensitive: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
			Rates: map[string]platform.RateLimit{
				"login":     {App: platform.Rate{Count: 100, Per: time.Second}, User: platform.Rate{Count: 5, Per: 90 * time.Second}},
				"get_pfval": {User: platform.Rate{Count: 1, Per: 744 * time.Hour}},
			},
			RedirectURIs: []string{"https://example.com/返回?a=b&c=d"},
			TestNumbers:  []platform.UIN{first, 1<<62 - 1},
		}
		bare := &platform.App{AppID: 1, Name: "bare", APIs: []string{}, SigKeys: map[string]string{}}
		ok(t, s.CreateApp(ctx, full, now))
		ok(t, s.CreateApp(ctx, bare, now))
		same(t, result(s.Apps(ctx))(t), []*platform.App{bare, full})
		same(t, result(s.App(ctx, full.AppID))(t), full)
		_, err := s.App(ctx, 2)
		fails(t, err, platform.ErrNotFound)
	}},
	{"app-order", func(t *testing.T, s store.Store) {
		for _, id := range []platform.AppID{100, 9, 1 << 62, 10} {
			ok(t, s.CreateApp(t.Context(), &platform.App{AppID: id}, now))
		}
		same(t, appIDs(t, s), []platform.AppID{9, 10, 100, 1 << 62})
	}},
	{"app-taken", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.CreateApp(ctx, &platform.App{AppID: 1, Name: "one", GameID: 7}, now))
		fails(t, s.CreateApp(ctx, &platform.App{AppID: 1, Name: "two", GameID: 8}, now), platform.ErrExists)
		fails(t, s.CreateApp(ctx, &platform.App{AppID: 2, GameID: 7}, now), platform.ErrExists)
		same(t, result(s.Apps(ctx))(t), []*platform.App{{AppID: 1, Name: "one", GameID: 7}})
		ok(t, s.CreateApp(ctx, &platform.App{AppID: 2, GameID: 8}, now)) // nothing is left of the failed ones
	}},
	{"app-without-game", func(t *testing.T, s store.Store) {
		for id := range platform.AppID(3) {
			ok(t, s.CreateApp(t.Context(), &platform.App{AppID: id + 1}, now))
		}
		same(t, appIDs(t, s), []platform.AppID{1, 2, 3})
	}},
	{"app-over-63-bits", func(t *testing.T, s store.Store) {
		if s.CreateApp(t.Context(), &platform.App{AppID: math.MaxInt64 + 1}, now) == nil {
			t.Error("it was stored")
		}
		same(t, appIDs(t, s), nil)
	}},
	{"update-app", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.CreateApp(ctx, &platform.App{AppID: 1, Name: "one", GameID: 7}, now))
		ok(t, s.CreateApp(ctx, &platform.App{AppID: 2, Name: "two"}, now))
		got := result(s.UpdateApp(ctx, 1, now, func(a *platform.App) error {
			same(t, a, &platform.App{AppID: 1, Name: "one", GameID: 7})
			a.AppID, a.Name, a.GameID, a.APIs = 9, "一", 8, []string{"login"}
			return nil
		}))(t)
		want := &platform.App{AppID: 1, Name: "一", GameID: 8, APIs: []string{"login"}}
		same(t, got, want)
		same(t, result(s.Apps(ctx))(t), []*platform.App{want, {AppID: 2, Name: "two"}})
		ok(t, s.CreateApp(ctx, &platform.App{AppID: 3, GameID: 7}, now)) // the old gameid is free
	}},
	{"update-app-fails", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.CreateApp(ctx, &platform.App{AppID: 1, Name: "one", GameID: 7}, now))
		ok(t, s.CreateApp(ctx, &platform.App{AppID: 2, Name: "two", GameID: 8}, now))
		before := result(s.Apps(ctx))(t)

		_, err := s.UpdateApp(ctx, 3, now, func(*platform.App) error { t.Error("edit was called"); return nil })
		fails(t, err, platform.ErrNotFound)
		_, err = s.UpdateApp(ctx, 1, now, func(a *platform.App) error { a.Name, a.GameID = "after", 8; return nil })
		fails(t, err, platform.ErrExists)
		refused := errors.New("refused")
		_, err = s.UpdateApp(ctx, 1, now, func(a *platform.App) error { a.Name = "after"; return refused })
		if err != refused {
			t.Errorf("got error %v, want edit's own", err)
		}
		same(t, result(s.Apps(ctx))(t), before)
	}},
	{"update-app-together", func(t *testing.T, s store.Store) {
		ok(t, s.CreateApp(t.Context(), &platform.App{AppID: game}, now))
		together(t, func(i int) (*platform.App, error) {
			return s.UpdateApp(t.Context(), game, now, func(a *platform.App) error {
				a.APIs = append(a.APIs, fmt.Sprint("api_", i))
				return nil
			})
		})
		same(t, len(result(s.Apps(t.Context()))(t)[0].APIs), callers)
	}},
}

func appIDs(t *testing.T, s store.Store) (ids []platform.AppID) {
	t.Helper()
	for _, app := range result(s.Apps(t.Context()))(t) {
		ids = append(ids, app.AppID)
	}
	return ids
}
