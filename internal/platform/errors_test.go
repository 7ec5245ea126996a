package platform

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorsKeepTheirKind(t *testing.T) {
	for _, test := range []struct {
		err  error
		kind ErrorKind
		text string
	}{
		{NoApp(7), ErrNotFound, "there is no app 7"},
		{NoAccount(10001), ErrNotFound, "there is no account 10001"},
		{ErrFull.Errorf("%d are the most", 9), ErrFull, "9 are the most"},
		{Invalidf("uin", "uin %d is reserved", 5), ErrInvalid, "uin 5 is reserved"},
	} {
		wrapped := fmt.Errorf("wrapped: %w", test.err)
		if test.err.Error() != test.text || !errors.Is(wrapped, test.kind) {
			t.Errorf("got %q, want %q of kind %q", test.err, test.text, test.kind)
		}
		for _, other := range []ErrorKind{ErrNotFound, ErrExists, ErrSpent, ErrFull, ErrInvalid} {
			if other != test.kind && errors.Is(wrapped, other) {
				t.Errorf("%q is of kind %q too", test.err, other)
			}
		}
	}
}

func TestInvalidErrorsNameTheirField(t *testing.T) {
	_, appid := ParseAppID("x")
	_, openid := ParseOpenID("x")
	_, rate := ParseRate("many")
	var state AccountState
	for _, test := range []struct {
		err   error
		field string
	}{
		{appid, "appid"},
		{openid, "openid"},
		{rate, "rate"},
		{state.UnmarshalText([]byte("happy")), "state"},
		{(&App{}).Validate(), "appid"},
		{(&App{AppID: 1, Name: "a", AppKey: "1234567812345678", MSDKKey: "x", Environment: Formal}).Validate(), "msdkkey"},
		{(&Profile{Nickname: "\x00"}).Validate(), "nickname"},
		{(&Profile{VIP: VIP{Blue: Membership{Level: 101}}}).Validate(), "vip"},
	} {
		invalid, ok := errors.AsType[*InvalidError](test.err)
		if !ok || invalid.Field != test.field {
			t.Errorf("%v: got %+v, want field %q", test.err, invalid, test.field)
		}
	}
}
