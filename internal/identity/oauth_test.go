package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

const returnTo = "https://game.example/back?x=1"

// authorization returns Ann's authorization of the app.
func (f *fixture) authorization() Authorization {
	return Authorization{AppID: f.app.AppID, UIN: f.ann.UIN, RedirectURI: returnTo, Scopes: []string{"get_user_info"}}
}

func (f *fixture) code(a Authorization) string {
	f.t.Helper()
	code, err := f.IssueCode(f.t.Context(), a)
	must(f.t, err)
	return code
}

func (f *fixture) exchange(code string) (*TokenSet, error) {
	return f.ExchangeCode(f.t.Context(), Exchange{AppID: f.app.AppID, Code: code, RedirectURI: returnTo})
}

func (f *fixture) logIn() *TokenSet {
	f.t.Helper()
	login, err := f.exchange(f.code(f.authorization()))
	must(f.t, err)
	return login
}

// holds returns the error of 0x711 for an access token that came alone.
func (f *fixture) holds(token string) error {
	_, err := f.check(oidb.CheckAccess, wire.CheckRequest{Token: token, Bearer: true})
	return err
}

var ticketForm = regexp.MustCompile(`^[0-9A-F]{32}$`)

func TestCodesAreExchanged(t *testing.T) {
	f := newFixture(t)
	code := f.code(f.authorization())
	older := f.issue(f.app, f.ann, token.Access)
	must(t, f.holds(older.Token)) // a code that was not exchanged supersedes nothing
	login, err := f.exchange(code)
	must(t, err)
	if !ticketForm.MatchString(code) || !ticketForm.MatchString(login.RefreshToken) {
		t.Errorf("code %q or refresh token %q is not 32 upper-case hex digits", code, login.RefreshToken)
	}
	rsp, err := f.check(oidb.CheckAccess, wire.CheckRequest{Token: login.AccessToken, Bearer: true})
	must(t, err)
	if rsp.UIN != f.ann.UIN || rsp.OpenID != login.OpenID || rsp.AppID != f.app.AppID || rsp.Scopes.String() != "get_user_info" {
		t.Errorf("the token is for %+v", rsp)
	}
	if rsp.ExpiresMS-rsp.IssuedMS != 5_184_000_000 || login.Lifetime != 60*24*time.Hour {
		t.Errorf("it lives for %d ms, %s", rsp.ExpiresMS-rsp.IssuedMS, login.Lifetime)
	}
	wantError(t, f.holds(older.Token), retcode.AccessTokenSuperseded)

	implicit, err := f.IssueImplicit(t.Context(), f.authorization())
	must(t, err)
	must(t, f.holds(implicit.Token))
	if implicit.ExpiresMS-implicit.IssuedMS != 7_776_000_000 {
		t.Errorf("the implicit flow's token lives for %d ms", implicit.ExpiresMS-implicit.IssuedMS)
	}
	wantError(t, f.holds(login.AccessToken), retcode.AccessTokenSuperseded)
}

