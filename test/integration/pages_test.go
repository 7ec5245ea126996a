package integration

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

const callback = "https://game.example/callback"

// client returns an app whose users are sent back to callback.
func client(t *testing.T, p *rookery.Platform) rookery.App {
	t.Helper()
	app := p.NewApp(t)
	p.SetApp(t, app, rookery.Settings{"redirect_uris": []string{callback}, "online": true})
	return app
}

// shows fails the test unless the page has the status and the text.
func shows(t *testing.T, what string, page rookery.Page, want int, text string) {
	t.Helper()
	if page.Status != want || !strings.Contains(page.Body, text) {
		t.Errorf("%s: got status %d, want %d and %q in:\n%s", what, page.Status, want, text, page.Body)
	}
	for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "X-Request-Id"} {
		if page.Header.Get(header) == "" {
			t.Errorf("%s: %s is missing", what, header)
		}
	}
	if page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: Cache-Control is %q", what, page.Header.Get("Cache-Control"))
	}
}

// TestAuthorizeRefusals: faults found before the redirect_uri is known to be the app's lead to the platform's error page,
// in the order of the checks; later faults go to the app.
func TestAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, off := client(t, p), client(t, p)
	p.SetApp(t, off, rookery.Settings{"online": false})
	strict := client(t, p)
	p.SetApp(t, strict, rookery.Settings{"require_pkce": true})
	person := p.NewPerson(t)
	challenge := strings.Repeat("A", 43)
	for _, test := range []struct {
		name string
		path string
		code int    // on the error page; 0 without one
		back string // error that the app receives
	}{
		{"valid", rookery.AuthorizePath(app, callback), 0, ""},
		{"valid, with more of the app's own", rookery.AuthorizePath(app, callback+"?to=shop"), 0, ""},
		{"nothing at all", "/oauth2.0/authorize", 100000, ""},
		{"no response_type", rookery.AuthorizePath(app, callback, "response_type", ""), 100000, ""},
		{"unknown response_type", rookery.AuthorizePath(app, callback, "response_type", "id_token"), 100000, ""},
		{"unknown response_type and client_id", "/oauth2.0/authorize?response_type=x&client_id=x", 100000, ""},
		{"no client_id", "/oauth2.0/authorize?response_type=code", 100001, ""},
		{"client_id is no number", rookery.AuthorizePath(app, callback, "client_id", "abc"), 100001, ""},
		{"client_id is too long a number", rookery.AuthorizePath(app, callback, "client_id", strings.Repeat("9", 40)), 100001, ""},
		{"unknown client_id", rookery.AuthorizePath(app, callback, "client_id", "7"), 100008, ""},
		{"no redirect_uri", rookery.AuthorizePath(app, ""), 100010, ""},
		{"foreign redirect_uri", rookery.AuthorizePath(app, "https://evil.example/callback"), 100010, ""},
		{"redirect_uri of another path", rookery.AuthorizePath(app, callback+"/../evil"), 100010, ""},
		{"redirect_uri with a fragment", rookery.AuthorizePath(app, callback+"#x"), 100010, ""},
		{"redirect_uri with an empty fragment", rookery.AuthorizePath(app, callback+"#"), 100010, ""},
		{"redirect_uri with a name in front", rookery.AuthorizePath(app, "https://game.example@evil.example/callback"), 100010, ""},
		{"redirect_uri with a backslash", rookery.AuthorizePath(app, "https://evil.example\\@game.example/callback"), 100010, ""},
		{"redirect_uri by a bare path", rookery.AuthorizePath(app, "//evil.example/callback"), 100010, ""},
		{"redirect_uri that runs", rookery.AuthorizePath(app, "javascript:alert(1)"), 100010, ""},
		{"offline and foreign", rookery.AuthorizePath(off, "https://evil.example"), 100010, ""},
		{"offline", rookery.AuthorizePath(off, callback), 100011, ""},
		{"offline without PKCE", rookery.AuthorizePath(off, callback, "code_challenge_method", "plain"), 100011, ""},
		{"PKCE", rookery.AuthorizePath(strict, callback, "code_challenge", challenge, "code_challenge_method", "S256"), 0, ""},
		{"PKCE is missing", rookery.AuthorizePath(strict, callback), 0, "invalid_request"},
		{"no PKCE in the implicit flow", rookery.AuthorizePath(strict, callback, "response_type", "token", "code_challenge", challenge, "code_challenge_method", "S256"), 0, "unauthorized_client"},
		{"the implicit flow", rookery.AuthorizePath(app, callback, "response_type", "token"), 0, "unauthorized_client"},
		{"PKCE with a plain challenge", rookery.AuthorizePath(app, callback, "code_challenge", challenge), 0, "invalid_request"},
		{"PKCE with a short challenge", rookery.AuthorizePath(app, callback, "code_challenge", "A", "code_challenge_method", "S256"), 0, "invalid_request"},
		{"PKCE without a challenge", rookery.AuthorizePath(app, callback, "code_challenge_method", "S256"), 0, "invalid_request"},
		{"an obsolete scope with a known one", rookery.AuthorizePath(app, callback, "scope", "add_topic,get_user_info"), 0, ""},
		{"scopes of long ago alone", rookery.AuthorizePath(app, callback, "scope", "add_topic,list_album"), 0, "invalid_scope"},
		{"duplicate and unknown parameters", rookery.AuthorizePath(app, callback) + "&client_id=7&which=x&%zz", 0, ""},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(test.name+"/"+method, func(t *testing.T) {
				page := person.Send(t, method, test.path, url.Values{"do": {"sign-in"}, "account": {"1"}, "password": {"x"}}, nil)
				redirected := map[string]int{http.MethodGet: http.StatusFound, http.MethodPost: http.StatusSeeOther}[method]
				switch {
				case test.code != 0:
					shows(t, "the refusal", page, redirected, "")
					to := page.Location(t)
					if to.Host != "" || to.Path != "/oauth2.0/show" || to.Query().Get("error") != fmt.Sprint(test.code) {
						t.Errorf("it leads to %s, want the error page of %d", to, test.code)
					}
					shows(t, "the error page", person.Open(t, to.String()), http.StatusBadRequest, fmt.Sprint(test.code))
					if id := page.Header.Get("X-Request-Id"); !strings.Contains(person.Open(t, to.String()).Body, "<code>"+id+"</code>") {
						t.Errorf("the error page does not name the request %s", id)
					}
				case test.back != "":
					shows(t, "the refusal", page, redirected, "")
					to := page.Location(t).String()
					if !strings.HasPrefix(to, callback+"?") || !strings.Contains(to, "error="+test.back+"&error_description=") {
						t.Errorf("it leads to %s, want the app with %s", to, test.back)
					}
				case method == http.MethodGet:
					shows(t, "the page", page, http.StatusOK, `name="password"`)
				}
			})
		}
	}
	refused := person.Open(t, person.Open(t, rookery.AuthorizePath(app, "https://evil.example/<b>?a=1&b=2")).Location(t).String())
	shows(t, "the refused address", refused, http.StatusBadRequest, "<code>https://evil.example/&lt;b&gt;?a=1&amp;b=2</code>")
	forged := person.Open(t, "/oauth2.0/show?which=error&error=100008&request_id=%3Cb%3Ecall+me&redirect_uri=https%3A%2F%2Fevil.example")
	if strings.Contains(forged.Body, "call me") || strings.Contains(forged.Body, "<code>https") {
		t.Errorf("the error page shows what is no part of it: %s", forged.Body)
	}
	if !strings.Contains(p.Log(), `"code":100010`) {
		t.Error("the log does not tell the code")
	}
}

