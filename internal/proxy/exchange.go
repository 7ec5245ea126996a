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
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rookeryhq/rookery/internal/har"
)

// Exchange is a request and its answer.
type Exchange struct {
	Start time.Time
	Took  time.Duration
	Peer  string // address of the caller with its port; "" when it is not known

	Method  string
	Address string // whole, as it was sent
	Host    string // that the caller asked for
	Secure  bool   // came by HTTPS
	Header  http.Header
	Body    Body

	Status       int // 0 if no answer came
	AnswerHeader http.Header
	Answer       Body
	Failed       error // why no answer came; nil if one did

	Comment string // of the program that recorded it
}

// request returns the request as a door gets it.
func (x *Exchange) request() *http.Request {
	u, err := url.Parse(x.Address)
	if err != nil {
		u = new(url.URL) // of no door
	}
	u.Scheme, u.Host, u.User = "", "", nil
	return &http.Request{Method: x.Method, URL: u, Host: x.Host, Header: x.Header, RemoteAddr: x.Peer, ContentLength: x.Body.Size}
}

// Body is what is kept of a body.
type Body struct {
	Bytes []byte
	Size  int64 // of all of it
}

// whole reports whether nothing is left out.
func (b *Body) whole() bool { return b.Size == int64(len(b.Bytes)) }

// maxDecoded bounds a decompressed body, in bytes.
const maxDecoded = 1 << 20

// decoded returns a body without its compression, as far as it can be read, and why it cannot. Programs that record sessions
// keep the header of a compression that they have removed, so the bytes decide.
func (b *Body) decoded(header http.Header) (text []byte, why string) {
	encoding := strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding")))
	var reader io.Reader
	var err error
	switch {
	case bytes.HasPrefix(b.Bytes, []byte("\x1f\x8b")):
		reader, err = gzip.NewReader(bytes.NewReader(b.Bytes))
	case encoding == "" || encoding == "identity" || utf8.Valid(b.Bytes):
		return b.Bytes, ""
	case encoding == "deflate":
		if reader, err = zlib.NewReader(bytes.NewReader(b.Bytes)); err != nil { // many servers leave its frame away
			reader, err = flate.NewReader(bytes.NewReader(b.Bytes)), nil
		}
	default:
		return nil, fmt.Sprintf("it is compressed with %.20q", encoding)
	}
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(reader, maxDecoded))
	}
	if err != nil && len(text) == 0 {
		return nil, "its compression cannot be read"
	}
	return text, ""
}

// FromHAR returns the exchange that an entry of an archive holds.
func FromHAR(e *har.Entry) *Exchange {
	x := &Exchange{
		Start: e.Start(), Took: e.Took(),
		Method: e.Request.Method, Address: e.Request.URL, Secure: strings.HasPrefix(e.Request.URL, "https:"), Header: headers(e.Request.Headers),
		Comment: e.Comment, Status: e.Response.Status, AnswerHeader: headers(e.Response.Headers),
		Answer: content(e.Response.Content.Text, e.Response.Content.Encoding),
	}
	if post := e.Request.PostData; post != nil {
		x.Body = content(post.Text, post.Encoding)
		if post.Text == "" {
			x.Body = content(form(post.Params), "")
		}
	}
	if x.AnswerHeader.Get("Content-Type") == "" {
		x.AnswerHeader.Set("Content-Type", e.Response.Content.MIMEType)
	}
	return x
}

func headers(pairs []har.Pair) http.Header {
	h := make(http.Header)
	for _, p := range pairs {
		h.Add(p.Name, p.Value)
	}
	return h
}

// content returns a body that an archive has as text. Of Base64 that breaks off the rest is left out.
func content(text, encoding string) Body {
	b := []byte(text)
	if strings.EqualFold(encoding, "base64") {
		b, _ = io.ReadAll(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text))) // what was read before an error
	}
	return Body{Bytes: b, Size: int64(len(b))}
}

// form writes the parameters of a form.
func form(params []har.Pair) string {
	var pairs []string
	for _, p := range params {
		pairs = append(pairs, url.QueryEscape(p.Name)+"="+url.QueryEscape(p.Value))
	}
	return strings.Join(pairs, "&")
}
