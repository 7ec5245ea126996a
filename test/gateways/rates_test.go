package gateways

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/redis"
	"github.com/rookeryhq/rookery/test/rookery"
)

// Answers to calls that are too many, at the door and on the bus, and to those that the bus cannot count.
const (
	appTooOften  = -6
	userTooOften = 220028
	tooOften     = 153
	busFails     = 155
)

// calls makes n calls, four at a time, and returns how often each answer came.
func calls(t *testing.T, n int, call func(i int) int) map[int]int {
	t.Helper()
	var (
		mu      sync.Mutex
		group   sync.WaitGroup
		answers = make(map[int]int)
	)
	for first := range 4 {
		group.Go(func() {
			for i := first; i < n; i += 4 {
				answer := call(i)
				mu.Lock()
				answers[answer]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return answers
}

func wantAnswers(t *testing.T, what string, got, want map[int]int) {
	t.Helper()
	if !maps.Equal(got, want) {
		t.Errorf("%s: the answers, with how often each came, are %v, want %v", what, got, want)
	}
}

// TestGatewaysShareRates: what calls of two gateways use up in one Redis, and what becomes of them without it.
func TestGatewaysShareRates(t *testing.T) {
	t.Parallel()
	server := redis.Start(t, "--requirepass", "the-password")
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("the-password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := []string{"--redis-address", server.Address(), "--redis-password-file", password, "--redis-timeout", "10s", "--redis-users", "open", "--redis-commands", "closed", "--oidb-listen", "127.0.0.1:0"}
	database := pg.Database(t)
	a := gateway(t, database, nil, shared...)
	both := []*rookery.Platform{a, gateway(t, database, a, shared...)}
	for _, p := range both {
		p.Secret("the-password")
	}

	app := newPlayer(t, a, a.NewApp(t))
	user := newPlayer(t, a, a.NewApp(t))
	a.SetApp(t, app.app, rookery.Settings{"rates": rookery.Settings{"verify_login": rookery.Settings{"app": "12/744h"}}})
	a.SetApp(t, user.app, rookery.Settings{"rates": rookery.Settings{"verify_login": rookery.Settings{"user": "5/744h"}}})
	a.Admin(t, http.MethodPatch, "/admin/v1/oidb/policy", rookery.Settings{"commands": rookery.Settings{"0x711_127": rookery.Settings{"all_apps": true, "rate": "7/744h"}}}, nil)
	openid := a.Issue(t, rookery.TokenRequest{AppID: app.app.AppID, UIN: a.NewAccount(t), Kind: "access"}).OpenID
	for _, p := range []player{app, user} {
		rookery.Until(t, "the other gateway knows the rates", func() bool {
			var known struct{ Rates map[string]any }
			return both[1].TryAdmin(http.MethodGet, "/admin/v1/apps/"+p.app.AppID, nil, &known) == nil && len(known.Rates) == 1
		})
	}
	rookery.Until(t, "the other gateway knows the policy", func() bool {
		var known struct {
			Commands map[string]struct{ Rate string }
		}
		return both[1].TryAdmin(http.MethodGet, "/admin/v1/oidb/policy", nil, &known) == nil && known.Commands["0x711_127"].Rate != ""
	})
	byApp := func(i int) int { return app.check(t, both[i%2]) }
	byUser := func(i int) int { return user.check(t, both[i%2]) }
	byCommand := func(i int) int {
		return int(both[i%2].Bus(t, rookery.BusCall{
			Command: 0x711, ServiceType: 127, Head: rookery.Message(nil).Bytes(18, string(rookery.Message(nil).Decimal(3, app.app.AppID))), Body: rookery.Message(nil).Decimal(1, app.app.AppID).Bytes(2, openid),
		}).Result)
	}

	wantAnswers(t, "an app's calls", calls(t, 30, byApp), map[int]int{0: 12, appTooOften: 18})
	wantAnswers(t, "a user's calls", calls(t, 16, byUser), map[int]int{0: 5, userTooOften: 11})
	wantAnswers(t, "calls of a command", calls(t, 16, byCommand), map[int]int{0: 7, tooOften: 9})
	for _, p := range both {
		if up := p.Metric(t, "rookery_redis_up"); up != 1 {
			t.Errorf("rookery_redis_up is %v", up)
		}
		wantReadiness(t, p, "ready")
	}

	server.Kill()
	wantAnswers(t, "an app's calls without Redis", calls(t, 60, byApp), map[int]int{0: 24, appTooOften: 36})
	wantAnswers(t, "a user's calls without Redis", calls(t, 16, byUser), map[int]int{0: 16})
	wantAnswers(t, "calls of a command without Redis", calls(t, 8, byCommand), map[int]int{busFails: 8})
	for _, p := range both {
		rookery.Until(t, "Redis is away", func() bool { return p.Metric(t, "rookery_redis_up") == 0 })
		wantReadiness(t, p, "ready", "Redis is away: rates of apps are local, of users open, of commands closed")
		if n := strings.Count(p.Log(), "Redis is away"); n != 1 {
			t.Errorf("the log says %d times that Redis is away", n)
		}
	}

	server.Start(t) // an empty one
	for _, p := range both {
		rookery.Until(t, "Redis is back", func() bool { return p.Metric(t, "rookery_redis_up") == 1 })
		wantReadiness(t, p, "ready")
	}
	wantAnswers(t, "an app's calls again", calls(t, 30, byApp), map[int]int{0: 12, appTooOften: 18})
	wantAnswers(t, "calls of a command again", calls(t, 16, byCommand), map[int]int{0: 7, tooOften: 9})
}

// wantReadiness fails unless a gateway is ready, and says so in these lines.
func wantReadiness(t *testing.T, at *rookery.Platform, lines ...string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, at.AdminURL+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	got := at.SendRequest(t, req)
	if got.Status != http.StatusOK || !slices.Equal(strings.Split(strings.TrimSpace(got.Body), "\n"), lines) {
		t.Errorf("/readyz: status %d: %s\nwant: %s", got.Status, got.Body, lines)
	}
}
