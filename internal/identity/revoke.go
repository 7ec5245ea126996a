package identity

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
)

// RevokeToken ends the login that a token of an app belongs to, of whatever kind, and the remaining openkeys of earlier
// logins with it. A token that is not the app's, or whose login has ended, is not an error.
func (s *Service) RevokeToken(ctx context.Context, app platform.AppID, text string) error {
	login, err := s.refreshable(ctx, app, text)
	switch {
	case errors.Is(err, platform.ErrSpent):
		err = nil // anybody who still has it may end its login
	case errors.Is(err, platform.ErrNotFound):
		t, wrong := s.keyring.Open(text)
		if wrong != nil || t.AppID != app {
			return nil
		}
		login.OpenID, login.TokenEpoch, err = t.OpenID, t.TokenEpoch, nil
	}
	if err != nil {
		return err
	}
	err = s.store.EndLogin(ctx, app, login.OpenID, login.TokenEpoch, platform.EndedByApp, s.clock.NowMS())
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}
