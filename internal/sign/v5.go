package sign

import (
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
