package scenarios

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// connectScenarios are the numbers of OAuth 2.0 that its own interfaces show best, including the door's own numbers.
var connectScenarios = []scenario{
	{"qq/-20", "the person left out the scope when consenting", scopeLeftOut},
	{"qq/100001", "client_id is missing", exchangeWithout(100001, "client_id", "")},
	{"qq/100002", "client_secret is missing", exchangeWithout(100002, "client_secret", "")},
	{"qq/100003", "the Authorization header is missing", authorizationMissing},
	{"qq/100004", "grant_type is password", exchangeWithout(100004, "grant_type", "password")},
	{"qq/100005", "code is missing", exchangeWithout(100005, "code", "")},
	{"qq/100006", "refresh_token is missing", refreshMissing},
	{"qq/100007", "access_token is missing", accessTokenMissing},
	{"qq/100008", "no app has the client_id", exchangeWithout(100008, "client_id", "999999999")},
	{"qq/100009", "client_secret is not the app's key", exchangeWithout(100009, "client_secret", "ofanotherappofthesamepeople00000")},
	{"qq/100012", "introspection is called by GET", introspectByGet},
	{"connect/1", "a parameter occurs twice", parameterTwice},
	{"connect/100019", "the code was never given", exchangeWithout(100019, "code", "0123456789ABCDEF0123456789ABCDEF")},
	{"connect/100020", "the code was exchanged before", codeReused},
	{"connect/100029", "a parameter is not UTF-8", exchangeWithout(100029, "state", "\xff")},
	{"connect/100048", "the app may not have union ids", unionIDNotGranted},
	{"connect/100050", "the refresh token was used before", refreshReused},
	{"connect/110504", "the exchange cannot be written", exchangeUnwritable},
}

const (
	tokenPath = "/oauth2.0/token"
	mePath    = "/oauth2.0/me"
)

// visit is a person who consented to an app, and the code that the app received.
type visit struct {
	on     *rookery.Platform
	app    rookery.App
	person *rookery.Person
	code   string
}

func newVisit(t *testing.T, p *rookery.Platform, scopes ...string) visit {
	t.Helper()
	v := visit{on: p, app: p.NewApp(t), person: p.NewPerson(t)}
	p.SetApp(t, v.app, rookery.Settings{"redirect_uris": []string{appCallback}})
	v.code = v.authorize(t, scopes...)
	return v
}

// authorize makes the person consent and returns the code. Without scopes it asks for the profile.
func (v visit) authorize(t *testing.T, scopes ...string) string {
	t.Helper()
	if len(scopes) == 0 {
		scopes = []string{"get_user_info"}
	}
	back := v.person.Authorize(t, rookery.AuthorizePath(v.app, appCallback, "scope", "get_user_info,get_app_friends"), scopes...)
	code := back.Query().Get("code")
	if code == "" {
		t.Fatalf("sent back to %s without a code", back)
	}
	v.on.Secret(code)
	return code
}

// exchange returns the parameters of a valid exchange.
func (v visit) exchange() []string {
	return []string{"fmt", "json", "need_openid", "1", "grant_type", "authorization_code", "client_id", v.app.AppID,
		"client_secret", v.app.AppKey, "code", v.code, "redirect_uri", appCallback}
}

func (v visit) refresh(token string) []string {
	return []string{"fmt", "json", "grant_type", "refresh_token", "client_id", v.app.AppID, "client_secret", v.app.AppKey, "refresh_token", token}
}

func (v visit) tokens(t *testing.T) rookery.Tokens {
	t.Helper()
	return v.on.Tokens(t, v.on.PostForm(t, tokenPath, nil, v.exchange()...))
}

// refused fails the test unless the reply is a refusal with that code; 0 stands for success.
func refused(t *testing.T, what string, r rookery.Reply, code int) {
	t.Helper()
	if r.Code() != code {
		t.Errorf("%s: got status %d and %s, want code %d", what, r.Status, r.Body, code)
	}
}

