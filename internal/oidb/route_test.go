package oidb

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// remote is a back end for tests. It answers what carry returns.
type remote struct {
	carry func(ctx context.Context, head wire.Head, body []byte, repeatable bool) (wire.Head, []byte, error)
}

func (r remote) Carry(ctx context.Context, head wire.Head, body []byte, repeatable bool) (wire.Head, []byte, error) {
	return r.carry(ctx, head, body, repeatable)
}

// answering is a back end that answers with one result.
func answering(result uint32) remote {
	return remote{func(context.Context, wire.Head, []byte, bool) (wire.Head, []byte, error) {
		return wire.Head{Result: result, Message: "as it says"}, nil, nil
	}}
}

// TestWhereCallsGo: by the environment of the game that a call is for, whether it comes from outside or from a door.
func TestWhereCallsGo(t *testing.T) {
	f := newFixture(t)
	f.change(func(p *Policy) { p.Commands[about.String()] = CommandPolicy{AllApps: true} })
	formal, test := answering(0x41), answering(0x42)
	for name, at := range map[string]struct {
		route         Route
		formal, test_ uint32 // results
	}{
		"one back end":                {to(formal, formal), 0x41, 0x41},
		"one of each":                 {to(formal, test), 0x41, 0x42},
		"elsewhere in test only":      {to(Inside, test), 0, 0x42},
		"nowhere":                     {to(Nowhere, Nowhere), 236, 249},
		"nowhere in test":             {to(Inside, Nowhere), 0, 249},
		"nowhere but in test":         {to(Nowhere, test), 236, 0x42},
		"nowhere but in test, inside": {to(Nowhere, Inside), 236, 0},
	} {
		f.Route(map[ID]Route{about.ID: at.route})
		for app, want := range map[platform.AppID]uint32{8: at.formal, 9: at.test_} {
			if answer := f.serve(about, wire.Head{Caller: app}, 10001); answer.Result != want {
				t.Errorf("%s: a call by app %s is answered %d, want %d", name, app, answer.Result, want)
			}
			_, err := Call(t.Context(), f.Bus, about, wire.CheckRequest{AppID: app})
			var failure *Failure
			if got := uint32(0); errors.As(err, &failure) {
				got = failure.Command.Result(failure.Code)
				if got != want {
					t.Errorf("%s: a door's call for app %s is answered %d, want %d", name, app, got, want)
				}
			} else if want != 0 {
				t.Errorf("%s: a door's call for app %s: %v, want %d", name, app, err, want)
			}
		}
	}
	f.Route(nil)
	if answer := f.serve(about, wire.Head{Caller: 9}, 10001); answer.Result != 0 {
		t.Errorf("without routes: %d", answer.Result)
	}
}

// TestRoutesOutliveAPolicy: a change of the policy leaves the routes as they are, and the other way round.
func TestRoutesOutliveAPolicy(t *testing.T) {
	f := newFixture(t)
	f.Route(map[ID]Route{about.ID: to(Nowhere, Nowhere)})
	f.change(func(p *Policy) { p.UINBlackList = []platform.UIN{10007} })
	if answer := f.serve(about, wire.Head{}, 10001); answer.Result != 236 {
		t.Errorf("after a change of the policy: %d, want 236", answer.Result)
	}
	f.Route(nil)
	if answer := f.serve(about, wire.Head{UIN: 10007}, 10001); answer.Result != 149 {
		t.Errorf("after a change of the routes: %d, want 149", answer.Result)
	}
}

// TestWhatABackEndElsewhereGets: the request, for whom it is, and how long its caller waits.
func TestWhatABackEndElsewhereGets(t *testing.T) {
	f := newFixture(t)
	var got wire.Head
	f.Route(map[ID]Route{about.ID: {Formal: remote{func(ctx context.Context, head wire.Head, body []byte, repeatable bool) (wire.Head, []byte, error) {
		got = head
		req, err := wire.ParseCheckRequest(body)
		if err != nil || req.AppID != 10005 {
			t.Errorf("the body is %x, %v", body, err)
		}
		if until, ok := ctx.Deadline(); !ok || time.Until(until) > 5*time.Second || time.Until(until) < time.Second {
			t.Errorf("the call ends at %v, %t", until, ok)
		}
		if !repeatable {
			t.Error("a check of a token may be repeated")
		}
		return wire.Head{}, wire.AppendCheckResponse(nil, wire.CheckResponse{UIN: 10006}), nil
	}}, Test: Nowhere}})
	f.change(func(p *Policy) { p.Commands[about.String()] = CommandPolicy{AllApps: true} })
	answer := f.serve(about, wire.Head{UIN: 10001, Caller: 8, Budget: 5 * time.Second, RequestID: []byte("r-1"), ClientAddr: netip.MustParseAddr("192.0.2.9")}, 10005)
	rsp, err := wire.ParseCheckResponse(answer.Body)
	if err != nil || answer.Result != 0 || rsp.UIN != 10006 {
		t.Errorf("got %+v, %v", answer, err)
	}
	want := wire.Head{UIN: 10001, Command: about.ID, Caller: 8, RequestID: []byte("r-1"), ClientAddr: netip.MustParseAddr("192.0.2.9"), Forwarded: true}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the head is\n%+v, want\n%+v", got, want)
	}
}

