package scenarios

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

const gamePage = "/gamecenter/"

// page opens the Game Center's page of the player's game.
func (pl *gamePlayer) page(t *testing.T, more ...string) rookery.Page {
	t.Helper()
	return pl.person.Open(t, gamePage+"?appid="+pl.app.AppID+strings.Join(more, ""))
}

// TestTheGameCenterPage: a person sees the results among friends, what they post and the challenges, all of it as text.
func TestTheGameCenterPage(t *testing.T) {
	p := rookery.Start(t)
	ann := newGamePlayer(t, p)
	ben := newGameFriend(t, ann)
	p.SetApp(t, ann.app, rookery.Settings{"name": "<b>Dragons"})
	for name, pl := range map[string]*gamePlayer{"<i>Ann": ann, "Ben & Co": ben} {
		p.Admin(t, http.MethodPatch, "/admin/v1/accounts/"+pl.person.UIN, map[string]string{"nickname": name}, nil)
	}

	hasText(t, ann.person.Open(t, "/gamecenter"), http.StatusFound, "")
	hasText(t, ann.person.Open(t, gamePage), http.StatusOK, `<form method="post" action="/gamecenter/">`)
	wrong := url.Values{"do": {"sign-in"}, "account": {ann.person.UIN}, "password": {"a wrong guess"}}
	hasText(t, ann.person.Post(t, gamePage, wrong), http.StatusForbidden, `action="/gamecenter/"`)
	if to := ann.person.SignIn(t, gamePage).Location(t).String(); to != gamePage {
		t.Errorf("signing in leads to %s", to)
	}
	ben.person.SignIn(t, gamePage)
	hasText(t, ann.person.Open(t, "/account/"), http.StatusOK, `href="/gamecenter/"`)
	for _, text := range []string{
		`href="/account/"`, "<small>&lt;b&gt;Dragons</small>", "<h2>&lt;i&gt;Ann</h2>", "Friends who play it too: 1", `src="/picture/100"`,
		"Neither you nor a friend has a score here yet.", "Nothing was posted", "There is no challenge.", "You have played no game yet.", "Play a round, and your best scores appear here.",
	} {
		hasText(t, ann.person.Open(t, gamePage), http.StatusOK, text)
	}

	ann.score(t, "1200")
	ben.score(t, "-3.5")
	now := time.Now().Unix()
	begun := wantGame(t, p, ben.of("gc_challenge_begin").With("opponent", ann.openid).With("request", "r").With("title", "<b>duel").
		With("start", fmt.Sprint(now-1)).With("end", fmt.Sprint(now+3600)), 0, "ok")
	id := begun.Data["challenge"].(string)
	wantGame(t, p, ben.of("gc_challenge_report").With("challenge", id).With("data", "77"), 0, "ok")
	wantGame(t, p, ben.of("gc_feed_post").With("title", "<script>alert(1)</script>").With("text", "a & b").With("request", "r").
		With("url", `https://magpie.example/?a="b"`).With("picture", "https://magpie.example/a.png"), 0, "ok")
	page := ann.page(t)
	for _, text := range []string{
		`<li value="1" class="self" aria-current="true"><span class="rank" aria-hidden="true">1</span><span class="name">&lt;i&gt;Ann</span><span class="score">1200</span></li>`,
		`<li value="2"><span class="rank" aria-hidden="true">2</span><span class="name">Ben &amp; Co</span><span class="score">-3.5</span></li>`,
		"You are number 1 of 2.", "<dt>Place of all this week</dt><dd>1</dd>", "<dt>Rounds today</dt><dd>1</dd>", "<dt>Best score</dt><dd>1200</dd>",
		"<title>1200</title>", "<title>Ben &amp; Co: -3.5</title>", "<td>1200</td><td>-3.5 <small>Ben &amp; Co</small></td>",
		"<strong>&lt;b&gt;duel</strong> <small>until ", `<dt>You</dt><dd>–</dd></div><div class="ahead"><dt>Ben &amp; Co</dt><dd>77</dd>`,
		"<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", `<p class="text">a &amp; b</p>`,
		`<a href="https://magpie.example/?a=%22b%22" rel="noreferrer noopener nofollow">`, `<a href="https://magpie.example/a.png" rel="noreferrer noopener nofollow">`,
		`&lt;b&gt;Dragons</a> <small>20`,
	} {
		hasText(t, page, http.StatusOK, text)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "img-src 'self' data:;") {
		t.Errorf("the policy is %s", policy)
	}
	if got := strings.Count(page.Body, `<th scope="row">`); got != 9 {
		t.Errorf("the table has %d weeks, want 9", got)
	}
	for _, tag := range []string{"<script", "<b>", "<i>"} {
		if strings.Contains(page.Body, tag) {
			t.Errorf("markup of others is on the page: %s", tag)
		}
	}
	hasText(t, ann.page(t, "&board=all"), http.StatusOK, `aria-current="page">All time</a>`)
	hasText(t, ann.page(t, "&board=all&from=2"), http.StatusOK, `<ol class="places">`+"\n"+`<li value="2">`)
	for _, board := range []string{"yesterday", "2020-01-06", time.Now().AddDate(0, 0, -70).Format(time.DateOnly)} {
		hasText(t, ann.page(t, "&board="+board), http.StatusNotFound, "There is no ranking with this name.")
	}
	for _, app := range []string{"1", "x", p.NewApp(t).AppID, "-"} {
		hasText(t, ann.person.Open(t, gamePage+"?appid="+app), http.StatusNotFound, "no game with this number")
	}
	p.Advance(t, 7*24*time.Hour)
	ann.person.SignIn(t, gamePage)
	ben.person.SignIn(t, gamePage)
	page = ann.page(t)
	hasText(t, page, http.StatusOK, "Last week you came in as number 1 of 2.")
	hasText(t, page, http.StatusOK, `<small>lost</small>`)
	hasText(t, ben.page(t), http.StatusOK, `<small>won</small>`)
	hasText(t, page, http.StatusOK, "<dt>won</dt><dd>0</dd></div><div><dt>lost</dt><dd>1</dd>")
	off := p.AddFault(t, rookery.Fault{Point: "bus.connect:0xf06_2"})
	hasText(t, ann.page(t), http.StatusInternalServerError, "That did not work")
	off()
	p.Admin(t, http.MethodPatch, "/admin/v1/accounts/"+ann.person.UIN, map[string]string{"picture_url": "https://elsewhere.example/a.png"}, nil)
	if page := ann.page(t); strings.Contains(page.Body, "<img") || !strings.Contains(page.Body, `<span class="initial" aria-hidden="true">&lt;</span>`) {
		t.Error("the page shows a picture that is elsewhere, or nothing in its place")
	}
}