// exchangeWithout: an exchange with another value for one parameter is refused, by GET and by POST, and uses nothing up.
func exchangeWithout(code int, parameter, value string) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		v := newVisit(t, p)
		wrong := append(v.exchange(), parameter, value)
		refused(t, "by GET", p.Get(t, tokenPath, wrong...), code)
		refused(t, "by POST", p.PostForm(t, tokenPath, nil, wrong...), code)
		refused(t, "as it should be", p.Get(t, tokenPath, v.exchange()...), 0)
	}
}

func authorizationMissing(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	token := v.tokens(t).AccessToken
	for _, path := range []string{"/oauth2.0/introspect", "/oauth2.0/revoke"} {
		refused(t, path, p.PostForm(t, path, nil, "token", token), 100003)
		refused(t, path+" as it should be", p.PostForm(t, path, &v.app, "token", token), 0)
	}
}

func introspectByGet(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	token := v.tokens(t).AccessToken
	r := p.Get(t, "/oauth2.0/introspect", "token", token)
	refused(t, "by GET", r, 100012)
	if r.Status != http.StatusMethodNotAllowed {
		t.Errorf("status %d", r.Status)
	}
	refused(t, "by POST", p.PostForm(t, "/oauth2.0/introspect", &v.app, "token", token), 0)
}

func refreshMissing(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	refresh := v.tokens(t).RefreshToken
	refused(t, "without", p.Get(t, tokenPath, v.refresh("")...), 100006)
	refused(t, "with", p.Get(t, tokenPath, v.refresh(refresh)...), 0)
}

func accessTokenMissing(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	token := v.tokens(t)
	refused(t, "me without", p.Get(t, mePath), 100007)
	refused(t, "me with", p.Get(t, mePath, "access_token", token.AccessToken), 0)
	refused(t, "profile without", p.Get(t, "/user/get_user_info", "oauth_consumer_key", v.app.AppID, "openid", token.OpenID), -1)
	refused(t, "profile with", v.profile(t, token), 0)
}

func (v visit) profile(t *testing.T, token rookery.Tokens) rookery.Reply {
	t.Helper()
	return v.on.Get(t, "/user/get_user_info", "oauth_consumer_key", v.app.AppID, "openid", token.OpenID, "access_token", token.AccessToken)
}

// parameterTwice: below /user/ a parameter that the original decodes must not be repeated, not even with one value; an unknown
// one may be.
func parameterTwice(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	token := v.tokens(t)
	query := "oauth_consumer_key=" + v.app.AppID + "&openid=" + token.OpenID + "&access_token=" + token.AccessToken
	for _, path := range []string{"/user/get_user_info", "/user/get_simple_userinfo"} {
		for _, again := range []string{"oauth_consumer_key=" + v.app.AppID, "oauth_consumer_key=7", "openid=" + token.OpenID, "openid=", "access_token=x", "appid=7&appid=7"} {
			name, _, _ := strings.Cut(again, "=")
			want := `{"ret":1,"msg":"parameter ` + name + ` occurs twice"}`
			for what, r := range map[string]rookery.Reply{
				"in the query":          p.Send(t, "GET", path+"?"+query+"&"+again, "", ""),
				"in the form":           p.Send(t, "POST", path, "", query+"&"+again),
				"in the query and form": p.Send(t, "POST", path+"?"+query, "", again),
			} {
				if r.Status != http.StatusOK || r.Body != want {
					t.Errorf("%s: %s %s: got status %d and %s, want %s", path, again, what, r.Status, r.Body, want)
				}
			}
		}
	}
	refused(t, "with others twice", p.Send(t, "GET", "/user/get_user_info?format=json&format=xml&fmt=json&"+query+"&fmt=json&appid=7", "", ""), 0)
	refused(t, "at me", p.Send(t, "GET", mePath+"?oauth_consumer_key=1&oauth_consumer_key=2&access_token="+token.AccessToken+"&access_token="+token.AccessToken, "", ""), 0)
}

// scopeLeftOut: the person unticks the profile.
func scopeLeftOut(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p, "get_app_friends")
	refused(t, "left out", v.profile(t, v.tokens(t)), -20)
	v.code = v.authorize(t, "get_user_info")
	refused(t, "allowed", v.profile(t, v.tokens(t)), 0)
}

