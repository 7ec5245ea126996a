package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// groupScenarios are those of guild groups, at MSDK V5. TestGroupsOverMSDKv3 and TestGroupsOverMSDKv2 show the same numbers at
// the older doors.
var groupScenarios = []scenario{
	{"group/221001", "the guild has a group already", groupAnswers(221001, "a group serves guild 77 of zone 3 already", guildIsBound)},
	{"group/221002", "the guild has no group", groupAnswers(221002, "no group serves guild 77 of zone 3", guildIsNotBound)},
	{"group/221003", "the group platform's answer to the binding is garbled", groupAnswers(221003, "", garbledAt("0xf02_11", createGroup))},
	{"group/221004", "the account signed out everywhere after the token was issued", groupAnswers(221004, "", signedOutEverywhere)},
	{"group/221005", "the group that is to be bound is another member's", groupAnswers(221005, "", groupOfAnother)},
	{"group/221006", "the openid is not a number", groupAnswers(221006, `body member "openid" is not an MSDK openid, a decimal number of 64 bits`, wrongMember("openid", "ann"))},
	{"group/221007", "the guild's number has a letter", groupAnswers(221007, `guild_id "77a" is not 1 to 20 digits`, wrongMember("guild_id", "77a"))},
	{"group/221008", "the app was not granted group, or has no IDIP address", groupAnswers(221008, "", notGranted)},
	{"group/221009", "the game says that the player is not in the guild", groupAnswers(221009, "", notInTheGuild)},
	{"group/221010", "the leader owns ten groups", groupAnswers(221010, "the account owns 10 groups already", ownsTooMany)},
	{"group/221011", "the leader has made three groups within an hour", groupAnswers(221011, "the account has made 3 groups within an hour", createsTooFast)},
	{"group/221012", "the group was disbanded", groupAnswers(221012, "", disbanded)},
	{"group/221013", "the group platform fails, and no code says how", groupAnswers(221013, "", faultAt("handler:0xf02", sendToGroup))},
	{"group/221014", "the binding cannot be read", groupAnswers(221014, "", faultAt("store.read:bindings", showGroup))},
	{"group/221015", "the binding cannot be written", groupAnswers(221015, "", faultAt("store.write:bindings", createGroup))},
	{"group/221016", "the notice to the leader cannot be sent", groupAnswers(221016, "", faultAt("notice.send", remindLeader))},
	{"group/221017", "the event of the binding cannot be written", groupAnswers(221017, "", faultAt("events.write", createGroup))},
	{"group/221018", "the leader was reminded today already", groupAnswers(221018, "the leader of guild 77 of zone 3 was reminded today already", remindedTwice)},
	{"group/221019", "the group is bound to another guild", groupAnswers(221019, "", groupOfAnotherGuild)},
	{"group/221020", "the group charges a fee", groupAnswers(221020, "", groupIs("fee", true))},
	{"group/221021", "the group is no game group", groupAnswers(221021, "", groupIs("game", false))},
	{"group/-182001", "the group platform cannot be reached", groupAnswers(-182001, "", faultAt("bus.connect:0xf02", createGroup))},
	{"group/-182002", "the cache of bindings cannot be read", groupAnswers(-182002, "", faultAt("cache.read:bindings", showGroup))},
	{"group/-182003", "the group platform refuses to make a group", groupAnswers(-182003, "", faultAt("backend.answer:0xf02_1=203", createGroup))},
	{"group/-182004", "the group was never made", groupAnswers(-182004, "", groupNeverMade)},
	{"group/-182005", "the account is specially protected", groupAnswers(-182005, "oidb decode0x71f failed, ret: 115", protected)},
	{"group/-182006", "the group is full", groupAnswers(-182006, "", groupIsFull)},
	{"group/-182007", "the group platform refuses to list groups", groupAnswers(-182007, "", faultAt("backend.answer:0xf02_7=203", listGroups))},
	{"group/-182008", "the game's IDIP server cannot be reached", groupAnswers(-182008, "", gameIsAway)},
	{"group/-500003", "the answer to making a group is garbled", groupAnswers(-500003, "", garbledAt("0xf02", createGroup))},
	{"group/-500004", "the answer to asking about a group is garbled", groupAnswers(-500004, "", garbledAt("0xf02", showGroup))},
	{"group/-500005", "the answer to joining a group is garbled", groupAnswers(-500005, "", garbledAt("0xf02", joinGroup))},
	{"group/-500006", "the answer to listing groups is garbled", groupAnswers(-500006, "", garbledAt("0xf02", listGroups))},
	{"group/-500007", "the answer to converting the openid is garbled", groupAnswers(-500007, "", garbledAt("0x71f", showGroup))},
	{"group/-500008", "the game's answer is garbled", groupAnswers(-500008, "", faultAt("idip.garble", createGroup))},
	{"group/-500009", "the answer to sending a message is garbled", groupAnswers(-500009, "", garbledAt("0xf02", sendToGroup))},
	{"group/-120000", "the token's lifetime is over", groupAnswers(-120000, access(65), groupTokenLapsed)},
}

