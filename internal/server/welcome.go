package server

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/api/pages"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
)

// Requests returns requests to the demo world to paste into a shell, signed at a time: what each shows, and the command. There are
// none if its first account cannot have tokens.
func (w *World) Requests(now time.Time) []pages.DemoRequest {
	game, other, ann := w.Apps[0], w.Apps[1], w.Accounts[0]
	if ann.MSDKTokens[game.GameID] == "" {
		return nil
	}
	post := func(address, body string) string { return fmt.Sprintf("curl -s '%s' -d '%s'", address, body) }
	login := func(app WorldApp, token string) (address, body string) {
		body = fmt.Sprintf(`{"openid":"%s","token":"%s"}`, ann.MSDKOpenIDs[app.GameID], token)
		query := fmt.Sprintf("channelid=2&gameid=%s&os=4&source=0&ts=%d", app.GameID, now.Unix())
		q, _ := sign.ParseQuery(nil, query) // our own query, always valid
		return w.HTTP + "/v2/auth/verify_login?" + query + "&sig=" + sign.V5("/v2/auth/verify_login", q, []byte(body), app.SigKeys["0"]), body
	}
	right, body := login(game, ann.MSDKTokens[game.GameID])
	v3 := fmt.Sprintf("%s/auth/verify_login?timestamp=%d&appid=%s&encode=2&sig=%s", w.HTTP, now.Unix(), game.AppID, sign.V3(fmt.Sprint(now.Unix()), game.MSDKKey))
	query := url.Values{"appid": {game.AppID.String()}, "openid": {ann.OpenIDs[game.AppID].String()}, "openkey": {ann.Openkeys[game.AppID]}, "pf": {"qzone"}}.Encode()
	q, _ := sign.ParseQuery(nil, query)
	const profile = "/v3/user/get_info"
	return []pages.DemoRequest{
		{About: "Ann's login is valid: ret 0", Command: post(right, body)},
		{About: "the signature covers the body: ret 1008, and rookery dev requests shows what was signed", Command: post(right, strings.Replace(body, "{", "{ ", 1))},
		{About: "an expired token: ret 100014, oidb 0x711 says 65 (0x41)", Command: post(login(game, w.ExpiredToken))},
		{About: "a token of the other game: ret 100016, oidb 0x711 says 68 (0x44)", Command: post(login(other, ann.MSDKTokens[game.GameID]))},
		{About: "the same login in MSDK V3, with the QQ openid and access token: ret 0", Command: post(v3,
			fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s"}`, game.AppID, ann.OpenIDs[game.AppID], ann.AccessTokens[game.AppID]))},
		{About: "her profile from OpenAPI V3: ret 0", Command: fmt.Sprintf("curl -s '%s%s?%s&sig=%s'", w.HTTP, profile, query,
			url.QueryEscape(sign.OpenAPI("GET", profile, q, game.AppKey)))},
	}
}

// SignIn returns the address at which a person signs in to a game and then sees what the game is told.
func (w *World) SignIn(app platform.AppID) string { return w.HTTP + pages.DemoSignIn(w.HTTP, app) }

// welcome is the world as the pages show it.
func (w *World) welcome() *pages.Demo {
	d := &pages.Demo{Address: w.HTTP, Password: DemoPassword, Apps: demoApps, Requests: w.Requests}
	for _, a := range w.Accounts {
		d.Accounts = append(d.Accounts, pages.DemoAccount{UIN: a.UIN, Nickname: a.Nickname})
	}
	return d
}

// returning returns an app to whose logins the platform itself is a place to return to: it shows what the app is told.
func (s *Server) returning(app platform.App) platform.App {
	if uri := pages.CallbackOf(s.public.url(), app.AppID); !returns(&app, uri) {
		app.RedirectURIs = append(slices.Clip(app.RedirectURIs), anyPort(uri))
	}
	return app
}

func returns(app *platform.App, uri string) bool {
	_, ok := apps.Redirect(app, uri)
	return ok
}

// returnHere does the same for the games of a restarted world, which may have been at another address.
func (s *Server) returnHere(ctx context.Context) error {
	for _, demo := range demoApps {
		if returns(s.apps.ByID(demo.AppID), pages.CallbackOf(s.public.url(), demo.AppID)) {
			continue
		}
		if _, err := s.apps.Update(ctx, demo.AppID, func(app *platform.App) error { *app = s.returning(*app); return nil }); err != nil {
			return err
		}
	}
	return nil
}

// anyPort returns a loopback address without its port, so that it stands for all ports, on which the world may be started again.
func anyPort(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return uri
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && ip.IsLoopback() {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.String()
}
