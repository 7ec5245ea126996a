package msdkv5

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

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
		access.API("POST", "/v2/auth/verify_login", msdk.Action(bodies, d.verifyLogin), k.standard).Calls(checkPlayer),
		access.API("POST", "/v2/auth/get_pfval", msdk.Action(bodies, d.pfval), k.sensitive).Calls(checkPay),
		access.API("GET", "/v2/auth/decrypt", access.Action{Handle: d.decrypt}, k.signed, access.OrdinaryAddress, k.bounded).
			Answers(retcode.V5ParameterMissing, retcode.V5LinkUndecryptable, retcode.QQTestNumberRequired),
		// Called by players' devices, whose addresses nobody can list.
		access.API("POST", "/v2/auth/login", msdk.Action(bodies, d.login),
			k.params, k.game, k.client, access.Online, access.Granted, k.bounded, k.body, access.UserRate).
			Calls(checkLogin).Answers(retcode.QQTestNumberRequired),
	}
}

// osPC is the os of logins through the PC SDK, in the URL or as client_os (msdk-v5.md, 1.1 and 3).
const osPC = "5"

// verifyLoginBody is the body of verify_login (msdk-v5.md, 3).
type verifyLoginBody struct {
	playerBody
	ClientOS clientOS `json:"client_os"`
}

// clientOS reports whether a client_os is that of the PC SDK.
type clientOS bool

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (c *clientOS) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var text stringOrNumber
	err := text.UnmarshalJSONFrom(dec)
	*c = text == osPC
	return err
}

// Set implements flatjson.Object for the most frequent check.
func (b *verifyLoginBody) Set(name, value []byte, _ flatjson.Kind) bool {
	switch string(name) {
	case "openid":
		b.OpenID.set(stringOrNumber(value))
	case "token":
		b.Token = stringOrNumber(value)
	case "client_os":
		b.ClientOS = string(value) == osPC
	}
	return true
}

// loggedIn is allocated once: every successful call answers it.
var loggedIn any = success("user is logged in.")

// verifyLogin checks a player's MSDK token.
func (d *door) verifyLogin(c *access.Call, in *verifyLoginBody) (any, error) {
	req := in.request(c)
	req.PC = req.PC || bool(in.ClientOS)
	_, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, req)
	return loggedIn, err
}

// pfvalBody is the body of get_pfval (msdk-v5.md, 5). For QQ the token is the pay token, under either name.
type pfvalBody struct {
	playerID
	Token      stringOrNumber `json:"token"`
	PayToken   stringOrNumber `json:"pay_token"`
	ChannelDis stringOrNumber `json:"channel_dis"`
}

func (b *pfvalBody) Check(*access.Call) error {
	switch {
	case b.missing():
		return missing("openid")
	case b.PayToken == "" && b.Token == "":
		return missing("pay_token")
	case b.ChannelDis == "":
		return missing("channel_dis")
	case len(b.ChannelDis) > 32 || strings.Trim(string(b.ChannelDis), "0123456789") != "":
		return retcode.V5FieldInvalid.Errorf("body member \"channel_dis\" is not a number of at most 32 digits")
	}
	return b.check()
}

type pfvalResult struct {
	result
	PF    string `json:"pf"`
	PFKey string `json:"pf_key"`
}

// pfval makes the strings with which a game's back end begins a payment.
func (d *door) pfval(c *access.Call, in *pfvalBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckPay, wire.CheckRequest{
		AppID: c.App.AppID, MSDKOpenID: in.OpenID.id, Token: string(cmp.Or(in.PayToken, in.Token)),
	})
	if err != nil {
		return nil, err
	}
	pf := sign.PF{
		Platform: "desktop_m_qq",
		Channel:  string(in.ChannelDis), System: systemName(c.Query.Get("os")), InstallChannel: string(in.ChannelDis),
		AppID: c.App.AppID.String(), OpenID: rsp.OpenID.String(),
	}
	return &pfvalResult{PF: pf.String(), PFKey: pf.Key(c.App.AppKey)}, nil
}

