package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// CheckTestNumber refuses accounts that may not use an app of the test environment. The refusal names the openid that the
// caller gave.
func CheckTestNumber[ID fmt.Stringer](app *platform.App, uin platform.UIN, openid ID) error {
	if app.Environment != platform.Test || slices.Contains(app.TestNumbers, uin) {
		return nil
	}
	return retcode.QQTestNumberRequired.Errorf("app %s is in the test environment and openid %s is not one of its test numbers", app.AppID, openid)
}

// CheckTestOpenID is CheckTestNumber for an openid. An openid that names nobody passes: the check of its token refuses it.
func (s *Service) CheckTestOpenID(ctx context.Context, app *platform.App, openid platform.OpenID) error {
	return checkTest(ctx, s, app, openid, openid)
}

// CheckTestPlayer is CheckTestOpenID for an MSDK openid.
func (s *Service) CheckTestPlayer(ctx context.Context, app *platform.App, id platform.MSDKOpenID) error {
	if app.Environment != platform.Test {
		return nil
	}
	player, err := s.store.Player(ctx, app.AppID, id)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return checkTest(ctx, s, app, player.OpenID, id)
}

func checkTest[ID fmt.Stringer](ctx context.Context, s *Service, app *platform.App, openid platform.OpenID, named ID) error {
	if app.Environment != platform.Test {
		return nil
	}
	st, err := s.Standings.Get(ctx, app.AppID, openid)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return CheckTestNumber(app, st.UIN, named)
}
