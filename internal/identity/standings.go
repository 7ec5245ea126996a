package identity

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
)

// standingsKept is how many standings a gateway keeps at most. A slot costs 12 bytes, a kept standing 64.
const standingsKept = 1 << 21

// standings keeps what the store last said of the openids that are checked most. A look-up takes no lock. A standing
// that changed is gone before the write that changed it returns, and one that was read before the change is not kept
// after it.
type standings struct {
	read    func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error)
	buckets atomic.Pointer[[]bucket]
}

// bucket is a small set of slots; when all are taken a new standing drives one out.
type bucket struct {
	slots   [4]atomic.Pointer[kept]
	mu      sync.Mutex    // held to fill or drop
	changes atomic.Uint32 // counts drops; a fill that began before one is too old
}

type kept struct {
	app      platform.AppID
	openid   platform.OpenID
	standing platform.Standing
}

func newStandings(slots int, read func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error)) *standings {
	s := &standings{read: read}
	buckets := make([]bucket, slots/len(bucket{}.slots))
	s.buckets.Store(&buckets)
	return s
}

// get returns the standing of an openid. Errors are the store's.
func (s *standings) get(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
	b := s.bucket(openid)
	for i := range b.slots {
		if k := b.slots[i].Load(); k != nil && k.openid == openid && k.app == app {
			return k.standing, nil
		}
	}
	changes := b.changes.Load()
	standing, err := s.read(ctx, app, openid)
	if err == nil {
		b.fill(&kept{app: app, openid: openid, standing: standing}, changes)
	}
	return standing, err
}

// forget forgets every standing, as a restart does. A fill under way goes into the table that is given up.
func (s *standings) forget() {
	empty := make([]bucket, len(*s.buckets.Load()))
	s.buckets.Store(&empty)
}

// drop forgets an openid's standing.
func (s *standings) drop(app platform.AppID, openid platform.OpenID) {
	b := s.bucket(openid)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes.Add(1)
	for i := range b.slots {
		if k := b.slots[i].Load(); k != nil && k.openid == openid && k.app == app {
			b.slots[i].Store(nil)
		}
	}
}

func (b *bucket) fill(k *kept, changes uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changes.Load() != changes {
		return
	}
	victim := int(k.openid[15]) % len(b.slots)
	for i := range b.slots {
		switch old := b.slots[i].Load(); {
		case old == nil:
			victim = i
		case old.openid == k.openid && old.app == k.app:
			return // another reader was quicker
		}
	}
	b.slots[victim].Store(k)
}

// bucket picks by the openid alone: its bytes are random and ours, so nobody can aim at one bucket.
func (s *standings) bucket(openid platform.OpenID) *bucket {
	buckets := *s.buckets.Load()
	return &buckets[binary.BigEndian.Uint64(openid[:8])%uint64(len(buckets))]
}
