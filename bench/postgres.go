//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/test/pg"
)

// databaseCallers is how many callers commit at the same time, on as many connections.
const databaseCallers = 32

// measurePostgres compares a gateway on PostgreSQL with a platform in a folder, and its commits with those that pgbench makes in the
// same server.
func measurePostgres(ctx context.Context, s settings, folder string, report *report) error {
	if _, err := pg.Programs(); err != nil {
		progress("left out: %v", err)
		return nil
	}
	server, err := pg.Start(ctx)
	if err != nil {
		return err
	}
	defer server.Stop()
	if err := measureGateway(ctx, s, folder, report, server); err != nil {
		return err
	}
	return measureCommits(ctx, s, report, server)
}

// measureGateway compares checks of tokens, which both have in memory.
func measureGateway(ctx context.Context, s settings, folder string, report *report, server *pg.Server) (err error) {
	address, err := server.Create(ctx, "gateway")
	if err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, address); err != nil {
		return err
	}
	var (
		platforms []*platform
		sides     []*side
	)
	defer func() {
		for _, p := range platforms {
			err = errors.Join(err, p.stop())
		}
	}()
	for _, in := range []struct {
		name string
		args []string
	}{{"in a folder", nil}, {"in PostgreSQL", []string{"--database", address}}} {
		own := filepath.Join(folder, in.name)
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		games, err := makeGames(ctx, s.binary, own)
		if err != nil {
			return err
		}
		if in.args != nil {
			move := exec.CommandContext(ctx, s.binary, append([]string{"import", "--data", filepath.Join(own, "data")}, in.args...)...)
			if out, err := move.CombinedOutput(); err != nil {
				return fmt.Errorf("rookery import: %w\n%s", err, out)
			}
		}
		p, err := startServe(ctx, s.binary, own, in.args...)
		if err != nil {
			return err
		}
		platforms = append(platforms, p)
		progress("%d accounts through the admin API of a platform %s", s.accounts, in.name)
		players, err := makePlayers(ctx, p, games, s.accounts, v5Door.kind)
		if err != nil {
			return err
		}
		sides = append(sides, &side{name: v5Door.name + " " + in.name, process: p.process, door: &v5Door, logins: v5Door.requests(players)})
	}
	if err := takeTurns(ctx, s, sides); err != nil {
		return err
	}
	inFolder, inDatabase := sides[0].each(result.perSecond), sides[1].each(result.perSecond)
	report.add(sides[0].name, median(inFolder), "/s")
	report.add(sides[1].name, median(inDatabase), "/s").beside(inDatabase, inFolder).atLeast(0.95)
	report.add(sides[1].name+": CPU each", median(sides[1].cpu()), "us").beside(sides[1].cpu(), sides[0].cpu())
	return measureTwo(ctx, s, folder, report, address, sides[1])
}

