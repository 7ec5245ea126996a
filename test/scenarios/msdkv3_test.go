package scenarios

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// msdkv3Scenarios are MSDK V3's own numbers, which are not part of the contract, and those of the contract that the V5 door
// cannot show, since it knows no openkeys.
var msdkv3Scenarios = []scenario{
	{"msdkv3/-101", "the method is PUT", v3Answers(-101, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		c.Method = http.MethodPut
		return c
	}))},
	{"msdkv3/-103", "the pay token's lifetime is over", v3Answers(-103, v3Pay(17), 2, v3Paying((v3Player).lapsed))},
	{"msdkv3/-109", "the guest's grant cannot be read", v3Answers(-109, "", 1, guestUnreadable)},
	{"msdkv3/-110", "the guest is another device's", v3Answers(-110, "", 2, guestOfAnotherDevice)},
	{"msdkv3/-303", "the app has other APIs, but not this one", v3Answers(-303, "", 5, v3OnPlayer(
		rookery.Settings{"apis": []string{"login", "decrypt", "get_pfval"}},
		rookery.Settings{"apis": []string{"login", "verify_login"}}))},
	{"msdkv3/-304", "the body is an array", v3Answers(-304, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		c.Body = "[" + c.Body + "]"
		return c
	}))},
	{"msdkv3/-307", "the grant of a test number cannot be read", v3Answers(-307, "", 5, v3TestNumbersUnreadable)},
	{"msdkv3/-311", "the platform lacks the interface", v3Answers(-311, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		c.Path = "/auth/qqa8_login/"
		return c
	}))},
	{"msdkv3/-501", "the body is empty", v3Answers(-501, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		c.Body = ""
		return c
	}))},
	{"msdkv3/-502", "the signature is made by another rule", v3Answers(-502, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		return c.With("encode", "1")
	}))},
	{"msdkv3/-503", "the player's rate is used up", v3Answers(-503, "", 1, v3UserRateUsedUp)},
	{"msdkv3/-504", "no app has the appid", v3Answers(-504, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		return c.With("appid", "999999")
	}))},
	{"msdkv3/-505", "the path is one letter too long", v3Answers(-505, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		c.Path = "/auth/verify_logins"
		return c
	}))},
	{"msdkv3/-506", "the parameter timestamp is missing", v3Answers(-506, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		return c.Without("timestamp")
	}))},
	{"msdkv3/-901", "a guest's appid is sent to an interface that is not for guests", v3Answers(-901, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		return c.With("appid", "G_"+c.Query["appid"])
	}))},
	{"msdkv3/-1011", "the openkey is a number", v3Answers(-1011, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		return c.Replace(t, `"openkey":"`, `"openkey":5,"was":"`)
	}))},
	{"msdkv3/-10002", "the openid is not hexadecimal", v3Answers(-10002, "", 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
		return c.Replace(t, `"openid":"`, `"openid":"qq_`)
	}))},

	{"qq/-23", "the openkey's session is lost", v3Answers(-10000, "-23,"+v3Access(33), 2, sessionLost)},
	{"qq/-24", "the openkey's lifetime is over", v3Answers(-10000, "-24,"+v3Access(35), 2, openkeyLapsed)},
	{"qq/-71", "the openkey is another account's", v3Answers(-10000, "-71,"+v3Access(34), 2, openkeyOfAnother)},
}

