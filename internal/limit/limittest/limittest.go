// Package limittest has the cases that everything that counts calls against rates must pass.
package limittest

import (
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Take counts a call of key at now, unless the key's rate is used up; then it returns how long to wait for the next.
type Take func(key string, rate platform.Rate, now time.Time) (wait time.Duration, ok bool)

var start = time.UnixMilli(1_700_000_000_000)

type call struct {
	rate platform.Rate
	at   time.Duration // after start
	wait time.Duration // 0 for a call that counts
}

// The periods are long, since what counts by its own time too may forget a call after its period.
var (
	three  = platform.Rate{Count: 3, Per: 3 * time.Hour}
	daily  = platform.Rate{Count: 1, Per: 24 * time.Hour}
	uneven = platform.Rate{Count: 7, Per: time.Hour}
	long   = platform.Rate{Count: 1, Per: 744 * time.Hour}
	dense  = platform.Rate{Count: 1_000_000_000, Per: 744 * time.Hour}
)

var cases = []struct {
	name  string
	calls []call
}{
	{"all at once, then one an interval", []call{
		{three, 0, 0}, {three, 0, 0}, {three, 0, 0},
		{three, 0, time.Hour},
		{three, time.Hour - time.Millisecond, time.Millisecond},
		{three, time.Hour, 0},
		{three, time.Hour, time.Hour},
		{three, 100 * time.Hour, 0}, {three, 100 * time.Hour, 0}, {three, 100 * time.Hour, 0},
		{three, 100 * time.Hour, time.Hour},
	}},
	{"a part of an interval is kept", []call{
		{three, 0, 0}, {three, 0, 0}, {three, 0, 0},
		{three, 90 * time.Minute, 0},
		{three, 90 * time.Minute, 30 * time.Minute},
		{three, 2 * time.Hour, 0},
	}},
	{"a stricter rate is loosened", []call{
		{daily, 0, 0}, {daily, 0, 24 * time.Hour},
		{three, 0, 0}, // all but one count as used up
		{three, 0, time.Hour},
	}},
	{"a rate becomes stricter", []call{
		{three, 0, 0}, {three, 0, 0},
		{platform.Rate{Count: 1, Per: 2 * time.Hour}, 0, 2 * time.Hour},
	}},
	{"the clock is set back", []call{
		{three, 0, 0}, {three, 0, 0}, {three, 0, 0},
		{three, -time.Hour, 0},
		{three, -time.Hour, time.Hour},
	}},
	{"the clock is set back by less than the slack", []call{
		{three, 0, 0}, {three, 0, 0}, {three, 0, 0},
		{three, -59 * time.Second, time.Hour + 59*time.Second},
		{three, -time.Minute, time.Hour + time.Minute},
		{three, -time.Minute - time.Millisecond, 0},
	}},
	{"an interval is cut off to the nanosecond", []call{
		{uneven, 0, 0}, {uneven, 0, 0}, {uneven, 0, 0}, {uneven, 0, 0}, {uneven, 0, 0}, {uneven, 0, 0}, {uneven, 0, 0},
		{uneven, 0, 514_285_714_280}, // eight intervals of 514,285,714,285 ns, less an hour
	}},
	{"the longest period", []call{
		{long, 0, 0}, {long, 0, 744 * time.Hour}, {long, 743 * time.Hour, time.Hour}, {long, 744 * time.Hour, 0},
	}},
	{"the greatest count", []call{
		{dense, 0, 0}, {dense, 0, 0}, {dense, -time.Millisecond, 0},
	}},
}

// Run runs the cases, and looks whether keys are counted apart.
func Run(t *testing.T, take Take) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			for i, call := range test.calls {
				if wait, ok := take(test.name, call.rate, start.Add(call.at)); ok != (call.wait == 0) || wait != call.wait {
					t.Fatalf("call %d: %v after %v, want to wait %v", i, ok, wait, call.wait)
				}
			}
		})
	}
	t.Run("keys are counted apart", func(t *testing.T) {
		for _, key := range []string{"a", "b", "a b", ""} {
			if wait, ok := take(key, daily, start); !ok {
				t.Errorf("the first call of %q has to wait %v", key, wait)
			}
			if _, ok := take(key, daily, start); ok {
				t.Errorf("the second call of %q is taken", key)
			}
		}
	})
}
