package identity

import (
	"testing"

	"github.com/rookeryhq/rookery/retcode"
)

func TestOpenAPIMeaning(t *testing.T) {
	for code, want := range map[retcode.Code]retcode.Code{
		retcode.AccessTokenOpenIDInvalid:         retcode.QQOpenIDIllegal,
		retcode.AccessTokenUndecodable:           retcode.QQOpenKeyUnreadable,
		retcode.AccessTokenSealInvalid:           retcode.QQOpenKeyUnreadable,
		retcode.AccessTokenSessionKeyLengthWrong: retcode.QQOpenKeyUnreadable,
		retcode.AccessTokenOpenKeyMismatch:       retcode.QQOpenIDOpenKeyMismatch,
		retcode.AccessTokenOpenKeyExpired:        retcode.QQOpenIDOpenKeyCheckFailed,
		retcode.AccessTokenGrantCheckFailed14:    retcode.QQOpenIDOpenKeyCheckFailed,
		retcode.AccessTokenNotLive:               retcode.QQOpenIDOpenKeyCheckFailed,
		retcode.AccessTokenFrozen:                retcode.QQScopeNotGranted,
		retcode.AccessTokenSuperseded:            retcode.QQAccessTokenSuperseded,
		retcode.AccessTokenPasswordChanged:       retcode.QQPasswordChanged,
		retcode.QQNonceReused:                    retcode.QQNonceReused,
		retcode.OIDBDeadlineExceeded:             retcode.OIDBDeadlineExceeded,
	} {
		if got := OpenAPIMeaning(code); got != want {
			t.Errorf("%v means %v, want %v", code, got, want)
		}
	}
}
