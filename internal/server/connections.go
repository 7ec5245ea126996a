package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
)

// bounds are the bounds of a listener's connections.
type bounds struct {
	most, each int            // in all, and of one customer
	proxies    []netip.Prefix // for which each does not hold
	spare      int            // beyond these, for health alone
}

// connections are the open connections of a listener.
type connections struct {
	bounds
	now atomic.Int64 // Unix nanoseconds at the last tick

	mu   sync.Mutex
	open map[*counted]struct{}
	of   map[netip.Addr]int // of each customer

	spares []*counted // beyond the bounds, the oldest first
}

func newConnections(b bounds) *connections {
	s := &connections{bounds: b, open: make(map[*counted]struct{}), of: make(map[netip.Addr]int)}
	s.now.Store(time.Now().UnixNano())
	return s
}

// admit counts a connection, if need be in the place of one that waits between requests, or keeps it for health alone; false if it
// may not be open.
func (s *connections) admit(c *counted) bool { return s.admitted(c) || s.spareFor(c) }

// spareFor keeps a connection that was not admitted for health alone, if the listener has such, in the place of the oldest one if need be:
// health is answered at once.
func (s *connections) spareFor(c *counted) bool {
	if s.spare == 0 {
		return false
	}
	s.mu.Lock()
	c.spare = true
	var gone *counted
	if len(s.spares) == s.spare {
		gone = s.spares[0]
		s.remove(gone)
	}
	s.spares = append(s.spares, c)
	s.mu.Unlock()
	if gone != nil {
		gone.Close()
	}
	return true
}

func (s *connections) admitted(c *counted) bool {
	s.mu.Lock()
	if s.of[c.customer] >= s.each && !slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(c.address) }) {
		s.mu.Unlock()
		return false
	}
	var gone *counted
	if len(s.open) >= s.most {
		if gone = s.idle(); gone == nil {
			s.mu.Unlock()
			return false
		}
		s.remove(gone)
	}
	s.open[c] = struct{}{}
	s.of[c.customer]++
	s.mu.Unlock()
	if gone != nil {
		gone.Close()
	}
	return true
}

// considered is how many connections are looked at for one that may give way: where most wait, some of them do.
const considered = 64

// idle returns a connection that waits between requests, of the customer with the most connections among some; nil if none of them
// waits.
func (s *connections) idle() (found *counted) {
	looked := 0
	for c := range s.open {
		if c.idle.Load() && (found == nil || s.of[c.customer] > s.of[found.customer]) {
			found = c
		}
		if looked++; looked == considered {
			break
		}
	}
	return found
}

// remove uncounts a connection, once.
func (s *connections) remove(c *counted) {
	if c.spare {
		s.spares = slices.DeleteFunc(s.spares, func(other *counted) bool { return other == c })
		return
	}
	if _, open := s.open[c]; !open {
		return
	}
	delete(s.open, c)
	if s.of[c.customer]--; s.of[c.customer] == 0 {
		delete(s.of, c.customer)
	}
}

// count returns how many are open.
func (s *connections) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// waiting returns how many of them wait between requests.
func (s *connections) waiting() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if c.idle.Load() {
			n++
		}
	}
	return n
}

// watch ends the waits whose deadline has come, until ctx ends.
func (s *connections) watch(ctx context.Context) {
	tick := time.NewTicker(deadlineTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			s.now.Store(now.UnixNano())
			s.mu.Lock()
			for c := range s.open {
				c.expire(now)
			}
			for _, c := range s.spares {
				c.expire(now)
			}
			s.mu.Unlock()
		}
	}
}

// counted is a connection that counts as open until it is closed. It keeps the methods of a TCP connection, because the
// HTTP server closes only one side first when it refuses a half-read request.
type counted struct {
	*net.TCPConn
	among    *connections
	address  netip.Addr
	customer netip.Addr  // as limit.Customer
	idle     atomic.Bool // it waits between requests, or for its first
	spare    bool        // it is for health alone

	mu          sync.Mutex
	read, write deadline
}

func newCounted(conn *net.TCPConn, among *connections) *counted {
	from, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	c := &counted{TCPConn: conn, among: among, address: from.Addr().Unmap(), customer: limit.Customer(from.Addr())}
	c.idle.Store(true)
	return c
}

func (c *counted) Close() error {
	c.among.mu.Lock()
	c.among.remove(c)
	c.among.mu.Unlock()
	return c.TCPConn.Close()
}

// countedOf returns the connection below TLS; nil if it does not count.
func countedOf(conn net.Conn) *counted {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	c, _ := conn.(*counted)
	return c
}

// noteIdle notes which connections wait, as http.Server.ConnState.
func noteIdle(conn net.Conn, state http.ConnState) {
	if c := countedOf(conn); c != nil {
		c.idle.Store(state == http.StateIdle || state == http.StateNew)
	}
}

// noteSpare marks the contexts of requests on a connection that is for health alone, as http.Server.ConnContext.
func noteSpare(ctx context.Context, conn net.Conn) context.Context {
	if c := countedOf(conn); c != nil && c.spare {
		return context.WithValue(ctx, spareKey{}, true)
	}
	return ctx
}
