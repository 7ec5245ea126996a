package oidb

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// The commands of the tests.
var (
	echo  = checkCommand(1) // answers at once that the uin is the appid of the request
	slow  = checkCommand(2) // the same once the test lets it
	wild  = checkCommand(3) // panics
	about = checkCommand(4) // refuses staff-protected accounts and class B
)

func checkCommand(serviceType uint32) *Command[CheckRequest, CheckResponse] {
	c := *CheckAccess
	c.ID = ID{0xf00, serviceType}
	c.OtherTypes = 0
	return &c
}

// people is a directory for tests.
type people struct{ err error }

var testApp = &platform.App{AppID: 9, Environment: platform.Test, TestNumbers: []platform.UIN{10001}}

func (p people) App(id platform.AppID) *platform.App {
	switch id {
	case testApp.AppID:
		return testApp
	case 8:
		return &platform.App{AppID: 8, Environment: platform.Formal}
	}
	return nil
}

func (p people) Issued(_ context.Context, uin platform.UIN) (bool, error) {
	return uin >= platform.FirstUIN && uin < 20_000, p.err
}

func (p people) Number(ctx context.Context, uin platform.UIN) (platform.AccountClass, platform.AccountState, error) {
	if err := MayWait(ctx); err != nil {
		return 0, 0, err
	}
	if uin == 10002 {
		return platform.ClassB, platform.AccountStaffProtected, p.err
	}
	return platform.ClassOrdinary, platform.AccountNormal, p.err
}

func (p people) HoldsLogin(_ context.Context, app platform.AppID, uin platform.UIN, text string) (bool, error) {
	return text == "sound" && app == 8 && uin == 10001, p.err
}

// memory keeps policies for tests.
type memory struct{ records [][]byte }

func (m *memory) OIDBPolicy(context.Context) (int64, []byte, error) {
	if len(m.records) == 0 {
		return 0, nil, nil
	}
	return int64(len(m.records)), m.records[len(m.records)-1], nil
}

func (m *memory) StoreOIDBPolicy(_ context.Context, version int64, record []byte, _ int64) error {
	if version != int64(len(m.records))+1 {
		return errors.New("not the next version")
	}
	m.records = append(m.records, record)
	return nil
}

// fixture is a bus with its server on a real listener.
type fixture struct {
	*Server
	t       *testing.T
	addr    string
	let     chan struct{} // lets one slow call go on
	waiting chan platform.AppID
	log     *bytes.Buffer
	metrics *prometheus.Registry
	served  chan error
}

