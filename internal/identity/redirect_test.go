package identity

import (
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

func TestMatchRedirect(t *testing.T) {
	app := &platform.App{RedirectURIs: []string{
		"https://game.example/login", "https://game.example:8443/port", "http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost:9000/fixed",
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
		{"too long", "https://game.example/login?x=" + strings.Repeat("x", MaxRedirectURI), false},
		{"empty", "", false},
		{"a loopback address with a port", "http://127.0.0.1:51234/callback", true},
		{"the other loopback address with a port", "http://[::1]:51234/callback", true},
		{"a loopback name registered with its port, another port", "http://localhost:9001/fixed", false},
		{"a loopback address, another path", "http://127.0.0.1:51234/other", false},
		{"another loopback address", "http://127.0.0.2:51234/callback", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := MatchRedirect(app, test.uri); got != test.want {
				t.Errorf("%q: got %t, want %t", test.uri, got, test.want)
			}
		})
	}
}
