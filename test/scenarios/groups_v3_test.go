package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// v2GroupScenarios are the numbers of MSDK V2's group interfaces, which are not part of the contract.
var v2GroupScenarios = []scenario{
	{"v2group/2001", "the guild's number has a letter", v2Answers("2001", `body member "unionid" is not 1 to 20 digits`, "/relation/get_group_detail", func(s *v2Situation) {
		s.wrong["unionid"] = "77a"
	})},
	{"v2group/2002", "the guild has no group", v2Answers("2002", "no group serves guild 78 of zone 3", "/relation/get_groupopenid", func(s *v2Situation) {
		s.wrong["unionid"] = "78"
	})},
	{"v2group/2003", "the caller is not in the group", v2Answers("2003", "", "/relation/get_groupinfo", func(s *v2Situation) { s.by = s.member })},
	{"v2group/2004", "the group serves no guild of the app", v2Answers("2004", "group 799999999 serves no guild of this app", "/relation/get_groupopenid", func(s *v2Situation) {
		s.right["opt"], s.right["groupCode"], s.wrong["groupCode"] = "1", s.gc, "799999999"
	})},
	{"v2group/2006", "no group has the groupOpenid", v2Answers("2006", "no group with this groupOpenid serves a guild of this app", "/relation/get_group_key", func(s *v2Situation) { s.wrong["groupOpenid"] = strings.Repeat("0", 32) })},
	{"v2group/2007", "the group was disbanded", v2Answers("2007", "", "/relation/get_group_detail", func(s *v2Situation) {
		s.on.Exec(s.t, "UPDATE qqgroups SET disbanded = 1 WHERE gc = ?", s.gc)
		s.cure = func() { s.on.Exec(s.t, "UPDATE qqgroups SET disbanded = 0 WHERE gc = ?", s.gc) }
	})},
	{"v2group/2010", "the binding cannot be read", v2Answers("2010", "stored binding could not be read", "/relation/get_group_detail", func(s *v2Situation) {
		s.cure = s.on.AddFault(s.t, rookery.Fault{Point: "store.read:bindings", AppID: s.app.AppID})
	})},

	{"v2unbind/2001", "no group has the groupOpenid", v2Answers("2001", "", "/relation/unbind_group", func(s *v2Situation) { s.wrong["groupOpenid"] = strings.Repeat("0", 32) })},
	{"v2unbind/2002", "the guild has no group", v2Answers("2002", "", "/relation/unbind_group", func(s *v2Situation) { s.wrong["unionid"] = "78" })},
	{"v2unbind/2003", "the token's lifetime is over", v2Answers("2003", access(65), "/relation/unbind_group", func(s *v2Situation) {
		s.wrong["accessToken"] = s.by.lapsed(s.t, "access")
	})},
	{"v2unbind/2006", "the guild's number is a word", v2Answers("2006", `body member "unionid" is not 1 to 20 digits`, "/relation/unbind_group", func(s *v2Situation) {
		s.wrong["unionid"] = "ravens"
	})},
	{"v2unbind/2010", "the group platform cannot be reached", v2Answers("2010", "", "/relation/unbind_group", func(s *v2Situation) {
		s.cure = s.on.AddFault(s.t, rookery.Fault{Point: "bus.connect:0xf02", Interface: "/relation/unbind_group"})
	})},
}

// v3Guild is a guild whose people are logged in at MSDK V3.
type v3Guild struct {
	guild
	leader, member v3Player
}

func newV3Guild(t *testing.T, p *rookery.Platform) v3Guild {
	t.Helper()
	g := newGuild(t, p)
	return v3Guild{g, v3LogIn(t, p, g.app, g.leader.uin), v3LogIn(t, p, g.app, g.member.uin)}
}

