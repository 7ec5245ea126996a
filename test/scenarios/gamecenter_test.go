package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// gameDoorScenarios are those that the door of the Game Center's commands answers for any command.
var gameDoorScenarios = []scenario{
	{"gamecenter/0", "nothing: the report is stored and read again", reportedAndRead},
	{"gamecenter/-4000", "the command's handler cannot be made", gameAnswers(-4000, "", handlerNotMade)},
	{"gamecenter/-4001", "the parameter cmd is missing", gameAnswers(-4001, `parameter "cmd" is missing or empty`, gameWithout("cmd"))},
	{"gamecenter/-4002", "the login from which the sid came was signed out", gameAnswers(-4002, "the login from which the sid came has ended", sidSignedOut)},
	{"gamecenter/-4005", "the operator switched the command off", gameAnswers(-4005, "command gc_achieve_get is switched off on this platform", switchedOff)},
	{"gamecenter/-4006", "the parameter openid is missing", gameAnswers(-4006, `parameter "openid" is missing or empty`, gameWithout("openid"))},
	{"gamecenter/-4008", "the access token's lifetime is over", gameAnswers(-4008, access(65), gameTokenLapsed)},
	{"gamecenter/-4009", "the user's rate is used up", gameAnswers(-4009, "", gameTooOften)},
	{"gamecenter/-4010", "the command that turns an openid into a uin cannot be reached", gameAnswers(-4010, "", openIDNotConverted)},
	{"gamecenter/-4011", "the openids cannot be read for a page's uin", gameAnswers(-4011, "", uinNotConverted)},
	{"gamecenter/-4013", "the skey is another person's", gameAnswers(-4013, "", skeyOfAnother)},
	{"gamecenter/-4014", "the operator left the command no way of identity", gameAnswers(-4014, "", noWayOfIdentity)},
	{"gamecenter/-4015", "no command has the name", gameAnswers(-4015, `there is no command "gc_achieve_gets"`, gameWith("cmd", "gc_achieve_gets"))},
	{"gamecenter/-4016", "the call is signed with another key", gameAnswers(-4016, "", wrongGameSign)},
	{"gamecenter/-4017", "the openid was never issued", gameAnswers(-4017, "", gameWith("openid", "AAAABBBBCCCCDDDD0000111122223333"))},
	{"gamecenter/-4018", "the command's handler panics", gamePanics},
	{"gamecenter/-4026", "the app was not granted the Game Center", gameAnswers(-4026, "", gameNotConfigured)},
	{"gamecenter/-4028", "param lacks its last brace", gameAnswers(-4028, "", reportOf(`{"total":1,"list":[{"type":12,"data":"1"}]`))},
	{"gamecenter/-4032", "appid is another app's than the token", gameAnswers(-4032, "appid is of another app than the access_token", gameWith("appid", "1"))},
	{"gamecenter/-4033", "the report has no param", gameAnswers(-4033, "", reportOf(""))},
	{"gamecenter/-4034", "param has no list", gameAnswers(-4034, "param has no member list", reportOf(`{"total":1}`))},
	{"gamecenter/-4035", "the second item's data is empty", gameAnswers(-4035, "item 2 has no data, or an empty one", reportOf(`{"list":[{"type":12,"data":"1"},{"type":26,"data":""}]}`))},
	{"gamecenter/-4036", "uin is not the token's", gameAnswers(-4036, "", gameWith("uin", "10"))},
}

// reportedAndRead: a success is a success at the game's door and at the person's, and what was reported can be read.
func reportedAndRead(t *testing.T, p *rookery.Platform) {
	pl := newGamePlayer(t, p)
	report := rookery.NewGameCall(pl.app, "gc_achieve_report", pl.openid, pl.token)
	if answer := p.CallGame(t, report.With("param", soundParam)); answer.Ret != 0 || answer.Msg != "ok" {
		t.Fatalf("the report is answered %s", answer.Body)
	}
	read := wantGame(t, p, pl.get(), 0, "ok")
	if want := `{"type":28,"data":"900001","expires":0}`; !strings.Contains(read.Body, want) {
		t.Errorf("of a report with %s the platform reads\n%s", want, read.Body)
	}
	wantGame(t, p, report.With("param", soundParam[:40]), -4028, "") // the control
}

// gamePlayer is a player of a fresh game that is configured for the Game Center.
type gamePlayer struct {
	v3Player
	person *rookery.Person
}

func newGamePlayer(t *testing.T, p *rookery.Platform) *gamePlayer {
	t.Helper()
	app, person := p.NewApp(t), p.NewPerson(t)
	p.SetApp(t, app, rookery.Settings{"grant": []string{"gamecenter"}})
	return &gamePlayer{v3LogIn(t, p, app, person.UIN), person}
}

