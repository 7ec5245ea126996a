package scenarios

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// socialScenarios are those of feeds, recent games, red dots, challenges and cards.
var socialScenarios = []scenario{
	{"gamecenter/-4003", "the time at which a red dot was seen cannot be written", gameAnswers(-4003, "", gameFails("store.write:red_dots", seeFeeds))},
	{"gamecenter/-4004", "the red dots' call has no entries", gameAnswers(-4004, `parameter "entries" is missing or empty`, withoutEntries)},
	{"gamecenter/-4020", "the feed cannot be written", gameAnswers(-4020, "", gameFails("store.write:feeds", postFeed))},
	{"gamecenter/-4021", "the command that reads the profile cannot be reached", gameAnswers(-4021, "", gameFails("bus.connect:0xf06_9", gameCommand("gc_profile")))},
	{"gamecenter/-4023", "the feeds cannot be read for the list", gameAnswers(-4023, "", gameFails("store.read:feeds", gameCommand("gc_feed_list")))},
	{"gamecenter/-4024", "the person has played nothing yet", gameAnswers(-4024, "", nothingPlayed)},
	{"gamecenter/-4025", "the recent games cannot be read", gameAnswers(-4025, "", gameFails("store.read:recent_games", recentGames))},
	{"gamecenter/-4027", "the feeds' contents cannot be read", gameAnswers(-4027, "", gameFails("store.read:feeds", pullFeeds))},
	{"gamecenter/-4029", "a challenge from a page cannot be written", gameAnswers(-4029, "", gameFails("store.write:challenges", beginOnPage))},
	{"gamecenter/-4030", "a challenge from a game cannot be written", gameAnswers(-4030, "", gameFails("store.write:challenges", beginInGame))},
	{"gamecenter/-4031", "the challenge starts at its end", gameAnswers(-4031, "", startsAtItsEnd)},
}

// gameFails is a situation in which a part fails that a call needs.
func gameFails(point string, make func(*testing.T, *gamePlayer) rookery.GameCall) func(*testing.T, *gamePlayer) gameSituation {
	return func(t *testing.T, pl *gamePlayer) gameSituation {
		call := make(t, pl)
		return cured(call, pl.on.AddFault(t, rookery.Fault{Point: point}))
	}
}

// of is the game's call of a command for the player.
func (pl *gamePlayer) of(cmd string) rookery.GameCall {
	return rookery.NewGameCall(pl.app, cmd, pl.openid, pl.token)
}

// onPage is a page's call of a command for the player.
func (pl *gamePlayer) onPage(t *testing.T, cmd string) rookery.GameCall {
	t.Helper()
	return rookery.NewTicketCall(pl.app, cmd).With("sid", pl.tickets(t, "").Sid)
}

func gameCommand(name string) func(*testing.T, *gamePlayer) rookery.GameCall {
	return func(_ *testing.T, pl *gamePlayer) rookery.GameCall { return pl.of(name) }
}

// newGameFriend returns a friend who plays the same game.
func newGameFriend(t *testing.T, of *gamePlayer) *gamePlayer {
	t.Helper()
	person := of.on.NewPerson(t)
	of.on.Befriend(t, of.uin, person.UIN)
	return &gamePlayer{v3LogIn(t, of.on, of.app, person.UIN), person}
}

func seeFeeds(_ *testing.T, pl *gamePlayer) rookery.GameCall {
	return pl.of("gc_reddot").With("entries", "feeds").With("seen", "1")
}

func withoutEntries(_ *testing.T, pl *gamePlayer) gameSituation {
	return gameSituation{pl.of("gc_reddot"), func() rookery.GameCall { return pl.of("gc_reddot").With("entries", "rank") }}
}

func postFeed(_ *testing.T, pl *gamePlayer) rookery.GameCall {
	return pl.of("gc_feed_post").With("title", "x").With("request", "r")
}

func pullFeeds(_ *testing.T, pl *gamePlayer) rookery.GameCall {
	return pl.of("gc_feed_pull").With("feeds", "1")
}

func nothingPlayed(t *testing.T, pl *gamePlayer) gameSituation {
	// The player has been issued a token, but has neither logged in nor played.
	call := pl.onPage(t, "gc_recent")
	return cured(call, func() { wantGame(t, pl.on, pl.report(), 0, "ok") })
}

func recentGames(t *testing.T, pl *gamePlayer) rookery.GameCall {
	wantGame(t, pl.on, pl.report(), 0, "ok")
	return pl.onPage(t, "gc_recent")
}

// duel returns a call that begins a challenge of the next hour.
func duel(call rookery.GameCall, opponent *gamePlayer) rookery.GameCall {
	now := time.Now().Unix()
	return call.With("opponent", opponent.openid).With("request", "r").
		With("start", strconv.FormatInt(now, 10)).With("end", strconv.FormatInt(now+3600, 10))
}

