package limit

import "net/netip"

// Customer returns the address for which all callers of one customer count: an IPv4 address itself, and of an IPv6 address its network
// of 64 bits, which one customer has as a whole.
func Customer(from netip.Addr) netip.Addr {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		return netip.PrefixFrom(from, 64).Masked().Addr()
	}
	return from
}
