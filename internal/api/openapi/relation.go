package openapi

import (
	"log/slog"
	"slices"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) listFriends(c *access.Call, in *request) (list []friends.Friend, lost bool, err error) {
	return friends.List(c.Context(), d.bus, c.App.AppID, in.login.UIN)
}

// friendIM marks a friend as a friend in QQ itself (qq-connect-openapi.md, B.8); other kinds do not exist here.
const friendIM = 1

// flagWithOwn is the flag of a list with the caller on it, as at MSDK V3 (msdk-v3.md, 5.5).
const flagWithOwn = "2"

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
