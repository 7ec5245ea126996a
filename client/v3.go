package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// V3 calls MSDK V3, the older interface (msdk-v3.md). It needs App.AppID and App.MSDKKey.
type V3 struct{ client *Client }

// User is a user of an app, identified by a token that the app holds.
type User struct {
	OpenID string // 32 hex digits
	Token  string // the access token; VerifyLogin takes an openkey too
}

// VerifyLogin checks a login; nil means that it is valid. It extends a valid openkey to two hours from now. userIP is the
// user's address and may be empty.
func (v *V3) VerifyLogin(ctx context.Context, u User, userIP string) error {
	return v.call(ctx, "/auth/verify_login", v.client.app.AppID, u.OpenID, map[string]any{
		"appid": v.appID(), "openid": u.OpenID, "openkey": u.Token, "userip": userIP,
	}, nil)
}

// GuestCheckToken checks a guest's login; nil means that it is valid. The guestid begins with G_.
func (v *V3) GuestCheckToken(ctx context.Context, guestID, token string) error {
	return v.call(ctx, "/auth/guest_check_token", "G_"+v.client.app.AppID, guestID, map[string]any{
		"guestid": guestID, "accessToken": token,
	}, nil)
}

// V3Payment holds the parameters of GetPFVal.
type V3Payment struct {
	OpenID         string // 32 hex digits
	PayToken       string
	RegChannel     string // through which the user registered
	OS             string // such as android or iap
	InstallChannel string // through which the game was installed
	OfferID        string // the payment's appid
}

// GetPFVal checks a pay token and returns the strings with which its payment begins.
func (v *V3) GetPFVal(ctx context.Context, p V3Payment) (PF, error) {
	var out struct {
		PF    string `json:"pf"`
		PFKey string `json:"pfKey"`
	}
	err := v.call(ctx, "/auth/get_pfval", v.client.app.AppID, p.OpenID, map[string]any{
		"appid": v.client.app.AppID, "openid": p.OpenID, "accessToken": p.PayToken, "platform": "desktop_m_qq",
		"regChannel": p.RegChannel, "os": p.OS, "installchannel": p.InstallChannel, "offerid": p.OfferID,
	}, &out, &out.PF, &out.PFKey)
	return PF(out), err
}

// appID returns the appid for the one interface that takes it as a number.
func (v *V3) appID() any {
	if n, err := strconv.ParseUint(v.client.app.AppID, 10, 64); err == nil {
		return n
	}
	return v.client.app.AppID
}

// call signs and makes a call; out may be nil. The appid and openid go into the URL. A success must have these members of
// out.
func (v *V3) call(ctx context.Context, path, appid, openid string, in map[string]any, out any, members ...*string) error {
	return v.callIn(ctx, path, appid, openid, in, out, []retcode.Domain{retcode.QQ}, members...)
}

// callIn is call for an interface whose platform codes are of these domains.
func (v *V3) callIn(ctx context.Context, path, appid, openid string, in map[string]any, out any, domains []retcode.Domain, members ...*string) error {
	return v.send(ctx, &v3Call{path: path, appid: appid, openid: openid, in: in, out: out, domains: domains}, members...)
}

// v3Call is a call of MSDK V3.
type v3Call struct {
	path, appid, openid string
	in                  map[string]any
	out                 any              // may be nil
	domains             []retcode.Domain // of the platform's codes
	once                bool             // it must not be carried out twice
}

func (v *V3) send(ctx context.Context, c *v3Call, members ...*string) error {
	body, err := json.Marshal(c.in)
	if err != nil {
		return err
	}
	return v.client.do(ctx, &call{
		method: http.MethodPost, path: c.path, body: body, media: mediaJSON, once: c.once,
		needs: []need{{"AppID", v.client.app.AppID}, {"MSDKKey", v.client.app.MSDKKey}},
		query: func(now time.Time) string {
			timestamp := strconv.FormatInt(now.Unix(), 10)
			return url.Values{
				"timestamp": {timestamp}, "appid": {c.appid}, "openid": {c.openid}, "encode": {"2"},
				"sig": {sign.V3(timestamp, v.client.app.MSDKKey)},
			}.Encode()
		},
		read: func(a *answer) error {
			if err := readV3In(a, c.out, c.domains); err != nil {
				return err
			}
			return a.wants("MSDK V3", members...)
		},
	})
}

// platformFailed is the ret of an answer whose msg opens with the platform's own code (msdk-v3.md, 3).
const platformFailed = -10000

// readV3 reads an answer of MSDK V3 (msdk-v3.md, 3) into out, which may be nil.
func readV3(a *answer, out any) error { return readV3In(a, out, []retcode.Domain{retcode.QQ}) }

// readV3In is readV3 for an interface whose platform codes are of these domains.
func readV3In(a *answer, out any, domains []retcode.Domain) error {
	var common struct {
		Ret *int   `json:"ret"`
		Msg string `json:"msg"`
	}
	if err := json.Unmarshal(a.body, &common); err != nil || common.Ret == nil {
		return a.foreign("MSDK V3")
	}
	number := *common.Ret
	switch number {
	case 0:
		return readMore(a, out)
	case platformFailed:
		text, message, _ := strings.Cut(common.Msg, ",")
		if inner, err := strconv.Atoi(text); err == nil {
			e := a.refused(inner, message)
			e.code = lookup(inner, domains...)
			return e
		}
	}
	e := a.refused(number, common.Msg)
	e.code = lookup(number, retcode.MSDKv3)
	if e.code == 0 && slices.Contains(domains, retcode.Group) { // whose codes the newer interfaces answer as ret
		e.code = lookup(number, retcode.Group)
	}
	return e
}
