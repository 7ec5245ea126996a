// Package tcp carries calls of the bus in frames over TCP, native ones and those of the client form (oidb.md, 1.2 to 1.4).
package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
)

// Options are the bounds of a Server. A field that is 0 has its default.
type Options struct {
	MaxFrame       int           // bytes of a frame that is not forwarded; default frame.MaxSize
	MaxConnections int           // default 16384; more are closed at once
	MaxInFlight    int           // calls of one connection that wait; default frame.Window
	MaxWaiting     int           // calls of all connections that wait; default 4096
	Deadline       time.Duration // of a call that waits, unless its caller's budget is shorter; default oidb.Deadline
	ReadTimeout    time.Duration // for the rest of a frame that has begun; default 10 s
	WriteTimeout   time.Duration // for one write of answers; default 15 s
	IdleTimeout    time.Duration // between frames; default 10 minutes
	TLS            *tls.Config   // nil for none; its handshake has ReadTimeout
}

func (o *Options) fill() {
	set := func(field *int, otherwise int) {
		if *field <= 0 {
			*field = otherwise
		}
	}
	wait := func(field *time.Duration, otherwise time.Duration) {
		if *field <= 0 {
			*field = otherwise
		}
	}
	set(&o.MaxFrame, frame.MaxSize)
	set(&o.MaxConnections, 16384)
	set(&o.MaxInFlight, frame.Window)
	set(&o.MaxWaiting, 4096)
	wait(&o.Deadline, oidb.Deadline)
	wait(&o.ReadTimeout, 10*time.Second)
	wait(&o.WriteTimeout, 15*time.Second)
	wait(&o.IdleTimeout, 10*time.Minute)
}

// Server serves the bus's frames on a listener. Each connection has one goroutine that reads frames and runs their calls. A
// call that is about to wait first hands the reading over to another goroutine, so the answers of a connection come in any
// order. Answers that are ready at the same time share a write.
type Server struct {
	bus      *oidb.Bus
	log      *slog.Logger
	options  Options
	ctx      context.Context // of calls that wait
	cancel   context.CancelFunc
	waiting  chan struct{} // a slot for each call that waits
	buffers  sync.Pool     // *[]byte, the read buffers
	refused  prometheus.Counter
	conns    prometheus.Gauge
	stopping chan struct{}
	leaving  atomic.Bool

	mu       sync.Mutex
	listener net.Listener
	open     map[*conn]struct{}
	stopped  bool
	serving  sync.WaitGroup // one for each connection
}

// NewServer returns a server of the bus.
func NewServer(bus *oidb.Bus, log *slog.Logger, metrics prometheus.Registerer, options Options) *Server {
	options.fill()
	s := &Server{
		bus:      bus,
		log:      log,
		options:  options,
		waiting:  make(chan struct{}, options.MaxWaiting),
		stopping: make(chan struct{}),
		open:     make(map[*conn]struct{}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rookery_oidb_connections_refused_total", Help: "Connections to the bus that were closed at once because there were too many.",
		}),
		conns: prometheus.NewGauge(prometheus.GaugeOpts{Name: "rookery_oidb_connections", Help: "Open connections to the bus."}),
	}
	s.buffers.New = func() any { b := make([]byte, readBuffer); return &b }
	s.ctx, s.cancel = context.WithCancel(context.Background())
	metrics.MustRegister(s.refused, s.conns)
	return s
}

// Serve answers the frames of every connection to the listener until Shutdown. It closes the listener.
func (s *Server) Serve(listener net.Listener) error {
	s.mu.Lock()
	s.listener = listener
	stopped := s.stopped
	s.mu.Unlock()
	if stopped {
		return listener.Close()
	}
	for pause := time.Duration(0); ; {
		nc, err := listener.Accept()
		switch {
		case err == nil:
			pause = 0
			s.accept(nc)
		case errors.Is(err, net.ErrClosed):
			select {
			case <-s.stopping:
				return nil
			default:
				return err
			}
		default: // most likely out of files, which passes
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("oidb: a connection could not be accepted", "error", err.Error())
			select {
			case <-time.After(pause):
			case <-s.stopping:
			}
		}
	}
}

func (s *Server) accept(nc net.Conn) {
	if s.options.TLS != nil {
		nc = tls.Server(nc, s.options.TLS)
	}
	c := newConn(s, nc)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || len(s.open) >= s.options.MaxConnections {
		s.refused.Inc()
		nc.Close()
		return
	}
	s.open[c] = struct{}{}
	s.conns.Set(float64(len(s.open)))
	s.serving.Add(1)
	go c.idle()
}

// left removes a closed connection.
func (s *Server) left(c *conn) {
	s.mu.Lock()
	delete(s.open, c)
	s.conns.Set(float64(len(s.open)))
	s.mu.Unlock()
	s.serving.Done()
}

// Leave tells peers that the server is going to stop, with a frame.Goodbye on each connection on which native calls are made, or after the first
// answer on a new one. Calls are still taken until Shutdown.
func (s *Server) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving.Store(true)
	for c := range s.open {
		go c.leave() // a peer that does not read keeps no other one waiting
	}
}

// Shutdown accepts no more connections, answers what the open ones have read, and closes them. When ctx ends first, the
// rest is cut off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopped {
		s.stopped = true
		close(s.stopping)
		if s.listener != nil {
			s.listener.Close()
		}
		for c := range s.open {
			c.stop()
		}
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.serving.Wait(); close(done) }()
	defer s.bus.Flush()
	defer s.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		s.cancel()
		s.mu.Lock()
		left := len(s.open)
		for c := range s.open {
			c.net.Close()
		}
		s.mu.Unlock()
		<-done
		return fmt.Errorf("oidb: %d connections did not end in time and were cut off", left)
	}
}