// get is the game's call for what the player has achieved, which any way of identity serves.
func (pl *gamePlayer) get() rookery.GameCall {
	return rookery.NewGameCall(pl.app, "gc_achieve_get", pl.openid, pl.token)
}

const soundParam = `{"total":4,"list":[{"type":12,"data":"1","bcover":1,"expires":0},{"type":26,"data":"3","bcover":1},{"type":27,"data":"3","bcover":1},{"type":28,"data":"900001","bcover":1}]}`

// report is a sound report.
func (pl *gamePlayer) report() rookery.GameCall {
	return rookery.NewGameCall(pl.app, "gc_achieve_report", pl.openid, pl.token).With("param", soundParam)
}

// tickets are what /account/tickets answers.
type tickets struct{ UIN, Skey, Sid, Error string }

// tickets signs the person in and asks for tickets, for the app or, with "", for every app.
func (pl *gamePlayer) tickets(t *testing.T, app string) tickets {
	t.Helper()
	if page := pl.person.SignIn(t, "/account/"); page.Status != http.StatusSeeOther {
		t.Fatalf("the sign-in has status %d", page.Status)
	}
	return ticketsOf(t, pl.on, pl.person, app)
}

func ticketsOf(t *testing.T, p *rookery.Platform, person *rookery.Person, app string) (got tickets) {
	t.Helper()
	page := person.Post(t, "/account/tickets", url.Values{"appid": {app}})
	if err := json.Unmarshal([]byte(page.Body), &got); err != nil {
		t.Fatalf("%q: %v", page.Body, err)
	}
	p.Secret(got.Skey)
	p.Secret(got.Sid)
	return got
}

// bySid and bySkey are pages' calls for what the player has achieved.
func (pl *gamePlayer) bySid(sid string) rookery.GameCall {
	return rookery.NewTicketCall(pl.app, "gc_achieve_get").With("sid", sid)
}

func (pl *gamePlayer) bySkey(uin, skey string) rookery.GameCall {
	return rookery.NewTicketCall(pl.app, "gc_achieve_get").With("uin", uin).With("skey", skey)
}

// wantGame makes a call by both methods, and as JSONP, and checks that all answers say the same.
func wantGame(t *testing.T, p *rookery.Platform, call rookery.GameCall, ret int, msg string) (answer rookery.GameAnswer) {
	t.Helper()
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		call.Method = method
		answer = p.CallGame(t, call)
		if answer.Status != http.StatusOK || answer.Ret != ret || answer.Msg == "" || msg != "" && answer.Msg != msg {
			t.Fatalf("%s: got status %d and %s, want ret %d, msg %q", method, answer.Status, answer.Body, ret, msg)
		}
		if answer.Data["ret"] != float64(ret) || answer.Data["msg"] != answer.Msg {
			t.Errorf("%s: data differs", answer.Body)
		}
		if got := answer.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("Content-Type is %q", got)
		}
	}
	return answer
}

// gameSituation is a call whose cause has been brought about, and what cures it.
type gameSituation struct {
	call rookery.GameCall
	cure func() rookery.GameCall
}

func gameAnswers(ret int, msg string, bring func(*testing.T, *gamePlayer) gameSituation) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		s := bring(t, newGamePlayer(t, p))
		wantGame(t, p, s.call, ret, msg)
		wantGame(t, p, s.cure(), 0, "ok")
	}
}

// cured returns a situation that undo cures.
func cured(call rookery.GameCall, undo func()) gameSituation {
	return gameSituation{call, func() rookery.GameCall {
		undo()
		return call
	}}
}

func gameWith(name, value string) func(*testing.T, *gamePlayer) gameSituation {
	return func(_ *testing.T, pl *gamePlayer) gameSituation {
		return gameSituation{pl.get().With(name, value), pl.get}
	}
}

func gameWithout(name string) func(*testing.T, *gamePlayer) gameSituation {
	return func(_ *testing.T, pl *gamePlayer) gameSituation {
		return gameSituation{pl.get().Without(name), pl.get}
	}
}

// reportOf reports a param; without one for "".
func reportOf(param string) func(*testing.T, *gamePlayer) gameSituation {
	return func(_ *testing.T, pl *gamePlayer) gameSituation {
		call := pl.report().With("param", param)
		if param == "" {
			call = call.Without("param")
		}
		return gameSituation{call, pl.report}
	}
}

// decide changes what the operator decided about a command.
func decide(t *testing.T, p *rookery.Platform, cmd string, to rookery.Settings) {
	t.Helper()
	p.Admin(t, http.MethodPatch, "/admin/v1/gamecenter/commands/"+cmd, to, nil)
}

