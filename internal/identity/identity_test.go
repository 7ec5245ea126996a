package identity

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

const password = "correct horse battery"

// fixture is a platform's identity on a real store, with two games and two people.
type fixture struct {
	*Service
	t        testing.TB
	bus      *oidb.Bus
	app      *platform.App // a V5 game
	other    *platform.App // another one
	ann, ben *platform.Account
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	ctx := t.Context()
	st, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	clock := new(platform.Clock)
	keyring, err := token.OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), clock.Now())
	must(t, err)
	f := &fixture{Service: New(st, clock, keyring, apps.New(st, clock), profile.New(st, clock, ""), 1000), t: t, bus: oidb.NewBus()}
	f.Passwords = Cheap
	f.Register(f.bus)
	f.app, err = f.apps.Create(ctx, platform.App{Name: "a game", GameID: 11, Online: true})
	must(t, err)
	f.other, err = f.apps.Create(ctx, platform.App{Name: "another game", GameID: 12, Online: true})
	must(t, err)
	f.ann, f.ben = f.account("Ann"), f.account("Ben")
	return f
}

func (f *fixture) account(nickname string) *platform.Account {
	f.t.Helper()
	hash, err := f.Passwords.Hash(password)
	must(f.t, err)
	a := &platform.Account{Profile: platform.Profile{Nickname: nickname}, PasswordHash: hash, PasswordEpoch: 1, CreatedMS: f.clock.NowMS()}
	must(f.t, f.store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) issue(app *platform.App, account *platform.Account, kind token.Kind) *Issued {
	f.t.Helper()
	issued, err := f.Issue(f.t.Context(), IssueRequest{AppID: app.AppID, UIN: account.UIN, Kind: kind})
	must(f.t, err)
	return issued
}

func (f *fixture) check(command *oidb.Command[wire.CheckRequest, wire.CheckResponse], req wire.CheckRequest) (wire.CheckResponse, error) {
	return oidb.Call(f.t.Context(), f.bus, command, req)
}

// ask returns a valid request for a token.
func ask(issued *Issued) wire.CheckRequest {
	req := wire.CheckRequest{AppID: issued.AppID, OpenID: issued.OpenID[:], Token: issued.Token, Openkey: issued.Kind == token.Openkey}
	if issued.MSDKOpenID != 0 {
		req.OpenID, req.MSDKOpenID = nil, issued.MSDKOpenID
	}
	return req
}

func TestValidTokensOfEveryKind(t *testing.T) {
	f := newFixture(t)
	for kind, command := range map[token.Kind]*oidb.Command[wire.CheckRequest, wire.CheckResponse]{
		token.Access: oidb.CheckAccess, token.Openkey: oidb.CheckAccess, token.MSDK: oidb.CheckAccess, token.Pay: oidb.CheckPay,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			issued := f.issue(f.app, f.ann, kind)
			rsp, err := f.check(command, ask(issued))
			must(t, err)
			if rsp.UIN != f.ann.UIN || rsp.OpenID != issued.OpenID || rsp.MSDKOpenID != issued.MSDKOpenID {
				t.Errorf("got %+v, want it to be for %+v", rsp, issued)
			}
			if strings.Trim(issued.Token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
				t.Errorf("token %q has characters other than letters, digits, - and _", issued.Token)
			}
		})
	}
}

// TestTheVerdictsHaveTheDeclaredCodes: the answers of interfaces are derived from the declarations of the commands.
func TestTheVerdictsHaveTheDeclaredCodes(t *testing.T) {
	for name, test := range map[string]struct {
		codes    []retcode.Code
		declared []retcode.Code
	}{
		"0x711": {append(accessCodes[:], retcode.AccessTokenInternal), oidb.CheckAccess.Codes},
		"0x73a": {payCodes[:], oidb.CheckPay.Codes},
	} {
		codes := slices.DeleteFunc(slices.Clone(test.codes), func(c retcode.Code) bool { return c == 0 }) // a verdict that 0x73a never has
		slices.Sort(codes)
		if diff := cmp.Diff(slices.Sorted(slices.Values(test.declared)), slices.Compact(codes)); diff != "" {
			t.Errorf("%s: (-declared +of the verdicts)\n%s", name, diff)
		}
	}
}

