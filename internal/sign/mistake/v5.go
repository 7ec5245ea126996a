package mistake

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"regexp"
	"slices"
	"strings"
)

// v5Signing describes how a signer puts together the text of an MSDK V5 signature.
type v5Signing struct {
	path       string
	mark       string // between path and parameters
	params     params
	head       func([]byte) []byte // rewrites path and parameters
	beforeBody string
	body       []byte
	beforeKey  string
	key        keyed
	order      v5Order
	hash       hasher
	marker     string // after the digits
}

// v5Order is the order in which a signer joins path and parameters (the head), body and key.
type v5Order int

const (
	headBodyKey v5Order = iota // a backend's
	headKeyBody                // the client SDK's
	keyHeadBody
	keyHeadBodyKey
	bodyHeadKey
	headBody
)

func (s *v5Signing) append(b []byte) []byte {
	if s.order == keyHeadBody || s.order == keyHeadBodyKey {
		b = s.appendKey(b)
	}
	if s.order == bodyHeadKey {
		b = s.appendBody(b)
	}
	start := len(b)
	b = s.params.append(append(append(b, s.path...), s.mark...))
	if s.head != nil {
		b = append(b[:start], s.head(bytes.Clone(b[start:]))...)
	}
	if s.order == headKeyBody {
		b = s.appendKey(b)
	}
	if s.order != bodyHeadKey {
		b = s.appendBody(b)
	}
	if s.order == headBodyKey || s.order == keyHeadBodyKey || s.order == bodyHeadKey {
		b = s.appendKey(b)
	}
	return b
}

func (s *v5Signing) appendBody(b []byte) []byte { return append(append(b, s.beforeBody...), s.body...) }
func (s *v5Signing) appendKey(b []byte) []byte {
	return append(append(b, s.beforeKey...), s.key.text()...)
}

// V5 returns which of the usual mistakes, or which two of them, give exactly the signature that came for a backend's
// request; "" when none do.
func V5(sig string, r *Request, keys Keys) string {
	return v5(sig, r, keys, v5Signing{order: headBodyKey}, []slip[v5Signing]{
		{part: "form", what: "it is the client SDK's form (key before body)", common: true, apply: func(s *v5Signing) { s.order, s.marker = headKeyBody, "1" }},
		{part: "form", what: "it is the client SDK's form (key before body), without its marker 1", common: true, apply: func(s *v5Signing) { s.order = headKeyBody }},
		{part: "form", what: "it carries the client SDK's marker 1", common: true, apply: func(s *v5Signing) { s.marker = "1" }},
	})
}

// V5Client does the same for a request of the client SDK.
func V5Client(sig string, r *Request, keys Keys) string {
	return v5(sig, r, keys, v5Signing{order: headKeyBody, marker: "1"}, []slip[v5Signing]{
		{part: "form", what: "the client SDK's marker 1 is missing at the end", common: true, apply: func(s *v5Signing) { s.marker = "" }},
		{part: "form", what: "it is a backend's form (key after body)", common: true, apply: func(s *v5Signing) { s.order, s.marker = headBodyKey, "" }},
		{part: "form", what: "it is a backend's form (key after body), with the client SDK's marker 1", common: true, apply: func(s *v5Signing) { s.order = headBodyKey }},
	})
}

func v5(sig string, r *Request, keys Keys, right v5Signing, forms []slip[v5Signing]) string {
	right.path, right.mark, right.params, right.body = r.Path, "?", rightParams(r, asSent), r.Body
	right.key.key, right.hash = keys.Right, plain(md5.New)
	spellers := map[string]*speller{"": newSpeller(sig, hexSpellings)}
	if digits, ok := strings.CutSuffix(sig, "1"); ok {
		spellers["1"] = newSpeller(digits, hexSpellings)
	}
	var buffer []byte
	found := findMistake(right, slices.Concat(forms, v5Slips(r, keys)), len(r.URL.RawQuery)+len(r.Body), func(s *v5Signing) (string, bool) {
		speller := spellers[s.marker]
		if speller == nil {
			return "", false
		}
		buffer = s.append(buffer[:0])
		return speller.find(s.hash(buffer, s.key.text()))
	})
	return cmp.Or(found, otherScheme(sig, "MSDK V5", r, keys))
}

