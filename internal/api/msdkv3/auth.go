package msdkv3

import (
	"errors"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/flatjson"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) auth(k checks) []access.Endpoint {
	return []access.Endpoint{
		access.API("POST", "/auth/verify_login", msdk.Action(bodies, d.verifyLogin), k.standard).Calls(checkLogin).
			Does("Checks a player's access token or openkey. A valid openkey is extended to two hours from now."),
		access.API("POST", "/auth/guest_check_token", msdk.Action(bodies, d.guestCheck),
			k.params, k.app, k.signature, k.player, access.OrdinaryAddress, k.bounded).Calls(checkAccess).Refuses(refuseGuest).
			Does("Checks a guest's token. The appid in the URL has G_ in front."),
		access.API("POST", "/auth/get_pfval", msdk.Action(bodies, d.pfval), k.signed, k.player, access.SensitiveAddress, k.bounded).Calls(checkPay).
			Does("Makes the strings with which a game's back end begins a payment.").Returns(pfvalResult{}),
	}
}

// verifyLoginBody is the body of verify_login (msdk-v3.md, 5.1).
type verifyLoginBody struct {
	player
	AppID   appID  `json:"appid" required:"true" doc:"the URL's appid"`
	Openkey string `json:"openkey" required:"true" doc:"an access token or an openkey"`
	UserIP  string `json:"userip" doc:"the player's address, which changes nothing"`
}

// Set implements flatjson.Object for the most frequent check.
func (b *verifyLoginBody) Set(name, value string, kind flatjson.Kind) bool {
	var into *string
	switch name {
	case "openid":
		into = &b.OpenID
	case "openkey":
		into = &b.Openkey
	case "userip":
		into = &b.UserIP
	case "appid":
		id, err := platform.ParseAppID(value)
		b.AppID = appID(id)
		return err == nil
	default:
		return true
	}
	*into = value
	return kind == flatjson.String
}

func (b *verifyLoginBody) Check(c *access.Call) error {
	if err := b.AppID.check(c); err != nil {
		return err
	}
	if b.Openkey == "" {
		return empty("openkey")
	}
	return b.player.Check(c)
}

// loggedIn is allocated once: every successful call answers it.
var loggedIn any = success("user is logged in")

// verifyLogin checks a login. A valid openkey is extended to two hours from now.
func (d *door) verifyLogin(c *access.Call, in *verifyLoginBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{
		AppID: c.App.AppID, OpenID: in.packed, Token: in.Openkey, Either: true,
	})
	return loggedIn, err
}

// guestBody is the body of guest_check_token (msdk-v3.md, 5.2).
type guestBody struct {
	GuestID     string `json:"guestid" required:"true" doc:"the guest: G_ and 32 hex digits"`
	AccessToken string `json:"accessToken" required:"true" doc:"the guest's token"`

	guest platform.OpenID
}

func (b *guestBody) Check(c *access.Call) (err error) {
	switch {
	case b.GuestID == "":
		return empty("guestid")
	case b.AccessToken == "":
		return empty("accessToken")
	}
	if b.guest, err = identity.ParseGuestID(b.GuestID); err != nil {
		return retcode.V3GuestInvalid.Errorf("body member \"guestid\" is not G_ and 32 hex digits")
	}
	return sameUser(c, b.GuestID)
}

func (b *guestBody) User() string   { return canonical(b.GuestID) }
func (b *guestBody) openid() []byte { return b.guest[:] }

func (*guestBody) Codes() []retcode.Code {
	return []retcode.Code{retcode.V3FieldInvalid, retcode.V3GuestInvalid}
}

var guestHolds any = success("ok")

// guestCheck checks a guest's login.
func (d *door) guestCheck(c *access.Call, in *guestBody) (any, error) {
	if _, guest := cutGuest(c.Query.Get("appid")); !guest {
		return nil, retcode.V3GuestInvalid.Errorf("the appid in the URL has no G_ in front")
	}
	_, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{
		AppID: c.App.AppID, OpenID: in.openid(), Token: in.AccessToken, Guest: true,
	})
	return guestHolds, err
}

