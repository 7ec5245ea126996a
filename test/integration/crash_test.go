package integration

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// acknowledged holds the writes of one writer that the platform acknowledged.
type acknowledged struct {
	accounts []string      // the accounts made
	old, new rookery.Token // access tokens of the writer's own account: the newer supersedes the older
	done     atomic.Int64
}

// TestCrash kills the platform again and again while operators write, and looks for every acknowledged write.
func TestCrash(t *testing.T) {
	t.Parallel()
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	const writers = 8
	data := t.TempDir()
	p := rookery.StartIn(t, data)
	app := p.NewApp(t)
	var uins [writers]string
	for i := range uins {
		uins[i] = p.NewAccount(t)
	}
	total := 0
	for range rounds {
		var (
			acks   [writers]acknowledged
			writes atomic.Int64
			group  sync.WaitGroup
			enough = int64(20 + rand.IntN(100))
			kill   sync.Once
		)
		for i := range acks {
			group.Go(func() {
				for {
					if err := acks[i].write(p, app, uins[i]); err != nil {
						return // the platform is gone
					}
					if writes.Add(1) >= enough { // while the other writers are in the middle of theirs
						kill.Do(func() { p.Signal(t, syscall.SIGKILL) })
					}
				}
			})
		}
		group.Wait()
		p.WaitFor(t, -1)

		p = rookery.StartIn(t, data)
		for i := range acks {
			total += acks[i].check(t, p, app, uins[i])
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d writes were acknowledged in %d rounds", total, rounds)
	if total < rounds*20 {
		t.Errorf("only %d writes were acknowledged in %d rounds", total, rounds)
	}
}

// write makes an account, at every third write, or logs the writer's own account in.
func (a *acknowledged) write(p *rookery.Platform, app rookery.App, uin string) error {
	if a.done.Load()%3 == 0 {
		made, err := p.TryNewAccount()
		if err != nil {
			return err
		}
		a.accounts = append(a.accounts, made)
	} else {
		token, err := p.TryIssue(rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "access"})
		if err != nil {
			return err
		}
		a.old, a.new = a.new, token
	}
	a.done.Add(1)
	return nil
}

// check looks for the acknowledged writes and returns their number.
func (a *acknowledged) check(t *testing.T, p *rookery.Platform, app rookery.App, uin string) int {
	t.Helper()
	for _, made := range a.accounts {
		var account struct{ UIN, State string }
		p.Admin(t, "GET", "/admin/v1/accounts/"+made, nil, &account)
		if account.UIN != made || account.State != "normal" {
			t.Errorf("account %s was acknowledged, there is %+v", made, account)
		}
	}
	if a.new.Token == "" {
		return int(a.done.Load())
	}
	// First, before a new login supersedes them all: a lost write would make the older token valid again.
	if a.old.Token != "" {
		if ret := login(t, p, app, a.old); ret != -21 {
			t.Errorf("a token of account %s that was superseded before the crash is answered %d", uin, ret)
		}
	}
	// A login under way at the kill may have superseded the newest token without being answered.
	if ret := login(t, p, app, a.new); ret != 0 && ret != -21 {
		t.Errorf("the newest token of account %s is answered %d", uin, ret)
	}
	newer := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "access"})
	if newer.OpenID != a.new.OpenID {
		t.Errorf("account %s had openid %s, now %s", uin, a.new.OpenID, newer.OpenID)
	}
	if ret := login(t, p, app, newer); ret != 0 {
		t.Errorf("a token issued after the crash is answered %d", ret)
	}
	if ret := login(t, p, app, a.new); ret != -21 {
		t.Errorf("the newest token from before the crash is answered %d after a new login", ret)
	}
	return int(a.done.Load())
}

// login logs a player in with an access token and returns ret.
func login(t *testing.T, p *rookery.Platform, app rookery.App, token rookery.Token) int {
	t.Helper()
	call := rookery.NewCall(app, "/v2/auth/login", fmt.Sprintf(`{"channel_info":{"openid":"%s","access_token":"%s"}}`, token.OpenID, token.Token))
	call.Key, call.Client = app.ClientSigKey, true
	answer := p.Call(t, call)
	if !answer.JSON() {
		t.Errorf("login is answered %q", answer.Body)
	}
	return answer.Ret
}
