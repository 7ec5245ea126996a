package redact

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSecret(t *testing.T) {
	for name, test := range map[string]struct {
		value string
		want  bool
	}{
		"token": {"x", true}, "accessToken": {"x", true}, "access_token": {"x", true}, "MSDK-Token": {"x", true}, "refresh_token": {"x", true},
		"openkey": {"x", true}, "open_key": {"x", true}, "appkey": {"x", true}, "client_sigkey": {"x", true}, "sigkeys": {"x", true}, "pfKey": {"x", true},
		"skey": {"x", true}, "p_skey": {"x", true}, "sid": {"x", true}, "sig": {"x", true}, "sign": {"x", true}, "client_secret": {"x", true},
		"itopencodeparam": {"x", true}, "code_verifier": {"x", true}, "password": {"x", true}, "X-Session": {"x", true}, "keys[]": {"x", true},
		"new_password": {"x", true}, "password2": {"x", true}, "x[token][0]": {"x", true}, " token\x00": {"x", true}, "auth_code": {"x", true}, "retcode": {"x", false},
		"openid": {"x", false}, "appid": {"x", false}, "pf": {"x", false}, "ts": {"1", false}, "unionid": {"x", false}, "token_type": {"bearer", false},
	} {
		if got := Secret(name, test.value); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	for _, name := range []string{"Code", "authorization_code"} {
		if Secret(name, "-5") || !Secret(name, "0B7B0C8E33D0F7B6") {
			t.Error(name)
		}
	}
	for value, want := range map[string]bool{"100010": false, "-5": false, "0B7B0C8E33D0F7B6": true, "01234567890123": true, "": false} {
		if got := Secret("code", value); got != want {
			t.Errorf("code %q: got %v", value, got)
		}
	}
	if Secret("token", "") {
		t.Error("an empty token, which may be a mistake, counts as a secret")
	}
}

func TestBody(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"JSON":                       {`{"openid":"A1","token":"T0KEN", "n":1.50}`, `{"openid":"A1","token":"(removed)","n":1.50}`},
		"an escaped name":            {`{"tok\u0065n":"T0KEN"}`, `{"token":"(removed)"}`},
		"a number":                   {`{"password":12345,"ts":12345,"n":7}`, `{"password":"(removed)","ts":"(removed)","n":7}`},
		"members of a secret":        {`{"sigkeys":{"0":"K0","3":["K3"]},"a":{"0":"x"}}`, `{"sigkeys":{"0":"(removed)","3":["(removed)"]},"a":{"0":"x"}}`},
		"a return code":              {`{"code":100010,"msg":"m"}`, `{"code":100010,"msg":"m"}`},
		"a code for a token":         {`{"code":"0B7B0C8E33D0"}`, `{"code":"(removed)"}`},
		"JSON in JSON":               {`{"param":"{\"token\":\"T0KEN\"}"}`, `{"param":"{\"token\":\"(removed)\"}"}`},
		"an address in JSON":         {`{"url":"https://a/b?openid=A1&openkey=K#x"}`, `{"url":"https://a/b?openid=A1&openkey=(removed)#x"}`},
		"met later":                  {`{"echo":"T0KEN!","token":"T0KEN"}`, `{"echo":"(removed)!","token":"(removed)"}`},
		"known before":               {`{"x":"the key is known-key."}`, `{"x":"the key is (removed)."}`},
		"empty":                      {`{"token":"","sig":null}`, `{"token":"","sig":null}`},
		"twice":                      {`{"token":"T0KEN","token":"TOKEN2"}`, `{"token":"(removed)","token":"(removed)"}`},
		"JSONP":                      {"callback( {\"access_token\":\"T0KEN\",\"error\":100010} );\n", `callback( {"access_token":"(removed)","error":100010} );`},
		"a form":                     {"openid=A1&access%5Ftoken=T0%2BKEN&expires_in=77&x=a%20b", "openid=A1&access%5Ftoken=(removed)&expires_in=77&x=a%20b"},
		"JSON in a form":             {"extraJSON=%7B%22token%22%3A%22T0KEN%22%7D&a=b", "extraJSON=%7B%22token%22%3A%22%28removed%29%22%7D&a=b"},
		"XML":                        {"<?xml version='1.0'?><data><ret>0</ret><openkey>K</openkey><sid><![CDATA[S<D]]></sid></data>", "<?xml version='1.0'?><data><ret>0</ret><openkey>(removed)</openkey><sid>(removed)</sid></data>"},
		"XML, elements of a secret":  {"<data>\n <code>-5</code><n:sigkeys>\n<a>K0</a> <b/>K1</n:sigkeys><a>b&lt;</a></data>", "<data>\n <code>-5</code><n:sigkeys>\n<a>(removed)</a> <b/>(removed)</n:sigkeys><a>b&lt;</a></data>"},
		"XML, met later":             {"<data><a>x&#84;0KEN!</a><T0KEN/><token>T0KEN</token></data>", "<data><a>x(removed)!</a><(removed)/><token>(removed)</token></data>"},
		"an address in XML":          {"<data><a>https://a/b?openkey=K&amp;c=d</a></data>", "<data><a>https://a/b?openkey=(removed)&amp;c=d</a></data>"},
		"nothing":                    {"", ""},
		"a form with encoded secret": {"token=T0%2FKEN&echo=T0/KEN", "token=(removed)&echo=%28removed%29"},
	} {
		t.Run(name, func(t *testing.T) {
			r := New("known-key")
			r.Body([]byte(test.body))
			if got, kept := r.Body([]byte(test.body)); got != test.want || !kept {
				t.Errorf("got %q, %v, want %q", got, kept, test.want)
			}
		})
	}
	for name, body := range map[string]string{
		"a page": "<html><input name=token value=T0KEN></html>", "a token alone": "T0KENT0KEN", "JSON that breaks off": `{"token":"T0`,
		"bytes": "\xff\xfe\x00", "multipart": "--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nT0KEN\r\n--x--", "JSONP that breaks off": `callback({"token":"T0`,
		"two values": `{"a":1}{"token":"T0KEN"}`, "XML with an attribute": `<data><a token="T0KEN"/></data>`, "XML that breaks off": `<data><token>T0`, "XML with a comment": "<data><!-- T0KEN --></data>",
		"XML with an instruction": "<data><?php T0KEN?></data>", "XML with a type": `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY t "T0KEN">]><d/>`, "XML of another encoding": `<?xml version="1.0" encoding="GBK"?><data/>`,
	} {
		if got, kept := New().Body([]byte(body)); kept || got != "" {
			t.Errorf("%s is kept: %q", name, got)
		}
	}
}

