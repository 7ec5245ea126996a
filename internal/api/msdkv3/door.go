// Package msdkv3 is the door of MSDK V3, the older interface that games still call: JSON bodies under any Content-Type,
// common parameters in the URL, MD5 of key and timestamp, HTTP 200 for every answer, and the result in ret (msdk-v3.md).
package msdkv3

import (
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
	"github.com/rookeryhq/rookery/retcode"
)

type door struct {
	apps     *apps.Registry
	profiles *profile.Service
	identity *identity.Service
	friends  *friends.Service
	bus      *oidb.Bus
}

// New returns the door.
func New(registry *apps.Registry, profiles *profile.Service, id *identity.Service, fr *friends.Service, bus *oidb.Bus) *access.Door {
	d := &door{apps: registry, profiles: profiles, identity: id, friends: fr, bus: bus}
	checks := d.checks()
	return &access.Door{
		Name:          "msdkv3",
		Prefixes:      []string{"/auth/", "/wxoauth/", "/share/", "/relation/", "/profile/"},
		TrailingSlash: true,
		EmptySegments: true, // which the signature does not cover (msdk-v3.md, 2)
		Endpoints:     slices.Concat(d.auth(checks), d.relations(checks), d.shares(checks), d.scores(checks), d.groups(checks), d.oldGroups(checks), unmapped(checks)),
		Code:          refusals.Code,
		Encode:        encode,
	}
}

// checks are the checks of the interfaces.
type checks struct {
	params, app, signature, user, body access.Stage
	signed                             access.Stage // and not a guest
	player, bounded                    access.Stage
	standard                           access.Stage
	guild                              access.Stage // the service checks the permission
}

func (d *door) checks() checks {
	k := checks{
		params:    access.Step("v3-params", params, retcode.V3HTTPUnreadable, retcode.V3ParameterMissing),
		app:       access.Step("v3-app", d.app, retcode.V3AppNotFound),
		signature: access.Step("v3-signature", d.signature, retcode.V3SignatureWrong).ChecksSignature(),
		user:      access.Step("v3-user", user),
		body:      access.Step("v3-body", body, retcode.V3BodyEmpty, retcode.V3BodyNotJSON),
	}
	k.signed = access.Sequence("v3-signed", k.params, k.app, access.Step("v3-no-guest", noGuest, retcode.V3NotForGuests), k.signature)
	caller := access.Sequence("v3-caller", k.user, access.UserRate, k.body, access.Online)
	k.player = access.Sequence("v3-player", access.Granted, caller)
	k.bounded = access.Sequence("v3-bounded", access.TLS, access.AppRate, access.Audit, access.Check("v3-test-number", d.testNumber, retcode.QQTestNumberRequired))
	k.standard = access.Sequence("v3-standard", k.signed, k.player, access.OrdinaryAddress, k.bounded)
	k.guild = access.Sequence("v3-guild", k.signed, caller, access.OrdinaryAddress, k.bounded)
	return k
}

// The commands that the interfaces call.
var (
	checkAccess   = access.Uses(&oidb.CheckAccess.Declaration)
	checkPay      = access.Uses(&oidb.CheckPay.Declaration)
	showProfile   = access.Uses(&friends.ShowProfileCommand.Declaration)
	listFriends   = access.Uses(&friends.ListFriendsCommand.Declaration)
	convertOpenID = access.Uses(&identity.ConvertOpenID.Declaration, retcode.QQNonceReused, retcode.QQTimestampOutOfRange, // without a nonce
		retcode.OIDBStaffProtected, retcode.OIDBSpeciallyProtected)
)

// unmapped are the interfaces of MSDK V3 without a command here (msdk-v3.md, 4 and 5.19), including their paths under an old
// name of a module or from a mistake in the documents (msdk-v3.md, 2).
func unmapped(k checks) (all []access.Endpoint) {
	none := func(c *access.Call) (any, error) {
		return nil, retcode.V3CommandMissing.Errorf("%v", &access.NotServedError{Path: c.Endpoint.Path})
	}
	withBody := msdk.Action(bodies, func(c *access.Call, _ *anyBody) (any, error) { return none(c) })
	for _, path := range []string{
		"/auth/getlogin_info", "/auth/qqa8_login",
		"/wxoauth/verify_login", "/wxoauth/guest_check_token", "/wxoauth/get_pfval", "/wxoauth/getlogin_info", "/wxoauth/qqa8_login",
		"/share/qzone", "/auth/share/qq",
		"/relation/qqfriends", "/relation/qq_gain_chest", "/relation/qq_gain_chestV2",
		"/profile/load_vip", "/profile/get_gift", "/relation/get_gift", "/relation/get_wifi",
		"/relation/qqscore_batch",
	} {
		all = append(all, access.Endpoint{Method: "POST", Path: path, Action: withBody, Checks: []access.Stage{k.signed, k.user, k.body}}.
			Answers(retcode.V3CommandMissing))
	}
	return append(all, access.Endpoint{Method: "POST", Path: "/profile/get_xinyue_super", Action: access.Action{Handle: none}, Checks: []access.Stage{k.signed}}.
		Answers(retcode.V3CommandMissing))
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
	if c.App = d.apps.ByID(id); c.App == nil {
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
	}.Explain(c, d.apps)
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