// codeReused: the second exchange is refused and ends the tokens of the first, but not those of a new login.
func codeReused(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	token := v.tokens(t)
	refused(t, "the first token", p.Get(t, mePath, "access_token", token.AccessToken), 0)
	refused(t, "the second exchange", p.Get(t, tokenPath, v.exchange()...), 100020)
	refused(t, "the first token after it", p.Get(t, mePath, "access_token", token.AccessToken), 100015)
	refused(t, "the first refresh token after it", p.Get(t, tokenPath, v.refresh(token.RefreshToken)...), 100050)

	old := v
	v.code = v.authorize(t)
	token = v.tokens(t)
	refused(t, "the old code once more", p.Get(t, tokenPath, old.exchange()...), 100020)
	refused(t, "the token of a new login", p.Get(t, mePath, "access_token", token.AccessToken), 0)
}

// refreshReused: a refresh token is valid once; using it again, once the next one was used, ends the login.
func refreshReused(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	first := v.tokens(t)
	lost := p.Tokens(t, p.Get(t, tokenPath, v.refresh(first.RefreshToken)...))
	if again := p.Tokens(t, p.Get(t, tokenPath, v.refresh(first.RefreshToken)...)); again.RefreshToken != lost.RefreshToken {
		t.Error("an answer that was lost is given with another refresh token")
	}
	second := p.Tokens(t, p.Get(t, tokenPath, v.refresh(lost.RefreshToken)...))
	for what, token := range map[string]string{"the older": first.AccessToken, "the newer": second.AccessToken} {
		refused(t, what, p.Get(t, mePath, "access_token", token), 0)
	}
	refused(t, "again", p.Get(t, tokenPath, v.refresh(first.RefreshToken)...), 100050)
	refused(t, "the newer refresh token", p.Get(t, tokenPath, v.refresh(second.RefreshToken)...), 100050)
	refused(t, "the newer access token", p.Get(t, mePath, "access_token", second.AccessToken), 100015)
}

// TestTicketsAreValidOnce: of many callers who send one code at the same moment, one gets tokens, and those end. Those who send one refresh token at the same
// moment all get the same next one.
func TestTicketsAreValidOnce(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	const callers = 64
	together := func(code int, params []string) (won []rookery.Tokens) {
		t.Helper()
		replies := make(chan rookery.Reply, callers)
		for range callers {
			go func() { replies <- p.PostForm(t, tokenPath, nil, params...) }()
		}
		for range callers {
			if r := <-replies; r.Code() == 0 {
				won = append(won, p.Tokens(t, r))
			} else {
				refused(t, "one of them", r, code)
			}
		}
		return won
	}
	won := together(100020, v.exchange())
	if len(won) != 1 {
		t.Fatalf("%d callers got tokens for a code", len(won))
	}
	refused(t, "the code's access token", p.Get(t, mePath, "access_token", won[0].AccessToken), 100015)
	refused(t, "the code's refresh token", p.Get(t, tokenPath, v.refresh(won[0].RefreshToken)...), 100050)

	v.code = v.authorize(t)
	tokens := v.tokens(t)
	won = together(0, v.refresh(tokens.RefreshToken))
	next := map[string]bool{}
	for _, one := range won {
		next[one.RefreshToken] = true
	}
	if len(won) != callers || len(next) != 1 {
		t.Fatalf("%d callers got %d refresh tokens", len(won), len(next))
	}
	p.Tokens(t, p.Get(t, tokenPath, v.refresh(won[0].RefreshToken)...))
	refused(t, "the first refresh token", p.Get(t, tokenPath, v.refresh(tokens.RefreshToken)...), 100050)
	refused(t, "the first access token", p.Get(t, mePath, "access_token", tokens.AccessToken), 100015)
}

func unionIDNotGranted(t *testing.T, p *rookery.Platform) {
	v := newVisit(t, p)
	token := v.tokens(t).AccessToken
	refused(t, "not granted", p.Get(t, mePath, "unionid", "1", "access_token", token), 100048)
	p.SetApp(t, v.app, rookery.Settings{"unionid": true})
	refused(t, "granted", p.Get(t, mePath, "unionid", "1", "access_token", token), 0)
}

