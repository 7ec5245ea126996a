package server

import (
	"os"
	"runtime/debug"
)

// spareHeap bounds the garbage, in percent of the heap in use (docs/adr/0018).
const spareHeap = 200

// collectSeldom makes the collector run less often than by default, unless the operator has set GOGC.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(spareHeap)
	}
}
