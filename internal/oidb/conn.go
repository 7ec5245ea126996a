package oidb

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/retcode"
)

const (
	// readBuffer is what a busy connection reads into. It grows to the size of a frame that needs more.
	readBuffer = 16 << 10
	// linger is how long a connection keeps its buffer after its last frame: short, so that many connections that speak
	// up one after the other share a few buffers.
	linger = 100 * time.Millisecond
	// farewell is how long this side, when it closes a connection, waits for the peer to close too.
	farewell = 2 * time.Second
	// enough is how much of answers is worth a write while there are more frames to serve.
	enough = 32 << 10
	// backlog is how much of answers may wait for a slow reader before its connection is read no further.
	backlog = 256 << 10
)

// conn is one connection to the bus.
type conn struct {
	server *Server
	net    net.Conn
	peer   netip.Addr

	// Of the goroutine that reads.
	call   call
	buffer *[]byte // nil while the connection is idle
	unread []byte  // part of buffer
	first  [32]byte
	body   []byte // of the answer at hand
	batch  []byte // answers not yet handed to send
	failed bool

	slots   chan struct{} // one for each call that waits
	waiting sync.WaitGroup

	mu      sync.Mutex
	drained sync.Cond
	out     []byte // waits for the one who writes
	spare   []byte
	writing bool
	broken  bool // nothing can be written any more
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

// serve reads frames until the peer is gone, breaks the rules, or the server stops; then it answers what it has read and
// closes the connection.
func (c *conn) serve() {
	defer func() {
		c.waiting.Wait()
		c.flush()
		wait := farewell
		if c.buffer == nil { // an idle one, whose peer has its answers
			wait = linger
		}
		c.release()
		c.part(wait)
	}()
	for {
		f, more, err := nextFrame(c.unread, c.server.options.MaxFrame)
		switch {
		case err != nil:
			c.tell(&call{peer: c.peer}, retcode.OIDBUnpackFailed.WithCause(err), 0) // no call, but worth to be known
			return
		case more > 0:
			c.flush()
			if !c.read(more) {
				return
			}
			continue
		}
		c.answer(f)
		if f.broken || c.failed {
			return
		}
		if f.oversize {
			if !c.skip(f.size) {
				return
			}
			continue
		}
		c.unread = c.unread[f.size:]
		if len(c.batch) > enough {
			c.flush()
		}
	}
}

// read makes unread at least that long, and reports whether it could.
func (c *conn) read(length int) bool {
	if c.buffer == nil && !c.wake() {
		return false
	}
	idle := len(c.unread) == 0
	c.makeRoom(length)
	wait := c.server.options.ReadTimeout
	if idle {
		wait = linger
	}
	if !c.deadline(wait) {
		return false
	}
	for len(c.unread) < length {
		at := len(c.unread)
		n, err := c.net.Read(c.unread[at:cap(c.unread)])
		c.unread = c.unread[:at+n]
		switch {
		case n > 0:
			if idle && len(c.unread) < length {
				idle = false
				if !c.deadline(c.server.options.ReadTimeout) {
					return false
				}
			}
		case idle && errors.Is(err, os.ErrDeadlineExceeded):
			c.release()
			return c.read(length)
		case err != nil:
			return false
		}
	}
	return true
}

// wake waits for the first bytes of an idle connection and gets it a buffer.
func (c *conn) wake() bool {
	if !c.deadline(c.server.options.IdleTimeout) {
		return false
	}
	n, err := c.net.Read(c.first[:])
	if err != nil {
		return false
	}
	c.buffer = c.server.buffers.Get().(*[]byte)
	c.unread = append((*c.buffer)[:0], c.first[:n]...)
	return true
}

// makeRoom moves what is unread to the front of the buffer, or to a larger one when length asks for it.
func (c *conn) makeRoom(length int) {
	buffer := *c.buffer
	if length > len(buffer) {
		*c.buffer = make([]byte, length)
	}
	if room := cap(c.unread); len(c.unread) == 0 || room < length || &(*c.buffer)[0] != &buffer[0] {
		n := copy(*c.buffer, c.unread)
		c.unread = (*c.buffer)[:n]
	}
}

// release gives the buffer back.
func (c *conn) release() {
	if c.buffer == nil {
		return
	}
	if len(*c.buffer) == readBuffer { // one that has grown is not kept
		c.server.buffers.Put(c.buffer)
	}
	c.buffer, c.unread, c.body, c.batch = nil, nil, nil, nil
	c.call = call{}
	c.mu.Lock()
	if !c.writing {
		c.spare = nil
	}
	c.mu.Unlock()
}

// deadline sets how long a read may take, and reports false when the server stops.
func (c *conn) deadline(wait time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.stopped && c.net.SetReadDeadline(time.Now().Add(wait)) == nil
}

// stop ends the reading.
func (c *conn) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	_ = c.net.SetReadDeadline(time.Unix(1, 0)) // fails on a connection that is gone, which is as good
}

// part closes the connection. Something unread would turn that into a reset, which takes from the peer what it has not read
// of its answers; so the peer is told first that no more will come, and has a moment to close too.
func (c *conn) part(wait time.Duration) {
	defer c.net.Close()
	half, ok := c.net.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.net.SetReadDeadline(time.Now().Add(wait)) != nil {
		return
	}
	if _, err := c.net.Read(c.first[:]); err == nil { // most have nothing more to send, and need no larger buffer
		_, _ = io.Copy(io.Discard, c.net)
	}
}