// refuseGuest has two numbers for everything that can be wrong with a guest: one for what 0x711 finds, one for a check that
// could not be made.
func refuseGuest(err error) error {
	var failure *oidb.Failure
	if !errors.As(err, &failure) {
		return err
	}
	code := retcode.V3GuestFailed
	if failure.Code.Domain() == retcode.AccessToken && !failure.Undecided() {
		code = retcode.V3GuestInvalid
	}
	why := failure.Error()
	var coded *retcode.Error
	if errors.As(err, &coded) && coded.Cause() != nil {
		why += ": " + coded.Cause().Error()
	}
	return code.WithCause(errors.New(why))
}

// pfvalBody is the body of get_pfval (msdk-v3.md, 5.3 and 5.20). For QQ the access token is the pay token.
type pfvalBody struct {
	player
	AppID          appID  `json:"appid" required:"true" doc:"the URL's appid"`
	AccessToken    string `json:"accessToken" required:"true" doc:"the pay token"`
	Platform       string `json:"platform" required:"true" oneof:"desktop_m_qq" doc:"how the player logged in: with QQ"`
	RegChannel     string `json:"regChannel" required:"true" max:"64" doc:"the channel through which the player registered: letters, digits and underscores"`
	OS             string `json:"os" required:"true" max:"64" doc:"the player's system, likewise"`
	InstallChannel string `json:"installchannel" required:"true" max:"64" doc:"the channel through which the game was installed, likewise"`
	OfferID        string `json:"offerid" doc:"the game's number for payments, which changes nothing"`
}

// platformQQ is the only platform whose payments begin here: those of WeChat and guests begin elsewhere.
const platformQQ = "desktop_m_qq"

func (b *pfvalBody) Check(c *access.Call) error {
	if err := b.AppID.check(c); err != nil {
		return err
	}
	if b.AccessToken == "" {
		return empty("accessToken")
	}
	for _, part := range [...]struct{ name, text string }{
		{"platform", b.Platform}, {"regChannel", b.RegChannel}, {"os", b.OS}, {"installchannel", b.InstallChannel},
	} {
		switch {
		case part.text == "":
			return empty(part.name)
		case len(part.text) > maxText || !wordLike(part.text):
			return retcode.V3FieldInvalid.Errorf("body member %q is not at most %d letters, digits and underscores", part.name, maxText)
		}
	}
	if b.Platform != platformQQ {
		return retcode.V3FieldInvalid.Errorf("body member \"platform\" is not %s, the only one that this platform serves", platformQQ)
	}
	return b.player.Check(c)
}

// pfvalResult holds the members of get_pfval's answer in addition to the common ones.
type pfvalResult struct {
	PF    string `json:"pf" doc:"the payment string"`
	PFKey string `json:"pfKey" doc:"the MD5 of the payment string and the appkey"`
}

// pfval makes the strings with which a game's back end begins a payment.
func (d *door) pfval(c *access.Call, in *pfvalBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckPay, wire.CheckRequest{
		AppID: c.App.AppID, OpenID: in.packed, Token: in.AccessToken,
	})
	if err != nil {
		return nil, err
	}
	pf := sign.PF{
		Platform: in.Platform, Channel: in.RegChannel, System: in.OS, InstallChannel: in.InstallChannel,
		AppID: c.App.AppID.String(), OpenID: rsp.OpenID.String(),
	}
	return &pfvalResult{PF: pf.String(), PFKey: pf.Key(c.App.AppKey)}, nil
}

// testNumber lets only test numbers use an app of the test environment. It passes bytes that are not an openid: the check
// of their token refuses them.
func (d *door) testNumber(c *access.Call, in interface{ openid() []byte }) error {
	if openid := in.openid(); len(openid) == len(platform.OpenID{}) {
		return d.identity.CheckTestOpenID(c.Context(), c.App, platform.OpenID(openid))
	}
	return nil
}