// TestSignIn goes through sign-in and consent as a program that sends forms.
func TestSignIn(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person := client(t, p), p.NewPerson(t)
	path := rookery.AuthorizePath(app, callback, "state", "a b&c")

	page := person.SignIn(t, path)
	shows(t, "the sign-in", page, http.StatusSeeOther, "")
	cookie, err := http.ParseSetCookie(page.Header.Get("Set-Cookie"))
	if err != nil || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("the cookie is %v, %v", cookie, err)
	}
	shows(t, "consent", person.Open(t, path), http.StatusOK, " asks for your permission · Rookery</title>")
	to := person.Press(t, path, "allow", url.Values{"scope": {"get_user_info", "never_asked_for"}}).Location(t)
	if q := to.Query(); !codeForm.MatchString(q.Get("code")) || q.Get("state") != "a b&c" || !strings.HasPrefix(to.String(), callback+"?code=") {
		t.Errorf("a code goes to %s", to)
	}
	// Scopes granted before are ticked, so that nobody withdraws one unawares by signing in again.
	more := rookery.AuthorizePath(app, callback, "scope", "get_user_info,get_vip_info,get_app_friends")
	ticked := func() (names []string) {
		for _, box := range tickedBox.FindAllStringSubmatch(person.Open(t, more).Body, -1) {
			names = append(names, box[1])
		}
		return names
	}
	if got := ticked(); !slices.Equal(got, []string{"get_user_info"}) {
		t.Errorf("at first %v are ticked", got)
	}
	to = person.Press(t, more, "allow", url.Values{"scope": {"get_user_info", "get_app_friends"}}).Location(t)
	p.Tokens(t, p.PostForm(t, "/oauth2.0/token", nil, "fmt", "json", "grant_type", "authorization_code", "client_id", app.AppID,
		"client_secret", app.AppKey, "code", to.Query().Get("code"), "redirect_uri", callback))
	if got := ticked(); !slices.Equal(got, []string{"get_user_info", "get_app_friends"}) {
		t.Errorf("then %v are ticked", got)
	}
	// A callback with characters that no URI has appears in the header as browsers would send it.
	to = person.Press(t, rookery.AuthorizePath(app, callback+"?to=大厅 1"), "allow", nil).Location(t)
	if !strings.HasPrefix(to.RawQuery, "to=%E5%A4%A7%E5%8E%85%201&code=") {
		t.Errorf("a code goes to %s with the query %q", to, to.RawQuery)
	}
	to = person.Press(t, path, "deny", nil).Location(t)
	if q := to.Query(); q.Get("error") != "access_denied" || q.Get("state") != "a b&c" || q.Get("iss") != p.URL {
		t.Errorf("a refusal goes to %s", to)
	}
	p.SetApp(t, app, rookery.Settings{"implicit": true})
	implicit := rookery.AuthorizePath(app, callback, "response_type", "token", "state", "7")
	to = person.Press(t, implicit, "allow", url.Values{"scope": {"get_user_info"}}).Location(t)
	fragment, err := url.ParseQuery(to.EscapedFragment())
	p.Secret(fragment.Get("access_token"))
	if err != nil || fragment.Get("access_token") == "" || fragment.Get("expires_in") == "" || fragment.Get("state") != "7" || fragment.Get("iss") != p.URL || !strings.HasPrefix(to.String(), callback+"?#access_token=") {
		t.Errorf("a token goes to %s", to)
	}
	// Through the address of the original's sign-in page.
	to = person.Open(t, strings.Replace(path, "authorize?", "show?which=Login&display=pc&", 1)).Location(t)
	shows(t, "through show", person.Open(t, to.String()), http.StatusOK, person.UIN)

	if to := person.Press(t, path, "switch", nil).Location(t); to.Path != "/oauth2.0/authorize" || to.Host != "" {
		t.Errorf("switching leads to %s", to)
	}
	shows(t, "after switching", person.Open(t, path), http.StatusOK, `name="password"`)
	shows(t, "with a copy of the cookie", person.Send(t, http.MethodGet, path, nil, http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}), http.StatusOK, `name="password"`)

	page = person.SignIn(t, "/account/")
	if cookie, err = http.ParseSetCookie(page.Header.Get("Set-Cookie")); err != nil {
		t.Fatal(err)
	}
	copied := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}
	other := p.NewPerson(t)
	shows(t, "a copy while the person is signed in", other.Send(t, http.MethodGet, "/account/", nil, copied), http.StatusOK, person.UIN)
	person.Press(t, "/account/", "sign-out", nil)
	shows(t, "a copy after signing out", other.Send(t, http.MethodGet, "/account/", nil, copied), http.StatusOK, `name="password"`)
}