// TestMSDKv3 shows numbers that other scenarios cover at other doors, in the form of the V3 door.
func TestMSDKv3(t *testing.T) {
	p := rookery.Start(t)
	for _, s := range []shown{
		{"qq/-4", v3Answers(-10000, "-4,", 5, v3OnPlayer(
			rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}},
			rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24", "127.0.0.1/32"}}))},
		{"qq/-6", v3Answers(-10000, "-6,", 1, v3OnPlayer(
			rookery.Settings{"rates": map[string]any{"verify_login": map[string]string{"app": "1/1h"}}},
			rookery.Settings{"rates": map[string]any{"verify_login": nil}}))},
		{"qq/-7", v3Answers(-10000, "-7,", 5, v3OnPlayer(
			rookery.Settings{"require_tls": true}, rookery.Settings{"require_tls": false}))},
		{"qq/-8", v3Answers(-10000, "-8,", 5, v3OnPlayer(
			rookery.Settings{"restricted": []string{"verify_login"}}, rookery.Settings{"restricted": []string{"get_pfval"}}))},
		{"qq/-10", v3Answers(-10000, "-10,", 5, v3NotAllowedToPay)},
		{"qq/-12", v3Answers(-10000, "-12,", 5, v3NotATestNumber)},
		{"qq/100011", v3Answers(-10000, "100011,", 5, v3OnPlayer(
			rookery.Settings{"online": false}, rookery.Settings{"online": true}))},

		{"accesstoken/20", v3Answers(-10000, "100016,"+v3Access(20), 1, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := newV3Player(t, p)
			off := p.AddFault(t, rookery.Fault{Point: "store.read:grants", AppID: pl.app.AppID})
			return v3Situation{on: p, call: pl.verify(), cure: func() rookery.V3Call {
				off()
				return pl.verify()
			}}
		})},
		{"accesstoken/32", v3Answers(-10000, "-22,"+v3Access(32), 5, v3Wrong(func(t *testing.T, c rookery.V3Call) rookery.V3Call {
			return c.Replace(t, `"openid":"`, `"openid":"00`)
		}))},
		{"accesstoken/33", v3Answers(-10000, "-23,"+v3Access(33), 2, sessionLost)},
		{"accesstoken/34", v3Answers(-10000, "-71,"+v3Access(34), 2, openkeyOfAnother)},
		{"accesstoken/35", v3Answers(-10000, "-24,"+v3Access(35), 2, openkeyLapsed)},
		{"accesstoken/36", v3Answers(-10000, "-24,"+v3Access(36), 1, openkeysUnreadable)},
		{"accesstoken/37", v3Answers(-10000, "-24,"+v3Access(37), 1, openkeyNotRenewable)},
		{"accesstoken/38", v3Answers(-10000, "100013,"+v3Access(38), 2, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := newV3Player(t, p)
			return v3Situation{on: p, call: pl.login(tampered(pl.token)), cure: pl.verify}
		})},
		{"accesstoken/39", v3Answers(-10000, "100016,"+v3Access(39), 2, v3Ended(func(t *testing.T, pl v3Player) { pl.on.Reclaim(t, pl.app, pl.uin) }))},
		{"accesstoken/64", v3Answers(-10000, "100015,"+v3Access(64), 2, v3Ended(func(t *testing.T, pl v3Player) { pl.on.Revoke(t, pl.app, pl.uin, "operator") }))},
		{"accesstoken/65", v3Answers(-10000, "100014,"+v3Access(65), 2, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := newV3Player(t, p)
			return v3Situation{on: p, call: pl.login(pl.lapsed(t, "access")), cure: func() rookery.V3Call { return pl.again(t).verify() }}
		})},
		{"accesstoken/66", v3Answers(-10000, "-21,"+v3Access(66), 2, v3Ended(func(t *testing.T, pl v3Player) { pl.issue(t, "access") }))},
		{"accesstoken/67", v3Answers(-10000, "100015,"+v3Access(67), 2, v3Ended(func(t *testing.T, pl v3Player) { pl.on.Revoke(t, pl.app, pl.uin, "user") }))},
		{"accesstoken/68", v3Answers(-10000, "100016,"+v3Access(68), 2, func(t *testing.T, p *rookery.Platform) v3Situation {
			here := newV3Player(t, p)
			there := v3LogIn(t, p, p.NewApp(t), here.uin)
			return v3Situation{on: p, call: there.login(here.token), cure: there.verify}
		})},
		{"accesstoken/69", v3Answers(-10000, "100016,"+v3Access(69), 2, func(t *testing.T, p *rookery.Platform) v3Situation {
			one := newV3Player(t, p)
			other := v3LogIn(t, p, one.app, p.NewAccount(t))
			return v3Situation{on: p, call: other.login(one.token), cure: other.verify}
		})},
		{"accesstoken/71", v3Answers(-10000, "-73,"+v3Access(71), 2, v3Ended(func(t *testing.T, pl v3Player) { pl.on.SetPassword(t, pl.uin) }))},
		{"accesstoken/74", v3Answers(-10000, "100013,"+v3Access(74), 2, func(t *testing.T, p *rookery.Platform) v3Situation {
			pl := newV3Player(t, p)
			return v3Situation{on: p, call: pl.login("AT0001"), cure: pl.verify}
		})},

		{"paytoken/16", v3Answers(-103, v3Pay(16), 2, v3PayEnded(func(t *testing.T, pl v3Player) { pl.on.Revoke(t, pl.app, pl.uin, "user") }))},
		{"paytoken/18", v3Answers(-103, v3Pay(18), 2, v3PayEnded(func(t *testing.T, pl v3Player) { pl.issue(t, "pay") }))},
		{"paytoken/20", v3Answers(-103, v3Pay(20), 5, func(t *testing.T, p *rookery.Platform) v3Situation {
			call := newV3Player(t, p).paying(t)
			return v3Situation{on: p, call: call.Replace(t, `"openid":"`, `"openid":"00`), cure: func() rookery.V3Call { return call }}
		})},
		{"paytoken/22", v3Answers(-103, v3Pay(22), 2, v3PayEnded(func(t *testing.T, pl v3Player) { pl.on.Reclaim(t, pl.app, pl.uin) }))},
		{"paytoken/94", v3Answers(-103, v3Pay(94), 2, v3Paying(func(pl v3Player, _ *testing.T, _ string) string { return pl.token }))},
		{"paytoken/101", v3Answers(-103, v3Pay(101), 2, v3PayEnded(func(t *testing.T, pl v3Player) { pl.on.SetPassword(t, pl.uin) }))},
	} {
		t.Run(s.code, func(t *testing.T) {
			t.Parallel()
			s.run(t, p)
		})
	}
}

