package identity

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
)

// kept keeps what the store said last, one value a place: a new value drives out the one that had its place. Looking one up
// takes no lock. A value that was read before its key was dropped is not kept after it.
type kept[K comparable, V any] struct {
	places []place[K, V]
}

type place[K comparable, V any] struct {
	value   atomic.Pointer[keptValue[K, V]]
	mu      sync.Mutex // held to fill and to drop
	changes atomic.Uint32
}

type keptValue[K comparable, V any] struct {
	key   K
	value V
}

func newKept[K comparable, V any](places int) kept[K, V] {
	return kept[K, V]{make([]place[K, V], places)}
}

// at returns the place of the keys with that hash. Hashes come from random numbers of ours, so nobody can aim at one place.
func (k *kept[K, V]) at(hash uint64) *place[K, V] { return &k.places[hash%uint64(len(k.places))] }

// get returns the value of a key, which must not be changed, or nil.
func (p *place[K, V]) get(key K) *V {
	if kept := p.value.Load(); kept != nil && kept.key == key {
		return &kept.value
	}
	return nil
}

// put keeps a value that was read when changes had that number.
func (p *place[K, V]) put(key K, value V, changes uint32) *V {
	entry := &keptValue[K, V]{key, value}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changes.Load() == changes {
		p.value.Store(entry)
	}
	return &entry.value
}

func (p *place[K, V]) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changes.Add(1)
	p.value.Store(nil)
}

func (k *kept[K, V]) forget() {
	for i := range k.places {
		k.places[i].drop()
	}
}

// How many openkeys' sessions and profiles a gateway keeps at most.
const (
	sessionsKept = 1 << 16
	profilesKept = 1 << 14
)

type profileKey struct {
	app    platform.AppID
	openid platform.OpenID
}

func (k profileKey) hash() uint64 { return binary.BigEndian.Uint64(k.openid[:8]) }

// Profile returns what the account behind an openid shows of itself, with memberships as they were given: Profile.At tells
// which of them hold. It must not be changed. It is as current as a standing. Error: store.ErrNotFound, or the storage's.
func (s *Service) Profile(ctx context.Context, app platform.AppID, openid platform.OpenID, uin platform.UIN) (*platform.Profile, error) {
	key := profileKey{app, openid}
	place := s.profiles.at(key.hash())
	if profile := place.get(key); profile != nil {
		return profile, nil
	}
	changes := place.changes.Load()
	account, err := s.store.Account(ctx, uin)
	if err != nil {
		return nil, err
	}
	return place.put(key, account.Profile, changes), nil
}
