package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// fixture is a running service on a real store, whose calls may be made to fail.
type fixture struct {
	*Service
	store  store.Store
	clock  *platform.Clock
	faults *fault.Set
	log    *strings.Builder
}

// newFixture returns a service whose stream goes to a consumer; the other lane has none unless connect gives it one.
func newFixture(t *testing.T, stream Consumer, connect ...func(*fixture)) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	f := &fixture{clock: new(platform.Clock), faults: new(fault.Set), log: new(strings.Builder)}
	f.store = f.faults.Store(db)
	f.Service = New(f.store, f.clock, slog.New(slog.NewTextHandler(f.log, nil)))
	if stream != nil {
		f.Connect(platform.LaneStream, stream)
	}
	for _, c := range connect {
		c(f)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		must(t, f.Close())
		must(t, db.Close())
	})
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// report reports events that differ by their groups.
func (f *fixture) report(t *testing.T, gcs ...platform.GC) {
	t.Helper()
	for _, gc := range gcs {
		must(t, f.store.Report(t.Context(), []platform.Event{bound(gc)}))
	}
}

func bound(gc platform.GC) platform.Event {
	return platform.Event{
		Type: platform.EventGuildBound, TimeMS: 1_700_000_000_123, Guild: platform.Guild{AppID: 100700001, Zone: "1", ID: "2134"},
		GuildName: "<Owls>", GC: gc, UIN: platform.FirstUIN,
	}
}

func (f *fixture) waiting(t *testing.T, lane platform.Lane) int {
	t.Helper()
	n, _, err := f.store.CountUndelivered(t.Context(), lane)
	must(t, err)
	return n
}

// consumer notes what it is offered and takes as much as it may.
type consumer struct {
	mu      sync.Mutex
	may     int   // how many events it takes before fails is its error
	fails   error // nil takes all
	offered []int64
	taken   []int64
	at      []time.Time
	clock   *platform.Clock
}

func (c *consumer) Deliver(_ context.Context, events []platform.Event) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clock != nil {
		c.at = append(c.at, c.clock.Now())
	}
	n := len(events)
	if c.fails != nil {
		n = min(n, c.may)
		c.may -= n
	}
	for i := range events {
		c.offered = append(c.offered, events[i].ID)
		if i < n {
			c.taken = append(c.taken, events[i].ID)
		}
	}
	if n < len(events) {
		return n, c.fails
	}
	return n, nil
}

func (c *consumer) Close() error   { return nil }
func (c *consumer) String() string { return "noter" }

// set says what the consumer takes from now on, and forgets what it was offered.
func (c *consumer) set(may int, fails error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.may, c.fails = may, fails
	c.offered, c.at = nil, nil
}

func (c *consumer) list(l *[]int64) []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(*l)
}

func (c *consumer) times() []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.at)
}

func want[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}

// TestEventsAreDeliveredInOrder: those from before the start and those that come later, and none stays.
func TestEventsAreDeliveredInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(consumer)
		f := newFixture(t, c, func(f *fixture) { f.report(t, 1, 2) })
		synctest.Wait()
		want(t, "taken at the start", c.list(&c.taken), []int64{1, 2})
		f.report(t, 3)
		synctest.Wait()
		want(t, "taken", c.list(&c.taken), []int64{1, 2, 3})
		for _, lane := range []platform.Lane{platform.LaneStream, platform.LaneNotices} {
			want(t, fmt.Sprint("waiting in lane ", lane), f.waiting(t, lane), 0)
		}
		must(t, f.Test(t.Context()))
		synctest.Wait()
		want(t, "taken with a test", c.list(&c.taken), []int64{1, 2, 3, 4})
	})
}

// TestABacklogIsDelivered: more events than are read at a time.
func TestABacklogIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(consumer)
		newFixture(t, c, func(f *fixture) {
			events := make([]platform.Event, 250)
			for i := range events {
				events[i] = bound(platform.GC(i + 1))
			}
			must(t, f.store.Report(t.Context(), events))
		})
		synctest.Wait()
		if len(c.list(&c.taken)) != 250 || !slices.IsSorted(c.list(&c.taken)) {
			t.Errorf("taken: %v", c.list(&c.taken))
		}
	})
}

// TestPauses: after failures the consumer is left alone for a second, twice as long each time, and at most a minute; what it
// took before a failure is not offered again, and progress begins the pauses anew.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &consumer{fails: errors.New("no room")}
		f := newFixture(t, c, func(f *fixture) { c.clock = f.clock; f.report(t, 1, 2, 3) })
		begin := f.clock.Now()
		<-time.After(4 * time.Minute) // of the bubble
		synctest.Wait()
		var got []time.Duration
		for _, at := range c.times() {
			got = append(got, at.Sub(begin).Round(time.Second))
		}
		s := time.Second
		want(t, "attempts", got, []time.Duration{0, 1 * s, 3 * s, 7 * s, 15 * s, 31 * s, 63 * s, 123 * s, 183 * s})
		want(t, "taken", len(c.list(&c.taken)), 0)

		c.set(2, errors.New("no room"))
		f.clock.Advance(time.Hour) // which nobody has to wait for
		synctest.Wait()
		want(t, "offered after the clock was moved", c.list(&c.offered), []int64{1, 2, 3})
		want(t, "taken before the failure", c.list(&c.taken), []int64{1, 2})
		begin = f.clock.Now()
		<-time.After(1500 * time.Millisecond)
		synctest.Wait()
		want(t, "offered after progress", c.list(&c.offered), []int64{1, 2, 3, 3})
		want(t, "its pause", c.times()[1].Sub(begin).Round(time.Second), time.Second)

		c.set(0, nil)
		<-time.After(2 * time.Second)
		synctest.Wait()
		want(t, "taken", c.list(&c.taken), []int64{1, 2, 3})
		want(t, "waiting", f.waiting(t, platform.LaneStream), 0)
	})
}

