package identity

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

func TestProfilesAreAsCurrentAsStandings(t *testing.T) {
	f := newFixture(t)
	issued, err := f.Issue(t.Context(), IssueRequest{AppID: f.app.AppID, UIN: f.ann.UIN, Kind: token.Openkey})
	must(t, err)
	nickname := func() string {
		t.Helper()
		profile, err := f.Profile(t.Context(), f.app.AppID, issued.OpenID, f.ann.UIN)
		must(t, err)
		return profile.Nickname
	}
	if got := nickname(); got != "Ann" {
		t.Errorf("got %q", got)
	}
	_, err = f.UpdateProfile(t.Context(), f.ann.UIN, func(p *platform.Profile) error { p.Nickname = "Anna"; return nil })
	must(t, err)
	if got := nickname(); got != "Anna" {
		t.Errorf("after the change: got %q", got)
	}

	key := profileKey{f.app.AppID, issued.OpenID}
	place := f.profiles.at(key.hash())
	changes := place.changes.Load()
	place.drop()
	place.put(key, platform.Profile{Nickname: "old"}, changes) // read before the drop
	if got := nickname(); got != "Anna" {
		t.Errorf("what a drop overtook was kept: got %q", got)
	}
}

func TestOpenAPIMeaning(t *testing.T) {
	for code, want := range map[retcode.Code]retcode.Code{
		retcode.AccessTokenOpenIDInvalid:         retcode.QQOpenIDIllegal,
		retcode.AccessTokenUndecodable:           retcode.QQOpenKeyUnreadable,
		retcode.AccessTokenSealInvalid:           retcode.QQOpenKeyUnreadable,
		retcode.AccessTokenSessionKeyLengthWrong: retcode.QQOpenKeyUnreadable,
		retcode.AccessTokenOpenKeyMismatch:       retcode.QQOpenIDOpenKeyMismatch,
		retcode.AccessTokenOpenKeyExpired:        retcode.QQOpenIDOpenKeyCheckFailed,
		retcode.AccessTokenGrantCheckFailed14:    retcode.QQOpenIDOpenKeyCheckFailed,
		retcode.AccessTokenNotLive:               retcode.QQOpenIDOpenKeyCheckFailed,
		retcode.AccessTokenFrozen:                retcode.QQScopeNotGranted,
		retcode.AccessTokenSuperseded:            retcode.QQAccessTokenSuperseded,
		retcode.AccessTokenPasswordChanged:       retcode.QQPasswordChanged,
		retcode.QQNonceReused:                    retcode.QQNonceReused,
		retcode.OIDBDeadlineExceeded:             retcode.OIDBDeadlineExceeded,
	} {
		if got := OpenAPIMeaning(code); got != want {
			t.Errorf("%v means %v, want %v", code, got, want)
		}
	}
}