// TestMSDKv3Answers checks the whole answers to valid calls.
func TestMSDKv3Answers(t *testing.T) {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	expectV3(t, p, pl.verify(), 0, "user is logged in", 0)
	expectV3(t, p, pl.login(pl.issue(t, "openkey").Token), 0, "user is logged in", 0)
	appkey := pl.verify().With("encode", "1")
	appkey.Key, appkey.Path = pl.app.AppKey, "/auth/verify_login/"
	expectV3(t, p, appkey, 0, "user is logged in", 0)

	answer := expectV3(t, p, pl.paying(t), 0, "success", 0)
	if want := "desktop_m_qq-2001-android-2011-qq-" + pl.app.AppID + "-" + pl.openid; answer.PF != want || len(answer.PFKey) != 32 {
		t.Errorf("pf is %q with key %q, want %q", answer.PF, answer.PFKey, want)
	}
	expectV3(t, p, pl.guest(t), 0, "ok", 0)
}

// TestMSDKv3Paths: empty segments of a path do not count, and the interfaces that this platform lacks say so.
func TestMSDKv3Paths(t *testing.T) {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	at := func(path string) rookery.V3Call {
		call := pl.verify()
		call.Path = path
		return call
	}
	for _, path := range []string{
		"//auth/verify_login/", "/auth//verify_login", "///auth///verify_login///", "/auth/verify_login//", "//auth/verify_login",
	} {
		expectV3(t, p, at(path), 0, "user is logged in", 0)
	}
	profile := pl.with("//relation/qqprofile/", pl.token, `"x":0`)
	if answer := expectV3(t, p, profile, 0, "success", 0); answer.Fields(t)["nickName"] == nil {
		t.Errorf("got %s", answer.Body)
	}
	for _, path := range []string{"//auth/./verify_login", "/auth/../auth/verify_login", "//auth//nothing", "//share/", "/wxoauth/nothing"} {
		expectV3(t, p, at(path), -505, "", 5)
	}

	for _, path := range []string{
		"/auth/getlogin_info", "/auth/qqa8_login", "/auth/share/qq", "/share/qzone",
		"/wxoauth/verify_login", "/wxoauth/guest_check_token", "/wxoauth/get_pfval",
		"/relation/qqfriends", "/relation/qq_gain_chest", "/relation/qq_gain_chestV2", "/relation/get_gift", "/relation/get_wifi", "/relation/qqscore_batch",
		"/profile/load_vip", "/profile/get_gift", "/profile/get_xinyue_super",
	} {
		for _, spelled := range []string{path, path + "/", "/" + path, strings.ReplaceAll(path, "/", "//") + "//"} {
			expectV3(t, p, at(spelled), -311, path+" is a known interface, but this platform does not serve it", 5)
		}
		bad := at(path)
		bad.Key += "x"
		expectV3(t, p, bad, -502, "", 5)
	}
}