// TestFailuresElsewhere: what the caller gets when the other process cannot be asked, or does not answer as it should.
func TestFailuresElsewhere(t *testing.T) {
	f := newFixture(t)
	failing := func(err error) remote {
		return remote{func(context.Context, wire.Head, []byte, bool) (wire.Head, []byte, error) {
			return wire.Head{}, nil, err
		}}
	}
	for name, at := range map[string]struct {
		backend Backend
		want    uint32
	}{
		"the call was not sent":                  {failing(fmt.Errorf("%w: connection refused", ErrNotSent)), 155},
		"no answer came":                         {failing(errors.New("the connection ended")), 154},
		"an answer that is too large":            {failing(fmt.Errorf("%w: it is too large", ErrGarbled)), 145},
		"a failure without a result":             {failing(fmt.Errorf("%w: internal", ErrNoResult)), 1},
		"a result of its own":                    {answering(0x41), 0x41},
		"a result that the command lacks":        {answering(0xaa), 1}, // its own word for an unforeseen failure
		"a number that no command has":           {answering(70_000), 1},
		"a code of the bus":                      {answering(112), 112},
		"it does not carry out the command":      {answering(5), 155},
		"it has no route either":                 {answering(236), 155},
		"it does not take calls from this place": {answering(150), 155},
		"an answer that is no message": {remote{func(context.Context, wire.Head, []byte, bool) (wire.Head, []byte, error) {
			return wire.Head{}, []byte{0xff}, nil
		}}, 145},
	} {
		f.Route(map[ID]Route{about.ID: to(at.backend, at.backend)})
		if answer := f.serve(about, wire.Head{}, 10001); answer.Result != at.want {
			t.Errorf("%s: %d, want %d", name, answer.Result, at.want)
		}
	}
}

// TestAnAnswerCrossesWhole: a refusal by another process has the words and the pause that it had there.
func TestAnAnswerCrossesWhole(t *testing.T) {
	f, there := newFixture(t), newFixture(t)
	c := checkCommand(7)
	Handle(there.Bus, c, func(context.Context, wire.CheckRequest) (wire.CheckResponse, error) {
		return wire.CheckResponse{}, retcode.AccessTokenExpired.Errorf("it ended on Monday").WithRetryAfter(1500 * time.Millisecond)
	})
	Handle(f.Bus, c, func(context.Context, wire.CheckRequest) (wire.CheckResponse, error) {
		t.Error("the call stayed here")
		return wire.CheckResponse{}, nil
	})
	over := remote{func(ctx context.Context, head wire.Head, body []byte, _ bool) (wire.Head, []byte, error) {
		answer := there.Serve(ctx, &Inbound{Head: head, Body: body, Peer: netip.MustParseAddr("127.0.0.1"), Deadline: time.Hour}, nil)
		return wire.Head{Result: answer.Result, Message: answer.Message, Detail: answer.Detail, RetryAfter: answer.RetryAfter}, answer.Body, nil
	}}
	f.Route(map[ID]Route{c.ID: to(over, over)})
	_, err := Call(t.Context(), f.Bus, c, wire.CheckRequest{AppID: 1})
	var failure *Failure
	var said *retcode.Error
	if !errors.As(err, &failure) || failure.Code != retcode.AccessTokenExpired || failure.Said() != "it ended on Monday" ||
		!errors.As(err, &said) || said.RetryAfter() != 1500*time.Millisecond {
		t.Errorf("got %v", err)
	}
	if answer := f.serve(c, wire.Head{}, 1); answer.Result != 0x41 || answer.Detail != "it ended on Monday" || answer.RetryAfter != 1500*time.Millisecond {
		t.Errorf("got %+v", answer)
	}
}

