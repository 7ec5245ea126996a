// Package outbox takes the store's events out of the platform: to the stream that an operator configured, and as notices to
// the people whom they concern. Each has a lane of its own, in which events are delivered in order and at least once: an event
// leaves the store only after its consumer took it. A consumer that is away finds all events when it returns, and nothing but
// its own lane waits for it.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// The pauses after a failure, by the platform's clock: the first, doubled by each further failure in a row up to the last.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// batch is how many events are read at a time.
const batch = 100

// Consumer takes the events of a lane. Its String names its kind.
type Consumer interface {
	fmt.Stringer
	// Deliver takes events, oldest first, and returns how many it has taken durably; the others are offered again. It returns
	// soon after ctx has ended.
	Deliver(ctx context.Context, events []platform.Event) (int, error)
	// Close releases what the consumer holds.
	Close() error
}

// Service delivers the events of all lanes.
type Service struct {
	store store.Outbox
	clock *platform.Clock
	log   *slog.Logger
	lanes []*lane
}

type lane struct {
	platform.Lane
	name     string
	consumer Consumer      // nil: events are removed
	news     chan struct{} // holds a value when there may be new events

	delivered, failures prometheus.Counter

	mu      sync.Mutex
	trouble string // why the last attempt failed; "" when it did not
	sinceMS int64  // when the first of the failures in a row was
}

// New returns a service without consumers, which delivers nothing before Run.
func New(st store.Store, clock *platform.Clock, log *slog.Logger) *Service {
	s := &Service{store: st, clock: clock, log: log}
	for i, name := range []string{platform.LaneStream: "stream", platform.LaneNotices: "notices"} {
		s.lanes = append(s.lanes, &lane{
			Lane: platform.Lane(i), name: name, news: make(chan struct{}, 1),
			delivered: prometheus.NewCounter(prometheus.CounterOpts{
				Name: "rookery_events_delivered_total", Help: "Events that the lane's consumer took.", ConstLabels: prometheus.Labels{"lane": name},
			}),
			failures: prometheus.NewCounter(prometheus.CounterOpts{
				Name: "rookery_events_failures_total", Help: "Deliveries that failed and are repeated.", ConstLabels: prometheus.Labels{"lane": name},
			}),
		})
	}
	st.OnChange(func(c store.Change) {
		if _, ok := c.(store.EventsChange); ok {
			for _, l := range s.lanes {
				l.wake()
			}
		}
	})
	return s
}

// Connect gives a lane its consumer, before Run.
func (s *Service) Connect(to platform.Lane, consumer Consumer) { s.lanes[to].consumer = consumer }

// Measure registers the metrics. They are read from the store.
func (s *Service) Measure(metrics prometheus.Registerer) {
	for _, l := range s.lanes {
		metrics.MustRegister(l.delivered, l.failures, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "rookery_events_waiting", Help: "Events that the lane's consumer has not taken; NaN if the store cannot tell.", ConstLabels: prometheus.Labels{"lane": l.name},
		}, func() float64 {
			n, _, err := s.store.CountUndelivered(context.Background(), l.Lane)
			if err != nil {
				return math.NaN()
			}
			return float64(n)
		}))
	}
}

// Run delivers events until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var lanes sync.WaitGroup
	for _, l := range s.lanes {
		lanes.Go(func() { s.run(ctx, l) })
	}
	lanes.Wait()
}

// Close releases the consumers, after Run.
func (s *Service) Close() error {
	var errs []error
	for _, l := range s.lanes {
		if l.consumer != nil {
			errs = append(errs, l.consumer.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *Service) run(ctx context.Context, l *lane) {
	pause := firstPause
	for ctx.Err() == nil {
		n, err := s.deliver(ctx, l)
		if n > 0 {
			l.delivered.Add(float64(n))
			pause = firstPause
		}
		switch {
		case err != nil && ctx.Err() == nil:
			s.failed(l, err)
			_ = s.clock.Wait(ctx, pause) // its error is that ctx ended
			pause = min(2*pause, lastPause)
		case err == nil:
			s.recovered(l)
			if n == 0 {
				l.sleep(ctx)
			}
		}
	}
}

func (l *lane) wake() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

func (l *lane) sleep(ctx context.Context) {
	select {
	case <-l.news:
	case <-ctx.Done():
	}
}

// deliver offers the oldest events and returns how many of them are done with.
func (s *Service) deliver(ctx context.Context, l *lane) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("delivering events panicked: %v", p)
		}
	}()
	events, err := s.store.Undelivered(ctx, l.Lane, batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	n = len(events)
	if l.consumer != nil {
		n, err = l.consumer.Deliver(ctx, events)
	}
	if n == 0 {
		return 0, err
	}
	// What was taken is noted even while the platform stops.
	noted := s.store.Delivered(context.WithoutCancel(ctx), l.Lane, events[n-1].ID)
	if noted != nil {
		return 0, errors.Join(err, noted)
	}
	return n, err
}

// failed notes a failure. Only the first in a row is logged.
func (s *Service) failed(l *lane, err error) {
	l.failures.Inc()
	l.mu.Lock()
	first := l.trouble == ""
	if l.trouble = err.Error(); first {
		l.sinceMS = s.clock.NowMS()
	}
	l.mu.Unlock()
	if first {
		s.log.Warn("events wait, because their consumer does not take them", "lane", l.name, "error", err.Error())
	}
}

// recovered notes that nothing is wrong. Only the end of a trouble is logged.
func (s *Service) recovered(l *lane) {
	l.mu.Lock()
	was := l.trouble != ""
	l.trouble, l.sinceMS = "", 0
	l.mu.Unlock()
	if was {
		s.log.Info("events are taken again", "lane", l.name)
	}
}

// Status is the state of a lane.
type Status struct {
	Lane     string `json:"lane" doc:"the lane's name"`
	Consumer string `json:"consumer" doc:"who takes the events: file, webhook or inbox; empty without one: events are removed"`
	Waiting  int    `json:"waiting" doc:"how many events have not been taken"`
	OldestMS int64  `json:"oldest_ms,omitzero" doc:"from when the oldest of them is"`

	Trouble string `json:"trouble,omitzero" doc:"why the last delivery failed"`
	SinceMS int64  `json:"since_ms,omitzero" doc:"since when deliveries fail"`
}

// Status returns the state of every lane.
func (s *Service) Status(ctx context.Context) ([]Status, error) {
	var all []Status
	for _, l := range s.lanes {
		n, oldest, err := s.store.CountUndelivered(ctx, l.Lane)
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		state := Status{Lane: l.name, Waiting: n, OldestMS: oldest, Trouble: l.trouble, SinceMS: l.sinceMS}
		l.mu.Unlock()
		if l.consumer != nil {
			state.Consumer = l.consumer.String()
		}
		all = append(all, state)
	}
	return all, nil
}

// Test reports an event by which an operator sees whether the stream works.
func (s *Service) Test(ctx context.Context) error {
	return s.store.Report(ctx, []platform.Event{{Type: platform.EventTest, TimeMS: s.clock.NowMS()}})
}