// TestSignOutsSurviveARestart: neither a session that was signed out nor one of before a sign-out everywhere comes back, and
// the others stay.
func TestSignOutsSurviveARestart(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	session := func(person *rookery.Person) http.Header {
		cookie, err := http.ParseSetCookie(person.SignIn(t, "/account/").Header.Get("Set-Cookie"))
		if err != nil {
			t.Fatal(err)
		}
		return http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}}
	}
	left, everywhere, stays, byOperator := p.NewPerson(t), p.NewPerson(t), p.NewPerson(t), p.NewPerson(t)
	elsewhere, other, kept, operators := session(everywhere), session(left), session(stays), session(byOperator)
	session(everywhere)
	out := session(left)
	left.Press(t, "/account/", "sign-out", nil)
	if to := everywhere.Press(t, "/account/", "sign-out-everywhere", nil).Location(t).String(); to != "/account/" {
		t.Errorf("signing out everywhere leads to %s", to)
	}
	shows(t, "after signing out everywhere", everywhere.Open(t, "/account/"), http.StatusOK, `name="password"`)
	p.Admin(t, http.MethodPost, "/admin/v1/accounts/"+byOperator.UIN+"/sign-out", nil, nil)
	p.Stop(t)

	p = rookery.StartIn(t, p.Data)
	person := p.NewPerson(t)
	for name, test := range map[string]struct {
		session http.Header
		want    string
	}{
		"signed out":                {out, `name="password"`},
		"another of the person":     {other, left.UIN},
		"signed out everywhere":     {elsewhere, `name="password"`},
		"signed out by an operator": {operators, `name="password"`},
		"not signed out":            {kept, stays.UIN},
	} {
		shows(t, name, person.Send(t, http.MethodGet, "/account/", nil, test.session), http.StatusOK, test.want)
	}
	everywhere = p.Person(t, everywhere.UIN, everywhere.Password)
	everywhere.SignIn(t, "/account/")
	shows(t, "signed in again", everywhere.Open(t, "/account/"), http.StatusOK, everywhere.UIN)
}