// exchangeUnwritable: a storage failure for which no code is foreseen leaves the code unused.
func exchangeUnwritable(t *testing.T, _ *rookery.Platform) {
	p := rookery.Start(t)
	v := newVisit(t, p)
	back := rename(t, p, "logins")
	refused(t, "while the table is lost", p.Get(t, tokenPath, v.exchange()...), 110504)
	back()
	exchange := append(v.exchange(), "need_openkey", "1")
	back = rename(t, p, "openkeys")
	refused(t, "while no openkey can be made", p.Get(t, tokenPath, exchange...), 110504)
	back()
	refused(t, "after it is back", p.Get(t, tokenPath, exchange...), 0)
}

// TestOAuthAnswers checks the exact bytes of answers, which clients of the original parse by position.
func TestOAuthAnswers(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	const plain, html, json = "text/plain; charset=utf-8", "text/html; charset=utf-8", "application/json; charset=utf-8"
	expectBytes := func(what string, r rookery.Reply, media, form string) []string {
		t.Helper()
		parts := regexp.MustCompile("^" + form + "$").FindStringSubmatch(r.Body)
		if r.Status != http.StatusOK || r.Header.Get("Content-Type") != media || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Pragma") != "no-cache" || parts == nil {
			t.Fatalf("%s: got status %d, %s, %q; want %s, %q", what, r.Status, r.Header.Get("Content-Type"), r.Body, media, form)
		}
		p.Secret(parts[1:]...)
		return parts
	}
	const token, ticket, openid = "([A-Za-z0-9_-]+)", "([0-9A-F]{32})", "(?:[0-9A-F]{32})"
	gave := expectBytes("tokens", p.Get(t, tokenPath, "grant_type", "authorization_code", "client_id", v.app.AppID, "client_secret", v.app.AppKey,
		"code", v.code, "redirect_uri", appCallback, "oauth_consumer_key", v.app.AppID), plain,
		"access_token="+token+"&expires_in=5184000&refresh_token="+ticket)
	gave = expectBytes("tokens, renewed, as JSON", p.PostForm(t, tokenPath, nil, append(v.refresh(gave[2]), "need_openid", "1", "need_openkey", "1")...), json,
		`\{"access_token":"`+token+`","expires_in":"5184000","refresh_token":"`+ticket+`","openid":"`+openid+`","openkey":"`+token+`"\}`)
	access := gave[1]

	who := `\{"client_id":"` + v.app.AppID + `","openid":"` + openid + `"\}`
	expectBytes("me", p.Get(t, mePath, "access_token", access), html, `callback\( `+who+` \);`+"\n")
	expectBytes("me, no unionid", p.Get(t, mePath, "access_token", access, "unionid", "0"), html, `callback\( `+who+` \);`+"\n")
	expectBytes("me as JSON", p.Get(t, mePath, "access_token", access, "fmt", "json"), json, who)
	p.SetApp(t, v.app, rookery.Settings{"unionid": true, "developer": "somebody"})
	expectBytes("me with unionid", p.PostForm(t, mePath, nil, "access_token", access, "unionid", "1"), html,
		`callback\( \{"client_id":"`+v.app.AppID+`","openid":"`+openid+`","unionid":"UID_`+openid+`"\} \);`+"\n")
	expectBytes("refusal", p.Get(t, mePath, "access_token", "nonsense"), html,
		`callback\( \{"error":100013,"error_description":"access token is illegal"\} \);`+"\n")
	expectBytes("refusal as JSON", p.Get(t, tokenPath, "fmt", "json", "grant_type", "refresh_token"), json,
		`\{"error":100001,"error_description":"param client_id is wrong or lost "\}`)
	expectBytes("refusal below /user/", p.Get(t, "/user/get_user_info", "oauth_consumer_key", v.app.AppID, "openid", "x", "access_token", access), html,
		`\{"ret":-1,"msg":"client request's parameters are invalid, invalid openid"\}`)
}

