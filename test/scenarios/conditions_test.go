package scenarios

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// The tests of this file bring about one condition each, where no other would give the same answer.

// TestAForgedConsentAllowsNothingMore: a person can allow only what the app asked for, whatever the form says.
func TestAForgedConsentAllowsNothingMore(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	back := v.person.Authorize(t, rookery.AuthorizePath(v.app, appCallback, "scope", "get_user_info"), "get_user_info", "get_app_friends", "get_vip_info", "all")
	v.code = back.Query().Get("code")
	p.Secret(v.code)
	token := v.tokens(t)
	r := p.PostForm(t, "/oauth2.0/introspect", &v.app, "token", token.AccessToken)
	if want := `"scope":"get_user_info",`; !strings.Contains(r.Body, want) {
		t.Errorf("got %s, want %s in it", r.Body, want)
	}
}

// TestSimpleUserInfoNeedsItsOwnScope: neither profile interface goes by the other one's scope.
func TestSimpleUserInfoNeedsItsOwnScope(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for scope, test := range map[string]struct{ full, simple int }{
		"get_user_info":       {0, -20},
		"get_simple_userinfo": {-20, 0},
	} {
		v := newVisit(t, p)
		back := v.person.Authorize(t, rookery.AuthorizePath(v.app, appCallback, "scope", scope), scope)
		v.code = back.Query().Get("code")
		p.Secret(v.code)
		token := v.tokens(t)
		refused(t, scope+" and get_user_info", v.profile(t, token), test.full)
		refused(t, scope+" and get_simple_userinfo", p.Get(t, "/user/get_simple_userinfo",
			"oauth_consumer_key", v.app.AppID, "openid", token.OpenID, "access_token", token.AccessToken), test.simple)
	}
}

// TestALinkEndsLikeALogin: a sealed link opens only while the login that it was made from holds.
func TestALinkEndsLikeALogin(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for name, end := range map[string]func(player){
		"withdrawal":            func(pl player) { p.Revoke(t, pl.app, pl.uin, "user") },
		"the operator's end":    func(pl player) { p.Revoke(t, pl.app, pl.uin, "operator") },
		"a new password":        func(pl player) { p.SetPassword(t, pl.uin) },
		"a freeze":              func(pl player) { p.SetState(t, pl.uin, "frozen") },
		"the account's closing": func(pl player) { p.SetState(t, pl.uin, "closed") },
		"reclaiming":            func(pl player) { p.Reclaim(t, pl.app, pl.uin) },
	} {
		t.Run(name, func(t *testing.T) {
			pl := newPlayer(t, p)
			link := decrypt(pl.app, pl.issue(t, "link").Token)
			checkLink(t, p, pl, link)
			end(pl)
			expect(t, p, link, 10006, "decryp data fail!")
		})
	}
}

// TestTokensNewerThanTheGrant: a store that was restored from a backup has grants older than the tokens that are about. These
// tokens must not become valid again when the grant's epochs reach theirs, so they are refused already.
func TestTokensNewerThanTheGrant(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	pl := newPlayer(t, p)
	pl.issue(t, "access")
	pl = logIn(t, p, pl.app, pl.uin) // the grant now has an epoch to go back to
	p.Exec(t, "UPDATE openids SET token_epoch = token_epoch - 1 WHERE appid = ?", pl.app.AppID)
	expect(t, p, pl.verifyLogin(), 100015, access(64))

	pl = newPlayer(t, p)
	pl.pay(t)
	paying := pl.pay(t)
	p.Exec(t, "UPDATE openids SET pay_epoch = pay_epoch - 1 WHERE appid = ?", pl.app.AppID)
	expect(t, p, paying, 100015, pay(16))
}

// TestAFrozenAccountDoesNotLogIn: at none of the steps of a login, of which each before the freeze succeeded.
func TestAFrozenAccountDoesNotLogIn(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for _, state := range []string{"frozen", "closed"} {
		v := newVisit(t, p)
		exchanged, pending := v.tokens(t), v
		pending.code = v.authorize(t)
		path := rookery.AuthorizePath(v.app, appCallback)
		page := v.person.Open(t, path)
		if page.Status != http.StatusOK || !strings.Contains(page.Body, formToken) {
			t.Fatalf("the consent has status %d:\n%s", page.Status, page.Body)
		}
		p.SetState(t, v.person.UIN, state)

		refused(t, state+": the code", p.Get(t, tokenPath, pending.exchange()...), 100019)
		refused(t, state+": the refresh token", p.Get(t, tokenPath, v.refresh(exchanged.RefreshToken)...), 100050)
		if page := v.person.Open(t, path); strings.Contains(page.Body, formToken) {
			t.Errorf("%s: the session holds:\n%s", state, page.Body)
		}
		if page := v.person.SignIn(t, path); page.Status != http.StatusForbidden || page.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: the sign-in has status %d, cookie %q", state, page.Status, page.Header.Get("Set-Cookie"))
		}
		for _, kind := range []string{"access", "openkey", "msdk", "pay", "link"} {
			if _, err := p.TryIssue(rookery.TokenRequest{AppID: v.app.AppID, UIN: v.person.UIN, Kind: kind}); err == nil {
				t.Errorf("%s: a token of kind %s was issued", state, kind)
			}
		}
	}
}

