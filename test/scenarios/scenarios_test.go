// Package scenarios shows every return code that the platform can answer, one scenario per code: over the network, against
// the real binary, with the real condition brought about. No fault is named by its code.
package scenarios

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// scenario shows one code. It may use the shared platform, with an app and accounts of its own. It counts only if a request was
// answered with the code, and the last one of the same door was not.
type scenario struct {
	code  string // domain/number
	cause string // what run brings about, in a few words
	run   func(*testing.T, *rookery.Platform)
}

// shown is a code that a door shows besides the one of its scenario.
type shown struct {
	code string
	run  func(*testing.T, *rookery.Platform)
}

// provoke runs the scenario and returns the interfaces at which requests were answered with its code while its cause held, and no
// longer at the end. It goes by the books of the shared platform, which nothing else may use, and of those that the scenario started.
// The numbers of the player's device come from no platform: messages are refused with them by device.
func (s scenario) provoke(t *testing.T, p *rookery.Platform) (at []string) {
	before := p.Books(t, rookery.Books{})
	onThisDevice = nil
	s.run(t, p)
	code := strings.Replace(s.code, "/", " ", 1)
	look := func(books, before rookery.Books) {
		for _, where := range books.Answered(code, before) {
			door := doorOf(where)
			if strings.HasSuffix(code, " 0") || books.Over(code, func(at string) bool { return doorOf(at) == door }, before) {
				at = append(at, where)
			}
		}
	}
	look(p.Books(t, before), before)
	for _, own := range rookery.StartedBy(t) {
		look(own.Books(t, rookery.Books{}), rookery.Books{})
	}
	if slices.Contains(onThisDevice, code) && onThisDevice[len(onThisDevice)-1] == "" {
		at = append(at, device)
	}
	slices.Sort(at)
	return slices.Compact(at)
}

func allScenarios() []scenario {
	return slices.Concat(qqScenarios, accessTokenScenarios, payTokenScenarios, msdkv5Scenarios, msdkv3Scenarios, faultScenarios, busScenarios,
		pagesScenarios, friendScenarios, messageScenarios, connectScenarios, openAPIScenarios, shareScenarios, groupScenarios, v2GroupScenarios, gameDoorScenarios, rankScenarios, socialScenarios, achievementScenarios, routeScenarios)
}

// TestScenarios runs all scenarios, one after the other. What a whole run has seen must be what docs/coverage.md says.
// test/scenarios/report reads the names and outcomes of its subtests.
func TestScenarios(t *testing.T) {
	p := rookery.Start(t)
	seen, at := make(map[string]bool), make(map[string][]string)
	for _, s := range allScenarios() {
		if seen[s.code] {
			t.Errorf("there are two scenarios for %s", s.code)
		}
		seen[s.code] = true
		t.Run(s.code, func(t *testing.T) {
			if at[s.code] = s.provoke(t, p); len(at[s.code]) == 0 {
				t.Errorf("no request was answered with %s, or the last one still was", s.code)
			}
		})
	}
	if len(at) == len(seen) && !t.Failed() { // -run did not choose some
		isCurrent(t, "../../docs/coverage.md", coverage(allScenarios(), at), "make codes-report")
	}
}

