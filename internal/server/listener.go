package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// listener is a listener with its bound on connections, its certificate if any, and its HTTP server.
type listener struct {
	net.Listener
	certificate *certificate // nil for plain HTTP
	http        *http.Server

	bounds    bounds
	refused   atomic.Uint64
	deadlines *deadlines

	mu   sync.Mutex
	open int
	from map[netip.Addr]int // of them
}

// bounds are the bounds of a listener's connections.
type bounds struct {
	most, each int            // in all, and from one address
	proxies    []netip.Prefix // for which each does not hold
}

// operatorBounds are those of the operators' listener.
var operatorBounds = bounds{most: 256, each: 128}

// listen opens the listeners.
func (s *Server) listen(context.Context) (err error) {
	o := &s.options
	if s.public, err = o.listenHTTP("http.listen", "http.tls", o.HTTP.Listen, filesOf(o.HTTP.TLS), o.publicBounds()); err != nil {
		return err
	}
	if err := s.listenBus(); err != nil {
		return err
	}
	if !o.Dev {
		s.operators, err = o.listenHTTP("admin.listen", "admin.tls", o.Admin.Listen, filesOf(o.Admin.TLS), operatorBounds)
	}
	return err
}

func (o *Options) publicBounds() bounds {
	return bounds{most: o.HTTP.MaxConnections, each: o.HTTP.AddressConnections, proxies: o.HTTP.TrustedProxies}
}

// listenHTTP listens on the address in a setting, with the certificate in another.
func (o *Options) listenHTTP(setting, tlsSetting, addr string, files certificateFiles, b bounds) (l *listener, err error) {
	l = &listener{bounds: b, deadlines: newDeadlines(), from: make(map[netip.Addr]int)}
	if files.certificate != "" {
		if l.certificate, err = openCertificate(o.name(tlsSetting), files); err != nil {
			return nil, err
		}
	}
	if l.Listener, err = listen(o.name(setting), addr); err != nil {
		return nil, err
	}
	return l, nil
}

// listen listens on the address in the named setting.
func listen(name, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, errInUse):
		return nil, fmt.Errorf("%s %s is in use by another program: choose another port, or 0 for any free one", name, addr)
	case errors.Is(err, errDenied):
		return nil, fmt.Errorf("%s %s may not be used by this account: choose a port above 1023", name, addr)
	case err != nil:
		return nil, fmt.Errorf("%s %q is not HOST:PORT of this machine, such as 127.0.0.1:8700 (%w)", name, addr, err)
	}
	return l, nil
}

// url returns the address at which this machine reaches the listener.
func (l *listener) url() string {
	scheme := "http://"
	if l.certificate != nil {
		scheme = "https://"
	}
	addr := l.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		return scheme + net.JoinHostPort("127.0.0.1", fmt.Sprint(addr.Port))
	}
	return scheme + addr.String()
}

// serve answers requests until the HTTP server is shut down or closed; ctx ends only after that.
func (l *listener) serve(ctx context.Context, log *slog.Logger) error {
	go l.deadlines.watch(ctx)
	l.http.ConnState = noteIdle
	if l.certificate == nil {
		return l.http.Serve(l)
	}
	go l.certificate.watch(ctx, log)
	l.http.TLSConfig = l.certificate.serving()
	return l.http.ServeTLS(l, "", "")
}

// shutdown finishes the requests under way; those that last until ctx ends, after the timeout, are cut off.
func (l *listener) shutdown(ctx context.Context, timeout time.Duration) error {
	if err := l.http.Shutdown(ctx); err != nil {
		l.http.Close()
		return fmt.Errorf("some requests did not end within %s and were cut off", timeout)
	}
	return nil
}

// Accept implements net.Listener. A connection above a bound is closed at once, so that its caller notices.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &counted{TCPConn: conn.(*net.TCPConn), listener: l, address: addressOf(conn)}
		c.idle.Store(true)
		if l.admit(c) {
			return l.deadlines.keep(c), nil
		}
		l.refused.Add(1)
		conn.Close()
	}
}

// addressOf returns the address that a connection counts for. Of IPv6 that is a network of 64 bits, which one customer has as a whole.
func addressOf(conn net.Conn) netip.Addr {
	at, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	address := at.Addr().Unmap().WithZone("")
	if address.Is6() {
		address = netip.PrefixFrom(address, 64).Masked().Addr()
	}
	return address
}

// admit counts a connection, if need be in the place of one that waits between requests; false if it may not be open.
func (l *listener) admit(c *counted) bool {
	for {
		l.mu.Lock()
		if l.from[c.address] >= l.bounds.each && !slices.ContainsFunc(l.bounds.proxies, func(p netip.Prefix) bool { return p.Contains(c.address) }) {
			l.mu.Unlock()
			return false
		}
		if l.open < l.bounds.most {
			l.open++
			l.from[c.address]++
			l.mu.Unlock()
			return true
		}
		l.mu.Unlock()
		idle := l.idle()
		if idle == nil {
			return false
		}
		idle.Close()
	}
}

// considered is how many connections are looked at for one that may give way: where most wait, some of them do.
const considered = 64

// idle returns a connection that waits between requests, of the address with the most connections among some; nil if none of them waits.
func (l *listener) idle() (found *counted) {
	some := l.deadlines.some(considered)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range some {
		if c.idle.Load() && (found == nil || l.from[c.address] > l.from[found.address]) {
			found = c
		}
	}
	return found
}

// noteIdle notes which connections wait between requests, or for their first.
func noteIdle(conn net.Conn, state http.ConnState) {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if c, ok := conn.(*counted); ok {
		c.idle.Store(state == http.StateIdle || state == http.StateNew)
	}
}

// counted is a connection that counts as open until it is closed. It keeps the methods of a TCP connection, because the
// HTTP server closes only one side first when it refuses a half-read request.
type counted struct {
	*net.TCPConn
	listener *listener
	address  netip.Addr
	idle     atomic.Bool
	once     sync.Once

	mu          sync.Mutex
	read, write deadline
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.listener.leave(c.address)
		c.listener.deadlines.leave(c)
	})
	return c.TCPConn.Close()
}

// leave counts the end of a connection.
func (l *listener) leave(address netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.from[address]--; l.from[address] == 0 {
		delete(l.from, address)
	}
}

// measure registers the metrics of the listener's connections.
func (l *listener) measure(metrics prometheus.Registerer) {
	metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_connections", Help: "Open connections to the public doors.",
		}, func() float64 {
			l.mu.Lock()
			defer l.mu.Unlock()
			return float64(l.open)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_connections_waiting", Help: "Open connections to the public doors that wait for a request.",
		}, func() float64 { return float64(l.deadlines.waiting()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "rookery_connections_refused_total", Help: "Connections closed as they came because of http.max_connections or http.connections_per_address.",
		}, func() float64 { return float64(l.refused.Load()) }),
	)
}