// skip reads over the rest of a frame that is too large.
func (c *conn) skip(size int) bool {
	if size > skippable {
		return false
	}
	c.flush()
	for size > 0 {
		if len(c.unread) == 0 && !c.read(1) {
			return false
		}
		n := min(size, len(c.unread))
		c.unread, size = c.unread[n:], size-n
	}
	return true
}

// answer runs a frame's call. The connection is failed when it cannot be answered at all.
func (c *conn) answer(f frame) {
	begin := time.Now()
	q := &c.call
	*q = call{ctx: c.server.inline, bus: c.server.bus, settings: c.server.bus.settings.Load(), peer: c.peer, frame: f}
	var err error
	c.body, err = q.run(c.body[:0])
	if err != nil && errors.Is(err, ErrWouldWait) {
		c.wait(q, begin)
		return
	}
	if f.native && !q.answerable {
		c.failed = true // there is no seq to answer to
		c.tell(q, err, time.Since(begin))
		return
	}
	c.batch = c.finish(q, c.batch, c.body, err, begin)
}

// wait runs a call again where it may wait. As long as there is no slot for it the connection is read no further. The
// client form has no seq, so its calls wait for one another.
func (c *conn) wait(q *call, begin time.Time) {
	c.flush()
	if !q.frame.native {
		c.waiting.Wait()
		again := *q
		c.server.waiting <- struct{}{}
		body, err := c.patiently(&again)
		<-c.server.waiting
		c.batch = c.finish(&again, c.batch, body, err, begin)
		return
	}
	if c.slots == nil {
		c.slots = make(chan struct{}, c.server.options.MaxInFlight)
	}
	c.slots <- struct{}{}
	c.server.waiting <- struct{}{}
	again := q.apart()
	c.waiting.Go(func() {
		body, err := c.patiently(again)
		<-c.server.waiting
		c.send(c.finish(again, nil, body, err, begin))
		<-c.slots
	})
}

// patiently runs a call that may wait, up to its deadline.
func (c *conn) patiently(q *call) ([]byte, error) {
	deadline := c.server.options.Deadline
	if q.head.Budget > 0 {
		deadline = min(deadline, q.head.Budget)
	}
	ctx, cancel := context.WithTimeout(c.server.ctx, deadline)
	defer cancel()
	q.ctx = ctx
	body, err := q.run(nil)
	return body, overdue(ctx, err, q.result)
}

// finish writes the answer behind out, and the call's event.
func (c *conn) finish(q *call, out, body []byte, err error, begin time.Time) []byte {
	code := q.result(err)
	result := uint32(code.Number())
	if q.entry != nil && err != nil {
		result = q.entry.Result(code)
	}
	var message []byte
	if err != nil {
		message = []byte(code.Entry().Summary)
	}
	if q.frame.native {
		head := Head{UIN: q.head.UIN, Command: q.head.Command, Seq: q.head.Seq, Result: result, Message: message}
		out = appendNative(out, &head, body)
	} else {
		out = appendClient(out, &clientPackage{Command: q.head.Command, Result: result, Body: body, Message: message})
	}
	c.tell(q, err, time.Since(begin))
	return out
}

// tell tells the log, the metrics and whoever looks how a call ended.
func (c *conn) tell(q *call, err error, took time.Duration) {
	code := q.result(err)
	c.server.events.record(q, code, err, took)
	if observe := c.server.options.Observe; observe != nil {
		observe(q.observed(code, err, took))
	}
}

func (q *call) observed(code retcode.Code, err error, took time.Duration) Observed {
	o := Observed{RequestID: q.requestID(), Command: q.head.Command, Peer: q.peer, AppID: q.head.CallingApp(), UIN: q.uin, Took: took}
	if err != nil {
		o.Code, o.Err, o.Stage = code, err, "policy"
		if q.passed == len(policy) {
			o.Stage = "command"
		}
	}
	return o
}

// send hands answers to the peer: by itself, or through whoever is writing already.
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

// flush hands the answers at hand to the peer.
func (c *conn) flush() {
	if len(c.batch) > 0 {
		c.send(c.batch)
		c.batch = c.batch[:0]
	}
}

// run takes a call through the policy and its command, and appends the answer's body to out.
func (q *call) run(out []byte) (body []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			body, err = out[:0], panicked(q.head.Command, p)
		}
	}()
	if err := q.admit(); err != nil {
		return out, err
	}
	return q.entry.serve(q, out)
}

// result is the code of an outcome.
func (q *call) result(err error) retcode.Code {
	switch {
	case err == nil:
		return q.entry.Success
	case q.entry != nil:
		return q.entry.code(err)
	}
	if code, ok := retcode.From(err); ok {
		return code
	}
	return retcode.OIDBConnectFailed
}

// apart returns a copy of the call that stays when the connection's buffer is used again.
func (q *call) apart() *call {
	again := *q
	again.frame.head = append([]byte(nil), q.frame.head...)
	again.frame.body = append([]byte(nil), q.frame.body...)
	again.head = Head{}
	// It was parsed before, so it parses again, now into what is ours.
	_, _ = again.head.parse(again.frame.head)
	again.body = again.frame.body
	return &again
}
