package identity

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

var _ oidb.Directory = (*Service)(nil)

// App implements oidb.Directory.
func (s *Service) App(id platform.AppID) *platform.App { return s.apps.ByID(id) }

// Issued implements oidb.Directory. Numbers only go up, so the highest number seen is enough in most cases.
func (s *Service) Issued(ctx context.Context, uin platform.UIN) (bool, error) {
	if uin < platform.FirstUIN {
		return false, nil
	}
	if uint64(uin) <= s.highest.Load() {
		return true, nil
	}
	highest, err := s.store.HighestUIN(oidb.Wait(ctx))
	if err != nil {
		return false, err
	}
	for {
		seen := s.highest.Load()
		if seen >= uint64(highest) || s.highest.CompareAndSwap(seen, uint64(highest)) {
			return uin <= highest, nil
		}
	}
}

// Number implements oidb.Directory.
func (s *Service) Number(ctx context.Context, uin platform.UIN) (platform.AccountClass, platform.AccountState, error) {
	account, err := s.profiles.Account(ctx, uin)
	if errors.Is(err, platform.ErrNotFound) {
		return platform.ClassOrdinary, platform.AccountNormal, nil
	}
	if err != nil {
		return 0, 0, err
	}
	return account.Class, account.State, nil
}

// HoldsLogin implements oidb.Directory: the text is checked as 0x711 would check it for the openid to which it was issued.
func (s *Service) HoldsLogin(ctx context.Context, app platform.AppID, uin platform.UIN, text string) (bool, error) {
	t, err := s.keyring.Open(text)
	switch {
	case errors.Is(err, token.ErrUnknown) || errors.Is(err, token.ErrAltered):
		return false, nil
	case err != nil:
		return false, err
	}
	rsp, r := s.check(ctx, &wire.CheckRequest{AppID: app, OpenID: t.OpenID[:], Token: text, Either: true}, token.Access)
	if r != nil {
		return false, r.cause
	}
	return rsp.UIN == uin, nil
}
