package integration

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// duel is what the platform acknowledged of a challenge, by side: of the challenger and of the opponent.
type duel struct {
	scores [2]int
	done   [2]bool
}

// duellists are two friends who challenge each other all the time.
type duellists struct {
	app    rookery.App
	tokens [2]rookery.Token
	duels  map[string]*duel
	begun  int // challenges whose beginning was asked for
	over   int // that were acknowledged to be
}

func newDuellists(t *testing.T, p *rookery.Platform, app rookery.App) *duellists {
	t.Helper()
	d := &duellists{app: app, duels: make(map[string]*duel)}
	var uins [2]string
	for i := range uins {
		uins[i] = p.NewAccount(t)
		d.tokens[i] = p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uins[i], Kind: "access"})
	}
	p.Befriend(t, uins[0], uins[1])
	return d
}

func (d *duellists) call(side int, cmd string) rookery.GameCall {
	return rookery.NewGameCall(d.app, cmd, d.tokens[side].OpenID, d.tokens[side].Token)
}

// beginning is the call that begins the challenge with that number.
func (d *duellists) beginning(number int) rookery.GameCall {
	now := time.Now().Unix()
	return d.call(0, "gc_challenge_begin").With("opponent", d.tokens[1].OpenID).With("request", strconv.Itoa(number)).
		With("start", strconv.FormatInt(now-60, 10)).With("end", strconv.FormatInt(now+24*3600, 10))
}

// fight begins a challenge and ends it, and notes what was acknowledged. An error means that the platform is gone.
func (d *duellists) fight(t *testing.T, p *rookery.Platform) error {
	ask := func(call rookery.GameCall) (a rookery.GameAnswer, err error) {
		reply, err := p.TryCallGame(call)
		if err == nil {
			err = json.Unmarshal([]byte(reply.Body), &a)
		}
		if err == nil && a.Ret != 0 {
			t.Errorf("%s: %s", call.Params["cmd"], reply.Body)
		}
		return a, err
	}
	d.begun++
	a, err := ask(d.beginning(d.begun))
	if err != nil {
		return err
	}
	id := fmt.Sprint(a.Data["challenge"])
	known := new(duel)
	d.duels[id] = known
	for round := 1; round <= 3; round++ {
		for side := range d.tokens {
			score, done := 10*d.begun+2*round-side, round == 3
			report := d.call(side, "gc_challenge_report").With("challenge", id).With("data", strconv.Itoa(score))
			if done {
				report = report.With("done", "1")
			}
			if _, err := ask(report); err != nil {
				return err
			}
			known.scores[side], known.done[side] = score, done
		}
	}
	d.over++
	return nil
}

// check looks for what was acknowledged, and returns the number of challenges.
func (d *duellists) check(t *testing.T, p *rookery.Platform) int {
	t.Helper()
	if a := p.CallGame(t, d.beginning(d.begun)); a.Ret != 0 { // it may have been under way, and is begun once
		t.Errorf("the last challenge cannot be begun once more: %s", a.Body)
	} else if id := fmt.Sprint(a.Data["challenge"]); d.duels[id] == nil {
		d.duels[id] = new(duel)
	}
	type side struct {
		Score string
		Done  bool
	}
	found := make(map[string]bool)
	for before := ""; ; {
		call := d.call(1, "gc_challenge_list")
		if before != "" {
			call = call.With("before", before)
		}
		var page struct {
			Data struct {
				List []struct {
					Challenge, Leader    string
					Challenger, Opponent side
				}
				More bool
			}
		}
		if a := p.CallGame(t, call); a.Ret != 0 || json.Unmarshal([]byte(a.Body), &page) != nil {
			t.Fatalf("the challenges cannot be listed: %s", a.Body)
		}
		for _, c := range page.Data.List {
			before, found[c.Challenge] = c.Challenge, true
			known := d.duels[c.Challenge]
			if known == nil {
				t.Errorf("challenge %s was begun a second time", c.Challenge)
				continue
			}
			for i, is := range []side{c.Challenger, c.Opponent} {
				if score, _ := strconv.Atoi(is.Score); score < known.scores[i] || known.done[i] && !is.Done {
					t.Errorf("challenge %s: side %d has %+v, and %d, %t was acknowledged", c.Challenge, i, is, known.scores[i], known.done[i])
				}
			}
			if known.done[0] && known.done[1] && c.Leader != d.tokens[0].OpenID {
				t.Errorf("challenge %s is led by %s, not by the challenger", c.Challenge, c.Leader)
			}
		}
		if !page.Data.More {
			break
		}
	}
	for id := range d.duels {
		if !found[id] {
			t.Errorf("challenge %s was acknowledged and is gone", id)
		}
	}
	record, _ := p.CallGame(t, d.call(0, "gc_profile")).Data["challenges"].(map[string]any)
	won, _ := record["won"].(float64)
	if int(won) != d.over && int(won) != d.over+1 || record["lost"] != 0.0 || record["drawn"] != 0.0 { // one may have been under way
		t.Errorf("after %d challenges were won the record is %v", d.over, record)
	}
	d.over = int(won)
	return len(found)
}

// TestCrashAmidChallenges kills the platform while challenges are begun and reported by either side: no acknowledged beginning, score
// or result is lost, none counts twice, and a beginning that is repeated afterwards begins nothing new.
func TestCrashAmidChallenges(t *testing.T) {
	t.Parallel()
	const pairs = 6
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	data := t.TempDir()
	p := rookery.StartIn(t, data)
	app := p.NewApp(t)
	p.SetApp(t, app, rookery.Settings{"grant": []string{"gamecenter"}})
	var all [pairs]*duellists
	for i := range all {
		all[i] = newDuellists(t, p, app)
	}
	for range rounds {
		var (
			fights atomic.Int64
			kill   sync.Once
			group  sync.WaitGroup
		)
		for _, d := range all {
			group.Go(func() {
				for d.fight(t, p) == nil {
					if fights.Add(1) >= 3*pairs { // while the others are in the middle of theirs
						kill.Do(func() { p.Signal(t, syscall.SIGKILL) })
					}
				}
			})
		}
		group.Wait()
		p.WaitFor(t, -1)
		p = rookery.StartIn(t, data)
		found := 0
		for _, d := range all {
			found += d.check(t, p)
		}
		if t.Failed() {
			return
		}
		if found < 3*pairs {
			t.Errorf("only %d challenges were begun", found)
		}
	}
}
