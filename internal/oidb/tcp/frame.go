package tcp

import (
	"encoding/binary"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// Frames on a connection (oidb.md, 1.2 and 1.3). The native one: 0x28, head length and body length as 4 bytes big-endian,
// head, body, 0x29. The client form: a length of 4 bytes big-endian that counts itself, and OIDBSSOPkg. Their first bytes
// tell them apart: the length of a client form of up to 16 MiB begins with 0.
const (
	frameStart = 0x28
	frameEnd   = 0x29

	nativeOverhead = 10
	clientOverhead = 4
)

// MaxFrame bounds a frame by default, envelope and all. It leaves room for a head beside oidb.MaxBody.
const MaxFrame = 64 << 10

// skippable is how much of a frame that is too large is read over before its connection is given up.
const skippable = 1 << 20

// frame is one frame as it was found in a buffer, which its slices are parts of.
type frame struct {
	native     bool
	head, body []byte // head is empty in the client form
	size       int    // of the frame in all
	oversize   bool   // its size is over the limit; body is not there
	broken     bool   // it does not end as a frame does, so what follows is lost too
}

// errNoFrame says that what came can be no frame, and nobody can say where the next one would begin.
var errNoFrame = errors.New("oidb: no frame begins here")

// errEnd says that a frame has another end byte, so that its lengths are wrong.
var errEnd = errors.New("oidb: the frame does not end as a frame does")

// nextFrame finds the frame that data begins with. When it is not there whole, more is how long data must be at least
// before it is worth asking again.
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
				return f, 0, errNoFrame // not even the head may be read, which has the seq to answer to
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

// appendNative writes a native frame after b.
func appendNative(b []byte, h *wire.Head, body []byte) []byte {
	at := len(b)
	b = append(b, frameStart, 0, 0, 0, 0, 0, 0, 0, 0)
	b = h.Append(b)
	binary.BigEndian.PutUint32(b[at+1:], uint32(len(b)-at-9))
	binary.BigEndian.PutUint32(b[at+5:], uint32(len(body)))
	b = append(b, body...)
	return append(b, frameEnd)
}

// appendClient writes a frame of the client form after b.
func appendClient(b []byte, p *wire.ClientPackage) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	b = p.Append(b)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}