const (
	createBindPath   = "/v2/group/create_bind_group"
	bindExistingPath = "/v2/group/bind_existing_group"
	unbindGroupPath  = "/v2/group/unbind_group"
	joinGroupPath    = "/v2/group/join_group"
	groupListPath    = "/v2/group/get_group_list"
	groupInfoPath    = "/v2/group/get_group_info"
	relationPath     = "/v2/group/get_group_rela_info"
	remindPath       = "/v2/group/remind_leader_bind"
	sendGroupPath    = "/v2/group/send_group_msg"
)

// guild is guild 77 of zone 3 of a fresh game, whose leader and one member are logged in.
type guild struct {
	on             *rookery.Platform
	app            rookery.App
	leader, member player
	zone, id       string
}

func newGuild(t *testing.T, p *rookery.Platform) guild {
	t.Helper()
	g := guild{on: p, app: p.NewApp(t), zone: "3", id: "77"}
	p.SetApp(t, g.app, rookery.Settings{"grant": []string{"group"}, "idip": p.IDIP})
	g.leader, g.member = logIn(t, p, g.app, p.NewAccount(t)), logIn(t, p, g.app, p.NewAccount(t))
	g.has(t, g.leader, g.member)
	return g
}

// has says who is in the guild; the first leads it.
func (g guild) has(t *testing.T, members ...player) {
	t.Helper()
	var uins []string
	for _, pl := range members {
		uins = append(uins, pl.uin)
	}
	g.on.SetGuild(t, rookery.Guild{AppID: g.app.AppID, Zone: g.zone, ID: g.id, Name: "Ravens", Leader: uins[0], Members: uins})
}

// other is another guild of the same game, with the same people.
func (g guild) other(t *testing.T, id string) guild {
	t.Helper()
	g.id = id
	g.has(t, g.leader, g.member)
	return g
}

// members are the members of a body.
type members map[string]any

// by returns a player's call of an interface with all members that any of them needs; more are added, or replace them.
func (g guild) by(pl player, path string, more members) rookery.Call {
	all := members{
		"openid": pl.openid, "token": pl.token, "guild_id": g.id, "zone_id": g.zone, "guild_name": "Ravens", "roleid": "900001",
		"role_name": "Ann", "leader_openid": g.leader.openid, "leader_roleid": "900000", "msg_type": 1, "title": "Come and play",
	}
	maps.Copy(all, more)
	body, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return rookery.NewCall(g.app, path, string(body))
}

// call makes a call that succeeds.
func (g guild) call(t *testing.T, call rookery.Call) rookery.Answer {
	t.Helper()
	answer := g.on.Call(t, call)
	if answer.Ret != 0 {
		t.Fatalf("%s is answered %s", call.Path, answer.Body)
	}
	return answer
}

