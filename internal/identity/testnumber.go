package identity

import (
	"context"
	"errors"
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
)

// MayTest reports whether an account may use an app of the test environment.
func (s *Service) MayTest(app *platform.App, uin platform.UIN) bool {
	return slices.Contains(app.TestNumbers, uin)
}

// IsTestNumber reports whether the account behind an MSDK openid may use an app of the test environment. An openid that
// names nobody passes: it has no number, and the check of its token refuses it.
func (s *Service) IsTestNumber(ctx context.Context, app *platform.App, id platform.MSDKOpenID) (bool, error) {
	player, err := s.store.Player(ctx, app.AppID, id)
	if err == nil {
		return s.IsTestOpenID(ctx, app, player.OpenID)
	}
	if errors.Is(err, platform.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// IsTestOpenID is IsTestNumber for an openid.
func (s *Service) IsTestOpenID(ctx context.Context, app *platform.App, openid platform.OpenID) (bool, error) {
	st, err := s.Standings.Get(ctx, app.AppID, openid)
	switch {
	case err == nil:
		return s.MayTest(app, st.UIN), nil
	case errors.Is(err, platform.ErrNotFound):
		return true, nil
	default:
		return false, err
	}
}
