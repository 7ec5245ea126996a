package identity

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Refresh gives an app a new access token, the next refresh token and, if requested, an openkey. Older access tokens stay
// valid until they expire. The same refresh token gives the same next one within RefreshGrace, unless that has been used. Errors: ConnectRefreshTokenInvalid for a token that is unknown, another app's, of a login that
// has ended, or used before, which ends the login.
func (s *Service) Refresh(ctx context.Context, app platform.AppID, refresh string, wantOpenkey bool) (*TokenSet, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return nil, err
	}
	ticket, ok := s.keyring.OpenRefresh(refresh)
	if !ok {
		return nil, retcode.ConnectRefreshTokenInvalid
	}
	now := s.clock.NowMS()
	openkey := openkeyFor(app, wantOpenkey, now)
	login, err := s.store.UseRefresh(ctx, app, ticket, openkey, RefreshGrace.Milliseconds(), now)
	switch {
	case errors.Is(err, platform.ErrSpent):
		return nil, s.reused(ctx, &login, retcode.ConnectRefreshTokenInvalid)
	case errors.Is(err, platform.ErrNotFound):
		return nil, retcode.ConnectRefreshTokenInvalid
	case err != nil:
		return nil, err
	}
	return s.tokensOf(&login, openkey, now), nil
}

// refreshable returns the login of an app's refresh token. Errors: platform.ErrNotFound for a text that is not one;
// platform.ErrSpent, with the login, when it was used before.
func (s *Service) refreshable(ctx context.Context, app platform.AppID, text string) (platform.Login, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return platform.Login{}, err
	}
	ticket, ok := s.keyring.OpenRefresh(text)
	if !ok {
		return platform.Login{}, platform.ErrNotFound
	}
	login, err := s.store.Login(ctx, app, ticket.Login)
	switch {
	case err != nil:
		return platform.Login{}, err
	case !login.Issued(ticket):
		return platform.Login{}, platform.ErrNotFound
	case ticket.Serial < login.Serial:
		return login, platform.ErrSpent
	}
	return login, nil
}
