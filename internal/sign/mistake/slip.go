// Package mistake finds which of the usual mistakes made a wrong signature: how the parameters were put together, which path,
// body or key was signed, how the sum was spelled. It is for developers only, as it names the app whose key was used.
package mistake

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/sign"
)

// Request is the request of a refused signature.
type Request struct {
	Method string
	Host   string   // with its port; "" when it is not known
	URL    *url.URL // as it was sent
	Path   string   // to be signed
	Query  sign.Query
	Body   []byte
	// Optional is a parameter that the signed string may lack; "" for none.
	Optional string
	// Parameter is the one with the signature; "" stands for sig.
	Parameter string
}

func (r *Request) parameter() string { return cmp.Or(r.Parameter, "sig") }

// Keys are the keys that a wrong signature may have been made with.
type Keys struct {
	Right  string
	Others []Key // the likeliest first; the right one may be among them
}

// Key is a key and its name. A mistake shows only the name.
type Key struct{ Name, Value string }

// slip is one mistake of signers. S describes how a scheme puts together the signed text.
type slip[S any] struct {
	part   string // that it changes: a signature has at most one slip in a part
	what   string // as a clause; "" for a variant that is accepted like the right way
	apply  func(*S)
	common bool // also tried together with each other common one
}

// effort bounds a search by the bytes that it signs and hashes; tryCosts is the further cost of each try, in bytes too.
const (
	effort   = 16 << 20
	tryCosts = 1 << 10
)

// findMistake finds the wrong text that was signed: one with one slip, or with two common ones of different parts. matches
// reports whether a signing gives the signature, and what is wrong with its spelling; size is about how many bytes are
// signed. It returns "" when the signature is right, and when nothing is found.
func findMistake[S any](right S, slips []slip[S], size int, matches func(*S) (spelled string, ok bool)) string {
	tries := effort / (size + tryCosts)
	try := func(some ...slip[S]) (what string, ok bool) {
		tries--
		signed, all := right, make([]string, 0, len(some)+1)
		for _, s := range some {
			s.apply(&signed)
			all = append(all, s.what)
		}
		spelled, ok := matches(&signed)
		return clauses(append(all, spelled)...), ok
	}
	if what, ok := try(); ok {
		return what
	}
	for i := 0; i < len(slips) && tries > 0; i++ {
		if what, ok := try(slips[i]); ok {
			return what
		}
	}
	common := slices.DeleteFunc(slips, func(s slip[S]) bool { return !s.common })
	for i, second := range common {
		for _, first := range common[:i] {
			if first.part == second.part {
				continue
			}
			if tries <= 0 {
				return ""
			}
			if what, ok := try(first, second); ok {
				return what
			}
		}
	}
	return ""
}

func clauses(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(clause string) bool { return clause == "" }), "; and ")
}

// otherScheme looks for the signature among those of the other schemes.
func otherScheme(sig, right string, r *Request, keys Keys) string {
	q := without(r.Query, r.parameter())
	schemes := []struct {
		name string
		sign func(key string) string
	}{
		{"MSDK V5", func(key string) string { return sign.V5(r.Path, q, r.Body, key) }},
		{"MSDK V3", func(key string) string { return sign.V3(cmp.Or(r.Query.Get("timestamp"), r.Query.Get("ts")), key) }},
		{"OpenAPI V3", func(key string) string { return sign.OpenAPI(r.Method, r.Path, q, key) }},
		{"the Game Center", func(key string) string { return sign.GameCenter(q, key) }},
	}
	all := append([]Key{{"right key", keys.Right}}, keys.Others...)
	for _, key := range all[:min(len(all), effort/(len(r.Body)+tryCosts)/len(schemes))] {
		for _, scheme := range schemes {
			if scheme.name != right && scheme.sign(key.Value) == sig {
				return "it is the form of " + scheme.name + ", made with the " + key.Name
			}
		}
	}
	return ""
}

// keyed is the key as a signer used it.
type keyed struct {
	key   string
	shape func(string) string // nil for the key itself
}

func (k *keyed) text() string {
	if k.shape == nil {
		return k.key
	}
	return k.shape(k.key)
}

// MaxKeys bounds the other keys that are tried.
const MaxKeys = 500

