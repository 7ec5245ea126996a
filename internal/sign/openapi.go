package sign

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"slices"
)

// OpenAPI V3 signs with the Base64 of HMAC-SHA1, keyed by the appkey and one &, of METHOD&E(path)&E(parameters): the
// decoded parameters except sig, sorted by the bytes of their names and joined as name=value with & (qq-connect-openapi.md,
// B.4).

// OpenAPISource returns the string that is signed.
func OpenAPISource(method, path string, q Query) []byte {
	return appendOpenAPI(nil, method, path, sorted(q))
}

// OpenAPI returns the signature of a request: 28 characters of Base64.
func OpenAPI(method, path string, q Query, appkey string) string {
	mac := hmac.New(sha1.New, []byte(appkey+"&"))
	mac.Write(OpenAPISource(method, path, q))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// OpenAPICallback returns the signature of a request that the platform sends to an app. Its parameter cee_extend is not
// signed, and the values are encoded once more (qq-connect-openapi.md, B.6).
func OpenAPICallback(method, path string, q Query, appkey string) string {
	signed := slices.DeleteFunc(slices.Clone(q), func(p Param) bool { return p.Name == "cee_extend" })
	for i := range signed {
		signed[i].Value = string(CallbackEncoder.Append(nil, signed[i].Value))
	}
	return OpenAPI(method, path, signed, appkey)
}

// OpenAPIVerifier checks signatures. It reuses its buffers, so it serves many requests but not two at a time.
type OpenAPIVerifier struct {
	order  Query
	buffer []byte
	macs   map[string]hash.Hash // by appkey: resetting one costs a third of making one
}

// macsKept bounds the appkeys that a verifier remembers.
const macsKept = 64

// Request reports whether sig is the signature of a request by the appkey.
func (v *OpenAPIVerifier) Request(sig, method, path string, q Query, appkey string) bool {
	if len(sig) != base64.StdEncoding.EncodedLen(sha1.Size) {
		return false
	}
	v.order = append(v.order[:0], q...)
	sortByName(v.order)
	v.buffer = appendOpenAPI(v.buffer[:0], method, path, v.order)
	m := v.macs[appkey]
	if m == nil {
		if v.macs == nil || len(v.macs) == macsKept {
			v.macs = make(map[string]hash.Hash)
		}
		m = hmac.New(sha1.New, []byte(appkey+"&"))
		v.macs[appkey] = m
	}
	m.Reset()
	m.Write(v.buffer)
	end := len(v.buffer)
	v.buffer = m.Sum(v.buffer)
	v.buffer = base64.StdEncoding.AppendEncode(v.buffer, v.buffer[end:])
	return subtle.ConstantTimeCompare(v.buffer[end+sha1.Size:], []byte(sig)) == 1
}

// appendOpenAPI appends the signed string of the parameters in the given order.
func appendOpenAPI(b []byte, method, path string, order Query) []byte {
	b = append(b, method...)
	b = append(b, '&')
	b = StrictEncoder.Append(b, path)
	b = append(b, '&')
	first := true
	for i := range order {
		p := &order[i]
		if p.Name == "sig" {
			continue
		}
		if !first {
			b = StrictEncoder.Append(b, "&")
		}
		first = false
		b = StrictEncoder.Append(b, p.Name)
		b = StrictEncoder.Append(b, "=")
		b = StrictEncoder.Append(b, p.Value)
	}
	return b
}

// Encoder percent-encodes bytes.
type Encoder struct {
	kept  [256]bool
	blank string
	hex   string
}

// NewEncoder returns an encoder that keeps letters, digits and the given characters, and writes a blank as blank and other
// bytes with those 16 digits.
func NewEncoder(kept, blank, digits string) *Encoder {
	e := &Encoder{blank: blank, hex: digits}
	for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + kept) {
		e.kept[c] = true
	}
	return e
}

// Append appends the encoded text.
func (e *Encoder) Append(b []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case e.kept[c]:
			b = append(b, c)
		case c == ' ':
			b = append(b, e.blank...)
		default:
			b = append(b, '%', e.hex[c>>4], e.hex[c&15])
		}
	}
	return b
}

// The digits of an encoder.
const (
	UpperHex = "0123456789ABCDEF"
	LowerHex = "0123456789abcdef"
)

// StrictEncoder is the E of the documents; CallbackEncoder encodes the values of callbacks beforehand.
var (
	StrictEncoder   = NewEncoder("-_.", "%20", UpperHex)
	CallbackEncoder = NewEncoder("!*()", "%20", UpperHex)
)
