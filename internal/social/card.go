package social

import (
	"context"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// ShowCardCommand is command 0xf06_9.
var ShowCardCommand = oidb.Declare[*wire.ShowCardRequest, *wire.ShowCardResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 9}, Name: "show_card", Summary: "Shows the card of a player, or of a friend.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterParameterInvalid, retcode.GameCenterProfileReadFailed}, Fallback: retcode.GameCenterProfileReadFailed,
	Repeatable: true,
})

func (s *Service) showCard(ctx context.Context, req *wire.ShowCardRequest) (*wire.ShowCardResponse, error) {
	of, err := s.circle(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin), nil)
	if err != nil {
		return nil, retcode.GameCenterProfileReadFailed.WithCause(err)
	}
	rsp, who := &wire.ShowCardResponse{Uin: req.Uin}, &of.own
	if len(req.FriendOpenid) == 0 {
		rsp.Friends = uint32(len(of.friends))
	} else if who = of.friend(req.FriendOpenid); who == nil {
		return nil, retcode.GameCenterParameterInvalid.Errorf("friend is not the openid of a friend who uses the app")
	}
	record, err := s.Store.ChallengeRecord(ctx, platform.AppID(req.Appid), who.UIN, s.Clock.NowMS())
	if err != nil {
		return nil, err
	}
	p := &who.Profile
	rsp.Of, rsp.Nickname, rsp.Gender, rsp.QqLevel = uint64(who.UIN), p.Nickname, uint32(p.Gender), uint32(p.VIP.QQLevel)
	rsp.PictureUrl = s.Profiles.Picture(p, pictureSize)
	rsp.Won, rsp.Lost, rsp.Drawn = record.Won, record.Lost, record.Drawn
	return rsp, nil
}