func handlerNotMade(t *testing.T, pl *gamePlayer) gameSituation {
	return cured(pl.get(), pl.on.AddFault(t, rookery.Fault{Point: "handler:gc_achieve_get"}))
}

func gamePanics(t *testing.T, _ *rookery.Platform) {
	p := rookery.Start(t)
	p.MayPanic()
	gameAnswers(-4018, "", handlerPanics)(t, p)
}

// handlerPanics ends one command's calls, while another command's continue.
func handlerPanics(t *testing.T, pl *gamePlayer) gameSituation {
	off := pl.on.AddFault(t, rookery.Fault{Point: "handler:gc_achieve_get", Panic: true})
	wantGame(t, pl.on, pl.report(), 0, "ok")
	return cured(pl.get(), off)
}

func switchedOff(t *testing.T, pl *gamePlayer) gameSituation {
	decide(t, pl.on, "gc_achieve_get", rookery.Settings{"on": false})
	return cured(pl.get(), func() { decide(t, pl.on, "gc_achieve_get", rookery.Settings{"on": true}) })
}

func noWayOfIdentity(t *testing.T, pl *gamePlayer) gameSituation {
	decide(t, pl.on, "gc_achieve_get", rookery.Settings{"ways": []string{}})
	return cured(pl.get(), func() {
		decide(t, pl.on, "gc_achieve_get", rookery.Settings{"ways": []string{"access_token", "skey", "sid"}})
	})
}

func wrongGameSign(t *testing.T, pl *gamePlayer) gameSituation {
	wantGame(t, pl.on, pl.get().With("format", "json$uin$1"), -4016, "") // signed like a call with uin
	call := pl.get()
	call.Key += "x"
	return gameSituation{call, pl.get}
}

func gameNotConfigured(t *testing.T, pl *gamePlayer) gameSituation {
	pl.on.SetApp(t, pl.app, rookery.Settings{"apis": []string{"relation"}})
	return cured(pl.get(), func() { pl.on.SetApp(t, pl.app, rookery.Settings{"grant": []string{"gamecenter"}}) })
}

func gameTooOften(t *testing.T, pl *gamePlayer) gameSituation {
	limit := func(to any) {
		pl.on.SetApp(t, pl.app, rookery.Settings{"rates": map[string]any{"gamecenter": to}})
	}
	limit(map[string]string{"user": "1/1h"})
	pl.on.CallGame(t, pl.get())
	return cured(pl.get(), func() { limit(nil) })
}

func gameTokenLapsed(t *testing.T, pl *gamePlayer) gameSituation {
	old := pl.on.Issue(t, rookery.TokenRequest{AppID: pl.app.AppID, UIN: pl.uin, Kind: "access", Lifetime: "0s"})
	return gameSituation{pl.get().With("access_token", old.Token), func() rookery.GameCall {
		return (&gamePlayer{v3Player: pl.again(t)}).get()
	}}
}

func openIDNotConverted(t *testing.T, pl *gamePlayer) gameSituation {
	return cured(pl.get(), pl.on.AddFault(t, rookery.Fault{Point: "bus.connect:0x711_23", AppID: pl.app.AppID}))
}

func uinNotConverted(t *testing.T, pl *gamePlayer) gameSituation {
	call := pl.bySid(pl.tickets(t, "").Sid)
	return cured(call, pl.on.AddFault(t, rookery.Fault{Point: "store.read:openids", Interface: rookery.GameCenterPath}))
}

func skeyOfAnother(t *testing.T, pl *gamePlayer) gameSituation {
	skey := pl.tickets(t, "").Skey
	other := v3LogIn(t, pl.on, pl.app, pl.on.NewAccount(t))
	return gameSituation{pl.bySkey(other.uin, skey), func() rookery.GameCall { return pl.bySkey(pl.uin, skey) }}
}

func sidSignedOut(t *testing.T, pl *gamePlayer) gameSituation {
	call := pl.bySid(pl.tickets(t, "").Sid)
	pl.person.Press(t, "/account/", "sign-out", nil)
	return gameSituation{call, func() rookery.GameCall { return pl.bySid(pl.tickets(t, "").Sid) }}
}

