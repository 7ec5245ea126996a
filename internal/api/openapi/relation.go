package openapi

import (
	"log/slog"
	"slices"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) listFriends(c *access.Call, in *request) (list []friends.Friend, lost bool, err error) {
	return friends.List(c.Context(), d.bus, c.App.AppID, in.login.UIN)
}

// friendIM marks a friend as a friend in QQ itself (qq-connect-openapi.md, B.8); other kinds do not exist here.
const friendIM = 1

// flagWithOwn is the flag of a list with the caller on it, as at MSDK V3 (msdk-v3.md, 5.5).
const flagWithOwn = "2"

// flagField, friendsFields and friendFields describe what the writer writes.
type flagField struct {
	Flag string `json:"flag" oneof:"0 1 2" def:"1" doc:"2 puts the user at the head of the list"`
}

type friendsFields struct {
	Items []friendItem `json:"items" doc:"the friends"`
	UIN   int          `json:"uin,omitzero" doc:"0, with qqgame and 3366"`
}

type friendItem struct {
	OpenID     string `json:"openid" doc:"the friend's openid at the app"`
	Nickname   string `json:"nickname,omitzero" doc:"the nickname, with qplus, qqgame and 3366; what follows is with the latter two"`
	Gender     string `json:"gender,omitzero" doc:"男 or 女"`
	FigureURL  string `json:"figureurl,omitzero" doc:"address of the picture, 50 pixels a side"`
	IsBlue     bool   `json:"is_blue_vip,omitzero" doc:"has the blue diamond"`
	BlueLevel  int    `json:"blue_vip_level,omitzero" doc:"its level"`
	IsBlueYear bool   `json:"is_blue_year_vip,omitzero" doc:"it is paid for a year"`
	IsSuper    bool   `json:"is_super_blue_vip,omitzero" doc:"it is the super blue diamond"`
	IsPlayed   bool   `json:"is_played,omitzero" doc:"always true"`
	FriendType int    `json:"friend_type,omitzero" doc:"1, a friend in QQ"`
}

type openIDField struct {
	Friend platform.OpenID `json:"fopenid" required:"true" doc:"the openid of somebody at the app"`
}

type friendFields struct {
	IsFriend     int `json:"is_friend" doc:"1 for a friend"`
	IsGameFriend int `json:"is_gamefriend,omitzero" doc:"0, with qqgame and 3366"`
}

// getAppFriends serves /v3/relation/get_app_friends.
func (d *door) getAppFriends(c *access.Call, in *request) (any, error) {
	flag := in.query.Get("flag")
	if !slices.Contains([]string{"", "0", "1", flagWithOwn}, flag) {
		return nil, retcode.QQFriendParameterIllegal.Errorf("parameter \"flag\" is neither 1 (without the caller) nor 2 (with the caller)")
	}
	list, lost, err := d.listFriends(c, in)
	if err != nil {
		return nil, err
	}
	if flag == flagWithOwn {
		if own, err := d.profiles.Get(c.Context(), in.login.UIN); err == nil {
			list = slices.Concat([]friends.Friend{{OpenID: in.openid, Profile: *own}}, list)
		} else { // the friends are answered all the same
			c.Note(slog.String("lost", "the caller: "+err.Error()))
			lost = true
		}
	}
	return &answer{lost: &lost, data: func(w *writer) {
		w.list("items", len(list), func(i int) {
			friend := &list[i]
			w.text("openid", friend.OpenID.String())
			if in.games || in.platform == "qplus" {
				w.text("nickname", friend.Profile.Nickname)
			}
			if !in.games {
				return
			}
			w.text("gender", gender(&friend.Profile))
			w.text("figureurl", d.profiles.Picture(&friend.Profile, 50))
			blue := friend.Profile.VIP.Blue
			w.boolean("is_blue_vip", blue.Has())
			w.number("blue_vip_level", int64(blue.Level))
			w.boolean("is_blue_year_vip", blue.Year)
			w.boolean("is_super_blue_vip", blue.Luxury)
			w.boolean("is_played", true)
			w.number("friend_type", friendIM)
		})
		if in.games {
			w.number("uin", 0)
		}
	}}, nil
}

// isFriend serves /v3/relation/is_friend. A person who does not use the app does not count as a friend there.
func (d *door) isFriend(c *access.Call, in *request) (any, error) {
	users, err := d.friends.Users(c.Context(), c.App.AppID, in.fopenids)
	if err != nil {
		return nil, err
	}
	var are bool
	if user, ok := users[in.fopenids[0]]; ok {
		if are, err = friends.AreFriends(c.Context(), d.bus, in.login.UIN, user.UIN); err != nil {
			return nil, err
		}
	}
	return &answer{data: func(w *writer) {
		w.flag("is_friend", are)
		if in.games {
			w.number("is_gamefriend", 0)
		}
	}}, nil
}
