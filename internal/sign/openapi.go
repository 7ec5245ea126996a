package sign

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strings"
)

// OpenAPI V3 signs with the Base64 of HMAC-SHA1, keyed by the appkey and one &, of METHOD&E(path)&E(parameters): the
// decoded parameters except sig, sorted by the bytes of their names and joined as name=value with & (qq-connect-openapi.md,
// B.4).

// OpenAPISource returns the string that is signed.
func OpenAPISource(method, path string, q Query) []byte {
	return appendOpenAPI(nil, method, path, sorted(q), strictEncoder)
}

// OpenAPI returns the signature of a request: 28 characters of Base64.
func OpenAPI(method, path string, q Query, appkey string) string {
	return base64.StdEncoding.EncodeToString(mac(sha1.New, appkey+"&", OpenAPISource(method, path, q)))
}

// OpenAPICallback returns the signature of a request that the platform sends to an app. Its parameter cee_extend is not
// signed, and the values are encoded once more (qq-connect-openapi.md, B.6).
func OpenAPICallback(method, path string, q Query, appkey string) string {
	signed := slices.DeleteFunc(slices.Clone(q), func(p Param) bool { return p.Name == "cee_extend" })
	return OpenAPI(method, path, encodedValues(signed, callbackEncoder), appkey)
}

func encodedValues(q Query, e *encoder) Query {
	q = slices.Clone(q)
	for i := range q {
		q[i].Value = string(e.append(nil, q[i].Value))
	}
	return q
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
	v.buffer = appendOpenAPI(v.buffer[:0], method, path, v.order, strictEncoder)
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

func mac(newHash func() hash.Hash, key string, source []byte) []byte {
	m := hmac.New(newHash, []byte(key))
	m.Write(source)
	return m.Sum(nil)
}

// appendOpenAPI appends the signed string of the parameters in the given order.
func appendOpenAPI(b []byte, method, path string, order Query, e *encoder) []byte {
	b = append(b, method...)
	b = append(b, '&')
	b = e.append(b, path)
	b = append(b, '&')
	first := true
	for i := range order {
		p := &order[i]
		if p.Name == "sig" {
			continue
		}
		if !first {
			b = e.append(b, "&")
		}
		first = false
		b = e.append(b, p.Name)
		b = e.append(b, "=")
		b = e.append(b, p.Value)
	}
	return b
}

// encoder percent-encodes bytes.
type encoder struct {
	kept  [256]bool
	blank string
	hex   string
}

func newEncoder(kept, blank, digits string) *encoder {
	e := &encoder{blank: blank, hex: digits}
	for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + kept) {
		e.kept[c] = true
	}
	return e
}