// TestGameCenterPrecedence: of two things that are wrong, the one that comes first in this list is answered (causes.md,
// gamecenter).
func TestGameCenterPrecedence(t *testing.T) {
	p := rookery.Start(t)
	type wrong struct {
		check string // of the interface
		ret   int
		of    string                                      // the parameter that it spoils, if it is one
		call  func(rookery.GameCall) rookery.GameCall     // nil if the call stays
		bring func(*testing.T, *gamePlayer) (undo func()) // nil if the platform stays
	}
	with := func(name, value string) func(rookery.GameCall) rookery.GameCall {
		return func(c rookery.GameCall) rookery.GameCall { return c.With(name, value) }
	}
	without := func(name string) func(rookery.GameCall) rookery.GameCall {
		return func(c rookery.GameCall) rookery.GameCall { return c.Without(name) }
	}
	fault := func(point string) func(*testing.T, *gamePlayer) func() {
		return func(t *testing.T, pl *gamePlayer) func() { return pl.on.AddFault(t, rookery.Fault{Point: point}) }
	}
	decided := func(wrong, right rookery.Settings) func(*testing.T, *gamePlayer) func() {
		return func(t *testing.T, pl *gamePlayer) func() {
			decide(t, pl.on, "gc_achieve_report", wrong)
			return func() { decide(t, pl.on, "gc_achieve_report", right) }
		}
	}
	forGood := func(settings rookery.Settings) func(*testing.T, *gamePlayer) func() {
		return func(t *testing.T, pl *gamePlayer) func() {
			pl.on.SetApp(t, pl.app, settings)
			return func() {}
		}
	}
	spent := make(map[string]map[string]string) // rates that are used up, by app
	usedUp := func(whose string) func(*testing.T, *gamePlayer) func() {
		return func(t *testing.T, pl *gamePlayer) func() {
			limit := func(to map[string]string) {
				pl.on.SetApp(t, pl.app, rookery.Settings{"rates": map[string]any{"gamecenter": to}})
			}
			limit(map[string]string{whose: "1/1h"})
			pl.on.CallGame(t, pl.report())
			if spent[pl.app.AppID] == nil {
				spent[pl.app.AppID] = make(map[string]string)
			}
			spent[pl.app.AppID][whose] = "1/1h"
			limit(spent[pl.app.AppID])
			return func() {}
		}
	}
	texts := map[string]string{"user-rate": "one user may call", "app-rate": "app "} // of checks with the same number
	lapsed := func(t *testing.T, pl *gamePlayer) func() {
		pl.on.Revoke(t, pl.app, pl.uin, "user")
		return func() {}
	}
	ladders := map[string][]wrong{
		"access_token": {
			{"gc-params", -4022, "", func(c rookery.GameCall) rookery.GameCall { c.Raw = "&broken=%zz"; return c }, nil},
			{"gc-command", -4015, "cmd", with("cmd", "gc_no_such"), nil},
			{"gc-command", -4005, "", nil, decided(rookery.Settings{"on": false}, rookery.Settings{"on": true})},
			{"gc-command", -4000, "", nil, fault("handler:gc_achieve_report")},
			{"gc-command", -4014, "", nil, decided(rookery.Settings{"ways": []string{}}, rookery.Settings{"ways": []string{"access_token"}})},
			{"gc-required", -4006, "openid", without("openid"), nil},
			{"gc-app", -4032, "appid", with("appid", "1"), nil},
			{"gc-sign", -4016, "sign", func(c rookery.GameCall) rookery.GameCall { c.Sign = strings.Repeat("0", 32); return c }, nil},
			{"gc-configured", -4026, "", nil, forGood(rookery.Settings{"apis": []string{"relation"}})},
			{"online", 100011, "", nil, forGood(rookery.Settings{"online": false})},
			{"ordinary-address", -4, "", nil, forGood(rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}})},
			{"tls", -7, "", nil, forGood(rookery.Settings{"require_tls": true})},
			{"user-rate", -4009, "openid", nil, usedUp("user")}, // the rate is the openid's
			{"app-rate", -4009, "", nil, usedUp("app")},
			{"audit", -8, "", nil, forGood(rookery.Settings{"restricted": []string{"gamecenter"}})},
			{"gc-identity", -4008, "access_token", nil, lapsed},
			{"gc-identity", -4017, "openid", with("openid", "x"), nil},
			{"gc-identity", -4036, "uin", with("uin", "10"), nil},
			{"gc-identity", -4010, "", nil, fault("bus.connect:0x711_23")},
			{"gc-test-number", -12, "", nil, forGood(rookery.Settings{"environment": "test"})},
			{"gc-read", -4022, "format", func(c rookery.GameCall) rookery.GameCall { return c.With("format", "xml") }, nil},
			{"gc-read", -4033, "param", without("param"), nil},
			{"gc-read", -4028, "param", with("param", "{"), nil},
			{"gc-read", -4034, "param", with("param", `{"list":{}}`), nil},
			{"gc-read", -4035, "param", with("param", `{"total":9,"list":[{"type":3}]}`), nil},
			{"gc-read", -4022, "param", with("param", `{"total":9,"list":[{"type":3,"data":"1","expires":5}]}`), nil},
		},
		"sid": {
			{"gc-required", -4006, "oauth_consumer_key", without("oauth_consumer_key"), nil},
			{"gc-app", -4032, "appid", with("appid", "1"), nil},
			{"gc-configured", -4026, "", nil, forGood(rookery.Settings{"apis": []string{"relation"}})},
			{"gc-identity", -4036, "uin", with("uin", "10"), nil},
			{"gc-identity", -4011, "", nil, fault("store.read:openids")},
			{"gc-identity", -4002, "", nil, signedOutNow},
			{"gc-read", -4022, "format", with("format", "xml"), nil},
		},
		"skey": {
			{"gc-required", -4006, "uin", without("uin"), nil},
			{"gc-app", -4032, "appid", with("appid", "1"), nil},
			{"gc-identity", -4011, "", nil, fault("store.read:openids")},
			{"gc-identity", -4013, "", nil, signedOutNow},
			{"gc-read", -4022, "format", with("format", "xml"), nil},
		},
	}
	for way, ladder := range ladders {
		for i, first := range ladder {
			for _, second := range ladder[i+1:] {
				if first.of != "" && first.of == second.of {
					continue
				}
				t.Run(fmt.Sprintf("%s/%d/%d", way, first.ret, second.ret), func(t *testing.T) {
					pl := newGamePlayer(t, p)
					call := pl.report()
					switch way {
					case "sid":
						call = pl.bySid(pl.tickets(t, pl.app.AppID).Sid)
					case "skey":
						call = pl.bySkey(pl.uin, pl.tickets(t, pl.app.AppID).Skey)
					}
					for _, w := range []wrong{second, first} {
						if w.call != nil {
							call = w.call(call)
						}
					}
					for _, w := range []wrong{first, second} {
						if w.bring != nil {
							defer w.bring(t, pl)()
						}
					}
					if got := p.CallGame(t, call); got.Ret != first.ret || !strings.HasPrefix(got.Msg, texts[first.check]) {
						t.Errorf("got %s, want %d, %s", got.Body, first.ret, texts[first.check])
						return
					}
					pin(rookery.GameCenterPath, first.check, second.check)
				})
			}
		}
	}
}

