package standings

import (
	"math/bits"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
)

// shardBits is the number of an openid's bits that select its shard. Each shard grows on its own.
const shardBits = 8

// shard is a part of the table. Readers take no lock: a read counts only if version was even before it and is unchanged
// after it. The words of a slot are atomic, and the slots of an array that another replaced never change again, so a reader that
// still has them finds what was true when it looked at version.
type shard struct {
	slots   atomic.Pointer[slots] // nil for none
	version atomic.Uint32         // odd while a slot is written
	changes atomic.Uint32         // counts drops
	mu      sync.Mutex            // held to write, and to use the fields below
	used    int                   // slots
	changed map[key]struct{}      // dropped since ReadAhead began; nil when it is not running
	_       [24]byte              // no two shards share a line of the processor's cache
}

// attempts is how often a reader tries before it waits for the writers.
const attempts = 100

func (s *shard) get(apps *apps, app platform.AppID, k key) (platform.Standing, bool) {
	for range attempts {
		version := s.version.Load()
		if version&1 != 0 {
			continue
		}
		slots := s.slots.Load()
		e, found := slots.get(apps, app, k)
		runtime.KeepAlive(slots)
		if s.version.Load() == version {
			return e.standing(), found
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, found := s.slots.Load().get(apps, app, k)
	return e.standing(), found
}

// find returns the slot of an openid. mu must be held, as for all methods below.
func (s *shard) find(apps *apps, app platform.AppID, k key) (slot int, found bool) {
	return s.slots.Load().find(apps, app, k)
}

// leastSlots is the size of the smallest array.
const leastSlots = 16

// insert puts a new entry into a slot. An array is at most 15/16 full, and grows by an eighth, so that it is never less
// than 5/6 full. Shards begin with different sizes, so that they do not all grow at the same time.
func (s *shard) insert(e entry, number int) {
	switch n := s.slots.Load().len(); {
	case n == 0:
		s.slots.Store(newSlots(leastSlots + number/16))
	case s.used+1 > n-max(1, n/16):
		s.resize(n + n/8)
	}
	slots := s.slots.Load()
	s.version.Add(1)
	slots.write(slots.free(e[1]), e)
	s.version.Add(1)
	s.used++
}

// resize moves the entries to another array.
func (s *shard) resize(n int) {
	slots := newSlots(n)
	if old := s.slots.Load(); old != nil {
		for i := range old.entries {
			if e := &old.entries[i]; e[2] != 0 {
				slots.entries[slots.free(e[1])] = *e
			}
		}
	}
	s.slots.Store(slots)
}

// remove empties a slot. It fills the gap with an entry that a search would no longer reach beyond it, then that entry's gap,
// and so on.
func (s *shard) remove(slot int) {
	slots := s.slots.Load()
	n := slots.len()
	s.version.Add(1)
	for i := slots.next(slot); ; i = slots.next(i) {
		e := slots.entries[i]
		if e[2] == 0 {
			break
		}
		if home := slots.home(e[1]); (i-home+n)%n >= (i-slot+n)%n {
			slots.write(slot, e)
			slot = i
		}
	}
	slots.write(slot, entry{})
	s.version.Add(1)
	s.used--
}

// evict removes an arbitrary entry. An array that is then less than 5/6 full shrinks, since its room is needed in other
// shards.
func (s *shard) evict() {
	slots := s.slots.Load()
	i := rand.IntN(slots.len())
	for slots.entries[i][2] == 0 {
		i = slots.next(i)
	}
	s.remove(i)
	if n := slots.len(); n > 32 && s.used < n-n/6 {
		s.resize(n - n/18)
	}
}

// slots is an array of slots, in which an entry is in the first free one from its home on. At least one is free.
type slots struct{ entries []entry }

func (s *slots) len() int {
	if s == nil {
		return 0
	}
	return len(s.entries)
}

func (s *slots) home(low uint64) int {
	home, _ := bits.Mul64(low, uint64(len(s.entries)))
	return int(home)
}

func (s *slots) next(i int) int {
	if i++; i < len(s.entries) {
		return i
	}
	return 0
}

// free returns the first free slot from a home on.
func (s *slots) free(low uint64) int {
	i := s.home(low)
	for s.entries[i][2] != 0 {
		i = s.next(i)
	}
	return i
}

// find returns the slot of an openid of an app. The openid is compared as a whole, and so is the app.
func (s *slots) find(apps *apps, app platform.AppID, k key) (slot int, found bool) {
	if s == nil {
		return 0, false
	}
	i := s.home(k.low)
	for range s.entries { // amid writes there may be no free slot to end at
		e := &s.entries[i]
		id := atomic.LoadUint64(&e[2])
		if id == 0 {
			return 0, false
		}
		if atomic.LoadUint64(&e[1]) == k.low && atomic.LoadUint64(&e[0]) == k.high && apps.is(app, id>>uinBits) {
			return i, true
		}
		i = s.next(i)
	}
	return 0, false
}

// get returns the entry of an openid of an app.
func (s *slots) get(apps *apps, app platform.AppID, k key) (e entry, found bool) {
	i, found := s.find(apps, app, k)
	if found {
		for w := range e {
			e[w] = atomic.LoadUint64(&s.entries[i][w])
		}
	}
	return e, found
}

func (s *slots) write(i int, e entry) {
	for w := range e {
		atomic.StoreUint64(&s.entries[i][w], e[w])
	}
}
