//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// measureWrk compares the login checks with the bare handler again under wrk, with the settings of published figures for
// comparable servers: 2 threads, 64 connections. wrk takes about twice the CPU of our own generator, and so hides some of
// the server's: its rows do not replace those under our own generator.
func measureWrk(ctx context.Context, s settings, folder string, report *report) error {
	if _, err := exec.LookPath("wrk"); err != nil {
		progress("wrk is not installed: its part is left out")
		return nil
	}
	for _, door := range []door{v5Door, v3Door} {
		own := filepath.Join(folder, door.kind)
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		if err := measureDoorByWrk(ctx, s, own, report, door); err != nil {
			return err
		}
	}
	return nil
}

func measureDoorByWrk(ctx context.Context, s settings, folder string, report *report, door door) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	platform, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, platform.stop()) }()
	all, err := makePlayers(ctx, platform, games, s.accounts, door.kind)
	if err != nil {
		return err
	}
	logins := door.requests(all)
	same, err := door.ask(platform.addr, logins[0])
	if err != nil {
		return err
	}
	bare, err := startBare(ctx, same)
	if err != nil {
		return err
	}
	defer bare.cmd.Wait() // it ends only by a kill
	defer bare.cmd.Process.Kill()
	script := filepath.Join(folder, "logins.lua")
	if err := os.WriteFile(script, wrkScript(logins), 0o600); err != nil {
		return err
	}
	var bareRates, rates []float64
	for round := range s.rounds {
		for _, side := range []struct {
			process *process
			rates   *[]float64
		}{{bare, &bareRates}, {platform.process, &rates}} {
			rate, err := runWrk(ctx, side.process.addr, script, s.duration)
			if err != nil {
				return err
			}
			*side.rates = append(*side.rates, rate)
		}
		progress("round %d of %d by wrk: bare handler %.0f, %s %.0f req/s", round+1, s.rounds, bareRates[round], door.name, rates[round])
	}
	report.add("bare handler for "+door.name+", by wrk: requests", median(bareRates), "/s")
	report.add(door.name+", serve, by wrk: requests", median(rates), "/s").beside(rates, bareRates).atLeast(door.target)
	return nil
}

// wrkScript makes each thread of wrk send the requests over and over. It does not check the answers, which would slow wrk
// down: the same requests got ret 0 under our own generator, and wrk itself counts statuses other than 200.
func wrkScript(requests [][]byte) []byte {
	var script bytes.Buffer
	script.WriteString("local all = {\n")
	for _, request := range requests {
		fmt.Fprintf(&script, "%s,\n", strconv.Quote(string(request))) // ASCII, which Go and Lua quote alike
	}
	script.WriteString("}\nlocal at = 0\nrequest = function()\n  at = at % #all + 1\n  return all[at]\nend\n")
	return script.Bytes()
}

// runWrk runs wrk once and returns its requests per second.
func runWrk(ctx context.Context, addr, script string, duration time.Duration) (float64, error) {
	seconds := max(1, int(duration.Seconds()))
	cmd := exec.CommandContext(ctx, "wrk", "-t2", "-c"+strconv.Itoa(connections), fmt.Sprintf("-d%ds", seconds), "--timeout", fmt.Sprintf("%ds", int(patience.Seconds())), "-s", script, "http://"+addr+"/")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("wrk: %w: %s", err, out)
	}
	if strings.Contains(string(out), "Non-2xx") || strings.Contains(string(out), "Socket errors") {
		return 0, fmt.Errorf("wrk: not every answer was sound: %s", out)
	}
	for line := range strings.Lines(string(out)) {
		if rate, ok := strings.CutPrefix(line, "Requests/sec:"); ok {
			return strconv.ParseFloat(strings.TrimSpace(rate), 64)
		}
	}
	return 0, fmt.Errorf("wrk printed no rate: %s", out)
}