// TestRefusals brings about, for every number of 0x711 and 0x73a that one process can answer, the condition that it names.
func TestRefusals(t *testing.T) {
	type change func(f *fixture, issued *Issued, req *wire.CheckRequest)
	flip := func(f *fixture, _ *Issued, req *wire.CheckRequest) {
		i := len(req.Token) - 4
		letter := byte('A')
		if req.Token[i] == letter {
			letter = 'B'
		}
		req.Token = req.Token[:i] + string(letter) + req.Token[i+1:]
	}
	advance := func(d time.Duration) change {
		return func(f *fixture, _ *Issued, _ *wire.CheckRequest) { f.clock.Advance(d) }
	}
	state := func(s platform.AccountState) change {
		return func(f *fixture, _ *Issued, _ *wire.CheckRequest) {
			_, err := f.SetAccountState(f.t.Context(), f.ann.UIN, s)
			must(f.t, err)
		}
	}
	revoke := func(by platform.EndedBy) change {
		return func(f *fixture, _ *Issued, _ *wire.CheckRequest) {
			must(f.t, f.RevokeGrant(f.t.Context(), f.app.AppID, f.ann.UIN, by))
		}
	}
	revokeAndReturn := func(f *fixture, issued *Issued, req *wire.CheckRequest) {
		revoke(platform.EndedByUser)(f, issued, req)
		f.issue(f.app, f.ann, token.Access)
	}
	again := func(kind token.Kind) change {
		return func(f *fixture, _ *Issued, _ *wire.CheckRequest) { f.issue(f.app, f.ann, kind) }
	}
	newPassword := func(f *fixture, _ *Issued, _ *wire.CheckRequest) {
		_, err := f.SetPassword(f.t.Context(), f.ann.UIN, "another password")
		must(f.t, err)
	}
	reclaim := func(f *fixture, _ *Issued, _ *wire.CheckRequest) {
		_, err := f.ReclaimOpenID(f.t.Context(), f.app.AppID, f.ann.UIN)
		must(f.t, err)
	}
	otherApp := func(f *fixture, _ *Issued, req *wire.CheckRequest) { req.AppID = f.other.AppID }
	bens := func(f *fixture, _ *Issued, req *wire.CheckRequest) {
		if req.MSDKOpenID != 0 {
			req.MSDKOpenID = f.issue(f.app, f.ben, token.MSDK).MSDKOpenID
			return
		}
		openid := f.issue(f.app, f.ben, token.Access).OpenID
		req.OpenID = openid[:]
	}
	bensReclaimed := func(f *fixture, issued *Issued, req *wire.CheckRequest) {
		bens(f, issued, req)
		_, err := f.ReclaimOpenID(f.t.Context(), f.app.AppID, f.ben.UIN)
		must(f.t, err)
	}
	set := func(edit func(req *wire.CheckRequest)) change {
		return func(_ *fixture, _ *Issued, req *wire.CheckRequest) { edit(req) }
	}
	kindOf := func(kind token.Kind) change {
		return func(f *fixture, _ *Issued, req *wire.CheckRequest) { req.Token = f.issue(f.app, f.ann, kind).Token }
	}
	shortOpenID := set(func(req *wire.CheckRequest) { req.OpenID = req.OpenID[:15] })
	unknownOpenID := set(func(req *wire.CheckRequest) { req.OpenID = make([]byte, 16) })
	noOpenID := set(func(req *wire.CheckRequest) { req.OpenID, req.MSDKOpenID = nil, 0 })
	noToken := set(func(req *wire.CheckRequest) { req.Token = "" })
	noApp := set(func(req *wire.CheckRequest) { req.AppID = 0 })
	unknownApp := set(func(req *wire.CheckRequest) { req.AppID = 1 })
	garbage := set(func(req *wire.CheckRequest) { req.Token = "T0KEN" })
	pc := set(func(req *wire.CheckRequest) { req.PC = true })

	tests := []struct {
		name   string
		kind   token.Kind
		change change
		want   retcode.Code
	}{
		{"appid missing", token.Access, noApp, retcode.AccessTokenAppIDMissing},
		{"appid unknown", token.Access, unknownApp, retcode.AccessTokenAppIDInvalid11},
		{"openid missing", token.Access, noOpenID, retcode.AccessTokenOpenIDMissing},
		{"openid too short", token.Access, shortOpenID, retcode.AccessTokenOpenIDInvalid},
		{"openid never issued", token.Access, unknownOpenID, retcode.AccessTokenOpenIDInvalid},
		{"token missing", token.Access, noToken, retcode.AccessTokenOpenKeyMissing},
		{"no token of ours", token.Access, garbage, retcode.AccessTokenUndecodable},
		{"altered", token.Access, flip, retcode.AccessTokenSealInvalid},
		{"a pay token", token.Access, kindOf(token.Pay), retcode.AccessTokenUndecodable},
		{"a player's token for an openid", token.Access, kindOf(token.MSDK), retcode.AccessTokenUndecodable},
		{"of another app", token.Access, otherApp, retcode.AccessTokenAppIDMismatch},
		{"of another openid", token.Access, bens, retcode.AccessTokenOpenIDMismatch},
		{"for another, reclaimed openid", token.Access, bensReclaimed, retcode.AccessTokenOpenIDReclaimed},
		{"expired", token.Access, advance(90 * 24 * time.Hour), retcode.AccessTokenExpired},
		{"openid reclaimed", token.Access, reclaim, retcode.AccessTokenOpenIDReclaimed},
		{"ended by the operator", token.Access, revoke(platform.EndedByOperator), retcode.AccessTokenNotLive},
		{"withdrawn", token.Access, revoke(platform.EndedByUser), retcode.AccessTokenFrozen},
		{"withdrawn, then authorized again", token.Access, revokeAndReturn, retcode.AccessTokenFrozen},
		{"account closed", token.Access, state(platform.AccountClosed), retcode.AccessTokenFrozen},
		{"account frozen", token.Access, state(platform.AccountFrozen), retcode.AccessTokenAccountGone},
		{"superseded by a newer login", token.Access, again(token.Access), retcode.AccessTokenSuperseded},
		{"password changed", token.Access, newPassword, retcode.AccessTokenPasswordChanged},

		{"an openkey as an access token", token.Access, kindOf(token.Openkey), retcode.AccessTokenUndecodable},
		{"an openkey that comes alone", token.Openkey, set(func(r *wire.CheckRequest) { r.Bearer = true }), retcode.AccessTokenUndecodable},
		{"a pay token where either may be", token.Openkey, func(f *fixture, _ *Issued, r *wire.CheckRequest) {
			*r = ask(f.issue(f.app, f.ann, token.Pay))
			r.Either = true
		}, retcode.AccessTokenUndecodable},
		{"openkey of another openid", token.Openkey, bens, retcode.AccessTokenOpenKeyMismatch},
		{"expired openkey", token.Openkey, advance(2 * time.Hour), retcode.AccessTokenOpenKeyExpired},
		{"openkey withdrawn", token.Openkey, revoke(platform.EndedByUser), retcode.AccessTokenFrozen},
		{"openkey after a change of password", token.Openkey, newPassword, retcode.AccessTokenPasswordChanged},

		{"player unknown", token.MSDK, set(func(r *wire.CheckRequest) { r.MSDKOpenID = 1 }), retcode.AccessTokenOpenIDInvalid},
		{"player another", token.MSDK, bens, retcode.AccessTokenOpenIDMismatch},
		{"player superseded with the access token", token.MSDK, again(token.Access), retcode.AccessTokenSuperseded},
		{"a player who is named another openid too", token.MSDK, set(func(r *wire.CheckRequest) { r.OpenID = make([]byte, 16) }), retcode.AccessTokenOpenIDMismatch},
		{"a mobile login used as the PC SDK's", token.MSDK, pc, retcode.AccessTokenNotLive},
		{"an access token for a player", token.MSDK, kindOf(token.Access), retcode.AccessTokenUndecodable},

		{"pay: appid missing", token.Pay, noApp, retcode.PayTokenAppIDInvalid},
		{"pay: appid unknown", token.Pay, unknownApp, retcode.PayTokenAppIDInvalid},
		{"pay: openid missing", token.Pay, noOpenID, retcode.PayTokenOpenIDLengthWrong},
		{"pay: openid too short", token.Pay, shortOpenID, retcode.PayTokenOpenIDLengthWrong},
		{"pay: openid never issued", token.Pay, unknownOpenID, retcode.PayTokenOpenIDInvalid},
		{"pay: token missing", token.Pay, noToken, retcode.PayTokenUndecryptable},
		{"pay: no token of ours", token.Pay, garbage, retcode.PayTokenUndecryptable},
		{"pay: sent as an openkey", token.Pay, set(func(r *wire.CheckRequest) { r.Openkey = true }), retcode.PayTokenUndecryptable},
		{"pay: a player who is named another openid too", token.Pay, func(f *fixture, issued *Issued, req *wire.CheckRequest) {
			req.MSDKOpenID = f.issue(f.app, f.ann, token.MSDK).MSDKOpenID
			req.OpenID = make([]byte, 16)
		}, retcode.PayTokenOpenIDMismatch},
		{"pay: altered", token.Pay, flip, retcode.PayTokenUndecryptable},
		{"pay: an access token", token.Pay, kindOf(token.Access), retcode.PayTokenUndecryptable},
		{"pay: of another app", token.Pay, otherApp, retcode.PayTokenAppIDMismatch},
		{"pay: of another openid", token.Pay, bens, retcode.PayTokenOpenIDMismatch},
		{"pay: expired", token.Pay, advance(7 * 24 * time.Hour), retcode.PayTokenExpired},
		{"pay: openid reclaimed", token.Pay, reclaim, retcode.PayTokenOpenIDReclaimed},
		{"pay: ended by the operator", token.Pay, revoke(platform.EndedByOperator), retcode.PayTokenRevoked},
		{"pay: withdrawn", token.Pay, revoke(platform.EndedByUser), retcode.PayTokenRevoked},
		{"pay: superseded by a newer one", token.Pay, again(token.Pay), retcode.PayTokenSuperseded},
		{"pay: password changed", token.Pay, newPassword, retcode.PayTokenPasswordChanged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			issued := f.issue(f.app, f.ann, test.kind)
			command, req := oidb.CheckAccess, ask(issued)
			if test.kind == token.Pay {
				command = oidb.CheckPay
			}
			if _, err := f.check(command, req); err != nil { // it also puts the standing into the cache
				t.Fatalf("before the change: %v", err)
			}
			test.change(f, issued, &req)
			if _, err := f.check(command, req); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// A standing that was checked before is cached; the next check must see every kind of write.
func TestAKeptStandingFollowsTheStore(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(f *fixture) error
		want   retcode.Code
	}{
		{"a grant that ends", func(f *fixture) error {
			return f.RevokeGrant(f.t.Context(), f.app.AppID, f.ann.UIN, platform.EndedByOperator)
		}, retcode.AccessTokenNotLive},
		{"a newer login", func(f *fixture) error { f.issue(f.app, f.ann, token.Access); return nil }, retcode.AccessTokenSuperseded},
		{"an account frozen", func(f *fixture) error {
			_, err := f.SetAccountState(f.t.Context(), f.ann.UIN, platform.AccountFrozen)
			return err
		}, retcode.AccessTokenAccountGone},
		{"an openid reclaimed", func(f *fixture) error {
			_, err := f.ReclaimOpenID(f.t.Context(), f.app.AppID, f.ann.UIN)
			return err
		}, retcode.AccessTokenOpenIDReclaimed},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			issued := f.issue(f.app, f.ann, token.Access)
			_, err := f.check(oidb.CheckAccess, ask(issued))
			must(t, err)
			must(t, test.change(f))
			if _, err := f.check(oidb.CheckAccess, ask(issued)); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestAPayTokenOutlivesANewerLogin(t *testing.T) {
	f := newFixture(t)
	pay := f.issue(f.app, f.ann, token.Pay)
	f.issue(f.app, f.ann, token.Access)
	if _, err := f.check(oidb.CheckPay, ask(pay)); err != nil {
		t.Error(err)
	}
}

func TestASuccessfulCheckRenewsAnOpenkey(t *testing.T) {
	f := newFixture(t)
	key := f.issue(f.app, f.ann, token.Openkey)
	for i := range 5 {
		f.clock.Advance(2*time.Hour - time.Minute)
		rsp, err := f.check(oidb.CheckAccess, ask(key))
		if err != nil {
			t.Fatalf("after %d renewals: %v", i, err)
		}
		if left := rsp.ExpiresMS - f.clock.NowMS(); left < (2*time.Hour-time.Minute).Milliseconds() || left > (2*time.Hour).Milliseconds() {
			t.Fatalf("%d ms are left after a check, want about two hours", left)
		}
	}
	f.clock.Advance(2 * time.Hour)
	if _, err := f.check(oidb.CheckAccess, ask(key)); !errors.Is(err, retcode.AccessTokenOpenKeyExpired) {
		t.Errorf("unused for two hours: got %v, want %v", err, retcode.AccessTokenOpenKeyExpired)
	}
}

// TestLifetimes: each kind of token is valid until its documented lifetime is over (msdk-v5.md, 11; an openkey:
// qq-connect-openapi.md, B.8).
func TestLifetimes(t *testing.T) {
	for _, test := range []struct {
		kind     token.Kind
		lifetime time.Duration
		want     retcode.Code
	}{
		{token.Access, 90 * 24 * time.Hour, retcode.AccessTokenExpired},
		{token.MSDK, 90 * 24 * time.Hour, retcode.AccessTokenExpired},
		{token.Openkey, 2 * time.Hour, retcode.AccessTokenOpenKeyExpired},
		{token.Pay, 7 * 24 * time.Hour, retcode.PayTokenExpired},
	} {
		f := newFixture(t)
		issued := f.issue(f.app, f.ann, test.kind)
		if got := issued.ExpiresMS - issued.IssuedMS; got != test.lifetime.Milliseconds() {
			t.Errorf("%v: it lives for %d ms, want %d", test.kind, got, test.lifetime.Milliseconds())
		}
		command := oidb.CheckAccess
		if test.kind == token.Pay {
			command = oidb.CheckPay
		}
		early := newFixture(t)
		other := early.issue(early.app, early.ann, test.kind)
		early.clock.Advance(test.lifetime - time.Minute)
		if _, err := early.check(command, ask(other)); err != nil {
			t.Errorf("%v, a minute before its end: %v", test.kind, err)
		}
		f.clock.Advance(test.lifetime)
		if _, err := f.check(command, ask(issued)); !errors.Is(err, test.want) {
			t.Errorf("%v, at its end: got %v, want %v", test.kind, err, test.want)
		}
	}
}

// TestOpenkeysAreRenewedByTheMinute: a check writes the session only if that moves its end by a minute or more.
func TestOpenkeysAreRenewedByTheMinute(t *testing.T) {
	f := newFixture(t)
	key := f.issue(f.app, f.ann, token.Openkey)
	end := func() int64 {
		rsp, err := f.check(oidb.CheckAccess, ask(key))
		must(t, err)
		return rsp.ExpiresMS
	}
	first := end()
	f.clock.Advance(20 * time.Second)
	if got := end(); got != first {
		t.Errorf("after 20 s the end moved by %d ms", got-first)
	}
	f.clock.Advance(40 * time.Second)
	if got := end(); got-first < 60_000 {
		t.Errorf("after a minute the end moved by %d ms", got-first)
	}
}

func TestAReclaimedOpenIDIsNotGivenAgain(t *testing.T) {
	f := newFixture(t)
	before := f.issue(f.app, f.ann, token.MSDK)
	_, err := f.ReclaimOpenID(t.Context(), f.app.AppID, f.ann.UIN)
	must(t, err)
	after := f.issue(f.app, f.ann, token.MSDK)
	if before.OpenID == after.OpenID || before.MSDKOpenID == after.MSDKOpenID {
		t.Errorf("before %v and after %v share an id", before, after)
	}
	if _, err := f.check(oidb.CheckAccess, ask(after)); err != nil {
		t.Error(err)
	}
}

// brokenStore fails where a test says so, at the boundary of the storage.
type brokenStore struct {
	store.Store
	standing, openid, openkey, renew error
}

func (b *brokenStore) Standing(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
	if b.standing != nil {
		return platform.Standing{}, b.standing
	}
	return b.Store.Standing(ctx, app, openid)
}

func (b *brokenStore) OpenID(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.OpenIDBinding, error) {
	if b.openid != nil {
		return platform.OpenIDBinding{}, b.openid
	}
	return b.Store.OpenID(ctx, app, openid)
}

func (b *brokenStore) Openkey(ctx context.Context, app platform.AppID, session uint64) (platform.Openkey, error) {
	if b.openkey != nil {
		return platform.Openkey{}, b.openkey
	}
	return b.Store.Openkey(ctx, app, session)
}

func (b *brokenStore) RenewOpenkey(ctx context.Context, app platform.AppID, session uint64, nowMS, expiresMS int64) error {
	if b.renew != nil {
		return b.renew
	}
	return b.Store.RenewOpenkey(ctx, app, session, nowMS, expiresMS)
}

func TestStorageFailures(t *testing.T) {
	failure := errors.New("disk I/O error")
	tests := []struct {
		name  string
		kind  token.Kind
		fail  func(b *brokenStore)
		other bool // ask for an openid other than the token's
		want  retcode.Code
	}{
		{"grant", token.Access, func(b *brokenStore) { b.standing = failure }, false, retcode.AccessTokenGrantCheckFailed14},
		{"openid", token.Access, func(b *brokenStore) { b.openid = failure }, true, retcode.AccessTokenOpenIDReadFailed},
		{"openkey read", token.Openkey, func(b *brokenStore) { b.openkey = failure }, false, retcode.AccessTokenSessionFailed24},
		{"openkey renewal", token.Openkey, func(b *brokenStore) { b.renew = failure }, false, retcode.AccessTokenSessionFailed25},
		{"pay: grant", token.Pay, func(b *brokenStore) { b.standing = failure }, false, retcode.PayTokenOpenIDCheckFailed},
		{"pay: openid", token.Pay, func(b *brokenStore) { b.openid = failure }, true, retcode.PayTokenOpenIDCheckFailed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			issued, bens := f.issue(f.app, f.ann, test.kind), f.issue(f.app, f.ben, token.Access)
			f.clock.Advance(time.Hour) // so that an openkey is worth renewing
			broken := &brokenStore{Store: f.store}
			test.fail(broken)
			service := New(broken, f.clock, f.keyring, apps.New(broken, f.clock), profile.New(broken, f.clock, ""), 1000)
			must(t, service.apps.Load(t.Context()))
			bus := oidb.NewBus()
			service.Register(bus)
			req, command := ask(issued), oidb.CheckAccess
			if test.other {
				req.OpenID = bens.OpenID[:]
			}
			if test.kind == token.Pay {
				command = oidb.CheckPay
			}
			_, err := oidb.Call(t.Context(), bus, command, req)
			if !errors.Is(err, test.want) || !errors.Is(err, failure) {
				t.Errorf("got %v, want %v with its cause", err, test.want)
			}
			if strings.Contains(err.Error(), failure.Error()) {
				t.Errorf("%q shows the caller the cause", err)
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	hash, err := Costly.Hash(password)
	must(t, err)
	if want := "$argon2id$v=19$m=19456,t=2,p=1$"; !strings.HasPrefix(hash, want) {
		t.Errorf("the hash is %s, want it to begin with %s", hash, want)
	}
	if !VerifyPassword(hash, password) {
		t.Error("the password itself is refused")
	}
	for name, wrong := range map[string]string{"another": password + "!", "none": "", "the hash": hash} {
		if VerifyPassword(hash, wrong) {
			t.Errorf("%s is taken for the password", name)
		}
	}
	for _, damaged := range []string{"", "$argon2id$v=19$m=1,t=0,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$", strings.ReplaceAll(hash, "$", "")} {
		if VerifyPassword(damaged, password) {
			t.Errorf("%q is taken for a hash", damaged)
		}
	}
	for name, bad := range map[string]string{"short": "1234567", "long": strings.Repeat("x", 129), "not UTF-8": "12345678\xff"} {
		if _, err := Costly.Hash(bad); !errors.Is(err, platform.ErrInvalid) {
			t.Errorf("a password that is %s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestLinks(t *testing.T) {
	f := newFixture(t)
	link := f.issue(f.app, f.ann, token.Link)
	opened, err := f.OpenLink(t.Context(), f.app.AppID, link.Token)
	must(t, err)
	if _, err := f.check(oidb.CheckAccess, wire.CheckRequest{AppID: f.app.AppID, MSDKOpenID: opened.MSDKOpenID, Token: opened.Token}); err != nil {
		t.Errorf("the token of the link: %v", err)
	}
	if strings.Trim(link.Token, "0123456789abcdef") != "" {
		t.Errorf("link %q is not hex digits", link.Token)
	}
	for _, test := range []struct {
		name string
		open func() (*Link, error)
	}{
		{"another app's", func() (*Link, error) { return f.OpenLink(t.Context(), f.other.AppID, link.Token) }},
		{"a token", func() (*Link, error) { return f.OpenLink(t.Context(), f.app.AppID, opened.Token) }},
		{"expired", func() (*Link, error) { // last, since the link has expired from then on
			f.clock.Advance(9 * time.Minute)
			_, err := f.OpenLink(t.Context(), f.app.AppID, link.Token)
			must(t, err)
			f.clock.Advance(time.Minute) // ten in all (msdk-v5.md, 4)
			return f.OpenLink(t.Context(), f.app.AppID, link.Token)
		}},
	} {
		if _, err := test.open(); !errors.Is(err, retcode.V5LinkUndecryptable) {
			t.Errorf("%s: got %v, want V5LinkUndecryptable", test.name, err)
		}
	}
}

// TestOpenkeysAreValidSideBySide: no newer login ends an openkey, and an older openkey's end leaves a newer login alone.
func TestOpenkeysAreValidSideBySide(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	holds := func(issued *Issued) error {
		_, err := f.check(oidb.CheckAccess, ask(issued))
		return err
	}
	first := f.issue(f.app, f.ann, token.Openkey)
	access := f.issue(f.app, f.ann, token.Access)
	second := f.issue(f.app, f.ann, token.Openkey)
	newest := f.issue(f.app, f.ann, token.Access)
	for _, issued := range []*Issued{first, second, newest} {
		must(t, holds(issued))
	}
	wantError(t, holds(access), retcode.AccessTokenSuperseded)

	must(t, f.RevokeToken(ctx, f.app.AppID, first.Token))
	wantError(t, holds(first), retcode.AccessTokenNotLive)
	must(t, holds(second))
	must(t, holds(newest))
	must(t, f.RevokeGrant(ctx, f.app.AppID, f.ann.UIN, platform.EndedByUser))
	wantError(t, holds(second), retcode.AccessTokenFrozen)
}

// TestTokensOfAnEarlierLogin: such a token supersedes none and has the login's time, as long as it could still be valid.
func TestTokensOfAnEarlierLogin(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		kind    token.Kind
		ago     time.Duration
		change  func(f *fixture)
		earlier bool
		ended   bool // the token before it, all the same
	}{
		"an access token":     {kind: token.Access, ago: 90*day - time.Minute, earlier: true},
		"an old access token": {kind: token.Access, ago: 90 * day},
		"a pay token":         {kind: token.Pay, ago: 7*day - time.Minute, earlier: true},
		"an old pay token":    {kind: token.Pay, ago: 7 * day},
		"signed out before":   {kind: token.Access, ago: time.Hour, change: (*fixture).signOutTwoHoursAgo, earlier: true},
		"signed out since":    {kind: token.Access, ago: 3 * time.Hour, change: (*fixture).signOutTwoHoursAgo},
		"withdrawn before":    {kind: token.Access, ago: time.Hour, change: (*fixture).withdraw, earlier: true, ended: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			before := f.issue(f.app, f.ann, test.kind)
			if test.change != nil {
				test.change(f)
			}
			loginMS := f.clock.NowMS() - test.ago.Milliseconds()
			issued, err := f.Issue(t.Context(), IssueRequest{AppID: f.app.AppID, UIN: f.ann.UIN, Kind: test.kind, LoginMS: loginMS})
			must(t, err)
			if earlier := issued.IssuedMS == loginMS; earlier != test.earlier {
				t.Errorf("it was issued at %d, the login was at %d, want the same to be %t", issued.IssuedMS, loginMS, test.earlier)
			}
			command := oidb.CheckAccess
			if test.kind == token.Pay {
				command = oidb.CheckPay
			}
			if _, err := f.check(command, ask(issued)); err != nil {
				t.Errorf("it is refused: %v", err)
			}
			if _, err := f.check(command, ask(before)); (err == nil) != (test.earlier && !test.ended) {
				t.Errorf("the token before it: %v", err)
			}
		})
	}
}

func (f *fixture) withdraw() {
	f.t.Helper()
	must(f.t, f.RevokeGrant(f.t.Context(), f.app.AppID, f.ann.UIN, platform.EndedByUser))
}

func (f *fixture) signOutTwoHoursAgo() {
	f.t.Helper()
	_, err := f.store.UpdateAccount(f.t.Context(), f.ann.UIN, func(a *platform.Account) error {
		a.SignedOutMS = f.clock.NowMS() - (2 * time.Hour).Milliseconds()
		return nil
	})
	must(f.t, err)
}