// TestProfileRefusals: below /user/ refusals are below 0, as the original's numbers are, and /oauth2.0/me keeps OAuth's for the
// same tokens. The platform's own numbers above 0 come with an HTTP status other than 200.
func TestProfileRefusals(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	const (
		token  = `{"ret":-23,"msg":"token is invalid"}`
		openid = `{"ret":-22,"msg":"openid is invalid"}`
	)
	for name, test := range map[string]struct {
		do   func(t *testing.T, v visit, tokens *rookery.Tokens)
		want string
		me   int // at /oauth2.0/me
	}{
		"not a token": {func(_ *testing.T, _ visit, tokens *rookery.Tokens) { tokens.AccessToken = "nonsense" }, token, 100013},
		"32 hex digits": {func(_ *testing.T, _ visit, tokens *rookery.Tokens) {
			tokens.AccessToken = "0AFC2484F0B48C9D70D501662B828F4A"
		}, token, 100013},
		"altered": {func(_ *testing.T, _ visit, tokens *rookery.Tokens) { tokens.AccessToken = tampered(tokens.AccessToken) }, token, 100013},
		"expired": {func(t *testing.T, v visit, tokens *rookery.Tokens) {
			old := p.Issue(t, rookery.TokenRequest{AppID: v.app.AppID, UIN: v.person.UIN, Kind: "access", Lifetime: "0s"})
			tokens.AccessToken = old.Token
		}, token, 100014},
		"revoked by the app": {func(t *testing.T, v visit, tokens *rookery.Tokens) {
			p.PostForm(t, "/oauth2.0/revoke", &v.app, "token", tokens.AccessToken)
		}, token, 100015},
		"withdrawn by the person": {func(t *testing.T, v visit, _ *rookery.Tokens) { p.Revoke(t, v.app, v.person.UIN, "user") }, token, 100015},
		"account closed":          {func(t *testing.T, v visit, _ *rookery.Tokens) { p.SetState(t, v.person.UIN, "closed") }, token, 100015},
		"account frozen":          {func(t *testing.T, v visit, _ *rookery.Tokens) { p.SetState(t, v.person.UIN, "frozen") }, token, 100016},
		"superseded": {func(t *testing.T, v visit, _ *rookery.Tokens) {
			p.Issue(t, rookery.TokenRequest{AppID: v.app.AppID, UIN: v.person.UIN, Kind: "access"})
		}, `{"ret":-21,"msg":"token is invalid"}`, -21},
		"password changed": {func(t *testing.T, v visit, _ *rookery.Tokens) { p.SetPassword(t, v.person.UIN) }, `{"ret":-73,"msg":"token is invalid"}`, -73},
		"another app's": {func(t *testing.T, v visit, tokens *rookery.Tokens) {
			tokens.AccessToken = p.Issue(t, rookery.TokenRequest{AppID: p.NewApp(t).AppID, UIN: v.person.UIN, Kind: "access"}).Token
		}, token, 0},
		"openid of nobody": {func(_ *testing.T, _ visit, tokens *rookery.Tokens) {
			tokens.OpenID = "0123456789ABCDEF0123456789ABCDEF"
		}, openid, 0},
		"another's openid": {func(t *testing.T, v visit, tokens *rookery.Tokens) {
			tokens.OpenID = join(t, p, v.app, p.NewAccount(t)).openid
		}, openid, 0},
		"openid taken back": {func(t *testing.T, v visit, _ *rookery.Tokens) { p.Reclaim(t, v.app, v.person.UIN) }, openid, 100016},
		"openid of before": {func(t *testing.T, v visit, tokens *rookery.Tokens) {
			p.Reclaim(t, v.app, v.person.UIN)
			tokens.AccessToken = p.Issue(t, rookery.TokenRequest{AppID: v.app.AppID, UIN: v.person.UIN, Kind: "access"}).Token
		}, openid, 0},
		"an openkey": {func(t *testing.T, v visit, tokens *rookery.Tokens) {
			tokens.AccessToken = p.Issue(t, rookery.TokenRequest{AppID: v.app.AppID, UIN: v.person.UIN, Kind: "openkey"}).Token
		}, token, 100013},
		"openid is malformed": {func(_ *testing.T, _ visit, tokens *rookery.Tokens) { tokens.OpenID = tokens.OpenID[:31] },
			`{"ret":-1,"msg":"client request's parameters are invalid, invalid openid"}`, 0},
		"openid is missing": {func(_ *testing.T, _ visit, tokens *rookery.Tokens) { tokens.OpenID = "" }, `{"ret":-1,"msg":"parameter openid is missing"}`, 0},
		"token is missing":  {func(_ *testing.T, _ visit, tokens *rookery.Tokens) { tokens.AccessToken = "" }, `{"ret":-1,"msg":"parameter access_token is missing"}`, 100007},
		"app is offline": {func(t *testing.T, v visit, _ *rookery.Tokens) { p.SetApp(t, v.app, rookery.Settings{"online": false}) },
			`{"ret":-70,"msg":"the app is not online"}`, 100011},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVisit(t, p)
			tokens := v.tokens(t)
			refused(t, "before", v.profile(t, tokens), 0)
			test.do(t, v, &tokens)
			p.Secret(tokens.AccessToken)
			if r := v.profile(t, tokens); r.Status != http.StatusOK || r.Body != test.want {
				t.Errorf("got status %d and %s, want %s", r.Status, r.Body, test.want)
			}
			refused(t, "me", p.Get(t, mePath, "access_token", tokens.AccessToken), test.me)
		})
	}

	v := newVisit(t, p)
	tokens := v.tokens(t)
	for name, test := range map[string]struct {
		r      rookery.Reply
		status int
		want   string
	}{
		"a broken escape": {p.Send(t, "GET", "/user/get_user_info?openid=%zz", "", ""), 200, `{"ret":-1,"msg":"parameter \"openid\" is not percent-encoded UTF-8"}`},
		"a path":          {p.Send(t, "GET", "/user/get_everything", "", ""), 200, `{"ret":-9,`},
		"a method":        {p.Send(t, "PUT", "/user/get_user_info", "", ""), 200, `{"ret":-1,`},
		"JSON":            {p.Send(t, "POST", "/user/get_user_info", "application/json", `{"openid":"x"}`), 200, `{"ret":-1,"msg":"the body is JSON, not application/x-www-form-urlencoded"}`},
	} {
		if test.r.Status != test.status || !strings.HasPrefix(test.r.Body, test.want) {
			t.Errorf("%s: got status %d and %s, want %d and %s", name, test.r.Status, test.r.Body, test.status, test.want)
		}
	}
	off := p.AddFault(t, rookery.Fault{Point: "keyring.read"})
	if r := v.profile(t, tokens); r.Status != http.StatusInternalServerError || r.Code() != 110504 {
		t.Errorf("without a keyring: status %d and %s", r.Status, r.Body)
	}
	off()
	off = p.AddFault(t, rookery.Fault{Point: "bus.connect:0x711"})
	if r := v.profile(t, tokens); r.Status != http.StatusBadGateway || r.Code() != 155 {
		t.Errorf("without a bus: status %d and %s", r.Status, r.Body)
	}
	off()
	p.SetApp(t, v.app, rookery.Settings{"rates": map[string]any{"get_user_info": map[string]string{"user": "1/1h"}}})
	refused(t, "the first call", v.profile(t, tokens), 0)
	if r := v.profile(t, tokens); r.Status != http.StatusTooManyRequests || r.Code() != 220028 {
		t.Errorf("the second call: status %d and %s", r.Status, r.Body)
	}
}

