//go:build unix

package standings

import (
	"runtime"
	"syscall"
	"unsafe"
)

// mapped is the size in bytes from which an array is outside the heap.
const mapped = 64 << 10

// newSlots returns an array. A large one is outside the heap: the collector lets garbage grow to the size of the heap in
// use, so in the heap it would cost its size twice. It is unmapped once nobody can read it.
func newSlots(n int) *slots {
	if size := n * int(unsafe.Sizeof(entry{})); size >= mapped {
		if memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE); err == nil {
			s := &slots{unsafe.Slice((*entry)(unsafe.Pointer(unsafe.SliceData(memory))), n)}
			runtime.AddCleanup(s, func(memory []byte) { _ = syscall.Munmap(memory) }, memory)
			return s
		}
	}
	return &slots{make([]entry, n)}
}
