package server

import "time"

// The HTTP server moves a connection's deadlines five times a request, and each move of a timer costs about as much as the
// check of a token. So a connection only records its deadlines, and the listener looks at all of them once a deadlineTick:
// a far deadline may fire that much late.

const deadlineTick = 250 * time.Millisecond

// deadline is the deadline of one direction of a connection.
type deadline struct {
	due int64 // Unix nanoseconds; 0 for none
	set bool  // the connection itself has a deadline
}

// move records a new deadline. It returns the deadline that the connection itself must get, if that changes: a near or past
// one at once, and for a far one, or none, the removal of the connection's own.
func (d *deadline) move(t time.Time, now int64) (own time.Time, changed bool) {
	d.due = 0
	switch {
	case t.IsZero():
	case t.UnixNano() < now+2*int64(deadlineTick):
		d.set = true
		return t, true
	default:
		d.due = t.UnixNano()
	}
	changed, d.set = d.set, false
	return time.Time{}, changed
}

// expired reports whether the deadline has come, once.
func (d *deadline) expired(now int64) bool {
	if d.due == 0 || now < d.due {
		return false
	}
	d.due, d.set = 0, true
	return true
}

// past is a deadline that ends a wait at once.
var past = time.Unix(1, 0)

func (c *counted) expire(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read.expired(now.UnixNano()) {
		_ = c.TCPConn.SetReadDeadline(past) // fails only when it is closed
	}
	if c.write.expired(now.UnixNano()) {
		_ = c.TCPConn.SetWriteDeadline(past)
	}
}

// SetReadDeadline implements net.Conn.
func (c *counted) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if own, changed := c.read.move(t, c.among.now.Load()); changed {
		return c.TCPConn.SetReadDeadline(own)
	}
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *counted) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if own, changed := c.write.move(t, c.among.now.Load()); changed {
		return c.TCPConn.SetWriteDeadline(own)
	}
	return nil
}

// SetDeadline implements net.Conn.
func (c *counted) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}