func beginInGame(t *testing.T, pl *gamePlayer) rookery.GameCall {
	return duel(pl.of("gc_challenge_begin"), newGameFriend(t, pl))
}

func beginOnPage(t *testing.T, pl *gamePlayer) rookery.GameCall {
	return duel(pl.onPage(t, "gc_challenge_begin"), newGameFriend(t, pl))
}

func startsAtItsEnd(t *testing.T, pl *gamePlayer) gameSituation {
	call := beginInGame(t, pl)
	return gameSituation{call.With("start", call.Params["end"]), func() rookery.GameCall { return call }}
}

// TestGameCommandsThatCannotBeCalled: what a command could not do is answered by its own number, also when its part of the platform
// is out of reach.
func TestGameCommandsThatCannotBeCalled(t *testing.T) {
	p := rookery.Start(t)
	for _, test := range []struct {
		ret   int
		point string
		make  func(*testing.T, *gamePlayer) rookery.GameCall
	}{
		{-4019, "bus.connect:0xf05_2", gameCommand("gc_achieve_get")},
		{-4019, "bus.connect:0xf05_3", gameCommand("gc_friend_rank")},
		{-4019, "bus.connect:0xf05_4", gameCommand("gc_rank")},
		{-4020, "bus.connect:0xf06_1", postFeed},
		{-4023, "bus.connect:0xf06_2", gameCommand("gc_feed_list")},
		{-4027, "bus.connect:0xf06_3", pullFeeds},
		{-4018, "bus.connect:0xf06_5", seeFeeds},
		{-4029, "bus.connect:0xf06_6", beginOnPage},
		{-4030, "bus.connect:0xf06_6", beginInGame},
		{-4018, "bus.connect:0xf06_8", gameCommand("gc_challenge_list")},
		{-4021, "bus.connect:0xf06_9", gameCommand("gc_profile")},
		{-4025, "bus.connect:0xf06_10", recentGames},
	} {
		t.Run(fmt.Sprint(test.point, " ", test.ret), func(t *testing.T) {
			gameAnswers(test.ret, "", gameFails(test.point, test.make))(t, p)
		})
	}
}

// TestOrderOfChallenges: of two things that are wrong with a challenge, the one that comes first here is answered.
func TestOrderOfChallenges(t *testing.T) {
	p := rookery.Start(t)
	pl := newGamePlayer(t, p)
	friend := newGameFriend(t, pl)
	defer p.AddFault(t, rookery.Fault{Point: "store.write:challenges"})()
	type wrong struct {
		ret   int
		spoil func(rookery.GameCall) rookery.GameCall
	}
	with := func(name, value string) func(rookery.GameCall) rookery.GameCall {
		return func(c rookery.GameCall) rookery.GameCall { return c.With(name, value) }
	}
	ladder := []wrong{
		{-4006, func(c rookery.GameCall) rookery.GameCall { return c.Without("request") }},
		{-4022, with("title", strings.Repeat("x", 101))},
		{-4031, func(c rookery.GameCall) rookery.GameCall { return c.With("start", c.Params["end"]) }},
		{-4022, with("opponent", pl.openid)},
		{-4030, func(c rookery.GameCall) rookery.GameCall { return c }},
	}
	for i, first := range ladder {
		for _, second := range ladder[i+1:] {
			t.Run(fmt.Sprint(first.ret, " and ", second.ret), func(t *testing.T) {
				wantGame(t, p, first.spoil(second.spoil(duel(pl.of("gc_challenge_begin"), friend))), first.ret, "")
			})
		}
	}
}

// TestALoginIsARecentGame: who has logged in to a game, as a V5 player or by QQ Connect, has played it. A token and its check are no
// login.
func TestALoginIsARecentGame(t *testing.T) {
	p := rookery.Start(t)
	played := func(call rookery.GameCall, app rookery.App) {
		t.Helper()
		list, _ := wantGame(t, p, call, 0, "ok").Data["list"].([]any)
		if len(list) != 1 {
			t.Fatalf("the recent games are %v, want one", list)
		}
		if game := list[0].(map[string]any); game["appid"] != app.AppID {
			t.Errorf("the recent game is %v, want %s", game, app.AppID)
		}
	}
	pl := newGamePlayer(t, p)
	recent := pl.onPage(t, "gc_recent")
	wantGame(t, p, pl.get(), 0, "ok")
	wantGame(t, p, recent, -4024, "")
	expect(t, p, login(pl.app, pl.openid, pl.token), 0, "success")
	played(recent, pl.app)

	v := newVisit(t, p)
	p.SetApp(t, v.app, rookery.Settings{"grant": []string{"gamecenter"}})
	recent = rookery.NewTicketCall(v.app, "gc_recent").With("sid", ticketsOf(t, p, v.person, "").Sid)
	wantGame(t, p, recent, -4024, "")
	v.tokens(t)
	played(recent, v.app)
}
