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
	Attempts int           // at most, including the first; 1 repeats nothing
	Base     time.Duration // the bound of the random wait before the second attempt; it doubles from there
	Most     time.Duration // the limit of that bound; a call is not repeated when the platform asks for a longer wait
}

// DefaultRetry is the Retry of clients that have no other.
var DefaultRetry = Retry{Attempts: 3, Base: 50 * time.Millisecond, Most: 2 * time.Second}

// again returns whether to repeat a failed call, and after how long.
func (c *Client) again(ctx context.Context, call *call, attempt int, err error) (time.Duration, bool) {
	if attempt >= c.retry.Attempts || ctx.Err() != nil || !repeatable(call, err) {
		return 0, false
	}
	bound := c.retry.Most
	if shift := attempt - 1; shift < 30 {
		bound = min(bound, c.retry.Base<<shift)
	}
	pause := rand.N(max(bound, 1)) // fully random, so that clients that failed together do not return together
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

// repeatable reports whether the same call may succeed next time and whether repeating is harmless if the first one was
// carried out.
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
		// A rate limit refuses a call before it is carried out.
		return class == retcode.ClassSlowDown || class == retcode.ClassRetry && !call.once
	case refused.Number != 0:
		return false
	}
	switch refused.HTTPStatus { // from something between here and the platform
	case http.StatusTooManyRequests:
		return true
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return !call.once
	}
	return false
}

// Each call earns a tenth of a repeat. A quiet client may make budgetMost repeats at once.
const (
	repeatCost = 10
	budgetMost = 10 * repeatCost
)

// budget limits repeats to a share of the calls.
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
