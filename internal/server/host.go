package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// ownHost refuses requests that reach this machine by its loopback address under a name that somebody else could have given it: a page
// of theirs would be let in by the browser as if it were the platform's (DNS rebinding), and rookery dev signs people in by one click.
// The host of the platform's public URL is allowed.
func ownHost(public string, next http.Handler) http.Handler {
	known := ""
	if u, err := url.Parse(public); err == nil {
		known = u.Hostname()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
		host := hostname(r.Host)
		if local == nil || !local.IP.IsLoopback() || isOwn(host) || strings.EqualFold(host, known) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusMisdirectedRequest)
		fmt.Fprintf(w, "{\"error\":%q}\n", fmt.Sprintf("the request is for the host %.80q, which is not this machine: start with --http-public-url if it is the platform's", host))
	})
}

// hostname returns the host of a Host header, without the port.
func hostname(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		return host
	}
	return strings.Trim(header, "[]")
}

// privateNames are the domains in which nobody can register a name (RFC 6761, RFC 6762, and .internal of ICANN).
var privateNames = []string{"localhost", "test", "local", "internal"}

// isOwn reports whether a host is an address, or a name that no stranger can have: one without a dot, or in a private domain.
func isOwn(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == host || slices.Contains(privateNames, last)
}
