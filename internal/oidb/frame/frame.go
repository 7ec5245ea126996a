// Package frame reads and writes the frames of the bus and their heads (oidb.md, 1.2 to 1.4). The platform and the SDK share it, so it needs
// the standard library only.
package frame

import (
	"encoding/binary"
	"errors"
)

// Frames on a connection. The native one: 0x28, head length and body length as 4 bytes big-endian,
// head, body, 0x29. The client form: a length of 4 bytes big-endian that counts itself, and OIDBSSOPkg. The first byte
// distinguishes them: the length of a client form of up to 16 MiB begins with 0.
const (
	frameStart = 0x28
	frameEnd   = 0x29

	nativeOverhead = 10
	clientOverhead = 4
)

// MaxSize bounds a frame by default, in bytes, including its envelope.
const MaxSize = 64 << 10

// MaxBody bounds the body of an answer in every transport, in bytes. Commands with larger answers use pages.
const MaxBody = 60 << 10

// Skippable is how much of a too large frame is discarded before its connection is given up.
const Skippable = 1 << 20

// Window is how many calls of one connection a server carries out at a time, unless it is set up otherwise. While there are so many, it reads no
// further, so a caller with more of them needs another connection.
const Window = 128

// ForwardingRoom is how much larger than MaxSize a frame of a forwarded call may be, in bytes: its head says more than the one that
// the call came with, which may have come by another transport.
const ForwardingRoom = 256

// Frame is one frame, with slices of the buffer in which it was found.
type Frame struct {
	Native     bool
	Head, Body []byte // Head is empty in the client form
	Size       int    // of the whole frame
	Oversize   bool   // its size is over the limit, and Body is missing
	Broken     bool   // its end byte is wrong, so the data after it is lost too
}

// ErrNoFrame means that the data cannot be a frame, so it is unknown where the next frame would begin.
var ErrNoFrame = errors.New("oidb: no frame begins here")

// ErrEnd means that a frame has a wrong end byte, so that its lengths are wrong.
var ErrEnd = errors.New("oidb: the frame does not end as a frame does")

// Next finds the frame at the beginning of data. If the frame is incomplete, more is the length that data must have at
// least before the next attempt.
func Next(data []byte, limit int) (f Frame, more int, err error) {
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
		f.Native = true
		if size > uint64(limit) {
			if nativeOverhead+head > uint64(limit) {
				return f, 0, ErrNoFrame // not even the head, with the seq to answer to, may be read
			}
			if need := 9 + int(head); len(data) < need {
				return f, need, nil
			}
			f.Head, f.Size, f.Oversize = data[9:9+head], int(size), true
			return f, 0, nil
		}
		if len(data) < int(size) {
			return f, int(size), nil
		}
		f.Head, f.Body, f.Size = data[9:9+head], data[9+head:9+head+body], int(size)
		f.Broken = data[size-1] != frameEnd
		return f, 0, nil
	case 0:
		if len(data) < clientOverhead {
			return f, clientOverhead, nil
		}
		size := int(binary.BigEndian.Uint32(data))
		switch {
		case size < clientOverhead:
			return f, 0, ErrNoFrame
		case size > limit:
			f.Size, f.Oversize = size, true
			return f, 0, nil
		case len(data) < size:
			return f, size, nil
		}
		f.Body, f.Size = data[clientOverhead:size], size
		return f, 0, nil
	default:
		return f, 0, ErrNoFrame
	}
}

// Goodbye is the native frame by which a server says that it is going to stop. It answers no call: its head is empty. Calls that are under way
// are still answered, and so is one that comes before the end, but a peer makes its next ones on another connection.
var Goodbye = AppendNative(nil, new(Head), nil)

// AppendNative appends a native frame to b.
func AppendNative(b []byte, h *Head, body []byte) []byte {
	at := len(b)
	b = append(b, frameStart, 0, 0, 0, 0, 0, 0, 0, 0)
	b = h.Append(b)
	binary.BigEndian.PutUint32(b[at+1:], uint32(len(b)-at-9))
	binary.BigEndian.PutUint32(b[at+5:], uint32(len(body)))
	b = append(b, body...)
	return append(b, frameEnd)
}

// AppendClient appends a frame of the client form to b.
func AppendClient(b []byte, p *ClientPackage) []byte {
	at := len(b)
	b = append(b, 0, 0, 0, 0)
	b = p.Append(b)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}
