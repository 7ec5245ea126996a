//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// reportDoor takes what games report at the end of a match.
var reportDoor = door{name: "gc_achieve_report", path: "/cgi-bin/QQConnect.fcgi", sound: retOK, target: 0.6}

// reportedTypes are the types of a report: a score, and the companions that each report has.
var reportedTypes = []int{rookery.AchievementScore, rookery.AchievementPlatform, rookery.AchievementZone, rookery.AchievementServer, rookery.AchievementRole}

// measureReports measures how many reports of five items are accepted, each of them on the disk when it is answered. Beside it is
// how many such reports the store itself writes for as many callers.
func measureReports(ctx context.Context, s settings, folder string, report *report) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	game, alone := &games[0], filepath.Join(folder, "alone.db")
	st, err := sqlite.Open(ctx, alone) // creates the tables
	if err != nil {
		return err
	}
	if err := st.Close(); err != nil {
		return err
	}
	for _, file := range []string{alone, filepath.Join(folder, "data", "rookery.db")} {
		if err := seed(ctx, file, game.AppID, s.accounts); err != nil {
			return err
		}
	}
	if st, err = sqlite.Open(ctx, alone); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	p, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	callers, err := rankedCallers(ctx, p, game, s.accounts, s.accounts)
	if err != nil {
		return err
	}
	side := &side{name: "reports of five items", process: p.process, door: &reportDoor}
	for i := range callers {
		side.logins = append(side.logins, reportRequest(&callers[i], i))
	}
	var writes []float64
	for round := range s.rounds {
		rate, err := repeatedly(ctx, connections, min(s.duration, 2*time.Second), func() error {
			n := rand.IntN(len(callers))
			_, err := st.ReportAchievements(ctx, storedReport(game.AppID, n))
			return err
		})
		if err != nil {
			return err
		}
		writes = append(writes, rate)
		if err := side.turn(ctx, s); err != nil {
			return err
		}
		progress("round %d of %d: the store alone %.0f reports a second, the platform %.0f", round+1, s.rounds, rate, side.results[round].perSecond())
	}
	rates := side.each(result.perSecond)
	report.add(fmt.Sprintf("store: durable reports of five items, callers: %d", connections), median(writes), "/s")
	report.add("reports of five items accepted, beside the store's", median(rates), "/s").beside(rates, writes).atLeast(reportDoor.target)
	report.add("reports of five items: p99", median(side.each(func(r result) float64 { return r.quantile(0.99) })), "ms")
	report.add("reports of five items: CPU each", median(side.cpu()), "us")
	return nil
}

// storedReport is the report of the seeded account with that index, as the store gets it.
func storedReport(app rookery.AppID, n int) rookery.AchievementReport {
	now := time.Now()
	r := rookery.AchievementReport{AppID: app, UIN: firstSeeded + rookery.UIN(n), NowMS: now.UnixMilli(), Day: rookery.Calendar{}.Day(now)}
	for _, kind := range reportedTypes {
		data := strconv.Itoa(1000*kind + n)
		number, err := rookery.ParseDecimal(data)
		if err != nil {
			panic(err) // our own number, always valid
		}
		r.Items = append(r.Items, rookery.Achievement{Type: kind, Data: data, Number: number, Overwrite: true})
	}
	return r
}

// reportRequest returns the game's request that reports the same.
func reportRequest(p *player, n int) []byte {
	param := `{"total":` + strconv.Itoa(len(reportedTypes)) + `,"list":[`
	for i, kind := range reportedTypes {
		if i > 0 {
			param += ","
		}
		param += fmt.Sprintf(`{"type":%d,"data":"%d","bcover":1,"expires":0}`, kind, 1000*kind+n)
	}
	form := url.Values{
		"cmd": {"gc_achieve_report"}, "oauth_consumer_key": {p.game.AppID.String()}, "openid": {p.OpenID}, "access_token": {p.Token}, "param": {param + "]}"},
	}
	params, err := sign.Query(nil).AddForm(form.Encode())
	if err != nil {
		panic(err) // our own form, always valid
	}
	form.Set("sign", sign.GameCenter(params, p.game.AppKey))
	return post(reportDoor.path, form, "")
}
