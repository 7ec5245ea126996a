// Package standings caches what the store said last about the openids that are checked, so that the check of a token seldom
// reads the store.
package standings

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/rookeryhq/rookery/internal/platform"
)

// BytesEach is the maximum memory of a cached standing, on average over many: a slot of 40 bytes and its share of the empty
// slots.
const BytesEach = 48

// Table caches standings. A look-up takes a lock only when writers overtook it again and again. When Drop returns, the old
// standing is gone, and a standing that was read before the change will not be stored. It is safe for concurrent use.
type Table struct {
	read   func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error)
	behind func() bool // whether a change may not have been dropped yet; nil if none can be
	most   int64

	kept   atomic.Int64 // standings, and room reserved by a writer
	reads  atomic.Int64
	apps   apps
	shards [1 << shardBits]shard
}

// New returns an empty table of at most so many standings; beyond that a new one replaces an arbitrary one. It reads
// missing standings with read.
// It does not use what it has while behind, unless that is nil, reports that a change may not have been heard.
func New(most int, behind func() bool, read func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error)) *Table {
	return &Table{read: read, behind: behind, most: int64(most)}
}

// Get returns the standing of an openid. Errors are read's.
func (t *Table) Get(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
	k := newKey(openid)
	s := &t.shards[k.shard()]
	if standing, ok := s.get(&t.apps, app, k); ok && (t.behind == nil || !t.behind()) {
		return standing, nil
	}
	t.reads.Add(1)
	changes := s.changes.Load()
	standing, err := t.read(ctx, app, openid)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.changes.Load() == changes { // otherwise the standing may be out of date
			t.put(s, app, k, standing)
		}
	}
	return standing, err
}

// put stores a standing. The shard's lock is held.
func (t *Table) put(s *shard, app platform.AppID, k key, standing platform.Standing) {
	e, fits := newEntry(k, t.apps.number(app), standing)
	if !fits {
		return // it is read each time
	}
	if _, found := s.find(&t.apps, app, k); found {
		return // another reader was quicker
	}
	if t.kept.Add(1) > t.most && !t.evict(s) {
		t.kept.Add(-1)
		return
	}
	s.insert(e, k.shard())
}

// evict removes an arbitrary standing, of the largest of some shards, since reading ahead may have filled a few alone; false
// if it finds none. It does not wait for other shards' locks, since it is called with the one of held.
func (t *Table) evict(held *shard) bool {
	first, longest := 0, -1
	for range 4 {
		i := rand.IntN(len(t.shards))
		if n := t.shards[i].slots.Load().len(); n > longest {
			first, longest = i, n
		}
	}
	for i := range t.shards {
		s := &t.shards[(first+i)%len(t.shards)]
		if s != held && !s.mu.TryLock() {
			continue
		}
		found := s.used > 0
		if found {
			s.evict()
			t.kept.Add(-1)
		}
		if s != held {
			s.mu.Unlock()
		}
		if found {
			return true
		}
	}
	return false
}

// Drop removes an openid's standing, which has changed.
func (t *Table) Drop(app platform.AppID, openid platform.OpenID) {
	k := newKey(openid)
	s := &t.shards[k.shard()]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes.Add(1)
	if s.changed != nil {
		s.changed[k] = struct{}{}
	}
	if i, found := s.find(&t.apps, app, k); found {
		s.remove(i)
		t.kept.Add(-1)
	}
}

// Forget removes every standing and ends reading ahead, so that all are read again when needed.
func (t *Table) Forget() {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		s.changes.Add(1)
		s.changed = nil
		s.slots.Store(nil)
		t.kept.Add(-int64(s.used))
		s.used = 0
		s.mu.Unlock()
	}
}

// Kept returns the number of standings in the table.
func (t *Table) Kept() int { return int(t.kept.Load()) }

// Bytes returns the memory that the standings take, with the room for more.
func (t *Table) Bytes() (bytes int) {
	for i := range t.shards {
		bytes += t.shards[i].slots.Load().len() * int(unsafe.Sizeof(entry{}))
	}
	return bytes
}

