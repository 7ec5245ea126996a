package scenarios

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// friendScenarios are those of friend lists, and of 0x5e1.
var friendScenarios = []scenario{
	{"qq/251001", "sub_channelid is not QQ's", answers(251001, "", illegalChannel)},
	{"qq/251002", "the token's lifetime is over", answers(251002, access(65), friendTokenLapsed)},
	{"qq/251003", "the app was not granted the relation permission", answers(251003, "", relationNotGranted)},
	{"qq/251004", "neither the friendships nor the cache can be read", friendsUnreadable},
	{"qq/251005", "the cache cannot be written, and the friendships cannot be read", friendsUnwritable},
	{"oidb/116", "the token's lifetime is over, or the openid was never issued", profileRefused},
}

const (
	userinfoPath    = "/v2/profile/userinfo"
	queryVIPPath    = "/v2/profile/query_qq_vip"
	vipRichInfoPath = "/v2/profile/query_qq_vip_richinfo"
	friendListPath  = "/v2/friend/friend_list"
)

// about returns a call of one of these interfaces for the player with a token.
func (pl player) about(path, token string) rookery.Call {
	return rookery.NewCall(pl.app, path, fmt.Sprintf(`{"openid":"%s","token":"%s","vip":135}`, pl.openid, token))
}

func (pl player) friendList() rookery.Call { return pl.about(friendListPath, pl.token) }

// relation lets an app have friend lists.
var relation = rookery.Settings{"grant": []string{"relation"}}

// newFriends returns two players of a game that may have friend lists.
func newFriends(t *testing.T, p *rookery.Platform) (ann, ben player) {
	t.Helper()
	ann = newPlayer(t, p)
	ben = logIn(t, p, ann.app, p.NewAccount(t))
	p.SetApp(t, ann.app, relation)
	p.Befriend(t, ann.uin, ben.uin)
	return ann, ben
}

func illegalChannel(t *testing.T, p *rookery.Platform) situation {
	ann, _ := newFriends(t, p)
	call := ann.friendList()
	return situation{on: p, call: call.WithBody(call.Body[:len(call.Body)-1] + `,"sub_channelid":1}`), cure: ann.friendList}
}

func friendTokenLapsed(t *testing.T, p *rookery.Platform) situation {
	ann, _ := newFriends(t, p)
	lapsed := ann
	lapsed.token = ann.lapsed(t, "msdk")
	return situation{on: p, call: lapsed.friendList(), cure: ann.friendList}
}

func relationNotGranted(t *testing.T, p *rookery.Platform) situation {
	ann := newPlayer(t, p)
	return situation{on: p, call: ann.friendList(), cure: func() rookery.Call {
		p.SetApp(t, ann.app, relation)
		return ann.friendList()
	}}
}

// friendsUnreadable: the store cannot be read. While the cache has the list, it is answered as lost.
func friendsUnreadable(t *testing.T, p *rookery.Platform) {
	ann, ben := newFriends(t, p)
	storeOff := p.AddFault(t, rookery.Fault{Point: "store.read:friendships", AppID: ann.app.AppID})
	expect(t, p, ann.friendList(), 251004, "oidb decode0xf00 failed, ret: 251004")
	storeOff()
	wantFriends(t, p, ann, 0, ben)

	storeOff = p.AddFault(t, rookery.Fault{Point: "store.read:friendships", AppID: ann.app.AppID})
	wantFriends(t, p, ann, 1, ben)
	cacheOff := p.AddFault(t, rookery.Fault{Point: "cache.read:friends", AppID: ann.app.AppID})
	expect(t, p, ann.friendList(), 251004, "")
	storeOff()
	wantFriends(t, p, ann, 0, ben)
	cacheOff()
}

// friendsUnwritable: the cache accepts no updates, so its contents are not trusted when the store cannot be read.
func friendsUnwritable(t *testing.T, p *rookery.Platform) {
	ann, ben := newFriends(t, p)
	wantFriends(t, p, ann, 0, ben)
	cacheOff := p.AddFault(t, rookery.Fault{Point: "cache.write:friends", AppID: ann.app.AppID})
	wantFriends(t, p, ann, 1, ben)
	storeOff := p.AddFault(t, rookery.Fault{Point: "store.read:friendships", AppID: ann.app.AppID})
	expect(t, p, ann.friendList(), 251005, "oidb decode0xf00 failed, ret: 251005")
	cacheOff()
	wantFriends(t, p, ann, 1, ben)
	storeOff()
	wantFriends(t, p, ann, 0, ben)
}

