package rookerytest

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"

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
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	browser := &http.Client{
		Transport: p.web.Transport, Timeout: child.Patience, Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer browser.CloseIdleConnections()
	rsp, err := browser.PostForm(loginURL, url.Values{"do": {"sign-in"}, "account": {account.UIN}, "password": {account.Password}})
	if err != nil {
		return nil, err
	}
	rsp.Body.Close()
	if rsp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("the sign-in has status %d", rsp.StatusCode)
	}
	if rsp, err = browser.Get(loginURL); err != nil {
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
