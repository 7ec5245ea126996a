package identity

import (
	"context"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// appStore gives the embedded store.Apps a name that is not its method's.
type appStore = store.Apps

// countedApps counts the reads of single apps.
type countedApps struct {
	appStore
	reads int
}

func (c *countedApps) App(ctx context.Context, id platform.AppID) (*platform.App, error) {
	c.reads++
	return c.appStore.App(ctx, id)
}

func TestAKeyThatIsBeingChanged(t *testing.T) {
	f := newFixture(t)
	counted := &countedApps{appStore: f.store}
	f.Apps.store = counted
	id := f.app.AppID
	changing := func(key string) bool {
		return f.Apps.KeyIsChanging(t.Context(), f.Apps.ByID(id), func(held string) bool { return held == key })
	}
	old := f.app.AppKey
	made, err := f.Apps.RotateKey(t.Context(), id, "appkey", "")
	must(t, err)
	if !changing(old) || changing("neither1") {
		t.Error("the former key, and no other, is one that is being changed")
	}
	if _, err := f.Apps.RotateKey(t.Context(), id, "appkey", made); err != nil || !changing(old) {
		t.Error("a change to the same key is none:", err)
	}
	f.clock.Advance(FormerKeyLife)
	if changing(old) {
		t.Error("the former key is not forgotten")
	}

	// Another gateway changes the key behind this one's back.
	_, err = counted.UpdateApp(t.Context(), id, 1, func(app *platform.App) error { app.AppKey = "another1gateway"; return nil })
	must(t, err)
	f.clock.Advance(time.Second)
	before := counted.reads
	for range 100 {
		changing("neither1")
	}
	if read := counted.reads - before; read != 1 {
		t.Errorf("a hundred wrong signatures read the store %d times", read)
	}
	if f.Apps.ByID(id).AppKey != "another1gateway" {
		t.Error("the newer key was not taken over")
	}
}

func TestProfilesAreAsCurrentAsStandings(t *testing.T) {
	f := newFixture(t)
	issued, err := f.Issue(t.Context(), IssueRequest{AppID: f.app.AppID, UIN: f.ann.UIN, Kind: Openkey})
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
