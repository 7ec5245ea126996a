package refuse

import (
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// Meaning translates a result of 0x711 or 0x73a into the QQ number that doors give their callers (causes.md, OAuth and
// Gateway). It returns codes of other domains unchanged.
func Meaning(code retcode.Code) retcode.Code {
	if d := code.Domain(); d != retcode.AccessToken && d != retcode.PayToken {
		return code
	}
	switch code {
	case retcode.AccessTokenAppIDInvalid10, retcode.AccessTokenAppIDInvalid11, retcode.AccessTokenAppIDMissing,
		retcode.PayTokenAppIDInvalid:
		return retcode.QQAppNotFound
	case retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDMissing,
		retcode.PayTokenOpenIDLengthWrong, retcode.PayTokenOpenIDInvalid:
		return retcode.QQOpenIDIllegal
	case retcode.AccessTokenUndecodable, retcode.AccessTokenSealInvalid, retcode.AccessTokenOpenKeyMissing,
		retcode.PayTokenUndecryptable:
		return retcode.QQAccessTokenUnreadable
	case retcode.AccessTokenExpired, retcode.PayTokenExpired:
		return retcode.QQAccessTokenExpired
	case retcode.AccessTokenNotLive, retcode.AccessTokenFrozen, retcode.PayTokenRevoked:
		return retcode.QQAccessTokenRevoked
	case retcode.AccessTokenSuperseded, retcode.PayTokenSuperseded:
		return retcode.QQAccessTokenSuperseded
	case retcode.AccessTokenPasswordChanged, retcode.PayTokenPasswordChanged:
		return retcode.QQPasswordChanged
	case retcode.AccessTokenOpenKeyInvalid:
		return retcode.QQOpenKeyUnreadable
	case retcode.AccessTokenOpenKeyMismatch:
		return retcode.QQOpenIDOpenKeyMismatch
	case retcode.AccessTokenOpenKeyExpired, retcode.AccessTokenSessionFailed24, retcode.AccessTokenSessionFailed25:
		return retcode.QQOpenIDOpenKeyCheckFailed
	default:
		return retcode.QQAccessTokenCheckFailed
	}
}

// OpenAPIMeaning does the same for callers that sent an openkey with an openid (causes.md, Gateway).
func OpenAPIMeaning(code retcode.Code) retcode.Code {
	if code.Domain() != retcode.AccessToken {
		return code
	}
	switch code {
	case retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDMissing:
		return retcode.QQOpenIDIllegal
	case retcode.AccessTokenUndecodable, retcode.AccessTokenSealInvalid, retcode.AccessTokenOpenKeyMissing,
		retcode.AccessTokenOpenKeyInvalid, retcode.AccessTokenSessionKeyLengthWrong:
		return retcode.QQOpenKeyUnreadable
	case retcode.AccessTokenOpenKeyMismatch, retcode.AccessTokenOpenIDMismatch:
		return retcode.QQOpenIDOpenKeyMismatch
	case retcode.AccessTokenSuperseded:
		return retcode.QQAccessTokenSuperseded
	case retcode.AccessTokenPasswordChanged:
		return retcode.QQPasswordChanged
	case retcode.AccessTokenFrozen:
		return retcode.QQScopeNotGranted // the person withdrew everything
	default:
		return retcode.QQOpenIDOpenKeyCheckFailed
	}
}

// UserMeaning does the same for callers of QQ Connect's /user/, where the original has one number for tokens that fail and one
// for openids that are not the token's. A superseded token, and one from before a change of password, have their own
// (causes.md, Gateway).
func UserMeaning(code retcode.Code) retcode.Code {
	if code.Domain() != retcode.AccessToken {
		return code
	}
	switch code {
	case retcode.AccessTokenAppIDInvalid10, retcode.AccessTokenAppIDInvalid11, retcode.AccessTokenAppIDMissing:
		return retcode.QQAppNotFound
	case retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDMissing, retcode.AccessTokenOpenIDReclaimed,
		retcode.AccessTokenOpenIDKaixin, retcode.AccessTokenOpenIDMismatch, retcode.AccessTokenOpenKeyMismatch:
		return retcode.QQOpenIDIllegal
	case retcode.AccessTokenSuperseded:
		return retcode.QQAccessTokenSuperseded
	case retcode.AccessTokenPasswordChanged:
		return retcode.QQPasswordChanged
	default:
		return retcode.QQOpenKeyUnreadable
	}
}

// OpenkeyResults are the results of 0x711 that only a value sent as an openkey, or an openkey itself, can get.
var OpenkeyResults = []retcode.Code{
	retcode.AccessTokenSessionKeyLengthWrong, retcode.AccessTokenOpenKeyInvalid, retcode.AccessTokenOpenKeyMismatch,
	retcode.AccessTokenOpenKeyExpired, retcode.AccessTokenSessionFailed24, retcode.AccessTokenSessionFailed25,
}

// FriendToken translates a failed token check for the friend interfaces: if the token is at fault, to 251002 with the bus's
// text. If the app or the openid is at fault, or the check could not be made, the error stays unchanged.
func FriendToken(err error) error {
	var failure *oidb.Failure
	if !errors.As(err, &failure) || failure.Code.Domain() != retcode.AccessToken || failure.Undecided() {
		return err
	}
	switch Meaning(failure.Code) {
	case retcode.QQAppNotFound, retcode.QQOpenIDIllegal:
		return err
	}
	return retcode.QQFriendTokenInvalid.Errorf("%v", failure)
}
