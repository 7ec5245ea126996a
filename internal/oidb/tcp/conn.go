package tcp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

const (
	// readBuffer is the size of a busy connection's buffer, in bytes. It grows for a larger frame.
	readBuffer = 16 << 10
	// linger is how long a connection keeps its buffer after its last frame: short, so that many connections that send one
	// after the other share a few buffers.
	linger = 100 * time.Millisecond
	// farewell is how long this side, when it closes a connection, waits for the peer to close too.
	farewell = 2 * time.Second
	// enough is how many bytes of answers are worth a write while more frames can be served.
	enough = 32 << 10
	// turn is the number of calls after which a connection lets others go first. One whose next calls are there already would go on for
	// the scheduler's ten milliseconds.
	turn = 64
	// backlog is how many bytes of answers may wait for a slow reader before its connection is no longer read.
	backlog = 256 << 10
)

// conn is one connection to the bus.
type conn struct {
	server *Server
	net    net.Conn
	peer   netip.Addr

	first   [32]byte      // of what comes while it is idle
	slots   chan struct{} // one for each call that waits; made by the first reader that hands over
	waiting sync.WaitGroup
	native  atomic.Bool // a native call was answered, so that the peer knows such frames
	told    atomic.Bool // that the server is going to stop

	mu      sync.Mutex
	drained sync.Cond
	out     []byte // waits for the current writer
	spare   []byte
	writing bool
	broken  bool // no more writes are possible
	stopped bool
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, net: nc}
	c.drained.L = &c.mu
	if tcp, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		c.peer = tcp.AddrPort().Addr().Unmap().WithZone("") // no range holds an address with a zone
	}
	return c
}

// idle waits for the first bytes of a connection that has no reader, and serves it from then on. It is a goroutine of its own, because one
// that has carried out a call keeps a large stack.
func (c *conn) idle() {
	n := 0
	if c.deadline(c.server.options.IdleTimeout) {
		n, _ = c.net.Read(c.first[:]) // without bytes the connection has ended
	}
	if n == 0 {
		c.waiting.Wait()
		c.part(linger) // the peer has its answers
		return
	}
	c.wake(n)
}

// wake gives the connection a reader with the first bytes, and serves it.
func (c *conn) wake(n int) {
	r := &reader{conn: c, buffer: c.server.buffers.Get().(*[]byte)}
	r.unread = append((*r.buffer)[:0], c.first[:n]...)
	r.serve()
}

// reader reads a connection and runs its calls, one after the other. Only one reader reads at a time: a call that is about
// to wait starts another reader, which continues after the call's frame, and the call's own goroutine ends with the call.
// So no call runs twice, and what a call refers to in the buffer stays valid, because the buffer stays with the call.
type reader struct {
	*conn
	call   oidb.Inbound
	frame  frame.Frame // the current one; a part of unread
	buffer *[]byte
	unread []byte // part of buffer
	body   []byte // of the current answer
	batch  []byte // answers not yet passed to send
	waits  bool   // the current call has a slot of the server's
	handed bool   // the current call has handed the reading over
	idles  bool   // nothing has come for a while
	served int    // calls since others had their turn
}

// serve reads frames until the peer is gone, breaks the rules, or the server stops; then it answers what it has read and
// closes the connection. It also ends when the connection becomes idle.
func (r *reader) serve() {
	for more := r.secured(); more; {
		more = r.next()
	}
	if r.handed {
		return
	}
	if r.idles {
		r.release()
		go r.conn.idle()
		return
	}
	r.conn.waiting.Wait()
	r.flush()
	r.release()
	r.part(farewell)
}

// next reads a frame, or the missing part of one, and answers it. It reports whether this reader continues.
func (r *reader) next() bool {
	f, more, err := frame.Next(r.unread, r.server.options.MaxFrame+frame.ForwardingRoom)
	switch {
	case err != nil: // not a call, but worth an event
		r.server.bus.Serve(r.server.ctx, &oidb.Inbound{Peer: r.peer, Malformed: err}, nil)
		return false
	case more > 0:
		r.flush()
		if r.served >= turn {
			r.served = 0
			runtime.Gosched()
		}
		return r.read(more)
	}
	r.served++
	r.frame = f
	if !r.answer() || f.Broken {
		return false
	}
	if f.Oversize {
		return r.skip(f.Size)
	}
	r.unread = r.unread[f.Size:]
	if len(r.batch) > enough {
		r.flush()
	}
	return true
}

