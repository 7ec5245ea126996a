package server

import (
	"net/netip"
	"testing"

	"github.com/rookeryhq/rookery/internal/limit"
)

// TestTheConnectionsOfACustomer: a proxy is known by its own address, also where its network counts as one customer.
func TestTheConnectionsOfACustomer(t *testing.T) {
	s := newConnections(bounds{most: 100, each: 2, proxies: []netip.Prefix{netip.MustParsePrefix("2001:db8::7/128"), netip.MustParsePrefix("192.0.2.0/24")}})
	admitted := func(address string) bool {
		at := netip.MustParseAddr(address)
		return s.admit(&counted{among: s, address: at, customer: limit.Customer(at)})
	}
	for _, step := range []struct {
		address string
		want    bool
	}{
		{"2001:db8::1", true}, {"2001:db8::2", true}, {"2001:db8::3", false}, {"2001:db8:0:1::3", true},
		{"2001:db8::7", true}, {"2001:db8::7", true},
		{"192.0.2.1", true}, {"192.0.2.1", true}, {"192.0.2.1", true},
		{"198.51.100.1", true}, {"198.51.100.1", true}, {"198.51.100.1", false}, {"198.51.100.2", true},
	} {
		if got := admitted(step.address); got != step.want {
			t.Errorf("a connection from %s is admitted: %t, want %t", step.address, got, step.want)
		}
	}
}
