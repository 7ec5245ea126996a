package qqgroups

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// The accounts of the tests.
const (
	owner  = 10001
	admin  = 10002
	member = 10003
	nobody = 10009 // in no group
)

var accountNumber = regexp.MustCompile(`\b100\d\d\b`)

// fixture is the service on a real store, behind a bus.
type fixture struct {
	*Service
	t      testing.TB
	db     store.Store // never made to fail
	bus    *oidb.Bus
	clock  *platform.Clock
	faults *fault.Set
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fixture{t: t, db: db, bus: oidb.NewBus(), clock: new(platform.Clock), faults: new(fault.Set)}
	f.Service = New(f.faults.Store(db), f.clock, platform.GroupLimits{Owned: 10, Created: 3})
	f.Register(f.bus)
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// group makes a game group with an owner, an administrator and a member, and changes it.
func (f *fixture) group(edit func(*platform.Group)) uint64 {
	f.t.Helper()
	gc := f.groupOf(owner)
	for _, uin := range []uint64{admin, member} {
		f.want(0, result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: uin}))
	}
	_, err := f.Update(f.t.Context(), platform.GC(gc), func(g *platform.Group) error {
		g.Admins = []platform.UIN{admin}
		edit(g)
		return nil
	})
	must(f.t, err)
	return gc
}

// groupOf makes a group as an operator does, and returns its number.
func (f *fixture) groupOf(owner platform.UIN) uint64 {
	f.t.Helper()
	g, err := f.Create(f.t.Context(), platform.Group{Name: "鸦", Owner: owner, Game: true})
	must(f.t, err)
	return uint64(g.GC)
}

func asItIs(*platform.Group) {}

func ask[Req, Rsp any](f *fixture, c *oidb.Command[Req, Rsp], req Req) (Rsp, error) {
	return oidb.Call(f.t.Context(), f.bus, c, req)
}

// result returns the result of a call as it is on the wire, 0 for success.
func result[Req, Rsp any](f *fixture, c *oidb.Command[Req, Rsp], req Req) int32 {
	f.t.Helper()
	_, err := ask(f, c, req)
	return resultOf(f.t, err)
}

func resultOf(t testing.TB, err error) int32 {
	t.Helper()
	var failure *oidb.Failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failure):
		if accountNumber.MatchString(failure.Said()) { // which a game reads, if the group was asked for by one
			t.Errorf("the refusal names an account: %s", failure.Said())
		}
		return int32(failure.Command.Result(failure.Code))
	}
	t.Fatal(err)
	return 0
}

func (f *fixture) want(want, got int32) {
	f.t.Helper()
	if got != want {
		f.t.Fatalf("result %d, want %d", got, want)
	}
}

// roles lists the members of a group as account and role.
func (f *fixture) roles(gc uint64) string {
	f.t.Helper()
	var all []string
	members, err := f.Members(f.t.Context(), platform.GC(gc), 0, MaxPage)
	must(f.t, err)
	for _, m := range members {
		all = append(all, fmt.Sprintf("%d=%d", m.UIN, m.Role))
	}
	return strings.Join(all, " ")
}

func TestAGroupIsMadeAndShown(t *testing.T) {
	f := newFixture(t)
	f.clock.Set(time.UnixMilli(1_700_000_000_000))
	made, err := ask(f, CreateGroup, &wire.CreateGroupRequest{Appid: 7, Owner: owner, Name: "小'鸦\"", Request: "1"})
	must(t, err)
	if made.Gc != 700000001 || made.Name != "小'鸦\"" {
		t.Errorf("got %v", made)
	}
	rsp, err := ask(f, QueryGroup, &wire.QueryGroupRequest{Gc: 700000001})
	must(t, err)
	g := rsp.Group
	g.CreatedMs /= 100_000
	want := &wire.Group{Gc: 700000001, Name: "小'鸦\"", Owner: owner, Members: 1, Capacity: 200, Game: true, CreatedMs: 17_000_000}
	if !proto.Equal(g, want) {
		t.Errorf("got %v, want %v", g, want)
	}
	gc := f.group(func(g *platform.Group) {
		g.Game, g.Fee, g.Sealed, g.ReadOnly, g.Capacity = false, true, true, true, 5000
	})
	rsp, err = ask(f, QueryGroup, &wire.QueryGroupRequest{Gc: gc})
	must(t, err)
	want = &wire.Group{
		Gc: 700000002, Name: "鸦", Owner: owner, Admin: []uint64{admin}, Members: 3, Capacity: 5000, Fee: true, Sealed: true, ReadOnly: true,
		CreatedMs: rsp.Group.CreatedMs,
	}
	if !proto.Equal(rsp.Group, want) {
		t.Errorf("got %v, want %v", rsp.Group, want)
	}
}

func TestTheSameRequestGivesTheSameGroup(t *testing.T) {
	f := newFixture(t)
	create := func(uin uint64, request string) uint64 {
		t.Helper()
		rsp, err := ask(f, CreateGroup, &wire.CreateGroupRequest{Owner: uin, Name: "鸦", Request: request})
		must(t, err)
		return rsp.Gc
	}
	first := create(owner, "1")
	for name, other := range map[string]uint64{"another request": create(owner, "2"), "another account": create(member, "1")} {
		if other == first {
			t.Errorf("%s gives the same group", name)
		}
	}
	create(owner, "3")
	if again := create(owner, "1"); again != first { // though the account may make no other
		t.Errorf("the same request gives %d, then %d", first, again)
	}
}