// by returns a player's call of an interface with all members that any of them needs; more are added, or replace them.
func (g v3Guild) by(pl v3Player, path string, more members) rookery.V3Call {
	all := members{
		"appid": g.app.AppID, "openid": pl.openid, "accessToken": pl.token, "guild_id": g.id, "zone_id": g.zone, "guild_name": "Ravens",
		"platid": "1", "roleid": "900001", "unionid": g.id, "zoneid": g.zone, "pf": "qqqun", "title": "Come and play",
	}
	maps.Copy(all, more)
	body, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return rookery.NewV3Call(g.app, path, string(body)).With("openid", pl.openid)
}

// create makes a group for the guild and returns its number, and the app's name for it.
func (g v3Guild) create(t *testing.T) (gc, openid string) {
	t.Helper()
	answer := g.on.CallV3(t, g.by(g.leader, "/relation/createbind_groupv2", nil))
	data, _ := answer.Fields(t)["data"].(map[string]any)
	gc, _ = data["gc"].(string)
	openid, _ = g.on.CallV3(t, g.by(g.leader, "/relation/get_groupopenid", nil)).Fields(t)["groupOpenid"].(string)
	if gc == "" || openid == "" {
		t.Fatalf("created: %s", answer.Body)
	}
	return gc, openid
}

// v2Situation is a call of one of V2's interfaces that is wrong in one way.
type v2Situation struct {
	v3Guild
	t            *testing.T
	gc           string
	by           v3Player
	wrong, right members // of the call
	cure         func()
}

// v2Answers brings about a situation, expects the number, and then the success of the call without its cause.
func v2Answers(code, text, path string, bring func(*v2Situation)) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		s := &v2Situation{v3Guild: newV3Guild(t, p), t: t, wrong: members{}}
		s.by = s.leader
		gc, openid := s.v3Guild.create(t)
		s.gc, s.right = gc, members{"groupOpenid": openid}
		bring(s)
		more := maps.Clone(s.right)
		maps.Copy(more, s.wrong)
		answer := p.CallV3(t, s.v3Guild.by(s.by, path, more))
		fields := answer.Fields(t)
		if answer.Ret != -10000 || fields["platCode"] != code || !strings.HasPrefix(answer.Msg, code+",") || fields["is_lost"] != "0" ||
			text != "" && answer.Msg != code+","+text {
			t.Fatalf("%s is answered %s, want platCode %s, %s", path, answer.Body, code, text)
		}
		if s.cure != nil {
			s.cure()
		}
		leader := v3LogIn(t, p, s.app, s.leader.uin) // a token that was issued to be wrong superseded the one before
		if answer := p.CallV3(t, s.v3Guild.by(leader, path, s.right)); answer.Ret != 0 || answer.Fields(t)["platCode"] != "0" {
			t.Fatalf("%s with its cure is answered %s", path, answer.Body)
		}
	}
}