var litEntry = regexp.MustCompile(`name="entry" value="(\w+)"><input type="hidden" name="seen" value="(\d+)"><input type="hidden" name="since" value="(\d+)">`)

// lit returns what the form of a lit entry says, by entry.
func lit(page rookery.Page) map[string]url.Values {
	forms := make(map[string]url.Values)
	for _, found := range litEntry.FindAllStringSubmatch(page.Body, -1) {
		forms[found[1]] = url.Values{"entry": {found[1]}, "seen": {found[2]}, "since": {found[3]}}
	}
	return forms
}

// TestRedDotsOfThePage: each is lit until its button was pressed, up to what the page showed.
func TestRedDotsOfThePage(t *testing.T) {
	p := rookery.Start(t)
	ann := newGamePlayer(t, p)
	ben := newGameFriend(t, ann)
	ann.person.SignIn(t, gamePage)
	post := func(title string) {
		t.Helper()
		p.Advance(t, time.Second)
		wantGame(t, p, ben.of("gc_feed_post").With("title", title).With("request", title), 0, "ok")
	}
	isNew := func(page rookery.Page, title string) bool {
		before, _, _ := strings.Cut(page.Body, "<p>"+title+"</p>")
		return strings.HasSuffix(before, `<span class="new">new</span>`+"\n")
	}
	post("one")
	page := ann.page(t)
	shown := lit(page)
	if len(shown) != 2 || shown["feeds"] == nil || shown["rank"] == nil || !isNew(page, "one") {
		t.Fatalf("the page shows %v, new %v", shown, isNew(page, "one"))
	}
	post("two")
	see := func(form url.Values) rookery.Page {
		t.Helper()
		return ann.person.Press(t, gamePage, "see", url.Values{"appid": {ann.app.AppID}, "entry": form["entry"], "seen": form["seen"], "since": form["since"]})
	}
	to := see(shown["feeds"]).Location(t)
	if want := gamePage + "?appid=" + ann.app.AppID + "&feeds=0#feeds"; to.String() != want {
		t.Errorf("seeing leads to %s, want %s", to, want)
	}
	page = ann.person.Open(t, to.String())
	if shown = lit(page); shown["feeds"] == nil || shown["rank"] == nil || !isNew(page, "one") || !isNew(page, "two") {
		t.Errorf("what came after the page was seen with it: %v", shown)
	}
	page = ann.page(t)
	if isNew(page, "one") || !isNew(page, "two") {
		t.Errorf("later, one is new %v and two %v; want false and true", isNew(page, "one"), isNew(page, "two"))
	}
	see(shown["feeds"])
	see(shown["rank"])
	if page = ann.page(t); len(lit(page)) != 0 || isNew(page, "two") || !strings.Contains(page.Body, `<a href="#feeds">Feed</a>`) {
		t.Errorf("after all was seen, %v is lit", lit(page))
	}

	post("three")
	form := lit(ann.page(t))["feeds"]
	with := func(name, value string) url.Values {
		changed := url.Values{"appid": {ann.app.AppID}, "entry": form["entry"], "seen": form["seen"], "since": form["since"]}
		changed.Set(name, value)
		return changed
	}
	later := strconv.FormatInt(time.Now().AddDate(1, 0, 0).UnixMilli(), 10)
	for name, test := range map[string]struct {
		form   url.Values
		status int
		text   string
	}{
		"no entry": {with("entry", ""), 400, "could not be read"}, "another entry": {with("entry", "friends"), 400, "could not be read"},
		"no time": {with("seen", ""), 400, "could not be read"}, "the beginning of time": {with("seen", "0"), 400, "could not be read"},
		"the future": {with("seen", later), 400, "could not be read"}, "another app": {with("appid", "1"), 404, "no game with this number"},
	} {
		t.Run(name, func(t *testing.T) {
			hasText(t, ann.person.Press(t, gamePage, "see", test.form), test.status, test.text)
		})
	}
	hasText(t, ann.person.Press(t, gamePage, "close", with("", "")), http.StatusBadRequest, "could not be read")
	sound := with("do", "see")
	hasText(t, ann.person.Send(t, http.MethodPost, gamePage, sound, http.Header{"Sec-Fetch-Site": {"cross-site"}}), http.StatusForbidden, "another site")
	if to := ann.person.Post(t, gamePage, sound).Location(t).String(); to != gamePage {
		t.Errorf("a form without its token leads to %s", to)
	}
	if lit(ann.page(t))["feeds"] == nil {
		t.Error("a wrong form put out the red dot")
	}
	off := p.AddFault(t, rookery.Fault{Point: "store.write:red_dots"})
	hasText(t, see(form), http.StatusInternalServerError, "That did not work")
	off()
	see(form)
	if lit(ann.page(t))["feeds"] != nil {
		t.Error("the red dot stays")
	}
}

