package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestBadInputV3 is TestBadInput for the V3 door.
func TestBadInputV3(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, ann := p.Apps[0], p.Accounts[0]
	valid := rookery.NewV3Call(app, "/auth/verify_login", fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s"}`,
		app.AppID, ann.OpenIDs[app.AppID], ann.AccessTokens[app.AppID]))
	instead := func(body string) rookery.V3Call {
		call := valid
		call.Body = body
		return call
	}
	with := func(member string) rookery.V3Call { return valid.Replace(t, "{", "{"+member+",") }
	url := func(more string) rookery.V3Call { // appended after sig
		target := valid.Target()
		call := valid
		call.Sig = target[strings.Index(target, "&sig=")+len("&sig="):] + more
		return call
	}
	sig := func(sig string) rookery.V3Call {
		call := valid
		call.Sig = sig
		return call
	}
	openid := func(text string) rookery.V3Call { return valid.Replace(t, `"`+ann.OpenIDs[app.AppID]+`"`, text) }
	appid := func(text string) rookery.V3Call { return valid.Replace(t, app.AppID, text) }
	for _, test := range []struct {
		name string
		call rookery.V3Call
		want int
	}{
		{"valid", valid, 0},
		{"empty body", instead(""), -501},
		{"blank body", instead(" \r\n\t"), -501},
		{"array", instead("[" + valid.Body + "]"), -304},
		{"bare string", instead(`"openid"`), -304},
		{"null", instead("null"), -304},
		{"form", instead("appid=1&openid=2"), -304},
		{"cut off JSON", instead(valid.Body[:len(valid.Body)-1]), -304},
		{"trailing garbage", instead(valid.Body + "x"), -304},
		{"two objects", instead(valid.Body + valid.Body), -304},
		{"trailing blanks", instead(valid.Body + " \n"), 0},
		{"byte order mark", instead("\ufeff" + valid.Body), -304},
		{"duplicate member", with(`"openid":"1"`), -304},
		{"duplicate member by escape", with(`"open\u0069d":"1"`), -304},
		{"duplicate unknown member", with(`"x":1,"x":2`), -304},
		{"unknown members", with(`"x":{"y":[1,2,{"z":null}]},"openID":"1"`), 0},
		{"member of another case", valid.Replace(t, "openkey", "openKey"), -1011},
		{"NUL in the JSON", with("\"x\":\"\x00\""), -304},
		{"body that is not UTF-8", with("\"x\":\"\xff\xfe\""), -304},
		{"body with half a surrogate pair", with(`"x":"\ud800"`), -304},
		{"JSON nested 20,000 deep", instead(`{"x":` + strings.Repeat("[", 20_000)), -304},
		{"JSON nested 20,000 deep and closed", instead(`{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`), -304},
		{"10,000 members", with(members(10_000, 60_000)), 0},
		{"body of exactly 64 KiB", instead(valid.Body + strings.Repeat(" ", bodyLimit-len(valid.Body))), 0},
		{"body a byte over 64 KiB", instead(valid.Body + strings.Repeat(" ", bodyLimit-len(valid.Body)+1)), -101},

		{"appid with a sign", appid(`"+1"`), -1011},
		{"appid negative", appid("-1"), -1011},
		{"appid with an exponent", appid("1e9"), -1011},
		{"appid over 64 bits", appid("18446744073709551617"), -1011},
		{"appid of 10,000 digits", appid(strings.Repeat("9", 10_000)), -1011},
		{"appid true", appid("true"), -1011},
		{"openid an object", openid("{}"), -1011},
		{"openid an array", openid(`["1"]`), -1011},
		{"openid a number", openid("1"), -1011},
		{"openid empty", openid(`""`), -1011},
		{"openid of a NUL", openid(`"\u0000"`), -10002},
		{"openid of 60,000 digits", openid(`"` + strings.Repeat("A", 60_000) + `"`), -10002},
		{"openid in other digits", openid(`"１２"`), -10002},
		{"openid of one byte", openid(`"00"`), -10000},
		{"openkey with a NUL", valid.Replace(t, ann.AccessTokens[app.AppID], `a\u0000b`), -10000},
		{"openkey of 60,000 letters", valid.Replace(t, ann.AccessTokens[app.AppID], strings.Repeat("A", 60_000)), -10000},
		{"userip an object", with(`"userip":{}`), -1011},
		{"userip any text", with(`"userip":"' OR 1=1"`), 0},

		{"duplicate URL parameter", url("&encode=2"), -101},
		{"duplicate URL parameter by escape", url("&%65ncode=2"), -101},
		{"URL parameter without a name", url("&=4"), -101},
		{"URL that is not UTF-8", url("&x=%ff%fe"), -101},
		{"broken escape", url("&x=%zz"), -101},
		{"70 URL parameters", url(numbered(70)), -101},
		{"no URL parameters", rookery.V3Call{Path: valid.Path, Body: valid.Body, Sig: "x"}, -506},
		{"timestamp negative", valid.With("timestamp", "-1"), -506},
		{"timestamp of 10,000 digits", valid.With("timestamp", strings.Repeat("1", 10_000)), -506},
		{"timestamp in milliseconds", valid.With("timestamp", "1700000000123"), 0},
		{"encode with a zero before it", valid.With("encode", "02"), -506},
		{"appid in the URL with a zero before it", valid.With("appid", "0"+app.AppID), -504},
		{"appid in the URL over 64 bits", valid.With("appid", "18446744073709551617"), -504},
		{"guest of no app", valid.With("appid", "G_"), -504},
		{"sig too short", sig(strings.Repeat("0", 31)), -502},
		{"sig of 10,000 digits", sig(strings.Repeat("0", 10_000)), -502},
		{"openid in the URL of 10,000 letters", valid.With("openid", strings.Repeat("A", 10_000)), -1011},
		{"serial of other letters", valid.With("msdkExtInfo", "%22%7d"), -506},
		{"serial of 10,000 letters", valid.With("msdkExtInfo", strings.Repeat("s", 10_000)), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if answer := p.CallV3(t, test.call); answer.Status != http.StatusOK || answer.Ret != test.want || answer.Msg == "" {
				t.Errorf("got status %d, %s, want ret %d", answer.Status, answer.Body, test.want)
			}
		})
	}
}
