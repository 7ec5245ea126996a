package msdkv3

import (
	"cmp"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) relations(k checks) []access.Endpoint {
	return []access.Endpoint{
		access.API("POST", "/relation/qqprofile", msdk.Action(bodies, d.qqProfile), k.standard).Calls(checkAccess).
			Does("Shows a player's own profile.").Returns(profileResult{}),
		access.API("POST", "/relation/qqfriends_detail", msdk.Action(bodies, d.friendsDetail), k.standard, access.Relation).
			Calls(checkAccess, listFriends).Answers(retcode.QQFriendParameterIllegal).Refuses(friendToken).
			Does("Lists the player's friends who use the app.").Returns(friendsResult{}),
		access.API("POST", "/relation/qqstrange_profile", msdk.Action(bodies, d.strangers), k.standard).Calls(checkAccess).Refuses(friendToken).
			Does("Shows people who use the app, friends or not.").Returns(strangersResult{}),
		access.API("POST", "/relation/qq_unreg_friends", msdk.Action(bodies, d.otherFriends), k.standard, access.Relation).
			Calls(checkAccess).Answers(retcode.QQFriendParameterIllegal, retcode.QQFriendCacheReadFailed).Refuses(friendToken).
			Does("Lists friends of the player who do not use the app yet.").Returns(othersResult{}),
		access.API("POST", "/relation/qqfriends_vip", msdk.Action(bodies, d.members), k.standard).Calls(showProfile).
			Does("Shows which people who use the app are members of QQ.").Returns(membersResult{}),
		access.API("POST", "/relation/get_vip_rich_info", msdk.Action(bodies, d.vipRichInfo), k.standard).Calls(showProfile).
			Does("Shows a player's QQ membership with its dates.").Returns(msdk.VIPRichInfo{}),
		access.API("POST", "/profile/query_vip", msdk.Action(bodies, d.queryVIP), k.standard).Calls(showProfile).
			Does("Shows those of a player's memberships that the flags name.").Returns(vipResult{}),
		access.API("POST", "/profile/get_wifi", msdk.Action(bodies, d.wifi), k.standard).Calls(convertOpenID).Answers(retcode.QQOpenIDIllegal).
			Does("Shows whether a player may use wireless networks. It takes no token.").Returns(wifiResult{}),
		access.API("POST", "/profile/qqget_first_reg", msdk.Action(bodies, d.firstReg), k.standard).Calls(showProfile).
			Does("Shows whether the player's real name is registered. The openid may be in the URL instead of the body.").Returns(firstRegResult{}),
	}
}

// friendToken is refuse.FriendToken with the bus's text as this door writes it.
func friendToken(err error) error {
	as := refuse.FriendToken(err)
	var failure *oidb.Failure
	if errors.Is(as, retcode.QQFriendTokenInvalid) && errors.As(err, &failure) {
		return retcode.QQFriendTokenInvalid.Errorf("%s", failure.Unspaced())
	}
	return as
}

// tokenBody is the body of interfaces that need only a player (msdk-v3.md, 5.4 and 5.9).
type tokenBody struct {
	player
	AppID       appID  `json:"appid" required:"true" doc:"the URL's appid"`
	AccessToken string `json:"accessToken" required:"true" doc:"the player's access token"`
}

func (b *tokenBody) Check(c *access.Call) error {
	if err := b.AppID.check(c); err != nil {
		return err
	}
	if b.AccessToken == "" {
		return empty("accessToken")
	}
	return b.player.Check(c)
}

func (b *tokenBody) request(c *access.Call) wire.CheckRequest {
	return wire.CheckRequest{AppID: c.App.AppID, OpenID: b.packed, Token: b.AccessToken}
}

// checkPlayer checks the body's token.
func (d *door) checkPlayer(c *access.Call, b *tokenBody) (wire.CheckResponse, error) {
	return oidb.Call(c.Context(), d.bus, oidb.CheckAccess, b.request(c))
}

// showPlayer asks for the profile of the body's player, with the body's token.
func (d *door) showPlayer(c *access.Call, b *tokenBody) (*platform.Profile, error) {
	return friends.ShowProfile(c.Context(), d.bus, b.request(c))
}

// picture returns the address of a picture, with https if the caller accepts nothing else (msdk-v3.md, 2).
func picture(c *access.Call, url string) string {
	if rest, ok := strings.CutPrefix(url, "http://"); ok && c.Query.Get("ishttps") == "1" {
		return "https://" + rest
	}
	return url
}