// answer runs the current frame's call. It reports whether this reader still reads, and whether there was a call to answer.
func (r *reader) answer() bool {
	f := &r.frame
	q := &r.call
	*q = oidb.Inbound{Peer: r.peer, Body: f.Body, Size: f.Size, Limit: r.server.options.MaxFrame, Deadline: r.server.options.Deadline, HandOff: q.HandOff}
	if q.HandOff == nil {
		q.HandOff = r.handOff
	}
	answerable := true
	if f.Native {
		var seq bool
		seq, q.Malformed = q.Head.Parse(f.Head)
		answerable = seq || q.Malformed == nil
		if f.Broken && q.Malformed == nil {
			q.Malformed = frame.ErrEnd
		}
	} else {
		var p wire.ClientPackage
		q.Malformed = p.Parse(f.Body)
		q.Head.Command, q.Body = p.Command, p.Body
	}
	answer := r.server.bus.Serve(r.server.ctx, q, r.body[:0])
	r.body = answer.Body
	if answerable {
		r.append(&answer)
	}
	if r.waits {
		<-r.server.waiting
		r.waits = false
	}
	if r.handed {
		r.flush()
		<-r.slots
		r.giveBack()
		r.conn.waiting.Done()
		return false
	}
	return answerable
}

// handOff starts the reading of the frames after this one while its call waits. Without a free slot for the call, it waits
// for one first. The client form has no seq, so its answers must come in the order of the calls, and the reading waits with
// the call.
func (r *reader) handOff() {
	r.flush()
	r.waits = true
	if !r.frame.Native {
		r.server.waiting <- struct{}{}
		return
	}
	if r.slots == nil {
		r.slots = make(chan struct{}, r.server.options.MaxInFlight)
	}
	r.slots <- struct{}{}
	r.server.waiting <- struct{}{}
	rest := r.unread[r.frame.Size:]
	next := &reader{conn: r.conn, buffer: r.server.buffers.Get().(*[]byte)}
	next.makeRoom(len(rest))
	next.unread = append((*next.buffer)[:0], rest...)
	r.conn.waiting.Add(1) // before the next reader can check whether any call waits
	r.handed = true
	go next.serve()
}

// append appends an answer to the batch.
func (r *reader) append(a *oidb.Answer) {
	q := &r.call
	if r.frame.Native {
		head := wire.Head{UIN: q.Head.UIN, Command: q.Head.Command, Seq: q.Head.Seq, Result: a.Result, Message: a.Message, Detail: a.Detail, RetryAfter: a.RetryAfter}
		r.batch = frame.AppendNative(r.batch, &head, a.Body)
		if !r.native.Load() {
			r.native.Store(true)
		}
		if r.server.leaving.Load() && !r.told.Swap(true) {
			r.batch = append(r.batch, frame.Goodbye...)
		}
	} else {
		r.batch = frame.AppendClient(r.batch, &wire.ClientPackage{Command: q.Head.Command, Result: a.Result, Body: a.Body, Message: a.Message})
	}
}

// read makes unread at least that long, and reports whether it could.
func (r *reader) read(length int) bool {
	idle := len(r.unread) == 0
	r.makeRoom(length)
	wait := r.server.options.ReadTimeout
	if idle {
		wait = linger
	}
	if !r.deadline(wait) {
		return false
	}
	for len(r.unread) < length {
		at := len(r.unread)
		n, err := r.net.Read(r.unread[at:cap(r.unread)])
		r.unread = r.unread[:at+n]
		switch {
		case n > 0:
			if idle && len(r.unread) < length {
				idle = false
				if !r.deadline(r.server.options.ReadTimeout) {
					return false
				}
			}
		case idle && errors.Is(err, os.ErrDeadlineExceeded):
			r.idles = true
			return false
		case err != nil:
			return false
		}
	}
	return true
}

