package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestDNSRebindingInABrowser: somebody's page is open when its name comes to mean this machine. For the browser the platform is then the page's own site,
// whose answers the page may read, so the platform itself has to refuse. A proxy stands in for the name's two meanings.
func TestDNSRebindingInABrowser(t *testing.T) {
	program := browserProgram(t)
	p := rookery.Start(t)
	platform, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(platform)
		r.Out.Host = r.In.Host
	}}
	for _, test := range []struct {
		name   string
		status int
		reads  bool // the keys of the demo world, which the first page shows
	}{
		{"games.evil.example", 421, false},
		{"games.test", 200, true}, // nobody can register it
	} {
		t.Run(test.name, func(t *testing.T) {
			var rebound atomic.Bool
			names := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Hostname() != test.name: // the browser asks for things of its own
					w.WriteHeader(http.StatusBadGateway)
				case rebound.Load():
					onward.ServeHTTP(w, r)
				default:
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprint(w, "<title>Play with us</title>")
				}
			}))
			t.Cleanup(names.Close)
			b := openBrowser(t, program, look{name: "rebinding", width: 800, height: 600, language: "en", colours: "light", scripts: true}, chromedp.ProxyServer(names.URL))
			b.opens(t, "http://"+test.name+":"+platform.Port()+"/")
			rebound.Store(true)
			get(t, b, chromedp.Evaluate[bool](`!!fetch("/").then(async r => { window.stolen = r.status + " " + await r.text() })`))
			var stolen string
			rookery.Until(t, "the page has an answer", func() bool {
				stolen = get(t, b, chromedp.Evaluate[string](`window.stolen || ""`))
				return stolen != ""
			})
			if reads := strings.Contains(stolen, p.Apps[0].AppKey); !strings.HasPrefix(stolen, fmt.Sprint(test.status, " ")) || reads != test.reads {
				t.Errorf("the page read: %.300s", stolen)
			}
		})
	}
}
