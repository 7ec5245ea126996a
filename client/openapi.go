package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// OpenAPI calls OpenAPI V3 (qq-connect-openapi.md, B). It needs App.AppID and App.AppKey.
type OpenAPI struct{ client *Client }

// Session is a user's session at an app, as the platform passes it to the app's page.
type Session struct {
	OpenID  string // 32 hex digits
	Openkey string // valid for two hours; IsLogin renews it
	PF      string // the platform that the user came from; "" stands for "qzone"
	UserIP  string // the user's address; may be empty
}

// IsLogin reports whether a session is valid, and extends a valid one to two hours from now.
func (o *OpenAPI) IsLogin(ctx context.Context, s Session) (bool, error) {
	err := o.call(ctx, "/v3/user/is_login", s, nil, nil)
	if errors.Is(err, retcode.OpenAPINotLoggedIn) {
		return false, nil
	}
	return err == nil, err
}

// IsSetup reports whether the user has installed the app.
func (o *OpenAPI) IsSetup(ctx context.Context, s Session) (bool, error) {
	var out struct {
		Setuped flag `json:"setuped"`
	}
	err := o.call(ctx, "/v3/user/is_setup", s, nil, &out, (*string)(&out.Setuped))
	return out.Setuped == yes, err
}

// profile holds the members of a profile. Which ones an answer has depends on the session's PF.
type profile struct {
	OpenID      string `json:"openid"`
	IsLost      number `json:"is_lost"`
	Nickname    string `json:"nickname"`
	Gender      string `json:"gender"`
	Province    string `json:"province"`
	City        string `json:"city"`
	FigureURL   string `json:"figureurl"`
	IsYellow    number `json:"is_yellow_vip"`
	YellowLevel number `json:"yellow_vip_level"`
	IsBlue      number `json:"is_blue_vip"`
	BlueLevel   number `json:"blue_vip_level"`
}

func (p *profile) public() UserInfo {
	info := UserInfo{
		Nickname: p.Nickname, Gender: genderOf(p.Gender), Province: p.Province, City: p.City, PictureURL: p.FigureURL,
		Incomplete: p.IsLost != 0,
	}
	if p.IsYellow != 0 {
		info.YellowVIP = int(p.YellowLevel)
	}
	if p.IsBlue != 0 {
		info.BlueVIP = int(p.BlueLevel)
	}
	return info
}

// GetInfo returns the user's profile.
func (o *OpenAPI) GetInfo(ctx context.Context, s Session) (*UserInfo, error) {
	var out profile
	if err := o.call(ctx, "/v3/user/get_info", s, nil, &out); err != nil {
		return nil, err
	}
	info := out.public()
	return &info, nil
}

// GetMultiInfo returns the profiles of at most 100 users of the app by openid. It leaves out people who do not use the app.
func (o *OpenAPI) GetMultiInfo(ctx context.Context, s Session, openids ...string) (map[string]UserInfo, error) {
	var out struct {
		Items []profile `json:"items"`
	}
	err := o.call(ctx, "/v3/user/get_multi_info", s, url.Values{"fopenids": {strings.Join(openids, "_")}}, &out)
	users := make(map[string]UserInfo, len(out.Items))
	for i := range out.Items {
		if p := &out.Items[i]; p.Nickname != "" || p.Gender != "" {
			users[p.OpenID] = p.public()
		}
	}
	return users, err
}

// YellowVIP returns the user's yellow diamond.
func (o *OpenAPI) YellowVIP(ctx context.Context, s Session) (Membership, error) {
	var out struct {
		Is    number `json:"is_yellow_vip"`
		Year  number `json:"is_yellow_year_vip"`
		Level number `json:"yellow_vip_level"`
		High  number `json:"is_yellow_high_vip"`
	}
	err := o.call(ctx, "/v3/user/is_vip", s, nil, &out)
	return Membership{YellowDiamond, out.Is != 0, out.Year != 0, int(out.Level), out.High != 0}, err
}

// vipInfo holds the memberships that OpenAPI V3 and MSDK have in common.
type vipInfo struct {
	OpenID      string `json:"openid"`
	Is          number `json:"is_vip"`
	Year        number `json:"is_year_vip"`
	Level       number `json:"vip_level"`
	Blue        number `json:"is_blue"`
	BlueYear    number `json:"is_year_blue"`
	BlueLevel   number `json:"blue_level"`
	Yellow      number `json:"is_yellow"`
	YellowYear  number `json:"is_year_yellow"`
	YellowLevel number `json:"yellow_level"`
	Red         number `json:"is_red"`
	RedLevel    number `json:"red_level"`
}

