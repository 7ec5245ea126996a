package tcp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// Client calls commands of a bus over one connection. It is safe for concurrent use: calls do not wait for one another. It
// does not reconnect; after an error of the connection every call fails.
type Client struct {
	net   net.Conn
	limit int

	mu      sync.Mutex
	seq     uint32
	calls   map[uint32]chan<- clientAnswer
	answers uint64 // read so far
	out     []byte
	writing bool
	err     error // why the connection can no longer be used
}

type clientAnswer struct {
	head wire.Head
	body []byte
}

// ErrClosed is the error of calls after Close.
var ErrClosed = errors.New("oidb: the client is closed")

// errSilent ends a connection from which nothing came while a call waited until its deadline: whatever is between the two
// ends may have lost it, and a new connection is the way to find out.
var errSilent = errors.New("oidb: nothing came from the other side for as long as a call may take")

// Dial connects to a bus.
func Dial(ctx context.Context, addr string) (*Client, error) {
	var dialer net.Dialer
	nc, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return NewClient(nc), nil
}

// NewClient returns a client on a connection, which Close closes.
func NewClient(nc net.Conn) *Client {
	c := &Client{net: nc, limit: MaxFrame, calls: make(map[uint32]chan<- clientAnswer)}
	go c.read()
	return c
}

// Close ends the connection and every call on it.
func (c *Client) Close() error {
	c.fail(ErrClosed)
	return nil
}

// Call sends a request and waits for its answer, at most until ctx ends; its deadline is sent as the call's budget. The
// client sets Seq. The answer has a Result, which is never an error here: an error means that no answer came. It wraps
// oidb.ErrNotSent if the connection had ended before.
func (c *Client) Call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error) {
	answer := make(chan clientAnswer, 1)
	if deadline, ok := ctx.Deadline(); ok && head.Budget == 0 {
		head.Budget = max(time.Until(deadline), time.Millisecond)
	}
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return wire.Head{}, nil, fmt.Errorf("%w: %w", oidb.ErrNotSent, c.err)
	}
	before := c.answers
	c.seq++
	head.Seq = c.seq
	c.calls[head.Seq] = answer
	c.out = appendNative(c.out, &head, body)
	c.write(ctx)
	c.mu.Unlock()
	select {
	case a, ok := <-answer:
		if !ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			return wire.Head{}, nil, c.err
		}
		return a.head, a.body, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.calls, head.Seq)
		if c.answers == before && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.end(errSilent)
		}
		c.mu.Unlock()
		return wire.Head{}, nil, ctx.Err()
	}
}

// Err returns why the connection can no longer be used; nil while it can.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// writeTimeout bounds a write for calls without a deadline.
const writeTimeout = 15 * time.Second

// write sends the waiting requests, unless another call is doing so. mu must be held. A connection that takes nothing until
// the call's deadline ends.
func (c *Client) write(ctx context.Context) {
	if c.writing {
		return
	}
	c.writing = true
	for len(c.out) > 0 && c.err == nil {
		out := c.out
		c.out = nil
		c.mu.Unlock()
		until, bounded := ctx.Deadline()
		if !bounded {
			until = time.Now().Add(writeTimeout)
		}
		_ = c.net.SetWriteDeadline(until) // the write fails if this does
		_, err := c.net.Write(out)
		c.mu.Lock()
		if err != nil {
			c.end(err)
		}
	}
	c.writing = false
}

func (c *Client) read() {
	var data []byte
	for {
		f, more, err := nextFrame(data, c.limit)
		if err != nil || more == 0 && (!f.native || f.oversize || f.broken) {
			c.fail(errors.New("oidb: the answer is not a frame of a bus"))
			return
		}
		if more > 0 {
			if cap(data)-len(data) < max(readBuffer, more-len(data)) {
				data = append(make([]byte, 0, len(data)+max(2*readBuffer, more)), data...)
			}
			n, err := c.net.Read(data[len(data):cap(data)])
			if n == 0 && err != nil {
				c.fail(fmt.Errorf("oidb: the connection ended: %w", err))
				return
			}
			data = data[:len(data)+n]
			continue
		}
		var a clientAnswer
		if _, err := a.head.Parse(bytes.Clone(f.head)); err != nil {
			c.fail(fmt.Errorf("oidb: the head of an answer: %w", err))
			return
		}
		a.body = bytes.Clone(f.body)
		data = data[f.size:]
		c.mu.Lock()
		c.answers++
		waiting := c.calls[a.head.Seq]
		delete(c.calls, a.head.Seq)
		c.mu.Unlock()
		if waiting != nil {
			waiting <- a
		}
	}
}

func (c *Client) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(err)
}

// end requires mu.
func (c *Client) end(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	c.net.Close()
	for seq, waiting := range c.calls {
		close(waiting)
		delete(c.calls, seq)
	}
}

// ErrAnswer means that the body of an answer does not have the form of the command's answers.
var ErrAnswer = errors.New("oidb: the body of the answer cannot be read")

// Ask calls a command with its own messages. The answer's head has the result; the message is set for results other than 0
// too, as far as the command fills it then. Ask sets Command and Seq of head.
func Ask[Req, Rsp any](ctx context.Context, c *Client, command *oidb.Command[Req, Rsp], head wire.Head, req Req) (answer wire.Head, rsp Rsp, err error) {
	head.Command = command.ID
	answer, body, err := c.Call(ctx, head, command.AppendRequest(nil, req))
	if err != nil {
		return answer, rsp, err
	}
	if rsp, err = command.ParseResponse(body); err != nil {
		return answer, rsp, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return answer, rsp, nil
}

// Frame returns one call as a native frame, for callers that manage a connection themselves.
func Frame[Req, Rsp any](command *oidb.Command[Req, Rsp], seq uint32, req Req) []byte {
	return appendNative(nil, &wire.Head{Command: command.ID, Seq: seq}, command.AppendRequest(nil, req))
}
