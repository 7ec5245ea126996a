package pages

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/explain"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/redact"
	"github.com/rookeryhq/rookery/retcode"
)

func TestLanguages(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh-Hans", "zh-TW": "zh-Hans", "zh": "zh-Hans", "en-GB,en;q=0.9": "en",
		"de-DE,de;q=0.9": "en", "de,zh;q=0.5": "zh-Hans", ";;;=": "en", strings.Repeat("zz-", 5000): "en",
	} {
		c := call(t, false)
		c.Request.Header.Set("Accept-Language", header)
		if got := wordsFor(c).Lang; got != want {
			t.Errorf("Accept-Language %.40q: got %s, want %s", header, got, want)
		}
	}
	for cookie, want := range map[string][2]string{ // when the browser asks for English, and for Chinese
		"language=en": {"en", "en"}, "language=zh-Hans": {"zh-Hans", "zh-Hans"}, "language=": {"en", "zh-Hans"}, "language=de": {"en", "zh-Hans"},
	} {
		for i, header := range []string{"en", "zh"} {
			c := call(t, false)
			c.Request.Header = http.Header{"Accept-Language": {header}, "Cookie": {cookie}}
			if got := wordsFor(c).Lang; got != want[i] {
				t.Errorf("with %s and Accept-Language %s: got %s, want %s", cookie, header, got, want[i])
			}
		}
	}
}

// TestOwnPage: who chooses a language stays on this site.
func TestOwnPage(t *testing.T) {
	for address, want := range map[string]string{
		"/account/": "/account/", "/": "/", "/codes/qq/-5": "/codes/qq/-5", "/oauth2.0/authorize?state=a%26b&x=;": "/oauth2.0/authorize?state=a%26b&x=;",
		"": "/", "account": "/", "https://evil.example/": "/", "//evil.example": "/", "///evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/",
		"/a\r\nX: y": "/", "/\tevil": "/", "javascript:alert(1)": "/", "/%zz": "/",
		"/%2fevil.example/ x": "/%2fevil.example/ x", "/%5cevil.example": "/%5cevil.example",
	} {
		if got := ownPage(address); got != want {
			t.Errorf("%q leads to %q, want %q", address, got, want)
		}
	}
}

func TestEveryLanguageHasEveryWord(t *testing.T) {
	for _, in := range languages {
		v := reflect.ValueOf(*in)
		for _, field := range reflect.VisibleFields(v.Type()) {
			if v.FieldByIndex(field.Index).IsZero() {
				t.Errorf("%s: %s is missing", in.Lang, field.Name)
			}
		}
		for kind := range english.Derived {
			if in.Derived[kind] == "" {
				t.Errorf("%s: no name for the achievement %d", in.Lang, kind)
			}
		}
		for _, scope := range platform.Scopes {
			if in.Scopes[scope] == "" {
				t.Errorf("%s: no text for the scope %s", in.Lang, scope)
			}
		}
		for what := range english.Done {
			if in.Done[what] == "" {
				t.Errorf("%s: no text for the action %s", in.Lang, what)
			}
		}
		for code := range explain.Codes {
			if in.Domains[code.Domain()] == "" || in.Classes[code.Class()] == "" {
				t.Errorf("%s: nothing says what the domain or the class of %v is", in.Lang, code)
			}
		}
		for number := range english.Refusals {
			if in.Refusals[number] == (refusal{}) {
				t.Errorf("%s: no text for %d", in.Lang, number)
			}
		}
	}
}

func TestWaitsInWords(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		time.Millisecond: "in 1 s.", 30 * time.Second: "in 30 s.", 90 * time.Second: "in 90 s.", 91 * time.Second: "in 2 min.",
	} {
		if got := english.tooMany(wait); !strings.HasSuffix(got, want) {
			t.Errorf("%s: got %q, want it to end with %q", wait, got, want)
		}
	}
}

