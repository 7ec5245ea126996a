package gateways

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// monday is a Monday at 00:00 in Shanghai, where days and weeks begin.
var monday = time.Date(2026, 12, 7, 0, 0, 0, 0, time.FixedZone("", 8*3600))

// TestClocksApart: around the beginning of a week the clocks of two gateways are before it and after it, and step back and forth, while callers
// use both. Each message and each score counts on the day and in the week of the gateway that took it, and no limit of a day
// or a week is exceeded. A token is good at once at a gateway whose clock is behind, and what has ended stays so.
func TestClocksApart(t *testing.T) {
	t.Parallel()
	database := pg.Database(t)
	a := rookery.Start(t, "--database", database) // rookery serve has no clock to move
	data := t.TempDir()
	copyKeyring(t, a, data)
	b := rookery.StartIn(t, data, "--database", database)
	both := []*rookery.Platform{a, b}

	app := a.NewApp(t)
	a.SetApp(t, app, rookery.Settings{"apis": []string{"*"}, "companions": []int{}})
	const people = 14 // of whom one may send to ten a day
	players := make([]player, people)
	for i := range players {
		a.SetClock(t, monday.Add(-time.Hour))
		players[i] = newPlayer(t, a, app)
		for _, other := range players[:i] {
			a.Befriend(t, players[i].uin, other.uin)
		}
	}
	b.SetClock(t, monday.Add(-2*time.Hour))
	rookery.Until(t, "the app is known", func() bool { return players[0].check(t, b) == 0 })

	step := func(at *rookery.Platform) { at.SetClock(t, monday.Add(time.Duration(rand.IntN(21)-10)*time.Second)) }
	send := func(at *rookery.Platform, from, to player) (ret int) {
		return at.Call(t, rookery.NewCall(app, "/v2/friend/share", fmt.Sprintf(`{"openid":%q,"token":%q,"title":"Come","summary":"and play","target_url":"https://game.example/",
			"image_url":"https://game.example/p.png","fopenids":[{"openid":%q,"type":0}]}`, from.token.MSDKOpenID, from.token.Token, to.token.MSDKOpenID))).Ret
	}
	report := func(at *rookery.Platform, by player, score int) (ret int) {
		return at.Call(t, rookery.NewCall(app, "/v2/acvm/report", fmt.Sprintf(`{"openid":%q,"token":%q,"achievements":[{"type":3,"data":"%d","bcover":1,"expires":"0"}]}`,
			by.token.MSDKOpenID, by.token.Token, score))).Ret
	}
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		sent  int
	)
	for round, begin := range []time.Duration{-time.Second, time.Second} { // so that the limits of both days are used up, whatever the steps
		for _, at := range both {
			at.SetClock(t, monday.Add(begin))
		}
		for i, p := range players {
			group.Go(func() {
				for k := range 2 * people {
					at, to := both[(i+k)%2], players[(i+k)%people]
					if to.uin == p.uin {
						continue
					}
					switch ret := send(at, p, to); ret {
					case 0:
						mu.Lock()
						sent++
						mu.Unlock()
					case 901203, 901204, 901205:
					default:
						t.Errorf("a message is answered with %d", ret)
					}
					if ret := report(at, p, 100*round+k); ret != 0 {
						t.Errorf("a score is answered with %d", ret)
					}
					if k%7 == 0 {
						step(at)
					}
				}
			})
		}
		group.Wait()
	}

	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const day = "(sent_ms + 8 * 3600000) / 86400000" // in Shanghai
	for what, query := range map[string]string{
		"messages from one to one on a day, of 1 at most": "SELECT coalesce(max(n), 0) <= 1 FROM (SELECT count(*) n FROM messages WHERE sender <> 0 GROUP BY sender, uin, " + day + ") x",
		"messages sent on a day, of 10 at most":           "SELECT coalesce(max(n), 0) <= 10 FROM (SELECT count(*) n FROM messages WHERE sender <> 0 GROUP BY sender, " + day + ") x",
		"messages got on a day, of 5 at most":             "SELECT coalesce(max(n), 0) <= 5 FROM (SELECT count(*) n FROM messages WHERE sender <> 0 GROUP BY uin, " + day + ") x",
		"messages of both days":                           "SELECT count(DISTINCT " + day + ") = 2 FROM messages WHERE sender <> 0",
		"a board of each week":                            fmt.Sprintf("SELECT count(DISTINCT week) FILTER (WHERE week > 0) = 2 FROM board_scores WHERE appid = %s", app.AppID),
		"all messages that were acknowledged, and others": fmt.Sprintf("SELECT count(*) = %d FROM messages WHERE sender <> 0", sent),
	} {
		var holds bool
		if err := conn.QueryRow(t.Context(), query).Scan(&holds); err != nil || !holds {
			t.Errorf("%s: %v, %v", what, holds, err)
		}
	}

	a.SetClock(t, monday.Add(10*time.Second))
	b.SetClock(t, monday.Add(-10*time.Second))
	p := newPlayer(t, a, app)
	p.want(t, b, 0)
	a.Revoke(t, p.app, p.uin, "user")
	rookery.Until(t, "the token is revoked", func() bool { return p.check(t, b) == revoked })
	p.token = b.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: p.uin, Kind: "msdk"})
	p.want(t, a, 0)
}
