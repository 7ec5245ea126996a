package integration

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// groupCall calls a command of the group platform about a group and an account.
func groupCall(t *testing.T, p *rookery.Platform, serviceType uint64, gc, uin string, more rookery.Message) {
	t.Helper()
	body := append(rookery.Message(nil).Decimal(1, gc).Decimal(2, uin), more...)
	if answer := p.Bus(t, rookery.BusCall{Command: 0xf02, ServiceType: serviceType, Body: body}); answer.Result != 0 {
		t.Fatalf("0xf02_%d: result %d, %s", serviceType, int32(answer.Result), answer.Message)
	}
}

// makeGroup makes a group as an operator does, and returns its number.
func makeGroup(t *testing.T, p *rookery.Platform, owner *rookery.Person, name string) string {
	t.Helper()
	var made struct {
		GC string `json:"gc"`
	}
	p.Admin(t, "POST", "/admin/v1/groups", rookery.Settings{"owner": owner.UIN, "name": name}, &made)
	return made.GC
}

// TestGroupsPage: a person sees the groups that they are in, with their messages as text, and leaves one; other groups do not
// exist for them.
func TestGroupsPage(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person, owner := p.NewPerson(t), p.NewPerson(t)
	gc := makeGroup(t, p, owner, "<b>Lanterns</b>")
	const list = "/account/groups"
	at := list + "/" + gc
	for _, path := range []string{list, at} {
		if to := person.Open(t, path).Location(t).String(); to != "/account/" {
			t.Errorf("%s of a stranger leads to %s", path, to)
		}
	}
	person.SignIn(t, "/account/")
	owner.SignIn(t, "/account/")
	shows(t, "the person's own page", person.Open(t, "/account/"), http.StatusOK, `href="/account/groups"`)
	shows(t, "no group", person.Open(t, list), http.StatusOK, "You are in no group.")
	for _, path := range []string{at, list + "/700099999", list + "/0", list + "/x", list + "/99999999999999999999"} {
		shows(t, path, person.Open(t, path), http.StatusNotFound, "no group with this number")
	}

	const join, send = 3, 9
	groupCall(t, p, join, gc, person.UIN, nil)
	text := rookery.Message(nil).Number(1, 2).Bytes(2, `<script>alert(1)</script>`).Bytes(3, "Raid & more").Bytes(4, `https://magpie.example/?a="b"`)
	groupCall(t, p, send, gc, owner.UIN, rookery.Message(nil).Bytes(3, string(text)))
	shows(t, "the list", person.Open(t, list), http.StatusOK, `<a href="/account/groups/`+gc+`">&lt;b&gt;Lanterns&lt;/b&gt;</a></strong> <small>`+gc+` · 2 members`)
	page := person.Open(t, at)
	shows(t, "the group", page, http.StatusOK, "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>")
	shows(t, "its message", page, http.StatusOK, "<p>Raid &amp; more</p>")
	shows(t, "its link", page, http.StatusOK, `<a href="https://magpie.example/?a=%22b%22" rel="noreferrer noopener nofollow">`)
	shows(t, "the sender", page, http.StatusOK, "<strong>"+owner.UIN+"</strong>")
	if strings.Contains(page.Body, "<script>") || strings.Contains(page.Body, "<b>") {
		t.Errorf("markup of others is on the page:\n%s", page.Body)
	}
	shows(t, "the owner's view", owner.Open(t, at), http.StatusOK, "hand it on to another member first")

	leave := url.Values{"understood": {"yes"}}
	shows(t, "not understood", person.Press(t, at, "leave", nil), http.StatusBadRequest, "Tick the box")
	shows(t, "another action", person.Press(t, at, "close", leave), http.StatusBadRequest, "could not be read")
	for name, token := range map[string]string{"no token": "", "a made-up token": "AAAAAAAAAAAAAAAAAAAAAA"} {
		if to := person.Post(t, at, url.Values{"do": {"leave"}, "token": {token}, "understood": {"yes"}}).Location(t).String(); to != "/account/" {
			t.Errorf("%s: it leads to %s", name, to)
		}
	}
	leave.Set("do", "leave")
	shows(t, "another site's form", person.Send(t, http.MethodPost, at, leave, http.Header{"Sec-Fetch-Site": {"cross-site"}}), http.StatusForbidden, "another site")
	leave.Set("token", owner.FormToken(t, "/account/"))
	shows(t, "the owner", owner.Post(t, at, leave), http.StatusConflict, `role="alert">The group is yours.`)
	p.Admin(t, "PATCH", "/admin/v1/groups/"+gc, rookery.Settings{"read_only": true}, nil)
	shows(t, "maintenance", person.Press(t, at, "leave", url.Values{"understood": {"yes"}}), http.StatusServiceUnavailable, "during maintenance")
	p.Admin(t, "PATCH", "/admin/v1/groups/"+gc, rookery.Settings{"read_only": false}, nil)
	off := p.AddFault(t, rookery.Fault{Point: "bus.connect:0xf02"})
	shows(t, "an unreachable group platform", person.Open(t, list), http.StatusInternalServerError, "That did not work")
	off()
	shows(t, "still a member", person.Open(t, list), http.StatusOK, gc)

	token := person.FormToken(t, at)
	for range 2 { // the second time nothing is left to leave
		left := person.Post(t, at, url.Values{"do": {"leave"}, "token": {token}, "understood": {"yes"}})
		if to := left.Location(t).String(); to != list {
			t.Errorf("leaving leads to %s", to)
		}
	}
	shows(t, "after leaving", person.Open(t, list), http.StatusOK, "You are in no group.")
	shows(t, "the group that was left", person.Open(t, at), http.StatusNotFound, "no group with this number")
	if !strings.Contains(p.Log(), `"action":"leave"`) {
		t.Error("the log does not tell that the person left")
	}

	p.Admin(t, "POST", "/admin/v1/groups/"+gc+"/disband", nil, nil)
	shows(t, "a disbanded group", owner.Open(t, at), http.StatusNotFound, "no group with this number")
	token = owner.FormToken(t, "/account/")
	if to := owner.Post(t, at, url.Values{"do": {"leave"}, "token": {token}, "understood": {"yes"}}).Location(t).String(); to != list {
		t.Errorf("leaving a disbanded group leads to %s", to)
	}
}