func TestLimitsOfAnAccount(t *testing.T) {
	f := newFixture(t)
	made := 0
	create := func() int32 {
		made++
		return result(f, CreateGroup, &wire.CreateGroupRequest{Owner: owner, Name: "鸦", Request: fmt.Sprint(made)})
	}
	for range 3 {
		for range 3 {
			f.want(0, create())
		}
		f.want(221011, create())
		f.clock.Advance(59 * time.Minute)
		f.want(221011, create())
		f.clock.Advance(2 * time.Minute)
	}
	f.want(0, create())
	f.want(221010, create()) // the tenth was the last
	f.want(0, create2(f, member))
	for range 3 { // what an operator makes does not count as made by the owner
		f.groupOf(admin)
	}
	f.want(0, create2(f, admin))
	gc := f.group(asItIs) // operators know no limit
	f.want(0, result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: owner, To: member}))
	f.want(0, result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: gc, Owner: member}))
	f.want(221010, create())
	f.want(0, result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: 700000001, Owner: owner}))
	f.want(0, create())
	f.want(0, create2(f, member))
	own, err := f.db.GroupsOf(t.Context(), member, true, 0, 100)
	must(t, err)
	f.want(0, result(f, JoinGroup, &wire.JoinGroupRequest{Gc: uint64(own[0].GC), Uin: owner}))
	f.want(221010, result(f, TransferGroup, &wire.TransferGroupRequest{Gc: uint64(own[0].GC), Owner: member, To: owner}))
}

func create2(f *fixture, uin uint64) int32 {
	return result(f, CreateGroup, &wire.CreateGroupRequest{Owner: uin, Name: "鸦", Request: fmt.Sprint(f.clock.NowMS())})
}

