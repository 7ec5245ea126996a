package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
)

// CreateAccount stores a new account with a password. Without a uin it gets the next free one. Errors: ErrInvalid,
// platform.ErrExists, *Busy.
func (s *Service) CreateAccount(ctx context.Context, account platform.Account, password string) (*platform.Account, error) {
	if account.UIN != 0 && (account.UIN < platform.FirstUIN || account.UIN > platform.LastUIN) {
		return nil, platform.Invalidf("uin", "uin %d is not from %d to %d", account.UIN, platform.FirstUIN, platform.LastUIN)
	}
	if err := account.Profile.Validate(); err != nil {
		return nil, err
	}
	hash, err := s.operators.hash(ctx, s.Passwords, password)
	if err != nil {
		return nil, err
	}
	account.PasswordHash, account.PasswordEpoch, account.CreatedMS = hash, 1, s.clock.NowMS()
	err = s.store.CreateAccount(ctx, &account, platform.FirstUIN)
	switch {
	case errors.Is(err, platform.ErrExists):
		return nil, fmt.Errorf("%w: account %s", platform.ErrExists, account.UIN)
	case errors.Is(err, platform.ErrFull):
		return nil, platform.Invalidf("uin", "no number is left above the highest account's: give the new account a uin")
	case err != nil:
		return nil, err
	}
	return &account, nil
}

// Account returns one account or platform.ErrNotFound.
func (s *Service) Account(ctx context.Context, uin platform.UIN) (*platform.Account, error) {
	return s.store.Account(ctx, uin)
}

// Accounts returns at most limit accounts above after, by number.
func (s *Service) Accounts(ctx context.Context, after platform.UIN, limit int) ([]*platform.Account, error) {
	return s.store.Accounts(ctx, after, limit)
}

// SetAccountState freezes, protects, releases or closes an account. A closed account stays closed. Freezing ends the account's sessions, pending
// codes and tokens, which stay ended when it is released. Errors: ErrInvalid, platform.ErrNotFound.
func (s *Service) SetAccountState(ctx context.Context, uin platform.UIN, state platform.AccountState) (*platform.Account, error) {
	set := func(a *platform.Account) error {
		if a.State == platform.AccountClosed && state != platform.AccountClosed {
			return platform.Invalidf("state", "account %s is closed, which is for ever", uin)
		}
		a.State = state
		return nil
	}
	if state == platform.AccountFrozen {
		return s.store.FreezeAccount(ctx, uin, s.clock.NowMS(), set)
	}
	return s.store.UpdateAccount(ctx, uin, set)
}

// SetPassword gives an account a new password; earlier tokens end. Errors: ErrInvalid, platform.ErrNotFound, *Busy.
func (s *Service) SetPassword(ctx context.Context, uin platform.UIN, password string) (*platform.Account, error) {
	hash, err := s.operators.hash(ctx, s.Passwords, password)
	if err != nil {
		return nil, err
	}
	return s.store.UpdateAccount(ctx, uin, func(a *platform.Account) error {
		if a.State == platform.AccountClosed {
			return platform.Invalidf("", "account %s is closed", uin)
		}
		a.PasswordHash = hash
		a.PasswordEpoch++
		return nil
	})
}

// OpenIDsOf returns all openids of an account, including reclaimed ones.
func (s *Service) OpenIDsOf(ctx context.Context, uin platform.UIN) ([]platform.OpenIDBinding, error) {
	return s.store.OpenIDsOf(ctx, uin)
}

// EnsureOpenID returns the account's openid at an app and issues one if it has none. Errors: platform.ErrNotFound.
func (s *Service) EnsureOpenID(ctx context.Context, app platform.AppID, uin platform.UIN) (platform.OpenID, error) {
	if s.apps.ByID(app) == nil {
		return platform.OpenID{}, platform.NoApp(app)
	}
	if _, err := s.Account(ctx, uin); err != nil {
		return platform.OpenID{}, err
	}
	var candidate platform.OpenID
	rand.Read(candidate[:])
	return s.store.EnsureOpenID(ctx, app, uin, candidate, s.clock.NowMS())
}

// ReclaimOpenID takes back an account's openid at an app: its tokens end, and the account gets another openid when it
// returns. Errors: platform.ErrNotFound.
func (s *Service) ReclaimOpenID(ctx context.Context, app platform.AppID, uin platform.UIN) (platform.OpenID, error) {
	openid, err := s.store.ReclaimOpenID(ctx, app, uin, s.clock.NowMS())
	if errors.Is(err, platform.ErrNotFound) {
		return openid, platform.ErrNotFound.Errorf("account %s has no openid at app %s", uin, app)
	}
	return openid, err
}
