package identity

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// Busy refuses to hash a password because too many wait for it already.
type Busy struct {
	Wait time.Duration // until it is worth another try
}

func (e *Busy) Error() string {
	return fmt.Sprintf("too many passwords wait to be checked; it is worth another try in %s", e.Wait)
}

// lane hashes passwords, few at a time: each takes a processor for tens of milliseconds, and 19 MiB. Those that wait are bounded too.
type lane struct {
	slots, waiting chan struct{}
}

// waitEach is how many wait for each slot, at most: about two seconds' worth.
const waitEach = 32

func newLane(slots int) *lane {
	return &lane{slots: make(chan struct{}, slots), waiting: make(chan struct{}, waitEach*slots)}
}

// peopleSlots leaves half of the processors to the checks of tokens.
func peopleSlots() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// do runs hash in its turn, which ctx's end gives up. Errors: *Busy, and ctx's.
func (l *lane) do(ctx context.Context, hash func()) error {
	if err := ctx.Err(); err != nil {
		return err // whoever left before the turn costs nothing
	}
	select {
	case l.slots <- struct{}{}:
	default:
		select {
		case l.waiting <- struct{}{}:
		default:
			return &Busy{Wait: 2 * time.Second}
		}
		defer func() { <-l.waiting }()
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-l.slots }()
	hash()
	return nil
}

// hash is Cost.Hash in its turn.
func (l *lane) hash(ctx context.Context, cost Cost, password string) (hash string, err error) {
	if refused := l.do(ctx, func() { hash, err = cost.Hash(password) }); refused != nil {
		return "", refused
	}
	return hash, err
}

// verify is VerifyPassword in its turn.
func (l *lane) verify(ctx context.Context, hash, password string) (right bool, err error) {
	err = l.do(ctx, func() { right = VerifyPassword(hash, password) })
	return right, err
}