// TestRefusals has a case for each condition that decides alone, and for the pairs that show the order.
func TestRefusals(t *testing.T) {
	f := newFixture(t)
	open := f.group(asItIs)
	full := f.group(func(g *platform.Group) { g.Capacity = 3 })
	fee := f.group(func(g *platform.Group) { g.Fee = true })
	plain := f.group(func(g *platform.Group) { g.Game = false })
	feeAndPlain := f.group(func(g *platform.Group) { g.Fee, g.Game = true, false })
	sealed := f.group(func(g *platform.Group) { g.Sealed = true })
	readOnly := f.group(func(g *platform.Group) { g.ReadOnly = true })
	sealedAndReadOnly := f.group(func(g *platform.Group) { g.Sealed, g.ReadOnly, g.Fee = true, true, true })
	disbanded := f.group(func(g *platform.Group) { g.Sealed = true })
	must(t, f.Disband(t.Context(), platform.GC(disbanded)))
	disbandedReadOnly := f.group(func(g *platform.Group) { g.ReadOnly = true })
	must(t, f.Disband(t.Context(), platform.GC(disbandedReadOnly)))
	const unknown = 800000000

	create := func(owner uint64, name, request string) func() int32 {
		return func() int32 {
			return result(f, CreateGroup, &wire.CreateGroupRequest{Owner: owner, Name: name, Request: request})
		}
	}
	query := func(gc uint64) func() int32 {
		return func() int32 { return result(f, QueryGroup, &wire.QueryGroupRequest{Gc: gc}) }
	}
	join := func(gc, uin uint64, card string) func() int32 {
		return func() int32 { return result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: uin, Card: card}) }
	}
	leave := func(gc, uin uint64) func() int32 {
		return func() int32 { return result(f, LeaveGroup, &wire.LeaveGroupRequest{Gc: gc, Uin: uin}) }
	}
	kick := func(gc, by, uin uint64) func() int32 {
		return func() int32 { return result(f, KickMember, &wire.KickMemberRequest{Gc: gc, By: by, Uin: uin}) }
	}
	transfer := func(gc, owner, to uint64) func() int32 {
		return func() int32 {
			return result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: owner, To: to})
		}
	}
	list := func(uin uint64) func() int32 {
		return func() int32 { return result(f, ListGroups, &wire.ListGroupsRequest{Uin: uin}) }
	}
	relation := func(gc, uin uint64) func() int32 {
		return func() int32 { return result(f, Relation, &wire.RelationRequest{Gc: gc, Uin: uin}) }
	}
	send := func(gc, uin uint64, m *wire.GroupMessage) func() int32 {
		return func() int32 {
			return result(f, SendGroupMessage, &wire.SendGroupMessageRequest{Gc: gc, Uin: uin, Message: m})
		}
	}
	disband := func(gc, owner uint64) func() int32 {
		return func() int32 { return result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: gc, Owner: owner}) }
	}
	bindAs := func(gc uint64, app uint64, zone, guild string, owner uint64) func() int32 {
		return func() int32 {
			return result(f, BindGroup, &wire.BindGroupRequest{Gc: gc, Appid: app, Zone: zone, Guild: guild, Owner: owner})
		}
	}
	bind := func(gc uint64) func() int32 { return bindAs(gc, 7, "0", "77", 0) }
	unbindFrom := func(gc uint64, app uint64, zone, guild string) func() int32 {
		return func() int32 {
			return result(f, UnbindGroup, &wire.UnbindGroupRequest{Gc: gc, Appid: app, Zone: zone, Guild: guild})
		}
	}
	unbind := func(gc uint64) func() int32 { return unbindFrom(gc, 7, "0", "77") }
	read := func(gc, uin uint64) func() int32 {
		return func() int32 { return result(f, ListGroupMessages, &wire.ListGroupMessagesRequest{Gc: gc, Uin: uin}) }
	}
	text := &wire.GroupMessage{Kind: 1, Title: "t"}
	f.want(0, bind(open)())

	for _, test := range []struct {
		name string
		call func() int32
		want int32
	}{
		{"create: a reserved account number", create(10000, "鸦", "1"), 203},
		{"create: an account number above the highest", create(1<<62, "鸦", "1"), 203},
		{"create: no request", create(owner, "鸦", ""), 203},
		{"create: a request of 65 bytes", create(owner, "鸦", strings.Repeat("r", 65)), 203},
		{"create: no name", create(owner, "", "1"), -182003},
		{"create: a name of 101 bytes", create(owner, strings.Repeat("n", 101), "1"), -182003},
		{"create: a name that is not UTF-8", create(owner, "\xff", "1"), -182003},
		{"create: a name with a line break", create(owner, "a\nb", "1"), -182003},
		{"create: no name in nobody's name", create(0, "", "1"), 203},

		{"query: below the numbers", query(700000000), 203},
		{"query: above the numbers", query(1 << 32), 203},
		{"query: far above the numbers", query(1<<64 - 1), 203},
		{"query: a number that was not given", query(unknown), 203},
		{"query: disbanded", query(disbanded), 0},
		{"query: sealed, under maintenance", query(sealedAndReadOnly), 0},

		{"join: full", join(full, nobody, ""), -182006},
		{"join: full, by a member", join(full, member, ""), 0},
		{"join: a number that was not given", join(unknown, nobody, ""), 203},
		{"join: outside the numbers", join(1, nobody, ""), 203},
		{"join: nobody", join(open, 0, ""), 203},
		{"join: a card of 101 bytes", join(open, nobody, strings.Repeat("c", 101)), 203},
		{"join: disbanded and sealed", join(disbanded, nobody, ""), 221012},
		{"join: sealed", join(sealed, nobody, ""), 204},
		{"join: under maintenance", join(readOnly, nobody, ""), 201},
		{"join: sealed, under maintenance", join(sealedAndReadOnly, nobody, ""), 204},
		{"join: sealed, by a member", join(sealed, member, ""), 204},

		{"leave: the owner", leave(open, owner), 203},
		{"leave: a stranger", leave(open, nobody), 0},
		{"leave: a number that was not given", leave(unknown, member), 203},
		{"leave: outside the numbers", leave(1, member), 203},
		{"leave: nobody", leave(open, 0), 203},
		{"leave: disbanded, under maintenance", leave(disbandedReadOnly, member), 221012},
		{"leave: under maintenance", leave(readOnly, member), 201},
		{"leave: under maintenance, the owner", leave(readOnly, owner), 201},
		{"leave: sealed", leave(sealed, member), 0},

		{"kick: by a member", kick(open, member, admin), 221005},
		{"kick: by a member, themselves", kick(open, member, member), 221005},
		{"kick: by a stranger", kick(open, nobody, member), 221005},
		{"kick: the owner by an administrator", kick(open, admin, owner), 221005},
		{"kick: an administrator by themselves", kick(open, admin, admin), 221005},
		{"kick: the owner by themselves", kick(open, owner, owner), 221005},
		{"kick: a stranger by a stranger", kick(open, nobody, 10010), 221005},
		{"kick: a stranger by a member", kick(open, member, nobody), 221005},
		{"kick: a stranger", kick(open, owner, nobody), 0},
		{"kick: a number that was not given", kick(unknown, owner, member), 203},
		{"kick: outside the numbers", kick(1, owner, member), 203},
		{"kick: by nobody", kick(open, 0, member), 203},
		{"kick: nobody", kick(open, owner, 0), 203},
		{"kick: disbanded, by a stranger", kick(disbanded, nobody, member), 221012},
		{"kick: sealed, by a stranger", kick(sealed, nobody, admin), 204},
		{"kick: under maintenance, by a stranger", kick(readOnly, nobody, member), 201},

		{"transfer: by an administrator", transfer(open, admin, member), 221005},
		{"transfer: by an administrator to a stranger", transfer(open, admin, nobody), 221005},
		{"transfer: to a stranger", transfer(open, owner, nobody), 203},
		{"transfer: to the owner", transfer(open, owner, owner), 203},
		{"transfer: a number that was not given", transfer(unknown, owner, member), 203},
		{"transfer: outside the numbers", transfer(1, owner, member), 203},
		{"transfer: by nobody", transfer(open, 0, member), 203},
		{"transfer: to nobody", transfer(open, owner, 0), 203},
		{"transfer: disbanded, by a stranger", transfer(disbanded, nobody, member), 221012},
		{"transfer: sealed, by a stranger", transfer(sealed, nobody, member), 204},
		{"transfer: under maintenance, by a stranger", transfer(readOnly, nobody, member), 201},

		{"list: nobody", list(0), 203},
		{"list: a stranger", list(nobody), 0},

		{"relation: disbanded", relation(disbanded, owner), 221012},
		{"relation: a number that was not given", relation(unknown, owner), 203},
		{"relation: outside the numbers", relation(1, owner), 203},
		{"relation: nobody", relation(open, 0), 203},
		{"relation: sealed, under maintenance", relation(sealedAndReadOnly, owner), 0},

		{"send: no message", send(open, owner, nil), 202},
		{"send: kind 0", send(open, owner, &wire.GroupMessage{Title: "t"}), 202},
		{"send: kind 3", send(open, owner, &wire.GroupMessage{Kind: 3, Title: "t"}), 202},
		{"send: kind 257", send(open, owner, &wire.GroupMessage{Kind: 257, Title: "t"}), 202},
		{"send: kind 3 outside the numbers", send(1, owner, &wire.GroupMessage{Kind: 3, Title: "t"}), 202},
		{"send: empty", send(open, owner, &wire.GroupMessage{Kind: 1, Url: "https://a.example"}), 203},
		{"send: a text alone", send(open, owner, &wire.GroupMessage{Kind: 1, Text: "t"}), 0},
		{"send: a link without an address", send(open, owner, &wire.GroupMessage{Kind: 2, Title: "t"}), 203},
		{"send: a link that runs and has a host", send(open, owner, &wire.GroupMessage{Kind: 2, Title: "t", Url: "javascript://a.example/%0aalert(1)"}), 203},
		{"send: a link that runs", send(open, owner, &wire.GroupMessage{Kind: 2, Title: "t", Url: "javascript:alert(1)"}), 203},
		{"send: a link without a host", send(open, owner, &wire.GroupMessage{Kind: 2, Title: "t", Url: "https:///x"}), 203},
		{"send: a link of 513 bytes", send(open, owner, &wire.GroupMessage{Kind: 2, Title: "t", Url: "https://a.example/" + strings.Repeat("x", 495)}), 203},
		{"send: a link of 512 bytes", send(open, owner, &wire.GroupMessage{Kind: 2, Title: "t", Url: "https://a.example/" + strings.Repeat("x", 494)}), 0},
		{"send: a picture that is a file", send(open, owner, &wire.GroupMessage{Kind: 1, Title: "t", PictureUrl: "file:///etc/passwd"}), 203},
		{"send: a title of 101 bytes", send(open, owner, &wire.GroupMessage{Kind: 1, Title: strings.Repeat("t", 101)}), 203},
		{"send: a text of 1001 bytes", send(open, owner, &wire.GroupMessage{Kind: 1, Title: "t", Text: strings.Repeat("t", 1001)}), 203},
		{"send: a stranger", send(open, nobody, text), 203},
		{"send: nobody", send(open, 0, text), 203},
		{"send: a number that was not given", send(unknown, owner, text), 203},
		{"send: outside the numbers", send(1, owner, text), 203},
		{"send: disbanded", send(disbanded, owner, text), 221012},
		{"send: sealed", send(sealed, owner, text), 204},
		{"send: under maintenance", send(readOnly, owner, text), 201},

		{"bind: another's", bindAs(open, 7, "0", "77", admin), 221005},
		{"bind: another's, with a fee", bindAs(fee, 7, "0", "77", admin), 221005},
		{"bind: the owner's, with a fee", bindAs(fee, 7, "0", "77", owner), 221020},
		{"bind: with a fee", bind(fee), 221020},
		{"bind: not for games", bind(plain), 221021},
		{"bind: not for games, with a fee", bind(feeAndPlain), 221020},
		{"bind: again", bind(open), 0},
		{"bind: again, the owner's", bindAs(open, 7, "0", "77", owner), 0},
		{"bind: another guild", bindAs(open, 7, "0", "78", 0), 221019},
		{"bind: the guild of another zone", bindAs(open, 7, "1", "77", 0), 221019},
		{"bind: another guild, another's group", bindAs(open, 7, "0", "78", admin), 221005},
		{"bind: a guild of another game", bindAs(open, 8, "0", "78", 0), 0},
		{"bind: no game", bindAs(open, 0, "0", "77", 0), 203},
		{"bind: a game of 64 bits", bindAs(open, 1<<63, "0", "77", 0), 203},
		{"bind: no zone", bindAs(open, 7, "", "77", 0), 203},
		{"bind: a guild that is not digits", bindAs(open, 7, "0", "7a", 0), 203},
		{"bind: a guild of 21 digits", bindAs(open, 7, "0", strings.Repeat("1", 21), 0), 203},
		{"bind: a number that was not given", bind(unknown), 203},
		{"bind: outside the numbers", bind(1), 203},
		{"bind: disbanded", bind(disbanded), 221012},
		{"bind: sealed, with a fee, under maintenance", bind(sealedAndReadOnly), 204},
		{"bind: under maintenance, another's", bindAs(readOnly, 7, "0", "77", admin), 201},

		{"unbind: another guild", unbindFrom(open, 7, "0", "78"), 0},
		{"unbind: not bound", unbind(full), 0},
		{"unbind: no zone", unbindFrom(open, 7, "", "77"), 203},
		{"unbind: a number that was not given", unbind(unknown), 203},
		{"unbind: outside the numbers", unbind(1), 203},
		{"unbind: under maintenance", unbind(readOnly), 201},
		{"unbind: disbanded and sealed", unbind(disbanded), 0},

		{"messages: a stranger", read(open, nobody), 203},
		{"messages: sealed, under maintenance", read(sealedAndReadOnly, member), 0},
		{"messages: a number that was not given", read(unknown, member), 203},
		{"messages: outside the numbers", read(1, member), 203},
		{"messages: nobody", read(open, 0), 203},
		{"messages: disbanded, a stranger", read(disbanded, nobody), 221012},

		{"disband: by an administrator", disband(open, admin), 221005},
		{"disband: under maintenance, by an administrator", disband(readOnly, admin), 201},
		{"disband: a number that was not given", disband(unknown, owner), 203},
		{"disband: outside the numbers", disband(1, owner), 203},
		{"disband: nobody", disband(open, 0), 203},
		{"disband: again", disband(disbanded, owner), 0},
		{"disband: again, by another", disband(disbanded, admin), 221005},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.call(); got != test.want {
				t.Errorf("result %d, want %d", got, test.want)
			}
		})
	}
	if got := f.roles(open); got != "10001=1 10002=2 10003=3" {
		t.Errorf("after all refusals the members are %s", got)
	}
	guilds, err := f.Guilds(t.Context(), platform.GC(open))
	must(t, err)
	if diff := cmp.Diff([]platform.Guild{{AppID: 7, Zone: "0", ID: "77"}, {AppID: 8, Zone: "0", ID: "78"}}, guilds); diff != "" {
		t.Errorf("after all refusals the guilds are (-want +got)\n%s", diff)
	}
}

