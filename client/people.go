package client

import (
	"context"
	"time"
)

// Gender is a person's gender.
type Gender int

// The genders. Most interfaces count a person who does not give one as male.
const (
	NoGender Gender = iota
	Male
	Female
)

// genderOf reads the gender as older interfaces write it: a word, or a digit.
func genderOf(text string) Gender {
	switch text {
	case "男", "1":
		return Male
	case "女", "2":
		return Female
	}
	return NoGender
}

// Profile is a player's own profile.
type Profile struct {
	Nickname   string
	Gender     Gender
	PictureURL string // 100 pixels square
	YellowVIP  int    // the level of the yellow diamond, 0 without one
	Incomplete bool   // do not store it: a part could not be read
}

// Friend is a friend, or another user, who uses the same app.
type Friend struct {
	OpenID     string // at the called door: V5 and V3 have different ones
	Nickname   string // the player's remark where the door gives it, else the nickname
	Gender     Gender
	PictureURL string // 100 pixels square
}

// Friends are friends who use the same app.
type Friends struct {
	List       []Friend
	Incomplete bool // do not store them: a part could not be read, or is old
}

// Memberships is a set of memberships, combined by |.
type Memberships uint32

// The memberships (msdk-v5.md, 8).
const (
	QQMember      Memberships = 0x01
	QQLevel       Memberships = 0x02 // not a membership: only its level means anything
	BlueDiamond   Memberships = 0x04
	RedDiamond    Memberships = 0x08
	SuperMember   Memberships = 0x10
	Xinyue        Memberships = 0x40
	YellowDiamond Memberships = 0x80
	Anime         Memberships = 0x100
	NewXinyue     Memberships = 0x200
)

// Membership is one of a player's memberships.
type Membership struct {
	Of     Memberships // one of them
	Is     bool
	Year   bool // paid for a year
	Level  int
	Luxury bool
}

// memberships are elements that both generations of MSDK answer.
type memberships []struct {
	Flag   Memberships `json:"flag"`
	IsVIP  number      `json:"isvip"`
	Year   number      `json:"year"`
	Level  number      `json:"level"`
	Luxury number      `json:"luxury"`
}

func (list memberships) public() []Membership {
	out := make([]Membership, len(list))
	for i, m := range list {
		out[i] = Membership{m.Flag, m.IsVIP != 0, m.Year != 0, int(m.Level), m.Luxury != 0}
	}
	return out
}

// Term is a membership's period; the zero Term is no membership.
type Term struct{ Start, End time.Time }

// QQTerms are a player's QQ memberships with their dates.
type QQTerms struct {
	Member, Year, Super Term
	Incomplete          bool // do not store them: a part could not be read
}

// qqTerms are members that both generations of MSDK answer.
type qqTerms struct {
	IsLost    number `json:"is_lost"`
	Is        number `json:"is_qq_vip"`
	Start     number `json:"qq_vip_start"`
	End       number `json:"qq_vip_end"`
	IsYear    number `json:"is_qq_year_vip"`
	YearStart number `json:"qq_year_vip_start"`
	YearEnd   number `json:"qq_year_vip_end"`
	IsSuper   number `json:"is_svip"`
	SuperFrom number `json:"qq_svip_start"`
	SuperEnd  number `json:"qq_svip_end"`
}

func (q *qqTerms) public() *QQTerms {
	term := func(is, start, end number) Term {
		if is == 0 {
			return Term{}
		}
		return Term{time.Unix(int64(start), 0), time.Unix(int64(end), 0)}
	}
	return &QQTerms{
		term(q.Is, q.Start, q.End), term(q.IsYear, q.YearStart, q.YearEnd), term(q.IsSuper, q.SuperFrom, q.SuperEnd), q.IsLost != 0,
	}
}

// Profile returns a player's own profile.
func (v *V5) Profile(ctx context.Context, p Player) (*Profile, error) {
	var out struct {
		UserName    string `json:"user_name"`
		Gender      number `json:"gender"`
		PictureURL  string `json:"picture_url"`
		ChannelInfo inner[struct {
			Yellow number `json:"yellow_vip"`
			Level  number `json:"yellow_vip_level"`
			IsLost number `json:"is_lost"`
		}] `json:"channel_info"`
	}
	if err := v.post(ctx, "/v2/profile/userinfo", p, nil, &out); err != nil {
		return nil, err
	}
	profile := &Profile{
		Nickname: out.UserName, Gender: Gender(out.Gender), PictureURL: out.PictureURL, Incomplete: out.ChannelInfo.value.IsLost != 0,
	}
	if out.ChannelInfo.value.Yellow != 0 {
		profile.YellowVIP = int(out.ChannelInfo.value.Level)
	}
	return profile, nil
}

