package server

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestOwnHost: on the loopback address only names are taken that no stranger can have, and that of the public URL.
func TestOwnHost(t *testing.T) {
	handler := ownHost("https://Games.example:8443/", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, test := range []struct {
		local, host string
		want        int
	}{
		{"127.0.0.1", "127.0.0.1:8700", 200}, {"127.0.0.1", "[::1]:8700", 200}, {"127.0.0.1", "[::1]", 200}, {"127.0.0.1", "192.0.2.7", 200},
		{"127.0.0.1", "localhost:8700", 200}, {"127.0.0.1", "a.localhost", 200}, {"127.0.0.1", "rookery:8700", 200}, {"127.0.0.1", "", 200},
		{"127.0.0.1", "host.docker.internal:8700", 200}, {"127.0.0.1", "games.example:1", 200}, {"127.0.0.1", "GAMES.example", 200},
		{"127.0.0.1", "evil.example", 421}, {"127.0.0.1", "evil.example:8700", 421}, {"127.0.0.1", "evil.example.", 421}, {"::1", "evil.example", 421},
		{"127.0.0.1", "localhost.evil.example", 421}, {"127.0.0.1", "127.0.0.1.evil.example", 421}, {"127.0.0.1", "games.example.evil.example", 421},
		{"127.0.0.1", "xlocalhost.example", 421}, {"192.0.2.7", "evil.example", 200},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = test.host
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.ParseIP(test.local)}))
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s at %s: status %d, want %d", test.host, test.local, w.Code, test.want)
		}
	}
}
