package scenarios

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// The scenarios of the bus, over its frames. Those of the two token checks that the MSDK doors can show too are in
// tokens_test.go.
var busScenarios = []scenario{
	{"accesstoken/16", "the appid is above every number that an app can have", onBus(0x10, func(c *busCase) { c.call.Body = check(1<<63+5, c.openid, c.access) })},
	{"accesstoken/17", "no app has the appid", onBus(0x11, func(c *busCase) { c.call.Body = check(4711, c.openid, c.access) })},
	{"accesstoken/33", "an access token is sent as the openkey", onBus(0x21, func(c *busCase) { c.call.Body = openkey(c.app, c.openid, c.access) })},
	{"accesstoken/34", "the openid is another account's than the openkey's", onBus(0x22, func(c *busCase) { c.call.Body = openkey(c.app, c.another(), c.key) })},
	{"accesstoken/35", "the openkey's lifetime is over", onBus(0x23, func(c *busCase) { c.call.Body = openkey(c.app, c.openid, c.issue("openkey", "0s")) })},
	{"accesstoken/46", "the account is of the Kaixin family", kaixin},
	{"accesstoken/50", "the openid to look at is empty", onBus(0x32, func(c *busCase) { c.call = text(c.app, "") })},
	{"accesstoken/51", "the openid to look at has 4 digits", onBus(0x33, func(c *busCase) { c.call = text(c.app, "ABCD") })},
	{"accesstoken/52", "the openid to look at is not hexadecimal", onBus(0x34, func(c *busCase) { c.call = text(c.app, strings.Repeat("X", 32)) })},
	{"accesstoken/53", "the openid to look at was never issued", onBus(0x35, func(c *busCase) { c.call = text(c.app, nobody) })},
	{"accesstoken/54", "the openid to look at is another app's", onBus(0x36, func(c *busCase) { c.call = text(c.p.NewApp(c.t).AppID, c.openid) })},
	{"accesstoken/55", "the account of the openid to look at was closed", onBus(0x37, func(c *busCase) {
		c.call = text(c.app, c.openid)
		c.p.SetState(c.t, c.uin, "closed")
	})},
	{"accesstoken/56", "the openid to look at was reclaimed", onBus(0x38, func(c *busCase) {
		c.call = text(c.app, c.openid)
		c.p.Reclaim(c.t, rookery.App{AppID: c.app}, c.uin)
	})},
	{"accesstoken/70", "the openkey lacks its last letter", onBus(0x46, func(c *busCase) { c.call.Body = openkey(c.app, c.openid, c.key[:len(c.key)-1]) })},
	{"accesstoken/83", "an openid of the batch was reclaimed", onBus(0x53, func(c *busCase) {
		c.call = batch(c.app, 1, c.openid)
		c.p.Reclaim(c.t, rookery.App{AppID: c.app}, c.uin)
		c.fault = 1
	})},
	{"accesstoken/84", "the batch has fewer openids than its count says", onBus(0x54, func(c *busCase) { c.call = batch(c.app, 2, c.openid) })},
	{"accesstoken/85", "an openid of the batch was never issued", onBus(0x55, func(c *busCase) {
		c.call = batch(c.app, 2, c.openid, nobody)
		c.fault = 2
	})},
	{"accesstoken/86", "the batch has 501 openids", onBus(0x56, func(c *busCase) {
		many := make([]string, 501)
		for i := range many {
			many[i] = c.openid
		}
		c.call = batch(c.app, 501, many...)
	})},
	{"accesstoken/88", "another app than the body's makes the call", onBus(0x58, func(c *busCase) {
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x711_1": rookery.Settings{"all_apps": true}}})
		c.call.Head = caller(c.p.NewApp(c.t).AppID)
	})},
	{"accesstoken/96", "the openid is not filled in", onBus(0x60, func(c *busCase) { c.call.Body = rookery.Message(nil).Decimal(1, c.app).Bytes(4, c.access) })},
	{"accesstoken/97", "neither token nor openkey is filled in", onBus(0x61, func(c *busCase) { c.call.Body = rookery.Message(nil).Decimal(1, c.app).Bytes(2, raw(c.openid)) })},
	{"accesstoken/98", "the command has no such service type", onBus(0x62, func(c *busCase) { c.call.ServiceType = 2 })},
	{"accesstoken/99", "the appid is not filled in", onBus(0x63, func(c *busCase) { c.call.Body = rookery.Message(nil).Bytes(2, raw(c.openid)).Bytes(4, c.access) })},

	{"paytoken/20", "the openid has 32 bytes", onBus(20, func(c *busCase) {
		c.call.Command, c.call.Body = 0x73a, rookery.Message(nil).Decimal(1, c.app).Bytes(2, c.openid).Bytes(4, c.issue("pay", ""))
	})},
	{"paytoken/27", "no app has the appid", onBus(27, func(c *busCase) { c.call.Command, c.call.Body = 0x73a, check(4711, c.openid, c.issue("pay", "")) })},

	{"oidb/5", "no command has the number", onBus(5, func(c *busCase) { c.call.Command = 0x999 })},
	{"oidb/145", "the body is no protobuf message", onBus(145, func(c *busCase) { c.call.Body = rookery.Message("\xff\xff") })},
	{"oidb/147", "the packet is above the limit", onBus(147, func(c *busCase) { c.call.Body = c.call.Body.Bytes(99, strings.Repeat("x", 70_000)) })},
	{"oidb/148", "the client's address is on the black list", onBus(148, func(c *busCase) {
		c.policy(rookery.Settings{"address_black_list": []string{"192.0.2.0/24"}})
		c.call.Head = rookery.Message(nil).Fixed32(5, 0xc0000207)
	})},
	{"oidb/149", "the account's number is on the black list", onBus(149, func(c *busCase) {
		c.call = toUIN(c.app, c.openid)
		c.policy(rookery.Settings{"uin_black_list": []string{c.uin}})
	})},
	{"oidb/150", "the calling game did not apply for the command", onBus(150, func(c *busCase) { c.call.Head = caller(c.app) })},
	{"oidb/151", "the head's login signature is a lapsed openkey", onBus(151, func(c *busCase) {
		c.granted()
		sig := rookery.Message(nil).Bytes(2, c.issue("openkey", "0s")).Decimal(3, c.app)
		c.call.Head = rookery.Message(nil).Decimal(1, c.uin).Bytes(9, string(sig))
	})},
	{"oidb/152", "the game is in the test environment, and the head's uin is no test number", onBus(152, func(c *busCase) {
		c.granted()
		c.p.SetApp(c.t, rookery.App{AppID: c.app}, rookery.Settings{"environment": "test"})
		c.call.Head = caller(c.app).Decimal(1, c.uin)
	})},
	{"oidb/153", "the game's rate for the command is used up", onBus(153, func(c *busCase) {
		c.call = toUIN(c.app, c.openid)
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x71f_1": rookery.Settings{"all_apps": true, "rate": "1/h"}}})
		c.call.Head = caller(c.app)
		c.expect(0)
	})},
	{"oidb/250", "the command is forbidden in the test environment", onBus(250, func(c *busCase) {
		c.p.SetApp(c.t, rookery.App{AppID: c.app}, rookery.Settings{"environment": "test", "test_numbers": []string{c.uin}})
		c.call = toUIN(c.app, c.openid)
		c.call.Head = caller(c.app)
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x71f_1": rookery.Settings{"all_apps": true}}})
		c.expect(0)
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x71f_1": rookery.Settings{"forbidden_in_test": true}}})
	})},
	{"oidb/251", "the command refuses class B, of which the account is", ofClass(251, "B")},
	{"oidb/252", "the command refuses class BC, of which the account is", ofClass(252, "BC")},
	{"oidb/253", "the command refuses interactive numbers, of which the account is one", ofClass(253, "interactive")},
	{"oidb/254", "the account's range of numbers is in maintenance", onBus(254, func(c *busCase) {
		c.call = toUIN(c.app, c.openid)
		c.policy(rookery.Settings{"maintenance": []map[string]string{{"from": c.uin, "to": c.uin}}})
	})},
	{"oidb/255", "the uin is reserved, or above the highest issued", onBus(255, func(c *busCase) {
		c.call.Head = rookery.Message(nil).Number(1, 10_000) // reserved
		c.expect(255)
		c.call.Head = rookery.Message(nil).Number(1, 1<<40) // above the highest
	})},
	{"oidb/201", "the group is read-only", inGroup(201, func(c *busCase, gc string) {
		c.p.Admin(c.t, "PATCH", "/admin/v1/groups/"+gc, rookery.Settings{"read_only": true}, nil)
	})},
	{"oidb/202", "the group platform knows no such message or service type", inGroup(202, func(c *busCase, gc string) { // a message of a kind that does not exist, then a service type
		c.call = rookery.BusCall{Command: 0xf02, ServiceType: 9, Body: rookery.Message(nil).Decimal(1, gc).Decimal(2, c.uin).
			Bytes(3, string(rookery.Message(nil).Number(1, 1).Bytes(2, "hello")))}
		c.expect(0)
		c.call.Body = rookery.Message(nil).Decimal(1, gc).Decimal(2, c.uin).Bytes(3, string(rookery.Message(nil).Number(1, 3).Bytes(2, "hello")))
		c.expect(202)
		c.call.ServiceType = 99
	})},
	{"oidb/203", "the group's number is outside of those that were given", inGroup(203, func(c *busCase, _ string) {
		c.call.Body = rookery.Message(nil).Number(1, 1<<32).Decimal(2, c.uin) // above every group
		c.expect(203)
		c.call.Body = rookery.Message(nil).Number(1, 1<<32-1).Decimal(2, c.uin) // not given yet
	})},
	{"oidb/204", "the group is sealed", inGroup(204, func(c *busCase, gc string) {
		c.p.Admin(c.t, "PATCH", "/admin/v1/groups/"+gc, rookery.Settings{"sealed": true, "read_only": true}, nil)
	})},
	{"oidb/112", "the account is frozen", inState(112, "frozen")},
	{"oidb/113", "the account is under staff protection", inState(113, "staff-protected")},
	{"oidb/115", "the account is under special protection", inState(115, "specially-protected")},
}