// TestALaneWaitsForNoOther: a consumer that hangs or fails keeps its own events waiting and no others.
func TestALaneWaitsForNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &consumer{fails: errors.New("away")}
		f := newFixture(t, c)
		f.report(t, 1, 2)
		synctest.Wait()
		want(t, "waiting in the stream", f.waiting(t, platform.LaneStream), 2)
		want(t, "waiting in the lane without a consumer", f.waiting(t, platform.LaneNotices), 0)
		<-time.After(time.Hour)
		f.report(t, 3)
		c.set(0, nil)
		<-time.After(time.Minute)
		synctest.Wait()
		want(t, "taken after an hour", c.list(&c.taken), []int64{1, 2, 3})
	})
}

// TestStatusAndLog: an operator sees what waits, since when and why; the log has the first failure and the recovery.
func TestStatusAndLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &consumer{fails: errors.New("no room")}
		f := newFixture(t, c)
		begin := f.clock.NowMS()
		f.report(t, 1, 2)
		<-time.After(10 * time.Second)
		synctest.Wait()
		got, err := f.Status(t.Context())
		must(t, err)
		want(t, "status", got, []Status{
			{Lane: "stream", Consumer: "noter", Waiting: 2, OldestMS: 1_700_000_000_123, Trouble: "no room", SinceMS: begin}, {Lane: "notices"},
		})
		c.set(0, nil)
		<-time.After(time.Minute)
		synctest.Wait()
		got, err = f.Status(t.Context())
		must(t, err)
		want(t, "status", got, []Status{{Lane: "stream", Consumer: "noter"}, {Lane: "notices"}})
		text := f.log.String()
		if strings.Count(text, "events wait") != 1 || strings.Count(text, "events are taken again") != 1 {
			t.Errorf("the log is\n%s", text)
		}
	})
}

// TestAReadingThatFailedOnce: the store could not be read while no event waited. Once it can be, nothing is wrong.
func TestAReadingThatFailedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, new(consumer))
		synctest.Wait()
		_, err := f.faults.Add(fault.Rule{Point: "store.read:outbox", Times: 1})
		must(t, err)
		f.lanes[platform.LaneStream].wake()
		<-time.After(time.Minute)
		synctest.Wait()
		got, err := f.Status(t.Context())
		must(t, err)
		want(t, "status", got, []Status{{Lane: "stream", Consumer: "noter"}, {Lane: "notices"}})
		if text := f.log.String(); strings.Count(text, "events are taken again") != 1 {
			t.Errorf("the log is\n%s", text)
		}
	})
}

// TestTheGaugeKnowsNothingOfAFailingStore: no number is better than a wrong one.
func TestTheGaugeKnowsNothingOfAFailingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, &consumer{fails: errors.New("away")})
		f.report(t, 1, 2)
		synctest.Wait()
		metrics := prometheus.NewRegistry()
		f.Measure(metrics)
		waiting := func() float64 {
			t.Helper()
			families, err := metrics.Gather()
			must(t, err)
			for _, family := range families {
				for _, m := range family.Metric {
					if family.GetName() == "rookery_events_waiting" && m.Label[0].GetValue() == "stream" {
						return m.GetGauge().GetValue()
					}
				}
			}
			t.Fatal("there is no such gauge")
			return 0
		}
		want(t, "waiting", waiting(), 2)
		_, err := f.faults.Add(fault.Rule{Point: "store.read:outbox"})
		must(t, err)
		if got := waiting(); !math.IsNaN(got) {
			t.Errorf("%v events are said to wait, though the store cannot be read", got)
		}
	})
}

// TestTheStoreFails: events are neither lost nor skipped when the store cannot be read or written, or panics.
func TestTheStoreFails(t *testing.T) {
	for name, rule := range map[string]fault.Rule{
		"reading":             {Point: "store.read:outbox", Times: 2},
		"a panic":             {Point: "store.read:outbox", Times: 2, Panic: true},
		"noting what is done": {Point: "store.write:outbox", Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := new(consumer)
				f := newFixture(t, c)
				synctest.Wait()
				f.report(t, 1)
				_, err := f.faults.Add(rule)
				must(t, err)
				f.lanes[platform.LaneStream].wake()
				f.lanes[platform.LaneNotices].wake()
				<-time.After(time.Minute)
				synctest.Wait()
				if c.list(&c.taken)[0] != 1 || c.list(&c.taken)[len(c.list(&c.taken))-1] != 1 {
					t.Errorf("taken: %v", c.list(&c.taken))
				}
				want(t, "waiting", f.waiting(t, platform.LaneStream), 0)
			})
		})
	}
}
