package social

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// RedDotsCommand is command 0xf06_5.
var RedDotsCommand = oidb.Declare[*wire.RedDotsRequest, *wire.RedDotsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 5}, Name: "red_dots", Summary: "Says where something is new for a player, and notes what the player has seen.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterParameterInvalid, retcode.GameCenterRedDotWriteFailed, retcode.GameCenterInternal}, Fallback: retcode.GameCenterInternal,
	Repeatable: true, Needs: needs,
})

// The entries of the Game Center that can have a red dot.
const (
	FeedsEntry      = "feeds"      // a friend has posted a feed
	ChallengesEntry = "challenges" // a challenge was begun by a friend, or is over
	RankEntry       = "rank"       // a week's ranking is settled
)

// Entries are all entries.
var Entries = []string{FeedsEntry, ChallengesEntry, RankEntry}

func (s *Service) redDots(ctx context.Context, req *wire.RedDotsRequest) (*wire.RedDotsResponse, error) {
	app, uin, now := platform.AppID(req.Appid), platform.UIN(req.Uin), s.Clock.Now()
	if len(req.Entry) == 0 || len(req.Entry) > len(Entries) {
		return nil, retcode.GameCenterParameterInvalid.Errorf("entries names %d entries, not 1 to %d", len(req.Entry), len(Entries))
	}
	for _, entry := range req.Entry {
		if !slices.Contains(Entries, entry) {
			return nil, retcode.GameCenterParameterInvalid.Errorf("entry %.40q is not one of %v", entry, Entries)
		}
	}
	if req.SeenMs < 0 || req.SeenMs > now.UnixMilli() {
		return nil, retcode.GameCenterParameterInvalid.Errorf("seen is %d, not a time in milliseconds that has come", req.SeenMs)
	}
	if req.SeenMs > 0 {
		if err := s.Store.SeeEntries(ctx, app, uin, req.Entry, req.SeenMs); err != nil {
			return nil, retcode.GameCenterRedDotWriteFailed.WithCause(err)
		}
	}
	seen, err := s.Store.SeenEntries(ctx, app, uin)
	if err != nil {
		return nil, err
	}
	rsp := &wire.RedDotsResponse{Uin: req.Uin}
	for _, entry := range req.Entry {
		newest, err := s.newest(ctx, app, uin, entry, now)
		if err != nil {
			return nil, retcode.GameCenterInternal.WithCause(err)
		}
		rsp.Dot = append(rsp.Dot, &wire.RedDot{Entry: entry, NewestMs: newest, SeenMs: seen[entry]})
	}
	return rsp, nil
}

// newest returns when something was last new for a player in an entry, 0 for never.
func (s *Service) newest(ctx context.Context, app platform.AppID, uin platform.UIN, entry string, now time.Time) (int64, error) {
	switch entry {
	case FeedsEntry:
		people, _, err := friends.List(ctx, s.Bus, app, uin)
		if err != nil {
			return 0, err
		}
		var authors []platform.UIN
		for i := range people {
			authors = append(authors, people[i].UIN)
		}
		list, err := s.Store.Feeds(ctx, app, authors, math.MaxInt64, s.feedsSince(), 1)
		if err != nil || len(list) == 0 {
			return 0, err
		}
		return list[0].PostedMS, nil
	case ChallengesEntry:
		return s.Store.ChallengeNews(ctx, app, uin, now.UnixMilli())
	default:
		return s.Calendar.Begin(s.Calendar.Week(now)).UnixMilli(), nil // the last week ended
	}
}
