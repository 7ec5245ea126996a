package scenarios

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// The stages of every group interface at either door, in their order.
const (
	v5GroupStages = "v5-params v5-game v5-signature online ordinary-address tls app-rate audit v5-body v5-test-number user-rate"
	v3GroupStages = "v3-params v3-app v3-no-guest v3-signature v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number"
)

// v5GroupOrder are the checks that the binding service makes for each interface after the stages, in their order. Those of
// MSDK V3 call the same commands.
var v5GroupOrder = []struct{ path, checks string }{
	{createBindPath, "permission address token protected signed-out cache read bound away garbled stranger follower write creating creating-garbled " +
		"binding-garbled events"},
	{bindExistingPath, "permission address token protected signed-out cache read bound taken away garbled stranger follower unreachable querying " +
		"querying-garbled disbanded another's fee no-game-group write binding-garbled events"},
	{unbindGroupPath, "permission address token protected signed-out cache read unbound away garbled stranger follower unreachable querying " +
		"querying-garbled not-the-owner write events"},
	{joinGroupPath, "permission address token protected signed-out cache read unbound wrong-group away garbled stranger unreachable joining joining-garbled"},
	{groupListPath, "permission address token protected signed-out unreachable listing listing-garbled"},
	{groupInfoPath, "permission address token protected signed-out cache read unreachable querying querying-garbled ended"},
	{relationPath, "permission address token protected signed-out cache read unbound unreachable relating ended relating-garbled"},
	{remindPath, "permission address token protected signed-out cache read bound away garbled stranger leader-left other-leader leader-protected write reminded notice"},
	{sendGroupPath, "permission address token protected signed-out cache read unbound unreachable outsider sending sending-garbled"},
}

var v3GroupPaths = []string{
	"/relation/createbind_groupv2", "/relation/bind_existing_groupv2", "/relation/get_group_listv2", "/relation/get_groupcode",
	"/relation/get_groupinfov2", "/relation/join_groupv2", "/relation/unlink_groupv2", "/relation/send_groupmsg",
	"/relation/get_groupopenid", "/relation/get_groupinfo", "/relation/get_group_detail", "/relation/get_group_key", "/relation/unbind_group",
}

// groupCase is a call that several faults may be added to.
type groupCase struct {
	*guild
	t    *testing.T
	by   player // who calls
	gc   string // of the guild's group, or the one to bind
	more members
	undo []func()
}

// call returns the call with the faults so far.
func (c *groupCase) call(path string) rookery.Call {
	return c.guild.by(c.by, path, c.more)
}

// after adds what undoes a fault.
func (c *groupCase) after(undo func()) { c.undo = append(c.undo, undo) }

// fail lets a part fail for calls of the game, or of everybody.
func (c *groupCase) fail(fault rookery.Fault) { c.after(c.on.AddFault(c.t, fault)) }

// set changes the app's settings for a while.
func (c *groupCase) set(name string, to, back any) {
	c.on.SetApp(c.t, c.app, rookery.Settings{name: to})
	c.after(func() { c.on.SetApp(c.t, c.app, rookery.Settings{name: back}) })
}

// people makes these the guild's members for a while; the first leads it.
func (c *groupCase) people(members ...player) {
	c.has(c.t, members...)
	c.after(func() { c.has(c.t, c.leader, c.member) })
}

// handOn gives the group to the other member for a while.
func (c *groupCase) handOn() {
	c.on.Exec(c.t, "UPDATE qqgroups SET owner = ? WHERE gc = ?", c.member.uin, c.gc)
	c.after(func() { c.on.Exec(c.t, "UPDATE qqgroups SET owner = ? WHERE gc = ?", c.leader.uin, c.gc) })
}

// ofGame fails at a point for the game alone.
func ofGame(point string) func(*groupCase) {
	return func(c *groupCase) { c.fail(rookery.Fault{Point: point, AppID: c.app.AppID}) }
}

