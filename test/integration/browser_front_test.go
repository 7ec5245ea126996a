package integration

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestFirstSightInABrowser is a newcomer's way through the pages of rookery dev: the front page, a return code, a demo account, a login
// that returns to the platform. Pictures are saved as TestBrowser does.
func TestFirstSightInABrowser(t *testing.T) {
	program := browserProgram(t)
	p := rookery.Start(t)
	const english, chinese = "en-GB,en;q=0.9", "zh-CN,zh;q=0.9"
	for _, look := range []look{
		{name: "front-desktop-en", width: 1024, height: 768, language: english, colours: "light", scripts: true},
		{name: "front-desktop-zh", width: 1024, height: 768, language: chinese, colours: "dark", scripts: true},
		{name: "front-phone-zh", width: 320, height: 640, language: chinese, colours: "light"},
		{name: "front-phone-en", width: 390, height: 844, language: english, colours: "dark", scripts: true},
	} {
		t.Run(look.name, func(t *testing.T) {
			b := openBrowser(t, program, look)
			b.arrives(t, p)
		})
	}
}

// arrives goes through the pages as somebody who sees them for the first time.
func (b *browser) arrives(t *testing.T, p *rookery.Platform) {
	words := map[bool]struct{ front, explained, code, other string }{
		false: {"ready at", "the access token has expired", "oidb", "欢迎"},
		true:  {"已就绪", "处理办法", "总线", "Welcome"},
	}[strings.HasPrefix(b.language, "zh")]

	b.opens(t, p.URL+"/")
	b.sees(t, "front", words.front)
	b.copiesARequest(t)
	b.leads(t, chromedp.Click(chromedp.CSS(`a[href="/codes"]`)))
	b.sees(t, "codes", "accesstoken")
	b.leads(t,
		chromedp.SendKeys(chromedp.CSS("textarea"), "oidb decode0x711 failed, ret: 65"),
		chromedp.Click(chromedp.CSS("main button")))
	b.sees(t, "explained", words.explained)
	b.leads(t, chromedp.Click(chromedp.CSS(`h2 a[href="/codes/accesstoken/65"]`)))
	b.sees(t, "code", "AccessTokenExpired")
	b.opens(t, p.URL+"/codes/oidb/193")
	b.sees(t, "bus-code", words.code)

	b.opens(t, p.URL+"/")
	b.leads(t, chromedp.Click(chromedp.CSS(`a[href*="client_id=100700001"]`)))
	b.sees(t, "demo-accounts", "Dora")
	if b.scripts {
		b.showsThePassword(t)
	}
	b.leads(t, chromedp.Click(chromedp.CSS(`button[value="10004"]`)))
	b.presses(t, "allow")
	b.sees(t, "callback", "hello")
	b.presses(t, "exchange")
	b.sees(t, "exchanged", p.Accounts[3].OpenIDs[p.Apps[0].AppID])
	b.opens(t, p.URL+"/account/")
	b.sees(t, "account", "10004")
	b.opens(t, p.URL+"/")
	b.sees(t, "signed-in", "Dora")
	b.leads(t, chromedp.Click(chromedp.CSS("header form button")))
	b.sees(t, "other-language", words.other)
}

// copiesARequest presses the first request's button and pastes what it copied. Without scripts it is hidden.
func (b *browser) copiesARequest(t *testing.T) {
	t.Helper()
	if !b.scripts {
		if get(t, b, chromedp.Evaluate[bool](`[...document.querySelectorAll('button[data-copies]')].some(b => b.offsetHeight > 0)`)) {
			t.Error("without scripts buttons are shown that need them")
		}
		return
	}
	// A browser without a person in front of it has no clipboard.
	get(t, b, chromedp.Evaluate[bool](`Object.defineProperty(navigator, "clipboard", {value: {writeText: async text => { window.copied = text }}}) !== null`))
	b.do(t, chromedp.Click(chromedp.CSS(`button[data-copies="request-0"]`)))
	keepsPromise(t, ": ret 0", get(t, b, chromedp.Evaluate[string](`window.copied`)))
}

// showsThePassword types a password and looks at it.
func (b *browser) showsThePassword(t *testing.T) {
	t.Helper()
	kind := func() string {
		return get(t, b, chromedp.Evaluate[string](`document.querySelector('input[name=password]').type`))
	}
	b.do(t, chromedp.SendKeys(chromedp.CSS("input[name=password]"), "secret"))
	for _, want := range []string{"text", "password"} {
		b.do(t, chromedp.Click(chromedp.CSS("button[data-shows]")))
		if got := kind(); got != want {
			t.Errorf("the field is one for %s, want %s", got, want)
		}
	}
}