var moreGroups, olderMessages = regexp.MustCompile(`<a href="(/account/groups\?after=[0-9]+)"`), regexp.MustCompile(`<a href="(/account/groups/[0-9]+\?before=[0-9]+)"`)

// linked returns the address of a link; "" without one.
func linked(link *regexp.Regexp, body string) string {
	found := link.FindStringSubmatch(body)
	if found == nil {
		return ""
	}
	return found[1]
}

// TestGroupsPages: lists and messages that are longer than a page are shown to their ends.
func TestGroupsPages(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	person := p.NewPerson(t)
	person.SignIn(t, "/account/")
	first := makeGroup(t, p, person, "the first")
	for range 51 {
		makeGroup(t, p, person, "another")
	}
	page := person.Open(t, "/account/groups")
	next := linked(moreGroups, page.Body)
	if strings.Count(page.Body, "<strong>") != 50 || next == "" {
		t.Fatalf("the first page: %d groups, and then %q", strings.Count(page.Body, "<strong>"), next)
	}
	if page = person.Open(t, next); strings.Count(page.Body, "<strong>") != 2 || moreGroups.MatchString(page.Body) {
		t.Errorf("the second page:\n%s", page.Body)
	}
	text := rookery.Message(nil).Number(1, 1).Bytes(2, "hello")
	for range 21 {
		groupCall(t, p, 9, first, person.UIN, rookery.Message(nil).Bytes(3, string(text)))
	}
	page = person.Open(t, "/account/groups/"+first)
	older := linked(olderMessages, page.Body)
	if strings.Count(page.Body, "<p>hello</p>") != 20 || older == "" {
		t.Fatalf("the newest messages: %d, and then %q", strings.Count(page.Body, "<p>hello</p>"), older)
	}
	if page = person.Open(t, older); strings.Count(page.Body, "<p>hello</p>") != 1 || olderMessages.MatchString(page.Body) {
		t.Errorf("the oldest message:\n%s", page.Body)
	}
	p.Advance(t, 31*24*time.Hour)
	person.SignIn(t, "/account/")
	shows(t, "a month later", person.Open(t, "/account/groups/"+first), http.StatusOK, "There is no message.")
}
