package identity

import (
	"context"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// TestStandings: each comparison of a token with its standing, where it alone decides.
func TestStandings(t *testing.T) {
	type edit func(*token.Token, *platform.Standing)
	for _, test := range []struct {
		name string
		kind token.Kind
		edit edit
		want verdict
		bad  bool
	}{
		{"access token", token.Access, nil, 0, false},
		{"pay token", token.Pay, nil, 0, false},
		{"openkey", token.Openkey, nil, 0, false},
		{"openid reclaimed", token.Access, func(_ *token.Token, st *platform.Standing) { st.OpenIDState = platform.OpenIDReclaimed }, openIDReclaimed, true},
		{"account closed", token.Access, func(_ *token.Token, st *platform.Standing) { st.AccountState = platform.AccountClosed }, withdrawn, true},
		{"account frozen", token.Access, func(_ *token.Token, st *platform.Standing) { st.AccountState = platform.AccountFrozen }, accountGone, true},
		{"account protected", token.Access, func(_ *token.Token, st *platform.Standing) { st.AccountState = platform.AccountStaffProtected }, 0, false},
		{"ended by the person at its epoch", token.Access, func(_ *token.Token, st *platform.Standing) { st.EndedEpoch, st.EndedBy = 5, platform.EndedByUser }, withdrawn, true},
		{"ended by the operator at its epoch", token.Access, func(_ *token.Token, st *platform.Standing) { st.EndedEpoch, st.EndedBy = 5, platform.EndedByOperator }, notLive, true},
		{"a login before it was ended", token.Access, func(_ *token.Token, st *platform.Standing) { st.EndedEpoch, st.EndedBy = 4, platform.EndedByUser }, 0, false},
		{"newer than the grant", token.Access, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 4 }, notLive, true},
		{"openkey newer than the grant", token.Openkey, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 4 }, notLive, true},
		{"pay token newer than the grant's login", token.Pay, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 4 }, notLive, true},
		{"pay token newer than the grant's last", token.Pay, func(_ *token.Token, st *platform.Standing) { st.PayEpoch = 2 }, notLive, true},
		{"made before a restored password", token.Access, func(_ *token.Token, st *platform.Standing) { st.PasswordEpoch = 6 }, passwordChanged, true},
		{"made after a restored password", token.Access, func(_ *token.Token, st *platform.Standing) { st.PasswordEpoch = 8 }, passwordChanged, true},
		{"openkey of another password", token.Openkey, func(_ *token.Token, st *platform.Standing) { st.PasswordEpoch = 8 }, passwordChanged, true},
		{"pay token of another password", token.Pay, func(_ *token.Token, st *platform.Standing) { st.PasswordEpoch = 8 }, passwordChanged, true},
		{"a newer login", token.Access, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 6 }, superseded, true},
		{"a newer login than the player's", token.MSDK, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 6 }, superseded, true},
		{"a newer login than the link's", token.Link, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 6 }, superseded, true},
		{"a newer login than the openkey's", token.Openkey, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 6 }, 0, false},
		{"a newer login than the payment's", token.Pay, func(_ *token.Token, st *platform.Standing) { st.TokenEpoch = 6 }, 0, false},
		{"a newer pay token", token.Pay, func(_ *token.Token, st *platform.Standing) { st.PayEpoch = 4 }, superseded, true},
		{"a newer pay token than the login", token.Access, func(_ *token.Token, st *platform.Standing) { st.PayEpoch = 4 }, 0, false},
	} {
		tok := token.Token{Kind: test.kind, PasswordEpoch: 7, TokenEpoch: 5, PayEpoch: 3}
		st := platform.Standing{PasswordEpoch: 7, TokenEpoch: 5, PayEpoch: 3}
		if test.edit != nil {
			test.edit(&tok, &st)
		}
		if got, bad := checkStanding(&tok, &st); got != test.want || bad != test.bad {
			t.Errorf("%s: got %d, %v, want %d, %v", test.name, got, bad, test.want, test.bad)
		}
	}
}

