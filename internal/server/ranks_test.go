//go:build !race

package server

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

// friendRank returns the public doors of a platform, and a call for the ranking of a player's friends, all of whom have a score.
func friendRank(t testing.TB, friends int) (http.Handler, *login) {
	o := Options{Config: config.Default().Config}
	o.Data = filepath.Join(t.TempDir(), "data")
	o.HTTP.Listen, o.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	log, flush := logging.New(io.Discard, o.Config.Log)
	o.Log = log
	s, err := Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()); flush() })
	ctx := context.Background()
	app, err := s.apps.Create(ctx, platform.App{Name: "a game", Online: true, APIs: []string{platform.GameCenterPermission}})
	must(t, err)
	var first *identity.Issued
	for i := range friends + 1 {
		account := &platform.Account{Profile: platform.Profile{Nickname: fmt.Sprintf("player %d", i)}, PasswordEpoch: 1}
		must(t, s.store.CreateAccount(ctx, account, platform.FirstUIN))
		issued, err := s.identity.Issue(ctx, identity.IssueRequest{AppID: app.AppID, UIN: account.UIN, Kind: token.Access})
		must(t, err)
		if first == nil {
			first = issued
		} else {
			must(t, s.store.Befriend(ctx, first.UIN, account.UIN, friends, 1))
		}
		score, err := platform.ParseDecimal(fmt.Sprint(100_000 + i*7919%100_000))
		must(t, err)
		_, err = s.store.ReportAchievements(ctx, platform.AchievementReport{
			AppID: app.AppID, UIN: account.UIN, Items: []platform.Achievement{{Type: platform.AchievementScore, Data: score.String(), Number: score}},
			NowMS: time.Now().UnixMilli(), Day: platform.Calendar{}.Day(time.Now()),
		})
		must(t, err)
	}
	form := url.Values{
		"cmd": {"gc_friend_rank"}, "board": {"all"}, "oauth_consumer_key": {app.AppID.String()}, "openid": {first.OpenID.String()}, "access_token": {first.Token},
	}
	params, err := sign.Query(nil).AddForm(form.Encode())
	must(t, err)
	form.Set("sign", sign.GameCenter(params, app.AppKey))
	call := newLogin("/cgi-bin/QQConnect.fcgi?"+form.Encode(), "")
	call.request.Method = http.MethodGet
	return s.public.http.Handler, call
}

func BenchmarkFriendRank(b *testing.B) {
	handler, call := friendRank(b, 200)
	b.ReportAllocs()
	for b.Loop() {
		call.send(handler)
	}
	if got := call.answer.String(); !strings.HasPrefix(got, `{"ret":0,`) || !strings.Contains(got, `"players":201`) {
		b.Fatal(got)
	}
}
