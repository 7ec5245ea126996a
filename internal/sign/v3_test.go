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

func TestV3VerifyAllocatesNothing(t *testing.T) {
	v := v3Vectors[0]
	if n := testing.AllocsPerRun(100, func() { V3Verify(v.sig, v.timestamp, v.key) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The vector of msdk-v3.md, 5.10.
func TestV2Bind(t *testing.T) {
	const openid, appid, guild, zone = "AAAABBBBCCCCDDDD0000111122223333", "1100001234", "77", "3"
	if got := V2Bind(openid, appid, "demoAppKey01", guild, zone); got != "b0d1f56ac21f2fbf196b24d0b7b8bb02" {
		t.Errorf("got %s", got)
	}
	if got := V2BindSource(openid, appid, guild, zone); got != "AAAABBBBCCCCDDDD0000111122223333_1100001234_appkey_77_3" {
		t.Errorf("the source is %s", got)
	}
}
