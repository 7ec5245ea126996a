package identity

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/retcode"
)

const password = "correct horse battery"

// fixture is a platform's identity on a real store, with two games and two people.
type fixture struct {
	*Service
	t        *testing.T
	bus      *oidb.Bus
	app      *platform.App // a V5 game
	other    *platform.App // another one
	ann, ben *platform.Account
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	ctx := t.Context()
	st, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	clock := new(platform.Clock)
	keyring, err := OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), clock.Now())
	must(t, err)
	f := &fixture{Service: New(st, clock, keyring), t: t, bus: oidb.NewBus()}
	f.Register(f.bus)
	f.app, err = f.Apps.Create(ctx, platform.App{Name: "a game", GameID: 11, Online: true})
	must(t, err)
	f.other, err = f.Apps.Create(ctx, platform.App{Name: "another game", GameID: 12, Online: true})
	must(t, err)
	f.ann, f.ben = f.account("Ann"), f.account("Ben")
	return f
}

// passwordHash is made once: hashing is slow by intent.
var passwordHash = sync.OnceValues(func() (string, error) { return HashPassword(password) })

func (f *fixture) account(nickname string) *platform.Account {
	f.t.Helper()
	hash, err := passwordHash()
	must(f.t, err)
	a := &platform.Account{Profile: platform.Profile{Nickname: nickname}, PasswordHash: hash, PasswordEpoch: 1, CreatedMS: f.clock.NowMS()}
	must(f.t, f.store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) issue(app *platform.App, account *platform.Account, kind Kind) *Issued {
	f.t.Helper()
	issued, err := f.Issue(f.t.Context(), IssueRequest{AppID: app.AppID, UIN: account.UIN, Kind: kind})
	must(f.t, err)
	return issued
}

func (f *fixture) check(command oidb.Command, req oidb.CheckRequest) (oidb.CheckResponse, error) {
	return oidb.Call[oidb.CheckRequest, oidb.CheckResponse](f.t.Context(), f.bus, command, req)
}

// ask is a sound request for a token.
func ask(issued *Issued) oidb.CheckRequest {
	req := oidb.CheckRequest{AppID: issued.AppID, OpenID: issued.OpenID[:], Token: issued.Token}
	if issued.MSDKOpenID != 0 {
		req.OpenID, req.MSDKOpenID = nil, issued.MSDKOpenID
	}
	return req
}

func TestSoundTokensOfEveryKind(t *testing.T) {
	f := newFixture(t)
	for kind, command := range map[Kind]oidb.Command{
		AccessToken: oidb.CheckAccess, Openkey: oidb.CheckAccess, MSDKToken: oidb.CheckAccess, PayToken: oidb.CheckPay,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			issued := f.issue(f.app, f.ann, kind)
			rsp, err := f.check(command, ask(issued))
			must(t, err)
			if rsp.UIN != f.ann.UIN || rsp.OpenID != issued.OpenID || rsp.MSDKOpenID != issued.MSDKOpenID {
				t.Errorf("got %+v, want it to be for %+v", rsp, issued)
			}
			if strings.Trim(issued.Token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
				t.Errorf("token %q has other characters than letters, digits, - and _", issued.Token)
			}
		})
	}
}