func (e *encoder) append(b []byte, text string) []byte {
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

const upperHex, lowerHex = "0123456789ABCDEF", "0123456789abcdef"

// strictEncoder is the E of the documents; callbackEncoder encodes the values of callbacks beforehand.
var (
	strictEncoder   = newEncoder("-_.", "%20", upperHex)
	callbackEncoder = newEncoder("!*()", "%20", upperHex)
)

// wrongEncoders are encoders that callers' languages offer.
var wrongEncoders = []struct {
	who string
	*encoder
}{
	{"~ is left as it is (it must be %7E)", newEncoder("-_.~", "%20", upperHex)},
	{"a blank is + (it must be %20)", newEncoder("-_.", "+", upperHex)},
	{"it is Go's url.QueryEscape (a blank must be %20, ~ must be %7E)", newEncoder("-_.~", "+", upperHex)},
	{"it is JavaScript's encodeURIComponent (! ' ( ) * ~ must be encoded too)", newEncoder("-_.!~*'()", "%20", upperHex)},
	{".NET's HttpUtility.UrlEncode writes lower-case hex digits (they must be upper-case)", newEncoder("-_.!*()", "+", lowerHex)},
	{"the hex digits of the escapes are lower-case", newEncoder("-_.", "%20", lowerHex)},
	{"it is Java's URLEncoder (a blank must be %20, * must be %2A)", newEncoder("-_.*", "+", upperHex)},
	{"it is Java's URLEncoder with + replaced (* must be %2A)", newEncoder("-_.*", "%20", upperHex)},
	{"/ is left as it is (it must be %2F)", newEncoder("-_./", "%20", upperHex)},
	{"it is Python's urllib.parse.quote (/ must be %2F, ~ must be %7E)", newEncoder("-_.~/", "%20", upperHex)},
}

// OpenAPIMistake returns which of the usual mistakes gives exactly the received signature; "" when none does.
func OpenAPIMistake(sig, method, path string, q Query, keys Keys) string {
	order, key := sorted(q), keys.Right+"&"
	source := appendOpenAPI(nil, method, path, order, strictEncoder)
	sum := mac(sha1.New, key, source)
	signs := func(source []byte) bool { return sig == base64.StdEncoding.EncodeToString(mac(sha1.New, key, source)) }
	if what := otherText(sig, sum); what != "" {
		return what
	}
	for _, m := range []struct {
		what   string
		source []byte
	}{
		{"the parameters are not sorted by name", appendOpenAPI(nil, method, path, q, strictEncoder)},
		{"another method was signed than was sent: " + otherMethod(method), appendOpenAPI(nil, otherMethod(method), path, order, strictEncoder)},
		{"the method is not in upper case", appendOpenAPI(nil, strings.ToLower(method), path, order, strictEncoder)},
		{"the path is not encoded", replaceOnce(source, strictEncoder.append(nil, path), path)},
		{"a slash at the path's end was signed", appendOpenAPI(nil, method, path+"/", order, strictEncoder)},
		{"the parameters are encoded before they are joined, and not after it", joinedAfter(method, path, order)},
		{"the parameters are not encoded", joinedPlain(method, path, order)},
		{"the values were signed as they are sent, and not decoded", appendOpenAPI(nil, method, path, encodedValues(order, strictEncoder), strictEncoder)},
		{"the values were signed as they are sent, and not decoded", appendOpenAPI(nil, method, path, rawValues(order), strictEncoder)},
		{"the values are encoded as the platform's own callbacks have them", appendOpenAPI(nil, method, path, encodedValues(order, callbackEncoder), strictEncoder)},
		{"an empty parameter was left out of the signed string", appendOpenAPI(nil, method, path,
			slices.DeleteFunc(slices.Clone(order), func(p Param) bool { return p.Value == "" }), strictEncoder)},
	} {
		if signs(m.source) {
			return m.what
		}
	}
	for _, e := range wrongEncoders {
		if signs(appendOpenAPI(nil, method, path, order, e.encoder)) {
			return "the encoding is another one: " + e.who
		}
	}
	for i := range order {
		if signs(appendOpenAPI(nil, method, path, slices.Delete(slices.Clone(order), i, i+1), strictEncoder)) {
			return "the parameter " + clipped(order[i].Name) + " was left out of the signed string"
		}
	}
	return otherKey(sig, source, keys)
}

// otherText checks whether sig is the right sum in another form.
func otherText(sig string, sum []byte) string {
	right := base64.StdEncoding.EncodeToString(sum)
	unescaped, err := url.QueryUnescape(sig)
	switch {
	case strings.ReplaceAll(sig, " ", "+") == right:
		return "sig was not percent-encoded: + came as a blank"
	case err == nil && strings.ReplaceAll(unescaped, " ", "+") == right:
		return "sig was percent-encoded twice"
	case sig == strings.TrimRight(right, "="):
		return "the padding (=) at the end of sig is missing"
	case strings.TrimRight(sig, "=") == base64.RawURLEncoding.EncodeToString(sum):
		return "sig is in the URL alphabet of Base64 (- and _), not in the usual one (+ and /)"
	case strings.EqualFold(sig, hex.EncodeToString(sum)):
		return "sig is in hex digits, not in Base64"
	case sig == base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum))):
		return "the hex digits were put into Base64, not the bytes"
	case strings.TrimSpace(sig) == right:
		return "there is white space around sig"
	}
	return ""
}

// otherKey checks whether the right string was signed with another key.
func otherKey(sig string, source []byte, keys Keys) string {
	signs := func(key string) bool { return sig == base64.StdEncoding.EncodeToString(mac(sha1.New, key, source)) }
	switch {
	case signs(keys.Right):
		return "the & after the key is missing"
	case signs(strings.NewReplacer("-", "+", "_", "/").Replace(keys.Right) + "&"):
		return "- and _ in the key were replaced, as one of the official SDKs does: give the app a key of letters and digits"
	case signs(keys.Right + "\n&"), signs(keys.Right + "&\n"):
		return "a line feed after the key was signed with it"
	case sig == base64.StdEncoding.EncodeToString(mac(sha256.New, keys.Right+"&", source)):
		return "it is HMAC-SHA256, not HMAC-SHA1"
	}
	for name, key := range keys.Others {
		if signs(key + "&") {
			return "it was signed with another key: the " + name
		}
	}
	return ""
}

func otherMethod(method string) string {
	if method == "GET" {
		return "POST"
	}
	return "GET"
}

func replaceOnce(source, old []byte, with string) []byte {
	return bytes.Replace(source, old, []byte(with), 1)
}

// joinedAfter returns the string that is signed when names and values are encoded first and then joined by bare = and &.
func joinedAfter(method, path string, order Query) []byte {
	encoded := encodedValues(order, strictEncoder)
	return append(append(append([]byte(method), '&'), strictEncoder.append(nil, path)...), joined(encoded)...)
}

func joinedPlain(method, path string, order Query) []byte {
	return append(append(append([]byte(method), '&'), strictEncoder.append(nil, path)...), joined(order)...)
}

func joined(order Query) (b []byte) {
	for i := range order {
		if order[i].Name != "sig" {
			b = append(append(append(append(b, '&'), order[i].Name...), '='), order[i].Value...)
		}
	}
	return b
}

func rawValues(q Query) Query {
	q = slices.Clone(q)
	for i := range q {
		q[i].Value = q[i].RawValue
	}
	return q
}

func clipped(name string) string {
	if len(name) > 40 {
		return name[:40] + "..."
	}
	return name
}
