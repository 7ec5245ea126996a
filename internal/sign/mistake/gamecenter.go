package mistake

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"strings"

	"github.com/rookeryhq/rookery/internal/sign"
)

// gameCenterSigning describes how a signer puts together the text of a signature of the Game Center.
type gameCenterSigning struct {
	path        string // not signed
	first, last bool   // where the key is
	params      params
	whole       func([]byte) []byte // rewrites the parameters
	beforeLast  string              // what stands before the key at the end
	after       string
	key         keyed
	hash        hasher
}

func (s *gameCenterSigning) append(b []byte) []byte {
	b = append(b, s.path...)
	if s.first {
		b = append(b, s.key.text()...)
	}
	start := len(b)
	b = s.params.append(b)
	if s.whole != nil {
		b = append(b[:start], s.whole(bytes.Clone(b[start:]))...)
	}
	b = append(b, s.beforeLast...)
	if s.last {
		b = append(b, s.key.text()...)
	}
	return append(b, s.after...)
}

// GameCenter returns which of the usual mistakes, or which two of them, give exactly the signature that came; "" when none
// do.
func GameCenter(sig string, r *Request, keys Keys) string {
	right := gameCenterSigning{first: true, last: true, key: keyed{key: keys.Right}, hash: plain(md5.New)}
	right.params = params{query: without(sorted(r.Query), r.parameter()), written: asDecoded, before: "$", equals: "$", pair: "$"}
	speller := newSpeller(sig, hexSpellings)
	var buffer []byte
	found := findMistake(right, gameCenterSlips(r, keys), len(sign.GameCenterSource(r.Query)), func(s *gameCenterSigning) (string, bool) {
		buffer = s.append(buffer[:0])
		return speller.find(s.hash(buffer, s.key.text()))
	})
	return cmp.Or(found, otherScheme(sig, "the Game Center", r, keys))
}

func gameCenterSlips(r *Request, keys Keys) (slips []slip[gameCenterSigning]) {
	rare := func(part, what string, change func(*gameCenterSigning)) {
		slips = append(slips, slip[gameCenterSigning]{part: part, what: what, apply: change})
	}
	common := func(part, what string, change func(*gameCenterSigning)) {
		slips = append(slips, slip[gameCenterSigning]{part: part, what: what, apply: change, common: true})
	}
	common("place", "the key was not signed at the beginning", func(s *gameCenterSigning) { s.first = false })
	common("place", "the key was not signed at the end", func(s *gameCenterSigning) { s.last = false })

	slips = append(slips, chosenSlips(r, [][2]string{{"format", "json"}, {"appid", r.Query.Get("oauth_consumer_key")}}, func(s *gameCenterSigning) *params { return &s.params })...)
	common("marks", "the $ before the first name is missing", func(s *gameCenterSigning) { s.params.before = "" })
	common("marks", "a $ before the key at the end was signed", func(s *gameCenterSigning) { s.beforeLast = "$" })
	common("marks", "there is no $ between name and value", func(s *gameCenterSigning) { s.params.equals = "" })
	common("marks", "there is no $ before the names", func(s *gameCenterSigning) { s.params.before, s.params.pair = "", "" })
	common("marks", "there is no $ anywhere", func(s *gameCenterSigning) { s.params.before, s.params.pair, s.params.equals = "", "", "" })
	common("marks", "there is = instead of $ between name and value", func(s *gameCenterSigning) { s.params.equals = "=" })
	common("marks", "there are & and = as in a URL instead of $", func(s *gameCenterSigning) { s.params.before, s.params.pair, s.params.equals = "", "&", "=" })
	common("marks", "there are & and = as in a URL, and a & at both ends, instead of $", func(s *gameCenterSigning) {
		s.params.before, s.params.pair, s.params.equals, s.beforeLast = "&", "&", "=", "&"
	})
	rare("marks", "the values alone were signed, without their names", func(s *gameCenterSigning) { s.params.omitsNames = true })
	rare("marks", "the values alone were signed, without their names and any $", func(s *gameCenterSigning) {
		s.params.omitsNames, s.params.before, s.params.pair = true, "", ""
	})

	common("values", "the values were signed as they are sent, and not decoded", func(s *gameCenterSigning) { s.params.written = asSent })
	for _, e := range urlEncoders {
		common("values", "the values were signed percent-encoded: "+e.what, func(s *gameCenterSigning) {
			s.params.written = func(_, decoded string) string { return string(e.Append(nil, decoded)) }
		})
	}
	for _, c := range charsets[:3] {
		rare("values", "the values were signed "+c.what, func(s *gameCenterSigning) {
			s.params.written = func(_, decoded string) string { return c.of(decoded) }
		})
	}
	rare("values", "the values were signed without the white space around them", func(s *gameCenterSigning) {
		s.params.written = func(_, decoded string) string { return strings.TrimSpace(decoded) }
	})
	rare("whole", "names and values were signed in lower case", func(s *gameCenterSigning) { s.whole = bytes.ToLower })
	rare("whole", "names and values were signed in upper case", func(s *gameCenterSigning) { s.whole = bytes.ToUpper })
	rare("path", "the path was signed too, before the key", func(s *gameCenterSigning) { s.path = r.Path })
	rare("path", "the path and ? were signed too, before the key", func(s *gameCenterSigning) { s.path = r.Path + "?" })
	for _, end := range endings {
		common("end", end.what+" at the end was signed", func(s *gameCenterSigning) { s.after = end.text })
	}

	slips = append(slips, keySlips(r, keys, func(s *gameCenterSigning) *keyed { return &s.key })...)
	for _, h := range hashes {
		rare("hash", "it is "+h.name+", not MD5", func(s *gameCenterSigning) { s.hash = plain(h.new) })
		rare("hash", "it is HMAC-"+h.name+", not MD5", func(s *gameCenterSigning) { s.first, s.last, s.hash = false, false, keyedHash(h.new) })
	}
	rare("hash", "it is HMAC-MD5, not MD5", func(s *gameCenterSigning) { s.first, s.last, s.hash = false, false, keyedHash(md5.New) })
	rare("hash", "it is the MD5 of the hex digits of the MD5", func(s *gameCenterSigning) { s.hash = md5Twice })
	return slips
}
