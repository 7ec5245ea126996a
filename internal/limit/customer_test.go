package limit

import (
	"net/netip"
	"testing"
)

func TestCustomers(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7",
		"2001:db8:0:1:2:3:4:5": "2001:db8:0:1::", "2001:db8:0:1::": "2001:db8:0:1::", "2001:db8:0:2::": "2001:db8:0:2::",
		"fe80::1%eth0": "fe80::", "::1": "::",
	} {
		if got := Customer(netip.MustParseAddr(address)); got != netip.MustParseAddr(want) {
			t.Errorf("%s counts for %s, want %s", address, got, want)
		}
	}
}
