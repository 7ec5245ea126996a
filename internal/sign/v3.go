package sign

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MSDK V3 signs with lower-case hex of MD5(key timestamp), with nothing between them and the timestamp as it is in the URL.
// Neither path nor body is covered. encode selects the key: 1 the appkey, 2 the msdkkey (msdk-v3.md, 2.1).

// V3 returns the signature of a timestamp: 32 lower-case hex digits.
func V3(timestamp, key string) string {
	sig := v3Sum(timestamp, key)
	return string(sig[:])
}

// V3Verify reports whether sig is the signature of the timestamp.
func V3Verify(sig, timestamp, key string) bool {
	right := v3Sum(timestamp, key)
	return subtle.ConstantTimeCompare(right[:], []byte(sig)) == 1
}

func v3Sum(timestamp, key string) (sig [2 * md5.Size]byte) {
	var buffer [160]byte // room for the longest key that an app may have, and a timestamp
	sum := md5.Sum(append(append(buffer[:0], key...), timestamp...))
	hex.Encode(sig[:], sum[:])
	return sig
}

// V3KeyName returns the name of the key that an encode selects; false when encode is neither 1 nor 2.
func V3KeyName(encode string) (string, bool) {
	switch encode {
	case "1":
		return "appkey", true
	case "2":
		return "msdkkey", true
	}
	return "", false
}

// V3Source returns the signed string, with the name of the key instead of the key: appkey+1700000000.
func V3Source(timestamp, encode string) string {
	name, _ := V3KeyName(encode)
	return name + "+" + timestamp
}

// V3Mistake returns which of the usual mistakes gives exactly the received signature; "" when none does.
func V3Mistake(sig, timestamp string, keys Keys) string {
	digits := strings.ToLower(sig)
	if V3Verify(digits, timestamp, keys.Right) {
		return "the hex digits are upper-case"
	}
	for _, name := range slices.Sorted(maps.Keys(keys.Others)) {
		if V3Verify(digits, timestamp, keys.Others[name]) {
			return "it was signed with another key: the " + name + encodeOf(name)
		}
	}
	for _, s := range []struct{ what, signed string }{
		{"the key was signed after the timestamp", timestamp + keys.Right},
		{"the timestamp alone was signed, without the key", timestamp},
		{"the key alone was signed, without the timestamp", keys.Right},
		{"there is a + between key and timestamp", keys.Right + "+" + timestamp},
		{"there is a & between key and timestamp", keys.Right + "&" + timestamp},
		{"there is a blank between key and timestamp", keys.Right + " " + timestamp},
		{"a line feed after the key was signed with it", keys.Right + "\n" + timestamp},
		{"a line feed after the timestamp was signed with it", keys.Right + timestamp + "\n"},
	} {
		if digits == hexMD5([]byte(s.signed)) {
			return s.what
		}
	}
	if other := otherUnit(digits, timestamp, keys.Right); other != "" {
		return "another timestamp was signed than was sent: " + other
	}
	return ""
}

// encodeOf says which encode goes with a key.
func encodeOf(name string) string {
	for _, encode := range []string{"1", "2"} {
		if of, _ := V3KeyName(encode); of == name {
			return ", which goes with encode=" + encode
		}
	}
	return ""
}

// otherUnit checks whether one of the two timestamps was in seconds and the other in milliseconds of the same second.
func otherUnit(sig, timestamp, key string) string {
	if n := len(timestamp); n > 3 && V3Verify(sig, timestamp[:n-3], key) {
		return timestamp[:n-3] + ", seconds instead of milliseconds"
	}
	for ms := range 1000 {
		other := timestamp + strconv.Itoa(1000 + ms)[1:]
		if V3Verify(sig, other, key) {
			return other + ", milliseconds instead of seconds"
		}
	}
	return ""
}
