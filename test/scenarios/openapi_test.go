package scenarios

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// openAPIScenarios are the gateway's that MSDK's doors do not show.
var openAPIScenarios = []scenario{
	{"qq/-1", "the parameter pf is missing", openAPIAnswers(-1, "parameter \"pf\" is missing or empty", openAPIChanged(func(c rookery.OpenAPICall) rookery.OpenAPICall { return c.Without("pf") }))},
	{"qq/-2", "no app has the appid", openAPIAnswers(-2, "", openAPIChanged(func(c rookery.OpenAPICall) rookery.OpenAPICall { return c.With("appid", "999999") }))},
	{"qq/-5", "the call is signed with another key", openAPIAnswers(-5, "signature verification failed", openAPIChanged(func(c rookery.OpenAPICall) rookery.OpenAPICall { c.Key += "x"; return c }))},
	{"qq/-9", "no API has the path, or the platform that pf names lacks it", openAPIAnswers(-9, "", noSuchAPI)},
	{"qq/-25", "the timestamp is more than ten minutes off", openAPIAnswers(-25, "oidb decode0x71f failed, ret: 91", wildTimestamp)},
	{"qq/-26", "the nonce was used before", nonceReused},
	{"qq/-70", "the openkey's app is switched off", openAPIAnswers(-70, "", openkeyOfAppOffline)},
	{"qq/-72", "the appkey is the one before a rotation, or one that the gateway has not read yet", keyChanging},
}

// openAPIToo are scenarios of codes that another door shows as well.
var openAPIToo = []shown{
	{"qq/-20", openAPIAnswers(-20, access(67), allTakenBack)},
	{"qq/-23", openAPIAnswers(-23, access(33), openAPIChanged(func(c rookery.OpenAPICall) rookery.OpenAPICall {
		return c.With("openkey", strings.Repeat("0", len(c.Params["openkey"])))
	}))},
	{"qq/-24", openAPIAnswers(-24, access(35), lapsedAt(infoPath))},
	{"qq/-71", openAPIAnswers(-71, access(34), pairOfTwo)},
}

func TestOpenAPIToo(t *testing.T) {
	p := rookery.Start(t)
	for _, s := range openAPIToo {
		t.Run(s.code, func(t *testing.T) { s.run(t, p) })
	}
}

const (
	infoPath    = "/v3/user/get_info"
	isLoginPath = "/v3/user/is_login"
	isSetupPath = "/v3/user/is_setup"
	appFriends  = "/v3/relation/get_app_friends"
)

// openAPISituation is a situation of OpenAPI.
type openAPISituation struct {
	on   *rookery.Platform
	call rookery.OpenAPICall
	cure func() rookery.OpenAPICall
}

func openAPIAnswers(ret int, msg string, bring func(*testing.T, *rookery.Platform) openAPISituation) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		s := bring(t, p)
		for _, method := range []string{"GET", "POST"} {
			call := s.call
			call.Method = method
			wantOpenAPI(t, s.on, call, ret, msg)
		}
		wantOpenAPI(t, s.on, s.cure(), 0, "")
	}
}

// wantOpenAPI sends a call and checks what all answers have in common.
func wantOpenAPI(t *testing.T, p *rookery.Platform, call rookery.OpenAPICall, ret int, msg string) rookery.OpenAPIAnswer {
	t.Helper()
	answer := p.CallOpenAPI(t, call)
	if answer.Status != http.StatusOK || answer.Fields == nil || answer.Ret != ret || msg != "" && answer.Msg != msg {
		t.Fatalf("%s %s: got status %d and %s, want ret %d, msg %q", call.Method, call.Path, answer.Status, answer.Body, ret, msg)
	}
	if got := answer.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
	return answer
}

// member is a fresh account at a fresh app, with an openkey.
type member struct {
	on              *rookery.Platform
	app             rookery.App
	uin             string
	openid, openkey string
}

func newMember(t *testing.T, p *rookery.Platform) member {
	t.Helper()
	return join(t, p, p.NewApp(t), p.NewAccount(t))
}

func join(t *testing.T, p *rookery.Platform, app rookery.App, uin string) member {
	t.Helper()
	key := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "openkey"})
	return member{p, app, uin, key.OpenID, key.Token}
}

func (m member) call(path string) rookery.OpenAPICall {
	return rookery.NewOpenAPICall(m.app, path, m.openid, m.openkey)
}

func (m member) info() rookery.OpenAPICall { return m.call(infoPath) }

// openAPIChanged is a valid call with a change that makes it invalid.
func openAPIChanged(change func(rookery.OpenAPICall) rookery.OpenAPICall) func(*testing.T, *rookery.Platform) openAPISituation {
	return func(t *testing.T, p *rookery.Platform) openAPISituation {
		valid := newMember(t, p).info()
		return openAPISituation{p, change(valid), func() rookery.OpenAPICall { return valid }}
	}
}

func noSuchAPI(t *testing.T, p *rookery.Platform) openAPISituation {
	m := newMember(t, p)
	wantOpenAPI(t, p, m.call("/v3/user/get_everything"), -9, "")
	wantOpenAPI(t, p, m.info().With("pf", "nowhere"), -9, "")
	vip := m.call("/v3/user/is_vip")
	return openAPISituation{p, vip.With("pf", "qqgame").With("charset", "utf-8"), func() rookery.OpenAPICall { return vip }}
}

func allTakenBack(t *testing.T, p *rookery.Platform) openAPISituation {
	m := newMember(t, p)
	wantOpenAPI(t, p, m.info(), 0, "")
	p.Revoke(t, m.app, m.uin, "user")
	return openAPISituation{p, m.info(), func() rookery.OpenAPICall { return join(t, p, m.app, m.uin).info() }}
}

