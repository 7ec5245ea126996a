// Package cache holds in memory what was last read from the store.
package cache

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// DirectMapped is a direct-mapped cache: each key has one slot, and a new value replaces the slot's old one. A look-up
// takes no lock. A value that was read before its slot was dropped is not stored after the drop.
type DirectMapped[K comparable, V any] struct {
	seed  maphash.Seed
	slots atomic.Pointer[[]Slot[K, V]]
}

// Slot holds the value of one of the keys that share it.
type Slot[K comparable, V any] struct {
	entry atomic.Pointer[entry[K, V]]
	mu    sync.Mutex // held by Put and Drop
	drops atomic.Uint32
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// NewDirectMapped returns an empty cache with that many slots.
func NewDirectMapped[K comparable, V any](slots int) *DirectMapped[K, V] {
	c := &DirectMapped[K, V]{seed: maphash.MakeSeed()}
	c.renew(slots)
	return c
}

func (c *DirectMapped[K, V]) renew(slots int) {
	s := make([]Slot[K, V], slots)
	c.slots.Store(&s)
}

// Slot returns the slot of a key.
func (c *DirectMapped[K, V]) Slot(key K) *Slot[K, V] {
	slots := *c.slots.Load()
	return &slots[maphash.Comparable(c.seed, key)%uint64(len(slots))]
}

// Clear drops every slot. A value that is on its way goes to a slot of before, where nobody looks for it.
func (c *DirectMapped[K, V]) Clear() { c.renew(len(*c.slots.Load())) }

// Get returns the value of a key, which must not be changed, or nil.
func (s *Slot[K, V]) Get(key K) *V {
	if e := s.entry.Load(); e != nil && e.key == key {
		return &e.value
	}
	return nil
}

// Drops counts how often the slot was dropped. It must be called before reading a value that is to be Put.
func (s *Slot[K, V]) Drops() uint32 { return s.drops.Load() }

// Put stores a value, unless the slot was dropped since Drops returned drops.
func (s *Slot[K, V]) Put(key K, value V, drops uint32) {
	e := &entry[K, V]{key, value}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drops.Load() == drops {
		s.entry.Store(e)
	}
}

// Drop empties the slot, and prevents values that were read before from being put into it.
func (s *Slot[K, V]) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops.Add(1)
	s.entry.Store(nil)
}
