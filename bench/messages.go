//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// arkDoor takes messages to friends.
var arkDoor = door{name: "/share/ark", path: "/share/ark", sound: `{"ret":0,`}

// measureMessages measures how fast Ark messages are accepted: each is checked, counted for its sender, its receiver and the
// two of them, and on the disk when it is answered. Beside them are the durable one-row commits that the store makes for as many
// callers, a bare handler that makes just such a commit, and one that does nothing.
func measureMessages(ctx context.Context, s settings, folder string, report *report) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	games = games[:1]
	alone, ofBare := filepath.Join(folder, "alone.db"), filepath.Join(folder, "bare.db")
	for _, file := range []string{alone, ofBare} {
		st, err := sqlite.Open(ctx, file) // creates the tables
		if err != nil {
			return err
		}
		if err := errors.Join(st.Close(), seed(ctx, file, games[0].AppID, 100*s.accounts)); err != nil {
			return err
		}
	}
	st, commit, err := committer(ctx, alone, games[0].AppID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	p, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	progress("%d people, each with a friend", s.accounts)
	players, err := makePlayers(ctx, p, games, s.accounts, "access")
	if err != nil {
		return err
	}
	if err := makePairs(ctx, p, players); err != nil {
		return err
	}
	sends := make([][]byte, len(players))
	for i := range players {
		sends[i] = sendArk(&players[i], &players[i^1])
	}
	same, err := arkDoor.ask(p.addr, sends[0])
	if err != nil {
		return err
	}
	idle, err := startBare(ctx, same)
	if err != nil {
		return err
	}
	defer idle.cmd.Wait() // it ends only by a kill
	defer idle.cmd.Process.Kill()
	same.Store, same.App = ofBare, games[0].AppID
	committing, err := startBare(ctx, same)
	if err != nil {
		return err
	}
	defer committing.cmd.Wait()
	defer committing.cmd.Process.Kill()

	var commits []float64
	sides := []*side{{name: "bare handler", process: idle}, {name: "bare handler that commits", process: committing}, {name: "messages", process: p.process}}
	for _, side := range sides {
		side.door, side.logins = &arkDoor, sends
	}
	for round := range s.rounds {
		rate, err := repeatedly(ctx, connections, min(s.duration, 2*time.Second), func() error { return commit(ctx) })
		if err != nil {
			return err
		}
		commits = append(commits, rate)
		progress("round %d of %d: the store alone %.0f commits a second", round+1, s.rounds, rate)
		for _, side := range sides {
			if err := side.turn(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", side.name, err)
			}
			progress("round %d of %d: %s %.0f requests a second", round+1, s.rounds, side.name, side.results[round].perSecond())
		}
	}
	rates := func(s *side) []float64 { return s.each(result.perSecond) }
	report.add(fmt.Sprintf("store: durable commits of one row, callers: %d", connections), median(commits), "/s")
	report.add("bare handler for Ark messages", median(rates(sides[0])), "/s")
	report.add("bare handler for Ark messages that makes such a commit", median(rates(sides[1])), "/s").beside(rates(sides[1]), commits)
	report.add("Ark messages accepted, beside the store's commits", median(rates(sides[2])), "/s").beside(rates(sides[2]), commits).atLeast(0.35)
	report.add("Ark messages accepted, beside the bare handler that commits", median(rates(sides[2])), "/s").beside(rates(sides[2]), rates(sides[1]))
	report.add("Ark messages accepted, beside the bare handler", median(rates(sides[2])), "/s").beside(rates(sides[2]), rates(sides[0]))
	report.add("Ark messages: p99", median(sides[2].each(func(r result) float64 { return r.quantile(0.99) })), "ms")
	report.add("Ark messages: CPU each", median(sides[2].cpu()), "us")
	return nil
}

// makePairs makes each two players friends, and lets the game send as many messages as it can.
func makePairs(ctx context.Context, p *platform, players []player) error {
	token, err := os.ReadFile(p.tokenFile)
	if err != nil {
		return err
	}
	bearer := "Bearer " + strings.TrimSpace(string(token))
	limits := make(map[string]int)
	for _, limit := range rookery.MessageLimitNames {
		limits[limit.Name] = rookery.MaxMessageLimit
	}
	var ignored map[string]any
	app := "/admin/v1/apps/" + players[0].game.AppID.String()
	if err := p.ask(ctx, bearer, http.MethodPatch, app, map[string]any{"message_limits": limits}, &ignored); err != nil {
		return err
	}
	for i := 0; i+1 < len(players); i += 2 {
		friends := "/admin/v1/accounts/" + players[i].uin + "/friends"
		if err := p.ask(ctx, bearer, http.MethodPost, friends, map[string]string{"friend": players[i+1].uin}, &ignored); err != nil {
			return err
		}
	}
	return nil
}

// sendArk returns the request that sends a card of the demo world's scene.
func sendArk(from, to *player) []byte {
	form := url.Values{
		"appid": {from.game.AppID.String()}, "openid": {from.OpenID}, "fopenid": {to.OpenID}, "accesstoken": {from.Token},
		"scene": {"demo"}, "extraJSON": {`{"title":"A heart for you","text":"Come and play"}`},
	}
	params, err := sign.Query(nil).AddForm(form.Encode())
	if err != nil {
		panic(err) // our own form, always valid
	}
	form.Set("sig", sign.OpenAPI(http.MethodPost, arkDoor.path, params, from.game.AppKey))
	return post(arkDoor.path, form, "")
}