// TestOpenkeysOfLogins: a login through the pages leaves the same person's openkeys valid, and so does a newer access token;
// a withdrawal ends them all with -20, a closed account with -24, since it cannot allow anything again.
func TestOpenkeysOfLogins(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p, "get_user_info", "get_app_friends")
	opened := join(t, p, v.app, v.person.UIN)
	first := p.Tokens(t, p.PostForm(t, tokenPath, nil, append(v.exchange(), "need_openkey", "1")...))
	v.code = v.authorize(t)
	second := p.Tokens(t, p.PostForm(t, tokenPath, nil, append(v.exchange(), "need_openkey", "1")...))
	calls := make(map[string]rookery.OpenAPICall)
	for name, openkey := range map[string]string{"opened": opened.openkey, "first login's": first.OpenKey, "second login's": second.OpenKey} {
		calls[name] = rookery.NewOpenAPICall(v.app, infoPath, opened.openid, openkey)
		wantOpenAPI(t, p, calls[name], 0, "")
	}
	refused(t, "the first login's access token", p.Get(t, mePath, "access_token", first.AccessToken), -21)

	// The game's client logs in to MSDK with an access token, and with none of them; that login is as new as the newest.
	expect(t, p, login(v.app, opened.openid, opened.openkey), 100013, "")
	answer := p.Call(t, login(v.app, opened.openid, second.AccessToken))
	msdk, _ := answer.Fields["token"].(string)
	player, _ := answer.Fields["openid"].(string)
	p.Secret(msdk)
	expect(t, p, verifyLogin(v.app, player, msdk), 0, "")

	// Revoking one ends its login and the earlier ones, not a newer login.
	refused(t, "to revoke the first login's", p.PostForm(t, "/oauth2.0/revoke", &v.app, "token", first.OpenKey), 0)
	wantOpenAPI(t, p, calls["first login's"], -24, access(64))
	wantOpenAPI(t, p, calls["second login's"], 0, "")
	refused(t, "the second login's access token", p.Get(t, mePath, "access_token", second.AccessToken), 0)

	p.Revoke(t, v.app, v.person.UIN, "user")
	wantOpenAPI(t, p, calls["second login's"], -20, access(67))
	setup := wantOpenAPI(t, p, rookery.NewOpenAPICall(v.app, isSetupPath, opened.openid, second.OpenKey), 0, "")
	if setup.Fields["setuped"] != 0.0 {
		t.Errorf("after the withdrawal is_setup is %s", setup.Body)
	}
	m := join(t, p, v.app, v.person.UIN)
	wantOpenAPI(t, p, m.info(), 0, "")
	p.SetState(t, v.person.UIN, "closed")
	for _, path := range []string{infoPath, isLoginPath, isSetupPath} {
		wantOpenAPI(t, p, m.call(path), -24, access(67))
	}
}

func lapsedAt(path string) func(*testing.T, *rookery.Platform) openAPISituation {
	return func(t *testing.T, p *rookery.Platform) openAPISituation {
		m := newMember(t, p)
		old := p.Issue(t, rookery.TokenRequest{AppID: m.app.AppID, UIN: m.uin, Kind: "openkey", Lifetime: "0s"})
		return openAPISituation{p, m.call(path).With("openkey", old.Token), func() rookery.OpenAPICall { return m.call(path) }}
	}
}

func wildTimestamp(t *testing.T, p *rookery.Platform) openAPISituation {
	valid := newMember(t, p).info()
	at := func(d time.Duration) rookery.OpenAPICall {
		return valid.With("timestamp", strconv.FormatInt(time.Now().Add(d).Unix(), 10))
	}
	wantOpenAPI(t, p, at(-9*time.Minute-30*time.Second), 0, "")
	wantOpenAPI(t, p, at(-10*time.Minute-time.Second), -25, "")
	return openAPISituation{p, at(10*time.Minute + 20*time.Second), func() rookery.OpenAPICall { return at(10 * time.Minute) }}
}