// Friends returns the player's friends who play the game. It needs the relation permission (qq 251003 without it).
func (v *V5) Friends(ctx context.Context, p Player) (*Friends, error) {
	var out struct {
		IsLost number `json:"is_lost"`
		Lists  []struct {
			OpenID     string `json:"openid"`
			NickName   string `json:"nick_name"`
			Gender     number `json:"gender"`
			PictureURL string `json:"picture_url"`
		} `json:"lists"`
	}
	if err := v.post(ctx, "/v2/friend/friend_list", p, nil, &out); err != nil {
		return nil, err
	}
	friends := &Friends{List: make([]Friend, len(out.Lists)), Incomplete: out.IsLost != 0}
	for i, f := range out.Lists {
		friends.List[i] = Friend{f.OpenID, f.NickName, Gender(f.Gender), f.PictureURL}
	}
	return friends, nil
}

// VIP returns those of the player's memberships that are in which.
func (v *V5) VIP(ctx context.Context, p Player, which Memberships) ([]Membership, error) {
	var out struct {
		Lists memberships `json:"lists"`
	}
	err := v.post(ctx, "/v2/profile/query_qq_vip", p, map[string]any{"vip": which}, &out)
	return out.Lists.public(), err
}

// QQTerms returns a player's QQ memberships with their dates.
func (v *V5) QQTerms(ctx context.Context, p Player) (*QQTerms, error) {
	var out qqTerms
	if err := v.post(ctx, "/v2/profile/query_qq_vip_richinfo", p, nil, &out); err != nil {
		return nil, err
	}
	return out.public(), nil
}

// post makes a call about a user.
func (v *V3) post(ctx context.Context, path string, u User, more map[string]any, out any) error {
	in := map[string]any{"appid": v.client.app.AppID, "openid": u.OpenID, "accessToken": u.Token}
	for name, value := range more {
		in[name] = value
	}
	return v.call(ctx, path, v.client.app.AppID, u.OpenID, in, out)
}

// Profile returns a user's own profile.
func (v *V3) Profile(ctx context.Context, u User) (*Profile, error) {
	var out struct {
		NickName   string `json:"nickName"`
		Gender     string `json:"gender"`
		Picture40  string `json:"picture40"`
		Picture100 string `json:"picture100"`
		Yellow     number `json:"yellow_vip"`
		Level      number `json:"yellow_vip_level"`
		IsLost     number `json:"is_lost"`
	}
	if err := v.post(ctx, "/relation/qqprofile", u, nil, &out); err != nil {
		return nil, err
	}
	profile := &Profile{Nickname: out.NickName, Gender: genderOf(out.Gender), PictureURL: out.Picture100, Incomplete: out.IsLost != 0}
	if profile.PictureURL == "" { // not everybody has one
		profile.PictureURL = out.Picture40
	}
	if out.Yellow != 0 {
		profile.YellowVIP = int(out.Level)
	}
	return profile, nil
}

// v3Friend is a friend in the form of most MSDK V3 lists; callers append a size to the picture's address.
type v3Friend struct {
	OpenID   string `json:"openid"`
	NickName string `json:"nickName"`
	Gender   string `json:"gender"`
	Figure   string `json:"figureurl_qq"`
}

func publicFriends(list []v3Friend) []Friend {
	out := make([]Friend, len(list))
	for i, f := range list {
		out[i] = Friend{OpenID: f.OpenID, Nickname: f.NickName, Gender: genderOf(f.Gender)}
		if f.Figure != "" {
			out[i].PictureURL = f.Figure + pictureSize
		}
	}
	return out
}

const pictureSize = "100"

// Friends returns the user's friends who use the app. It needs the relation permission (qq 251003 without it).
func (v *V3) Friends(ctx context.Context, u User) (*Friends, error) {
	var out struct {
		Lists  []v3Friend `json:"lists"`
		IsLost number     `json:"is_lost"`
	}
	if err := v.post(ctx, "/relation/qqfriends_detail", u, map[string]any{"flag": 1}, &out); err != nil {
		return nil, err
	}
	return &Friends{publicFriends(out.Lists), out.IsLost != 0}, nil
}

