package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/retcode"
)

// Times of an OIDBServer's connection.
const (
	oidbIdle     = 10 * time.Minute // between frames
	oidbRead     = 10 * time.Second // for the rest of a frame that has begun, and for TLS's handshake
	oidbWrite    = 15 * time.Second // for an answer
	oidbFarewell = 2 * time.Second  // for the other side to close too
)

// oidbConn is a connection from a platform.
type oidbConn struct {
	server  *OIDBServer
	net     net.Conn
	trusted bool
	slots   chan struct{} // one for each call under way
	calls   sync.WaitGroup

	called  atomic.Bool // a call was read
	leaving atomic.Bool // the platform is to be told that the server is going to stop
	told    atomic.Bool

	began   bool // a frame has; for the goroutine that reads
	mu      sync.Mutex
	stopped bool

	writing sync.Mutex
}

// serve reads frames and starts their calls until the other side is gone, breaks the rules, or the server stops; then it waits for
// the answers and closes the connection.
func (c *oidbConn) serve() {
	defer c.part()
	defer c.calls.Wait()
	if !c.secured() {
		return
	}
	frames := frame.NewReader(c, frame.MaxSize+frame.ForwardingRoom)
	for {
		c.began = frames.Buffered() > 0
		wait := oidbIdle
		if c.began {
			wait = oidbRead
		}
		c.wait(wait)
		f, err := frames.Next()
		if err != nil || !f.Native || !c.begin(&f) || f.Broken {
			return
		}
	}
}

// secured ends the handshake of a connection with TLS, and reports whether it could.
func (c *oidbConn) secured() bool {
	secured, ok := c.net.(*tls.Conn)
	if !ok {
		return true
	}
	ctx, cancel := context.WithTimeout(c.server.calls, oidbRead)
	defer cancel()
	return secured.HandshakeContext(ctx) == nil
}

// begin starts the call of a frame. It reports whether there is somebody to answer.
func (c *oidbConn) begin(f *frame.Frame) bool {
	var head frame.Head
	seq, err := head.Parse(bytes.Clone(f.Head))
	if err != nil && !seq {
		return false
	}
	c.called.Store(true)
	body := bytes.Clone(f.Body)
	c.slots <- struct{}{}
	c.calls.Go(func() {
		defer func() { <-c.slots }()
		answer := frame.Head{UIN: head.UIN, Command: head.Command, Seq: head.Seq}
		var rsp []byte
		switch {
		case f.Oversize:
			refuse(&answer, retcode.OIDBPacketTooLarge)
		case err != nil || f.Broken:
			refuse(&answer, retcode.OIDBUnpackFailed)
		case !c.trusted:
			refuse(&answer, retcode.OIDBCommandNotGranted)
		default:
			answer, rsp = c.server.answer(&head, body)
		}
		c.write(frame.AppendNative(nil, &answer, rsp))
		if c.leaving.Load() {
			c.farewell()
		}
	})
	return true
}

// farewell tells the platform once that the server is going to stop.
func (c *oidbConn) farewell() {
	if !c.told.Swap(true) {
		c.write(frame.Goodbye)
	}
}

func (c *oidbConn) write(answer []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.net.SetWriteDeadline(time.Now().Add(oidbWrite)) // the write fails if this does
	if _, err := c.net.Write(answer); err != nil {
		c.net.Close() // so that the reading ends too
	}
}

// Read implements io.Reader. From the first bytes of a frame on, the rest has less time.
func (c *oidbConn) Read(b []byte) (int, error) {
	n, err := c.net.Read(b)
	if n > 0 && !c.began {
		c.began = true
		c.wait(oidbRead)
	}
	return n, err
}

// wait sets how long reads may take, unless the server stops.
func (c *oidbConn) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		_ = c.net.SetReadDeadline(time.Now().Add(d)) // the read fails if this does
	}
}

// stop ends the reading.
func (c *oidbConn) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	_ = c.net.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed connection
}

// part closes the connection, but first says that no more answers come: data that was not read would turn the close into a reset, with
// which the other side would lose answers that it has not read.
func (c *oidbConn) part() {
	defer c.net.Close()
	half, ok := c.net.(interface{ CloseWrite() error })
	if ok && half.CloseWrite() == nil && c.net.SetReadDeadline(time.Now().Add(oidbFarewell)) == nil {
		_, _ = io.Copy(io.Discard, c.net)
	}
}
