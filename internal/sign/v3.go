package sign

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
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

// V2BindSource returns what a game signs for a player who binds a group in QQ itself, with the name of the key instead of the key:
// openid_appid_appkey_guild_zone (msdk-v3.md, 5.10).
func V2BindSource(openid, appid, guild, zone string) string {
	return v2Bound(openid, appid, "appkey", guild, zone)
}

// V2Bind returns the signature that a game's back end gives its client for that: 32 lower-case hex digits.
func V2Bind(openid, appid, appkey, guild, zone string) string {
	sum := md5.Sum([]byte(v2Bound(openid, appid, appkey, guild, zone)))
	return hex.EncodeToString(sum[:])
}

func v2Bound(openid, appid, key, guild, zone string) string {
	return openid + "_" + appid + "_" + key + "_" + guild + "_" + zone
}
