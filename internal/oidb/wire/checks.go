package wire

import (
	"unsafe"

	"github.com/rookeryhq/rookery/internal/oidb/field"
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
	Either     bool // Token may be an openkey too
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
	f := field.Read(body)
	var token, openkey []byte
	for f.Next() {
		switch f.Key {
		case 1<<field.TypeBits | field.Varint:
			m.AppID = platform.AppID(f.Number)
		case 2<<field.TypeBits | field.Bytes:
			m.OpenID = f.Bytes
		case 3<<field.TypeBits | field.Varint:
			m.MSDKOpenID = platform.MSDKOpenID(f.Number)
		case 4<<field.TypeBits | field.Bytes:
			token = f.Bytes
		case 5<<field.TypeBits | field.Bytes:
			openkey = f.Bytes
		case 6<<field.TypeBits | field.Varint:
			m.PC = f.Number != 0
		case 7<<field.TypeBits | field.Varint:
			m.Bearer = f.Number != 0
		case 8<<field.TypeBits | field.Varint:
			m.Guest = f.Number != 0
		case 9<<field.TypeBits | field.Varint:
			m.Either = f.Number != 0
		}
	}
	if len(token) == 0 && len(openkey) > 0 {
		token, m.Openkey = openkey, true
	}
	// A string over the body's bytes, which nobody changes during the call and no handler keeps longer.
	m.Token = unsafe.String(unsafe.SliceData(token), len(token))
	return m, f.Err
}

// AppendCheckRequest appends a request to b.
func AppendCheckRequest(b []byte, m CheckRequest) []byte {
	b = field.AppendNumber(b, 1, uint64(m.AppID))
	b = field.AppendBytes(b, 2, m.OpenID)
	b = field.AppendNumber(b, 3, uint64(m.MSDKOpenID))
	if m.Openkey {
		b = field.AppendBytes(b, 5, m.Token)
	} else {
		b = field.AppendBytes(b, 4, m.Token)
	}
	b = field.AppendBool(b, 6, m.PC)
	b = field.AppendBool(b, 7, m.Bearer)
	b = field.AppendBool(b, 8, m.Guest)
	return field.AppendBool(b, 9, m.Either)
}

// AppendCheckResponse appends an answer to b.
func AppendCheckResponse(b []byte, m CheckResponse) []byte {
	b = field.AppendNumber(b, 1, uint64(m.UIN))
	if m.UIN != 0 {
		b = field.AppendBytes(b, 2, m.OpenID[:])
	}
	b = field.AppendNumber(b, 3, uint64(m.MSDKOpenID))
	b = field.AppendNumber(b, 4, uint64(m.IssuedMS))
	b = field.AppendNumber(b, 5, uint64(m.ExpiresMS))
	b = field.AppendBool(b, 6, m.PC)
	b = field.AppendNumber(b, 7, uint64(m.PasswordEpoch))
	b = field.AppendNumber(b, 8, uint64(m.TokenEpoch))
	b = field.AppendNumber(b, 9, uint64(m.AppID))
	return field.AppendNumber(b, 10, uint64(m.Scopes))
}

// ParseCheckResponse reads an answer.
func ParseCheckResponse(body []byte) (m CheckResponse, err error) {
	f := field.Read(body)
	for f.Next() {
		switch f.Key {
		case 1<<field.TypeBits | field.Varint:
			m.UIN = platform.UIN(f.Number)
		case 2<<field.TypeBits | field.Bytes:
			m.OpenID = platform.OpenID{} // of a repeated field the last counts
			copy(m.OpenID[:], f.Bytes)
		case 3<<field.TypeBits | field.Varint:
			m.MSDKOpenID = platform.MSDKOpenID(f.Number)
		case 4<<field.TypeBits | field.Varint:
			m.IssuedMS = int64(f.Number)
		case 5<<field.TypeBits | field.Varint:
			m.ExpiresMS = int64(f.Number)
		case 6<<field.TypeBits | field.Varint:
			m.PC = f.Number != 0
		case 7<<field.TypeBits | field.Varint:
			m.PasswordEpoch = uint32(f.Number)
		case 8<<field.TypeBits | field.Varint:
			m.TokenEpoch = uint32(f.Number)
		case 9<<field.TypeBits | field.Varint:
			m.AppID = platform.AppID(f.Number)
		case 10<<field.TypeBits | field.Varint:
			m.Scopes = platform.ScopeSet(f.Number)
		}
	}
	return m, f.Err
}
