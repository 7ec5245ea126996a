package access

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestCaller(t *testing.T) {
	ranges := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	type headers map[string][]string
	for name, test := range map[string]struct {
		from      string
		tls       bool
		forwarded bool // the proxies write Forwarded
		headers   headers
		peer      string
		secure    bool
	}{
		"straight":                   {from: "192.0.2.1:5", peer: "192.0.2.1"},
		"straight, TLS":              {from: "192.0.2.1:5", tls: true, peer: "192.0.2.1", secure: true},
		"straight, lying":            {from: "192.0.2.1:5", headers: headers{"X-Forwarded-For": {"10.0.0.1"}, "X-Forwarded-Proto": {"https"}}, peer: "192.0.2.1"},
		"IPv6 with a zone":           {from: "[fe80::1%eth0]:5", peer: "fe80::1"},
		"IPv4 in IPv6":               {from: "[::ffff:192.0.2.1]:5", peer: "192.0.2.1"},
		"proxy":                      {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"https"}}, peer: "192.0.2.1", secure: true},
		"proxy, plain":               {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"http"}}, peer: "192.0.2.1"},
		"proxy by TLS, caller not":   {from: "10.0.0.1:5", tls: true, headers: headers{"X-Forwarded-For": {"192.0.2.1"}, "X-Forwarded-Proto": {"http"}}, peer: "192.0.2.1"},
		"proxy, caller's own prefix": {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"10.9.9.9, 192.0.2.1"}, "X-Forwarded-Proto": {"https, http"}}, peer: "192.0.2.1"},
		"proxy, caller's own line":   {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"198.51.100.1", "192.0.2.1"}}, peer: "192.0.2.1"},
		"two proxies":                {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"192.0.2.1, 10.0.0.2"}}, peer: "192.0.2.1"},
		"with a port":                {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"192.0.2.1:99"}}, peer: "192.0.2.1"},
		"IPv6 with a port":           {from: "[fd00::1]:5", headers: headers{"X-Forwarded-For": {"[2001:db8::7]:99"}}, peer: "2001:db8::7"},
		"IPv6 in brackets":           {from: "[fd00::1]:5", headers: headers{"X-Forwarded-For": {"[2001:db8::7]"}}, peer: "2001:db8::7"},
		"proxy calls by itself":      {from: "10.0.0.1:5", peer: "10.0.0.1"},
		"caller inside":              {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"10.0.0.3, 10.0.0.2"}}, peer: "10.0.0.3"},
		"unknown":                    {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {"192.0.2.1, unknown"}}, peer: "invalid IP"},
		"empty":                      {from: "10.0.0.1:5", headers: headers{"X-Forwarded-For": {""}}, peer: "invalid IP"},
		"the other kind of header":   {from: "10.0.0.1:5", headers: headers{"Forwarded": {"for=198.51.100.1;proto=https"}}, peer: "10.0.0.1"},
		"Forwarded": {from: "10.0.0.1:5", forwarded: true,
			headers: headers{"Forwarded": {`for=192.0.2.1; proto=https; by=10.0.0.1`}, "X-Forwarded-For": {"198.51.100.1"}}, peer: "192.0.2.1", secure: true},
		"Forwarded, two proxies": {from: "10.0.0.1:5", forwarded: true,
			headers: headers{"Forwarded": {`for=198.51.100.1;proto=http, For="[2001:db8::7]:99";Proto=HTTPS`, `for=10.0.0.2`}}, peer: "2001:db8::7", secure: true},
		"Forwarded, separators in quotes": {from: "10.0.0.1:5", forwarded: true,
			headers: headers{"Forwarded": {`for=192.0.2.1;host="a,b;for=10.9.9.9"`}}, peer: "192.0.2.1"},
		"Forwarded, hidden": {from: "10.0.0.1:5", forwarded: true, headers: headers{"Forwarded": {`for=192.0.2.1, for=_hidden`}}, peer: "invalid IP"},
		"Forwarded, no for": {from: "10.0.0.1:5", forwarded: true, headers: headers{"Forwarded": {`proto=https`}}, peer: "invalid IP", secure: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: test.from, Header: http.Header(test.headers)}
			if test.tls {
				r.TLS = new(tls.ConnectionState)
			}
			c := &Call{Request: r, gateway: &Gateway{log: slog.New(slog.DiscardHandler), proxies: Proxies{Ranges: ranges, Forwarded: test.forwarded}}}
			if c.Peer().String() != test.peer || c.Secure() != test.secure {
				t.Errorf("got %s, secure %v; want %s, %v", c.Peer(), c.Secure(), test.peer, test.secure)
			}
		})
	}
}

// FuzzCaller: whatever a caller sends, the address of an untrusted one is its connection's, and the address of one behind
// an appending proxy is its own.
func FuzzCaller(f *testing.F) {
	f.Add("10.0.0.1, 192.0.2.1", "https", `for="[::1]:5";proto=https, for=unknown`)
	f.Add(`"`, ",", `for="a,b;c"`)
	f.Fuzz(func(t *testing.T, addresses, protocols, forwarded string) {
		ranges := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		for _, p := range []Proxies{{Ranges: ranges}, {Ranges: ranges, Forwarded: true}} {
			header := http.Header{"X-Forwarded-For": {addresses}, "X-Forwarded-Proto": {protocols}, "Forwarded": {forwarded}}
			direct := &http.Request{RemoteAddr: "192.0.2.1:5", Header: header}
			if addr, secure := p.caller(direct); addr.String() != "192.0.2.1" || secure {
				t.Errorf("an untrusted caller chose %s, secure %v", addr, secure)
			}
			behind := &http.Request{RemoteAddr: "10.0.0.1:5", Header: http.Header{
				"X-Forwarded-For": {addresses, "192.0.2.1"}, "X-Forwarded-Proto": {protocols, "http"}, "Forwarded": {forwarded, "for=192.0.2.1;proto=http"},
			}}
			if addr, secure := p.caller(behind); addr.String() != "192.0.2.1" || secure {
				t.Errorf("a caller behind the proxy chose %s, secure %v", addr, secure)
			}
		}
	})
}

// TestASilentProxyIsWarnedOf: once an hour, and only a proxy that names nobody.
func TestASilentProxyIsWarnedOf(t *testing.T) {
	var log bytes.Buffer
	g, _ := newGateway(t, &log, at("GET", func(c *Call) (any, error) { return c.Peer().String(), nil }))
	g.TrustProxies(Proxies{Ranges: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	const warning = "a trusted proxy does not say who calls"
	send := func(from, named string) (warned int) {
		log.Reset()
		r := httptest.NewRequest("GET", "/p/a", nil)
		r.RemoteAddr = from + ":1"
		if named != "" {
			r.Header.Set("X-Forwarded-For", named)
		}
		g.ServeHTTP(httptest.NewRecorder(), r)
		return strings.Count(log.String(), warning)
	}
	for _, step := range []struct {
		from, named string
		want        int
	}{
		{"192.0.2.1", "", 0}, {"10.0.0.1", "192.0.2.1", 0}, {"192.0.2.1", "10.0.0.1", 0},
		{"10.0.0.1", "", 1}, {"10.0.0.1", "unknown", 0},
	} {
		if got := send(step.from, step.named); got != step.want {
			t.Errorf("from %s for %q: %d warnings, want %d", step.from, step.named, got, step.want)
		}
	}
	g.clock.Advance(time.Hour)
	if send("10.0.0.1", "unknown") != 1 || send("10.0.0.1", "10.0.0.2") != 0 {
		t.Error("an hour later it is not warned of once")
	}
}