// wantFriends expects exactly these friends on a player's list.
func wantFriends(t *testing.T, p *rookery.Platform, of player, lost float64, friends ...player) {
	t.Helper()
	answer := expect(t, p, of.friendList(), 0, "success")
	var got, want []string
	list, _ := answer.Fields["lists"].([]any)
	for _, element := range list {
		friend, _ := element.(map[string]any)
		got = append(got, fmt.Sprint(friend["openid"]))
	}
	for _, friend := range friends {
		want = append(want, friend.openid)
	}
	if diff := cmp.Diff(want, got); diff != "" || answer.Fields["is_lost"] != lost {
		t.Fatalf("is_lost is %v, want %v; friends: (-want +got)\n%s", answer.Fields["is_lost"], lost, diff)
	}
}

// profileRefused: 0x5e1 has one number for all that is wrong with a token, and the doors pass its text on.
func profileRefused(t *testing.T, p *rookery.Platform) {
	profile := func(c *busCase) { c.call.Command = 0x5e1 }
	onBus(116, func(c *busCase) {
		profile(c)
		c.expect(0)
		c.call.Body = rookery.Message(nil).Decimal(1, c.app).Bytes(2, raw(c.openid)).Bytes(4, c.issue("access", "0s"))
	})(t, p)
	onBus(116, func(c *busCase) {
		profile(c)
		c.call.Body = rookery.Message(nil).Decimal(1, c.app).Bytes(2, raw(nobody)).Bytes(4, c.access)
	})(t, p)

	pl := newPlayer(t, p)
	ask := func(token string) rookery.Call { return pl.about(queryVIPPath, token) }
	const text = "oidb decode0x5e1 failed, ret: 116"
	expect(t, p, ask(pl.lapsed(t, "msdk")), 116, text)
	expect(t, p, ask(pl.token), 0, "success")

	v3 := newV3Player(t, p)
	askV3 := func(token string) rookery.V3Call { return v3.with("/profile/query_vip", token, `"vip":1`) }
	expectV3(t, p, askV3(v3.lapsed(t, "access")), -103, "oidb decode0x5e1 failed, ret:116", 2)
	expectV3(t, p, askV3(v3.again(t).token), 0, "success", 0)
}

// with returns a call of an interface about the player, with a token and further members.
func (pl v3Player) with(path, token, members string) rookery.V3Call {
	return rookery.NewV3Call(pl.app, path, fmt.Sprintf(`{"appid":"%s","openid":"%s","accessToken":"%s",%s}`, pl.app.AppID, pl.openid, token, members))
}

// TestFriendsOverMSDKv3 shows the friends' numbers in the form of the V3 door.
func TestFriendsOverMSDKv3(t *testing.T) {
	p := rookery.Start(t)
	list := func(pl v3Player, members string) rookery.V3Call {
		return pl.with("/relation/qqfriends_detail", pl.token, members)
	}
	granted := func(t *testing.T, p *rookery.Platform) v3Player {
		pl := newV3Player(t, p)
		p.SetApp(t, pl.app, relation)
		return pl
	}
	for _, s := range []shown{
		{"qq/251001", v3Answers(-10000, "251001,", 5, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := granted(t, p)
			return v3Situation{on: p, call: list(pl, `"flag":3`), cure: func() rookery.V3Call { return list(pl, `"flag":2`) }}
		})},
		{"qq/251002", v3Answers(-10000, "251002,"+v3Access(65), 2, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := granted(t, p)
			lapsed := pl
			lapsed.token = pl.lapsed(t, "access")
			return v3Situation{on: p, call: list(lapsed, `"flag":1`), cure: func() rookery.V3Call { return list(pl.again(t), `"flag":1`) }}
		})},
		{"qq/251003", v3Answers(-10000, "251003,", 5, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := newV3Player(t, p)
			return v3Situation{on: p, call: list(pl, `"flag":1`), cure: func() rookery.V3Call {
				p.SetApp(t, pl.app, relation)
				return list(pl, `"flag":1`)
			}}
		})},
		{"qq/251004", v3Answers(-10000, "251004,", 1, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := granted(t, p)
			off := p.AddFault(t, rookery.Fault{Point: "store.read:friendships", AppID: pl.app.AppID})
			return v3Situation{on: p, call: list(pl, `"flag":1`), cure: func() rookery.V3Call {
				off()
				return list(pl, `"flag":1`)
			}}
		})},
		{"qq/251005", v3Answers(-10000, "251005,", 1, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := granted(t, p)
			expectV3(t, p, list(pl, `"flag":1`), 0, "success", 0) // the cached list is not trusted
			off := p.AddFault(t, rookery.Fault{Point: "store.read:friendships", AppID: pl.app.AppID})
			writable := p.AddFault(t, rookery.Fault{Point: "cache.write:friends", AppID: pl.app.AppID})
			return v3Situation{on: p, call: list(pl, `"flag":1`), cure: func() rookery.V3Call {
				off()
				writable()
				return list(pl, `"flag":1`)
			}}
		})},
	} {
		t.Run(s.code, func(t *testing.T) {
			t.Parallel()
			s.run(t, p)
		})
	}
}

