package server

import (
	"cmp"
	"log/slog"
	"net/http"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/docs"
	"github.com/rookeryhq/rookery/internal/roster"
)

// mount gives each listener an HTTP server with its doors. Metrics and health belong to the operators' listener.
func (s *Server) mount(gateway *access.Gateway, metrics *prometheus.Registry, public, operators []*access.Door) {
	proxies := s.options.HTTP
	gateway.TrustProxies(access.Proxies{Ranges: proxies.TrustedProxies, Forwarded: proxies.ProxyHeaders == "forwarded"})
	gateway.RequireHTTPS(proxies.HSTS)
	gateway.Trace(s.tracer)
	if s.tracer != nil {
		s.tracer.Measure(metrics)
	}
	nowhere := gateway.NotFound(&access.Door{Name: "none", Encode: s.noDoor})
	mux := http.NewServeMux() // for paths that belong to no door
	mux.Handle("/", nowhere)
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET "+ProofPath, s.prove)
	health := s.health()
	mux.Handle("GET /healthz", health)
	mux.Handle("GET /readyz", health)
	withHealth := func(doors []*access.Door) *http.Server {
		server := s.httpServer(onSpare(health, gateway.Handler(doors, unredirected(mux, nowhere))))
		server.ConnContext = noteSpare
		return server
	}
	if s.operators != nil {
		s.operators.http = withHealth(operators)
	}
	switch {
	case s.public == nil:
		return
	case s.operators != nil:
		s.public.http = s.httpServer(gateway.Handler(public, nowhere))
	default:
		mux.Handle(roster.Path, s.dev.roster)
		mux.Handle(docs.Path, docs.Handler(docs.Options{Clock: s.clock, Apps: demoApps, Signature: signatures(public)}))
		gateway.Inspect(s.dev.inspector)
		gateway.Force(&s.dev.forced)
		gateway.NameInterfaces()
		s.public.http = withHealth(slices.Concat(public, operators))
		s.public.http.Handler = ownHost(s.options.HTTP.PublicURL, s.public.http.Handler)
		s.public.http.RegisterOnShutdown(s.dev.inspector.Release)
		s.public.http.RegisterOnShutdown(func() { close(s.dev.closed) })
	}
	s.public.http.RegisterOnShutdown(s.messages.Release)
}

// A connection of HTTP/2 is bounded like a few of HTTP/1.1: its requests under way, and the bytes of bodies that nobody has read.
const (
	publicStreams  = 32
	publicReceived = 128 << 10
)

// signatures returns how the calls of the doors' paths are signed; "" for one that is not.
func signatures(doors []*access.Door) func(path string) string {
	all := make(map[string]string)
	for _, door := range doors {
		for _, e := range door.Endpoints {
			all[e.Path] = cmp.Or(e.Signature, door.Guide.Signature)
		}
	}
	return func(path string) string { return all[path] }
}

func (s *Server) httpServer(handler http.Handler) *http.Server {
	h := s.options.HTTP
	return &http.Server{
		Handler:           s.closing(handler),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: publicStreams, MaxReceiveBufferPerConnection: publicReceived, MaxReceiveBufferPerStream: publicReceived},
		ReadHeaderTimeout: h.HeaderTimeout,
		ReadTimeout:       h.ReadTimeout,
		WriteTimeout:      h.WriteTimeout,
		IdleTimeout:       h.IdleTimeout,
		MaxHeaderBytes:    h.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
	}
}

// unredirected keeps requests from the mux that it would answer by itself: paths with empty or dot segments, which it would
// redirect, and the addresses of CONNECT, which have no path.
func unredirected(mux, nowhere http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !access.CanonicalPath(r) || r.URL.Path == "" {
			nowhere.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// closing closes connections after their answer while the platform drains.
func (s *Server) closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
