package rookery

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Person is somebody with a browser without scripts, who visits the platform's pages.
type Person struct {
	UIN, Password string

	on     *Platform
	client *http.Client
}

// Person returns the person of an account, in a browser of its own.
func (p *Platform) Person(t testing.TB, uin, password string) *Person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Secret(password)
	client := *p.client
	client.Jar = jar
	return &Person{UIN: uin, Password: password, on: p, client: &client}
}

// NewPerson makes an account.
func (p *Platform) NewPerson(t testing.TB) *Person {
	t.Helper()
	password := fmt.Sprint("persons-password-", serial.Add(1))
	p.Secret(password)
	var account struct {
		UIN string `json:"uin"`
	}
	p.Admin(t, "POST", "/admin/v1/accounts", map[string]string{"password": password}, &account)
	return p.Person(t, account.UIN, password)
}

// Page is an answer for a browser.
type Page struct{ Reply }

// Location returns the address to which the page redirects.
func (p Page) Location(t testing.TB) *url.URL {
	t.Helper()
	location, err := url.Parse(p.Header.Get("Location"))
	if err != nil || p.Header.Get("Location") == "" {
		t.Fatalf("status %d, Location %q: %v\n%s", p.Status, p.Header.Get("Location"), err, p.Body)
	}
	return location
}

// Open asks for a page.
func (q *Person) Open(t testing.TB, path string) Page {
	t.Helper()
	return q.Send(t, http.MethodGet, path, nil, nil)
}

// Post sends a form unchanged.
func (q *Person) Post(t testing.TB, path string, form url.Values) Page {
	t.Helper()
	return q.Send(t, http.MethodPost, path, form, nil)
}

// Send sends any request, with further headers.
func (q *Person) Send(t testing.TB, method, path string, form url.Values, header http.Header) Page {
	t.Helper()
	req := request(t, method, q.on.URL+path, mediaForm, form.Encode())
	maps.Copy(req.Header, header)
	page := Page{send(t, q.client, req)}
	for _, line := range page.Header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			continue
		}
		switch strings.TrimPrefix(cookie.Name, "__Host-") {
		case "uin", "language": // which the log may show
		default:
			q.on.Secret(cookie.Value)
		}
	}
	return page
}

// SignIn signs the person in with the form at a path.
func (q *Person) SignIn(t testing.TB, path string) Page {
	t.Helper()
	return q.Post(t, path, url.Values{"do": {"sign-in"}, "account": {q.UIN}, "password": {q.Password}})
}

var formToken = regexp.MustCompile(`name="token" value="([^"]*)"`)

// FormToken opens a page and returns the token that its forms carry.
func (q *Person) FormToken(t testing.TB, path string) string {
	t.Helper()
	page := q.Open(t, path)
	token := formToken.FindStringSubmatch(page.Body)
	if token == nil {
		t.Fatalf("%s has no form of somebody who is signed in: status %d\n%s", path, page.Status, page.Body)
	}
	return html.UnescapeString(token[1])
}

// Press opens a page, fills in its form and presses the button for that action.
func (q *Person) Press(t testing.TB, path, action string, form url.Values) Page {
	t.Helper()
	filled := url.Values{"do": {action}, "token": {q.FormToken(t, path)}}
	for name, values := range form {
		filled[name] = values
	}
	return q.Post(t, path, filled)
}

// Authorize signs the person in at an app's address of /oauth2.0/authorize, allows these scopes, and returns the address to
// which the browser is redirected.
func (q *Person) Authorize(t testing.TB, path string, scopes ...string) *url.URL {
	t.Helper()
	if page := q.SignIn(t, path); page.Status != http.StatusSeeOther {
		t.Fatalf("the sign-in at %s has status %d:\n%s", path, page.Status, page.Body)
	}
	return q.Press(t, path, "allow", url.Values{"scope": scopes}).Location(t)
}

// AuthorizePath returns the address to which an app sends people to sign in, with further parameters.
func AuthorizePath(app App, redirectURI string, more ...string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {app.AppID}, "redirect_uri": {redirectURI}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/oauth2.0/authorize?" + q.Encode()
}
