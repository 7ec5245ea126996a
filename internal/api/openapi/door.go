// Package openapi is the door of OpenAPI V3: parameters in the URL, a form or both, HMAC-SHA1 signatures, JSON or XML under
// text/html, HTTP 200 for every answer, and the result in ret (qq-connect-openapi.md, B).
package openapi

import (
	"errors"
	"slices"
	"strconv"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/appkey"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/wordfilter"
	"github.com/rookeryhq/rookery/retcode"
)

// Options are the door's settings.
type Options struct {
	Words *wordfilter.Filter // hides words for word_filter; nil hides none
}

type door struct {
	Options
	apps     *apps.Registry
	profiles *profile.Service
	identity *identity.Service
	friends  *friends.Service
	bus      *oidb.Bus
}

// New returns the door.
func New(registry *apps.Registry, profiles *profile.Service, id *identity.Service, fr *friends.Service, bus *oidb.Bus, options Options) *access.Door {
	d := &door{Options: options, apps: registry, profiles: profiles, identity: id, friends: fr, bus: bus}
	return &access.Door{
		Name: "openapi", Guide: guide, Prefixes: []string{"/v3/"}, Endpoints: d.endpoints(), NotServed: notServed, Code: refusals.Code, Encode: encode,
	}
}

// guide describes what all calls of the door have in common (qq-connect-openapi.md, B.1 and B.2).
var guide = access.Guide{
	Title: "OpenAPI V3",
	About: "Parameters in the URL, in a form, or both. The answer is JSON, or XML if it is asked for, under `text/html`; it is HTTP 200 unless the platform fails, and `ret` is 0 or a code. " +
		"A call is signed with `sig`, the HMAC-SHA1 of the method, the path and all parameters with the appkey and `&`.",
	Signature: "openapi", Form: true, Media: "text/html", Params: commonFields{}, Result: common{},
}

// commonFields are the parameters of every call.
type commonFields struct {
	OpenID      platform.OpenID `json:"openid" required:"true" doc:"the user's openid at the app"`
	Openkey     string          `json:"openkey" doc:"the user's openkey; required unless accesstoken has an access token"`
	AccessToken string          `json:"accesstoken" doc:"the user's access token, in place of an openkey"`
	AppID       string          `json:"appid" required:"true" doc:"the app's number"`
	Sig         string          `json:"sig" required:"true" doc:"the signature: Base64"`
	PF          string          `json:"pf" required:"true" doc:"the platform from which the user came: qzone, pengyou, qplus, qqgame, 3366, openmobile and others, and after a hyphen how"`
	Format      string          `json:"format" oneof:"json xml" def:"json" doc:"the form of the answer"`
	UserIP      string          `json:"userip" doc:"the user's address"`
	Charset     string          `json:"charset" def:"gbk" doc:"with qqgame and 3366: utf-8, or the platform's GBK"`
	Seq         int64           `json:"seq" doc:"with qqgame and 3366: a number that the answer repeats"`
	Timestamp   int64           `json:"timestamp" min:"1" doc:"the time, in Unix seconds: at most ten minutes off the platform's clock"`
	Nonce       string          `json:"nonce" max:"64" doc:"a text of which no two calls have the same: a repeated call is refused"`
}

// common are the members of every answer.
type common struct {
	Ret    int    `json:"ret" doc:"0, or a code"`
	Msg    string `json:"msg,omitzero" doc:"what happened, in a sentence; missing at most successes"`
	IsLost int    `json:"is_lost,omitzero" doc:"1 if something may be missing; not at every interface"`
	Seq    int64  `json:"seq,omitzero" doc:"the request's seq"`
}

// notServed are the documented interfaces that this platform lacks (qq-connect-openapi.md, B.8).
var notServed = []string{
	"/v3/user/is_area_login", "/v3/user/get_app_flag", "/v3/user/del_app_flag", "/v3/user/get_playzone_userinfo", "/v3/user/buy_playzone_item",
	"/v3/csec/check_spam", "/v3/csec/captcha_get",
	"/v3/spread/is_reminder_set", "/v3/spread/set_reminder", "/v3/spread/verify_invkey",
	"/v3/pay/buy_goods", "/v3/pay/confirm_delivery", "/v3/pay/get_token", "/v3/pay/get_balance",
}

