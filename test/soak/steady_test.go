package soak

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

var steady = flag.Duration("steady", 0, "how long a gateway has to stay as it is; 0 to leave that out")

const (
	callers = 32
	periods = 12 // of which the first third warms up
	share   = 0.7
)

// period is what a gateway was like during a part of the time.
type period struct {
	calls         int
	p50, p99      time.Duration // from when a call was due, so that one that has to wait counts in full
	resident      int           // bytes
	descriptors   int
	goroutines    float64
	standingsRead float64
}

// TestAGatewayStaysSteady loads a gateway on PostgreSQL, with checks, logins, achievements and revocations, at seven tenths of what it can do
// on this machine, and compares the last third of the time with the one before.
func TestAGatewayStaysSteady(t *testing.T) {
	if *steady == 0 {
		t.Skip("without -steady")
	}
	// As an operator has it: durable, and with memory for half an hour's data. The tests' own settings are for small tables.
	database := pg.Own(t, "shared_buffers=1GB", "max_wal_size=4GB").Address("postgres")
	if status, _, log := rookery.Run(t, "migrate", "up", "--database", database); status != 0 {
		t.Fatalf("migrate: status %d\n%s", status, log)
	}
	g := &steadily{p: rookery.Serve(t, "--database", database, "--log-level", "warn")} // a line a call would fill this process's memory
	g.app = g.p.NewApp(t)
	g.p.SetApp(t, g.app, rookery.Settings{"apis": []string{"*"}, "companions": []int{}})
	for range 500 {
		uin := g.p.NewAccount(t)
		token := g.p.Issue(t, rookery.TokenRequest{AppID: g.app.AppID, UIN: uin, Kind: "msdk"})
		g.players = append(g.players, &steadyPlayer{uin: uin, openid: token.MSDKOpenID, token: token.Token})
	}
	limit := g.limit()
	rate := share * limit
	t.Logf("the limit is %.0f calls a second; %s at %.0f", limit, *steady, rate)
	var all []period
	for i := range periods {
		one := g.run(t, *steady/periods, rate)
		t.Logf("%2d: %d calls, p50 %s, p99 %s, %.1f MB, %d descriptors, %.0f goroutines, %.0f standings read", i+1, one.calls, one.p50.Round(time.Microsecond), one.p99.Round(time.Microsecond),
			float64(one.resident)/1e6, one.descriptors, one.goroutines, one.standingsRead)
		all = append(all, one)
	}
	if n := g.failed.Load(); n > 0 {
		t.Errorf("%d calls failed, such as %s", n, g.why.Load())
	}
	before, after := all[periods/3:2*periods/3], all[2*periods/3:]
	for what, of := range map[string]func(period) float64{
		"p99, in seconds":    func(p period) float64 { return p.p99.Seconds() },
		"memory, in bytes":   func(p period) float64 { return float64(p.resident) },
		"descriptors":        func(p period) float64 { return float64(p.descriptors) },
		"goroutines":         func(p period) float64 { return p.goroutines },
		"calls that are due": func(p period) float64 { return rate*(*steady/periods).Seconds() - float64(p.calls) },
	} {
		if a, b := median(before, of), median(after, of); b > 1.2*a+slack[what] {
			t.Errorf("%s: %g, and then %g", what, a, b)
		}
	}
}

// slack is by how much a figure may grow besides a fifth of it.
var slack = map[string]float64{"p99, in seconds": 0.005, "memory, in bytes": 8e6, "descriptors": 4, "goroutines": 8, "calls that are due": 100}