// Reads returns how many standings were read because they were missing, not counting those read ahead.
func (t *Table) Reads() int { return int(t.reads.Load()) }

// key is an openid as the table looks it up. Its bytes are random and ours, so nobody can aim at one place.
type key struct{ high, low uint64 }

func newKey(openid platform.OpenID) key {
	return key{binary.BigEndian.Uint64(openid[:8]), binary.BigEndian.Uint64(openid[8:])}
}

// shard follows the order of openids, but the place within it does not: so consecutive openids fill one shard after the
// other, and each evenly.
func (k key) shard() int { return int(k.high >> (64 - shardBits)) }

// entry is what a slot holds; its third word is 0 when it is free. A standing with a number of too many bits does not
// fit.
type entry [5]uint64

const (
	uinBits   = 48 // the app's number is above them
	epochBits = 21
	scopeBits = 27
	stateBits = 4
)

func newEntry(k key, app uint16, st platform.Standing) (e entry, fits bool) {
	e = entry{
		k.high, k.low,
		uint64(app)<<uinBits | low(uint64(st.UIN), uinBits),
		epoch(st.PasswordEpoch)<<(2*epochBits) | epoch(st.TokenEpoch)<<epochBits | epoch(st.PayEpoch),
		epoch(st.EndedEpoch)<<(scopeBits+4*stateBits) | low(uint64(st.Scopes), scopeBits)<<(4*stateBits) |
			low(uint64(st.EndedBy), stateBits)<<(3*stateBits) | low(uint64(st.OpenIDState), stateBits)<<(2*stateBits) |
			low(uint64(st.AccountState), stateBits)<<stateBits | low(uint64(st.AccountClass), stateBits),
	}
	return e, app != 0 && e.standing() == st
}

func (e *entry) standing() platform.Standing {
	return platform.Standing{
		UIN:           platform.UIN(low(e[2], uinBits)),
		PasswordEpoch: uint32(low(e[3]>>(2*epochBits), epochBits)),
		TokenEpoch:    uint32(low(e[3]>>epochBits, epochBits)),
		PayEpoch:      uint32(low(e[3], epochBits)),
		EndedEpoch:    uint32(low(e[4]>>(scopeBits+4*stateBits), epochBits)),
		Scopes:        platform.ScopeSet(low(e[4]>>(4*stateBits), scopeBits)),
		EndedBy:       platform.EndedBy(low(e[4]>>(3*stateBits), stateBits)),
		OpenIDState:   platform.OpenIDState(low(e[4]>>(2*stateBits), stateBits)),
		AccountState:  platform.AccountState(low(e[4]>>stateBits, stateBits)),
		AccountClass:  platform.AccountClass(low(e[4], stateBits)),
	}
}

// low returns the lowest bits of a number.
func low(n uint64, bits int) uint64 { return n & (1<<bits - 1) }

func epoch(n uint32) uint64 { return low(uint64(n), epochBits) }

// apps numbers apps from 1 on, so that a slot needs 16 bits for one.
type apps struct {
	mu      sync.RWMutex
	numbers map[platform.AppID]uint16
	ids     atomic.Pointer[[]platform.AppID] // number n is at n-1
}

// number returns an app's number; 0 when none is left.
func (a *apps) number(id platform.AppID) uint16 {
	a.mu.RLock()
	n := a.numbers[id]
	a.mu.RUnlock()
	if n != 0 {
		return n
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := a.numbers[id]; n != 0 {
		return n
	}
	var ids []platform.AppID
	if a.numbers == nil {
		a.numbers = make(map[platform.AppID]uint16)
	} else {
		ids = *a.ids.Load()
	}
	if len(ids) == 1<<16-1 {
		return 0
	}
	ids = append(ids, id) // the part that readers have stays unchanged
	a.ids.Store(&ids)
	a.numbers[id] = uint16(len(ids))
	return uint16(len(ids))
}

// is reports whether number, which apps.number returned, is the app's.
func (a *apps) is(id platform.AppID, number uint64) bool { return (*a.ids.Load())[number-1] == id }
