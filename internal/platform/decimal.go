package platform

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// MaxDecimal bounds the length of a number's text.
const MaxDecimal = 1024

// Decimal is a number of any sign, length and number of decimals, without rounding. Equal numbers are equal with ==. The zero
// value is no number; it is lower than all numbers.
type Decimal struct{ key string }

// The first byte of a key. A number that is not 0 is a fraction of two-digit groups, the first of which is not 00, times a power
// of 100; the power and each group plus 1 follow. The bytes of a negative number are inverted, and noMore, which is above
// each of its groups, ends them.
const (
	negative = '1'
	zero     = '2'
	positive = '3'

	noMore   = 0xff
	powerOf1 = 1 << 15 // of the power 0

	zeroKey = string(rune(zero))
)

// ParseDecimal reads an optional sign, digits, and optionally a point and more digits, of MaxDecimal bytes at most.
func ParseDecimal(text string) (Decimal, error) {
	fault := func() (Decimal, error) {
		return Decimal{}, Invalidf("", "%.40q is not a number of at most %d characters", text, MaxDecimal)
	}
	if len(text) > MaxDecimal {
		return fault()
	}
	digits, minus := strings.CutPrefix(text, "-")
	if !minus {
		digits = strings.TrimPrefix(digits, "+")
	}
	whole, decimals, point := strings.Cut(digits, ".")
	if !allDigits(whole) || point && !allDigits(decimals) {
		return fault()
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole)%2 == 1 {
		whole = "0" + whole
	}
	if len(decimals)%2 == 1 {
		decimals += "0"
	}
	groups, power := whole+decimals, len(whole)/2
	for strings.HasPrefix(groups, "00") {
		groups, power = groups[2:], power-1
	}
	for strings.HasSuffix(groups, "00") {
		groups = groups[:len(groups)-2]
	}
	if groups == "" {
		return Decimal{zeroKey}, nil
	}
	key := make([]byte, 0, 4+len(groups)/2)
	key = binary.BigEndian.AppendUint16(append(key, positive), uint16(powerOf1+power))
	for ; groups != ""; groups = groups[2:] {
		key = append(key, (groups[0]-'0')*10+groups[1]-'0'+1)
	}
	if minus {
		key[0] = negative
		invert(key[1:])
		key = append(key, noMore)
	}
	return Decimal{string(key)}, nil
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// DecimalOfKey returns the number with that key.
func DecimalOfKey(key []byte) (Decimal, error) {
	d := Decimal{string(key)}
	if d.key == "" || d.key == zeroKey || d.isKey() {
		return d, nil
	}
	return Decimal{}, fmt.Errorf("%.40x is not the key of a number", d.key)
}

// isKey reports whether ParseDecimal gives that key to a number, which is not 0.
func (d Decimal) isKey() bool {
	n, ok := d.taken()
	if !ok {
		return false
	}
	for i := range len(n.groups) {
		if g := n.groups[i] ^ n.mask; g < 1 || g > 100 {
			return false
		}
	}
	if n.group(0) == 0 || n.group(len(n.groups)-1) == 0 || n.power < -MaxDecimal || n.power > MaxDecimal {
		return false
	}
	var text [64]byte
	return len(d.Append(text[:0])) <= MaxDecimal
}

// taken is the key of a number that is not 0, taken apart.
type taken struct {
	power  int // of 100
	groups string
	mask   byte // that the key's bytes after the first have been inverted with
}

// taken also reports whether the key is long enough.
func (d Decimal) taken() (n taken, ok bool) {
	key := d.key
	if len(key) < 4 {
		return n, false
	}
	switch key[0] {
	case positive:
	case negative:
		if key[len(key)-1] != noMore || len(key) < 5 {
			return n, false
		}
		key, n.mask = key[:len(key)-1], 0xff
	default:
		return n, false
	}
	n.power = int(key[1]^n.mask)<<8 + int(key[2]^n.mask) - powerOf1
	n.groups = key[3:]
	return n, true
}

// group returns two digits; none of those beyond the ends is above 0.
func (n *taken) group(i int) byte {
	if i < 0 || i >= len(n.groups) {
		return 0
	}
	return n.groups[i] ^ n.mask - 1
}

// Key returns bytes in whose lexical order the numbers are ordered; none for the zero value. They must not be modified.
func (d Decimal) Key() []byte { return []byte(d.key) }

// Compare returns -1, 0 or 1: whether d is below, equal to or above other.
func (d Decimal) Compare(other Decimal) int { return strings.Compare(d.key, other.key) }

// String returns the number without needless zeros; "" for the zero value.
func (d Decimal) String() string {
	var text [64]byte
	return string(d.Append(text[:0]))
}

// Append appends the form of String.
func (d Decimal) Append(b []byte) []byte {
	n, ok := d.taken()
	switch {
	case d.key == "":
		return b
	case !ok:
		return append(b, '0') // of zeroKey
	case n.mask != 0:
		b = append(b, '-')
	}
	if n.power <= 0 {
		b = append(b, '0')
	}
	for i := range max(0, n.power) {
		g := n.group(i)
		if i > 0 || g >= 10 {
			b = append(b, '0'+g/10)
		}
		b = append(b, '0'+g%10)
	}
	if len(n.groups) <= n.power {
		return b
	}
	b = append(b, '.')
	for i := n.power; i < len(n.groups); i++ {
		g := n.group(i)
		b = append(b, '0'+g/10, '0'+g%10)
	}
	if b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
}

// MarshalText writes the form of String.
func (d Decimal) MarshalText() ([]byte, error) { return d.Append(nil), nil }

// UnmarshalText reads what ParseDecimal reads.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Decimal{}
		return nil
	}
	*d, err = ParseDecimal(string(text))
	return err
}
