package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/ranking"
)

// Ranking is a part of a board.
type Ranking struct {
	Board   string         `json:"board" doc:"all, or the date of the week's Monday"`
	Players int            `json:"players" doc:"how many have a place"`
	Places  []RankedPlayer `json:"places" doc:"the places"`
}

// RankedPlayer is a player with a place.
type RankedPlayer struct {
	Rank      int              `json:"rank" doc:"the place"`
	UIN       platform.UIN     `json:"uin" doc:"the account"`
	OpenID    *platform.OpenID `json:"openid" doc:"null if it was taken back"`
	Nickname  string           `json:"nickname" doc:"the nickname"`
	Score     platform.Decimal `json:"score" doc:"the score"`
	ReachedMS int64            `json:"reached_ms" doc:"when it was reached"`
}

// rankFields are the parameters of listRanks.
type rankFields struct {
	Board  string       `json:"board" def:"weekly" doc:"weekly, all, or the date of a day in one of the last eight weeks"`
	From   int          `json:"from" min:"0" doc:"the first rank to list; the first place without it"`
	Limit  int          `json:"limit" min:"0" max:"100" def:"20" doc:"how many places to list at most"`
	Around platform.UIN `json:"around" doc:"lists the places around this account in place of those after from"`
}

// listRanks lists places on the board that the URL parameter board names: limit of them from the rank from on, or around an account.
func (d *door) listRanks(c *access.Call, app platform.AppID) (any, error) {
	if d.registry.ByID(app) == nil {
		return nil, platform.NoApp(app)
	}
	board, err := parameter(c, "board")
	if err != nil {
		return nil, err
	}
	around, err := parameter(c, "around")
	if err != nil {
		return nil, err
	}
	from, err := QueryNumber(c, "from", 0, 1<<32-1)
	if err != nil {
		return nil, err
	}
	limit, err := QueryNumber(c, "limit", ranking.DefaultPage, ranking.MaxPage)
	if err != nil {
		return nil, err
	}
	q := ranking.Query{Board: board, From: int(from), Limit: int(limit)}
	if around != "" {
		if q.Around, err = platform.ParseUIN(around); err != nil {
			return nil, err
		}
	}
	r, err := d.ranking.List(c.Context(), app, q)
	if err != nil {
		return nil, err
	}
	answer := &Ranking{Board: r.Board, Players: r.Players, Places: make([]RankedPlayer, len(r.Places))}
	for i, p := range r.Places {
		answer.Places[i] = RankedPlayer{p.Rank, p.UIN, p.OpenID, p.Nickname, p.Score, p.ReachedMS}
	}
	return answer, nil
}
