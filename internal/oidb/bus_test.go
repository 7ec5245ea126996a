package oidb

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// The commands of the tests.
var (
	echo  = checkCommand(1) // answers at once, with the request's appid as uin
	slow  = checkCommand(2) // the same, once it has called Wait and the test lets it continue
	about = checkCommand(4) // the same as echo
)

func checkCommand(serviceType uint32) *Command[wire.CheckRequest, wire.CheckResponse] {
	c := *CheckAccess
	c.ID, c.OtherTypes = ID{Number: 0xf00, ServiceType: serviceType}, 0
	return &c
}

// fixture is a bus with the tests' commands.
type fixture struct {
	*Bus
	t       *testing.T
	let     chan struct{} // lets one slow call continue
	waits   chan context.Context
	log     bytes.Buffer
	metrics *prometheus.Registry
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Bus: NewBus(), t: t, let: make(chan struct{}), waits: make(chan context.Context, 100), metrics: prometheus.NewRegistry()}
	f.SetDirectory(people{})
	answer := func(req wire.CheckRequest) wire.CheckResponse {
		return wire.CheckResponse{UIN: platform.UIN(req.AppID)}
	}
	Handle(f.Bus, echo, func(_ context.Context, req wire.CheckRequest) (wire.CheckResponse, error) { return answer(req), nil })
	Handle(f.Bus, about, func(_ context.Context, req wire.CheckRequest) (wire.CheckResponse, error) { return answer(req), nil })
	Handle(f.Bus, CheckAccess, func(_ context.Context, req wire.CheckRequest) (wire.CheckResponse, error) { return answer(req), nil })
	Handle(f.Bus, slow, func(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		ctx = Wait(ctx)
		f.waits <- ctx
		select {
		case <-f.let:
			return answer(req), nil
		case <-ctx.Done():
			return wire.CheckResponse{}, ctx.Err()
		}
	})
	if err := f.LoadPolicy(t.Context(), new(memory), new(platform.Clock)); err != nil {
		t.Fatal(err)
	}
	f.Observe(slog.New(slog.NewJSONHandler(&f.log, nil)), f.metrics, nil)
	return f
}

func (f *fixture) change(edit func(*Policy)) {
	f.t.Helper()
	if _, err := f.ChangePolicy(f.t.Context(), func(p *Policy) error { edit(p); return nil }); err != nil {
		f.t.Fatal(err)
	}
}

// serve serves a call from this machine.
func (f *fixture) serve(c *Command[wire.CheckRequest, wire.CheckResponse], head wire.Head, app platform.AppID) Answer {
	return f.serveID(c.ID, head, c.AppendRequest(nil, wire.CheckRequest{AppID: app}))
}

func (f *fixture) serveID(id ID, head wire.Head, body []byte) Answer {
	head.Command = id
	return f.Serve(f.t.Context(), &Inbound{Head: head, Body: body, Peer: netip.MustParseAddr("127.0.0.1"), Deadline: time.Hour}, nil)
}

func TestACallInsideTheProcessHasADeadline(t *testing.T) {
	f := newFixture(t)
	f.deadline = 20 * time.Millisecond
	call := func(ctx context.Context, c *Command[wire.CheckRequest, wire.CheckResponse]) (wire.CheckResponse, error) {
		return Call(ctx, f.Bus, c, wire.CheckRequest{AppID: 10001})
	}
	if _, err := call(t.Context(), slow); !errors.Is(err, retcode.OIDBDeadlineExceeded) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past the deadline: %v, want 154", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := call(gone, slow); !errors.Is(err, retcode.OIDBDeadlineExceeded) {
		t.Errorf("for a caller who has left: %v, want 154", err)
	}
	if rsp, err := call(gone, echo); err != nil || rsp.UIN != 10001 {
		t.Errorf("a call that need not wait: %+v, %v", rsp, err)
	}
}

// TestEncodedCallsCrossTheWire: where answers are guarded, what the handler gets and the caller gets back has been encoded, and an answer that cannot be
// parsed is told apart from a refusal.
func TestEncodedCallsCrossTheWire(t *testing.T) {
	f := newFixture(t)
	c := checkCommand(5)
	c.Encoded = true
	f.GuardAnswers(func(_ context.Context, _ *Declaration, _ Subject, body []byte) []byte { return body })
	openid := []byte("0123456789ABCDEF")
	var refusal error
	Handle(f.Bus, c, func(_ context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		rsp := wire.CheckResponse{UIN: platform.UIN(req.AppID)}
		copy(rsp.OpenID[:], req.OpenID)
		clear(req.OpenID)
		return rsp, refusal
	})
	rsp, err := Call(t.Context(), f.Bus, c, wire.CheckRequest{AppID: 7, OpenID: openid})
	if err != nil || rsp.UIN != 7 || string(rsp.OpenID[:]) != "0123456789ABCDEF" || string(openid) != "0123456789ABCDEF" {
		t.Errorf("got %+v, %v; the caller's openid is %q", rsp, err, openid)
	}
	refusal = retcode.AccessTokenExpired
	if _, err = Call(t.Context(), f.Bus, c, wire.CheckRequest{AppID: 7}); !errors.Is(err, retcode.AccessTokenExpired) || errors.Is(err, ErrGarbled) {
		t.Errorf("a refusal is %v", err)
	}
	refusal = nil
	c.response.append = func(b []byte, _ wire.CheckResponse) []byte { return append(b, 0xff) }
	if rsp, err = Call(t.Context(), f.Bus, c, wire.CheckRequest{AppID: 7}); !errors.Is(err, ErrGarbled) || !errors.Is(err, retcode.OIDBUnpackFailed) || rsp.UIN != 0 {
		t.Errorf("a garbled answer is %+v, %v", rsp, err)
	}
}

