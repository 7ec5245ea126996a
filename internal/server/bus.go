package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/connect"
	"github.com/rookeryhq/rookery/internal/oidb/route"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
)

// usualBus is the default address of the bus of `rookery dev`.
const usualBus = "127.0.0.1:8701"

// Bounds on the bus's HTTP.
const (
	busConnections = 16384
	busStreams     = 128 // calls under way on one connection of HTTP/2
)

// listenBus opens the listeners of the bus.
func (s *Server) listenBus() (err error) {
	o := &s.options
	if o.OIDB.Listen != "" || o.Dev {
		if o.OIDB.TLS.On() {
			if s.busCertificate, err = openCertificate(o.name("oidb.tls"), busFiles(o.OIDB.TLS)); err != nil {
				return err
			}
		}
		if s.busListener, err = o.listenFrames(); err != nil {
			return err
		}
	}
	if o.OIDB.Connect != "" {
		s.busHTTP, err = o.listenHTTP("oidb.connect", "oidb.tls", o.OIDB.Connect, busFiles(o.OIDB.TLS), bounds{most: busConnections, each: busConnections})
	}
	return err
}

func busFiles(t config.BusTLS) certificateFiles {
	return certificateFiles{certificate: t.Certificate, key: t.Key, authorities: t.ClientCA}
}

func routeFiles(t config.RoutesTLS) certificateFiles {
	return certificateFiles{certificate: t.Certificate, key: t.Key, authorities: t.CA}
}

// openRoutes has other processes carry out the commands for which a file says so.
func (s *Server) openRoutes() (err error) {
	o := &s.options
	if o.OIDB.Routes == "" {
		return nil
	}
	if s.routeCertificate, err = openCertificate(o.name("oidb.routes_tls"), routeFiles(o.OIDB.RoutesTLS)); err != nil {
		return err
	}
	if s.routes, err = route.New(o.OIDB.Routes, s.bus, s.routeCertificate.calling); err != nil {
		return fmt.Errorf("%s: %w", o.name("oidb.routes"), err)
	}
	return nil
}

// listenFrames listens on the address of the bus's frames.
func (o *Options) listenFrames() (net.Listener, error) {
	const setting = "oidb.listen"
	addr := o.OIDB.Listen
	if addr == "" && o.sockets[setting] == nil {
		addr = "127.0.0.1:0"
		if _, port, _ := net.SplitHostPort(o.HTTP.Listen); port != "0" {
			if l, err := net.Listen("tcp", usualBus); err == nil {
				return o.sockets.keep(setting, l), nil
			}
		}
	}
	return o.listen(setting, addr)
}

// openBus makes the servers of the bus, whose calls are counted and logged.
func (s *Server) openBus(metrics prometheus.Registerer) {
	var observe func(oidb.Observed)
	if s.dev != nil {
		observe = s.inspectCall
	}
	s.bus.Trace(s.tracer)
	s.bus.Observe(s.options.Log, metrics, observe)
	var frames tcp.Options
	if s.busCertificate != nil {
		frames.TLS = s.busCertificate.serving()
	}
	s.busServer = tcp.NewServer(s.bus, s.options.Log, metrics, frames)
	if s.busHTTP != nil {
		s.busHTTP.http = s.busHTTPServer()
	}
}

// busHTTPServer returns the HTTP server of the bus, which takes HTTP/2 without TLS too, as gRPC sends it.
func (s *Server) busHTTPServer() *http.Server {
	h := s.options.HTTP
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           s.closing(connect.NewHandler(s.bus, connect.Options{Ready: func() bool { return !s.draining.Load() }})),
		Protocols:         protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: busStreams},
		ReadHeaderTimeout: h.HeaderTimeout,
		ReadTimeout:       h.ReadTimeout,
		WriteTimeout:      h.WriteTimeout,
		IdleTimeout:       h.IdleTimeout,
		MaxHeaderBytes:    h.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
	}
}

// stopBus answers what the bus's connections have sent, until ctx ends.
func (s *Server) stopBus(ctx context.Context) error {
	frames := make(chan error, 1)
	go func() { frames <- s.busServer.Shutdown(ctx) }()
	var err error
	if s.busHTTP != nil {
		err = s.busHTTP.shutdown(ctx, s.options.Stop.Timeout)
	}
	return errors.Join(err, <-frames)
}