// TestWhatAFreezeEndsStaysEnded: nothing from before comes back when the account is released, and a new login holds.
func TestWhatAFreezeEndsStaysEnded(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	exchanged, pending := v.tokens(t), v
	pending.code = v.authorize(t)
	path := rookery.AuthorizePath(v.app, appCallback)
	had := p.Issue(t, rookery.TokenRequest{AppID: v.app.AppID, UIN: v.person.UIN, Kind: "openkey"})
	byOpenkey := rookery.NewOpenAPICall(v.app, "/v3/user/get_info", had.OpenID, had.Token)
	wantOpenAPI(t, p, byOpenkey, 0, "")
	p.SetState(t, v.person.UIN, "frozen")
	p.SetState(t, v.person.UIN, "normal")

	wantOpenAPI(t, p, byOpenkey, -24, access(64))
	refused(t, "the code", p.Get(t, tokenPath, pending.exchange()...), 100019)
	refused(t, "the refresh token", p.Get(t, tokenPath, v.refresh(exchanged.RefreshToken)...), 100050)
	if page := v.person.Open(t, path); strings.Contains(page.Body, formToken) {
		t.Errorf("the session holds:\n%s", page.Body)
	}
	if page := v.person.SignIn(t, path); page.Status != http.StatusOK && page.Status != http.StatusSeeOther && page.Status != http.StatusFound {
		t.Errorf("the sign-in after the release has status %d", page.Status)
	}
	v.code = v.authorize(t)
	v.tokens(t)
}

// formToken is in each form of somebody who is signed in.
const formToken = `name="token"`

// TestTheBusCountsPerGame: the rate of a command is each game's own, and that of one command does not use up another's.
func TestTheBusCountsPerGame(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	one, two := newBusCase(t, p, p.NewAccount(t)), newBusCase(t, p, p.NewAccount(t))
	limited := rookery.Settings{"all_apps": true, "rate": "1/h"}
	p.Admin(t, "PATCH", "/admin/v1/oidb/policy", rookery.Settings{"commands": rookery.Settings{"0x71f_1": limited, "0x711_127": limited}}, nil)
	for _, c := range []*busCase{one, two} {
		c.call = toUIN(c.app, c.openid)
		c.call.Head = caller(c.app)
		c.expect(0)
	}
	one.expect(153)
	two.expect(153)
	one.call = text(one.app, one.openid)
	one.call.Head = caller(one.app)
	one.expect(0)
	one.expect(153)
}

// TestTheBusRefusesTheConnectionsAddress: the black list holds for the address of the connection, not only for the one that
// the head names.
func TestTheBusRefusesTheConnectionsAddress(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	c := newBusCase(t, p, p.NewAccount(t))
	list := func(prefix string) {
		t.Helper()
		p.Admin(t, "PATCH", "/admin/v1/oidb/policy", rookery.Settings{"address_black_list": []string{prefix}}, nil)
	}
	list("192.0.2.0/24")
	c.expect(0)
	list("127.0.0.0/8")
	c.expect(148)
	c.call.Head = rookery.Message(nil).Fixed32(5, 0xc0000207) // an address in the head does not hide the connection's
	c.expect(148)
}

// TestBatchBounds: a batch has up to 500 openids, as many as its count says.
func TestBatchBounds(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	c := newBusCase(t, p, p.NewAccount(t))
	many := slices.Repeat([]string{c.openid}, 501)
	for _, test := range []struct {
		count  uint64
		listed int
		want   uint64
	}{
		{500, 500, 0}, {0, 0, 0},
		{501, 501, 0x56}, {501, 500, 0x56}, {500, 501, 0x56},
		{1, 2, 0x54}, {499, 500, 0x54}, {500, 499, 0x54}, {0, 1, 0x54},
	} {
		t.Run(strconv.FormatUint(test.count, 10)+" of "+strconv.Itoa(test.listed), func(t *testing.T) {
			c := *c
			c.t, c.call = t, batch(c.app, test.count, many[:test.listed]...)
			c.expect(test.want)
		})
	}
}