func (d *door) endpoints() []access.Endpoint {
	var (
		opening = access.Sequence("openapi-request",
			access.Step("openapi-params", d.params, retcode.QQParameterInvalid),
			access.Check("openapi-app", d.app, retcode.QQAppNotFound))
		login = access.Sequence("openapi-login",
			access.TLS,
			access.Check("openapi-signature", d.signature, retcode.QQSignatureWrong).ChecksSignature(),
			access.Check("openapi-nonce", d.nonce, appkey.NonceMissing).Calls(appkey.ReplayCheck),
			access.AppRate,
			access.Audit,
			access.Check("openapi-test-number", d.testNumber, retcode.QQTestNumberRequired),
			access.Check("openapi-openid", openIDForm, retcode.QQOpenIDIllegal),
			access.Check("openapi-openkey", d.openkey, retcode.QQOpenIDIllegal, retcode.QQOpenKeyUnreadable),
			access.Check("openapi-openkey-app", d.openkeyApp, retcode.QQOpenKeyAppInvalid),
			access.Check("openapi-key-rotation", keyRotation, retcode.QQAppKeyRotating))

		standard  = access.Sequence("openapi-standard", opening, pf(), access.Granted, access.OrdinaryAddress, login)
		sensitive = access.Sequence("openapi-sensitive", opening, pf(), access.Granted, access.SensitiveAddress, login)

		info, vip, relation = scope("get_user_info"), scope("get_vip_info"), scope("get_app_friends")

		listFriends, areFriends = access.Uses(&friends.ListFriendsCommand.Declaration), access.Uses(&friends.AreFriendsCommand.Declaration)
	)
	return []access.Endpoint{
		access.API(both, "/v3/user/get_info", action(d.getInfo, nil), standard, session(), info, access.UserRate).
			Does("Shows the user's profile. Which members it has depends on pf.").Returns(infoFields{}),
		access.API(both, "/v3/user/is_login", action(isLogin, nil), standard,
			session(retcode.AccessTokenOpenKeyExpired, retcode.AccessTokenExpired), access.UserRate).
			Answers(retcode.OpenAPINotLoggedIn).
			Does("Shows whether the user is logged in, and renews the openkey."),
		access.API(both, "/v3/user/is_setup", action(isSetup, nil), standard, session(retcode.AccessTokenFrozen, retcode.AccessTokenNotLive), access.UserRate).
			Does("Shows whether the user lets the app use the account.").Returns(setupFields{}),
		access.API(both, "/v3/user/is_vip", action(d.isVIP, nil), // the yellow diamond belongs to Qzone
			opening, pf("qqgame", "3366"), access.Granted, access.OrdinaryAddress, login, session(), vip, access.UserRate).
			Does("Shows the user's yellow diamond.").Returns(yellowFields{}),
		access.API(both, "/v3/user/total_vip_info", action(d.totalVIPInfo, wantedVIPs), standard, session(), vip, access.UserRate).
			Does("Shows those of the user's memberships that are asked for.").Takes(wantedFields{}).Returns(vipFields{}),
		access.API(both, "/v3/user/get_multi_info", action(d.getMultiInfo, friendOpenIDs), standard, session(), info, access.UserRate).
			Does("Shows the profiles of people who use the app.").Takes(openIDsFields{}).Returns(peopleFields{}),
		access.API(both, "/v3/user/friends_vip_info", action(d.friendsVIPInfo, friendOpenIDs), sensitive, session(), relation, access.UserRate, access.Relation).
			Calls(listFriends).
			Does("Shows the memberships of friends who use the app.").Takes(openIDsFields{}).Returns(friendsVIPFields{}),
		access.API(both, "/v3/relation/get_app_friends", action(d.getAppFriends, nil), sensitive, session(), relation, access.UserRate, access.Relation).
			Calls(listFriends).Answers(retcode.QQFriendParameterIllegal).
			Does("Lists the user's friends who use the app.").Takes(flagField{}).Returns(friendsFields{}),
		access.API(both, "/v3/relation/is_friend", action(d.isFriend, friendOpenID), sensitive, session(), relation, access.UserRate).Calls(areFriends).
			Does("Shows whether somebody who uses the app is a friend of the user.").Takes(openIDField{}).Returns(friendFields{}),
		access.API(both, "/v3/csec/word_filter", action(d.wordFilter, content), standard, session(), access.UserRate).
			Does("Hides the words of the operator's list in a text.").Takes(contentField{}).Returns(filteredFields{}),
	}
}

const both = "GET POST"

// action returns the action of an interface whose private parameters read takes from the request; nil if it has none.
func action(handle func(*access.Call, *request) (any, error), read func(*request) error) access.Action {
	a := access.With(handle)
	if read != nil {
		a.Decode = func(c *access.Call) error { return read(c.Input.(*request)) }
	}
	return a
}

func (d *door) app(c *access.Call, in *request) error {
	if c.App = d.apps.ByID(in.app); c.App == nil {
		return retcode.QQAppNotFound.Errorf("there is no app %s", in.app)
	}
	return nil
}