func signedOutNow(t *testing.T, pl *gamePlayer) func() {
	pl.on.Admin(t, http.MethodPost, "/admin/v1/accounts/"+pl.uin+"/sign-out", nil, nil)
	return func() {}
}

// TestGameOfAnotherOpenID: a token serves nobody but the player for whom it was issued.
func TestGameOfAnotherOpenID(t *testing.T) {
	p := rookery.Start(t)
	pl := newGamePlayer(t, p)
	other := v3LogIn(t, p, pl.app, p.NewAccount(t))
	wantGame(t, p, pl.get().With("openid", other.openid), -4008, "the token was issued for another openid")
	wantGame(t, p, pl.get().With("openid", strings.ToLower(pl.openid)), 0, "ok")
	p.Reclaim(t, pl.app, other.uin)
	wantGame(t, p, pl.get().With("openid", other.openid), -4017, "")
	wantGame(t, p, pl.get().With("openid", "x"), -4017, "")
}

// TestGameTickets: a ticket is of one person and one purpose, for its app, and ends with the login from which it came.
func TestGameTickets(t *testing.T) {
	p := rookery.Start(t)
	pl := newGamePlayer(t, p)
	other := p.NewApp(t)
	p.SetApp(t, other, rookery.Settings{"grant": []string{"gamecenter"}})
	v3LogIn(t, p, other, pl.uin)

	all, own := pl.tickets(t, ""), ticketsOf(t, p, pl.person, pl.app.AppID)
	for name, test := range map[string]struct {
		call rookery.GameCall
		ret  int
	}{
		"sid for every app":         {pl.bySid(all.Sid), 0},
		"sid for its app":           {pl.bySid(own.Sid), 0},
		"sid at another app":        {pl.bySid(all.Sid).With("oauth_consumer_key", other.AppID), 0},
		"sid of an app at another":  {pl.bySid(own.Sid).With("oauth_consumer_key", other.AppID), -4032},
		"skey for every app":        {pl.bySkey(pl.uin, all.Skey), 0},
		"skey of an app at another": {pl.bySkey(pl.uin, own.Skey).With("oauth_consumer_key", other.AppID), -4032},
		"skey as sid":               {pl.bySid(all.Skey), -4002},
		"sid as skey":               {pl.bySkey(pl.uin, all.Sid), -4013},
		"an access token as sid":    {pl.bySid(pl.token), -4002},
		"sid as an access token":    {pl.get().With("access_token", all.Sid), -4008},
		"no ticket at all":          {pl.bySid("x"), -4002},
		"skey without uin":          {pl.bySkey(pl.uin, all.Skey).Without("uin"), -4006},
		"skey with another uin":     {pl.bySkey("10", all.Skey), -4013},
		"skey with no number":       {pl.bySkey("ann", all.Skey), -4013},
		"sid with its uin":          {pl.bySid(all.Sid).With("uin", pl.uin), 0},
		"sid with another uin":      {pl.bySid(all.Sid).With("uin", "10"), -4036},
		"no such app":               {pl.bySid(all.Sid).With("oauth_consumer_key", "1"), -4026},
		"a report by sid":           {pl.bySid(all.Sid).With("cmd", "gc_achieve_report").With("param", soundParam), -4006},
	} {
		t.Run(name, func(t *testing.T) { wantGame(t, p, test.call, test.ret, "") })
	}

	for name, end := range map[string]func(*testing.T, *gamePlayer){
		"signing out":            func(t *testing.T, pl *gamePlayer) { pl.person.Press(t, "/account/", "sign-out", nil) },
		"signing out everywhere": func(t *testing.T, pl *gamePlayer) { pl.person.Press(t, "/account/", "sign-out-everywhere", nil) },
		"a new password":         func(t *testing.T, pl *gamePlayer) { p.SetPassword(t, pl.uin) },
		"freezing":               func(t *testing.T, pl *gamePlayer) { p.SetState(t, pl.uin, "frozen") },
		"closing":                func(t *testing.T, pl *gamePlayer) { p.SetState(t, pl.uin, "closed") },
	} {
		t.Run("after "+name, func(t *testing.T) {
			pl := newGamePlayer(t, p)
			had := pl.tickets(t, "")
			wantGame(t, p, pl.bySid(had.Sid), 0, "ok")
			wantGame(t, p, pl.bySkey(had.UIN, had.Skey), 0, "ok")
			end(t, pl)
			wantGame(t, p, pl.bySid(had.Sid), -4002, "the login from which the sid came has ended")
			wantGame(t, p, pl.bySkey(had.UIN, had.Skey), -4013, "the login from which the skey came has ended")
			if got := ticketsOf(t, p, pl.person, ""); got.Error != "nobody is signed in" || got.Sid != "" {
				t.Errorf("new tickets: %+v", got)
			}
		})
	}
	stranger := &gamePlayer{v3Player{player: player{on: p, app: pl.app}}, p.NewPerson(t)}
	wantGame(t, p, stranger.bySid(stranger.tickets(t, "").Sid), -4011, "")
}

