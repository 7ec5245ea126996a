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
		return Decimal{string(rune(zero))}, nil
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
	if len(key) == 0 {
		return d, nil
	}
	if text, ok := d.text(); ok {
		if again, err := ParseDecimal(text); err == nil && again == d {
			return d, nil
		}
	}
	return Decimal{}, fmt.Errorf("%.40x is not the key of a number", key)
}

// Key returns bytes in whose lexical order the numbers are ordered; none for the zero value. They must not be modified.
func (d Decimal) Key() []byte { return []byte(d.key) }

// Compare returns -1, 0 or 1: whether d is below, equal to or above other.
func (d Decimal) Compare(other Decimal) int { return strings.Compare(d.key, other.key) }

// String returns the number without needless zeros; "" for the zero value.
func (d Decimal) String() string {
	text, _ := d.text()
	return text
}

// text also reports whether the key has the form of one.
func (d Decimal) text() (string, bool) {
	if len(d.key) < 4 {
		return map[string]string{string(rune(zero)): "0"}[d.key], d.key == string(rune(zero))
	}
	sign, key := "", []byte(d.key[1:])
	switch d.key[0] {
	case positive:
	case negative:
		if key[len(key)-1] != noMore {
			return "", false
		}
		sign, key = "-", key[:len(key)-1]
		invert(key)
	default:
		return "", false
	}
	if len(key) < 3 {
		return "", false
	}
	power, groups := int(binary.BigEndian.Uint16(key))-powerOf1, key[2:]
	if power < -MaxDecimal || power > MaxDecimal {
		return "", false
	}
	digits := []byte(strings.Repeat("00", max(0, -power)))
	for _, group := range groups {
		group--
		digits = append(digits, '0'+group/10, '0'+group%10)
	}
	point := 2 * max(0, power)
	for len(digits) < point {
		digits = append(digits, '0')
	}
	whole, decimals := strings.TrimLeft(string(digits[:point]), "0"), strings.TrimRight(string(digits[point:]), "0")
	if whole == "" {
		whole = "0"
	}
	if decimals != "" {
		decimals = "." + decimals
	}
	return sign + whole + decimals, true
}

// MarshalText writes the form of String.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDecimal reads.
func (d *Decimal) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Decimal{}
		return nil
	}
	*d, err = ParseDecimal(string(text))
	return err
}