// v5Slips are the slips of both forms.
func v5Slips(r *Request, keys Keys) (slips []slip[v5Signing]) {
	rare := func(part, what string, change func(*v5Signing)) {
		slips = append(slips, slip[v5Signing]{part: part, what: what, apply: change})
	}
	common := func(part, what string, change func(*v5Signing)) {
		slips = append(slips, slip[v5Signing]{part: part, what: what, apply: change, common: true})
	}
	slips = append(slips, paramSlips(r, [][2]string{{"source", "0"}, {"version", ""}, {"seq", ""}, {"conn", ""}}, func(s *v5Signing) *params { return &s.params })...)

	common("values", "", func(s *v5Signing) { s.params.written = asDecoded })
	for _, e := range urlEncoders {
		encode := func(text string) string { return string(e.Append(nil, text)) }
		common("values", "the values were signed percent-encoded in another way than they were sent: "+e.what, func(s *v5Signing) {
			s.params.written = func(_, decoded string) string { return encode(decoded) }
		})
	}
	for _, e := range urlEncoders[:2] {
		encode := func(text string) string { return string(e.Append(nil, text)) }
		rare("values", "the values were signed percent-encoded once more than they were sent: "+e.what, func(s *v5Signing) {
			s.params.written = func(raw, _ string) string { return encode(raw) }
		})
		rare("head", "path and parameters were percent-encoded as a whole: "+e.what, func(s *v5Signing) {
			s.head = func(head []byte) []byte { return e.Append(nil, string(head)) }
		})
	}
	common("values", "the hex digits of the escapes were signed in lower case", func(s *v5Signing) {
		s.params.written = func(raw, _ string) string { return escapes.ReplaceAllStringFunc(raw, strings.ToLower) }
	})
	common("values", "the hex digits of the escapes were signed in upper case", func(s *v5Signing) {
		s.params.written = func(raw, _ string) string { return escapes.ReplaceAllStringFunc(raw, strings.ToUpper) }
	})
	rare("head", "path and parameters were signed in lower case", func(s *v5Signing) { s.head = bytes.ToLower })
	rare("head", "path and parameters were signed in upper case", func(s *v5Signing) { s.head = bytes.ToUpper })

	slips = append(slips, pathSlips(r, func(s *v5Signing) *string { return &s.path })...)
	rare("path", "the method was signed before the path", func(s *v5Signing) { s.path = r.Method + s.path })
	rare("path", "the method and & were signed before the path", func(s *v5Signing) { s.path = r.Method + "&" + s.path })
	common("mark", "the ? between path and parameters is missing", func(s *v5Signing) { s.mark = "" })
	common("mark", "there is & instead of ? between path and parameters", func(s *v5Signing) { s.mark = "&" })
	rare("mark", "there is ?? instead of ? between path and parameters", func(s *v5Signing) { s.mark = "??" })
	rare("mark", "there is a line feed instead of ? between path and parameters", func(s *v5Signing) { s.mark = "\n" })
	rare("mark", "neither path nor ? were signed", func(s *v5Signing) { s.path, s.mark = "", "" })

	for _, end := range endings {
		common("before key", end.what+" before the key was signed: at the body's end, or as part of the key", func(s *v5Signing) { s.beforeKey = end.text })
	}
	for _, mark := range []struct{ what, text string }{{"a &", "&"}, {"a ?", "?"}, {"a +", "+"}, {"a :", ":"}, {"a |", "|"}, {"a comma", ","}} {
		common("before key", mark.what+" before the key was signed", func(s *v5Signing) { s.beforeKey = mark.text })
		rare("before body", mark.what+" before the body was signed", func(s *v5Signing) { s.beforeBody = mark.text })
	}
	for _, name := range []string{"body", "data", "postdata", "postBody", "json", "params"} {
		rare("before body", "a name before the body was signed: &"+name+"=", func(s *v5Signing) { s.beforeBody = "&" + name + "=" })
	}
	for _, name := range []string{"key", "sigkey", "appkey", "secret", "sig"} {
		rare("before key", "a name before the key was signed: &"+name+"=", func(s *v5Signing) { s.beforeKey = "&" + name + "=" })
		rare("before key", "a name before the key was signed: "+name+"=", func(s *v5Signing) { s.beforeKey = name + "=" })
	}

	rare("form", "the key was signed first, before the path", func(s *v5Signing) { s.order = keyHeadBody })
	rare("form", "the key was signed twice, before the path and after the body", func(s *v5Signing) { s.order = keyHeadBodyKey })
	rare("form", "the body was signed before the path", func(s *v5Signing) { s.order = bodyHeadKey })
	for _, h := range hashes {
		rare("hash", "it is "+h.name+", not MD5", func(s *v5Signing) { s.hash = plain(h.new) })
		rare("form", "it is HMAC-"+h.name+", not MD5", func(s *v5Signing) { s.order, s.hash = headBody, keyedHash(h.new) })
	}
	rare("form", "it is HMAC-MD5, not MD5", func(s *v5Signing) { s.order, s.hash = headBody, keyedHash(md5.New) })
	rare("hash", "it is the MD5 of the hex digits of the MD5", func(s *v5Signing) { s.hash = md5Twice })

	for _, other := range otherBodies(r.Body) {
		slips = append(slips, slip[v5Signing]{
			part: "body", what: "another body was signed than was sent: " + other.what, common: other.common,
			apply: func(s *v5Signing) { s.body = other.body },
		})
	}
	slips = append(slips, keySlips(r, keys, func(s *v5Signing) *keyed { return &s.key })...)
	return append(slips, otherTimes(r, "ts", func(s *v5Signing) *params { return &s.params })...)
}

// escapes are the %XX of a percent-encoded text.
var escapes = regexp.MustCompile("%[0-9A-Fa-f]{2}")
