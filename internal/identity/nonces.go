package identity

import (
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// A nonce is remembered for twice the window of timestamps, so that a repeated call is either too old or recognized. Of an app at most
// noncesKept are; beyond that the oldest is forgotten first.
const (
	nonceMemory = 2 * TimestampWindow
	noncesKept  = 1 << 17
)

// nonces remembers the used nonces of each app. They are lost when the process ends.
type nonces struct {
	begin time.Time
	most  int // of an app
	apps  sync.Map
}

// appNonces are the used nonces of one app.
type appNonces struct {
	mu    sync.Mutex
	used  map[string]struct{}
	order []usedNonce // oldest first
	first int         // index in order of the oldest that is still remembered
	most  int         // remembered at most
	since time.Time   // a nonce that was used from then on is remembered, or has expired
}

type usedNonce struct {
	text string
	at   time.Time
}

func newNonces(most int, begin time.Time) *nonces { return &nonces{begin: begin, most: most} }

// of returns the nonces of an app, which must exist.
func (n *nonces) of(app platform.AppID) *appNonces {
	if of, ok := n.apps.Load(app); ok {
		return of.(*appNonces)
	}
	of, _ := n.apps.LoadOrStore(app, &appNonces{used: make(map[string]struct{}), most: n.most, since: n.begin})
	return of.(*appNonces)
}

// remembers reports whether the nonce of a call that was signed at a time would be known if it had been used. A clock that was set back to
// before the beginning decides nothing.
func (n *appNonces) remembers(signed, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return now.Before(n.since) || !signed.Before(n.since.Truncate(time.Second))
}

// known reports whether a nonce was used.
func (n *appNonces) known(text []byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(now)
	_, known := n.used[string(text)]
	return known
}

// take reports whether a nonce is new, and remembers it.
func (n *appNonces) take(text []byte, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(now)
	if _, again := n.used[string(text)]; again {
		return false
	}
	if len(n.used) >= n.most {
		n.since = n.order[n.first].at.Add(time.Second) // by the platform's clock, it was signed in that second at the latest
		n.forgetFirst()
	}
	key := string(text)
	n.used[key] = struct{}{}
	n.order = append(n.order, usedNonce{key, now})
	return true
}

// forget drops the expired nonces.
func (n *appNonces) forget(now time.Time) {
	for n.first < len(n.order) && now.Sub(n.order[n.first].at) >= nonceMemory {
		n.forgetFirst()
	}
	if n.first > len(n.order)/2 { // move the rest to the front, so that the list stays short
		n.order = append(n.order[:0], n.order[n.first:]...)
		n.first = 0
	}
}

func (n *appNonces) forgetFirst() {
	delete(n.used, n.order[n.first].text)
	n.order[n.first] = usedNonce{}
	n.first++
}
