package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

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
	f := fields{rest: b}
	var wide netip.Addr
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			h.UIN = platform.UIN(f.number)
		case key(2, protowire.VarintType):
			h.Command.Number = uint32(f.number)
		case key(3, protowire.VarintType):
			h.Command.ServiceType = uint32(f.number)
		case key(4, protowire.VarintType):
			h.Seq, seq = uint32(f.number), true
		case key(5, protowire.Fixed32Type):
			var octets [4]byte
			binary.BigEndian.PutUint32(octets[:], uint32(f.number))
			h.ClientAddr = netip.AddrFrom4(octets)
		case key(7, protowire.VarintType):
			h.Result = uint32(f.number)
		case key(8, protowire.BytesType):
			h.Message = string(f.bytes)
		case key(9, protowire.BytesType):
			if err := h.Login.parse(f.bytes); err != nil {
				return seq, err
			}
		case key(11, protowire.BytesType):
			h.Service = f.bytes
		case key(15, protowire.BytesType):
			wide, _ = netip.AddrFromSlice(f.bytes)
		case key(18, protowire.BytesType):
			h.parseReserved(f.bytes)
		}
	}
	if wide.IsValid() {
		h.ClientAddr = wide
	}
	h.ClientAddr = h.ClientAddr.Unmap()
	return seq, f.err
}

func (l *Login) parse(b []byte) error {
	f := fields{rest: b}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			l.Type = uint32(f.number)
		case key(2, protowire.BytesType):
			l.Sig = f.bytes
		case key(3, protowire.VarintType):
			l.AppID = uint32(f.number)
		}
	}
	return f.err
}

// maxRequestID bounds the part of a caller's request id that is kept, in bytes.
const maxRequestID = 64

// parseReserved reads our message in reserved. Other programs use the field too, so bytes that are not ours are not an
// error.
func (h *Head) parseReserved(b []byte) {
	f := fields{rest: b}
	var r Head
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			r.Budget = time.Duration(uint32(f.number)) * time.Millisecond
		case key(2, protowire.BytesType):
			r.RequestID = f.bytes[:min(len(f.bytes), maxRequestID)]
		case key(3, protowire.VarintType):
			r.Caller = platform.AppID(f.number)
		case key(4, protowire.VarintType):
			r.Forwarded = f.number != 0
		case key(5, protowire.BytesType):
			r.Detail = string(f.bytes)
		case key(6, protowire.VarintType):
			r.RetryAfter = time.Duration(uint32(f.number)) * time.Millisecond
		}
	}
	if f.err == nil {
		h.Budget, h.RequestID, h.Caller, h.Forwarded, h.Detail, h.RetryAfter = r.Budget, r.RequestID, r.Caller, r.Forwarded, r.Detail, r.RetryAfter
	}
}

// Append appends the head to b.
func (h *Head) Append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(h.UIN))
	b = appendNumber(b, 2, uint64(h.Command.Number))
	b = appendNumber(b, 3, uint64(h.Command.ServiceType))
	b = appendNumber(b, 4, uint64(h.Seq))
	if h.ClientAddr.Is4() {
		octets := h.ClientAddr.As4()
		b = protowire.AppendTag(b, 5, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, binary.BigEndian.Uint32(octets[:]))
	}
	b = appendNumber(b, 7, uint64(h.Result))
	b = appendBytes(b, 8, h.Message)
	if h.Login.Type != 0 || h.Login.AppID != 0 || len(h.Login.Sig) > 0 {
		size := sizeNumber(1, uint64(h.Login.Type)) + sizeBytes(2, h.Login.Sig) + sizeNumber(3, uint64(h.Login.AppID))
		b = protowire.AppendTag(b, 9, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(size))
		b = appendNumber(b, 1, uint64(h.Login.Type))
		b = appendBytes(b, 2, h.Login.Sig)
		b = appendNumber(b, 3, uint64(h.Login.AppID))
	}
	b = appendBytes(b, 11, h.Service)
	if h.ClientAddr.Is6() {
		octets := h.ClientAddr.As16()
		b = appendBytes(b, 15, octets[:])
	}
	if h.Budget != 0 || h.Caller != 0 || len(h.RequestID) > 0 || h.Forwarded || h.Detail != "" || h.RetryAfter != 0 {
		budget, retryAfter := milliseconds(h.Budget), milliseconds(h.RetryAfter)
		forwarded := uint64(0)
		if h.Forwarded {
			forwarded = 1
		}
		size := sizeNumber(1, budget) + sizeBytes(2, h.RequestID) + sizeNumber(3, uint64(h.Caller)) + sizeNumber(4, forwarded) +
			sizeBytes(5, h.Detail) + sizeNumber(6, retryAfter)
		b = protowire.AppendTag(b, 18, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(size))
		b = appendNumber(b, 1, budget)
		b = appendBytes(b, 2, h.RequestID)
		b = appendNumber(b, 3, uint64(h.Caller))
		b = appendNumber(b, 4, forwarded)
		b = appendBytes(b, 5, h.Detail)
		b = appendNumber(b, 6, retryAfter)
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
	f := fields{rest: b}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			p.Command.Number = uint32(f.number)
		case key(2, protowire.VarintType):
			p.Command.ServiceType = uint32(f.number)
		case key(3, protowire.VarintType):
			p.Result = uint32(f.number)
		case key(4, protowire.BytesType):
			p.Body = f.bytes
		case key(5, protowire.BytesType):
			p.Message = string(f.bytes)
		case key(6, protowire.BytesType):
			p.Version = f.bytes
		}
	}
	return f.err
}

// Append appends the package to b.
func (p *ClientPackage) Append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(p.Command.Number))
	b = appendNumber(b, 2, uint64(p.Command.ServiceType))
	b = appendNumber(b, 3, uint64(p.Result))
	b = appendBytes(b, 4, p.Body)
	b = appendBytes(b, 5, p.Message)
	return appendBytes(b, 6, p.Version)
}
