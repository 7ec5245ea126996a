package scenarios

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// gzipped and deflated return a text compressed.
func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func deflated(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.String()
}

func utf16(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.Write([]byte{c, 0})
	}
	return b.String()
}

// TestRefusedBodiesSayWhatTheyAre sends bodies of the wrong kind to every door, each signed as it is sent.
func TestRefusedBodiesSayWhatTheyAre(t *testing.T) {
	p := rookery.Start(t)
	v5, v3, m := newPlayer(t, p), newV3Player(t, p), newMember(t, p)

	const form = "openid=1&token=2"
	for _, test := range []struct {
		name string
		of   func(json string) string
		want string // "" for the empty body's own code
	}{
		{"a form", func(string) string { return form }, "the body is a form, not a JSON object"},
		{"multipart", func(string) string { return "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n" }, "the body is multipart/form-data, not a JSON object"},
		{"XML", func(string) string { return "<xml><openid>1</openid></xml>" }, "the body is XML, not a JSON object"},
		{"a byte order mark", func(json string) string { return "\ufeff" + json }, "the body is text after a byte order mark, not a JSON object"},
		{"gzip", gzipped, "the body is compressed with gzip, not a JSON object"},
		{"deflate", deflated, "the body is compressed with deflate, not a JSON object"},
		{"percent-encoded", url.QueryEscape, "the body is percent-encoded JSON, not a JSON object"},
		{"an array", func(json string) string { return "[" + json + "]" }, "the body is a JSON array, not a JSON object"},
		{"a string", func(string) string { return `"{}"` }, "the body is a JSON string, not a JSON object"},
		{"UTF-16", utf16, "UTF-16"},
		{"GBK", func(json string) string { return strings.Replace(json, "{", "{\"x\":\"\xd6\xd0\xce\xc4\",", 1) }, "it is text in GBK"},
		{"nothing", func(string) string { return "" }, ""},
		{"white space", func(string) string { return " \r\n" }, ""},
	} {
		v5Code, v3Code, want := 1005, -304, test.want
		if want == "" {
			v5Code, v3Code, want = 1004, -501, "the body is empty"
		}
		call := v5.verifyLogin()
		if answer := p.Call(t, call.WithBody(test.of(call.Body))); answer.Ret != v5Code || !strings.Contains(answer.Msg, want) {
			t.Errorf("V5, %s: got %s, want %d, %q", test.name, answer.Body, v5Code, want)
		}
		old := v3.verify()
		old.Body = test.of(old.Body)
		if answer := p.CallV3(t, old); answer.Ret != v3Code || !strings.Contains(answer.Msg, want) {
			t.Errorf("V3, %s: got %s, want %d, %q", test.name, answer.Body, v3Code, want)
		}
		if test.want == "" {
			continue
		}
		status, answer, err := p.AdminRaw("POST", "/admin/v1/apps", []byte(test.of(`{"name":"x"}`)))
		if is, _, _ := strings.Cut(strings.TrimPrefix(test.want, "it is "), ", not"); err != nil || status != 400 || !strings.Contains(string(answer), strings.TrimPrefix(is, "the body is ")) {
			if test.name != "an array" && test.name != "a string" && test.name != "GBK" { // whose structure is judged first
				t.Errorf("admin, %s: status %d, %s, %v", test.name, status, answer, err)
			}
		}
	}

	const formType = "application/x-www-form-urlencoded"
	const json = `{"openid":"1","access_token":"2"}`
	sound := m.info()
	sound.Method = http.MethodPost
	for _, test := range []struct {
		name, media, body, want string
	}{
		{"JSON", "application/json", json, "the body is JSON, not "},
		{"JSON that its type calls a form", formType, json, "the body is JSON, not "},
		{"a JSON array", formType, "[]", "the body is a JSON array, not "},
		{"a byte order mark", formType, "\ufeffgrant_type=1&openid=2", "the body is text after a byte order mark, not "},
		{"gzip", formType, gzipped(sound.Form()), "the body is compressed with gzip, not "},
		{"deflate", formType, deflated(sound.Form()), "the body is compressed with deflate, not "},
		{"percent-encoded JSON", formType, url.QueryEscape(json), "the body is percent-encoded JSON, not "},
		{"percent-encoded JSON with =", formType, url.QueryEscape(json) + "=", "the body is percent-encoded JSON, not "},
		{"XML", "text/xml", "<a/>", "the body is XML, not "},
		{"UTF-16", formType, utf16("grant_type=1&openid=2"), "the body is UTF-16, not "},
		{"GBK", formType, "x=\xd6\xd0&openid=" + m.openid, "the body is a form in GBK"},
		{"percent-encoded GBK", formType, sound.With("x", "\xd6\xd0").Form(), "the body is a form in GBK"},
		{"nothing", formType, "", "the body is empty"},
	} {
		openAPI := p.SendOpenAPI(t, "POST", infoPath, test.media, test.body)
		if openAPI.Status != http.StatusOK || openAPI.Ret != -1 || !strings.Contains(openAPI.Msg, test.want) {
			t.Errorf("OpenAPI, %s: got %s, want -1, %q", test.name, openAPI.Body, test.want)
		}
		for _, path := range []string{tokenPath, mePath, "/user/get_user_info"} {
			reply := p.Send(t, "POST", path, test.media, test.body)
			want := map[string]int{tokenPath: 100029, mePath: 100029, "/user/get_user_info": -1}[path]
			if test.body == "" {
				want = map[string]int{tokenPath: 100004, mePath: 100007, "/user/get_user_info": -1}[path]
			}
			if reply.Code() != want || !strings.Contains(reply.Body, test.want) {
				t.Errorf("%s, %s: got %s, want %d, %q", path, test.name, reply.Body, want, test.want)
			}
		}
	}

	// What is right is read as before, whatever its type says.
	for _, media := range []string{formType, "application/json", "text/plain", ""} {
		if answer := p.SendOpenAPI(t, "POST", infoPath, media, sound.Form()); answer.Ret != 0 {
			t.Errorf("a form as %q: got %s", media, answer.Body)
		}
	}

	// The pages show the developer of a wrong form what was sent.
	for _, path := range []string{"/account/", rookery.AuthorizePath(m.app, "http://127.0.0.1/callback")} {
		for body, want := range map[string]string{json: "JSON", gzipped(form): "compressed with gzip", url.QueryEscape(json): "percent-encoded JSON", "\ufeff" + form: "text after a byte order mark"} {
			page := p.Send(t, "POST", path, formType, body)
			if page.Status != http.StatusBadRequest || !strings.Contains(page.Body, "the body is "+want+", not application/x-www-form-urlencoded") {
				t.Errorf("%s: status %d, %s", path, page.Status, page.Body)
			}
		}
	}
}
