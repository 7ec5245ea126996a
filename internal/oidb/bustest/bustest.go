// Package bustest has the suite that every transport of the bus passes, and connections that do to what they carry what networks do.
package bustest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Client calls commands through a transport. An error means that no answer came.
type Client interface {
	Call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error)
}

// Connect serves a bus by a transport and returns a client of it. Both end with the test.
type Connect func(t *testing.T, bus *oidb.Bus) Client

// InProcess is the transport without a network.
func InProcess(_ *testing.T, bus *oidb.Bus) Client { return inProcess{bus} }

type inProcess struct{ bus *oidb.Bus }

func (c inProcess) Call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error) {
	if err := ctx.Err(); err != nil {
		return wire.Head{}, nil, err
	}
	a := c.bus.Serve(ctx, &oidb.Inbound{
		Head: head, Body: body, Peer: netip.MustParseAddr("127.0.0.1"), Size: len(body), Limit: 64 << 10, Deadline: oidb.Deadline,
	}, nil)
	return wire.Head{Command: head.Command, Result: a.Result, Message: a.Message, Detail: a.Detail, RetryAfter: a.RetryAfter}, a.Body, nil
}

// Run runs the suite.
func Run(t *testing.T, connect Connect) { run(t, connect, true) }

// RunHeadless runs the suite for a transport whose calls carry a command and a body alone, and whose answers carry the result and its
// message besides.
func RunHeadless(t *testing.T, connect Connect) { run(t, connect, false) }

func run(t *testing.T, connect Connect, heads bool) {
	tests := map[string]func(*fixture){
		"every code crosses unchanged":     everyCode,
		"a failure has its answer":         failureWithAnswer,
		"unknown commands":                 unknownCommands,
		"deadlines end calls":              deadlines,
		"a caller that leaves":             leaving,
		"calls at the same time":           sameTime,
		"sizes at the bound":               sizes,
		"a body that cannot be read":       unreadable,
		"a call whose time is over before": overBefore,
	}
	if heads {
		tests["the policy sees the head"], tests["deadlines shrink"] = headOfACall, budgets
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, connect)
			f.heads = heads
			test(f)
		})
	}
}

// fixture is a bus whose commands do what their requests say.
type fixture struct {
	*testing.T
	client   Client
	heads    bool // calls and answers have all parts of a head
	observed chan oidb.Observed
	waits    chan struct{} // receives for each call that waits
}

func newFixture(t *testing.T, connect Connect) *fixture {
	t.Helper()
	f := &fixture{T: t, observed: make(chan oidb.Observed, 10_000), waits: make(chan struct{}, 1000)}
	bus := oidb.NewBus()
	bus.SetDirectory(Everybody{})
	oidb.Handle(bus, oidb.CheckAccess, f.check)
	oidb.Handle(bus, identity.ConvertOpenIDs, func(context.Context, *wire.ConvertOpenIDsRequest) (*wire.ConvertOpenIDsResponse, error) {
		return &wire.ConvertOpenIDsResponse{Fault: 2}, retcode.AccessTokenBatchOpenIDInvalid
	})
	oidb.Handle(bus, identity.CheckText, func(_ context.Context, req *wire.CheckTextRequest) (*wire.CheckTextResponse, error) {
		return &wire.CheckTextResponse{Openid: []byte(req.GetOpenid())}, nil
	})
	bus.Observe(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), func(o oidb.Observed) { f.observed <- o })
	f.client = connect(t, bus)
	return f
}

// Everybody is a directory without apps, in which every number is somebody's.
type Everybody struct{}

func (Everybody) App(id platform.AppID) *platform.App                { return nil }
func (Everybody) Issued(context.Context, platform.UIN) (bool, error) { return true, nil }
func (Everybody) Number(context.Context, platform.UIN) (platform.AccountClass, platform.AccountState, error) {
	return platform.ClassOrdinary, platform.AccountNormal, nil
}
func (Everybody) HoldsLogin(context.Context, platform.AppID, platform.UIN, string) (bool, error) {
	return true, nil
}

// The tokens that say what a check does; any other is answered with the request's appid as uin.
const (
	waiting   = "wait"      // until its time is over
	remaining = "remaining" // says how many milliseconds the call has, as expires_ms
	failing   = "fail "     // and a code, as DOMAIN NUMBER
)