// TestUndoingACreation: a group ends by the request that made it only while it serves no guild, of whichever game.
func TestUndoingACreation(t *testing.T) {
	f := newFixture(t)
	made, err := ask(f, CreateGroup, &wire.CreateGroupRequest{Appid: 7, Owner: owner, Name: "鸦", Request: "one"})
	must(t, err)
	undo := func(request string) int32 {
		return result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: made.Gc, Owner: owner, Request: request})
	}
	f.want(203, undo("two"))
	f.want(203, undo(strings.Repeat("r", 65)))
	f.want(0, result(f, BindGroup, &wire.BindGroupRequest{Gc: made.Gc, Appid: 8, Zone: "0", Guild: "77"}))
	f.want(221019, undo("one"))
	f.want(221005, result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: made.Gc, Owner: member, Request: "one"}))
	if got := f.roles(made.Gc); got != "10001=1" {
		t.Errorf("after all refusals the members are %q", got)
	}
	f.want(0, result(f, UnbindGroup, &wire.UnbindGroupRequest{Gc: made.Gc, Appid: 8, Zone: "0", Guild: "77"}))
	f.want(0, undo("one"))
	f.want(0, undo("one"))
	if got := f.roles(made.Gc); got != "" {
		t.Errorf("the members are %q", got)
	}
}

