package platform

import (
	"sync/atomic"
	"time"
)

// Clock is the platform's only clock. The zero value shows the system's time; only `rookery dev` and tests may move it. It
// is safe for concurrent use.
type Clock struct {
	shift atomic.Int64 // nanoseconds ahead of the system clock
}

// Now returns the platform's time.
func (c *Clock) Now() time.Time { return c.At(time.Now()) }

// At returns the platform's time at a moment of the system's.
func (c *Clock) At(t time.Time) time.Time { return t.Add(time.Duration(c.shift.Load())) }

// NowMS returns the platform's time in epoch milliseconds, the form in which every time is stored.
func (c *Clock) NowMS() int64 { return c.Now().UnixMilli() }

// Advance moves the clock by d, which may be negative.
func (c *Clock) Advance(d time.Duration) { c.shift.Add(int64(d)) }

// Set makes the clock show t from now on.
func (c *Clock) Set(t time.Time) { c.shift.Store(int64(time.Until(t))) }

// Ahead returns how far the clock is ahead of the system's; negative when it is behind.
func (c *Clock) Ahead() time.Duration { return time.Duration(c.shift.Load()) }