// genderText returns the gender as most interfaces write it; people who do not give theirs count as male (msdk-v3.md, 5.4).
func genderText(gender int) string {
	if gender == 2 {
		return "女"
	}
	return "男"
}

// digit returns a flag as this family writes most of them: is_lost, need_pop.
func digit(is bool) string {
	if is {
		return "1"
	}
	return "0"
}

type profileResult struct {
	NickName       string `json:"nickName" doc:"the nickname"`
	Gender         string `json:"gender" oneof:"男 女" doc:"male, which also stands for people who do not give it, or female"`
	Picture40      string `json:"picture40" doc:"address of the picture, 40 pixels a side"`
	Picture100     string `json:"picture100" doc:"address of the picture, 100 pixels a side"`
	YellowVIP      int    `json:"yellow_vip" doc:"1 with the yellow diamond"`
	YellowVIPLevel int    `json:"yellow_vip_level" doc:"its level"`
	YellowYearVIP  int    `json:"yellow_year_vip" doc:"1 if it is paid for a year"`
	Language       string `json:"language" doc:"as in the profile"`
	Country        string `json:"country" doc:"as in the profile"`
	IsLost         string `json:"is_lost" doc:"0"`
}

// qqProfile answers a player's own profile (msdk-v3.md, 5.4).
func (d *door) qqProfile(c *access.Call, in *tokenBody) (any, error) {
	login, err := d.checkPlayer(c, in)
	if err != nil {
		return nil, err
	}
	p, err := d.profiles.Get(c.Context(), login.UIN)
	if err != nil {
		return nil, err
	}
	yellow := p.VIP.Yellow
	return &profileResult{
		NickName: p.Nickname, Gender: genderText(p.Gender),
		Picture40: picture(c, d.profiles.Picture(p, 40)), Picture100: picture(c, d.profiles.Picture(p, 100)),
		YellowVIP: platform.Bit(yellow.Has()), YellowVIPLevel: yellow.Level, YellowYearVIP: platform.Bit(yellow.Year),
		Language: p.Language, Country: p.Country, IsLost: digit(false),
	}, nil
}

// friendCodes are the codes of bodies that select friends.
var friendCodes = append(slices.Clone(playerCodes), retcode.QQFriendParameterIllegal)

// friendsBody is the body of qqfriends_detail (msdk-v3.md, 5.5). pf is ignored.
type friendsBody struct {
	tokenBody
	Flag     int `json:"flag" min:"0" max:"2" def:"0" doc:"2 puts the player at the head of the list"`
	NoNick   int `json:"nonick" oneof:"0 1" def:"0" doc:"1 leaves the nicknames empty"`
	NoGender int `json:"nogender" oneof:"0 1" def:"0" doc:"1 leaves the genders empty"`
	NoFigure int `json:"nofigure" oneof:"0 1" def:"0" doc:"1 leaves the pictures empty"`
}

// The values of flag. Without one the caller is not on the list.
const (
	flagFriends       = 1
	flagFriendsAndOwn = 2
)

type friendsResult struct {
	Lists  []friend `json:"lists" doc:"the friends"`
	IsLost string   `json:"is_lost" doc:"1 if some friends may be missing"`
}

type friend struct {
	OpenID   platform.OpenID `json:"openid" doc:"the friend's openid at the app"`
	NickName string          `json:"nickName" doc:"the player's remark about the friend, or the nickname"`
	Gender   string          `json:"gender" doc:"男 or 女"`
	Figure   string          `json:"figureurl_qq" doc:"address of the picture, to which a size is appended: 40, 100"`
}

// newFriend returns the element for a friend; callers append a size to the picture's address.
func (d *door) newFriend(c *access.Call, f *friends.Friend) friend {
	p := &f.Profile
	return friend{
		OpenID: f.OpenID, NickName: cmp.Or(f.Remark, p.Nickname), Gender: genderText(p.Gender), Figure: picture(c, d.profiles.PictureBase(p)),
	}
}

