package server

import (
	"context"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/internal/social"
)

// demoPlayers are the number of accounts, in the order of demoNames, that play each game.
var demoPlayers = map[platform.AppID]int{100700001: 8, 100700002: 4}

// demoFeeds are what players of the first game have posted, oldest first, with indexes into demoNames.
var demoFeeds = []struct {
	from int
	ago  time.Duration
	platform.FeedContent
}{
	{1, 9 * 24 * time.Hour, platform.FeedContent{Title: "A new record in the Old Tower", Text: "Three towers without a scratch. Who comes along on Saturday?"}},
	{5, 6 * 24 * time.Hour, platform.FeedContent{Title: "Gül and I found the hidden nest"}},
	{4, 3 * 24 * time.Hour, platform.FeedContent{Title: "Night Herons look for a sixth", Text: "Every evening after eight.", URL: "https://magpie.example/guilds/2134"}},
	{0, 26 * time.Hour, platform.FeedContent{Title: "Beaten by one feather", Text: "Well played, Emil. I want a rematch!"}},
	{1, 5 * time.Hour, platform.FeedContent{Title: "I am back in the arena", URL: "https://magpie.example/arena"}},
}

// demoChallenges are challenges at the first game, oldest first, with indexes into demoNames and scores, where 0 stands for no score.
var demoChallenges = []struct {
	challenger, opponent int
	title                string
	start, end           time.Duration // from now
	scores               [2]int
}{
	{0, 4, "Best of the weekend", -4 * 24 * time.Hour, -2 * 24 * time.Hour, [2]int{11420, 11421}},
	{0, 1, "Sixty minutes", -31 * time.Hour, -30 * time.Hour, [2]int{9870, 9110}},
	{1, 0, "Until Sunday", -20 * time.Hour, 3 * 24 * time.Hour, [2]int{10240, 0}},
}

// season returns the parts of the making of a season: results of the past weeks and of this one, feeds and challenges. All of it
// follows from the time at which the world is made.
func (s *Server) season(ctx context.Context, w *World) []func() error {
	parts := []func() error{
		func() error { return s.makeFeeds(ctx, w) },
		func() error { return s.makeChallenges(ctx, w) },
	}
	for _, app := range w.Apps {
		for player := range demoPlayers[app.AppID] {
			parts = append(parts, func() error { return s.makeRounds(ctx, app.AppID, w.Accounts[player].UIN, player, w.Made) })
		}
	}
	return parts
}

// makeRounds reports a player's rounds: one in most past weeks and two in this one, the last with what goes with a game's reports.
func (s *Server) makeRounds(ctx context.Context, app platform.AppID, uin platform.UIN, player int, now time.Time) error {
	calendar := s.ranking.Calendar
	this := calendar.Week(now)
	item := func(kind, number int) platform.Achievement {
		text := strconv.Itoa(number)
		value, _ := platform.ParseDecimal(text) // is a number
		return platform.Achievement{Type: kind, Data: text, Number: value, Overwrite: true}
	}
	report := func(at time.Time, round int, more ...platform.Achievement) error {
		_, err := s.store.ReportAchievements(ctx, platform.AchievementReport{
			AppID: app, UIN: uin, NowMS: at.UnixMilli(), Day: calendar.Day(at),
			Items: append(more, item(platform.AchievementScore, demoScore(app, player, round))),
		})
		return err
	}
	var past []func() error // in any order: only the last round of a player counts for more than its week
	for week := -ranking.PastWeeks; week < 0; week++ {
		if (week-player)%5 != 0 { // otherwise a week off
			evening := calendar.Begin(this + int64(7*week+player%7)).Add(20 * time.Hour)
			past = append(past, func() error { return report(evening, week) })
		}
	}
	if err := sideBySide(past); err != nil {
		return err
	}
	monday := calendar.Begin(this)
	passed := now.Sub(monday)
	if err := report(monday.Add(passed*time.Duration(player+1)/20), 0); err != nil {
		return err
	}
	return report(monday.Add(passed*time.Duration(player+10)/20), 1, item(platform.AchievementPlatform, 1), item(platform.AchievementZone, 1),
		item(platform.AchievementServer, 1), item(platform.AchievementRole, 900001+player))
}

// demoScore returns the score of a round: players differ and get better, with ups and downs.
func demoScore(app platform.AppID, player, round int) int {
	week := round + ranking.PastWeeks
	return 4000 + 300*week + (player*2741+week*3967+int(app%10)*911)%5300
}

func (s *Server) makeFeeds(ctx context.Context, w *World) error {
	for _, f := range demoFeeds {
		_, err := s.store.PostFeed(ctx, platform.Feed{
			AppID: w.Apps[0].AppID, UIN: w.Accounts[f.from].UIN, FeedContent: f.FeedContent, PostedMS: w.Made.Add(-f.ago).UnixMilli(),
		}, social.MaxFeeds)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) makeChallenges(ctx context.Context, w *World) error {
	app := w.Apps[0].AppID
	side := func(player int) platform.ChallengeSide {
		a := &w.Accounts[player]
		return platform.ChallengeSide{UIN: a.UIN, OpenID: a.OpenIDs[app]}
	}
	for i, demo := range demoChallenges {
		start := w.Made.Add(demo.start)
		c, err := s.store.BeginChallenge(ctx, platform.Challenge{
			AppID: app, Request: "demo-" + strconv.Itoa(i+1), Title: demo.title, GameMS: start.UnixMilli(),
			StartMS: start.UnixMilli(), EndMS: w.Made.Add(demo.end).UnixMilli(),
			Challenger: side(demo.challenger), Opponent: side(demo.opponent),
		}, social.MaxUnderWay)
		if err != nil {
			return err
		}
		_, err = s.store.EditChallenge(ctx, app, c.ID, func(c *platform.Challenge) (err error) {
			for i, one := range []*platform.ChallengeSide{&c.Challenger, &c.Opponent} {
				if points := demo.scores[i]; points > 0 {
					one.ReachedMS = start.Add(40 * time.Minute).UnixMilli()
					one.Score, err = platform.ParseDecimal(strconv.Itoa(points))
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
