package platform

import "strconv"

// GC is the number of a QQ group. On the wire it is decimal digits.
type GC uint64

// The bounds of the group platform's numbers, which clients keep in 32 bits.
const (
	FirstGC GC = 700000001
	LastGC  GC = 1<<32 - 1
)

func (gc GC) String() string { return strconv.FormatUint(uint64(gc), 10) }

// ParseGC reads decimal digits without sign or leading zero, above 0.
func ParseGC(text string) (GC, error) { return parseDecimal[GC]("gc", text, 63) }

// MarshalText writes the digits: a number is a string in JSON, so that no reader rounds it.
func (gc GC) MarshalText() ([]byte, error) { return []byte(gc.String()), nil }

// UnmarshalText reads the digits.
func (gc *GC) UnmarshalText(text []byte) (err error) {
	*gc, err = ParseGC(string(text))
	return err
}

// Guild names a guild of a game. Zone and ID are 1 to 20 digits; a game without zones has zone "0" (msdk-v5.md, 10.6).
type Guild struct {
	AppID AppID  `json:"appid"`
	Zone  string `json:"zone_id"`
	ID    string `json:"guild_id"`
}
