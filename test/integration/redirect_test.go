package integration

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// register sets an app's redirect URIs and returns what is then stored, or what the platform says against it.
func register(t *testing.T, p *rookery.Platform, app rookery.App, uris ...string) (stored []string, refusal string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"redirect_uris": uris})
	if err != nil {
		t.Fatal(err)
	}
	status, answer, err := p.AdminRaw("PATCH", "/admin/v1/apps/"+app.AppID, body)
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		RedirectURIs []string `json:"redirect_uris"`
		Error        string   `json:"error"`
	}
	if err := json.Unmarshal(answer, &said); err != nil || (status == http.StatusOK) != (said.Error == "") {
		t.Fatalf("status %d: %s", status, answer)
	}
	return said.RedirectURIs, said.Error
}

// TestRedirectURIsAreRegistered: lists are split, hosts stored in punycode, and what no request can match is refused with the
// reason.
func TestRedirectURIsAreRegistered(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app := p.NewApp(t)
	for given, want := range map[string][]string{
		"https://a.example/1;https://b.example/2": {"https://a.example/1", "https://b.example/2"},
		"https://bücher.example/":                 {"https://xn--bcher-kva.example/"},
		"auth://www.qq.com":                       {"auth://www.qq.com"},
		"com.example.game:/back":                  {"com.example.game:/back"},
	} {
		if stored, refusal := register(t, p, app, given); !slices.Equal(stored, want) {
			t.Errorf("%s is stored as %q: %s", given, stored, refusal)
		}
	}
	for given, why := range map[string]string{
		"*":                             "not an absolute address",
		"game.example":                  "not an absolute address",
		"https://*.example/cb":          "has a *",
		"https://a.example/*":           "has a *",
		"https://a.example/;v=1":        "a semicolon separates addresses",
		"https://a.example/#done":       "has a fragment",
		"https://me@a.example/":         "has a user",
		"https://a.example:65536/":      "has the port 65536",
		"javascript:alert(1)":           "has the scheme javascript",
		"data:text/html,<script>":       "has the scheme data",
		"https://a.example/;vbscript:x": "has the scheme vbscript",
		"file:///etc/passwd":            "has the scheme file",
		"about:blank":                   "has the scheme about",
		"blob:https://a.example/1":      "has the scheme blob",
	} {
		if _, refusal := register(t, p, app, given); !strings.Contains(refusal, why) {
			t.Errorf("%s is refused with %q, want %q", given, refusal, why)
		}
	}
}

// TestOldRedirectURIsStayValid: what an older version took is kept, and is no obstacle to changes of the app.
func TestOldRedirectURIsStayValid(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app := p.NewApp(t)
	const old = "https://old.example/*"
	p.Exec(t, `UPDATE apps SET record = json_set(record, '$.redirect_uris', json(?)) WHERE appid = ?`, `["`+old+`"]`, app.AppID)
	p.SetApp(t, app, rookery.Settings{"name": "Older"})
	stored, refusal := register(t, p, app, "https://new.example/", old)
	if !slices.Equal(stored, []string{"https://new.example/", old}) {
		t.Errorf("stored is %q: %s", stored, refusal)
	}
	shows(t, "its login", p.NewPerson(t).Open(t, rookery.AuthorizePath(app, old)), http.StatusOK, `name="password"`)
}

