package sign

import (
	"net/url"
	"strings"
	"testing"
)

// form returns a query of name, value, name, value as if it had been sent.
func form(t testing.TB, pairs ...string) Query {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString(url.QueryEscape(pairs[i]) + "=" + url.QueryEscape(pairs[i+1]) + "&")
	}
	q, err := Query(nil).AddForm(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return q
}

const (
	keyV1 = "228bf094169a40a3bd188ba37ebe8723"
	keyV2 = "12345f9a47df4d1eaeb3bad9a7e54321"
)

func vectorV1(t testing.TB) Query {
	return form(t, "openid", "11111111111111111", "openkey", "2222222222222222", "appid", "123456", "pf", "qzone", "format", "json",
		"userip", "112.90.139.30", "sig", "to be left out")
}

func vectorV3(t testing.TB) Query {
	return form(t, "appid", "123456", "format", "json", "openid", strings.Repeat("A", 31)+"1", "openkey", "2222", "pf", "qzone",
		"userip", "112.90.139.30", "x", "a b*c~d-_.+/=&?%中!'()")
}

// TestOpenAPIVectors checks those of qq-connect-openapi.md, B.5.
func TestOpenAPIVectors(t *testing.T) {
	goods := form(t, "amt", "4", "appid", "600", "appmode", "1", "format", "json", "goodsmeta", "道具*测试描述信息！！！",
		"goodsurl", "http://qzonestyle.gtimg.cn/qzonestyle/act/qzone_app_img/app613_613_75.png",
		"openid", "0000000000000000000000000E111111", "openkey", "1111806DC5D1C52150CF405E42222222", "payitem", "50005*4*1",
		"pf", "qzone", "pfkey", "1B59A5C3D77C7C56D7AFC3E2C823105D", "ts", "1333674935", "zoneid", "0")
	for _, test := range []struct {
		name, method, path string
		query              Query
		key, want          string
	}{
		{"V1, official", "GET", "/v3/user/get_info", vectorV1(t), keyV1, "FdJkiDYwMj5Aj1UG2RUPc83iokk="},
		{"V1 as POST", "POST", "/v3/user/get_info", vectorV1(t), keyV1, "PLR+/cChNBsUiKOwg+LZeTuoqgk="},
		{"V2, official", "GET", "/v3/pay/buy_goods", goods, keyV2, "IC0ErTY2gpTbNq8f1hbh0tSu1CM="},
		{"V3, all awkward characters", "POST", "/v3/user/get_info", vectorV3(t), keyV1, "IIaQzA7twSvtoda+YdZeKChZu0A="},
		{"V3 as GET", "GET", "/v3/user/get_info", vectorV3(t), keyV1, "dn8KeboEHNTZebodk3uGwc+5OgA="},
		{"a key with - and _", "GET", "/a", form(t, "a", "1"), "k-_y", "anWgtVnX6PpmcOw45vUUtXYfojM="},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := OpenAPI(test.method, test.path, test.query, test.key); got != test.want {
				t.Errorf("got %s, want %s of\n%s", got, test.want, OpenAPISource(test.method, test.path, test.query))
			}
			var v OpenAPIVerifier
			if !v.Request(test.want, test.method, test.path, test.query, test.key) || v.Request(test.want, test.method, test.path, test.query, test.key+"x") {
				t.Error("the verifier is of another opinion")
			}
		})
	}
	const source = "GET&%2Fv3%2Fuser%2Fget_info&appid%3D123456%26format%3Djson%26openid%3D11111111111111111%26openkey%3D2222222222222222%26pf%3Dqzone%26userip%3D112.90.139.30"
	if got := string(OpenAPISource("GET", "/v3/user/get_info", vectorV1(t))); got != source {
		t.Errorf("V1: the source is %s", got)
	}
}

