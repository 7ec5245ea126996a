package rookerytest

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/internal/child"
)

// formToken matches the hidden field that forms have for a signed-in person.
var formToken = regexp.MustCompile(`name="token" value="([^"]*)"`)

// Consent visits an app's login page, whose address client.Connect.AuthorizeURL returns, as the account's person with a
// browser: it signs in, allows these scopes, or refuses when there are none, and returns the address to which the browser
// is redirected.
func (p *Platform) Consent(account Account, loginURL string, scopes ...string) (back *url.URL) {
	p.t.Helper()
	back, err := p.consent(account, loginURL, scopes)
	if err != nil {
		p.t.Fatalf("rookerytest: the person could not consent: %v", err)
	}
	return back
}

func (p *Platform) consent(account Account, loginURL string, scopes []string) (*url.URL, error) {
	browser, err := p.signIn(account, loginURL)
	if err != nil {
		return nil, err
	}
	defer browser.CloseIdleConnections()
	rsp, err := browser.Get(loginURL)
	if err != nil {
		return nil, err
	}
	page, err := io.ReadAll(rsp.Body)
	rsp.Body.Close()
	if err != nil {
		return nil, err
	}
	token := formToken.FindSubmatch(page)
	if token == nil {
		return nil, fmt.Errorf("the page that asks for consent has status %d and no form", rsp.StatusCode)
	}
	form := url.Values{"do": {"deny"}, "token": {html.UnescapeString(string(token[1]))}}
	if len(scopes) > 0 {
		form["do"], form["scope"] = []string{"allow"}, slices.Clone(scopes)
	}
	if rsp, err = browser.PostForm(loginURL, form); err != nil {
		return nil, err
	}
	rsp.Body.Close()
	return rsp.Location()
}

// signIn returns a browser in which the account's person has signed in on a page.
func (p *Platform) signIn(account Account, page string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := &http.Client{
		Transport: p.web.Transport, Timeout: child.Patience, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	rsp, err := browser.PostForm(page, url.Values{"do": {"sign-in"}, "account": {account.UIN}, "password": {account.Password}})
	if err != nil {
		return nil, err
	}
	rsp.Body.Close()
	if rsp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("the sign-in has status %d", rsp.StatusCode)
	}
	return browser, nil
}

// WebTicket signs the account's person in on the platform's own page, and returns what scripts of that page call the Game Center
// with. It ends after twelve hours, and with SignOut and SetPassword.
func (p *Platform) WebTicket(account Account) client.WebTicket {
	p.t.Helper()
	ticket, err := p.webTicket(account)
	if err != nil {
		p.t.Fatalf("rookerytest: the person could not sign in: %v", err)
	}
	return ticket
}

func (p *Platform) webTicket(account Account) (ticket client.WebTicket, err error) {
	browser, err := p.signIn(account, p.URL+"/account/")
	if err != nil {
		return ticket, err
	}
	defer browser.CloseIdleConnections()
	rsp, err := browser.PostForm(p.URL+"/account/tickets", nil)
	if err != nil {
		return ticket, err
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		return ticket, fmt.Errorf("/account/tickets has status %d", rsp.StatusCode)
	}
	err = json.NewDecoder(rsp.Body).Decode(&ticket)
	return ticket, err
}
