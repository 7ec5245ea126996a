package server

import (
	"os"
	"runtime/debug"
)

// spareHeap bounds the garbage, in percent of the heap in use (docs/adr/0018).
const spareHeap = 200

// limitMemory bounds Go's memory, unless the setting is 0: then the environment's GOMEMLIMIT holds, if there is one.
func limitMemory(bytes int) {
	if bytes > 0 {
		debug.SetMemoryLimit(int64(bytes))
	}
}

// collectSeldom makes the collector run less often than by default, unless the operator has set GOGC.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(spareHeap)
	}
}
