package tcp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

type command = oidb.Command[wire.CheckRequest, wire.CheckResponse]

// The commands of the tests.
var (
	echo   = checkCommand(1, true)  // answers at once, with the request's appid as uin
	slow   = checkCommand(2, false) // the same, once the test lets it continue
	asking = checkCommand(3, true)  // the same as slow, but calls Wait first
	rude   = checkCommand(4, true)  // waits without calling Wait
	wild   = checkCommand(5, true)  // panics
)

// waiting are the commands that wait.
var waiting = map[string]*command{"of its own accord": slow, "having asked": asking}

func checkCommand(serviceType uint32, inline bool) *command {
	c := *oidb.CheckAccess
	c.ID, c.Inline, c.OtherTypes = oidb.ID{Number: 0xf00, ServiceType: serviceType}, inline, 0
	return &c
}

// fixture is a bus with its server on a real listener.
type fixture struct {
	*Server
	t       *testing.T
	addr    string
	let     chan struct{}       // lets one waiting call continue
	waits   chan platform.AppID // receives each call that waits
	metrics *prometheus.Registry
	served  chan error
}

func newFixture(t *testing.T, options Options) *fixture {
	t.Helper()
	f := &fixture{t: t, let: make(chan struct{}), waits: make(chan platform.AppID, 3000), metrics: prometheus.NewRegistry(), served: make(chan error, 1)}
	bus := oidb.NewBus()
	answer := func(req wire.CheckRequest) wire.CheckResponse {
		return wire.CheckResponse{UIN: platform.UIN(req.AppID)}
	}
	wait := func(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		token := string(append([]byte(nil), req.Token...))
		f.waits <- req.AppID
		select {
		case <-f.let:
		case <-ctx.Done():
			return wire.CheckResponse{}, ctx.Err()
		}
		if req.Token != token {
			return wire.CheckResponse{}, fmt.Errorf("the request changed while its call waited, from %q to %q", token, req.Token)
		}
		return answer(req), nil
	}
	oidb.Handle(bus, echo, func(_ context.Context, req wire.CheckRequest) (wire.CheckResponse, error) { return answer(req), nil })
	oidb.Handle(bus, slow, wait)
	oidb.Handle(bus, asking, func(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		return wait(oidb.Wait(ctx), req)
	})
	oidb.Handle(bus, rude, func(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		select {
		case <-ctx.Done():
			return wire.CheckResponse{}, ctx.Err()
		case <-f.let:
			return answer(req), nil
		}
	})
	oidb.Handle(bus, wild, func(context.Context, wire.CheckRequest) (wire.CheckResponse, error) { panic("wild") })
	log := slog.New(slog.DiscardHandler)
	bus.Observe(log, f.metrics, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = listener.Addr().String()
	f.Server = NewServer(bus, log, f.metrics, options)
	go func() { f.served <- f.Serve(listener) }()
	t.Cleanup(func() {
		if err := f.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-f.served; err != nil {
			t.Error(err)
		}
	})
	return f
}

// counted returns how many calls were answered, by the name of their command and the label of their result.
func (f *fixture) counted(name, code string) (calls float64) {
	f.t.Helper()
	families, err := f.metrics.Gather()
	if err != nil {
		f.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := make(map[string]string)
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if family.GetName() == "rookery_oidb_calls_total" && labels["interface"] == name && labels["code"] == code {
				calls += m.GetCounter().GetValue()
			}
		}
	}
	return calls
}

func (f *fixture) dial() *Client {
	f.t.Helper()
	c, err := Dial(f.t.Context(), f.addr, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { c.Close() })
	return c
}

func (f *fixture) conn() net.Conn {
	f.t.Helper()
	c, err := net.Dial("tcp", f.addr)
	if err == nil {
		err = c.SetDeadline(time.Now().Add(2 * time.Minute))
	}
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { c.Close() })
	return c
}

func (f *fixture) ask(c *Client, called *command, head wire.Head, app platform.AppID) (wire.Head, wire.CheckResponse) {
	f.t.Helper()
	answer, rsp, err := Ask(f.t.Context(), c, called, head, wire.CheckRequest{AppID: app})
	if err != nil {
		f.t.Error(err)
	}
	return answer, rsp
}

