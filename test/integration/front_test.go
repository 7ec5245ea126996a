package integration

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// shownRequest is a request on a page, with what it shows.
var shownRequest = regexp.MustCompile(`<h3>([^<]+)</h3>(?s:.*?)<code id="request-\d">([^<]+)</code>`)

var chinese = http.Header{"Accept-Language": {"zh-CN"}}

// TestFrontPage: under rookery dev it shows the demo world, and its requests work.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person := p.NewPerson(t)
	page := person.Open(t, "/")
	for _, text := range []string{
		`<a href="/account/">`, `<a href="/gamecenter/">`, `<a href="/codes">`, `<a href="/docs/">`, p.URL + "</code>", "<code>rookery-demo</code>",
		`<button class="quiet" name="account" value="10008"><img src="/picture/p15/100"`, "小鸦", "Magpie Arena", "appid 100700002", p.Apps[0].AppKey,
	} {
		shows(t, "the front page", page, http.StatusOK, text)
	}
	requests := shownRequest.FindAllStringSubmatch(page.Body, -1)
	if len(requests) != 6 {
		t.Fatalf("there are %d requests, want 6:\n%s", len(requests), page.Body)
	}
	other := person.Send(t, http.MethodGet, "/", nil, chinese)
	for _, r := range requests {
		keepsPromise(t, html.UnescapeString(r[1]), html.UnescapeString(r[2]))
		if strings.Contains(other.Body, r[1]) {
			t.Errorf("in Chinese the page says %q", r[1])
		}
	}
	shows(t, "in Chinese", other, http.StatusOK, "演示账号")
	links := regexp.MustCompile(`href="(/[^"]*)"`).FindAllStringSubmatch(page.Body, -1)
	for _, link := range links {
		if to := person.Open(t, html.UnescapeString(link[1])); to.Status != http.StatusOK {
			t.Errorf("%s leads to status %d", link[1], to.Status)
		}
	}
	if len(links) < 7 { // the name, four ways to go on, two games
		t.Errorf("there are %d links:\n%s", len(links), page.Body)
	}
	if page = person.Send(t, http.MethodHead, "/", nil, nil); page.Status != http.StatusOK || page.Body != "" {
		t.Errorf("HEAD: status %d, %s", page.Status, page.Body)
	}
	shows(t, "by POST", person.Post(t, "/", nil), http.StatusMethodNotAllowed, "")
	person.SignIn(t, "/account/")
	shows(t, "signed in", person.Open(t, "/"), http.StatusOK, person.UIN)

	const changed = "thekeythatsomebodyhaschosen00000"
	p.Admin(t, http.MethodPost, "/admin/v1/apps/"+p.Apps[0].AppID+"/keys", map[string]string{"name": "appkey", "key": changed}, nil)
	for _, path := range []string{"/", "/callback/" + p.Apps[0].AppID + "?code=1"} {
		if page = person.Open(t, path); strings.Contains(page.Body, changed) || !strings.Contains(page.Body, p.Apps[0].AppKey) {
			t.Errorf("%s shows a key that is not public any more", path)
		}
	}
}