// TestUnionIDIsAskedFor by any value but 0.
func TestUnionIDIsAskedFor(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	token := v.tokens(t).AccessToken
	asks := func(query string, want bool) {
		t.Helper()
		r := p.Send(t, "GET", mePath+"?fmt=json&access_token="+token+query, "", "")
		if r.Code() != 0 || strings.Contains(r.Body, `"unionid":"UID_`) != want {
			t.Errorf("%q: got %s, want a unionid: %t", query, r.Body, want)
		}
	}
	p.SetApp(t, v.app, rookery.Settings{"unionid": true})
	for _, value := range []string{"1", "2", "true", "True", "yes", "on", "01", "false"} {
		asks("&unionid="+value, true)
	}
	for _, query := range []string{"", "&unionid=0", "&unionid=", "&unionid"} {
		asks(query, false)
	}
	p.SetApp(t, v.app, rookery.Settings{"unionid": false})
	refused(t, "without the permission", p.Get(t, mePath, "access_token", token, "unionid", "true"), 100048)
}

// TestIntrospectAndRevoke: the interfaces of RFC 7662 and RFC 7009, from a login to its end, and callers that may not use
// them.
func TestIntrospectAndRevoke(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	other := p.NewApp(t)
	tokens := p.Tokens(t, p.PostForm(t, tokenPath, nil, append(v.exchange(), "need_openkey", "1")...))
	const inactive = `{"active":false}`
	introspect := func(what string, by rookery.App, token, form string) {
		t.Helper()
		r := p.PostForm(t, "/oauth2.0/introspect", &by, "token", token, "token_type_hint", "what_there_is_not")
		if r.Status != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" || !regexp.MustCompile("^"+form+"$").MatchString(r.Body) {
			t.Errorf("%s: got status %d and %s, want %s", what, r.Status, r.Body, form)
		}
	}
	about := `\{"active":true,"client_id":"` + v.app.AppID + `","scope":"get_user_info","sub":"` + tokens.OpenID + `"`
	introspect("access token", v.app, tokens.AccessToken, about+`,"token_type":"Bearer","iat":[0-9]{10},"exp":[0-9]{10}\}`)
	introspect("refresh token", v.app, tokens.RefreshToken, about+`,"exp":[0-9]{10}\}`)
	introspect("of another app", other, tokens.AccessToken, inactive)
	introspect("nonsense", v.app, "nonsense", inactive)
	introspect("a code", v.app, v.code, inactive)

	for _, path := range []string{"/oauth2.0/introspect", "/oauth2.0/revoke"} {
		for name, test := range map[string]struct {
			authorization string
			code          int
		}{
			"none":              {"", 100003},
			"another scheme":    {"Bearer " + tokens.AccessToken, 100003},
			"no base64":         {"Basic !", 100003},
			"no colon":          {"Basic " + base64.StdEncoding.EncodeToString([]byte(v.app.AppID)), 100003},
			"appid is a name":   {rookery.Basic("magpie", v.app.AppKey), 100001},
			"appid of nobody":   {rookery.Basic("7", v.app.AppKey), 100008},
			"another app's key": {rookery.Basic(v.app.AppID, other.AppKey), 100009},
		} {
			r := p.PostAs(t, path, test.authorization, "token", tokens.AccessToken)
			refused(t, path+" with "+name, r, test.code)
			if r.Status != http.StatusUnauthorized || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("%s with %s: status %d, WWW-Authenticate %q", path, name, r.Status, r.Header.Get("WWW-Authenticate"))
			}
		}
		r := p.PostForm(t, path, &v.app)
		refused(t, path+" without a token", r, -1)
		if r.Status != http.StatusBadRequest {
			t.Errorf("%s without a token: status %d", path, r.Status)
		}
	}

	revoke := func(by rookery.App, token string) {
		t.Helper()
		r := p.PostForm(t, "/oauth2.0/revoke", &by, "token", token)
		if r.Status != http.StatusOK || r.Body != "" || strings.Contains(r.Header.Get("Content-Type"), "json") {
			t.Errorf("revoking: status %d, %s, %q", r.Status, r.Header.Get("Content-Type"), r.Body)
		}
	}
	revoke(other, tokens.AccessToken)
	revoke(v.app, "nonsense")
	refused(t, "nothing is revoked", p.Get(t, mePath, "access_token", tokens.AccessToken), 0)
	for _, token := range []*string{&tokens.AccessToken, &tokens.RefreshToken, &tokens.OpenKey} {
		revoke(v.app, *token)
		refused(t, "revoked", p.Get(t, mePath, "access_token", tokens.AccessToken), 100015)
		refused(t, "revoked too", p.Get(t, tokenPath, v.refresh(tokens.RefreshToken)...), 100050)
		introspect("revoked access token", v.app, tokens.AccessToken, inactive)
		introspect("revoked refresh token", v.app, tokens.RefreshToken, inactive)
		v.code = v.authorize(t)
		tokens = p.Tokens(t, p.PostForm(t, tokenPath, nil, append(v.exchange(), "need_openkey", "1")...))
	}
}