// inGroup runs a scenario of the group platform: joining a new group succeeds, and after the scenario's change the call gets the
// result. Another group is not affected.
func inGroup(result uint64, bring func(c *busCase, gc string)) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		owner := p.NewAccount(t)
		join := func(c *busCase) string {
			var made struct {
				GC string `json:"gc"`
			}
			p.Admin(t, "POST", "/admin/v1/groups", rookery.Settings{"owner": owner, "name": "Lanterns"}, &made)
			c.call = rookery.BusCall{Command: 0xf02, ServiceType: 3, Body: rookery.Message(nil).Decimal(1, made.GC).Decimal(2, c.uin)}
			c.expect(0)
			return made.GC
		}
		c := newBusCase(t, p, p.NewAccount(t))
		bring(c, join(c))
		c.expect(result)
		join(newBusCase(t, p, p.NewAccount(t)))
	}
}

// busCase is a logged-in account and a valid call of 0x711, which a scenario makes invalid.
type busCase struct {
	t *testing.T
	p *rookery.Platform

	app, uin, openid string
	access, key      string
	call             rookery.BusCall
	fault            uint64 // position that a batch's answer must name
}

// onBus runs a scenario: the valid call, then the scenario's change of it, which must get the given result, then a valid
// call for another account.
func onBus(result uint64, bring func(*busCase)) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		c := newBusCase(t, p, p.NewAccount(t))
		valid := c.call
		c.expect(0)
		bring(c)
		c.expect(result)
		if len(c.call.Head) > 0 {
			c.call = valid
			c.expect(0)
		}
		newBusCase(t, p, p.NewAccount(t)).expect(0)
	}
}

