package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// listener is a listener with its bound on connections, its certificate if any, and its HTTP server.
type listener struct {
	net.Listener
	certificate *certificate // nil for plain HTTP
	http        *http.Server

	connections *connections
	refused     atomic.Uint64
}

// healthConnections is how many connections a listener has for health beyond its bounds.
const healthConnections = 16

// operatorBounds are the bounds of the operators' listener.
var operatorBounds = bounds{most: 256, each: 128, spare: healthConnections}

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
	b := bounds{most: o.HTTP.MaxConnections, each: o.HTTP.AddressConnections, proxies: o.HTTP.TrustedProxies}
	if o.Dev { // where health is on this listener
		b.spare = healthConnections
	}
	return b
}

// listenHTTP listens on the address in a setting, with the certificate in another.
func (o *Options) listenHTTP(setting, tlsSetting, addr string, files certificateFiles, b bounds) (l *listener, err error) {
	l = &listener{connections: newConnections(b)}
	if files.certificate != "" {
		if l.certificate, err = openCertificate(o.name(tlsSetting), files); err != nil {
			return nil, err
		}
	}
	if l.Listener, err = o.listen(setting, addr); err != nil {
		return nil, err
	}
	return l, nil
}

// listen listens on the address in a setting.
func (o *Options) listen(setting, addr string) (net.Listener, error) {
	if l := o.sockets.again(setting); l != nil {
		return l, nil
	}
	name := o.name(setting)
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, errInUse):
		return nil, fmt.Errorf("%s %s is in use by another program: choose another port, or 0 for any free one", name, addr)
	case errors.Is(err, errDenied):
		return nil, fmt.Errorf("%s %s may not be used by this account: choose a port above 1023", name, addr)
	case err != nil:
		return nil, fmt.Errorf("%s %q is not HOST:PORT of this machine, such as 127.0.0.1:8700 (%w)", name, addr, err)
	}
	return o.sockets.keep(setting, l), nil
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
	go l.connections.watch(ctx)
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
		if c := newCounted(conn.(*net.TCPConn), l.connections); l.connections.admit(c) {
			return c, nil
		}
		l.refused.Add(1)
		conn.Close()
	}
}

// measure registers the metrics of the listener's connections.
func (l *listener) measure(metrics prometheus.Registerer) {
	metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_connections", Help: "Open connections to the public doors.",
		}, func() float64 { return float64(l.connections.count()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_connections_waiting", Help: "Open connections to the public doors that wait for a request.",
		}, func() float64 { return float64(l.connections.waiting()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "rookery_connections_refused_total", Help: "Connections closed as they came because of http.max_connections or http.connections_per_address.",
		}, func() float64 { return float64(l.refused.Load()) }),
	)
}
