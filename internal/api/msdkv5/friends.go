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
		access.API("POST", "/v2/profile/userinfo", msdk.Action(bodies, d.userinfo), k.standard).Calls(checkAccess).
			Does("Shows a player's own profile.").Returns(userinfoResult{}),
		access.API("POST", "/v2/profile/query_qq_vip", msdk.Action(bodies, d.queryVIP), k.standard).Calls(showProfile).
			Does("Shows those of a player's memberships that the flags name.").Returns(vipResult{}),
		access.API("POST", "/v2/profile/query_qq_vip_richinfo", msdk.Action(bodies, d.vipRichInfo), k.standard).Calls(showProfile).
			Does("Shows a player's QQ membership with its dates.").Returns(vipRichInfoResult{}),
		access.API("POST", "/v2/friend/friend_list", msdk.Action(bodies, d.friendList), k.standard, access.Relation).
			Calls(checkAccess, listFriends).Answers(retcode.QQFriendParameterIllegal).Refuses(refuse.FriendToken).
			Does("Lists the player's friends in the same game, without the player.").Returns(friendsResult{}),
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
	UserName    string `json:"user_name" doc:"the nickname"`
	Gender      int    `json:"gender" doc:"1 male, 2 female, 0 not given"`
	PictureURL  string `json:"picture_url" doc:"address of the picture, 100 pixels a side"`
	ChannelInfo string `json:"channel_info" doc:"yellow_vip, yellow_vip_level, yellow_year_vip and is_lost, as a JSON document in a string"`
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
	SubChannelID *uint32 `json:"sub_channelid" oneof:"2" doc:"QQ, the only channel with friends here"`
}

type friendsResult struct {
	result
	IsLost int      `json:"is_lost" doc:"1 if some friends may be missing"`
	Lists  []friend `json:"lists" doc:"the friends"`
}

// friend is one element of the list. Documents and clients spell the province in two ways.
type friend struct {
	OpenID     platform.MSDKOpenID `json:"openid" doc:"the friend's MSDK openid"`
	UserName   string              `json:"user_name" doc:"the nickname"`
	NickName   string              `json:"nick_name" doc:"the player's remark about the friend, or the nickname"`
	Gender     int                 `json:"gender" doc:"1 male, 2 female, 0 not given"`
	PictureURL string              `json:"picture_url" doc:"address of the picture, 100 pixels a side"`
	Country    string              `json:"country" doc:"as in the profile"`
	Provice    string              `json:"provice" doc:"the province, as documents misspell it"`
	Province   string              `json:"province" doc:"the province"`
	City       string              `json:"city" doc:"as in the profile"`
	Language   string              `json:"language" doc:"as in the profile"`
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
	VIP           *uint32 `json:"vip" required:"true" min:"1" doc:"flags of the memberships, added: 1 QQ member, 2 QQ level, 4 blue diamond, 8 red, 16 super member, 64 and 512 Xinyue, 128 yellow, 256 anime"`
	XinyueUpgrade uint32  `json:"xinyue_upgrade" doc:"is checked to be a number, and changes nothing"`
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
	Lists []msdk.VIPAnswer `json:"lists" doc:"a membership for each flag, the lowest first"`
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
