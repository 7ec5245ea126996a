package access

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
)

// TestHeadersOfEveryAnswer: nobody keeps an answer or takes it for something else, unless its door says so; over HTTPS browsers are told to
// use nothing else.
func TestHeadersOfEveryAnswer(t *testing.T) {
	own := http.Header{"Cache-Control": {"public"}, "X-Content-Type-Options": nil}
	g, _ := newGateway(t, io.Discard, at("GET", func(c *Call) (any, error) {
		if c.Request.URL.RawQuery == "own" {
			c.Answer.Header = own
		}
		return "", nil
	}))
	g.TrustProxies(Proxies{Ranges: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	g.RequireHTTPS(time.Hour)
	for name, test := range map[string]struct {
		target, proto        string
		tls                  bool
		keeps, sniffs, https string
	}{
		"a success":                  {"/p/a", "", false, "no-store", "nosniff", ""},
		"a refusal":                  {"/p/none", "", false, "no-store", "nosniff", ""},
		"a door that says otherwise": {"/p/a?own", "", false, "public", "", ""},
		"over HTTPS":                 {"/p/a", "", true, "no-store", "nosniff", "max-age=3600"},
		"a proxy over HTTPS":         {"/p/a", "https", false, "no-store", "nosniff", "max-age=3600"},
		"a proxy over HTTP":          {"/p/a", "http", false, "no-store", "nosniff", ""},
	} {
		r := httptest.NewRequest("GET", test.target, nil)
		r.RemoteAddr = "192.0.2.7:1" // a proxy's
		if test.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if test.proto != "" {
			r.Header.Set("X-Forwarded-Proto", test.proto)
		}
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		for header, want := range map[string]string{"Cache-Control": test.keeps, "X-Content-Type-Options": test.sniffs, "Strict-Transport-Security": test.https} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}