func TestBack(t *testing.T) {
	for name, test := range map[string]struct {
		request request
		want    string
	}{
		"a plain address":                   {request{to: "https://a.example/cb"}, "https://a.example/cb?code=C"},
		"with state":                        {request{to: "https://a.example/cb", state: "a b&c=d+é"}, "https://a.example/cb?code=C&state=a%20b%26c%3Dd%2B%C3%A9"},
		"with a query":                      {request{to: "https://a.example/cb?to=x", state: "1"}, "https://a.example/cb?to=x&code=C&state=1"},
		"in the fragment, as documented":    {request{to: "https://a.example/cb", responseType: "token", state: "1"}, "https://a.example/cb?#code=C&state=1"},
		"in the fragment after a query":     {request{to: "https://a.example/cb?to=x", responseType: "token"}, "https://a.example/cb?to=x#code=C"},
		"a state that looks like an answer": {request{to: "https://a.example/cb", state: "&code=EVIL\r\nX: y"}, "https://a.example/cb?code=C&state=%26code%3DEVIL%0D%0AX%3A%20y"},
	} {
		if got := test.request.back("code", "C"); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

func TestLocationsAreASCII(t *testing.T) {
	c := call(t, false)
	encode(c, redirect{"/oauth2.0/show?x=a b\xff\u202e&y=%20"}, nil)
	if got, want := c.Answer.Header.Get("Location"), "/oauth2.0/show?x=a%20b%FF%E2%80%AE&y=%20"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParseRequest(t *testing.T) {
	for query, want := range map[string]request{
		"":                                  {},
		"state=1&state=2":                   {state: "1"},
		"state=a;b&client_id=1":             {state: "a;b", clientID: "1"}, // valid in a query, and no separator
		"%zz=1&state=%4&client_id=1&x=%ff;": {state: "%4", clientID: "1"},
		"state=100%":                        {state: "100%"},
		"state=100%&client_id=%31%":         {state: "100%", clientID: "1%"},
		"state=%%25%2":                      {state: "%%%2"},
		"scope=a%zzb+c%E4&state=%e4%b8%ad%": {scope: "a%zzb c\xe4", state: "中%"},
		"state=%ff+%2B&redirect_uri=a=b":    {state: "\xff +", redirectURI: "a=b"},
	} {
		if got := parseRequest(query); !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: got %+v, want %+v", query, *got, want)
		}
	}
	c := call(t, false)
	c.Request.URL.RawQuery = "which=Login&state=a;b"
	if got, err := show(c); err != nil || got != (redirect{"/oauth2.0/authorize?state=a%3Bb"}) {
		t.Errorf("which=Login leads to %+v, %v", got, err)
	}
}

func TestScopes(t *testing.T) {
	for list, want := range map[string][]string{
		"":                                   {"get_user_info"},
		" , ":                                {"get_user_info"},
		"get_user_info":                      {"get_user_info"},
		"list_album,get_user_info add_topic": {"get_user_info"},
		"get_user_info,get_user_info":        {"get_user_info"},
		"add_topic":                          nil,
		"all":                                platform.Scopes,
		"get_vip_info,all":                   platform.Scopes,
	} {
		got, known := parseScopes(list)
		if !slices.Equal(got, want) || known != (want != nil) {
			t.Errorf("%q: got %v, %v; want %v", list, got, known, want)
		}
	}
}

func TestShowLocation(t *testing.T) {
	for query, want := range map[string]string{
		"":                       "/oauth2.0/show?which=error&display=pc&error=100010&request_id=00112233445566ff",
		"client_id=1&error=zero": "/oauth2.0/show?which=error&display=pc&error=100010&request_id=00112233445566ff&client_id=1&error=zero",
	} {
		if got := showLocation(retcode.QQRedirectURIIllegal, "00112233445566ff", query); got != want {
			t.Errorf("%q: got %s, want %s", query, got, want)
		}
	}
}

// FuzzRequest: for every request the page's own address asks for the same, and the answer to the app goes where the app
// wanted it, with the state unchanged.
func FuzzRequest(f *testing.F) {
	f.Add("response_type=code&client_id=100700001&redirect_uri=http%3A%2F%2Fa.example%2Fcb%3Fx%3D1&state=a+b&scope=get_user_info")
	f.Add("response_type=token&redirect_uri=https://a.example/&state=%0d%0a&state=2")
	f.Add("redirect_uri=//evil&%zz=1;&code_challenge=x&code_challenge_method=plain")
	f.Fuzz(func(t *testing.T, query string) {
		r := parseRequest(query)
		location, err := url.Parse(r.location())
		if err != nil || location.Path != authorizePath || location.Host != "" {
			t.Fatalf("location %q: %v", r.location(), err)
		}
		again := parseRequest(location.RawQuery)
		if !reflect.DeepEqual(again, r) {
			t.Errorf("got %+v, want %+v", again, r)
		}
		uri, err := url.Parse(r.redirectURI)
		if err != nil || uri.Fragment != "" || strings.Contains(r.redirectURI, "#") || uri.Scheme != "https" {
			return // the answer never goes to the app
		}
		r.to = r.redirectURI
		back, err := url.Parse(r.back("code", "C"))
		if err != nil || back.Scheme != uri.Scheme || back.Host != uri.Host || back.Path != uri.Path {
			t.Fatalf("%q leads to %q: %v", r.redirectURI, r.back("code", "C"), err)
		}
		sent := back.RawQuery
		if r.responseType == "token" {
			sent = back.EscapedFragment()
		}
		values, _ := url.ParseQuery(sent)
		if got := values["state"]; r.state != "" && (len(got) == 0 || got[len(got)-1] != r.state) {
			t.Errorf("state %q comes back as %q", r.state, got)
		}
		if strings.ContainsAny(r.back("code", "C"), "\r\n") {
			t.Error("the address has a line break")
		}
	})
}

// FuzzOwnPage: whatever the form says, the browser stays on this site.
func FuzzOwnPage(f *testing.F) {
	for _, seed := range []string{"/account/?a=b", "//evil.example", `/\evil.example`, "/\t/evil.example", "https:evil.example", "/%2f/evil.example", "/a?b#c"} {
		f.Add(seed)
	}
	here := &url.URL{Scheme: "https", Host: "rookery.example", Path: "/language"}
	f.Fuzz(func(t *testing.T, address string) {
		got := inASCII(ownPage(address))
		to, err := here.Parse(got)
		if err != nil || to.Host != here.Host || to.Scheme != here.Scheme || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.Contains(got, `\`) {
			t.Errorf("%q leads to %q: %v, %v", address, got, to, err)
		}
	})
}

func call(t *testing.T, secure bool) *access.Call {
	t.Helper()
	r := httptest.NewRequest("GET", "http://rookery.example/", nil)
	if secure {
		r.TLS = new(tls.ConnectionState)
	}
	return &access.Call{Request: r}
}

// TestPasswordsAreRecognized: a field for a password has a name by which it is kept out of recorded sessions.
func TestPasswordsAreRecognized(t *testing.T) {
	templates, err := files.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	field := regexp.MustCompile(`<input[^>]* type="password"[^>]*>`)
	named := regexp.MustCompile(` name="([^"]+)"`)
	for _, file := range templates {
		text, err := files.ReadFile("templates/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, input := range field.FindAllString(string(text), -1) {
			found++
			if name := named.FindStringSubmatch(input); name == nil || !redact.Secret(name[1], "a password") {
				t.Errorf("%s: %s", file.Name(), input)
			}
		}
	}
	if found == 0 {
		t.Error("no page has a field for a password")
	}
}
