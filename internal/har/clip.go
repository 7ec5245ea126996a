package har

import (
	"bufio"
	"errors"
	"fmt"
)

// Bounds on what is read, in bytes.
const (
	maxText  = 1 << 20 // of each text; the rest is left out
	maxEntry = 8 << 20 // of an entry without what is left out
	maxRun   = 4 << 10 // of blanks, whose rest is left out, and of a number
)

var (
	errEntry = fmt.Errorf("an entry has more than %d bytes", maxEntry)
	errRun   = errors.New("a number is too long")
)

// clip passes JSON on without the rest of long texts, so that a reader of single entries needs little memory whatever is in them.
type clip struct {
	in       *bufio.Reader
	inText   bool
	clipping bool  // the rest of the current text is left out
	escaped  int   // bytes of the current escape still to come
	run      int   // bytes of the current text, number or row of blanks
	left     int   // bytes that may still be passed on
	passed   int64 // bytes passed on
	cuts     []cut
	failed   error
}

// cut is a place where bytes were left out.
type cut struct{ at, bytes int64 }

// Read implements io.Reader.
func (c *clip) Read(p []byte) (n int, err error) {
	for n < len(p) && c.failed == nil {
		b, err := c.in.ReadByte()
		if err != nil {
			c.failed = err
			break
		}
		keep := c.next(b)
		switch {
		case !keep:
			c.leaveOut(c.passed + int64(n))
		case c.left == 0:
			c.failed = errEntry
		default:
			p[n] = b
			n++
			c.left--
		}
		if c.in.Buffered() == 0 {
			break // a pipe's writer may have paused
		}
	}
	c.passed += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, c.failed
}

// next reports whether the next byte is passed on.
func (c *clip) next(b byte) (keep bool) {
	c.run++
	if c.inText {
		whole := c.escaped == 0 // the text so far has no half of an escape
		switch {
		case !whole:
			if c.escaped--; c.escaped == 0 && b == 'u' {
				c.escaped = 4
			}
		case b == '"':
			c.inText, c.clipping, c.run = false, false, 0
			return true
		case b == '\\':
			c.escaped = 1
		}
		c.clipping = c.clipping || whole && c.run > maxText
		return !c.clipping
	}
	switch b {
	case '"':
		c.inText, c.run = true, 0
	case '{', '}', '[', ']', ',', ':':
		c.run = 0
	case ' ', '\t', '\r', '\n':
		return c.run <= maxRun
	default:
		if c.run > maxRun {
			c.failed = errRun
		}
	}
	return true
}

// leaveOut notes that a byte is left out at a place of what is passed on.
func (c *clip) leaveOut(at int64) {
	if n := len(c.cuts); n > 0 && c.cuts[n-1].at == at {
		c.cuts[n-1].bytes++
		return
	}
	c.cuts = append(c.cuts, cut{at, 1})
}

// offset returns the place in the input of a place of what was passed on.
func (c *clip) offset(at int64) int64 {
	place := at
	for _, cut := range c.cuts {
		if cut.at < at {
			place += cut.bytes
		}
	}
	return place
}
