// Package msdkv3 is the door of MSDK V3, the older interface that games still call: JSON bodies under any Content-Type,
// common parameters in the URL, MD5 of key and timestamp, HTTP 200 for every answer, and the result in ret (msdk-v3.md).
package msdkv3

import (
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
	"github.com/rookeryhq/rookery/retcode"
)

type door struct {
	identity *identity.Service
	friends  *friends.Service
	bus      *oidb.Bus
}

// New returns the door.
func New(id *identity.Service, fr *friends.Service, bus *oidb.Bus) *access.Door {
	d := &door{identity: id, friends: fr, bus: bus}
	return &access.Door{
		Name:          "msdkv3",
		Prefixes:      []string{"/auth/", "/relation/", "/profile/"},
		TrailingSlash: true,
		Endpoints:     d.endpoints(),
		Code:          refusals.Code,
		Encode:        encode,
	}
}

func (d *door) endpoints() []access.Endpoint {
	var (
		params    = access.Stage{Name: "v3-params", Run: params, Codes: []retcode.Code{retcode.V3HTTPUnreadable, retcode.V3ParameterMissing}}
		app       = access.Stage{Name: "v3-app", Run: d.app, Codes: []retcode.Code{retcode.V3AppNotFound}}
		noGuest   = access.Stage{Name: "v3-no-guest", Run: noGuest, Codes: []retcode.Code{retcode.V3NotForGuests}}
		signature = access.Stage{Name: "v3-signature", Run: d.signature, Codes: []retcode.Code{retcode.V3SignatureWrong}}
		user      = access.Stage{Name: "v3-user", Run: user}
		body      = access.Stage{Name: "v3-body", Run: body, Codes: []retcode.Code{retcode.V3BodyEmpty, retcode.V3BodyNotJSON}}

		signed  = access.Sequence("v3-signed", params, app, noGuest, signature)
		player  = access.Sequence("v3-player", access.Granted, user, access.UserRate, body, access.Online)
		bounded = access.Sequence("v3-bounded", access.TLS, access.AppRate, access.Audit, access.Check("v3-test-number", d.testNumber, retcode.QQTestNumberRequired))

		standard = access.Sequence("v3-standard", signed, player, access.OrdinaryAddress, bounded)

		checkAccess = access.Use{Command: &oidb.CheckAccess.Declaration}
		showProfile = access.Use{Command: &oidb.ShowProfile.Declaration}
	)
	endpoints := []access.Endpoint{
		{
			Path: "/auth/verify_login", Permission: "verify_login", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.verifyLogin), Commands: []access.Use{checkAccess},
		},
		{
			Path: "/auth/guest_check_token", Permission: "guest_check_token",
			Checks: []access.Stage{params, app, signature, player, access.OrdinaryAddress, bounded},
			Action: msdk.Action(bodies, d.guestCheck), Commands: []access.Use{checkAccess}, Refuse: refuseGuest,
		},
		{
			Path: "/auth/get_pfval", Permission: "get_pfval", Checks: []access.Stage{signed, player, access.SensitiveAddress, bounded},
			Action: msdk.Action(bodies, d.pfval), Commands: []access.Use{{Command: &oidb.CheckPay.Declaration}},
		},
		{
			Path: "/relation/qqprofile", Permission: "qqprofile", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.qqProfile), Commands: []access.Use{checkAccess},
		},
		{
			Path: "/relation/qqfriends_detail", Permission: "qqfriends_detail", Checks: []access.Stage{standard, access.Relation},
			Action: msdk.Action(bodies, d.friendsDetail), Commands: []access.Use{checkAccess, {Command: &oidb.ListFriends.Declaration}}, Refuse: refuse.FriendToken,
		},
		{
			Path: "/relation/qqstrange_profile", Permission: "qqstrange_profile", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.strangers), Commands: []access.Use{checkAccess}, Refuse: refuse.FriendToken,
		},
		{
			Path: "/relation/qq_unreg_friends", Permission: "qq_unreg_friends", Checks: []access.Stage{standard, access.Relation},
			Action: msdk.Action(bodies, d.otherFriends), Commands: []access.Use{checkAccess}, Refuse: refuse.FriendToken,
			Codes: []retcode.Code{retcode.QQFriendCacheReadFailed},
		},
		{
			Path: "/relation/qqfriends_vip", Permission: "qqfriends_vip", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.members), Commands: []access.Use{showProfile},
		},
		{
			Path: "/relation/get_vip_rich_info", Permission: "get_vip_rich_info", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.vipRichInfo), Commands: []access.Use{showProfile},
		},
		{
			Path: "/profile/query_vip", Permission: "query_vip", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.queryVIP), Commands: []access.Use{showProfile},
		},
		{
			Path: "/profile/get_wifi", Permission: "get_wifi", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.wifi), Commands: []access.Use{{Command: &oidb.ConvertOpenID.Declaration,
				Never: []retcode.Code{retcode.QQNonceReused, retcode.QQTimestampOutOfRange}}},
			Codes: []retcode.Code{retcode.QQOpenIDIllegal},
		},
		{
			Path: "/profile/qqget_first_reg", Permission: "qqget_first_reg", Checks: []access.Stage{standard},
			Action: msdk.Action(bodies, d.firstReg), Commands: []access.Use{showProfile},
		},
	}
	// Interfaces of MSDK V3 without a command here (msdk-v3.md, 4 and 5.19).
	notMapped := func(*access.Call) (any, error) { return nil, retcode.V3CommandMissing }
	withBody := msdk.Action(bodies, func(*access.Call, *anyBody) (any, error) { return nil, retcode.V3CommandMissing })
	for _, path := range []string{
		"/auth/getlogin_info", "/auth/qqa8_login",
		"/relation/qqfriends", "/relation/qq_gain_chest", "/relation/qq_gain_chestV2",
		"/profile/load_vip", "/profile/get_gift",
	} {
		endpoints = append(endpoints, access.Endpoint{
			Path: path, Checks: []access.Stage{signed, user, body}, Action: withBody, Codes: []retcode.Code{retcode.V3CommandMissing},
		})
	}
	endpoints = append(endpoints, access.Endpoint{
		Path: "/profile/get_xinyue_super", Checks: []access.Stage{signed}, Action: access.Action{Handle: notMapped}, Codes: []retcode.Code{retcode.V3CommandMissing},
	})
	for i := range endpoints {
		endpoints[i].Method = "POST"
	}
	return endpoints
}

