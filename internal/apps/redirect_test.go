package apps

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

func TestRedirect(t *testing.T) {
	app := &platform.App{RedirectURIs: []string{
		"https://game.example/login", "https://game.example:8443/port", "http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost:9000/fixed",
		"https://xn--bjqs06q.example/%E5%9B%9E", "https://root.example", "http://127.0.0.1:80/eighty", "https://default.example:443/",
		"auth://www.qq.com", "com.example.game:/back", "game:back", "https://old.example/*", "https://game.example/a%2fb",
	}}
	tests := []struct {
		name, uri string
		want      bool
	}{
		{"the registered one", "https://game.example/login", true},
		{"with a query", "https://game.example/login?next=%2Fhall", true},
		{"its own port", "https://game.example:8443/port", true},
		{"another port", "https://game.example:444/login", false},
		{"another host", "https://game.example.evil.example/login", false},
		{"another scheme", "http://game.example/login", false},
		{"another path", "https://game.example/login/x", false},
		{"dots in the path", "https://game.example/x/../login", false},
		{"an escaped slash", "https://game.example/%2Flogin", false},
		{"a user before the host", "https://game.example@evil.example/login", false},
		{"a user at the host", "https://user@game.example/login", false},
		{"a backslash", `https://evil.example\@game.example/login`, false},
		{"a fragment", "https://game.example/login#x", false},
		{"an empty fragment", "https://game.example/login#", false},
		{"no host", "/login", false},
		{"script", "javascript:alert(1)", false},
		{"a line break", "https://game.example/login\r\nX: y", false},
		{"too long", "https://game.example/login?x=" + strings.Repeat("x", 1025-len("https://game.example/login?x=")), false},
		{"as long as may be", "https://game.example/login?x=" + strings.Repeat("x", 1024-len("https://game.example/login?x=")), true},
		{"empty", "", false},
		{"a loopback address with a port", "http://127.0.0.1:51234/callback", true},
		{"the other loopback address with a port", "http://[::1]:51234/callback", true},
		{"a loopback name registered with its port, another port", "http://localhost:9001/fixed", false},
		{"a loopback address, another path", "http://127.0.0.1:51234/other", false},
		{"another loopback address", "http://127.0.0.2:51234/callback", false},
		{"a loopback address without its port, which is the default one", "http://127.0.0.1/eighty", true},
		{"a loopback address registered with the default port, another port", "http://127.0.0.1:81/eighty", false},
		{"scheme and host in upper case", "HTTPS://GAME.Example/login", true},
		{"the path in upper case", "https://game.example/LOGIN", false},
		{"the default port", "https://game.example:443/login", true},
		{"an empty port", "https://game.example:/login", true},
		{"the port of the other scheme", "https://game.example:80/login", false},
		{"without the registered default port", "https://default.example", true},
		{"no path, the root registered without one", "https://root.example", true},
		{"the root, registered without a path", "https://root.example/?a=b", true},
		{"a query, the root registered without a path", "https://root.example?a=b", true},
		{"an empty segment", "https://root.example//", false},
		{"an escape in upper case", "https://game.example/a%2Fb", true},
		{"an escape of another byte", "https://game.example/a%2eb", false},
		{"the byte of an escape", "https://game.example/a/b", false},
		{"a host in Unicode", "https://乌鸦.example/回", true},
		{"a host in punycode", "https://XN--BJQS06Q.example/%e5%9b%9e", true},
		{"a host in escaped Unicode", "https://%E4%B9%8C%E9%B8%A6.example/回?x", true},
		{"a host in full width", "https://ｇａｍｅ.example/login", true},
		{"a host with a broken name", "https://\xff.example/login", false},
		{"a mobile app", "auth://www.qq.com", true},
		{"a mobile app with a slash and a query", "AUTH://www.QQ.com/?x=1", true},
		{"a mobile app, another host", "auth://qq.com", false},
		{"a mobile app, a port", "auth://www.qq.com:1", false},
		{"a mobile app, a path", "auth://www.qq.com/x", false},
		{"a mobile app, a fragment", "auth://www.qq.com#x", false},
		{"a mobile app without a host", "com.example.game:/back", true},
		{"a mobile app with an empty host", "com.example.game:///back", false},
		{"a mobile app without a slash", "game:back", true},
		{"a mobile app, another word", "game:back2", false},
		{"an unregistered app", "other://www.qq.com", false},
		{"registered before * was refused", "https://old.example/*", true},
		{"what * would stand for", "https://old.example/x", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, got := Redirect(app, test.uri); got != test.want {
				t.Errorf("%q: got %t, want %t", test.uri, got, test.want)
			}
		})
	}
}

