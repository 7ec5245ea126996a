package proxy

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/har"
)

// shown says what was read from an answer.
func shown(a answer) string {
	text := fmt.Sprintf("%d", a.number)
	if a.code != 0 {
		text = fmt.Sprintf("%s %d", a.code.Domain(), a.code.Number())
	}
	if a.origin != 0 {
		text += fmt.Sprintf(" by %s %d", a.origin.Domain(), a.origin.Number())
	}
	if !a.known {
		text = "nothing"
	}
	return strings.TrimSpace(text + " " + a.text)
}

func TestReadAnswer(t *testing.T) {
	for name, test := range map[string]struct{ path, body, want string }{
		"success":                   {"/v2/auth/verify_login", `{"ret":0,"msg":"user is logged in."}`, "0 user is logged in."},
		"with its origin":           {"/v2/auth/verify_login", `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, "qq 100014 by accesstoken 65 oidb decode0x711 failed, ret: 65"},
		"a number of the door":      {"/v2/auth/verify_login", `{"ret":1008,"msg":"invalid sig!"}`, "msdkv5 1008 invalid sig!"},
		"V3's envelope":             {"/auth/verify_login", `{"ret":-10000,"msg":"-73,internal error"}`, "qq -73 -73,internal error"},
		"codes of other things":     {"/v2/friend/friends_list", `{"ret":0,"lists":[{"code":-5},{"ret":-9}],"x":{"error":100014}}`, "0"},
		"the number at the end":     {"/v3/user/get_info", `{"lists":[{"a":[1,{"ret":-9}]}],"ret":-5}`, "qq -5"},
		"it breaks off":             {"/v3/user/get_info", `{"ret":-5,"msg":"m","data":{"a":"b`, "qq -5 m"},
		"JSONP":                     {"/oauth2.0/token", "callback( {\"error\":100010,\"error_description\":\"redirect uri is illegal\"} );\n", "qq 100010 redirect uri is illegal"},
		"JSONP of the Game Center":  {"/cgi-bin/QQConnect.fcgi", `cb({"ret":-4001,"msg":"m"})`, "gamecenter -4001 m"},
		"a form":                    {"/oauth2.0/token", "code=100010&msg=redirect+uri", "qq 100010 redirect uri"},
		"a token":                   {"/oauth2.0/token", "access_token=F0RE1GN&expires_in=7776000", "nothing"},
		"XML":                       {"/v3/user/get_info", `<?xml version="1.0"?><data><ret>-5</ret><msg><![CDATA[no & no]]></msg></data>`, "qq -5 no & no"},
		"a word for an error":       {"/nowhere", `{"error":"no door"}`, "nothing no door"},
		"a number that no list has": {"/v3/user/get_info", `{"ret":4711,"msg":"m"}`, "4711 m"},
		"a byte order mark":         {"/v3/user/get_info", "\ufeff{\"ret\":-5}", "qq -5"},
		"a number as text":          {"/v3/user/get_info", `{"ret":"-5"}`, "qq -5"},
		"a page":                    {"/v3/user/get_info", "<html>ret=-5</html>", "nothing; it is text/x, not an answer of a door"},
		"nothing":                   {"/v3/user/get_info", " ", "nothing; it is empty"},
		"a guild group's number":    {"/v2/group/bind_group", `{"ret":221012,"msg":"m"}`, "group 221012 m"},
		"a number in a long text":   {"/v3/user/get_info", `{"x":"` + strings.Repeat("y", 5000) + ` ret=-9","ret":-5}`, "qq -5"},
	} {
		t.Run(name, func(t *testing.T) {
			x := &Exchange{Status: 200, AnswerHeader: http.Header{"Content-Type": {"text/x; charset=utf-8"}}, Answer: Body{Bytes: []byte(test.body), Size: int64(len(test.body))}}
			a, why := readAnswer(test.path, x)
			got := shown(a)
			if why != "" {
				got += "; " + why
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	redirect := &Exchange{Status: 302, AnswerHeader: http.Header{"Location": {"https://game.example/back?state=100014&code=100016#error=100008&error_description=m"}}}
	if a, why := readAnswer("/oauth2.0/authorize", redirect); shown(a) != "qq 100008 m" || why != "" {
		t.Errorf("a redirect: got %q, %q", shown(a), why)
	}
}

func TestDecoded(t *testing.T) {
	packed := func(newWriter func(io.Writer) io.WriteCloser) string {
		var b bytes.Buffer
		w := newWriter(&b)
		_, _ = io.WriteString(w, `{"ret":-5}`)
		w.Close()
		return b.String()
	}
	gzipped := packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	for name, test := range map[string]struct{ encoding, body, want, why string }{
		"plain":                   {"", `{"ret":-5}`, `{"ret":-5}`, ""},
		"gzip":                    {"gzip", gzipped, `{"ret":-5}`, ""},
		"gzip without its header": {"", gzipped, `{"ret":-5}`, ""},
		"gzip that breaks off":    {"gzip", gzipped[:len(gzipped)-8], `{"ret":-5}`, ""},
		"gzip's header alone":     {"gzip", gzipped[:4], "", "its compression cannot be read"},
		"the header is a relic":   {"br", `{"ret":-5}`, `{"ret":-5}`, ""},
		"deflate":                 {"deflate", packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }), `{"ret":-5}`, ""},
		"deflate without a frame": {"Deflate", packed(func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f }), `{"ret":-5}`, ""},
		"another compression":     {"br", "\x8b\xff\x03", "", `it is compressed with "br"`},
		"a bomb": {"gzip", packed(func(w io.Writer) io.WriteCloser {
			z := gzip.NewWriter(w)
			_, _ = z.Write(make([]byte, 8<<20))
			return z
		}), strings.Repeat("\x00", 1<<20), ""},
	} {
		b := Body{Bytes: []byte(test.body)}
		if text, why := b.decoded(http.Header{"Content-Encoding": {test.encoding}}); string(text) != test.want || why != test.why {
			t.Errorf("%s: got %.40q, %q", name, text, why)
		}
	}
}

// TestFromHAR reads what other programs write.
func TestFromHAR(t *testing.T) {
	const answer = `{"ret":-5,"msg":"m"}`
	coded := base64.StdEncoding.EncodeToString([]byte(answer))
	for name, text := range map[string]string{
		"a browser":               `"request":{"method":"POST","url":"https://h/v3/x?a=b","postData":{"mimeType":"application/x-www-form-urlencoded","text":"c=d","params":[{"name":"c","value":"d"}]}},"response":{"status":200,"content":{"mimeType":"text/html","text":"{\"ret\":-5,\"msg\":\"m\"}"}}`,
		"Base64":                  `"request":{"method":"POST","url":"https://h/v3/x?a=b","postData":{"text":"c=d"}},"response":{"status":200,"content":{"text":"` + coded + `","encoding":"base64"}}`,
		"parameters without text": `"request":{"method":"POST","url":"https://h/v3/x?a=b","postData":{"params":[{"name":"c","value":"d"}]}},"response":{"status":200,"content":{"text":"` + coded + `","encoding":"base64"}}`,
		"a request's own Base64":  `"request":{"method":"POST","url":"https://h/v3/x?a=b","postData":{"text":"Yz1k","encoding":"base64"}},"response":{"status":200,"content":{"text":"` + coded + `","encoding":"BASE64"}}`,
		"Base64 that breaks off":  `"request":{"method":"POST","url":"https://h/v3/x?a=b","postData":{"text":"c=d"}},"response":{"status":200,"content":{"text":"` + base64.StdEncoding.EncodeToString([]byte(answer + "xxxxxx"))[:31] + `","encoding":"base64"}}`,
	} {
		archive := har.NewReader(strings.NewReader(`{"log":{"entries":[{"startedDateTime":"2026-01-02T03:04:05.0000000+08:00","time":1.5,` + text + `}]}}`))
		entry, err := archive.Next()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		x := FromHAR(entry)
		if x.Method != "POST" || !x.Secure || string(x.Body.Bytes) != "c=d" || !strings.HasPrefix(string(x.Answer.Bytes), answer) || x.Start.Unix() != 1767294245 || x.Took.Microseconds() != 1500 {
			t.Errorf("%s: got %+v", name, x)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add("/v2/auth/verify_login", `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, "")
	f.Add("/oauth2.0/token", "callback( {\"error\":100010} );", "")
	f.Add("/v3/user/get_info", "<data><ret>-5</ret></data>", "https://a/b?error=100010")
	f.Fuzz(func(t *testing.T, path, body, location string) {
		x := &Exchange{Status: 302, AnswerHeader: http.Header{"Location": {location}}, Answer: Body{Bytes: []byte(body)}}
		a, why := readAnswer(path, x)
		if why != "" && shown(a) != "nothing" {
			t.Errorf("%q was read although %s", shown(a), why)
		}
		if a.code != 0 && a.code.Symbol() == "" {
			t.Errorf("%d is no code", a.code)
		}
	})
}
