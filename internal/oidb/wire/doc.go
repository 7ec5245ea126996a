// Package wire contains the messages of the bus: those generated from oidb.proto, which is the bus's contract, and the
// hand-written ones, which every call needs: the heads and the messages of the token checks.
package wire

//go:generate go run ./gen
