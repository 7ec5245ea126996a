package identity

import (
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// A nonce is remembered for twice the window of timestamps, so that a repeated call is either too old or recognized. Beyond
// noncesKept the oldest is forgotten first.
const (
	nonceMemory = 2 * TimestampWindow
	noncesKept  = 1 << 17
)

// nonces remembers used nonces.
type nonces struct {
	mu    sync.Mutex
	used  map[nonce]struct{}
	order []usedNonce // oldest first
	first int         // index in order of the oldest that is still remembered
	most  int         // remembered at most
}

type nonce struct {
	app  platform.AppID
	text string
}

type usedNonce struct {
	nonce
	until int64 // epoch nanoseconds
}

func newNonces(most int) *nonces {
	return &nonces{used: make(map[nonce]struct{}), most: most}
}

// known reports whether a nonce was used at the app.
func (n *nonces) known(app platform.AppID, text []byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(now)
	_, known := n.used[nonce{app, string(text)}]
	return known
}

// take reports whether a nonce is new at the app, and remembers it.
func (n *nonces) take(app platform.AppID, text []byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(now)
	key := nonce{app, string(text)}
	if _, again := n.used[key]; again {
		return false
	}
	if len(n.used) >= n.most {
		n.forgetFirst()
	}
	n.used[key] = struct{}{}
	n.order = append(n.order, usedNonce{key, now.Add(nonceMemory).UnixNano()})
	return true
}

// forget drops the expired nonces.
func (n *nonces) forget(now time.Time) {
	for n.first < len(n.order) && n.order[n.first].until <= now.UnixNano() {
		n.forgetFirst()
	}
	if n.first > len(n.order)/2 { // move the rest to the front, so that the list stays short
		n.order = append(n.order[:0], n.order[n.first:]...)
		n.first = 0
	}
}

func (n *nonces) forgetFirst() {
	delete(n.used, n.order[n.first].nonce)
	n.order[n.first] = usedNonce{}
	n.first++
}