// TestOpenAPICallbackVectors checks those of qq-connect-openapi.md, B.6.
func TestOpenAPICallbackVectors(t *testing.T) {
	official := form(t, "openid", "test001", "appid", "33758", "ts", "1328855301", "payitem", "323003*8*1",
		"token", "53227955F80B805B50FFB511E5AD51E025360", "billno", "-APPDJT18700-20120210-1428215572", "version", "v3", "zoneid", "1",
		"providetype", "0", "amt", "80", "payamt_coins", "20", "pubacct_payamt_coins", "10", "cee_extend", "anything")
	ours := form(t, "amt", "100", "appid", "123456", "billno", "-B-1_2.3", "note", "中 x", "openid", "test001", "payitem", "G001*10*1",
		"token", "ABCDEF", "ts", "1328855301", "version", "v3", "zoneid", "1")
	if got := OpenAPICallback("GET", "/cgi-bin/temp.py", official, keyV2); got != "VvKwcaMqUNpKhx0XfCvOqPRiAnU=" {
		t.Errorf("V4: got %s", got)
	}
	if got := OpenAPICallback("GET", "/cb", ours, keyV1); got != "XwHoAZik6C7/IweMJ6FbVWr1iq0=" {
		t.Errorf("V5: got %s", got)
	}
}

func FuzzOpenAPI(f *testing.F) {
	f.Add("GET", "a=1&b=%E4%B8%AD+x&a=2", "FdJkiDYwMj5Aj1UG2RUPc83iokk=")
	f.Add("POST", "%00=%&&=", "")
	f.Fuzz(func(t *testing.T, method, raw, sig string) {
		q, err := Query(nil).AddForm(raw)
		if err != nil {
			return
		}
		right := OpenAPI(method, "/v3/x", q, keyV1)
		var v OpenAPIVerifier
		if !v.Request(right, method, "/v3/x", q, keyV1) {
			t.Fatal("the verifier refuses what was signed")
		}
		if sig != right && v.Request(sig, method, "/v3/x", q, keyV1) {
			t.Fatal("the verifier takes something else")
		}
		seen := make(map[string]bool)
		for _, p := range q {
			if seen[p.Name] {
				t.Fatalf("%q stands there twice", p.Name)
			}
			seen[p.Name] = true
		}
	})
}

// TestParametersThatAreSignedAlike: a call with the signature of another one, in which parameters are joined, is recognized.
func TestParametersThatAreSignedAlike(t *testing.T) {
	names := []string{"nonce", "pf", "timestamp"}
	whole := form(t, "format", "json", "nonce", "n-1", "openid", "A", "pf", "qq_m_qq-1", "timestamp", "1700000000", "url", "http://a/?b=1&c=2")
	if err := whole.TellsApart('&', '=', names); err != nil {
		t.Errorf("a call as it should be: %v", err)
	}
	for name, test := range map[string]struct {
		query Query
		apart bool
	}{
		"a value has the next parameter": {form(t, "format", "json", "nonce", "n-1", "openid", "A", "pf", "qq_m_qq-1&timestamp=1700000000", "url", "http://a/?b=1&c=2"), false},
		"a value has the one before":     {form(t, "format", "json&nonce=n-1", "openid", "A", "pf", "qq_m_qq-1", "timestamp", "1700000000", "url", "http://a/?b=1&c=2"), false},
		"a name has the one before":      {form(t, "format", "json", "nonce=n-1&openid", "A", "pf", "qq_m_qq-1", "timestamp", "1700000000", "url", "http://a/?b=1&c=2"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := OpenAPI("GET", "/v3/user/get_info", test.query, keyV1), OpenAPI("GET", "/v3/user/get_info", whole, keyV1); got != want {
				t.Fatalf("the signature is %s, not %s: this call does not matter", got, want)
			}
			if err := test.query.TellsApart('&', '=', names); err == nil {
				t.Error("it is taken for another call")
			}
		})
	}
	for name, query := range map[string]Query{
		"a parameter that is there, too":   form(t, "content", "a&pf=b", "pf", "qzone"),
		"a name that is not among them":    form(t, "content", "a&b=c&nonces=1&xnonce=1"),
		"a separator at the end":           form(t, "content", "a&nonce&"),
		"a value that begins with a name":  form(t, "content", "nonce=1"),
		"no parameters":                    nil,
		"a value with nothing but a blank": form(t, "content", " "),
	} {
		if err := query.TellsApart('&', '=', names); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := form(t, "content", "a&&nonce=1").TellsApart('&', '=', names); err == nil {
		t.Error("after an empty part a parameter is not seen")
	}
}
