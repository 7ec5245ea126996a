// Package limit counts calls against rates. It has no clock and no codes: the caller passes the time and decides what a
// refusal means.
package limit

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Bucket counts against one rate by GCRA, the generic cell rate algorithm: exact, with one number of state and no lock.
// Count calls may come at once; then one every Per/Count. The zero value has seen no call.
type Bucket struct {
	arrival atomic.Int64 // theoretical arrival time of the next call, nanoseconds of the platform's clock
}

// Take counts a call at now, unless the rate is used up; then it returns how long to wait for the next.
func (b *Bucket) Take(rate platform.Rate, now time.Time) (wait time.Duration, ok bool) {
	interval := Interval(rate)
	for {
		old := b.arrival.Load()
		next, wait := advance(old, interval, rate.Per, now.UnixNano())
		if wait > 0 {
			return wait, false
		}
		if b.arrival.CompareAndSwap(old, next) {
			return 0, true
		}
	}
}

// Interval returns the time between two calls that use up a rate.
func Interval(rate platform.Rate) time.Duration { return max(rate.Per/time.Duration(rate.Count), 1) }

// Slack is more than the times of two calls counted at the same moment may differ by.
const Slack = time.Minute

// advance is GCRA: a call conforms when its theoretical arrival is at most per-interval ahead of now. An arrival further
// ahead than the rate can have brought it was left by a stricter rate, or by a clock that was set back since; then all but
// one call count as used up, so that nobody waits for a rate that is no longer set.
func advance(arrival int64, interval, per time.Duration, now int64) (next int64, wait time.Duration) {
	if time.Duration(arrival-now) > per+Slack {
		arrival = now + int64(per-interval)
	}
	next = max(arrival, now) + int64(interval)
	if ahead := time.Duration(next - now); ahead > per {
		return 0, ahead - per
	}
	return next, 0
}

// Keyed counts against one rate for each of many keys. A key whose rate is wholly free again is forgotten; at most Keys of
// them are remembered, and beyond that the calls of new keys go uncounted rather than refused.
type Keyed struct {
	seed   maphash.Seed
	shards [16]shard
}

// Keys bounds how many keys one Keyed remembers.
const Keys = 1 << 20

type shard struct {
	mu       sync.Mutex
	arrivals map[string]int64
	sweepAt  int   // the number of keys at which the shard next looks for some to forget
	swept    int64 // when it last looked
}

const firstSweep = 1024

// NewKeyed returns a Keyed that has seen no call.
func NewKeyed() *Keyed {
	k := &Keyed{seed: maphash.MakeSeed()}
	for i := range k.shards {
		k.shards[i] = shard{arrivals: make(map[string]int64), sweepAt: firstSweep}
	}
	return k
}

// Take counts a call of key at now, unless the key's rate is used up; then it returns how long to wait for the next.
func (k *Keyed) Take(key string, rate platform.Rate, now time.Time) (wait time.Duration, ok bool) {
	interval := Interval(rate)
	s := &k.shards[maphash.String(k.seed, key)%uint64(len(k.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	arrival, known := s.arrivals[key]
	next, wait := advance(arrival, interval, rate.Per, now.UnixNano())
	if wait > 0 {
		return wait, false
	}
	if !known && !s.makeRoom(now.UnixNano()) {
		return 0, true
	}
	s.arrivals[key] = next
	return 0, true
}

// GiveBack undoes the count of a call of key.
func (k *Keyed) GiveBack(key string, rate platform.Rate) {
	s := &k.shards[maphash.String(k.seed, key)%uint64(len(k.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if arrival, known := s.arrivals[key]; known {
		s.arrivals[key] = arrival - int64(Interval(rate))
	}
}

// Clear forgets the calls of key.
func (k *Keyed) Clear(key string) {
	s := &k.shards[maphash.String(k.seed, key)%uint64(len(k.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.arrivals, key)
}

// makeRoom forgets keys whose whole rate is free again, once the shard has doubled since the last time, or every second
// when it is full, and reports whether it may grow.
func (s *shard) makeRoom(now int64) bool {
	const most = Keys / len(Keyed{}.shards)
	full := len(s.arrivals) >= most
	if len(s.arrivals) < s.sweepAt || full && now-s.swept < int64(time.Second) {
		return !full
	}
	for key, arrival := range s.arrivals {
		if arrival <= now {
			delete(s.arrivals, key)
		}
	}
	s.sweepAt = min(max(firstSweep, 2*len(s.arrivals)), most)
	s.swept = now
	return len(s.arrivals) < most
}