func TestManyCallsOnOneConnection(t *testing.T) {
	f := newFixture(t, Options{})
	c := f.dial()
	var group sync.WaitGroup
	for i := range 500 {
		group.Go(func() {
			if _, rsp := f.ask(c, echo, wire.Head{}, platform.AppID(i+1)); rsp.UIN != platform.UIN(i+1) {
				t.Errorf("call %d: got the answer to %d", i+1, rsp.UIN)
			}
		})
	}
	group.Wait()
	if got := f.counted("0xf00_1", "accesstoken 0"); got != 500 {
		t.Errorf("%v calls are counted, want 500", got)
	}
}

func TestACallThatWaitsHoldsUpNoOther(t *testing.T) {
	for name, waits := range waiting {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			c := f.dial()
			var group sync.WaitGroup
			group.Go(func() {
				if _, rsp := f.ask(c, waits, wire.Head{}, 1); rsp.UIN != 1 {
					t.Errorf("the call that waits: got %+v", rsp)
				}
			})
			<-f.waits
			if _, rsp := f.ask(c, echo, wire.Head{}, 2); rsp.UIN != 2 {
				t.Errorf("the other: got %+v", rsp)
			}
			f.let <- struct{}{}
			group.Wait()
			if len(f.waits) > 0 {
				t.Error("the call ran twice")
			}
		})
	}
}

// TestWhatAWaitingCallRefersToStays puts many calls into one buffer, each of which waits while those after it are read.
func TestWhatAWaitingCallRefersToStays(t *testing.T) {
	for name, waits := range waiting {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{MaxInFlight: 64})
			conn := f.conn()
			const many = 300
			var data []byte
			for i := range many {
				req := wire.CheckRequest{AppID: platform.AppID(i + 1), Token: fmt.Sprintf("token %d of some length", i+1)}
				data = append(data, Frame(waits, uint32(i+1), req)...)
				data = append(data, Frame(echo, uint32(many+i+1), req)...)
			}
			go func() {
				for range many {
					f.let <- struct{}{}
				}
			}()
			go conn.Write(data)
			seen := make(map[uint32]bool)
			for range 2 * many {
				answer := readFrame(t, conn)
				var h wire.Head
				rsp, err := wire.ParseCheckResponse(answer.Body)
				if _, wrong := h.Parse(answer.Head); wrong != nil || err != nil || h.Result != 0 {
					t.Fatalf("got %+v, %v, %v", h, wrong, err)
				}
				if seen[h.Seq] || uint32(rsp.UIN) != (h.Seq-1)%many+1 {
					t.Errorf("call %d: got the answer to %d, seen before: %v", h.Seq, rsp.UIN, seen[h.Seq])
				}
				seen[h.Seq] = true
			}
			if len(f.waits) != many {
				t.Errorf("%d calls ran, want %d", len(f.waits), many)
			}
		})
	}
}

// TestAnInlineCommandThatWaitsWithoutAskingFails: it would delay every call of its connection.
func TestAnInlineCommandThatWaitsWithoutAskingFails(t *testing.T) {
	f := newFixture(t, Options{})
	if head, _ := f.ask(f.dial(), rude, wire.Head{}, 1); head.Result != 1 {
		t.Errorf("over frames: got %d, want 1", head.Result)
	}
	if _, err := oidb.Call(t.Context(), f.bus, rude, wire.CheckRequest{}); !errors.Is(err, retcode.AccessTokenInternal) {
		t.Errorf("inside the process: %v", err)
	}
}

func TestCallsInFlightAreBounded(t *testing.T) {
	for name, waits := range waiting {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{MaxInFlight: 3})
			c := f.dial()
			var group sync.WaitGroup
			for i := range 10 {
				group.Go(func() { f.ask(c, waits, wire.Head{}, platform.AppID(i+1)) })
			}
			for range 3 {
				<-f.waits
			}
			for range 10 {
				if n := len(f.Server.waiting); n > 3 {
					t.Errorf("%d calls wait at the same time, want at most 3", n)
				}
				f.let <- struct{}{}
			}
			group.Wait()
		})
	}
}

func TestAClientFormIsAnsweredInOrder(t *testing.T) {
	for name, waits := range waiting {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			conn := f.conn()
			var data []byte
			calls := []*command{waits, echo}
			for i, called := range calls {
				body := wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: platform.AppID(i + 1)})
				data = frame.AppendClient(data, &wire.ClientPackage{Command: called.ID, Body: body})
			}
			if _, err := conn.Write(data); err != nil {
				t.Fatal(err)
			}
			<-f.waits
			f.let <- struct{}{}
			for i, called := range calls {
				var p wire.ClientPackage
				if err := p.Parse(readFrame(t, conn).Body); err != nil || p.Command != called.ID {
					t.Errorf("answer %d: %+v, %v", i, p, err)
				}
			}
		})
	}
}

