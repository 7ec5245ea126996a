package pages

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// formCookie is the name of the cookie with the token of forms for somebody who is not signed in.
const formCookie = "form"

// demoSignIn is the form that signs a person in to a demo account.
type demoSignIn struct {
	Action string
	Form   string // the form's token
	People []DemoAccount
}

// demoSignIn returns the form for an address, whose token the browser keeps in a cookie; nil without a demo world.
func (d *door) demoSignIn(c *access.Call, action string) *demoSignIn {
	demo := d.Demo()
	if demo == nil {
		return nil
	}
	token := c.Cookie(formCookie)
	if random, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(random) != 16 {
		var random [16]byte
		rand.Read(random[:])
		token = base64.RawURLEncoding.EncodeToString(random[:])
		c.SetCookie(formCookie, token, identity.SessionLifetime, http.SameSiteStrictMode)
	}
	return &demoSignIn{action, token, demo.Accounts}
}

// ownForm reports whether a form carries the token of the browser's cookie.
func ownForm(c *access.Call, values url.Values) bool {
	token := c.Cookie(formCookie)
	return token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(values.Get("form"))) == 1
}

// CallbackOf returns the redirect URI of a demo app on the platform itself.
func CallbackOf(address string, app platform.AppID) string {
	return address + callbackPath + app.String()
}

// DemoSignIn returns the path, with its query, at which a person signs in to a demo app of the platform at an address.
func DemoSignIn(address string, app platform.AppID) string {
	r := request{responseType: "code", clientID: app.String(), redirectURI: CallbackOf(address, app), state: "hello"}
	return r.location()
}

// callbackPage is the data of the template callback.html.
type callbackPage struct {
	App         *platform.App
	Action      string
	Code, State string
	Refused     string // what the app is told when the person did not allow it
	Exchange    string // the request for a shell
	SignIn      string // address at which to begin again
	Problem     *retcode.Entry
	Tokens      *exchanged
}

// exchanged is what the app got for a code.
type exchanged struct {
	AccessToken, RefreshToken, OpenID string
	Days                              int // that the access token is valid
	Requests                          []DemoRequest
	Profile                           *platform.Profile // nil if the person did not allow it
	Facts                             [][2]string
}

// callback finds the demo app of the address. No other app has a callback here: the page shows the app's key.
func (d *door) callback(c *access.Call) (*callbackPage, *Demo, error) {
	demo := d.Demo()
	if demo == nil {
		return nil, nil, access.ErrNoRoute
	}
	for i := range demo.Apps {
		if app := &demo.Apps[i]; app.AppID.String() == c.Request.PathValue("appid") {
			c.App = d.Apps.ByID(app.AppID)
			return &callbackPage{App: app, Action: callbackPath + app.AppID.String(), SignIn: DemoSignIn(demo.Address, app.AppID)}, demo, nil
		}
	}
	return nil, nil, access.ErrNoRoute
}

// showCallback is where a login returns to a demo app that has no callback of its own: it shows what the app is told.
func (d *door) showCallback(c *access.Call) (any, error) {
	data, demo, err := d.callback(c)
	if err != nil {
		return nil, err
	}
	q := parseQuery(c.Request.URL.RawQuery)
	data.State, data.Refused = q.Get("state"), q.Get("error")
	if data.Refused == "" {
		data.Code = q.Get("code")
	}
	return data.page(demo), nil
}

func (p *callbackPage) page(demo *Demo) page {
	if p.Code != "" {
		q := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {p.App.AppID.String()}, "client_secret": {p.App.AppKey},
			"redirect_uri": {CallbackOf(demo.Address, p.App.AppID)}, "code": {p.Code},
		}
		p.Exchange = curl(demo.Address + "/oauth2.0/token?" + q.Encode())
	}
	return page{name: "callback", title: p.App.Name, data: p, script: true}
}

// curl returns a command for a shell. The address is percent-encoded, so nothing in it ends the quotes.
func curl(address string) string { return "curl -s '" + address + "'" }

// exchange does what the app's server would do with the code, and shows what it learns.
func (d *door) exchange(c *access.Call) (any, error) {
	data, demo, err := d.callback(c)
	if err != nil {
		return nil, err
	}
	values := form(c)
	if action(c, values) != "exchange" {
		return nil, errNoAction
	}
	app := data.App.AppID
	data.State = values.Get("state")
	set, err := d.Identity.ExchangeCode(c.Context(), identity.Exchange{
		AppID: app, Code: values.Get("code"), RedirectURI: CallbackOf(demo.Address, app),
	})
	if code, ok := retcode.From(err); ok {
		entry := code.Entry()
		data.Problem = &entry
		return data.page(demo), nil
	}
	if err != nil {
		return nil, err
	}
	data.Tokens = &exchanged{
		AccessToken: set.AccessToken, RefreshToken: set.RefreshToken, OpenID: set.OpenID.String(), Days: int(set.Lifetime.Hours() / 24),
	}
	return data.page(demo), d.learn(c, data.Tokens, demo, data.App.AppID, set)
}

// learn fills in what the app can ask for with its token.
func (d *door) learn(c *access.Call, e *exchanged, demo *Demo, app platform.AppID, set *identity.TokenSet) error {
	token := url.Values{"access_token": {set.AccessToken}}
	t := wordsFor(c)
	e.Requests = []DemoRequest{{t.WhoseToken, curl(demo.Address + "/oauth2.0/me?" + token.Encode())}}
	login, err := oidb.Call(c.Context(), d.Bus, oidb.CheckAccess, wire.CheckRequest{AppID: app, OpenID: set.OpenID[:], Token: set.AccessToken})
	if err != nil {
		return err
	}
	if !login.Scopes.Has(profileScope) {
		return nil
	}
	token.Set("oauth_consumer_key", app.String())
	token.Set("openid", set.OpenID.String())
	e.Requests = append(e.Requests, DemoRequest{t.WhatProfile, curl(demo.Address + "/user/get_user_info?" + token.Encode())})
	if e.Profile, err = d.Profiles.Get(c.Context(), login.UIN); err != nil {
		return err
	}
	e.Facts = facts(t, e.Profile)
	return nil
}
