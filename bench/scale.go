//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/test/pg"
)

// sampled is how many grants of a platform are checked, picked evenly: so many that what is read of them does not stay in a
// processor's cache, and few enough for the bench to hold a request for each.
const sampled = 250_000

// measureScale measures what the number of grants in use costs: a check's CPU, memory, and the start.
func measureScale(ctx context.Context, s settings, folder string, report *report) error {
	return (&scale{readAhead: 500_000, start: 150}).measure(ctx, s, folder, report)
}

// measurePostgresScale does so for gateways on PostgreSQL.
func measurePostgresScale(ctx context.Context, s settings, folder string, report *report) error {
	if _, err := pg.Programs(); err != nil {
		progress("left out: %v", err)
		return nil
	}
	server, err := pg.Start(ctx, "max_wal_size=4GB", "maintenance_work_mem=512MB")
	if err != nil {
		return err
	}
	defer server.Stop()
	inPostgres := &scale{suffix: " in PostgreSQL", database: func(own string) (string, error) {
		address, err := server.Create(ctx, "grants_"+filepath.Base(own))
		if err == nil {
			_, err = postgres.Migrate(ctx, address)
		}
		return address, err
	}}
	return inPostgres.measure(ctx, s, folder, report)
}

// scale is how platforms are measured that differ in the number of their grants.
type scale struct {
	suffix    string                           // of the names of rows
	database  func(own string) (string, error) // makes the database of a platform; nil for its folder
	readAhead float64                          // standings a second, at least; 0 for no limit
	start     float64                          // ms, at most; 0 for no limit
}

// serve starts the platform in a folder, or the gateway to which everything in the folder was moved.
func (c *scale) serve(ctx context.Context, s settings, own string) (p *platform, args []string, err error) {
	if c.database != nil {
		address, err := c.database(own)
		if err != nil {
			return nil, nil, err
		}
		progress("moving %s to PostgreSQL", own)
		args = []string{"--database", address}
		if out, err := exec.CommandContext(ctx, s.binary, append([]string{"import", "--data", filepath.Join(own, "data")}, args...)...).CombinedOutput(); err != nil {
			return nil, nil, fmt.Errorf("rookery import: %w\n%s", err, out)
		}
	}
	p, err = startServe(ctx, s.binary, own, args...)
	return p, args, err
}

// measure starts a platform for each number of grants. The first has the fewest; the last is measured once more without room for standings,
// so that every check reads the database.
func (c *scale) measure(ctx context.Context, s settings, folder string, report *report) (err error) {
	var platforms []*platform
	defer func() {
		for _, p := range platforms {
			err = errors.Join(err, p.stop())
		}
	}()
	var (
		sides []*side
		args  []string // of the last platform
	)
	for _, grants := range s.grants {
		own := filepath.Join(folder, strconv.Itoa(grants))
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		logins, err := seedLogins(ctx, s, own, grants)
		if err != nil {
			return err
		}
		p, with, err := c.serve(ctx, s, own)
		if err != nil {
			return err
		}
		platforms, args = append(platforms, p), with
		name := fmt.Sprintf("%d grants%s", grants, c.suffix)
		start := report.add(name+": start to ready", float64(p.took.Microseconds())/1000, "ms")
		if c.start > 0 {
			start.under(c.start)
		}
		rate, err := readAhead(ctx, p, grants)
		if err != nil {
			return err
		}
		read := report.add(name+": standings read ahead", rate, "/s")
		if grants >= 1_000_000 && c.readAhead > 0 { // fewer are over before the readers have begun
			read.over(c.readAhead)
		}
		sides = append(sides, &side{name: name, process: p.process, door: &v5Door, logins: logins})
	}
	base, most := sides[0], sides[len(sides)-1]
	bare := &side{name: "bare handler for " + v5Door.name, door: &v5Door, logins: most.logins}
	same, err := v5Door.ask(most.process.addr, bare.logins[0])
	if err != nil {
		return err
	}
	if bare.process, err = startBare(ctx, same); err != nil {
		return err
	}
	defer bare.process.cmd.Wait() // it ends only by a kill
	defer bare.process.cmd.Process.Kill()
	if err := takeTurns(ctx, s, append([]*side{bare}, sides...)); err != nil {
		return err
	}
	report.add(bare.name+": CPU per request", median(bare.cpu()), "us")
	for i, side := range sides {
		check := report.add(side.name+": CPU per check", median(side.cpu()), "us")
		if side != base {
			check.beside(side.cpu(), base.cpu()).atMost(1.25)
		}
		report.add(side.name+": CPU per check, next to the bare handler", median(side.cpu()), "us").beside(side.cpu(), bare.cpu())
		if err := addMemory(report, side.name, platforms[i], platforms[0], s.grants[i], s.grants[0]); err != nil {
			return err
		}
	}

	last := len(platforms) - 1
	if err := platforms[last].stop(); err != nil {
		return err
	}
	platforms = platforms[:last]
	p, err := startServe(ctx, s.binary, filepath.Join(folder, strconv.Itoa(s.grants[last])), append(args, "--standings-kept", "1000")...)
	if err != nil {
		return err
	}
	platforms = append(platforms, p)
	misses := &side{name: most.name + ", none in memory", process: p.process, door: &v5Door, logins: most.logins}
	base.results = nil
	if err := takeTurns(ctx, s, []*side{base, misses}); err != nil {
		return err
	}
	row := report.add(misses.name+": CPU per check", median(misses.cpu()), "us").beside(misses.cpu(), base.cpu())
	if c.database == nil { // else it waits for another process
		row.atMost(2.5)
	}
	return nil
}

