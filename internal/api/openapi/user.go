package openapi

import (
	"slices"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// The fields below describe what the writer writes.
type infoFields struct {
	Nickname  string `json:"nickname" doc:"the nickname"`
	Gender    string `json:"gender" oneof:"男 女" doc:"male, which also stands for people who do not give it, or female"`
	FigureURL string `json:"figureurl" doc:"address of the picture, 50 pixels a side"`
	Country   string `json:"country,omitzero" doc:"with qzone, pengyou and qplus, as are the next six"`
	Province  string `json:"province,omitzero" doc:"as in the profile"`
	City      string `json:"city,omitzero" doc:"as in the profile"`
	optionalYellow
	IsBlue        int    `json:"is_blue_vip,omitzero" doc:"1 with the blue diamond; with qqgame and 3366, as are the next three"`
	IsBlueYear    int    `json:"is_blue_year_vip,omitzero" doc:"1 if it is paid for a year"`
	IsSuperBlue   int    `json:"is_super_blue_vip,omitzero" doc:"1 for the super blue diamond"`
	BlueLevel     int    `json:"blue_vip_level,omitzero" doc:"the level of the blue diamond"`
	QQLevel       int    `json:"qq_level,omitzero" doc:"the QQ level, with qplus, as are the next two and openid"`
	QQVIPLevel    int    `json:"qq_vip_level,omitzero" doc:"the level of QQ membership"`
	QPlusLevel    int    `json:"qplus_level,omitzero" doc:"0"`
	Level3366     int    `json:"3366_level,omitzero" doc:"0, with 3366, as are the next three"`
	LevelName3366 string `json:"3366_level_name,omitzero" doc:"empty"`
	GrowLevel3366 int    `json:"3366_grow_level,omitzero" doc:"0"`
	GrowValue3366 int    `json:"3366_grow_value,omitzero" doc:"0"`
	OpenID        string `json:"openid,omitzero" doc:"the openid"`
}

type optionalYellow struct {
	IsYellow     int `json:"is_yellow_vip,omitzero" doc:"1 with the yellow diamond"`
	IsYellowYear int `json:"is_yellow_year_vip,omitzero" doc:"1 if it is paid for a year"`
	YellowLevel  int `json:"yellow_vip_level,omitzero" doc:"its level"`
	IsYellowHigh int `json:"is_yellow_high_vip,omitzero" doc:"1 for the high yellow diamond"`
}

type setupFields struct {
	Setuped int `json:"setuped" doc:"1 if the user does"`
}

type yellowFields struct {
	IsYellow     int `json:"is_yellow_vip" doc:"1 with the yellow diamond"`
	IsYellowYear int `json:"is_yellow_year_vip" doc:"1 if it is paid for a year"`
	YellowLevel  int `json:"yellow_vip_level" doc:"its level"`
	IsYellowHigh int `json:"is_yellow_high_vip" doc:"1 for the high yellow diamond"`
	PayWay       int `json:"yellow_vip_pay_way" doc:"0"`
}

type wantedFields struct {
	Member  string `json:"member_vip" oneof:"0 1" def:"0" doc:"1 asks for QQ membership"`
	Blue    string `json:"blue_vip" oneof:"0 1" def:"0" doc:"1 asks for the blue diamond"`
	Yellow  string `json:"yellow_vip" oneof:"0 1" def:"0" doc:"1 asks for the yellow diamond"`
	Red     string `json:"red_vip" oneof:"0 1" def:"0" doc:"1 asks for the red diamond"`
	Green   string `json:"green_vip" oneof:"0 1" def:"0" doc:"1 asks for the green diamond"`
	Pink    string `json:"pink_vip" oneof:"0 1" def:"0" doc:"1 asks for the pink diamond"`
	SuperQQ string `json:"superqq" oneof:"0 1" def:"0" doc:"1 asks for Super QQ"`
}

type vipFields struct {
	IsVIP        int `json:"is_vip,omitzero" doc:"1 for a member of QQ"`
	IsYearVIP    int `json:"is_year_vip,omitzero" doc:"1 if that is paid for a year"`
	VIPLevel     int `json:"vip_level,omitzero" doc:"the level of QQ membership"`
	IsBlue       int `json:"is_blue,omitzero" doc:"likewise of the blue diamond"`
	IsYearBlue   int `json:"is_year_blue,omitzero" doc:"likewise"`
	BlueLevel    int `json:"blue_level,omitzero" doc:"likewise"`
	IsYellow     int `json:"is_yellow,omitzero" doc:"of the yellow diamond"`
	IsYearYellow int `json:"is_year_yellow,omitzero" doc:"likewise"`
	YellowLevel  int `json:"yellow_level,omitzero" doc:"likewise"`
	IsRed        int `json:"is_red,omitzero" doc:"of the red diamond"`
	RedLevel     int `json:"red_level,omitzero" doc:"likewise"`
	IsGreen      int `json:"is_green,omitzero" doc:"of the green diamond"`
	GreenLevel   int `json:"green_level,omitzero" doc:"likewise"`
	IsPink       int `json:"is_pink,omitzero" doc:"of the pink diamond"`
	IsYearPink   int `json:"is_year_pink,omitzero" doc:"likewise"`
	PinkLevel    int `json:"pink_level,omitzero" doc:"likewise"`
	IsSuperQQ    int `json:"is_superqq,omitzero" doc:"of Super QQ"`
	SuperQQLevel int `json:"superqq_level,omitzero" doc:"likewise"`
}

type openIDsFields struct {
	Friends string `json:"fopenids" required:"true" doc:"openids of people at the app, at most 100, with underscores between them"`
}

type peopleFields struct {
	Items []personItem `json:"items" doc:"the people in the order of the request"`
}

type personItem struct {
	OpenID string `json:"openid" doc:"the person's openid at the app; one who does not use the app has nothing else"`
	personInfo
}

// personInfo is infoFields of people who may not use the app.
type personInfo struct {
	Nickname string `json:"nickname,omitzero" doc:"the nickname"`
	Gender   string `json:"gender,omitzero" doc:"男 or 女"`
	Picture  string `json:"figureurl,omitzero" doc:"address of the picture, 50 pixels a side"`
	infoFields
}

type friendsVIPFields struct {
	Items []friendVIP `json:"items" doc:"those of the people who are friends and use the app"`
}

type friendVIP struct {
	OpenID string `json:"openid" doc:"the friend's openid at the app"`
	vipFields
}

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