// TestAPasswordChangedMeanwhile: what is made from a check belongs to the password that was checked, so it ends with a
// change in between.
func TestAPasswordChangedMeanwhile(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	access := f.issue(f.app, f.ann, token.Access)
	login, err := f.check(oidb.CheckAccess, ask(access))
	must(t, err)
	known, err := f.LogIn(ctx, f.ann.UIN, password, home)
	must(t, err)
	code := f.code(f.authorization())

	_, err = f.SetPassword(ctx, f.ann.UIN, "another password")
	must(t, err)
	player, err := f.LogInPlayer(ctx, f.app.AppID, &login, false)
	must(t, err)
	_, err = f.check(oidb.CheckAccess, wire.CheckRequest{AppID: f.app.AppID, MSDKOpenID: player.MSDKOpenID, Token: player.Token})
	wantError(t, err, retcode.AccessTokenPasswordChanged)
	session, err := f.NewSession(ctx, known)
	must(t, err)
	_, err = f.Session(ctx, session)
	wantError(t, err, platform.ErrNotFound)
	_, err = f.exchange(code)
	wantError(t, err, retcode.ConnectCodeInvalid)
}

// overtaken is a store where somebody else is faster between the check of a password and the change that it allows.
type overtaken struct {
	store.Store
	by func()
}

func (o *overtaken) UpdateAccount(ctx context.Context, uin platform.UIN, edit func(*platform.Account) error) (*platform.Account, error) {
	if by := o.by; by != nil {
		o.by = nil
		by()
	}
	return o.Store.UpdateAccount(ctx, uin, edit)
}

// TestAnOwnersChangeIsOvertaken: who knew the password changes nothing once it, or the account's state, is another.
func TestAnOwnersChangeIsOvertaken(t *testing.T) {
	for name, test := range map[string]struct {
		by   func(f *fixture, uin platform.UIN) error
		want error
	}{
		"by a new password": {func(f *fixture, uin platform.UIN) error {
			_, err := f.SetPassword(f.t.Context(), uin, "another password")
			return err
		}, ErrWrongPassword},
		"by a freeze": {func(f *fixture, uin platform.UIN) error {
			_, err := f.SetAccountState(f.t.Context(), uin, platform.AccountFrozen)
			return err
		}, ErrAccountFrozen},
		"by closing": {func(f *fixture, uin platform.UIN) error {
			_, err := f.SetAccountState(f.t.Context(), uin, platform.AccountClosed)
			return err
		}, ErrAccountClosed},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			ctx := t.Context()
			slow := &overtaken{Store: f.store}
			f.store = slow
			for _, account := range []*platform.Account{f.ann, f.ben} {
				var after *platform.Account
				slow.by = func() {
					must(t, test.by(f, account.UIN))
					var err error
					after, err = f.Account(ctx, account.UIN)
					must(t, err)
				}
				if account == f.ann {
					_, err := f.ChangePassword(ctx, account.UIN, password, "a thief's password", home)
					wantError(t, err, test.want)
				} else {
					wantError(t, f.CloseAccount(ctx, account.UIN, password, home), test.want)
				}
				now, err := f.Account(ctx, account.UIN)
				must(t, err)
				if now.PasswordHash != after.PasswordHash || now.PasswordEpoch != after.PasswordEpoch || now.State != after.State {
					t.Errorf("the account became %+v, want %+v", now, after)
				}
			}
		})
	}
}

// TestAFrozenAccountIsIssuedNothing: whichever way a login begins.
func TestAFrozenAccountIsIssuedNothing(t *testing.T) {
	for state, want := range map[platform.AccountState]error{platform.AccountFrozen: ErrAccountFrozen, platform.AccountClosed: ErrAccountClosed} {
		f := newFixture(t)
		ctx := t.Context()
		f.logIn()
		code := f.code(f.authorization())
		_, err := f.SetAccountState(ctx, f.ann.UIN, state)
		must(t, err)
		_, err = f.IssueCode(ctx, f.authorization())
		wantError(t, err, want)
		_, err = f.IssueImplicit(ctx, f.authorization())
		wantError(t, err, want)
		_, err = f.Issue(ctx, IssueRequest{AppID: f.app.AppID, UIN: f.ann.UIN, Kind: token.Access})
		wantError(t, err, platform.ErrInvalid)
		_, err = f.exchange(code)
		wantError(t, err, retcode.ConnectCodeInvalid)
	}
}