// groupFaults are by the check's name: what the service answers, and what brings it about.
func groupFaults(path string) map[string]struct {
	ret int
	do  func(*groupCase)
} {
	at := func(point string) func(*groupCase) {
		return func(c *groupCase) { c.fail(rookery.Fault{Point: point, Interface: path}) }
	}
	with := func(name string, value func(*groupCase) any) func(*groupCase) {
		return func(c *groupCase) { c.more[name] = value(c) }
	}
	return map[string]struct {
		ret int
		do  func(*groupCase)
	}{
		"permission": {221008, func(c *groupCase) { c.set("apis", []string{}, []string{"group"}) }},
		"address":    {221008, func(c *groupCase) { c.set("idip", "", c.on.IDIP) }},
		"token":      {-120000, with("token", func(c *groupCase) any { return c.by.lapsed(c.t, "msdk") })},
		"protected": {-182005, func(c *groupCase) {
			c.on.SetState(c.t, c.by.uin, "staff-protected")
			c.after(func() { c.on.SetState(c.t, c.by.uin, "normal") })
		}},
		"signed-out": {221004, func(c *groupCase) {
			c.on.Advance(c.t, time.Second) // a token of the same millisecond counts as newer
			c.on.Admin(c.t, "POST", "/admin/v1/accounts/"+c.by.uin+"/sign-out", nil, nil)
			c.after(func() {
				who := &c.member
				if c.by.uin == c.leader.uin {
					who = &c.leader
				}
				*who = logIn(c.t, c.on, c.app, c.by.uin)
			})
		}},
		"cache":  {-182002, ofGame("cache.read:bindings")},
		"read":   {221014, ofGame("store.read:bindings")},
		"write":  {221015, ofGame("store.write:bindings")},
		"events": {221017, ofGame("events.write")},
		// Nothing listens there. Another address is another server, so that none is left alone after many failures.
		"away":    {-182008, func(c *groupCase) { c.set("idip", "http://127.0.0.1:1/idip", c.on.IDIP) }},
		"garbled": {-500008, ofGame("idip.garble")},
		"stranger": {221009, func(c *groupCase) {
			others := c.leader
			if c.by.uin == c.leader.uin {
				others = c.member
			}
			c.people(others)
		}},
		"follower": {221005, func(c *groupCase) { c.people(c.member, c.leader) }},
		"bound": {221001, func(c *groupCase) {
			c.guild.call(c.t, c.guild.by(c.leader, bindExistingPath, ofGroup(newGroup(c.t, c.on, c.leader.uin, nil))))
			c.after(func() { c.guild.call(c.t, c.guild.by(c.leader, unbindGroupPath, nil)) })
		}},
		"taken": {221019, func(c *groupCase) {
			other := c.other(c.t, "78")
			other.call(c.t, other.by(c.leader, bindExistingPath, ofGroup(c.gc)))
			c.after(func() { other.call(c.t, other.by(c.leader, unbindGroupPath, nil)) })
		}},
		"unbound": {221002, func(c *groupCase) {
			c.guild.call(c.t, c.guild.by(c.leader, unbindGroupPath, nil))
			c.after(func() { c.guild.call(c.t, c.guild.by(c.leader, bindExistingPath, ofGroup(c.gc))) })
		}},
		"wrong-group":      {221007, with("groupid", func(*groupCase) any { return "799999999" })},
		"unreachable":      {-182001, at("bus.route:0xf02")},
		"creating":         {-182003, at("backend.answer:0xf02_1=203")},
		"querying":         {-182004, at("backend.answer:0xf02_2=203")},
		"relating":         {-182004, at("backend.answer:0xf02_8=203")},
		"joining":          {-182006, at("backend.answer:0xf02_3=204")},
		"listing":          {-182007, at("backend.answer:0xf02_7=203")},
		"outsider":         {221007, at("backend.answer:0xf02_9=203")},
		"sending":          {221013, at("backend.answer:0xf02_9=204")},
		"creating-garbled": {-500003, at("bus.garble:0xf02_1")},
		"querying-garbled": {-500004, at("bus.garble:0xf02_2")},
		"relating-garbled": {-500004, at("bus.garble:0xf02_8")},
		"joining-garbled":  {-500005, at("bus.garble:0xf02_3")},
		"listing-garbled":  {-500006, at("bus.garble:0xf02_7")},
		"sending-garbled":  {-500009, at("bus.garble:0xf02_9")},
		"binding-garbled":  {221003, at("bus.garble:0xf02_11")},
		"disbanded": {221012, func(c *groupCase) {
			c.on.Admin(c.t, "POST", "/admin/v1/groups/"+c.gc+"/disband", nil, nil) // it is not used again
		}},
		"another's":     {221005, (*groupCase).handOn},
		"fee":           {221020, func(c *groupCase) { setGroup(c.t, c.on, c.gc, members{"fee": true}) }},
		"no-game-group": {221021, func(c *groupCase) { setGroup(c.t, c.on, c.gc, members{"game": false}) }},
		"not-the-owner": {221005, (*groupCase).handOn},
		"ended": {221012, func(c *groupCase) {
			c.on.Exec(c.t, "UPDATE qqgroups SET disbanded = 1 WHERE gc = ?", c.gc)
			c.after(func() { c.on.Exec(c.t, "UPDATE qqgroups SET disbanded = 0 WHERE gc = ?", c.gc) })
		}},
		"leader-left":  {221009, func(c *groupCase) { c.people(c.member) }},
		"other-leader": {221005, func(c *groupCase) { c.people(c.member, c.leader) }},
		"leader-protected": {-182005, func(c *groupCase) {
			c.on.SetState(c.t, c.leader.uin, "staff-protected")
			c.after(func() { c.on.SetState(c.t, c.leader.uin, "normal") })
		}},
		"reminded": {221018, func(c *groupCase) {
			if answer := c.on.Call(c.t, c.call(remindPath)); answer.Ret != 0 {
				c.t.Errorf("to remind the leader: %s", answer.Body)
			}
			c.after(func() { c.on.Exec(c.t, "DELETE FROM reminders WHERE uin = ?", c.leader.uin) })
		}},
		"notice": {221016, at("notice.send")},
	}
}