func TestCodesThatAreRefused(t *testing.T) {
	verifier := strings.Repeat("v-._~", 9)
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	for name, test := range map[string]struct {
		change func(*fixture, *Authorization, *Exchange)
		want   error
	}{
		"valid":         {func(_ *fixture, _ *Authorization, e *Exchange) {}, nil},
		"valid by PKCE": {func(_ *fixture, a *Authorization, e *Exchange) { a.Challenge, e.Verifier = challenge, verifier }, nil},
		"another login's verifier": {func(_ *fixture, a *Authorization, e *Exchange) {
			a.Challenge, e.Verifier = challenge, verifier+"x"
		}, retcode.ConnectCodeInvalid},
		"challenge as verifier": {func(_ *fixture, a *Authorization, e *Exchange) { a.Challenge, e.Verifier = challenge, challenge }, retcode.ConnectCodeInvalid},
		"no verifier":           {func(_ *fixture, a *Authorization, e *Exchange) { a.Challenge = challenge }, retcode.ConnectCodeInvalid},
		"a verifier without a challenge": {func(_ *fixture, a *Authorization, e *Exchange) {
			e.Verifier = verifier
		}, retcode.ConnectCodeInvalid},
		"another redirect URI": {func(_ *fixture, a *Authorization, e *Exchange) { e.RedirectURI = "https://game.example/back" }, retcode.QQRedirectURIIllegal},
		"no redirect URI":      {func(_ *fixture, a *Authorization, e *Exchange) { e.RedirectURI = "" }, retcode.QQRedirectURIIllegal},
		"another redirect URI of a mobile app": {func(_ *fixture, a *Authorization, e *Exchange) {
			a.RedirectURI, e.RedirectURI = "auth://www.qq.com", "auth://www.qq.com/"
		}, retcode.QQRedirectURIIllegal},
		"another app": {func(f *fixture, a *Authorization, e *Exchange) { e.AppID = f.other.AppID }, retcode.ConnectCodeInvalid},
		"lower-case":  {func(_ *fixture, a *Authorization, e *Exchange) { e.Code = strings.ToLower(e.Code) + "a" }, retcode.ConnectCodeInvalid},
		"overdue": {func(f *fixture, a *Authorization, e *Exchange) {
			f.clock.Advance(10 * time.Minute) // qq-connect-openapi.md, A.3
		}, retcode.ConnectCodeInvalid},
		"nearly overdue": {func(f *fixture, a *Authorization, e *Exchange) { f.clock.Advance(9 * time.Minute) }, nil},
		"password changed": {func(f *fixture, a *Authorization, e *Exchange) {
			_, err := f.SetPassword(f.t.Context(), f.ann.UIN, "another password")
			must(f.t, err)
		}, retcode.ConnectCodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			a := f.authorization()
			test.change(newFixture(t), &a, &Exchange{}) // for its changes to a
			e := Exchange{AppID: f.app.AppID, Code: f.code(a), RedirectURI: returnTo}
			test.change(f, &a, &e)
			_, err := f.ExchangeCode(t.Context(), e)
			wantError(t, err, test.want)
		})
	}
}

// TestVerifierLength: a verifier of PKCE has 43 to 128 characters (RFC 7636, 4.1).
func TestVerifierLength(t *testing.T) {
	for length, want := range map[int]bool{1: false, 42: false, 43: true, 128: true, 129: false} {
		verifier := strings.Repeat("v", length)
		sum := sha256.Sum256([]byte(verifier))
		if got := verifies(base64.RawURLEncoding.EncodeToString(sum[:]), verifier); got != want {
			t.Errorf("a verifier of %d characters: %t, want %t", length, got, want)
		}
	}
}