func readFrame(t *testing.T, conn net.Conn) frame.Frame {
	t.Helper()
	var data []byte
	for {
		f, more, err := frame.Next(data, frame.MaxSize)
		if err != nil {
			t.Fatal(err)
		}
		if more == 0 {
			return f
		}
		piece := make([]byte, more-len(data))
		if _, err := io.ReadFull(conn, piece); err != nil {
			t.Fatal(err)
		}
		data = append(data, piece...)
	}
}

// closed expects the connection to be closed in order: a reset would lose answers.
func closed(t *testing.T, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("the connection is not closed in order: %d, %v", n, err)
	}
}

func TestBadFrames(t *testing.T) {
	f := newFixture(t, Options{MaxFrame: 4096})
	valid := wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: 1})
	head := wire.Head{Command: echo.ID, Seq: 77}
	wholeHead := head.Append(nil)
	broken := frame.AppendNative(nil, &head, valid)
	broken[len(broken)-1] = 0
	torn := frame.AppendNative(nil, &head, valid)
	torn[len(torn)-1-len(valid)-len(wholeHead)] = 0xff
	unpackable := func() float64 {
		return f.counted("other", "oidb 145")
	}
	for _, test := range []struct {
		name   string
		data   []byte
		result retcode.Code // 0: no answer
		closes bool
	}{
		{"no frame at all", []byte("GET / HTTP/1.1\r\n\r\n"), 0, true},
		{"a head that cannot be read, before its seq", torn, 0, true},
		{"a head that cannot be read, after its seq", nativeOf(append(bytes.Clone(wholeHead), 0xff), valid), retcode.OIDBUnpackFailed, false},
		{"a body that cannot be read", frame.AppendNative(nil, &head, []byte{0xff}), retcode.OIDBUnpackFailed, false},
		{"another end byte", broken, retcode.OIDBUnpackFailed, true},
		{"too large", frame.AppendNative(nil, &head, make([]byte, 5000)), retcode.OIDBPacketTooLarge, false},
		{"too large unless it is forwarded", frame.AppendNative(nil, &head, make([]byte, 4096)), retcode.OIDBPacketTooLarge, false},
		{"far too large", nativeOf(wholeHead, make([]byte, 1<<20))[:9+len(wholeHead)], retcode.OIDBPacketTooLarge, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, conn := unpackable(), f.conn()
			if _, err := conn.Write(test.data); err != nil {
				t.Fatal(err)
			}
			if test.result != 0 {
				var h wire.Head
				if _, err := h.Parse(readFrame(t, conn).Head); err != nil || h.Seq != 77 || h.Result != uint32(test.result.Number()) {
					t.Fatalf("got %+v, %v, want result %d", h, err, test.result.Number())
				}
			}
			if test.closes {
				closed(t, conn)
				if test.result == 0 && unpackable() != before+1 {
					t.Error("it is not counted")
				}
				return
			}
			if _, err := conn.Write(frame.AppendNative(nil, &head, valid)); err != nil {
				t.Fatal(err)
			}
			var h wire.Head
			if _, err := h.Parse(readFrame(t, conn).Head); err != nil || h.Result != 0 {
				t.Errorf("the next call: %+v, %v", h, err)
			}
		})
	}
}

func nativeOf(head, body []byte) []byte {
	data := frame.AppendNative(nil, new(wire.Head), nil)[:9]
	data[3], data[4] = byte(len(head)>>8), byte(len(head))
	data[5], data[6], data[7], data[8] = byte(len(body)>>24), byte(len(body)>>16), byte(len(body)>>8), byte(len(body))
	return append(append(append(data, head...), body...), 0x29)
}

func TestAFrameMayComeByteByByte(t *testing.T) {
	f := newFixture(t, Options{})
	conn := f.conn()
	for range 2 { // the second one finds a connection with a buffer
		for _, b := range frame.AppendNative(nil, &wire.Head{Command: echo.ID, Seq: 1}, wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: 3})) {
			if _, err := conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		if rsp, err := wire.ParseCheckResponse(readFrame(t, conn).Body); err != nil || rsp.UIN != 3 {
			t.Errorf("got %+v, %v", rsp, err)
		}
	}
}

