// Package soak runs the real platform under load, kills it again and again, and reads its database with eyes of its own: no limit
// is broken, no guild has two groups, no group serves two guilds, and nothing that was acknowledged is lost. It shares no code and
// no constant with the platform.
package soak

import (
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

var lasting = flag.Duration("soak", 20*time.Second, "how long to go on")

// world is what the rounds have in common. The games and people are in the database; what callers learned is here.
type world struct {
	data   string
	app    rookery.App
	people []string // accounts, all friends of each other
	guilds []*guild
	mail   mail

	everBound map[string]bool // groups that were seen in a binding in force, or acknowledged as such

	now   time.Time    // of the platform's clock when a round begins
	ahead atomic.Int64 // how far the clock was moved in the round, at most
	calls atomic.Int64
}

// start starts the platform on the data, at the world's time.
func (w *world) start(t *testing.T) *rookery.Platform {
	t.Helper()
	p := rookery.StartIn(t, w.data)
	p.SetClock(t, w.now)
	return p
}

// found makes the game, its people and its guilds.
func (w *world) found(t *testing.T, p *rookery.Platform) {
	t.Helper()
	const people, guilds = 8, 4
	w.app = p.NewApp(t)
	for range people {
		uin := p.NewAccount(t)
		for _, other := range w.people {
			p.Befriend(t, uin, other)
		}
		w.people = append(w.people, uin)
	}
	for i := range guilds {
		w.guilds = append(w.guilds, newGuild(i, w.people[i/2], w.people)) // two guilds with one leader can race for a group
	}
}

// login is a person with a fresh token.
type login struct{ uin, openid, token string }

// enter brings the game back after a start: its roster was in memory, at an address that has changed, and tokens may have expired.
func (w *world) enter(t *testing.T, p *rookery.Platform) map[string]login {
	t.Helper()
	p.SetApp(t, w.app, rookery.Settings{"apis": []string{"*"}, "idip": p.URL + "/roster/idip"})
	for _, g := range w.guilds {
		p.Admin(t, "POST", "/dev/v1/guilds", map[string]any{
			"appid": w.app.AppID, "zone_id": g.zone, "guild_id": g.id, "name": "Guild " + g.id, "leader": g.leader, "members": g.members,
		}, nil)
	}
	logins := make(map[string]login)
	for _, uin := range w.people {
		token := p.Issue(t, rookery.TokenRequest{AppID: w.app.AppID, UIN: uin, Kind: "msdk"})
		logins[uin] = login{uin, token.MSDKOpenID, token.Token}
	}
	return logins
}

// round lets callers work until the platform is killed in their midst.
func (w *world) round(t *testing.T) {
	p := w.start(t)
	logins := w.enter(t, p)
	var (
		group  sync.WaitGroup
		kill   sync.Once
		enough = w.calls.Load() + int64(100+rand.IntN(400))
	)
	work := func(do func(*rookery.Platform, *world, map[string]login) error) {
		group.Go(func() {
			for {
				var other *otherAnswer
				if err := do(p, w, logins); errors.As(err, &other) {
					t.Error(err)
					return
				} else if err != nil {
					return // the platform is gone
				}
				n := w.calls.Add(1)
				if n%50 == 0 {
					w.move(p)
				}
				if n >= enough {
					kill.Do(func() { p.Signal(t, syscall.SIGKILL) })
				}
			}
		})
	}
	for range 8 {
		work(w.mail.send)
	}
	for _, g := range w.guilds {
		work(g.lead)
		work(g.join)
	}
	group.Wait()
	p.Signal(t, syscall.SIGKILL) // if answers that nobody expected ended the work before
	p.WaitFor(t, -1)
	w.now = w.now.Add(time.Duration(w.ahead.Swap(0)))
}

// move moves the clock on amid the calls, over midnights and Mondays.
func (w *world) move(p *rookery.Platform) {
	by := time.Duration(rand.IntN(8)) * time.Hour
	w.ahead.Add(int64(by))
	_ = p.TryAdmin("POST", "/dev/v1/clock", map[string]string{"advance": by.String()}, nil) // fails when the platform is gone
}

// otherAnswer is an answer that a call must not get here.
type otherAnswer struct{ call, body string }

func (e *otherAnswer) Error() string { return e.call + ": " + e.body }

func TestSoak(t *testing.T) {
	t.Parallel()
	w := &world{data: t.TempDir(), now: time.Now().Truncate(time.Hour), everBound: make(map[string]bool)}
	p := w.start(t)
	w.found(t, p)
	p.Stop(t)
	rounds := 0
	for end := time.Now().Add(*lasting); time.Now().Before(end) && !t.Failed(); rounds++ {
		w.round(t)
		w.read(t)
	}
	w.settle(t)
	bound, ended := 0, 0
	for _, g := range w.guilds {
		bound, ended = bound+len(g.made), ended+g.ended
	}
	t.Logf("%d rounds, %d calls, %d messages, %d bindings made, %d ended", rounds, w.calls.Load(), w.mail.all, bound, ended)
	if !t.Failed() && (w.mail.all < rounds || bound < rounds/2 || ended == 0) {
		t.Error("too little was done to show anything")
	}
}
