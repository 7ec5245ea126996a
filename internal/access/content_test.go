package access

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// packed returns a text as a writer of a format packs it.
func packed(t *testing.T, text string, format func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var b bytes.Buffer
	w := format(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContent(t *testing.T) {
	const object, form = `{"openid":"1"}`, "openid=1&x=a+b"
	wide := func(text string, order ...int) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			unit := [2]byte{}
			unit[order[0]] = c
			b.Write(unit[:])
		}
		return b.String()
	}
	gz := packed(t, object, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	zl := packed(t, object, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	raw := packed(t, object, func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f })
	for _, test := range []struct {
		name, body, header, value string
		want                      Content
	}{
		{"nothing", "", "", "", "empty"},
		{"white space", " \r\n\t", "", "", "empty"},
		{"an object", object, "", "", "JSON"},
		{"an object after blanks", "\n " + object, "", "", "JSON"},
		{"an object cut off", object[:5], "", "", "JSON"},
		{"an object, whatever its type says", object, "Content-Type", "application/x-www-form-urlencoded", "JSON"},
		{"an object that its header calls compressed", object, "Content-Encoding", "gzip", "JSON"},
		{"an array", "[1]", "", "", "a JSON array"},
		{"a string", `"{}"`, "", "", "a JSON string"},
		{"a number", "1", "", "", ""},
		{"a word", "null", "", "", ""},
		{"a form", form, "", "", "a form"},
		{"a form of one name", "a=", "", "", "a form"},
		{"a form with JSON in it", `data={"a":1}`, "", "", "a form"},
		{"a sentence", "not = a form", "", "", ""},
		{"percent-encoded", "%7B%22openid%22%3A%221%22%7D", "", "", "percent-encoded JSON"},
		{"percent-encoded in lower case", "%7b%22openid%22%3a%221%22%7d=", "", "", "percent-encoded JSON"},
		{"a percent-encoded array", "%5B%5D", "", "", "percent-encoded JSON"},
		{"XML", "<a/>", "", "", "XML"},
		{"multipart", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n", "", "", "multipart/form-data"},
		{"Base64", "eyJvcGVuaWQiOiIxIn0=", "", "", "Base64"},
		{"a byte order mark", "\ufeff" + object, "", "", "text after a byte order mark"},
		{"a byte order mark of a form", "\ufeff" + form, "", "", "text after a byte order mark"},
		{"a byte order mark alone", "\ufeff", "", "", "a byte order mark alone"},
		{"gzip", gz, "", "", "compressed with gzip"},
		{"gzip with its header", gz, "Content-Encoding", "gzip", "compressed with gzip"},
		{"gzip cut off", gz[:12], "", "", "compressed with gzip"},
		{"zlib", zl, "", "", "compressed with deflate"},
		{"zlib with its header", zl, "Content-Encoding", "deflate", "compressed with deflate"},
		{"deflate without a header of its own", raw, "Content-Encoding", "deflate", "compressed with deflate"},
		{"brotli", "\x8b\x03\x80\xff\x03", "Content-Encoding", "br", "compressed with br"},
		{"zstd", "\x28\xb5\x2f\xfd\x04\x00", "", "", "compressed with zstd"},
		{"an encoding of its own", "\x01\x02\xff", "Content-Encoding", "tea", `encoded as its Content-Encoding "tea" says`},
		{"a cipher", "\x01\x02\xff", "Content-Encrypt", "msdktea", `enciphered as its Content-Encrypt "msdktea" says`},
		{"UTF-16, little end first", wide(object, 0), "", "", "UTF-16"},
		{"UTF-16, big end first", wide(object, 1), "", "", "UTF-16"},
		{"UTF-16 of a form", wide(form, 0), "", "", "UTF-16"},
		{"UTF-16 with its mark", "\xff\xfe" + wide(object, 0), "", "", "UTF-16"},
		{"UTF-16 with the other mark", "\xfe\xff" + wide(object, 1), "", "", "UTF-16"},
		{"UTF-32", "\xff\xfe\x00\x00{\x00\x00\x00", "", "", "UTF-32"},
		{"GBK", "{\"a\":\"\xd6\xd0\xce\xc4\"}", "", "", "text in GBK"},
		{"a form in GBK", "a=\xd6\xd0", "", "", "a form in GBK"},
		{"a percent-encoded form in GBK", "a=%D6%D0", "", "", "a form in GBK"},
		{"a set that its type names", "{\"a\":\"\xe9\"}", "Content-Type", "application/json; charset=ISO-8859-1", `text in the character set "ISO-8859-1"`},
		{"a set that its type hides", "{\"a\":\"\xe9\"}", "Content-Type", "application/json; charset=UTF-8", "text in another character set than UTF-8"},
		{"UTF-8 whatever its type names", object, "Content-Type", "application/json; charset=gbk", "JSON"},
		{"zero bytes", "\x00\x00\x00\x00", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", nil)
			if test.header != "" {
				r.Header.Set(test.header, test.value)
			}
			if got := (&Call{Request: r, Body: []byte(test.body)}).Content(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