// TestFailingStore: the group platform's own failure is 221013, whatever the command, and leaves nothing half done.
func TestFailingStore(t *testing.T) {
	f := newFixture(t)
	gc := f.group(asItIs)
	f.Forget() // what was read before would hide it
	for _, point := range []string{"store.read:qqgroups", "store.write:qqgroups"} {
		_, err := f.faults.Add(fault.Rule{Point: point})
		must(t, err)
	}
	for name, got := range map[string]int32{
		"create":   result(f, CreateGroup, &wire.CreateGroupRequest{Owner: owner, Name: "鸦", Request: "1"}),
		"query":    result(f, QueryGroup, &wire.QueryGroupRequest{Gc: gc}),
		"join":     result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: nobody}),
		"leave":    result(f, LeaveGroup, &wire.LeaveGroupRequest{Gc: gc, Uin: member}),
		"kick":     result(f, KickMember, &wire.KickMemberRequest{Gc: gc, By: owner, Uin: member}),
		"transfer": result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: owner, To: member}),
		"list":     result(f, ListGroups, &wire.ListGroupsRequest{Uin: owner}),
		"relation": result(f, Relation, &wire.RelationRequest{Gc: gc, Uin: owner}),
		"send":     result(f, SendGroupMessage, &wire.SendGroupMessageRequest{Gc: gc, Uin: owner, Message: &wire.GroupMessage{Kind: 1, Title: "t"}}),
		"disband":  result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: gc, Owner: owner}),
		"bind":     result(f, BindGroup, &wire.BindGroupRequest{Gc: gc, Appid: 7, Zone: "0", Guild: "77"}),
		"messages": result(f, ListGroupMessages, &wire.ListGroupMessagesRequest{Gc: gc, Uin: owner}),
		"unbind":   result(f, UnbindGroup, &wire.UnbindGroupRequest{Gc: gc, Appid: 7, Zone: "0", Guild: "77"}),
	} {
		if got != 221013 {
			t.Errorf("%s: result %d, want 221013", name, got)
		}
	}
	f.faults.Clear(0)
	if got := f.roles(gc); got != "10001=1 10002=2 10003=3" {
		t.Errorf("the members are %s", got)
	}
}

