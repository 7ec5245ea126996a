package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/retcode"
)

// OIDBCall is a call of a command that an OIDBServer carries out. The platform that forwards it has applied its policy.
type OIDBCall struct {
	Command     uint32
	ServiceType uint32
	Body        []byte // the request, a protobuf message for most commands; it belongs to the handler

	AppID      string     // of the calling game; "" for the platform's own programs
	UIN        uint64     // of the account that the call is for; 0 for none
	ClientAddr netip.Addr // of the end user; not valid if it is not known
	RequestID  string     // finds the call in the platform's log; may be empty
}

// OIDBHandler carries out a call and returns the body of its answer, of at most 60 KiB. ctx ends when the caller waits no longer, and
// TraceParent says of which trace the call is a part.
// An error with a code of the domain retcode.OIDB is answered with that code, its detail and the time before the next try, and an
// *OIDBResult as it is. Any other error, and a panic, is answered 155, or 154 once ctx has ended, and its text stays here.
type OIDBHandler func(ctx context.Context, call *OIDBCall) (answer []byte, err error)

// OIDBResult is a result of a command's own, which means something to its callers only. The results that retcode.OIDB has keep
// the meaning that they have there.
type OIDBResult struct {
	Result     uint32        // not 0, which is success
	Text       string        // one sentence for the caller
	RetryAfter time.Duration // when the caller may try again; 0 when that is not known
}

// Error returns the result and its text.
func (r *OIDBResult) Error() string { return fmt.Sprintf("result %d: %s", r.Result, r.Text) }

// OIDBServer carries out commands of a studio's own for a platform, which routes them to it (oidb.routes) and calls it in native frames over
// TCP. Calls of a connection do not wait for one another. Set the fields and call Handle before Serve. Command client/examples/motto is a whole
// back end.
type OIDBServer struct {
	// Networks are those of the platform's machines. Calls from elsewhere are answered 150, except those from this machine.
	Networks []netip.Prefix
	// Deadline bounds a call whose caller does not wait less long. 0 is three seconds, as long as a platform waits.
	Deadline time.Duration
	// MaxConnections bounds the connections; more are closed at once. 0 is 1024.
	MaxConnections int
	// MaxInFlight bounds the calls of one connection that are carried out at a time; the next ones wait to be read. 0 is 128.
	MaxInFlight int
	// Log gets an event for each panic, and for each error whose text the caller does not see. nil is slog.Default.
	Log *slog.Logger

	handlers map[frame.ID]OIDBHandler

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	conns     map[*oidbConn]struct{}
	leaving   bool
	stopped   bool
	running   sync.WaitGroup // the connections
	calls     context.Context
	cancel    context.CancelFunc
}

// ErrOIDBServerClosed is what Serve returns after Shutdown.
var ErrOIDBServerClosed = errors.New("client: the OIDB server is closed")

// Handle sets the handler of a command. Setting it twice panics.
func (s *OIDBServer) Handle(command, serviceType uint32, handler OIDBHandler) {
	id := frame.ID{Number: command, ServiceType: serviceType}
	if s.handlers[id] != nil {
		panic("client: command " + id.String() + " is handled twice")
	}
	if s.handlers == nil {
		s.handlers = make(map[frame.ID]OIDBHandler)
	}
	s.handlers[id] = handler
}

// Serve carries out the calls of every connection to the listener, which may be one of crypto/tls, and closes it at the end: after Shutdown with
// ErrOIDBServerClosed, or when the listener fails.
func (s *OIDBServer) Serve(listener net.Listener) error {
	defer listener.Close()
	if !s.begin(listener) {
		return ErrOIDBServerClosed
	}
	for pause := time.Duration(0); ; {
		nc, err := listener.Accept()
		switch {
		case err == nil:
			pause = 0
			s.accept(nc)
			continue
		case errors.Is(err, net.ErrClosed):
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.stopped {
				return ErrOIDBServerClosed
			}
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second) // most likely out of files, which passes
		s.log().Warn("a connection of the bus could not be accepted", "error", err.Error())
		select {
		case <-time.After(pause):
		case <-s.calls.Done():
		}
	}
}

func (s *OIDBServer) begin(listener net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	if s.calls == nil {
		s.calls, s.cancel = context.WithCancel(context.Background())
		s.listeners, s.conns = make(map[net.Listener]struct{}), make(map[*oidbConn]struct{})
	}
	s.listeners[listener] = struct{}{}
	return true
}

