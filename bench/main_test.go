//go:build linux && !race

package main

import (
	"os"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/child"
)

func TestMain(m *testing.M) {
	if serverToCompareWith() != nil || os.Getenv(profiledEnv) != "" { // a part started this program again
		main()
		return
	}
	os.Exit(m.Run())
}

// The bench is seldom run, and by hand; here every part runs for a moment, so that a broken part is noticed. Figures are
// not checked.
func TestEveryPartMeasures(t *testing.T) {
	binary, err := child.Binary()
	if err != nil {
		t.Fatal(err)
	}
	measured, err := run(t.Context(), settings{
		quick: true, binary: binary, scratch: t.TempDir(), rounds: 1, duration: 200 * time.Millisecond, warmUp: 10 * time.Millisecond, grants: []int{100, 2000}, accounts: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	rates := 0
	for _, row := range measured.Rows {
		if row.Unit == "/s" {
			rates++
			if row.Value <= 0 {
				t.Errorf("%s: %g a second", row.Measure, row.Value)
			}
		}
	}
	if rates < len(parts) {
		t.Errorf("%d rates of %d parts", rates, len(parts))
	}
}
