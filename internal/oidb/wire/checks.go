package wire

import (
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/rookeryhq/rookery/internal/platform"
)

// CheckRequest is CheckAccessRequest or CheckPayRequest, whose fields have the same numbers. It asks whether a token is
// valid for an openid. The player is named by OpenID, or by MSDKOpenID if the caller knows only V5's id.
type CheckRequest struct {
	AppID      platform.AppID
	OpenID     []byte // 16 bytes
	MSDKOpenID platform.MSDKOpenID
	Token      string
	Openkey    bool // Token was sent as an openkey, so it may only be one
	Bearer     bool // Token comes alone
	Guest      bool // Token must be a guest's
	PC         bool // the caller says that the authorization came through the PC SDK
}

// CheckResponse is CheckAccessResponse or CheckPayResponse, whose fields have the same numbers.
type CheckResponse struct {
	UIN        platform.UIN
	OpenID     platform.OpenID
	MSDKOpenID platform.MSDKOpenID // of a token for a V5 player, otherwise 0
	IssuedMS   int64
	ExpiresMS  int64
	PC         bool

	// Tokens made from this one carry its epochs, and so end with it.
	PasswordEpoch uint32
	TokenEpoch    uint32
	AppID         platform.AppID    // for which it was issued
	Scopes        platform.ScopeSet // that the person allows the app
}

// ParseCheckRequest reads a request. The result refers to body.
func ParseCheckRequest(body []byte) (m CheckRequest, err error) {
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
		case key(7, protowire.VarintType):
			m.Bearer = f.number != 0
		case key(8, protowire.VarintType):
			m.Guest = f.number != 0
		}
	}
	if len(token) == 0 && len(openkey) > 0 {
		token, m.Openkey = openkey, true
	}
	// A string over the body's bytes, which nobody changes during the call and no handler keeps longer.
	m.Token = unsafe.String(unsafe.SliceData(token), len(token))
	return m, f.err
}

// AppendCheckRequest appends a request to b.
func AppendCheckRequest(b []byte, m CheckRequest) []byte {
	b = appendNumber(b, 1, uint64(m.AppID))
	b = appendBytes(b, 2, m.OpenID)
	b = appendNumber(b, 3, uint64(m.MSDKOpenID))
	if m.Openkey {
		b = appendBytes(b, 5, m.Token)
	} else {
		b = appendBytes(b, 4, m.Token)
	}
	b = appendBool(b, 6, m.PC)
	b = appendBool(b, 7, m.Bearer)
	return appendBool(b, 8, m.Guest)
}

// AppendCheckResponse appends an answer to b.
func AppendCheckResponse(b []byte, m CheckResponse) []byte {
	b = appendNumber(b, 1, uint64(m.UIN))
	if m.UIN != 0 {
		b = appendBytes(b, 2, m.OpenID[:])
	}
	b = appendNumber(b, 3, uint64(m.MSDKOpenID))
	b = appendNumber(b, 4, uint64(m.IssuedMS))
	b = appendNumber(b, 5, uint64(m.ExpiresMS))
	b = appendBool(b, 6, m.PC)
	b = appendNumber(b, 7, uint64(m.PasswordEpoch))
	b = appendNumber(b, 8, uint64(m.TokenEpoch))
	b = appendNumber(b, 9, uint64(m.AppID))
	return appendNumber(b, 10, uint64(m.Scopes))
}

// ParseCheckResponse reads an answer.
func ParseCheckResponse(body []byte) (m CheckResponse, err error) {
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
		case key(7, protowire.VarintType):
			m.PasswordEpoch = uint32(f.number)
		case key(8, protowire.VarintType):
			m.TokenEpoch = uint32(f.number)
		case key(9, protowire.VarintType):
			m.AppID = platform.AppID(f.number)
		case key(10, protowire.VarintType):
			m.Scopes = platform.ScopeSet(f.number)
		}
	}
	return m, f.err
}
