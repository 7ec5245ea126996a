package access

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Proxies says whose forwarding headers count. The zero value trusts nobody.
type Proxies struct {
	Ranges []netip.Prefix // the proxies' own addresses
	// Forwarded means that they write Forwarded (RFC 7239) instead of X-Forwarded-For and X-Forwarded-Proto. A proxy passes
	// on what a caller put into a header that it does not write, so the other headers are ignored.
	Forwarded bool
}

// TrustProxies sets whose forwarding headers count. It must be called before the first request.
func (g *Gateway) TrustProxies(p Proxies) { g.proxies = p }

// Peer returns the caller's address: that of the connection or, if the connection is from a trusted proxy, the right-most
// one in the proxy's header that is not a trusted proxy's. Without the header the proxy itself is the caller. The address
// is not valid, and so in no range, when the header has no address at that place.
func (c *Call) Peer() netip.Addr {
	c.meet()
	return c.peer
}

// Secure reports whether the caller came by HTTPS, here or at the trusted proxy nearest to it.
func (c *Call) Secure() bool {
	c.meet()
	return c.secure
}

func (c *Call) meet() {
	if c.met {
		return
	}
	var proxies *Proxies
	if c.gateway != nil {
		proxies = &c.gateway.proxies
	}
	c.peer, c.secure = proxies.caller(c.Request)
	c.met = true
	if proxies != nil && proxies.Ranges != nil && (!c.peer.IsValid() || proxies.trusts(c.peer)) {
		c.gateway.warnOfProxy(c)
	}
}

// silentRate is how often the log says that a trusted proxy does not say who calls.
var silentRate = platform.Rate{Count: 1, Per: time.Hour}

// warnOfProxy logs that a trusted proxy has not said who calls: the callers behind it are on no allow list, or on the proxy's.
func (g *Gateway) warnOfProxy(c *Call) {
	if _, ok := g.silentProxies.Take(silentRate, c.Start); ok {
		g.log.Warn("a trusted proxy does not say who calls: make it write the header of http.proxy_headers", "proxy", c.Request.RemoteAddr, "request_id", c.RequestID)
	}
}

func (p *Proxies) trusts(addr netip.Addr) bool {
	return p != nil && slices.ContainsFunc(p.Ranges, func(r netip.Prefix) bool { return r.Contains(addr) })
}

// caller returns the address of the caller and whether it used HTTPS.
func (p *Proxies) caller(r *http.Request) (addr netip.Addr, secure bool) {
	if connection, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		addr = connection.Addr().Unmap().WithZone("") // no range holds an address with a zone
	}
	secure = r.TLS != nil
	if !p.trusts(addr) {
		return addr, secure
	}
	if p.Forwarded {
		return p.forwarded(r.Header.Values("Forwarded"), addr, secure)
	}
	return p.xForwarded(r.Header.Values("X-Forwarded-For"), r.Header.Values("X-Forwarded-Proto"), addr, secure)
}

// xForwarded goes through X-Forwarded-For from the right, where the nearest proxy wrote, to the first address that is not a
// proxy's. The right-most X-Forwarded-Proto is the nearest proxy's.
func (p *Proxies) xForwarded(addresses, protocols []string, addr netip.Addr, secure bool) (netip.Addr, bool) {
	for hop := range fromRight(protocols, ',') {
		secure = strings.EqualFold(hop, "https")
		break
	}
	for hop := range fromRight(addresses, ',') {
		if addr = node(hop); !p.trusts(addr) {
			break
		}
	}
	return addr, secure
}

// forwarded does the same with Forwarded (RFC 7239, 4), where each element has its own proto.
func (p *Proxies) forwarded(elements []string, addr netip.Addr, secure bool) (netip.Addr, bool) {
	for element := range fromRight(elements, ',') {
		addr = netip.Addr{}
		for pair := range fromRight([]string{element}, ';') {
			name, value, _ := strings.Cut(pair, "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch {
			case strings.EqualFold(strings.TrimSpace(name), "for"):
				addr = node(value)
			case strings.EqualFold(strings.TrimSpace(name), "proto"):
				secure = strings.EqualFold(value, "https")
			}
		}
		if !p.trusts(addr) {
			break
		}
	}
	return addr, secure
}

// fromRight yields the items of a header's lines, last first. It ignores separators between quotes.
func fromRight(lines []string, separator byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			quoted, end := false, len(line)
			for i := len(line) - 1; i >= -1; i-- {
				if i >= 0 && line[i] == '"' {
					quoted = !quoted
				}
				if i >= 0 && (line[i] != separator || quoted) {
					continue
				}
				if !yield(strings.TrimSpace(line[i+1 : end])) {
					return
				}
				end = i
			}
		}
	}
}

// node reads an address with or without a port. For anything else, such as "unknown", it returns an address that is not
// valid.
func node(text string) netip.Addr {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap()
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}
