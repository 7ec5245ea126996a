package frame

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/field"
	"github.com/rookeryhq/rookery/internal/platform"
)

// ID names a command by its pair of numbers. Service type 0 is a valid one.
type ID struct {
	Number      uint32
	ServiceType uint32
}

func (id ID) String() string { return fmt.Sprintf("0x%x_%d", id.Number, id.ServiceType) }

// Head is the part of OIDBHead (oidb.proto) that the bus reads and writes. Its byte slices are parts of the frame from
// which it was read.
type Head struct {
	UIN        platform.UIN
	Command    ID
	Seq        uint32
	ClientAddr netip.Addr // of the end user
	Result     uint32
	Message    string // for people, with a result other than 0
	Login      Login
	Service    []byte // the calling program

	// From Rookery's message in reserved.
	Budget    time.Duration // how long the caller waits; 0 when it does not say
	RequestID []byte
	Caller    platform.AppID // the calling game, if there is no login signature
	Forwarded bool           // another bus of this platform has applied its policy to the call
	// TraceParent names the caller's span, in the form of W3C Trace Context; nil when the caller records none. Nothing but its length was checked.
	TraceParent []byte
	// Of an answer with a result other than 0.
	Detail     string        // the command's own words; "" when it gave only a result
	RetryAfter time.Duration // when the caller may try again; 0 when that is not known
}

// Login proves the login of the head's account at an app. It is LoginSig in oidb.proto.
type Login struct {
	Type  uint32
	Sig   []byte
	AppID uint32
}

// CallingApp returns the game in whose name the call comes, 0 for none.
func (h *Head) CallingApp() platform.AppID {
	if h.Login.AppID != 0 {
		return platform.AppID(h.Login.AppID)
	}
	return h.Caller
}

// Parse reads a head. When it fails, seq reports whether Seq was read before the fault.
func (h *Head) Parse(b []byte) (seq bool, err error) {
	f := field.Read(b)
	var wide netip.Addr
	for f.Next() {
		switch f.Key {
		case 1<<field.TypeBits | field.Varint:
			h.UIN = platform.UIN(f.Number)
		case 2<<field.TypeBits | field.Varint:
			h.Command.Number = uint32(f.Number)
		case 3<<field.TypeBits | field.Varint:
			h.Command.ServiceType = uint32(f.Number)
		case 4<<field.TypeBits | field.Varint:
			h.Seq, seq = uint32(f.Number), true
		case 5<<field.TypeBits | field.Fixed32:
			var octets [4]byte
			binary.BigEndian.PutUint32(octets[:], uint32(f.Number))
			h.ClientAddr = netip.AddrFrom4(octets)
		case 7<<field.TypeBits | field.Varint:
			h.Result = uint32(f.Number)
		case 8<<field.TypeBits | field.Bytes:
			h.Message = string(f.Bytes)
		case 9<<field.TypeBits | field.Bytes:
			if err := h.Login.parse(f.Bytes); err != nil {
				return seq, err
			}
		case 11<<field.TypeBits | field.Bytes:
			h.Service = f.Bytes
		case 15<<field.TypeBits | field.Bytes:
			wide, _ = netip.AddrFromSlice(f.Bytes)
		case 18<<field.TypeBits | field.Bytes:
			h.parseReserved(f.Bytes)
		}
	}
	if wide.IsValid() {
		h.ClientAddr = wide
	}
	h.ClientAddr = h.ClientAddr.Unmap()
	return seq, f.Err
}

func (l *Login) parse(b []byte) error {
	f := field.Read(b)
	for f.Next() {
		switch f.Key {
		case 1<<field.TypeBits | field.Varint:
			l.Type = uint32(f.Number)
		case 2<<field.TypeBits | field.Bytes:
			l.Sig = f.Bytes
		case 3<<field.TypeBits | field.Varint:
			l.AppID = uint32(f.Number)
		}
	}
	return f.Err
}

// MaxRequestID bounds the part of a caller's request id that is kept, in bytes.
const MaxRequestID = 64

// traceParentSize is the length of a traceparent of version 00, the only one so far.
const traceParentSize = 55

// parseReserved reads our message in reserved. Other programs use the field too, so bytes that are not ours are not an
// error.
func (h *Head) parseReserved(b []byte) {
	f := field.Read(b)
	var r Head
	for f.Next() {
		switch f.Key {
		case 1<<field.TypeBits | field.Varint:
			r.Budget = time.Duration(uint32(f.Number)) * time.Millisecond
		case 2<<field.TypeBits | field.Bytes:
			r.RequestID = f.Bytes[:min(len(f.Bytes), MaxRequestID)]
		case 3<<field.TypeBits | field.Varint:
			r.Caller = platform.AppID(f.Number)
		case 4<<field.TypeBits | field.Varint:
			r.Forwarded = f.Number != 0
		case 5<<field.TypeBits | field.Bytes:
			r.Detail = string(f.Bytes)
		case 6<<field.TypeBits | field.Varint:
			r.RetryAfter = time.Duration(uint32(f.Number)) * time.Millisecond
		case 7<<field.TypeBits | field.Bytes:
			if r.TraceParent = nil; len(f.Bytes) == traceParentSize {
				r.TraceParent = f.Bytes
			}
		}
	}
	if f.Err == nil {
		h.Budget, h.RequestID, h.Caller, h.Forwarded, h.Detail, h.RetryAfter, h.TraceParent = r.Budget, r.RequestID, r.Caller, r.Forwarded, r.Detail, r.RetryAfter, r.TraceParent
	}
}