func newBusCase(t *testing.T, p *rookery.Platform, uin string) *busCase {
	t.Helper()
	c := &busCase{t: t, p: p, app: p.NewApp(t).AppID, uin: uin}
	token := p.Issue(t, rookery.TokenRequest{AppID: c.app, UIN: uin, Kind: "access"})
	c.openid, c.access = token.OpenID, token.Token
	c.key = c.issue("openkey", "")
	c.call = rookery.BusCall{Command: 0x711, ServiceType: 1, Body: rookery.Message(nil).Decimal(1, c.app).Bytes(2, raw(c.openid)).Bytes(4, c.access)}
	return c
}

// expect sends the call, and, unless the head is special, sends it again in the client form.
func (c *busCase) expect(result uint64) {
	c.t.Helper()
	answers := []rookery.BusAnswer{c.p.Bus(c.t, c.call)}
	if len(c.call.Head) == 0 {
		answers = append(answers, c.p.BusClientForm(c.t, c.call))
	}
	for _, answer := range answers {
		if answer.Result != result || (result == 0) != (answer.Message == "") {
			c.t.Fatalf("0x%x_%d: result %d, %q, want %d", c.call.Command, c.call.ServiceType, answer.Result, answer.Message, result)
		}
		if c.fault != 0 && answer.Numbers[2] != c.fault {
			c.t.Errorf("the openid at fault is %d, want %d", answer.Numbers[2], c.fault)
		}
		if result != 0 && c.fault == 0 && len(answer.Numbers)+len(answer.Texts) > 0 {
			c.t.Errorf("a refusal has the body %v %v", answer.Numbers, answer.Texts)
		}
	}
}

func (c *busCase) issue(kind, lifetime string) string {
	c.t.Helper()
	return c.p.Issue(c.t, rookery.TokenRequest{AppID: c.app, UIN: c.uin, Kind: kind, Lifetime: lifetime}).Token
}

// another is the openid of another account at the app.
func (c *busCase) another() string {
	return c.p.Issue(c.t, rookery.TokenRequest{AppID: c.app, UIN: c.p.NewAccount(c.t), Kind: "access"}).OpenID
}