// A connection whose frame does not go on is not idle, whether the frame will be served or is too large.
func TestAFrameMustGoOn(t *testing.T) {
	f := newFixture(t, Options{MaxFrame: 4096, ReadTimeout: 50 * time.Millisecond})
	for name, body := range map[string]int{"served": 1000, "too large": 5000} {
		t.Run(name, func(t *testing.T) {
			conn := f.conn()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			whole := frame.AppendNative(nil, &wire.Head{Command: echo.ID, Seq: 1}, make([]byte, body))
			if _, err := conn.Write(whole[:100]); err != nil {
				t.Fatal(err)
			}
			if body > 4096 {
				readFrame(t, conn)
			}
			closed(t, conn)
		})
	}
}

func TestAnIdleConnectionGivesItsBufferBack(t *testing.T) {
	f := newFixture(t, Options{IdleTimeout: 2 * linger})
	conn := f.conn()
	f.ask(f.dial(), echo, wire.Head{}, 1)
	if _, err := conn.Write(frame.AppendNative(nil, &wire.Head{Command: echo.ID, Seq: 1}, nil)); err != nil {
		t.Fatal(err)
	}
	readFrame(t, conn)
	closed(t, conn) // after linger and the idle time, which only the small read waits for
}

func TestDeadlines(t *testing.T) {
	f := newFixture(t, Options{Deadline: time.Hour})
	head, _ := f.ask(f.dial(), slow, wire.Head{Budget: 20 * time.Millisecond}, 1)
	if head.Result != uint32(retcode.OIDBDeadlineExceeded.Number()) {
		t.Errorf("past the caller's budget: %d, want 154", head.Result)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := f.dial().Call(ctx, wire.Head{Command: slow.ID, Budget: time.Hour}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past the client's deadline: %v", err)
	}
	close(f.let)
}

// TestAGuardThatWaitsHoldsUpNoOther: it waits where a call may wait, and no longer than the call's deadline.
func TestAGuardThatWaitsHoldsUpNoOther(t *testing.T) {
	f := newFixture(t, Options{Deadline: 50 * time.Millisecond})
	guarded := make(chan struct{}, 1)
	f.bus.Guard(func(ctx context.Context, d *oidb.Declaration, _ oidb.Subject) error {
		if d.ID != asking.ID {
			return nil
		}
		ctx = oidb.Wait(ctx)
		guarded <- struct{}{}
		<-ctx.Done()
		return retcode.OIDBDeadlineExceeded
	})
	c := f.dial()
	var group sync.WaitGroup
	group.Go(func() {
		if head, _ := f.ask(c, asking, wire.Head{}, 10001); head.Result != 154 {
			t.Errorf("the guarded call: %d, want 154", head.Result)
		}
	})
	<-guarded
	if _, rsp := f.ask(c, echo, wire.Head{}, 10001); rsp.UIN != 10001 {
		t.Errorf("the other call: got %+v", rsp)
	}
	group.Wait()
}

// TestTheClientFormWaitsWithinTheBound: its calls take a slot like all other waiting calls.
func TestTheClientFormWaitsWithinTheBound(t *testing.T) {
	f := newFixture(t, Options{MaxWaiting: 1})
	conn := f.conn()
	if _, err := conn.Write(frame.AppendClient(nil, &wire.ClientPackage{Command: slow.ID, Body: wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: 1})})); err != nil {
		t.Fatal(err)
	}
	<-f.waits
	if n := len(f.Server.waiting); n != 1 {
		t.Errorf("%d slots are taken, want 1", n)
	}
	f.let <- struct{}{}
	readFrame(t, conn)
}

