package rookerytest_test

import (
	"errors"
	"testing"
	"time"

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

	p.SetPassword(person, "another-password")
	check(retcode.QQPasswordChanged)
	player = p.Player(app, person)
	check(nil)
	p.Revoke(app, person, false)
	check(retcode.QQAccessTokenRevoked)
	p.SetApp(app, rookerytest.Settings{"online": false})
	check(retcode.QQAppNotOnline)
}
