package msdkv5

import (
	"cmp"

	"github.com/go-json-experiment/json"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) relations(k checks) []access.Endpoint {
	return []access.Endpoint{
		access.API("POST", "/v2/profile/userinfo", msdk.Action(bodies, d.userinfo), k.standard).Calls(checkPlayer),
		access.API("POST", "/v2/profile/query_qq_vip", msdk.Action(bodies, d.queryVIP), k.standard).Calls(showProfile),
		access.API("POST", "/v2/profile/query_qq_vip_richinfo", msdk.Action(bodies, d.vipRichInfo), k.standard).Calls(showProfile),
		access.API("POST", "/v2/friend/friend_list", msdk.Action(bodies, d.friendList), k.standard, access.Relation).
			Calls(checkPlayer, listFriends).Answers(retcode.QQFriendParameterIllegal).Refuses(refuse.FriendToken),
	}
}

// checkPlayer checks the body's token.
func (d *door) checkPlayer(c *access.Call, b *playerBody) (wire.CheckResponse, error) {
	return oidb.Call(c.Context(), d.bus, oidb.CheckAccess, b.request(c))
}

// showPlayer asks for the profile of the body's player, with the body's token.
func (d *door) showPlayer(c *access.Call, b *playerBody) (*platform.Profile, error) {
	return friends.ShowProfile(c.Context(), d.bus, b.request(c))
}

// userinfoResult is a player's own profile (msdk-v5.md, 6).
type userinfoResult struct {
	result
	UserName    string `json:"user_name"`
	Gender      int    `json:"gender"`
	PictureURL  string `json:"picture_url"`
	ChannelInfo string `json:"channel_info"` // a JSON document in a string
}

type channelInfo struct {
	YellowVIP      int `json:"yellow_vip"`
	YellowVIPLevel int `json:"yellow_vip_level"`
	YellowYearVIP  int `json:"yellow_year_vip"`
	IsLost         int `json:"is_lost"`
}

// userinfo answers a player's own profile.
func (d *door) userinfo(c *access.Call, in *playerBody) (any, error) {
	login, err := d.checkPlayer(c, in)
	if err != nil {
		return nil, err
	}
	p, err := d.profiles.Get(c.Context(), login.UIN)
	if err != nil {
		return nil, err
	}
	yellow := p.VIP.Yellow
	info, _ := json.Marshal(&channelInfo{ // numbers alone are always valid JSON
		YellowVIP: platform.Bit(yellow.Has()), YellowVIPLevel: yellow.Level, YellowYearVIP: platform.Bit(yellow.Year),
	})
	return &userinfoResult{UserName: p.Nickname, Gender: p.Gender, PictureURL: d.profiles.Picture(p, profile.PictureSize), ChannelInfo: string(info)}, nil
}

// friendsBody is the body of friend_list (msdk-v5.md, 7).
type friendsBody struct {
	playerBody
	SubChannelID *uint32 `json:"sub_channelid"`
}

type friendsResult struct {
	result
	IsLost int      `json:"is_lost"`
	Lists  []friend `json:"lists"`
}

// friend is one element of the list. Documents and clients spell the province in two ways.
type friend struct {
	OpenID     platform.MSDKOpenID `json:"openid"`
	UserName   string              `json:"user_name"`
	NickName   string              `json:"nick_name"`
	Gender     int                 `json:"gender"`
	PictureURL string              `json:"picture_url"`
	Country    string              `json:"country"`
	Provice    string              `json:"provice"`
	Province   string              `json:"province"`
	City       string              `json:"city"`
	Language   string              `json:"language"`
}

// friendList answers the player's friends in the same game, without the player.
func (d *door) friendList(c *access.Call, in *friendsBody) (any, error) {
	if in.SubChannelID != nil && *in.SubChannelID != platform.ChannelQQ {
		return nil, retcode.QQFriendParameterIllegal.Errorf("body member \"sub_channelid\" is not %d (QQ), the only channel with friends here", platform.ChannelQQ)
	}
	login, err := d.checkPlayer(c, &in.playerBody)
	if err != nil {
		return nil, err
	}
	list, lost, err := friends.List(c.Context(), d.bus, c.App.AppID, login.UIN)
	if err != nil {
		return nil, err
	}
	answer := &friendsResult{IsLost: platform.Bit(lost), Lists: make([]friend, 0, len(list))}
	for i := range list {
		f := &list[i]
		if f.MSDKOpenID == 0 {
			continue // a user of the app who never used MSDK V5 has no name in the game
		}
		p := &f.Profile
		answer.Lists = append(answer.Lists, friend{
			OpenID: f.MSDKOpenID, UserName: p.Nickname, NickName: cmp.Or(f.Remark, p.Nickname), Gender: p.Gender,
			PictureURL: d.profiles.Picture(p, profile.PictureSize), Country: p.Country, Provice: p.Province, Province: p.Province, City: p.City, Language: p.Language,
		})
	}
	return answer, nil
}

// vipBody is the body of query_qq_vip (msdk-v5.md, 8). Only the type of xinyue_upgrade matters.
type vipBody struct {
	playerBody
	VIP           *uint32 `json:"vip"`
	XinyueUpgrade uint32  `json:"xinyue_upgrade"`
}

func (b *vipBody) Check(c *access.Call) error {
	if err := b.playerBody.Check(c); err != nil {
		return err
	}
	switch {
	case b.VIP == nil:
		return missing("vip")
	case *b.VIP == 0:
		return retcode.V5FieldInvalid.Errorf("body member \"vip\" is 0, which asks for nothing")
	}
	return nil
}

type vipResult struct {
	result
	Lists []msdk.VIPAnswer `json:"lists"`
}

// queryVIP answers those of a player's memberships whose flags are set.
func (d *door) queryVIP(c *access.Call, in *vipBody) (any, error) {
	profile, err := d.showPlayer(c, &in.playerBody)
	if err != nil {
		return nil, err
	}
	return &vipResult{Lists: msdk.VIPAnswers(profile.VIP, *in.VIP)}, nil
}

type vipRichInfoResult struct {
	result
	msdk.VIPRichInfo
}

// vipRichInfo answers a player's QQ membership with its dates.
func (d *door) vipRichInfo(c *access.Call, in *playerBody) (any, error) {
	profile, err := d.showPlayer(c, in)
	if err != nil {
		return nil, err
	}
	return &vipRichInfoResult{VIPRichInfo: msdk.NewVIPRichInfo(&profile.VIP)}, nil
}