func TestHeader(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"Authorization", "Bearer T0KEN", "Bearer (removed)"},
		{"Authorization", "T0KEN", "(removed)"},
		{"cookie", "uin=o10001; skey=@abc; x=y", "uin=(removed); skey=(removed); x=(removed)"},
		{"Set-Cookie", "session=S3SSION; Path=/; HttpOnly", "session=(removed); Path=/; HttpOnly"},
		{"Location", "https://game.example/back?code=0B7B0C8E33D0&state=s#access_token=T0KEN&expires_in=9", "https://game.example/back?code=(removed)&state=s#access_token=(removed)&expires_in=9"},
		{"Referer", "https://u:pw@h/p", "https://(removed)@h/p"},
		{"X-Auth-Token", "T0KEN", "(removed)"},
		{"User-Agent", "curl/8 (x; y)", "curl/8 (x; y)"},
		{"X-Trace", `sig=S1G;a=b`, "sig=(removed);a=b"},
		{"Refresh", "0;url=https://h/?code=0B7B0C8E33D0", "0;url=https://h/?code=(removed)"},
	} {
		if got := New().Header(test.name, test.value); got != test.want {
			t.Errorf("%s: %s became %q, want %q", test.name, test.value, got, test.want)
		}
	}
}

func TestURL(t *testing.T) {
	for address, want := range map[string]string{
		"/v2/a?openid=A1&sig=S1G&x":                       "/v2/a?openid=A1&sig=(removed)&x",
		"/v2/a&sig=S1G":                                   "/v2/a&sig=(removed)",
		"/v2/" + strings.Repeat("k", 41) + "/b":           "/v2/(removed)/b",
		"http://" + strings.Repeat("h", 60) + "/v2?a=%zz": "http://" + strings.Repeat("h", 60) + "/v2?a=%zz",
		"/v2/a?":              "/v2/a?",
		"http://u:p@ss@h/a?b": "http://(removed)@h/a?b",
		"http://h@h/h":        "http://(removed)@h/h",
		"/a?url=https%3A%2F%2Fb%2F%3Ftoken%3DT0KEN%26c%3Dd":     "/a?url=https%3A%2F%2Fb%2F%3Ftoken%3D%28removed%29%26c%3Dd",
		"/a?token=T0KEN&echo=T0KEN":                             "/a?token=(removed)&echo=%28removed%29",
		"/a?%74oken=T0KEN":                                      "/a?%74oken=(removed)",
		"/oauth2.0/token?code=0B7B0C8E33D0&grant_type=x&code=5": "/oauth2.0/token?code=(removed)&grant_type=x&code=5",
	} {
		if got := New().URL(address); got != want {
			t.Errorf("%s became %s, want %s", address, got, want)
		}
	}
}