func nonceReused(t *testing.T, p *rookery.Platform) {
	m := newMember(t, p)
	once := m.info().With("nonce", "n-1").With("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	wantOpenAPI(t, p, once, 0, "")
	wantOpenAPI(t, p, once, -26, "oidb decode0x71f failed, ret: 90")
	wantOpenAPI(t, p, once.With("openid", "0123"), -26, "")
	wantOpenAPI(t, p, once.With("nonce", "n-2").With("openid", "0123"), -22, "")
	wantOpenAPI(t, p, once.With("nonce", "n-2"), 0, "")              // a refused call has not used it
	joined := once.Without("nonce").With("format", "json&nonce=n-1") // signed like a call with both
	wantOpenAPI(t, p, joined, -5, "signature verification failed")
	wantOpenAPI(t, p, once.With("pf", "qq_m_qq-1&timestamp=1").Without("timestamp"), -5, "")
	wantOpenAPI(t, p, newMember(t, p).info().With("nonce", "n-1"), 0, "") // another app's nonces are separate
	off := p.AddFault(t, rookery.Fault{Point: "bus.route:0x71f", AppID: m.app.AppID})
	wantOpenAPI(t, p, once.With("nonce", "n-3"), -24, "oidb decode0x71f failed, ret: 255") // it may be a repetition
	off()
	wantOpenAPI(t, p, m.info(), 0, "")
	wantOpenAPI(t, p, m.info(), 0, "") // a call without a nonce may be repeated
}

// TestAnAppCanRequireANonce: with a timestamp, at both doors. What is missing is said after a wrong signature and before a wrong openid.
func TestAnAppCanRequireANonce(t *testing.T) {
	p := rookery.Start(t)
	m := newMember(t, p)
	plain := m.info()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	wantOpenAPI(t, p, plain, 0, "")
	p.SetApp(t, m.app, rookery.Settings{"require_nonce": true})
	missing := "app " + m.app.AppID + " requires a timestamp and a nonce in every call"
	wantOpenAPI(t, p, plain, -1, missing)
	wantOpenAPI(t, p, plain.With("nonce", "n-1"), -1, missing)
	wantOpenAPI(t, p, plain.With("timestamp", now), -1, missing)
	wantOpenAPI(t, p, plain.With("openid", "0123"), -1, missing)
	wrong := plain
	wrong.Key += "x"
	wantOpenAPI(t, p, wrong, -5, "")
	both := plain.With("nonce", "n-1").With("timestamp", now)
	wantOpenAPI(t, p, both, 0, "")
	wantOpenAPI(t, p, both, -26, "")
	p.SetApp(t, m.app, rookery.Settings{"require_nonce": false})
	wantOpenAPI(t, p, plain, 0, "")

	g := newArkGame(t)
	g.on.SetApp(t, g.app, rookery.Settings{"require_nonce": true})
	card := g.ark(g.ann, g.ben)
	var clock struct{ Now time.Time } // which was moved for the scene
	g.on.Admin(t, http.MethodGet, "/dev/v1/clock", nil, &clock)
	if answer := g.on.CallOpenAPI(t, card); answer.Ret != -1 || !strings.Contains(answer.Body, "requires a timestamp and a nonce") {
		t.Errorf("a card without a nonce: %s", answer.Body)
	}
	if answer := g.on.CallOpenAPI(t, card.With("nonce", "n-1").With("timestamp", strconv.FormatInt(clock.Now.Unix(), 10))); answer.Ret != 0 {
		t.Errorf("a card with both: %s", answer.Body)
	}
}

func openkeyOfAppOffline(t *testing.T, p *rookery.Platform) openAPISituation {
	m := newMember(t, p)
	other := join(t, p, p.NewApp(t), m.uin)
	wantOpenAPI(t, p, m.info().With("openkey", other.openkey), -24, access(68)) // an app that is valid, but not this one
	p.SetApp(t, other.app, rookery.Settings{"online": false})
	wantOpenAPI(t, p, m.info().With("openkey", other.openkey), -70, "")
	p.SetApp(t, m.app, rookery.Settings{"online": false})
	return openAPISituation{p, m.info(), func() rookery.OpenAPICall {
		p.SetApp(t, m.app, rookery.Settings{"online": true})
		return m.info()
	}}
}

func pairOfTwo(t *testing.T, p *rookery.Platform) openAPISituation {
	m := newMember(t, p)
	other := join(t, p, m.app, p.NewAccount(t))
	return openAPISituation{p, m.info().With("openkey", other.openkey), m.info}
}

// keyChanging: at the gateway that has the newer key, and at one that still has the older.
func keyChanging(t *testing.T, _ *rookery.Platform) {
	p := rookery.Start(t)
	m := newMember(t, p)
	before := m.info()
	wantOpenAPI(t, p, before, 0, "")
	var made struct{ Key string }
	p.Admin(t, "POST", "/admin/v1/apps/"+m.app.AppID+"/keys", map[string]string{"name": "appkey"}, &made)
	p.Secret(made.Key)
	wantOpenAPI(t, p, before, -72, "")
	after := before
	after.Key = made.Key
	wantOpenAPI(t, p, after, 0, "")

	p.Exec(t, "UPDATE apps SET record = replace(record, ?, 'changedByAnotherGateway') WHERE appid = ?", made.Key, m.app.AppID)
	p.Advance(t, 2*time.Second) // the store is asked no more often than that
	newest := before
	newest.Key = "changedByAnotherGateway"
	wantOpenAPI(t, p, newest, -72, "")
	wantOpenAPI(t, p, newest, 0, "")

	p.Advance(t, 10*time.Minute)
	wantOpenAPI(t, p, before, -5, "")
}

// TestOpenAPIPlatforms: pf names the platform, before a tail.
func TestOpenAPIPlatforms(t *testing.T) {
	p := rookery.Start(t)
	m := newMember(t, p)
	for _, pf := range []string{
		"openmobile", "openmobile_ios", "openmobile_android", "openmobile_wp", "openmobile_ios-2001",
		"qq_m_qq", "qq_m_qq-2001-android-2011-qq-" + m.app.AppID + "-" + m.openid, "qq_m_wx-1", "qq_m_guest-1",
		"desktop_m_qq", "desktop_m_qq-2001-iap-2001-qq-" + m.app.AppID + "-" + m.openid, "desktop_m_wx-1", "desktop_m_guest-1",
		"qzone", "wanba_ts", "weixin", "union-10000-1*2",
	} {
		wantOpenAPI(t, p, m.info().With("pf", pf), 0, "")
	}
	for _, pf := range []string{"openmobile_", "openmobile_mac", "openmobileios", "qq_m_", "qq_m_qqq", "m_qq", "desktop_m", "-qq_m_qq", "OPENMOBILE_IOS"} {
		wantOpenAPI(t, p, m.info().With("pf", pf), -9, "")
	}
}

// TestOpenAPIAccessToken: accesstoken may stand for openkey, and may hold an access token.
func TestOpenAPIAccessToken(t *testing.T) {
	p := rookery.Start(t)
	m := newMember(t, p)
	token := func(lifetime string) string {
		return p.Issue(t, rookery.TokenRequest{AppID: m.app.AppID, UIN: m.uin, Kind: "access", Lifetime: lifetime}).Token
	}
	with := func(path, token string) rookery.OpenAPICall {
		return m.call(path).Without("openkey").With("accesstoken", token)
	}
	valid := token("")
	wantOpenAPI(t, p, with(infoPath, valid), 0, "")
	post := with(infoPath, valid).With("pf", "wanba_ts")
	post.Method = "POST"
	wantOpenAPI(t, p, post, 0, "")
	wantOpenAPI(t, p, with(isLoginPath, valid), 0, "user is logged in")
	wantOpenAPI(t, p, with(infoPath, valid).With("openkey", ""), 0, "")
	wantOpenAPI(t, p, with(infoPath, valid).With("openkey", m.openkey), 0, "")
	wantOpenAPI(t, p, with(infoPath, valid).With("openkey", valid), -23, "") // an openkey it is not
	wantOpenAPI(t, p, with(infoPath, ""), -1, "parameter \"openkey\" is missing or empty")
	wantOpenAPI(t, p, with(infoPath, "T0KEN"), -23, access(74))
	wantOpenAPI(t, p, with(infoPath, m.openkey), -23, access(74)) // nor the other way round
	wantOpenAPI(t, p, with(infoPath, tampered(valid)), -23, access(38))
	other := join(t, p, m.app, p.NewAccount(t))
	wantOpenAPI(t, p, with(infoPath, valid).With("openid", other.openid), -71, access(69))

	elsewhere := p.NewApp(t)
	foreign := p.Issue(t, rookery.TokenRequest{AppID: elsewhere.AppID, UIN: m.uin, Kind: "access"})
	wantOpenAPI(t, p, with(infoPath, foreign.Token), -24, access(68))
	p.SetApp(t, elsewhere, rookery.Settings{"online": false})
	wantOpenAPI(t, p, with(infoPath, foreign.Token), -70, "")

	newest := token("")
	wantOpenAPI(t, p, with(infoPath, valid), -21, access(66))
	lapsed := token("0s")
	wantOpenAPI(t, p, with(infoPath, lapsed), -24, access(65))
	wantOpenAPI(t, p, with(isLoginPath, lapsed), 1002, "用户没有登录态")
	wantOpenAPI(t, p, with(infoPath, newest), -21, "")
	p.Revoke(t, m.app, m.uin, "user")
	wantOpenAPI(t, p, with(infoPath, newest), -20, access(67))
}

// TestNotServed: a documented interface that this platform lacks says so by name.
func TestNotServed(t *testing.T) {
	p := rookery.Start(t)
	m, pl := newMember(t, p), newPlayer(t, p)
	for _, name := range []string{
		"user/is_area_login", "user/get_app_flag", "user/del_app_flag", "user/get_playzone_userinfo", "user/buy_playzone_item", "csec/check_spam",
		"csec/captcha_get", "spread/is_reminder_set", "spread/set_reminder", "spread/verify_invkey", "pay/buy_goods", "pay/confirm_delivery",
		"pay/get_token", "pay/get_balance",
	} {
		for _, method := range []string{"GET", "POST"} {
			call := m.call("/v3/" + name)
			call.Method = method
			wantOpenAPI(t, p, call, -9, "/v3/"+name+" is a known interface, but this platform does not serve it")
		}
	}
	wantOpenAPI(t, p, m.call("/v3/user/nothing"), -9, "unknown API, or not offered on the pf platform")
	for _, name := range []string{"group/get_group_member_info", "auth/bind", "account/login"} {
		call := pl.verifyLogin()
		call.Path = "/v2/" + name
		expect(t, p, call, 1001, "/v2/"+name+" is a known interface, but this platform does not serve it")
	}
}

// TestTimestampsOfProtectedAccounts: a timestamp and a nonce add -25 and -26 to what a call may be answered, and nothing else,
// whatever the account.
func TestTimestampsOfProtectedAccounts(t *testing.T) {
	p := rookery.Start(t)
	for state, want := range map[string]struct {
		ret int
		msg string
	}{
		"staff-protected": {0, ""}, "specially-protected": {0, ""}, "frozen": {-24, access(75)}, "closed": {-24, access(67)},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			m := newMember(t, p)
			p.SetState(t, m.uin, state)
			nonce := 0
			signed := func(c rookery.OpenAPICall) rookery.OpenAPICall {
				nonce++
				return c.With("nonce", fmt.Sprint("n-", nonce)).With("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
			}
			both := func(c rookery.OpenAPICall, ret int, msg string) {
				t.Helper()
				wantOpenAPI(t, p, c, ret, msg)
				wantOpenAPI(t, p, signed(c), ret, msg)
				wantOpenAPI(t, p, signed(c).Without("nonce"), ret, msg)
				wantOpenAPI(t, p, signed(c).Without("timestamp"), ret, msg)
			}
			both(m.info(), want.ret, want.msg)
			both(m.info().With("openkey", "0123"), -23, "")
			both(m.info().With("openid", "0123"), -22, "")
			p.SetApp(t, m.app, rookery.Settings{"environment": "test"})
			both(m.info().With("openkey", "0123"), -12, "")
			p.SetApp(t, m.app, rookery.Settings{"restricted": []string{"get_info"}})
			both(m.info().With("openkey", "0123"), -8, "")
			wantOpenAPI(t, p, signed(m.info()).With("timestamp", "1"), -25, "")
			used := signed(m.info())
			wantOpenAPI(t, p, used, -8, "")
			wantOpenAPI(t, p, used, -26, "")
			both(m.info().With("userip", "nowhere"), -1, "")
		})
	}
}

