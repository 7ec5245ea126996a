package refuse

import (
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// GameCenter translates the failure of a command into a number of the Game Center: what 0x711 finds has one by its meaning, and
// a command of the Game Center that could not be called is -4018 (causes.md, gamecenter).
func GameCenter(err error) error {
	var failure *oidb.Failure
	if !errors.As(err, &failure) || failure.Code.Domain() == retcode.GameCenter {
		return err
	}
	code := retcode.GameCenterAccessTokenInvalid
	switch failure.Code {
	case retcode.AccessTokenOpenIDMissing, retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDReclaimed, retcode.AccessTokenOpenIDKaixin:
		code = retcode.GameCenterOpenIDNotFound
	case retcode.AccessTokenOpenIDRelationMissing, retcode.AccessTokenOpenIDReadFailed:
		code = retcode.GameCenterUINLookupFailed
	case retcode.AccessTokenOpenIDMismatch, retcode.AccessTokenOpenKeyMismatch:
		code = retcode.GameCenterUINMismatch
	case retcode.AccessTokenAppIDMismatch:
		code = retcode.GameCenterAppIDMismatch
	default:
		if failure.Code.Domain() != retcode.AccessToken || failure.Undecided() {
			code = retcode.GameCenterInternal
		}
	}
	return code.Errorf("%v", failure).WithCause(failure.Cause)
}