// friendsDetail answers the player's friends who use the app.
func (d *door) friendsDetail(c *access.Call, in *friendsBody) (any, error) {
	if in.Flag < 0 || in.Flag > flagFriendsAndOwn {
		return nil, retcode.QQFriendParameterIllegal.Errorf("body member \"flag\" is neither 1 (without the caller) nor 2 (with the caller)")
	}
	login, err := d.checkPlayer(c, &in.tokenBody)
	if err != nil {
		return nil, err
	}
	list, lost, err := friends.List(c.Context(), d.bus, c.App.AppID, login.UIN)
	if err != nil {
		return nil, err
	}
	answer := &friendsResult{Lists: make([]friend, 0, len(list)+1), IsLost: digit(lost)}
	if in.Flag == flagFriendsAndOwn {
		if p, err := d.profiles.Get(c.Context(), login.UIN); err == nil {
			answer.Lists = append(answer.Lists, d.newFriend(c, &friends.Friend{OpenID: login.OpenID, Profile: *p}))
		} else { // the friends are answered all the same
			c.Note(slog.String("lost", "the caller: "+err.Error()))
			answer.IsLost = digit(true)
		}
	}
	for i := range list {
		answer.Lists = append(answer.Lists, d.newFriend(c, &list[i]))
	}
	for i := range answer.Lists {
		f := &answer.Lists[i]
		if in.NoNick == 1 {
			f.NickName = ""
		}
		if in.NoGender == 1 {
			f.Gender = ""
		}
		if in.NoFigure == 1 {
			f.Figure = ""
		}
	}
	return answer, nil
}

// maxListed bounds the openids that one call may name (msdk-v3.md, 5.8).
const maxListed = 50

// parseOpenIDs reads a list of openids.
func parseOpenIDs(name string, texts []string) ([]platform.OpenID, error) {
	if len(texts) == 0 {
		return nil, empty(name)
	}
	if len(texts) > maxListed {
		return nil, retcode.QQFriendParameterIllegal.Errorf("body member %q has %d openids, more than %d", name, len(texts), maxListed)
	}
	openids := make([]platform.OpenID, len(texts))
	for i, text := range texts {
		var err error
		if openids[i], err = platform.ParseOpenID(text); err != nil {
			return nil, retcode.QQFriendParameterIllegal.Errorf("body member \"%s/%d\": %v", name, i, err)
		}
	}
	return openids, nil
}

// strangersBody is the body of qqstrange_profile (msdk-v3.md, 5.6).
type strangersBody struct {
	tokenBody
	VCOpenID []string `json:"vcopenid" required:"true" min:"1" max:"50" doc:"openids of people who use the app"`

	openids []platform.OpenID
}

func (*strangersBody) Codes() []retcode.Code { return friendCodes }

func (b *strangersBody) Check(c *access.Call) (err error) {
	if err = b.tokenBody.Check(c); err == nil {
		b.openids, err = parseOpenIDs("vcopenid", b.VCOpenID)
	}
	return err
}

type strangersResult struct {
	IsLost string     `json:"is_lost" doc:"0"`
	Lists  []stranger `json:"lists" doc:"those of them that belong to somebody"`
}

type stranger struct {
	OpenID         platform.OpenID `json:"openid" doc:"the person's openid at the app"`
	Gender         string          `json:"gender" doc:"1 male, 2 female"`
	NickName       string          `json:"nickName" doc:"the nickname"`
	QzonePicture50 string          `json:"qzonepicture50" doc:"address of the picture, 50 pixels a side"`
	QQPicture40    string          `json:"qqpicture40" doc:"40 pixels a side"`
	QQPicture100   string          `json:"qqpicture100" doc:"100 pixels a side"`
	QQPicture      string          `json:"qqpicture" doc:"address of the picture, to which a slash and a size are appended"`
}

// strangers answers the profiles of users of the app, friends or not. It leaves out openids that belong to nobody.
func (d *door) strangers(c *access.Call, in *strangersBody) (any, error) {
	if _, err := d.checkPlayer(c, &in.tokenBody); err != nil {
		return nil, err
	}
	users, err := d.friends.Users(c.Context(), c.App.AppID, in.openids)
	if err != nil {
		return nil, err
	}
	answer := &strangersResult{IsLost: digit(false), Lists: []stranger{}}
	for _, openid := range in.openids {
		u, ok := users[openid]
		if !ok {
			continue
		}
		gender := "1"
		if u.Profile.Gender == 2 {
			gender = "2"
		}
		answer.Lists = append(answer.Lists, stranger{
			OpenID: openid, Gender: gender, NickName: u.Profile.Nickname,
			QzonePicture50: picture(c, d.profiles.Picture(&u.Profile, 50)),
			QQPicture40:    picture(c, d.profiles.Picture(&u.Profile, 40)),
			QQPicture100:   picture(c, d.profiles.Picture(&u.Profile, 100)),
			QQPicture:      strings.TrimSuffix(picture(c, d.profiles.PictureBase(&u.Profile)), "/"),
		})
	}
	return answer, nil
}

