package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// v3Order are the checks of each interface of MSDK V3 in their order. v3-user reads the body and refuses nothing. The token, or
// the openid, is checked after all stages.
var v3Order = []struct{ path, checks string }{
	{"/auth/verify_login", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/auth/guest_check_token", "v3-params v3-app v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/auth/get_pfval", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online sensitive-address tls app-rate audit v3-test-number token"},
	{"/relation/qqprofile", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/relation/qqfriends_detail", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number relation flag token"},
	{"/relation/qqstrange_profile", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/relation/qq_unreg_friends", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number relation count token"},
	{"/relation/qqfriends_vip", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/relation/get_vip_rich_info", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/profile/query_vip", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/profile/get_wifi", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/profile/qqget_first_reg", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body online ordinary-address tls app-rate audit v3-test-number token"},
	{"/share/qq", "v3-params v3-app v3-no-guest v3-signature granted v3-user user-rate v3-body ordinary-address tls app-rate audit v3-test-number v3-share-token"},
	{"/profile/qqscore_batch", "v3-params v3-app v3-no-guest v3-signature gamecenter-configured v3-user gamecenter-user-rate v3-body online ordinary-address tls gamecenter-app-rate audit v3-test-number token report-list"},
	{"/profile/qqscore", "v3-params v3-app v3-no-guest v3-signature gamecenter-configured v3-user gamecenter-user-rate v3-body online ordinary-address tls gamecenter-app-rate audit v3-test-number token"},
}

// v3Unserved are the interfaces that this platform answers -311.
var v3Unserved = []string{
	"/auth/getlogin_info", "/auth/qqa8_login",
	"/wxoauth/verify_login", "/wxoauth/guest_check_token", "/wxoauth/get_pfval", "/wxoauth/getlogin_info", "/wxoauth/qqa8_login",
	"/share/qzone", "/auth/share/qq",
	"/relation/qqfriends", "/relation/qq_gain_chest", "/relation/qq_gain_chestV2",
	"/profile/load_vip", "/profile/get_gift", "/relation/get_gift", "/relation/get_wifi",
	"/relation/qqscore_batch",
	"/profile/get_xinyue_super",
}

// v3Number is the number of an answer. Those of QQ stand in msg, with ret -10000.
func v3Number(t *testing.T, answer rookery.V3Answer) int {
	t.Helper()
	if answer.Ret != -10000 {
		return answer.Ret
	}
	text, _, _ := strings.Cut(answer.Msg, ",")
	number, err := strconv.Atoi(text)
	if err != nil {
		t.Errorf("msg does not begin with a number: %s", answer.Body)
	}
	return number
}

// asking returns the call of an interface with a token of the player, of whatever kind it takes.
func (pl v3Player) asking(path, token string) rookery.V3Call {
	var call rookery.V3Call
	switch path {
	case "/auth/verify_login":
		call = pl.login(token)
	case "/auth/get_pfval":
		call = pl.payingWith(token)
	case "/relation/qqfriends_detail":
		call = pl.with(path, token, `"flag":1`)
	case "/relation/qqstrange_profile":
		call = pl.with(path, token, fmt.Sprintf(`"vcopenid":["%s"]`, pl.openid))
	case "/relation/qq_unreg_friends":
		call = pl.with(path, token, `"count":20`)
	case "/relation/qqfriends_vip":
		call = pl.with(path, token, fmt.Sprintf(`"fopenids":["%s"],"flags":"qq_vip"`, pl.openid))
	case "/profile/query_vip":
		call = pl.with(path, token, `"vip":1`)
	case "/profile/qqscore_batch":
		call = pl.with(path, token, `"param":[`+sound+`]`)
	case "/profile/qqscore":
		call = pl.with(path, token, `"type":3,"data":"1","bcover":1`)
	default:
		call = pl.with(path, token, `"x":0`)
	}
	return call.With("openid", pl.openid)
}

// TestMSDKv3Precedence sends, for each interface and each two of its checks, a call that is wrong at both: the answer must be
// that of the check that comes first.
func TestMSDKv3Precedence(t *testing.T) {
	p := rookery.Start(t)
	type fault = stageFault[rookery.V3Call]
	orders := slices.Clone(v3Order)
	for _, path := range v3GroupPaths {
		orders = append(orders, struct{ path, checks string }{path, v3GroupStages})
	}
	for _, order := range orders {
		path, api := order.path, order.path[strings.LastIndex(order.path, "/")+1:]
		name, ofGroups := api, order.checks == v3GroupStages
		if strings.HasPrefix(api, "qqscore") {
			api = "gamecenter"
		} else if ofGroups {
			api = "group"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pl := newV3Player(t, p)
			kind, tokenAnswer := "access", map[string]int{
				"/auth/guest_check_token": -110, "/auth/get_pfval": -103, "/auth/verify_login": 100014, "/relation/qqprofile": 100014,
				"/relation/qqfriends_detail": 251002, "/relation/qqstrange_profile": 251002, "/relation/qq_unreg_friends": 251002,
				"/relation/qqfriends_vip": -103, "/relation/get_vip_rich_info": -103, "/profile/query_vip": -103,
				"/profile/qqget_first_reg": -103, "/profile/get_wifi": -22, "/share/qq": 100014,
				"/profile/qqscore_batch": -4008, "/profile/qqscore": -4008,
			}[path]
			if path == "/auth/get_pfval" {
				kind = "pay"
			}
			lapsed := pl.asking(path, pl.lapsed(t, kind))
			valid := pl.asking(path, pl.issue(t, kind).Token)
			group := make(map[string]string)
			switch path {
			case "/auth/guest_check_token":
				guest := pl.on.Issue(t, rookery.TokenRequest{AppID: pl.app.AppID, UIN: pl.uin, Kind: "guest", Lifetime: "0s"})
				valid = pl.guest(t)
				lapsed = valid
				lapsed.Body = fmt.Sprintf(`{"guestid":"%s","accessToken":"%s"}`, guest.GuestID, guest.Token)
			case "/profile/get_wifi": // takes any openid, and checks no token
				lapsed = valid.With("openid", strings.Repeat("0", 32)).Replace(t, pl.openid, strings.Repeat("0", 32))
				// An openid that was never issued has no rate yet, and cannot be checked for being a test number's.
				group = map[string]string{"token": "openid", "v3-test-number": "openid", "user-rate": "openid"}
			}
			if ofGroups {
				g := newV3Guild(t, p)
				pl.app, valid = g.app, g.by(g.leader, path, members{"gc": "799999999", "groupid": "799999999", "groupOpenid": nobody, "group_openid": nobody})
			}
			if path == "/share/qq" {
				ben := v3LogIn(t, p, pl.app, p.NewAccount(t))
				p.Befriend(t, pl.uin, ben.uin)
				g, old := &arkGame{on: p, app: pl.app}, pl
				old.token = pl.lapsed(t, kind)
				lapsed, valid = g.share(old, ben).With("openid", pl.openid), g.share(v3Player{player: pl.player, openid: pl.openid, token: pl.issue(t, kind).Token}, ben).With("openid", pl.openid)
			}
			usedUp := func(whose string) rookery.Settings {
				return rookery.Settings{"rates": map[string]any{api: map[string]string{whose: "1/1h"}}}
			}
			faults := map[string]fault{
				"v3-params": {ret: -506, change: func(c rookery.V3Call) rookery.V3Call { return c.With("encode", "3") }},
				"v3-app": {ret: -504, change: func(c rookery.V3Call) rookery.V3Call {
					return c.With("appid", strings.Replace(c.Query["appid"], pl.app.AppID, "999999", 1))
				}},
				"v3-no-guest":       {ret: -901, change: func(c rookery.V3Call) rookery.V3Call { return c.With("appid", "G_"+c.Query["appid"]) }},
				"v3-signature":      {ret: -502, change: func(c rookery.V3Call) rookery.V3Call { c.Key += "x"; return c }},
				"granted":           {ret: -303, settings: rookery.Settings{"apis": []string{}}},
				"user-rate":         {ret: -503, settings: usedUp("user")},
				"v3-body":           {ret: -304, change: func(c rookery.V3Call) rookery.V3Call { c.Body = "[" + c.Body + "]"; return c }},
				"online":            {ret: 100011, settings: rookery.Settings{"online": false}},
				"ordinary-address":  {ret: -4, settings: rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}}},
				"sensitive-address": {ret: -10, settings: rookery.Settings{"allow_sensitive": []string{"192.0.2.0/24"}}},
				"tls":               {ret: -7, settings: rookery.Settings{"require_tls": true}},
				"app-rate":          {ret: -6, settings: usedUp("app")},
				"audit":             {ret: -8, settings: rookery.Settings{"restricted": []string{api}}},
				"v3-test-number":    {ret: -12, settings: rookery.Settings{"environment": "test"}},
				"relation":          {ret: 251003, settings: rookery.Settings{"apis": []string{api}}},
				"flag":              {ret: 251001, change: func(c rookery.V3Call) rookery.V3Call { return c.Replace(t, `"flag":1`, `"flag":3`) }},
				"count":             {ret: 251001, change: func(c rookery.V3Call) rookery.V3Call { return c.Replace(t, `"count":20`, `"count":51`) }},
				"token": {ret: tokenAnswer, change: func(c rookery.V3Call) rookery.V3Call {
					c.Body = lapsed.Body
					return c.With("openid", lapsed.Query["openid"])
				}},
			}
			faults["v3-share-token"] = faults["token"]
			faults["gamecenter-configured"] = fault{ret: -4026, settings: rookery.Settings{"apis": []string{}}}
			faults["gamecenter-user-rate"] = fault{ret: -4009, settings: usedUp("user")}
			faults["gamecenter-app-rate"] = fault{ret: -4009, settings: usedUp("app")}
			faults["report-list"] = fault{ret: -4034, change: func(c rookery.V3Call) rookery.V3Call { return c.Replace(t, `"param":[`, `"param":{},"x":[`) }}
			// The one call that the rates allow.
			p.SetApp(t, pl.app, rookery.Settings{
				"apis": []string{api, "relation"}, "rates": map[string]any{api: map[string]string{"app": "1/1h", "user": "1/1h"}},
			})
			if answer := p.CallV3(t, valid); answer.Ret != 0 && !ofGroups { // a guild's group need not be there
				t.Fatalf("the valid call was answered %s", answer.Body)
			}
			checks := strings.Fields(strings.Replace(order.checks, " v3-user", "", 1))
			try := func(first, second string) {
				if faults[first].ret == 0 {
					t.Errorf("there is no fault for check %s yet", first)
				}
				settings := rookery.Settings{
					"online": true, "apis": []string{api, "relation"}, "allow_ordinary": []string{}, "allow_sensitive": []string{},
					"require_tls": false, "restricted": []string{}, "environment": "formal", "rates": map[string]any{api: nil},
				}
				call := failing(api, settings, valid, faults[second], faults[first])
				p.SetApp(t, pl.app, settings)
				if answer := p.CallV3(t, call); v3Number(t, answer) != faults[first].ret {
					t.Errorf("%s and %s: got %s, want %d", first, second, answer.Body, faults[first].ret)
					return
				}
				pin(path, first, second)
			}
			if ofGroups { // which have the same stages
				inRow(checks, try)
			} else {
				inPairs(checks, group, try)
			}
		})
	}
}