// TestMSDKv3OpenIDLength: an openid of any wrong length says so, whatever refuses it.
func TestMSDKv3OpenIDLength(t *testing.T) {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	for _, test := range []struct {
		call   rookery.V3Call
		digits int
		ret    int
		msg    string
	}{
		{pl.verify(), 30, -10000, "-22," + v3Access(32) + " (the openid has 30 hex digits, not 32)"},
		{pl.verify(), 31, -10002, "the openid has 31 hex digits, not 32"},
		{pl.verify(), 33, -10002, "the openid has 33 hex digits, not 32"},
		{pl.verify(), 34, -10000, "-22," + v3Access(32) + " (the openid has 34 hex digits, not 32)"},
		{pl.verify(), 66, -10002, `body member "openid" has more than 64 characters`},
		{pl.paying(t), 30, -103, v3Pay(20) + " (the openid has 30 hex digits, not 32)"},
		{pl.paying(t), 1, -10002, "the openid has 1 hex digits, not 32"},
		{pl.with("/relation/qqprofile", pl.token, `"x":0`), 30, -10000, "-22," + v3Access(32) + " (the openid has 30 hex digits, not 32)"},
		{pl.with("/profile/query_vip", pl.token, `"vip":1`), 28, -103, "oidb decode0x5e1 failed, ret:116 (the openid has 28 hex digits, not 32)"},
		{pl.with("/profile/get_wifi", pl.token, `"x":0`), 30, -10000, "-22,oidb decode0x71f failed, ret:32 (the openid has 30 hex digits, not 32)"},
	} {
		call := test.call.Replace(t, pl.openid, strings.Repeat("A", test.digits))
		if answer := p.CallV3(t, call); answer.Ret != test.ret || answer.Msg != test.msg {
			t.Errorf("%s with %d digits: got %s, want %d, %q", call.Path, test.digits, answer.Body, test.ret, test.msg)
		}
	}
}

// v3Access and v3Pay are the texts of the two token checks as V3's documents print them: without a blank (msdk-v3.md, 5.13
// and 8.7).
func v3Access(result int) string { return fmt.Sprintf("oidb decode0x711 failed, ret:%d", result) }
func v3Pay(result int) string    { return fmt.Sprintf("oidb decode0x73a failed, ret:%d", result) }

// v3Situation is a situation at the V3 door.
type v3Situation struct {
	on   *rookery.Platform
	call rookery.V3Call
	cure func() rookery.V3Call
}

// v3Answers runs a situation whose call is answered with ret, err_type, and a msg with that beginning.
func v3Answers(ret int, msg string, errType int, bring func(*testing.T, *rookery.Platform) v3Situation) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		s := bring(t, p)
		expectV3(t, s.on, s.call, ret, msg, errType)
		expectV3(t, s.on, s.cure(), 0, "", 0)
	}
}

// expectV3 sends a call without a serial number and with one, and checks what all answers have in common.
func expectV3(t *testing.T, p *rookery.Platform, call rookery.V3Call, ret int, msg string, errType int) (answer rookery.V3Answer) {
	t.Helper()
	for _, serial := range []string{"", "req_000017"} {
		if serial != "" {
			call = call.With("msdkExtInfo", serial)
		}
		answer = p.CallV3(t, call)
		if answer.Status != http.StatusOK || answer.Ret != ret || !strings.HasPrefix(answer.Msg, msg) || answer.ErrType != errType {
			t.Fatalf("%s: got status %d and %s, want ret %d, err_type %d, msg %q", call.Path, answer.Status, answer.Body, ret, errType, msg)
		}
		if answer.Msg == "" {
			t.Errorf("%s: msg is empty", call.Path)
		}
		if echo := answer.MSDKExtInfo; serial == "" && echo != nil || serial != "" && (echo == nil || *echo != serial) {
			t.Errorf("%s: sent serial %q, got %s", call.Path, serial, answer.Body)
		}
		if !requestIDForm.MatchString(answer.Header.Get("X-Request-Id")) {
			t.Errorf("%s: X-Request-Id is %q", call.Path, answer.Header.Get("X-Request-Id"))
		}
	}
	return answer
}