func median(of []period, figure func(period) float64) float64 {
	var all []float64
	for _, p := range of {
		all = append(all, figure(p))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// steadily is a gateway under load.
type steadily struct {
	p       *rookery.Platform
	app     rookery.App
	players []*steadyPlayer
	failed  atomic.Int64
	why     atomic.Value
}

type steadyPlayer struct {
	mu                 sync.Mutex
	uin, openid, token string
}

// limit returns how many calls a second succeed when callers call without a pause.
func (g *steadily) limit() float64 {
	const warm, measured = 3 * time.Second, 10 * time.Second
	var (
		working sync.WaitGroup
		calls   atomic.Int64
	)
	begun := time.Now()
	for range callers {
		working.Go(func() {
			for {
				at := time.Since(begun)
				if at > warm+measured {
					return
				}
				if g.call(); at > warm {
					calls.Add(1)
				}
			}
		})
	}
	working.Wait()
	return float64(calls.Load()) / measured.Seconds()
}

// run makes calls at a rate. One that is late is made at once.
func (g *steadily) run(t *testing.T, lasting time.Duration, rate float64) (p period) {
	t.Helper()
	var (
		working sync.WaitGroup
		mu      sync.Mutex
		took    []time.Duration
	)
	begun := time.Now()
	every := time.Duration(float64(callers) / rate * float64(time.Second))
	read := g.p.Metric(t, "rookery_standings_read_total")
	for i := range callers {
		working.Go(func() {
			var mine []time.Duration
			for due := time.Duration(i) * every / callers; due < lasting; due += every {
				<-time.After(time.Until(begun.Add(due)))
				if time.Since(begun) > lasting {
					break // what is due is not made up for later
				}
				g.call()
				mine = append(mine, time.Since(begun)-due)
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	working.Wait()
	slices.Sort(took)
	p.calls = len(took)
	if p.calls == 0 {
		t.Fatal("no call was made")
	}
	p.p50, p.p99 = took[len(took)/2], took[len(took)*99/100]
	p.goroutines, p.standingsRead = g.p.Metric(t, "go_goroutines"), g.p.Metric(t, "rookery_standings_read_total")-read
	p.resident, p.descriptors = int(g.p.Metric(t, "process_resident_memory_bytes")), int(g.p.Metric(t, "process_open_fds"))
	return p
}

// call makes one call: of a hundred, 90 checks, four logins, five reports and a revocation, after which the player logs in again. It has to succeed,
// or the token has just ended or been superseded.
func (g *steadily) call() {
	pl := g.players[rand.IntN(len(g.players))]
	var err error
	switch n := rand.IntN(100); {
	case n < 90:
		pl.mu.Lock()
		openid, token := pl.openid, pl.token
		pl.mu.Unlock()
		err = g.v5("/v2/auth/verify_login", fmt.Sprintf(`{"openid":%q,"token":%q}`, openid, token), 0, 100015, -21)
	case n < 94:
		err = g.logIn(pl)
	case n < 99:
		pl.mu.Lock()
		openid, token := pl.openid, pl.token
		pl.mu.Unlock()
		err = g.v5("/v2/acvm/report", fmt.Sprintf(`{"openid":%q,"token":%q,"achievements":[{"type":3,"data":"%d","bcover":1,"expires":"0"}]}`, openid, token, rand.IntN(1e6)), 0, -4008)
	default:
		if err = g.p.TryAdmin(http.MethodPost, "/admin/v1/tokens/revoke", map[string]string{"appid": g.app.AppID, "uin": pl.uin, "by": "user"}, nil); err != nil && strings.Contains(err.Error(), "status 404") {
			err = nil // another caller has just ended it
		}
		if err == nil {
			err = g.logIn(pl)
		}
	}
	if err != nil {
		g.failed.Add(1)
		g.why.Store(err.Error())
	}
}

func (g *steadily) logIn(pl *steadyPlayer) error {
	token, err := g.p.TryIssue(rookery.TokenRequest{AppID: g.app.AppID, UIN: pl.uin, Kind: "msdk"})
	if err == nil {
		pl.mu.Lock()
		defer pl.mu.Unlock()
		pl.token = token.Token
	}
	return err
}

// v5 makes a call of MSDK V5 that may be answered with some codes.
func (g *steadily) v5(path, body string, may ...int) error {
	answer, err := g.p.TryCall(rookery.NewCall(g.app, path, body))
	if err == nil && !slices.Contains(may, answer.Ret) {
		err = &otherAnswer{path, answer.Body}
	}
	return err
}
