package server

import "golang.org/x/sys/windows"

// The errors of listening at an address that is taken, or that this account may not use.
const (
	errInUse  = windows.WSAEADDRINUSE
	errDenied = windows.WSAEACCES
)
