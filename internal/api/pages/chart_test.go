package pages

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheChartIsToScale: the plot goes from 126 at the bottom to 8 at the top, and always contains 0.
func TestTheChartIsToScale(t *testing.T) {
	huge := "9" + strings.Repeat("0", 400)
	half := "45" + strings.Repeat("0", 399)
	for name, test := range map[string]struct {
		own, best string
		bars      string // y and height of each
		levels    string
	}{
		"no score":           {"", "", "", "126 0"},
		"two scores":         {"100", "50", "8+118 67+59", "126 0, 8 100"},
		"only the friend's":  {"", "50", "8+118", "126 0, 8 50"},
		"a score of 0":       {"0", "10", "126+1.5 8+118", "126 0, 8 10"},
		"only zeros":         {"0", "0", "126+1.5 126+1.5", "126 0"},
		"both signs":         {"-100", "100", "67+59 8+59", "67 0, 126 -100, 8 100"},
		"below 0":            {"-1", "-2", "8+59 8+118", "8 0, 126 -2"},
		"decimals":           {"0.5", "0.25", "8+118 67+59", "126 0, 8 0.5"},
		"more than a double": {huge, half, "8+118 67+59", "126 0, 8 9e+400"},
	} {
		weeks := make([]week, 9)
		for i := range weeks {
			weeks[i].Board = fmt.Sprintf("2026-11-%02d", i+1)
		}
		weeks[8].Own, weeks[8].Friend, weeks[8].Best = test.own, "Ben", test.best
		c := draw(weeks)
		var bars, levels []string
		for _, b := range c.Bars {
			bars = append(bars, fmt.Sprintf("%g+%g", b.Y, b.Height))
			if want := map[bool]string{false: test.own, true: "Ben: " + test.best}[b.Friend]; b.Title != want {
				t.Errorf("%s: a bar is called %q, want %q", name, b.Title, want)
			}
			if b.X < 324 || b.X+b.Width > 360 {
				t.Errorf("%s: the last week's bar goes from %g to %g", name, b.X, b.X+b.Width)
			}
		}
		for _, l := range c.Levels {
			levels = append(levels, fmt.Sprintf("%g %s", l.At, l.Text))
		}
		if got := strings.Join(bars, " "); got != test.bars {
			t.Errorf("%s: bars %s, want %s", name, got, test.bars)
		}
		if got := strings.Join(levels, ", "); got != test.levels {
			t.Errorf("%s: levels %s, want %s", name, got, test.levels)
		}
		if len(c.Days) != 9 || c.Days[0].Text != "11-01" || c.Days[8].Text != "11-09" {
			t.Errorf("%s: the days are %v", name, c.Days)
		}
	}
}
