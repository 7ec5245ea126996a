package oidb

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// people is a directory for tests.
type people struct{ err error }

var testApp = &platform.App{AppID: 9, Environment: platform.Test, TestNumbers: []platform.UIN{10001}}

func (p people) App(id platform.AppID) *platform.App {
	switch id {
	case testApp.AppID:
		return testApp
	case 8:
		return &platform.App{AppID: 8, Environment: platform.Formal}
	case 6:
		return &platform.App{AppID: 6, Environment: platform.Test, TestNumbers: []platform.UIN{10001}, Open: true}
	}
	return nil
}

func (p people) Issued(_ context.Context, uin platform.UIN) (bool, error) {
	return uin >= platform.FirstUIN && uin < 20_000, p.err
}

func (p people) Number(ctx context.Context, uin platform.UIN) (platform.AccountClass, platform.AccountState, error) {
	if err := Wait(ctx).Err(); err != nil {
		return 0, 0, err
	}
	if uin == 10002 {
		return platform.ClassB, platform.AccountStaffProtected, p.err
	}
	return platform.ClassOrdinary, platform.AccountNormal, p.err
}

func (p people) HoldsLogin(_ context.Context, app platform.AppID, uin platform.UIN, text string) (bool, error) {
	return text == "valid" && app == 8 && uin == 10001, p.err
}

// memory stores policies for tests.
type memory struct {
	records [][]byte
	hear    []func(store.Change)
}

func (m *memory) OnChange(hear func(store.Change)) { m.hear = append(m.hear, hear) }

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
	for _, hear := range m.hear {
		hear(store.PolicyChange{Version: version, Record: record})
	}
	return nil
}

func TestThePolicyIsKeptInItsOrder(t *testing.T) {
	f := newFixture(t)
	name := about.String()
	of := func(edit func(*CommandPolicy)) func(*Policy) {
		return func(p *Policy) {
			decided := p.Commands[name]
			edit(&decided)
			p.Commands[name] = decided
		}
	}
	// All rules apply at the same time; each step removes the reason for the last answer.
	f.change(func(p *Policy) {
		p.AddressBlackList = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		p.UINBlackList = []platform.UIN{10002}
		p.Maintenance = []UINRange{{10002, 10002}, {20_000, 20_000}}
		p.Commands[name] = CommandPolicy{
			DemandsLogin: true, ForbiddenInTest: true, RefusedClasses: []platform.AccountClass{platform.ClassB},
			RefusedStates: []platform.AccountState{platform.AccountStaffProtected},
			Rate:          platform.Rate{Count: 1, Per: time.Hour}, TestRate: platform.Rate{Count: 1, Per: time.Hour},
		}
	})
	f.Route(map[ID]Route{about.ID: to(Nowhere, Nowhere)})
	malformed := errors.New("no head")
	in := Inbound{
		Head: wire.Head{Command: ID{Number: 0xf00, ServiceType: 99}, UIN: 10002, ClientAddr: netip.MustParseAddr("192.0.2.1"), Caller: 8},
		Body: about.AppendRequest(nil, wire.CheckRequest{AppID: 10001}), Peer: netip.MustParseAddr("127.0.0.1"),
		Size: 2, Limit: 1, Malformed: malformed, Deadline: time.Hour,
	}
	head := &in.Head
	for i, step := range []struct {
		want uint32
		cure func()
	}{
		{147, func() { in.Size = 1 }},
		{145, func() { in.Malformed = nil }},
		{5, func() { head.Command = about.ID }},
		{236, func() { head.Caller = 6 }},
		{148, func() { head.ClientAddr = netip.Addr{} }},
		{149, func() { f.change(func(p *Policy) { p.UINBlackList = nil }) }},
		{146, func() { head.Caller = 9 }},
		{150, func() {
			f.change(of(func(c *CommandPolicy) { c.Apps, c.OpenApps = []platform.AppID{9}, []platform.AppID{6} }))
			head.Caller = 6
		}},
		{151, func() { f.change(of(func(c *CommandPolicy) { c.DemandsLogin = false })) }},
		{152, func() { head.UIN = 10001 }},
		{250, nil}, // the one call that both rates allow
		{153, func() { f.change(of(func(c *CommandPolicy) { c.Rate = platform.Rate{} })) }},
		{205, func() { f.change(of(func(c *CommandPolicy) { c.TestRate = platform.Rate{} })) }},
		{250, func() {
			f.change(of(func(c *CommandPolicy) { c.ForbiddenInTest = false }))
			f.change(func(p *Policy) { p.Maintenance = append(p.Maintenance, UINRange{10001, 10001}) })
		}},
		{249, func() {
			f.Route(map[ID]Route{about.ID: to(Nowhere, Inside)})
			f.change(of(func(c *CommandPolicy) { c.AllApps = true }))
			head.Caller, head.UIN = 8, 10002
		}},
		{236, func() { f.Route(nil) }},
		{251, func() { f.change(of(func(c *CommandPolicy) { c.RefusedClasses = nil })) }},
		{254, func() { head.UIN = 20_000 }},
		{254, func() { f.change(func(p *Policy) { p.Maintenance = nil }) }},
		{255, func() { head.UIN = 10002 }},
		{113, func() { head.UIN = 10001 }},
		{0, func() { head.Login = wire.Login{Sig: []byte("forged"), AppID: 8} }},
		{151, func() { head.Login.Sig = []byte("valid") }},
		{0, nil},
	} {
		for range 2 { // a call that is refused before the rate does not count
			q := in
			if answer := f.Serve(t.Context(), &q, nil); answer.Result != step.want {
				t.Fatalf("step %d: got %d, want %d", i, answer.Result, step.want)
			}
			if step.cure == nil {
				break
			}
		}
		if step.cure != nil {
			step.cure()
		}
	}
	// The rules for the head's number also apply to the account that an answer is about, and inside the process.
	f.change(of(func(c *CommandPolicy) { c.RefusedClasses = []platform.AccountClass{platform.ClassB} }))
	if answer := f.serve(about, wire.Head{}, 10002); answer.Result != uint32(retcode.OIDBClassBNotAllowed.Number()) || len(answer.Body) > 0 {
		t.Errorf("an answer about an account of class B: %+v", answer)
	}
	if _, err := Call(t.Context(), f.Bus, about, wire.CheckRequest{AppID: 10002}); !errors.Is(err, retcode.OIDBClassBNotAllowed) {
		t.Errorf("the same inside the process: %v", err)
	}
	f.SetDirectory(people{err: errors.New("disk I/O error")})
	if answer := f.serve(about, wire.Head{UIN: 10001}, 10001); answer.Result != uint32(retcode.OIDBConnectFailed.Number()) {
		t.Errorf("who is who cannot be read: %d, want 155", answer.Result)
	}
}