// TestScenariosMustProvoke: a scenario that does nothing, or something else, does not count.
func TestScenariosMustProvoke(t *testing.T) {
	p := rookery.Start(t)
	expect(t, p, newPlayer(t, p).verifyLogin().Without("ts"), 1003, "") // before the scenarios: it does not count for them
	for name, test := range map[string]struct {
		code string
		run  func(*testing.T, *rookery.Platform)
		want bool
	}{
		"nothing":      {"msdkv5/1003", func(*testing.T, *rookery.Platform) {}, false},
		"another code": {"msdkv5/1003", answers(1008, "", wrong(func(c rookery.Call) rookery.Call { c.Key += "x"; return c })), false},
		"the code":     {"msdkv5/1003", answers(1003, "", wrong(func(c rookery.Call) rookery.Call { return c.Without("ts") })), true},
		"the code to the end": {"msdkv5/1003", func(t *testing.T, p *rookery.Platform) {
			pl := newPlayer(t, p)
			expect(t, p, pl.verifyLogin(), 0, "")
			expect(t, p, pl.verifyLogin().Without("ts"), 1003, "")
		}, false},
		"a code that the door conveys":  {"accesstoken/32", answers(-22, access(32), openIDNeverIssued), true},
		"that, in place of another":     {"accesstoken/33", answers(-22, access(32), openIDNeverIssued), false},
		"a code of the bus":             {"oidb/5", onBus(5, func(c *busCase) { c.call.Command = 0x999 }), true},
		"the bus, without the code":     {"oidb/5", onBus(0, func(*busCase) {}), false},
		"a platform of its own":         {"paytoken/23", answers(100016, pay(23), payGrantUnreadable), true},
		"a platform that does nothing":  {"paytoken/23", func(t *testing.T, _ *rookery.Platform) { rookery.Start(t) }, false},
		"the player's device":           {"qq/5", onDevice(5, shared("friend", "link", "--link", "ftp://game.example/join"), shared("friend", "link")), true},
		"the device, with another code": {"qq/4", onDevice(5, shared("friend", "link", "--link", "ftp://game.example/join"), shared("friend", "link")), false},
		"the device, and nothing":       {"qq/5", func(*testing.T, *rookery.Platform) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if at := (scenario{test.code, name, test.run}).provoke(t, p); len(at) > 0 != test.want {
				t.Errorf("%s was answered at %q, want some: %t", test.code, at, test.want)
			}
		})
	}
}

// situation is a call whose cause has been brought about.
type situation struct {
	on   *rookery.Platform
	call rookery.Call
	// cure removes the cause and returns the same call without it. It must succeed, which shows that the code came from its
	// cause alone.
	cure func() rookery.Call
	// also checks what else is particular to the answer; may be nil.
	also func(rookery.Answer)
}

// answers runs a situation whose call is answered with ret, and with exactly msg unless that is empty.
func answers(ret int, msg string, bring func(*testing.T, *rookery.Platform) situation) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		s := bring(t, p)
		answer := expect(t, s.on, s.call, ret, msg)
		if s.also != nil {
			s.also(answer)
		}
		expect(t, s.on, s.cure(), 0, "")
	}
}

// access and pay are the texts that MSDK doors pass on from the two token checks.
func access(result int) string { return fmt.Sprintf("oidb decode0x711 failed, ret: %d", result) }
func pay(result int) string    { return fmt.Sprintf("oidb decode0x73a failed, ret: %d", result) }

var (
	requestIDForm = regexp.MustCompile(`^[0-9a-f]{16}$`)
	madeSeqForm   = regexp.MustCompile(`^\d{10}-\d{10}-\d{6}-\d{10}$`)
)

// expect sends a call without seq and with one, and checks what all answers have in common.
func expect(t *testing.T, p *rookery.Platform, call rookery.Call, ret int, msg string) (answer rookery.Answer) {
	t.Helper()
	for _, seq := range []string{"", "req-7"} {
		if seq != "" {
			call = call.With("seq", seq)
		}
		answer = p.Call(t, call)
		if answer.Status != http.StatusOK || answer.Ret != ret || msg != "" && answer.Msg != msg {
			t.Fatalf("%s: got status %d and %s, want ret %d, msg %q", call.Path, answer.Status, answer.Body, ret, msg)
		}
		if !requestIDForm.MatchString(answer.Header.Get("X-Request-Id")) {
			t.Errorf("%s: X-Request-Id is %q", call.Path, answer.Header.Get("X-Request-Id"))
		}
		if !answer.JSON() {
			if ret != 0 || call.Path != decryptPath {
				t.Errorf("%s: the answer is not JSON: %q", call.Path, answer.Body)
			}
			continue
		}
		if answer.Msg == "" {
			t.Errorf("%s: msg is empty", call.Path)
		}
		if seq != "" && answer.Seq != seq || seq == "" && !madeSeqForm.MatchString(answer.Seq) {
			t.Errorf("%s: seq is %q, sent was %q", call.Path, answer.Seq, seq)
		}
	}
	return answer
}