// TestForwardedCalls: a bus does not apply its policy to what another bus of the platform forwards, does not forward it again,
// and believes only the platform's own networks.
func TestForwardedCalls(t *testing.T) {
	f := newFixture(t)
	f.change(func(p *Policy) {
		p.InternalNetworks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		p.UINBlackList = []platform.UIN{10001, 10003}
		p.Commands[about.String()] = CommandPolicy{DemandsLogin: true}
	})
	serve := func(peer string, forwarded bool, edit func(*Inbound)) uint32 {
		in := &Inbound{
			Head: wire.Head{Command: about.ID, UIN: 10001, Caller: 8, Forwarded: forwarded}, Body: about.AppendRequest(nil, wire.CheckRequest{AppID: 10003}),
			Peer: netip.MustParseAddr(peer), Deadline: time.Hour, Size: 1, Limit: 1,
		}
		edit(in)
		return f.Serve(t.Context(), in, nil).Result
	}
	nothing := func(*Inbound) {}
	for name, at := range map[string]struct {
		got, want uint32
	}{
		"from this machine":        {serve("127.0.0.1", true, nothing), 0},
		"from an internal network": {serve("10.1.2.3", true, nothing), 0},
		"not forwarded":            {serve("10.1.2.3", false, nothing), 149},
		"from elsewhere":           {serve("192.0.2.1", true, func(in *Inbound) { in.Head.UIN = 10004 }), 150},
		"a larger head":            {serve("10.1.2.3", true, func(in *Inbound) { in.Size = 257 }), 0},
		"too large":                {serve("10.1.2.3", true, func(in *Inbound) { in.Size = 258 }), 147},
		"unknown":                  {serve("10.1.2.3", true, func(in *Inbound) { in.Head.Command.ServiceType = 99 }), 5},
	} {
		if at.got != at.want {
			t.Errorf("%s: %d, want %d", name, at.got, at.want)
		}
	}
	f.Route(map[ID]Route{about.ID: to(answering(0), answering(0))})
	if got := serve("10.1.2.3", true, nothing); got != 236 {
		t.Errorf("forwarded once more: %d, want 236", got)
	}
}

// to is a route by the environment of the calling game.
func to(formal, test Backend) Route { return Route{Formal: formal, Test: test} }

// TestOwnCommands: what the platform does not know goes to its back end and back as it is, under the same policy as every call; it
// must be marked as protobuf.
func TestOwnCommands(t *testing.T) {
	f := newFixture(t)
	own := ID{Number: 0xe10, ServiceType: 0}
	back := remote{func(_ context.Context, head wire.Head, body []byte, repeatable bool) (wire.Head, []byte, error) {
		if repeatable || head.Command != own {
			t.Errorf("the back end gets %+v, repeatable: %t", head, repeatable)
		}
		return wire.Head{Result: 70_001, Message: "no such guild"}, append([]byte("got "), body...), nil
	}}
	f.Route(map[ID]Route{own: {Formal: back, Test: back}})
	if answer := f.serveID(own, wire.Head{}, []byte("x")); answer.Result != 193 {
		t.Errorf("not marked as protobuf: %d, want 193", answer.Result)
	}
	f.Route(map[ID]Route{own: {Formal: back, Test: back, Protobuf: true}})
	if answer := f.serveID(own, wire.Head{}, []byte("x")); answer.Result != 70_001 || answer.Message != "no such guild" || string(answer.Body) != "got x" {
		t.Errorf("got %+v", answer)
	}
	for _, at := range []struct {
		what string
		head wire.Head
		want uint32
	}{
		{"a game without a grant", wire.Head{Caller: 8}, 150},
		{"somebody who is not there", wire.Head{UIN: 20_000}, 255},
	} {
		if answer := f.serveID(own, at.head, nil); answer.Result != at.want {
			t.Errorf("%s: %d, want %d", at.what, answer.Result, at.want)
		}
	}
	f.change(func(p *Policy) { p.Commands[own.String()] = CommandPolicy{Apps: []platform.AppID{8}} })
	if answer := f.serveID(own, wire.Head{Caller: 8}, []byte("x")); answer.Result != 70_001 {
		t.Errorf("a game with a grant: %d", answer.Result)
	}
	f.Route(map[ID]Route{own: {Formal: Nowhere, Test: Nowhere, Protobuf: true}})
	if answer := f.serveID(own, wire.Head{}, nil); answer.Result != 236 {
		t.Errorf("without a back end: %d, want 236", answer.Result)
	}
	f.Route(nil)
	if answer := f.serveID(own, wire.Head{}, nil); answer.Result != 5 {
		t.Errorf("without a route: %d, want 5", answer.Result)
	}
}

// TestOwnCommandsAreCounted: together, since routes come and go, while the log has the name of each.
func TestOwnCommandsAreCounted(t *testing.T) {
	f := newFixture(t)
	routes := make(map[ID]Route)
	for serviceType := range uint32(5) {
		routes[ID{Number: 0xe10, ServiceType: serviceType}] = Route{Formal: answering(0), Test: answering(0), Protobuf: true}
	}
	f.Route(routes)
	for id := range routes {
		if answer := f.serveID(id, wire.Head{}, nil); answer.Result != 0 {
			t.Errorf("%s: %d", id, answer.Result)
		}
		if want := fmt.Sprintf(`"interface":"%s"`, id); !strings.Contains(f.log.String(), want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	if got := testutil.ToFloat64(f.events.meters[len(f.events.meters)-1].counter(0)); got != 5 {
		t.Errorf("%v calls are counted, want 5", got)
	}
}
