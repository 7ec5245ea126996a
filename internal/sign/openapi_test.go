package sign

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
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

func TestOpenAPIMistake(t *testing.T) {
	const path = "/v3/user/get_info"
	awkward, right := vectorV3(t), "IIaQzA7twSvtoda+YdZeKChZu0A="
	blank := form(t, "appid", "1", "x", "a b")
	reversed := form(t, "pf", "qzone", "appid", "1", "empty", "")
	source := string(OpenAPISource("POST", path, awkward))
	changed := func(oldAndNew ...string) string {
		return signed([]byte(strings.NewReplacer(oldAndNew...).Replace(source)))
	}
	params, err := url.PathUnescape(source[strings.LastIndexByte(source, '&')+1:])
	if err != nil {
		t.Fatal(err)
	}
	const encodedPath, x = "%2Fv3%2Fuser%2Fget_info", "a%20b%2Ac%7Ed-_.%2B%2F%3D%26%3F%25%E4%B8%AD%21%27%28%29"
	beforeX := params[:strings.Index(params, "x=")+2]
	for _, test := range []struct {
		name, sig string
		query     Query
		key, want string
	}{
		{"~ kept", "okI8JPcR8zF0F75RZAGiz0IrsEk=", awkward, keyV1, "~ is left"},
		{"Go", "7S3/JRnxhPchVI+uD+d1yf1k0zc=", awkward, keyV1, "url.QueryEscape"},
		{"a blank as +", signed(appendOpenAPI(nil, "POST", path, blank, newEncoder("-_.", "+", upperHex))), blank, keyV1, "a blank is + (it must be %20)"},
		{"JavaScript", "XEETluc5CEotdz4ErDrZUZL6Prc=", awkward, keyV1, "encodeURIComponent"},
		{".NET", "7ghozMWDq5nx9anFBWfdqm6+72c=", awkward, keyV1, ".NET"},
		{"the SDK that rewrites keys", "3mvEYyvQ1cPgD+rEaZX4Tl10P9s=", form(t, "a", "1"), "k-_y", "- and _ in the key"},
		{"GET was signed", "dn8KeboEHNTZebodk3uGwc+5OgA=", awkward, keyV1, "another method was signed than was sent: GET"},
		{"not encoded on the wire", strings.ReplaceAll(right, "+", " "), awkward, keyV1, "not percent-encoded"},
		{"encoded twice", url.QueryEscape(right), awkward, keyV1, "twice"},
		{"no padding", strings.TrimRight(right, "="), awkward, keyV1, "padding"},
		{"URL alphabet", strings.NewReplacer("+", "-", "/", "_").Replace(right), awkward, keyV1, "URL alphabet"},
		{"hex", "208690cc0eedc12beda1d6be61d65e282859bb40", awkward, keyV1, "hex digits"},
		{"not sorted", signed(appendOpenAPI(nil, "POST", path, reversed, strictEncoder)), reversed, keyV1, "not sorted"},
		{"empty left out", OpenAPI("POST", path, form(t, "pf", "qzone", "appid", "1"), keyV1), reversed, keyV1, "empty parameter"},
		{"one left out", OpenAPI("POST", path, form(t, "pf", "qzone", "empty", ""), keyV1), reversed, keyV1, "parameter appid was left out"},
		{"another key", OpenAPI("POST", path, awkward, "msdk"), awkward, keyV1, "the msdkkey"},
		{"no & after the key", base64.StdEncoding.EncodeToString(mac(sha1.New, keyV1, OpenAPISource("POST", path, awkward))), awkward, keyV1, "the & after the key"},
		{"raw values", OpenAPI("POST", path, rawValues(awkward), keyV1), awkward, keyV1, "not decoded"},
		{"callback's form", OpenAPICallback("POST", path, awkward, keyV1), awkward, keyV1, "callbacks"},
		{"method in lower case", changed("POST&", "post&"), awkward, keyV1, "not in upper case"},
		{"path as it is", changed(encodedPath, path), awkward, keyV1, "the path is not encoded"},
		{"path with a slash more", changed(encodedPath, encodedPath+"%2F"), awkward, keyV1, "a slash at the path's end"},
		{"encoded, then joined", signed([]byte("POST&" + encodedPath + "&" + beforeX + x)), awkward, keyV1, "encoded before they are joined"},
		{"joined only", signed([]byte("POST&" + encodedPath + "&" + params)), awkward, keyV1, "the parameters are not encoded"},
		{"values encoded twice", changed(x, strings.ReplaceAll(x, "%", "%25")), awkward, keyV1, "not decoded"},
		{"lower-case hex", signed(lowerEscapes(source)), awkward, keyV1, "the hex digits of the escapes are lower-case"},
		{"Java", changed("%20", "+", "%2A", "*"), awkward, keyV1, "it is Java's URLEncoder (a blank"},
		{"Java with + replaced", changed("%2A", "*"), awkward, keyV1, "with + replaced"},
		{"/ kept", changed("%2F", "/"), awkward, keyV1, "/ is left"},
		{"Python", changed("%2F", "/", "%7E", "~"), awkward, keyV1, "Python's urllib.parse.quote"},
		{"hex in Base64", base64.StdEncoding.EncodeToString([]byte("208690cc0eedc12beda1d6be61d65e282859bb40")), awkward, keyV1, "hex digits were put into Base64"},
		{"white space", right + "\n", awkward, keyV1, "white space"},
		{"a key read with its line feed", base64.StdEncoding.EncodeToString(mac(sha1.New, keyV1+"\n&", []byte(source))), awkward, keyV1, "a line feed"},
		{"SHA-256", base64.StdEncoding.EncodeToString(mac(sha256.New, keyV1+"&", []byte(source))), awkward, keyV1, "HMAC-SHA256"},
		{"nothing that is usual", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", awkward, keyV1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			method, at := "POST", path
			if len(test.query) == 1 {
				method, at = "GET", "/a"
			}
			got := OpenAPIMistake(test.sig, method, at, test.query, Keys{Right: test.key, Others: map[string]string{"msdkkey": "msdk"}})
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if strings.Contains(got, test.key) {
				t.Errorf("%q shows the key", got)
			}
		})
	}
}

// lowerEscapes writes the escapes of a source string in lower case.
func lowerEscapes(source string) []byte {
	b := []byte(source)
	for i := range b {
		if b[i] == '%' {
			copy(b[i:], strings.ToLower(source[i:i+3]))
		}
	}
	return b
}

func signed(source []byte) string {
	return base64.StdEncoding.EncodeToString(mac(sha1.New, keyV1+"&", source))
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
		OpenAPIMistake(sig, method, "/v3/x", q, Keys{Right: keyV1})
	})
}
