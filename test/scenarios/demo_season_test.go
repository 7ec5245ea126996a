package scenarios

import (
	"fmt"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// demoPlayer is an account of the demo world at its first game.
func demoPlayer(p *rookery.Platform, account int) *gamePlayer {
	app, a := p.Apps[0], p.Accounts[account]
	return &gamePlayer{v3Player: v3Player{player: player{on: p, app: app, uin: a.UIN}, openid: a.OpenIDs[app.AppID], token: a.AccessTokens[app.AppID]}}
}

// TestTheDemoWorldHasASeason: the same one at every first start, and nothing is added by the next start.
func TestTheDemoWorldHasASeason(t *testing.T) {
	p := rookery.Start(t)
	check := func(when string, p *rookery.Platform) {
		t.Helper()
		ann := demoPlayer(p, 0)
		if list, own := placesOf(t, ann, ann.friendRank()); list != "1:11878 2:11514 3:9988" || own != "2:11514" {
			t.Errorf("%s, this week's ranking is %s, own %s", when, list, own)
		}
		now := time.Now()
		for ago := range 9 {
			call := ann.of("gc_rank").With("board", now.Add(8*time.Hour).AddDate(0, 0, -7*ago).Format(time.DateOnly))
			answer := wantGame(t, p, call, 0, "ok")
			if answer.Data["players"].(float64) < 6 {
				t.Errorf("%s, %v players have a score %d weeks ago", when, answer.Data["players"], ago)
			}
			for _, place := range answer.Data["list"].([]any) {
				if at := int64(place.(map[string]any)["reached_ms"].(float64)); at > now.UnixMilli() {
					t.Errorf("%s, a score of %d weeks ago is of %s", when, ago, time.UnixMilli(at))
				}
			}
		}
		values := fmt.Sprint(achieved(t, ann))
		if want := "map[3:11514 5:11514 6:6 10:2 12:1 15:11514 16:3 26:1 27:1 28:900001]"; values != want {
			t.Errorf("%s, Ann has achieved %s, want %s", when, values, want)
		}
		feeds := wantGame(t, p, ann.of("gc_feed_list"), 0, "ok").Data["list"].([]any)
		if len(feeds) != 4 || feeds[0].(map[string]any)["title"] != "I am back in the arena" {
			t.Errorf("%s, the feeds are %v", when, feeds)
		}
		card := wantGame(t, p, ann.of("gc_profile"), 0, "ok").Data
		if got := fmt.Sprint(card["challenges"]); got != "map[drawn:0 lost:1 won:1]" {
			t.Errorf("%s, Ann's challenges are %s", when, got)
		}
		challenges := wantGame(t, p, ann.of("gc_challenge_list"), 0, "ok").Data["list"].([]any)
		if len(challenges) != 3 || challenges[0].(map[string]any)["over_ms"] != nil || challenges[1].(map[string]any)["over_ms"] == nil {
			t.Errorf("%s, the challenges are %v", when, challenges)
		}
		if list, _ := placesOf(t, demoPlayer(p, 7), demoPlayer(p, 7).friendRank()); list == "" {
			t.Errorf("%s, somebody without friends has no score", when)
		}
	}
	check("at the first start", p)
	check("on another platform", rookery.Start(t))
	p.Stop(t)
	check("at the second start", rookery.StartIn(t, p.Data))
}

// achieved returns what a player has achieved, without what depends on the time of the day.
func achieved(t *testing.T, pl *gamePlayer) map[float64]any {
	t.Helper()
	values := make(map[float64]any)
	for _, item := range wantGame(t, pl.on, pl.get(), 0, "ok").Data["list"].([]any) {
		one := item.(map[string]any)
		if kind := one["type"].(float64); kind != 9 && kind != 11 { // of today
			values[kind] = one["data"]
		}
	}
	return values
}