func TestText(t *testing.T) {
	r := New()
	r.Query("openkey=K%2FY9~")
	for text, want := range map[string]string{
		`/v2/a?ts=1{"openid":"A1","token":"T0KEN"}`:        `/v2/a?ts=1{"openid":"A1","token":"(removed)"}`,
		"GET&%2Fv3&appid%3D1%26openkey%3DAB%252B%26pf%3Dq": "GET&%2Fv3&appid%3D1%26openkey%3D(removed)%26pf%3Dq",
		"key+1700000000": "key+1700000000",
		`token="T0KEN", sig='S1G' key=\"K\" {'sid': 'S1D', "pwd":7,"code":-5}`: `token="(removed)", sig='(removed)' key=\"(removed)\" {'sid': '(removed)', "pwd":(removed),"code":-5}`,
		`{\"token\":\"T0KEN\"}`: `{\"token\":\"(removed)\"}`,
		"<a:token x='y'>T0</a> <sid><![CDATA[S<]D]]></sid><code>0B7B0C8E33D0<": "<a:token x='y'>(removed)</a> <sid><![CDATA[(removed)]]></sid><code>(removed)<",
		"to https%3A%2F%2Fh%3Fa%3Db%26code%3d0B7B0C8E33D0%26token%3D%22T0%22":  "to https%3A%2F%2Fh%3Fa%3Db%26code%3d(removed)%26token%3D%22(removed)",
		"url=https://h/?token=T0&code=5":                                       "url=https://h/?token=(removed)&code=5",
		"signed K/Y9~, K%2FY9%7E, K%252FY9%257E and K%2FY9~":                   "signed (removed), (removed), (removed) and (removed)",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}

// TestTheTimeIsProportionalToTheText does not end, for all practical purposes, where the time grows with the square of the text.
func TestTheTimeIsProportionalToTheText(t *testing.T) {
	const size = 1 << 20
	long := strings.Repeat("a", size/4)
	for name, text := range map[string]string{
		"texts that do not end":         strings.Repeat("<a><![CDATA[<b>x</", size/18),
		"tags that do not end":          strings.Repeat("<a ", size/3),
		"names without values":          strings.Repeat(`"token" `, size/8),
		"texts of escapes":              strings.Repeat(`"token":"\\\"`, size/13),
		"values in values":              strings.Repeat("a=", size/2),
		"a long secret that may follow": `{"token":"` + long + `b","x":"` + strings.Repeat(long, 3) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			New().Body([]byte(text))
			New().Text(text)
		})
	}
	r, echo := New(), "x"+strings.Repeat("secret", longest)
	if got, _ := r.Body([]byte(`{"token":"` + echo + `","echo":"` + echo + `"}`)); strings.Count(got, Mask) != 2 || strings.Contains(got, echo[:longest]) {
		t.Errorf("the beginning of a long secret is left in %.100s", got)
	}
	for form := range r.secrets {
		if len(form) > longest {
			t.Errorf("%d bytes are looked for", len(form))
		}
	}
}

// FuzzBody looks for a secret wherever other people's text puts it.
func FuzzBody(f *testing.F) {
	f.Add(`{"token":"`, `"}`)
	f.Add(`cb({"a":[{"sig":"`, `"}]});`)
	f.Add(`a=b&openkey=`, `&c=%7B%22token%22`)
	f.Add(`<?xml?><data><token>`, `</token></data>`)
	f.Add(`{"param":"{\"openkey\":\"`, `\"}"}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "5ecretV4lue"
		r := New(secret)
		body := before + secret + after
		got, kept := r.Body([]byte(body))
		for _, text := range []string{got, r.Text(body), r.URL(body), r.Query(body), r.Header("Cookie", body), r.Header("X-A", body)} {
			if strings.Contains(text, secret) {
				t.Errorf("%q became %q", body, text)
			}
		}
		if trimmed := strings.TrimSpace(body); kept && trimmed != "" && (trimmed[0] == '{' || trimmed[0] == '[') && !json.Valid([]byte(got)) {
			t.Errorf("%q became %q, which is not JSON", body, got)
		}
	})
}
