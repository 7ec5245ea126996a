package gamecenter

import (
	"context"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/retcode"
)

var everyWay = []way{byToken, bySkey, bySid}

// ranks are the commands of the rankings.
var ranks = []*command{
	{
		name: "gc_friend_rank", ways: everyWay, read: readFriendRank, serve: serveFriendRank,
		calls: []access.Use{access.Uses(&ranking.ListFriendRanks.Declaration)}, failed: retcode.GameCenterAchievementReadFailed,
	},
	{
		name: "gc_rank", ways: everyWay, read: readRank, serve: serveRank,
		calls: []access.Use{access.Uses(&ranking.ListRanks.Declaration)}, failed: retcode.GameCenterAchievementReadFailed,
	},
}

// maxFrom bounds the first rank of a page.
const maxFrom = 1<<32 - 1

// readPage reads which part of a board is wanted. The service knows the names of boards.
func readPage(in *request) (board string, from, limit uint32, err error) {
	first, err := in.number("from", 0, 1, maxFrom)
	if err != nil {
		return "", 0, 0, err
	}
	most, err := in.number("limit", 0, 1, ranking.MaxPage)
	return in.text("board"), uint32(first), uint32(most), err
}

func readFriendRank(in *request) error {
	board, from, limit, err := readPage(in)
	in.input = &wire.ListFriendRanksRequest{Board: board, From: from, Limit: limit}
	return err
}

func serveFriendRank(ctx context.Context, bus *oidb.Bus, in *request) (any, error) {
	req := in.input.(*wire.ListFriendRanksRequest)
	req.Appid, req.Uin = uint64(in.app.AppID), uint64(in.uin)
	rsp, err := oidb.Call(ctx, bus, ranking.ListFriendRanks, req)
	return boardOf(rsp), err
}

// aroundSelf is the value of around for the caller's own place.
const aroundSelf = "self"

func readRank(in *request) error {
	board, from, limit, err := readPage(in)
	if err != nil {
		return err
	}
	req := &wire.ListRanksRequest{Board: board, From: from, Limit: limit}
	if text := in.text("around"); text != "" && text != aroundSelf {
		openid, err := platform.ParseOpenID(text)
		if err != nil {
			return retcode.GameCenterParameterInvalid.Errorf("parameter \"around\" is neither %s nor an openid", aroundSelf)
		}
		req.AroundOpenid = openid[:]
	}
	in.input = req
	return nil
}

func serveRank(ctx context.Context, bus *oidb.Bus, in *request) (any, error) {
	req := in.input.(*wire.ListRanksRequest)
	req.Appid, req.Uin = uint64(in.app.AppID), uint64(in.uin)
	if in.text("around") == aroundSelf {
		req.Around = req.Uin
	}
	rsp, err := oidb.Call(ctx, bus, ranking.ListRanks, req)
	return boardOf(rsp), err
}

// board is the members of a ranking's answer.
type board struct {
	Board   string   `json:"board"` // all, or the date of the week's Monday
	Players uint32   `json:"players"`
	List    []ranked `json:"list"`
	Own     *ranked  `json:"own,omitzero"`
	Lost    bool     `json:"is_lost,omitzero"`
}

// ranked is a player with a place.
type ranked struct {
	Rank      uint32 `json:"rank"`
	OpenID    string `json:"openid"`
	Nickname  string `json:"nickname"`
	Picture   string `json:"picture"`
	Score     string `json:"score"`
	ReachedMS int64  `json:"reached_ms"`
}

func boardOf(rsp *wire.ListRanksResponse) *board {
	if rsp == nil {
		return nil
	}
	b := &board{Board: rsp.Board, Players: rsp.Players, List: make([]ranked, len(rsp.Place)), Lost: rsp.Lost}
	for i, p := range rsp.Place {
		b.List[i] = rankedOf(p)
	}
	if rsp.Own != nil {
		own := rankedOf(rsp.Own)
		b.Own = &own
	}
	return b
}

func rankedOf(p *wire.RankedPlayer) ranked {
	r := ranked{Rank: p.Rank, Nickname: p.Nickname, Picture: p.PictureUrl, Score: p.Score, ReachedMS: p.ReachedMs}
	if len(p.Openid) > 0 {
		r.OpenID = platform.OpenID(p.Openid).String()
	}
	return r
}
