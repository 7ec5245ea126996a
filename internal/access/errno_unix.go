//go:build unix

package access

import "syscall"

// errReset is the error of reading from a caller who has cut the connection.
const errReset = syscall.ECONNRESET