// TestOAuthFailures: a failure of the platform's own does not make a token invalid, so nobody is asked to log in again.
func TestOAuthFailures(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	tokens := v.tokens(t)
	all := func(what string, code int) {
		t.Helper()
		refused(t, what+": me", p.Get(t, mePath, "access_token", tokens.AccessToken), code)
		refused(t, what+": profile", v.profile(t, tokens), code)
		for _, token := range []string{tokens.AccessToken, tokens.RefreshToken} {
			r := p.PostForm(t, "/oauth2.0/introspect", &v.app, "token", token)
			refused(t, what+": introspect", r, code)
			if (r.Status == http.StatusOK) != (code == 0) {
				t.Errorf("%s: introspect has status %d", what, r.Status)
			}
		}
	}
	for _, point := range []string{"store.read:grants", "keyring.read"} {
		off := p.AddFault(t, rookery.Fault{Point: point})
		all(point, 110504)
		off()
		all(point+" is over", 0)
	}
}

// TestOAuthRates: the rates of an app and of one user apply to OAuth's interfaces too.
func TestOAuthRates(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	token := v.tokens(t)
	p.SetApp(t, v.app, rookery.Settings{"rates": map[string]any{
		"get_user_info": map[string]string{"user": "1/1h"}, "me": map[string]string{"app": "1/1h"},
	}})
	for what, call := range map[string]func() rookery.Reply{
		"-6":     func() rookery.Reply { return p.Get(t, mePath, "access_token", token.AccessToken) },
		"220028": func() rookery.Reply { return v.profile(t, token) },
	} {
		refused(t, "the first call", call(), 0)
		r := call()
		if strconv.Itoa(r.Code()) != what || r.Header.Get("Retry-After") == "" {
			t.Errorf("the second call: want %s with Retry-After, got %s", what, r.Body)
		}
	}
}

