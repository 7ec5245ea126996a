// Package msdkv3 is the door of MSDK V3, the older interface that games still call: JSON bodies under any Content-Type,
// common parameters in the URL, MD5 of key and timestamp, HTTP 200 whatever the answer, and the result in ret (msdk-v3.md).
package msdkv3

import (
	"log/slog"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// Options are the door's settings.
type Options struct {
	// ExplainSignatures adds to the log event of a refused signature which string was signed here, with the key's name in
	// its place, and, where one of the usual mistakes made the one that came, which.
	ExplainSignatures bool
}

type door struct {
	Options
	identity *identity.Service
	friends  *friends.Service
	bus      *oidb.Bus
	bodies   map[string]decoder // by path
}

// New returns the door.
func New(id *identity.Service, fr *friends.Service, bus *oidb.Bus, options Options) *access.Door {
	d := &door{Options: options, identity: id, friends: fr, bus: bus}
	d.bodies = map[string]decoder{
		"/auth/verify_login":      decode[verifyLoginBody],
		"/auth/guest_check_token": decode[guestBody],
		"/auth/get_pfval":         decode[pfvalBody],

		"/relation/qqprofile":         decode[tokenBody],
		"/relation/qqfriends_detail":  decode[friendsBody],
		"/relation/qqstrange_profile": decode[strangersBody],
		"/relation/qq_unreg_friends":  decode[othersBody],
		"/relation/qqfriends_vip":     decode[membersBody],
		"/relation/get_vip_rich_info": decode[tokenBody],
		"/profile/query_vip":          decode[vipBody],
		"/profile/get_wifi":           decode[wifiBody],
		"/profile/qqget_first_reg":    decode[firstRegBody],
	}
	for _, path := range unmapped {
		d.bodies[path] = decode[anyBody]
	}
	door := &access.Door{
		Name:          "msdkv3",
		Prefixes:      []string{"/auth/", "/relation/", "/profile/"},
		TrailingSlash: true,
		Stages: []access.Stage{
			{Name: "v3-params", Run: params},
			{Name: "v3-app", Run: d.app},
			{Name: "v3-no-guest", Run: noGuest},
			{Name: "v3-signature", Run: d.signature},
			{Name: "v3-user", Run: d.user},
			{Name: "v3-body", Run: body},
			{Name: "v3-test-number", Run: d.testNumber},
		},
		Handlers: map[string]access.Handler{
			"POST /auth/verify_login":      d.verifyLogin,
			"POST /auth/guest_check_token": d.guestCheck,
			"POST /auth/get_pfval":         d.pfval,

			"POST /relation/qqprofile":         d.qqProfile,
			"POST /relation/qqfriends_detail":  d.friendsDetail,
			"POST /relation/qqstrange_profile": d.strangers,
			"POST /relation/qq_unreg_friends":  d.otherFriends,
			"POST /relation/qqfriends_vip":     d.members,
			"POST /relation/get_vip_rich_info": d.vipRichInfo,
			"POST /profile/query_vip":          d.queryVIP,
			"POST /profile/get_wifi":           d.wifi,
			"POST /profile/qqget_first_reg":    d.firstReg,
		},
		Encode: encode,
	}
	for _, path := range unmapped {
		door.Handlers["POST "+path] = notMapped
	}
	return door
}

// unmapped are the interfaces of MSDK V3 that have no command here (msdk-v3.md, 4 and 5.19).
var unmapped = []string{
	"/auth/getlogin_info", "/auth/qqa8_login",
	"/relation/qqfriends", "/relation/qq_gain_chest", "/relation/qq_gain_chestV2",
	"/profile/load_vip", "/profile/get_gift", "/profile/get_xinyue_super",
}

// params reads the URL's parameters (msdk-v3.md, 2). conn, version, ishttps and opua change nothing here.
func params(c *access.Call) (err error) {
	if c.Query, err = sign.ParseQuery(c.Query, c.Request.URL.RawQuery); err != nil {
		return retcode.V3HTTPUnreadable.Errorf("%v", err)
	}
	for _, name := range [...]string{"timestamp", "appid", "sig", "encode"} {
		if c.Query.Get(name) == "" {
			return retcode.V3ParameterMissing.Errorf("URL parameter %q is missing or empty", name)
		}
	}
	// Seconds in the documents, milliseconds from the official SDK: either is only what was signed.
	if ts := c.Query.Get("timestamp"); len(ts) > 20 || strings.Trim(ts, "0123456789") != "" {
		return retcode.V3ParameterMissing.Errorf("URL parameter \"timestamp\" is not a Unix time")
	}
	if _, ok := sign.V3KeyName(c.Query.Get("encode")); !ok {
		return retcode.V3ParameterMissing.Errorf("URL parameter \"encode\" is neither 1 (appkey) nor 2 (msdkkey)")
	}
	if !wordLike(c.Query.Get(extInfo)) {
		return retcode.V3ParameterMissing.Errorf("URL parameter %q has other characters than letters, digits and underscores", extInfo)
	}
	return nil
}

// extInfo is the caller's serial number, which the answer repeats.
const extInfo = "msdkExtInfo"

// wordLike reports whether a text has letters, digits and underscores only.
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

// cutGuest takes the mark of a guest off an appid in the URL (msdk-v3.md, 5.2).
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

// noGuest refuses guests on all interfaces but their own (msdk-v3.md, 5.2).
func noGuest(c *access.Call) error {
	if _, guest := cutGuest(c.Query.Get("appid")); guest {
		return retcode.V3NotForGuests
	}
	return nil
}

// signature checks sig by the key that encode names (msdk-v3.md, 2.1).
func (d *door) signature(c *access.Call) error {
	timestamp, encode := c.Query.Get("timestamp"), c.Query.Get("encode")
	right, other := c.App.AppKey, c.App.MSDKKey
	otherName := "msdkkey, which goes with encode=2"
	if encode == "2" {
		right, other = other, right
		otherName = "appkey, which goes with encode=1"
	}
	if sign.V3Verify(c.Query.Get("sig"), timestamp, right) {
		return nil
	}
	if d.ExplainSignatures {
		keys := sign.V3Keys{Right: right, Others: map[string]string{otherName: other}}
		if c.App.GameID != 0 {
			keys.Others["client_sigkey"] = c.App.ClientSigKey
		}
		for source, key := range c.App.SigKeys {
			keys.Others["sigkey of source "+source] = key
		}
		c.NoteSigned(sign.V3Source(timestamp, encode))
		c.Note(slog.String("mistake", sign.V3Mistake(c.Query.Get("sig"), timestamp, keys)))
	}
	return retcode.V3SignatureWrong
}

// user finds out who the call is for, before the body is judged: the rate of one user comes first. The URL need not have
// the openid.
func (d *door) user(c *access.Call) error {
	in, err := d.bodies[c.Route.Path](c)
	if err != nil {
		c.Input = fault{err}
		c.User = canonical(c.Query.Get("openid"))
		return nil
	}
	c.Input, c.User = in, canonical(in.user())
	return nil
}

// canonical is an openid in one case, so that there is one rate for it.
func canonical(openid string) string {
	if len(openid) > maxText {
		return ""
	}
	return strings.ToUpper(openid)
}

// body returns what is wrong with the body.
func body(c *access.Call) error {
	if wrong, ok := c.Input.(fault); ok {
		return wrong.err
	}
	return nil
}
