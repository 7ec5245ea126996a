package rookerytest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

func TestAPlatformOfItsOwn(t *testing.T) {
	p, other := rookerytest.Start(t), rookerytest.Start(t)
	app, person := p.NewApp(nil), p.NewAccount()
	player := p.Player(app, person)
	check := func(want error) {
		t.Helper()
		if err := p.Client(app).V5.VerifyLogin(t.Context(), player); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	check(nil)

	before := p.Now()
	p.Advance(365 * 24 * time.Hour)
	check(retcode.QQAccessTokenExpired)
	if far := p.Now().Sub(other.Now()); far < 364*24*time.Hour {
		t.Errorf("the platforms' clocks are %s apart", far)
	}
	p.SetClock(before)
	check(nil)

	off := p.AddFault(rookerytest.Fault{Point: "store.read:grants"})
	if err := p.Client(app).V5.VerifyLogin(t.Context(), player); err == nil {
		t.Error("no call fails while the store does")
	}
	off()
	check(nil)
	p.AddFault(rookerytest.Fault{Point: "store.read:grants"})
	p.ClearFaults()
	check(nil)
	once := p.AddFault(rookerytest.Fault{Point: "store.read:grants", Times: 1})
	if err := p.Client(app).V5.VerifyLogin(t.Context(), player); err == nil {
		t.Error("the call during a fault of one time does not fail")
	}
	once() // it is already off, which is not a failure
	check(nil)

	p.SetPassword(person, "another-password")
	check(retcode.QQPasswordChanged)
	player = p.Player(app, person)
	check(nil)
	p.Revoke(app, person, false)
	check(retcode.QQAccessTokenRevoked)
	player = p.Player(app, person)
	p.SetState(person, "frozen")
	check(retcode.QQAccessTokenCheckFailed)
	p.SetState(person, "normal")
	check(retcode.QQAccessTokenRevoked) // what the freeze ended stays ended
	player = p.Player(app, person)
	check(nil)
	p.SetApp(app, rookerytest.Settings{"online": false})
	check(retcode.QQAppNotOnline)
}

// TestGuilds: the world has guilds, further ones can be made, and they answer for further apps too.
func TestGuilds(t *testing.T) {
	p := rookerytest.Start(t)
	if p.Guilds[0].Leader != p.Accounts[0].UIN || p.Guilds[0].AppID != p.Apps[0].AppID {
		t.Errorf("the first guild is %+v", p.Guilds[0])
	}
	app, leader := p.NewApp(rookerytest.Settings{"idip": p.IDIP}), p.NewAccount()
	player := p.Player(app, leader)
	p.SetGuild(rookerytest.Guild{AppID: app.AppID, Zone: "0", ID: "1", Name: "Terns", Leader: leader.UIN})
	var answer struct{ Leader bool }
	p.Admin("POST", "/admin/v1/apps/"+app.AppID+"/idip", rookerytest.Settings{"zone_id": "0", "guild_id": "1", "openid": player.OpenID}, &answer)
	if !answer.Leader {
		t.Error("the game's server does not know the leader")
	}

	p.SignOut(leader)
	var account struct {
		SignedOutMS int64 `json:"signed_out_ms"`
	}
	p.Admin("GET", "/admin/v1/accounts/"+leader.UIN, nil, &account)
	if account.SignedOutMS == 0 {
		t.Error("the account was not signed out")
	}
}

// TestForcedAnswers: an interface answers what a test wants, to whom and as often as it wants.
func TestForcedAnswers(t *testing.T) {
	p := rookerytest.Start(t)
	app, other, person := p.NewApp(nil), p.NewApp(nil), p.NewAccount()
	player, elsewhere := p.Player(app, person), p.Player(other, person)
	check := func(app rookerytest.App, player client.Player, want error) *client.Error {
		t.Helper()
		err := p.Client(app).V5.VerifyLogin(t.Context(), player)
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		var refused *client.Error
		_ = errors.As(err, &refused)
		return refused
	}
	const api = "/v2/auth/verify_login"
	off := p.AddAnswer(rookerytest.Answer{API: api, Code: retcode.QQAppRateExceeded, AppID: app.AppID, RetryAfter: 90 * time.Second})
	if refused := check(app, player, retcode.QQAppRateExceeded); refused == nil || refused.RetryAfter != 90*time.Second {
		t.Errorf("got %+v, want to retry after 90 s", refused)
	}
	check(other, elsewhere, nil)
	off()
	off() // it is already off, which is not a failure
	check(app, player, nil)

	p.AddAnswer(rookerytest.Answer{API: api, Code: retcode.QQAccessTokenRevoked, Times: 1})
	check(app, player, retcode.QQAccessTokenRevoked)
	check(app, player, nil)
	p.AddAnswer(rookerytest.Answer{API: api, Code: retcode.QQAccessTokenRevoked})
	p.ClearAnswers()
	check(app, player, nil)

	sub := new(recorder)
	p.In(sub).AddAnswer(rookerytest.Answer{API: api, Code: retcode.GroupDisbanded})
	if !strings.Contains(sub.failure, "does not answer group/221012") {
		t.Errorf("a code that the interface does not answer: %q", sub.failure)
	}
}

// recorder is a test that records its failure instead of failing.
type recorder struct {
	testing.TB
	failure string
}

func (*recorder) Helper()                           {}
func (r *recorder) Fatalf(text string, args ...any) { r.failure = fmt.Sprintf(text, args...) }

func TestInFailsTheSubtest(t *testing.T) {
	p := rookerytest.Start(t)
	sub := new(recorder)
	p.In(sub).SetApp(rookerytest.App{AppID: "1"}, rookerytest.Settings{"online": false})
	if !strings.Contains(sub.failure, "/admin/v1/apps/1") {
		t.Errorf("the subtest failed with %q", sub.failure)
	}
}

func TestALoginAtEachDoor(t *testing.T) {
	p := rookerytest.Start(t)
	app, person := p.NewApp(rookerytest.Settings{"grant": []string{"gamecenter"}}), p.NewAccount()
	c, ctx := p.Client(app), t.Context()
	user, session := p.User(app, person), p.Session(app, person)
	if err := c.V3.VerifyLogin(ctx, user, ""); err != nil {
		t.Error(err)
	}
	if me, err := c.Connect.Me(ctx, user.Token, false); err != nil || me.OpenID != user.OpenID {
		t.Errorf("got %v, %v", me, err)
	}
	if is, err := c.OpenAPI.IsLogin(ctx, session); err != nil || !is {
		t.Errorf("got %v, %v", is, err)
	}
	if _, err := c.GameCenter.Card(ctx, p.WebTicket(person), ""); err != nil {
		t.Error(err)
	}
	if !strings.Contains(p.Log(), "/auth/verify_login") {
		t.Errorf("the log does not tell of the first call:\n%s", p.Log())
	}
}
