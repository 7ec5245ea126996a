package friends

import (
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/platform"
)

// pairsKept is the maximum number of pairs in memory.
const pairsKept = 1 << 16

// pair is two accounts, the lower first: both are friends, or neither is.
type pair struct{ a, b platform.UIN }

func pairOf(a, b platform.UIN) pair { return pair{min(a, b), max(a, b)} }

// pairs caches which two accounts are friends. An answer counts until a friendship of its lower account changes, and one that
// was read before the change does not count after it.
type pairs struct {
	answers *cache.Associative[pair, answer]
	changed [1 << 12]atomic.Uint64 // each for the accounts that share it
}

type answer struct {
	friends bool
	changes uint64 // of its lower account, when it was read
}

func newPairs() *pairs { return &pairs{answers: cache.NewAssociative[pair, answer](pairsKept)} }

// changes counts the changes of an account's friendships.
func (p *pairs) changes(uin platform.UIN) *atomic.Uint64 {
	return &p.changed[uin%platform.UIN(len(p.changed))]
}

// drop makes the answers about an account be read again.
func (p *pairs) drop(uin platform.UIN) { p.changes(uin).Add(1) }

// are returns what is known of two accounts, or else what read says.
func (p *pairs) are(a, b platform.UIN, read func() (bool, error)) (bool, error) {
	key := pairOf(a, b)
	set, changes := p.answers.SetOf(key), p.changes(key.a).Load()
	if known := set.Get(key); known != nil && known.changes == changes {
		return known.friends, nil
	}
	drops := set.Drops()
	friends, err := read()
	if err == nil {
		set.Put(key, answer{friends, changes}, drops)
	}
	return friends, err
}