// TestGamesOfThePage: it shows the games that the person may use in the Game Center, and the one played last without being asked.
func TestGamesOfThePage(t *testing.T) {
	p := rookery.Start(t)
	nobody := p.NewPerson(t)
	nobody.SignIn(t, gamePage)
	hasText(t, nobody.Open(t, gamePage), http.StatusOK, "No game that you use takes part in the Game Center yet.")
	hasText(t, nobody.Open(t, gamePage), http.StatusOK, "You have played no game yet.")

	ann := newGamePlayer(t, p)
	other := p.NewApp(t)
	p.SetApp(t, ann.app, rookery.Settings{"name": "Dragons"})
	p.SetApp(t, other, rookery.Settings{"name": "Knights", "grant": []string{"gamecenter"}})
	knight := &gamePlayer{v3LogIn(t, p, other, ann.person.UIN), ann.person}
	ann.person.SignIn(t, gamePage)
	shows := func(what, game string) {
		t.Helper()
		page := ann.person.Open(t, gamePage)
		if got := strings.Contains(page.Body, "<small>"+game+"</small>"); page.Status != http.StatusOK || !got {
			t.Errorf("%s, the page has status %d, and does not show %s", what, page.Status, game)
		}
	}
	ann.score(t, "1")
	shows("after a round of Dragons", "Dragons")
	p.Advance(t, time.Second)
	knight.score(t, "1")
	shows("after a round of Knights", "Knights")
	hasText(t, ann.page(t), http.StatusOK, `aria-current="page">Dragons</a>`)
	usual := rookery.Settings{"online": true, "apis": []string{"gamecenter"}, "restricted": []string{}, "environment": "formal"}
	for what, settings := range map[string]rookery.Settings{
		"it is off line": {"online": false}, "it is not configured": {"apis": []string{}}, "it is restricted": {"restricted": []string{"gamecenter"}},
		"it is tested by others": {"environment": "test"},
	} {
		p.SetApp(t, other, settings)
		shows("when "+what, "Dragons")
		hasText(t, knight.page(t), http.StatusNotFound, "no game with this number")
		p.SetApp(t, other, usual)
		shows("after "+what, "Knights")
	}
	p.Revoke(t, other, ann.person.UIN, "user")
	shows("when its login was withdrawn", "Dragons")
}

