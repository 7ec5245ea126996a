// Package cache holds in memory what was last read from the store.
package cache

import (
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// ways is how many values a set holds: with few, keys that share a set by chance keep driving each other out.
const ways = 4

// Associative is a set-associative cache: each key has one set of a few places, and a new value replaces an arbitrary one of its full
// set. A look-up takes no lock. A value that was read before its set was dropped is not stored after the drop.
type Associative[K comparable, V any] struct {
	seed maphash.Seed
	sets atomic.Pointer[[]Set[K, V]]
}

// Set holds the values of some of the keys that share it.
type Set[K comparable, V any] struct {
	entries [ways]atomic.Pointer[entry[K, V]]
	mu      sync.Mutex // held by Put and Drop
	drops   atomic.Uint32
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// NewAssociative returns an empty cache with room for that many values, and a few more at most.
func NewAssociative[K comparable, V any](values int) *Associative[K, V] {
	c := &Associative[K, V]{seed: maphash.MakeSeed()}
	c.renew((values + ways - 1) / ways)
	return c
}

func (c *Associative[K, V]) renew(sets int) {
	s := make([]Set[K, V], sets)
	c.sets.Store(&s)
}

// SetOf returns the set of a key.
func (c *Associative[K, V]) SetOf(key K) *Set[K, V] {
	sets := *c.sets.Load()
	return &sets[maphash.Comparable(c.seed, key)%uint64(len(sets))]
}

// Clear drops every set. A value that is on its way goes to a set of before, where nobody looks for it.
func (c *Associative[K, V]) Clear() { c.renew(len(*c.sets.Load())) }

// Get returns the value of a key, which must not be changed, or nil.
func (s *Set[K, V]) Get(key K) *V {
	for i := range s.entries {
		if e := s.entries[i].Load(); e != nil && e.key == key {
			return &e.value
		}
	}
	return nil
}

// Drops counts how often the set was dropped. It must be called before reading a value that is to be Put.
func (s *Set[K, V]) Drops() uint32 { return s.drops.Load() }

// Put stores a value, unless the set was dropped since Drops returned drops.
func (s *Set[K, V]) Put(key K, value V, drops uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drops.Load() == drops {
		s.entries[s.place(key)].Store(&entry[K, V]{key, value})
	}
}

// place returns where a key's value goes: to its old one's place, a free one, or an arbitrary one.
func (s *Set[K, V]) place(key K) int {
	place := rand.IntN(ways)
	for i := range s.entries {
		switch e := s.entries[i].Load(); {
		case e == nil:
			place = i
		case e.key == key:
			return i
		}
	}
	return place
}

// Drop empties the set, and prevents values that were read before from being put into it.
func (s *Set[K, V]) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops.Add(1)
	for i := range s.entries {
		s.entries[i].Store(nil)
	}
}