// TestFrontPageOfServe: a platform in use shows nothing of a demo world, and has none of its actions.
func TestFrontPageOfServe(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t)
	person := p.NewPerson(t)
	page := person.Open(t, "/")
	shows(t, "the front page", page, http.StatusOK, `<a href="/codes">`)
	for _, text := range []string{"sign-in-demo", "rookery-demo", "<script", "/docs/", "/callback/"} {
		if strings.Contains(page.Body, text) {
			t.Errorf("the front page has %s", text)
		}
	}
	shows(t, "the codes", person.Open(t, "/codes/qq/-5"), http.StatusOK, "QQSignatureWrong")
	form := url.Values{"do": {"sign-in-demo"}, "account": {"10001"}, "form": {"AAAAAAAAAAAAAAAAAAAAAA"}}
	page = person.Send(t, http.MethodPost, "/account/", form, http.Header{"Cookie": {"form=AAAAAAAAAAAAAAAAAAAAAA"}})
	if page.Status != http.StatusSeeOther || page.Header.Get("Set-Cookie") != "" {
		t.Errorf("signing in to a demo account: status %d, %v", page.Status, page.Header)
	}
	if page = person.Open(t, "/callback/100700001?code=0123"); page.Status != http.StatusNotFound {
		t.Errorf("the callback: status %d", page.Status)
	}

	off := rookery.Serve(t, "--pages-codes", "off")
	person = off.NewPerson(t)
	if page = person.Open(t, "/"); page.Status != http.StatusOK || strings.Contains(page.Body, "/codes") {
		t.Errorf("without codes the front page has status %d: %s", page.Status, page.Body)
	}
	for _, path := range []string{"/codes", "/codes/qq/-5"} {
		if page = person.Open(t, path); page.Status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, page.Status)
		}
	}
}

