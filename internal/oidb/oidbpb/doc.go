// Package oidbpb is the generated form of oidb.proto, the bus's contract. The bus itself reads and writes these messages by
// hand; its tests hold the two against each other.
package oidbpb
