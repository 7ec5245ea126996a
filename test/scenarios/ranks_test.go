package scenarios

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

var rankScenarios = []scenario{
	{"gamecenter/-4007", "the friendships cannot be read for a ranking", gameAnswers(-4007, "", friendsNotFetched)},
}

// friendRank is the game's call for the ranking of the player's friends.
func (pl *gamePlayer) friendRank() rookery.GameCall {
	return rookery.NewGameCall(pl.app, "gc_friend_rank", pl.openid, pl.token)
}

func friendsNotFetched(t *testing.T, pl *gamePlayer) gameSituation {
	off := pl.on.AddFault(t, rookery.Fault{Point: "store.read:friendships", AppID: pl.app.AppID})
	wantGame(t, pl.on, pl.friendRank().With("board", "yesterday"), -4022, `board "yesterday" is neither weekly, all nor a date such as 2026-11-23`)
	wantGame(t, pl.on, pl.friendRank().With("limit", "101"), -4022, `parameter "limit" is not a whole number from 1 to 100`)
	return cured(pl.friendRank(), off)
}

// another returns another player of the game.
func (pl *gamePlayer) another(t *testing.T) *gamePlayer {
	t.Helper()
	person := pl.on.NewPerson(t)
	return &gamePlayer{v3LogIn(t, pl.on, pl.app, person.UIN), person}
}

// score reports a round.
func (pl *gamePlayer) score(t *testing.T, points string) {
	t.Helper()
	item := fmt.Sprintf(`{"total":5,"list":[{"type":3,"data":"%s"},`, points)
	wantScore := pl.report().With("param", strings.Replace(soundParam, `{"total":4,"list":[`, item, 1))
	if answer := pl.on.CallGame(t, wantScore); answer.Ret != 0 {
		t.Fatalf("the report of %s: %s", points, answer.Body)
	}
}

// placesOf returns "rank:score" of each place that an answer lists, and the caller's own.
func placesOf(t *testing.T, pl *gamePlayer, call rookery.GameCall) (list, own string) {
	t.Helper()
	answer := wantGame(t, pl.on, call, 0, "ok")
	place := func(v any) string {
		p := v.(map[string]any)
		if p["openid"] == "" || p["nickname"] == nil || p["picture"] == nil || p["reached_ms"] == float64(0) {
			t.Errorf("a place of %s lacks something: %v", call.Params["cmd"], p)
		}
		if _, has := p["uin"]; has {
			t.Errorf("an account's number is shown to a game: %v", p)
		}
		return fmt.Sprintf("%v:%v", p["rank"], p["score"])
	}
	var places []string
	for _, p := range answer.Data["list"].([]any) {
		places = append(places, place(p))
	}
	if answer.Data["own"] != nil {
		own = place(answer.Data["own"])
	}
	return strings.Join(places, " "), own
}

// TestRankings: three players, of whom two are friends, report scores; the boards follow at once, outlive the process and are settled.
func TestRankings(t *testing.T) {
	p := rookery.Start(t)
	ann := newGamePlayer(t, p)
	ben, cid := ann.another(t), ann.another(t)
	p.Befriend(t, ann.person.UIN, ben.person.UIN)
	ann.score(t, "1200")
	ben.score(t, "1200")
	cid.score(t, "99999999999999999999")
	cid.score(t, "100000000000000000000")
	rank := func(pl *gamePlayer) rookery.GameCall {
		return rookery.NewGameCall(pl.app, "gc_rank", pl.openid, pl.token)
	}
	check := func(when, name string, pl *gamePlayer, call rookery.GameCall, want, wantOwn string) {
		t.Helper()
		if list, own := placesOf(t, pl, call); list != want || own != wantOwn {
			t.Errorf("%s, %s: %s, own %s; want %s, own %s", when, name, list, own, want, wantOwn)
		}
	}
	all := func(when, board string) {
		t.Helper()
		check(when, "friends", ben, ben.friendRank().With("board", board), "1:1200 2:1200", "2:1200")
		check(when, "a page of friends", ben, ben.friendRank().With("board", board).With("from", "1").With("limit", "1"), "1:1200", "2:1200")
		check(when, "no friends", cid, cid.friendRank().With("board", board), "1:100000000000000000000", "1:100000000000000000000")
		check(when, "the top", ann, rank(ann).With("board", board).With("limit", "1"), "1:100000000000000000000", "2:1200")
		check(when, "a page", ann, rank(ann).With("board", board).With("from", "2"), "2:1200 3:1200", "2:1200")
		check(when, "around oneself", ben, rank(ben).With("board", board).With("around", "self").With("limit", "3"), "2:1200 3:1200", "3:1200")
		check(when, "around another", ann, rank(ann).With("board", board).With("around", ben.openid).With("limit", "1"), "3:1200", "2:1200")
	}
	all("this week", "weekly")
	all("of all time", "all")
	board := wantGame(t, p, rank(ann), 0, "ok").Data["board"].(string)
	p.Stop(t)
	again := rookery.StartIn(t, p.Data)
	for _, pl := range []*gamePlayer{ann, ben, cid} {
		pl.on = again
	}
	const season = 24 // places in the demo world, this week and of all time
	places := func(want float64) func() bool {
		return func() bool { return again.Metric(t, "rookery_ranked_places") == season+want }
	}
	rookery.Until(t, "the boards are read before anybody asks for them", places(6))
	all("after a restart", "weekly")
	again.Advance(t, 7*24*time.Hour)
	check("next week", "the top", ann, rank(ann), "", "")
	rookery.Until(t, "the boards of both weeks, and of all time", places(6))
	ann.score(t, "1300")
	check("next week", "the top", ann, rank(ann), "1:1300", "1:1300")
	if !places(7)() {
		t.Errorf("%g places are in memory, want 7 more than %d", again.Metric(t, "rookery_ranked_places"), season)
	}
	all("next week, of the last", board)
	check("next week, of all time", "the top", ben, rank(ben).With("board", "all").With("from", "2"), "2:1300 3:1200", "3:1200")
	for name, test := range map[string]struct {
		name, value string
		ret         int
	}{
		"a rank that nobody can have":   {"from", "0", -4022},
		"a page that is too large":      {"limit", "101", -4022},
		"neither an openid nor self":    {"around", "me", -4022},
		"an openid that was not issued": {"around", "AAAABBBBCCCCDDDD0000111122223333", -4017},
		"a week that has not begun":     {"board", "2100-01-01", -4022},
		"a week that is too long ago":   {"board", "2020-01-01", -4022},
		"a board that nobody has":       {"board", "monthly", -4022},
	} {
		if answer := again.CallGame(t, rank(ann).With(test.name, test.value)); answer.Ret != test.ret {
			t.Errorf("%s: %s, want ret %d", name, answer.Body, test.ret)
		}
	}
}
