package msdkv5

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/flatjson"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) auth(k checks) []access.Endpoint {
	// Called by players' devices, whose addresses nobody can list.
	login := access.API("POST", "/v2/auth/login", msdk.Action(bodies, d.login),
		k.params, k.game, k.client, access.Online, access.Granted, k.bounded, k.body, access.UserRate).
		Calls(checkAccess).Answers(retcode.QQTestNumberRequired).
		Does("Gives a game's client an MSDK token for its QQ access token. It is signed with the client's key.").Takes(loginParams{}).Returns(loginResult{})
	login.Signature = "v5 --client"
	return []access.Endpoint{
		access.API("POST", "/v2/auth/verify_login", msdk.Action(bodies, d.verifyLogin), k.standard).Calls(checkAccess).
			Does("Checks a player's MSDK token."),
		access.API("POST", "/v2/auth/get_pfval", msdk.Action(bodies, d.pfval), k.sensitive).Calls(checkPay).
			Does("Makes the strings with which a game's back end begins a payment.").Returns(pfvalResult{}),
		access.API("GET", "/v2/auth/decrypt", access.Action{Handle: d.decrypt}, k.signed, access.OrdinaryAddress, k.bounded).
			Answers(retcode.V5ParameterMissing, retcode.V5LinkUndecryptable, retcode.QQTestNumberRequired).
			Does("Opens the identity in a link of the in-app browser. Its success is a text, as of a form, and not JSON.").Takes(linkParams{}).Returns(linkIdentity{}),
		login,
	}
}

// osPC is the os of logins through the PC SDK, in the URL or as client_os (msdk-v5.md, 1.1 and 3).
const osPC = "5"

// verifyLoginBody is the body of verify_login (msdk-v5.md, 3).
type verifyLoginBody struct {
	playerBody
	ClientOS int `json:"client_os" oneof:"1 2 3 4 5" doc:"5 for a login through the PC SDK"`
}

// clientPC is the client_os of logins through the PC SDK.
const clientPC = 5

// Set implements flatjson.Object for the most frequent check.
func (b *verifyLoginBody) Set(name, value string, kind flatjson.Kind) bool {
	switch name {
	case "openid":
		b.OpenID = value
	case "token":
		b.Token = value
	case "client_os":
		if kind != flatjson.Number || len(value) != 1 {
			return false
		}
		b.ClientOS = int(value[0] - '0')
		return true
	default:
		return true
	}
	return kind == flatjson.String
}

// loggedIn is allocated once: every successful call answers it.
var loggedIn any = success("user is logged in.")

// verifyLogin checks a player's MSDK token.
func (d *door) verifyLogin(c *access.Call, in *verifyLoginBody) (any, error) {
	req := in.request(c)
	req.PC = req.PC || in.ClientOS == clientPC
	_, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, req)
	return loggedIn, err
}

// pfvalBody is the body of get_pfval (msdk-v5.md, 5). For QQ the token is the pay token, under either name.
type pfvalBody struct {
	playerID
	Token      string `json:"token" doc:"the pay token, under the name that other channels use"`
	PayToken   string `json:"pay_token" doc:"the pay token; required unless token has it"`
	ChannelDis string `json:"channel_dis" required:"true" max:"32" doc:"the distribution channel through which the player came: digits"`
}

func (b *pfvalBody) Check(*access.Call) error {
	switch {
	case b.OpenID == "":
		return missing("openid")
	case b.PayToken == "" && b.Token == "":
		return missing("pay_token")
	case b.ChannelDis == "":
		return missing("channel_dis")
	case !isChannel(b.ChannelDis):
		return retcode.V5FieldInvalid.Errorf("body member \"channel_dis\" is not a number of at most 32 digits")
	}
	return b.check()
}

type pfvalResult struct {
	result
	PF    string `json:"pf" doc:"the payment string"`
	PFKey string `json:"pf_key" doc:"the MD5 of the payment string and the appkey"`
}

// pfval makes the strings with which a game's back end begins a payment.
func (d *door) pfval(c *access.Call, in *pfvalBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckPay, wire.CheckRequest{
		AppID: c.App.AppID, MSDKOpenID: in.id, Token: cmp.Or(in.PayToken, in.Token),
	})
	if err != nil {
		return nil, err
	}
	pf := payment(c, "desktop_m_qq", in.ChannelDis, rsp.OpenID)
	return &pfvalResult{PF: pf.String(), PFKey: pf.Key(c.App.AppKey)}, nil
}

// isChannel reports whether a text names a distribution channel.
func isChannel(text string) bool {
	return text != "" && len(text) <= 32 && strings.Trim(text, "0123456789") == ""
}