var tickedBox = regexp.MustCompile(`name="scope" value="([a-z_]+)" checked`)

// TestForeignForms: a form is accepted only from the platform's own page, in the session that is signed in.
func TestForeignForms(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person, other := client(t, p), p.NewPerson(t), p.NewPerson(t)
	path := rookery.AuthorizePath(app, callback)
	signIn := url.Values{"do": {"sign-in"}, "account": {person.UIN}, "password": {person.Password}}
	for name, header := range map[string]http.Header{
		"Sec-Fetch-Site": {"Sec-Fetch-Site": {"cross-site"}},
		"same site":      {"Sec-Fetch-Site": {"same-site"}},
		"Origin":         {"Origin": {"https://evil.example"}},
		"null Origin":    {"Origin": {"null"}},
	} {
		for _, at := range []string{path, "/account/"} {
			page := person.Send(t, http.MethodPost, at, signIn, header)
			shows(t, name, page, http.StatusForbidden, "another site")
			if page.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s: it was signed in", name)
			}
		}
	}
	person.SignIn(t, path)
	other.SignIn(t, path)
	for name, token := range map[string]string{"no token": "", "a made-up token": "AAAAAAAAAAAAAAAAAAAAAA"} {
		form := url.Values{"do": {"allow"}, "token": {token}, "scope": {"get_user_info"}}
		shows(t, name, person.Post(t, path, form), http.StatusOK, `value="allow"`) // it asks again
		for _, action := range []string{"withdraw", "close", "password", "sign-out", "sign-out-everywhere"} {
			form := url.Values{"do": {action}, "token": {token}, "appid": {app.AppID}, "password": {person.Password}, "new_password": {"another password"}, "repeated_password": {"another password"}, "understood": {"yes"}}
			if to := person.Post(t, "/account/", form).Location(t).String(); to != "/account/" {
				t.Errorf("%s, %s: it leads to %s", name, action, to)
			}
		}
	}
	shows(t, "nothing was done", person.Open(t, "/account/"), http.StatusOK, person.UIN)
	shows(t, "the password is the old one", person.SignIn(t, path), http.StatusSeeOther, "")
	page := person.Press(t, path, "nonsense", nil)
	shows(t, "an unknown action", page, http.StatusBadRequest, "")
}

