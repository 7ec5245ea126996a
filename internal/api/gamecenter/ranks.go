package gamecenter

import (
	"context"
	"strconv"

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
	return board{rsp}, err
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
	return board{rsp}, err
}

// board is a ranking as the members of an answer. Rankings are asked for all the time, so they are written without reflection.
type board struct{ *wire.ListRanksResponse }

func (r board) append(b []byte) []byte {
	b = appendText(append(b, `"board":`...), r.Board) // all, or the date of the week's Monday
	b = strconv.AppendUint(append(b, `,"players":`...), uint64(r.Players), 10)
	b = append(b, `,"list":[`...)
	for i, place := range r.Place {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendRanked(b, place)
	}
	b = append(b, ']')
	if r.Own != nil {
		b = appendRanked(append(b, `,"own":`...), r.Own)
	}
	if r.Lost {
		b = append(b, `,"is_lost":true`...)
	}
	return b
}

// appendRanked writes a player with a place. The openid of one that was taken back is empty.
func appendRanked(b []byte, p *wire.RankedPlayer) []byte {
	b = strconv.AppendUint(append(b, `{"rank":`...), uint64(p.Rank), 10)
	b = append(b, `,"openid":"`...)
	if len(p.Openid) > 0 {
		b = platform.OpenID(p.Openid).Append(b)
	}
	b = appendText(append(b, `","nickname":`...), p.Nickname)
	b = appendText(append(b, `,"picture":`...), p.PictureUrl)
	b = appendText(append(b, `,"score":`...), p.Score)
	b = strconv.AppendInt(append(b, `,"reached_ms":`...), p.ReachedMs, 10)
	return append(b, '}')
}
