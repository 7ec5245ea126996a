package postgres

import (
	"context"
	"sync"
	"time"
)

const (
	// leadFor is how long a gateway leads that is not heard of again.
	leadFor = 10 * time.Second
	// leadEvery is how often the leader says that it still leads, and the others look whether they may.
	leadEvery = 2 * time.Second
	// leadSpare is how much earlier the leader stops on its own: what it began may still be under way.
	leadSpare = 2 * time.Second
)

// lead is when this gateway leads.
type lead struct {
	mu     sync.Mutex
	until  time.Time
	gained chan struct{} // closed when it begins to lead
	end    func()
}

// stand takes and renews the lead until the store is closed.
func (s *Store) stand(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	s.lead.gained = make(chan struct{})
	s.lead.end = sync.OnceFunc(func() { cancel(); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(leadEvery)
		defer tick.Stop()
		for {
			s.take(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
				s.giveUp()
				return
			}
		}
	}()
}

// take takes or renews the lead unless another gateway leads. After an error, the lead lasts as long as it was last renewed for.
func (s *Store) take(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leadEvery)
	defer cancel()
	begun := time.Now()
	leads, err := exec(ctx, s.write, `UPDATE leader SET gateway = $1::bigint, until = clock_timestamp() + $2::bigint * interval '1 ms'
		WHERE gateway = $1::bigint OR until < clock_timestamp()`, s.gateway, leadFor.Milliseconds())
	s.lead.mu.Lock()
	defer s.lead.mu.Unlock()
	switch {
	case err != nil:
	case !leads:
		s.lead.until = time.Time{}
	default:
		if s.lead.until.Before(begun) {
			close(s.lead.gained)
			s.lead.gained = make(chan struct{})
		}
		s.lead.until = begun.Add(leadFor - leadSpare)
	}
}

// giveUp lets another gateway lead at once.
func (s *Store) giveUp() {
	ctx, cancel := context.WithTimeout(context.Background(), leadEvery)
	defer cancel()
	_, _ = s.pool.Exec(ctx, "UPDATE leader SET until = clock_timestamp() WHERE gateway = $1::bigint", s.gateway) // or when its time is over
	_, _ = s.pool.Exec(ctx, "DELETE FROM gateways WHERE id = $1::bigint", s.gateway)
}

// Lead implements store.Store.
func (s *Store) Lead(ctx context.Context, work func(context.Context)) {
	for s.leads(ctx) {
		leading, end := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			work(leading)
		}()
		for working := true; working; {
			s.lead.mu.Lock()
			left := time.Until(s.lead.until)
			s.lead.mu.Unlock()
			if left <= 0 {
				break
			}
			select {
			case <-done:
				working = false
			case <-time.After(left):
			}
		}
		end()
		<-done
	}
}

// leads waits until this gateway leads; false if ctx ends before.
func (s *Store) leads(ctx context.Context) bool {
	for {
		s.lead.mu.Lock()
		leads, gained := time.Now().Before(s.lead.until), s.lead.gained
		s.lead.mu.Unlock()
		if ctx.Err() != nil || leads {
			return ctx.Err() == nil
		}
		select {
		case <-gained:
		case <-ctx.Done():
		}
	}
}
