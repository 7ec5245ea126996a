package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestBrowser signs people in with a real browser that runs no scripts: on a desktop in English, and on the narrowest phone
// in Chinese and dark mode. It saves pictures of every page in the folder that TEST_ARTEFACTS names.
func TestBrowser(t *testing.T) {
	program := browserProgram(t)
	p := rookery.Start(t)
	for _, look := range []look{
		{name: "desktop-en", width: 1024, height: 768, language: "en-GB,en;q=0.9", colours: "light", wrong: "is wrong", allowed: "Apps you allowed", withdrawn: "no longer"},
		{name: "phone-zh", width: 320, height: 640, language: "zh-CN,zh;q=0.9", colours: "dark", wrong: "不正确", allowed: "已授权的应用", withdrawn: "已不能"},
	} {
		t.Run(look.name, func(t *testing.T) {
			b := openBrowser(t, program, look)
			b.visits(t, p)
		})
	}
}

// look is how a browser shows the pages, and what it should find there.
type look struct {
	name                      string
	width, height             int64
	language, colours         string
	wrong, allowed, withdrawn string
	scripts                   bool // run those of the pages
}

// browserProgram finds a Chromium, which must be installed where CI runs the tests.
func browserProgram(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("chromium is not installed")
	}
	t.Skip("chromium is not installed")
	return ""
}

type browser struct {
	look
	ctx     context.Context
	folder  string
	picture int
}

// openBrowser starts a browser with a profile of its own. Complaints of its pages, such as a breach of their content
// security policy, fail the test.
func openBrowser(t *testing.T, program string, look look, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.WSURLReadTimeout(rookery.Patience))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	options = append(options, more...)
	ctx, cancel := context.WithTimeout(t.Context(), 5*rookery.Patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	folder := os.Getenv("TEST_ARTEFACTS")
	if folder == "" {
		folder = "../artefacts"
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	b := &browser{look: look, ctx: ctx, folder: folder}
	if err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*cdplog.EventEntryAdded); ok && e.Entry.Source == "security" {
			t.Errorf("the browser complains of %s: %s", e.Entry.URL, e.Entry.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.EmulateViewport(look.width, look.height))
	set(t, b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": look.language}})
	set(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.colours}}})
	set(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !look.scripts})
	return b
}

func set[P any](t *testing.T, b *browser, command cdp.Command[P, cdp.Empty], params P) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// leads runs actions that make the browser load another page, and waits for that page.
func (b *browser) leads(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) opens(t *testing.T, url string) {
	t.Helper()
	b.leads(t, chromedp.Navigate(url))
}

// presses clicks the button with that action.
func (b *browser) presses(t *testing.T, action string) {
	t.Helper()
	b.leads(t, chromedp.Click(chromedp.CSS(`button[value="`+action+`"]`)))
}

// signsIn fills in the form.
func (b *browser) signsIn(t *testing.T, account, password string) {
	t.Helper()
	b.leads(t,
		chromedp.SetValue(chromedp.CSS("input[name=account]"), account),
		chromedp.SendKeys(chromedp.CSS("input[name=password]"), password),
		chromedp.Click(chromedp.CSS(`button[value="sign-in"]`)))
}

func get[T any](t *testing.T, b *browser, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sees takes a picture of the page, which must contain the text and be no wider than the window.
func (b *browser) sees(t *testing.T, name, text string) {
	t.Helper()
	b.picture++
	file := filepath.Join(b.folder, fmt.Sprintf("%s-%d-%s.png", b.name, b.picture, name))
	if err := os.WriteFile(file, get(t, b, chromedp.FullScreenshot(100)), 0o644); err != nil {
		t.Fatal(err)
	}
	if content := get(t, b, chromedp.Text(chromedp.CSS("body"))); !strings.Contains(content, text) {
		t.Errorf("%s does not say %q: %s", name, text, content)
	}
	if get(t, b, chromedp.Evaluate[bool]("document.documentElement.scrollWidth > innerWidth")) {
		t.Errorf("%s is wider than %d pixels", name, b.width)
	}
}

// site is an app's own site: its callback redirects to another origin, as many do, where the login ends.
type site struct {
	callback string
	came     chan url.Values // the queries of the calls to the callback
}

// exchanges makes the app's back end fetch the access token for a code.
func (s *site) exchanges(t *testing.T, p *rookery.Platform, app rookery.App, code string) (token string) {
	t.Helper()
	answer := ask(t, p, "/oauth2.0/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {app.AppID}, "client_secret": {app.AppKey},
		"code": {code}, "redirect_uri": {s.callback},
	})
	token, _ = answer["access_token"].(string)
	if token == "" {
		t.Fatalf("for the code the app got %v", answer)
	}
	refresh, _ := answer["refresh_token"].(string)
	p.Secret(code, token, refresh)
	return token
}