// TestFriendFlags: get_app_friends takes the flags that MSDK V3 takes, and all doors ask for the permission before they judge a
// flag.
func TestFriendFlags(t *testing.T) {
	p := rookery.Start(t)
	m := newMember(t, p)
	p.SetApp(t, m.app, relation)
	friend := join(t, p, m.app, p.NewAccount(t))
	p.Admin(t, "POST", "/admin/v1/accounts/"+m.uin+"/friends", map[string]any{"friend": friend.uin}, nil)
	for flag, want := range map[string]string{"": friend.openid, "0": friend.openid, "1": friend.openid, "2": m.openid + " " + friend.openid} {
		answer := wantOpenAPI(t, p, m.call(appFriends).With("flag", flag), 0, "")
		var got []string
		items, _ := answer.Fields["items"].([]any)
		for _, item := range items {
			got = append(got, fmt.Sprint(item.(map[string]any)["openid"]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("flag %q: got %s, want %s", flag, answer.Body, want)
		}
	}
	for _, flag := range []string{"3", "4", "9", "-1", "02", "1 ", "x"} {
		wantOpenAPI(t, p, m.call(appFriends).With("flag", flag), 251001, `parameter "flag" is neither 1 (without the caller) nor 2 (with the caller)`)
	}
	v3 := v3LogIn(t, p, m.app, m.uin)
	v5 := logIn(t, p, m.app, m.uin)
	for _, permitted := range []bool{true, false} {
		settings, without := relation, 0
		if !permitted {
			settings, without = rookery.Settings{"apis": []string{"get_app_friends", "qqfriends_detail", "qq_unreg_friends", "friend_list"}}, 251003
		}
		p.SetApp(t, m.app, settings)
		wrong := 251001
		if !permitted {
			wrong = 251003
		}
		wantOpenAPI(t, p, m.call(appFriends).With("flag", "3"), wrong, "")
		wantOpenAPI(t, p, m.call(appFriends).With("flag", "1"), without, "")
		for path, member := range map[string]string{"/relation/qqfriends_detail": `"flag":3`, "/relation/qq_unreg_friends": `"count":51`} {
			if answer := p.CallV3(t, v3.with(path, v3.token, member)); !strings.HasPrefix(answer.Msg, fmt.Sprint(wrong, ",")) {
				t.Errorf("%s: got %s, want %d", path, answer.Body, wrong)
			}
			// A wrong flag or count comes before a wrong token.
			if answer := p.CallV3(t, v3.with(path, "T0KEN", member)); !strings.HasPrefix(answer.Msg, fmt.Sprint(wrong, ",")) {
				t.Errorf("%s without a login: got %s, want %d", path, answer.Body, wrong)
			}
		}
		list := v5.about(friendListPath, v5.token)
		expect(t, p, list.WithBody(strings.Replace(list.Body, "{", `{"sub_channelid":1,`, 1)), wrong, "")
	}
}

// openAPIOrder are the checks of each interface of OpenAPI in their order.
var openAPIOrder = []struct{ path, api, checks string }{
	{"/v3/user/get_info", "get_info", "openapi-params openapi-app openapi-pf granted ordinary-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session openapi-scope:get_user_info user-rate"},
	{"/v3/user/is_login", "is_login", "openapi-params openapi-app openapi-pf granted ordinary-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session user-rate"},
	{"/v3/user/is_setup", "is_setup", "openapi-params openapi-app openapi-pf granted ordinary-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session user-rate"},
	{"/v3/user/is_vip", "is_vip", "openapi-params openapi-app openapi-pf granted ordinary-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session openapi-scope:get_vip_info user-rate"},
	{"/v3/user/total_vip_info", "total_vip_info", "openapi-params openapi-app openapi-pf granted ordinary-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session openapi-scope:get_vip_info user-rate"},
	{"/v3/user/get_multi_info", "get_multi_info", "openapi-params openapi-app openapi-pf granted ordinary-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session openapi-scope:get_user_info user-rate"},
	{"/v3/user/friends_vip_info", "friends_vip_info", "openapi-params openapi-app openapi-pf granted sensitive-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session openapi-scope:get_app_friends user-rate relation"},
	{"/v3/relation/get_app_friends", "get_app_friends", "openapi-params openapi-app openapi-pf granted sensitive-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session openapi-scope:get_app_friends user-rate relation flag"},
	{"/v3/relation/is_friend", "is_friend", "openapi-params openapi-app openapi-pf granted sensitive-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session openapi-scope:get_app_friends user-rate"},
	{"/v3/csec/word_filter", "word_filter", "openapi-params openapi-app openapi-pf granted ordinary-address tls openapi-signature openapi-nonce app-rate audit openapi-test-number openapi-openid openapi-openkey openapi-openkey-app openapi-key-rotation openapi-session user-rate"},
}

// TestOpenAPIPrecedence sends, for each interface and each two of its stages, a call that is wrong at both: the answer must
// be that of the stage that comes first. Stages with two codes are in it twice.
func TestOpenAPIPrecedence(t *testing.T) {
	p := rookery.Serve(t, "--http-trusted-proxies", "127.0.0.1")
	for _, order := range openAPIOrder {
		path, api := order.path, order.api
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			m, gone := newMember(t, p), newMember(t, p)
			other := join(t, p, m.app, p.NewAccount(t))
			p.SetApp(t, m.app, relation)
			p.SetApp(t, gone.app, rookery.Settings{"online": false})
			valid := m.call(path).With("fopenid", other.openid).With("fopenids", other.openid).With("content", "hello")
			var made struct{ Key string }
			p.Admin(t, "POST", "/admin/v1/apps/"+m.app.AppID+"/keys", map[string]string{"name": "appkey"}, &made)
			p.Secret(made.Key)
			valid.Key = made.Key
			p.SetApp(t, m.app, rookery.Settings{"rates": map[string]any{api: map[string]string{"app": "1/1h", "user": "1/1h"}}})
			wantOpenAPI(t, p, valid.With("nonce", "used"), 0, "") // the one call that the rates allow
			// Another person, who after such a call leaves only a scope that no interface needs.
			p.SetApp(t, m.app, rookery.Settings{"redirect_uris": []string{appCallback}, "rates": map[string]any{api: map[string]string{"user": "1/1h"}}})
			narrow, lapsed := member{app: m.app}, "" // the other's openkeys
			v := visit{on: p, app: m.app, person: p.NewPerson(t)}
			v.app.AppKey = made.Key
			for _, scopes := range [][]string{{"get_user_info", "get_app_friends", "get_vip_info"}, {"get_simple_userinfo"}} {
				back := v.person.Authorize(t, rookery.AuthorizePath(v.app, appCallback, "scope", strings.Join(scopes, ",")), scopes...)
				v.code = back.Query().Get("code")
				p.Secret(v.code)
				token := p.Tokens(t, p.PostForm(t, tokenPath, nil, append(v.exchange(), "need_openkey", "1")...))
				narrow.openid, narrow.openkey = token.OpenID, token.OpenKey
				if len(scopes) > 1 {
					wantOpenAPI(t, p, valid.With("openid", narrow.openid).With("openkey", narrow.openkey), 0, "")
					lapsed = p.Issue(t, rookery.TokenRequest{AppID: m.app.AppID, UIN: v.person.UIN, Kind: "openkey", Lifetime: "0s"}).Token
				}
			}

			with := func(name, value string) func(rookery.OpenAPICall) rookery.OpenAPICall {
				return func(c rookery.OpenAPICall) rookery.OpenAPICall { return c.With(name, value) }
			}
			faults := map[string]stageFault[rookery.OpenAPICall]{
				"openapi-params":    {ret: -1, change: func(c rookery.OpenAPICall) rookery.OpenAPICall { return c.With("userip", "nowhere") }},
				"openapi-app":       {ret: -2, change: with("appid", "999999")},
				"openapi-pf":        {ret: -9, change: with("pf", "nowhere")},
				"granted":           {ret: -3, settings: rookery.Settings{"apis": []string{"relation"}}},
				"ordinary-address":  {ret: -4, settings: rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}}},
				"sensitive-address": {ret: -10, settings: rookery.Settings{"allow_sensitive": []string{"192.0.2.0/24"}}},
				sensitiveFromOutside: {ret: -11, settings: rookery.Settings{"allow_sensitive": []string{"192.0.2.0/24"}},
					change: func(c rookery.OpenAPICall) rookery.OpenAPICall { c.From = "198.51.100.7"; return c }},
				"tls":                  {ret: -7, settings: rookery.Settings{"require_tls": true}},
				"openapi-signature":    {ret: -5, change: func(c rookery.OpenAPICall) rookery.OpenAPICall { c.Key += "x"; return c }},
				"openapi-nonce":        {ret: -25, change: with("timestamp", "1")},
				nonceAgain:             {ret: -26, change: with("nonce", "used")},
				"app-rate":             {ret: -6, settings: rookery.Settings{"rates": map[string]any{api: map[string]string{"app": "1/1h"}}}},
				"audit":                {ret: -8, settings: rookery.Settings{"restricted": []string{api}}},
				"openapi-test-number":  {ret: -12, settings: rookery.Settings{"environment": "test"}},
				"openapi-openid":       {ret: -22, change: with("openid", "0123")},
				"openapi-openkey":      {ret: -23, change: with("openkey", "0123")},
				"openapi-openkey-app":  {ret: -70, change: with("openkey", gone.openkey)},
				"openapi-key-rotation": {ret: -72, change: func(c rookery.OpenAPICall) rookery.OpenAPICall { c.Key = m.app.AppKey; return c }},
				"openapi-session":      {ret: -71, change: with("openkey", other.openkey)},
				"user-rate":            {ret: 220028, settings: rookery.Settings{"rates": map[string]any{api: map[string]string{"user": "1/1h"}}}},
				"flag":                 {ret: 251001, change: with("flag", "9")},
				"relation":             {ret: 251003, settings: rookery.Settings{"apis": []string{api}}},
			}
			var stages []string
			for _, stage := range strings.Fields(order.checks) {
				if strings.HasPrefix(stage, "openapi-scope:") {
					faults[stage] = stageFault[rookery.OpenAPICall]{ret: -20, change: func(c rookery.OpenAPICall) rookery.OpenAPICall {
						return c.With("openid", narrow.openid).With("openkey", narrow.openkey)
					}}
				}
				if faults[stage].ret == 0 {
					t.Errorf("there is no fault for stage %s yet", stage)
				}
				stages = append(stages, stage)
				switch stage {
				case "sensitive-address":
					stages = append(stages, sensitiveFromOutside)
				case "openapi-nonce":
					stages = append(stages, nonceAgain)
				}
			}
			for i, first := range stages {
				if strings.HasPrefix(first, "openapi-scope:") { // the session of the same person, which is over
					p.SetApp(t, m.app, rookery.Settings{"rates": map[string]any{api: nil}})
					if answer := p.CallOpenAPI(t, valid.With("openid", narrow.openid).With("openkey", lapsed)); answer.Ret != -24 {
						t.Errorf("a session that is over, without the scope: got %s, want -24", answer.Body)
					} else {
						pin(path, "openapi-session", first)
					}
				}
				for _, second := range append([]string{"nothing"}, stages[i+1:]...) {
					if sameParameter[first] != "" && sameParameter[first] == sameParameter[second] {
						continue // one call cannot be wrong at both
					}
					settings := rookery.Settings{
						"apis": []string{api, "relation"}, "allow_ordinary": []string{}, "allow_sensitive": []string{},
						"require_tls": false, "restricted": []string{}, "environment": "formal", "rates": map[string]any{api: nil},
					}
					call := failing(api, settings, valid, faults[second], faults[first])
					if first == "granted" && second == "relation" {
						settings["apis"] = []string{}
					}
					p.SetApp(t, m.app, settings)
					if answer := p.CallOpenAPI(t, call); answer.Ret != faults[first].ret {
						t.Errorf("%s and %s: got %s, want ret %d", first, second, answer.Body, faults[first].ret)
						continue
					}
					pin(path, first, second)
				}
			}
		})
	}
}