// makeRoom moves unread to the front of the buffer, or to a larger one if length requires it.
func (r *reader) makeRoom(length int) {
	buffer := *r.buffer
	if length > len(buffer) {
		*r.buffer = make([]byte, length)
	}
	if room := cap(r.unread); len(r.unread) == 0 || room < length || &(*r.buffer)[0] != &buffer[0] {
		n := copy(*r.buffer, r.unread)
		r.unread = (*r.buffer)[:n]
	}
}

// giveBack releases the buffer, and with it everything that refers to it.
func (r *reader) giveBack() {
	if len(*r.buffer) == readBuffer { // a grown buffer is dropped
		r.server.buffers.Put(r.buffer)
	}
	r.buffer, r.unread, r.body, r.batch = nil, nil, nil, nil
	r.call, r.frame = oidb.Inbound{}, frame.Frame{}
}

// release leaves the connection without buffers.
func (r *reader) release() {
	r.giveBack()
	r.mu.Lock()
	if !r.writing {
		r.spare = nil
	}
	r.mu.Unlock()
}

// skip discards the rest of a frame that is too large.
func (r *reader) skip(size int) bool {
	if size > frame.Skippable {
		return false
	}
	r.flush()
	if size <= len(r.unread) {
		r.unread = r.unread[size:]
		return true
	}
	rest := size - len(r.unread)
	r.unread = r.unread[:0]
	if !r.deadline(r.server.options.ReadTimeout) {
		return false
	}
	_, err := io.CopyN(io.Discard, r.net, int64(rest))
	return err == nil
}

// flush sends the batch to the peer.
func (r *reader) flush() {
	if len(r.batch) > 0 {
		r.send(r.batch)
		r.batch = r.batch[:0]
	}
}

// secured ends the handshake of a connection with TLS, and reports whether it could.
func (c *conn) secured() bool {
	secured, ok := c.net.(*tls.Conn)
	if !ok {
		return true
	}
	ctx, cancel := context.WithTimeout(c.server.ctx, c.server.options.ReadTimeout)
	defer cancel()
	return secured.HandshakeContext(ctx) == nil
}

// deadline sets how long a read may take, and returns false when the server stops.
func (c *conn) deadline(wait time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.stopped && c.net.SetReadDeadline(time.Now().Add(wait)) == nil
}

// leave tells the peer that the server is going to stop.
func (c *conn) leave() {
	if c.native.Load() && !c.told.Swap(true) {
		c.send(frame.Goodbye)
	}
}

// stop ends the reading.
func (c *conn) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	_ = c.net.SetReadDeadline(time.Unix(1, 0)) // fails only on a closed connection, which ends the reading too
}

// part closes the connection. Unread data would turn the close into a reset, with which the peer would lose the answers
// that it has not read; so the peer is first told that no more will come, and has a moment to close too.
func (c *conn) part(wait time.Duration) {
	defer c.server.left(c)
	defer c.net.Close()
	half, ok := c.net.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.net.SetReadDeadline(time.Now().Add(wait)) != nil {
		return
	}
	var some [32]byte // most peers have nothing more to send, and need no larger buffer
	if _, err := c.net.Read(some[:]); err == nil {
		_, _ = io.Copy(io.Discard, c.net)
	}
}

// send passes answers to the peer: by writing them, or through the goroutine that is already writing.
func (c *conn) send(answers []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.writing && len(c.out) > backlog && !c.broken {
		c.drained.Wait()
	}
	if c.broken {
		return
	}
	if c.writing {
		c.out = append(c.out, answers...)
		return
	}
	c.writing = true
	for len(answers) > 0 && !c.broken {
		c.mu.Unlock()
		_ = c.net.SetWriteDeadline(time.Now().Add(c.server.options.WriteTimeout)) // the write fails if this does
		_, err := c.net.Write(answers)
		c.mu.Lock()
		if err != nil {
			c.broken = true
			c.net.Close() // so that the reader ends too
		}
		answers = c.out
		c.out, c.spare = c.spare[:0], c.out
		c.drained.Broadcast()
	}
	c.writing = false
}
