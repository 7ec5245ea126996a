package mistake

import (
	"cmp"
	"crypto/md5"

	"github.com/rookeryhq/rookery/internal/sign"
)

// v3Signing describes how a signer puts together the text of an MSDK V3 signature.
type v3Signing struct {
	before, between, after string
	key                    keyed
	timestamp              string
	order                  v3Order
	hash                   hasher
}

// v3Order is the order in which a signer joins key and timestamp.
type v3Order int

const (
	keyTime v3Order = iota
	timeKey
	timeAlone
	keyTimeKey
)

func (s *v3Signing) append(b []byte) []byte {
	b = append(b, s.before...)
	if s.order == keyTime || s.order == keyTimeKey {
		b = append(append(b, s.key.text()...), s.between...)
	}
	b = append(b, s.timestamp...)
	if s.order == timeKey || s.order == keyTimeKey {
		b = append(append(b, s.between...), s.key.text()...)
	}
	return append(b, s.after...)
}

// V3 returns which of the usual mistakes, or which two of them, give exactly the signature that came; "" when none
// do.
func V3(sig string, r *Request, keys Keys) string {
	right := v3Signing{key: keyed{key: keys.Right}, timestamp: r.Query.Get("timestamp"), hash: plain(md5.New)}
	speller := newSpeller(sig, hexSpellings)
	var buffer []byte
	found := findMistake(right, v3Slips(r, keys), len(right.timestamp), func(s *v3Signing) (string, bool) {
		buffer = s.append(buffer[:0])
		return speller.find(s.hash(buffer, s.key.text()))
	})
	return cmp.Or(found, otherScheme(sig, "MSDK V3", r, keys))
}

func v3Slips(r *Request, keys Keys) (slips []slip[v3Signing]) {
	add := func(part, what string, change func(*v3Signing)) {
		slips = append(slips, slip[v3Signing]{part: part, what: what, apply: change, common: true})
	}
	add("order", "the key was signed after the timestamp", func(s *v3Signing) { s.order = timeKey })
	add("order", "the timestamp alone was signed, without the key", func(s *v3Signing) { s.order = timeAlone })
	add("order", "the key was signed before the timestamp and after it", func(s *v3Signing) { s.order = keyTimeKey })
	for _, between := range []struct{ what, text string }{{"a +", "+"}, {"a &", "&"}, {"a blank", " "}, {"a -", "-"}, {"a _", "_"}, {"a :", ":"},
		{"a |", "|"}, {"a comma", ","}, {"a ?", "?"}, {"a =", "="}, {"timestamp=", "timestamp="}, {"&timestamp=", "&timestamp="}} {
		add("between", "there is "+between.what+" between key and timestamp", func(s *v3Signing) { s.between = between.text })
	}
	for _, name := range []string{"appkey=", "msdkkey=", "key="} {
		add("ends", name+" before the key was signed", func(s *v3Signing) { s.before = name })
	}
	for _, end := range endings {
		add("ends", end.what+" after the timestamp was signed with it", func(s *v3Signing) { s.after = end.text })
	}
	add("ends", "an extra & after the timestamp was signed", func(s *v3Signing) { s.after = "&" })
	add("timestamp", "the key alone was signed, without the timestamp", func(s *v3Signing) { s.timestamp = "" })
	for i := range r.Query {
		if p := &r.Query[i]; p.Name != r.parameter() && p.Name != "timestamp" {
			name, value := clipped(p.Name), p.Value
			add("timestamp", "the parameter "+name+" was signed instead of the timestamp", func(s *v3Signing) { s.timestamp = value })
			add("ends", "the parameter "+name+" was signed too, after the timestamp", func(s *v3Signing) { s.after = value })
			add("ends", "the parameter "+name+" was signed too, before the key", func(s *v3Signing) { s.before = value })
			add("between", "the parameter "+name+" was signed too, between key and timestamp", func(s *v3Signing) { s.between = value })
		}
	}
	add("ends", "the path was signed too, before the key", func(s *v3Signing) { s.before = r.Path })
	add("ends", "the body was signed too, after the timestamp", func(s *v3Signing) { s.after = string(r.Body) })
	for _, h := range hashes {
		add("hash", "it is "+h.name+", not MD5", func(s *v3Signing) { s.hash = plain(h.new) })
		add("order", "it is HMAC-"+h.name+", not MD5", func(s *v3Signing) { s.order, s.hash = timeAlone, keyedHash(h.new) })
	}
	add("order", "it is HMAC-MD5, not MD5", func(s *v3Signing) { s.order, s.hash = timeAlone, keyedHash(md5.New) })
	add("hash", "it is the MD5 of the hex digits of the MD5", func(s *v3Signing) { s.hash = md5Twice })
	named := Keys{Right: keys.Right}
	for _, key := range keys.Others {
		for _, encode := range []string{"1", "2"} {
			if name, _ := sign.V3KeyName(encode); name == key.Name {
				key.Name += ", which goes with encode=" + encode
			}
		}
		named.Others = append(named.Others, key)
	}
	slips = append(slips, keySlips(r, named, func(s *v3Signing) *keyed { return &s.key })...)
	for _, other := range nearTimes(r.Query.Get("timestamp")) {
		slips = append(slips, slip[v3Signing]{
			part: "time", what: "another timestamp was signed than was sent: " + other.what,
			apply: func(s *v3Signing) { s.timestamp = other.text },
		})
	}
	return slips
}
