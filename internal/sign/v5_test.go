package sign

import (
	"strings"
	"testing"
)

const vectorKey = "0123456789abcdef0123456789abcdef"

// The vectors of msdk-v5.md, 2.3 and 2.4.
var v5Vectors = []struct{ name, path, query, body, sig string }{
	{
		"verify_login with an empty version",
		"/v2/auth/verify_login", "channelid=2&gameid=11&os=4&source=0&ts=1700000000&version=",
		`{"openid":"10000000000000000001","token":"T0KEN"}`, "e4d3455b93b8b703594ed2537da74ffd",
	}, {
		"create_bind_group with a non-ASCII body",
		"/v2/group/create_bind_group", "channelid=2&conn=&gameid=11&os=4&seq=req-7&source=0&ts=1700000001&version=5.30.000",
		`{"openid":"10000000000000000001","token":"T0KEN","guild_id":"2134","guild_name":"测试公会","zone_id":"1","roleid":"2"}`,
		"35fd425a21a692463c298a52d4a7e167",
	}, {
		"decrypt with its parameter signed",
		"/v2/auth/decrypt", "channelid=2&gameid=11&itopencodeparam=d9b48147c3b809a2&os=4&source=0&ts=1700000002",
		"", "59b2da0cb898f3e3e4f3ac8938971f4f",
	}, {
		"decrypt with its parameter not signed",
		"/v2/auth/decrypt", "channelid=2&gameid=11&os=4&source=0&ts=1700000002",
		"", "f74fd9eda04336cf5956a2fd7a27351b",
	}, {
		"get_group_rela_info",
		"/v2/group/get_group_rela_info", "channelid=2&gameid=11&os=4&seq=rel-1&source=0&ts=1700000003&version=",
		`{"openid":"10000000000000000001","token":"T0KEN","groupid":"700000001"}`, "f18d293b53af6e04e55a6516180f162b",
	}, {
		"query_qq_vip with an empty seq and no version",
		"/v2/profile/query_qq_vip", "channelid=2&gameid=11&os=4&seq=&source=0&ts=1700000004",
		`{"openid":"10000000000000000001","token":"T0KEN","vip":5}`, "5e99fc768d4808d0ff3b82786c28ca61",
	},
}

func parse(t *testing.T, raw string) Query {
	t.Helper()
	q, err := ParseQuery(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestV5Vectors(t *testing.T) {
	for _, v := range v5Vectors {
		t.Run(v.name, func(t *testing.T) {
			q := parse(t, v.query)
			if got := V5(v.path, q, []byte(v.body), vectorKey); got != v.sig {
				t.Errorf("signature: got %s, want %s", got, v.sig)
			}
			// The order of the URL is free, and sig itself is not signed.
			pairs := strings.Split(v.query, "&")
			reversed := "sig=" + v.sig
			for _, pair := range pairs {
				reversed = pair + "&" + reversed
			}
			verifier := new(V5Verifier)
			if !verifier.Backend(v.sig, v.path, parse(t, reversed), []byte(v.body), vectorKey) {
				t.Error("the signature of the same request in another order is refused")
			}
			if verifier.Backend(v.sig, v.path, q, []byte(v.body+" "), vectorKey) {
				t.Error("the signature of another body is taken")
			}
			if verifier.Client(v.sig+"1", v.path, q, []byte(v.body), vectorKey) && v.body != "" {
				t.Error("a backend's signature is taken for a client's")
			}
		})
	}
}

func TestV5PrintedExampleGivesTheComputedDigest(t *testing.T) {
	q := parse(t, "channelid=2&conn=&gameid=12&os=1&seq=&source=1&ts=1642490127")
	got := V5("/v2/auth/verify_login", q, []byte(`{"openid":"16862533134614867973","token":"0AFC2484F0B48C9D70D501662B828F4A"}`), "itopsigkey123456")
	if want := "60fe90fdc71729f1cd4c124ed0028d7f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestV5ClientVector(t *testing.T) {
	q := parse(t, "channelid=1&from=msdkpix&gameid=27819&lang=&os=1&seq=seq1&store_channel=0&ts=1234567890&version=5.42.102.7425")
	body := []byte(`{"channel_info":{"code":"abc"}}`)
	const want = "e90119dc76d91a6d5acbcf0a739354be1"
	if got := V5Client("/v2/auth/login", q, body, "test-key"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	verifier := new(V5Verifier)
	if !verifier.Client(want, "/v2/auth/login", q, body, "test-key") {
		t.Error("the vector is refused")
	}
	for name, sig := range map[string]string{"without its marker": want[:32], "with another marker": want[:32] + "2", "empty": ""} {
		if verifier.Client(sig, "/v2/auth/login", q, body, "test-key") {
			t.Errorf("the vector %s is taken", name)
		}
	}
}

func TestV5TakesEncodedAndDecodedValues(t *testing.T) {
	q := parse(t, "seq=a%20b&gameid=11")
	path, body := "/v2/auth/verify_login", []byte("{}")
	verifier := new(V5Verifier)
	for name, sig := range map[string]string{
		"as sent": hexMD5([]byte(path + "?gameid=11&seq=a%20b{}" + vectorKey)),
		"decoded": hexMD5([]byte(path + "?gameid=11&seq=a b{}" + vectorKey)),
	} {
		if !verifier.Backend(sig, path, q, body, vectorKey) {
			t.Errorf("the signature over the value %s is refused", name)
		}
	}
}

func TestParseQueryRefuses(t *testing.T) {
	for name, test := range map[string]struct{ raw, want string }{
		"a repeated name":         {"gameid=11&gameid=12", `"gameid" occurs twice`},
		"a name repeated encoded": {"gameid=11&%67ameid=12", `"gameid" occurs twice`},
		"a broken escape":         {"gameid=%zz", `"gameid" is not percent-encoded`},
		"text that is not UTF-8":  {"seq=%ff", `"seq" is not percent-encoded UTF-8`},
		"a parameter of no name":  {"=1", "no name"},
		"too many parameters":     {manyParams(), "more than 64"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseQuery(nil, test.raw); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func manyParams() string {
	var b strings.Builder
	for i := range 65 {
		b.WriteString("&p" + strings.Repeat("x", i) + "=1")
	}
	return b.String()
}

func FuzzV5(f *testing.F) {
	for _, v := range v5Vectors {
		f.Add(v.query, []byte(v.body))
	}
	f.Add("a=%20&b=+&&sig=1", []byte("{\"a\":[1,{}]}"))
	f.Fuzz(func(t *testing.T, raw string, body []byte) {
		q, err := ParseQuery(nil, raw)
		if err != nil {
			return
		}
		sig := V5("/v2/x", q, body, vectorKey)
		if !new(V5Verifier).Backend(sig, "/v2/x", q, body, vectorKey) {
			t.Errorf("the verifier refuses the signer's %s", sig)
		}
	})
}