// public returns the memberships that the user holds.
func (v *vipInfo) public() (held []Membership) {
	for _, m := range []Membership{
		{Of: QQMember, Is: v.Is != 0, Year: v.Year != 0, Level: int(v.Level)},
		{Of: BlueDiamond, Is: v.Blue != 0, Year: v.BlueYear != 0, Level: int(v.BlueLevel)},
		{Of: RedDiamond, Is: v.Red != 0, Level: int(v.RedLevel)},
		{Of: YellowDiamond, Is: v.Yellow != 0, Year: v.YellowYear != 0, Level: int(v.YellowLevel)},
	} {
		if m.Is {
			held = append(held, m)
		}
	}
	return held
}

// VIP returns which of these the user holds: QQMember, BlueDiamond, RedDiamond and YellowDiamond.
func (o *OpenAPI) VIP(ctx context.Context, s Session) ([]Membership, error) {
	var out vipInfo
	err := o.call(ctx, "/v3/user/total_vip_info", s, url.Values{"member_vip": {"1"}, "blue_vip": {"1"}, "red_vip": {"1"}, "yellow_vip": {"1"}}, &out)
	return out.public(), err
}

// FriendsVIP returns, by openid, which of these memberships at most 100 users hold. It leaves out people who are not
// friends.
func (o *OpenAPI) FriendsVIP(ctx context.Context, s Session, openids ...string) (map[string][]Membership, error) {
	var out struct {
		Items []vipInfo `json:"items"`
	}
	err := o.call(ctx, "/v3/user/friends_vip_info", s, url.Values{"fopenids": {strings.Join(openids, "_")}}, &out)
	friends := make(map[string][]Membership, len(out.Items))
	for i := range out.Items {
		friends[out.Items[i].OpenID] = out.Items[i].public()
	}
	return friends, err
}

// AppFriends returns the user's friends who use the app. Only some platforms (PF) give more about them than their openids.
func (o *OpenAPI) AppFriends(ctx context.Context, s Session) (*Friends, error) {
	var out struct {
		IsLost number    `json:"is_lost"`
		Items  []profile `json:"items"`
	}
	if err := o.call(ctx, "/v3/relation/get_app_friends", s, nil, &out); err != nil {
		return nil, err
	}
	friends := &Friends{List: make([]Friend, len(out.Items)), Incomplete: out.IsLost != 0}
	for i, f := range out.Items {
		friends.List[i] = Friend{f.OpenID, f.Nickname, genderOf(f.Gender), f.FigureURL}
	}
	return friends, nil
}

// IsFriend reports whether another user of the app is the user's friend.
func (o *OpenAPI) IsFriend(ctx context.Context, s Session, openid string) (bool, error) {
	var out struct {
		Is flag `json:"is_friend"`
	}
	err := o.call(ctx, "/v3/relation/is_friend", s, url.Values{"fopenid": {openid}}, &out, (*string)(&out.Is))
	return out.Is == yes, err
}

// FilterWords hides forbidden words in a text that the user wrote. It returns the resulting text and whether any word was
// hidden.
func (o *OpenAPI) FilterWords(ctx context.Context, s Session, text string) (clean string, dirty bool, err error) {
	var out struct {
		Msg     string `json:"msg"`
		IsDirty flag   `json:"is_dirty"`
	}
	err = o.call(ctx, "/v3/csec/word_filter", s, url.Values{"content": {text}}, &out, (*string)(&out.IsDirty))
	return out.Msg, out.IsDirty == yes, err
}

// call signs and makes a call with private parameters; params and out may be nil. A success must have these members of out.
func (o *OpenAPI) call(ctx context.Context, path string, s Session, params url.Values, out any, members ...*string) error {
	form := url.Values{
		"openid": {s.OpenID}, "openkey": {s.Openkey}, "appid": {o.client.app.AppID}, "pf": {s.PF}, "format": {"json"}, "charset": {"utf-8"},
	}
	if s.PF == "" {
		form.Set("pf", "qzone")
	}
	if s.UserIP != "" {
		form.Set("userip", s.UserIP)
	}
	for name, values := range params {
		form[name] = values
	}
	raw, q := encoded(form)
	sig := sign.OpenAPI(http.MethodPost, path, q, o.client.app.AppKey)
	return o.client.do(ctx, &call{
		needs:  []need{{"AppID", o.client.app.AppID}, {"AppKey", o.client.app.AppKey}},
		method: http.MethodPost, path: path, body: []byte(raw + "&sig=" + url.QueryEscape(sig)), media: mediaForm,
		read: func(a *answer) error {
			if err := readRet(a, out, retcode.QQ, retcode.OpenAPI); err != nil {
				return err
			}
			return a.wants("OpenAPI V3", members...)
		},
	})
}