// keySlips are the wrong keys, and the ways to use a key that are wrong in every scheme. of finds the key of a signing.
func keySlips[S any](r *Request, keys Keys, of func(*S) *keyed) (slips []slip[S]) {
	for _, shape := range keyShapes {
		slips = append(slips, slip[S]{part: "key's shape", what: shape.what, apply: func(s *S) { of(s).shape = shape.of }, common: true})
	}
	use := func(what, key string, common bool) {
		if key != keys.Right {
			slips = append(slips, slip[S]{part: "key", what: what, apply: func(s *S) { of(s).key = key }, common: common})
		}
	}
	for _, name := range []string{"appkey", "app_key", "appKey", "msdkkey", "msdk_key", "msdkKey", "sigkey", "sig_key", "sigKey", "client_sigkey", "key", "secret"} {
		use("the word "+name+" was signed in the place of the key", name, false)
	}
	for _, p := range r.Query {
		if p.Value != "" && p.Name != r.parameter() {
			use("the parameter "+clipped(p.Name)+" was signed in the place of the key", p.Value, false)
		}
	}
	for _, key := range keys.Others[:min(len(keys.Others), MaxKeys)] {
		use("it was signed with another key: the "+key.Name, key.Value, true)
	}
	for _, key := range printedKeys {
		use("it was signed with another key: the one that the documents print as an example", key, true)
	}
	return slips
}

// printedKeys are those of the original's public documents (msdk-v5.md, 2.3; qq-connect-openapi.md, B.5).
var printedKeys = []string{"itopsigkey123456", "228bf094169a40a3bd188ba37ebe8723", "12345f9a47df4d1eaeb3bad9a7e54321"}

const byteOrderMark = "\ufeff"

// keyShapes are wrong texts that signers make of a key, mostly in reading it from a file.
var keyShapes = []struct {
	what string
	of   func(key string) string
}{
	{"a line feed after the key was signed with it", around("", "\n")},
	{"a carriage return and a line feed after the key were signed with it", around("", "\r\n")},
	{"a carriage return after the key was signed with it", around("", "\r")},
	{"a blank after the key was signed with it", around("", " ")},
	{"a blank before the key was signed with it", around(" ", "")},
	{"blanks around the key were signed with it", around(" ", " ")},
	{"a tab after the key was signed with it", around("", "\t")},
	{"a tab before the key was signed with it", around("\t", "")},
	{"a line feed before the key was signed with it", around("\n", "")},
	{"a blank and a line feed after the key were signed with it", around("", " \n")},
	{"a blank, a carriage return and a line feed after the key were signed with it", around("", " \r\n")},
	{"two line feeds after the key were signed with it", around("", "\n\n")},
	{"a byte order mark before the key was signed with it", around(byteOrderMark, "")},
	{"a byte order mark before the key and a line feed after it were signed with it", around(byteOrderMark, "\n")},
	{"a byte order mark before the key and a carriage return and a line feed after it were signed with it", around(byteOrderMark, "\r\n")},
	{"a zero byte after the key was signed with it", around("", "\x00")},
	{"quotation marks around the key were signed with it", around(`"`, `"`)},
	{"quotation marks around the key were signed with it", around("'", "'")},
	{"an extra & after the key was signed", around("", "&")},
	{"the key was signed in hex digits", func(key string) string { return hex.EncodeToString([]byte(key)) }},
	{"the key was signed in upper-case hex digits", func(key string) string { return strings.ToUpper(hex.EncodeToString([]byte(key))) }},
	{"the key was signed in Base64", func(key string) string { return base64.StdEncoding.EncodeToString([]byte(key)) }},
	{"the key was signed in Base64 without padding", func(key string) string { return base64.RawStdEncoding.EncodeToString([]byte(key)) }},
	{"the key was taken for hex digits, and the bytes that they stand for were signed", func(key string) string {
		b, err := hex.DecodeString(key)
		return decodedKey(key, b, err)
	}},
	{"the key was taken for Base64, and the bytes that it stands for were signed", func(key string) string {
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(key, "="))
		return decodedKey(key, b, err)
	}},
	{"the MD5 of the key was signed in the place of the key", func(key string) string { return hexMD5([]byte(key)) }},
	{"the MD5 of the key was signed in the place of the key, in upper-case hex digits", func(key string) string { return strings.ToUpper(hexMD5([]byte(key))) }},
	{"the key was signed in lower case", strings.ToLower},
	{"the key was signed in upper case", strings.ToUpper},
	{"the last character of the key is missing", func(key string) string { return key[:max(0, len(key)-1)] }},
	{"the first character of the key is missing", func(key string) string { return key[min(1, len(key)):] }},
	{"only the first 16 characters of the key were signed", func(key string) string { return key[:min(16, len(key))] }},
	{"the key was signed twice", func(key string) string { return key + key }},
	{"the key was signed with its characters 2 bytes each (UTF-16)", func(key string) string { return utf16Text(key, false) }},
	{"it was signed without the key: with an empty one", func(string) string { return "" }},
}