// TestGuessesOfASecretAreThrottled: by app and address, at each interface that takes a secret; nobody waits for having sent the right one.
func TestGuessesOfASecretAreThrottled(t *testing.T) {
	p := rookery.Start(t)
	app, other := p.Apps[0], p.Apps[1]
	ask := func(app rookery.App, secret string) rookery.Reply {
		t.Helper()
		return p.Get(t, "/oauth2.0/token", "grant_type", "authorization_code", "client_id", app.AppID, "client_secret", secret, "code", "x", "redirect_uri", "http://127.0.0.1/callback", "fmt", "json")
	}
	wants := func(what string, r rookery.Reply, code int) {
		t.Helper()
		if r.Code() != code {
			t.Errorf("%s: got %s, want %d", what, r.Body, code)
		}
	}
	for range 100 { // which do not count
		wants("the secret", ask(app, app.AppKey), 100019)
	}
	start := time.Now().Add(time.Minute)
	at := func(n int) { // the guesses are 100 ms apart, however long each takes
		p.SetClock(t, start.Add(time.Duration(n)*100*time.Millisecond))
	}
	for n := range 30 {
		at(n)
		wants(fmt.Sprint("guess ", n), ask(app, "a guess"), 100009)
	}
	at(30)
	more := ask(app, app.AppKey)
	wants("after 30 guesses", more, -6)
	if seconds, err := strconv.Atoi(more.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 10 {
		t.Errorf("Retry-After is %q, want 1 to 10", more.Header.Get("Retry-After"))
	}
	wants("another app", ask(other, other.AppKey), 100019)
	basic := p.PostAs(t, "/oauth2.0/introspect", rookery.Basic(app.AppID, app.AppKey), "token", "x")
	if basic.Status != http.StatusTooManyRequests || basic.Code() != -6 {
		t.Errorf("introspect: status %d: %s", basic.Status, basic.Body)
	}
	p.SetClock(t, start.Add(14*time.Second))
	wants("later", ask(app, app.AppKey), 100019)
}
