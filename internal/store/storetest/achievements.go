package storetest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

func decimal(text string) platform.Decimal {
	d, err := platform.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

// value is an item of a report that keeps the greater one.
func value(kind int, data string) platform.Achievement {
	return platform.Achievement{Type: kind, Data: data, Number: decimal(data)}
}

// reported is one of the first account's, on a Monday.
func reported(atMS int64, items ...platform.Achievement) platform.AchievementReport {
	return platform.AchievementReport{AppID: game, UIN: first, Items: items, NowMS: atMS, Day: monday}
}

func scored(data string, atMS int64) platform.AchievementReport {
	return reported(atMS, value(3, data))
}

func reports(s store.Store, r platform.AchievementReport) error {
	_, err := s.ReportAchievements(context.Background(), r)
	return err
}

func board(t *testing.T, s store.Store, week int64) []platform.BoardScore {
	t.Helper()
	return result(s.BoardScores(t.Context(), platform.Board{AppID: game, Week: week}, 0, 1000))(t)
}

func values(t *testing.T, s store.Store, atMS int64) map[int]string {
	t.Helper()
	of := map[int]string{}
	for _, a := range result(s.Achievements(t.Context(), game, first, atMS))(t) {
		of[a.Type] = a.Data
	}
	return of
}

var achievements = []test{
	{"an-achievement-is-kept-whole", func(t *testing.T, s store.Store) {
		name := platform.Achievement{Type: 29, Data: "小'鸦\"", Overwrite: true}
		level := value(1, "-0012.50")
		level.ExpiresMS = now + 1
		ok(t, reports(s, reported(now, name, level)))
		name.Overwrite = false
		name.UpdatedMS, level.UpdatedMS = now, now
		same(t, result(s.Achievements(t.Context(), game, first, now))(t), []platform.Achievement{level, name})
		same(t, len(result(s.Achievements(t.Context(), other, first, now))(t)), 0)
		same(t, len(result(s.Achievements(t.Context(), game, first+1, now))(t)), 0)
	}},
	{"the-greater-value-is-kept", func(t *testing.T, s store.Store) {
		kept := ""
		for _, step := range []struct {
			data      string
			overwrite bool
			err       error
		}{
			{"9", false, nil}, {"10", false, nil}, {"9", false, platform.ErrNotGreater}, {"10", false, platform.ErrNotGreater},
			{"10.0", false, platform.ErrNotGreater}, {"-11", false, platform.ErrNotGreater}, {"10.01", false, nil}, {"10.005", false, platform.ErrNotGreater},
			{"123456789012345678901234567890", false, nil}, {"123456789012345678901234567889", false, platform.ErrNotGreater},
			{"-2", true, nil}, {"-10", false, platform.ErrNotGreater}, {"-1", false, nil}, {"0", false, nil},
		} {
			v := value(4, step.data)
			v.Overwrite = step.overwrite
			if fails(t, reports(s, reported(now, v)), step.err); step.err == nil {
				kept = step.data
			}
			same(t, values(t, s, now), map[int]string{4: kept})
		}
		text := platform.Achievement{Type: 4, Data: "x", Overwrite: true}
		ok(t, reports(s, reported(now, text)))
		text.Overwrite = false
		fails(t, reports(s, reported(now, text)), platform.ErrNotGreater)
		ok(t, reports(s, reported(now, value(4, "-5")))) // a text is lower than all numbers
	}},
	{"a-value-expires-at-its-millisecond", func(t *testing.T, s store.Store) {
		v := value(4, "5")
		v.ExpiresMS = now + 10
		ok(t, reports(s, reported(now, v)))
		same(t, values(t, s, now+9), map[int]string{4: "5"})
		same(t, len(values(t, s, now+10)), 0)
		fails(t, reports(s, reported(now+9, value(4, "4"))), platform.ErrNotGreater)
		ok(t, reports(s, reported(now+10, value(4, "4"))))
		same(t, values(t, s, now+11), map[int]string{4: "4"})
	}},
	{"a-report-is-accepted-whole-or-not-at-all", func(t *testing.T, s store.Store) {
		ok(t, reports(s, reported(now, value(4, "5"))))
		failed, err := s.ReportAchievements(t.Context(), reported(now, value(3, "1"), value(1, "1"), value(4, "5"), value(2, "1")))
		fails(t, err, platform.ErrNotGreater)
		same(t, failed, 2)
		same(t, values(t, s, now), map[int]string{4: "5"})
		same(t, len(board(t, s, 0)), 0)
		same(t, result(s.Tally(t.Context(), game, first, monday))(t), platform.Tally{})
		failed, err = s.ReportAchievements(t.Context(), reported(now, value(1, "1"), value(1, "1")))
		fails(t, err, platform.ErrNotGreater)
		same(t, failed, 1)
	}},
	{"best-scores-and-rounds", func(t *testing.T, s store.Store) {
		score := func(day int64, data string) {
			t.Helper()
			v := value(3, data)
			v.Overwrite = true
			r := reported(now+day, v)
			r.Day = day
			ok(t, reports(s, r))
		}
		tally := func(day int64, best, week, dayBest string, weekRounds, dayRounds int64) {
			t.Helper()
			of := func(text string) (d platform.Decimal) {
				if text != "" {
					d = decimal(text)
				}
				return d
			}
			same(t, result(s.Tally(t.Context(), game, first, day))(t), platform.Tally{
				Best: of(best), WeekBest: of(week), DayBest: of(dayBest), WeekRounds: weekRounds, DayRounds: dayRounds,
			})
		}
		tally(monday, "", "", "", 0, 0)
		score(monday, "100")
		score(monday, "30")
		tally(monday, "100", "100", "100", 2, 2)
		score(sunday, "99.5")
		tally(sunday, "100", "100", "99.5", 3, 1)
		tally(monday, "100", "100", "", 3, 0)
		tally(sunday+1, "100", "", "", 0, 0)
		score(sunday+1, "20")
		tally(sunday+1, "100", "20", "20", 1, 1)
		score(sunday+1, "120")
		tally(sunday+1, "120", "120", "120", 2, 2)

		same(t, board(t, s, monday), []platform.BoardScore{{UIN: first, Score: decimal("100"), ReachedMS: now + monday}})
		same(t, board(t, s, monday+7), []platform.BoardScore{{UIN: first, Score: decimal("120"), ReachedMS: now + sunday + 1}})
		same(t, board(t, s, 0), []platform.BoardScore{{UIN: first, Score: decimal("120"), ReachedMS: now + sunday + 1}})
	}},
	{"boards-are-read-in-pages", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		same(t, result(s.Boards(ctx))(t), nil)
		for _, at := range []struct {
			app platform.AppID
			uin platform.UIN
			day int64
		}{{game, first + 2, monday}, {game, first, monday}, {game, first + 1, monday + 7}, {other, first, sunday}} {
			r := scored("1", now)
			r.AppID, r.UIN, r.Day = at.app, at.uin, at.day
			ok(t, reports(s, r))
		}
		same(t, result(s.Boards(ctx))(t), []platform.Board{{AppID: game}, {AppID: game, Week: monday}, {AppID: game, Week: monday + 7}, {AppID: other}, {AppID: other, Week: monday}})
		uins := func(week int64, after platform.UIN, limit int) (of []platform.UIN) {
			t.Helper()
			for _, b := range result(s.BoardScores(ctx, platform.Board{AppID: game, Week: week}, after, limit))(t) {
				of = append(of, b.UIN)
			}
			return of
		}
		same(t, uins(0, 0, 9), []platform.UIN{first, first + 1, first + 2})
		same(t, uins(0, first, 1), []platform.UIN{first + 1})
		same(t, uins(monday, 0, 9), []platform.UIN{first, first + 2})
		of := func(week int64, uins ...platform.UIN) []platform.BoardScore {
			t.Helper()
			list := result(s.BoardScoresOf(ctx, platform.Board{AppID: game, Week: week}, uins))(t)
			slices.SortFunc(list, func(a, b platform.BoardScore) int { return cmp.Compare(a.UIN, b.UIN) })
			return list
		}
		same(t, of(monday, first+3, first+2, first+1), []platform.BoardScore{{UIN: first + 2, Score: decimal("1"), ReachedMS: now}})
		same(t, len(of(0, first, first+1, first+2)), 3)
		same(t, len(of(monday)), 0)

		ok(t, s.CreateApp(ctx, &platform.App{AppID: game, Name: "a"}, now))
		ok(t, s.CreateApp(ctx, &platform.App{AppID: other, Name: "b"}, now))
		same(t, result(s.SweepBoards(ctx, monday, 9))(t), 0)
		same(t, result(s.SweepBoards(ctx, monday+7, 2))(t), 2)
		same(t, result(s.SweepBoards(ctx, monday+7, 2))(t), 1)
		same(t, result(s.Boards(ctx))(t), []platform.Board{{AppID: game}, {AppID: game, Week: monday + 7}, {AppID: other}})
	}},
	{"recent-games", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.NotePlayed(ctx, other, first, now))
		ok(t, reports(s, reported(now+1, value(1, "1"))))
		same(t, result(s.RecentGames(ctx, first, 9))(t), []platform.RecentGame{{AppID: game, PlayedMS: now + 1}, {AppID: other, PlayedMS: now}})
		ok(t, s.NotePlayed(ctx, other, first, now+2))
		ok(t, s.NotePlayed(ctx, game, first, now))
		fails(t, reports(s, reported(now+9, value(1, "1"))), platform.ErrNotGreater) // what is refused was not played
		same(t, result(s.RecentGames(ctx, first, 9))(t), []platform.RecentGame{{AppID: other, PlayedMS: now + 2}, {AppID: game, PlayedMS: now + 1}})
		same(t, result(s.RecentGames(ctx, first, 1))(t), []platform.RecentGame{{AppID: other, PlayedMS: now + 2}})
		same(t, len(result(s.RecentGames(ctx, first+1, 9))(t)), 0)
	}},
	{"concurrent-reports-end-in-the-greatest-value", func(t *testing.T, s store.Store) {
		for round := range rounds {
			kind, order := round+1000, rand.Perm(callers)
			errs := together(t, func(i int) (error, error) {
				return reports(s, reported(now, value(kind, fmt.Sprint(order[i]-callers/2)), value(3, fmt.Sprintf("%d.%02d", round, order[i])))), nil
			})
			same(t, values(t, s, now)[kind], fmt.Sprint(callers-1-callers/2))
			same(t, errs[slices.Index(order, callers-1)], nil)
			same(t, board(t, s, 0), []platform.BoardScore{{UIN: first, Score: decimal(fmt.Sprintf("%d.%d", round, callers-1)), ReachedMS: now}})
		}
	}},
}
