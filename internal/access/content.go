package access

import (
	"bytes"
	"fmt"
	"mime"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Content is what a body is, in words that fit after "the body is". Doors ask for it when they refuse a body.
type Content string

// The contents that some interface takes, and those without anything to name.
const (
	ContentEmpty     Content = "empty"
	ContentUnknown   Content = ""
	ContentJSON      Content = "JSON" // text that begins as an object does
	ContentForm      Content = "a form"
	ContentMultipart Content = "multipart/form-data"
)

// IsForm reports whether the body is a form, in whatever character set.
func (is Content) IsForm() bool { return strings.HasPrefix(string(is), string(ContentForm)) }

// Content recognizes the body by its bytes, since callers are careless about its type; the headers help where bytes cannot
// tell.
func (c *Call) Content() Content {
	body := bytes.TrimSpace(c.Body)
	if len(body) == 0 {
		return ContentEmpty
	}
	if what := c.encoded(); what != "" {
		return what
	}
	if rest, marked := bytes.CutPrefix(body, []byte("\ufeff")); marked {
		if len(rest) == 0 {
			return "a byte order mark alone"
		}
		return "text after a byte order mark"
	}
	text := string(body)
	if !utf8.Valid(body) {
		if isForm(text) {
			return ContentForm + " in " + c.charset(body)
		}
		return "text in " + c.charset(body)
	}
	lower := strings.ToLower(text[:min(len(text), 3)])
	switch {
	case text[0] == '{':
		return ContentJSON
	case text[0] == '[':
		return "a JSON array"
	case text[0] == '"':
		return "a JSON string"
	case text[0] == '<':
		return "XML"
	case lower == "%7b", lower == "%5b", lower == "%22":
		return "percent-encoded JSON"
	case strings.HasPrefix(text, "eyJ") && strings.Trim(text, base64Alphabet) == "":
		return "Base64"
	case strings.HasPrefix(text, "--") && strings.Contains(text, "form-data"):
		return ContentMultipart
	case isForm(text):
		if !escapesLetters(text) {
			return ContentForm
		}
		if decoded, err := url.QueryUnescape(text); err == nil && !utf8.ValidString(decoded) {
			return ContentForm + " in " + c.charset([]byte(decoded))
		}
		return ContentForm
	}
	return ContentUnknown
}

// base64Alphabet is that of both variants, with the padding.
const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="

// isForm reports whether a text is names and values of a form, however carelessly encoded. A name has no blank and none of
// the punctuation of other formats.
func isForm(text string) bool {
	name, _, pair := strings.Cut(text, "=")
	return pair && name != "" && strings.IndexFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`{}"'<>,:;()`, r)
	}) < 0
}

// encoded recognizes compressed and enciphered bodies, and text in units of more than a byte; "" for any other.
func (c *Call) encoded() Content {
	b := c.Body
	begins := func(with string) bool { return bytes.HasPrefix(b, []byte(with)) }
	switch {
	case begins("\x1f\x8b"):
		return "compressed with gzip"
	case len(b) > 1 && b[0]&0x0f == 8 && b[0] < 0x80 && (int(b[0])<<8|int(b[1]))%31 == 0 && !printable(b): // RFC 1950, 2.2
		return "compressed with deflate"
	case begins("\x28\xb5\x2f\xfd"):
		return "compressed with zstd"
	case begins("\xff\xfe\x00\x00"), begins("\x00\x00\xfe\xff"):
		return "UTF-32"
	case begins("\xff\xfe"), begins("\xfe\xff"), len(b) > 3 && (b[0] == 0) != (b[1] == 0) && (b[2] == 0) == (b[0] == 0) && (b[3] == 0) == (b[1] == 0):
		return "UTF-16"
	}
	// The others have no mark of their own.
	encoding, cipher := c.header("Content-Encoding"), c.header("Content-Encrypt")
	if encoding == "" && cipher == "" || printable(b) {
		return ""
	}
	switch encoding = strings.ToLower(strings.TrimSpace(encoding)); encoding {
	case "":
	case "deflate", "br", "compress", "zstd":
		return Content("compressed with " + encoding)
	default:
		return Content(fmt.Sprintf("encoded as its Content-Encoding %.20q says", encoding))
	}
	if cipher != "" {
		return Content(fmt.Sprintf("enciphered as its Content-Encrypt %.20q says", cipher))
	}
	return ""
}

// header returns the first value of a request's header; "" without a request.
func (c *Call) header(name string) string {
	if c.Request == nil {
		return ""
	}
	return c.Request.Header.Get(name)
}

// printable reports whether bytes are text in UTF-8.
func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(b)
}

// escapesLetters reports whether an escape in a form may stand for a part of a letter past ASCII.
func escapesLetters(form string) bool {
	for i := 1; i < len(form); i++ {
		if form[i-1] == '%' && form[i] >= '8' {
			return true
		}
	}
	return false
}

// charset names the character set of a text that is not UTF-8: the one that its type names, or else GBK, which callers use
// without saying so, if the bytes can be that.
func (c *Call) charset(body []byte) Content {
	_, options, _ := mime.ParseMediaType(c.header("Content-Type"))
	if name := options["charset"]; name != "" && !strings.EqualFold(strings.ReplaceAll(name, "-", ""), "utf8") {
		return Content(fmt.Sprintf("the character set %.20q", name))
	}
	if text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body); err == nil && !bytes.ContainsRune(text, utf8.RuneError) && printable(text) {
		return "GBK"
	}
	return "another character set than UTF-8"
}
