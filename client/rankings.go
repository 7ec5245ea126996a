package client

import (
	"cmp"
	"context"
	"net/url"
	"time"
)

// Board names a board of an app's ranking: this week's, that of all time, or that of one of the last eight weeks, by the date of
// any of its days, such as 2025-12-24.
type Board string

// The boards that have names.
const (
	WeekBoard    Board = "weekly"
	AllTimeBoard Board = "all"
)

// BoardOf returns the board of the week that a day is in. The day is the one in t's own time zone; the platform's days and weeks are
// those of its zone, by default Asia/Shanghai.
func BoardOf(t time.Time) Board { return Board(t.Format(time.DateOnly)) }

// Ranking is a part of a board, best first.
type Ranking struct {
	Board      Board // AllTimeBoard, or the date of the week's Monday
	Players    int   // who are on the board
	Places     []Place
	Own        *Place // the caller's; nil without a score
	Incomplete bool   // do not store it: a part could not be read, or is old
}

// Place is a player's place in a ranking. Of equal scores the one that was reached earlier is ahead.
type Place struct {
	GamePlayer

	Rank    int    // from 1
	Score   string // a decimal number
	Reached time.Time
}

// GamePlayer is a player as friends see one.
type GamePlayer struct {
	OpenID     string // "" for somebody who has none any more
	Nickname   string
	PictureURL string
}

// RankPage is a part of a board: Limit places from From on. 0 stands for the first place, and for 20 places; at most 100 are listed.
type RankPage struct {
	From  int
	Limit int
}

// FriendRanking ranks the caller and friends who use the app. Its refusals that a later call may not have are GameCenterFriendsFailed,
// GameCenterAchievementReadFailed, GameCenterProfileReadFailed and GameCenterOpenIDLookupFailed.
func (g *GameCenter) FriendRanking(ctx context.Context, by GameCaller, board Board, page RankPage) (*Ranking, error) {
	return g.ranking(ctx, by, "gc_friend_rank", board, page, "")
}

// Ranking ranks all players of the app. It is refused like FriendRanking, without GameCenterFriendsFailed.
func (g *GameCenter) Ranking(ctx context.Context, by GameCaller, board Board, page RankPage) (*Ranking, error) {
	return g.ranking(ctx, by, "gc_rank", board, page, "")
}

// RankingAround is Ranking with the player of that openid, "" for the caller, in the middle of at most limit places: none if the player
// has no score. GameCenterOpenIDNotFound means that nobody has the openid.
func (g *GameCenter) RankingAround(ctx context.Context, by GameCaller, board Board, openid string, limit int) (*Ranking, error) {
	return g.ranking(ctx, by, "gc_rank", board, RankPage{Limit: limit}, cmp.Or(openid, "self"))
}

func (g *GameCenter) ranking(ctx context.Context, by GameCaller, cmd string, board Board, page RankPage, around string) (*Ranking, error) {
	var out struct {
		Board   string   `json:"board"`
		Players int      `json:"players"`
		List    []ranked `json:"list"`
		Own     *ranked  `json:"own"`
		IsLost  bool     `json:"is_lost"`
	}
	err := g.call(ctx, by, gameCall{cmd: cmd, out: &out, params: url.Values{
		"board": {string(board)}, "from": {orDefault(page.From)}, "limit": {orDefault(page.Limit)}, "around": {around},
	}}, &out.Board)
	if err != nil {
		return nil, err
	}
	r := &Ranking{Board: Board(out.Board), Players: out.Players, Places: make([]Place, len(out.List)), Incomplete: out.IsLost}
	for i := range out.List {
		r.Places[i] = out.List[i].place()
	}
	if out.Own != nil {
		own := out.Own.place()
		r.Own = &own
	}
	return r, nil
}

// ranked is a place in an answer.
type ranked struct {
	gamePlayer

	Rank    int    `json:"rank"`
	Score   string `json:"score"`
	Reached millis `json:"reached_ms"`
}

func (r *ranked) place() Place {
	return Place{GamePlayer: GamePlayer(r.gamePlayer), Rank: r.Rank, Score: r.Score, Reached: r.Reached.Time}
}

// gamePlayer is a player in an answer.
type gamePlayer struct {
	OpenID     string `json:"openid"`
	Nickname   string `json:"nickname"`
	PictureURL string `json:"picture"`
}