// TestOldScriptsStayShut: whatever a store has, no login returns to what a browser would run.
func TestOldScriptsStayShut(t *testing.T) {
	for _, scheme := range []string{"javascript", "JavaScript", "data", "vbscript", "file", "about", "blob", "filesystem", "view-source", "intent", "mailto", "ws"} {
		uri := scheme + "://game.example/back"
		if _, ok := Redirect(&platform.App{RedirectURIs: []string{uri}}, uri); ok || OfMobileApp(uri) {
			t.Errorf("%s passes", uri)
		}
	}
}

func TestRedirectTo(t *testing.T) {
	app := &platform.App{RedirectURIs: []string{"https://xn--bjqs06q.example/", "https://xn--bjqs06q.example:8443/", "auth://www.qq.com"}}
	for uri, want := range map[string]string{
		"https://乌鸦.example?a=/大厅":            "https://xn--bjqs06q.example?a=/大厅",
		"https://乌鸦.Example:8443/?x":          "https://xn--bjqs06q.example:8443/?x",
		"https://%E4%B9%8C%E9%B8%A6.example/": "https://xn--bjqs06q.example/",
		"HTTPS://XN--BJQS06Q.example:443/":    "HTTPS://XN--BJQS06Q.example:443/",
		"auth://www.qq.com?x=1":               "auth://www.qq.com?x=1",
	} {
		if to, ok := Redirect(app, uri); !ok || to != want {
			t.Errorf("%q leads to %q, %t, want %q", uri, to, ok, want)
		}
	}
}

