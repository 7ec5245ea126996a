package msdk

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
)

func TestVIPAnswers(t *testing.T) {
	v := platform.VIP{
		QQLevel: 21, Member: platform.Membership{Level: 4, Year: true}, Xinyue: platform.Membership{Level: 2, Luxury: true}, Green: platform.Membership{Level: 1},
	}
	member, level := VIPAnswer{1, 1, 1, 4, 0}, VIPAnswer{2, 1, 0, 21, 0}
	for name, test := range map[string]struct {
		mask uint32
		want []VIPAnswer
	}{
		"one":                                 {1, []VIPAnswer{member}},
		"two, the lowest first":               {3, []VIPAnswer{member, level}},
		"none of it":                          {4, []VIPAnswer{{Flag: 4}}},
		"Xinyue by either flag":               {0x240, []VIPAnswer{{0x40, 1, 0, 2, 1}, {0x200, 1, 0, 2, 1}}},
		"a flag that MSDK gave up":            {0x20, []VIPAnswer{}},
		"flags that MSDK never had":           {0x7ff00c00, []VIPAnswer{}},
		"the flags that clients send for all": {255, []VIPAnswer{member, level, {Flag: 4}, {Flag: 8}, {Flag: 16}, {0x40, 1, 0, 2, 1}, {Flag: 128}}},
	} {
		if diff := cmp.Diff(test.want, VIPAnswers(v, test.mask)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestVIPRichInfo(t *testing.T) {
	none := VIPRichInfo{"0", "0", "0", "0", "0", "0", "0", "0", "0", "0"}
	if diff := cmp.Diff(none, NewVIPRichInfo(&platform.VIP{QQLevel: 3})); diff != "" {
		t.Errorf("none: (-want +got)\n%s", diff)
	}
	got := NewVIPRichInfo(&platform.VIP{
		Member: platform.Membership{Level: 1, StartMS: 1_700_000_000_999, EndMS: 1_800_000_000_000}, Super: platform.Membership{Level: 1},
	})
	want := VIPRichInfo{"0", "1", "1700000000", "1800000000", "0", "0", "0", "1", "0", "2147483647"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a member, not by the year: (-want +got)\n%s", diff)
	}
}
