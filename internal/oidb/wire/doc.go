// Package wire has the messages of the bus: those generated from oidb.proto, which is the bus's contract, and those that are
// read and written by hand because every call has them, the heads and the messages of the checks of tokens.
package wire

//go:generate go run ./gen
