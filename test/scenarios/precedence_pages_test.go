package scenarios

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// pagesOrder are the checks of each page in their order. What a page itself looks at after the stages is in
// TestPagesPrecedence.
var pagesOrder = []struct{ method, path, checks string }{
	{"GET", "/{$}", ""},
	{"POST", "/language", "pages-origin"},
	{"GET", "/oauth2.0/authorize", "authorize-request online authorize-options"},
	{"POST", "/oauth2.0/authorize", "pages-origin authorize-request online authorize-options"},
	{"GET", "/oauth2.0/show", ""},
	{"GET", "/account", ""},
	{"GET", "/account/{$}", ""},
	{"POST", "/account/{$}", "pages-origin"},
	{"POST", "/account/tickets", "pages-origin"},
	{"GET", "/account/groups", ""},
	{"GET", "/account/groups/{gc}", ""},
	{"POST", "/account/groups/{gc}", "pages-origin"},
	{"GET", "/gamecenter", ""},
	{"GET", "/gamecenter/{$}", ""},
	{"POST", "/gamecenter/{$}", "pages-origin"},
	{"GET", "/codes", ""},
	{"POST", "/codes", "pages-origin"},
	{"GET", "/codes/glossary", ""},
	{"GET", "/codes/{domain}/{number}", ""},
	{"GET", "/callback/{appid}", ""},
	{"POST", "/callback/{appid}", "pages-origin"},
}

// pageCall is a visit of a page.
type pageCall struct {
	query, form url.Values
	header      http.Header
	by          *rookery.Person
}

// pageFault makes a visit fail at one check. The answer has the status, and the text in its Location or its page.
type pageFault struct {
	status   int
	text     string
	settings rookery.Settings
	change   func(*pageCall)
}

// TestPagesPrecedence sends, for both methods of the sign-in page, of the account's page and of the Game Center's, and for each two of their checks, a
// visit that is wrong at both: the answer must be that of the check that comes first.
func TestPagesPrecedence(t *testing.T) {
	p := rookery.Start(t)
	app, person, stranger := p.NewApp(t), p.NewPerson(t), p.NewPerson(t)
	person.SignIn(t, "/account/")
	token := person.FormToken(t, "/account/")
	p.Secret(token)
	query := func(name, value string) func(*pageCall) {
		return func(c *pageCall) { c.query.Set(name, value) }
	}
	form := func(name, value string) func(*pageCall) {
		return func(c *pageCall) { c.form.Set(name, value) }
	}
	foreign := func(c *pageCall) { c.header.Set("Sec-Fetch-Site", "cross-site") }
	encoded := form(`"do"`, "") // JSON, percent-encoded
	leave := func(c *pageCall) { c.by = stranger }

	of := map[string]string{ // the checks of a page
		"origin": "pages-origin", "content": "pages-origin", "response-type": "authorize-request", "client-id-form": "authorize-request", "client": "authorize-request",
		"redirect": "authorize-request", "online": "online", "pkce": "authorize-options", "scopes": "authorize-options",
	}
	const authorize, account, games = "/oauth2.0/authorize", "/account/", "/gamecenter/"
	authorizing := func(status int) map[string]pageFault {
		return map[string]pageFault{
			"response-type":   {status: status, text: "&error=100000&", change: query("response_type", "id_token")},
			"client-id-form":  {status: status, text: "&error=100001&", change: query("client_id", "magpie")},
			"client":          {status: status, text: "&error=100008&", change: query("client_id", "999999")},
			"redirect":        {status: status, text: "&error=100010&", change: query("redirect_uri", "https://evil.example/callback")},
			"online":          {status: status, text: "&error=100011&", settings: rookery.Settings{"online": false}},
			"pkce":            {status: status, text: appCallback + "?error=invalid_request", settings: rookery.Settings{"require_pkce": true}},
			"scopes":          {status: status, text: appCallback + "?error=invalid_scope", change: query("scope", "add_topic")},
			"origin":          {status: 403, text: "another site", change: foreign},
			"content":         {status: 400, change: encoded},
			"session":         {status: 303, text: authorize + "?", change: leave},
			"session-to-show": {status: 200, text: `name="password"`, change: leave},
			"form-token":      {status: 200, text: `value="allow"`, change: form("token", "AAAAAAAAAAAAAAAAAAAAAA")},
			"action":          {status: 400, change: form("do", "nonsense")},
		}
	}
	for _, page := range []struct {
		method, path, checks string
		faults               map[string]pageFault
	}{
		{"GET", authorize, "response-type client-id-form client redirect online pkce scopes session-to-show", authorizing(302)},
		{"POST", authorize, "origin content response-type client-id-form client redirect online pkce scopes session form-token action", authorizing(303)},
		{"GET", account, "session-to-show", map[string]pageFault{
			"session-to-show": {status: 200, text: `name="password"`, change: leave},
		}},
		{"POST", account, "origin content session form-token action", map[string]pageFault{
			"origin":     {status: 403, text: "another site", change: foreign},
			"content":    {status: 400, change: encoded},
			"session":    {status: 303, text: account, change: leave},
			"form-token": {status: 303, text: account, change: form("token", "AAAAAAAAAAAAAAAAAAAAAA")},
			"action":     {status: 400, change: form("do", "nonsense")},
		}},
		{"GET", games, "session-to-show game", map[string]pageFault{
			"session-to-show": {status: 200, text: `name="password"`, change: leave},
			"game":            {status: 404, text: "no game with this number", change: query("appid", "1")},
		}},
		{"POST", games, "origin content session form-token action game entry", map[string]pageFault{
			"origin":     {status: 403, text: "another site", change: foreign},
			"content":    {status: 400, change: encoded},
			"session":    {status: 303, text: games, change: leave},
			"form-token": {status: 303, text: games, change: form("token", "AAAAAAAAAAAAAAAAAAAAAA")},
			"action":     {status: 400, change: form("do", "nonsense")},
			"game":       {status: 404, text: "no game with this number", change: form("appid", "1")},
			"entry":      {status: 400, change: form("entry", "nonsense")},
		}},
	} {
		inPairs(strings.Fields(page.checks), map[string]string{"client-id-form": "id", "client": "id"}, func(first, second string) {
			settings := rookery.Settings{"redirect_uris": []string{appCallback}, "online": true, "require_pkce": false}
			do := "deny"
			if page.path == games {
				do = "see"
			}
			call := pageCall{form: url.Values{"do": {do}, "token": {token}}, by: person, header: make(http.Header), query: url.Values{
				"response_type": {"code"}, "client_id": {app.AppID}, "redirect_uri": {appCallback},
			}}
			for _, fault := range []pageFault{page.faults[second], page.faults[first]} {
				maps.Copy(settings, fault.settings)
				if fault.change != nil {
					fault.change(&call)
				}
			}
			p.SetApp(t, app, settings)
			answer, want := call.by.Send(t, page.method, page.path+"?"+call.query.Encode(), call.form, call.header), page.faults[first]
			if answer.Status != want.status || !strings.Contains(answer.Header.Get("Location")+answer.Body, want.text) {
				t.Errorf("%s %s, %s and %s: got status %d, Location %q, want %d and %q in it or in:\n%s", page.method, page.path, first, second,
					answer.Status, answer.Header.Get("Location"), want.status, want.text, answer.Body)
				return
			}
			pin(page.method+" "+page.path, of[first], of[second])
		})
	}
}
