package client

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/rookeryhq/rookery/retcode"
)

// FuzzAnswers reads arbitrary bytes as an answer of every door. The outcome is always a result or an *Error whose code, if
// any, has the answer's number.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		`{"ret":0,"msg":"success","seq":"1","lists":[{"openid":"1","gender":1}],"is_lost":"1"}`,
		`{"ret":-10000,"msg":"100014,oidb decode0x711 failed, ret: 65","err_type":2}`,
		`{"ret":-5,"msg":"signature verification failed"}`,
		`callback( {"error":100020,"error_description":"code is reused error"} );` + "\n",
		`callback( {"client_id":"100700001","openid":"0123456789ABCDEF0123456789ABCDEF"} );` + "\n",
		`{"access_token":"A","expires_in":"5184000","refresh_token":"B"}`,
		`{"ret":0,"channel_info":"{\"yellow_vip\":1}"}`,
		`{"ret":0,"msg":"ok","data":{"ret":-4012,"msg":"the value is not greater"}}`, `{"ret":0,"msg":"ok","data":{"ret":0,"is_lost":1}}`,
		`callback(`, `{"ret":99999999999999999999}`, `[]`, `null`, "\xff",
	} {
		f.Add([]byte(body), http.StatusOK)
	}
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		type result struct {
			IsLost      number                `json:"is_lost"`
			ExpiresIn   number                `json:"expires_in"`
			ChannelInfo inner[map[string]any] `json:"channel_info"`
			Lists       []v3Friend            `json:"lists"`
		}
		for name, read := range map[string]func(*answer, any) error{
			"V5": readV5, "V3": readV3, "Connect": readConnect, "GameCenter": readGameCenter,
			"OpenAPI": func(a *answer, out any) error { return readRet(a, out, retcode.QQ) },
		} {
			err := read(&answer{path: "/", status: status, header: http.Header{}, body: body}, new(result))
			var refused *Error
			if err == nil {
				continue
			}
			if !errors.As(err, &refused) || err.Error() == "" {
				t.Fatalf("%s: %q is refused with %v", name, body, err)
			}
			if refused.code != 0 && refused.code.Number() != refused.Number {
				t.Errorf("%s: %q has number %d and code %v", name, body, refused.Number, refused.code)
			}
		}
	})
}
func TestFlag(t *testing.T) {
	for text, want := range map[string]flag{`0`: no, `"0"`: no, `1`: yes, `"1"`: yes, `3`: yes, `""`: "", `null`: "", `-1`: "", `"yes"`: "", `true`: ""} {
		var f flag
		if err := json.Unmarshal([]byte(text), &f); f != want || (err == nil) != (want != "") {
			t.Errorf("%s is read as %q, %v", text, f, err)
		}
	}
}