// measureTwo starts a second gateway beside the one of a side, and compares what a check costs while both have as many callers as one had alone. It
// shows whether they wait for each other; two cores, which also have the callers, cannot show twice as many checks.
func measureTwo(ctx context.Context, s settings, folder string, report *report, address string, one *side) (err error) {
	own := filepath.Join(folder, "second")
	if err := os.MkdirAll(filepath.Join(own, "data"), 0o700); err != nil {
		return err
	}
	keys, err := os.ReadFile(filepath.Join(folder, "in PostgreSQL", "data", "keyring.json"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(own, "data", "keyring.json"), keys, 0o600); err != nil {
		return err
	}
	second, err := startServe(ctx, s.binary, own, "--database", address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, second.stop()) }()
	alone := &side{name: one.name + ", the other one idle", process: one.process, door: one.door, logins: one.logins}
	var (
		both   []float64
		halves = [2]*side{{process: one.process, door: one.door, logins: one.logins}, {process: second.process, door: one.door, logins: one.logins}}
	)
	for round := range s.rounds {
		if err := alone.turn(ctx, s); err != nil {
			return err
		}
		group, ctx := errgroup.WithContext(ctx)
		for _, half := range halves {
			group.Go(func() error { return half.turn(ctx, s) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		a, b := &halves[0].results[round], &halves[1].results[round]
		both = append(both, float64((a.cpu+b.cpu).Microseconds())/float64(a.answers+b.answers))
		progress("round %d of %d: a check at two gateways %.1f us of CPU, at one of them %.1f us", round+1, s.rounds, both[round], alone.cpu()[round])
	}
	report.add(v5Door.name+" at two gateways at once: CPU each", median(both), "us").beside(both, alone.cpu()).atMost(2 / 1.7)
	return nil
}

// measureCommits compares durable writes of the store with pgbench's update of one row.
func measureCommits(ctx context.Context, s settings, report *report, server *pg.Server) error {
	address, err := server.Create(ctx, "commits")
	if err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, address); err != nil {
		return err
	}
	st, err := postgres.Open(ctx, fmt.Sprintf("%s&pool_max_conns=%d", address, databaseCallers+2)) // two follow the log and lead
	if err != nil {
		return err
	}
	defer st.Close()
	accounts := s.accounts * 50
	openids := make([]rookery.OpenID, accounts)
	random := rand.NewChaCha8([32]byte{})
	now := time.Now().UnixMilli()
	progress("%d accounts in PostgreSQL", accounts)
	for i := range openids {
		random.Read(openids[i][:])
		uin := rookery.UIN(firstSeeded + i)
		if err := st.CreateAccount(ctx, &rookery.Account{UIN: uin, PasswordHash: noPassword, PasswordEpoch: 1, CreatedMS: now}, uin); err != nil {
			return err
		}
		if _, err := st.EnsureOpenID(ctx, storeApp, uin, openids[i], now); err != nil {
			return err
		}
	}
	player := func() rookery.UIN { return rookery.UIN(firstSeeded + rand.IntN(accounts)) }
	quota := &rookery.MessageQuota{MessageLimits: rookery.MessageLimits{SenderDay: 1e6, SenderWeek: 1e6, ReceiverDay: 1e6, ReceiverWeek: 1e6, PairDay: 1e6}, Day: 20000, Monday: 19999}
	var number atomic.Int64
	writes := []struct {
		name string
		do   func() error
	}{
		{"authorizations, as of a login", func() error {
			_, err := st.Authorize(ctx, storeApp, openids[rand.IntN(accounts)], []string{"get_user_info"}, true, now)
			return err
		}},
		{"messages within limits", func() error {
			_, _, err := st.StoreMessage(ctx, rookery.Message{UIN: player(), From: player(), AppID: storeApp, Kind: rookery.ArkMessage, SentMS: now + number.Add(1)}, quota)
			return err
		}},
		{"reports of one value", func() error {
			value, err := rookery.ParseDecimal(strconv.FormatInt(number.Add(1), 10))
			if err != nil {
				return err
			}
			_, err = st.ReportAchievements(ctx, rookery.AchievementReport{AppID: storeApp, UIN: player(), NowMS: now, Day: 20000,
				Items: []rookery.Achievement{{Type: 12, Data: "1", Number: value, Overwrite: true}}})
			return err
		}},
	}
	rates, bare := make([][]float64, len(writes)), []float64(nil)
	for round := range s.rounds {
		rate, err := pgbench(ctx, server, address, min(s.duration, 3*time.Second))
		if err != nil {
			return err
		}
		bare = append(bare, rate)
		for i, w := range writes {
			rate, err := repeatedly(ctx, databaseCallers, min(s.duration, 3*time.Second), w.do)
			if err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
		progress("round %d of %d: %.0f updates by pgbench; %.0f, %.0f and %.0f of the store a second", round+1, s.rounds, bare[round], rates[0][round], rates[1][round], rates[2][round])
	}
	report.add(fmt.Sprintf("PostgreSQL: durable updates of one row by pgbench, %d connections", databaseCallers), median(bare), "/s")
	for i, w := range writes {
		report.add("PostgreSQL: "+w.name, median(rates[i]), "/s").beside(rates[i], bare).atLeast(0.7)
	}
	return nil
}

// mostSeconds bounds the time in which pgbench must commit something.
const mostSeconds = 60

var perSecond = regexp.MustCompile(`tps = ([0-9.]+)`)

// pgbench returns how many updates of one row pgbench commits a second.
func pgbench(ctx context.Context, server *pg.Server, address string, duration time.Duration) (float64, error) {
	script, err := os.CreateTemp("", "rookery-pgbench-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(script.Name())
	const update = "\\set uin random(100001, 110000)\nUPDATE accounts SET signed_out_ms = signed_out_ms + 1 WHERE uin = :uin;\n"
	if _, err := script.WriteString(update); err != nil {
		return 0, err
	}
	if err := script.Close(); err != nil {
		return 0, err
	}
	for seconds := max(1, int(duration.Seconds())); ; seconds *= 2 {
		out, err := exec.CommandContext(ctx, server.Program("pgbench"), "-n", "-M", "prepared", "-c", strconv.Itoa(databaseCallers), "-j", "2",
			"-T", strconv.Itoa(seconds), "-f", script.Name(), address).CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("pgbench: %w\n%s", err, out)
		}
		if found := perSecond.FindSubmatch(out); found != nil {
			return strconv.ParseFloat(string(found[1]), 64)
		}
		// On a busy machine nothing may be committed within a second.
		if seconds > mostSeconds || !bytes.Contains(out, []byte("actually processed: 0")) {
			return 0, fmt.Errorf("pgbench printed no rate:\n%s", out)
		}
	}
}
