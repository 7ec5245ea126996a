package retcode

import (
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
)

// number is a printed number. Return codes fit in 32 bits; anything longer is not a number here.
type number struct {
	value     int
	hexDigits int  // how many hex digits were printed, 0 for a decimal number
	unsigned  bool // a negative number of 32 or 64 bits, printed without its sign
}

func (n number) hex() bool { return n.hexDigits > 0 }

// distinct reports whether the number is unlikely to be an ordinary count.
func (n number) distinct() bool { return n.value < 0 || n.value >= 1000 }

// rare reports whether hardly anything but a return code has such a number, or an identity or an amount does: it has six digits or more
// and is not round.
func (n number) rare() bool {
	return !n.hex() && (n.value > 100000 && n.value < 10000000 || n.value < -100000) && n.value%100000 != 0 && n.value != 111111
}

// leastRare is how many digits a rare number has at least.
const leastRare = 6

// inCommonSeries reports whether a rare number is of the series from 100000, in which many programs number their own codes.
func (n number) inCommonSeries() bool { return n.value > 100000 && n.value < 100100 }

// unusual reports whether few other programs have such a number.
func (n number) unusual() bool { return n.value <= -4000 && n.value > -4100 }

// isWeChats reports whether the number is of the series in which WeChat numbers its codes.
func (n number) isWeChats() bool { return n.value >= 40000 && n.value < 50000 }

// isByte reports whether the number can be a command's result, signed or unsigned.
func (n number) isByte() bool { return n.value > -256 && n.value < 256 }

// known reports whether some domain has the number.
func (n number) known() bool {
	if !n.hex() && find(QQ, n.value) != nil { // most are QQ's, and looking for the rest takes longer
		return true
	}
	rs := readingsOf(n)
	return rs.n > 0
}

// onlyNumbers reads a text that is nothing but a number, a range or a list of numbers.
func (s *scanner) onlyNumbers() bool {
	t := strings.TrimLeft(strings.TrimRight(s.text, " \t\r\n,;.?)]\"'`"), " \t\r\n([\"'`")
	for first := true; ; first = false {
		n, end, ok := readNumber(t, 0)
		if !ok {
			break
		}
		if rest, ok := cutRangeSign(t[end:]); ok && first {
			if s.numberRange(n, rest, strings.Trim(t[end:len(t)-len(rest)], " ") == "-") {
				return true
			}
		}
		whole := first && end == len(t)
		isByte := n.hex() && (n.value == 0 || !n.known() || slices.ContainsFunc(s.findings(), func(f finding) bool { return f.number == n }))
		if !whole && (isByte || !endsNumber(t, end) || !n.distinct() && !n.hex()) { // bytes, and small numbers that list something
			break
		}
		s.add(finding{number: n})
		t = strings.TrimLeft(t[end:], " \t,;")
		if t == "" {
			return true
		}
	}
	s.n = 0
	return false
}

// cutRangeSign returns the text after the sign between the two numbers of a range: "100013 ~ 100016".
func cutRangeSign(t string) (rest string, ok bool) {
	t = strings.TrimLeft(t, " ")
	for _, sign := range []string{"~", "\uff5e", "\u2013", "\u2014", "..", "-", "to ", "至", "到"} {
		if rest, ok := strings.CutPrefix(t, sign); ok {
			return strings.TrimLeft(rest, " "), true
		}
	}
	return t, false
}

// numberRange takes every number from first to the number that makes up text, in either direction. A hyphen is ambiguous:
// it separates other things too, and hides the sign of the number after it.
func (s *scanner) numberRange(first number, text string, hyphen bool) bool {
	last, end, ok := readNumber(text, 0)
	if !ok || end != len(text) || first.hex() != last.hex() {
		return false
	}
	if hyphen && first.value < 0 && last.value > 0 {
		last.value = -last.value
	}
	if hyphen && !first.distinct() {
		return false
	}
	any := false
	for n := range between(first, last) {
		any = true
		if n.known() {
			s.add(finding{number: n, inRange: true})
		}
	}
	return any
}

// between yields every number from one to another, in either direction; none if they are far apart.
func between(first, last number) iter.Seq[number] {
	return func(yield func(number) bool) {
		step := 1
		if last.value < first.value {
			step = -1
		}
		if (last.value-first.value)*step >= maxFindings {
			return
		}
		for n := first; yield(n) && n.value != last.value; n.value += step {
		}
	}
}

// minus is the minus sign that typeset documents print instead of a hyphen.
const minus = "\u2212"

// parseNumber reads a decimal or hex number at t[i:] and returns where it ends. The beginning of something else, such as a
// word, a date, a time or a fraction, is not a number.
func parseNumber(t string, i int) (n number, end int, ok bool) {
	n, end, ok = readNumber(t, i)
	if ok && n.hex() && end < len(t) && (t[end] == '_' || t[end] == '/') { // 0x8fc_2 or 0x8fc/2, a command and its service type
		return n, end, true
	}
	return n, end, ok && endsNumber(t, end)
}

// endsNumber reports whether the number that ends at i is not the beginning of something else.
func endsNumber(t string, i int) bool {
	switch {
	case i == len(t):
		return true
	case isWordByte(t[i]) || t[i] == '%':
		return false
	default:
		return strings.IndexByte(".:-/", t[i]) < 0 || i+1 == len(t) || t[i+1] < '0' || t[i+1] > '9'
	}
}

// readNumber reads the sign and the digits at t[i:], whatever follows them.
func readNumber(t string, i int) (n number, end int, ok bool) {
	if i >= len(t) {
		return number{}, i, false
	}
	negative := false
	switch {
	case t[i] == '-':
		negative = true
		i++
	case strings.HasPrefix(t[i:], minus):
		negative = true
		i += len(minus)
	}
	base, maxDigits := 10, 20
	if !negative && i+1 < len(t) && t[i] == '0' && t[i+1]|0x20 == 'x' {
		base, maxDigits = 16, 16
		i += 2
	}
	start := i
	var value uint64
	for i < len(t) && i-start <= maxDigits && digit(t[i]) < base {
		value = value*uint64(base) + uint64(digit(t[i]))
		i++
	}
	digits := i - start
	if digits == 0 || digits > maxDigits {
		return number{}, i, false
	}
	if digits == 20 { // which can be more than 64 bits
		if _, err := strconv.ParseUint(t[start:i], base, 64); err != nil {
			return number{}, i, false
		}
	}
	switch {
	case value <= math.MaxInt32:
		n.value = int(value)
		if base == 16 {
			n.hexDigits = digits
		}
	case negative:
		return number{}, i, false
	case value <= math.MaxUint32:
		n.value, n.unsigned = int(int32(value)), true
	case value > math.MaxUint64-math.MaxInt32:
		n.value, n.unsigned = int(int64(value)), true
	default:
		return number{}, i, false
	}
	if negative {
		n.value = -n.value
	}
	return n, i, true
}

// digit returns the value of a digit in any base up to 16, or 16.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}