// TestRefusals has, for every number of 0x711 and 0x73a that one process can bring about, the condition that it names.
func TestRefusals(t *testing.T) {
	type change func(f *fixture, issued *Issued, req *oidb.CheckRequest)
	flip := func(f *fixture, _ *Issued, req *oidb.CheckRequest) {
		i := len(req.Token) - 4
		letter := byte('A')
		if req.Token[i] == letter {
			letter = 'B'
		}
		req.Token = req.Token[:i] + string(letter) + req.Token[i+1:]
	}
	advance := func(d time.Duration) change {
		return func(f *fixture, _ *Issued, _ *oidb.CheckRequest) { f.clock.Advance(d) }
	}
	state := func(s platform.AccountState) change {
		return func(f *fixture, _ *Issued, _ *oidb.CheckRequest) {
			_, err := f.SetAccountState(f.t.Context(), f.ann.UIN, s)
			must(f.t, err)
		}
	}
	revoke := func(by platform.EndedBy) change {
		return func(f *fixture, _ *Issued, _ *oidb.CheckRequest) {
			must(f.t, f.RevokeGrant(f.t.Context(), f.app.AppID, f.ann.UIN, by))
		}
	}
	revokeAndReturn := func(f *fixture, issued *Issued, req *oidb.CheckRequest) {
		revoke(platform.EndedByUser)(f, issued, req)
		f.issue(f.app, f.ann, AccessToken)
	}
	again := func(kind Kind) change {
		return func(f *fixture, _ *Issued, _ *oidb.CheckRequest) { f.issue(f.app, f.ann, kind) }
	}
	newPassword := func(f *fixture, _ *Issued, _ *oidb.CheckRequest) {
		_, err := f.SetPassword(f.t.Context(), f.ann.UIN, "another password")
		must(f.t, err)
	}
	reclaim := func(f *fixture, _ *Issued, _ *oidb.CheckRequest) {
		_, err := f.ReclaimOpenID(f.t.Context(), f.app.AppID, f.ann.UIN)
		must(f.t, err)
	}
	otherApp := func(f *fixture, _ *Issued, req *oidb.CheckRequest) { req.AppID = f.other.AppID }
	bens := func(f *fixture, _ *Issued, req *oidb.CheckRequest) {
		if req.MSDKOpenID != 0 {
			req.MSDKOpenID = f.issue(f.app, f.ben, MSDKToken).MSDKOpenID
			return
		}
		openid := f.issue(f.app, f.ben, AccessToken).OpenID
		req.OpenID = openid[:]
	}
	bensReclaimed := func(f *fixture, issued *Issued, req *oidb.CheckRequest) {
		bens(f, issued, req)
		_, err := f.ReclaimOpenID(f.t.Context(), f.app.AppID, f.ben.UIN)
		must(f.t, err)
	}
	set := func(edit func(req *oidb.CheckRequest)) change {
		return func(_ *fixture, _ *Issued, req *oidb.CheckRequest) { edit(req) }
	}
	kindOf := func(kind Kind) change {
		return func(f *fixture, _ *Issued, req *oidb.CheckRequest) { req.Token = f.issue(f.app, f.ann, kind).Token }
	}
	shortOpenID := set(func(req *oidb.CheckRequest) { req.OpenID = req.OpenID[:15] })
	unknownOpenID := set(func(req *oidb.CheckRequest) { req.OpenID = make([]byte, 16) })
	noOpenID := set(func(req *oidb.CheckRequest) { req.OpenID, req.MSDKOpenID = nil, 0 })
	noToken := set(func(req *oidb.CheckRequest) { req.Token = "" })
	noApp := set(func(req *oidb.CheckRequest) { req.AppID = 0 })
	unknownApp := set(func(req *oidb.CheckRequest) { req.AppID = 1 })
	garbage := set(func(req *oidb.CheckRequest) { req.Token = "T0KEN" })
	pc := set(func(req *oidb.CheckRequest) { req.PC = true })

	tests := []struct {
		name   string
		kind   Kind
		change change
		want   retcode.Code
	}{
		{"appid missing", AccessToken, noApp, retcode.AccessTokenAppIDMissing},
		{"appid unknown", AccessToken, unknownApp, retcode.AccessTokenAppIDInvalid11},
		{"openid missing", AccessToken, noOpenID, retcode.AccessTokenOpenIDMissing},
		{"openid too short", AccessToken, shortOpenID, retcode.AccessTokenOpenIDInvalid},
		{"openid never issued", AccessToken, unknownOpenID, retcode.AccessTokenOpenIDInvalid},
		{"token missing", AccessToken, noToken, retcode.AccessTokenOpenKeyMissing},
		{"no token of ours", AccessToken, garbage, retcode.AccessTokenUndecodable},
		{"altered", AccessToken, flip, retcode.AccessTokenSealInvalid},
		{"a pay token", AccessToken, kindOf(PayToken), retcode.AccessTokenUndecodable},
		{"a player's token for an openid", AccessToken, kindOf(MSDKToken), retcode.AccessTokenUndecodable},
		{"of another app", AccessToken, otherApp, retcode.AccessTokenAppIDMismatch},
		{"of another openid", AccessToken, bens, retcode.AccessTokenOpenIDMismatch},
		{"for another, reclaimed openid", AccessToken, bensReclaimed, retcode.AccessTokenOpenIDReclaimed},
		{"lapsed", AccessToken, advance(AccessLifetime), retcode.AccessTokenExpired},
		{"openid reclaimed", AccessToken, reclaim, retcode.AccessTokenOpenIDReclaimed},
		{"ended by the operator", AccessToken, revoke(platform.EndedByOperator), retcode.AccessTokenNotLive},
		{"withdrawn", AccessToken, revoke(platform.EndedByUser), retcode.AccessTokenFrozen},
		{"withdrawn, then authorized anew", AccessToken, revokeAndReturn, retcode.AccessTokenFrozen},
		{"account closed", AccessToken, state(platform.AccountClosed), retcode.AccessTokenFrozen},
		{"account frozen", AccessToken, state(platform.AccountFrozen), retcode.AccessTokenAccountGone},
		{"superseded by a newer login", AccessToken, again(AccessToken), retcode.AccessTokenSuperseded},
		{"password changed", AccessToken, newPassword, retcode.AccessTokenPasswordChanged},

		{"openkey of another openid", Openkey, bens, retcode.AccessTokenOpenKeyMismatch},
		{"openkey lapsed", Openkey, advance(OpenkeyLifetime), retcode.AccessTokenOpenKeyExpired},
		{"openkey after a change of password", Openkey, newPassword, retcode.AccessTokenPasswordChanged},

		{"player unknown", MSDKToken, set(func(r *oidb.CheckRequest) { r.MSDKOpenID = 1 }), retcode.AccessTokenOpenIDInvalid},
		{"player another", MSDKToken, bens, retcode.AccessTokenOpenIDMismatch},
		{"player superseded with the access token", MSDKToken, again(AccessToken), retcode.AccessTokenSuperseded},
		{"a player who is named another openid too", MSDKToken, set(func(r *oidb.CheckRequest) { r.OpenID = make([]byte, 16) }), retcode.AccessTokenOpenIDMismatch},
		{"a mobile login used as the PC SDK's", MSDKToken, pc, retcode.AccessTokenNotLive},
		{"an access token for a player", MSDKToken, kindOf(AccessToken), retcode.AccessTokenUndecodable},

		{"pay: appid missing", PayToken, noApp, retcode.PayTokenAppIDInvalid},
		{"pay: appid unknown", PayToken, unknownApp, retcode.PayTokenAppIDInvalid},
		{"pay: openid missing", PayToken, noOpenID, retcode.PayTokenOpenIDLengthWrong},
		{"pay: openid too short", PayToken, shortOpenID, retcode.PayTokenOpenIDLengthWrong},
		{"pay: openid never issued", PayToken, unknownOpenID, retcode.PayTokenOpenIDInvalid},
		{"pay: token missing", PayToken, noToken, retcode.PayTokenUndecryptable},
		{"pay: no token of ours", PayToken, garbage, retcode.PayTokenUndecryptable},
		{"pay: sent as an openkey", PayToken, set(func(r *oidb.CheckRequest) { r.Openkey = true }), retcode.PayTokenUndecryptable},
		{"pay: a player who is named another openid too", PayToken, func(f *fixture, issued *Issued, req *oidb.CheckRequest) {
			req.MSDKOpenID = f.issue(f.app, f.ann, MSDKToken).MSDKOpenID
			req.OpenID = make([]byte, 16)
		}, retcode.PayTokenOpenIDMismatch},
		{"pay: altered", PayToken, flip, retcode.PayTokenUndecryptable},
		{"pay: an access token", PayToken, kindOf(AccessToken), retcode.PayTokenUndecryptable},
		{"pay: of another app", PayToken, otherApp, retcode.PayTokenAppIDMismatch},
		{"pay: of another openid", PayToken, bens, retcode.PayTokenOpenIDMismatch},
		{"pay: lapsed", PayToken, advance(PayLifetime), retcode.PayTokenExpired},
		{"pay: openid reclaimed", PayToken, reclaim, retcode.PayTokenOpenIDReclaimed},
		{"pay: ended by the operator", PayToken, revoke(platform.EndedByOperator), retcode.PayTokenRevoked},
		{"pay: withdrawn", PayToken, revoke(platform.EndedByUser), retcode.PayTokenRevoked},
		{"pay: superseded by a newer one", PayToken, again(PayToken), retcode.PayTokenSuperseded},
		{"pay: password changed", PayToken, newPassword, retcode.PayTokenPasswordChanged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			issued := f.issue(f.app, f.ann, test.kind)
			command, req := oidb.CheckAccess, ask(issued)
			if test.kind == PayToken {
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

func TestAPayTokenOutlivesANewerLogin(t *testing.T) {
	f := newFixture(t)
	pay := f.issue(f.app, f.ann, PayToken)
	f.issue(f.app, f.ann, AccessToken)
	if _, err := f.check(oidb.CheckPay, ask(pay)); err != nil {
		t.Error(err)
	}
}

func TestASuccessfulCheckRenewsAnOpenkey(t *testing.T) {
	f := newFixture(t)
	key := f.issue(f.app, f.ann, Openkey)
	for i := range 5 {
		f.clock.Advance(OpenkeyLifetime - time.Minute)
		rsp, err := f.check(oidb.CheckAccess, ask(key))
		if err != nil {
			t.Fatalf("after %d renewals: %v", i, err)
		}
		if left := rsp.ExpiresMS - f.clock.NowMS(); left < (OpenkeyLifetime - time.Minute).Milliseconds() {
			t.Fatalf("%d ms are left after a check, want about two hours", left)
		}
	}
	f.clock.Advance(OpenkeyLifetime)
	if _, err := f.check(oidb.CheckAccess, ask(key)); !errors.Is(err, retcode.AccessTokenOpenKeyExpired) {
		t.Errorf("unused for two hours: got %v, want %v", err, retcode.AccessTokenOpenKeyExpired)
	}
}

func TestAReclaimedOpenIDIsNotGivenAgain(t *testing.T) {
	f := newFixture(t)
	before := f.issue(f.app, f.ann, MSDKToken)
	_, err := f.ReclaimOpenID(t.Context(), f.app.AppID, f.ann.UIN)
	must(t, err)
	after := f.issue(f.app, f.ann, MSDKToken)
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
		kind  Kind
		fail  func(b *brokenStore)
		other bool // ask for another openid than the token's
		want  retcode.Code
	}{
		{"grant", AccessToken, func(b *brokenStore) { b.standing = failure }, false, retcode.AccessTokenGrantCheckFailed14},
		{"openid", AccessToken, func(b *brokenStore) { b.openid = failure }, true, retcode.AccessTokenOpenIDReadFailed},
		{"openkey read", Openkey, func(b *brokenStore) { b.openkey = failure }, false, retcode.AccessTokenSessionFailed24},
		{"openkey renewal", Openkey, func(b *brokenStore) { b.renew = failure }, false, retcode.AccessTokenSessionFailed25},
		{"pay: grant", PayToken, func(b *brokenStore) { b.standing = failure }, false, retcode.PayTokenOpenIDCheckFailed},
		{"pay: openid", PayToken, func(b *brokenStore) { b.openid = failure }, true, retcode.PayTokenOpenIDCheckFailed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			issued, bens := f.issue(f.app, f.ann, test.kind), f.issue(f.app, f.ben, AccessToken)
			f.clock.Advance(time.Hour) // so that an openkey is worth renewing
			broken := &brokenStore{Store: f.store}
			test.fail(broken)
			service := New(broken, f.clock, f.keyring)
			must(t, service.Apps.Load(t.Context()))
			bus := oidb.NewBus()
			service.Register(bus)
			req, command := ask(issued), oidb.CheckAccess
			if test.other {
				req.OpenID = bens.OpenID[:]
			}
			if test.kind == PayToken {
				command = oidb.CheckPay
			}
			_, err := oidb.Call[oidb.CheckRequest, oidb.CheckResponse](t.Context(), bus, command, req)
			if !errors.Is(err, test.want) || !errors.Is(err, failure) {
				t.Errorf("got %v, want %v with its cause", err, test.want)
			}
			if strings.Contains(err.Error(), failure.Error()) {
				t.Errorf("%q tells the caller of the cause", err)
			}
		})
	}
}

func TestKeyRotationKeepsOldTokensUntilTheyExpire(t *testing.T) {
	f := newFixture(t)
	old := f.issue(f.app, f.ann, AccessToken)
	first := f.keyring.Keys()[0]
	second, err := f.RotateKeyring()
	must(t, err)
	if _, err := f.check(oidb.CheckAccess, ask(old)); err != nil {
		t.Errorf("sealed with the retired key: %v", err)
	}
	reopened, err := OpenKeyring(f.keyring.file, f.clock.Now())
	must(t, err)
	if _, err := reopened.openToken(old.Token); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	f.clock.Advance(AccessLifetime + time.Second)
	third, err := f.RotateKeyring()
	must(t, err)
	var ids []uint32
	for _, key := range f.keyring.Keys() {
		ids = append(ids, key.ID)
	}
	if len(ids) != 2 || ids[0] != second.ID || ids[1] != third.ID {
		t.Errorf("keys %v are kept, want %v without %d", ids, []uint32{second.ID, third.ID}, first.ID)
	}
	if _, err := f.keyring.openToken(old.Token); !errors.Is(err, errNotOurs) {
		t.Errorf("sealed with a forgotten key: got %v, want %v", err, errNotOurs)
	}
}

func TestKeyringFileIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"when others may read it": {`{}`, 0o644, "chmod 600"},
		"when it is not JSON":     {`{`, 0o600, "damaged"},
		"when it holds no keys":   {`{"keys":[],"keyset":{}}`, 0o600, "no usable keys"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "keyring.json")
			must(t, os.WriteFile(file, []byte(test.content), test.mode))
			if _, err := OpenKeyring(file, time.Now()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestPasswords(t *testing.T) {
	hash, err := HashPassword(password)
	must(t, err)
	if !VerifyPassword(hash, password) {
		t.Error("the password itself is refused")
	}
	for name, wrong := range map[string]string{"another": password + "!", "none": "", "the hash": hash} {
		if VerifyPassword(hash, wrong) {
			t.Errorf("%s is taken for the password", name)
		}
	}
	for _, damaged := range []string{"", "$argon2id$v=19$m=1,t=0,p=1$AAAA$AAAA", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", strings.ReplaceAll(hash, "$", "")} {
		if VerifyPassword(damaged, password) {
			t.Errorf("%q is taken for a hash", damaged)
		}
	}
	for name, bad := range map[string]string{"short": "1234567", "long": strings.Repeat("x", 129), "not UTF-8": "12345678\xff"} {
		if _, err := HashPassword(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("a password that is %s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestLinks(t *testing.T) {
	f := newFixture(t)
	link := f.issue(f.app, f.ann, LinkTicket)
	opened, err := f.OpenLink(t.Context(), f.app.AppID, link.Token)
	must(t, err)
	if _, err := f.check(oidb.CheckAccess, oidb.CheckRequest{AppID: f.app.AppID, MSDKOpenID: opened.MSDKOpenID, Token: opened.Token}); err != nil {
		t.Errorf("the token of the link: %v", err)
	}
	if strings.Trim(link.Token, "0123456789abcdef") != "" {
		t.Errorf("link %q is not hex digits", link.Token)
	}
	for name, open := range map[string]func() (*Link, error){
		"another app's": func() (*Link, error) { return f.OpenLink(t.Context(), f.other.AppID, link.Token) },
		"a token":       func() (*Link, error) { return f.OpenLink(t.Context(), f.app.AppID, opened.Token) },
		"lapsed": func() (*Link, error) {
			f.clock.Advance(LinkLifetime)
			return f.OpenLink(t.Context(), f.app.AppID, link.Token)
		},
	} {
		if _, err := open(); !errors.Is(err, ErrLink) {
			t.Errorf("%s: got %v, want ErrLink", name, err)
		}
	}
}

func TestEveryResultHasAMeaning(t *testing.T) {
	for _, codes := range [][verdicts]retcode.Code{accessCodes, payCodes} {
		for _, code := range codes {
			if code == 0 {
				continue // an openkey's, which 0x73a never meets
			}
			if got := Meaning(code); got.Domain() != retcode.QQ {
				t.Errorf("%v means %v, want a QQ code", code, got)
			}
		}
	}
	if got := Meaning(retcode.OIDBRateExceeded); got != retcode.OIDBRateExceeded {
		t.Errorf("a code of the bus means %v, want itself", got)
	}
}

func FuzzOpenToken(f *testing.F) {
	keyring, err := OpenKeyring(filepath.Join(f.TempDir(), "keyring.json"), time.Now())
	if err != nil {
		f.Fatal(err)
	}
	sound, err := keyring.sealToken(&Token{Kind: AccessToken, AppID: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound)
	f.Add("")
	f.Add(strings.Repeat("A", len(sound)))
	f.Fuzz(func(t *testing.T, text string) {
		if token, err := keyring.openToken(text); err == nil && text != sound {
			t.Errorf("%q opens as %+v", text, token)
		}
	})
}