// TestAReclaimedOpenIDIsNotConverted: by 0x71f, which does not go by the account that the openid once named.
func TestAReclaimedOpenIDIsNotConverted(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	c := newBusCase(t, p, p.NewAccount(t))
	c.call = toUIN(c.app, c.openid)
	c.expect(0)
	p.Reclaim(t, rookery.App{AppID: c.app}, c.uin)
	c.expect(0x27)
}

// TestInnerAddresses: -10 is answered to private, link-local and loopback addresses, -11 to all others.
func TestInnerAddresses(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--http-trusted-proxies", "127.0.0.1")
	m := newMember(t, p)
	p.SetApp(t, m.app, relation)
	p.SetApp(t, m.app, rookery.Settings{"allow_sensitive": []string{"198.51.100.7/32"}})
	for address, want := range map[string]int{
		"198.51.100.7": 0,

		"10.0.0.1": -10, "10.255.255.254": -10, "172.16.0.1": -10, "172.31.255.254": -10, "192.168.0.1": -10, "192.168.255.254": -10,
		"169.254.0.1": -10, "169.254.255.254": -10, "127.0.0.1": -10, "127.255.255.254": -10,
		"fc00::1": -10, "fdff::1": -10, "fe80::1": -10, "febf::1": -10, "::1": -10, "::ffff:10.0.0.1": -10,

		"9.255.255.255": -11, "11.0.0.1": -11, "172.15.255.255": -11, "172.32.0.1": -11, "192.167.255.255": -11, "192.169.0.1": -11,
		"169.253.255.255": -11, "169.255.0.1": -11, "126.255.255.255": -11, "128.0.0.1": -11, "198.51.100.8": -11,
		"fbff::1": -11, "fe00::1": -11, "fec0::1": -11, "::2": -11, "2001:db8::1": -11,
	} {
		call := m.call(appFriends)
		call.From = address
		if answer := p.CallOpenAPI(t, call); answer.Ret != want {
			t.Errorf("from %s: got %s, want ret %d", address, answer.Body, want)
		}
	}
}

// TestIsSetupAfterTheOperatorsEnd: an app whose grant an operator ended is not set up, as one that the person left.
func TestIsSetupAfterTheOperatorsEnd(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for _, by := range []string{"operator", "user"} {
		m := newMember(t, p)
		for _, want := range []float64{1, 0} {
			answer := wantOpenAPI(t, p, m.call(isSetupPath), 0, "")
			if answer.Fields["setuped"] != want {
				t.Errorf("ended by the %s: got %s, want setuped %v", by, answer.Body, want)
			}
			if want == 1 {
				p.Revoke(t, m.app, m.uin, by)
			}
		}
	}
}

// TestRevokeIsPostOnly: a revocation by GET is 100012 and revokes nothing.
func TestRevokeIsPostOnly(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	v := newVisit(t, p)
	token := v.tokens(t).AccessToken
	r := p.Get(t, "/oauth2.0/revoke", "token", token)
	refused(t, "by GET", r, 100012)
	if r.Status != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "POST" {
		t.Errorf("status %d, Allow %q", r.Status, r.Header.Get("Allow"))
	}
	refused(t, "the token", p.Get(t, mePath, "access_token", token), 0)
}

// TestListBounds: V3 names up to 50 people in a call and OpenAPI up to 100.
func TestListBounds(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	pl := newV3Player(t, p)
	p.SetApp(t, pl.app, rookery.Settings{"grant": []string{"relation", "qqstrange_profile"}})
	for count, want := range map[int]int{1: 0, 50: 0, 51: 251001} {
		list := strings.TrimSuffix(strings.Repeat(`"`+nobody+`",`, count), ",")
		if got := v3Number(t, p.CallV3(t, pl.with("/relation/qqstrange_profile", pl.token, `"vcopenid":[`+list+`]`))); got != want {
			t.Errorf("%d strangers: got %d, want %d", count, got, want)
		}
	}
	for count, want := range map[int]int{-1: 251001, 0: 251001, 1: 0, 50: 0, 51: 251001} {
		if got := v3Number(t, p.CallV3(t, pl.with("/relation/qq_unreg_friends", pl.token, fmt.Sprintf(`"count":%d`, count)))); got != want {
			t.Errorf("a count of %d: got %d, want %d", count, got, want)
		}
	}
	m := newMember(t, p)
	for count, want := range map[int]int{1: 0, 100: 0, 101: -1} {
		list := strings.TrimSuffix(strings.Repeat(nobody+"_", count), "_")
		wantOpenAPI(t, p, m.call("/v3/user/get_multi_info").With("fopenids", list), want, "")
	}
}