// pf returns the stage that requires a platform with the interface.
func pf(without ...string) access.Stage {
	return access.Check("openapi-pf", func(c *access.Call, in *request) error {
		switch {
		case in.platform == "":
			return retcode.QQAPINotFound.Errorf("pf %.40q names no platform", c.Query.Get("pf"))
		case slices.Contains(without, in.platform):
			return retcode.QQAPINotFound.Errorf("pf %.40q names a platform that does not have this API", c.Query.Get("pf"))
		}
		return nil
	}, retcode.QQAPINotFound)
}

// signature lets a call whose key is being changed continue to keyRotation.
func (d *door) signature(c *access.Call, in *request) (err error) {
	in.rotating, err = appkey.Signature(c, d.apps)
	return err
}

func (d *door) nonce(c *access.Call, in *request) error {
	openid := in.openid[:]
	if !in.openIDSound {
		openid = []byte(c.Query.Get("openid")) // the timestamp is checked all the same
	}
	return appkey.Fresh(c, d.bus, openid, in.timestamp, c.Query.Get("nonce"))
}

// testNumber lets only test numbers use an app of the test environment.
func (d *door) testNumber(c *access.Call, in *request) error {
	if !in.openIDSound {
		return nil // the next stage refuses it
	}
	return d.identity.CheckTestOpenID(c.Context(), c.App, in.openid)
}

func openIDForm(_ *access.Call, in *request) error {
	if !in.openIDSound {
		return retcode.QQOpenIDIllegal.Errorf("openid is not 32 hex digits")
	}
	return nil
}

// openkey makes the bus check the pair. Of the results only the form of the two is answered here; the rest is left to the
// stages to which it belongs.
func (d *door) openkey(c *access.Call, in *request) (err error) {
	in.login, err = oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{
		AppID: c.App.AppID, OpenID: in.openid[:], Token: in.token, Openkey: in.isOpenkey,
	})
	if err == nil {
		return nil
	}
	if !errors.As(err, &in.refused) {
		return err
	}
	switch refuse.OpenAPIMeaning(in.refused.Code) {
	case retcode.QQOpenIDIllegal, retcode.QQOpenKeyUnreadable:
		return in.refused
	case retcode.QQScopeNotGranted: // 0x711 has one number for a withdrawal and for a closed account
		standing, err := d.identity.Standings.Get(c.Context(), c.App.AppID, in.openid)
		if err != nil {
			return err
		}
		in.closed = standing.AccountState == platform.AccountClosed
	}
	return nil
}

// openkeyApp refuses a valid openkey whose app is not online or no longer exists.
func (d *door) openkeyApp(c *access.Call, in *request) error {
	made := c.App
	if in.refused != nil {
		if in.refused.Code != retcode.AccessTokenAppIDMismatch {
			return nil
		}
		id, ok := d.identity.LoginApp(in.token)
		if !ok {
			return nil
		}
		made = d.apps.ByID(id)
	}
	if made == nil || !made.Online {
		return retcode.QQOpenKeyAppInvalid.Errorf("the app that the openkey was made for is not online")
	}
	return nil
}

func keyRotation(c *access.Call, in *request) error { return appkey.Current(c, in.rotating) }

// session returns the stage that refuses what openkey found, except for results that the handler answers itself.
func session(tolerated ...retcode.Code) access.Stage {
	return access.Check("openapi-session", func(_ *access.Call, in *request) error {
		switch {
		case in.refused == nil:
			return nil
		case in.closed:
			return retcode.QQOpenIDOpenKeyCheckFailed.Errorf("%v", in.refused)
		case slices.Contains(tolerated, in.refused.Code):
			return nil
		}
		return in.refused
	}).Calls(access.Uses(&oidb.CheckAccess.Declaration, tolerated...))
}

// scope returns the stage of interfaces that need a scope.
func scope(name string) access.Stage {
	return access.Check("openapi-scope:"+name, func(c *access.Call, in *request) error {
		if !in.login.Scopes.Has(name) {
			return retcode.QQScopeNotGranted.Errorf("the user did not allow app %s the scope %s", c.App.AppID, name)
		}
		return nil
	}, retcode.QQScopeNotGranted)
}

func invalid(name, want string) error {
	return retcode.QQParameterInvalid.Errorf("parameter %q is not %s", name, want)
}

func missing(name string) error {
	return retcode.QQParameterInvalid.Errorf("parameter %q is missing or empty", name)
}

// unixTime reads a Unix time in seconds above 0.
func unixTime(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return n, err == nil && n > 0
}