// The second codes of two stages.
const (
	sensitiveFromOutside = "sensitive-address, from outside"
	nonceAgain           = "openapi-nonce, again"
)

// sameParameter names pairs of stages that the same parameter makes fail.
var sameParameter = map[string]string{
	"sensitive-address": "address", sensitiveFromOutside: "address",
	"openapi-openkey": "openkey", "openapi-openkey-app": "openkey", "openapi-session": "openkey",
	"openapi-scope:get_user_info": "openkey", "openapi-scope:get_app_friends": "openkey", "openapi-scope:get_vip_info": "openkey",
	"openapi-signature": "key", "openapi-key-rotation": "key",
	// An openid that was never issued cannot be checked for being a test number's.
	"openapi-test-number": "openid", "openapi-openid": "openid",
}

// TestOpenAPIScopes: an interface needs its own scope.
func TestOpenAPIScopes(t *testing.T) {
	p := rookery.Start(t)
	for _, order := range openAPIOrder {
		_, rest, needs := strings.Cut(order.checks, "openapi-scope:")
		if !needs {
			continue
		}
		scope, _, _ := strings.Cut(rest, " ")
		for _, scopes := range []string{"get_simple_userinfo", scope} {
			m := newMember(t, p)
			p.SetApp(t, m.app, relation)
			p.Exec(t, "UPDATE openids SET scopes = ? WHERE appid = ?", scopes, m.app.AppID)
			want := -20
			if scopes == scope {
				want = 0
			}
			wantOpenAPI(t, p, m.call(order.path).With("fopenid", m.openid).With("fopenids", m.openid), want, "")
		}
	}
}