// ask calls an interface of QQ Connect for JSON.
func ask(t *testing.T, p *rookery.Platform, path string, query url.Values) (answer map[string]any) {
	t.Helper()
	query.Set("fmt", "json")
	rsp, err := http.Get(p.URL + path + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	if err := json.NewDecoder(rsp.Body).Decode(&answer); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return answer
}

func newSite(t *testing.T) *site {
	t.Helper()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<p id="home">Welcome`)
	}))
	t.Cleanup(home.Close)
	s := &site{came: make(chan url.Values, 1)}
	callback := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/callback" {
			s.came <- r.URL.Query()
		}
		http.Redirect(w, r, home.URL, http.StatusFound)
	}))
	t.Cleanup(callback.Close)
	s.callback = callback.URL + "/callback"
	return s
}

// visits goes through everything that a person does on the pages.
func (b *browser) visits(t *testing.T, p *rookery.Platform) {
	app, account := p.Apps[0], p.Accounts[1]
	site := newSite(t)
	p.SetApp(t, app, rookery.Settings{"redirect_uris": []string{site.callback}})
	authorize := p.URL + "/oauth2.0/authorize?response_type=code&client_id=" + app.AppID + "&redirect_uri=" + url.QueryEscape(site.callback)

	b.opens(t, authorize+"&state=a%26b&scope=get_user_info,get_app_friends")
	b.sees(t, "sign-in", "Magpie Arena")
	b.signsIn(t, account.UIN, "a wrong guess")
	b.sees(t, "wrong-password", b.wrong)
	b.signsIn(t, account.UIN, account.Password)
	b.sees(t, "consent", "Ben")
	b.presses(t, "allow")
	b.sees(t, "home", "Welcome")
	came := <-site.came
	if !codeForm.MatchString(came.Get("code")) || came.Get("state") != "a&b" {
		t.Errorf("the app got %v, want a code and the state", came)
	}
	token := site.exchanges(t, p, app, came.Get("code"))
	if me := ask(t, p, "/oauth2.0/me", url.Values{"access_token": {token}}); me["openid"] != account.OpenIDs[app.AppID] {
		t.Errorf("the token is %v's, want %s's", me, account.OpenIDs[app.AppID])
	}

	b.opens(t, authorize+"&state=7")
	b.presses(t, "deny")
	if came := <-site.came; came.Get("error") != "access_denied" || came.Get("state") != "7" || came.Has("code") {
		t.Errorf("the app got %v, want access_denied and the state", came)
	}

	b.opens(t, authorize)
	b.presses(t, "switch")
	b.sees(t, "switched", "Magpie Arena")
	b.opens(t, authorize+"elsewhere")
	b.sees(t, "error", "100010")

	post(t, p, b.name)
	b.opens(t, p.URL+"/account/")
	b.signsIn(t, account.UIN, account.Password)
	b.sees(t, "account", "Magpie Arena")
	b.sees(t, "inbox", ("<b>" + b.name + longWord)[:45])
	b.opens(t, p.URL+"/account/groups")
	b.sees(t, "groups", "Magpies")
	b.leads(t, chromedp.Click(chromedp.CSS(`a[href="/account/groups/700000001"]`)))
	b.sees(t, "group", "<b>"+b.name+longWord)
	b.opens(t, p.URL+"/account/")
	b.do(t, chromedp.Click(chromedp.CSS(`summary[aria-label$="Magpie Arena"]`)))
	b.sees(t, "to-withdraw", "Magpie Arena")
	b.leads(t, chromedp.Click(chromedp.CSS(`button[aria-label$="Magpie Arena"]`)))
	b.sees(t, "withdrawn", b.withdrawn)
	if me := ask(t, p, "/oauth2.0/me", url.Values{"access_token": {token}}); me["error"] != 100015.0 {
		t.Errorf("after withdrawing the app gets %v, want 100015", me)
	}
	b.do(t,
		chromedp.Click(chromedp.CSS("section > details:first-of-type summary")),
		chromedp.SendKeys(chromedp.CSS("input[name=password]"), "a wrong guess"),
		chromedp.SendKeys(chromedp.CSS("input[name=new_password]"), "a new password"),
		chromedp.SendKeys(chromedp.CSS("input[name=repeated_password]"), "a new password"))
	b.presses(t, "password")
	b.do(t, chromedp.WaitReady(chromedp.CSS("input[name=password]:focus")))
	if !get(t, b, chromedp.Evaluate[bool]("(r => r.top >= 0 && r.bottom <= innerHeight)(document.querySelector('.problem').getBoundingClientRect())")) {
		t.Error("what is wrong with the password is not in sight")
	}
	b.sees(t, "password", b.wrong)
	b.do(t, chromedp.Click(chromedp.CSS("section > details:last-of-type summary")))
	b.sees(t, "close", b.allowed)
	b.presses(t, "sign-out")
	b.opens(t, p.URL+"/account/nothing")
	b.sees(t, "not-found", "Rookery")
}

// longWord does not fit into a line of a narrow page.
var longWord = strings.Repeat("w", 40)

// post lets Ann send a message to Ben, who is on the pages, and to the group that both are in.
func post(t *testing.T, p *rookery.Platform, from string) {
	t.Helper()
	app, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	of := fmt.Sprintf(`"openid":%q,"token":%q`, ann.MSDKOpenIDs[app.GameID], ann.MSDKTokens[app.GameID])
	p.SetApp(t, app, rookery.Settings{"message_limits": map[string]int{"sender_day": 9, "sender_week": 9, "receiver_day": 9, "receiver_week": 9, "pair_day": 9}})
	title := "<b>" + from + longWord
	for _, call := range []rookery.Call{
		rookery.NewCall(app, "/v2/friend/share", fmt.Sprintf(`{%s,"title":%q,"summary":"Come and play","target_url":"https://game.example/",
			"image_url":"https://game.example/a.png","fopenids":[{"openid":%q,"type":0}]}`, of, title[:45], ben.MSDKOpenIDs[app.GameID])),
		rookery.NewCall(app, "/v2/group/bind_existing_group", fmt.Sprintf(`{%s,"guild_id":"2134","zone_id":"1","roleid":"1","groupid":"700000001"}`, of)),
		rookery.NewCall(app, "/v2/group/send_group_msg", fmt.Sprintf(`{%s,"guild_id":"2134","zone_id":"1","msg_type":1,"title":%q}`, of, title)),
	} {
		if answer := p.Call(t, call); answer.Ret != 0 && answer.Ret != 221001 { // the guild may have its group already
			t.Fatalf("%s: %s", call.Path, answer.Body)
		}
	}
}

var codeForm = regexp.MustCompile(`^[0-9A-F]{32}$`)
