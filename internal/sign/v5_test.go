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

func TestV5Mistakes(t *testing.T) {
	const path = "/v2/auth/verify_login"
	const body = `{"openid":"1","name":"é"}`
	q := parse(t, "ts=1700000000&gameid=11&seq=&source=0")
	source := path + "?gameid=11&seq=&source=0&ts=1700000000"
	keys := Keys{Right: vectorKey, Others: map[string]string{"key of source 1": "other-key", "client key": "client-key"}}
	tests := []struct{ name, signed, suffix, want string }{
		{"unsorted", path + "?ts=1700000000&gameid=11&seq=&source=0" + body + vectorKey, "", "not sorted"},
		{"empty parameter left out", path + "?gameid=11&source=0&ts=1700000000" + body + vectorKey, "", "empty parameter"},
		{"sig signed in its place", path + "?gameid=11&seq=&sig=&source=0&ts=1700000000" + body + vectorKey, "", "sig itself was signed, in its place"},
		{"sig signed at the end", source + "&sig=" + body + vectorKey, "", "sig itself was signed, at the end"},
		{"key of another source", source + body + "other-key", "", "another key: the key of source 1"},
		{"body with spaces", source + `{"openid": "1", "name": "é"}` + vectorKey, "", "space after , and :"},
		{"body with escapes", source + `{"openid":"1","name":"\u00e9"}` + vectorKey, "", "non-ASCII letters escaped"},
		{"body with members sorted", source + `{"name":"é","openid":"1"}` + vectorKey, "", "members sorted"},
		{"body left out", source + vectorKey, "", "none at all"},
		{"client form with the right key", source + vectorKey + body, "1", "client SDK's form (key before body) with the key of this source"},
		{"client form with the client key", source + "client-key" + body, "1", "client SDK's form (key before body) with the client key"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sig := hexMD5([]byte(test.signed)) + test.suffix
			if got := V5Mistake(sig, path, q, []byte(body), keys); !strings.Contains(got, test.want) {
				t.Errorf("got %q, want something with %q", got, test.want)
			}
		})
	}
	t.Run("upper case", func(t *testing.T) {
		sig := strings.ToUpper(V5(path, q, []byte(body), vectorKey))
		if got := V5Mistake(sig, path, q, []byte(body), keys); !strings.Contains(got, "upper-case") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("none of them", func(t *testing.T) {
		if got := V5Mistake(strings.Repeat("0", 32), path, q, []byte(body), keys); got != "" {
			t.Errorf("got %q, want nothing", got)
		}
	})
}

func TestV5ClientMistakes(t *testing.T) {
	const path = "/v2/auth/login"
	const body = `{"channel_info":{"code":"1"}}`
	q := parse(t, "gameid=11&from=msdkpix&seq=")
	const source = path + "?from=msdkpix&gameid=11&seq="
	keys := Keys{Right: "client-key", Others: map[string]string{"sigkey of source 0": "backend-key"}}
	right := V5Client(path, q, []byte(body), "client-key")
	for name, test := range map[string]struct{ sig, want string }{
		"upper case":                        {strings.ToUpper(right), "upper-case"},
		"unsorted":                          {hexMD5([]byte(path+"?gameid=11&from=msdkpix&seq=client-key"+body)) + "1", "not sorted"},
		"empty parameter left out":          {hexMD5([]byte(path+"?from=msdkpix&gameid=11client-key"+body)) + "1", "empty parameter"},
		"sig signed":                        {hexMD5([]byte(source+"&sig=client-key"+body)) + "1", "sig itself was signed"},
		"a backend's key":                   {hexMD5([]byte(source+"backend-key"+body)) + "1", "another key: the sigkey of source 0"},
		"body with spaces":                  {hexMD5([]byte(source+`client-key{"channel_info": {"code": "1"}}`)) + "1", "space after , and :"},
		"no marker":                         {right[:32], "marker 1 is missing at the end, and it was made with the client's key"},
		"no marker, a backend's key":        {hexMD5([]byte(source + "backend-key" + body)), "marker 1 is missing at the end, and it was made with the sigkey of source 0"},
		"backend's form":                    {hexMD5([]byte(source + body + "client-key")), "a backend's form (key after body) with the client's key"},
		"backend's form and a marker":       {hexMD5([]byte(source+body+"client-key")) + "1", "a backend's form (key after body) with the client's key"},
		"backend's form with a backend key": {hexMD5([]byte(source + body + "backend-key")), "a backend's form (key after body) with the sigkey of source 0"},
		"none of them":                      {strings.Repeat("0", 32) + "1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := V5ClientMistake(test.sig, path, q, []byte(body), keys)
			if !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %q, want something with %q", got, test.want)
			}
		})
	}
}

func TestParseQueryRefuses(t *testing.T) {
	for name, test := range map[string]struct{ raw, want string }{
		"a repeated name":         {"gameid=11&gameid=12", `"gameid" comes twice`},
		"a name repeated encoded": {"gameid=11&%67ameid=12", `"gameid" comes twice`},
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
	for i := range MaxParams + 1 {
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
		V5Mistake(strings.Repeat("0", 32), "/v2/x", q, body, Keys{Right: vectorKey})
	})
}
