// Package platform holds the nouns that all other packages share (apps, accounts, openids, grants) and the clock. It has no
// rules beyond their form and imports no other package of the platform.
package platform

import (
	"encoding/hex"
	"strconv"
)

// AppID names an app on the open platform. On the wire it is decimal digits, at most 63 bits.
type AppID uint64

// GameID names a game to MSDK V5; it is not the appid. On the wire it is decimal digits, at most 63 bits.
type GameID uint64

// UIN is an account number. Legal ones are above 10000 and have at most 62 bits.
type UIN uint64

// MSDKOpenID is V5's own id for a player of one game: a decimal 64-bit number, always a string in JSON.
type MSDKOpenID uint64

// OpenID is one app's name for an account: 16 bytes, 32 upper-case hex digits in text.
type OpenID [16]byte

// The bounds of legal account numbers.
const (
	FirstUIN UIN = 10001
	LastUIN  UIN = 1<<62 - 1
)

func (id AppID) String() string      { return strconv.FormatUint(uint64(id), 10) }
func (id GameID) String() string     { return strconv.FormatUint(uint64(id), 10) }
func (id UIN) String() string        { return strconv.FormatUint(uint64(id), 10) }
func (id MSDKOpenID) String() string { return strconv.FormatUint(uint64(id), 10) }

// String returns the 32 upper-case hex digits.
func (id OpenID) String() string {
	var text [2 * len(id)]byte
	return string(id.Append(text[:0]))
}

// Append appends the form of String.
func (id OpenID) Append(b []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range id {
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}

// ParseAppID reads decimal digits without sign or leading zero, above 0.
func ParseAppID(text string) (AppID, error) { return parseDecimal[AppID]("appid", text, 63) }

// ParseGameID reads decimal digits without sign or leading zero, above 0.
func ParseGameID(text string) (GameID, error) { return parseDecimal[GameID]("gameid", text, 63) }

// ParseMSDKOpenID reads decimal digits without sign or leading zero, above 0.
func ParseMSDKOpenID(text string) (MSDKOpenID, error) {
	return parseDecimal[MSDKOpenID]("MSDK openid", text, 64)
}

// ParseUIN reads a legal account number.
func ParseUIN(text string) (UIN, error) {
	uin, err := parseDecimal[UIN]("uin", text, 62)
	if err == nil && uin < FirstUIN {
		return 0, Invalidf("uin", "uin %d is reserved: account numbers begin at %d", uin, FirstUIN)
	}
	return uin, err
}

// ParseOpenID reads 32 hex digits of either case.
func ParseOpenID(text string) (OpenID, error) {
	var id OpenID
	if len(text) != 2*len(id) {
		return id, Invalidf("openid", "openid has %d characters, not 32 hex digits", len(text))
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return OpenID{}, Invalidf("openid", "openid is not 32 hex digits")
	}
	return id, nil
}

func parseDecimal[ID ~uint64](name, text string, bits int) (ID, error) {
	if text == "" || text[0] == '0' || len(text) > 20 {
		return 0, Invalidf(name, "%s %.40q is not a positive decimal number", name, text)
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, Invalidf(name, "%s %.40q is not a positive decimal number", name, text)
		}
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		return 0, Invalidf(name, "%s %.40q is over %d bits", name, text, bits)
	}
	return ID(n), nil
}

// The ids are strings in JSON, so that no reader rounds them.

func (id AppID) MarshalText() ([]byte, error)      { return []byte(id.String()), nil }
func (id GameID) MarshalText() ([]byte, error)     { return []byte(id.String()), nil }
func (id UIN) MarshalText() ([]byte, error)        { return []byte(id.String()), nil }
func (id MSDKOpenID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }
func (id OpenID) MarshalText() ([]byte, error)     { return []byte(id.String()), nil }

func (id *AppID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseAppID(string(text))
	return err
}

// UnmarshalText also accepts 0, which means that an app is not an MSDK V5 game.
func (id *GameID) UnmarshalText(text []byte) (err error) {
	if string(text) == "0" {
		*id = 0
		return nil
	}
	*id, err = ParseGameID(string(text))
	return err
}

func (id *UIN) UnmarshalText(text []byte) (err error) {
	*id, err = ParseUIN(string(text))
	return err
}

func (id *MSDKOpenID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseMSDKOpenID(string(text))
	return err
}

func (id *OpenID) UnmarshalText(text []byte) (err error) {
	*id, err = ParseOpenID(string(text))
	return err
}