// TestWhatTheOperatorSwitchesOffIsNotOnThePage: a part of the page goes with its command.
func TestWhatTheOperatorSwitchesOffIsNotOnThePage(t *testing.T) {
	p := rookery.Start(t)
	ann := newGamePlayer(t, p)
	ann.score(t, "1")
	ann.person.SignIn(t, gamePage)
	for cmd, part := range map[string]string{
		"gc_friend_rank": "<h2>Friends' ranking", "gc_feed_list": "<h2>Feed</h2>", "gc_challenge_list": "<h2>Challenges</h2>", "gc_recent": "<h2>Games you played</h2>",
		"gc_profile": "<h3>Challenges</h3>", "gc_achieve_get": "<dt>Best score</dt>", "gc_reddot": `class="dot"`,
	} {
		part = strings.ReplaceAll(part, "'", "&#39;")
		hasText(t, ann.page(t), http.StatusOK, part)
		for what, change := range map[string][2]rookery.Settings{
			"off":                 {{"on": false}, {"on": true}},
			"for games only":      {{"ways": []string{"access_token"}}, {"ways": []string{"access_token", "skey", "sid"}}},
			"without an identity": {{"ways": []string{}}, {"ways": []string{"access_token", "skey", "sid"}}},
		} {
			if cmd == "gc_recent" {
				if what == "for games only" {
					continue
				}
				change[1] = rookery.Settings{"on": true, "ways": []string{"skey", "sid"}}
			}
			decide(t, p, cmd, change[0])
			if page := ann.page(t); page.Status != http.StatusOK || strings.Contains(page.Body, part) {
				t.Errorf("%s is %s: the page has status %d and %s", cmd, what, page.Status, part)
			}
			decide(t, p, cmd, change[1])
		}
	}
	off := p.AddFault(t, rookery.Fault{Point: "handler:gc_profile"})
	hasText(t, ann.page(t), http.StatusInternalServerError, "That did not work")
	off()
}
