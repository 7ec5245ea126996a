// Package ranking ranks an app's players by their best scores: of each week, which is settled on Monday at 00:00 in the platform's
// time zone, and of all time; all of them, and a player's friends among each other. It runs on the bus as commands 0xf05.
package ranking

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// PastWeeks is the number of settled weeks whose boards can be read.
const PastWeeks = 8

// Bounds of one answer.
const (
	DefaultPage = 20
	MaxPage     = 100 // places
)

// Names of boards. A week is also named by the date of one of its days.
const (
	Weekly  = "weekly" // this week
	AllTime = "all"
)

const sweptAtOnce = 1000 // scores

// Ranking is a part of a board.
type Ranking struct {
	Board   string // AllTime, or the date of the week's Monday
	Players int    // how many have a place
	Places  []Player
	Own     *Player // the place of the player who asks for its friends; nil without one
	Lost    bool    // the friends, or the scores, may be out of date
}

// Player is a player with a place.
type Player struct {
	Place
	OpenID     *platform.OpenID // nil if it was taken back
	Nickname   string
	PictureURL string // of profile.PictureSize
}

// Query says which places are wanted. Zero values stand for what is usual: this week's board from its beginning, DefaultPage places.
type Query struct {
	Board  string       // Weekly, AllTime, or a date
	From   int          // the first rank
	Limit  int          // at most MaxPage
	Around platform.UIN // a player to have in the middle; not with From
}

// Options are what the service needs.
type Options struct {
	Store    store.Store
	Clock    *platform.Clock
	Bus      *oidb.Bus
	People   *profile.Service
	Index    *Index
	Calendar platform.Calendar // of the weeks
}

// Service is the ranking service. It is safe for concurrent use.
type Service struct {
	Options
	people people
}

// New returns a service. It must be made before the first write.
func New(o Options) *Service {
	return &Service{o, newPeople(o.Store)}
}

// week returns the Monday of the current week.
func (s *Service) week() int64 { return s.Calendar.Week(s.Clock.Now()) }

// board returns the board with a name; "" stands for Weekly.
func (s *Service) board(app platform.AppID, name string) (platform.Board, error) {
	this := s.week()
	switch name {
	case AllTime:
		return platform.Board{AppID: app}, nil
	case "", Weekly:
		return platform.Board{AppID: app, Week: this}, nil
	}
	day, err := platform.ParseDay(name)
	if err != nil {
		return platform.Board{}, platform.Invalidf("board", "board %.40q is neither %s, %s nor a date such as 2026-11-23", name, Weekly, AllTime)
	}
	week := platform.WeekOf(day)
	if week > this || week < this-7*PastWeeks {
		return platform.Board{}, platform.Invalidf("board", "board %s is not of this week or one of the last %d", name, PastWeeks)
	}
	return platform.Board{AppID: app, Week: week}, nil
}

// name returns the name of a board that is the same next week: AllTime, or the date of its Monday.
func name(board platform.Board) string {
	if board.Week == 0 {
		return AllTime
	}
	return platform.FormatDay(board.Week)
}

// late reports whether scores that were reported at other gateways may not have arrived at this one, as while the database is replaced. An
// index is then as it was.
func (s *Service) late() bool { return s.Store.Lag() > store.MostLag }

// resolve returns the board, the first rank and the number of places that a query asks for.
func (s *Service) resolve(app platform.AppID, q Query) (board platform.Board, from, limit int, err error) {
	if board, err = s.board(app, q.Board); err != nil {
		return board, 0, 0, err
	}
	from, limit = cmp.Or(q.From, 1), cmp.Or(q.Limit, DefaultPage)
	switch {
	case from < 1:
		return board, 0, 0, platform.Invalidf("from", "from %d is not a rank", from)
	case limit < 1 || limit > MaxPage:
		return board, 0, 0, platform.Invalidf("limit", "limit %d is not from 1 to %d", limit, MaxPage)
	case q.From != 0 && q.Around != 0:
		return board, 0, 0, platform.Invalidf("around", "from and around are not used together")
	}
	return board, from, limit, nil
}