// v3Player is a fresh account that logged in to a fresh game with an access token.
type v3Player struct {
	player
	openid string // of 32 digits
	token  string // access token
}

func newV3Player(t *testing.T, p *rookery.Platform) v3Player {
	t.Helper()
	return v3LogIn(t, p, p.NewApp(t), p.NewAccount(t))
}

func v3LogIn(t *testing.T, p *rookery.Platform, app rookery.App, uin string) v3Player {
	t.Helper()
	token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "access"})
	return v3Player{player: player{on: p, app: app, uin: uin}, openid: token.OpenID, token: token.Token}
}

func (pl v3Player) again(t *testing.T) v3Player {
	t.Helper()
	return v3LogIn(t, pl.on, pl.app, pl.uin)
}

// login returns the check of a token as the player's login.
func (pl v3Player) login(token string) rookery.V3Call {
	return rookery.NewV3Call(pl.app, "/auth/verify_login", fmt.Sprintf(
		`{"appid":%s,"openid":"%s","openkey":"%s","userip":"203.0.113.9"}`, pl.app.AppID, pl.openid, token))
}

func (pl v3Player) verify() rookery.V3Call { return pl.login(pl.token) }

// paying returns the call that begins a payment with a new pay token.
func (pl v3Player) paying(t *testing.T) rookery.V3Call {
	t.Helper()
	return pl.payingWith(pl.issue(t, "pay").Token)
}

func (pl v3Player) payingWith(token string) rookery.V3Call {
	return rookery.NewV3Call(pl.app, "/auth/get_pfval", fmt.Sprintf(
		`{"appid":"%s","openid":"%s","accessToken":"%s","platform":"desktop_m_qq","regChannel":"2001","os":"android","installchannel":"2011","offerid":"1450009999"}`,
		pl.app.AppID, pl.openid, token))
}

// guest returns the check of a guest login on the player's device.
func (pl v3Player) guest(t *testing.T) rookery.V3Call {
	t.Helper()
	token := pl.issue(t, "guest")
	call := rookery.NewV3Call(pl.app, "/auth/guest_check_token", fmt.Sprintf(`{"guestid":"%s","accessToken":"%s"}`, token.GuestID, token.Token))
	return call.With("appid", "G_"+pl.app.AppID).With("openid", token.GuestID)
}

// v3Wrong is a valid login with one thing changed.
func v3Wrong(change func(*testing.T, rookery.V3Call) rookery.V3Call) func(*testing.T, *rookery.Platform) v3Situation {
	return func(t *testing.T, p *rookery.Platform) v3Situation {
		pl := newV3Player(t, p)
		return v3Situation{on: p, call: change(t, pl.verify()), cure: pl.verify}
	}
}

// v3OnPlayer is a valid login while the app has the settings cause; cure removes the cause. The login is called once
// before.
func v3OnPlayer(cause, cure rookery.Settings) func(*testing.T, *rookery.Platform) v3Situation {
	return func(t *testing.T, p *rookery.Platform) v3Situation {
		pl := newV3Player(t, p)
		p.SetApp(t, pl.app, cause)
		p.CallV3(t, pl.verify())
		return v3Situation{on: p, call: pl.verify(), cure: func() rookery.V3Call {
			p.SetApp(t, pl.app, cure)
			return pl.verify()
		}}
	}
}

// v3Ended is a valid login that then ends.
func v3Ended(end func(*testing.T, v3Player)) func(*testing.T, *rookery.Platform) v3Situation {
	return func(t *testing.T, p *rookery.Platform) v3Situation {
		pl := newV3Player(t, p)
		expectV3(t, p, pl.verify(), 0, "", 0)
		end(t, pl)
		return v3Situation{on: p, call: pl.verify(), cure: func() rookery.V3Call { return pl.again(t).verify() }}
	}
}