// TestFriendsOverOpenAPI shows the friends' numbers at OpenAPI, whose openkey has its own numbers instead of 251002.
func TestFriendsOverOpenAPI(t *testing.T) {
	p := rookery.Start(t)
	const unreadable, unwritable = "store.read:friendships", "cache.write:friends"
	for _, test := range []struct {
		name, path string
		kept       bool     // the list was read before
		faults     []string // points
		param      string   // the flag parameter
		withdrawn  bool     // the permission relation
		ret        int
		lost       any
	}{
		{"an unknown flag", appFriends, false, nil, "9", false, 251001, nil},
		{"a flag of another interface", appFriends, false, nil, "3", false, 251001, nil},
		{"an unknown flag without the permission", appFriends, false, nil, "9", true, 251003, nil},
		{"without the permission", appFriends, false, nil, "1", true, 251003, nil},
		{"without the permission, a list kept", appFriends, true, []string{unreadable}, "1", true, 251003, nil},
		{"unreadable", appFriends, false, []string{unreadable}, "1", false, 251004, nil},
		{"unreadable, a list kept", appFriends, true, []string{unreadable}, "1", false, 0, 1.0},
		{"unwritable", appFriends, false, []string{unwritable}, "1", false, 0, 1.0},
		{"unreadable and unwritable", appFriends, true, []string{unreadable, unwritable}, "1", false, 251005, nil},
		{"memberships, unreadable", "/v3/user/friends_vip_info", false, []string{unreadable}, "1", false, 251004, nil},
		{"memberships, unreadable and unwritable", "/v3/user/friends_vip_info", true, []string{unreadable, unwritable}, "1", false, 251005, nil},
		{"memberships without the permission", "/v3/user/friends_vip_info", false, nil, "1", true, 251003, nil},
		{"is_friend, unreadable", "/v3/relation/is_friend", false, nil, "1", false, 251004, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ann := newMember(t, p)
			ben := join(t, p, ann.app, p.NewAccount(t))
			p.Befriend(t, ann.uin, ben.uin)
			p.SetApp(t, ann.app, relation)
			call := ann.call(test.path).With("fopenids", ben.openid).With("fopenid", ben.openid).With("flag", test.param)
			if test.kept {
				wantOpenAPI(t, p, call, 0, "")
			}
			if test.withdrawn {
				p.SetApp(t, ann.app, rookery.Settings{"apis": []string{"get_app_friends", "friends_vip_info"}})
			}
			var offs []func()
			for _, point := range test.faults {
				offs = append(offs, p.AddFault(t, rookery.Fault{Point: point, AppID: ann.app.AppID}))
			}
			if test.path == "/v3/relation/is_friend" { // it asks about two accounts, not about an app
				offs = append(offs, p.AddFault(t, rookery.Fault{Point: unreadable, Interface: test.path}))
			}
			answer := wantOpenAPI(t, p, call, test.ret, "")
			if lost := answer.Fields["is_lost"]; lost != test.lost {
				t.Errorf("is_lost is %v, want %v", lost, test.lost)
			}
			for _, off := range offs {
				off()
			}
			p.SetApp(t, ann.app, relation)
			wantOpenAPI(t, p, call.With("flag", "1"), 0, "")
		})
	}
}

