package openapi

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkGetInfo measures a whole call through the door, without the network.
func BenchmarkGetInfo(b *testing.B) {
	db, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "rookery.db"))
	must(b, err)
	defer db.Close()
	clock, bus := new(platform.Clock), oidb.NewBus()
	keyring, err := token.OpenKeyring(filepath.Join(b.TempDir(), "keyring.json"), clock.Now())
	must(b, err)
	registry, profiles := apps.New(db, clock), profile.New(db, clock, "")
	id := identity.New(db, clock, keyring, registry, profiles, 1000)
	id.Register(bus)
	app, err := registry.Create(b.Context(), platform.App{Name: "a game", Online: true})
	must(b, err)
	account, err := id.CreateAccount(b.Context(), platform.Account{Profile: platform.Profile{Nickname: "Ann"}}, "a long password")
	must(b, err)
	openkey, err := id.Issue(b.Context(), identity.IssueRequest{AppID: app.AppID, UIN: account.UIN, Kind: token.Openkey})
	must(b, err)
	door := New(registry, profiles, id, friends.New(db, clock, bus, profiles), bus, Options{})
	gateway, err := access.New([]*access.Door{door}, clock, slog.New(slog.NewTextHandler(io.Discard, nil)), prometheus.NewRegistry())
	must(b, err)
	handler := gateway.Handler([]*access.Door{door}, http.NotFoundHandler())

	form := url.Values{"appid": {app.AppID.String()}, "openid": {openkey.OpenID.String()}, "openkey": {openkey.Token}, "pf": {"qzone"}}.Encode()
	q, err := sign.Query(nil).AddForm(form)
	must(b, err)
	request := httptest.NewRequest("GET", "/v3/user/get_info?"+form+"&sig="+url.QueryEscape(sign.OpenAPI("GET", "/v3/user/get_info", q, app.AppKey)), nil)
	answer := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		answer.Body.Reset()
		handler.ServeHTTP(answer, request)
	}
	if got := answer.Body.String(); got[:9] != `{"ret":0,` {
		b.Fatal(got)
	}
}
