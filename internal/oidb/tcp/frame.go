package tcp

import (
	"encoding/binary"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// Frames on a connection (oidb.md, 1.2 and 1.3). The native one: 0x28, head length and body length as 4 bytes big-endian,
// head, body, 0x29. The client form: a length of 4 bytes big-endian that counts itself, and OIDBSSOPkg. The first byte
// distinguishes them: the length of a client form of up to 16 MiB begins with 0.
const (
	frameStart = 0x28
	frameEnd   = 0x29

	nativeOverhead = 10
	clientOverhead = 4
)

// MaxFrame bounds a frame by default, including its envelope. It leaves room for a head next to oidb.MaxBody.
const MaxFrame = 64 << 10

// skippable is how much of a too large frame is discarded before its connection is given up.
const skippable = 1 << 20

// frame is one frame found in a buffer, with slices of the buffer.
type frame struct {
	native     bool
	head, body []byte // head is empty in the client form
	size       int    // of the whole frame
	oversize   bool   // its size is over the limit, and body is missing
	broken     bool   // its end byte is wrong, so the data after it is lost too
}

// errNoFrame means that the data cannot be a frame, so it is unknown where the next frame would begin.
var errNoFrame = errors.New("oidb: no frame begins here")

// errEnd means that a frame has a wrong end byte, so that its lengths are wrong.
var errEnd = errors.New("oidb: the frame does not end as a frame does")

// nextFrame finds the frame at the beginning of data. If the frame is incomplete, more is the length that data must have at
// least before the next attempt.
func nextFrame(data []byte, limit int) (f frame, more int, err error) {
	if len(data) == 0 {
		return f, 1, nil
	}
	switch data[0] {
	case frameStart:
		if len(data) < 9 {
			return f, 9, nil
		}
		head, body := uint64(binary.BigEndian.Uint32(data[1:])), uint64(binary.BigEndian.Uint32(data[5:]))
		size := nativeOverhead + head + body
		f.native = true
		if size > uint64(limit) {
			if nativeOverhead+head > uint64(limit) {
				return f, 0, errNoFrame // not even the head, with the seq to answer to, may be read
			}
			if need := 9 + int(head); len(data) < need {
				return f, need, nil
			}
			f.head, f.size, f.oversize = data[9:9+head], int(size), true
			return f, 0, nil
		}
		if len(data) < int(size) {
			return f, int(size), nil
		}
		f.head, f.body, f.size = data[9:9+head], data[9+head:9+head+body], int(size)
		f.broken = data[size-1] != frameEnd
		return f, 0, nil
	case 0:
		if len(data) < clientOverhead {
			return f, clientOverhead, nil
		}
		size := int(binary.BigEndian.Uint32(data))
		switch {
		case size < clientOverhead:
			return f, 0, errNoFrame
		case size > limit:
			f.size, f.oversize = size, true
			return f, 0, nil
		case len(data) < size:
			return f, size, nil
		}
		f.body, f.size = data[clientOverhead:size], size
		return f, 0, nil
	default:
		return f, 0, errNoFrame
	}
}

// appendNative appends a native frame to b.
func appendNative(b []byte, h *wire.Head, body []byte) []byte {
	at := len(b)
	b = append(b, frameStart, 0, 0, 0, 0, 0, 0, 0, 0)
	b = h.Append(b)
	binary.BigEndian.PutUint32(b[at+1:], uint32(len(b)-at-9))
	binary.BigEndian.PutUint32(b[at+5:], uint32(len(body)))
	b = append(b, body...)
	return append(b, frameEnd)
}

// appendClient appends a frame of the client form to b.
func appendClient(b []byte, p *wire.ClientPackage) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	b = p.Append(b)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}
