package mistake

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"crypto/sha1"
	"strings"

	"github.com/rookeryhq/rookery/internal/sign"
)

// lowerEncoder is the right one except for the case of its digits.
var lowerEncoder = sign.NewEncoder("-_.", "%20", sign.LowerHex)

// wrongEncoders are encoders that callers' languages offer.
var wrongEncoders = []struct {
	who string
	*sign.Encoder
}{
	{"~ is left as it is (it must be %7E)", sign.NewEncoder("-_.~", "%20", sign.UpperHex)},
	{"a blank is + (it must be %20)", sign.NewEncoder("-_.", "+", sign.UpperHex)},
	{"it is Go's url.QueryEscape (a blank must be %20, ~ must be %7E)", sign.NewEncoder("-_.~", "+", sign.UpperHex)},
	{"it is JavaScript's encodeURIComponent (! ' ( ) * ~ must be encoded too)", sign.NewEncoder("-_.!~*'()", "%20", sign.UpperHex)},
	{".NET's HttpUtility.UrlEncode writes lower-case hex digits (they must be upper-case)", sign.NewEncoder("-_.!*()", "+", sign.LowerHex)},
	{"the hex digits of the escapes are lower-case", lowerEncoder},
	{"it is Java's URLEncoder (a blank must be %20, * must be %2A)", sign.NewEncoder("-_.*", "+", sign.UpperHex)},
	{"it is Java's URLEncoder with + replaced (* must be %2A)", sign.NewEncoder("-_.*", "%20", sign.UpperHex)},
	{"/ is left as it is (it must be %2F)", sign.NewEncoder("-_./", "%20", sign.UpperHex)},
	{"it is Python's urllib.parse.quote (/ must be %2F, ~ must be %7E)", sign.NewEncoder("-_.~/", "%20", sign.UpperHex)},
}

// openAPISigning describes how a signer puts together the text of an OpenAPI V3 signature.
type openAPISigning struct {
	method, path string
	methodMark   string // between method and path
	pathMark     string // between path and parameters
	plainPath    bool   // not encoded
	params       params
	plainParams  bool // not encoded when they are joined
	encoder      *sign.Encoder
	whole        func([]byte) []byte // rewrites all of it
	end          string
	key          keyed
	afterKey     string
	hash         hasher
}

func (s *openAPISigning) append(b []byte) []byte {
	b = append(append(b, s.method...), s.methodMark...)
	if s.plainPath {
		b = append(b, s.path...)
	} else {
		b = s.encoder.Append(b, s.path)
	}
	b = append(b, s.pathMark...)
	if s.plainParams {
		b = s.params.append(b)
	} else {
		b = s.encoder.Append(b, string(s.params.append(nil)))
	}
	if s.whole != nil {
		b = s.whole(b)
	}
	return append(b, s.end...)
}

// OpenAPI returns which of the usual mistakes, or which two of them, give exactly the signature that came; "" when none
// do.
func OpenAPI(sig string, r *Request, keys Keys) string {
	right := openAPISigning{
		method: r.Method, path: r.Path, methodMark: "&", pathMark: "&", params: rightParams(r, asDecoded), encoder: sign.StrictEncoder,
		key: keyed{key: keys.Right}, afterKey: "&", hash: keyedHash(sha1.New),
	}
	speller := newSpeller(sig, base64Spellings)
	var buffer []byte
	found := findMistake(right, openAPISlips(r, keys), len(sign.OpenAPISource(r.Method, r.Path, r.Query)), func(s *openAPISigning) (string, bool) {
		buffer = s.append(buffer[:0])
		return speller.find(s.hash(buffer, s.key.text()+s.afterKey))
	})
	return cmp.Or(found, otherScheme(sig, "OpenAPI V3", r, keys))
}