// create makes a group for the guild and returns its number.
func (g guild) create(t *testing.T) (gc string) {
	t.Helper()
	return g.call(t, g.by(g.leader, createBindPath, nil)).Text("groupid")
}

// ofGroup adds the number of a group.
func ofGroup(gc string) members { return members{"groupid": gc} }

// newGroup makes a group for an account, as operators do.
func newGroup(t *testing.T, p *rookery.Platform, owner string, more members) (gc string) {
	t.Helper()
	all := members{"owner": owner, "name": "Rooks"}
	maps.Copy(all, more)
	var made struct{ GC string }
	p.Admin(t, "POST", "/admin/v1/groups", all, &made)
	return made.GC
}

// setGroup changes a group, as operators do.
func setGroup(t *testing.T, p *rookery.Platform, gc string, more members) {
	t.Helper()
	p.Admin(t, "PATCH", "/admin/v1/groups/"+gc, more, nil)
}

// groupSituation is a situation whose calls may change something: each is sent once.
type groupSituation struct {
	on   *rookery.Platform
	call rookery.Call
	cure func() rookery.Call
}

// groupAnswers runs a situation whose call is answered with ret, and with exactly msg unless that is empty.
func groupAnswers(ret int, msg string, bring func(*testing.T, *rookery.Platform) groupSituation) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		s := bring(t, p)
		expect(t, s.on, s.call, ret, msg)
		if answer := s.on.Call(t, s.cure()); answer.Ret != 0 {
			t.Fatalf("%s with its cure is answered %s", s.call.Path, answer.Body)
		}
	}
}

func guildIsBound(t *testing.T, p *rookery.Platform) groupSituation {
	g := newGuild(t, p)
	g.create(t)
	return groupSituation{p, g.by(g.leader, createBindPath, nil), func() rookery.Call {
		g.call(t, g.by(g.leader, unbindGroupPath, nil))
		return g.by(g.leader, createBindPath, nil)
	}}
}

func guildIsNotBound(t *testing.T, p *rookery.Platform) groupSituation {
	g := newGuild(t, p)
	gc := newGroup(t, p, g.leader.uin, nil)
	join := g.by(g.member, joinGroupPath, ofGroup(gc))
	return groupSituation{p, join, func() rookery.Call {
		g.call(t, g.by(g.leader, bindExistingPath, ofGroup(gc)))
		return join
	}}
}

// at is a call of an interface that would succeed.
type at func(*testing.T, *rookery.Platform) (guild, rookery.Call)

func createGroup(t *testing.T, p *rookery.Platform) (guild, rookery.Call) {
	g := newGuild(t, p)
	return g, g.by(g.leader, createBindPath, nil)
}

func showGroup(t *testing.T, p *rookery.Platform) (guild, rookery.Call) {
	g := newGuild(t, p)
	g.create(t)
	return g, g.by(g.member, groupInfoPath, nil)
}

func joinGroup(t *testing.T, p *rookery.Platform) (guild, rookery.Call) {
	g := newGuild(t, p)
	return g, g.by(g.member, joinGroupPath, ofGroup(g.create(t)))
}

func listGroups(t *testing.T, p *rookery.Platform) (guild, rookery.Call) {
	g := newGuild(t, p)
	return g, g.by(g.leader, groupListPath, nil)
}

func sendToGroup(t *testing.T, p *rookery.Platform) (guild, rookery.Call) {
	g := newGuild(t, p)
	g.create(t)
	return g, g.by(g.leader, sendGroupPath, nil)
}

func remindLeader(t *testing.T, p *rookery.Platform) (guild, rookery.Call) {
	g := newGuild(t, p)
	return g, g.by(g.member, remindPath, nil)
}