// TestOpenAPIDoor are the valid calls, and what their answers say.
func TestOpenAPIDoor(t *testing.T) {
	p := rookery.Start(t)
	ann, ben := p.Accounts[0], p.Accounts[1]
	app := p.Apps[0]
	call := func(path string, more ...string) rookery.OpenAPICall {
		c := rookery.NewOpenAPICall(app, path, ann.OpenIDs[app.AppID], ann.Openkeys[app.AppID])
		for i := 0; i < len(more); i += 2 {
			c = c.With(more[i], more[i+1])
		}
		return c
	}
	for _, test := range []struct {
		name string
		call rookery.OpenAPICall
		want string // fields, in the order of their names
	}{
		{"is_login", call(isLoginPath), "map[msg:user is logged in ret:0]"},
		{"is_setup", call(isSetupPath), "map[ret:0 setuped:1]"},
		{"get_info of qqgame", call(infoPath, "pf", "qqgame", "charset", "utf-8", "seq", "4711"),
			"map[blue_vip_level:0 figureurl:" + p.URL + "/picture/50 gender:男 is_blue_vip:0 is_blue_year_vip:0 is_lost:0 is_super_blue_vip:0 nickname:Ann ret:0 seq:4711]"},
		{"a seq that JSON would not take as it is", call(isLoginPath, "pf", "qqgame", "charset", "utf-8", "seq", "007"), "map[msg:user is logged in ret:0 seq:7]"},
		{"a seq below 0", call(isLoginPath, "pf", "qqgame", "charset", "utf-8", "seq", "-1"), "map[msg:user is logged in ret:0 seq:-1]"},
		{"no membership is wanted", call("/v3/user/total_vip_info"), "map[is_lost:0 ret:0]"},
		{"is_friend", call("/v3/relation/is_friend", "fopenid", ben.OpenIDs[app.AppID]), "map[is_friend:1 ret:0]"},
		{"is_friend of oneself", call("/v3/relation/is_friend", "fopenid", ann.OpenIDs[app.AppID]), "map[is_friend:0 ret:0]"},
		{"get_multi_info of nobody", call("/v3/user/get_multi_info", "fopenids", strings.Repeat("0", 32)),
			"map[is_lost:0 items:[map[openid:00000000000000000000000000000000]] ret:0]"},
		{"word_filter without a list", call("/v3/csec/word_filter", "content", "a b*c~中!'()"), "map[is_dirty:0 msg:a b*c~中!'() ret:0]"},
		{"word_filter of nothing", call("/v3/csec/word_filter", "content", ""), "map[is_dirty:0 msg: ret:0]"},
	} {
		for _, method := range []string{"GET", "POST"} {
			test.call.Method = method
			answer := p.CallOpenAPI(t, test.call)
			if got := fmt.Sprint(answer.Fields); got != test.want {
				t.Errorf("%s %s: got %s, want %s", method, test.name, got, test.want)
			}
		}
	}

	t.Run("an expired openkey is not a login", func(t *testing.T) {
		s := lapsedAt(isLoginPath)(t, p)
		wantOpenAPI(t, p, s.call, 1002, "用户没有登录态")
		if n := p.Metric(t, `rookery_requests_total{code="openapi 1002",path="/v3/user/is_login"}`); n != 1 {
			t.Errorf("the metrics count it %v times", n)
		}
		wantOpenAPI(t, p, s.cure(), 0, "user is logged in")
	})
	t.Run("is_login renews the openkey", func(t *testing.T) {
		own := rookery.Start(t)
		m := newMember(t, own)
		for range 3 {
			own.Advance(t, 90*time.Minute)
			wantOpenAPI(t, own, m.call(isLoginPath), 0, "")
		}
		own.Advance(t, 2*time.Hour)
		wantOpenAPI(t, own, m.call(isLoginPath), 1002, "")
	})
	t.Run("who took everything back has not set it up", func(t *testing.T) {
		m := newMember(t, p)
		p.Revoke(t, m.app, m.uin, "user")
		answer := wantOpenAPI(t, p, m.call(isSetupPath), 0, "")
		if answer.Fields["setuped"] != 0.0 {
			t.Errorf("got %s", answer.Body)
		}
	})
	t.Run("friends", func(t *testing.T) {
		answer := wantOpenAPI(t, p, call(appFriends), 0, "")
		if items, _ := answer.Fields["items"].([]any); len(items) == 0 || answer.Fields["is_lost"] != 0.0 {
			t.Errorf("got %s", answer.Body)
		}
		wantOpenAPI(t, p, call(appFriends, "flag", "9"), 251001, "")
	})
	t.Run("a profile that changes", func(t *testing.T) {
		m := newMember(t, p)
		for _, name := range []string{"first", "</data><script>&\"\\"} {
			p.Admin(t, "PATCH", "/admin/v1/accounts/"+m.uin, map[string]any{"nickname": name}, nil)
			answer := wantOpenAPI(t, p, m.info(), 0, "")
			if answer.Fields["nickname"] != name || strings.Contains(answer.Body, "<") {
				t.Errorf("nickname %q: got %s", name, answer.Body)
			}
		}
		xml := p.CallOpenAPI(t, m.info().With("format", "xml"))
		const want = `<nickname>&lt;/data&gt;&lt;script&gt;&amp;&#34;\</nickname>`
		if !strings.HasPrefix(xml.Body, `<?xml version="1.0" encoding="utf-8"?><data><ret>0</ret><is_lost>0</is_lost>`) || !strings.Contains(xml.Body, want) {
			t.Errorf("got %s", xml.Body)
		}
	})
	t.Run("GBK both ways", func(t *testing.T) {
		// 中, then bytes that GBK does not have: the answer escapes what it cannot encode.
		c := call("/v3/csec/word_filter", "pf", "qqgame", "content", "\xd6\xd0", "seq", "7")
		answer := p.CallOpenAPI(t, c)
		if answer.Header.Get("Content-Type") != "text/html; charset=gbk" || !strings.Contains(answer.Body, "\"msg\":\"\xd6\xd0\"") {
			t.Errorf("got %q", answer.Body)
		}
	})
	t.Run("storage that fails", func(t *testing.T) {
		m := newMember(t, p)
		off := p.AddFault(t, rookery.Fault{Point: "store.read:accounts", Interface: infoPath})
		answer := p.CallOpenAPI(t, m.info())
		if answer.Status != http.StatusInternalServerError || answer.Ret != 1001 || answer.Msg != "server busy" {
			t.Errorf("got status %d and %s", answer.Status, answer.Body)
		}
		if n := p.Metric(t, `rookery_requests_total{code="openapi 1001",path="/v3/user/get_info"}`); n != 1 {
			t.Errorf("the metrics count it %v times", n)
		}
		off()
		wantOpenAPI(t, p, m.info(), 0, "")

		m = newMember(t, p)
		off = p.AddFault(t, rookery.Fault{Point: "store.read:openkeys", AppID: m.app.AppID})
		wantOpenAPI(t, p, m.info(), -24, access(36))
		off()
		off = p.AddFault(t, rookery.Fault{Point: "bus.connect:0x711", AppID: m.app.AppID})
		wantOpenAPI(t, p, m.info(), -24, access(155))
		off()
		wantOpenAPI(t, p, m.info(), 0, "")
	})
	t.Run("rates say when to come again", func(t *testing.T) {
		for whose, ret := range map[string]int{"app": -6, "user": 220028} {
			m := newMember(t, p)
			p.SetApp(t, m.app, rookery.Settings{"rates": map[string]any{"get_info": map[string]string{whose: "2/1h"}}})
			for range 2 {
				wantOpenAPI(t, p, m.info(), 0, "")
			}
			wantOpenAPI(t, p, m.call(isSetupPath), 0, "") // each API has a rate of its own
			for _, call := range []rookery.OpenAPICall{m.info(), m.info().With("openid", strings.ToLower(m.openid))} {
				answer := wantOpenAPI(t, p, call, ret, "")
				if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 1800 {
					t.Errorf("rate of the %s: Retry-After is %q, want 1 to 1800", whose, answer.Header.Get("Retry-After"))
				}
			}
			others := map[string]int{"app": -6, "user": 0}[whose]
			wantOpenAPI(t, p, join(t, p, m.app, p.NewAccount(t)).info(), others, "")
		}
	})
	t.Run("words of the operator's list", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "words.txt")
		if err := os.WriteFile(file, []byte("# rude\nfool\n傻瓜\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		m := newMember(t, rookery.Start(t, "--words", file))
		answer := wantOpenAPI(t, m.on, m.call("/v3/csec/word_filter").With("content", "A FOOL, 傻瓜!").With("msgid", "1"), 0, "A ****, **!")
		if answer.Fields["is_dirty"] != 1.0 {
			t.Errorf("got %s", answer.Body)
		}
	})
	t.Run("a multipart form, whose files are not signed, with a query", func(t *testing.T) {
		c := call(infoPath)
		c.Method = "POST"
		form := c.Form()
		query, sig, _ := strings.Cut(form, "&sig=")
		sig = strings.NewReplacer("%2B", "+", "%2F", "/", "%3D", "=").Replace(sig)
		body := "--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"p.png\"\r\n\r\n\x89PNG\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"none\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n" +
			"--b\r\nContent-Disposition: form-data; name=\"sig\"\r\n\r\n" + sig + "\r\n--b--\r\n"
		answer := p.SendOpenAPI(t, "POST", infoPath+"?pf=overridden&"+query, "multipart/form-data; boundary=b", body)
		if answer.Ret != 0 || answer.Fields["nickname"] != "Ann" {
			t.Errorf("got %s", answer.Body)
		}
	})
}

