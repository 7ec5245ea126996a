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

// The load generator takes its CPU from the same machine as the server, so a costly one would hide the server's cost. Hence
// few threads on epoll and a parser for just the expected answers.

const (
	connections = 64 // unless a load asks for fewer
	workers     = 2

	// together is how many answers a worker waits for before it sends as many requests. If each request were sent at once,
	// the server would find it before turning to another connection, and would serve a few connections over and over
	// without the cost of switching: no crowd of players behaves so.
	together = 8
)

// requests returns the next request of one worker; nil when there are no more. A request need not outlive the next call.
type requests func() []byte

// load is a run of the generator.
type load struct {
	addr     string
	requests func(worker int) requests
	sound    string        // the beginning of a valid answer's body
	limit    time.Duration // no request is sent after it, but for the first of each connection
	callers  int           // number of connections, when fewer than usual
	status   string        // of a valid answer; 200 when empty
	answered func([]byte)  // sees every answer, from any worker; may be nil
}

// outcome is the result of a run.
type outcome struct {
	answers, faults int
	fault           string // one example
	took            time.Duration
	latency         []uint32 // number of answers by microseconds
}

// slowest is the highest latency that is recorded as such, in microseconds.
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

// quantile returns the latency that the given part of the answers did not exceed, in milliseconds.
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

// run keeps one request in flight on every connection until the limit or the end of the requests.
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
	status   []byte // the beginning of a valid answer, and of its body
	sound    []byte
	answered func([]byte)
	end      time.Time
	conns    map[int32]*connection
	due      []*connection // answered, the next request not yet sent
}

type connection struct {
	fd     int
	sent   time.Time
	answer []byte // the part read so far
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
		} else if now.Sub(silence) > patience {
			return fmt.Errorf("%s has not answered for %s", addr, patience)
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

// send sends the connection's next request, or closes the connection when no request is left.
func (w *worker) send(c *connection, now time.Time) error {
	var request []byte
	if c.sent.IsZero() || now.Before(w.end) { // each connection has one at least
		request = w.next()
	}
	if request == nil {
		delete(w.conns, int32(c.fd))
		return syscall.Close(c.fd)
	}
	c.sent = now
	// The socket blocks and its buffer is empty, so a request is written whole.
	if n, err := syscall.Write(c.fd, request); err != nil || n != len(request) {
		return fmt.Errorf("writing a request: %d of %d bytes: %w", n, len(request), err)
	}
	return nil
}

// ready reads the available bytes and, when the answer is whole, counts it.
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

// parseAnswer finds the body of an HTTP answer once the answer is whole. An answer without Content-Length never is.
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