// TestGroupsOverMSDKv3 takes a guild through its life with a group, with the answers of MSDK V3 and V2 to the letter.
func TestGroupsOverMSDKv3(t *testing.T) {
	p := rookery.Start(t)
	g := newV3Guild(t, p)
	own := newGroup(t, p, g.leader.uin, nil)
	gc, openid := "", ""
	want := func(pl v3Player, path string, more members, answer string) rookery.V3Answer {
		t.Helper()
		got := p.CallV3(t, g.by(pl, path, more))
		text := got.Body
		for name, value := range map[string]string{"GC": gc, "OPENID": openid, "OWN": own, "LEADER": g.leader.openid, "MEMBER": g.member.openid} {
			if value != "" {
				text = strings.ReplaceAll(text, value, name)
			}
		}
		text = regexp.MustCompile(`"joinGroupKey":"[0-9a-f]{32}"`).ReplaceAllString(text, `"joinGroupKey":"KEY"`)
		if text != answer {
			t.Errorf("%s: got\n%s, want\n%s", path, text, answer)
		}
		return got
	}
	const (
		done  = `{"ret":0,"msg":"success","err_type":0,"message":"success"}`
		head  = `{"ret":0,"msg":"success","err_type":0,"message":"success",`
		older = head + `"is_lost":"0","platCode":"0"`
	)
	want(g.leader, "/relation/get_groupcode", nil, head+`"data":{"gc":""}}`)
	want(g.member, "/relation/join_groupv2", members{"gc": own},
		`{"ret":221002,"msg":"no group serves guild 77 of zone 3","err_type":5,"message":"no group serves guild 77 of zone 3"}`)
	want(g.leader, "/relation/get_group_listv2", nil, head+`"data":{"group_list":[{"gc":"OWN","group_name":"Rooks"}]}}`)
	want(g.leader, "/relation/bind_existing_groupv2", members{"gc": own, "group_name": "Rooks"}, head+`"data":{"gc":"OWN","group_name":"Rooks"}}`)
	want(g.leader, "/relation/unlink_groupv2", nil, head+`"data":{"gc":"OWN"}}`)

	gc, openid = g.create(t)
	want(g.leader, "/relation/createbind_groupv2", nil,
		`{"ret":221001,"msg":"a group serves guild 77 of zone 3 already","err_type":5,"message":"a group serves guild 77 of zone 3 already"}`)
	want(g.leader, "/relation/get_groupcode", nil, head+`"data":{"gc":"GC","group_name":"Ravens"}}`)
	want(g.member, "/relation/get_groupinfov2", members{"gc": gc}, head+`"data":{"relation":4}}`)
	want(g.member, "/relation/get_group_detail", nil,
		`{"ret":-10000,"msg":"2003,the player is not in the group","err_type":5,"message":"2003,the player is not in the group","is_lost":"0","platCode":"2003"}`)
	want(g.member, "/relation/get_group_detail", members{"opt": "1", "groupCode": gc}, older+
		`,"groupName":"Ravens","fingerMemo":"","memberNum":"1","maxNum":"200","ownerOpenid":"LEADER","adminOpenids":"","unionid":"77","zoneid":"3","groupOpenid":"OPENID","joinGroupKey":"KEY"}`)
	want(g.member, "/relation/get_group_key", members{"groupOpenid": openid}, older+`,"joinGroupKey":"KEY"}`)
	want(g.member, "/relation/join_groupv2", members{"gc": gc}, done)
	want(g.member, "/relation/get_groupinfov2", members{"gc": gc}, head+`"data":{"relation":3}}`)
	setGroup(t, p, gc, members{"admins": []string{g.member.uin}})
	want(g.member, "/relation/get_groupopenid", nil, older+`,"groupOpenid":"OPENID"}`)
	want(g.member, "/relation/get_groupinfo", members{"groupOpenid": openid}, older+
		`,"groupName":"Ravens","fingerMemo":"","memberNum":"2","maxNum":"200","ownerOpenid":"LEADER","adminOpenids":"MEMBER","unionid":"77","zoneid":"3"}`)
	want(g.member, "/relation/send_groupmsg", members{"group_openid": openid, "redirect_url": "http://gamecenter.qq.com/gcjump", "desc": "Now"}, done)
	var shown struct {
		Messages []struct{ Title, Text, URL string }
	}
	p.Admin(t, "GET", "/admin/v1/groups/"+gc, nil, &shown)
	if got := fmt.Sprint(shown.Messages); got != "[{Come and play Now http://gamecenter.qq.com/gcjump}]" {
		t.Errorf("the group has the messages %s", got)
	}
	want(g.leader, "/relation/unbind_group", members{"groupOpenid": openid}, older+`}`)
	want(g.member, "/relation/get_groupinfov2", members{"gc": gc},
		`{"ret":221002,"msg":"group GC serves no guild of this game","err_type":5,"message":"group GC serves no guild of this game"}`)
}

