package gateways

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// balancer sends each call to a gateway that says that it is ready, as a load balancer does.
type balancer struct {
	mu    sync.Mutex
	ready []*rookery.Platform
}

// watch asks the gateways again and again, until done is closed.
func (b *balancer) watch(all []*atomic.Pointer[rookery.Platform], done <-chan struct{}) {
	client := http.Client{Timeout: rookery.Patience}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var ready []*rookery.Platform
		for _, one := range all {
			at := one.Load()
			rsp, err := client.Get(at.AdminURL + "/readyz")
			if err != nil {
				continue
			}
			rsp.Body.Close()
			if rsp.StatusCode == http.StatusOK {
				ready = append(ready, at)
			}
		}
		b.mu.Lock()
		b.ready = ready
		b.mu.Unlock()
		select {
		case <-done:
			return
		case <-tick.C:
		}
	}
}

// any returns a gateway that was ready when it was asked last; nil without one.
func (b *balancer) any() *rookery.Platform {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ready) == 0 {
		return nil
	}
	return b.ready[rand.IntN(len(b.ready))]
}

// has reports whether calls are sent to a gateway.
func (b *balancer) has(one *rookery.Platform) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.ready, one)
}

// gone reports whether a call has no answer because its connection ended, or none was made.
func gone(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// TestARollingRestartFailsNoCall: all gateways are replaced, one after the other, while callers log players in, check their tokens and send messages
// through a balancer. A call may find its connection ended, and then succeeds at another gateway; no answer is an error.
func TestARollingRestartFailsNoCall(t *testing.T) {
	t.Parallel()
	database := pg.Database(t)
	var all []*atomic.Pointer[rookery.Platform]
	for range 3 {
		var like *rookery.Platform
		if len(all) > 0 {
			like = all[0].Load()
		}
		one := new(atomic.Pointer[rookery.Platform])
		one.Store(gateway(t, database, like, "--stop-notice", "1s"))
		all = append(all, one)
	}
	first := all[0].Load()
	app := first.NewApp(t)
	first.SetApp(t, app, rookery.Settings{"apis": []string{"*"}})
	players := make([]player, 6)
	for i := range players {
		players[i] = newPlayer(t, first, app)
		for _, other := range players[:i] {
			first.Befriend(t, players[i].uin, other.uin)
		}
	}
	for _, one := range all[1:] {
		rookery.Until(t, "the app is known", func() bool { return players[0].check(t, one.Load()) == 0 })
	}

	done := make(chan struct{})
	var (
		b       balancer
		working sync.WaitGroup
		again   atomic.Int64 // calls whose connection ended
		sent    atomic.Int64
		served  = make([]atomic.Int64, len(players)) // calls with an answer, by caller
	)
	stop := sync.OnceFunc(func() { close(done); working.Wait() })
	defer stop()
	working.Go(func() { b.watch(all, done) })
	call := func(i int, at *rookery.Platform) error {
		p, friend := players[i], players[(i+1)%len(players)]
		switch rand.IntN(3) {
		case 0:
			_, err := at.TryIssue(rookery.TokenRequest{AppID: app.AppID, UIN: p.uin, Kind: "msdk"})
			return err
		case 1:
			return tryV5(at, app, "/v2/auth/verify_login", `{"openid":"`+p.token.MSDKOpenID+`","token":"`+p.token.Token+`"}`, 0)
		default: // of which the first alone is within the limits of a day
			return tryV5(at, app, "/v2/friend/share", fmt.Sprintf(`{"openid":%q,"token":%q,"request_id":"r-%d","title":"Come","summary":"and play","target_url":"https://game.example/",
				"image_url":"https://game.example/p.png","fopenids":[{"openid":%q,"type":0}]}`, p.token.MSDKOpenID, p.token.Token, sent.Add(1), friend.token.MSDKOpenID), 0, 901203, 901204, 901205)
		}
	}
	for i := range players {
		working.Go(func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-done:
					return
				case <-tick.C:
				}
				at := b.any()
				if at == nil {
					continue
				}
				switch err := call(i, at); {
				case err == nil:
					served[i].Add(1)
				case gone(err):
					again.Add(1)
				default:
					t.Errorf("caller %d: %v", i, err)
					return
				}
			}
		})
	}
	everybody := func(what string) { // is served ten times more
		t.Helper()
		for i := range served {
			before := served[i].Load()
			rookery.Until(t, what, func() bool { return served[i].Load() >= before+10 || t.Failed() })
		}
	}
	for _, one := range all {
		everybody("calls are answered")
		old := one.Load()
		old.Stop(t)
		everybody("calls are answered by the others")
		started := rookery.Serve(t, "--data", old.Data, "--database", database, "--stop-notice", "1s")
		started.Data = old.Data
		one.Store(started)
		rookery.Until(t, "the gateway gets calls again", func() bool { return b.has(started) })
	}
	everybody("calls are answered")
	stop()
	t.Logf("%d calls were made again", again.Load())
}

// tryV5 makes a call of MSDK V5, whose answer has to be one of some.
func tryV5(at *rookery.Platform, app rookery.App, path, body string, may ...int) error {
	answer, err := at.TryCall(rookery.NewCall(app, path, body))
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK || !slices.Contains(may, answer.Ret) {
		return fmt.Errorf("%s: status %d: %s", path, answer.Status, answer.Body)
	}
	return nil
}
