package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
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

// The rates of failed attempts: Count at once, then one every Per/Count. One address cannot use up an account's attempts from all
// addresses; many can, but not those of the browsers in which the owner has signed in.
var (
	pairLogins    = platform.Rate{Count: 5, Per: 5 * time.Minute}  // at one account from one address
	accountLogins = platform.Rate{Count: 30, Per: 5 * time.Minute} // at one account
	addressLogins = platform.Rate{Count: 20, Per: 2 * time.Minute} // from one address
	deviceLogins  = platform.Rate{Count: 5, Per: 5 * time.Minute}  // at an account from a browser that it knows, in place of all others
)

// failedLogins counts failed attempts: in bounded memory, and in a storage that other processes share.
type failedLogins struct {
	pairs, accounts, addresses, devices *limit.Keyed
	shared                              store.Attempts
}

func newFailedLogins(shared store.Attempts) *failedLogins {
	return &failedLogins{pairs: limit.NewKeyed(), accounts: limit.NewKeyed(), addresses: limit.NewKeyed(), devices: limit.NewKeyed(), shared: shared}
}

// attempt is one that counts as failed until it is known to have succeeded.
type attempt struct {
	shared store.Attempts
	counts []count
	own    count // of those that a success clears; zero without an account
}

// count is one of the counts that an attempt is in.
type count struct {
	in   *limit.Keyed
	kind string
	key  string
	rate platform.Rate
}

// take counts an attempt before it is known to fail, so that simultaneous attempts are counted too. device is that of the browser if the
// account knows it.
func (l *failedLogins) take(ctx context.Context, uin platform.UIN, from netip.Addr, device *token.Session, now time.Time) (*attempt, error) {
	a := &attempt{shared: l.shared}
	address := limit.Customer(from).String()
	switch {
	case device != nil:
		a.own = count{l.devices, "device", fmt.Sprintf("%x", device.Secret), deviceLogins}
		a.counts = []count{a.own}
	case uin == 0: // no account, to which all mistyped numbers come: a few of them must not keep others waiting
		a.counts = []count{{l.addresses, "address", address, addressLogins}}
	default:
		a.own = count{l.pairs, "pair", uin.String() + " " + address, pairLogins}
		a.counts = []count{{l.addresses, "address", address, addressLogins}, a.own, {l.accounts, "account", uin.String(), accountLogins}}
	}
	for _, c := range a.counts {
		wait, ok := c.in.Take(c.key, c.rate, now)
		if ok {
			var err error
			if wait, err = l.shared.TakeAttempt(ctx, c.everywhere(), c.rate, now); err != nil {
				return nil, err
			}
		}
		if wait > 0 {
			return nil, &TooManyLogins{wait}
		}
	}
	return a, nil
}

// everywhere is the key among the counts of all kinds.
func (c count) everywhere() string { return c.kind + " " + c.key }

// giveBack undoes the count of an attempt whose outcome is not known.
func (a *attempt) giveBack(ctx context.Context) error {
	var errs []error
	for _, c := range a.counts {
		c.in.GiveBack(c.key, c.rate)
		errs = append(errs, a.shared.GiveBackAttempt(ctx, c.everywhere(), c.rate))
	}
	return errors.Join(errs...)
}

// succeeded also forgets the failed attempts at this account from this address or browser: they were no guesses, since whoever made
// them has the password. What the address tried at other accounts, and what other addresses tried at this one, stays counted.
func (a *attempt) succeeded(ctx context.Context) error {
	err := a.giveBack(ctx)
	a.own.in.Clear(a.own.key)
	return errors.Join(err, a.shared.ClearAttempts(ctx, a.own.everywhere()))
}

// Origin is where an attempt to log in comes from.
type Origin struct {
	Address netip.Addr
	Device  string // the text of Device that the browser has; "" for none
}

// DeviceLifetime is how long a browser is known in which a person has signed in.
const DeviceLifetime = 90 * 24 * time.Hour

// Device returns the text by which a browser is known from now on in which an account has just logged in. It opens nothing: it has
// attempts of its own at logging in to the account, so that nobody elsewhere can use them up (the device cookie of OWASP), until the
// account gets another password.
func (s *Service) Device(account *platform.Account) string {
	d := token.Session{UIN: account.UIN, PasswordEpoch: account.PasswordEpoch, IssuedMS: s.clock.NowMS()}
	rand.Read(d.Secret[:])
	return s.keyring.SealDevice(&d)
}

// device returns the browser that a text stands for if the account knows it, and nil otherwise.
func (s *Service) device(text string, account *platform.Account) *token.Session {
	d, ok := s.keyring.OpenDevice(text)
	if !ok || account == nil || d.UIN != account.UIN || d.PasswordEpoch != account.PasswordEpoch ||
		s.clock.NowMS() >= d.IssuedMS+DeviceLifetime.Milliseconds() {
		return nil
	}
	return &d
}

// LogIn returns the account with this password. It takes equally long for an account that does not exist; uin 0 never does.
// Errors: ErrWrongPassword, ErrAccountFrozen, ErrAccountClosed, *TooManyLogins, *Busy.
func (s *Service) LogIn(ctx context.Context, uin platform.UIN, password string, from Origin) (*platform.Account, error) {
	account, err := s.store.Account(ctx, uin)
	hash := s.Passwords.nobodys()
	switch {
	case err == nil:
		hash = account.PasswordHash
	case !errors.Is(err, platform.ErrNotFound):
		return nil, err
	}
	attempt, err := s.failedLogins.take(ctx, uin, from.Address, s.device(from.Device, account), s.clock.Now())
	if err != nil {
		return nil, err
	}
	switch right, err := s.people.verify(ctx, hash, password); {
	case err != nil:
		return nil, errors.Join(err, attempt.giveBack(context.WithoutCancel(ctx)))
	case !right:
		return nil, ErrWrongPassword
	}
	if err := attempt.succeeded(ctx); err != nil {
		return nil, err
	}
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
func (s *Service) ChangePassword(ctx context.Context, uin platform.UIN, old, password string, from Origin) (*platform.Account, error) {
	known, err := s.LogIn(ctx, uin, old, from)
	if err != nil {
		return nil, err
	}
	hash, err := s.people.hash(ctx, s.Passwords, password) // only now: hashing is costly, and only attempts to log in are counted
	if err != nil {
		return nil, err
	}
	return s.updateOwn(ctx, known, func(a *platform.Account) {
		a.PasswordHash = hash
		a.PasswordEpoch++
	})
}

// CloseAccount closes an account for ever, for a caller who knows its password. Errors: those of LogIn.
func (s *Service) CloseAccount(ctx context.Context, uin platform.UIN, password string, from Origin) error {
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
