package store

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

// ActiveOpenID returns the openid that names an account at an app now. Error: platform.ErrNotFound without one.
func ActiveOpenID(ctx context.Context, s OpenIDs, app platform.AppID, uin platform.UIN) (platform.OpenID, error) {
	all, err := s.OpenIDsOf(ctx, uin)
	if err != nil {
		return platform.OpenID{}, err
	}
	for _, binding := range all {
		if binding.AppID == app && binding.State == platform.OpenIDActive {
			return binding.OpenID, nil
		}
	}
	return platform.OpenID{}, platform.ErrNotFound.Errorf("account %s has no openid at app %s", uin, app)
}