// TestFriendsAndProfiles checks whole answers, in both families.
func TestFriendsAndProfiles(t *testing.T) {
	p := rookery.Start(t)
	ann, ben := newFriends(t, p)
	stranger := logIn(t, p, ann.app, p.NewAccount(t))
	absent := p.NewAccount(t) // a friend who does not play
	p.Befriend(t, ann.uin, absent)
	until := time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)
	p.Admin(t, "PATCH", "/admin/v1/accounts/"+ann.uin, rookery.Settings{
		"nickname": "Ann", "gender": 2, "picture_url": "http://pic.example/ann/", "country": "CN", "province": "GD", "city": "SZ", "language": "zh",
		"qq_level": 21, "vip": rookery.Settings{
			"member": rookery.Settings{"level": 4, "year": true, "start_ms": 1_700_000_000_000, "end_ms": until.UnixMilli()},
			"yellow": rookery.Settings{"level": 3}, "super": rookery.Settings{"level": 1}, "wifi": rookery.Settings{"level": 1},
		},
	}, nil)
	p.Admin(t, "PATCH", "/admin/v1/accounts/"+ben.uin, rookery.Settings{"nickname": "Ben", "picture_url": "http://pic.example/ben.png", "province": "ZJ"}, nil)
	p.Admin(t, "PATCH", "/admin/v1/accounts/"+absent, rookery.Settings{"nickname": "Zoe"}, nil)
	p.Admin(t, "PATCH", "/admin/v1/accounts/"+ann.uin+"/friends/"+ben.uin, rookery.Settings{"remark": "Benny"}, nil)

	v5 := func(path string) map[string]any {
		t.Helper()
		answer := expect(t, p, ann.about(path, ann.token), 0, "success")
		for _, common := range []string{"ret", "msg", "seq"} {
			delete(answer.Fields, common)
		}
		return answer.Fields
	}
	type object = map[string]any
	want := func(what string, got, want object) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", what, diff)
		}
	}
	want("userinfo", v5(userinfoPath), object{
		"user_name": "Ann", "gender": 2.0, "picture_url": "http://pic.example/ann/100",
		"channel_info": `{"yellow_vip":1,"yellow_vip_level":3,"yellow_year_vip":0,"is_lost":0}`,
	})
	want("friend_list", v5(friendListPath), object{"is_lost": 0.0, "lists": []any{object{
		"openid": ben.openid, "user_name": "Ben", "nick_name": "Benny", "gender": 0.0, "picture_url": "http://pic.example/ben.png",
		"country": "", "provice": "ZJ", "province": "ZJ", "city": "", "language": "",
	}}})
	element := func(flag, is, year, level float64) object {
		return object{"flag": flag, "isvip": is, "year": year, "level": level, "luxury": 0.0}
	}
	vips := object{"lists": []any{element(1, 1, 1, 4), element(2, 1, 0, 21), element(4, 0, 0, 0), element(128, 1, 0, 3)}}
	want("query_qq_vip", v5(queryVIPPath), vips)
	end := fmt.Sprint(until.Unix())
	rich := object{
		"is_lost": "0", "is_qq_vip": "1", "qq_vip_start": "1700000000", "qq_vip_end": end,
		"is_qq_year_vip": "1", "qq_year_vip_start": "1700000000", "qq_year_vip_end": end,
		"is_svip": "1", "qq_svip_start": "0", "qq_svip_end": "2147483647",
	}
	want("query_qq_vip_richinfo", v5(vipRichInfoPath), rich)

	openid := func(uin string) v3Player { return v3LogIn(t, p, ann.app, uin) }
	annV3, benV3, strangerV3 := openid(ann.uin), openid(ben.uin), openid(stranger.uin)
	v3 := func(path, members string, query ...string) map[string]any {
		t.Helper()
		call := annV3.with(path, annV3.token, members)
		for i := 0; i < len(query); i += 2 {
			call = call.With(query[i], query[i+1])
		}
		expectV3(t, p, call, 0, "success", 0)
		answer := p.CallV3(t, call)
		fields := answer.Fields(t)
		for _, common := range []string{"ret", "msg", "err_type"} {
			delete(fields, common)
		}
		return fields
	}
	want("qqprofile", v3("/relation/qqprofile", `"x":0`), object{
		"nickName": "Ann", "gender": "女", "picture40": "http://pic.example/ann/40", "picture100": "http://pic.example/ann/100",
		"yellow_vip": 1.0, "yellow_vip_level": 3.0, "yellow_year_vip": 0.0, "language": "zh", "country": "CN", "is_lost": "0",
	})
	benElement := object{"openid": benV3.openid, "nickName": "Benny", "gender": "男", "figureurl_qq": "http://pic.example/ben.png#"}
	want("qqfriends_detail", v3("/relation/qqfriends_detail", `"flag":1`), object{"is_lost": "0", "lists": []any{benElement}})
	want("qqfriends_detail with the caller, by HTTPS, without gender", v3("/relation/qqfriends_detail", `"flag":2,"nogender":1`, "ishttps", "1"),
		object{"is_lost": "0", "lists": []any{
			object{"openid": annV3.openid, "nickName": "Ann", "gender": "", "figureurl_qq": "https://pic.example/ann/"},
			object{"openid": benV3.openid, "nickName": "Benny", "gender": "", "figureurl_qq": "https://pic.example/ben.png#"},
		}})
	accountsBack := p.AddFault(t, rookery.Fault{Point: "store.read:accounts"})
	want("qqfriends_detail with a caller whose profile cannot be read", v3("/relation/qqfriends_detail", `"flag":2`),
		object{"is_lost": "1", "lists": []any{benElement}})
	accountsBack()
	p.SetApp(t, ann.app, rookery.Settings{"grant": []string{"qqstrange_profile"}})
	want("qqstrange_profile", v3("/relation/qqstrange_profile", fmt.Sprintf(`"vcopenid":["%s","%s"]`, nobody, annV3.openid)),
		object{"is_lost": "0", "lists": []any{object{
			"openid": annV3.openid, "gender": "2", "nickName": "Ann", "qzonepicture50": "http://pic.example/ann/50",
			"qqpicture40": "http://pic.example/ann/40", "qqpicture100": "http://pic.example/ann/100", "qqpicture": "http://pic.example/ann",
		}}})
	others := v3("/relation/qq_unreg_friends", `"count":20`)
	if list, _ := others["friends"].([]any); len(list) != 1 || list[0].(object)["nickName"] != "Zoe" || list[0].(object)["openid"] != openid(absent).openid {
		t.Errorf("qq_unreg_friends: %v", others)
	}
	want("qqfriends_vip", v3("/relation/qqfriends_vip", fmt.Sprintf(`"fopenids":["%s","%s"],"flags":"qq_vip,qq_svip"`, annV3.openid, strangerV3.openid)),
		object{"is_lost": "0", "lists": []any{
			object{"openid": annV3.openid, "is_qq_vip": 1.0, "qq_vip_level": 4.0, "is_qq_year_vip": 1.0, "is_qq_svip": 1.0},
			object{"openid": strangerV3.openid, "is_qq_vip": 0.0, "is_qq_year_vip": 0.0, "is_qq_svip": 0.0},
		}})
	for _, none := range []string{"", " ,"} {
		want("qqfriends_vip without flags", v3("/relation/qqfriends_vip", fmt.Sprintf(`"fopenids":["%s"],"flags":"%s"`, strangerV3.openid, none)),
			object{"is_lost": "0", "lists": []any{object{"openid": strangerV3.openid, "is_qq_vip": 0.0, "is_qq_year_vip": 0.0, "is_qq_svip": 0.0}}})
	}
	want("get_vip_rich_info", v3("/relation/get_vip_rich_info", `"x":0`), rich)
	want("query_vip", v3("/profile/query_vip", `"vip":135`), vips)
	want("get_wifi", v3("/profile/get_wifi", `"x":0`), object{"wifiVip": 1.0})
	want("qqget_first_reg", v3("/profile/qqget_first_reg", `"x":0`), object{"need_pop": "0"})

	wifi := func(of v3Player) rookery.V3Call { return of.with("/profile/get_wifi", of.token, `"x":0`) }
	expectV3(t, p, wifi(strangerV3), 0, "success", 0)
	p.Revoke(t, ann.app, stranger.uin, "user")
	expectV3(t, p, wifi(strangerV3), -10000, "-22,", 5)
	closed := openid(p.NewAccount(t))
	expectV3(t, p, wifi(closed), 0, "success", 0)
	p.SetState(t, closed.uin, "closed")
	expectV3(t, p, wifi(closed), -10000, "-22,", 5)

	// A protected account is not asked to log in here, so its protection changes nothing; a frozen one is refused.
	for state, want := range map[string]int{"staff-protected": 0, "specially-protected": 0, "frozen": -103} {
		in := openid(p.NewAccount(t))
		p.SetState(t, in.uin, state)
		if answer := p.CallV3(t, wifi(in)); answer.Ret != want {
			t.Errorf("get_wifi of an account that is %s: got %s, want %d", state, answer.Body, want)
		}
	}

	for _, friend := range []string{ben.uin, absent} {
		p.Admin(t, "DELETE", "/admin/v1/accounts/"+friend+"/friends/"+ann.uin, nil, nil)
	}
	want("without friends", v3("/relation/qqfriends_detail", `"flag":1`), object{"is_lost": "0", "lists": []any{}})
}
