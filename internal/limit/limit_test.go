package limit

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/limit/limittest"
	"github.com/rookeryhq/rookery/internal/platform"
)

var start = time.UnixMilli(1_700_000_000_000)

func TestBuckets(t *testing.T) {
	buckets := make(map[string]*Bucket)
	limittest.Run(t, func(key string, rate platform.Rate, now time.Time) (time.Duration, bool) {
		if buckets[key] == nil {
			buckets[key] = new(Bucket)
		}
		return buckets[key].Take(rate, now)
	})
}

func TestKeyed(t *testing.T) { limittest.Run(t, NewKeyed().Take) }

func TestGiveBack(t *testing.T) {
	keyed, rate := NewKeyed(), platform.Rate{Count: 2, Per: time.Minute}
	for range 10 {
		if wait, ok := keyed.Take("key", rate, start); !ok {
			t.Fatalf("a call that is given back each time has to wait %v", wait)
		}
		keyed.GiveBack("key", rate)
	}
	keyed.GiveBack("never seen", rate)
	for i, want := range []bool{true, true, false} {
		if _, ok := keyed.Take("key", rate, start); ok != want {
			t.Errorf("call %d: got %v, want %v", i, ok, want)
		}
	}
}

func TestClear(t *testing.T) {
	keyed, rate := NewKeyed(), platform.Rate{Count: 2, Per: time.Minute}
	keyed.Clear("never seen")
	for _, key := range []string{"key", "other"} {
		for range 2 {
			keyed.Take(key, rate, start)
		}
	}
	keyed.Clear("key")
	for i, want := range []bool{true, true, false} {
		if _, ok := keyed.Take("key", rate, start); ok != want {
			t.Errorf("call %d: got %v, want %v", i, ok, want)
		}
	}
	if _, ok := keyed.Take("other", rate, start); ok {
		t.Error("another key's calls are forgotten too")
	}
}

func TestConcurrentCallsAreCountedExactly(t *testing.T) {
	const count = 1000
	var (
		bucket        Bucket
		keyed         = NewKeyed()
		rate          = platform.Rate{Count: count, Per: time.Hour}
		taken, single atomic.Int64
		callers       sync.WaitGroup
	)
	for range 8 {
		callers.Go(func() {
			for range count {
				if _, ok := bucket.Take(rate, start); ok {
					single.Add(1)
				}
				if _, ok := keyed.Take("key", rate, start); ok {
					taken.Add(1)
				}
			}
		})
	}
	callers.Wait()
	if single.Load() != count || taken.Load() != count {
		t.Errorf("took %d of a bucket and %d of a key, want %d of each", single.Load(), taken.Load(), count)
	}
}

// TestNoCallOvertakesAnother: calls that all conform are counted all the same, however their steps interleave.
func TestNoCallOvertakesAnother(t *testing.T) {
	const callers, each = 8, 100_000
	var (
		bucket Bucket
		rate   = platform.Rate{Count: callers * each, Per: callers * each * time.Microsecond}
		all    sync.WaitGroup
	)
	for range callers {
		all.Go(func() {
			for range each {
				if _, ok := bucket.Take(rate, start); !ok {
					t.Error("a call that the rate allows is refused")
					return
				}
			}
		})
	}
	all.Wait()
	if wait, ok := bucket.Take(rate, start); ok || wait != time.Microsecond {
		t.Errorf("once the rate is used up: got %v after %v, want to wait 1µs", ok, wait)
	}
}

func TestKeyedForgetsWhatIsPaidOff(t *testing.T) {
	keyed, rate := NewKeyed(), platform.Rate{Count: 1, Per: time.Second}
	for i := range 200_000 {
		keyed.Take(strconv.Itoa(i), rate, start.Add(time.Duration(i)*time.Millisecond))
	}
	remembered := 0
	for i := range keyed.shards {
		remembered += len(keyed.shards[i].arrivals)
	}
	if most := 16 * 2 * firstSweep; remembered > most {
		t.Errorf("%d keys are remembered, want at most %d", remembered, most)
	}
}

func TestKeyedIsBounded(t *testing.T) {
	keyed, rate := NewKeyed(), platform.Rate{Count: 1, Per: time.Hour}
	for i := range 1<<20 + 100_000 {
		keyed.Take(strconv.Itoa(i), rate, start)
	}
	remembered := 0
	for i := range keyed.shards {
		remembered += len(keyed.shards[i].arrivals)
	}
	if remembered > 1<<20 {
		t.Errorf("%d keys are remembered, want at most 1048576", remembered)
	}
}