// TestAnswersCanBeGarbled: on their way through the codec, which is not a refusal.
func TestAnswersCanBeGarbled(t *testing.T) {
	f := newFixture(t)
	f.bus.GuardAnswers(f.faults.Answers)
	gc := f.group(asItIs)
	_, err := f.faults.Add(fault.Rule{Point: "bus.garble:0xf02"})
	must(t, err)
	if rsp, err := ask(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: nobody}); !errors.Is(err, oidb.ErrGarbled) || rsp.GetGc() != 0 {
		t.Errorf("got %v, %v", rsp, err)
	}
	f.faults.Clear(0)
	if got := f.roles(gc); got != "10001=1 10002=2 10003=3 10009=3" { // what was done stays done
		t.Errorf("the members are %s", got)
	}
}

func TestMembersComeAndGo(t *testing.T) {
	f := newFixture(t)
	gc := f.group(asItIs)
	for _, step := range []struct {
		name string
		do   func() int32
		want string
	}{
		{"one joins", func() int32 {
			return result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: nobody, Card: "【鸦】"})
		}, "10001=1 10002=2 10003=3 10009=3"},
		{"and again", func() int32 { return result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: nobody}) }, "10001=1 10002=2 10003=3 10009=3"},
		{"an administrator removes a member", func() int32 { return result(f, KickMember, &wire.KickMemberRequest{Gc: gc, By: admin, Uin: nobody}) }, "10001=1 10002=2 10003=3"},
		{"and again", func() int32 { return result(f, KickMember, &wire.KickMemberRequest{Gc: gc, By: admin, Uin: nobody}) }, "10001=1 10002=2 10003=3"},
		{"the owner hands it on", func() int32 {
			return result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: owner, To: member})
		}, "10001=3 10002=2 10003=1"},
		{"the former owner leaves", func() int32 { return result(f, LeaveGroup, &wire.LeaveGroupRequest{Gc: gc, Uin: owner}) }, "10002=2 10003=1"},
		{"and again", func() int32 { return result(f, LeaveGroup, &wire.LeaveGroupRequest{Gc: gc, Uin: owner}) }, "10002=2 10003=1"},
		{"to an administrator", func() int32 {
			return result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: member, To: admin})
		}, "10002=1 10003=3"},
		{"the owner removes a member", func() int32 { return result(f, KickMember, &wire.KickMemberRequest{Gc: gc, By: admin, Uin: member}) }, "10002=1"},
		{"the owner ends it", func() int32 { return result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: gc, Owner: admin}) }, ""},
	} {
		f.want(0, step.do())
		if got := f.roles(gc); got != step.want {
			t.Fatalf("%s: %q, want %q", step.name, got, step.want)
		}
	}
}

func TestRelations(t *testing.T) {
	f := newFixture(t)
	gc := f.group(asItIs)
	for uin, want := range map[uint64]uint32{owner: 1, admin: 2, member: 3, nobody: 4} {
		rsp, err := ask(f, Relation, &wire.RelationRequest{Gc: gc, Uin: uin})
		if err != nil || rsp.Relation != want || rsp.Uin != uin {
			t.Errorf("%d: got %v, %v; want %d", uin, rsp, err, want)
		}
	}
}

// TestListsOfGroups walks a list of 450 groups with the longest names, in pages that every transport takes.
func TestListsOfGroups(t *testing.T) {
	f := newFixture(t)
	for range 450 {
		_, err := f.Create(t.Context(), platform.Group{Name: strings.Repeat("n", 100), Owner: owner, Capacity: 5000, Game: true, Fee: true, Sealed: true, ReadOnly: true})
		must(t, err)
	}
	for _, test := range []struct {
		after uint64
		limit uint32
		owned bool
		want  int
		more  bool
	}{
		{0, 0, false, 200, true}, {0, 0, true, 200, true}, {0, 201, true, 200, true}, {700000200, 200, true, 200, true}, {700000400, 0, true, 50, false},
		{700000250, 0, true, 200, false}, {0, 3, true, 3, true}, {700000447, 3, false, 3, false}, {1<<64 - 1, 0, true, 0, false},
	} {
		rsp, err := ask(f, ListGroups, &wire.ListGroupsRequest{Uin: owner, Owned: test.owned, After: test.after, Limit: test.limit})
		must(t, err)
		if len(rsp.Group) != test.want || rsp.More != test.more || rsp.Uin != owner {
			t.Errorf("%+v: %d groups, more %v, of %d", test, len(rsp.Group), rsp.More, rsp.Uin)
		}
		for i, g := range rsp.Group {
			if g.Gc != max(test.after, 700000000)+uint64(i)+1 || g.Owner != owner || g.Members != 1 {
				t.Fatalf("%+v: group %d is %v", test, i, g)
			}
		}
		if size := proto.Size(rsp); size > 60<<10 {
			t.Errorf("%+v: the answer has %d bytes", test, size)
		}
	}
}

