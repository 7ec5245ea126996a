package achievements

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// GetCommand is command 0xf05_2.
var GetCommand = oidb.Declare[*wire.GetAchievementsRequest, *wire.GetAchievementsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf05, ServiceType: 2}, Name: "get_achievements", Summary: "Returns what a player has achieved in a game.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterAchievementReadFailed}, Fallback: retcode.GameCenterAchievementReadFailed,
	Repeatable: true, Needs: needs,
})

func (s *Service) get(ctx context.Context, req *wire.GetAchievementsRequest) (*wire.GetAchievementsResponse, error) {
	list, err := s.Achievements(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin))
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(a platform.Achievement) bool { return uint64(a.Type) <= req.After })
	rsp := &wire.GetAchievementsResponse{Uin: req.Uin}
	size := 0
	for _, a := range list {
		if size += len(a.Data) + maxOverhead; size > oidb.MaxBody {
			break
		}
		rsp.Achievement = append(rsp.Achievement, &wire.StoredAchievement{Type: uint64(a.Type), Data: a.Data, ExpiresMs: a.ExpiresMS, UpdatedMs: a.UpdatedMS})
	}
	rsp.More = len(rsp.Achievement) < len(list)
	return rsp, nil
}

// maxOverhead is an upper bound for what a value takes in an answer besides its data.
const maxOverhead = 64

// Achievements returns a player's values, and those that follow from the scores, by type.
func (s *Service) Achievements(ctx context.Context, app platform.AppID, uin platform.UIN) ([]platform.Achievement, error) {
	now := s.clock.Now()
	day := s.Calendar.Day(now)
	list, err := s.store.Achievements(ctx, app, uin, now.UnixMilli())
	if err != nil {
		return nil, err
	}
	tally, err := s.store.Tally(ctx, app, uin, day)
	if err != nil {
		return nil, err
	}
	list = scored(list, platform.AchievementBest, tally.Best)
	list = scored(list, platform.AchievementWeekBest, tally.WeekBest)
	list = scored(list, platform.AchievementDayBest, tally.DayBest)
	if list, err = s.ranked(ctx, list, app, uin, platform.WeekOf(day)); err != nil {
		return nil, err
	}
	list = counted(list, platform.AchievementDayRounds, tally.DayRounds)
	list = counted(list, platform.AchievementWeekRounds, tally.WeekRounds)
	slices.SortFunc(list, func(a, b platform.Achievement) int { return cmp.Compare(a.Type, b.Type) })
	return list, nil
}

// ranked adds a player's ranks of a week and of the one before it.
func (s *Service) ranked(ctx context.Context, list []platform.Achievement, app platform.AppID, uin platform.UIN, week int64) ([]platform.Achievement, error) {
	if s.Ranks == nil {
		return list, nil
	}
	now, err := s.Ranks.Rank(ctx, platform.Board{AppID: app, Week: week}, uin)
	if err != nil {
		return nil, err
	}
	settled, err := s.Ranks.Rank(ctx, platform.Board{AppID: app, Week: week - 7}, uin)
	if err != nil {
		return nil, err
	}
	list = counted(list, platform.AchievementWeekRank, now)
	return counted(list, platform.AchievementSettledRank, settled), nil
}

// scored adds a score that there is.
func scored(list []platform.Achievement, kind int, score platform.Decimal) []platform.Achievement {
	if score == (platform.Decimal{}) {
		return list
	}
	return append(list, platform.Achievement{Type: kind, Data: score.String(), Number: score})
}

// counted adds a number unless it is 0.
func counted(list []platform.Achievement, kind int, n int64) []platform.Achievement {
	if n == 0 {
		return list
	}
	return append(list, platform.Achievement{Type: kind, Data: strconv.FormatInt(n, 10)})
}

// Get returns what a player has achieved, by type. Errors are those of GetCommand.
func Get(ctx context.Context, bus *oidb.Bus, app platform.AppID, uin platform.UIN) (list []platform.Achievement, err error) {
	req := &wire.GetAchievementsRequest{Appid: uint64(app), Uin: uint64(uin)}
	for more := true; more; {
		rsp, err := oidb.Call(ctx, bus, GetCommand, req)
		if err != nil {
			return nil, err
		}
		for _, a := range rsp.Achievement {
			list = append(list, platform.Achievement{Type: int(a.Type), Data: a.Data, ExpiresMS: a.ExpiresMs, UpdatedMS: a.UpdatedMs})
			req.After = a.Type
		}
		more = rsp.More && len(rsp.Achievement) > 0
	}
	return list, nil
}
