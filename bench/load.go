//go:build linux

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// The load generator takes its CPU from the same machine as the server, so a costly one would hide what the server costs.
// Hence few threads on epoll and a parser for just the answers that are expected.

const (
	connections = 64 // unless a load has fewer
	workers     = 2

	// together is how many answers a worker waits for before it sends as many requests. Were each request sent at once,
	// the server would find it before it turns to another connection, and would serve a few of them over and over, without
	// the cost of turning: no crowd of players behaves so.
	together = 8
)

// requests gives one worker the requests that it sends, one after the other; nil when there are no more. What it gave
// last need not outlive the next call.
type requests func() []byte

// load is a run of the generator.
type load struct {
	addr     string
	requests func(worker int) requests
	sound    string        // what the body of a sound answer begins with
	limit    time.Duration // after which no request is sent
	callers  int           // connections, when there are to be fewer than usual
	status   string        // of a sound answer; 200 when empty
	answered func([]byte)  // sees every answer, from any worker; nil where nobody looks
}

// outcome is what came of a run.
type outcome struct {
	answers, faults int
	fault           string // one of them
	took            time.Duration
	latency         []uint32 // answers by microseconds
}

// slowest bounds what latencies are told apart, in microseconds.
const slowest = 1 << 20

func (o *outcome) add(other *outcome) {
	o.answers += other.answers
	o.faults += other.faults
	if o.fault == "" {
		o.fault = other.fault
	}
	for i, n := range other.latency {
		o.latency[i] += n
	}
}

// quantile is the latency that the given part of the answers kept, in milliseconds.
func (o *outcome) quantile(part float64) float64 {
	left := int(part * float64(o.answers))
	for us, n := range o.latency {
		if left -= int(n); left < 0 {
			return float64(us) / 1000
		}
	}
	return slowest / 1000
}

func (o *outcome) perSecond() float64 { return float64(o.answers) / o.took.Seconds() }

// run keeps every connection at one request in flight until the limit or the end of the requests.
func (l *load) run(ctx context.Context) (*outcome, error) {
	addr, err := netip.ParseAddrPort(l.addr)
	if err != nil || addr.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		return nil, fmt.Errorf("load goes to 127.0.0.1 only, not %q", l.addr)
	}
	var (
		group sync.WaitGroup
		all   = cmp.Or(l.callers, connections)
		parts = make([]*worker, min(workers, all))
		errs  = make([]error, len(parts))
		begin = time.Now()
	)
	for i := range parts {
		parts[i] = &worker{next: l.requests(i), status: []byte("HTTP/1.1 " + cmp.Or(l.status, "200") + " "), sound: []byte(l.sound), answered: l.answered, end: begin.Add(l.limit)}
		parts[i].latency = make([]uint32, slowest)
		group.Go(func() { errs[i] = parts[i].run(ctx, addr, all/len(parts)) })
	}
	group.Wait()
	total := &outcome{took: time.Since(begin), latency: make([]uint32, slowest)}
	for _, part := range parts {
		total.add(&part.outcome)
	}
	return total, errors.Join(errs...)
}

// worker is one thread's share of the connections.
type worker struct {
	outcome
	next     requests
	status   []byte // what a sound answer begins with, and its body
	sound    []byte
	answered func([]byte)
	end      time.Time
	conns    map[int32]*connection
	due      []*connection // answered, the next request not yet sent
}

type connection struct {
	fd     int
	sent   time.Time
	answer []byte // as far as it is in
}

func (w *worker) run(ctx context.Context, addr netip.AddrPort, connections int) error {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	defer syscall.Close(poll)
	w.conns = make(map[int32]*connection)
	defer func() {
		for _, c := range w.conns {
			syscall.Close(c.fd)
		}
	}()
	for range connections {
		if err := w.connect(poll, addr); err != nil {
			return err
		}
	}
	events := make([]syscall.EpollEvent, connections)
	silence := time.Now()
	for len(w.conns) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := syscall.EpollWait(poll, events, 1000)
		if err != nil && err != syscall.EINTR {
			return err
		}
		now := time.Now()
		if n > 0 {
			silence = now
		} else if now.Sub(silence) > 10*time.Second {
			return fmt.Errorf("%s has not answered for 10 seconds", addr)
		}
		for i := range max(n, 0) {
			if err := w.ready(w.conns[events[i].Fd]); err != nil {
				return err
			}
		}
		if len(w.due) >= together || len(w.due) == len(w.conns) {
			now := time.Now()
			for _, c := range w.due {
				if err := w.send(c, now); err != nil {
					return err
				}
			}
			w.due = w.due[:0]
		}
	}
	return nil
}

func (w *worker) connect(poll int, addr netip.AddrPort) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	c := &connection{fd: fd, answer: make([]byte, 0, 8<<10)}
	w.conns[int32(fd)] = c
	return errors.Join(
		syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
		syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}),
		syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}),
		w.send(c, time.Now()),
	)
}

// send puts the connection's next request out, or closes it when there is none to send.
func (w *worker) send(c *connection, now time.Time) error {
	var request []byte
	if now.Before(w.end) {
		request = w.next()
	}
	if request == nil {
		delete(w.conns, int32(c.fd))
		return syscall.Close(c.fd)
	}
	c.sent = now
	// The socket blocks and is empty, so a request goes out whole.
	if n, err := syscall.Write(c.fd, request); err != nil || n != len(request) {
		return fmt.Errorf("writing a request: %d of %d bytes: %w", n, len(request), err)
	}
	return nil
}

// ready reads what has come and, when the answer is whole, counts it.
func (w *worker) ready(c *connection) error {
	n, err := syscall.Read(c.fd, c.answer[len(c.answer):cap(c.answer)])
	if err != nil || n == 0 {
		return fmt.Errorf("the server closed a connection after %q: %w", c.answer, err)
	}
	c.answer = c.answer[:len(c.answer)+n]
	body, whole := parseAnswer(c.answer)
	if !whole {
		if len(c.answer) == cap(c.answer) {
			return fmt.Errorf("an answer is longer than %d bytes", len(c.answer))
		}
		return nil
	}
	w.answers++
	w.latency[min(time.Since(c.sent).Microseconds(), slowest-1)]++
	if !bytes.HasPrefix(c.answer, w.status) || !bytes.HasPrefix(body, w.sound) {
		w.faults++
		w.fault = string(c.answer)
	}
	if w.answered != nil {
		w.answered(c.answer)
	}
	c.answer = c.answer[:0]
	w.due = append(w.due, c)
	return nil
}

var (
	contentLength = []byte("\r\nContent-Length: ")
	headerEnd     = []byte("\r\n\r\n")
)

// parseAnswer finds the body of an HTTP answer once it is whole. One without Content-Length never is.
func parseAnswer(answer []byte) (body []byte, whole bool) {
	end := bytes.Index(answer, headerEnd)
	if end < 0 {
		return nil, false
	}
	at := bytes.Index(answer[:end], contentLength)
	if at < 0 {
		return nil, false
	}
	length := 0
	for _, c := range answer[at+len(contentLength) : end] {
		if c < '0' || c > '9' {
			break
		}
		length = 10*length + int(c-'0')
	}
	body = answer[end+len(headerEnd):]
	return body, len(body) == length
}
