package platform

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is the platform's only clock. The zero value shows the system's time; only `rookery dev` and tests may move it. It
// is safe for concurrent use.
type Clock struct {
	shift atomic.Int64 // nanoseconds ahead of the system clock

	mu    sync.Mutex
	moved chan struct{} // closed by the next move; nil while nobody waits
}

// Now returns the platform's time.
func (c *Clock) Now() time.Time { return c.At(time.Now()) }

// At returns the platform's time at a moment of the system's.
func (c *Clock) At(t time.Time) time.Time { return t.Add(time.Duration(c.shift.Load())) }

// NowMS returns the platform's time in epoch milliseconds, the form in which every time is stored.
func (c *Clock) NowMS() int64 { return c.Now().UnixMilli() }

// Advance moves the clock by d, which may be negative.
func (c *Clock) Advance(d time.Duration) {
	c.shift.Add(int64(d))
	c.wake()
}

// Set makes the clock show t from now on.
func (c *Clock) Set(t time.Time) {
	c.shift.Store(int64(time.Until(t)))
	c.wake()
}

func (c *Clock) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved != nil {
		close(c.moved)
		c.moved = nil
	}
}

// nextMove returns a channel that is closed when the clock is moved the next time.
func (c *Clock) nextMove() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved == nil {
		c.moved = make(chan struct{})
	}
	return c.moved
}

// Wait returns when d has passed on the clock, or with ctx's error when ctx ends first. It notices when the clock is moved; a
// clock that is set back begins the wait anew, so that nobody waits for longer than d.
func (c *Clock) Wait(ctx context.Context, d time.Duration) error {
	for begin := c.Now(); ; {
		moved := c.nextMove()
		now := c.Now()
		if now.Before(begin) {
			begin = now
		}
		left := d - now.Sub(begin)
		if left <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-moved:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Ahead returns how far the clock is ahead of the system's; negative when it is behind.
func (c *Clock) Ahead() time.Duration { return time.Duration(c.shift.Load()) }