// Append appends the head to b.
func (h *Head) Append(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(h.UIN))
	b = field.AppendNumber(b, 2, uint64(h.Command.Number))
	b = field.AppendNumber(b, 3, uint64(h.Command.ServiceType))
	b = field.AppendNumber(b, 4, uint64(h.Seq))
	if h.ClientAddr.Is4() {
		octets := h.ClientAddr.As4()
		b = field.AppendFixed32(b, 5, binary.BigEndian.Uint32(octets[:]))
	}
	b = field.AppendNumber(b, 7, uint64(h.Result))
	b = field.AppendBytes(b, 8, h.Message)
	if h.Login.Type != 0 || h.Login.AppID != 0 || len(h.Login.Sig) > 0 {
		size := field.SizeNumber(1, uint64(h.Login.Type)) + field.SizeBytes(2, h.Login.Sig) + field.SizeNumber(3, uint64(h.Login.AppID))
		b = field.AppendLength(b, 9, size)
		b = field.AppendNumber(b, 1, uint64(h.Login.Type))
		b = field.AppendBytes(b, 2, h.Login.Sig)
		b = field.AppendNumber(b, 3, uint64(h.Login.AppID))
	}
	b = field.AppendBytes(b, 11, h.Service)
	if h.ClientAddr.Is6() {
		octets := h.ClientAddr.As16()
		b = field.AppendBytes(b, 15, octets[:])
	}
	if h.Budget != 0 || h.Caller != 0 || len(h.RequestID) > 0 || h.Forwarded || h.Detail != "" || h.RetryAfter != 0 || len(h.TraceParent) > 0 {
		budget, retryAfter := milliseconds(h.Budget), milliseconds(h.RetryAfter)
		forwarded := uint64(0)
		if h.Forwarded {
			forwarded = 1
		}
		size := field.SizeNumber(1, budget) + field.SizeBytes(2, h.RequestID) + field.SizeNumber(3, uint64(h.Caller)) + field.SizeNumber(4, forwarded) +
			field.SizeBytes(5, h.Detail) + field.SizeNumber(6, retryAfter) + field.SizeBytes(7, h.TraceParent)
		b = field.AppendLength(b, 18, size)
		b = field.AppendNumber(b, 1, budget)
		b = field.AppendBytes(b, 2, h.RequestID)
		b = field.AppendNumber(b, 3, uint64(h.Caller))
		b = field.AppendNumber(b, 4, forwarded)
		b = field.AppendBytes(b, 5, h.Detail)
		b = field.AppendNumber(b, 6, retryAfter)
		b = field.AppendBytes(b, 7, h.TraceParent)
	}
	return b
}

// milliseconds returns a time in the form of Reserved.
func milliseconds(d time.Duration) uint64 { return uint64(uint32(d / time.Millisecond)) }

// ClientPackage is the part of OIDBSSOPkg (oidb.proto) that the bus reads and writes. Its byte slices are parts of the
// frame from which it was read.
type ClientPackage struct {
	Command ID
	Result  uint32
	Body    []byte
	Message string
	Version []byte
}

// Parse reads a package.
func (p *ClientPackage) Parse(b []byte) error {
	f := field.Read(b)
	for f.Next() {
		switch f.Key {
		case 1<<field.TypeBits | field.Varint:
			p.Command.Number = uint32(f.Number)
		case 2<<field.TypeBits | field.Varint:
			p.Command.ServiceType = uint32(f.Number)
		case 3<<field.TypeBits | field.Varint:
			p.Result = uint32(f.Number)
		case 4<<field.TypeBits | field.Bytes:
			p.Body = f.Bytes
		case 5<<field.TypeBits | field.Bytes:
			p.Message = string(f.Bytes)
		case 6<<field.TypeBits | field.Bytes:
			p.Version = f.Bytes
		}
	}
	return f.Err
}

// Append appends the package to b.
func (p *ClientPackage) Append(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(p.Command.Number))
	b = field.AppendNumber(b, 2, uint64(p.Command.ServiceType))
	b = field.AppendNumber(b, 3, uint64(p.Result))
	b = field.AppendBytes(b, 4, p.Body)
	b = field.AppendBytes(b, 5, p.Message)
	return field.AppendBytes(b, 6, p.Version)
}