// TestLoginsAreThrottled: after five wrong guesses even the right password has to wait, and the page says how long.
func TestLoginsAreThrottled(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person, neighbour := p.NewPerson(t), p.NewPerson(t)
	guess := url.Values{"do": {"sign-in"}, "account": {person.UIN}, "password": {"a wrong guess"}}
	start := time.Now()
	at := func(n int) { // the attempts are 5 s apart, however long each takes
		p.SetClock(t, start.Add(time.Duration(n)*5*time.Second))
	}
	for n := range 5 {
		at(n)
		shows(t, "a guess", person.Post(t, "/account/", guess), http.StatusForbidden, "is wrong")
	}
	at(5)
	page := person.SignIn(t, "/account/")
	shows(t, "one more", page, http.StatusTooManyRequests, "Try again in "+page.Header.Get("Retry-After")+" s")
	if seconds, err := strconv.Atoi(page.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("Retry-After is %q, want 1 to 60", page.Header.Get("Retry-After"))
	}
	shows(t, "somebody else", neighbour.SignIn(t, "/account/"), http.StatusSeeOther, "")
	p.Advance(t, 61*time.Second)
	shows(t, "later", person.SignIn(t, "/account/"), http.StatusSeeOther, "")

	for _, state := range []string{"frozen", "closed"} {
		p.SetState(t, neighbour.UIN, state)
		shows(t, state+", the session", neighbour.Open(t, "/account/"), http.StatusOK, `name="password"`)
		shows(t, state, neighbour.SignIn(t, "/account/"), http.StatusForbidden, state)
		guess.Set("account", neighbour.UIN)
		shows(t, state+", a guess", neighbour.Post(t, "/account/", guess), http.StatusForbidden, "is wrong")
	}
	for _, account := range []string{"", "abc", "9999999999", "-1", "１０００１", strings.Repeat("1", 300), "<script>"} {
		guess.Set("account", account)
		p.Advance(t, time.Hour)
		shows(t, account, person.Post(t, "/account/", guess), http.StatusForbidden, "is wrong")
	}
}