// TestGameCookies: a browser's cookies identify the person on this site's own pages, and on no other's.
func TestGameCookies(t *testing.T) {
	p := rookery.Start(t)
	pl := newGamePlayer(t, p)
	pl.tickets(t, "")
	target := rookery.GameCenterPath + "?cmd=gc_achieve_get&oauth_consumer_key=" + pl.app.AppID
	other := strings.Replace(p.URL, "://", "://other.", 1)
	for name, test := range map[string]struct {
		header    http.Header
		get, post int
	}{
		"this site's script":              {http.Header{"Sec-Fetch-Site": {"same-origin"}}, 0, 0},
		"this site's script and origin":   {http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {p.URL}}, 0, 0},
		"this site's origin":              {http.Header{"Origin": {p.URL}}, -4006, 0},
		"a page over plain HTTP":          {nil, -4006, -4006},
		"a link from a mail":              {http.Header{"Sec-Fetch-Site": {"none"}}, -4006, -4006},
		"another site's page":             {http.Header{"Sec-Fetch-Site": {"cross-site"}}, -4006, -4006},
		"another site's page as this one": {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {p.URL}}, -4006, -4006},
		"a page of a neighbour":           {http.Header{"Sec-Fetch-Site": {"same-site"}}, -4006, -4006},
		"a neighbour's old page":          {http.Header{"Origin": {other}}, -4006, -4006},
		"another port's old page":         {http.Header{"Origin": {p.URL + "0"}}, -4006, -4006},
		"another site's old page":         {http.Header{"Origin": {"https://other.example"}}, -4006, -4006},
		"a page without an address":       {http.Header{"Origin": {"null"}}, -4006, -4006},
		"an origin that is no address":    {http.Header{"Origin": {"http://%"}}, -4006, -4006},
	} {
		for method, ret := range map[string]int{http.MethodGet: test.get, http.MethodPost: test.post} {
			t.Run(name+"/"+method, func(t *testing.T) {
				answer := rookery.GameAnswerOf(t, pl.person.Send(t, method, target, nil, test.header).Reply)
				if answer.Ret != ret {
					t.Errorf("got %s, want %d", answer.Body, ret)
				}
			})
		}
	}
	script := pl.person.Send(t, http.MethodGet, target+"&format=jsonp", nil, http.Header{"Sec-Fetch-Site": {"same-origin"}})
	if !strings.HasPrefix(script.Body, `/**/callback({"ret":-4006,`) {
		t.Errorf("the cookies are answered with the script %s", script.Body)
	}
	had := ticketsOf(t, p, pl.person, "")
	wantGame(t, p, pl.bySid(had.Sid), 0, "ok")
	wantGame(t, p, pl.bySkey(had.UIN, had.Skey), 0, "ok")
	wantTicketCookies(t, pl.person.SignIn(t, "/account/"), 12*3600)
	wantTicketCookies(t, pl.person.Press(t, "/account/", "sign-out", nil), -1)
	if page := pl.person.Send(t, http.MethodPost, "/account/tickets", nil, http.Header{"Sec-Fetch-Site": {"cross-site"}}); page.Status != http.StatusForbidden {
		t.Errorf("another site's page gets tickets: status %d, %s", page.Status, page.Body)
	}
	pl.person.SignIn(t, "/account/")
	if page := pl.person.Post(t, "/account/tickets", url.Values{"appid": {"1"}}); page.Status != http.StatusNotFound {
		t.Errorf("tickets of no app: status %d, %s", page.Status, page.Body)
	}
}