// faultAt lets a part fail for calls of an interface.
func faultAt(point string, of at) func(*testing.T, *rookery.Platform) groupSituation {
	return func(t *testing.T, p *rookery.Platform) groupSituation {
		g, call := of(t, p)
		fault := rookery.Fault{Point: point, Interface: call.Path}
		if point == "idip.garble" || point == "events.write" {
			fault = rookery.Fault{Point: point, AppID: g.app.AppID}
		}
		if point == "store.write:bindings" {
			fault.Times = 3 // the first write of each of the two requests decides, and one is left to be switched off
		}
		off := p.AddFault(t, fault)
		return groupSituation{p, call, func() rookery.Call {
			off()
			return call
		}}
	}
}

// garbledAt spoils the answers of a command.
func garbledAt(command string, of at) func(*testing.T, *rookery.Platform) groupSituation {
	return faultAt("bus.garble:"+command, of)
}

func signedOutEverywhere(t *testing.T, p *rookery.Platform) groupSituation {
	g, call := showGroup(t, p)
	p.Advance(t, time.Second) // a token of the same millisecond counts as newer
	p.Admin(t, "POST", fmt.Sprintf("/admin/v1/accounts/%v/sign-out", g.member.uin), nil, nil)
	return groupSituation{p, call, func() rookery.Call {
		return g.by(logIn(t, p, g.app, g.member.uin), groupInfoPath, nil)
	}}
}

func groupOfAnother(t *testing.T, p *rookery.Platform) groupSituation {
	g := newGuild(t, p)
	return groupSituation{p, g.by(g.leader, bindExistingPath, ofGroup(newGroup(t, p, g.member.uin, nil))), func() rookery.Call {
		return g.by(g.leader, bindExistingPath, ofGroup(newGroup(t, p, g.leader.uin, nil)))
	}}
}

func wrongMember(name, value string) func(*testing.T, *rookery.Platform) groupSituation {
	return func(t *testing.T, p *rookery.Platform) groupSituation {
		g, call := showGroup(t, p)
		return groupSituation{p, g.by(g.member, groupInfoPath, members{name: value}), func() rookery.Call { return call }}
	}
}

// notGranted lacks one of the two things that an app needs after the other.
func notGranted(t *testing.T, p *rookery.Platform) groupSituation {
	g, call := showGroup(t, p)
	p.SetApp(t, g.app, rookery.Settings{"apis": []string{"relation"}})
	expect(t, p, call, 221008, fmt.Sprintf(`app %s was not granted the permission "group"`, g.app.AppID))
	p.SetApp(t, g.app, rookery.Settings{"apis": []string{"group"}, "idip": ""})
	return groupSituation{p, call, func() rookery.Call {
		p.SetApp(t, g.app, rookery.Settings{"idip": p.IDIP})
		return call
	}}
}

func notInTheGuild(t *testing.T, p *rookery.Platform) groupSituation {
	g, call := joinGroup(t, p)
	g.has(t, g.leader)
	return groupSituation{p, call, func() rookery.Call {
		g.has(t, g.leader, g.member)
		return call
	}}
}

func ownsTooMany(t *testing.T, _ *rookery.Platform) groupSituation {
	p := rookery.Start(t)
	g, call := createGroup(t, p)
	var gc string
	for range 10 {
		gc = newGroup(t, p, g.leader.uin, nil)
	}
	return groupSituation{p, call, func() rookery.Call {
		p.Admin(t, "POST", "/admin/v1/groups/"+gc+"/disband", nil, nil)
		p.Advance(t, time.Hour) // since ten were made just now
		return call
	}}
}

func createsTooFast(t *testing.T, _ *rookery.Platform) groupSituation {
	p := rookery.Start(t)
	g, call := createGroup(t, p)
	for id := range 3 {
		g.other(t, fmt.Sprint(id)).create(t)
	}
	return groupSituation{p, call, func() rookery.Call {
		p.Advance(t, time.Hour)
		return call
	}}
}

