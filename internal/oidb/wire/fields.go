package wire

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// The parts of every call are read and written by hand: the heads, and the messages of the two token checks. As in
// generated code, a field that is unknown or of an unexpected wire type is skipped, and of a repeated field the last value
// counts.

// fields iterates over the fields of a message.
type fields struct {
	rest   []byte
	key    uint64 // of the current field: its number and wire type
	number uint64 // of a varint, fixed32 or fixed64
	bytes  []byte // of a length-delimited field; a part of the message
	err    error
}

var errFieldNumber = errors.New("oidb: an invalid field number")

// key returns the tag of a field: its number and wire type.
func key(number protowire.Number, t protowire.Type) uint64 { return protowire.EncodeTag(number, t) }

func (f *fields) next() bool {
	if len(f.rest) == 0 {
		return false
	}
	number, t, n := protowire.ConsumeTag(f.rest)
	if n < 0 {
		return f.fail(n)
	}
	if number > protowire.MaxValidNumber {
		f.rest, f.err = nil, errFieldNumber
		return false
	}
	f.rest, f.key = f.rest[n:], key(number, t)
	switch t {
	case protowire.VarintType:
		f.number, n = protowire.ConsumeVarint(f.rest)
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(f.rest)
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(f.rest)
		f.number = uint64(v)
	default:
		n = protowire.ConsumeFieldValue(number, t, f.rest)
	}
	if n < 0 {
		return f.fail(n)
	}
	f.rest = f.rest[n:]
	return true
}

func (f *fields) fail(n int) bool {
	f.rest, f.err = nil, protowire.ParseError(n)
	return false
}

// Zero values are left out.

func appendNumber(b []byte, number protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

func appendBytes[T []byte | string](b []byte, number protowire.Number, v T) []byte {
	if len(v) == 0 {
		return b
	}
	b = protowire.AppendTag(b, number, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(v)))
	return append(b, v...)
}

func appendBool(b []byte, number protowire.Number, v bool) []byte {
	if !v {
		return b
	}
	return appendNumber(b, number, 1)
}

func sizeNumber(number protowire.Number, v uint64) int {
	if v == 0 {
		return 0
	}
	return protowire.SizeTag(number) + protowire.SizeVarint(v)
}

func sizeBytes[T []byte | string](number protowire.Number, v T) int {
	if len(v) == 0 {
		return 0
	}
	return protowire.SizeTag(number) + protowire.SizeBytes(len(v))
}
