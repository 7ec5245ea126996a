//go:build !race

// The race detector makes pools forget at random.

package logging

import (
	"io"
	"log/slog"
	"testing"
	"time"
)

func TestEventsAllocateNothing(t *testing.T) {
	h := newJSONHandler(io.Discard, nil)
	at := time.Now()
	if n := testing.AllocsPerRun(1000, func() { write(h, at, slog.LevelInfo, "request", "user", "a\n", 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
