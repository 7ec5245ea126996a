package social

import (
	"context"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxRecent bounds the games that are listed as played recently.
const MaxRecent = 20

// RecentGamesCommand is command 0xf06_10.
var RecentGamesCommand = oidb.Declare[*wire.RecentGamesRequest, *wire.RecentGamesResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 10}, Name: "recent_games", Summary: "Lists the games that a player has played, the last one first.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterNoRecentGame, retcode.GameCenterRecentReadFailed}, Fallback: retcode.GameCenterRecentReadFailed,
	Repeatable: true, Needs: needs,
})

func (s *Service) recentGames(ctx context.Context, req *wire.RecentGamesRequest) (*wire.RecentGamesResponse, error) {
	limit := MaxRecent
	if req.Limit > 0 {
		limit = min(limit, int(req.Limit))
	}
	list, err := s.Store.RecentGames(ctx, platform.UIN(req.Uin), limit)
	if err != nil {
		return nil, err
	}
	rsp := &wire.RecentGamesResponse{Uin: req.Uin}
	for _, one := range list {
		if app := s.Apps.ByID(one.AppID); app != nil {
			rsp.Game = append(rsp.Game, &wire.RecentGame{Appid: uint64(one.AppID), Name: app.Name, PlayedMs: one.PlayedMS})
		}
	}
	if len(rsp.Game) == 0 {
		return nil, retcode.GameCenterNoRecentGame
	}
	return rsp, nil
}
