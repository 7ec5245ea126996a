//go:build !unix

package standings

// newSlots returns an array, in the heap.
func newSlots(n int) *slots { return &slots{make([]entry, n)} }