const (
	verifyLoginPath = "/v2/auth/verify_login"
	pfvalPath       = "/v2/auth/get_pfval"
	decryptPath     = "/v2/auth/decrypt"
	loginPath       = "/v2/auth/login"
)

func verifyLogin(app rookery.App, openid, token string) rookery.Call {
	return rookery.NewCall(app, verifyLoginPath, fmt.Sprintf(`{"openid":"%s","token":"%s"}`, openid, token))
}

func pfval(app rookery.App, openid, token string) rookery.Call {
	return rookery.NewCall(app, pfvalPath, fmt.Sprintf(`{"openid":"%s","pay_token":"%s","channel_dis":"2002"}`, openid, token))
}

func decrypt(app rookery.App, param string) rookery.Call {
	call := rookery.NewCall(app, decryptPath, "").With("itopencodeparam", param)
	call.Method = http.MethodGet
	return call
}

func login(app rookery.App, openid, accessToken string) rookery.Call {
	call := rookery.NewCall(app, loginPath, fmt.Sprintf(`{"channel_info":{"openid":"%s","access_token":"%s"}}`, openid, accessToken)).Without("source")
	call.Key, call.Client = app.ClientSigKey, true
	return call
}

// player is a fresh account at a fresh game, logged in.
type player struct {
	on     *rookery.Platform
	app    rookery.App
	uin    string
	openid string // MSDK openid
	token  string // MSDK token
}

func newPlayer(t *testing.T, p *rookery.Platform) player {
	t.Helper()
	return logIn(t, p, p.NewApp(t), p.NewAccount(t))
}

func logIn(t *testing.T, p *rookery.Platform, app rookery.App, uin string) player {
	t.Helper()
	token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "msdk"})
	return player{on: p, app: app, uin: uin, openid: token.MSDKOpenID, token: token.Token}
}

func (pl player) verifyLogin() rookery.Call { return verifyLogin(pl.app, pl.openid, pl.token) }

// issue makes the platform issue a token for the player.
func (pl player) issue(t *testing.T, kind string) rookery.Token {
	t.Helper()
	return pl.on.Issue(t, rookery.TokenRequest{AppID: pl.app.AppID, UIN: pl.uin, Kind: kind})
}

// lapsed makes the platform issue an expired token for the player.
func (pl player) lapsed(t *testing.T, kind string) string {
	t.Helper()
	return pl.on.Issue(t, rookery.TokenRequest{AppID: pl.app.AppID, UIN: pl.uin, Kind: kind, Lifetime: "0s"}).Token
}

// again logs the player in once more and returns the call with the new token.
func (pl player) again(t *testing.T) rookery.Call {
	t.Helper()
	return logIn(t, pl.on, pl.app, pl.uin).verifyLogin()
}

// tampered returns the token with one letter of its sealed part changed.
func tampered(token string) string {
	const at = 80
	letter := "A"
	if token[at] == 'A' {
		letter = "B"
	}
	return token[:at] + letter + token[at+1:]
}

// neverIssued cannot be an MSDK openid of any platform: those have 20 digits.
const neverIssued = "424242"

// rename hides a table, as a damaged database would, and returns the function that restores it.
func rename(t *testing.T, p *rookery.Platform, table string) (back func()) {
	t.Helper()
	p.Exec(t, "ALTER TABLE "+table+" RENAME TO lost_"+table)
	return func() {
		t.Helper()
		p.Exec(t, "ALTER TABLE lost_"+table+" RENAME TO "+table)
	}
}

// inspection is what the platform says about a token when an operator asks.
type inspection struct {
	Check  string
	Result int
	Sound  bool
}

func inspect(t *testing.T, p *rookery.Platform, token string, want inspection) {
	t.Helper()
	var got inspection
	p.Admin(t, "POST", "/admin/v1/tokens/inspect", map[string]string{"token": token}, &got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inspection of the token: (-want +got)\n%s", diff)
	}
}

func hasPrefix(t *testing.T, what, text, prefix string) {
	t.Helper()
	if !strings.HasPrefix(text, prefix) {
		t.Errorf("%s is %q, want it to begin with %q", what, text, prefix)
	}
}
