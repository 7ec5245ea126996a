package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/retcode"
)

// Retry says how calls are repeated.
type Retry struct {
	Attempts int           // at most, the first included; 1 repeats nothing
	Base     time.Duration // the bound of the random wait before the second attempt; it doubles from there
	Most     time.Duration // where that bound ends; a call is not repeated when the platform asks for a longer wait
}

// DefaultRetry is the Retry of clients that have no other.
var DefaultRetry = Retry{Attempts: 3, Base: 50 * time.Millisecond, Most: 2 * time.Second}

// again returns whether a call that failed is to be repeated, and after which wait.
func (c *Client) again(ctx context.Context, call *call, attempt int, err error) (time.Duration, bool) {
	if attempt >= c.retry.Attempts || ctx.Err() != nil || !repeatable(call, err) {
		return 0, false
	}
	bound := c.retry.Most
	if shift := attempt - 1; shift < 30 {
		bound = min(bound, c.retry.Base<<shift)
	}
	pause := rand.N(max(bound, 1)) // all of it is random, so that clients that failed together do not come back together
	var refused *Error
	if errors.As(err, &refused) {
		if refused.RetryAfter > c.retry.Most {
			return 0, false
		}
		pause += refused.RetryAfter
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= pause {
		return 0, false
	}
	return pause, c.budget.spend()
}

// repeatable reports whether the same call may work next time and does no harm if the first one was carried out.
func repeatable(call *call, err error) bool {
	var refused *Error
	if !errors.As(err, &refused) {
		var dial *net.OpError
		neverLeft := errors.As(err, &dial) && dial.Op == "dial"
		return neverLeft || !call.once
	}
	switch {
	case refused.code != 0:
		class := refused.Class()
		// A limit refuses a call before it is carried out.
		return class == retcode.ClassSlowDown || class == retcode.ClassRetry && !call.once
	case refused.Number != 0:
		return false
	}
	switch refused.HTTPStatus { // of something between here and the platform
	case http.StatusTooManyRequests:
		return true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return !call.once
	}
	return false
}

// A call earns a tenth of a repeat. A quiet client may repeat budgetMost times at once.
const (
	repeatCost = 10
	budgetMost = 10 * repeatCost
)

// budget bounds repeats by the number of calls.
type budget struct {
	mu   sync.Mutex
	left int
}

func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+1, budgetMost)
}

func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < repeatCost {
		return false
	}
	b.left -= repeatCost
	return true
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
