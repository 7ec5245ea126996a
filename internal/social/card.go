package social

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/retcode"
)

// ShowCardCommand is command 0xf06_9.
var ShowCardCommand = oidb.Declare[*wire.ShowCardRequest, *wire.ShowCardResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 9}, Name: "show_card", Summary: "Shows the card of a player, or of a friend.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterParameterInvalid, retcode.GameCenterProfileReadFailed}, Fallback: retcode.GameCenterProfileReadFailed,
	Repeatable: true, Needs: needs,
})

func (s *Service) showCard(ctx context.Context, req *wire.ShowCardRequest) (*wire.ShowCardResponse, error) {
	app, uin := platform.AppID(req.Appid), platform.UIN(req.Uin)
	rsp, who := &wire.ShowCardResponse{Uin: req.Uin}, uin
	if len(req.FriendOpenid) == 0 {
		list, _, err := friends.List(ctx, s.Bus, app, uin)
		if err != nil {
			return nil, retcode.GameCenterProfileReadFailed.WithCause(err)
		}
		rsp.Friends = uint32(len(list))
	} else {
		var err error
		who, err = s.friend(ctx, app, uin, req.FriendOpenid)
		switch {
		case errors.Is(err, platform.ErrNotFound):
			return nil, retcode.GameCenterParameterInvalid.Errorf("friend is not the openid of a friend who uses the app")
		case err != nil:
			return nil, retcode.GameCenterProfileReadFailed.WithCause(err)
		}
	}
	p, err := s.Profiles.Get(ctx, who)
	if err != nil {
		return nil, err
	}
	record, err := s.Store.ChallengeRecord(ctx, app, who, s.Clock.NowMS())
	if err != nil {
		return nil, err
	}
	rsp.Of, rsp.Nickname, rsp.Gender, rsp.QqLevel = uint64(who), p.Nickname, uint32(p.Gender), uint32(p.VIP.QQLevel)
	rsp.PictureUrl = s.Profiles.Picture(p, profile.PictureSize)
	rsp.Won, rsp.Lost, rsp.Drawn = record.Won, record.Lost, record.Drawn
	return rsp, nil
}
