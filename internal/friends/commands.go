package friends

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Register puts the service's commands on the bus.
func (s *Service) Register() {
	oidb.Handle(s.bus, ShowProfileCommand, s.showProfile)
	oidb.Handle(s.bus, ListFriendsCommand, s.listFriends)
	oidb.Handle(s.bus, AreFriendsCommand, s.areFriends)
}

const needs = "the platform's accounts, openids, grants and friendships"

// ShowProfileCommand is command 0x5e1.
var ShowProfileCommand = oidb.Declare[*wire.ShowProfileRequest, *wire.ShowProfileResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0x5e1, ServiceType: 1}, Name: "show_profile", Summary: "Shows the profile of a token's account.",
	Results: retcode.OIDB,
	Codes:   []retcode.Code{retcode.OIDBAccessTokenInvalid, retcode.OIDBConnectFailed}, Fallback: retcode.OIDBConnectFailed,
	Repeatable: true, Needs: needs,
})

// showProfile answers 116 for any token that 0x711 refuses, and 155 for a check that could not be made.
func (s *Service) showProfile(ctx context.Context, req *wire.ShowProfileRequest) (*wire.ShowProfileResponse, error) {
	check := wire.CheckRequest{
		AppID: platform.AppID(req.Appid), OpenID: req.Openid, MSDKOpenID: platform.MSDKOpenID(req.MsdkOpenid),
		Token: req.AccessToken, PC: req.Pc,
	}
	if check.Token == "" && len(req.Openkey) > 0 {
		check.Token, check.Openkey = string(req.Openkey), true
	}
	login, err := oidb.Call(ctx, s.bus, oidb.CheckAccess, check)
	var failure *oidb.Failure
	switch {
	case err == nil:
	case !errors.As(err, &failure) || failure.Code.Domain() != retcode.AccessToken:
		return nil, err // the bus's own result
	case failure.Undecided():
		return nil, retcode.OIDBConnectFailed.WithCause(err)
	default:
		return nil, retcode.OIDBAccessTokenInvalid.WithCause(err)
	}
	p, err := s.profiles.Get(ctx, login.UIN)
	if err != nil {
		return nil, retcode.OIDBConnectFailed.WithCause(err)
	}
	return &wire.ShowProfileResponse{
		Uin: uint64(login.UIN), Openid: login.OpenID[:], Nickname: p.Nickname, Gender: uint32(p.Gender), PictureUrl: p.PictureURL,
		Country: p.Country, Province: p.Province, City: p.City, Language: p.Language, QqLevel: uint32(p.VIP.QQLevel),
		Vip: memberships(&p.VIP), RealNamed: p.RealNamed,
	}, nil
}

// ShowProfile returns the profile of a token's account.
func ShowProfile(ctx context.Context, bus *oidb.Bus, check wire.CheckRequest) (*platform.Profile, error) {
	req := &wire.ShowProfileRequest{Appid: uint64(check.AppID), Openid: check.OpenID, MsdkOpenid: uint64(check.MSDKOpenID), Pc: check.PC}
	if check.Openkey {
		req.Openkey = []byte(check.Token)
	} else {
		req.AccessToken = check.Token
	}
	rsp, err := oidb.Call(ctx, bus, ShowProfileCommand, req)
	if err != nil {
		return nil, err
	}
	return profileOf(rsp), nil
}

// ListFriendsCommand is command 0xf00.
var ListFriendsCommand = oidb.Declare[*wire.ListFriendsRequest, *wire.ListFriendsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf00, ServiceType: 1}, Name: "list_friends", Summary: "Lists the friends of an account who use an app.",
	Results: retcode.OIDB,
	Codes:   []retcode.Code{retcode.QQFriendCacheReadFailed, retcode.QQFriendCacheWriteFailed}, Fallback: retcode.QQFriendCacheReadFailed,
	Repeatable: true, Needs: needs,
})

// listFriends ends a page before its answer would become too large.
func (s *Service) listFriends(ctx context.Context, req *wire.ListFriendsRequest) (*wire.ListFriendsResponse, error) {
	page, lost, err := s.page(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin), platform.UIN(req.After))
	if err != nil {
		return nil, err
	}
	most := len(page)
	if req.Limit > 0 {
		most = min(most, int(req.Limit))
	}
	rsp := &wire.ListFriendsResponse{Uin: req.Uin, Lost: lost}
	size := 0
	for i := range page[:min(most, oidb.MaxFriends)] {
		friend := message(&page[i])
		if size += proto.Size(friend) + fieldOverhead; size > oidb.MaxBody {
			break
		}
		rsp.Friend = append(rsp.Friend, friend)
	}
	rsp.More = len(rsp.Friend) < len(page)
	return rsp, nil
}

// fieldOverhead is a lower bound for the cost of nesting a message in another: its tag and its length.
const fieldOverhead = 8