func around(before, after string) func(string) string {
	return func(key string) string { return before + key + after }
}

func decodedKey(key string, decoded []byte, err error) string {
	if err != nil {
		return key
	}
	return string(decoded)
}

// hasher makes a sum of a text, and of a key if the text does not contain it.
type hasher func(text []byte, key string) []byte

type namedHash struct {
	name string
	new  func() hash.Hash
}

// hashes are the hashes that signers use instead of MD5.
var hashes = []namedHash{{"SHA1", sha1.New}, {"SHA256", sha256.New}, {"SHA512", sha512.New}}

func hexMD5(text []byte) string {
	sum := md5.Sum(text)
	return hex.EncodeToString(sum[:])
}

func plain(newHash func() hash.Hash) hasher {
	return func(text []byte, _ string) []byte {
		h := newHash()
		h.Write(text)
		return h.Sum(nil)
	}
}

func keyedHash(newHash func() hash.Hash) hasher {
	return func(text []byte, key string) []byte { return mac(newHash, key, text) }
}

func mac(newHash func() hash.Hash, key string, source []byte) []byte {
	m := hmac.New(newHash, []byte(key))
	m.Write(source)
	return m.Sum(nil)
}

// md5Twice hashes the hex digits of the sum again.
func md5Twice(text []byte, _ string) []byte {
	sum := md5.Sum([]byte(hexMD5(text)))
	return sum[:]
}

// spelling is one way to write a sum.
type spelling struct {
	what string // "" for the right one
	of   func(sum []byte) string
}

var hexSpellings = []spelling{
	{"", hex.EncodeToString},
	{"the hex digits are parted by -", parted("-")},
	{"the hex digits are parted by :", parted(":")},
	{"the hex digits are parted by blanks", parted(" ")},
	{"0x stands before the hex digits", func(sum []byte) string { return "0x" + hex.EncodeToString(sum) }},
	{"the zeros at the beginning are missing", func(sum []byte) string { return strings.TrimLeft(hex.EncodeToString(sum), "0") }},
	{"each byte below 16 lacks its zero", eachByte(func(b []byte, c byte) []byte { return strconv.AppendUint(b, uint64(c), 16) })},
	{"bytes from 128 up were taken for negative numbers", eachByte(appendSigned)},
	{"bytes from 128 up were taken for negative numbers", eachByte(func(b []byte, c byte) []byte {
		if c < 16 {
			b = append(b, '0')
		}
		return appendSigned(b, c)
	})},
	{"it is the middle 16 of the 32 hex digits", middle},
	{"it is the first 16 of the hex digits", func(sum []byte) string { return hex.EncodeToString(sum)[:16] }},
	{"it is in Base64, not in hex digits", base64.StdEncoding.EncodeToString},
	{"it is in Base64, not in hex digits", base64.RawStdEncoding.EncodeToString},
	{"it is in Base64, not in hex digits", base64.URLEncoding.EncodeToString},
	{"it is in Base64, not in hex digits", base64.RawURLEncoding.EncodeToString},
	{"the hex digits were put into Base64", func(sum []byte) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum))) }},
	{"the bytes of the sum were sent, not their hex digits", func(sum []byte) string { return string(sum) }},
}

