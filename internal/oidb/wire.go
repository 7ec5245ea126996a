package oidb

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/rookeryhq/rookery/internal/platform"
)

// The bus reads and writes its messages by hand, straight into the plain structs that the commands take: a call that
// comes over the wire then costs the same few hundred nanoseconds of decoding as of checking. The tests hold every message
// against the generated form of oidb.proto. As there, a field that is unknown or of an unexpected wire type is read over,
// and of a field that comes twice the last counts.

// message is a message of a command. parse reads it; what it keeps of body is valid as long as body is. append writes it
// after b.
type message[T any] interface {
	*T
	parse(body []byte) error
	append(b []byte) []byte
}

type request[T any] interface {
	message[T]
	of() Subject
}

type response[T any] interface {
	message[T]
	about() platform.UIN
}

// fields walks over the fields of a message.
type fields struct {
	rest   []byte
	key    uint64 // of the field at hand: its number and wire type
	number uint64 // of a varint, fixed32 or fixed64
	bytes  []byte // of a length-delimited one; a part of the message
	err    error
}

var errFieldNumber = errors.New("oidb: a field number that no field can have")

// key is how a field of the wire type begins.
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

// Zero values are left out: proto2's defaults stand for them.

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

func sizeBytes(number protowire.Number, v []byte) int {
	if len(v) == 0 {
		return 0
	}
	return protowire.SizeTag(number) + protowire.SizeBytes(len(v))
}

// parse reads ReqBody0x711_1 or ReqBody0x73a_1, whose fields have the same numbers.
func (m *CheckRequest) parse(body []byte) error {
	f := fields{rest: body}
	var token, openkey []byte
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.AppID = platform.AppID(f.number)
		case key(2, protowire.BytesType):
			m.OpenID = f.bytes
		case key(3, protowire.VarintType):
			m.MSDKOpenID = platform.MSDKOpenID(f.number)
		case key(4, protowire.BytesType):
			token = f.bytes
		case key(5, protowire.BytesType):
			openkey = f.bytes
		case key(6, protowire.VarintType):
			m.PC = f.number != 0
		}
	}
	if len(token) == 0 && len(openkey) > 0 {
		token, m.Openkey = openkey, true
	}
	m.Token = string(token)
	return f.err
}

func (m *CheckRequest) append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.AppID))
	b = appendBytes(b, 2, m.OpenID)
	b = appendNumber(b, 3, uint64(m.MSDKOpenID))
	if m.Openkey {
		b = appendBytes(b, 5, m.Token)
	} else {
		b = appendBytes(b, 4, m.Token)
	}
	return appendBool(b, 6, m.PC)
}

// append writes RspBody0x711_1 or RspBody0x73a_1, whose fields have the same numbers.
func (m *CheckResponse) append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.UIN))
	if m.UIN != 0 {
		b = appendBytes(b, 2, m.OpenID[:])
	}
	b = appendNumber(b, 3, uint64(m.MSDKOpenID))
	b = appendNumber(b, 4, uint64(m.IssuedMS))
	b = appendNumber(b, 5, uint64(m.ExpiresMS))
	return appendBool(b, 6, m.PC)
}

func (m *CheckResponse) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.UIN = platform.UIN(f.number)
		case key(2, protowire.BytesType):
			copy(m.OpenID[:], f.bytes)
		case key(3, protowire.VarintType):
			m.MSDKOpenID = platform.MSDKOpenID(f.number)
		case key(4, protowire.VarintType):
			m.IssuedMS = int64(f.number)
		case key(5, protowire.VarintType):
			m.ExpiresMS = int64(f.number)
		case key(6, protowire.VarintType):
			m.PC = f.number != 0
		}
	}
	return f.err
}

// parse reads ReqBody0x711_23. It keeps one openid more than a batch may have, enough to see that it has too many.
func (m *BatchRequest) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.AppID = platform.AppID(f.number)
		case key(2, protowire.VarintType):
			m.Count = uint32(f.number)
		case key(3, protowire.BytesType):
			if len(m.OpenIDs) <= MaxBatch {
				m.OpenIDs = append(m.OpenIDs, f.bytes)
			}
		}
	}
	return f.err
}

func (m *BatchRequest) append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.AppID))
	b = appendNumber(b, 2, uint64(m.Count))
	for _, openid := range m.OpenIDs {
		b = protowire.AppendTag(b, 3, protowire.BytesType) // an empty one counts too
		b = protowire.AppendBytes(b, openid)
	}
	return b
}

// append writes RspBody0x711_23.
func (m *BatchResponse) append(b []byte) []byte {
	if len(m.UINs) > 0 {
		size := 0
		for _, uin := range m.UINs {
			size += protowire.SizeVarint(uint64(uin))
		}
		b = protowire.AppendTag(b, 1, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(size))
		for _, uin := range m.UINs {
			b = protowire.AppendVarint(b, uint64(uin))
		}
	}
	return appendNumber(b, 2, uint64(m.Fault))
}

func (m *BatchResponse) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.UINs = append(m.UINs, platform.UIN(f.number))
		case key(1, protowire.BytesType):
			for packed := f.bytes; len(packed) > 0; {
				uin, n := protowire.ConsumeVarint(packed)
				if n < 0 {
					return protowire.ParseError(n)
				}
				m.UINs, packed = append(m.UINs, platform.UIN(uin)), packed[n:]
			}
		case key(2, protowire.VarintType):
			m.Fault = uint32(f.number)
		}
	}
	return f.err
}

// parse reads ReqBody0x711_127.
func (m *TextRequest) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.AppID = platform.AppID(f.number)
		case key(2, protowire.BytesType):
			m.OpenID = string(f.bytes)
		}
	}
	return f.err
}

func (m *TextRequest) append(b []byte) []byte {
	return appendBytes(appendNumber(b, 1, uint64(m.AppID)), 2, m.OpenID)
}

// append writes RspBody0x711_127.
func (m *TextResponse) append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.UIN))
	if m.UIN != 0 {
		b = appendBytes(b, 2, m.OpenID[:])
	}
	return b
}

func (m *TextResponse) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.UIN = platform.UIN(f.number)
		case key(2, protowire.BytesType):
			copy(m.OpenID[:], f.bytes)
		}
	}
	return f.err
}

// parse reads ReqBody0x71f_1.
func (m *OpenIDRequest) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		switch f.key {
		case key(1, protowire.VarintType):
			m.AppID = platform.AppID(f.number)
		case key(2, protowire.BytesType):
			m.OpenID = f.bytes
		case key(3, protowire.VarintType):
			m.Timestamp = f.number
		case key(4, protowire.BytesType):
			m.Nonce = f.bytes
		}
	}
	return f.err
}

func (m *OpenIDRequest) append(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.AppID))
	b = appendBytes(b, 2, m.OpenID)
	b = appendNumber(b, 3, m.Timestamp)
	return appendBytes(b, 4, m.Nonce)
}

// append writes RspBody0x71f_1.
func (m *OpenIDResponse) append(b []byte) []byte { return appendNumber(b, 1, uint64(m.UIN)) }

func (m *OpenIDResponse) parse(body []byte) error {
	f := fields{rest: body}
	for f.next() {
		if f.key == key(1, protowire.VarintType) {
			m.UIN = platform.UIN(f.number)
		}
	}
	return f.err
}