// wantTicketCookies checks that a page sets the tickets' cookies for so many seconds, for this site's own pages alone.
func wantTicketCookies(t *testing.T, page rookery.Page, age int) {
	t.Helper()
	var names []string
	for _, line := range page.Header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if cookie.Name == "rookery" || cookie.Name == "rookery-device" { // of the pages alone
			continue
		}
		names = append(names, cookie.Name)
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Domain != "" || cookie.Path != "/" || cookie.MaxAge != age || (cookie.Value == "") != (age < 0) {
			t.Errorf("the cookie %s is %+v", cookie.Name, cookie)
		}
	}
	if !slices.Equal(names, []string{"uin", "skey", "sid"}) {
		t.Errorf("the cookies are %v", names)
	}
}

// TestForgedTicketsUseUpNoRate: who shows no ticket of the platform cannot use up what an app or a person may call.
func TestForgedTicketsUseUpNoRate(t *testing.T) {
	p := rookery.Start(t)
	pl := newGamePlayer(t, p)
	had := pl.tickets(t, "")
	p.SetApp(t, pl.app, rookery.Settings{"rates": map[string]any{"gamecenter": map[string]string{"app": "3/1h", "user": "1/1h"}}})
	for range 4 {
		for call, ret := range map[*rookery.GameCall]int{new(pl.bySid("forged")): -4002, new(pl.bySkey(pl.uin, "forged")): -4013} {
			if got := p.CallGame(t, *call); got.Ret != ret {
				t.Errorf("got %s, want %d", got.Body, ret)
			}
		}
	}
	pl.person.Press(t, "/account/", "sign-out", nil)
	for range 4 {
		if got := p.CallGame(t, pl.bySid(had.Sid)); got.Ret != -4002 {
			t.Errorf("after its login: got %s, want -4002", got.Body)
		}
	}
	had = pl.tickets(t, "")
	for i, want := range []int{0, -4009} {
		if got := p.CallGame(t, pl.bySid(had.Sid)); got.Ret != want {
			t.Errorf("call %d: got %s, want %d", i+1, got.Body, want)
		}
	}
	if got := p.CallGame(t, pl.bySid(had.Sid).With("uin", "10")); got.Ret != -4009 {
		t.Errorf("too often and with another uin: got %s, want -4009", got.Body)
	}
}

// TestAPersonUsesUpNoAppsRate: what a person calls beyond the rate of one does not count for the app.
func TestAPersonUsesUpNoAppsRate(t *testing.T) {
	p := rookery.Start(t)
	ann := newGamePlayer(t, p)
	ben := newGameFriend(t, ann)
	annSid, benSid := ann.tickets(t, "").Sid, ben.tickets(t, "").Sid
	p.SetApp(t, ann.app, rookery.Settings{"rates": map[string]any{"gamecenter": map[string]string{"app": "2/1h", "user": "1/1h"}}})
	for i, want := range []int{0, -4009, -4009, -4009} {
		if got := p.CallGame(t, ann.bySid(annSid)); got.Ret != want {
			t.Errorf("call %d: got %s, want %d", i+1, got.Body, want)
		}
	}
	if got := p.CallGame(t, ben.bySid(benSid)); got.Ret != 0 {
		t.Errorf("the other person: got %s", got.Body)
	}
}