// TestALoginCanBeRefreshedForThreeMonths after its code, however often (qq-connect-openapi.md, A.10).
func TestALoginCanBeRefreshedForThreeMonths(t *testing.T) {
	f := newFixture(t)
	login := f.logIn()
	f.clock.Advance(90*24*time.Hour - time.Minute)
	next, err := f.Refresh(t.Context(), f.app.AppID, login.RefreshToken, false)
	must(t, err)
	f.clock.Advance(time.Minute)
	_, err = f.Refresh(t.Context(), f.app.AppID, next.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
}

// A person who withdraws does not know of codes that the app has not exchanged yet: they end too, but those of a later
// consent do not.
func TestWithdrawingEndsCodes(t *testing.T) {
	f := newFixture(t)
	before := f.code(f.authorization())
	f.logIn()
	pending := f.code(f.authorization())
	must(t, f.RevokeGrant(t.Context(), f.app.AppID, f.ann.UIN, platform.EndedByUser))
	_, err := f.exchange(pending)
	wantError(t, err, retcode.ConnectCodeInvalid)
	must(t, f.holds(f.logIn().AccessToken))
	_, err = f.exchange(before)
	wantError(t, err, retcode.ConnectCodeInvalid)

	// The operator's revocation ends them, too.
	pending = f.code(f.authorization())
	must(t, f.RevokeGrant(t.Context(), f.app.AppID, f.ann.UIN, platform.EndedByOperator))
	_, err = f.exchange(pending)
	wantError(t, err, retcode.ConnectCodeInvalid)

	// A login that ended because its ticket was used twice does not affect a login that has only begun.
	used := f.code(f.authorization())
	_, err = f.exchange(used)
	must(t, err)
	pending = f.code(f.authorization())
	_, err = f.exchange(used)
	wantError(t, err, retcode.ConnectCodeReused)
	_, err = f.exchange(pending)
	must(t, err)
}

func TestRefreshTokens(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	first := f.logIn()
	f.clock.Advance(59 * 24 * time.Hour)
	second, err := f.Refresh(ctx, f.app.AppID, first.RefreshToken, false)
	must(t, err)
	must(t, f.holds(first.AccessToken))
	_, err = f.Refresh(ctx, f.other.AppID, second.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
	f.clock.Advance(2 * 24 * time.Hour)
	wantError(t, f.holds(first.AccessToken), retcode.AccessTokenExpired)
	must(t, f.holds(second.AccessToken))
	f.clock.Advance(29 * 24 * time.Hour) // three months after the login, whatever was refreshed since
	_, err = f.Refresh(ctx, f.app.AppID, second.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)

	// A thief of a token ends the login for both, but no login after it.
	stolen := f.logIn()
	next, err := f.Refresh(ctx, f.app.AppID, stolen.RefreshToken, false)
	must(t, err)
	f.clock.Advance(10 * time.Second)
	_, err = f.Refresh(ctx, f.app.AppID, stolen.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
	wantError(t, f.holds(next.AccessToken), retcode.AccessTokenNotLive)
	_, err = f.Refresh(ctx, f.app.AppID, next.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
	after := f.logIn()
	_, err = f.Refresh(ctx, f.app.AppID, stolen.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
	must(t, f.holds(after.AccessToken))
}

// TestALostRefreshIsAnsweredAgain: for ten seconds, to the same app, with the same next token.
func TestALostRefreshIsAnsweredAgain(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	first := f.logIn()
	lost, err := f.Refresh(ctx, f.app.AppID, first.RefreshToken, true)
	must(t, err)
	f.clock.Advance(9 * time.Second)
	_, err = f.Refresh(ctx, f.other.AppID, first.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
	again, err := f.Refresh(ctx, f.app.AppID, first.RefreshToken, true)
	must(t, err)
	if again.RefreshToken != lost.RefreshToken || again.OpenID != lost.OpenID {
		t.Errorf("got %+v, the lost answer had %+v", again, lost)
	}
	for _, token := range []string{first.AccessToken, lost.AccessToken, again.AccessToken} {
		must(t, f.holds(token))
	}
	_, err = f.check(oidb.CheckAccess, wire.CheckRequest{AppID: f.app.AppID, OpenID: again.OpenID[:], Token: again.Openkey, Openkey: true})
	must(t, err)

	last, err := f.Refresh(ctx, f.app.AppID, again.RefreshToken, false)
	must(t, err)
	_, err = f.Refresh(ctx, f.app.AppID, first.RefreshToken, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
	wantError(t, f.holds(last.AccessToken), retcode.AccessTokenNotLive)
}

// TestTicketsAreOfOneKind: a refresh token is not exchanged as a code, nor a code used to refresh, and trying ends nothing.
func TestTicketsAreOfOneKind(t *testing.T) {
	f := newFixture(t)
	code := f.code(f.authorization())
	login, err := f.exchange(code)
	must(t, err)
	_, err = f.Refresh(t.Context(), f.app.AppID, code, false)
	wantError(t, err, retcode.ConnectRefreshTokenInvalid)
	_, err = f.exchange(login.RefreshToken)
	wantError(t, err, retcode.ConnectCodeInvalid)
	_, err = f.Refresh(t.Context(), f.app.AppID, login.RefreshToken, false)
	must(t, err)
}

func TestIntrospectAndRevoke(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	about := func(app *platform.App, token string) *Introspection {
		t.Helper()
		in, err := f.Introspect(ctx, app.AppID, token)
		must(t, err)
		return in
	}
	login, err := f.Refresh(ctx, f.app.AppID, f.logIn().RefreshToken, true)
	must(t, err)
	openkey := login.Openkey
	_, err = f.check(oidb.CheckAccess, wire.CheckRequest{AppID: f.app.AppID, OpenID: login.OpenID[:], Token: openkey, Openkey: true})
	must(t, err)
	wantError(t, f.holds(openkey), retcode.AccessTokenUndecodable)
	for token, refresh := range map[string]bool{login.AccessToken: false, login.RefreshToken: true} {
		if in := about(f.app, token); in == nil || in.OpenID != login.OpenID || in.Refresh != refresh || in.Scopes.String() != "get_user_info" {
			t.Errorf("it is %+v", in)
		}
		if in := about(f.other, token); in != nil {
			t.Errorf("another app learns %+v", in)
		}
		must(t, f.RevokeToken(ctx, f.other.AppID, token))
		if about(f.app, token) == nil {
			t.Error("another app revoked the token")
		}
	}
	for _, text := range []string{"", "x", openkey, f.issue(f.app, f.ben, token.Pay).Token} {
		if in := about(f.app, text); in != nil {
			t.Errorf("%q is %+v", text, in)
		}
		must(t, f.RevokeToken(ctx, f.app.AppID, text))
	}
	for _, which := range []func(*TokenSet) string{
		func(l *TokenSet) string { return l.AccessToken }, func(l *TokenSet) string { return l.RefreshToken }, func(l *TokenSet) string { return l.Openkey },
	} {
		login, err := f.Refresh(ctx, f.app.AppID, f.logIn().RefreshToken, true)
		must(t, err)
		must(t, f.RevokeToken(ctx, f.app.AppID, which(login)))
		must(t, f.RevokeToken(ctx, f.app.AppID, which(login)))
		if about(f.app, login.AccessToken) != nil || about(f.app, login.RefreshToken) != nil {
			t.Error("a revoked login is active")
		}
	}
}

func TestUnionIDs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keyring.json")
	now := new(platform.Clock).Now()
	keyring, err := token.OpenKeyring(file, now)
	must(t, err)
	union := func(app platform.App, uin platform.UIN) string {
		t.Helper()
		app.UnionID = true
		id, err := (&Service{keyring: keyring}).UnionID(&app, uin)
		must(t, err)
		if !regexp.MustCompile(`^UID_[0-9A-F]{32}$`).MatchString(id) {
			t.Errorf("%q has not the form of a unionid", id)
		}
		return id
	}
	a, b := platform.App{AppID: 1, Developer: "ann"}, platform.App{AppID: 2, Developer: "ann"}
	want := union(a, 10001)
	if union(b, 10001) != want {
		t.Error("two apps of one developer have two unionids for a person")
	}
	for name, other := range map[string]string{
		"another person":    union(a, 10002),
		"another developer": union(platform.App{AppID: 1, Developer: "ben"}, 10001),
		"no developer":      union(platform.App{AppID: 1}, 10001),
		"a developer named like an app": func() string {
			return union(platform.App{AppID: 3, Developer: "app 1"}, 10001)
		}(),
	} {
		if other == want {
			t.Errorf("%s has the same unionid", name)
		}
	}
	_, err = keyring.Rotate(now)
	must(t, err)
	keyring, err = token.OpenKeyring(file, now)
	must(t, err)
	if union(a, 10001) != want {
		t.Error("a rotation of the keys changed the unionid")
	}
	if _, err := (&Service{keyring: keyring}).UnionID(&a, 10001); err != retcode.ConnectUnionIDNotGranted {
		t.Errorf("an app without the permission gets %v", err)
	}
}
