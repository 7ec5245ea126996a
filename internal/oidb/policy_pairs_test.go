package oidb

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
)

// account is a directory in which everybody is of the same class and in the same state.
type account struct {
	people
	class platform.AccountClass
	state platform.AccountState
}

func (a account) Number(context.Context, platform.UIN) (platform.AccountClass, platform.AccountState, error) {
	return a.class, a.state, nil
}

// wrongCall is a call of a test number of a game in the test environment, which passes the policy until something is changed.
type wrongCall struct {
	Inbound
	account
	policy Policy
	rules  CommandPolicy // of both commands
	routes map[ID]Route
	spends bool // another call is made before, which uses up the rates
}

// wrongs make a call fail at the check of the policy with the number.
var wrongs = map[uint32]func(*wrongCall){
	147: func(c *wrongCall) { c.Size, c.Limit = 2, 1 },
	145: func(c *wrongCall) { c.Malformed = errors.New("no head") },
	5:   func(c *wrongCall) { c.Head.Command = ID{Number: 0xf00, ServiceType: 99} },
	193: func(c *wrongCall) {
		c.Head.Command = ID{Number: 0xe10}
		c.routes[c.Head.Command] = to(Inside, Inside)
	},
	236: func(c *wrongCall) {
		route := c.routes[c.Head.Command]
		route.Formal, route.Test = Nowhere, Nowhere
		c.routes[c.Head.Command], c.Head.Caller = route, 8
	},
	148: func(c *wrongCall) { c.policy.AddressBlackList = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} },
	149: func(c *wrongCall) { c.policy.UINBlackList = []platform.UIN{c.Head.UIN} },
	146: func(c *wrongCall) { c.Head.Caller = 6 },
	150: func(c *wrongCall) { c.rules.Apps = nil },
	151: func(c *wrongCall) { c.Head.Login = wire.Login{Sig: []byte("forged"), AppID: 8} },
	152: func(c *wrongCall) { c.Head.UIN = 10003 },
	153: func(c *wrongCall) { c.rules.Rate, c.spends = platform.Rate{Count: 1, Per: time.Hour}, true },
	205: func(c *wrongCall) { c.rules.TestRate, c.spends = platform.Rate{Count: 1, Per: time.Hour}, true },
	250: func(c *wrongCall) { c.rules.ForbiddenInTest = true },
	249: func(c *wrongCall) { c.routes[c.Head.Command] = to(Inside, Nowhere) },
	251: ofClass(platform.ClassB),
	252: ofClass(platform.ClassBC),
	253: ofClass(platform.ClassInteractive),
	254: func(c *wrongCall) { c.policy.Maintenance = []UINRange{{10001, 20_000}} },
	255: func(c *wrongCall) { c.Head.UIN, c.Head.Caller = 20_000, 8 },
	112: inState(platform.AccountFrozen),
	113: inState(platform.AccountStaffProtected),
	115: inState(platform.AccountSpeciallyProtected),
}

func ofClass(class platform.AccountClass) func(*wrongCall) {
	return func(c *wrongCall) { c.class, c.rules.RefusedClasses = class, append(c.rules.RefusedClasses, class) }
}

func inState(state platform.AccountState) func(*wrongCall) {
	return func(c *wrongCall) { c.state, c.rules.RefusedStates = state, append(c.rules.RefusedStates, state) }
}

// apart are neighbours in the policy at which no call can fail together.
var apart = map[string]string{
	"5 193":   "an operator's own command without a route is no command at all",
	"146 150": "what a third party may call is for 146 alone",
	"251 252": "an account is of one class",
	"252 253": "an account is of one class",
	"255 112": "a number that nobody has is in no state",
	"112 113": "an account is in one state",
	"113 115": "an account is in one state",
}

// TestNeighboursInThePolicy makes for each check of the policy a call that fails there alone, and one that fails at the next one
// too: the first of them answers.
func TestNeighboursInThePolicy(t *testing.T) {
	order := []uint32{147, 145, 5, 193, 236, 148, 149, 146, 150, 151, 152, 153, 205, 250, 249, 251, 252, 253, 254, 255, 112, 113, 115}
	if len(order) != len(policy) {
		t.Errorf("the policy has %d checks, want %d", len(policy), len(order))
	}
	for i, first := range order {
		t.Run(fmt.Sprint(first), func(t *testing.T) { policyAnswers(t, first) })
		if i+1 == len(order) {
			break
		}
		second := order[i+1]
		if pair := fmt.Sprintf("%d %d", first, second); apart[pair] == "" {
			t.Run(pair, func(t *testing.T) { policyAnswers(t, first, second) })
		}
	}
}

// policyAnswers makes a call that fails at these checks, and expects the first one's number.
func policyAnswers(t *testing.T, numbers ...uint32) {
	f := newFixture(t)
	c := &wrongCall{
		Inbound: Inbound{Head: wire.Head{Command: about.ID, Caller: 9, UIN: 10001}, Body: about.AppendRequest(nil, wire.CheckRequest{AppID: 10001}),
			Peer: netip.MustParseAddr("127.0.0.1"), Deadline: time.Hour},
		rules: CommandPolicy{Apps: []platform.AppID{8, 9}}, routes: make(map[ID]Route),
	}
	serve := func() uint32 {
		q := c.Inbound
		return f.Serve(t.Context(), &q, nil).Result
	}
	apply := func() {
		f.SetDirectory(c.account)
		f.Route(c.routes)
		f.change(func(p *Policy) {
			*p = c.policy
			p.Commands = map[string]CommandPolicy{about.String(): c.rules}
		})
	}
	apply()
	if got := serve(); got != 0 {
		t.Fatalf("the valid call: %d", got)
	}
	for _, number := range numbers { // the rates' first, while a call still passes
		if number == 153 || number == 205 {
			wrongs[number](c)
		}
	}
	if c.spends {
		apply()
		if got := serve(); got != 0 {
			t.Fatalf("the one call that the rates allow: %d", got)
		}
	}
	for _, number := range numbers {
		wrongs[number](c)
	}
	apply()
	if got := serve(); got != numbers[0] {
		t.Errorf("got %d, want %d", got, numbers[0])
	}
}
