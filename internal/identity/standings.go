package identity

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
)

// A gateway keeps so many standings at first and at most. Each takes 60 bytes.
const (
	standingsAtFirst = 1 << 14
	standingsKept    = 1 << 21
)

// standings keeps what the store last said of the openids that are checked most. A look-up takes no lock. A standing
// that changed is gone before the write that changed it returns, and one that was read before the change is not kept
// after it.
type standings struct {
	read  func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error)
	most  int // slots
	table atomic.Pointer[table]
}

// table has no pointers, so the collector never reads it.
type table struct {
	buckets []bucket
	evicted atomic.Int64 // standings that were driven out by others
}

// bucket is a small set of slots; when all are taken a new standing drives one out.
type bucket struct {
	mu      sync.Mutex    // held to fill or drop
	version atomic.Uint32 // odd while a slot is being written: what was read meanwhile does not count
	changes atomic.Uint32 // counts drops; a fill that began before one is too old
	slots   [4]slot
}

// slot is one kept standing in words, each read and written whole. An app of 0 says that the slot is free.
type slot [7]atomic.Uint64

// entry is what a slot holds.
type entry [7]uint64

func newEntry(app platform.AppID, openid platform.OpenID, st platform.Standing) entry {
	return entry{
		uint64(app), binary.BigEndian.Uint64(openid[:8]), binary.BigEndian.Uint64(openid[8:]),
		uint64(st.UIN),
		uint64(st.PasswordEpoch)<<32 | uint64(st.TokenEpoch),
		uint64(st.PayEpoch)<<32 | uint64(st.EndedEpoch),
		uint64(st.Scopes)<<32 | uint64(st.EndedBy)<<24 | uint64(st.OpenIDState)<<16 | uint64(st.AccountState)<<8 | uint64(st.AccountClass),
	}
}

func (e *entry) standing() platform.Standing {
	return platform.Standing{
		UIN:           platform.UIN(e[3]),
		PasswordEpoch: uint32(e[4] >> 32),
		TokenEpoch:    uint32(e[4]),
		PayEpoch:      uint32(e[5] >> 32),
		EndedEpoch:    uint32(e[5]),
		Scopes:        platform.ScopeSet(e[6] >> 32),
		EndedBy:       platform.EndedBy(e[6] >> 24),
		OpenIDState:   platform.OpenIDState(e[6] >> 16),
		AccountState:  platform.AccountState(e[6] >> 8),
		AccountClass:  platform.AccountClass(e[6]),
	}
}

// of reports whether the slot is the one of an openid.
func (s *slot) of(app platform.AppID, openid platform.OpenID) bool {
	return s[1].Load() == binary.BigEndian.Uint64(openid[:8]) && s[2].Load() == binary.BigEndian.Uint64(openid[8:]) && s[0].Load() == uint64(app)
}

func newStandings(slots, most int, read func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error)) *standings {
	s := &standings{read: read, most: most}
	s.table.Store(newTable(slots))
	return s
}

func newTable(slots int) *table { return &table{buckets: make([]bucket, slots/len(bucket{}.slots))} }

func (t *table) slots() int { return len(t.buckets) * len(bucket{}.slots) }

// get returns the standing of an openid. Errors are the store's.
func (s *standings) get(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
	t := s.table.Load()
	b := t.bucket(openid)
	if standing, ok := b.get(app, openid); ok {
		return standing, nil
	}
	changes := b.changes.Load()
	standing, err := s.read(ctx, app, openid)
	if err == nil && b.fill(app, openid, standing, changes) {
		s.grow(t)
	}
	return standing, err
}

// grow gives up a table in which an eighth of the slots have driven one out, for an empty one of twice its size. What is
// asked for again is read again: that costs less than a copy that no change may overtake.
func (s *standings) grow(t *table) {
	if t.evicted.Add(1) == int64(t.slots()/8) && t.slots() < s.most {
		s.table.CompareAndSwap(t, newTable(2*t.slots()))
	}
}

// get finds a kept standing. While its bucket is being written it finds none, which costs the caller a read.
func (b *bucket) get(app platform.AppID, openid platform.OpenID) (platform.Standing, bool) {
	version := b.version.Load()
	for i := range b.slots {
		if s := &b.slots[i]; s.of(app, openid) {
			var e entry
			for w := range e {
				e[w] = s[w].Load()
			}
			return e.standing(), version&1 == 0 && b.version.Load() == version
		}
	}
	return platform.Standing{}, false
}

// forget forgets every standing, as a restart does. A fill under way goes into the table that is given up.
func (s *standings) forget() {
	s.table.Store(newTable(s.table.Load().slots()))
}

// drop forgets an openid's standing.
func (s *standings) drop(app platform.AppID, openid platform.OpenID) {
	b := s.table.Load().bucket(openid)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes.Add(1)
	for i := range b.slots {
		if b.slots[i].of(app, openid) {
			b.write(i, entry{})
		}
	}
}

// fill keeps a standing, and reports whether it drove another out.
func (b *bucket) fill(app platform.AppID, openid platform.OpenID, standing platform.Standing, changes uint32) (evicted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changes.Load() != changes {
		return false
	}
	victim, evicted := int(openid[15])%len(b.slots), true
	for i := range b.slots {
		switch s := &b.slots[i]; {
		case s[0].Load() == 0:
			victim, evicted = i, false
		case s.of(app, openid):
			return false // another reader was quicker
		}
	}
	b.write(victim, newEntry(app, openid, standing))
	return evicted
}

// write puts an entry into a slot. b.mu is held.
func (b *bucket) write(slot int, e entry) {
	b.version.Add(1)
	for w := range e {
		b.slots[slot][w].Store(e[w])
	}
	b.version.Add(1)
}

// bucket picks by the openid alone: its bytes are random and ours, so nobody can aim at one bucket.
func (t *table) bucket(openid platform.OpenID) *bucket {
	return &t.buckets[binary.BigEndian.Uint64(openid[:8])%uint64(len(t.buckets))]
}
