package identity

import (
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// UnionID returns the id by which all apps of the app's developer know an account: UID_ and 32 upper-case hex digits. An
// app without a developer counts as its own developer. Error: ConnectUnionIDNotGranted.
func (s *Service) UnionID(app *platform.App, uin platform.UIN) (string, error) {
	switch {
	case !app.UnionID:
		return "", retcode.ConnectUnionIDNotGranted
	case app.Developer == "":
		return s.keyring.UnionID("app "+app.AppID.String(), uin), nil
	default:
		return s.keyring.UnionID("developer "+app.Developer, uin), nil
	}
}