func newFixture(t *testing.T, options ServerOptions) *fixture {
	t.Helper()
	f := &fixture{t: t, let: make(chan struct{}), waiting: make(chan platform.AppID, 1000), log: new(bytes.Buffer), metrics: prometheus.NewRegistry(), served: make(chan error, 1)}
	bus := NewBus()
	bus.SetDirectory(people{})
	answer := func(req CheckRequest) (CheckResponse, error) { return CheckResponse{UIN: platform.UIN(req.AppID)}, nil }
	Handle(bus, echo, func(_ context.Context, req CheckRequest) (CheckResponse, error) { return answer(req) })
	Handle(bus, about, func(_ context.Context, req CheckRequest) (CheckResponse, error) { return answer(req) })
	Handle(bus, wild, func(context.Context, CheckRequest) (CheckResponse, error) { panic("wild") })
	Handle(bus, CheckAccess, func(_ context.Context, req CheckRequest) (CheckResponse, error) { return answer(req) })
	Handle(bus, slow, func(ctx context.Context, req CheckRequest) (CheckResponse, error) {
		if err := MayWait(ctx); err != nil {
			return CheckResponse{}, err
		}
		f.waiting <- req.AppID
		select {
		case <-f.let:
			return answer(req)
		case <-ctx.Done():
			return CheckResponse{}, ctx.Err()
		}
	})
	if err := bus.LoadPolicy(t.Context(), new(memory), new(platform.Clock)); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.addr = listener.Addr().String()
	f.Server = NewServer(bus, slog.New(slog.NewJSONHandler(&lockedWriter{w: f.log}, nil)), f.metrics, options)
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

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (f *fixture) change(edit func(*Policy)) {
	f.t.Helper()
	if _, err := f.bus.ChangePolicy(f.t.Context(), func(p *Policy) error { edit(p); return nil }); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) dial() *Client {
	f.t.Helper()
	c, err := Dial(f.t.Context(), f.addr)
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

func (f *fixture) ask(c *Client, command *Command[CheckRequest, CheckResponse], head Head, app platform.AppID) (Head, CheckResponse) {
	f.t.Helper()
	answer, rsp, err := Ask(f.t.Context(), c, command, head, CheckRequest{AppID: app})
	if err != nil {
		f.t.Error(err)
	}
	return answer, rsp
}

// askUnknown calls a command that may be none.
func (f *fixture) askUnknown(c *Client, id ID, head Head) Head {
	f.t.Helper()
	head.Command = id
	answer, _, err := c.Call(f.t.Context(), head, nil)
	if err != nil {
		f.t.Error(err)
	}
	return answer
}

func TestManyCallsOnOneConnection(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	c := f.dial()
	var group sync.WaitGroup
	for i := range 500 {
		group.Go(func() {
			if _, rsp := f.ask(c, echo, Head{}, platform.AppID(i+1)); rsp.UIN != platform.UIN(i+1) {
				t.Errorf("call %d: got the answer to %d", i+1, rsp.UIN)
			}
		})
	}
	group.Wait()
	if got := testutil.ToFloat64(f.events.meters[0].counter(retcode.AccessTokenOK)); got != 500 {
		t.Errorf("%v calls are counted, want 500", got)
	}
}

func TestACallThatWaitsHoldsUpNoOther(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	c := f.dial()
	var group sync.WaitGroup
	group.Go(func() {
		if _, rsp := f.ask(c, slow, Head{}, 1); rsp.UIN != 1 {
			t.Errorf("slow: got %+v", rsp)
		}
	})
	<-f.waiting
	if _, rsp := f.ask(c, echo, Head{}, 2); rsp.UIN != 2 {
		t.Errorf("quick: got %+v", rsp)
	}
	f.let <- struct{}{}
	group.Wait()
}

func TestCallsInFlightAreBounded(t *testing.T) {
	f := newFixture(t, ServerOptions{MaxInFlight: 3})
	c := f.dial()
	var group sync.WaitGroup
	for i := range 10 {
		group.Go(func() { f.ask(c, slow, Head{}, platform.AppID(i+1)) })
	}
	for range 3 {
		<-f.waiting
	}
	for range 10 {
		if n := len(f.Server.waiting); n > 3 {
			t.Errorf("%d calls wait at the same time, want at most 3", n)
		}
		f.let <- struct{}{}
	}
	group.Wait()
}

func TestAClientFormIsAnsweredInOrder(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	conn := f.conn()
	var data []byte
	for i, command := range []*Command[CheckRequest, CheckResponse]{slow, echo} {
		data = appendClient(data, &clientPackage{Command: command.ID, Body: (&CheckRequest{AppID: platform.AppID(i + 1)}).append(nil)})
	}
	if _, err := conn.Write(data); err != nil {
		t.Fatal(err)
	}
	<-f.waiting
	f.let <- struct{}{}
	for i, command := range []*Command[CheckRequest, CheckResponse]{slow, echo} {
		var p clientPackage
		if err := p.parse(readFrame(t, conn).body); err != nil || p.Command != command.ID {
			t.Errorf("answer %d: %+v, %v", i, p, err)
		}
	}
}

func readFrame(t *testing.T, conn net.Conn) frame {
	t.Helper()
	var data []byte
	for {
		f, more, err := nextFrame(data, MaxFrame)
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

// closed wants the connection closed in order: a reset would have taken answers along.
func closed(t *testing.T, conn net.Conn) {
	t.Helper()
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("the connection is not closed in order: %d, %v", n, err)
	}
}

func TestBadFrames(t *testing.T) {
	f := newFixture(t, ServerOptions{MaxFrame: 4096})
	sound := (&CheckRequest{AppID: 1}).append(nil)
	head := Head{Command: echo.ID, Seq: 77}
	wholeHead := head.append(nil)
	broken := appendNative(nil, &head, sound)
	broken[len(broken)-1] = 0
	torn := appendNative(nil, &head, sound)
	torn[len(torn)-1-len(sound)-len(wholeHead)] = 0xff
	unpackable := func() float64 {
		return testutil.ToFloat64(f.events.meters[len(f.events.meters)-1].counter(retcode.OIDBUnpackFailed))
	}
	for _, test := range []struct {
		name   string
		data   []byte
		result retcode.Code // 0: no answer
		closes bool
	}{
		{"no frame at all", []byte("GET / HTTP/1.1\r\n\r\n"), 0, true},
		{"a head that cannot be read, before its seq", torn, 0, true},
		{"a head that cannot be read, after its seq", nativeOf(append(bytes.Clone(wholeHead), 0xff), sound), retcode.OIDBUnpackFailed, false},
		{"a body that cannot be read", appendNative(nil, &head, []byte{0xff}), retcode.OIDBUnpackFailed, false},
		{"another end byte", broken, retcode.OIDBUnpackFailed, true},
		{"too large", appendNative(nil, &head, make([]byte, 5000)), retcode.OIDBPacketTooLarge, false},
		{"far too large", nativeOf(wholeHead, make([]byte, skippable))[:9+len(wholeHead)], retcode.OIDBPacketTooLarge, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before, conn := unpackable(), f.conn()
			if _, err := conn.Write(test.data); err != nil {
				t.Fatal(err)
			}
			if test.result != 0 {
				var h Head
				if _, err := h.parse(readFrame(t, conn).head); err != nil || h.Seq != 77 || h.Result != uint32(test.result.Number()) {
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
			if _, err := conn.Write(appendNative(nil, &head, sound)); err != nil {
				t.Fatal(err)
			}
			var h Head
			if _, err := h.parse(readFrame(t, conn).head); err != nil || h.Result != 0 {
				t.Errorf("the next call: %+v, %v", h, err)
			}
		})
	}
}

func nativeOf(head, body []byte) []byte {
	data := appendNative(nil, new(Head), nil)[:9]
	data[3], data[4] = byte(len(head)>>8), byte(len(head))
	data[5], data[6], data[7], data[8] = byte(len(body)>>24), byte(len(body)>>16), byte(len(body)>>8), byte(len(body))
	return append(append(append(data, head...), body...), frameEnd)
}

func TestAFrameMayComeByteByByte(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	conn := f.conn()
	for range 2 { // the second one meets a connection that has a buffer
		for _, b := range appendNative(nil, &Head{Command: echo.ID, Seq: 1}, (&CheckRequest{AppID: 3}).append(nil)) {
			if _, err := conn.Write([]byte{b}); err != nil {
				t.Fatal(err)
			}
		}
		var rsp CheckResponse
		if err := rsp.parse(readFrame(t, conn).body); err != nil || rsp.UIN != 3 {
			t.Errorf("got %+v, %v", rsp, err)
		}
	}
}

func TestAnIdleConnectionGivesItsBufferBack(t *testing.T) {
	f := newFixture(t, ServerOptions{IdleTimeout: 2 * linger})
	conn := f.conn()
	f.ask(f.dial(), echo, Head{}, 1)
	if _, err := conn.Write(appendNative(nil, &Head{Command: echo.ID, Seq: 1}, nil)); err != nil {
		t.Fatal(err)
	}
	readFrame(t, conn)
	closed(t, conn) // after linger and the idle time, which only the small read waits for
}

func TestDeadlines(t *testing.T) {
	f := newFixture(t, ServerOptions{Deadline: time.Hour})
	head, _ := f.ask(f.dial(), slow, Head{Budget: 20 * time.Millisecond}, 1)
	if head.Result != uint32(retcode.OIDBDeadlineExceeded.Number()) {
		t.Errorf("past the caller's budget: %d, want 154", head.Result)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := f.dial().Call(ctx, Head{Command: slow.ID, Budget: time.Hour}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past the client's deadline: %v", err)
	}
	close(f.let)
}

func TestACallInsideTheProcessHasADeadline(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	f.bus.deadline = 20 * time.Millisecond
	call := func(ctx context.Context, command *Command[CheckRequest, CheckResponse]) (CheckResponse, error) {
		return Call(ctx, f.bus, command, CheckRequest{AppID: 10001})
	}
	if _, err := call(t.Context(), slow); !errors.Is(err, retcode.OIDBDeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past the deadline: %v, want 154", err)
	}
	<-f.waiting
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := call(gone, slow); !errors.Is(err, retcode.OIDBDeadlineExceeded) {
		t.Errorf("for a caller who has left: %v, want 154", err)
	}
	if rsp, err := call(gone, echo); err != nil || rsp.UIN != 10001 {
		t.Errorf("a call that need not wait: %+v, %v", rsp, err)
	}
	if _, err := call(inline{t.Context()}, slow); !errors.Is(err, ErrWouldWait) {
		t.Errorf("on behalf of a call that may not wait: %v", err)
	}
}

// TestAGuardThatWaitsHoldsUpNoOther: it waits where a call may, and no longer than the call's deadline.
func TestAGuardThatWaitsHoldsUpNoOther(t *testing.T) {
	f := newFixture(t, ServerOptions{Deadline: 50 * time.Millisecond})
	guarded := make(chan struct{}, 1)
	f.bus.Guard(func(ctx context.Context, d *Declaration, _ Subject) error {
		if d.ID != about.ID {
			return nil
		}
		if err := MayWait(ctx); err != nil {
			return err
		}
		guarded <- struct{}{}
		<-ctx.Done()
		return retcode.OIDBDeadlineExceeded
	})
	c := f.dial()
	var group sync.WaitGroup
	group.Go(func() {
		if head, _ := f.ask(c, about, Head{}, 10001); head.Result != 154 {
			t.Errorf("the guarded call: %d, want 154", head.Result)
		}
	})
	<-guarded
	if _, rsp := f.ask(c, echo, Head{}, 10001); rsp.UIN != 10001 {
		t.Errorf("the other call: got %+v", rsp)
	}
	group.Wait()
}

// TestTheClientFormWaitsWithinTheBound: its calls take a slot like all others that wait.
func TestTheClientFormWaitsWithinTheBound(t *testing.T) {
	f := newFixture(t, ServerOptions{MaxWaiting: 1})
	conn := f.conn()
	if _, err := conn.Write(appendClient(nil, &clientPackage{Command: slow.ID, Body: (&CheckRequest{AppID: 1}).append(nil)})); err != nil {
		t.Fatal(err)
	}
	<-f.waiting
	if n := len(f.Server.waiting); n != 1 {
		t.Errorf("%d slots are taken, want 1", n)
	}
	f.let <- struct{}{}
	readFrame(t, conn)
}

func TestAPanicIsAnUnforeseenFailure(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	c := f.dial()
	if head, _ := f.ask(c, wild, Head{}, 1); head.Result != uint32(retcode.AccessTokenInternal.Number()) {
		t.Errorf("got %d, want 1", head.Result)
	}
	if head, _ := f.ask(c, echo, Head{}, 1); head.Result != 0 {
		t.Errorf("the next call: %d", head.Result)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	f := newFixture(t, ServerOptions{MaxConnections: 1})
	c := f.dial()
	f.ask(c, echo, Head{}, 1)
	closed(t, f.conn())
	f.ask(c, echo, Head{}, 2)
}

func TestAStopAnswersWhatWasRead(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	c := f.dial()
	var group sync.WaitGroup
	group.Go(func() {
		if _, rsp := f.ask(c, slow, Head{}, 7); rsp.UIN != 7 {
			t.Errorf("got %+v", rsp)
		}
	})
	<-f.waiting
	stopped := make(chan error, 1)
	go func() { stopped <- f.Shutdown(context.Background()) }()
	<-f.stopping
	f.let <- struct{}{}
	group.Wait()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if _, _, err := c.Call(t.Context(), Head{Command: echo.ID}, nil); err == nil {
		t.Error("a call after the stop is answered")
	}
	if _, err := net.Dial("tcp", f.addr); err == nil {
		t.Error("a connection after the stop is accepted")
	}
}

// TestAStopTakesNoAnswerAlong: what a busy caller has sent and nobody will read must not turn the close into a reset.
func TestAStopTakesNoAnswerAlong(t *testing.T) {
	f := newFixture(t, ServerOptions{MaxInFlight: 1})
	conn := f.conn()
	call := appendNative(nil, &Head{Command: slow.ID, Seq: 1}, (&CheckRequest{AppID: 1}).append(nil))
	if _, err := conn.Write(bytes.Repeat(call, 2000)); err != nil {
		t.Fatal(err)
	}
	<-f.waiting
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
	f := newFixture(t, ServerOptions{Deadline: time.Hour})
	c := f.dial()
	failed := make(chan error, 1)
	go func() {
		_, _, err := c.Call(context.Background(), Head{Command: slow.ID}, nil)
		failed <- err
	}()
	<-f.waiting
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Shutdown(ctx); err == nil {
		t.Error("nothing is said to have been cut off")
	}
	if err := <-failed; err == nil {
		t.Error("the call that was cut off succeeded")
	}
}

func TestThePolicyIsKeptInItsOrder(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	c := f.dial()
	name := about.String()
	of := func(edit func(*CommandPolicy)) func(*Policy) {
		return func(p *Policy) {
			decided := p.Commands[name]
			edit(&decided)
			p.Commands[name] = decided
		}
	}
	// All of it holds at the same time; each step cures the reason of the last answer.
	f.change(func(p *Policy) {
		p.AddressBlackList = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		p.UINBlackList = []platform.UIN{10002}
		p.Maintenance = []UINRange{{10002, 10002}}
		p.Commands[name] = CommandPolicy{
			DemandsLogin: true, ForbiddenInTest: true, RefusedClasses: []platform.AccountClass{platform.ClassB},
			RefusedStates: []platform.AccountState{platform.AccountStaffProtected}, Rate: platform.Rate{Count: 1, Per: time.Hour},
		}
	})
	head := Head{UIN: 10002, ClientAddr: netip.MustParseAddr("192.0.2.1"), Caller: 9}
	for _, step := range []struct {
		want retcode.Code
		cure func()
	}{
		{retcode.OIDBAddressBlacklisted, func() { head.ClientAddr = netip.Addr{} }},
		{retcode.OIDBUINBlacklisted, func() { f.change(func(p *Policy) { p.UINBlackList = nil }) }},
		{retcode.OIDBCommandNotGranted, func() { f.change(of(func(c *CommandPolicy) { c.Apps = []platform.AppID{9} })) }},
		{retcode.OIDBLoginSignatureInvalid, func() { f.change(of(func(c *CommandPolicy) { c.DemandsLogin = false })) }},
		{retcode.OIDBTestCommandForbidden, func() { f.change(of(func(c *CommandPolicy) { c.ForbiddenInTest = false })) }},
		{retcode.OIDBTestNumberRequired, func() { f.change(of(func(c *CommandPolicy) { c.AllApps = true })); head.Caller = 8 }},
		{retcode.OIDBShardInMaintenance, nil}, // the one call of the rate
		{retcode.OIDBRateExceeded, func() { f.change(of(func(c *CommandPolicy) { c.Rate = platform.Rate{} })); head.UIN = 20_000 }},
		{retcode.OIDBNoInstance, func() { head.UIN = 10002 }},
		{retcode.OIDBShardInMaintenance, func() { f.change(func(p *Policy) { p.Maintenance = nil }) }},
		{retcode.OIDBClassBNotAllowed, func() { f.change(of(func(c *CommandPolicy) { c.RefusedClasses = nil })) }},
		{retcode.OIDBStaffProtected, func() { head.UIN = 10001 }},
		{0, func() { head.Login = LoginSig{Sig: []byte("forged"), AppID: 8} }},
		{retcode.OIDBLoginSignatureInvalid, func() { head.Login.Sig = []byte("sound") }},
		{0, nil},
	} {
		answer, _ := f.ask(c, about, head, 10001)
		if answer.Result != uint32(step.want.Number()) {
			t.Fatalf("got %d, want %v", answer.Result, step.want)
		}
		if step.cure != nil {
			step.cure()
		}
	}
	// What holds for the head's number holds for the account that an answer is about, and inside the process too.
	f.change(of(func(c *CommandPolicy) { c.RefusedClasses = []platform.AccountClass{platform.ClassB} }))
	if answer, rsp := f.ask(c, about, Head{}, 10002); answer.Result != uint32(retcode.OIDBClassBNotAllowed.Number()) || rsp.UIN != 0 {
		t.Errorf("an answer about an account of class B: %d, %+v", answer.Result, rsp)
	}
	if _, err := Call(t.Context(), f.bus, about, CheckRequest{AppID: 10002}); !errors.Is(err, retcode.OIDBClassBNotAllowed) {
		t.Errorf("the same inside the process: %v", err)
	}
	f.bus.SetDirectory(people{err: errors.New("disk I/O error")})
	if answer, _ := f.ask(c, about, Head{UIN: 10001}, 10001); answer.Result != uint32(retcode.OIDBConnectFailed.Number()) {
		t.Errorf("who is who cannot be read: %d, want 155", answer.Result)
	}
}

func TestUnknownCommands(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	c := f.dial()
	for command, want := range map[ID]retcode.Code{
		{0x999, 1}: retcode.OIDBCommandNotConfigured, {0xf00, 0}: retcode.OIDBCommandNotConfigured, {0x711, 2}: retcode.AccessTokenServiceTypeInvalid,
	} {
		if head := f.askUnknown(c, command, Head{}); head.Result != uint32(want.Number()) {
			t.Errorf("%s: %d, want %v", command, head.Result, want)
		}
	}
}

func TestCallsInNobodysNameComeFromWhereThePlatformIs(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	f.change(func(p *Policy) { p.InternalNetworks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for peer, want := range map[string]bool{"127.0.0.1": true, "::1": true, "10.1.2.3": true, "192.0.2.1": false} {
		c := call{bus: f.bus, settings: f.bus.settings.Load(), peer: netip.MustParseAddr(peer), rules: new(rules)}
		if got, err := c.granted(); got != want || err != nil {
			t.Errorf("from %s: %v, %v", peer, got, err)
		}
	}
}

func TestPoliciesAreRefused(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	for name, edit := range map[string]func(*Policy){
		"with a range backwards":           func(p *Policy) { p.Maintenance = []UINRange{{10002, 10001}} },
		"with an unknown command":          func(p *Policy) { p.Commands["0x999_1"] = CommandPolicy{} },
		"with a command's name misspelled": func(p *Policy) { p.Commands["0xF00_1"] = CommandPolicy{} },
		"that refuses ordinary accounts": func(p *Policy) {
			p.Commands[echo.String()] = CommandPolicy{RefusedClasses: []platform.AccountClass{platform.ClassOrdinary}}
		},
		"that refuses closed accounts": func(p *Policy) {
			p.Commands[echo.String()] = CommandPolicy{RefusedStates: []platform.AccountState{platform.AccountClosed}}
		},
		"with a black list that holds nobody": func(p *Policy) {
			p.AddressBlackList = []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}
		},
		"with no range where one should be": func(p *Policy) { p.InternalNetworks = []netip.Prefix{{}} },
		"with too many uins":                func(p *Policy) { p.UINBlackList = make([]platform.UIN, maxBlackListed+1) },
	} {
		before := f.bus.Policy().Version
		if _, err := f.bus.ChangePolicy(t.Context(), func(p *Policy) error { edit(p); return nil }); !errors.Is(err, ErrPolicy) {
			t.Errorf("%s: %v", name, err)
		}
		if after := f.bus.Policy().Version; after != before {
			t.Errorf("%s: version %d became %d", name, before, after)
		}
	}
}

func TestAPolicyIsThereAfterARestart(t *testing.T) {
	kept := new(memory)
	for version := range int64(3) {
		bus := NewBus()
		if err := bus.LoadPolicy(t.Context(), kept, new(platform.Clock)); err != nil {
			t.Fatal(err)
		}
		if got := bus.Policy(); got.Version != version || len(got.UINBlackList) != int(version) {
			t.Fatalf("got %+v after %d changes", got, version)
		}
		_, err := bus.ChangePolicy(t.Context(), func(p *Policy) error {
			p.UINBlackList = append(p.UINBlackList, platform.FirstUIN)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryRefusalHasAnEventAndSuccessesAreSampled(t *testing.T) {
	f := newFixture(t, ServerOptions{})
	c := f.dial()
	for range 300 {
		f.ask(c, echo, Head{RequestID: []byte("mine")}, 1)
	}
	for range 300 {
		f.askUnknown(c, ID{0x999, 1}, Head{Login: LoginSig{Sig: []byte("a secret")}})
	}
	if err := f.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := f.log.String()
	if got := strings.Count(text, `"interface":"0x999_1"`); got != 300 {
		t.Errorf("%d events of 300 refused calls", got)
	}
	if got := strings.Count(text, `"request_id":"mine"`); got < 100 || got >= 300 {
		t.Errorf("%d events of 300 sound calls", got)
	}
	if !strings.Contains(text, `"calls_without_event":`) {
		t.Error("the log does not tell of the others")
	}
	if strings.Contains(text, "a secret") {
		t.Error("the log shows a login signature")
	}
	if got := testutil.ToFloat64(f.events.meters[len(f.events.meters)-1].counter(retcode.OIDBCommandNotConfigured)); got != 300 {
		t.Errorf("%v refused calls are counted", got)
	}
}

func TestCommandsAreNamed(t *testing.T) {
	for text, want := range map[string]ID{"0x711": {0x711, 1}, "0x711_0": {0x711, 0}, "0x71f_127": {0x71f, 127}} {
		if got, err := ParseID(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "711", "0x", "0x711_", "0x711_x", "0x711_-1", "0x1ffffffff"} {
		if got, err := ParseID(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestResultsAndCodes(t *testing.T) {
	for _, test := range []struct {
		command *Declaration
		result  uint32
		want    retcode.Code
	}{
		{&CheckAccess.Declaration, 66, retcode.AccessTokenSuperseded}, {&CheckPay.Declaration, 18, retcode.PayTokenSuperseded}, {&CheckPay.Declaration, 149, retcode.OIDBUINBlacklisted},
		{&ConvertOpenID.Declaration, 0x5a, retcode.QQNonceReused}, {&ConvertOpenID.Declaration, 0x5b, retcode.QQTimestampOutOfRange}, {&ConvertOpenID.Declaration, 0x20, retcode.AccessTokenOpenIDInvalid},
	} {
		if got, ok := test.command.Code(test.result); !ok || got != test.want {
			t.Errorf("%s %d: %v", test.command, test.result, got)
		}
		if got := test.command.Result(test.want); got != test.result {
			t.Errorf("%s %v: %d", test.command, test.want, got)
		}
	}
	if code, ok := CheckAccess.Code(1 << 20); ok {
		t.Errorf("1<<20 is %v", code)
	}
}
