package platform

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestDecimals(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "+0.000": "0", "000": "0", "7": "7", "+7": "7", "007": "7", "-7": "-7", "10": "10", "100": "100", "1000": "1000",
		"0.5": "0.5", "0.05": "0.05", "0.005": "0.005", "-0.0050": "-0.005", "12.30": "12.3", "123.45": "123.45", "1.0": "1", "99.99": "99.99",
		"123456789012345678901234567890.123456789": "123456789012345678901234567890.123456789",
		"9" + strings.Repeat("0", 1023):            "9" + strings.Repeat("0", 1023),
		"0." + strings.Repeat("0", 1021) + "1":     "0." + strings.Repeat("0", 1021) + "1",
	} {
		d, err := ParseDecimal(text)
		if err != nil || d.String() != want {
			t.Errorf("%q: got %q, %v, want %q", text, d, err, want)
		}
		again, err := DecimalOfKey(d.Key())
		if err != nil || again != d {
			t.Errorf("%q: its key %x gives %q, %v", text, d.Key(), again, err)
		}
	}
	for _, text := range []string{"", "-", "+", ".", ".5", "5.", "1e3", "0x1", " 1", "1 ", "1,5", "--1", "1.2.3", "NaN", "Inf", "١", "1_000", "1" + strings.Repeat("0", 1024)} {
		if d, err := ParseDecimal(text); err == nil {
			t.Errorf("%q is read as %q", text, d)
		}
	}
	for _, key := range []string{"x", "3", "3\x80\x00", "3\x80\x01", "3\x80\x01\x01", "3\x80\x01\x02\x01", "3\x80\x01\x70", "1\x7f\xfe\xfd", "22", "3\xff\xff\x02"} {
		if d, err := DecimalOfKey([]byte(key)); err == nil {
			t.Errorf("the key %x is read as %q", key, d)
		}
	}
	var none Decimal
	if d, _ := ParseDecimal("-1" + strings.Repeat("0", 1000)); none.Compare(d) != -1 || none.String() != "" || len(none.Key()) != 0 {
		t.Errorf("the zero value is %q with the key %x, compared to a low number %d", none, none.Key(), none.Compare(d))
	}
}

// TestDecimalsAreOrdered compares against exact arithmetic.
func TestDecimalsAreOrdered(t *testing.T) {
	number := func() string {
		digits := func(most int) string { return fmt.Sprint(rand.N(1 << (1 + rand.N(most)))) }
		zeros := strings.Repeat("0", rand.N(5))
		return []string{"", "-", "+"}[rand.N(3)] + []string{
			digits(40), digits(3) + zeros, zeros + digits(9) + "." + zeros + digits(20), "0." + zeros + digits(7) + zeros,
		}[rand.N(4)]
	}
	for range 20_000 {
		wantOrdered(t, number(), number())
	}
}

func wantOrdered(t *testing.T, a, b string) {
	t.Helper()
	x, err := ParseDecimal(a)
	y, err2 := ParseDecimal(b)
	exactX, okX := new(big.Rat).SetString(a)
	exactY, okY := new(big.Rat).SetString(b)
	if err != nil || err2 != nil || !okX || !okY {
		t.Fatalf("%q, %q: %v, %v", a, b, err, err2)
	}
	if want := exactX.Cmp(exactY); x.Compare(y) != want || bytes.Compare(x.Key(), y.Key()) != want || (x == y) != (want == 0) {
		t.Fatalf("%q and %q compare %d (keys %x and %x), want %d", a, b, x.Compare(y), x.Key(), y.Key(), want)
	}
}

func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"0", "-0012.50", "1e3", "123456789012345678901234567890", "0.0001", strings.Repeat("9", MaxDecimal), "-0." + strings.Repeat("01", MaxDecimal/2-1),
		strings.Repeat("0", MaxDecimal-1) + "1", "1" + strings.Repeat("0", MaxDecimal)} {
		f.Add(seed, "1.5")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, err := ParseDecimal(a)
		if err != nil {
			return
		}
		if again, err := ParseDecimal(x.String()); err != nil && len(a) < MaxDecimal-2 || err == nil && again != x {
			t.Fatalf("%q is written %q, which is read as %q, %v", a, x, again, err)
		}
		if _, err := DecimalOfKey(x.Key()); err != nil {
			t.Fatalf("%q: %v", a, err)
		}
		if _, err := ParseDecimal(b); err == nil {
			wantOrdered(t, a, b)
		}
	})
}

// FuzzKey: bytes are refused, or are the key of the number that they are written as.
func FuzzKey(f *testing.F) {
	for _, seed := range []string{"", "2", "3\x80\x01\x02", "1\x7f\xfe\xfd\xff", "3\x80\x00\x33", "3\xff\xff\x02", "3\x82\x00\x0b", "3\x80\x01\x65"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		d, err := DecimalOfKey(key)
		if err != nil || len(key) == 0 {
			return
		}
		if again, err := ParseDecimal(d.String()); err != nil || again != d || !bytes.Equal(again.Key(), key) {
			t.Errorf("the key %x is read as %q, which has the key %x, %v", key, d, again.Key(), err)
		}
	})
}