// v3Paying is a payment with another token in place of a valid pay token.
func v3Paying(token func(v3Player, *testing.T, string) string) func(*testing.T, *rookery.Platform) v3Situation {
	return func(t *testing.T, p *rookery.Platform) v3Situation {
		pl := newV3Player(t, p)
		return v3Situation{on: p, call: pl.payingWith(token(pl, t, "pay")), cure: func() rookery.V3Call { return pl.paying(t) }}
	}
}

// v3PayEnded is a valid pay token that then ends.
func v3PayEnded(end func(*testing.T, v3Player)) func(*testing.T, *rookery.Platform) v3Situation {
	return func(t *testing.T, p *rookery.Platform) v3Situation {
		pl := newV3Player(t, p)
		call := pl.paying(t)
		expectV3(t, p, call, 0, "", 0)
		end(t, pl)
		return v3Situation{on: p, call: call, cure: func() rookery.V3Call { return pl.again(t).paying(t) }}
	}
}

func v3UserRateUsedUp(t *testing.T, p *rookery.Platform) v3Situation {
	pl := newV3Player(t, p)
	other := v3LogIn(t, p, pl.app, p.NewAccount(t))
	p.SetApp(t, pl.app, rookery.Settings{"rates": map[string]any{"verify_login": map[string]string{"user": "2/1h"}}})
	expectV3(t, p, pl.verify(), 0, "", 0) // two calls
	if wait := p.CallV3(t, pl.verify()).Header.Get("Retry-After"); wait == "" || wait == "0" {
		t.Errorf("Retry-After is %q", wait)
	}
	return v3Situation{on: p, call: pl.verify().With("openid", pl.openid), cure: other.verify}
}

func v3NotAllowedToPay(t *testing.T, p *rookery.Platform) v3Situation {
	pl := newV3Player(t, p)
	p.SetApp(t, pl.app, rookery.Settings{"allow_sensitive": []string{"192.0.2.0/24"}})
	return v3Situation{on: p, call: pl.paying(t), cure: func() rookery.V3Call {
		p.SetApp(t, pl.app, rookery.Settings{"allow_sensitive": []string{"127.0.0.0/8"}})
		return pl.paying(t)
	}}
}

func v3NotATestNumber(t *testing.T, p *rookery.Platform) v3Situation {
	pl, friend := newV3Player(t, p), p.NewAccount(t)
	p.SetApp(t, pl.app, rookery.Settings{"environment": "test", "test_numbers": []string{friend}})
	return v3Situation{on: p, call: pl.verify(), cure: func() rookery.V3Call {
		p.SetApp(t, pl.app, rookery.Settings{"test_numbers": []string{friend, pl.uin}})
		return pl.verify()
	}}
}

// v3TestNumbersUnreadable: a storage failure for which no code is foreseen.
func v3TestNumbersUnreadable(t *testing.T, _ *rookery.Platform) v3Situation {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	p.SetApp(t, pl.app, rookery.Settings{"environment": "test", "test_numbers": []string{pl.uin}})
	back := rename(t, p, "openids")
	return v3Situation{on: p, call: pl.verify(), cure: func() rookery.V3Call {
		back()
		return pl.verify()
	}}
}

func guestOfAnotherDevice(t *testing.T, p *rookery.Platform) v3Situation {
	one := newV3Player(t, p)
	other := v3LogIn(t, p, one.app, p.NewAccount(t))
	valid, theirs := one.guest(t), other.issue(t, "guest")
	return v3Situation{on: p, cure: func() rookery.V3Call { return valid },
		call: rookery.V3Call{Path: valid.Path, Query: valid.Query, Key: valid.Key, Body: fmt.Sprintf(
			`{"guestid":"%s","accessToken":"%s"}`, valid.Query["openid"], theirs.Token)}}
}

func guestUnreadable(t *testing.T, _ *rookery.Platform) v3Situation {
	p := rookery.Start(t)
	call := newV3Player(t, p).guest(t)
	back := rename(t, p, "openids")
	return v3Situation{on: p, call: call, cure: func() rookery.V3Call {
		back()
		return call
	}}
}

