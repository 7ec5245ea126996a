package access

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestCookies(t *testing.T) {
	for name, test := range map[string]struct {
		secure bool
		kept   string // the cookie's name in the browser
	}{"http": {false, "x"}, "https": {true, "__Host-x"}} {
		t.Run(name, func(t *testing.T) {
			c := &Call{Request: httptest.NewRequest("GET", "http://rookery.example/", nil)}
			if test.secure {
				c.Request.TLS = new(tls.ConnectionState)
			}
			c.SetCookie("x", "text", time.Hour, http.SameSiteLaxMode)
			c.SetCookie("x", "", -time.Second, http.SameSiteStrictMode)
			lines := c.Answer.Header.Values("Set-Cookie")
			if len(lines) != 2 {
				t.Fatalf("got %q", lines)
			}
			set, err := http.ParseSetCookie(lines[0])
			if err != nil || set.Name != test.kept || set.Value != "text" || set.Path != "/" || set.Domain != "" || set.MaxAge != 3600 ||
				!set.HttpOnly || set.Secure != test.secure || set.SameSite != http.SameSiteLaxMode {
				t.Errorf("the cookie is %q", lines[0])
			}
			ended, err := http.ParseSetCookie(lines[1])
			if err != nil || ended.Name != test.kept || ended.Value != "" || ended.MaxAge >= 0 || ended.SameSite != http.SameSiteStrictMode {
				t.Errorf("the cookie that ends it is %q", lines[1])
			}

			if got := c.Cookie("x"); got != "" {
				t.Errorf("without one it is %q", got)
			}
			c.Request.AddCookie(&http.Cookie{Name: test.kept, Value: "came"})
			if got := c.Cookie("x"); got != "came" {
				t.Errorf("it is %q", got)
			}
		})
	}
}