// systemName returns the os of a URL as payment strings write it.
func systemName(os string) string {
	switch os {
	case "1":
		return "android"
	case "2":
		return "iap"
	case "3":
		return "web"
	case osPC:
		return "windows"
	default:
		return "linux"
	}
}

// linkParam carries the identity that decrypt opens.
const linkParam = "itopencodeparam"

// decrypt opens the identity in a link of the in-app browser (msdk-v5.md, 4). Its success is not JSON.
func (d *door) decrypt(c *access.Call) (any, error) {
	param := c.Query.Get(linkParam)
	if param == "" {
		return nil, retcode.V5ParameterMissing.Errorf("URL parameter %q is missing or empty", linkParam)
	}
	link, err := d.identity.OpenLink(c.Context(), c.App.AppID, param)
	if err != nil {
		return nil, err
	}
	c.User = link.MSDKOpenID.String()
	if err := d.identity.CheckTestPlayer(c.Context(), c.App, link.MSDKOpenID); err != nil {
		return nil, err
	}
	platid := "1"
	if c.Query.Get("os") == "2" {
		platid = "0"
	}
	return text("openid=" + c.User +
		"&access_token=" + url.QueryEscape(link.Token) +
		"&gopenid=" + c.User +
		"&appid=" + c.App.AppID.String() +
		"&acctype=qq&platid=" + platid), nil
}

// loginBody is the body that a game's client sends with a QQ login (msdk-v5.md, 2.4).
type loginBody struct {
	ChannelInfo struct {
		OpenID      stringOrNumber `json:"openid"`
		AccessToken stringOrNumber `json:"access_token"`
	} `json:"channel_info"`

	openid platform.OpenID
}

func (b *loginBody) User() string { return b.openid.String() }

func (*loginBody) Codes() []retcode.Code {
	return append(slices.Clone(memberCodes), retcode.QQOpenIDIllegal)
}

func (b *loginBody) Check(*access.Call) (err error) {
	switch {
	case b.ChannelInfo.OpenID == "":
		return missing("channel_info.openid")
	case b.ChannelInfo.AccessToken == "":
		return missing("channel_info.access_token")
	}
	if b.openid, err = platform.ParseOpenID(string(b.ChannelInfo.OpenID)); err != nil {
		return retcode.QQOpenIDIllegal.Errorf("channel_info: %v", err)
	}
	return nil
}

// loginResult holds the members of a login that client SDKs read (msdk-v5.md, 13).
type loginResult struct {
	result
	OpenID          platform.MSDKOpenID `json:"openid"`
	Token           string              `json:"token"`
	TokenExpireTime int64               `json:"token_expire_time"` // Unix seconds
	First           int                 `json:"first"`
	UserName        string              `json:"user_name"`
	Gender          int                 `json:"gender"`
	PictureURL      string              `json:"picture_url"`
	ChannelID       int                 `json:"channelid"`
	Channel         string              `json:"channel"`
}

// login gives a game's client an MSDK token for its QQ access token.
func (d *door) login(c *access.Call, in *loginBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{
		AppID: c.App.AppID, OpenID: in.openid[:], Token: string(in.ChannelInfo.AccessToken),
	})
	if err != nil {
		return nil, err
	}
	if err := identity.CheckTestNumber(c.App, rsp.UIN, in.openid); err != nil {
		return nil, err
	}
	login, err := d.identity.LogInPlayer(c.Context(), c.App.AppID, &rsp, c.Query.Get("os") == osPC)
	if err != nil {
		return nil, err
	}
	first := 0
	if login.First {
		first = 1
	}
	return &loginResult{
		OpenID:          login.MSDKOpenID,
		Token:           login.Token,
		TokenExpireTime: time.UnixMilli(login.ExpiresMS).Unix(),
		First:           first,
		UserName:        login.Profile.Nickname,
		Gender:          login.Profile.Gender,
		PictureURL:      login.Profile.Picture(pictureSize),
		ChannelID:       platform.ChannelQQ,
		Channel:         "QQ",
	}, nil
}
