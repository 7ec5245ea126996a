package roster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// fixture is a roster that is served, on a real store with a V5 game, a game without V5, and two people at each: the first
// has an MSDK openid where there are any.
type fixture struct {
	*Roster
	store *sqlite.Store
	v5    *platform.App
	v3    *platform.App
}

func openid(app platform.AppID, uin platform.UIN) platform.OpenID {
	return platform.OpenID{byte(app), byte(uin), 0xaa}
}

const ann, ben = platform.FirstUIN, platform.FirstUIN + 1

func newFixture(t *testing.T) *fixture {
	t.Helper()
	ctx, clock := t.Context(), new(platform.Clock)
	st, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	registry := apps.New(st, clock)
	f := &fixture{Roster: New(registry, st), store: st}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.v5, err = registry.Create(ctx, platform.App{Name: "five", GameID: 11, IDIP: server.URL + Path})
	must(t, err)
	f.v3, err = registry.Create(ctx, platform.App{Name: "three", IDIP: server.URL + Path})
	must(t, err)
	for _, uin := range []platform.UIN{ann, ben} {
		must(t, st.CreateAccount(ctx, &platform.Account{UIN: uin}, platform.FirstUIN))
		for _, app := range []*platform.App{f.v5, f.v3} {
			_, err := st.EnsureOpenID(ctx, app.AppID, uin, openid(app.AppID, uin), 1)
			must(t, err)
			_, err = st.Authorize(ctx, app.AppID, openid(app.AppID, uin), nil, false, 1)
			must(t, err)
		}
	}
	_, _, err = st.EnsurePlayer(ctx, platform.Player{AppID: f.v5.AppID, Channel: platform.ChannelQQ, MSDKOpenID: 77, OpenID: openid(f.v5.AppID, ann)}, 1)
	must(t, err)
	for _, app := range []*platform.App{f.v5, f.v3} {
		_, err = f.Set(Guild{Guild: platform.Guild{AppID: app.AppID, Zone: "1", ID: "2134"}, Name: "Owls", Leader: ann})
		must(t, err)
	}
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestAnswers: the platform's own client asks about people by every id that they have.
func TestAnswers(t *testing.T) {
	f := newFixture(t)
	c := idip.New(new(platform.Clock), slog.New(slog.DiscardHandler))
	t.Cleanup(c.Close)
	annV5, benV5 := openid(f.v5.AppID, ann).String(), openid(f.v5.AppID, ben).String()
	annV3 := openid(f.v3.AppID, ann).String()
	for name, test := range map[string]struct {
		app    *platform.App
		zone   string
		openid string
		want   idip.Answer
	}{
		"the leader":                {f.v5, "1", annV5, idip.Answer{Member: true, Leader: true, GuildName: "Owls", LeaderOpenID: annV5}},
		"the leader by MSDK openid": {f.v5, "1", "77", idip.Answer{Member: true, Leader: true, GuildName: "Owls", LeaderOpenID: "77"}},
		"somebody else":             {f.v5, "1", benV5, idip.Answer{GuildName: "Owls", LeaderOpenID: annV5}},
		"nobody":                    {f.v5, "1", "78", idip.Answer{GuildName: "Owls", LeaderOpenID: "77"}},
		"an openid of another app":  {f.v5, "1", annV3, idip.Answer{GuildName: "Owls", LeaderOpenID: annV5}},
		"no id at all":              {f.v5, "1", "ann", idip.Answer{GuildName: "Owls", LeaderOpenID: annV5}},
		"another zone":              {f.v5, "2", annV5, idip.Answer{}},
		"at a game without V5":      {f.v3, "1", annV3, idip.Answer{Member: true, Leader: true, GuildName: "Owls", LeaderOpenID: annV3}},
		"an MSDK openid elsewhere":  {f.v3, "1", "77", idip.Answer{GuildName: "Owls"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Guild(t.Context(), test.app, idip.Query{Zone: test.zone, Guild: "2134", OpenID: test.openid})
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
	_, err := f.store.ReclaimOpenID(t.Context(), f.v5.AppID, ann, 2)
	must(t, err)
	got, err := c.Guild(t.Context(), f.v5, idip.Query{Zone: "1", Guild: "2134", OpenID: annV5})
	if want := (idip.Answer{GuildName: "Owls"}); err != nil || got != want {
		t.Errorf("by a reclaimed openid: got %+v, %v, want %+v", got, err, want)
	}
}

// TestWhoMayAsk: a question for an app is signed with that app's key.
func TestWhoMayAsk(t *testing.T) {
	f := newFixture(t)
	c := idip.New(new(platform.Clock), slog.New(slog.DiscardHandler))
	t.Cleanup(c.Close)
	for name, edit := range map[string]func(*platform.App){
		"an unknown app":      func(a *platform.App) { a.AppID = 1 },
		"another app's key":   func(a *platform.App) { a.SigKeys = map[string]string{"0": f.v3.MSDKKey} },
		"a source without":    func(a *platform.App) { a.SigKeys = map[string]string{"1": ""} },
		"the key of V3 at V5": func(a *platform.App) { a.GameID = 0 },
	} {
		app := *f.v5
		edit(&app)
		if _, err := c.Guild(context.Background(), &app, idip.Query{Zone: "1", Guild: "2134"}); !errors.Is(err, idip.ErrUnreachable) {
			t.Errorf("%s: got %v, want %v", name, err, idip.ErrUnreachable)
		}
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path, nil))
	if w.Code != http.StatusForbidden {
		t.Errorf("nobody may ask: HTTP %d", w.Code)
	}
}

func TestSetAndList(t *testing.T) {
	r := New(nil, nil)
	guild := func(app platform.AppID, zone, id string) platform.Guild {
		return platform.Guild{AppID: app, Zone: zone, ID: id}
	}
	for _, id := range []platform.Guild{guild(2, "1", "5"), guild(1, "1", "10"), guild(1, "10", "1"), guild(1, "1", "9")} {
		_, err := r.Set(Guild{Guild: id, Leader: 10003, Members: []platform.UIN{10002, 10004, 10002}})
		must(t, err)
	}
	var got []platform.Guild
	for _, g := range r.List() {
		got = append(got, g.Guild)
		if want := []platform.UIN{10002, 10003, 10004}; !slices.Equal(g.Members, want) {
			t.Errorf("the members are %v, want %v", g.Members, want)
		}
	}
	if diff := cmp.Diff([]platform.Guild{guild(1, "1", "9"), guild(1, "1", "10"), guild(1, "10", "1"), guild(2, "1", "5")}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	must(t, r.Remove(guild(2, "1", "5")))
	if err := r.Remove(guild(2, "1", "5")); !errors.Is(err, platform.ErrNotFound) || len(r.List()) != 3 {
		t.Errorf("removed twice: got %v and %d guilds", err, len(r.List()))
	}

	many := make([]platform.UIN, 1000)
	for i := range many {
		many[i] = 20000 + platform.UIN(i)
	}
	for name, test := range map[string]struct {
		guild Guild
		want  error
	}{
		"no leader":        {Guild{Guild: guild(1, "1", "1")}, platform.ErrInvalid},
		"a zone of letter": {Guild{Guild: guild(1, "a", "1"), Leader: 10001}, platform.ErrInvalid},
		"a long name":      {Guild{Guild: guild(1, "1", "1"), Leader: 10001, Name: fmt.Sprintf("%101d", 1)}, platform.ErrInvalid},
		"1001 members":     {Guild{Guild: guild(1, "1", "1"), Leader: 10001, Members: many}, platform.ErrInvalid},
		"1000 members":     {Guild{Guild: guild(1, "1", "1"), Leader: 20000, Members: many}, nil},
	} {
		if _, err := r.Set(test.guild); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	for i := len(r.List()); i < 1000; i++ {
		_, err := r.Set(Guild{Guild: guild(3, "1", fmt.Sprint(i+1)), Leader: 10001})
		must(t, err)
	}
	if _, err := r.Set(Guild{Guild: guild(4, "1", "1"), Leader: 10001}); !errors.Is(err, platform.ErrFull) {
		t.Errorf("guild 1001: got %v, want %v", err, platform.ErrFull)
	}
	if _, err := r.Set(Guild{Guild: guild(1, "1", "9"), Leader: 10009}); err != nil {
		t.Errorf("a change of one of 1000: %v", err)
	}
}