// UnregisteredFriends returns up to count of the user's friends who do not use the app yet.
func (v *V3) UnregisteredFriends(ctx context.Context, u User, count int) ([]Friend, error) {
	var out struct {
		Friends []v3Friend `json:"friends"`
	}
	err := v.post(ctx, "/relation/qq_unreg_friends", u, map[string]any{"count": count}, &out)
	return publicFriends(out.Friends), err
}

// Strangers returns the profiles of at most 50 users of the app, friends or not. It leaves out openids that belong to
// nobody.
func (v *V3) Strangers(ctx context.Context, u User, openids ...string) (*Friends, error) {
	var out struct {
		Lists  []v3Stranger `json:"lists"`
		IsLost number       `json:"is_lost"`
	}
	if err := v.post(ctx, "/relation/qqstrange_profile", u, map[string]any{"vcopenid": openids}, &out); err != nil {
		return nil, err
	}
	friends := &Friends{List: make([]Friend, len(out.Lists)), Incomplete: out.IsLost != 0}
	for i, f := range out.Lists {
		friends.List[i] = Friend{f.OpenID, f.NickName, genderOf(f.Gender), f.Picture}
	}
	return friends, nil
}

type v3Stranger struct {
	OpenID   string `json:"openid"`
	NickName string `json:"nickName"`
	Gender   string `json:"gender"`
	Picture  string `json:"qqpicture100"`
}

// UserMembership are the QQ memberships of one of several users.
type UserMembership struct {
	OpenID string
	Member bool
	Level  int // of members
	Year   bool
	Super  bool
}

// FriendsVIP returns the QQ memberships of at most 50 users of the app. It leaves out openids that belong to nobody.
func (v *V3) FriendsVIP(ctx context.Context, u User, openids ...string) ([]UserMembership, error) {
	var out struct {
		Lists []struct {
			OpenID string `json:"openid"`
			Is     number `json:"is_qq_vip"`
			Level  number `json:"qq_vip_level"`
			Year   number `json:"is_qq_year_vip"`
			Super  number `json:"is_qq_svip"`
		} `json:"lists"`
	}
	err := v.post(ctx, "/relation/qqfriends_vip", u, map[string]any{"fopenids": openids, "flags": "qq_vip,qq_svip"}, &out)
	list := make([]UserMembership, len(out.Lists))
	for i, m := range out.Lists {
		list[i] = UserMembership{m.OpenID, m.Is != 0, int(m.Level), m.Year != 0, m.Super != 0}
	}
	return list, err
}

// VIP returns those of the user's memberships that are in which.
func (v *V3) VIP(ctx context.Context, u User, which Memberships) ([]Membership, error) {
	var out struct {
		Lists memberships `json:"lists"`
	}
	err := v.post(ctx, "/profile/query_vip", u, map[string]any{"vip": which}, &out)
	return out.Lists.public(), err
}

// QQTerms returns a user's QQ memberships with their dates.
func (v *V3) QQTerms(ctx context.Context, u User) (*QQTerms, error) {
	var out qqTerms
	if err := v.post(ctx, "/relation/get_vip_rich_info", u, nil, &out); err != nil {
		return nil, err
	}
	return out.public(), nil
}

// WiFi reports whether a user is entitled to the platform's wireless networks. It takes no token.
func (v *V3) WiFi(ctx context.Context, openid string) (bool, error) {
	var out struct {
		VIP flag `json:"wifiVip"`
	}
	err := v.call(ctx, "/profile/get_wifi", v.client.app.AppID, openid, map[string]any{"appid": v.client.app.AppID, "openid": openid}, &out, (*string)(&out.VIP))
	return out.VIP == yes, err
}

// RealNamed reports whether the user's real name is registered, so that the game need not ask for it.
func (v *V3) RealNamed(ctx context.Context, u User) (bool, error) {
	var out struct {
		NeedPop flag `json:"need_pop"`
	}
	err := v.call(ctx, "/profile/qqget_first_reg", v.client.app.AppID, u.OpenID, map[string]any{"accessToken": u.Token}, &out, (*string)(&out.NeedPop))
	return out.NeedPop == yes, err
}