func TestAnAccountIsInSoManyGroups(t *testing.T) {
	f := newFixture(t)
	var group sync.WaitGroup
	for range 50 { // at the same time, so that the store commits many of them together
		group.Go(func() {
			for range 100 {
				if _, err := f.Create(t.Context(), platform.Group{Name: "鸦", Owner: owner}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	other, err := f.Create(t.Context(), platform.Group{Name: "鸦", Owner: member})
	must(t, err)
	join := &wire.JoinGroupRequest{Gc: uint64(other.GC), Uin: owner}
	f.want(-182006, result(f, JoinGroup, join))
	must(t, f.Disband(t.Context(), 700000001))
	f.want(0, result(f, JoinGroup, join))
}

// TestACachedRoleFollowsTheStore: a role is read once, and again after whatever changes it; the end of a group ends all of them.
func TestACachedRoleFollowsTheStore(t *testing.T) {
	f := newFixture(t)
	gc, other := f.group(asItIs), f.group(asItIs)
	relation := func(gc, uin uint64) string {
		t.Helper()
		rsp, err := ask(f, Relation, &wire.RelationRequest{Gc: gc, Uin: uin})
		return fmt.Sprint(rsp.GetRelation(), resultOf(t, err))
	}
	want := func(what string, owners, members, strangers string) {
		t.Helper()
		for range 2 {
			if got := relation(gc, owner) + " " + relation(gc, member) + " " + relation(gc, nobody); got != owners+" "+members+" "+strangers {
				t.Errorf("%s: got %s", what, got)
			}
			if got := relation(other, member); got != "3 0" {
				t.Errorf("%s: the other group's member is %s", what, got)
			}
			_, err := f.faults.Add(fault.Rule{Point: "store.read:qqgroups"}) // the second time nothing is read
			must(t, err)
		}
		f.faults.Clear(0)
	}
	want("at first", "1 0", "3 0", "4 0")
	f.want(0, result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: nobody}))
	want("after joining", "1 0", "3 0", "3 0")
	f.want(0, result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: owner, To: member}))
	want("after a transfer", "3 0", "1 0", "3 0")
	f.want(0, result(f, LeaveGroup, &wire.LeaveGroupRequest{Gc: gc, Uin: nobody}))
	want("after leaving", "3 0", "1 0", "4 0")
	_, err := f.Update(t.Context(), platform.GC(gc), func(g *platform.Group) error { g.Admins = []platform.UIN{owner}; return nil })
	must(t, err)
	want("after a promotion", "2 0", "1 0", "4 0")
	f.want(0, result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: gc, Owner: member}))
	for _, uin := range []uint64{owner, member, nobody} {
		if got := relation(gc, uin); got != "0 221012" {
			t.Errorf("after the end %d is %s", uin, got)
		}
	}
	_, err = f.faults.Add(fault.Rule{Point: "store.read:qqgroups"})
	must(t, err)
	if got := relation(other, member); got != "3 0" {
		t.Errorf("the other group's member is %s", got)
	}
	f.Forget()
	if got := relation(other, member); got != "0 221013" {
		t.Errorf("once it is forgotten it is %s", got)
	}
}

func TestMessages(t *testing.T) {
	f := newFixture(t)
	gc := f.group(asItIs)
	send := func(uin uint64, request string) uint64 {
		t.Helper()
		rsp, err := ask(f, SendGroupMessage, &wire.SendGroupMessageRequest{
			Gc: gc, Uin: uin, Request: request,
			Message: &wire.GroupMessage{Kind: 2, Title: "<b>", Text: "鸦", Url: "https://a.example/", PictureUrl: "http://a.example/p"},
		})
		must(t, err)
		return rsp.MessageId
	}
	if got := []uint64{send(owner, "1"), send(owner, "1"), send(member, "1"), send(owner, ""), send(owner, "")}; !cmp.Equal(got, []uint64{1, 1, 2, 3, 4}) {
		t.Errorf("the messages are %v", got)
	}
	kept := func() []platform.GroupMessage {
		t.Helper()
		list, err := f.Messages(t.Context(), platform.GC(gc), 1000)
		must(t, err)
		return list
	}
	list := kept()
	if want := (platform.GroupMessage{
		ID: 2, UIN: member, Kind: 2, Title: "<b>", Text: "鸦", URL: "https://a.example/", PictureURL: "http://a.example/p", SentMS: list[2].SentMS,
	}); len(list) != 4 || list[2] != want {
		t.Errorf("the messages are %+v", list)
	}
	f.clock.Advance(30*24*time.Hour - time.Minute)
	if list := kept(); len(list) != 4 || send(owner, "1") != 1 {
		t.Errorf("after almost 30 days there are %d", len(list))
	}
	f.clock.Advance(2 * time.Minute)
	if list := kept(); len(list) != 0 {
		t.Errorf("after 30 days there are %d", len(list))
	}
	for range 101 {
		send(owner, "")
	}
	if list := kept(); len(list) != 100 || list[0].ID != 105 {
		t.Errorf("of 101 there are %d, the newest of which is %d", len(list), list[0].ID)
	}
}