func openkeyOfAnother(t *testing.T, p *rookery.Platform) v3Situation {
	one := newV3Player(t, p)
	other := v3LogIn(t, p, one.app, p.NewAccount(t))
	openkey := one.issue(t, "openkey").Token
	return v3Situation{on: p, call: other.login(openkey), cure: func() rookery.V3Call { return one.login(openkey) }}
}

func openkeyLapsed(t *testing.T, p *rookery.Platform) v3Situation {
	pl := newV3Player(t, p)
	return v3Situation{on: p, call: pl.login(pl.lapsed(t, "openkey")), cure: func() rookery.V3Call {
		return pl.login(pl.issue(t, "openkey").Token)
	}}
}

// sessionLost: the session's row is missing, as after the restore of an older backup.
func sessionLost(t *testing.T, _ *rookery.Platform) v3Situation {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	call := pl.login(pl.issue(t, "openkey").Token)
	p.Exec(t, "CREATE TABLE kept AS SELECT * FROM openkeys WHERE appid = ?", pl.app.AppID)
	p.Exec(t, "DELETE FROM openkeys WHERE appid = ?", pl.app.AppID)
	return v3Situation{on: p, call: call, cure: func() rookery.V3Call {
		p.Exec(t, "INSERT INTO openkeys SELECT * FROM kept")
		return call
	}}
}

func openkeysUnreadable(t *testing.T, _ *rookery.Platform) v3Situation {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	call := pl.login(pl.issue(t, "openkey").Token)
	back := rename(t, p, "openkeys")
	return v3Situation{on: p, call: call, cure: func() rookery.V3Call {
		back()
		return call
	}}
}

// openkeyNotRenewable: the storage can be read but not written.
func openkeyNotRenewable(t *testing.T, _ *rookery.Platform) v3Situation {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	key := p.Issue(t, rookery.TokenRequest{AppID: pl.app.AppID, UIN: pl.uin, Kind: "openkey", Lifetime: "10m"})
	empty := p.Full(t, "openkeys")
	return v3Situation{on: p, call: pl.login(key.Token), cure: func() rookery.V3Call {
		empty()
		return pl.login(key.Token)
	}}
}

// TestMSDKv3Window: timestamp counts only once an operator sets a window, and then exactly that, in either unit.
func TestMSDKv3Window(t *testing.T) {
	const tooOld, fits = -506, 0
	for name, test := range map[string]struct {
		args      []string
		timestamp func(now time.Time) int64
		want      int
	}{
		"no window":                     {nil, func(now time.Time) int64 { return now.Add(-48 * time.Hour).Unix() }, fits},
		"old seconds within it":         {[]string{"--msdkv3-ts-window", "10m"}, func(now time.Time) int64 { return now.Add(-9*time.Minute - 30*time.Second).Unix() }, fits},
		"old seconds beyond it":         {[]string{"--msdkv3-ts-window", "10m"}, func(now time.Time) int64 { return now.Add(-10*time.Minute - time.Second).Unix() }, tooOld},
		"early seconds beyond it":       {[]string{"--msdkv3-ts-window", "10m"}, func(now time.Time) int64 { return now.Add(10*time.Minute + 20*time.Second).Unix() }, tooOld},
		"milliseconds within it":        {[]string{"--msdkv3-ts-window", "10m"}, func(now time.Time) int64 { return now.Add(-9*time.Minute - 30*time.Second).UnixMilli() }, fits},
		"milliseconds beyond it":        {[]string{"--msdkv3-ts-window", "10m"}, func(now time.Time) int64 { return now.Add(-10*time.Minute - time.Second).UnixMilli() }, tooOld},
		"the beginning of Unix times":   {[]string{"--msdkv3-ts-window", "10m"}, func(time.Time) int64 { return 0 }, tooOld},
		"the last time that fits in 63": {[]string{"--msdkv3-ts-window", "10m"}, func(time.Time) int64 { return math.MaxInt64 }, tooOld},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := rookery.Serve(t, test.args...)
			call := newV3Player(t, p).verify().With("timestamp", strconv.FormatInt(test.timestamp(time.Now()), 10))
			answer := p.CallV3(t, call)
			if answer.Ret != test.want {
				t.Errorf("ret %d, want %d: %s", answer.Ret, test.want, answer.Body)
			}
		})
	}
}