func (s *OIDBServer) accept(nc net.Conn) {
	c := &oidbConn{server: s, net: nc, slots: make(chan struct{}, cmp.Or(s.MaxInFlight, frame.Window))}
	if addr, err := netip.ParseAddrPort(nc.RemoteAddr().String()); err == nil {
		from := addr.Addr().Unmap().WithZone("") // no network holds an address with a zone
		c.trusted = from.IsLoopback() || slices.ContainsFunc(s.Networks, func(n netip.Prefix) bool { return n.Contains(from) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || len(s.conns) >= cmp.Or(s.MaxConnections, 1024) {
		nc.Close()
		return
	}
	s.conns[c] = struct{}{}
	c.leaving.Store(s.leaving)
	s.running.Go(func() {
		c.serve()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	})
}

// Leave tells the platforms that the server is going to stop, so that they make their next calls elsewhere: by a frame on each connection on which
// calls were made, and after the first answer on any other one. Calls are still taken until Shutdown.
func (s *OIDBServer) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving = true
	for c := range s.conns {
		c.leaving.Store(true)
		if c.called.Load() {
			go c.farewell() // a platform that does not read keeps no other one waiting
		}
	}
}

// Shutdown takes no more calls, answers those that were read, and closes the connections. When ctx ends first, the rest is cut off, the
// handlers' contexts end, and Shutdown returns ctx's error.
func (s *OIDBServer) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopped = true
	for listener := range s.listeners {
		listener.Close()
	}
	for c := range s.conns {
		c.stop()
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() { s.running.Wait(); close(ended) }()
	if s.cancel != nil {
		defer s.cancel()
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		for c := range s.conns {
			c.net.Close()
		}
		return ctx.Err()
	}
}

// answer carries out a call and returns the head and the body of its answer.
func (s *OIDBServer) answer(head *frame.Head, body []byte) (answer frame.Head, rsp []byte) {
	answer = frame.Head{UIN: head.UIN, Command: head.Command, Seq: head.Seq}
	handler := s.handlers[head.Command]
	if handler == nil {
		refuse(&answer, retcode.OIDBCommandNotConfigured)
		return answer, nil
	}
	limit := cmp.Or(s.Deadline, 3*time.Second)
	if head.Budget > 0 {
		limit = min(limit, head.Budget)
	}
	ctx, cancel := context.WithTimeout(s.calls, limit)
	defer cancel()
	if len(head.TraceParent) > 0 {
		ctx = WithTraceParent(ctx, string(head.TraceParent))
	}
	call := &OIDBCall{
		Command: head.Command.Number, ServiceType: head.Command.ServiceType, Body: body, UIN: uint64(head.UIN), ClientAddr: head.ClientAddr, RequestID: string(head.RequestID),
	}
	if app := head.CallingApp(); app != 0 {
		call.AppID = app.String()
	}
	rsp, err := attempt(ctx, handler, call)
	var (
		own   *OIDBResult
		coded *retcode.Error
	)
	code, known := retcode.From(err)
	switch {
	case err == nil && len(rsp) <= frame.MaxBody:
		return answer, rsp
	case err == nil:
		err = fmt.Errorf("the answer has %d bytes, more than %d", len(rsp), frame.MaxBody)
		refuse(&answer, retcode.OIDBUnpackFailed)
	case errors.As(err, &own) && own.Result != 0:
		answer.Result, answer.Message, answer.RetryAfter = own.Result, bounded(own.Text), own.RetryAfter
		return answer, nil
	case known && code.Domain() == retcode.OIDB && code.Number() != 0:
		refuse(&answer, code)
		if errors.As(err, &coded) {
			answer.Detail, answer.RetryAfter = bounded(coded.Detail()), coded.RetryAfter()
		}
		return answer, nil
	case ctx.Err() != nil:
		refuse(&answer, retcode.OIDBDeadlineExceeded)
	default:
		refuse(&answer, retcode.OIDBConnectFailed)
	}
	s.log().Error("a call of the bus failed", "interface", head.Command.String(), "request_id", call.RequestID, "code", answer.Result, "error", err.Error())
	return answer, nil
}

// maxOIDBText bounds an answer's text, in bytes.
const maxOIDBText = 1 << 10

// bounded cuts a text that would not fit into the head of an answer.
func bounded(text string) string { return strings.ToValidUTF8(text[:min(len(text), maxOIDBText)], "") }

// attempt calls a handler and turns a panic into an error.
func attempt(ctx context.Context, handler OIDBHandler, call *OIDBCall) (rsp []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return handler(ctx, call)
}

// refuse makes a head that of an answer with a code.
func refuse(answer *frame.Head, code retcode.Code) {
	answer.Result, answer.Message = uint32(code.Number()), code.Entry().Summary
}

func (s *OIDBServer) log() *slog.Logger { return cmp.Or(s.Log, slog.Default()) }