// TestOpenAPIBadInput: all bad input is answered -1, in one sentence that says what is wrong and where.
func TestOpenAPIBadInput(t *testing.T) {
	p := rookery.Start(t)
	m := newMember(t, p)
	valid := m.info()
	many := valid
	for i := range 70 {
		many = many.With(fmt.Sprint("p", i), "")
	}
	send := func(method, target, contentType, body string) func() rookery.OpenAPIAnswer {
		return func() rookery.OpenAPIAnswer { return p.SendOpenAPI(t, method, target, contentType, body) }
	}
	call := func(c rookery.OpenAPICall) func() rookery.OpenAPIAnswer {
		return func() rookery.OpenAPIAnswer { return p.CallOpenAPI(t, c) }
	}
	const formType = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		name string
		send func() rookery.OpenAPIAnswer
		want string
	}{
		{"a broken escape", send("GET", infoPath+"?appid=%zz", "", ""), `parameter "appid" is not percent-encoded`},
		{"no name", send("GET", infoPath+"?=1", "", ""), "a parameter has no name"},
		{"no parameters", send("GET", infoPath, "", ""), `parameter "openid" is missing or empty`},
		{"an empty body", send("POST", infoPath, formType, ""), `parameter "openid" is missing or empty: the body is empty`},
		{"JSON", send("POST", infoPath, "application/json", `{"openid":"1"}`), `parameter "openid" is missing or empty: the body is JSON, not a form`},
		{"too many parameters", call(many), "there are more than 64 parameters"},
		{"an invalid appid", call(valid.With("appid", "1x")), `parameter "appid" is not a number above 0 without leading zeros`},
		{"an appid with a zero in front", call(valid.With("appid", "0"+valid.Params["appid"])), `parameter "appid" is not a number above 0 without leading zeros`},
		{"an appid beyond numbers", call(valid.With("appid", "99999999999999999999")), `parameter "appid" is not a number above 0 without leading zeros`},
		{"not UTF-8", call(valid.With("x", "\xd6\xd0")), `parameter "x" is not UTF-8`},
		{"a nonce without end", call(valid.With("nonce", strings.Repeat("n", 65))), `parameter "nonce" is not of at most 64 bytes`},
		{"an invalid timestamp", call(valid.With("timestamp", "0")), `parameter "timestamp" is not a Unix time in seconds`},
		{"an invalid seq", call(valid.With("pf", "qqgame").With("charset", "utf-8").With("seq", `1,"ret":0`)), `parameter "seq" is not a 64-bit integer`},
		{"too many openids", call(m.call("/v3/user/get_multi_info").With("fopenids", strings.Repeat(m.openid+"_", 100)+m.openid)), `parameter "fopenids" has more than 100 openids`},
		{"an invalid openid among them", call(m.call("/v3/user/get_multi_info").With("fopenids", m.openid+"__")), `parameter "fopenids": openid 2 of them is not 32 hex digits`},
		{"a membership wanted twice", call(m.call("/v3/user/total_vip_info").With("superqq", "2")), `parameter "superqq" is not 0 or 1`},
		{"nothing to filter", call(m.call("/v3/csec/word_filter")), `parameter "content" is missing or empty`},
		{"multipart without a boundary", send("POST", infoPath, "multipart/form-data", "x"), "the multipart body breaks off or has no boundary"},
		{"multipart that breaks off", send("POST", infoPath, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"openid\"\r\n\r\n1"), ""},
		{"a body without end", send("POST", infoPath, formType, strings.Repeat("x", 70_000)), "the body has more than 65536 bytes"},
		{"another method", send("PUT", infoPath, formType, "x=1"), "the path does not take this method, only GET or POST"},
	} {
		answer := test.send()
		if answer.Status != http.StatusOK || answer.Ret != -1 || test.want != "" && answer.Msg != test.want {
			t.Errorf("%s: got status %d and %s, want -1 and %q", test.name, answer.Status, answer.Body, test.want)
		}
	}
	if diff := cmp.Diff(0, p.CallOpenAPI(t, valid).Ret); diff != "" {
		t.Errorf("the valid call: %s", diff)
	}
	// As many openids as may be (qq-connect-openapi.md, B.8).
	wantOpenAPI(t, p, m.call("/v3/user/get_multi_info").With("fopenids", strings.Repeat(m.openid+"_", 99)+m.openid), 0, "")
}
