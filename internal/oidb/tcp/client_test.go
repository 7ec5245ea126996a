package tcp

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// request is a call as the other side of a connection gets it.
type request struct {
	seq  uint32
	body string
}

// peer is the other side of a client's connection. It must be made in a bubble of synctest.
type peer struct {
	net.Conn
	requests chan request
}

func newPeer(t *testing.T) (*Client, *peer) {
	here, there := net.Pipe()
	c, p := NewClient(here), &peer{there, make(chan request, 100)}
	t.Cleanup(func() { c.Close() })
	go func() {
		var data []byte
		for {
			f, more, err := frame.Next(data, frame.MaxSize)
			if err != nil {
				t.Errorf("a request: %v", err)
				return
			}
			if more > 0 {
				some := make([]byte, 4096)
				n, err := there.Read(some)
				if err != nil {
					return
				}
				data = append(data, some[:n]...)
				continue
			}
			var head wire.Head
			_, _ = head.Parse(f.Head)
			p.requests <- request{head.Seq, string(f.Body)}
			data = data[f.Size:]
		}
	}()
	return c, p
}

func (p *peer) answer(t *testing.T, seq uint32, body []byte) {
	t.Helper()
	if _, err := p.Write(frame.AppendNative(nil, &wire.Head{Seq: seq}, body)); err != nil {
		t.Error(err)
	}
}

// call makes a call that takes no longer than limit.
func call(c *Client, limit time.Duration, body string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	_, rsp, err := c.Call(ctx, wire.Head{}, []byte(body))
	return string(rsp), err
}

// TestACallInAHurryEndsNoOther: callers choose how long they wait, and the calls of all are on one connection.
func TestACallInAHurryEndsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t)
		patient := make(chan string, 1)
		go func() {
			rsp, err := call(c, 3*time.Second, "patient")
			if err != nil {
				t.Error(err)
			}
			patient <- rsp
		}()
		first := <-p.requests
		for range 3 {
			if _, err := call(c, time.Millisecond, "in a hurry"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, oidb.ErrNotSent) {
				t.Errorf("a call without an answer: %v", err)
			}
			<-p.requests
		}
		if _, err := call(c, 0, "too late"); !errors.Is(err, oidb.ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call whose time is up: %v", err)
		}
		<-time.After(500 * time.Millisecond)
		p.answer(t, first.seq, []byte("done"))
		if got := <-patient; got != "done" {
			t.Errorf("got %q", got)
		}
		if len(p.requests) > 0 {
			t.Error("a call whose time is up was sent")
		}
	})
}

// TestASlowWriteHoldsUpNoDeadline: the other side reads nothing, and every call still ends in time.
func TestASlowWriteHoldsUpNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, _ := net.Pipe()
		c := NewClient(here)
		defer c.Close()
		for range 3 {
			begin := time.Now()
			if _, err := call(c, 100*time.Millisecond, "x"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begin); took != 100*time.Millisecond {
				t.Errorf("it took %v", took)
			}
			if c.Err() != nil {
				t.Errorf("the connection ended: %v", c.Err())
			}
		}
	})
}

// TestSilence: a connection from which nothing comes for a second ends with the next deadline, however short the deadlines are;
// an answer, also one that comes too late, is a sign of life.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t)
		late := func(n int) (last request) {
			for range n {
				if _, err := call(c, 300*time.Millisecond, ""); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("got %v", err)
				}
				last = <-p.requests
			}
			return last
		}
		last := late(3)
		p.answer(t, last.seq, nil)
		synctest.Wait()
		late(3)
		if c.Err() != nil {
			t.Fatalf("900 ms after an answer: %v", c.Err())
		}
		late(1)
		if !errors.Is(c.Err(), errSilent) {
			t.Errorf("after 1.2 s of silence: %v", c.Err())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t)
		if _, err := call(c, 500*time.Millisecond, ""); err == nil {
			t.Fatal("an answer")
		}
		p.answer(t, (<-p.requests).seq, nil)
		<-time.After(time.Hour) // nobody asked
		if _, err := call(c, time.Millisecond, ""); err == nil || c.Err() != nil {
			t.Errorf("after an idle hour: %v, %v", err, c.Err())
		}
	})
}

// TestAnOversizeAnswer is that of its own call only; one that is too large to be skipped ends the connection.
func TestAnOversizeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := newPeer(t)
		other := make(chan error, 1)
		go func() {
			_, err := call(c, time.Second, "other")
			other <- err
		}()
		first := <-p.requests
		for _, size := range []int{frame.MaxSize, 3 * frame.MaxSize} {
			go func() { p.answer(t, (<-p.requests).seq, make([]byte, size)) }()
			if _, err := call(c, time.Second, ""); !errors.Is(err, oidb.ErrGarbled) {
				t.Errorf("an answer with %d bytes: %v", size, err)
			}
		}
		p.answer(t, first.seq, nil)
		if err := <-other; err != nil {
			t.Errorf("the other call: %v", err)
		}
		go func() {
			_, _ = p.Write(frame.AppendNative(nil, &wire.Head{Seq: (<-p.requests).seq}, make([]byte, frame.Skippable))) // the client stops reading
			_, _ = io.Copy(io.Discard, p)
		}()
		if _, err := call(c, time.Second, ""); err == nil || c.Err() == nil {
			t.Errorf("an answer with %d bytes: %v, %v", frame.Skippable, err, c.Err())
		}
	})
}