// TestABrowserThatIsKnownIsNotKeptOut: guesses of others, even at the same address, do not keep a person waiting who has signed in
// with this browser before, be it days ago.
func TestABrowserThatIsKnownIsNotKeptOut(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person := p.NewPerson(t)
	person.SignIn(t, "/account/")
	shows(t, "signing out", person.Press(t, "/account/", "sign-out", nil), http.StatusSeeOther, "")
	p.Advance(t, 80*24*time.Hour)
	guess := url.Values{"do": {"sign-in"}, "account": {person.UIN}, "password": {"a wrong guess"}}
	stranger := p.Person(t, person.UIN, person.Password)
	for range 5 {
		shows(t, "a guess", stranger.Post(t, "/account/", guess), http.StatusForbidden, "is wrong")
	}
	shows(t, "a new browser", stranger.SignIn(t, "/account/"), http.StatusTooManyRequests, "Try again in ")
	shows(t, "the known one", person.SignIn(t, "/account/"), http.StatusSeeOther, "")
	shows(t, "a new password", person.Press(t, "/account/", "password", url.Values{
		"password": {person.Password}, "new_password": {"another password"}, "repeated_password": {"another password"},
	}), http.StatusSeeOther, "")
}

// TestAccountPage: a person's actions there reach the apps' tokens.
func TestAccountPage(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person := client(t, p), p.NewPerson(t)
	token := func() rookery.Token {
		return p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: person.UIN, Kind: "msdk"})
	}
	check := func(what string, token rookery.Token, want int) {
		t.Helper()
		body := fmt.Sprintf(`{"openid":"%s","token":"%s"}`, token.MSDKOpenID, token.Token)
		if got := p.Call(t, rookery.NewCall(app, "/v2/auth/verify_login", body)); got.Ret != want {
			t.Errorf("%s: the token's check says %s, want %d", what, got.Body, want)
		}
	}
	elsewhere := p.Person(t, person.UIN, person.Password)
	person.SignIn(t, "/account/")
	elsewhere.SignIn(t, "/account/")
	shows(t, "without apps", person.Open(t, "/account/"), http.StatusOK, "No app may use this account")

	first := token()
	check("first", first, 0)
	shows(t, "with an app", person.Open(t, "/account/"), http.StatusOK, `value="withdraw"`)
	for range 2 { // the second time nothing is left to withdraw
		to := person.Press(t, "/account/", "withdraw", url.Values{"appid": {app.AppID}}).Location(t)
		shows(t, "withdrawn", person.Open(t, to.String()), http.StatusOK, "no longer use your account")
	}
	check("after withdrawing", first, 100015)

	second := token()
	change := func(old, password, again string) rookery.Page {
		return person.Press(t, "/account/", "password", url.Values{"password": {old}, "new_password": {password}, "repeated_password": {again}})
	}
	shows(t, "a wrong old password", change("a wrong guess", "another password", "another password"), http.StatusForbidden, "The password is wrong")
	shows(t, "not the same", change(person.Password, "another password", "another passwort"), http.StatusBadRequest, "passwords differ")
	shows(t, "too short", change(person.Password, "short", "short"), http.StatusBadRequest, "8 to 128")
	check("nothing was changed", second, 0)
	p.Secret("another password")
	to := change(person.Password, "another password", "another password").Location(t)
	shows(t, "changed", person.Open(t, to.String()), http.StatusOK, "The password was changed")
	shows(t, "elsewhere", elsewhere.Open(t, "/account/"), http.StatusOK, `autocomplete="username" maxlength`)
	check("after the change", second, -73)

	third := token()
	closing := func(form url.Values) rookery.Page { return person.Press(t, "/account/", "close", form) }
	shows(t, "not understood", closing(url.Values{"password": {"another password"}}), http.StatusBadRequest, "Tick the box")
	shows(t, "without the password", closing(url.Values{"understood": {"yes"}}), http.StatusForbidden, "is wrong")
	check("not closed", third, 0)
	shows(t, "closed", closing(url.Values{"password": {"another password"}, "understood": {"yes"}}), http.StatusOK, "is closed")
	check("after closing", third, 100015)
	shows(t, "the session", person.Open(t, "/account/"), http.StatusOK, `name="password"`)
}