// policy changes the policy until the scenario ends.
func (c *busCase) policy(change rookery.Settings) {
	c.t.Helper()
	c.t.Cleanup(func() {
		c.p.Admin(c.t, "PATCH", "/admin/v1/oidb/policy", rookery.Settings{
			"uin_black_list": []string{}, "address_black_list": []string{}, "maintenance": []string{},
			"commands": rookery.Settings{"0x711_1": nil, "0x71f_1": nil},
		}, nil)
	})
	c.p.Admin(c.t, "PATCH", "/admin/v1/oidb/policy", change, nil)
}

// granted lets the app call 0x711, and shows that it may.
func (c *busCase) granted() {
	c.t.Helper()
	c.policy(rookery.Settings{"commands": rookery.Settings{"0x711_1": rookery.Settings{"apps": []string{c.app}}}})
	plain := c.call
	c.call.Head = caller(c.app)
	c.expect(0)
	c.call = plain
}

// nobody is an openid that no platform has issued.
const nobody = "0123456789ABCDEF0123456789ABCDEF"

func raw(openid string) string {
	b, _ := hex.DecodeString(openid) // the platform's own openid, always valid
	return string(b)
}

func check(app uint64, openid, token string) rookery.Message {
	return rookery.Message(nil).Number(1, app).Bytes(2, raw(openid)).Bytes(4, token)
}

func openkey(app, openid, key string) rookery.Message {
	return rookery.Message(nil).Decimal(1, app).Bytes(2, raw(openid)).Bytes(5, key)
}

func text(app, openid string) rookery.BusCall {
	return rookery.BusCall{Command: 0x711, ServiceType: 127, Body: rookery.Message(nil).Decimal(1, app).Bytes(2, openid)}
}

func batch(app string, count uint64, openids ...string) rookery.BusCall {
	body := rookery.Message(nil).Decimal(1, app).Number(2, count)
	for _, openid := range openids {
		body = body.Bytes(3, raw(openid))
	}
	return rookery.BusCall{Command: 0x711, ServiceType: 23, Body: body}
}

func toUIN(app, openid string) rookery.BusCall {
	return rookery.BusCall{Command: 0x71f, ServiceType: 1, Body: rookery.Message(nil).Decimal(1, app).Bytes(2, raw(openid))}
}

// caller returns a head in the name of a game.
func caller(app string) rookery.Message {
	return rookery.Message(nil).Bytes(18, string(rookery.Message(nil).Decimal(3, app)))
}

// newOfClass makes an account of a class.
func newOfClass(t *testing.T, p *rookery.Platform, class string) (uin string) {
	t.Helper()
	var account struct{ UIN string }
	p.Admin(t, "POST", "/admin/v1/accounts", rookery.Settings{"password": "a password of its own", "class": class}, &account)
	return account.UIN
}

func ofClass(result uint64, class string) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		c := newBusCase(t, p, newOfClass(t, p, class))
		c.call = toUIN(c.app, c.openid)
		c.expect(0)
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x71f_1": rookery.Settings{"refused_classes": []string{class}}}})
		c.expect(result)
		c.call.Head = rookery.Message(nil).Decimal(1, c.uin)
		c.expect(result)
		ordinary := newBusCase(t, p, p.NewAccount(t))
		ordinary.call = toUIN(ordinary.app, ordinary.openid)
		ordinary.expect(0)
	}
}

func inState(result uint64, state string) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		c := newBusCase(t, p, p.NewAccount(t))
		c.call = toUIN(c.app, c.openid)
		c.expect(0)
		p.SetState(t, c.uin, state)
		c.expect(result)
		p.SetState(t, c.uin, "normal")
		c.expect(0)
	}
}

func kaixin(t *testing.T, p *rookery.Platform) {
	c := newBusCase(t, p, newOfClass(t, p, "kaixin"))
	c.expect(0x2e)
	newBusCase(t, p, p.NewAccount(t)).expect(0)
}

// TestAConvertedOpenIDNeedsAFreshNonce shows the two numbers of 0x71f that its callers know as -25 and -26.
func TestAConvertedOpenIDNeedsAFreshNonce(t *testing.T) {
	p := rookery.Start(t)
	c := newBusCase(t, p, p.NewAccount(t))
	c.call = toUIN(c.app, c.openid)
	body := c.call.Body
	c.call.Body = body.Bytes(4, "once")
	if answer := p.Bus(t, c.call); answer.Result != 0 {
		t.Fatalf("the first time: %d", answer.Result)
	}
	c.expect(0x5a)
	c.call.Body = body.Number(3, 1_000_000_000)
	c.expect(0x5b)
}