// othersBody is the body of qq_unreg_friends (msdk-v3.md, 5.7).
type othersBody struct {
	tokenBody
	Count *int `json:"count" required:"true" min:"1" max:"50" doc:"how many friends to list at most"`
}

func (b *othersBody) Check(c *access.Call) error {
	if err := b.tokenBody.Check(c); err != nil {
		return err
	}
	if b.Count == nil {
		return empty("count")
	}
	return nil
}

type othersResult struct {
	Friends []friend `json:"friends" doc:"friends who do not use the app"`
}

// otherFriends answers friends of the player who do not use the app yet.
func (d *door) otherFriends(c *access.Call, in *othersBody) (any, error) {
	if *in.Count < 1 || *in.Count > friends.MaxUnregistered {
		return nil, retcode.QQFriendParameterIllegal.Errorf("body member \"count\" is not from 1 to %d", friends.MaxUnregistered)
	}
	login, err := d.checkPlayer(c, &in.tokenBody)
	if err != nil {
		return nil, err
	}
	list, err := d.friends.Unregistered(c.Context(), c.App.AppID, login.UIN, *in.Count)
	if err != nil {
		return nil, err
	}
	answer := &othersResult{Friends: make([]friend, len(list))}
	for i := range list {
		answer.Friends[i] = d.newFriend(c, &list[i])
	}
	return answer, nil
}

// membersBody is the body of qqfriends_vip (msdk-v3.md, 5.8). userip and pf are ignored.
type membersBody struct {
	tokenBody
	FOpenIDs []string `json:"fopenids" required:"true" min:"1" max:"50" doc:"openids of people who use the app"`
	Flags    string   `json:"flags" doc:"qq_vip, qq_svip or both with a comma between them: what to show; both without it"`

	openids           []platform.OpenID
	wantVIP, wantSVIP bool
}

func (*membersBody) Codes() []retcode.Code { return friendCodes }

func (b *membersBody) Check(c *access.Call) (err error) {
	if err := b.tokenBody.Check(c); err != nil {
		return err
	}
	if b.openids, err = parseOpenIDs("fopenids", b.FOpenIDs); err != nil {
		return err
	}
	for flag := range strings.SplitSeq(b.Flags, ",") {
		switch strings.TrimSpace(flag) {
		case "qq_vip":
			b.wantVIP = true
		case "qq_svip":
			b.wantSVIP = true
		case "":
		default:
			return retcode.QQFriendParameterIllegal.Errorf("body member \"flags\" has %.20q, which is neither qq_vip nor qq_svip", flag)
		}
	}
	if !b.wantVIP && !b.wantSVIP { // without flags it asks for all
		b.wantVIP, b.wantSVIP = true, true
	}
	return nil
}

type membersResult struct {
	IsLost string   `json:"is_lost" doc:"0"`
	Lists  []member `json:"lists" doc:"those of the people that the openids belong to"`
}

type member struct {
	OpenID      platform.OpenID `json:"openid" doc:"the person's openid at the app"`
	IsQQVIP     *int            `json:"is_qq_vip,omitzero" doc:"1 for a member of QQ"`
	QQVIPLevel  *int            `json:"qq_vip_level,omitzero" doc:"the level, of members only"`
	IsQQYearVIP *int            `json:"is_qq_year_vip,omitzero" doc:"1 if the membership is paid for a year"`
	IsQQSVIP    *int            `json:"is_qq_svip,omitzero" doc:"1 for a super member of QQ"`
}

// members answers which users of the app are members of QQ. It leaves out openids that belong to nobody.
func (d *door) members(c *access.Call, in *membersBody) (any, error) {
	if _, err := d.showPlayer(c, &in.tokenBody); err != nil {
		return nil, err
	}
	users, err := d.friends.Users(c.Context(), c.App.AppID, in.openids)
	if err != nil {
		return nil, err
	}
	answer := &membersResult{IsLost: digit(false), Lists: []member{}}
	for _, openid := range in.openids {
		u, ok := users[openid]
		if !ok {
			continue
		}
		vip, m := u.Profile.VIP, member{OpenID: openid}
		if in.wantVIP {
			m.IsQQVIP, m.IsQQYearVIP = new(platform.Bit(vip.Member.Has())), new(platform.Bit(vip.Member.Year))
			if vip.Member.Has() {
				m.QQVIPLevel = &vip.Member.Level
			}
		}
		if in.wantSVIP {
			m.IsQQSVIP = new(platform.Bit(vip.Super.Has()))
		}
		answer.Lists = append(answer.Lists, m)
	}
	return answer, nil
}

