package openapi

import (
	"slices"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// getInfo serves /v3/user/get_info.
func (d *door) getInfo(c *access.Call, in *request) (any, error) {
	shown, err := d.profiles.Get(c.Context(), in.login.UIN)
	if err != nil {
		return nil, err
	}
	return &answer{lost: &complete, data: func(w *writer) {
		d.writeProfile(w, in, shown)
		if in.platform == "qplus" {
			w.text("openid", in.openid.String())
		}
	}}, nil
}

// complete is the is_lost of a complete answer.
var complete = false

// writeProfile writes the profile of a user that a platform shows (qq-connect-openapi.md, B.8).
func (d *door) writeProfile(w *writer, in *request, p *platform.Profile) {
	w.text("nickname", p.Nickname)
	w.text("gender", gender(p))
	switch in.platform {
	case "qzone", "pengyou", "qplus":
		w.text("country", p.Country)
		w.text("province", p.Province)
		w.text("city", p.City)
		w.text("figureurl", d.profiles.Picture(p, 50))
		writeYellow(w, &p.VIP)
	default:
		w.text("figureurl", d.profiles.Picture(p, 50))
	}
	switch in.platform {
	case "qqgame", "3366":
		w.flag("is_blue_vip", p.VIP.Blue.Has())
		w.flag("is_blue_year_vip", p.VIP.Blue.Year)
		w.flag("is_super_blue_vip", p.VIP.Blue.Luxury)
		w.number("blue_vip_level", int64(p.VIP.Blue.Level))
	case "qplus":
		w.number("qq_level", int64(p.VIP.QQLevel))
		w.number("qq_vip_level", int64(p.VIP.Member.Level))
		w.number("qplus_level", 0)
	}
	if in.platform == "3366" { // its own levels do not exist here
		w.number("3366_level", 0)
		w.text("3366_level_name", "")
		w.number("3366_grow_level", 0)
		w.number("3366_grow_value", 0)
	}
}

// gender is 男 for people who give none, as in the original (qq-connect-openapi.md, A.6).
func gender(p *platform.Profile) string {
	if p.Gender == 2 {
		return "女"
	}
	return "男"
}

func writeYellow(w *writer, v *platform.VIP) {
	w.flag("is_yellow_vip", v.Yellow.Has())
	w.flag("is_yellow_year_vip", v.Yellow.Year)
	w.number("yellow_vip_level", int64(v.Yellow.Level))
	w.flag("is_yellow_high_vip", v.Yellow.Luxury)
}

// isLogin serves /v3/user/is_login. The check of the session has renewed it.
func isLogin(c *access.Call, in *request) (any, error) {
	if in.refused != nil {
		return nil, retcode.OpenAPINotLoggedIn.Errorf("用户没有登录态") // as documented (qq-connect-openapi.md, B.8)
	}
	return &answer{msg: "user is logged in"}, nil
}

// isSetup serves /v3/user/is_setup.
func isSetup(c *access.Call, in *request) (any, error) {
	has := in.refused == nil
	return &answer{data: func(w *writer) { w.flag("setuped", has) }}, nil
}

// vip returns the user's current memberships.
func (d *door) vip(c *access.Call, in *request) (*platform.VIP, error) {
	shown, err := d.profiles.Get(c.Context(), in.login.UIN)
	if err != nil {
		return nil, err
	}
	return &shown.VIP, nil
}

// isVIP serves /v3/user/is_vip.
func (d *door) isVIP(c *access.Call, in *request) (any, error) {
	v, err := d.vip(c, in)
	if err != nil {
		return nil, err
	}
	return &answer{lost: &complete, data: func(w *writer) {
		writeYellow(w, v)
		w.number("yellow_vip_pay_way", 0)
	}}, nil
}

// vipParams are the memberships of total_vip_info: the parameter that asks for one, and the names of its members in the
// answer, "" without a member.
var vipParams = []struct {
	param, is, year, level string
	of                     func(*platform.VIP) platform.Membership
}{
	{"member_vip", "is_vip", "is_year_vip", "vip_level", func(v *platform.VIP) platform.Membership { return v.Member }},
	{"blue_vip", "is_blue", "is_year_blue", "blue_level", func(v *platform.VIP) platform.Membership { return v.Blue }},
	{"yellow_vip", "is_yellow", "is_year_yellow", "yellow_level", func(v *platform.VIP) platform.Membership { return v.Yellow }},
	{"red_vip", "is_red", "", "red_level", func(v *platform.VIP) platform.Membership { return v.Red }},
	{"green_vip", "is_green", "", "green_level", func(v *platform.VIP) platform.Membership { return v.Green }},
	{"pink_vip", "is_pink", "is_year_pink", "pink_level", func(v *platform.VIP) platform.Membership { return v.Pink }},
	{"superqq", "is_superqq", "", "superqq_level", func(v *platform.VIP) platform.Membership { return v.SuperQQ }},
}

// wantedVIPs checks the parameters that ask for memberships.
func wantedVIPs(in *request) error {
	for i := range vipParams {
		if text := in.query.Get(vipParams[i].param); text != "" && text != "0" && text != "1" {
			return invalid(vipParams[i].param, "0 or 1")
		}
	}
	return nil
}

// writeVIPs writes the requested memberships.
func writeVIPs(w *writer, v *platform.VIP, wanted func(param string) bool) {
	for i := range vipParams {
		kind := &vipParams[i]
		if !wanted(kind.param) {
			continue
		}
		m := kind.of(v)
		w.flag(kind.is, m.Has())
		if kind.year != "" {
			w.flag(kind.year, m.Year)
		}
		w.number(kind.level, int64(m.Level))
	}
}

// totalVIPInfo serves /v3/user/total_vip_info.
func (d *door) totalVIPInfo(c *access.Call, in *request) (any, error) {
	v, err := d.vip(c, in)
	if err != nil {
		return nil, err
	}
	return &answer{lost: &complete, data: func(w *writer) {
		writeVIPs(w, v, func(param string) bool { return in.query.Get(param) == "1" })
	}}, nil
}

// getMultiInfo serves /v3/user/get_multi_info. People who do not use the app have empty details.
func (d *door) getMultiInfo(c *access.Call, in *request) (any, error) {
	users, err := d.friends.Users(c.Context(), c.App.AppID, in.fopenids)
	if err != nil {
		return nil, err
	}
	return &answer{lost: &complete, data: func(w *writer) {
		w.list("items", len(in.fopenids), func(i int) {
			w.text("openid", in.fopenids[i].String())
			if user, ok := users[in.fopenids[i]]; ok {
				d.writeProfile(w, in, &user.Profile)
			}
		})
	}}, nil
}

// friendsVIPInfo serves /v3/user/friends_vip_info: the memberships of friends who use the app.
func (d *door) friendsVIPInfo(c *access.Call, in *request) (any, error) {
	list, lost, err := d.listFriends(c, in)
	if err != nil {
		return nil, err
	}
	var asked []platform.AppUser
	for _, friend := range list {
		if slices.Contains(in.fopenids, friend.OpenID) {
			asked = append(asked, friend)
		}
	}
	return &answer{lost: &lost, data: func(w *writer) {
		w.list("items", len(asked), func(i int) {
			w.text("openid", asked[i].OpenID.String())
			writeVIPs(w, &asked[i].Profile.VIP, func(string) bool { return true })
		})
	}}, nil
}