// params reads the URL's parameters (msdk-v3.md, 2). It ignores conn, version, ishttps and opua.
func params(c *access.Call) (err error) {
	if c.Query, err = sign.ParseQuery(c.Query, c.Request.URL.RawQuery); err != nil {
		return retcode.V3HTTPUnreadable.Errorf("%v", err)
	}
	for _, name := range [...]string{"timestamp", "appid", "sig", "encode"} {
		if c.Query.Get(name) == "" {
			return retcode.V3ParameterMissing.Errorf("URL parameter %q is missing or empty", name)
		}
	}
	// Seconds in the documents, milliseconds from the official SDK: both only take part in the signature.
	if ts := c.Query.Get("timestamp"); len(ts) > 20 || strings.Trim(ts, "0123456789") != "" {
		return retcode.V3ParameterMissing.Errorf("URL parameter \"timestamp\" is not a Unix time")
	}
	if _, ok := sign.V3KeyName(c.Query.Get("encode")); !ok {
		return retcode.V3ParameterMissing.Errorf("URL parameter \"encode\" is neither 1 (appkey) nor 2 (msdkkey)")
	}
	if !wordLike(c.Query.Get(extInfo)) {
		return retcode.V3ParameterMissing.Errorf("URL parameter %q has characters other than letters, digits and underscores", extInfo)
	}
	return nil
}

// extInfo is the caller's serial number, which the answer repeats.
const extInfo = "msdkExtInfo"

// wordLike reports whether a text has only letters, digits and underscores.
func wordLike(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		default:
			return false
		}
	}
	return true
}

// cutGuest removes the mark of a guest from an appid in the URL (msdk-v3.md, 5.2).
func cutGuest(appid string) (rest string, guest bool) { return strings.CutPrefix(appid, "G_") }

func (d *door) app(c *access.Call) error {
	text, _ := cutGuest(c.Query.Get("appid"))
	id, err := platform.ParseAppID(text)
	if err != nil {
		return retcode.V3AppNotFound.Errorf("URL parameter \"appid\" is not a number")
	}
	if c.App = d.identity.Apps.ByID(id); c.App == nil {
		return retcode.V3AppNotFound.Errorf("there is no app %s", id)
	}
	return nil
}

// noGuest refuses guests at all interfaces except their own (msdk-v3.md, 5.2).
func noGuest(c *access.Call) error {
	if _, guest := cutGuest(c.Query.Get("appid")); guest {
		return retcode.V3NotForGuests
	}
	return nil
}

// signature checks sig with the key that encode selects (msdk-v3.md, 2.1).
func (d *door) signature(c *access.Call) error {
	sig, timestamp, encode := c.Query.Get("sig"), c.Query.Get("timestamp"), c.Query.Get("encode")
	key := c.App.AppKey
	if encode == "2" {
		key = c.App.MSDKKey
	}
	if sign.V3Verify(sig, timestamp, key) {
		return nil
	}
	refuse.Signature{
		Key:     key,
		Signed:  func() string { return sign.V3Source(timestamp, encode) },
		Mistake: mistake.V3,
	}.Explain(c, d.identity.Apps)
	return retcode.V3SignatureWrong
}

// user finds the subject of the call before the body is judged, because the rate of one user comes first. The URL need not
// have the openid.
func user(c *access.Call) error {
	if err := c.Endpoint.Decode(c); err != nil {
		c.Input, c.User = fault{err}, canonical(c.Query.Get("openid"))
	}
	return nil
}

// canonical returns an openid in one case, so that it has one rate.
func canonical(openid string) string {
	if len(openid) > maxText {
		return ""
	}
	return strings.ToUpper(openid)
}

// body returns the fault of the body, if any.
func body(c *access.Call) error {
	if wrong, ok := c.Input.(fault); ok {
		return wrong.err
	}
	return nil
}