// exclusive are the checks of which a call can only be wrong at one.
var exclusive = map[string]string{
	"stranger": "in the guild", "leader-left": "in the guild", "follower": "in the guild", "other-leader": "in the guild",
	"outsider": "sending", "sending": "sending", "unbound": "the group", "wrong-group": "the group", "ended": "the group", "not-the-owner": "the group",
}

// called are the faults that are brought about by a call, which must itself be right.
var called = map[string]bool{"bound": true, "taken": true, "unbound": true, "reminded": true}

// TestGroupPrecedence sends, for each interface and each two of the service's checks, a call that is wrong at both: the answer
// must be that of the check that comes first.
func TestGroupPrecedence(t *testing.T) {
	p := rookery.Start(t, "--groups-owned", "1000", "--groups-created-per-hour", "1000")
	for _, order := range v5GroupOrder {
		t.Run(order.path[strings.LastIndex(order.path, "/")+1:], func(t *testing.T) {
			g := newGuild(t, p) // one interface after the other: they would get each other's faults
			gc := ""            // of the guild
			if !slices.Contains([]string{createBindPath, bindExistingPath, remindPath}, order.path) {
				gc = g.create(t)
			}
			faults := groupFaults(order.path)
			inPairs(strings.Fields(order.checks), exclusive, func(first, second string) {
				c := &groupCase{guild: &g, t: t, by: g.leader, gc: gc, more: members{}}
				switch order.path {
				case joinGroupPath, remindPath:
					c.by = g.member
				case bindExistingPath:
					c.gc = newGroup(t, p, g.leader.uin, nil)
				}
				if c.gc != "" {
					c.more["groupid"] = c.gc
				}
				pair := []string{second, first}
				if called[first] && !called[second] {
					pair = []string{first, second}
				}
				for _, check := range pair {
					if fault := faults[check]; fault.do != nil {
						fault.do(c)
					} else if check != "nothing" {
						t.Errorf("there is no fault for check %s yet", check)
					}
				}
				if answer := p.Call(t, c.call(order.path)); answer.Ret != faults[first].ret {
					t.Errorf("%s and %s: got %s, want ret %d", first, second, answer.Body, faults[first].ret)
				}
				for i := len(c.undo) - 1; i >= 0; i-- {
					c.undo[i]()
				}
			})
		})
	}
}