// TestPagesAreLogged: the log says what was done to which account and from where, and repeats nothing that was typed except
// the number of an existing account.
func TestPagesAreLogged(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person := client(t, p), p.NewPerson(t)
	p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: person.UIN, Kind: "access"})
	signIn := func(account string) {
		person.Post(t, "/account/", url.Values{"do": {"sign-in"}, "account": {account}, "password": {"a wrong guess"}})
	}
	signIn(person.UIN)
	signIn("87654321") // somebody's password in the wrong field
	person.SignIn(t, "/account/")
	person.Press(t, "/account/", "withdraw", url.Values{"appid": {app.AppID}})
	person.Press(t, "/account/", "password", url.Values{"password": {"a wrong guess"}, "new_password": {"another password"}, "repeated_password": {"another password"}})
	person.Press(t, "/account/", "no such action", nil)
	log := p.Log()
	for _, want := range []string{
		`"action":"sign-in","from":"127.0.0.1","account":"` + person.UIN + `","refused":"the account number`,
		`"action":"sign-in","from":"127.0.0.1","refused":"the account number`,
		`"user":"` + person.UIN + `","code":0,"action":"sign-in","from":"127.0.0.1"}`,
		`"appid":"` + app.AppID + `","user":"` + person.UIN + `","code":0,"action":"withdraw","from":"127.0.0.1"}`,
		`"action":"password","from":"127.0.0.1","refused":"the account number`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log has no %s", want)
		}
	}
	for _, secret := range []string{"87654321", "guess", "another password", "no such action"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// TestPagesGoWrong: every error is a page, and no page shows internals.
func TestPagesGoWrong(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, person := client(t, p), p.NewPerson(t)
	path := rookery.AuthorizePath(app, callback)
	shows(t, "unknown path", person.Open(t, "/account/nothing"), http.StatusNotFound, "Page not found")
	page := person.Send(t, http.MethodDelete, path, nil, nil)
	shows(t, "wrong method", page, http.StatusMethodNotAllowed, "")
	if page.Header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", page.Header.Get("Allow"))
	}
	page = person.Send(t, http.MethodHead, path, nil, nil)
	shows(t, "by HEAD", page, http.StatusOK, "")
	if page.Body != "" {
		t.Errorf("HEAD brings %s", page.Body)
	}
	shows(t, "too large", person.Post(t, path, url.Values{"do": {strings.Repeat("x", 70_000)}}), http.StatusRequestEntityTooLarge, "")
	shows(t, "without the slash", person.Open(t, "/account"), http.StatusFound, "")
	for name, query := range map[string]string{
		"nothing": "", "unknown": "?which=else", "no number": "?which=error&error=x", "a foreign number": "?which=error&error=1", "text": "?which=error&error=<script>",
	} {
		page := person.Open(t, "/oauth2.0/show"+strings.ReplaceAll(query, "<", "%3C"))
		shows(t, "show "+name, page, http.StatusBadRequest, "")
		if strings.Contains(page.Body, "<script") {
			t.Errorf("show %s repeats markup", name)
		}
	}

	for point, call := range map[string]func() rookery.Page{
		"store.read:accounts": func() rookery.Page { return person.SignIn(t, path) },
		"keyring.read":        func() rookery.Page { return person.SignIn(t, path) },
	} {
		off := p.AddFault(t, rookery.Fault{Point: point})
		page := call()
		off()
		shows(t, point, page, http.StatusInternalServerError, page.Header.Get("X-Request-Id"))
		shows(t, point+" is over", call(), http.StatusSeeOther, "")
	}
	off := p.AddFault(t, rookery.Fault{Point: "store.read:grants"})
	shows(t, "grants", person.Open(t, "/account/"), http.StatusInternalServerError, "")
	off()
	off = p.AddFault(t, rookery.Fault{Point: "store.write:openids"})
	page = person.Press(t, path, "allow", url.Values{"scope": {"get_user_info"}})
	off()
	shows(t, "allowing", page, http.StatusInternalServerError, "")
	if page.Header.Get("Location") != "" {
		t.Error("it leads away")
	}
}
