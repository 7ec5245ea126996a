package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A probe asks a part of the platform whether it works: once at a time, and not again for as long as the answer holds. So it costs the
// same however often it is asked for, and a part that hangs holds nobody up.
type probe struct {
	ask func(context.Context) error

	mu      sync.Mutex
	running chan struct{} // closed when the question under way is answered; nil without one
	answer  error
	until   time.Time // the answer holds
}

const (
	probeHolds   = time.Second
	probeTimeout = 2 * time.Second // for whoever waits for an answer
)

var errNoAnswer = fmt.Errorf("no answer within %s", probeTimeout)

// check returns the answer, or errNoAnswer, or ctx's error.
func (p *probe) check(ctx context.Context) error {
	p.mu.Lock()
	if p.running == nil && time.Now().Before(p.until) {
		defer p.mu.Unlock()
		return p.answer
	}
	if p.running == nil {
		p.running = make(chan struct{})
		go p.run(p.running)
	}
	running := p.running
	p.mu.Unlock()
	patience := time.NewTimer(probeTimeout)
	defer patience.Stop()
	select {
	case <-running:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.answer
	case <-patience.C:
		return errNoAnswer
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *probe) run(done chan struct{}) {
	err := p.ask(context.Background()) // for everybody who waits
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running, p.answer, p.until = nil, err, time.Now().Add(probeHolds)
	close(done)
}

// health serves /healthz and /readyz.
func (s *Server) health() *http.ServeMux {
	storage := &probe{ask: s.store.Ping}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			http.Error(w, "the platform is stopping", http.StatusServiceUnavailable)
			return
		}
		if s.keysDiffer.Load() {
			http.Error(w, "another gateway has made a new key: this one needs a copy of its keyring", http.StatusServiceUnavailable)
			return
		}
		if lag := s.store.Lag(); lag > mostLag {
			http.Error(w, fmt.Sprintf("what other gateways changed has not been heard of for %s", lag.Round(time.Second)), http.StatusServiceUnavailable)
			return
		}
		switch err := storage.check(r.Context()); {
		case errors.Is(err, errNoAnswer):
			http.Error(w, "the storage has given "+err.Error(), http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, "the storage cannot be written and read", http.StatusServiceUnavailable)
		default:
			fmt.Fprintln(w, "ready")
			if r := &s.options.Redis; s.redis != nil && s.redis.Away() { // which calls wait for nothing, and which most calls do not need
				fmt.Fprintf(w, "Redis is away: rates of apps are %s, of users %s, of commands %s\n", r.Apps, r.Users, r.Commands)
			}
		}
	})
	return mux
}

// mostLag is how long changes of other gateways may not be heard of before this one is not ready. Checks of tokens read the storage much
// earlier.
const mostLag = 5 * time.Second

type spareKey struct{}

// onSpare keeps a connection that is above the listener's bounds for health alone, and ends it after its answer.
func onSpare(health, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(spareKey{}) == nil {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Connection", "close")
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			health.ServeHTTP(w, r)
			return
		}
		http.Error(w, "there are too many connections: only /healthz and /readyz are answered", http.StatusServiceUnavailable)
	})
}