func TestAPanicIsAnUnforeseenFailure(t *testing.T) {
	f := newFixture(t, Options{})
	c := f.dial()
	if head, _ := f.ask(c, wild, wire.Head{}, 1); head.Result != uint32(retcode.AccessTokenInternal.Number()) {
		t.Errorf("got %d, want 1", head.Result)
	}
	if head, _ := f.ask(c, echo, wire.Head{}, 1); head.Result != 0 {
		t.Errorf("the next call: %d", head.Result)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	f := newFixture(t, Options{MaxConnections: 1})
	c := f.dial()
	f.ask(c, echo, wire.Head{}, 1)
	closed(t, f.conn())
	f.ask(c, echo, wire.Head{}, 2)
}

func TestAStopAnswersWhatWasRead(t *testing.T) {
	f := newFixture(t, Options{})
	c := f.dial()
	var group sync.WaitGroup
	group.Go(func() {
		if _, rsp := f.ask(c, slow, wire.Head{}, 7); rsp.UIN != 7 {
			t.Errorf("got %+v", rsp)
		}
	})
	<-f.waits
	stopped := make(chan error, 1)
	go func() { stopped <- f.Shutdown(context.Background()) }()
	<-f.stopping
	f.let <- struct{}{}
	group.Wait()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, _, err := c.Call(t.Context(), wire.Head{Command: echo.ID}, nil); err == nil {
		t.Error("a call after the stop is answered")
	}
	if _, err := net.Dial("tcp", f.addr); err == nil {
		t.Error("a connection after the stop is accepted")
	}
}

// TestAServerThatIsGoingToStopSaysSo: on each connection of native calls, at once or after the first answer. Calls under way are answered, and so
// are those of the client form, which has no such frame.
func TestAServerThatIsGoingToStopSaysSo(t *testing.T) {
	f := newFixture(t, Options{})
	told := func(c *Client) {
		t.Helper()
		for begun := time.Now(); c.Err() == nil; runtime.Gosched() {
			if time.Since(begun) > time.Minute {
				t.Fatal("the client does not hear that the server is going to stop")
			}
		}
		if _, _, err := c.Call(t.Context(), wire.Head{Command: echo.ID}, nil); !errors.Is(err, oidb.ErrNotSent) {
			t.Errorf("another call on the connection: %v", err)
		}
	}
	busy, idle, unused, old := f.dial(), f.dial(), f.dial(), f.conn()
	f.ask(idle, echo, wire.Head{}, 1)
	f.ask(busy, echo, wire.Head{}, 1)
	var group sync.WaitGroup
	group.Go(func() {
		if _, rsp := f.ask(busy, slow, wire.Head{}, 7); rsp.UIN != 7 {
			t.Errorf("the call under way: got %+v", rsp)
		}
	})
	<-f.waits
	inOldForm := func() {
		t.Helper()
		call := frame.AppendClient(nil, &wire.ClientPackage{Command: echo.ID, Body: wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: 3})})
		if _, err := old.Write(call); err != nil {
			t.Fatal(err)
		}
		if got := readFrame(t, old); got.Native {
			t.Error("in the client form a native frame comes")
		}
	}
	inOldForm()
	f.Leave()
	told(idle)
	told(busy)
	inOldForm()
	inOldForm()
	f.let <- struct{}{}
	group.Wait()
	for _, c := range []*Client{unused, f.dial()} {
		if _, rsp := f.ask(c, echo, wire.Head{}, 2); rsp.UIN != 2 {
			t.Errorf("a call on a connection without one: got %+v", rsp)
		}
		told(c)
	}
}

// TestAStopTakesNoAnswerAlong: requests that a busy caller has sent and nobody will read must not turn the close into a
// reset.
func TestAStopTakesNoAnswerAlong(t *testing.T) {
	f := newFixture(t, Options{MaxInFlight: 1})
	conn := f.conn()
	call := frame.AppendNative(nil, &wire.Head{Command: slow.ID, Seq: 1}, wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: 1}))
	if _, err := conn.Write(bytes.Repeat(call, 2000)); err != nil {
		t.Fatal(err)
	}
	<-f.waits
	stopped := make(chan error, 1)
	go func() { stopped <- f.Shutdown(context.Background()) }()
	<-f.stopping
	close(f.let)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	readFrame(t, conn)
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the answers were cut off: %v", err)
	}
}

func TestAStopThatHasWaitedLongEnoughCutsOff(t *testing.T) {
	f := newFixture(t, Options{Deadline: time.Hour})
	c := f.dial()
	failed := make(chan error, 1)
	go func() {
		_, _, err := c.Call(context.Background(), wire.Head{Command: slow.ID}, nil)
		failed <- err
	}()
	<-f.waits
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Shutdown(ctx); err == nil {
		t.Error("nothing is said to have been cut off")
	}
	if err := <-failed; err == nil {
		t.Error("the call that was cut off succeeded")
	}
}
