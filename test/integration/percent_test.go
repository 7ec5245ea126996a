package integration

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// unsound are pairs with a percent sign that begins no escape.
var unsound = []string{"extra=100%", "extra=%zz", "extra=a%2", "extra=%%20", "%zz=1", "ex%=1"}

// TestUnsoundPercentEncodingIsRefused: a door whose parameters decide something refuses a query or form that is not percent-encoded,
// by the parameter's name as it came, and drops nothing.
func TestUnsoundPercentEncodingIsRefused(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app := client(t, p)
	ann := p.Accounts[0]
	game := p.Apps[0]
	v5 := rookery.NewCall(game, "/v2/auth/verify_login", "{}").Target()
	v3 := "/auth/verify_login?timestamp=1&appid=" + game.AppID + "&encode=2&sig=x"
	openAPI := rookery.NewOpenAPICall(game, "/v3/user/get_info", ann.OpenIDs[game.AppID], ann.Openkeys[game.AppID])
	const form = "application/x-www-form-urlencoded"
	for _, pair := range unsound {
		name, _, _ := strings.Cut(pair, "=")
		for what, r := range map[string]rookery.Reply{
			"V5":                  p.Send(t, "POST", v5+"&"+pair, "application/json", "{}"),
			"V3":                  p.Send(t, "POST", v3+"&"+pair, "application/json", "{}"),
			"OpenAPI":             p.Send(t, "GET", openAPI.Path+"?"+openAPI.Form()+"&"+pair, "", ""),
			"OpenAPI, a form":     p.Send(t, "POST", openAPI.Path, form, openAPI.Form()+"&"+pair),
			"OpenAPI, first":      p.Send(t, "GET", openAPI.Path+"?"+pair+"&"+openAPI.Form(), "", ""),
			"token":               p.Send(t, "GET", "/oauth2.0/token?fmt=json&"+pair, "", ""),
			"token, a form":       p.Send(t, "POST", "/oauth2.0/token?fmt=json", form, pair),
			"me":                  p.Send(t, "GET", "/oauth2.0/me?fmt=json&"+pair, "", ""),
			"introspect":          p.PostAs(t, "/oauth2.0/introspect?"+pair, rookery.Basic(app.AppID, app.AppKey), "token", "x"),
			"get_user_info":       p.Send(t, "GET", "/user/get_user_info?"+pair, "", ""),
			"get_simple_userinfo": p.Send(t, "POST", "/user/get_simple_userinfo", form, pair),
		} {
			if !strings.Contains(r.Body, `\"`+name+`\" is not percent-encoded`) {
				t.Errorf("%s with %s: got status %d and %s", what, pair, r.Status, r.Body)
			}
		}
		status, answer, err := p.AdminRaw("GET", "/admin/v1/apps/"+app.AppID+"/bindings?limit=1&"+pair, nil)
		if err != nil || status != http.StatusBadRequest || !strings.Contains(string(answer), "is not percent-encoded") || strings.Contains(string(answer), app.AppKey) {
			t.Errorf("the admin API with %s: status %d, %v", pair, status, err)
		}
	}
}

// TestUnsoundPercentEncodingIsKept: on the way of a person's browser it stays as it came, as browsers treat it, and reaches the app.
func TestUnsoundPercentEncodingIsKept(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person := client(t, p), p.NewPerson(t)
	base := "/oauth2.0/authorize?response_type=code&client_id=" + app.AppID + "&redirect_uri=" + url.QueryEscape(callback)
	person.SignIn(t, base)
	for sent, want := range map[string]string{
		"100%": "100%", "%": "%", "%zz": "%zz", "a%2": "a%2", "%%20": "% ", "50%25%": "50%%", "%E4%BD%A0%": "你%", "%ff%": "\xff%", "a;b%": "a;b%", "+%": " %",
	} {
		for name, path := range map[string]string{
			"last":         base + "&state=" + sent,
			"first":        strings.Replace(base, "?", "?state="+sent+"&", 1),
			"through show": strings.Replace(base, "authorize?", "show?which=Login&", 1) + "&state=" + sent,
		} {
			if name == "through show" {
				path = person.Open(t, path).Location(t).String()
			}
			for _, button := range []string{"allow", "deny"} {
				to := person.Press(t, path, button, url.Values{"scope": {"get_user_info"}}).Location(t)
				if got := to.Query().Get("state"); got != want || !strings.HasPrefix(to.String(), callback+"?") {
					t.Errorf("state=%s, %s, %s: it comes back as %q in %s, want %q", sent, name, button, got, to, want)
				}
			}
		}
	}
	// What decides something is then simply wrong.
	for query, code := range map[string]string{
		strings.Replace(base, "response_type=code", "response_type=code%", 1):        "100000",
		strings.Replace(base, "client_id="+app.AppID, "client_id="+app.AppID+"%", 1): "100001",
		base + "%":  "100010",
		base + "%2": "100010",
		base[:strings.Index(base, "redirect_uri")] + "redirect%_uri=" + url.QueryEscape(callback): "100010",
	} {
		if to := person.Open(t, query).Location(t); to.Query().Get("error") != code {
			t.Errorf("%s leads to %s, want %s", query, to, code)
		}
	}
	to := person.Press(t, base+"%3Frate%3D100%", "allow", url.Values{"scope": {"get_user_info"}}).Location(t)
	if !strings.HasPrefix(to.String(), callback+"?rate=100%&code=") {
		t.Errorf("a redirect_uri with a percent sign in its query leads to %s", to)
	}
	// A form of a program that encodes too little.
	var account struct{ UIN string }
	p.Admin(t, "POST", "/admin/v1/accounts", map[string]string{"password": "a hundred% sure"}, &account)
	p.Secret("a hundred% sure")
	r := p.Send(t, "POST", "/account/", "", "do=sign-in&account="+account.UIN+"&password=a+hundred%+sure")
	if r.Status != http.StatusSeeOther {
		t.Errorf("a password with a percent sign: status %d\n%s", r.Status, r.Body)
	}
	cookie, err := http.ParseSetCookie(r.Header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	p.Secret(cookie.Value)
}
