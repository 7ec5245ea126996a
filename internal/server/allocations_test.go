//go:build !race

// The race detector makes pools forget at random.

package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/logging"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/token"
)

// login is a request to check a login, without the network, and the answer that it got.
type login struct {
	request *http.Request
	text    string
	body    strings.Reader

	header http.Header
	answer bytes.Buffer
}

func newLogin(target, body string) *login {
	l := &login{text: body, header: make(http.Header)}
	l.request, _ = http.NewRequest("POST", target, nil)
	l.request.Body, l.request.ContentLength = io.NopCloser(&l.body), int64(len(body))
	l.request.RemoteAddr = "127.0.0.1:1234"
	return l
}

func (l *login) Header() http.Header         { return l.header }
func (l *login) WriteHeader(int)             {}
func (l *login) Write(b []byte) (int, error) { return l.answer.Write(b) }
func (l *login) send(h http.Handler) {
	l.body.Reset(l.text)
	l.answer.Reset()
	h.ServeHTTP(l, l.request)
}

// logins returns the public doors of a platform and a valid login for those of MSDK V5 and V3.
func logins(t testing.TB, traced config.Tracing) (http.Handler, map[string]*login) {
	o := Options{Config: config.Default().Config}
	o.Tracing = traced
	o.Data = filepath.Join(t.TempDir(), "data")
	o.HTTP.Listen, o.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	log, flush := logging.New(io.Discard, o.Config.Log)
	o.Log = log
	s, err := Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()); flush() })
	ctx := context.Background()
	app, err := s.apps.Create(ctx, platform.App{Name: "a game", Online: true, GameID: 11})
	must(t, err)
	account, err := s.identity.CreateAccount(ctx, platform.Account{}, "a long password")
	must(t, err)
	issue := func(kind token.Kind) *identity.Issued {
		issued, err := s.identity.Issue(ctx, identity.IssueRequest{AppID: app.AppID, UIN: account.UIN, Kind: kind})
		must(t, err)
		return issued
	}
	now := time.Now().Unix()
	v3 := issue(token.Access)
	v5 := issue(token.MSDK)

	v5Query, v5Body := fmt.Sprintf("channelid=2&gameid=11&os=4&source=0&ts=%d", now), fmt.Sprintf(`{"openid":"%s","token":"%s"}`, v5.MSDKOpenID, v5.Token)
	params, err := sign.ParseQuery(nil, v5Query)
	must(t, err)
	const v5Path = "/v2/auth/verify_login"
	return s.public.http.Handler, map[string]*login{
		"V5": newLogin(v5Path+"?"+v5Query+"&sig="+sign.V5(v5Path, params, []byte(v5Body), app.SigKeys["0"]), v5Body),
		"V3": newLogin(fmt.Sprintf("/auth/verify_login?timestamp=%d&appid=%s&sig=%s&openid=%s&encode=2", now, app.AppID, sign.V3(fmt.Sprint(now), app.MSDKKey), v3.OpenID),
			fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s","userip":"203.0.113.9"}`, app.AppID, v3.OpenID, v3.Token)),
	}
}

// TestLoginsAllocateNothing: beyond net/http, which reads the request and writes the answer.
func TestLoginsAllocateNothing(t *testing.T) {
	for what, traced := range tracings {
		handler, logins := logins(t, traced)
		for name, login := range logins {
			if n := testing.AllocsPerRun(1000, func() { login.send(handler) }); n > 0 && traced.Sample == 0 {
				t.Errorf("%s, traces %s: %v allocations", name, what, n)
			}
			if got := login.answer.String(); !strings.HasPrefix(got, `{"ret":0,`) {
				t.Errorf("%s, traces %s: %s", name, what, got)
			}
		}
	}
}

// tracings are ways to trace, to a collector that is away.
var tracings = map[string]config.Tracing{
	"off": {}, "of others": {Endpoint: "http://127.0.0.1:1"}, "of all": {Endpoint: "http://127.0.0.1:1", Sample: 1},
}

func BenchmarkLogin(b *testing.B) {
	for what, traced := range tracings {
		handler, logins := logins(b, traced)
		for name, login := range logins {
			b.Run(name+"/traces "+what, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					login.send(handler)
				}
				if got := login.answer.String(); !strings.HasPrefix(got, `{"ret":0,`) {
					b.Fatal(got)
				}
			})
		}
	}
}
