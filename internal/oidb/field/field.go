// Package field reads and writes the fields of protobuf messages by hand, with the standard library only: for the parts of
// every call, which must cost little, and for programs that link no protobuf. As in generated code, a field that is unknown or of an
// unexpected wire type is skipped, and of a repeated field the last value counts.
package field

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// The wire types. A field's key is its number, shifted left by TypeBits, and its wire type.
const (
	Varint     = 0
	fixed64    = 1
	Bytes      = 2
	startGroup = 3
	endGroup   = 4
	Fixed32    = 5

	TypeBits = 3
)

const (
	maxNumber = 1<<29 - 1
	// maxDepth bounds groups within groups, as protobuf's own reader does.
	maxDepth = 10_000
)

// errMessage means that bytes are no message.
var errMessage = errors.New("oidb: the bytes are not a protobuf message")

// Fields iterates over the fields of a message.
type Fields struct {
	rest   []byte
	Key    uint64 // of the current field
	Number uint64 // of a varint or fixed32
	Bytes  []byte // of a length-delimited field; a part of the message
	Err    error  // after the last Next: why the message cannot be read, or nil
}

// Read returns the fields of a message.
func Read(message []byte) Fields { return Fields{rest: message} }

// Next goes to the next field, if there is one.
func (f *Fields) Next() bool {
	if len(f.rest) == 0 {
		return false
	}
	rest, ok := f.read()
	if !ok {
		f.rest, f.Err = nil, errMessage
		return false
	}
	f.rest = rest
	return true
}

// read reads a field and returns what follows it.
func (f *Fields) read() (rest []byte, ok bool) {
	var b []byte
	if f.Key, b, ok = varint(f.rest); !ok || f.Key>>TypeBits > maxNumber {
		return nil, false
	}
	switch f.Key & (1<<TypeBits - 1) {
	case Varint:
		f.Number, b, ok = varint(b)
	case Bytes:
		var length uint64
		if length, b, ok = varint(b); !ok || length > uint64(len(b)) {
			return nil, false
		}
		f.Bytes, b = b[:length:length], b[length:]
	case Fixed32:
		if len(b) < 4 {
			return nil, false
		}
		f.Number, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
	default:
		b, ok = skip(f.Key, b, maxDepth)
	}
	return b, ok && f.Key>>TypeBits > 0
}

// skip returns what follows the value of a field.
func skip(key uint64, b []byte, depth int) (rest []byte, ok bool) {
	length := uint64(0)
	switch key & (1<<TypeBits - 1) {
	case Varint:
		_, b, ok = varint(b)
		return b, ok
	case Bytes:
		if length, b, ok = varint(b); !ok {
			return nil, false
		}
	case Fixed32:
		length = 4
	case fixed64:
		length = 8
	case startGroup:
		return skipGroup(key, b, depth)
	default: // the end of a group without a beginning, or no wire type
		return nil, false
	}
	if length > uint64(len(b)) {
		return nil, false
	}
	return b[length:], true
}

// skipGroup returns what follows the group that begins with a key.
func skipGroup(start uint64, b []byte, depth int) (rest []byte, ok bool) {
	for depth >= 0 {
		var key uint64
		if key, b, ok = varint(b); !ok || key>>TypeBits == 0 || key>>TypeBits > math.MaxInt32 {
			return nil, false
		}
		if key&(1<<TypeBits-1) == endGroup {
			return b, key == start-startGroup+endGroup
		}
		if b, ok = skip(key, b, depth-1); !ok {
			return nil, false
		}
	}
	return nil, false
}

// varint reads a number and returns what follows it.
func varint(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), b[1:], true
	}
	v, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, nil, false
	}
	return v, b[n:], true
}

// AppendNumber appends a varint field to b unless it is 0.
func AppendNumber(b []byte, number int, v uint64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, key(number, Varint)), v)
}

// AppendBool appends a field to b unless it is false.
func AppendBool(b []byte, number int, v bool) []byte {
	if !v {
		return b
	}
	return AppendNumber(b, number, 1)
}

// AppendBytes appends a length-delimited field to b unless it is empty.
func AppendBytes[T []byte | string](b []byte, number int, v T) []byte {
	if len(v) == 0 {
		return b
	}
	return append(AppendLength(b, number, len(v)), v...)
}

// AppendLength appends the beginning of a length-delimited field to b, whose value has this length and comes next.
func AppendLength(b []byte, number, length int) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, key(number, Bytes)), uint64(length))
}

// AppendFixed32 appends a field of four bytes to b.
func AppendFixed32(b []byte, number int, v uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.AppendUvarint(b, key(number, Fixed32)), v)
}

// SizeNumber returns how many bytes AppendNumber appends.
func SizeNumber(number int, v uint64) int {
	if v == 0 {
		return 0
	}
	return size(key(number, Varint)) + size(v)
}

// SizeBytes returns how many bytes AppendBytes appends.
func SizeBytes[T []byte | string](number int, v T) int {
	if len(v) == 0 {
		return 0
	}
	return size(key(number, Bytes)) + size(uint64(len(v))) + len(v)
}

func key(number, wireType int) uint64 { return uint64(number)<<TypeBits | uint64(wireType) }

// size returns how many bytes a varint has.
func size(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }
