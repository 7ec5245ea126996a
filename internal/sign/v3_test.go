package sign

import (
	"strings"
	"testing"
)

// v3Vectors are those of msdk-v3.md, 2.1.
var v3Vectors = []struct{ key, timestamp, encode, sig string }{
	{"demoAppKey01", "1700000000", "1", "2d8c85c188c1019e48fec2ab8880ea5a"},
	{"demoAppKey01", "1700000000123", "1", "1a92852065fcd90cf45f043736ed6915"},
	{"demoMsdkKey02", "1700000000", "2", "36187ce779aaac47abb44e5a447190f7"},
}

func TestV3Vectors(t *testing.T) {
	for _, v := range v3Vectors {
		t.Run(v.key+" "+v.timestamp, func(t *testing.T) {
			if got := V3(v.timestamp, v.key); got != v.sig {
				t.Errorf("got %s, want %s", got, v.sig)
			}
			if !V3Verify(v.sig, v.timestamp, v.key) {
				t.Error("the vector is refused")
			}
			for what, taken := range map[string]bool{
				"another key":       V3Verify(v.sig, v.timestamp, v.key+"0"),
				"another timestamp": V3Verify(v.sig, v.timestamp+"0", v.key),
				"a shorter one":     V3Verify(v.sig[:31], v.timestamp, v.key),
				"upper-case digits": V3Verify(strings.ToUpper(v.sig), v.timestamp, v.key),
				"an empty one":      V3Verify("", v.timestamp, v.key),
			} {
				if taken {
					t.Errorf("the signature of %s is taken", what)
				}
			}
		})
	}
}

func TestV3SourceShowsNoKey(t *testing.T) {
	if got := V3Source("1700000000", "1"); got != "appkey+1700000000" {
		t.Errorf("encode 1: got %q", got)
	}
	if got := V3Source("1700000000", "2"); got != "msdkkey+1700000000" {
		t.Errorf("encode 2: got %q", got)
	}
}

func TestV3Mistakes(t *testing.T) {
	const key, timestamp = "demoAppKey01", "1700000000"
	keys := Keys{Right: key, Others: map[string]string{"msdkkey (encode 2)": "demoMsdkKey02"}}
	for _, test := range []struct{ name, sig, timestamp, want string }{
		{"upper case", strings.ToUpper(V3(timestamp, key)), timestamp, "upper-case"},
		{"key of the other encode", V3(timestamp, "demoMsdkKey02"), timestamp, "another key: the msdkkey (encode 2)"},
		{"key after the timestamp", hexMD5([]byte(timestamp + key)), timestamp, "after the timestamp"},
		{"no key", hexMD5([]byte(timestamp)), timestamp, "without the key"},
		{"no timestamp", hexMD5([]byte(key)), timestamp, "without the timestamp"},
		{"something between", hexMD5([]byte(key + "&" + timestamp)), timestamp, "a & between"},
		{"line feed of a key file", hexMD5([]byte(key + "\n" + timestamp)), timestamp, "line feed after the key"},
		{"milliseconds signed, seconds sent", V3("1700000000123", key), timestamp, "milliseconds instead of seconds"},
		{"seconds signed, milliseconds sent", V3(timestamp, key), "1700000000123", "seconds instead of milliseconds"},
		{"none of them", strings.Repeat("0", 32), timestamp, ""},
		{"no signature at all", "", timestamp, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := V3Mistake(test.sig, test.timestamp, keys)
			if !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %q, want something with %q", got, test.want)
			}
			if strings.Contains(got, key) || strings.Contains(got, "demoMsdkKey02") {
				t.Errorf("%q shows a key", got)
			}
		})
	}
}

func TestV3VerifyAllocatesNothing(t *testing.T) {
	v := v3Vectors[0]
	if n := testing.AllocsPerRun(100, func() { V3Verify(v.sig, v.timestamp, v.key) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