// TestMessagesAreReadInPages: twenty of the longest messages fit into an answer, and the pages have all of them.
func TestMessagesAreReadInPages(t *testing.T) {
	f := newFixture(t)
	gc := f.group(asItIs)
	address := "https://a.example/" + strings.Repeat("x", 494)
	for range 45 {
		f.want(0, result(f, SendGroupMessage, &wire.SendGroupMessageRequest{Gc: gc, Uin: member, Message: &wire.GroupMessage{
			Kind: 2, Title: strings.Repeat("t", 100), Text: strings.Repeat("t", 1000), Url: address, PictureUrl: address,
		}}))
	}
	next := uint64(45)
	for _, want := range []int{20, 20, 5} {
		req := &wire.ListGroupMessagesRequest{Gc: gc, Uin: admin}
		if next < 45 {
			req.Before = next + 1
		}
		rsp, err := ask(f, ListGroupMessages, req)
		must(t, err)
		if len(rsp.Sent) != want || rsp.More != (want == 20) || proto.Size(rsp) > 60<<10 {
			t.Fatalf("before %d: %d messages, more %v, %d bytes", req.Before, len(rsp.Sent), rsp.More, proto.Size(rsp))
		}
		for _, m := range rsp.Sent {
			if m.MessageId != next || m.Uin != member || m.SentMs == 0 || m.Message.Kind != 2 || m.Message.Url != address || m.Message.PictureUrl != address ||
				len(m.Message.Title) != 100 || len(m.Message.Text) != 1000 {
				t.Fatalf("message %d is %v", next, m)
			}
			next--
		}
	}
}

func TestOperators(t *testing.T) {
	f := newFixture(t)
	gc := platform.GC(f.group(asItIs))
	disbanded := platform.GC(f.group(asItIs))
	must(t, f.Disband(t.Context(), disbanded))
	many := make([]platform.UIN, 21)
	for i := range many {
		many[i] = platform.UIN(20001 + i)
	}
	for _, test := range []struct {
		name string
		gc   platform.GC
		edit func(*platform.Group)
		want error
	}{
		{"nothing", gc, asItIs, nil},
		{"everything", gc, func(g *platform.Group) {
			g.Name, g.Game, g.Fee, g.Sealed, g.ReadOnly, g.Capacity = strings.Repeat("n", 100), false, true, true, true, 5000
		}, nil},
		{"its members fill it", gc, func(g *platform.Group) { g.Capacity = 3 }, nil},
		{"less than its members", gc, func(g *platform.Group) { g.Capacity = 2 }, platform.ErrInvalid},
		{"too many", gc, func(g *platform.Group) { g.Capacity = 5001 }, platform.ErrInvalid},
		{"no name", gc, func(g *platform.Group) { g.Name = "" }, platform.ErrInvalid},
		{"a name with a control character", gc, func(g *platform.Group) { g.Name = "a\x00" }, platform.ErrInvalid},
		{"no account", gc, func(g *platform.Group) { g.Owner = 1 }, platform.ErrInvalid},
		{"many administrators", gc, func(g *platform.Group) { g.Admins = many }, platform.ErrInvalid},
		{"an owner who is not a member", gc, func(g *platform.Group) { g.Owner = nobody }, platform.ErrNotFound},
		{"an administrator who is not a member", gc, func(g *platform.Group) { g.Admins = many[:20] }, platform.ErrNotFound},
		{"an administrator twice", gc, func(g *platform.Group) { g.Admins = []platform.UIN{member, member} }, nil},
		{"an administrator becomes the owner", gc, func(g *platform.Group) { g.Owner = member }, nil},
		{"a disbanded one", disbanded, asItIs, platform.ErrInvalid},
		{"one that does not exist", 700000009, asItIs, platform.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			g, err := f.Update(t.Context(), test.gc, func(g *platform.Group) error { test.edit(g); return nil })
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err != nil {
				return
			}
			if shown, err := f.Group(t.Context(), test.gc); err != nil || !cmp.Equal(shown, g, cmpopts.EquateEmpty()) {
				t.Errorf("got %+v, then %+v, %v", g, shown, err)
			}
		})
	}
	if got := f.roles(uint64(gc)); got != "10001=3 10002=3 10003=1" {
		t.Errorf("the members are %s", got)
	}
	for name, g := range map[string]platform.Group{
		"no owner": {Name: "n"}, "no name": {Owner: owner}, "a negative capacity": {Name: "n", Owner: owner, Capacity: -1},
	} {
		if _, err := f.Create(t.Context(), g); !errors.Is(err, platform.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := f.Disband(t.Context(), 700000009); !errors.Is(err, platform.ErrNotFound) || err.Error() != "there is no group 700000009" {
		t.Errorf("got %v", err)
	}
	page, err := f.Groups(t.Context(), gc, 10)
	if err != nil || len(page) != 1 || page[0].GC != disbanded {
		t.Errorf("the groups after the first are %v, %v", page, err)
	}
}
