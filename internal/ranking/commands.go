package ranking

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
	oidb.Handle(s.Bus, ListFriendRanks, s.listFriendRanks)
	oidb.Handle(s.Bus, ListRanks, s.listRanks)
	oidb.Handle(s.Bus, ShowRank, s.showRank)
}

// declare declares a command. A board that cannot be read is -4019: its scores are achievements.
func declare[Req, Rsp proto.Message](serviceType uint32, name, summary string, codes ...retcode.Code) *oidb.Command[Req, Rsp] {
	return oidb.Declare[Req, Rsp](oidb.Declaration{
		ID: oidb.ID{Number: 0xf05, ServiceType: serviceType}, Name: name, Summary: summary, Results: retcode.GameCenter,
		Codes:    append(codes, retcode.GameCenterParameterInvalid, retcode.GameCenterAchievementReadFailed),
		Fallback: retcode.GameCenterAchievementReadFailed, Repeatable: true, Inline: true, // what waits asks for it
		Needs: "the reported scores, and the platform's accounts and openids",
	})
}

// ListFriendRanks is command 0xf05 of service type 3.
var ListFriendRanks = declare[*wire.ListFriendRanksRequest, *wire.ListRanksResponse](3, "list_friend_ranks",
	"Lists the places of a player and its friends among each other.",
	retcode.GameCenterFriendsFailed, retcode.GameCenterProfileReadFailed, retcode.GameCenterOpenIDLookupFailed)

func (s *Service) listFriendRanks(ctx context.Context, req *wire.ListFriendRanksRequest) (*wire.ListRanksResponse, error) {
	q := Query{Board: req.Board, From: int(req.From), Limit: int(req.Limit)}
	r, err := s.Friends(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin), q)
	if err != nil {
		return nil, refused(err)
	}
	return response(r), nil
}

// ListRanks is command 0xf05 of service type 4.
var ListRanks = declare[*wire.ListRanksRequest, *wire.ListRanksResponse](4, "list_ranks", "Lists the places of an app's players.",
	retcode.GameCenterOpenIDNotFound, retcode.GameCenterUINLookupFailed, retcode.GameCenterProfileReadFailed, retcode.GameCenterOpenIDLookupFailed)

func (s *Service) listRanks(ctx context.Context, req *wire.ListRanksRequest) (*wire.ListRanksResponse, error) {
	app, uin := platform.AppID(req.Appid), platform.UIN(req.Uin)
	q := Query{Board: req.Board, From: int(req.From), Limit: int(req.Limit), Around: platform.UIN(req.Around)}
	if len(req.AroundOpenid) > 0 {
		var err error
		if q.Around, err = s.find(ctx, app, req.AroundOpenid); err != nil {
			return nil, err
		}
	}
	r, err := s.List(ctx, app, q)
	if err != nil {
		return nil, refused(err)
	}
	place, err := s.Place(ctx, app, r.Board, uin)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return response(r), nil
	case err != nil:
		return nil, err
	}
	own, err := s.player(ctx, app, &place)
	if err != nil {
		return nil, err
	}
	r.Own = &own
	return response(r), nil
}

// find returns the account that an openid names.
func (s *Service) find(ctx context.Context, app platform.AppID, openid []byte) (platform.UIN, error) {
	if len(openid) != len(platform.OpenID{}) {
		return 0, retcode.GameCenterParameterInvalid.Errorf("the openid has %d bytes", len(openid))
	}
	binding, err := s.Store.OpenID(oidb.Wait(ctx), app, platform.OpenID(openid))
	switch {
	case errors.Is(err, platform.ErrNotFound), err == nil && binding.State != platform.OpenIDActive:
		return 0, retcode.GameCenterOpenIDNotFound
	case err != nil:
		return 0, retcode.GameCenterUINLookupFailed.WithCause(err)
	}
	return binding.UIN, nil
}

// ShowRank is command 0xf05 of service type 5.
var ShowRank = declare[*wire.ShowRankRequest, *wire.ShowRankResponse](5, "show_rank", "Shows a player's place among all players of an app.")

func (s *Service) showRank(ctx context.Context, req *wire.ShowRankRequest) (*wire.ShowRankResponse, error) {
	board, err := s.board(platform.AppID(req.Appid), req.Board)
	if err != nil {
		return nil, refused(err)
	}
	rsp := &wire.ShowRankResponse{Board: name(board), Lost: s.late()}
	place, err := s.Index.Place(ctx, board, platform.UIN(req.Uin))
	switch {
	case errors.Is(err, platform.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		rsp.Rank, rsp.Score, rsp.ReachedMs = uint32(place.Rank), place.Score.String(), place.ReachedMS
	}
	return rsp, nil
}

func response(r *Ranking) *wire.ListRanksResponse {
	rsp := &wire.ListRanksResponse{Board: r.Board, Players: uint32(r.Players), Lost: r.Lost, Place: make([]*wire.RankedPlayer, len(r.Places))}
	all := make([]wire.RankedPlayer, len(r.Places)+1) // at once
	for i := range r.Places {
		rsp.Place[i] = fill(&all[i], &r.Places[i])
	}
	if r.Own != nil {
		rsp.Own = fill(&all[len(r.Places)], r.Own)
	}
	return rsp
}

func fill(m *wire.RankedPlayer, p *Player) *wire.RankedPlayer {
	m.Rank, m.Uin, m.Nickname, m.PictureUrl, m.Score, m.ReachedMs = uint32(p.Rank), uint64(p.UIN), p.Nickname, p.PictureURL, p.Score.String(), p.ReachedMS
	if p.OpenID != nil {
		m.Openid = p.OpenID[:]
	}
	return m
}

// refused returns -4022 for what platform.ErrInvalid says.
func refused(err error) error {
	if errors.Is(err, platform.ErrInvalid) {
		return retcode.GameCenterParameterInvalid.Errorf("%v", err)
	}
	return err
}