func (f *fixture) check(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
	switch token := strings.Clone(req.Token); {
	case token == waiting:
		ctx = oidb.Wait(ctx)
		f.waits <- struct{}{}
		<-ctx.Done()
		return wire.CheckResponse{}, ctx.Err()
	case token == remaining:
		deadline, _ := oidb.Wait(ctx).Deadline()
		return wire.CheckResponse{UIN: 10001, ExpiresMS: max(time.Until(deadline).Milliseconds(), 1)}, nil
	case strings.HasPrefix(token, failing):
		domain, number, _ := strings.Cut(strings.TrimPrefix(token, failing), " ")
		d, err := retcode.ParseDomain(domain)
		if err != nil {
			return wire.CheckResponse{}, err
		}
		n, err := strconv.Atoi(number)
		if err != nil {
			return wire.CheckResponse{}, err
		}
		code, _ := retcode.Lookup(d, n)
		return wire.CheckResponse{}, code.Errorf("about %s, 鸦", number).WithRetryAfter(1500 * time.Millisecond)
	}
	return wire.CheckResponse{UIN: platform.UIN(req.AppID), AppID: req.AppID}, nil
}

// ask checks a token.
func (f *fixture) ask(ctx context.Context, head wire.Head, req wire.CheckRequest) (wire.Head, wire.CheckResponse, error) {
	head.Command = oidb.CheckAccess.ID
	answer, body, err := f.client.Call(ctx, head, oidb.CheckAccess.AppendRequest(nil, req))
	if err != nil {
		return answer, wire.CheckResponse{}, err
	}
	rsp, err := oidb.CheckAccess.ParseResponse(body)
	return answer, rsp, err
}

// patient is the context of calls that should be answered, however slow the machine is.
func (f *fixture) patient() context.Context {
	ctx, cancel := context.WithTimeout(f.Context(), time.Minute)
	f.Cleanup(cancel)
	return ctx
}

// everyCode: the number, the words and the pause of each code of the contract.
func everyCode(f *fixture) {
	crossed := 0
	for e := range retcode.Entries() {
		for number := e.Low; number <= e.High; number++ {
			if number == 0 {
				continue // no failure
			}
			answer, _, err := f.ask(f.patient(), wire.Head{}, wire.CheckRequest{Token: fmt.Sprintf("%s%s %d", failing, e.Domain, number)})
			got := wire.Head{Result: answer.Result, Message: answer.Message, Detail: answer.Detail, RetryAfter: answer.RetryAfter}
			want := wire.Head{Result: uint32(int64(number)), Message: e.Summary}
			if f.heads {
				want.Detail, want.RetryAfter = fmt.Sprintf("about %d, 鸦", number), 1500*time.Millisecond
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); err != nil || diff != "" {
				f.Errorf("%s %d: %v (-want +got)\n%s", e.Domain, number, err, diff)
			}
			crossed++
		}
	}
	if crossed < 200 {
		f.Errorf("%d codes crossed", crossed)
	}
}

func failureWithAnswer(f *fixture) {
	answer, body, err := f.client.Call(f.patient(), wire.Head{Command: identity.ConvertOpenIDs.ID}, nil)
	var rsp wire.ConvertOpenIDsResponse
	if err != nil || answer.Result != 85 || proto.Unmarshal(body, &rsp) != nil || rsp.Fault != 2 {
		f.Errorf("got %+v, %v, %v, want 85 with fault 2", answer, &rsp, err)
	}
}

func headOfACall(f *fixture) {
	head := wire.Head{UIN: 10001, Caller: 7, RequestID: []byte("r-1"), Login: wire.Login{Sig: []byte("sig"), AppID: 8}}
	if answer, _, err := f.ask(f.patient(), head, wire.CheckRequest{}); err != nil || answer.Result != 150 {
		f.Errorf("a game that was not granted the command: %+v, %v", answer, err)
	}
	o := <-f.observed
	if o.UIN != 10001 || o.AppID != 8 || o.RequestID != "r-1" || o.Command.String() != "0x711_1" || !o.Peer.IsLoopback() {
		f.Errorf("the bus saw %+v", o)
	}
	head = wire.Head{Caller: 7, Forwarded: true}
	if answer, rsp, err := f.ask(f.patient(), head, wire.CheckRequest{AppID: 10001}); err != nil || answer.Result != 0 || rsp.UIN != 10001 {
		f.Errorf("a call that another bus forwards: %+v, %+v, %v", answer, rsp, err)
	}
	if o := <-f.observed; o.AppID != 7 {
		f.Errorf("the bus saw %+v", o)
	}
}

func unknownCommands(f *fixture) {
	for id, want := range map[oidb.ID]uint32{
		{Number: 0xe10, ServiceType: 1}: 5, {Number: 0x711, ServiceType: 2}: 98, oidb.CheckPay.ID: 5, // declared, and not carried out here
	} {
		if answer, _, err := f.client.Call(f.patient(), wire.Head{Command: id}, nil); err != nil || answer.Result != want {
			f.Errorf("%s: %+v, %v, want %d", id, answer, err, want)
		}
	}
}