// disbanded: the binding stays until it is ended; then the guild may have another group.
func disbanded(t *testing.T, p *rookery.Platform) groupSituation {
	g := newGuild(t, p)
	gc := g.create(t)
	p.Admin(t, "POST", "/admin/v1/groups/"+gc+"/disband", nil, nil)
	expect(t, p, g.by(g.leader, createBindPath, nil), 221001, "")
	return groupSituation{p, g.by(g.member, joinGroupPath, ofGroup(gc)), func() rookery.Call {
		g.call(t, g.by(g.leader, unbindGroupPath, nil))
		return g.by(g.member, joinGroupPath, ofGroup(g.create(t)))
	}}
}

func remindedTwice(t *testing.T, _ *rookery.Platform) groupSituation {
	p := rookery.Start(t)
	g, call := remindLeader(t, p)
	g.call(t, call)
	return groupSituation{p, call, func() rookery.Call {
		p.Advance(t, 24*time.Hour)
		return call
	}}
}

func groupOfAnotherGuild(t *testing.T, p *rookery.Platform) groupSituation {
	g := newGuild(t, p)
	gc := g.other(t, "78").create(t)
	call := g.by(g.leader, bindExistingPath, ofGroup(gc))
	return groupSituation{p, call, func() rookery.Call {
		g.call(t, g.other(t, "78").by(g.leader, unbindGroupPath, nil))
		return call
	}}
}

func groupIs(what string, is bool) func(*testing.T, *rookery.Platform) groupSituation {
	return func(t *testing.T, p *rookery.Platform) groupSituation {
		g := newGuild(t, p)
		gc := newGroup(t, p, g.leader.uin, members{what: is})
		call := g.by(g.leader, bindExistingPath, ofGroup(gc))
		return groupSituation{p, call, func() rookery.Call {
			setGroup(t, p, gc, members{what: !is})
			return call
		}}
	}
}

func groupNeverMade(t *testing.T, p *rookery.Platform) groupSituation {
	g := newGuild(t, p)
	return groupSituation{p, g.by(g.leader, bindExistingPath, ofGroup("799999999")), func() rookery.Call {
		return g.by(g.leader, bindExistingPath, ofGroup(newGroup(t, p, g.leader.uin, nil)))
	}}
}

func protected(t *testing.T, p *rookery.Platform) groupSituation {
	g, call := showGroup(t, p)
	p.SetState(t, g.member.uin, "specially-protected")
	return groupSituation{p, call, func() rookery.Call {
		p.SetState(t, g.member.uin, "normal")
		return call
	}}
}

func groupIsFull(t *testing.T, p *rookery.Platform) groupSituation {
	g := newGuild(t, p)
	gc := g.create(t)
	setGroup(t, p, gc, members{"capacity": 1})
	call := g.by(g.member, joinGroupPath, ofGroup(gc))
	return groupSituation{p, call, func() rookery.Call {
		setGroup(t, p, gc, members{"capacity": 2})
		return call
	}}
}

// gameIsAway: nothing listens at the address; and the way to it fails.
func gameIsAway(t *testing.T, p *rookery.Platform) groupSituation {
	g, call := createGroup(t, p)
	off := p.AddFault(t, rookery.Fault{Point: "idip.connect", AppID: g.app.AppID})
	expect(t, p, call, -182008, "")
	off()
	p.SetApp(t, g.app, rookery.Settings{"idip": "http://127.0.0.1:1/idip"})
	return groupSituation{p, call, func() rookery.Call {
		p.SetApp(t, g.app, rookery.Settings{"idip": p.IDIP})
		return call
	}}
}

func groupTokenLapsed(t *testing.T, p *rookery.Platform) groupSituation {
	g, call := showGroup(t, p)
	lapsed := g.member
	lapsed.token = g.member.lapsed(t, "msdk")
	return groupSituation{p, g.by(lapsed, groupInfoPath, nil), func() rookery.Call { return call }}
}
