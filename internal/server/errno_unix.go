//go:build unix

package server

import "syscall"

// The errors of listening at an address that is taken, or that this account may not use.
const (
	errInUse  = syscall.EADDRINUSE
	errDenied = syscall.EACCES
)
