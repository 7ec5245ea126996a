package openapi

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// answer is the result of a call.
type answer struct {
	msg  string        // left out when empty
	lost *bool         // is_lost; nil for interfaces without it
	data func(*writer) // nil without data
}

func encode(c *access.Call, result any, err error) {
	in, ok := c.Input.(*request)
	if !ok { // the call ended before its parameters were read
		in = new(request)
		c.Query, _ = c.Query[:0].AddForm(c.Request.URL.RawQuery)
		in.read(c.Query)
	}
	a := &c.Answer
	a.Status = http.StatusOK
	out, _ := result.(*answer)
	if err != nil {
		out = new(answer)
		refusal := refusals.Refusal(err)
		a.Code, a.RetryAfter, out.msg = refusal.Code, refusal.RetryAfter, refusal.Text
		if a.Code == retcode.OpenAPIInternal {
			a.Status = http.StatusInternalServerError
		}
	}
	w := writer{buf: a.Body, xml: in.xml}
	w.begin(in.gbk)
	w.number("ret", int64(a.Code.Number()))
	if out.msg != "" {
		w.text("msg", out.msg)
	}
	if out.lost != nil {
		w.flag("is_lost", *out.lost)
	}
	if out.data != nil {
		out.data(&w)
	}
	if in.seq != "" {
		w.raw("seq", in.seq)
		c.NoteSeq(in.seq)
	}
	w.end()
	a.Body, a.ContentType = w.buf, "text/html; charset=utf-8"
	if in.gbk {
		a.Body, a.ContentType = toGBK(w.buf, in.xml), "text/html; charset=gbk"
	}
}

var refusals = &refuse.Door{
	NoRoute: retcode.QQAPINotFound, Method: retcode.QQParameterInvalid, Unreadable: retcode.QQParameterInvalid, Internal: retcode.OpenAPIInternal,
	Texts: map[retcode.Code]string{ // as documented (qq-connect-openapi.md, B.7)
		retcode.QQSignatureWrong: "signature verification failed",
		retcode.OpenAPIInternal:  "server busy",
	},
	Failed: func(f *oidb.Failure) (retcode.Code, string) {
		code := refuse.OpenAPIMeaning(f.Code)
		if code.Domain() != retcode.QQ { // the bus's own results: the pair could not be checked
			code = retcode.QQOpenIDOpenKeyCheckFailed
		}
		return code, f.Error()
	},
	Other: func(err error) error {
		if errors.Is(err, access.ErrUnreadable) && !errors.Is(err, access.ErrTooLarge) {
			return retcode.QQParameterInvalid.Errorf("the body ended early")
		}
		return err
	},
}

// writer writes an answer's members in the requested form: an object of JSON, or elements below one called data.
type writer struct {
	buf   []byte
	xml   bool
	comma bool // in JSON, a member has been written before
}

func (w *writer) begin(gbk bool) {
	switch {
	case !w.xml:
		w.buf = append(w.buf, '{')
	case gbk:
		w.buf = append(w.buf, `<?xml version="1.0" encoding="gbk"?><data>`...)
	default:
		w.buf = append(w.buf, `<?xml version="1.0" encoding="utf-8"?><data>`...)
	}
}

func (w *writer) end() {
	if w.xml {
		w.buf = append(w.buf, "</data>\n"...)
	} else {
		w.buf = append(w.buf, "}\n"...)
	}
}

func (w *writer) open(name string) {
	if w.xml {
		w.buf = append(append(append(w.buf, '<'), elementName(name)...), '>')
		return
	}
	if w.comma {
		w.buf = append(w.buf, ',')
	}
	w.comma = true
	w.buf = append(append(append(w.buf, '"'), name...), `":`...)
}

func (w *writer) close(name string) {
	if w.xml {
		w.buf = append(append(append(w.buf, "</"...), elementName(name)...), '>')
	}
}

// elementName returns a member's name for XML: a name that begins with a digit gets an underscore in front.
func elementName(name string) string {
	if name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// raw writes a value that needs no quotes.
func (w *writer) raw(name, value string) {
	w.open(name)
	w.buf = append(w.buf, value...)
	w.close(name)
}

func (w *writer) number(name string, n int64) {
	w.open(name)
	w.buf = strconv.AppendInt(w.buf, n, 10)
	w.close(name)
}

// flag writes a truth value as 0 or 1.
func (w *writer) flag(name string, is bool) {
	if is {
		w.raw(name, "1")
	} else {
		w.raw(name, "0")
	}
}

// boolean writes a truth value as false or true.
func (w *writer) boolean(name string, is bool) { w.raw(name, strconv.FormatBool(is)) }

func (w *writer) text(name, text string) {
	w.open(name)
	if w.xml {
		var escaped bytes.Buffer
		_ = xml.EscapeText(&escaped, []byte(text)) // a Buffer accepts everything
		w.buf = append(w.buf, escaped.Bytes()...)
	} else {
		w.buf = appendString(w.buf, text)
	}
	w.close(name)
}

// list writes items: an array of objects, or an element with one called item for each.
func (w *writer) list(name string, count int, item func(i int)) {
	w.open(name)
	if !w.xml {
		w.buf = append(w.buf, '[')
	}
	for i := range count {
		switch {
		case w.xml:
			w.buf = append(w.buf, "<item>"...)
		case i > 0:
			w.buf = append(w.buf, ",{"...)
		default:
			w.buf = append(w.buf, '{')
		}
		w.comma = false
		item(i)
		if w.xml {
			w.buf = append(w.buf, "</item>"...)
		} else {
			w.buf = append(w.buf, '}')
		}
	}
	if !w.xml {
		w.buf = append(w.buf, ']')
	}
	w.comma = true
	w.close(name)
}

// appendString appends a JSON string without < > &: the answer is sent as HTML, and a name must not become markup.
func appendString(b []byte, text string) []byte {
	b = append(b, '"')
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			switch {
			case c == '"' || c == '\\':
				b = append(b, '\\', c)
			case c < ' ' || c == '<' || c == '>' || c == '&' || c == 0x7f:
				b = appendEscape(b, rune(c))
			default:
				b = append(b, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		b = utf8.AppendRune(b, r) // U+FFFD for an invalid rune
		i += size
	}
	return append(b, '"')
}

// appendEscape appends \u escapes, two of them for a rune above U+FFFF.
func appendEscape(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	if r > 0xffff {
		r -= 0x10000
		return appendEscape(appendEscape(b, 0xd800+r>>10), 0xdc00+r&0x3ff)
	}
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// toGBK recodes an answer. Characters that GBK lacks are escaped as the form allows, so that nothing is lost.
func toGBK(body []byte, asXML bool) []byte {
	encoder := simplifiedchinese.GBK.NewEncoder()
	var encoded [4]byte
	b := make([]byte, 0, len(body))
	for len(body) > 0 {
		if body[0] < utf8.RuneSelf {
			b = append(b, body[0])
			body = body[1:]
			continue
		}
		r, size := utf8.DecodeRune(body)
		n, _, err := encoder.Transform(encoded[:], body[:size], true)
		switch {
		case err == nil && r != utf8.RuneError:
			b = append(b, encoded[:n]...)
		case asXML:
			b = append(strconv.AppendInt(append(b, "&#"...), int64(r), 10), ';')
		default:
			b = appendEscape(b, r)
		}
		body = body[size:]
	}
	return b
}
