package identity

import (
	"errors"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

func TestGuests(t *testing.T) {
	f := newFixture(t)
	guest := f.issue(f.app, f.ann, token.Guest)
	check := func(app platform.AppID, issued *Issued, token string) error {
		_, err := f.check(oidb.CheckAccess, wire.CheckRequest{AppID: app, OpenID: issued.OpenID[:], Token: token, Guest: true})
		return err
	}
	openid, err := ParseGuestID(guest.GuestID)
	must(t, err)
	if openid != guest.OpenID || GuestID(openid) != guest.GuestID {
		t.Errorf("guestid %s is %s, want %s", guest.GuestID, openid, guest.OpenID)
	}
	must(t, check(f.app.AppID, guest, guest.Token))

	other, login := f.issue(f.app, f.ben, token.Guest), f.issue(f.app, f.ann, token.Access)
	for _, test := range []struct {
		name string
		err  error
		want retcode.Code
	}{
		{"another guest's token", check(f.app.AppID, guest, other.Token), retcode.AccessTokenOpenIDMismatch},
		{"a QQ login", check(f.app.AppID, guest, login.Token), retcode.AccessTokenUndecodable},
		{"no token", check(f.app.AppID, guest, "GT0001"), retcode.AccessTokenUndecodable},
		{"another app", check(f.other.AppID, guest, guest.Token), retcode.AccessTokenAppIDMismatch},
	} {
		if !errors.Is(test.err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, test.err, test.want)
		}
	}
	_, err = f.check(oidb.CheckAccess, wire.CheckRequest{AppID: other.AppID, OpenID: other.OpenID[:], Token: other.Token})
	if !errors.Is(err, retcode.AccessTokenUndecodable) {
		t.Errorf("a guest's token as a QQ login: got %v, want %v", err, retcode.AccessTokenUndecodable)
	}

	must(t, f.RevokeGrant(t.Context(), f.app.AppID, f.ben.UIN, platform.EndedByOperator))
	if err := check(f.app.AppID, other, other.Token); !errors.Is(err, retcode.AccessTokenNotLive) {
		t.Errorf("a guest whose login was ended: got %v, want %v", err, retcode.AccessTokenNotLive)
	}
	in, err := f.InspectToken(t.Context(), f.bus, other.Token)
	must(t, err)
	if in.Kind != token.Guest || in.Valid || in.Result != retcode.AccessTokenNotLive {
		t.Errorf("inspection of an ended guest token: %+v", in)
	}
}

func TestInvalidGuestIDs(t *testing.T) {
	for _, text := range []string{"", "G_", "G_guest0001", "AAAABBBBCCCCDDDD0000111122223333", "g_AAAABBBBCCCCDDDD0000111122223333"} {
		if _, err := ParseGuestID(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestTestNumbersByOpenID(t *testing.T) {
	f := newFixture(t)
	issued := f.issue(f.app, f.ann, token.Access)
	for name, test := range map[string]struct {
		environment platform.Environment
		openid      platform.OpenID
		numbers     []platform.UIN
		refused     bool
	}{
		"a test number":            {platform.Test, issued.OpenID, []platform.UIN{f.ben.UIN, f.ann.UIN}, false},
		"no test number":           {platform.Test, issued.OpenID, []platform.UIN{f.ben.UIN}, true},
		"no test number, formally": {platform.Formal, issued.OpenID, []platform.UIN{f.ben.UIN}, false},
		"names nobody":             {platform.Test, platform.OpenID{1}, nil, false},
	} {
		err := f.CheckTestOpenID(t.Context(), &platform.App{AppID: f.app.AppID, Environment: test.environment, TestNumbers: test.numbers}, test.openid)
		if errors.Is(err, retcode.QQTestNumberRequired) != test.refused || (err == nil) == test.refused {
			t.Errorf("%s: got %v, want a refusal: %v", name, err, test.refused)
		}
	}
}