// List returns places of an app's players; none around a player without a score. Errors: platform.ErrInvalid, -4011, -4021.
func (s *Service) List(ctx context.Context, app platform.AppID, q Query) (*Ranking, error) {
	board, from, limit, err := s.resolve(app, q)
	if err != nil {
		return nil, err
	}
	var (
		places  []Place
		players int
	)
	if q.Around == 0 {
		places, players, err = s.Index.Page(ctx, board, from, limit)
	} else {
		places, players, err = s.Index.Around(ctx, board, q.Around, limit)
	}
	if err != nil && !errors.Is(err, platform.ErrNotFound) {
		return nil, err
	}
	r := &Ranking{Board: name(board), Players: players, Places: make([]Player, len(places)), Lost: s.late()}
	for i := range places {
		if r.Places[i], err = s.player(ctx, app, &places[i]); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Friends returns the places of a player and its friends among each other, and the player's own. Errors: platform.ErrInvalid, -4007,
// -4011, -4021.
func (s *Service) Friends(ctx context.Context, app platform.AppID, uin platform.UIN, q Query) (*Ranking, error) {
	board, from, limit, err := s.resolve(app, q)
	if err != nil {
		return nil, err
	}
	of, err := s.circle(ctx, app, uin)
	if err != nil {
		return nil, err
	}
	places, own, players, err := s.among(ctx, board, of.uins, from, limit)
	if err != nil {
		return nil, err
	}
	r := &Ranking{Board: name(board), Players: players, Places: make([]Player, len(places)), Lost: of.lost || s.late()}
	for i := range places {
		if openid := of.openID(places[i].UIN); openid != nil {
			r.Places[i], err = s.shown(ctx, &places[i], openid)
		} else {
			r.Places[i], err = s.player(ctx, app, &places[i])
		}
		if err != nil {
			return nil, err
		}
	}
	if own != nil {
		p, err := s.player(ctx, app, own)
		if err != nil {
			return nil, err
		}
		r.Own = &p
	}
	return r, nil
}

// among is Index.Among. Of a past week it reads the accounts' scores from the store: a whole board is too much for a few of its players.
func (s *Service) among(ctx context.Context, board platform.Board, uins []platform.UIN, from, limit int) (places []Place, first *Place, players int, err error) {
	if board.Week == 0 || board.Week >= s.week() {
		return s.Index.Among(ctx, board, uins, from, limit)
	}
	scores, err := s.Store.BoardScoresOf(oidb.Wait(ctx), board, uins)
	if err != nil {
		return nil, nil, 0, err
	}
	few := newBoard()
	few.raise(scores...)
	places, first, players = few.among(uins, from, limit)
	return places, first, players, nil
}

// player returns who has a place.
func (s *Service) player(ctx context.Context, app platform.AppID, place *Place) (Player, error) {
	p, err := s.shown(ctx, place, nil)
	if err != nil {
		return p, err
	}
	if p.OpenID, err = s.openID(ctx, app, place.UIN); err != nil {
		return p, retcode.GameCenterOpenIDLookupFailed.WithCause(err)
	}
	return p, nil
}

// shown returns who has a place, by the openid that is known. What it shows of a profile does not depend on the time.
func (s *Service) shown(ctx context.Context, place *Place, openid *platform.OpenID) (Player, error) {
	account, err := s.People.Account(ctx, place.UIN)
	if err != nil {
		return Player{}, retcode.GameCenterProfileReadFailed.WithCause(err)
	}
	return Player{*place, openid, account.Profile.Nickname, s.People.Picture(&account.Profile, profile.PictureSize)}, nil
}

// Place returns a player's place on a board of an app. Errors: platform.ErrInvalid, platform.ErrNotFound.
func (s *Service) Place(ctx context.Context, app platform.AppID, boardName string, uin platform.UIN) (Place, error) {
	board, err := s.board(app, boardName)
	if err != nil {
		return Place{}, err
	}
	return s.Index.Place(ctx, board, uin)
}

// Rank returns a player's rank on a board, from 1; 0 without a score there.
func (s *Service) Rank(ctx context.Context, board platform.Board, uin platform.UIN) (int64, error) {
	place, err := s.Index.Place(ctx, board, uin)
	if errors.Is(err, platform.ErrNotFound) {
		return 0, nil
	}
	return int64(place.Rank), err
}

// Run has the boards read that are asked for all the time, those of this week and of all time, and does so again whenever a week
// begins; then it also removes the boards of weeks that can no longer be read. What fails is tried again each minute. It returns
// when ctx ends.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	for turned := int64(0); ctx.Err() == nil; {
		this := s.week()
		if this != turned {
			switch err := s.turn(ctx, this); {
			case err == nil:
				turned = this
			case ctx.Err() == nil:
				log.Warn("the rankings could not be read ahead; each is read when it is asked for", "error", err.Error())
			}
		}
		_ = s.Clock.Wait(ctx, min(s.Calendar.UntilMonday(s.Clock.Now()), time.Minute)) // fails only when ctx ends
		s.Index.DropSettled(this)
	}
}

// turn prepares for a week.
func (s *Service) turn(ctx context.Context, week int64) error {
	begin := week - 7*PastWeeks
	s.Index.Drop(func(board platform.Board) bool { return board.Week != 0 && board.Week < begin })
	boards, err := s.Store.Boards(ctx)
	if err != nil {
		return err
	}
	apps := make(map[platform.AppID]bool)
	for _, board := range boards {
		if board.Week == 0 || board.Week == week {
			err = errors.Join(err, s.Index.Read(ctx, board))
		}
		if !apps[board.AppID] {
			apps[board.AppID] = true
			err = errors.Join(err, s.Index.Read(ctx, platform.Board{AppID: board.AppID, Week: week})) // while it is small
		}
	}
	for {
		if swept, failed := s.Store.SweepBoards(ctx, begin, sweptAtOnce); failed != nil || swept < sweptAtOnce {
			return errors.Join(err, failed)
		}
	}
}