// TestMSDKv2PassesGroupNumbersOn: a failure for which V2 has no number has its own where V2's stands.
func TestMSDKv2PassesGroupNumbersOn(t *testing.T) {
	p := rookery.Start(t)
	v2Answers("221008", "", "/relation/get_group_detail", func(s *v2Situation) {
		s.on.SetApp(s.t, s.app, rookery.Settings{"idip": ""})
		s.cure = func() { s.on.SetApp(s.t, s.app, rookery.Settings{"idip": s.on.IDIP}) }
	})(t, p)
	v2Answers("-120000", access(65), "/relation/get_group_detail", func(s *v2Situation) { s.wrong["accessToken"] = s.by.lapsed(s.t, "access") })(t, p)
	v2Answers("221005", "", "/relation/unbind_group", func(s *v2Situation) { s.by = s.member })(t, p)
}

// TestGroupsOfTheWrongFormOverMSDKv3: the openid and the other members have numbers of their own.
func TestGroupsOfTheWrongFormOverMSDKv3(t *testing.T) {
	p := rookery.Start(t)
	g := newV3Guild(t, p)
	gc, openid := g.create(t)
	for _, test := range []struct {
		path string
		more members
		ret  int
	}{
		{"/relation/createbind_groupv2", members{"openid": "ann"}, 221006},
		{"/relation/createbind_groupv2", members{"openid": strings.Repeat("0", 32)}, 221006}, // not the URL's
		{"/relation/createbind_groupv2", members{"appid": "1"}, 221007},
		{"/relation/createbind_groupv2", members{"accessToken": ""}, 221007},
		{"/relation/createbind_groupv2", members{"guild_name": ""}, 221007},
		{"/relation/createbind_groupv2", members{"roleid": ""}, 221007},
		{"/relation/createbind_groupv2", members{"zone_id": "three"}, 221007},
		{"/relation/createbind_groupv2", members{"zone_id": 3}, -1011},
		{"/relation/createbind_groupv2", members{"guild_name": strings.Repeat("x", 101)}, 221007},
		{"/relation/bind_existing_groupv2", members{"gc": ""}, 221007},
		{"/relation/get_groupinfov2", members{"gc": "0"}, 221007},
		{"/relation/join_groupv2", members{"gc": "799999999"}, 221007},
		{"/relation/send_groupmsg", members{"group_openid": openid, "pf": "qq"}, 221007},
		{"/relation/send_groupmsg", members{"group_openid": gc}, 221007},
		{"/relation/send_groupmsg", members{"group_openid": openid, "title": ""}, 221007},
		{"/relation/send_groupmsg", members{"group_openid": openid, "title": strings.Repeat("x", 101)}, 221007},
		{"/relation/send_groupmsg", members{"group_openid": openid, "redirect_url": "javascript:alert(1)"}, 221007},
		{"/relation/send_groupmsg", members{"group_openid": openid, "image_url": "file:///etc/passwd"}, 221007},
		{"/relation/send_groupmsg", members{"group_openid": strings.Repeat("0", 32)}, 221002},
		{"/relation/get_groupopenid", members{"opt": "2"}, -10000},
		{"/relation/get_groupopenid", members{"opt": 1}, -1011},
	} {
		if answer := p.CallV3(t, g.by(g.leader, test.path, test.more)); answer.Ret != test.ret {
			t.Errorf("%s with %v: got %s, want ret %d", test.path, test.more, answer.Body, test.ret)
		}
	}
	outsider := g.by(g.member, "/relation/send_groupmsg", members{"group_openid": openid})
	if answer := p.CallV3(t, outsider); answer.Ret != 221007 || answer.Msg != "the account is not a member of group "+gc {
		t.Errorf("a message of one who is not in the group: %s", answer.Body)
	}
	call := g.by(g.leader, "/relation/send_groupmsg", members{"group_openid": openid, "openid": nil})
	if answer := p.CallV3(t, call); answer.Ret != 0 { // the URL has it
		t.Errorf("without an openid in the body: %s", answer.Body)
	}
	if answer := p.CallV3(t, call.Without("openid")); answer.Ret != 221006 {
		t.Errorf("without any openid: %s", answer.Body)
	}
}
