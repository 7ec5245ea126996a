package sign

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
)

// The Game Center signs with lower-case hex of MD5(key $name$value... key): all parameters but sign, decoded and sorted by name
// (msdk-v3.md, 9.2).

// GameCenter returns the signature of a call: 32 lower-case hex digits.
func GameCenter(query Query, key string) string {
	sum := md5.Sum(appendGameCenter(make([]byte, 0, 512), query, key))
	return hex.EncodeToString(sum[:])
}

// GameCenterVerify reports whether sig is the signature of a call.
func GameCenterVerify(sig string, query Query, key string) bool {
	return subtle.ConstantTimeCompare([]byte(GameCenter(query, key)), []byte(sig)) == 1
}

// GameCenterSource returns the signed string, with the name of the key instead of the key: appkey$cmd$gc_reddot...appkey.
func GameCenterSource(query Query) string { return string(appendGameCenter(nil, query, "appkey")) }

func appendGameCenter(b []byte, query Query, key string) []byte {
	var order [MaxParams]*Param
	sorted := order[:0]
	for i := range query {
		if query[i].Name != "sign" {
			sorted = append(sorted, &query[i])
		}
	}
	slices.SortFunc(sorted, func(a, b *Param) int { return strings.Compare(a.Name, b.Name) })
	b = append(b, key...)
	for _, p := range sorted {
		b = append(append(append(append(b, '$'), p.Name...), '$'), p.Value...)
	}
	return append(b, key...)
}