// TestAllAppsAreThoseThatExist: a command for every app is not for numbers that no app has.
func TestAllAppsAreThoseThatExist(t *testing.T) {
	f := newFixture(t)
	f.change(func(p *Policy) { p.Commands[about.String()] = CommandPolicy{AllApps: true} })
	for app, want := range map[platform.AppID]uint32{7: 150, 8: 0} {
		if answer := f.serve(about, wire.Head{Caller: app}, 10001); answer.Result != want {
			t.Errorf("app %s: %d, want %d", app, answer.Result, want)
		}
	}
}

// anybodys is a directory where everybody holds a login.
type anybodys struct{ people }

func (anybodys) HoldsLogin(context.Context, platform.AppID, platform.UIN, string) (bool, error) {
	return true, nil
}

// TestALoginIsSomebodys: a login signature without an account number proves nothing, whatever the directory would say.
func TestALoginIsSomebodys(t *testing.T) {
	f := newFixture(t)
	f.SetDirectory(anybodys{})
	f.change(func(p *Policy) { p.Commands[about.String()] = CommandPolicy{AllApps: true} })
	login := wire.Login{Sig: []byte("valid"), AppID: 8}
	for uin, want := range map[platform.UIN]uint32{0: 151, 10001: 0} {
		if answer := f.serve(about, wire.Head{UIN: uin, Login: login}, 10001); answer.Result != want {
			t.Errorf("uin %s: %d, want %d", uin, answer.Result, want)
		}
	}
}

func TestUnknownCommands(t *testing.T) {
	f := newFixture(t)
	for command, want := range map[ID]retcode.Code{
		{Number: 0x999, ServiceType: 1}: retcode.OIDBCommandNotConfigured, {Number: 0xf00, ServiceType: 0}: retcode.OIDBCommandNotConfigured, {Number: 0x711, ServiceType: 2}: retcode.AccessTokenServiceTypeInvalid,
	} {
		if head := f.serveID(command, wire.Head{}, nil); head.Result != uint32(want.Number()) {
			t.Errorf("%s: %d, want %v", command, head.Result, want)
		}
	}
}

func TestCallsInNobodysNameComeFromWhereThePlatformIs(t *testing.T) {
	f := newFixture(t)
	f.change(func(p *Policy) { p.InternalNetworks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for peer, want := range map[string]bool{"127.0.0.1": true, "::1": true, "10.1.2.3": true, "192.0.2.1": false} {
		c := call{bus: f.Bus, settings: f.settings.Load(), Inbound: &Inbound{Peer: netip.MustParseAddr(peer)}, rules: new(rules)}
		if got, err := c.granted(); got != want || err != nil {
			t.Errorf("from %s: %v, %v", peer, got, err)
		}
	}
}

func TestPoliciesAreRefused(t *testing.T) {
	f := newFixture(t)
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
		before := f.Policy().Version
		if _, err := f.ChangePolicy(t.Context(), func(p *Policy) error { edit(p); return nil }); !errors.Is(err, platform.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if after := f.Policy().Version; after != before {
			t.Errorf("%s: version %d became %d", name, before, after)
		}
	}
}

// TestTheFirstFaultOfAPolicy: of several commands that do not exist always the same one is said.
func TestTheFirstFaultOfAPolicy(t *testing.T) {
	p := &Policy{Commands: map[string]CommandPolicy{"0x999_3": {}, "0x999_1": {}, "0x999_2": {}}}
	for range 30 {
		if err := p.validate(NewBus().knows); err == nil || err.Error() != `there is no command "0x999_1"` {
			t.Fatalf("got %v", err)
		}
	}
}

func TestAPolicyOfAnotherGatewayHolds(t *testing.T) {
	kept := new(memory)
	here, there := NewBus(), NewBus()
	for _, bus := range []*Bus{here, there} {
		if err := bus.LoadPolicy(t.Context(), kept, new(platform.Clock)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := there.ChangePolicy(t.Context(), func(p *Policy) error { p.UINBlackList = []platform.UIN{10007}; return nil }); err != nil {
		t.Fatal(err)
	}
	if got := here.Policy(); got.Version != 1 || len(got.UINBlackList) != 1 || got.UINBlackList[0] != 10007 {
		t.Errorf("got version %d, which lists %v", got.Version, got.UINBlackList)
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