// TestMSDKv3UnservedPrecedence is TestMSDKv3Precedence for the interfaces that are answered -311 after their checks.
func TestMSDKv3UnservedPrecedence(t *testing.T) {
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	faults := map[string]stageFault[rookery.V3Call]{
		"v3-params": {ret: -506, change: func(c rookery.V3Call) rookery.V3Call { return c.With("encode", "3") }},
		"v3-app": {ret: -504, change: func(c rookery.V3Call) rookery.V3Call {
			return c.With("appid", strings.Replace(c.Query["appid"], pl.app.AppID, "999999", 1))
		}},
		"v3-no-guest":  {ret: -901, change: func(c rookery.V3Call) rookery.V3Call { return c.With("appid", "G_"+c.Query["appid"]) }},
		"v3-signature": {ret: -502, change: func(c rookery.V3Call) rookery.V3Call { c.Key += "x"; return c }},
		"v3-body":      {ret: -304, change: func(c rookery.V3Call) rookery.V3Call { c.Body = "[" + c.Body + "]"; return c }},
		"not served":   {ret: -311},
	}
	for _, path := range v3Unserved {
		checks := []string{"v3-params", "v3-app", "v3-no-guest", "v3-signature", "v3-body", "not served"}
		if path == "/profile/get_xinyue_super" {
			checks = []string{"v3-params", "v3-app", "v3-no-guest", "v3-signature", "not served"}
		}
		inPairs(checks, nil, func(first, second string) {
			call := failing("", nil, rookery.NewV3Call(pl.app, path, "{}"), faults[second], faults[first])
			if answer := p.CallV3(t, call); answer.Ret != faults[first].ret {
				t.Errorf("%s, %s and %s: got %s, want %d", path, first, second, answer.Body, faults[first].ret)
				return
			}
			pin(path, first, second)
		})
	}
}