// payment returns the payment string of a player who came through a channel.
func payment(c *access.Call, from, channel string, openid platform.OpenID) *sign.PF {
	return &sign.PF{
		Platform: from, Channel: channel, System: systemName(c.Query.Get("os")), InstallChannel: channel,
		AppID: c.App.AppID.String(), OpenID: openid.String(),
	}
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

// linkParams are the parameters of decrypt.
type linkParams struct {
	Link string `json:"itopencodeparam" required:"true" doc:"the sealed identity, from the link's address; it may be signed or not"`
}

// linkIdentity are the pairs of decrypt's success.
type linkIdentity struct {
	OpenID      platform.MSDKOpenID `json:"openid" doc:"the player's MSDK openid"`
	AccessToken string              `json:"access_token" doc:"an MSDK token"`
	GOpenID     platform.MSDKOpenID `json:"gopenid" doc:"the MSDK openid once more"`
	AppID       platform.AppID      `json:"appid" doc:"the appid"`
	AccType     string              `json:"acctype" doc:"qq"`
	PlatID      string              `json:"platid" oneof:"0 1" doc:"0 for os 2, 1 for any other"`
}

// loginParams are the parameters of login.
type loginParams struct {
	StoreChannel string `json:"store_channel" max:"32" doc:"the distribution channel through which the player came: digits; anything else counts as 0"`
}

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
		OpenID      string `json:"openid" required:"true" doc:"the person's QQ openid at the app: 32 hex digits"`
		AccessToken string `json:"access_token" required:"true" doc:"the QQ access token"`
	} `json:"channel_info" required:"true" doc:"the login at QQ"`

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
	if b.openid, err = platform.ParseOpenID(b.ChannelInfo.OpenID); err != nil {
		return retcode.QQOpenIDIllegal.Errorf("channel_info: %v", err)
	}
	return nil
}

// loginResult holds the members of a login that client SDKs read (msdk-v5.md, 13). Clients look for the channel's number under
// either name.
type loginResult struct {
	result
	OpenID          platform.MSDKOpenID `json:"openid" doc:"the player's MSDK openid"`
	Token           string              `json:"token" doc:"the new MSDK token"`
	TokenExpireTime int64               `json:"token_expire_time" doc:"when the token expires, in Unix seconds"`
	First           int                 `json:"first" doc:"1 at the player's first login to the game"`
	RegChannelDis   string              `json:"reg_channel_dis" doc:"the channel through which the player came"`
	UserName        string              `json:"user_name" doc:"the nickname"`
	Gender          int                 `json:"gender" doc:"1 male, 2 female, 0 not given"`
	Birthdate       string              `json:"birthdate" doc:"always empty"`
	PictureURL      string              `json:"picture_url" doc:"address of the picture, 100 pixels a side"`
	PF              string              `json:"pf" doc:"the payment string"`
	PFKey           string              `json:"pf_key" doc:"the MD5 of the payment string and the appkey"`
	NeedNameAuth    bool                `json:"need_name_auth" doc:"always false"`
	ChannelID       int                 `json:"channelid" doc:"2, for QQ"`
	ChannelIDToo    int                 `json:"channel_id" doc:"the same"`
	Channel         string              `json:"channel" doc:"QQ"`
	ChannelInfo     string              `json:"channel_info" doc:"the QQ openid and access token, as a JSON document in a string"`
	UID             platform.MSDKOpenID `json:"uid" doc:"the MSDK openid once more"`
	HealthGameExt   string              `json:"health_game_ext" doc:"always empty"`
	BindList        []bound             `json:"bind_list" doc:"the channels through which the player can log in: QQ alone"`
	ConfirmCode     string              `json:"confirm_code" doc:"always empty"`
	ConfirmCodeEnds int64               `json:"confirm_code_expire_time" doc:"always 0"`
}

// bound is a channel through which a player can log in: here, QQ alone.
type bound struct {
	ChannelID  int    `json:"channelid" doc:"2, for QQ"`
	UserName   string `json:"user_name" doc:"the nickname"`
	PictureURL string `json:"picture_url" doc:"address of the picture"`
}

// login gives a game's client an MSDK token for its QQ access token.
func (d *door) login(c *access.Call, in *loginBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{
		AppID: c.App.AppID, OpenID: in.openid[:], Token: in.ChannelInfo.AccessToken,
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
	channel := c.Query.Get("store_channel") // msdk-v5.md, 2.4
	if !isChannel(channel) {
		channel = "0"
	}
	from := "desktop_m_qq"
	if os := c.Query.Get("os"); os == "1" || os == "2" { // of a phone
		from = "qq_m_qq"
	}
	pf := payment(c, from, channel, in.openid)
	info, _ := json.Marshal(&in.ChannelInfo) // decoded from JSON
	shown := &login.Profile
	picture := d.profiles.Picture(shown, profile.PictureSize)
	return &loginResult{
		OpenID:          login.MSDKOpenID,
		Token:           login.Token,
		TokenExpireTime: time.UnixMilli(login.ExpiresMS).Unix(),
		First:           platform.Bit(login.First),
		RegChannelDis:   channel,
		UserName:        shown.Nickname,
		Gender:          shown.Gender,
		PictureURL:      picture,
		PF:              pf.String(),
		PFKey:           pf.Key(c.App.AppKey),
		ChannelID:       platform.ChannelQQ,
		ChannelIDToo:    platform.ChannelQQ,
		Channel:         "QQ",
		ChannelInfo:     string(info),
		UID:             login.MSDKOpenID,
		BindList:        []bound{{platform.ChannelQQ, shown.Nickname, picture}},
	}, nil
}