var base64Spellings = []spelling{
	{"", base64.StdEncoding.EncodeToString},
	{"the padding (=) at the end of sig is missing", base64.RawStdEncoding.EncodeToString},
	{"sig is in the URL alphabet of Base64 (- and _), not in the usual one (+ and /)", base64.URLEncoding.EncodeToString},
	{"sig is in the URL alphabet of Base64 (- and _), not in the usual one (+ and /)", base64.RawURLEncoding.EncodeToString},
	{"sig is in hex digits, not in Base64", hex.EncodeToString},
	{"sig is in hex digits, not in Base64, and they are parted by -", parted("-")},
	{"the hex digits were put into Base64, not the bytes", func(sum []byte) string { return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum))) }},
	{"the hex digits were put into Base64, not the bytes", func(sum []byte) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.ToUpper(hex.EncodeToString(sum))))
	}},
	{"sig was put into Base64 twice", func(sum []byte) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(sum)))
	}},
	{"the bytes of the sum were sent, not in Base64", func(sum []byte) string { return string(sum) }},
}

func parted(by string) func([]byte) string {
	return func(sum []byte) string {
		return strings.TrimSuffix(eachByte(func(b []byte, c byte) []byte { return append(hex.AppendEncode(b, []byte{c}), by...) })(sum), by)
	}
}

// appendSigned writes a byte as Java's Integer.toHexString does.
func appendSigned(b []byte, c byte) []byte { return strconv.AppendUint(b, uint64(uint32(int8(c))), 16) }

func eachByte(write func(b []byte, c byte) []byte) func([]byte) string {
	return func(sum []byte) string {
		b := make([]byte, 0, 8*len(sum))
		for _, c := range sum {
			b = write(b, c)
		}
		return string(b)
	}
}

func middle(sum []byte) string {
	if len(sum) != md5.Size {
		return ""
	}
	return hex.EncodeToString(sum[4:12])
}

// text is a received signature, or what it may have been before something changed it.
type text struct{ what, sig string }

// speller compares sums with a signature.
type speller struct {
	texts     []text
	spellings []spelling
}

// newSpeller prepares the comparison for a signature whose right spelling is the first of the list.
func newSpeller(sig string, spellings []spelling) *speller {
	s := &speller{texts: []text{{"", sig}}}
	add := func(what, sig string) {
		if !slices.ContainsFunc(s.texts, func(t text) bool { return t.sig == sig }) {
			s.texts = append(s.texts, text{what, sig})
		}
	}
	if strings.Trim(sig, "0123456789ABCDEFabcdef-:xX \t\r\n") == "" {
		add("the hex digits are upper-case", strings.ToLower(sig))
	}
	add("the signature was not percent-encoded: + came as a blank", strings.ReplaceAll(sig, " ", "+"))
	if once, err := url.QueryUnescape(sig); err == nil {
		add("the signature was percent-encoded twice", strings.ReplaceAll(once, " ", "+"))
	}
	add("there is white space around the signature", strings.TrimSpace(sig))
	add("there is white space around the signature, and its hex digits are upper-case", strings.ToLower(strings.TrimSpace(sig)))
	add("there are quotation marks around the signature", strings.Trim(sig, `"'`))

	// A spelling with only other lengths is impossible, and need not be written for each try.
	for _, spelling := range spellings {
		if slices.ContainsFunc(s.texts, func(t text) bool { return mayBe(spelling, t.sig) }) {
			s.spellings = append(s.spellings, spelling)
		}
	}
	return s
}

// mayBe reports whether a sum may be as long as sig in that spelling. One that has all its digits lacks no zeros.
func mayBe(s spelling, sig string) bool {
	whole := []int{2 * md5.Size, 2 * sha1.Size, 2 * sha256.Size, 2 * sha512.Size}
	for _, size := range []int{md5.Size, sha1.Size, sha256.Size, sha512.Size} {
		shortest, longest := len(s.of(make([]byte, size))), len(s.of(bytes.Repeat([]byte{0xff}, size)))
		if shortest == longest && len(sig) == longest || shortest < len(sig) && len(sig) <= longest && !slices.Contains(whole, len(sig)) {
			return true
		}
	}
	return false
}

// find reports whether the signature stands for the sum, and what is wrong with its spelling.
func (s *speller) find(sum []byte) (what string, ok bool) {
	for _, spelling := range s.spellings {
		spelled := spelling.of(sum)
		for _, text := range s.texts {
			if spelled == text.sig && spelled != "" {
				return clauses(text.what, spelling.what), true
			}
		}
	}
	return "", false
}