// TestStrangersLearnNothingOfOpenIDs: who shows no ticket of a person does not learn that the person's openid cannot be read.
func TestStrangersLearnNothingOfOpenIDs(t *testing.T) {
	p := rookery.Start(t)
	pl := newGamePlayer(t, p)
	had := pl.tickets(t, "")
	other := newGamePlayer(t, p)
	theirs := other.tickets(t, "")
	defer p.AddFault(t, rookery.Fault{Point: "store.read:openids", Interface: rookery.GameCenterPath})()
	for name, test := range map[string]struct {
		call rookery.GameCall
		ret  int
	}{
		"a made-up skey":       {pl.bySkey(pl.uin, "made-up"), -4013},
		"another's skey":       {pl.bySkey(pl.uin, theirs.Skey), -4013},
		"a made-up sid":        {pl.bySid("made-up"), -4002},
		"a sid of another uin": {pl.bySid(theirs.Sid).With("uin", pl.uin), -4036},
		"the person's skey":    {pl.bySkey(pl.uin, had.Skey), -4011},
		"the person's sid":     {pl.bySid(had.Sid), -4011},
	} {
		t.Run(name, func(t *testing.T) { wantGame(t, p, test.call, test.ret, "") })
	}
}

// TestGameJSONP: an answer in JSONP is a call of the function that the caller names, if that is a name.
func TestGameJSONP(t *testing.T) {
	p := rookery.Start(t)
	pl := newGamePlayer(t, p)
	for name, test := range map[string]struct {
		call         rookery.GameCall
		begins, ends string
		script       bool
	}{
		"a function":            {pl.get().With("callback", "GC.on_1"), `/**/GC.on_1({"ret":0,"msg":"ok","data":{`, "}});", true},
		"none":                  {pl.get(), `/**/callback({"ret":0,`, "}});", true},
		"a refusal":             {pl.get().With("callback", "on").With("cmd", "gc_</script>"), `/**/on({"ret":-4015,"msg":"there is no command \"gc_\u003c/script\u003e\""`, "}});", true},
		"no name of a function": {pl.get().With("callback", "alert(1)//"), `{"ret":-4022,`, "}}", false},
		"no query at all":       {rookery.GameCall{Params: map[string]string{"x": "1"}}, `/**/callback({"ret":-4001,`, "}});", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := p.Send(t, http.MethodGet, rookery.GameCenterPath+"?"+test.call.With("format", "jsonp").Form(), "", "")
			if r.Status != http.StatusOK || !strings.HasPrefix(r.Body, test.begins) || !strings.HasSuffix(r.Body, test.ends) {
				t.Errorf("got status %d and %s, want %s...%s", r.Status, r.Body, test.begins, test.ends)
			}
			if got := r.Header.Get("Content-Type") == "application/javascript; charset=utf-8"; got != test.script || r.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("the headers are %v", r.Header)
			}
		})
	}
}

// TestGameDecisionsStay: what the operator decided is in force after a restart, and its numbers come from it alone.
func TestGameDecisionsStay(t *testing.T) {
	data := t.TempDir()
	p := rookery.StartIn(t, data)
	decide(t, p, "gc_achieve_get", rookery.Settings{"on": false})
	decide(t, p, "gc_achieve_report", rookery.Settings{"ways": []string{}})
	p.Stop(t)
	p = rookery.StartIn(t, data)
	pl := newGamePlayer(t, p)
	wantGame(t, p, pl.get(), -4005, "")
	wantGame(t, p, pl.report(), -4014, "")
	decide(t, p, "gc_achieve_get", rookery.Settings{"on": true, "ways": []string{"sid"}})
	wantGame(t, p, pl.get(), -4006, `parameter "sid" is missing or empty`)
	wantGame(t, p, pl.bySid(pl.tickets(t, "").Sid), 0, "ok")
	for path, want := range map[string]int{"gc_achieve_gets": http.StatusNotFound, "gc_achieve_report": http.StatusBadRequest} {
		status, answer, err := p.AdminRaw(http.MethodPatch, "/admin/v1/gamecenter/commands/"+path, []byte(`{"ways":["sid"]}`))
		if err != nil || status != want {
			t.Errorf("%s: status %d, %s, %v, want %d", path, status, answer, err, want)
		}
	}
}
