// Package msdkv3 is the door of MSDK V3, the older interface that games still call: JSON bodies under any Content-Type,
// common parameters in the URL, MD5 of key and timestamp, HTTP 200 for every answer, and the result in ret (msdk-v3.md).
package msdkv3

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

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

// Options are the door's settings.
type Options struct {
	// TSWindow is how far timestamp may be off the platform's clock; 0 disables the check. No document gives a window.
	TSWindow time.Duration
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
	checks := d.checks()
	return &access.Door{
		Name:          "msdkv3",
		Guide:         guide,
		Prefixes:      []string{"/auth/", "/wxoauth/", "/share/", "/relation/", "/profile/"},
		TrailingSlash: true,
		EmptySegments: true, // which the signature does not cover (msdk-v3.md, 2)
		Endpoints:     slices.Concat(d.auth(checks), d.relations(checks), d.shares(checks), d.scores(checks), d.groups(checks), d.oldGroups(checks), unmapped(checks)),
		Code:          refusals.Code,
		Encode:        encode,
	}
}

// guide describes what all calls of the door have in common (msdk-v3.md, 2 and 3).
var guide = access.Guide{
	Title: "MSDK V3",
	About: "JSON bodies, whatever their Content-Type. Every answer is HTTP 200; `ret` is 0, a code of this door, or -10000 with a code of the platform at the beginning of `msg`: a `msg` of `-22,...` means -22. " +
		"A call is signed with `sig`, the MD5 of a key and the timestamp; `encode` says which key.",
	Signature: "v3", Params: urlParams{}, Result: common{},
}

// urlParams are the parameters of every URL.
type urlParams struct {
	Timestamp string `json:"timestamp" required:"true" max:"20" doc:"the time, in Unix seconds or milliseconds: digits; how far it may be off is the operator's setting msdkv3.ts_window"`
	AppID     string `json:"appid" required:"true" doc:"the app's number; a guest's call has G_ in front"`
	Encode    string `json:"encode" required:"true" oneof:"1 2" doc:"the key of the signature: 1 the appkey, 2 the msdkkey"`
	Sig       string `json:"sig" required:"true" doc:"the signature: 32 hex digits"`
	OpenID    string `json:"openid" doc:"the player's openid once more: the body must have the same"`
	IsHTTPS   string `json:"ishttps" doc:"1 to get addresses of pictures with https"`
	ExtInfo   string `json:"msdkExtInfo" doc:"the caller's serial number, which the answer repeats: letters, digits and underscores"`
}

// common are the members of every answer, as encode writes them.
type common struct {
	Ret      int    `json:"ret" doc:"0, or a code"`
	Msg      string `json:"msg" doc:"what happened; after -10000 it begins with the platform's code"`
	ErrType  int    `json:"err_type" oneof:"0 1 2 5" doc:"what to do: 0 nothing, 1 try again later, 2 let the player log in again, 5 anything else"`
	Message  string `json:"message,omitzero" doc:"msg once more, at interfaces of groups"`
	IsLost   string `json:"is_lost,omitzero" doc:"0, beside platCode"`
	PlatCode string `json:"platCode,omitzero" doc:"the platform's code, at older interfaces of groups"`
	ExtInfo  string `json:"msdkExtInfo,omitzero" doc:"the request's msdkExtInfo"`
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
		params:    access.Step("v3-params", d.params, retcode.V3HTTPUnreadable, retcode.V3ParameterMissing),
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
	checkLogin    = access.Uses(&oidb.CheckAccess.Declaration)
	checkAccess   = access.Uses(&oidb.CheckAccess.Declaration, refuse.OpenkeyResults...)
	checkPay      = access.Uses(&oidb.CheckPay.Declaration)
	showProfile   = access.Uses(&friends.ShowProfileCommand.Declaration)
	listFriends   = access.Uses(&friends.ListFriendsCommand.Declaration)
	convertOpenID = access.Uses(&identity.ConvertOpenID.Declaration, retcode.QQNonceReused, retcode.QQTimestampOutOfRange, // without a nonce
		retcode.OIDBStaffProtected, retcode.OIDBSpeciallyProtected)
)

const unmappedSummary = "Is an interface of the original that this platform does not serve: it answers -311."

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
			Answers(retcode.V3CommandMissing).Does(unmappedSummary))
	}
	return append(all, access.Endpoint{Method: "POST", Path: "/profile/get_xinyue_super", Action: access.Action{Handle: none}, Checks: []access.Stage{k.signed}}.
		Answers(retcode.V3CommandMissing).Does(unmappedSummary))
}

// params reads the URL's parameters (msdk-v3.md, 2). It ignores conn, version, ishttps and opua.
func (d *door) params(c *access.Call) (err error) {
	if c.Query, err = sign.ParseQuery(c.Query, c.Request.URL.RawQuery); err != nil {
		return retcode.V3HTTPUnreadable.Errorf("%v", err)
	}
	for _, name := range [...]string{"timestamp", "appid", "sig", "encode"} {
		if c.Query.Get(name) == "" {
			return retcode.V3ParameterMissing.Errorf("URL parameter %q is missing or empty", name)
		}
	}
	ts := c.Query.Get("timestamp")
	if len(ts) > 20 || strings.Trim(ts, "0123456789") != "" {
		return retcode.V3ParameterMissing.Errorf("URL parameter \"timestamp\" is not a Unix time")
	}
	if off := c.Start.Sub(unixTime(ts)).Abs(); d.TSWindow > 0 && off > d.TSWindow {
		return retcode.V3ParameterMissing.Errorf("URL parameter \"timestamp\" is %s off the platform's clock, more than %s", off.Truncate(time.Second), d.TSWindow)
	}
	if _, ok := sign.V3KeyName(c.Query.Get("encode")); !ok {
		return retcode.V3ParameterMissing.Errorf("URL parameter \"encode\" is neither 1 (appkey) nor 2 (msdkkey)")
	}
	if !wordLike(c.Query.Get(extInfo)) {
		return retcode.V3ParameterMissing.Errorf("URL parameter %q has characters other than letters, digits and underscores", extInfo)
	}
	return nil
}

// unixTime reads a Unix time of digits: in seconds, as the documents have it, or in milliseconds, as the official SDK sends it. The latter are larger for
// as long as this code will be in use.
func unixTime(digits string) time.Time {
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil: // later than any time
		return time.UnixMilli(math.MaxInt64)
	case n < 100_000_000_000:
		return time.Unix(n, 0)
	}
	return time.UnixMilli(n)
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
