package scenarios

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// msdkv5Scenarios are the door's own numbers, which are not part of the contract.
var msdkv5Scenarios = []scenario{
	{"msdkv5/1000", "the method is PUT", answers(1000, "", wrong(func(c rookery.Call) rookery.Call { c.Method = http.MethodPut; return c }))},
	{"msdkv5/1001", "the path is one letter too long", answers(1001, "", wrong(func(c rookery.Call) rookery.Call { c.Path = "/v2/auth/verify_logins"; return c }))},
	{"msdkv5/1003", "the parameter ts is missing", answers(1003, "", wrong(func(c rookery.Call) rookery.Call { return c.Without("ts") }))},
	{"msdkv5/1004", "the body is empty", answers(1004, "", wrong(func(c rookery.Call) rookery.Call { return c.WithBody("") }))},
	{"msdkv5/1005", "the body is an array", answers(1005, "", wrong(func(c rookery.Call) rookery.Call { return c.WithBody("[" + c.Body + "]") }))},
	{"msdkv5/1006", "the body has no token", answers(1006, "", wrong(func(c rookery.Call) rookery.Call {
		return c.WithBody(strings.Replace(c.Body, `"token"`, `"Token"`, 1))
	}))},
	{"msdkv5/1007", "no game has the gameid", answers(1007, "", wrong(func(c rookery.Call) rookery.Call { return c.With("gameid", "999999") }))},
	{"msdkv5/1008", "the call is signed with another key", answers(1008, "invalid sig!", wrong(func(c rookery.Call) rookery.Call { c.Key += "x"; return c }))},
	{"msdkv5/1009", "the openid is not a number", answers(1009, "", wrong(func(c rookery.Call) rookery.Call {
		return c.WithBody(`{"openid":"not a number","token":"T0KEN"}`)
	}))},
	{"msdkv5/1010", "the body is longer than 64 KiB", answers(1010, "", wrong(func(c rookery.Call) rookery.Call {
		return c.WithBody(c.Body + strings.Repeat(" ", 64<<10))
	}))},
	{"msdkv5/1199", "the table of grants is gone", answers(1199, "", linkUnverifiable)},
	{"msdkv5/10006", "the link's lifetime is over", answers(10006, "decryp data fail!", linkLapsed)},
}

// wrong is a valid call with one thing changed.
func wrong(change func(rookery.Call) rookery.Call) func(*testing.T, *rookery.Platform) situation {
	return func(t *testing.T, p *rookery.Platform) situation {
		pl := newPlayer(t, p)
		return situation{on: p, call: change(pl.verifyLogin()), cure: pl.verifyLogin}
	}
}

// TestMSDKv5Window: ts counts only once an operator sets a window, and then exactly that.
func TestMSDKv5Window(t *testing.T) {
	for _, test := range []struct {
		args []string
		off  time.Duration
		want int
	}{
		{nil, -48 * time.Hour, 0},
		{[]string{"--msdkv5-ts-window", "10m"}, -9*time.Minute - 30*time.Second, 0},
		{[]string{"--msdkv5-ts-window", "10m"}, -10*time.Minute - time.Second, 1007},
		{[]string{"--msdkv5-ts-window", "10m"}, 10 * time.Minute, 0},
		{[]string{"--msdkv5-ts-window", "10m"}, 10*time.Minute + 20*time.Second, 1007},
	} {
		t.Run(fmt.Sprint(test.off, test.args), func(t *testing.T) {
			t.Parallel()
			p := rookery.Serve(t, test.args...)
			call := newPlayer(t, p).verifyLogin()
			expect(t, p, call.With("ts", strconv.FormatInt(time.Now().Add(test.off).Unix(), 10)), test.want, "")
		})
	}
}

func linkLapsed(t *testing.T, p *rookery.Platform) situation {
	pl := newPlayer(t, p)
	return situation{on: p, call: decrypt(pl.app, pl.lapsed(t, "link")), cure: func() rookery.Call {
		return decrypt(pl.app, pl.issue(t, "link").Token)
	}}
}

// linkUnverifiable: a storage failure for which no code is foreseen.
func linkUnverifiable(t *testing.T, _ *rookery.Platform) situation {
	p := rookery.Start(t)
	pl := newPlayer(t, p)
	call := decrypt(pl.app, pl.issue(t, "link").Token)
	back := rename(t, p, "openids")
	return situation{on: p, call: call, cure: func() rookery.Call {
		back()
		return call
	}}
}
