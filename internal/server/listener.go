package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/config"
)

// listening is one listener with its bound on connections, its certificate if it has one, and its HTTP server.
type listening struct {
	net.Listener
	certificate *certificate // nil for plain HTTP
	http        *http.Server

	most      int64
	open      atomic.Int64
	refused   atomic.Uint64
	deadlines *deadlines
}

// listen listens at the address of a setting.
func (s *Server) listen(setting, addr, tlsSetting string, files config.TLS, most int) (l *listening, err error) {
	name := s.cfg.name(setting)
	l = &listening{most: int64(most), deadlines: newDeadlines()}
	if files.On() {
		if l.certificate, err = openCertificate(s.cfg.name(tlsSetting), files); err != nil {
			return nil, err
		}
	}
	if l.Listener, err = listen(name, addr); err != nil {
		return nil, err
	}
	return l, nil
}

// listen takes the address of a setting of that name.
func listen(name, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s is in use by another program: choose another port, or 0 for any free one", name, addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s %s may not be used by this account: choose a port above 1023", name, addr)
	case err != nil:
		return nil, fmt.Errorf("%s %q is not HOST:PORT of this machine, such as 127.0.0.1:8700 (%w)", name, addr, err)
	}
	return l, nil
}

// url is where the listener can be reached from this machine.
func (l *listening) url() string {
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

// serve answers requests until the HTTP server is shut down or closed.
func (l *listening) serve() error {
	stop := make(chan struct{})
	defer close(stop)
	go l.deadlines.watch(stop)
	if l.certificate == nil {
		return l.http.Serve(l)
	}
	l.http.TLSConfig = &tls.Config{GetCertificate: l.certificate.get, MinVersion: tls.VersionTLS12}
	return l.http.ServeTLS(l, "", "")
}

// Accept implements net.Listener. A connection above the bound is closed at once, so that its caller knows.
func (l *listening) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.most {
			return l.deadlines.keep(&counted{TCPConn: conn.(*net.TCPConn), listening: l}), nil
		}
		l.open.Add(-1)
		l.refused.Add(1)
		conn.Close()
	}
}

// counted is a connection that counts as open until it is closed. It has all that a TCP connection has: the HTTP server
// closes one side first where it refuses a request half read.
type counted struct {
	*net.TCPConn
	listening *listening
	once      sync.Once

	mu          sync.Mutex
	read, write deadline
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.listening.open.Add(-1)
		c.listening.deadlines.leave(c)
	})
	return c.TCPConn.Close()
}

// measure shows the listener's connections in the metrics.
func (l *listening) measure(metrics prometheus.Registerer) {
	metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_connections", Help: "Open connections to the public doors.",
		}, func() float64 { return float64(l.open.Load()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "rookery_connections_refused_total", Help: "Connections that were closed because http.max_connections were open.",
		}, func() float64 { return float64(l.refused.Load()) }),
	)
}

// certificatePoll is how often the certificate's files are looked at.
const certificatePoll = time.Second

// certificate is a certificate of two files, which are read again when they change.
type certificate struct {
	setting string
	files   config.TLS
	current atomic.Pointer[tls.Certificate]

	read [2]stamp // of the files when they were read
}

// stamp tells whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
	inode    uint64
}

func openCertificate(setting string, files config.TLS) (*certificate, error) {
	c := &certificate{setting: setting, files: files}
	c.read = c.stamps()
	return c, c.load()
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.files.Certificate, c.files.Key)
	if err != nil {
		return fmt.Errorf("%s: %s and %s are no usable pair of certificate and key: %w", c.setting, c.files.Certificate, c.files.Key, err)
	}
	c.current.Store(&pair)
	return nil
}

// stamps looks at both files; one that is missing has the zero stamp.
func (c *certificate) stamps() (stamps [2]stamp) {
	for i, name := range []string{c.files.Certificate, c.files.Key} {
		if info, err := os.Stat(name); err == nil {
			stamps[i] = stamp{modified: info.ModTime(), size: info.Size()}
			if sys, ok := info.Sys().(*syscall.Stat_t); ok {
				stamps[i].inode = sys.Ino
			}
		}
	}
	return stamps
}

// watch reads the files again when they change, until ctx ends. A pair that cannot be used is logged once, and the one
// before it stays.
func (c *certificate) watch(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(certificatePoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := c.stamps()
		if now == c.read {
			continue
		}
		c.read = now
		if err := c.load(); err != nil {
			log.Error("the new certificate cannot be used, the old one stays", "setting", c.setting, "error", err.Error())
			continue
		}
		log.Info("the certificate was read again", "setting", c.setting, "expires", c.current.Load().Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
}