// vipRichInfo answers a player's QQ membership with its dates.
func (d *door) vipRichInfo(c *access.Call, in *tokenBody) (any, error) {
	profile, err := d.showPlayer(c, in)
	if err != nil {
		return nil, err
	}
	return new(msdk.NewVIPRichInfo(&profile.VIP)), nil
}

// vipBody is the body of query_vip (msdk-v3.md, 5.13).
type vipBody struct {
	tokenBody
	VIP uint32 `json:"vip" required:"true" min:"1" doc:"flags of the memberships, added: 1 QQ member, 2 QQ level, 4 blue diamond, 8 red, 16 super member, 64 and 512 Xinyue, 128 yellow, 256 anime"`
}

func (b *vipBody) Check(c *access.Call) error {
	if err := b.tokenBody.Check(c); err != nil {
		return err
	}
	if b.VIP == 0 {
		return empty("vip")
	}
	return nil
}

type vipResult struct {
	Lists []msdk.VIPAnswer `json:"lists" doc:"a membership for each flag, the lowest first"`
}

// queryVIP answers those of a player's memberships whose flags are set.
func (d *door) queryVIP(c *access.Call, in *vipBody) (any, error) {
	profile, err := d.showPlayer(c, &in.tokenBody)
	if err != nil {
		return nil, err
	}
	return &vipResult{msdk.VIPAnswers(profile.VIP, in.VIP)}, nil
}

// wifiBody is the body of get_wifi, which has no token (msdk-v3.md, 5.14).
type wifiBody struct {
	player
	AppID appID `json:"appid" required:"true" doc:"the URL's appid"`
}

func (b *wifiBody) Check(c *access.Call) error {
	if err := b.AppID.check(c); err != nil {
		return err
	}
	return b.player.Check(c)
}

type wifiResult struct {
	WiFiVIP int `json:"wifiVip" doc:"1 for a player who may use wireless networks"`
}

// wifi answers whether a player is entitled to wireless networks. The call has no token, so the openid must be in use. It
// does not act on the account, so 0x71f's protection of some is not passed on: no other interface refuses those.
func (d *door) wifi(c *access.Call, in *wifiBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, identity.ConvertOpenID, &wire.ConvertOpenIDRequest{
		Appid: uint64(c.App.AppID), Openid: in.packed,
	})
	if err != nil && !errors.Is(err, retcode.OIDBStaffProtected) && !errors.Is(err, retcode.OIDBSpeciallyProtected) {
		return nil, err
	}
	openid := platform.OpenID(in.packed) // 0x71f has checked the length
	users, err := d.friends.Users(c.Context(), c.App.AppID, []platform.OpenID{openid})
	if err != nil {
		return nil, err
	}
	user, ok := users[openid]
	if !ok {
		return nil, retcode.QQOpenIDIllegal.Errorf("openid %s is not in use at the app", openid)
	}
	return &wifiResult{platform.Bit(user.Profile.VIP.WiFi.Has())}, nil
}

// firstRegBody is the body of qqget_first_reg: the openid is in the URL (msdk-v3.md, 5.16).
type firstRegBody struct {
	player
	AccessToken string `json:"accessToken" required:"true" doc:"the player's access token"`
}

func (b *firstRegBody) Check(c *access.Call) error {
	if b.AccessToken == "" {
		return empty("accessToken")
	}
	if b.OpenID = cmp.Or(b.OpenID, c.Query.Get("openid")); b.OpenID == "" {
		return retcode.V3FieldInvalid.Errorf("the openid is neither in the URL nor in the body")
	}
	return b.player.Check(c)
}

type firstRegResult struct {
	NeedPop string `json:"need_pop" doc:"1 if the player's real name is registered, so that the game need not ask for it"`
}

// firstReg answers whether the player's real name is registered, so that the game need not ask for it.
func (d *door) firstReg(c *access.Call, in *firstRegBody) (any, error) {
	profile, err := d.showPlayer(c, &tokenBody{player: in.player, AccessToken: in.AccessToken})
	if err != nil {
		return nil, err
	}
	return &firstRegResult{digit(profile.RealNamed)}, nil
}
