package identity

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
)

// MaxRedirectURI bounds a redirect_uri, in bytes (qq-connect-openapi.md, A.2.2).
const MaxRedirectURI = 1024

// MatchRedirect reports whether an app's logins may return to the URI: scheme, host and path must be a registered one's,
// the query is free, and a fragment is not allowed (qq-connect-openapi.md, A.2.2). A loopback address registered without a
// port stands for all its ports, since a program on the person's machine cannot know its port beforehand (RFC 8252, 7.3).
func MatchRedirect(app *platform.App, uri string) bool {
	if len(uri) > MaxRedirectURI {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.User != nil || strings.Contains(uri, "#") {
		return false
	}
	for _, text := range app.RedirectURIs {
		r, err := url.Parse(text)
		if err == nil && u.Scheme == r.Scheme && sameHost(u, r) && u.EscapedPath() == r.EscapedPath() {
			return true
		}
	}
	return false
}

func sameHost(u, registered *url.URL) bool {
	if u.Host == registered.Host {
		return true
	}
	name := registered.Hostname()
	addr, err := netip.ParseAddr(name)
	loopback := name == "localhost" || err == nil && addr.IsLoopback()
	return loopback && registered.Port() == "" && u.Hostname() == name
}