// budgets: a command has no more time than its caller.
func budgets(f *fixture) {
	ctx, cancel := context.WithTimeout(f.Context(), 2*time.Second)
	defer cancel()
	if _, rsp, err := f.ask(ctx, wire.Head{}, wire.CheckRequest{Token: remaining}); err == nil && rsp.ExpiresMS > 2000 {
		f.Errorf("of 2 s the command has %d ms", rsp.ExpiresMS)
	}
}

// deadlines: a command has no more time than the bus gives it.
func deadlines(f *fixture) {
	if _, rsp, err := f.ask(f.patient(), wire.Head{}, wire.CheckRequest{Token: remaining}); err != nil || rsp.ExpiresMS > 3000 || rsp.ExpiresMS == 0 {
		f.Errorf("of a minute the command has %d ms, %v, want 3 s at most", rsp.ExpiresMS, err)
	}
	for wait := 50 * time.Millisecond; len(f.waits) == 0; wait *= 2 { // long enough to get there
		short, cancel := context.WithTimeout(f.Context(), wait)
		answer, _, err := f.ask(short, wire.Head{}, wire.CheckRequest{Token: waiting})
		cancel()
		if err == nil && answer.Result != 154 {
			f.Errorf("past the deadline: %+v", answer)
		}
	}
	for o := range f.observed {
		if o.Code == retcode.OIDBDeadlineExceeded {
			break
		}
		if o.Code != 0 {
			f.Errorf("past the deadline the bus answers %v", o.Code)
			break
		}
	}
}

// leaving: the call ends for its caller, and no other call notices.
func leaving(f *fixture) {
	ctx, leave := context.WithCancel(f.Context())
	left := make(chan error, 1)
	go func() {
		_, _, err := f.ask(ctx, wire.Head{}, wire.CheckRequest{Token: waiting})
		left <- err
	}()
	<-f.waits
	leave()
	if err := <-left; err != nil && !errors.Is(err, context.Canceled) {
		f.Errorf("the call whose caller left: %v", err)
	}
	if _, rsp, err := f.ask(f.patient(), wire.Head{}, wire.CheckRequest{AppID: 10001}); err != nil || rsp.UIN != 10001 {
		f.Errorf("another call: %+v, %v", rsp, err)
	}
	for range 2 {
		<-f.observed // the call of the one who left has ended, too
	}
}

func sameTime(f *fixture) {
	ctx := f.patient()
	var all sync.WaitGroup
	for n := range 32 {
		all.Go(func() {
			for i := range 50 {
				app := platform.AppID(10001 + 1000*n + i)
				if answer, rsp, err := f.ask(ctx, wire.Head{}, wire.CheckRequest{AppID: app}); err != nil || answer.Result != 0 || rsp.AppID != app {
					f.Errorf("call %d: %+v, %+v, %v", app, answer, rsp, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// sizes: an answer may have 60 KiB; a packet of more than 64 KiB is refused, and harms no other call.
func sizes(f *fixture) {
	ask := func(size int) (wire.Head, []byte, error) {
		body, err := proto.Marshal(&wire.CheckTextRequest{Openid: strings.Repeat("x", size)})
		if err != nil {
			f.Fatal(err)
		}
		return f.client.Call(f.patient(), wire.Head{Command: identity.CheckText.ID}, body)
	}
	for _, size := range []int{0, 1, oidb.MaxBody - 16, oidb.MaxBody} {
		answer, body, err := ask(size)
		var rsp wire.CheckTextResponse
		if err != nil || answer.Result != 0 || proto.Unmarshal(body, &rsp) != nil || len(rsp.Openid) != size {
			f.Errorf("%d bytes: %+v with %d, %v", size, answer, len(rsp.Openid), err)
		}
	}
	if answer, _, err := ask(64<<10 + 1); err != nil || answer.Result != 147 {
		f.Errorf("too large: %+v, %v, want 147", answer, err)
	}
	if answer, _, err := ask(1); err != nil || answer.Result != 0 {
		f.Errorf("after it: %+v, %v", answer, err)
	}
}

func unreadable(f *fixture) {
	if answer, _, err := f.client.Call(f.patient(), wire.Head{Command: oidb.CheckAccess.ID}, []byte{0xff}); err != nil || answer.Result != 145 {
		f.Errorf("got %+v, %v, want 145", answer, err)
	}
}

func overBefore(f *fixture) {
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	if _, _, err := f.ask(ctx, wire.Head{}, wire.CheckRequest{}); err == nil {
		f.Error("it is answered")
	}
	if len(f.observed) > 0 {
		f.Error("the bus got it")
	}
}
