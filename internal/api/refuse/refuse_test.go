package refuse

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

func TestRefusals(t *testing.T) {
	other := errors.New("other")
	door := &Door{
		NoRoute: retcode.V5PathUnknown, Method: retcode.V5MethodWrong, Unreadable: retcode.V5RequestUnreadable, Internal: retcode.V5Internal,
		Own:    map[retcode.Code]retcode.Code{retcode.QQAPINotGranted: retcode.V3APINotGranted},
		Texts:  map[retcode.Code]string{retcode.V5SignatureWrong: "invalid sig!"},
		Failed: func(f *oidb.Failure) (retcode.Code, string) { return Meaning(f.Code), f.Error() },
		Other: func(err error) error {
			if err == other {
				return retcode.QQPostRequired.Errorf("another")
			}
			return err
		},
	}
	storage := errors.New("storage on fire")
	for name, test := range map[string]struct {
		err  error
		want Refusal
	}{
		"path":                 {access.ErrNoRoute, Refusal{Code: retcode.V5PathUnknown, Text: "no such path below /v2/"}},
		"method":               {&access.MethodError{Allowed: []string{"GET", "POST"}}, Refusal{Code: retcode.V5MethodWrong, Text: "the path does not take this method, only GET or POST"}},
		"length":               {access.ErrTooLarge, Refusal{Code: retcode.V5RequestUnreadable, Text: "the body has more than 65536 bytes"}},
		"body":                 {fmt.Errorf("%w: EOF", access.ErrUnreadable), Refusal{Code: retcode.V5RequestUnreadable, Text: retcode.V5RequestUnreadable.Entry().Summary}},
		"panic":                {access.ErrPanic, Refusal{Code: retcode.V5Internal, Text: retcode.V5Internal.Entry().Summary}},
		"anything else":        {storage, Refusal{Code: retcode.V5Internal, Text: retcode.V5Internal.Entry().Summary}},
		"code":                 {retcode.QQAppNotOnline, Refusal{Code: retcode.QQAppNotOnline, Text: retcode.QQAppNotOnline.Entry().Summary}},
		"code with a detail":   {retcode.QQAppNotFound.Errorf("no app 7").WithCause(storage), Refusal{Code: retcode.QQAppNotFound, Text: "no app 7"}},
		"to come again":        {retcode.QQAppRateExceeded.Errorf("often").WithRetryAfter(time.Second), Refusal{Code: retcode.QQAppRateExceeded, Text: "often", RetryAfter: time.Second}},
		"a number of the door": {retcode.QQAPINotGranted.Errorf("not this"), Refusal{Code: retcode.V3APINotGranted, Text: "not this"}},
		"a text of the door":   {retcode.V5SignatureWrong.Errorf("secret"), Refusal{Code: retcode.V5SignatureWrong, Text: "invalid sig!"}},
		"another error":        {other, Refusal{Code: retcode.QQPostRequired, Text: "another"}},
		"a command's failure":  {&oidb.Failure{Command: &oidb.CheckAccess.Declaration, Code: retcode.AccessTokenExpired, Cause: storage}, Refusal{Code: retcode.QQAccessTokenExpired, Text: "oidb decode0x711 failed, ret: 65"}},
		"a failure of the bus": {&oidb.Failure{Command: &oidb.CheckPay.Declaration, Code: retcode.OIDBDeadlineExceeded}, Refusal{Code: retcode.OIDBDeadlineExceeded, Text: "oidb decode0x73a failed, ret: 154"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := door.Refusal(test.err); got != test.want || door.Code(test.err) != test.want.Code {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

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

func TestUserMeaning(t *testing.T) {
	for number, want := range map[int]int{
		0x10: -2, 0x11: -2, 0x63: -2,
		0x20: -22, 0x60: -22, 0x27: -22, 0x2e: -22, 0x45: -22, 0x22: -22,
		0x42: -21, 0x47: -73,
		0x21: -23, 0x23: -23, 0x26: -23, 0x40: -23, 0x41: -23, 0x43: -23, 0x44: -23, 0x46: -23, 0x4a: -23, 0x4b: -23, 0x4c: -23, 0x61: -23,
	} {
		code, ok := retcode.Lookup(retcode.AccessToken, number)
		if got := UserMeaning(code).Number(); !ok || got != want {
			t.Errorf("0x%x means %d, want %d", number, got, want)
		}
	}
}

func TestEveryResultHasAMeaning(t *testing.T) {
	for _, code := range slices.Concat(oidb.CheckAccess.Codes, oidb.CheckPay.Codes) {
		if got := Meaning(code); got.Domain() != retcode.QQ {
			t.Errorf("%v means %v, want a QQ code", code, got)
		}
	}
	if got := Meaning(retcode.OIDBRateExceeded); got != retcode.OIDBRateExceeded {
		t.Errorf("a code of the bus means %v, want itself", got)
	}
}

func TestFriendToken(t *testing.T) {
	storage := errors.New("storage")
	for _, test := range []struct {
		name string
		err  error
		want retcode.Code
		says string
	}{
		{"an expired token", &oidb.Failure{Command: &oidb.CheckAccess.Declaration, Code: retcode.AccessTokenExpired}, retcode.QQFriendTokenInvalid, "oidb decode0x711 failed, ret: 65"},
		{"no token of ours", &oidb.Failure{Command: &oidb.CheckAccess.Declaration, Code: retcode.AccessTokenUndecodable}, retcode.QQFriendTokenInvalid, "oidb decode0x711 failed, ret: 74"},
		{"an invalid openid", &oidb.Failure{Command: &oidb.CheckAccess.Declaration, Code: retcode.AccessTokenOpenIDInvalid}, retcode.AccessTokenOpenIDInvalid, ""},
		{"no such app", &oidb.Failure{Command: &oidb.CheckAccess.Declaration, Code: retcode.AccessTokenAppIDInvalid11}, retcode.AccessTokenAppIDInvalid11, ""},
		{"the check could not be made", &oidb.Failure{Command: &oidb.CheckAccess.Declaration, Code: retcode.AccessTokenGrantCheckFailed13}, retcode.AccessTokenGrantCheckFailed13, ""},
		{"the bus itself", &oidb.Failure{Command: &oidb.CheckAccess.Declaration, Code: retcode.OIDBDeadlineExceeded}, retcode.OIDBDeadlineExceeded, ""},
		{"anything else", storage, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := FriendToken(test.err)
			code, _ := retcode.From(got)
			var coded *retcode.Error
			if code != test.want || errors.As(got, &coded) != (test.says != "") || test.says != "" && coded.Detail() != test.says {
				t.Errorf("got %v", got)
			}
		})
	}
}
