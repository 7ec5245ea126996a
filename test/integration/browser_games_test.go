package integration

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestGameCenterInABrowser looks at the demo world's season on a desktop and on a phone, in both languages and both colour schemes,
// and presses the red dots. Pictures are saved as TestBrowser does.
func TestGameCenterInABrowser(t *testing.T) {
	program := browserProgram(t)
	p := rookery.Start(t)
	const english, chinese = "en-GB,en;q=0.9", "zh-CN,zh;q=0.9"
	for account, look := range []look{ // each account has red dots of its own
		{name: "games-desktop-en", width: 1024, height: 768, language: english, colours: "light"},
		{name: "games-desktop-zh", width: 1024, height: 768, language: chinese, colours: "dark"},
		{name: "games-phone-zh", width: 390, height: 844, language: chinese, colours: "light"},
		{name: "games-phone-en", width: 390, height: 844, language: english, colours: "dark"},
	} {
		t.Run(look.name, func(t *testing.T) {
			b := openBrowser(t, program, look)
			b.plays(t, p, p.Accounts[account])
		})
	}
}

// plays goes through the Game Center's page.
func (b *browser) plays(t *testing.T, p *rookery.Platform, account rookery.Account) {
	words := map[bool][3]string{false: {"Friends' ranking", "Feed", "No game that you use"}, true: {"好友排行", "动态", "您使用的游戏都还没有"}}[strings.HasPrefix(b.language, "zh")]
	lit := func() float64 {
		return get(t, b, chromedp.Evaluate[float64](`document.querySelectorAll('.dot').length`))
	}
	b.opens(t, p.URL+"/gamecenter/")
	b.signsIn(t, account.UIN, account.Password)
	b.sees(t, "season", account.Nickname)
	b.sees(t, "ranking", words[0])
	for _, entry := range []string{"rank", "feeds", "challenges"} {
		if !get(t, b, chromedp.Evaluate[bool](`document.querySelector('#`+entry+`') !== null`)) {
			t.Errorf("there is no part %s", entry)
		}
	}
	before := lit()
	if before < 2 {
		t.Errorf("%v red dots are lit", before)
	}
	b.leads(t, chromedp.Click(chromedp.CSS(`form:has(input[value="feeds"]) button[value="see"]`)))
	b.sees(t, "feeds-seen", words[1])
	if got := lit(); got != before-1 {
		t.Errorf("after the feeds were seen %v red dots are lit, want %v", got, before-1)
	}
	if !get(t, b, chromedp.Evaluate[bool](`document.querySelector('#feeds .new') !== null && document.querySelector('nav a[href="#feeds"]') !== null`)) {
		t.Error("what was just seen is not called new, or its entry is still a button")
	}
	for before--; before > 0; before-- {
		b.presses(t, "see")
	}
	if got := lit(); got != 0 {
		t.Errorf("after all was seen %v red dots are lit", got)
	}
	b.do(t, chromedp.Click(chromedp.CSS("#table")))
	b.sees(t, "all-seen", account.Nickname)
	b.leads(t, chromedp.Click(chromedp.CSS(`.chips a:not([aria-current])`)))
	b.sees(t, "other-game", account.Nickname)

	person := p.NewPerson(t)
	b.opens(t, p.URL+"/account/")
	b.presses(t, "sign-out")
	b.opens(t, p.URL+"/gamecenter/")
	b.signsIn(t, person.UIN, person.Password)
	b.sees(t, "no-game", words[2])
}

// TestLongWordsFitTheGameCenter: names, scores, titles and addresses of any length stay within the narrowest phone.
func TestLongWordsFitTheGameCenter(t *testing.T) {
	program := browserProgram(t)
	p := rookery.Start(t)
	app, ann, ben := p.NewApp(t), p.NewPerson(t), p.NewPerson(t)
	p.SetApp(t, app, rookery.Settings{"name": longWord, "grant": []string{"gamecenter"}})
	p.Befriend(t, ann.UIN, ben.UIN)
	digits := strings.Repeat("9876543210", 10)
	players := make(map[*rookery.Person]rookery.Token)
	call := func(person *rookery.Person, cmd string, params ...string) {
		t.Helper()
		call := rookery.NewGameCall(app, cmd, players[person].OpenID, players[person].Token)
		for i := 0; i < len(params); i += 2 {
			call = call.With(params[i], params[i+1])
		}
		if answer := p.CallGame(t, call); answer.Ret != 0 {
			t.Fatalf("%s: %s", cmd, answer.Body)
		}
	}
	for _, person := range []*rookery.Person{ann, ben} {
		players[person] = p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: person.UIN, Kind: "access"})
		p.Admin(t, http.MethodPatch, "/admin/v1/accounts/"+person.UIN, map[string]string{"nickname": longWord}, nil)
	}
	begin, end := strconv.FormatInt(time.Now().Unix()-1, 10), strconv.FormatInt(time.Now().Unix()+3600, 10)
	call(ann, "gc_challenge_begin", "opponent", players[ben].OpenID, "request", "r", "title", longWord, "start", begin, "end", end)
	for _, person := range []*rookery.Person{ann, ben} {
		call(person, "gc_achieve_report", "param", `{"list":[{"type":3,"data":"-`+digits+`.5"},{"type":12,"data":"1"},{"type":26,"data":"1"},{"type":27,"data":"1"},{"type":28,"data":"1"}]}`)
		call(person, "gc_challenge_report", "challenge", "4", "data", digits)
		call(person, "gc_feed_post", "title", longWord, "text", strings.Repeat("w", 1000), "url", "https://"+digits+".example/", "request", "r")
	}
	b := openBrowser(t, program, look{name: "games-long", width: 320, height: 640, language: "en", colours: "light"})
	b.opens(t, p.URL+"/gamecenter/")
	b.signsIn(t, ann.UIN, ann.Password)
	b.do(t, chromedp.Click(chromedp.CSS("#table")))
	b.sees(t, "page", digits)
}
