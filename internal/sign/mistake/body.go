package mistake

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rookeryhq/rookery/internal/sign"
)

// otherBody is a body that may have been signed instead of the one that was sent.
type otherBody struct {
	what   string
	body   []byte
	common bool // as slip.common
}

// otherBodies returns the variants of a body that the usual libraries, editors and tools make.
func otherBodies(body []byte) (all []otherBody) {
	common := true
	add := func(what string, other []byte) {
		if !bytes.Equal(other, body) && !slices.ContainsFunc(all, func(o otherBody) bool { return bytes.Equal(o.body, other) }) {
			all = append(all, otherBody{what, other, common})
		}
	}
	text := string(body)
	add("none at all", nil)
	if bare, ok := strings.CutPrefix(text, byteOrderMark); ok {
		add("without the byte order mark", []byte(bare))
	} else {
		add("with a byte order mark before it", []byte(byteOrderMark+text))
	}
	add("without the white space around it", bytes.TrimSpace(body))
	add("without the white space and the byte order mark around it", bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(body), []byte(byteOrderMark))))
	for _, end := range endings {
		add("with "+end.what+" at the end", []byte(text+end.text))
	}
	unix := strings.ReplaceAll(text, "\r\n", "\n")
	add("with line feeds alone between its lines", []byte(unix))
	add("with a carriage return and a line feed between its lines", []byte(strings.ReplaceAll(unix, "\n", "\r\n")))
	if len(body) == 0 {
		for _, nothing := range []string{"{}", "null", "[]", `""`} {
			add(nothing+", where none was sent", []byte(nothing))
		}
		return all
	}

	for _, decode := range []func(string) (string, error){url.QueryUnescape, url.PathUnescape} {
		if decoded, err := decode(text); err == nil {
			add("percent-decoded", []byte(decoded))
			add("percent-decoded and without the = at the end", []byte(strings.TrimSuffix(decoded, "=")))
		}
	}
	for _, e := range urlEncoders {
		add("percent-encoded, "+e.what, e.Append(nil, text))
	}
	common = false
	if name, value, ok := strings.Cut(text, "="); ok {
		add("without the name before its first =", []byte(value))
		if decoded, err := url.QueryUnescape(value); err == nil {
			add("percent-decoded and without the name before its first =", []byte(decoded))
		}
		add("without the = at the end", []byte(name))
	}
	quoted, _ := json.Marshal(text) // a string cannot fail
	add("as a JSON string, in quotation marks", quoted)
	quoted, _ = jsontext.AppendQuote(nil, text)
	add("as a JSON string, in quotation marks", quoted)
	if unquoted, err := jsontext.AppendUnquote(nil, bytes.TrimSpace(body)); err == nil {
		add("without the quotation marks of a JSON string", unquoted)
	}
	add("escaped for HTML", []byte(html.EscapeString(text)))
	add("with its quotation marks as ' instead of \"", []byte(strings.ReplaceAll(text, `"`, `'`)))
	sum := md5.Sum(body)
	add("its MD5 in hex digits", hex.AppendEncode(nil, sum[:]))
	add("its MD5 in upper-case hex digits", bytes.ToUpper(hex.AppendEncode(nil, sum[:])))
	add("in Base64", base64.StdEncoding.AppendEncode(nil, body))
	add("in hex digits", hex.AppendEncode(nil, body))
	for _, c := range charsets {
		add(c.what, []byte(c.of(text)))
	}
	return append(all, otherJSON(body)...)
}

var endings = []struct{ what, text string }{
	{"a line feed", "\n"}, {"a carriage return and a line feed", "\r\n"}, {"a carriage return", "\r"}, {"a blank", " "}, {"a zero byte", "\x00"},
}

// urlEncoders are the usual encoders of whole bodies or their parameters.
var urlEncoders = []struct {
	what string
	*sign.Encoder
}{
	{"a blank as %20", sign.StrictEncoder},
	{"a blank as %20 and ~ as it is", sign.NewEncoder("-_.~", "%20", sign.UpperHex)},
	{"a blank as +", sign.NewEncoder("-_.~", "+", sign.UpperHex)},
	{"a blank as + and * as it is", sign.NewEncoder("-_.*", "+", sign.UpperHex)},
	{"as JavaScript's encodeURIComponent does", sign.NewEncoder("-_.!~*'()", "%20", sign.UpperHex)},
	{"as JavaScript's encodeURI does", sign.NewEncoder("-_.!~*'();/?:@&=+$,#", "%20", sign.UpperHex)},
	{"as Python's quote does, with / as it is", sign.NewEncoder("-_.~/", "%20", sign.UpperHex)},
	{"with lower-case hex digits", sign.NewEncoder("-_.~", "%20", sign.LowerHex)},
	{"with lower-case hex digits and a blank as +", sign.NewEncoder("-_.!*()", "+", sign.LowerHex)},
}

