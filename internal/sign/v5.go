package sign

import (
	"bytes"
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
)

// MSDK V5 signs with lower-case hex of MD5(path ? parameters body key), the parameters sorted by the bytes of their names
// and without sig (msdk-v5.md, 2.1). The documents leave open whether values are signed as sent or decoded: the platform
// accepts both.

// V5Source returns the string that a backend signs, without the key.
func V5Source(path string, q Query, body []byte) []byte {
	return append(appendV5Head(nil, path, sorted(q), false), body...)
}

// V5 returns the signature of a backend's request: 32 lower-case hex digits.
func V5(path string, q Query, body []byte, key string) string {
	return hexMD5(append(V5Source(path, q, body), key...))
}

// V5ClientSource returns the string that the client SDK signs, with key where the SDK's key goes: between the parameters
// and the body (msdk-v5.md, 2.4).
func V5ClientSource(path string, q Query, body []byte, key string) []byte {
	return append(append(appendV5Head(nil, path, sorted(q), false), key...), body...)
}

// V5Client returns the signature of a request of the client SDK: 32 hex digits and the marker 1.
func V5Client(path string, q Query, body []byte, key string) string {
	return hexMD5(V5ClientSource(path, q, body, key)) + "1"
}

// V5Verifier checks signatures. It reuses its buffers, so it serves many requests but not two at a time.
type V5Verifier struct {
	order  Query
	buffer []byte
}

// Backend reports whether sig is a backend's signature of the request.
func (v *V5Verifier) Backend(sig, path string, q Query, body []byte, key string) bool {
	return len(sig) == 2*md5.Size && v.verify(sig, path, q, nil, body, key)
}

// Client reports whether sig is the client SDK's signature of the request.
func (v *V5Verifier) Client(sig, path string, q Query, body []byte, key string) bool {
	if len(sig) != 2*md5.Size+1 || sig[2*md5.Size] != '1' {
		return false
	}
	return v.verify(sig[:2*md5.Size], path, q, []byte(key), body, "")
}

func (v *V5Verifier) verify(sig, path string, q Query, before, body []byte, after string) bool {
	v.order = append(v.order[:0], q...)
	sortByName(v.order)
	encoded := false
	for i := range q {
		encoded = encoded || q[i].RawValue != q[i].Value || q[i].RawName != q[i].Name
	}
	for _, decoded := range []bool{false, true} {
		if decoded && !encoded {
			break
		}
		b := appendV5Head(v.buffer[:0], path, v.order, decoded)
		b = append(b, before...)
		b = append(b, body...)
		b = append(b, after...)
		v.buffer = b
		sum := md5.Sum(b)
		var digits [2 * md5.Size]byte
		hex.Encode(digits[:], sum[:])
		if subtle.ConstantTimeCompare(digits[:], []byte(sig)) == 1 {
			return true
		}
	}
	return false
}

func appendV5Head(b []byte, path string, order Query, decoded bool) []byte {
	b = append(b, path...)
	b = append(b, '?')
	first := true
	for i := range order {
		p := &order[i]
		if p.Name == "sig" {
			continue
		}
		if !first {
			b = append(b, '&')
		}
		first = false
		name, value := p.RawName, p.RawValue
		if decoded {
			name, value = p.Name, p.Value
		}
		b = append(b, name...)
		b = append(b, '=')
		b = append(b, value...)
	}
	return b
}

func sorted(q Query) Query {
	q = slices.Clone(q)
	sortByName(q)
	return q
}

func sortByName(q Query) {
	slices.SortFunc(q, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
}

func hexMD5(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// v5Form makes a signature from the part before the body, the body and a key.
type v5Form func(head, body []byte, key string) string

func backendForm(head, body []byte, key string) string {
	return hexMD5(slices.Concat(head, body, []byte(key)))
}

func clientForm(head, body []byte, key string) string {
	return hexMD5(slices.Concat(head, []byte(key), body)) + "1"
}

// V5Mistake returns which of the usual mistakes gives exactly the received signature of a backend's request; "" when none
// does.
func V5Mistake(sig, path string, q Query, body []byte, keys Keys) string {
	if mistake := v5Mistake(backendForm, sig, path, q, body, keys); mistake != "" {
		return mistake
	}
	source := V5Source(path, q, nil)
	for name, key := range keys.byName("key of this source") {
		switch client := clientForm(source, body, key); sig {
		case client, strings.TrimSuffix(client, "1"):
			return "it is the client SDK's form (key before body) with the " + name
		case backendForm(source, body, key) + "1":
			return "it carries the client SDK's marker 1, made with the " + name
		}
	}
	return ""
}

// V5ClientMistake does the same for a request of the client SDK.
func V5ClientMistake(sig, path string, q Query, body []byte, keys Keys) string {
	if mistake := v5Mistake(clientForm, sig, path, q, body, keys); mistake != "" {
		return mistake
	}
	source := V5Source(path, q, nil)
	for name, key := range keys.byName("client's key") {
		switch backend := backendForm(source, body, key); sig {
		case backend, backend + "1":
			return "it is a backend's form (key after body) with the " + name
		case strings.TrimSuffix(clientForm(source, body, key), "1"):
			return "the client SDK's marker 1 is missing at the end, and it was made with the " + name
		}
	}
	return ""
}

// v5Mistake looks for the mistakes that can be made in either form.
func v5Mistake(form v5Form, sig, path string, q Query, body []byte, keys Keys) string {
	order := sorted(q)
	source := appendV5Head(nil, path, order, false)
	matches := func(head, body []byte, key string) bool { return sig == form(head, body, key) }
	if strings.EqualFold(sig, form(source, body, keys.Right)) {
		return "the hex digits are upper-case"
	}
	if matches(appendV5Head(nil, path, q, false), body, keys.Right) {
		return "the parameters are not sorted by name"
	}
	filled := slices.DeleteFunc(slices.Clone(order), func(p Param) bool { return p.Value == "" })
	if len(filled) != len(order) && matches(appendV5Head(nil, path, filled, false), body, keys.Right) {
		return "an empty parameter was left out of the signed string"
	}
	for name, head := range map[string][]byte{"in its place": sigSigned(path, order), "at the end": append(slices.Clone(source), "&sig="...)} {
		if matches(head, body, keys.Right) {
			return "the parameter sig itself was signed, " + name
		}
	}
	for name, key := range keys.Others {
		if matches(source, body, key) {
			return "it was signed with another key: the " + name
		}
	}
	for _, other := range reencodings(body) {
		if !bytes.Equal(other.body, body) && matches(source, other.body, keys.Right) {
			return "another body was signed than was sent: " + other.what
		}
	}
	return ""
}

// sigSigned returns the string that is signed when an empty sig is sorted in with the other parameters.
func sigSigned(path string, order Query) []byte {
	renamed := slices.DeleteFunc(slices.Clone(order), func(p Param) bool { return p.Name == "sig" })
	// appendV5Head omits sig by its decoded name, so this one gets a name that only sorts like it.
	renamed = append(renamed, Param{RawName: "sig", Name: "sig\x00"})
	sortByName(renamed)
	return appendV5Head(nil, path, renamed, false)
}