// TestCodesPages explain texts and codes to everybody, as rookery explain does.
func TestCodesPages(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person := p.NewPerson(t)
	page := person.Open(t, "/codes")
	shows(t, "the codes", page, http.StatusOK, `<a href="/codes/accesstoken/65">`)
	if n := strings.Count(page.Body, "<li><a href="); n < 215 {
		t.Errorf("there are %d rows, want the contract's 215 and more", n)
	}
	for name, test := range map[string]struct {
		text   string
		status int
		want   []string
		not    string
	}{
		"a number of two domains": {"-5", 200, []string{`<a href="/codes/qq/-5">qq -5</a>`, `or <a href="/codes/oidb/251">oidb 251</a>`, "QQSignatureWrong"}, "caused by"},
		"an answer":               {`{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, 200, []string{`<h2><a href="/codes/qq/100014">`, `caused by <a href="/codes/accesstoken/65">`}, `or <a`},
		"a range":                 {"0x10~0x11", 200, []string{"<h2>"}, ""},
		"words":                   {"access token has expired", 200, []string{"Codes described with these words", `<a href="/codes/accesstoken/65">`}, ""},
		"a number near a code":    {"100020", 200, nil, ""},
		"nothing known":           {"xyzzy", 200, []string{"no known return code", "<textarea", ">xyzzy</textarea>"}, "<h2><a"},
		"what is no code":         {"-10000", 200, []string{"explain that one"}, "<h2><a"},
		"markup":                  {`<script>"&-5`, 200, []string{"&lt;script&gt;"}, "<script"},
		"nothing":                 {"", 200, []string{"no known return code"}, "<h2><a"},
		"as long as may be":       {strings.Repeat("x", 8190) + " 1", 200, []string{"no known return code"}, ""},
		"too long":                {strings.Repeat("x", 8193), 413, []string{"longer than 8 KiB"}, "xxx"},
	} {
		page := person.Post(t, "/codes", url.Values{"text": {test.text}})
		for _, want := range append(test.want, "<textarea") {
			shows(t, name, page, test.status, want)
		}
		if test.not != "" && strings.Contains(page.Body, test.not) {
			t.Errorf("%s: the page has %q", name, test.not)
		}
	}
	shows(t, "why", person.Post(t, "/codes", url.Values{"text": {"-5"}}), http.StatusOK, "likely: The gateway answers the number as it stands.")
	for text, want := range map[string]string{"-5": "<dd>很可能：网关会直接返回这个数字。</dd>", "-10000": "请查询那个数字，或粘贴整个应答"} {
		shows(t, "in Chinese", person.Send(t, http.MethodPost, "/codes", url.Values{"text": {text}}, chinese), http.StatusOK, want)
	}
	foreign := http.Header{"Origin": {"https://evil.example"}}
	shows(t, "from another site", person.Send(t, http.MethodPost, "/codes", url.Values{"text": {"-5"}}, foreign), http.StatusForbidden, "another site")

	shows(t, "a code", person.Open(t, "/codes/accesstoken/65"), http.StatusOK, "AccessTokenExpired")
	shows(t, "where a code is answered", person.Open(t, "/codes/accesstoken/65"), http.StatusOK, "oidb: 0x711_1")
	for _, want := range []string{
		"The gateway&#39;s own signature", "rookery sign openapi", "管理中心 at open.qq.com", `{&#34;ret&#34;:-5,&#34;msg&#34;:`, "<code>curl -s ", `<a href="/codes/qq/-25">`, "The secret of an app.",
	} {
		shows(t, "all of a code", person.Open(t, "/codes/qq/-5"), http.StatusOK, want)
	}
	for _, want := range []string{"网关用收到的参数", "在 open.qq.com 的“管理中心”", "应用的密钥", "原列表建议重试"} {
		shows(t, "a code in Chinese", person.Send(t, http.MethodGet, "/codes/qq/-5", nil, chinese), http.StatusOK, want)
	}
	shows(t, "the codes in Chinese", person.Send(t, http.MethodGet, "/codes", nil, chinese), http.StatusOK, "sig 签名校验不通过")
	shows(t, "words", person.Open(t, "/codes/glossary"), http.StatusOK, `<div id="class-b"><dt>class B</dt>`)
	shows(t, "words in Chinese", person.Send(t, http.MethodGet, "/codes/glossary", nil, chinese), http.StatusOK, "B 类号码")
	shows(t, "a code of a range", person.Open(t, "/codes/oidb/193"), http.StatusOK, "oidb 193")
	for _, path := range []string{"/codes/qq/1234567", "/codes/nothing/1", "/codes/qq/five", "/codes/qq/0x41", "/codes/qq/99999999999999999999", "/codes/qq/4294967291"} {
		shows(t, path, person.Open(t, path), http.StatusNotFound, "no return code")
	}
	shows(t, "nothing", person.Open(t, "/codes/qq"), http.StatusNotFound, "Page not found")
	if strings.Contains(p.Log(), "decode0x711") {
		t.Error("the log has a text that was explained")
	}
}

// TestLanguageIsChosen: the choice wins over the browser's language, and leads back to the page.
func TestLanguageIsChosen(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person := p.NewPerson(t)
	choose := func(language, back string) rookery.Page {
		return person.Post(t, "/language", url.Values{"language": {language}, "back": {back}})
	}
	shows(t, "offered", person.Open(t, "/codes/qq/-5"), http.StatusOK, `name="back" value="/codes/qq/-5"><button class="plain" name="language" value="zh-Hans" lang="zh-Hans">中文`)
	if to := choose("zh-Hans", "/codes/qq/-5").Location(t).String(); to != "/codes/qq/-5" {
		t.Errorf("it leads to %s", to)
	}
	shows(t, "chosen", person.Send(t, http.MethodGet, "/codes/qq/-5", nil, http.Header{"Accept-Language": {"en"}}), http.StatusOK, "处理办法")
	if to := choose("en", "https://evil.example/").Location(t).String(); to != "/" {
		t.Errorf("it leads to %s", to)
	}
	shows(t, "chosen again", person.Send(t, http.MethodGet, "/codes/qq/-5", nil, chinese), http.StatusOK, "Remedy")
	shows(t, "unknown", choose("de", "/"), http.StatusBadRequest, "")
	foreign := person.Send(t, http.MethodPost, "/language", url.Values{"language": {"en"}}, http.Header{"Sec-Fetch-Site": {"cross-site"}})
	shows(t, "from another site", foreign, http.StatusForbidden, "another site")
}

var anonymousForm = regexp.MustCompile(`name="form" value="([^"]+)"`)

// pressDemo presses the button of a demo account on a page.
func pressDemo(t *testing.T, person *rookery.Person, path, account string) rookery.Page {
	t.Helper()
	return pressDemoOn(t, person, path, path, account)
}

// TestDemoAccountsSignIn: one click signs in to a demo account, and nothing but the page's own form does.
func TestDemoAccountsSignIn(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	somebody := p.NewPerson(t)
	visitor := func() *rookery.Person { return p.Person(t, "10001", "rookery-demo") }

	person := visitor()
	shows(t, "the button", pressDemo(t, person, "/account/", "10001"), http.StatusSeeOther, "")
	shows(t, "signed in", person.Open(t, "/account/"), http.StatusOK, "Ann")
	shows(t, "another one", pressDemoOn(t, person, "/", "/account/", "10002"), http.StatusSeeOther, "")
	shows(t, "signed in", person.Open(t, "/account/"), http.StatusOK, "Ben")
	person = visitor()
	authorize := rookery.AuthorizePath(p.Apps[0], p.URL+"/callback/100700001")
	shows(t, "on the way to an app", pressDemo(t, person, authorize, "10003"), http.StatusSeeOther, "")
	shows(t, "consent", person.Open(t, authorize), http.StatusOK, "Chen")
	shows(t, "at the Game Center", pressDemo(t, visitor(), "/gamecenter/", "10001"), http.StatusSeeOther, "")

	refused := func(name string, page rookery.Page, status int, text string) {
		t.Helper()
		shows(t, name, page, status, text)
		for _, line := range page.Header.Values("Set-Cookie") {
			if cookie, err := http.ParseSetCookie(line); err != nil || cookie.Name != "form" {
				t.Errorf("%s: it sets %s, %v", name, line, err)
			}
		}
	}
	form := url.Values{"do": {"sign-in-demo"}, "account": {"10001"}, "form": {"AAAAAAAAAAAAAAAAAAAAAA"}}
	refused("without the cookie", visitor().Post(t, "/account/", form), http.StatusForbidden, "Press the button again")
	person = visitor()
	person.Open(t, "/account/")
	refused("with another token", person.Post(t, "/account/", form), http.StatusForbidden, "Press the button again")
	refused("without a token", person.Post(t, "/account/", url.Values{"do": {"sign-in-demo"}, "account": {"10001"}}), http.StatusForbidden, "Press the button again")
	refused("an empty cookie", visitor().Send(t, http.MethodPost, "/account/", url.Values{"do": {"sign-in-demo"}, "account": {"10001"}}, http.Header{"Cookie": {"form="}}),
		http.StatusForbidden, "Press the button again")
	person = visitor()
	form.Set("form", anonymousForm.FindStringSubmatch(person.Open(t, "/account/").Body)[1])
	for name, header := range map[string]http.Header{"another site": {"Sec-Fetch-Site": {"cross-site"}}, "another origin": {"Origin": {"https://evil.example"}}} {
		refused(name, person.Send(t, http.MethodPost, "/account/", form, header), http.StatusForbidden, "another site")
	}
	if page := person.Send(t, http.MethodGet, "/account/?"+form.Encode(), nil, nil); !strings.Contains(page.Body, `name="password"`) {
		t.Error("an address signs in")
	}
	refused("somebody's own account", pressDemo(t, visitor(), "/account/", somebody.UIN), http.StatusForbidden, "was changed")
	p.SetPassword(t, "10004")
	refused("a changed password", pressDemo(t, visitor(), "/account/", "10004"), http.StatusForbidden, "was changed")
}

// pressDemoOn is pressDemo for a page whose form leads elsewhere.
func pressDemoOn(t *testing.T, person *rookery.Person, path, action, account string) rookery.Page {
	t.Helper()
	found := anonymousForm.FindStringSubmatch(person.Open(t, path).Body)
	if found == nil {
		t.Fatalf("%s has no form for demo accounts", path)
	}
	return person.Post(t, action, url.Values{"do": {"sign-in-demo"}, "account": {account}, "form": {found[1]}})
}

// TestLoginsReturnToThePlatform: the callback of the demo games shows the code, exchanges it and shows the profile.
func TestLoginsReturnToThePlatform(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person := p.Person(t, "10004", "rookery-demo")
	callback := func(app rookery.App) string { return p.URL + "/callback/" + app.AppID }
	magpie, heron := p.Apps[0], p.Apps[1]
	login := func(app rookery.App, scopes []string, more ...string) string {
		t.Helper()
		to := person.Authorize(t, rookery.AuthorizePath(app, callback(app), more...), scopes...)
		if !strings.HasPrefix(to.String(), callback(app)+"?code=") {
			t.Fatalf("the login returns to %s", to)
		}
		p.Secret(to.Query().Get("code"))
		return to.RequestURI()
	}
	exchange := func(at, code string) rookery.Page {
		t.Helper()
		path, _, _ := strings.Cut(at, "?")
		return person.Post(t, path, url.Values{"do": {"exchange"}, "code": {code}})
	}
	code := func(at string) string { u, _ := url.Parse(at); return u.Query().Get("code") }
	tokens := func(page rookery.Page) {
		for _, token := range regexp.MustCompile(`<dd><code>([^<]+)</code>`).FindAllStringSubmatch(page.Body, -1) {
			if len(token[1]) > 20 && token[1] != p.Accounts[3].OpenIDs[magpie.AppID] {
				p.Secret(token[1])
			}
		}
	}

	at := login(magpie, []string{"get_user_info"}, "state", "a<b>")
	page := person.Open(t, at)
	for _, text := range []string{code(at), "a&lt;b&gt;", "client_secret=" + magpie.AppKey, `value="exchange"`} {
		shows(t, "the callback", page, http.StatusOK, text)
	}
	page = exchange(at, code(at))
	tokens(page)
	for _, text := range []string{p.Accounts[3].OpenIDs[magpie.AppID], "valid for 60 days", "Dora", "/user/get_user_info?"} {
		shows(t, "exchanged", page, http.StatusOK, text)
	}
	for _, r := range shownRequest.FindAllStringSubmatch(page.Body, -1) {
		if out := paste(t, html.UnescapeString(r[2])); !strings.Contains(out, p.Accounts[3].OpenIDs[magpie.AppID]) && !strings.Contains(out, `"nickname":"Dora"`) {
			t.Errorf("%s: got %s", r[1], out)
		}
	}
	shows(t, "twice", exchange(at, code(at)), http.StatusOK, "The code was not exchanged")

	at = login(magpie, nil)
	shows(t, "at another app", exchange("/callback/"+heron.AppID, code(at)), http.StatusOK, "The code was not exchanged")
	page = exchange(at, code(at))
	tokens(page)
	shows(t, "the profile was not allowed", page, http.StatusOK, "get_user_info is refused")
	if strings.Contains(page.Body, "Dora") {
		t.Error("a profile is shown that was not allowed")
	}

	to := person.Press(t, rookery.AuthorizePath(magpie, callback(magpie)), "deny", nil).Location(t)
	shows(t, "denied", person.Open(t, to.RequestURI()), http.StatusOK, "access_denied")
	shows(t, "nothing", person.Open(t, "/callback/100700001"), http.StatusOK, "the address has no code")
	other := p.NewApp(t)
	page = person.Open(t, "/callback/"+other.AppID+"?code=1")
	shows(t, "an app with a key that is not public", page, http.StatusNotFound, "Page not found")
	if strings.Contains(page.Body, other.AppKey) {
		t.Error("the callback shows the app's key")
	}
	shows(t, "an unknown app", person.Open(t, "/callback/7?code=1"), http.StatusNotFound, "Page not found")
	shows(t, "no app", person.Open(t, "/callback/x"), http.StatusNotFound, "Page not found")
	shows(t, "no action", person.Post(t, "/callback/100700001", url.Values{"code": {"1"}}), http.StatusBadRequest, "")
	foreign := person.Send(t, http.MethodPost, "/callback/100700001", url.Values{"do": {"exchange"}, "code": {"1"}}, http.Header{"Origin": {"https://evil.example"}})
	shows(t, "from another site", foreign, http.StatusForbidden, "another site")
}