func openAPISlips(r *Request, keys Keys) (slips []slip[openAPISigning]) {
	rare := func(part, what string, change func(*openAPISigning)) {
		slips = append(slips, slip[openAPISigning]{part: part, what: what, apply: change})
	}
	common := func(part, what string, change func(*openAPISigning)) {
		slips = append(slips, slip[openAPISigning]{part: part, what: what, apply: change, common: true})
	}
	slips = append(slips, paramSlips(r, [][2]string{{"format", "json"}, {"format", "xml"}, {"format", ""}, {"charset", "utf-8"}, {"userip", ""}},
		func(s *openAPISigning) *params { return &s.params })...)

	other := otherMethod(r.Method)
	common("method", "another method was signed than was sent: "+other, func(s *openAPISigning) { s.method = other })
	common("method", "the method is not in upper case", func(s *openAPISigning) { s.method = strings.ToLower(r.Method) })
	rare("method", "the method was not signed", func(s *openAPISigning) { s.method, s.methodMark = "", "" })
	rare("method", "the method was not signed, but the & after it", func(s *openAPISigning) { s.method = "" })
	common("method mark", "the & between method and path is missing", func(s *openAPISigning) { s.methodMark = "" })
	common("path mark", "the & between path and parameters is missing", func(s *openAPISigning) { s.pathMark = "" })
	rare("path mark", "there is ? instead of & between path and parameters", func(s *openAPISigning) { s.pathMark = "?" })
	for _, mark := range []struct{ what, text string }{{"&&", "&&"}, {"a blank", " "}, {"a line feed", "\n"}, {"%26", "%26"}} {
		rare("method mark", "there is "+mark.what+" instead of & between method and path", func(s *openAPISigning) { s.methodMark = mark.text })
		rare("path mark", "there is "+mark.what+" instead of & between path and parameters", func(s *openAPISigning) { s.pathMark = mark.text })
	}

	slips = append(slips, pathSlips(r, func(s *openAPISigning) *string { return &s.path })...)
	common("path", "the path is not encoded", func(s *openAPISigning) { s.plainPath = true })

	for _, e := range wrongEncoders {
		common("encoder", "the encoding is another one: "+e.who, func(s *openAPISigning) { s.encoder = e.Encoder })
	}
	common("layout", "the parameters are encoded before they are joined, and not after it", func(s *openAPISigning) {
		encode := s.encoder
		s.params.written = func(_, decoded string) string { return string(encode.Append(nil, decoded)) }
		s.plainParams = true
	})
	common("layout", "the parameters are not encoded", func(s *openAPISigning) { s.plainParams = true })
	common("layout", "the values were signed as they are sent, and not decoded", func(s *openAPISigning) {
		s.params.written = func(_, decoded string) string { return string(sign.StrictEncoder.Append(nil, decoded)) }
	})
	common("layout", "the values were signed as they are sent, and not decoded", func(s *openAPISigning) { s.params.written = asSent })
	rare("layout", "the values are encoded as the platform's own callbacks have them", func(s *openAPISigning) {
		s.params.written = func(_, decoded string) string { return string(sign.CallbackEncoder.Append(nil, decoded)) }
	})
	for _, c := range charsets[:3] {
		rare("layout", "the values were signed "+c.what, func(s *openAPISigning) { s.params.written = func(_, decoded string) string { return c.of(decoded) } })
	}
	rare("layout", "the values were signed without the white space around them", func(s *openAPISigning) {
		s.params.written = func(_, decoded string) string { return strings.TrimSpace(decoded) }
	})
	rare("whole", "all that is signed was percent-encoded once more", func(s *openAPISigning) {
		s.whole = func(b []byte) []byte { return sign.StrictEncoder.Append(nil, string(b)) }
	})
	rare("whole", "all that is signed is in lower case", func(s *openAPISigning) { s.whole = bytes.ToLower })
	rare("whole", "all that is signed is in upper case", func(s *openAPISigning) { s.whole = bytes.ToUpper })
	rare("whole", "a byte order mark was signed before the method", func(s *openAPISigning) {
		s.whole = func(b []byte) []byte { return append([]byte(byteOrderMark), b...) }
	})
	for _, end := range endings {
		common("end", end.what+" at the end was signed", func(s *openAPISigning) { s.end = end.text })
	}
	rare("end", "an extra & at the end was signed", func(s *openAPISigning) { s.end = "&" })

	common("key mark", "the & after the key is missing", func(s *openAPISigning) { s.afterKey = "" })
	for _, mark := range []struct{ what, text string }{{"&&", "&&"}, {"%26", "%26"}, {"& and a line feed", "&\n"}, {"& and a blank", "& "}, {"?", "?"}} {
		rare("key mark", "there is "+mark.what+" after the key, not &", func(s *openAPISigning) { s.afterKey = mark.text })
	}
	rare("key's shape", "- and _ in the key were replaced, as one of the official SDKs does: give the app a key of letters and digits", func(s *openAPISigning) {
		s.key.shape = strings.NewReplacer("-", "+", "_", "/").Replace
	})
	slips = append(slips, keySlips(r, keys, func(s *openAPISigning) *keyed { return &s.key })...)

	for _, h := range hashes {
		if h.name != "SHA1" {
			common("hash", "it is HMAC-"+h.name+", not HMAC-SHA1", func(s *openAPISigning) { s.hash = keyedHash(h.new) })
		}
	}
	rare("hash", "it is HMAC-MD5, not HMAC-SHA1", func(s *openAPISigning) { s.hash = keyedHash(md5.New) })
	rare("hash", "HMAC-SHA1 was given the key as the text and the text as the key", func(s *openAPISigning) {
		s.hash = func(text []byte, key string) []byte { return mac(sha1.New, string(text), []byte(key)) }
	})
	for _, h := range append(hashes, namedHash{"MD5", md5.New}) {
		rare("hash", "it is "+h.name+" with the key at the end, not HMAC-SHA1", func(s *openAPISigning) {
			s.hash = func(text []byte, key string) []byte { return plain(h.new)(append(text, key...), "") }
		})
		rare("hash", "it is "+h.name+" with the key at the beginning, not HMAC-SHA1", func(s *openAPISigning) {
			s.hash = func(text []byte, key string) []byte { return plain(h.new)(append([]byte(key), text...), "") }
		})
		rare("hash", "it is "+h.name+" without the key, not HMAC-SHA1", func(s *openAPISigning) { s.hash = plain(h.new) })
	}

	return slips
}

func otherMethod(method string) string {
	if method == "GET" {
		return "POST"
	}
	return "GET"
}
