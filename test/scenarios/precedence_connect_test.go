package scenarios

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// connectOrder are the checks of each interface of QQ Connect in their order. A check with several numbers is one for the test
// of docs/routes.md, and one for each number, in their order, for the test of the answers (connectSteps).
var connectOrder = []struct{ door, methods, path, api, checks string }{
	{"connect", "GET, POST", "/oauth2.0/token", "token", "connect-params connect-client online ordinary-address tls app-rate"},
	{"connect", "GET, POST", "/oauth2.0/me", "me", "connect-params connect-bearer online tls app-rate connect-test-number user-rate"},
	{"connect", "POST", "/oauth2.0/introspect", "introspect", "connect-params connect-basic tls app-rate"},
	{"connect", "POST", "/oauth2.0/revoke", "revoke", "connect-params connect-basic tls app-rate"},
	{"connect-user", "GET, POST", "/user/get_user_info", "get_user_info", "connect-params connect-consumer online granted ordinary-address tls app-rate audit connect-user connect-test-number connect-scope user-rate"},
	{"connect-user", "GET, POST", "/user/get_simple_userinfo", "get_simple_userinfo", "connect-params connect-consumer online granted tls app-rate audit connect-user connect-test-number connect-scope user-rate"},
}

// connectSteps are the steps of checks that refuse with several numbers, and of the interfaces themselves, by path.
var connectSteps = map[string]struct{ inside, after string }{
	"/oauth2.0/token":           {"grant-type client-id-form secret-missing client secret", "code-missing code-invalid"},
	"/oauth2.0/me":              {"token-missing token-invalid", "unionid"},
	"/oauth2.0/introspect":      {"header client-id-form client secret", "token-parameter"},
	"/oauth2.0/revoke":          {"header client-id-form client secret", "token-parameter"},
	"/user/get_user_info":       {"twice key-missing token-missing openid-form client", ""},
	"/user/get_simple_userinfo": {"twice key-missing token-missing openid-form client", ""},
}

// connectCall is a call of QQ Connect.
type connectCall struct {
	params        map[string]string
	raw           string // further parameters
	authorization string
}

func (c connectCall) with(name, value string) connectCall {
	c.params = maps.Clone(c.params)
	c.params[name] = value
	return c
}