// charsets turn a text into what it becomes in encodings other than UTF-8, or when its UTF-8 is misread.
var charsets = []struct {
	what string
	of   func(string) string
}{
	{"with ? for each character past ASCII", func(text string) string {
		return strings.Map(func(r rune) rune {
			if r >= utf8.RuneSelf {
				return '?'
			}
			return r
		}, text)
	}},
	{"with its UTF-8 bytes taken for Latin-1 and encoded again", func(text string) string {
		var b []rune
		for _, c := range []byte(text) {
			b = append(b, rune(c))
		}
		return string(b)
	}},
	{"in GBK", func(text string) string {
		encoded, err := simplifiedchinese.GB18030.NewEncoder().String(text)
		if err != nil {
			return text
		}
		return encoded
	}},
	{"in Latin-1", func(text string) string {
		var b []byte
		for _, r := range text {
			if r > 0xff {
				return text
			}
			b = append(b, byte(r))
		}
		return string(b)
	}},
	{"in UTF-16, the low byte first", func(text string) string { return utf16Text(text, false) }},
	{"in UTF-16, the high byte first", func(text string) string { return utf16Text(text, true) }},
	{"cut to as many bytes as it has characters", func(text string) string { return text[:utf8.RuneCountInString(text)] }},
}

func utf16Text(text string, highFirst bool) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		if highFirst {
			b = append(b, byte(unit>>8), byte(unit))
		} else {
			b = append(b, byte(unit), byte(unit>>8))
		}
	}
	return string(b)
}

// otherJSON returns the texts that the usual JSON libraries write for a body that they have read: each layout with each way
// to write letters, and the members in their order or sorted.
func otherJSON(body []byte) (all []otherBody) {
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	if len(body) > maxReformatted || depth(body) > maxDepth {
		return nil
	}
	for _, sorted := range []bool{false, true} {
		for _, layout := range jsonLayouts {
			options := append([]jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.ReorderRawObjects(sorted)}, layout.options...)
			asSent, err := jsontext.AppendFormat(nil, body, append(options, jsontext.PreserveRawStrings(true))...)
			if err != nil {
				return nil
			}
			if len(asSent) > 4*maxReformatted {
				continue
			}
			unescaped, _ := jsontext.AppendFormat(nil, body, options...) // cannot fail: it was read just now
			for _, letters := range jsonLetters {
				text := asSent
				if letters.of != nil {
					text = letters.of(unescaped)
				}
				var changes []string
				for _, change := range []struct {
					made bool
					what string
				}{{sorted, "with its members sorted"}, {layout.what != "", layout.what}, {letters.what != "", letters.what}} {
					if change.made {
						changes = append(changes, change.what)
					}
				}
				if len(changes) == 0 {
					changes = []string{"without white space"}
				}
				all = append(all, otherBody{"the same JSON " + strings.Join(changes, " and "), text, len(changes) == 1})
			}
		}
	}
	return all
}

// Bounds on the JSON that is tried in other forms, since a few bytes can become many when indented.
const (
	maxReformatted = 16 << 10
	maxDepth       = 16
)

// depth returns how deep JSON is nested, as far as it is JSON.
func depth(text []byte) (deepest int) {
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	for {
		if _, err := decoder.ReadToken(); err != nil {
			return deepest
		}
		deepest = max(deepest, decoder.StackDepth())
	}
}

var jsonLayouts = []struct {
	what    string
	options []jsontext.Options
}{
	{"", nil},
	{"with a space after , and :", []jsontext.Options{jsontext.SpaceAfterComma(true), jsontext.SpaceAfterColon(true)}},
	{"with a space after :", []jsontext.Options{jsontext.SpaceAfterColon(true)}},
	{"with a space after ,", []jsontext.Options{jsontext.SpaceAfterComma(true)}},
	{"indented by 2", []jsontext.Options{jsontext.WithIndent("  "), jsontext.SpaceAfterColon(true)}},
	{"indented by 4", []jsontext.Options{jsontext.WithIndent("    "), jsontext.SpaceAfterColon(true)}},
	{"indented by tabs", []jsontext.Options{jsontext.WithIndent("\t"), jsontext.SpaceAfterColon(true)}},
}

// jsonLetters are applied to JSON in which only necessary escapes are left; without a function the letters stay as sent.
var jsonLetters = []struct {
	what string
	of   func([]byte) []byte
}{
	{"", nil},
	{"no letter escaped", func(text []byte) []byte { return text }},
	{"non-ASCII letters escaped", escaped},
	{"non-ASCII letters and / escaped, as PHP's json_encode does", func(text []byte) []byte { return escaped(slashed(text)) }},
	{"/ escaped", slashed},
	{"<, > and & escaped", func(text []byte) []byte {
		var b bytes.Buffer
		json.HTMLEscape(&b, text)
		return b.Bytes()
	}},
	{"<, >, &, = and ' escaped, as Gson does", func(text []byte) []byte {
		return []byte(gsonEscapes.Replace(string(text)))
	}},
}

var gsonEscapes = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`, "=", `\u003d`, "'", `\u0027`)

// slashed escapes each /, which occurs only in strings of JSON.
func slashed(text []byte) []byte { return bytes.ReplaceAll(text, []byte("/"), []byte(`\/`)) }

// escaped writes every letter past ASCII as \uXXXX.
func escaped(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			out = append(out, byte(r))
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
	}
	return out
}
