package identity

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
)

// Why a person with a password is not let in. Only a person who has the password learns that the account is frozen or
// closed.
var (
	ErrWrongPassword = errors.New("the account number or the password is wrong")
	ErrAccountFrozen = errors.New("the account is frozen")
	ErrAccountClosed = errors.New("the account is closed")
)

// TooManyLogins refuses an attempt because too many before it failed.
type TooManyLogins struct {
	Wait time.Duration // until the next may be made
}

func (e *TooManyLogins) Error() string {
	return fmt.Sprintf("too many attempts to log in failed; the next may be made in %s", e.Wait)
}

// The rates of failed attempts: Count at once, then one every Per/Count. One address cannot use up an account's attempts
// from all addresses, and so cannot lock its owner out.
var (
	pairLogins    = platform.Rate{Count: 5, Per: 5 * time.Minute}  // at one account from one address
	accountLogins = platform.Rate{Count: 30, Per: 5 * time.Minute} // at one account
	addressLogins = platform.Rate{Count: 20, Per: 2 * time.Minute} // from one address
)

// failedLogins counts failed attempts, in bounded memory.
type failedLogins struct {
	pairs, accounts, addresses *limit.Keyed
}

func newFailedLogins() *failedLogins {
	return &failedLogins{pairs: limit.NewKeyed(), accounts: limit.NewKeyed(), addresses: limit.NewKeyed()}
}

// attempt is one that counts as failed until it is known to have succeeded.
type attempt struct {
	of                     *failedLogins
	pair, account, address string // the keys; without an account only the address
}

// take counts an attempt before it is known to fail, so that simultaneous attempts are counted too.
func (l *failedLogins) take(uin platform.UIN, from netip.Addr, now time.Time) (*attempt, error) {
	a := &attempt{of: l, address: limit.Customer(from).String()}
	if wait, ok := l.addresses.Take(a.address, addressLogins, now); !ok {
		return nil, &TooManyLogins{wait}
	}
	if uin == 0 { // no account, to which all mistyped numbers come: a few of them must not keep others waiting
		return a, nil
	}
	pair, account := uin.String()+" "+a.address, uin.String()
	if wait, ok := l.pairs.Take(pair, pairLogins, now); !ok {
		return nil, &TooManyLogins{wait}
	}
	if wait, ok := l.accounts.Take(account, accountLogins, now); !ok {
		return nil, &TooManyLogins{wait}
	}
	a.pair, a.account = pair, account
	return a, nil
}

// giveBack undoes the count of an attempt whose outcome is not known.
func (a *attempt) giveBack() {
	a.of.addresses.GiveBack(a.address, addressLogins)
	if a.account != "" {
		a.of.pairs.GiveBack(a.pair, pairLogins)
		a.of.accounts.GiveBack(a.account, accountLogins)
	}
}

// succeeded also forgets the failed attempts at this account from this address: they were no guesses, since whoever made them has the
// password. What the address tried at other accounts, and what other addresses tried at this one, stays counted.
func (a *attempt) succeeded() {
	a.giveBack()
	a.of.pairs.Clear(a.pair)
}

// LogIn returns the account with this password. It takes equally long for an account that does not exist; uin 0 never does.
// Errors: ErrWrongPassword, ErrAccountFrozen, ErrAccountClosed, *TooManyLogins, *Busy.
func (s *Service) LogIn(ctx context.Context, uin platform.UIN, password string, from netip.Addr) (*platform.Account, error) {
	attempt, err := s.failedLogins.take(uin, from, s.clock.Now())
	if err != nil {
		return nil, err
	}
	account, err := s.store.Account(ctx, uin)
	hash := nobodysHash
	switch {
	case err == nil:
		hash = account.PasswordHash
	case !errors.Is(err, platform.ErrNotFound):
		attempt.giveBack()
		return nil, err
	}
	switch right, err := s.people.verify(ctx, hash, password); {
	case err != nil:
		attempt.giveBack()
		return nil, err
	case !right:
		return nil, ErrWrongPassword
	}
	attempt.succeeded()
	return account, mayLogIn(account)
}

func mayLogIn(account *platform.Account) error {
	switch account.State {
	case platform.AccountFrozen:
		return ErrAccountFrozen
	case platform.AccountClosed:
		return ErrAccountClosed
	default:
		return nil
	}
}

// ChangePassword sets a new password for a caller who knows the current one; earlier tokens and sessions end. Errors: those
// of LogIn, and ErrInvalid if the new one is not allowed.
func (s *Service) ChangePassword(ctx context.Context, uin platform.UIN, old, password string, from netip.Addr) (*platform.Account, error) {
	known, err := s.LogIn(ctx, uin, old, from)
	if err != nil {
		return nil, err
	}
	hash, err := s.people.hash(ctx, password) // only now: hashing is costly, and only attempts to log in are counted
	if err != nil {
		return nil, err
	}
	return s.updateOwn(ctx, known, func(a *platform.Account) {
		a.PasswordHash = hash
		a.PasswordEpoch++
	})
}

// CloseAccount closes an account for ever, for a caller who knows its password. Errors: those of LogIn.
func (s *Service) CloseAccount(ctx context.Context, uin platform.UIN, password string, from netip.Addr) error {
	known, err := s.LogIn(ctx, uin, password, from)
	if err != nil {
		return err
	}
	_, err = s.updateOwn(ctx, known, func(a *platform.Account) { a.State = platform.AccountClosed })
	return err
}

// updateOwn changes an account for its owner, who has just logged in to known, unless it was frozen, closed or given
// another password since.
func (s *Service) updateOwn(ctx context.Context, known *platform.Account, edit func(*platform.Account)) (*platform.Account, error) {
	return s.store.UpdateAccount(ctx, known.UIN, func(a *platform.Account) error {
		if a.PasswordEpoch != known.PasswordEpoch {
			return ErrWrongPassword
		}
		if err := mayLogIn(a); err != nil {
			return err
		}
		edit(a)
		return nil
	})
}

// LiveGrants returns an account's current authorizations of apps, newest first.
func (s *Service) LiveGrants(ctx context.Context, uin platform.UIN) ([]platform.LiveGrant, error) {
	return s.store.LiveGrants(ctx, uin)
}
