package tcp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
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
	quiet   time.Time // since when requests are sent and no answer comes; 0 without such requests
	out     []byte
	writing bool
	err     error // why no more calls begin
	ended   bool  // the connection is closed
}

type clientAnswer struct {
	head wire.Head
	body []byte
	err  error
}

// ErrClosed is the error of calls after Close.
var ErrClosed = errors.New("oidb: the client is closed")

// errLeaving begins no more calls on a connection. Those under way are answered, and then it ends.
var errLeaving = errors.New("oidb: the other side is going to stop")

// errSilent ends a connection from which nothing comes: whatever is between the two ends may have lost it, and a new
// connection is the way to find out.
var errSilent = errors.New("oidb: nothing came from the other side")

// writeTimeout bounds a write.
const writeTimeout = 15 * time.Second

// Dial connects to a bus, over TLS if there is a configuration for it.
func Dial(ctx context.Context, addr string, secured *tls.Config) (*Client, error) {
	dial := new(net.Dialer).DialContext
	if secured != nil {
		dial = (&tls.Dialer{Config: secured}).DialContext
	}
	nc, err := dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return NewClient(nc), nil
}

// NewClient returns a client on a connection, which Close closes.
func NewClient(nc net.Conn) *Client {
	c := &Client{net: nc, limit: frame.MaxSize, calls: make(map[uint32]chan<- clientAnswer)}
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
// oidb.ErrNotSent if the connection or ctx had ended before, and oidb.ErrGarbled if the answer is larger than a frame may be.
func (c *Client) Call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error) {
	if err := ctx.Err(); err != nil {
		return wire.Head{}, nil, fmt.Errorf("%w: %w", oidb.ErrNotSent, err)
	}
	answer := make(chan clientAnswer, 1)
	if deadline, ok := ctx.Deadline(); ok && head.Budget == 0 {
		head.Budget = max(time.Until(deadline), time.Millisecond)
	}
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return wire.Head{}, nil, fmt.Errorf("%w: %w", oidb.ErrNotSent, c.err)
	}
	if c.quiet.IsZero() {
		c.quiet = time.Now()
	}
	c.seq++
	head.Seq = c.seq
	c.calls[head.Seq] = answer
	c.out = frame.AppendNative(c.out, &head, body)
	if !c.writing {
		c.writing = true
		go c.write()
	}
	c.mu.Unlock()
	select {
	case a, ok := <-answer:
		if !ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			return wire.Head{}, nil, c.err
		}
		return a.head, a.body, a.err
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.calls, head.Seq)
		c.endIfLeft()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) && !c.quiet.IsZero() && time.Since(c.quiet) >= oidb.Silence {
			c.end(errSilent)
		}
		c.mu.Unlock()
		return wire.Head{}, nil, ctx.Err()
	}
}

// Err returns why no more calls begin; nil while they do.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// write sends the requests that wait, in a goroutine of its own: a call must not wait for the requests of others.
func (c *Client) write() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.out) > 0 && !c.ended {
		out := c.out
		c.out = nil
		c.mu.Unlock()
		_ = c.net.SetWriteDeadline(time.Now().Add(writeTimeout)) // the write fails if this does
		_, err := c.net.Write(out)
		c.mu.Lock()
		if err != nil {
			c.end(err)
		}
	}
	c.writing = false
}

func (c *Client) read() {
	frames := frame.NewReader(c.net, c.limit)
	for {
		f, err := frames.Next()
		switch {
		case err != nil:
			c.fail(fmt.Errorf("oidb: the connection ended: %w", err))
			return
		case !f.Native || f.Broken || f.Oversize && f.Size > frame.Skippable:
			c.fail(errors.New("oidb: the answer is not a frame of a bus"))
			return
		}
		var a clientAnswer
		if _, err := a.head.Parse(bytes.Clone(f.Head)); err != nil {
			c.fail(fmt.Errorf("oidb: the head of an answer: %w", err))
			return
		}
		if f.Oversize {
			a.err = fmt.Errorf("%w: its frame has %d bytes, and at most %d are taken", oidb.ErrGarbled, f.Size, c.limit)
		}
		a.body = bytes.Clone(f.Body)
		c.mu.Lock()
		waiting := c.calls[a.head.Seq]
		delete(c.calls, a.head.Seq)
		c.quiet = time.Time{}
		if len(c.calls) > 0 {
			c.quiet = time.Now()
		}
		if a.head.Seq == 0 && c.err == nil { // frame.Goodbye
			c.err = errLeaving
		}
		c.endIfLeft()
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

// endIfLeft ends a connection on which no more calls begin once none is under way. It requires mu.
func (c *Client) endIfLeft() {
	if c.err != nil && len(c.calls) == 0 {
		c.end(c.err)
	}
}

// end requires mu.
func (c *Client) end(err error) {
	if c.ended {
		return
	}
	c.err, c.ended = err, true
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
	return frame.AppendNative(nil, &wire.Head{Command: command.ID, Seq: seq}, command.AppendRequest(nil, req))
}