// TestACallOnBehalfOfAnotherWaitsForBoth: when it waits it also hands over for the outer call, and it ends with the outer
// call's deadline.
func TestACallOnBehalfOfAnotherWaitsForBoth(t *testing.T) {
	f := newFixture(t)
	outer := checkCommand(5)
	Handle(f.Bus, outer, func(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		if got := Caller(ctx); got != 8 {
			t.Errorf("the caller is %s, want 8", got)
		}
		return Call(ctx, f.Bus, slow, req)
	})
	f.change(func(p *Policy) { p.Commands[outer.String()] = CommandPolicy{AllApps: true} })
	handed := 0
	answer := f.Serve(t.Context(), &Inbound{
		Head: wire.Head{Command: outer.ID, Caller: 8}, Body: outer.AppendRequest(nil, wire.CheckRequest{AppID: 10001}),
		Peer: netip.MustParseAddr("127.0.0.1"), Deadline: 20 * time.Millisecond, HandOff: func() { handed++ },
	}, nil)
	if ctx := <-f.waits; answer.Result != 154 || handed != 1 || Caller(ctx) != 8 {
		t.Errorf("got %+v, handed over %d times, the caller is %s", answer, handed, Caller(ctx))
	}
}

// TestInlineCallsAllocateNothing: neither inside the process nor from outside.
func TestInlineCallsAllocateNothing(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := Call(ctx, f.Bus, echo, wire.CheckRequest{AppID: 10001}); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("inside the process: %v allocations", n)
	}
	f.events.log = slog.New(slog.DiscardHandler)
	in := &Inbound{Peer: netip.MustParseAddr("127.0.0.1"), Deadline: time.Hour, Body: echo.AppendRequest(nil, wire.CheckRequest{AppID: 10001, Token: "token"})}
	in.Head.Command = echo.ID
	out := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(1000, func() {
		if answer := f.Serve(ctx, in, out); answer.Result != 0 || len(answer.Body) == 0 {
			t.Fatal(answer)
		}
	}); n > 0 {
		t.Errorf("from outside: %v allocations", n)
	}
}

func TestEveryRefusalHasAnEventAndSuccessesAreSampled(t *testing.T) {
	f := newFixture(t)
	for range 300 {
		f.serve(echo, wire.Head{RequestID: []byte("mine")}, 1)
	}
	for range 300 {
		f.serveID(ID{Number: 0x999, ServiceType: 1}, wire.Head{Login: wire.Login{Sig: []byte("a secret")}}, nil)
	}
	f.Flush()
	text := f.log.String()
	if got := strings.Count(text, `"interface":"0x999_1"`); got != 300 {
		t.Errorf("%d events of 300 refused calls", got)
	}
	if got := strings.Count(text, `"request_id":"mine"`); got < 100 || got >= 300 {
		t.Errorf("%d events of 300 valid calls", got)
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
	for text, want := range map[string]ID{"0x711": {Number: 0x711, ServiceType: 1}, "0x711_0": {Number: 0x711, ServiceType: 0}, "0x71f_127": {Number: 0x71f, ServiceType: 127}} {
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
	aliased := &Declaration{
		Results: retcode.AccessToken, Aliases: map[retcode.Code]uint32{retcode.QQNonceReused: 0x5a, retcode.QQTimestampOutOfRange: 0x5b},
		Codes: []retcode.Code{retcode.QQTimestampOutOfRange, retcode.QQNonceReused, retcode.AccessTokenOpenIDInvalid},
	}
	for _, test := range []struct {
		command *Declaration
		result  uint32
		want    retcode.Code
	}{
		{&CheckAccess.Declaration, 66, retcode.AccessTokenSuperseded}, {&CheckPay.Declaration, 18, retcode.PayTokenSuperseded}, {&CheckPay.Declaration, 149, retcode.OIDBUINBlacklisted},
		{aliased, 0x5a, retcode.QQNonceReused}, {aliased, 0x5b, retcode.QQTimestampOutOfRange}, {aliased, 0x20, retcode.AccessTokenOpenIDInvalid},
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

// TestAKeptCommand is the only one: another service type of its number is unknown like any other command, and a policy that was changed
// later finds its command.
func TestAKeptCommand(t *testing.T) {
	f := &fixture{Bus: NewBus(), t: t, metrics: prometheus.NewRegistry()}
	f.SetDirectory(people{})
	answer := func(_ context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		return wire.CheckResponse{UIN: platform.UIN(req.AppID)}, nil
	}
	for _, c := range []*Command[wire.CheckRequest, wire.CheckResponse]{CheckAccess, CheckPay, echo, about} {
		Handle(f.Bus, c, answer)
	}
	f.Keep([]ID{echo.ID, about.ID})
	if err := f.LoadPolicy(t.Context(), new(memory), new(platform.Clock)); err != nil {
		t.Fatal(err)
	}
	f.Observe(slog.New(slog.DiscardHandler), f.metrics, nil)
	f.change(func(p *Policy) {
		decided := p.Commands[about.ID.String()]
		decided.DemandsLogin = true
		p.Commands[about.ID.String()] = decided
	})
	for id, want := range map[ID]uint32{
		echo.ID: 0, about.ID: 151, CheckPay.ID: 5,
		CheckAccess.ID: 5, {Number: 0x711, ServiceType: 99}: 5, // 62 on a bus that has 0x711
	} {
		if got := f.serveID(id, wire.Head{}, echo.AppendRequest(nil, wire.CheckRequest{AppID: 10001})); got.Result != want {
			t.Errorf("%s: result %d, want %d", id, got.Result, want)
		}
	}
}