// List returns the friends of an account who use the app, by number, with their current profiles. lost means that they may
// be out of date. Errors: 251004 and 251005, like the service's.
func List(ctx context.Context, bus *oidb.Bus, app platform.AppID, uin platform.UIN) (list []Friend, lost bool, err error) {
	return walk(app, uin, func(req *wire.ListFriendsRequest) (*wire.ListFriendsResponse, error) {
		return oidb.Call(ctx, bus, ListFriendsCommand, req)
	})
}

// walk asks for page after page.
func walk(app platform.AppID, uin platform.UIN, ask func(*wire.ListFriendsRequest) (*wire.ListFriendsResponse, error)) (list []Friend, lost bool, err error) {
	req := &wire.ListFriendsRequest{Appid: uint64(app), Uin: uint64(uin)}
	for {
		rsp, err := ask(req)
		if err != nil {
			return nil, false, err
		}
		for _, friend := range rsp.Friend {
			list = append(list, friendOf(friend))
		}
		lost = lost || rsp.Lost
		if !rsp.More || len(rsp.Friend) == 0 {
			return list, lost, nil
		}
		req.After = rsp.Friend[len(rsp.Friend)-1].Uin
	}
}

// AreFriendsCommand is command 0xf01.
var AreFriendsCommand = oidb.Declare[*wire.AreFriendsRequest, *wire.AreFriendsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf01, ServiceType: 1}, Name: "are_friends", Summary: "Says whether two accounts are friends.",
	Results: retcode.OIDB,
	Codes:   []retcode.Code{retcode.QQFriendCacheReadFailed}, Fallback: retcode.QQFriendCacheReadFailed,
	Repeatable: true, Needs: needs,
})

func (s *Service) areFriends(ctx context.Context, req *wire.AreFriendsRequest) (*wire.AreFriendsResponse, error) {
	a, b := platform.UIN(req.Uin), platform.UIN(req.Friend)
	are, err := s.pairs.are(a, b, func() (bool, error) { return s.store.AreFriends(ctx, a, b) })
	if err != nil {
		return nil, retcode.QQFriendCacheReadFailed.WithCause(err)
	}
	return &wire.AreFriendsResponse{Uin: req.Uin, Friends: are}, nil
}

// AreFriends reports whether two accounts are friends. Error: 251004 when that cannot be read.
func AreFriends(ctx context.Context, bus *oidb.Bus, a, b platform.UIN) (bool, error) {
	rsp, err := oidb.Call(ctx, bus, AreFriendsCommand, &wire.AreFriendsRequest{Uin: uint64(a), Friend: uint64(b)})
	return rsp.GetFriends(), err
}

func message(f *Friend) *wire.AppFriend {
	p := &f.Profile
	return &wire.AppFriend{
		Uin: uint64(f.UIN), Openid: f.OpenID[:], MsdkOpenid: uint64(f.MSDKOpenID), Remark: f.Remark,
		Nickname: p.Nickname, Gender: uint32(p.Gender), PictureUrl: p.PictureURL, Country: p.Country, Province: p.Province, City: p.City,
		Language: p.Language, QqLevel: uint32(p.VIP.QQLevel), Vip: memberships(&p.VIP), RealNamed: p.RealNamed,
	}
}

func friendOf(m *wire.AppFriend) Friend {
	f := Friend{UIN: platform.UIN(m.Uin), MSDKOpenID: platform.MSDKOpenID(m.MsdkOpenid), Remark: m.Remark, Profile: *profileOf(m)}
	copy(f.OpenID[:], m.Openid)
	return f
}

// profileOf returns the profile in a message.
func profileOf(m interface {
	GetNickname() string
	GetGender() uint32
	GetPictureUrl() string
	GetCountry() string
	GetProvince() string
	GetCity() string
	GetLanguage() string
	GetQqLevel() uint32
	GetVip() []*wire.Membership
	GetRealNamed() bool
}) *platform.Profile {
	p := &platform.Profile{
		Nickname: m.GetNickname(), Gender: int(m.GetGender()), PictureURL: m.GetPictureUrl(), Country: m.GetCountry(),
		Province: m.GetProvince(), City: m.GetCity(), Language: m.GetLanguage(), RealNamed: m.GetRealNamed(),
		VIP: platform.VIP{QQLevel: int(m.GetQqLevel())},
	}
	for _, one := range m.GetVip() {
		for _, kind := range platform.Memberships { // unknown ones are skipped
			if kind.Flag == one.Flag {
				*kind.Of(&p.VIP) = platform.Membership{Level: int(one.Level), Year: one.Year, Luxury: one.Luxury, StartMS: one.StartMs, EndMS: one.EndMs}
			}
		}
	}
	return p
}

func memberships(v *platform.VIP) (list []*wire.Membership) {
	for _, kind := range platform.Memberships {
		if m := kind.Of(v); m.Has() {
			list = append(list, &wire.Membership{
				Flag: kind.Flag, Level: uint32(m.Level), Year: m.Year, Luxury: m.Luxury, StartMs: m.StartMS, EndMs: m.EndMS,
			})
		}
	}
	return list
}
