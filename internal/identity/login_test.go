package identity

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

var home = Origin{Address: netip.MustParseAddr("192.0.2.1")}

func TestLogIn(t *testing.T) {
	f := newFixture(t)
	frozen, closed := f.account("Cold"), f.account("Gone")
	for _, set := range []struct {
		account *platform.Account
		state   platform.AccountState
	}{{frozen, platform.AccountFrozen}, {closed, platform.AccountClosed}} {
		_, err := f.SetAccountState(t.Context(), set.account.UIN, set.state)
		must(t, err)
	}
	for name, test := range map[string]struct {
		uin      platform.UIN
		password string
		want     error
	}{
		"the right password":                    {f.ann.UIN, password, nil},
		"a wrong one":                           {f.ann.UIN, password + "!", ErrWrongPassword},
		"none":                                  {f.ann.UIN, "", ErrWrongPassword},
		"no such account":                       {f.ann.UIN + 1000, password, ErrWrongPassword},
		"no number":                             {0, password, ErrWrongPassword},
		"frozen":                                {frozen.UIN, password, ErrAccountFrozen},
		"closed":                                {closed.UIN, password, ErrAccountClosed},
		"frozen, but the password is not known": {frozen.UIN, "guess", ErrWrongPassword},
		"closed, but the password is not known": {closed.UIN, "guess", ErrWrongPassword},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.LogIn(t.Context(), test.uin, test.password, home); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestFailedLoginsAreCounted(t *testing.T) {
	const ann, ben = platform.FirstUIN, platform.FirstUIN + 1
	start := time.UnixMilli(1_700_000_000_000)
	l := newFailedLogins(new(sqlite.Store))
	try := func(uin platform.UIN, from string, after time.Duration) (a *attempt, wait time.Duration) {
		t.Helper()
		a, err := l.take(t.Context(), uin, netip.MustParseAddr(from), nil, start.Add(after))
		var tooMany *TooManyLogins
		if err != nil && !errors.As(err, &tooMany) {
			t.Fatal(err)
		}
		if tooMany != nil {
			wait = tooMany.Wait
		}
		return a, wait
	}
	expect := func(uin platform.UIN, from string, after, want time.Duration) {
		t.Helper()
		if _, got := try(uin, from, after); got != want {
			t.Errorf("%s from %s after %s has to wait %s, want %s", uin, from, after, got, want)
		}
	}
	for range 60 { // successful attempts do not count, nor those whose outcome is not known
		for _, end := range []func(*attempt, context.Context) error{(*attempt).succeeded, (*attempt).giveBack} {
			a, wait := try(ann, "192.0.2.1", 0)
			if wait > 0 {
				t.Fatalf("after successful ones an attempt has to wait %s", wait)
			}
			if err := end(a, t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 5 {
		expect(ann, "192.0.2.1", 0, 0)
	}
	expect(ann, "192.0.2.1", 0, time.Minute)
	expect(ann, "198.51.100.1", 0, 0) // her own attempts, from elsewhere, are let through
	expect(ben, "192.0.2.1", 0, 0)
	expect(ann, "192.0.2.1", time.Minute, 0)
	expect(ann, "192.0.2.1", time.Minute, time.Minute)

	const carl = ben + 1000
	for i := range 30 { // the account counts, wherever they come from
		expect(carl, fmt.Sprintf("192.0.2.%d", 100+i), 0, 0)
	}
	expect(carl, "198.51.100.1", 0, 10*time.Second)
	expect(carl, "198.51.100.1", 10*time.Second, 0)

	for range 20 { // mistyped numbers belong to no account
		expect(0, "203.0.113.1", 0, 0)
	}
	expect(0, "203.0.113.1", 0, 6*time.Second) // the address counts all the same

	for i := range platform.UIN(20) {
		expect(ben+1+i, "2001:db8::1", 0, 0)
	}
	expect(ben, "2001:db8::2", 0, 6*time.Second) // the same network
	expect(ben, "2001:db8:0:1::1", 0, 0)
	expect(ben, "2001:db8::2", 6*time.Second, 0)
}

// TestSuccessClearsFailures: attempts at an account that a success from the same address followed were no guesses. Nobody else gains
// by a success, and nobody by one at another account.
func TestSuccessClearsFailures(t *testing.T) {
	const ann, ben = platform.FirstUIN, platform.FirstUIN + 1
	const home, elsewhere = "192.0.2.1", "198.51.100.1"
	now := time.UnixMilli(1_700_000_000_000)
	type step struct {
		uin       platform.UIN
		from      string
		succeeded bool
		wait      time.Duration
	}
	times := func(n int, steps ...step) (all []step) {
		for range n {
			all = append(all, steps...)
		}
		return all
	}
	var manyAccounts, manyAddresses []step
	for i := range platform.UIN(19) {
		manyAccounts = append(manyAccounts, step{ben + 1 + i, elsewhere, false, 0}, step{ben, elsewhere, true, 0})
	}
	for i := range 29 {
		manyAddresses = append(manyAddresses, step{ann, fmt.Sprintf("203.0.113.%d", i), false, 0}, step{ann, home, true, 0})
	}
	for name, steps := range map[string][]step{
		"a slip before each success": times(15, step{ann, home, false, 0}, step{ann, home, true, 0}),
		"four slips before each":     times(4, append(times(4, step{ann, home, false, 0}), step{ann, home, true, 0})...),
		"guesses after a success":    append(times(5, step{ann, home, true, 0}, step{ann, home, false, 0}), append(times(4, step{ann, home, false, 0}), step{ann, home, false, time.Minute})...),
		"a success at the guesser's own account": append(times(5, step{ann, elsewhere, false, 0}, step{ben, elsewhere, true, 0}),
			step{ann, elsewhere, false, time.Minute}),
		"the owner's success at another address": append(times(5, step{ann, elsewhere, false, 0}, step{ann, home, true, 0}),
			step{ann, elsewhere, false, time.Minute}),
		"one address at many accounts":  append(manyAccounts, step{ann, elsewhere, false, 0}, step{ann, elsewhere, false, 6 * time.Second}),
		"many addresses at one account": append(manyAddresses, step{ann, elsewhere, false, 0}, step{ann, "203.0.113.99", false, 10 * time.Second}),
	} {
		l := newFailedLogins(new(sqlite.Store))
		for i, s := range steps {
			a, err := l.take(t.Context(), s.uin, netip.MustParseAddr(s.from), nil, now)
			var wait time.Duration
			if tooMany := (*TooManyLogins)(nil); errors.As(err, &tooMany) {
				wait = tooMany.Wait
			}
			if wait != s.wait {
				t.Errorf("%s: attempt %d has to wait %s, want %s", name, i+1, wait, s.wait)
			}
			if s.succeeded && a != nil {
				if err := a.succeeded(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestSlipsBeforeThePassword: nobody who knows the password waits for having mistyped it before.
func TestSlipsBeforeThePassword(t *testing.T) {
	f := newFixture(t)
	for range 7 {
		_, err := f.LogIn(t.Context(), f.ann.UIN, "guess", home)
		wantError(t, err, ErrWrongPassword)
		_, err = f.LogIn(t.Context(), f.ann.UIN, password, home)
		must(t, err)
	}
}

// Wrong guesses are counted, and then the right password has to wait too.
func TestGuessing(t *testing.T) {
	f := newFixture(t)
	for range 5 {
		_, err := f.LogIn(t.Context(), f.ann.UIN, "guess", home)
		wantError(t, err, ErrWrongPassword)
	}
	var tooMany *TooManyLogins
	if _, err := f.LogIn(t.Context(), f.ann.UIN, password, home); !errors.As(err, &tooMany) {
		t.Fatalf("after too many guesses: %v", err)
	}
	// A caller with a session but without the password does not cost the platform a hash of a new one either.
	if _, err := f.ChangePassword(t.Context(), f.ann.UIN, password, "short", home); !errors.As(err, &tooMany) {
		t.Fatalf("a new password after too many guesses: %v", err)
	}
	f.clock.Advance(tooMany.Wait)
	for range 10 {
		_, err := f.LogIn(t.Context(), f.ann.UIN, password, home)
		must(t, err)
	}
}

// TestTheOwnerIsNotKeptOut: whatever others do, a browser in which the person has signed in has attempts of its own. It has no more of
// them than others, none at other accounts, and none after a new password.
func TestTheOwnerIsNotKeptOut(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	const guess = "guess"
	try := func(uin platform.UIN, password, address, device string) error {
		_, err := f.LogIn(ctx, uin, password, Origin{netip.MustParseAddr(address), device})
		return err
	}
	known := f.Device(f.ann)
	for n := range 30 { // others, from many addresses and from the owner's own
		wantError(t, try(f.ann.UIN, guess, fmt.Sprintf("203.0.113.%d", n), ""), ErrWrongPassword)
	}
	for range 20 {
		if err := try(f.ann.UIN+1000, guess, "192.0.2.1", ""); err == nil {
			t.Fatal("a guess was right")
		}
	}
	tooMany := func(err error) {
		t.Helper()
		if _, is := errors.AsType[*TooManyLogins](err); !is {
			t.Errorf("got %v, want to wait", err)
		}
	}
	tooMany(try(f.ann.UIN, password, "198.51.100.1", ""))
	must(t, try(f.ann.UIN, password, "192.0.2.1", known))
	for _, device := range []string{f.Device(f.ben), tamper(known), known + "A", "x"} {
		tooMany(try(f.ann.UIN, password, "198.51.100.1", device))
	}
	session, err := f.NewSession(ctx, f.ann)
	must(t, err)
	tooMany(try(f.ann.UIN, password, "198.51.100.1", session))
	if _, err := f.Session(ctx, known); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("a browser that is known is signed in: %v", err)
	}

	for range 5 { // whoever has the browser guesses no faster than others
		wantError(t, try(f.ann.UIN, guess, "192.0.2.1", known), ErrWrongPassword)
	}
	tooMany(try(f.ann.UIN, password, "198.51.100.2", known))
	other := f.Device(f.ann)
	must(t, try(f.ann.UIN, password, "192.0.2.1", other)) // another browser of hers
	f.clock.Advance(time.Minute)
	must(t, try(f.ann.UIN, password, "192.0.2.1", known))
	for range 6 {
		must(t, try(f.ann.UIN, password, "192.0.2.1", known))
	}

	_, err = f.ChangePassword(ctx, f.ann.UIN, password, "a new password", Origin{home.Address, known})
	must(t, err)
	ann, err := f.Account(ctx, f.ann.UIN)
	must(t, err)
	for n := range 30 {
		_ = try(ann.UIN, guess, fmt.Sprintf("203.0.113.%d", n), "")
	}
	tooMany(try(ann.UIN, "a new password", "198.51.100.3", known))
	renewed := f.Device(ann)
	f.clock.Advance(90*24*time.Hour - time.Minute)
	for n := range 30 {
		_ = try(ann.UIN, guess, fmt.Sprintf("203.0.113.%d", n), "")
	}
	must(t, try(ann.UIN, "a new password", "198.51.100.3", renewed))
	f.clock.Advance(time.Minute)
	for n := range 30 {
		_ = try(ann.UIN, guess, fmt.Sprintf("203.0.113.%d", n), "")
	}
	tooMany(try(ann.UIN, "a new password", "198.51.100.3", renewed))
}

func TestOwnersChanges(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	issued := f.issue(f.app, f.ann, token.Access)
	session, err := f.NewSession(ctx, f.ann)
	must(t, err)

	_, err = f.ChangePassword(ctx, f.ann.UIN, "guess", "a new password", home)
	wantError(t, err, ErrWrongPassword)
	_, err = f.ChangePassword(ctx, f.ann.UIN, password, "short", home)
	wantError(t, err, platform.ErrInvalid)
	_, err = f.Session(ctx, session)
	must(t, err)
	changed, err := f.ChangePassword(ctx, f.ann.UIN, password, "a new password", home)
	must(t, err)
	_, err = f.Session(ctx, session)
	wantError(t, err, platform.ErrNotFound)
	_, err = f.check(oidb.CheckAccess, ask(issued))
	wantError(t, err, retcode.AccessTokenPasswordChanged)
	_, err = f.LogIn(ctx, f.ann.UIN, password, home)
	wantError(t, err, ErrWrongPassword)

	session, err = f.NewSession(ctx, changed)
	must(t, err)
	issued = f.issue(f.app, f.ann, token.Access)
	wantError(t, f.CloseAccount(ctx, f.ann.UIN, password, home), ErrWrongPassword)
	must(t, f.CloseAccount(ctx, f.ann.UIN, "a new password", home))
	_, err = f.Session(ctx, session)
	wantError(t, err, platform.ErrNotFound)
	_, err = f.check(oidb.CheckAccess, ask(issued))
	wantError(t, err, retcode.AccessTokenFrozen)
	wantError(t, f.CloseAccount(ctx, f.ann.UIN, "a new password", home), ErrAccountClosed)
}

func wantError(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestSessions(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	text, err := f.NewSession(ctx, f.ann)
	must(t, err)
	session, err := f.Session(ctx, text)
	must(t, err)
	if session.Account.UIN != f.ann.UIN {
		t.Errorf("it is %s's session, want %s's", session.Account.UIN, f.ann.UIN)
	}
	another, err := f.NewSession(ctx, f.ann)
	must(t, err)
	other, err := f.Session(ctx, another)
	must(t, err)
	if !session.HoldsFormToken(session.FormToken()) || session.HoldsFormToken(other.FormToken()) || session.HoldsFormToken("") {
		t.Error("a session takes its own form token and no other")
	}

	access := f.issue(f.app, f.ann, token.Access).Token
	for name, text := range map[string]string{
		"nothing": "", "a token": access, "one letter changed": tamper(text), "cut": text[:len(text)-1], "longer": text + "A",
	} {
		if _, err := f.Session(ctx, text); !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("%s: got %v, want %v", name, err, platform.ErrNotFound)
		}
	}
	if _, err := f.keyring.Open(text); err == nil {
		t.Error("a session passes as a token")
	}

	for name, end := range map[string]func(uin platform.UIN) error{
		"a new password": func(uin platform.UIN) error { _, err := f.SetPassword(ctx, uin, "a new password"); return err },
		"freezing": func(uin platform.UIN) error {
			_, err := f.SetAccountState(ctx, uin, platform.AccountFrozen)
			return err
		},
		"closing": func(uin platform.UIN) error {
			_, err := f.SetAccountState(ctx, uin, platform.AccountClosed)
			return err
		},
	} {
		account := f.account("Ende")
		text, err := f.NewSession(ctx, account)
		must(t, err)
		must(t, end(account.UIN))
		if _, err := f.Session(ctx, text); !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("after %s: got %v, want %v", name, err, platform.ErrNotFound)
		}
	}

	must(t, f.EndSession(ctx, other))
	if _, err := f.Session(ctx, another); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("after signing out: got %v, want %v", err, platform.ErrNotFound)
	}

	_, err = f.RotateKeyring(t.Context())
	must(t, err)
	f.clock.Advance(12*time.Hour - time.Minute)
	_, err = f.Session(ctx, text)
	must(t, err)
	f.clock.Advance(time.Minute)
	_, err = f.Session(ctx, text)
	wantError(t, err, platform.ErrNotFound)
}

// TestSigningOutEverywhere ends the sessions that there are, and none that begins after it, whatever the clock shows.
func TestSigningOutEverywhere(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	begin := func(account *platform.Account) string {
		text, err := f.NewSession(ctx, account)
		must(t, err)
		_, err = f.Session(ctx, text)
		must(t, err)
		return text
	}
	one, two, bens := begin(f.ann), begin(f.ann), begin(f.ben)
	f.clock.Advance(time.Hour)
	before := f.clock.NowMS()
	ann, err := f.SignOutEverywhere(ctx, f.ann.UIN)
	must(t, err)
	if ann.SignedOutMS < before || ann.SignedOutMS > f.clock.NowMS() {
		t.Errorf("the time is %d, want that of the clock, %d", ann.SignedOutMS, before)
	}
	for _, text := range []string{one, two} {
		_, err := f.Session(ctx, text)
		wantError(t, err, platform.ErrNotFound)
	}
	_, err = f.Session(ctx, bens)
	must(t, err)

	three := begin(ann)
	f.clock.Advance(-30 * time.Minute)
	begin(ann)
	again, err := f.SignOutEverywhere(ctx, f.ann.UIN) // the time never goes back
	must(t, err)
	if again.SignedOutMS != ann.SignedOutMS {
		t.Errorf("the time went from %d to %d", ann.SignedOutMS, again.SignedOutMS)
	}
	f.clock.Advance(31 * time.Minute)
	_, err = f.Session(ctx, three)
	must(t, err)
	_, err = f.SignOutEverywhere(ctx, f.ann.UIN)
	must(t, err)
	_, err = f.Session(ctx, three)
	wantError(t, err, platform.ErrNotFound)
	_, err = f.SignOutEverywhere(ctx, 1)
	wantError(t, err, platform.ErrNotFound)
}

// TestSignOutsOutliveAProcess: another process with the same store and keyring knows them.
func TestSignOutsOutliveAProcess(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	text, err := f.NewSession(ctx, f.ann)
	must(t, err)
	session, err := f.Session(ctx, text)
	must(t, err)
	must(t, f.EndSession(ctx, session))
	again := New(f.store, f.clock, f.keyring, f.apps, f.profiles, 1000)
	_, err = again.Session(ctx, text)
	wantError(t, err, platform.ErrNotFound)
}

func tamper(text string) string {
	letter := "A"
	if strings.HasSuffix(text[:40], letter) {
		letter = "B"
	}
	return text[:39] + letter + text[40:]
}