func TestRegisterable(t *testing.T) {
	const list = "; a semicolon separates addresses, so within one write it as %3B"
	for given, want := range map[string]struct {
		stored []string
		wrong  string
	}{
		"https://game.example/login":                   {[]string{"https://game.example/login"}, ""},
		"https://a.example/1;https://b.example/2":      {[]string{"https://a.example/1", "https://b.example/2"}, ""},
		" https://a.example/1 ; https://b.example/2; ": {[]string{"https://a.example/1", "https://b.example/2"}, ""},
		"https://a.example/1;https://a.example/1":      {[]string{"https://a.example/1"}, ""},
		"https://乌鸦.example/大厅":                        {[]string{"https://xn--bjqs06q.example/大厅"}, ""},
		"https://BÜCHER.example:8443?x=/":              {[]string{"https://xn--bcher-kva.example:8443?x=/"}, ""},
		"auth://www.qq.com;tencent1104://":             {[]string{"auth://www.qq.com", "tencent1104://"}, ""},
		"com.example.game:/back":                       {[]string{"com.example.game:/back"}, ""},
		"https://a.example/%2A":                        {[]string{"https://a.example/%2A"}, ""},
		"http://localhost:3000/cb":                     {[]string{"http://localhost:3000/cb"}, ""},
		"":                                             {nil, `redirect URI "" is not an absolute address such as https://game.example/login`},
		";":                                            {nil, `redirect URI "" is not an absolute address such as https://game.example/login` + list},
		"game.example":                                 {nil, `redirect URI "game.example" is not an absolute address such as https://game.example/login`},
		"/back":                                        {nil, `redirect URI "/back" is not an absolute address such as https://game.example/login`},
		"localhost:3000/login":                         {nil, `redirect URI "localhost:3000/login" has no scheme before its host localhost, such as https://`},
		"game.example:8443":                            {nil, `redirect URI "game.example:8443" has no scheme before its host game.example, such as https://`},
		"app:3000x":                                    {[]string{"app:3000x"}, ""},
		"*":                                            {nil, `redirect URI "*" is not an absolute address such as https://game.example/login`},
		"https://*.example/":                           {nil, `redirect URI "https://*.example/" has a *, which stands for nothing but itself: register each address`},
		"https://a.example/*":                          {nil, `redirect URI "https://a.example/*" has a *, which stands for nothing but itself: register each address`},
		"https://a.example/?x=*":                       {nil, `redirect URI "https://a.example/?x=*" has a *, which stands for nothing but itself: register each address`},
		"https://a.example/;x=1":                       {nil, `redirect URI "x=1" is not an absolute address such as https://game.example/login` + list},
		"https://a.example/#x":                         {nil, `redirect URI "https://a.example/#x" has a fragment, which no redirect_uri has`},
		"https://a.example/#":                          {nil, `redirect URI "https://a.example/#" has a fragment, which no redirect_uri has`},
		"https://user@a.example/":                      {nil, `redirect URI "https://user@a.example/" has a user before its host`},
		"https:///back":                                {nil, `redirect URI "https:///back" has no host`},
		"https:back":                                   {nil, `redirect URI "https:back" has no host`},
		"https://a.example:0/":                         {nil, `redirect URI "https://a.example:0/" has the port 0, which does not exist`},
		"https://a.example:70000/":                     {nil, `redirect URI "https://a.example:70000/" has the port 70000, which does not exist`},
		"https://-ü.example/":                          {nil, `redirect URI "https://-ü.example/" has "-ü.example" for a host, which is not a domain name`},
		"javascript:alert(1)":                          {nil, `redirect URI "javascript:alert(1)" has the scheme javascript, which no app can have for itself`},
		"JavaScript://x/%0aalert(1)":                   {nil, `redirect URI "JavaScript://x/%0aalert(1)" has the scheme javascript, which no app can have for itself`},
		"data:text/html,x":                             {nil, `redirect URI "data:text/html,x" has the scheme data, which no app can have for itself`},
		"https://a.example/" + strings.Repeat("x", 1007):        {nil, `redirect URI "https://a.example/` + strings.Repeat("x", 1007) + `" has 1025 bytes, more than 1024`},
		"https://a.example/;https://b.example/;vbscript:x;o://": {nil, `redirect URI "vbscript:x" has the scheme vbscript, which no app can have for itself` + list},
	} {
		stored, err := registerable([]string{given}, nil)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if !slices.Equal(stored, want.stored) || !strings.HasSuffix(text, want.wrong) || (err != nil) != (want.wrong != "") {
			t.Errorf("%q: got %q, %q; want %q, %q", given, stored, text, want.stored, want.wrong)
		}
	}
	old := []string{"https://old.example/*", "https://a.example/1;https://b.example/2"}
	if stored, err := registerable(append([]string{"https://new.example/"}, old...), old); err != nil || len(stored) != 3 {
		t.Errorf("what was registered before became %q, %v", stored, err)
	}
}

func FuzzRedirect(f *testing.F) {
	f.Add("https://a.example/back?x=1")
	f.Add("https://a.example\t/back")
	f.Add("HTTPS://A.EXAMPLE:443/back")
	app := &platform.App{RedirectURIs: []string{"https://a.example/back"}}
	f.Fuzz(func(t *testing.T, uri string) {
		to, ok := Redirect(app, uri)
		if !ok {
			return
		}
		u, err := url.Parse(to)
		if err != nil || u.Scheme != "https" || !strings.EqualFold(u.Hostname(), "a.example") || u.User != nil || u.Fragment != "" || u.Path != "/back" || u.Port() != "" && u.Port() != "443" {
			t.Errorf("%q passes and leads to %q", uri, to)
		}
	})
}