// TestConnectPrecedence sends, for each interface and each two of its checks, a call that is wrong at both: the answer must be
// that of the check that comes first.
func TestConnectPrecedence(t *testing.T) {
	p := rookery.Start(t)
	type fault = stageFault[connectCall]
	for _, order := range connectOrder {
		path, api := order.path, order.api
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			v := newVisit(t, p)
			fresh := p.Issue(t, rookery.TokenRequest{AppID: v.app.AppID, UIN: p.NewAccount(t), Kind: "access"})
			// Another person, who withdraws the profile after a call that uses up the rate.
			narrow := visit{on: p, app: v.app, person: p.NewPerson(t)}
			if order.door == "connect-user" {
				p.SetApp(t, v.app, rookery.Settings{"rates": map[string]any{api: map[string]string{"user": "1/1h"}}})
				token := p.Issue(t, rookery.TokenRequest{AppID: v.app.AppID, UIN: narrow.person.UIN, Kind: "access"})
				refused(t, "the other's call", p.Get(t, path, "oauth_consumer_key", v.app.AppID, "openid", token.OpenID, "access_token", token.Token), 0)
			}
			narrow.code = narrow.authorize(t, "get_app_friends")
			others := narrow.tokens(t)

			with := func(name, value string) func(connectCall) connectCall {
				return func(c connectCall) connectCall { return c.with(name, value) }
			}
			as := func(appid, key string) func(connectCall) connectCall {
				return func(c connectCall) connectCall { c.authorization = rookery.Basic(appid, key); return c }
			}
			usedUp := func(whose string) rookery.Settings {
				return rookery.Settings{"rates": map[string]any{api: map[string]string{whose: "1/1h"}}}
			}
			faults := map[string]fault{
				"connect-params": {ret: 100029, change: func(c connectCall) connectCall { c.raw += "&broken=%zz"; return c }},

				"grant-type":      {ret: 100004, change: with("grant_type", "password")},
				"client-id-form":  {ret: 100001, change: with("client_id", "magpie")},
				"secret-missing":  {ret: 100002, change: with("client_secret", "")},
				"client":          {ret: 100008, change: with("client_id", "999999")},
				"secret":          {ret: 100009, change: with("client_secret", "ofanotherappofthesamepeople00000")},
				"code-missing":    {ret: 100005, change: with("code", "")},
				"code-invalid":    {ret: 100019, change: with("code", "0123456789ABCDEF0123456789ABCDEF")},
				"token-missing":   {ret: 100007, change: with("access_token", "")},
				"token-invalid":   {ret: 100013, change: with("access_token", "nonsense")},
				"unionid":         {ret: 100048, change: with("unionid", "1")},
				"header":          {ret: 100003, change: func(c connectCall) connectCall { c.authorization = ""; return c }},
				"token-parameter": {ret: -1, change: with("token", "")},

				"twice":       {ret: 1, change: func(c connectCall) connectCall { c.raw += "&openid=1&openid=2"; return c }},
				"key-missing": {ret: -1, change: with("oauth_consumer_key", "")},
				"openid-form": {ret: -1, change: with("openid", "0123")},

				"online":              {ret: 100011, settings: rookery.Settings{"online": false}},
				"granted":             {ret: -3, settings: rookery.Settings{"apis": []string{}}},
				"ordinary-address":    {ret: -4, settings: rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}}},
				"tls":                 {ret: -7, settings: rookery.Settings{"require_tls": true}},
				"app-rate":            {ret: -6, settings: usedUp("app")},
				"audit":               {ret: -8, settings: rookery.Settings{"restricted": []string{api}}},
				"connect-user":        {ret: -23, change: with("access_token", "nonsense")},
				"connect-test-number": {ret: -12, settings: rookery.Settings{"environment": "test"}},
				"user-rate":           {ret: 220028, settings: usedUp("user")},
				"connect-scope": {ret: -20, change: func(c connectCall) connectCall {
					return c.with("access_token", others.AccessToken).with("openid", others.OpenID)
				}},
			}
			// Faults of one group exclude each other.
			group := map[string]string{
				"client-id-form": "id", "client": "id", "secret-missing": "secret", "secret": "secret",
				"code-missing": "code", "code-invalid": "code", "token-missing": "token", "token-invalid": "token",
				"connect-user": "token",
			}
			valid := connectCall{params: map[string]string{"grant_type": "authorization_code", "client_id": v.app.AppID, "client_secret": v.app.AppKey,
				"code": v.code, "redirect_uri": appCallback, "fmt": "json"}}
			switch {
			case order.door == "connect-user":
				valid = connectCall{params: map[string]string{"oauth_consumer_key": v.app.AppID, "openid": fresh.OpenID, "access_token": fresh.Token}}
				for name, ret := range map[string]int{"connect-params": -1, "token-missing": -1, "client": -2, "online": -70} {
					f := faults[name]
					f.ret = ret
					faults[name] = f
				}
				f := faults["client"]
				f.change = with("oauth_consumer_key", "999999")
				faults["client"] = f
				group["key-missing"] = "id"
			case path == "/oauth2.0/me":
				valid = connectCall{params: map[string]string{"access_token": fresh.Token}}
			case path != "/oauth2.0/token":
				valid = connectCall{params: map[string]string{"token": "nonsense"}, authorization: rookery.Basic(v.app.AppID, v.app.AppKey)}
				faults["client-id-form"] = fault{ret: 100001, change: as("magpie", v.app.AppKey)}
				faults["client"] = fault{ret: 100008, change: as("999999", v.app.AppKey)}
				faults["secret"] = fault{ret: 100009, change: as(v.app.AppID, "ofanotherappofthesamepeople00000")}
				for _, name := range []string{"header", "client-id-form", "client", "secret"} {
					group[name] = "header"
				}
			}
			send := func(method string, c connectCall) rookery.Reply {
				form := make(url.Values)
				for name, value := range c.params {
					form.Set(name, value)
				}
				if method == "GET" {
					return p.Send(t, method, path+"?"+form.Encode()+c.raw, "", "")
				}
				return p.PostRaw(t, path, c.authorization, form.Encode()+c.raw)
			}
			var checks []string
			of := make(map[string]string) // the check of a step
			for _, check := range strings.Fields(order.checks) {
				steps := []string{check}
				switch check {
				case "connect-client", "connect-bearer", "connect-basic", "connect-consumer":
					steps = strings.Fields(connectSteps[path].inside)
				}
				for _, step := range steps {
					of[step] = check
				}
				checks = append(checks, steps...)
			}
			checks = append(checks, strings.Fields(connectSteps[path].after)...)
			settings := func() rookery.Settings {
				s := rookery.Settings{
					"online": true, "allow_ordinary": []string{}, "require_tls": false, "restricted": []string{},
					"environment": "formal", "rates": map[string]any{api: nil},
				}
				if strings.Contains(order.checks, "granted") {
					s["apis"] = []string{api}
				}
				return s
			}
			// The one call that the rates allow.
			first := settings()
			first["rates"] = map[string]any{api: map[string]string{"app": "1/1h", "user": "1/1h"}}
			p.SetApp(t, v.app, first)
			refused(t, "the valid call", send("POST", valid), 0)
			inPairs(checks, group, func(first, second string) {
				if faults[first].ret == 0 {
					t.Errorf("there is no fault for check %s yet", first)
				}
				settings := settings()
				call := failing(api, settings, valid, faults[second], faults[first])
				p.SetApp(t, v.app, settings)
				defer pin(path, of[first], of[second])
				for method := range strings.SplitSeq(order.methods, ", ") {
					refused(t, method+", "+first+" and "+second, send(method, call), faults[first].ret)
				}
			})
		})
	}
}
