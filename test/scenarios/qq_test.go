package scenarios

import (
	"strconv"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

var qqScenarios = []scenario{
	{"qq/-3", "the app has other APIs, but not this one", answers(-3, "", onPlayer(verify,
		rookery.Settings{"apis": []string{"login", "decrypt", "get_pfval"}},
		rookery.Settings{"apis": []string{"login", "verify_login"}}))},
	{"qq/-4", "an ordinary API is called from an address that is not on the app's list", answers(-4, "", onPlayer(verify,
		rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}},
		rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24", "127.0.0.1/32"}}))},
	{"qq/-6", "another player's call comes after the two that the app's rate allows", answers(-6, "", appRateUsedUp)},
	{"qq/-7", "plain HTTP reaches an app that requires HTTPS", answers(-7, "", onPlayer(verify,
		rookery.Settings{"require_tls": true},
		rookery.Settings{"require_tls": false}))},
	{"qq/-8", "an audit restricts this API of the app", answers(-8, "", onPlayer(verify,
		rookery.Settings{"restricted": []string{"verify_login"}},
		rookery.Settings{"restricted": []string{"get_pfval"}}))},
	{"qq/-10", "a sensitive API is called from a private address that is not on the app's list", answers(-10, "", onPlayer(payment,
		rookery.Settings{"allow_sensitive": []string{"192.0.2.0/24"}},
		rookery.Settings{"allow_sensitive": []string{"192.0.2.0/24", "127.0.0.0/8"}}))},
	{"qq/-12", "the app is in the test environment, and the player is no test number", answers(-12, "", notATestNumber)},
	{"qq/-21", "the player logged in again after the token was issued", answers(-21, access(66), superseded)},
	{"qq/-22", "the openid of a client's login has 31 digits", answers(-22, "", malformedOpenID)},
	{"qq/-73", "the password was changed after the token was issued", answers(-73, access(71), passwordChanged)},
	{"qq/100011", "the app is switched off", answers(100011, "", onPlayer(verify,
		rookery.Settings{"online": false},
		rookery.Settings{"online": true}))},
	{"qq/100013", "the token is text that the platform never made", answers(100013, access(74), notOurs)},
	{"qq/100014", "the token's lifetime is over", answers(100014, access(65), lapsed)},
	{"qq/100015", "the person withdrew the app's permission", answers(100015, access(67), withdrawn)},
	{"qq/100016", "the token was issued for another app", answers(100016, access(68), otherApp)},
	{"qq/220028", "a third call of one player comes where the rate allows two", answers(220028, "", userRateUsedUp)},
}

// verify and payment are valid calls of an ordinary and of a sensitive API.
func verify(_ *testing.T, pl player) rookery.Call { return pl.verifyLogin() }

func payment(t *testing.T, pl player) rookery.Call {
	return pfval(pl.app, pl.openid, pl.issue(t, "pay").Token)
}

// onPlayer is a valid call while the app has the settings cause; cure removes the cause.
func onPlayer(call func(*testing.T, player) rookery.Call, cause, cure rookery.Settings) func(*testing.T, *rookery.Platform) situation {
	return func(t *testing.T, p *rookery.Platform) situation {
		pl := newPlayer(t, p)
		valid := call(t, pl)
		p.SetApp(t, pl.app, cause)
		return situation{on: p, call: valid, cure: func() rookery.Call {
			p.SetApp(t, pl.app, cure)
			return valid
		}}
	}
}

func notATestNumber(t *testing.T, p *rookery.Platform) situation {
	pl, friend := newPlayer(t, p), p.NewAccount(t)
	p.SetApp(t, pl.app, rookery.Settings{"environment": "test", "test_numbers": []string{friend}})
	return situation{on: p, call: pl.verifyLogin(), cure: func() rookery.Call {
		p.SetApp(t, pl.app, rookery.Settings{"test_numbers": []string{friend, pl.uin}})
		return pl.verifyLogin()
	}}
}

// appRateUsedUp: the rate is the app's, so another player's call is refused too.
func appRateUsedUp(t *testing.T, p *rookery.Platform) situation {
	pl := newPlayer(t, p)
	other := logIn(t, p, pl.app, p.NewAccount(t))
	p.SetApp(t, pl.app, rookery.Settings{"rates": map[string]any{"verify_login": map[string]string{"app": "2/1h"}}})
	expect(t, p, pl.verifyLogin(), 0, "") // two calls
	return situation{on: p, call: other.verifyLogin(), also: retryAfter(t, 1800),
		cure: func() rookery.Call {
			p.SetApp(t, pl.app, rookery.Settings{"rates": map[string]any{"verify_login": nil}})
			return other.verifyLogin()
		}}
}

// userRateUsedUp: the rate is one user's, so another player's call is the control.
func userRateUsedUp(t *testing.T, p *rookery.Platform) situation {
	pl := newPlayer(t, p)
	other := logIn(t, p, pl.app, p.NewAccount(t))
	p.SetApp(t, pl.app, rookery.Settings{"rates": map[string]any{"verify_login": map[string]string{"user": "2/1h"}}})
	expect(t, p, pl.verifyLogin(), 0, "") // two calls
	return situation{on: p, call: pl.verifyLogin(), also: retryAfter(t, 1800), cure: other.verifyLogin}
}

// retryAfter expects a header that says when a used-up rate allows the next call.
func retryAfter(t *testing.T, most int) func(rookery.Answer) {
	return func(answer rookery.Answer) {
		t.Helper()
		text := answer.Header.Get("Retry-After")
		if seconds, err := strconv.Atoi(text); err != nil || seconds < 1 || seconds > most {
			t.Errorf("Retry-After is %q, want 1 to %d", text, most)
		}
	}
}

// malformedOpenID is a client's login with an openid of 31 digits.
func malformedOpenID(t *testing.T, p *rookery.Platform) situation {
	pl := newPlayer(t, p)
	token := pl.issue(t, "access")
	return situation{on: p, call: login(pl.app, token.OpenID[:31], token.Token), cure: func() rookery.Call {
		return login(pl.app, strings.ToLower(token.OpenID), token.Token)
	}}
}
