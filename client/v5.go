package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// V5 calls MSDK V5 as the back end of a game (msdk-v5.md). It needs App.GameID and App.SigKey.
type V5 struct{ client *Client }

// OS is the operating system of a player's device.
type OS int

// The systems that MSDK V5 knows.
const (
	Android OS = iota + 1
	IOS
	Web
	Linux
	Windows
)

// channelQQ is the only channel that the platform serves.
const channelQQ = "2"

// Player is a player of a V5 game, identified by the token of the player's login.
type Player struct {
	OpenID string // the game's MSDK openid for the player, a decimal number
	Token  string // the MSDK token
	PC     bool   // logged in by the PC SDK
}

// VerifyLogin checks a player's login; nil means that it is valid.
func (v *V5) VerifyLogin(ctx context.Context, p Player) error {
	return v.post(ctx, "/v2/auth/verify_login", p, nil, nil)
}

// V5Payment holds the parameters of GetPFVal.
type V5Payment struct {
	OpenID   string // the MSDK openid
	PayToken string
	Channel  string // the channel through which the game was distributed: a number of at most 32 digits
	OS       OS
}

// PF are the strings with which a game's back end begins a payment.
type PF struct {
	PF    string
	PFKey string
}

// GetPFVal checks a pay token and returns the strings with which its payment begins.
func (v *V5) GetPFVal(ctx context.Context, p V5Payment) (PF, error) {
	var out struct {
		PF    string `json:"pf"`
		PFKey string `json:"pf_key"`
	}
	in := map[string]any{"openid": p.OpenID, "pay_token": p.PayToken, "channel_dis": p.Channel}
	err := v.call(ctx, "/v2/auth/get_pfval", p.OS, in, &out, &out.PF, &out.PFKey)
	return PF(out), err
}

// V5Link is the identity carried by a link of the in-app browser.
type V5Link struct {
	OpenID      string // the MSDK openid
	AccessToken string
	AppID       string
}

// Decrypt returns the identity in a link: param is the link's itopencodeparam.
func (v *V5) Decrypt(ctx context.Context, param string, os OS) (link V5Link, err error) {
	const path = "/v2/auth/decrypt"
	err = v.client.do(ctx, &call{
		method: http.MethodGet, path: path, needs: v.needs(),
		query: func(now time.Time) string {
			params := v.params(os, now)
			params.Set("itopencodeparam", param)
			return v.signed(path, params, nil)
		},
		read: func(a *answer) error {
			if strings.HasPrefix(string(a.body), "{") { // a success is not JSON
				if err := readV5(a, nil); err != nil {
					return err
				}
			}
			values, err := url.ParseQuery(string(a.body))
			if err != nil || a.status != http.StatusOK || !values.Has("openid") {
				return a.foreign("MSDK V5")
			}
			link = V5Link{OpenID: values.Get("openid"), AccessToken: values.Get("access_token"), AppID: values.Get("appid")}
			return nil
		},
	})
	return link, err
}

// V5Login is a new login of a player.
type V5Login struct {
	OpenID     string    // the MSDK openid
	Token      string    // the MSDK token
	Expires    time.Time // when the token expires
	First      bool      // the player's first login at this game
	Nickname   string
	Gender     Gender
	PictureURL string
}

// Login exchanges a QQ openid and access token for a login at the game. It signs as a game's client does and needs
// App.ClientSigKey, so it is for tests and tools: a back end does not hold that key.
func (v *V5) Login(ctx context.Context, openid, accessToken string, os OS) (*V5Login, error) {
	const path = "/v2/auth/login"
	body, err := json.Marshal(map[string]any{"channel_info": map[string]string{"openid": openid, "access_token": accessToken}})
	if err != nil {
		return nil, err
	}
	var out struct {
		OpenID     json.Number `json:"openid"`
		Token      string      `json:"token"`
		Expires    int64       `json:"token_expire_time"`
		First      int         `json:"first"`
		UserName   string      `json:"user_name"`
		Gender     int         `json:"gender"`
		PictureURL string      `json:"picture_url"`
	}
	err = v.client.do(ctx, &call{
		method: http.MethodPost, path: path, body: body, media: mediaJSON,
		needs: []need{{"GameID", v.client.app.GameID}, {"ClientSigKey", v.client.app.ClientSigKey}},
		query: func(now time.Time) string {
			raw, q := encoded(v.params(os, now))
			return raw + "&sig=" + sign.V5Client(path, q, body, v.client.app.ClientSigKey)
		},
		read: func(a *answer) error {
			if err := readV5(a, &out); err != nil {
				return err
			}
			return a.wants("MSDK V5", (*string)(&out.OpenID), &out.Token)
		},
	})
	if err != nil {
		return nil, err
	}
	return &V5Login{
		OpenID: out.OpenID.String(), Token: out.Token, Expires: time.Unix(out.Expires, 0), First: out.First == 1,
		Nickname: out.UserName, Gender: Gender(out.Gender), PictureURL: out.PictureURL,
	}, nil
}

const mediaJSON = "application/json"

// post makes a call about a player.
func (v *V5) post(ctx context.Context, path string, p Player, more map[string]any, out any) error {
	in := map[string]any{"openid": p.OpenID, "token": p.Token}
	for name, value := range more {
		in[name] = value
	}
	return v.call(ctx, path, p.os(), in, out)
}

// call signs and makes a call; out may be nil. A success must have these members of out.
func (v *V5) call(ctx context.Context, path string, os OS, in map[string]any, out any, members ...*string) error {
	return v.send(ctx, path, os, false, in, out, members...)
}

// callOnce is call for what must not be carried out twice.
func (v *V5) callOnce(ctx context.Context, path string, os OS, in map[string]any, out any, members ...*string) error {
	return v.send(ctx, path, os, true, in, out, members...)
}

func (v *V5) send(ctx context.Context, path string, os OS, once bool, in map[string]any, out any, members ...*string) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return v.client.do(ctx, &call{
		method: http.MethodPost, path: path, body: body, media: mediaJSON, needs: v.needs(), once: once,
		query: func(now time.Time) string { return v.signed(path, v.params(os, now), body) },
		read: func(a *answer) error {
			if err := readV5(a, out); err != nil {
				return err
			}
			return a.wants("MSDK V5", members...)
		},
	})
}

func (v *V5) needs() []need {
	return []need{{"GameID", v.client.app.GameID}, {"SigKey", v.client.app.SigKey}}
}

// params are the parameters of every call (msdk-v5.md, 1.1).
func (v *V5) params(os OS, now time.Time) url.Values {
	source := v.client.app.Source
	if source == "" {
		source = "0"
	}
	return url.Values{
		"channelid": {channelQQ}, "gameid": {v.client.app.GameID}, "os": {strconv.Itoa(int(os))},
		"source": {source}, "ts": {strconv.FormatInt(now.Unix(), 10)},
	}
}

func (v *V5) signed(path string, params url.Values, body []byte) string {
	raw, q := encoded(params)
	return raw + "&sig=" + sign.V5(path, q, body, v.client.app.SigKey)
}

// encoded returns the parameters as they are sent and as they are signed.
func encoded(params url.Values) (raw string, q sign.Query) {
	raw = params.Encode()
	q, _ = sign.ParseQuery(nil, raw) // the text just written can only fail for not being UTF-8, which the platform refuses
	return raw, q
}

// readV5 reads an answer of MSDK V5 (msdk-v5.md, 1.2) into out, which may be nil.
func readV5(a *answer, out any) error {
	return readRet(a, out, retcode.MSDKv5, retcode.QQ, retcode.OIDB, retcode.Group, retcode.GameCenter)
}