// TestRedirectURIsAreCompared: as RFC 3986 says, so that spellings of one address are one address, and no other is.
func TestRedirectURIsAreCompared(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person := p.NewApp(t), p.NewPerson(t)
	register(t, p, app, "https://Game.Example;https://bücher.example/%c3%bc;auth://www.qq.com;http://127.0.0.1/cb")
	person.SignIn(t, "/account/")
	for uri, want := range map[string]string{ // "" where it is refused
		"https://game.example":                 "https://game.example?code=",
		"HTTPS://GAME.EXAMPLE/?a=b":            "HTTPS://GAME.EXAMPLE/?a=b&code=",
		"https://game.example:443/":            "https://game.example:443/?code=",
		"https://game.example/x":               "",
		"https://game.example:444/":            "",
		"http://game.example/":                 "",
		"https://bücher.example/ü":             "https://xn--bcher-kva.example/%C3%BC?code=",
		"https://BÜCHER.example/%C3%BC?x":      "https://xn--bcher-kva.example/%C3%BC?x&code=",
		"https://xn--bcher-kva.example/%c3%BC": "https://xn--bcher-kva.example/%c3%BC?code=",
		"https://bucher.example/%C3%BC":        "",
		"auth://www.qq.com":                    "auth://www.qq.com?code=",
		"auth://WWW.qq.com/":                   "auth://WWW.qq.com/?code=",
		"auth://www.qq.com/x":                  "",
		"javascript://www.qq.com":              "",
		"http://127.0.0.1:5000/cb":             "http://127.0.0.1:5000/cb?code=",
		"http://127.0.0.1:5000/CB":             "",
	} {
		path := rookery.AuthorizePath(app, uri, "state", "7")
		if want == "" {
			if to := person.Open(t, path).Location(t); to.Query().Get("error") != "100010" {
				t.Errorf("%s leads to %s", uri, to)
			}
			continue
		}
		to := person.Press(t, path, "allow", url.Values{"scope": {"get_user_info"}}).Header.Get("Location")
		code, ok := strings.CutPrefix(to, want)
		if rest := "&state=7&iss=" + url.QueryEscape(p.URL); !ok || len(code) != 32+len(rest) || !strings.HasSuffix(code, rest) {
			t.Errorf("%s leads to %s, want %s", uri, to, want)
		}
	}
}

// TestMobileApps: a login may return to the scheme of a mobile app, whose exchange may leave the address out, but not change it.
func TestMobileApps(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person := p.NewApp(t), p.NewPerson(t)
	const back = "auth://www.qq.com"
	register(t, p, app, back, callback)
	code := func(uri string) string {
		t.Helper()
		return person.Authorize(t, rookery.AuthorizePath(app, uri), "get_user_info").Query().Get("code")
	}
	exchange := func(code, uri string) rookery.Reply {
		t.Helper()
		params := []string{"fmt", "json", "grant_type", "authorization_code", "client_id", app.AppID, "client_secret", app.AppKey, "code", code}
		if uri != "" {
			params = append(params, "redirect_uri", uri)
		}
		return p.Get(t, "/oauth2.0/token", params...)
	}
	p.Tokens(t, exchange(code(back), back))
	p.Tokens(t, exchange(code(back), ""))
	for _, test := range []struct{ at, exchanged string }{{back, back + "/"}, {back, callback}, {callback, ""}, {callback, back}} {
		if r := exchange(code(test.at), test.exchanged); r.Code() != 100010 {
			t.Errorf("a code for %s is exchanged with %q: %s", test.at, test.exchanged, r.Body)
		}
	}
	p.SetApp(t, app, rookery.Settings{"implicit": true})
	implicit := rookery.AuthorizePath(app, back, "response_type", "token")
	to := person.Press(t, implicit, "allow", url.Values{"scope": {"get_user_info"}}).Header.Get("Location")
	_, fragment, _ := strings.Cut(to, "#")
	values, _ := url.ParseQuery(fragment)
	p.Secret(values.Get("access_token"))
	if !strings.HasPrefix(to, back+"?#access_token=") {
		t.Errorf("a token goes to %s", to)
	}
	// The browser may follow the form to the app's scheme, and to no other that is not the web's.
	page := person.Open(t, rookery.AuthorizePath(app, back))
	shows(t, "consent", page, http.StatusOK, "<strong>auth://www.qq.com</strong>")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' auth:;") {
		t.Errorf("the policy is %s", policy)
	}
	if policy := person.Open(t, rookery.AuthorizePath(app, callback)).Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' http: https:;") {
		t.Errorf("the policy is %s", policy)
	}
}