// addMemory adds what memory standings cost: the table by itself, and the growth of the process over the one with the fewest.
func addMemory(report *report, name string, p, least *platform, grants, fewest int) error {
	values, err := p.metric("rookery_standings_bytes", "rookery_standings")
	if err != nil {
		return err
	}
	row := report.add(name+": memory of a standing", values[0]/values[1], "B")
	if grants >= 10_000 {
		row.under(48)
	}
	m, err := p.memory()
	if err != nil {
		return err
	}
	row = report.add(name+": resident memory under load", m.resident, "MB")
	if grants == 1_000_000 {
		row.under(400)
	}
	if p == least {
		return nil
	}
	few, err := least.memory()
	if err != nil {
		return err
	}
	report.add(name+": resident memory of each further grant", 1e6*(m.resident-few.resident)/float64(grants-fewest), "B")
	return nil
}

// seedLogins makes a platform of so many grants and returns the requests that check a sample of them.
func seedLogins(ctx context.Context, s settings, folder string, grants int) ([][]byte, error) {
	// The platform itself makes the file, the apps and the keyring.
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return nil, err
	}
	begin, data := time.Now(), filepath.Join(folder, "data")
	progress("seeding %d accounts, openids and grants", grants)
	if err := seed(ctx, filepath.Join(data, "rookery.db"), games[0].AppID, grants); err != nil {
		return nil, err
	}
	progress("... in %.1f s", time.Since(begin).Seconds())
	accounts, err := readSeeded(ctx, filepath.Join(data, "rookery.db"), games[0].AppID, (grants-1)/sampled+1)
	if err != nil {
		return nil, err
	}
	return asPlayers(data, &games[0], accounts, func(s *signer, _ seededAccount, openid, token string) []byte { return s.login(openid, token) })
}

// asPlayers makes a request of each account, for its MSDK openid and a token of its own, and shuffles them.
func asPlayers(data string, g *game, accounts []seededAccount, request func(s *signer, a seededAccount, openid, token string) []byte) ([][]byte, error) {
	now := time.Now()
	keyring, err := token.OpenKeyring(filepath.Join(data, "keyring.json"), now)
	if err != nil {
		return nil, err
	}
	requests, signer := make([][]byte, len(accounts)), newSigner(g)
	part := (len(accounts)-1)/runtime.GOMAXPROCS(0) + 1
	var group sync.WaitGroup
	for i := range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for n := i * part; n < min((i+1)*part, len(accounts)); n++ {
				t := token.Token{
					Kind: token.MSDK, AppID: g.AppID, OpenID: accounts[n].openid, MSDKOpenID: 1e19 + rookery.MSDKOpenID(accounts[n].uin),
					IssuedMS: now.UnixMilli(), ExpiresMS: now.Add(token.AccessLifetime).UnixMilli(), PasswordEpoch: 1, TokenEpoch: 1,
				}
				requests[n] = request(signer, accounts[n], t.MSDKOpenID.String(), keyring.Seal(&t))
			}
		})
	}
	group.Wait()
	rand.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
	return requests, nil
}

// readAhead waits until the platform has read its standings ahead and returns how many a second.
func readAhead(ctx context.Context, p *platform, grants int) (float64, error) {
	progress("waiting for %d standings to be read ahead", grants)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		text, err := os.ReadFile(p.log)
		if err != nil {
			return 0, err
		}
		for line := range bytes.Lines(text) {
			var event struct {
				Msg      string  `json:"msg"`
				Kept     int     `json:"kept"`
				Duration float64 `json:"duration_ms"`
			}
			if err := json.Unmarshal(line, &event); err == nil && strings.HasPrefix(event.Msg, "the standings of grants") && event.Kept >= grants {
				return float64(event.Kept) / max(event.Duration, 1) * 1000, nil
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, ctx.Err()
}
