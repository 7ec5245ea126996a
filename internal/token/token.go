// Package token seals and opens what the platform gives out to prove a login: tokens, tickets and the sessions of its own
// pages. It holds the keys. Whether an opened token is still in force is checked elsewhere.
package token

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Kind is the purpose of a token. A token of one kind is never taken for another.
type Kind uint8

// The kinds of tokens. Operators write their text forms.
const (
	Access  Kind = iota + 1 // QQ access token: the person's login at one app
	Pay                     // for paying; a newer one supersedes it
	Openkey                 // OpenAPI session; each successful check renews it
	MSDK                    // V5's login of a player, made from an access token
	Link                    // identity in a link that V5's in-app browser opens
	Guest                   // login of a device without a QQ account, for MSDK V3
)

var kinds = []string{"access", "pay", "openkey", "msdk", "link", "guest"}

func (k Kind) String() string {
	if k == 0 || int(k) > len(kinds) {
		return "unknown"
	}
	return kinds[k-1]
}

// MarshalText writes the kind's text form.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a kind's text form.
func (k *Kind) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKind(string(text))
	return err
}

// Kinds returns the text forms of all kinds.
func Kinds() []string { return slices.Clone(kinds) }

// ParseKind reads a kind's text form.
func ParseKind(text string) (Kind, error) {
	if i := slices.Index(kinds, text); i >= 0 {
		return Kind(i + 1), nil
	}
	return 0, platform.Invalidf("kind", "kind %.40q is not one of %v", text, kinds)
}

// Lifetimes of the kinds: access and pay tokens as the MSDK's documentation gives them (msdk-v5.md, 11). An MSDK token ends
// with the access token that it was made from.
const (
	AccessLifetime  = 90 * 24 * time.Hour
	PayLifetime     = 7 * 24 * time.Hour
	OpenkeyLifetime = 2 * time.Hour
	LinkLifetime    = 10 * time.Minute

	maxLifetime = AccessLifetime
)

// Lifetime is the default and maximum lifetime of a token of the kind.
func (k Kind) Lifetime() time.Duration {
	switch k {
	case Pay:
		return PayLifetime
	case Openkey:
		return OpenkeyLifetime
	case Link:
		return LinkLifetime
	default:
		return AccessLifetime
	}
}

// Token is the content of a sealed token. All of it was true when the token was issued, and may not be now.
type Token struct {
	Kind          Kind
	PC            bool // the authorization came through the PC SDK
	AppID         platform.AppID
	OpenID        platform.OpenID
	MSDKOpenID    platform.MSDKOpenID // of MSDK tokens and link tickets
	Session       uint64              // of openkeys
	IssuedMS      int64
	ExpiresMS     int64 // openkeys live as long as their session instead
	PasswordEpoch uint32
	TokenEpoch    uint32
	PayEpoch      uint32
}

const (
	recordVersion = 1
	recordSize    = 3 + 8 + 16 + 8 + 8 + 8 + 8 + 4 + 4 + 4
	sealedSize    = sealOverhead + recordSize

	// OpenkeyLength is the length of an openkey's text.
	OpenkeyLength = (sealedSize*8 + 5) / 6
)

// Why a token's text does not open. ErrUnknown: it does not have the form of a token, or names a key that was never ours.
// ErrAltered: it was altered.
var (
	ErrUnknown = errors.New("token: not one of this platform")
	ErrAltered = errors.New("token: the seal does not verify")
)

// sealPurpose is bound into every seal, so that nothing else sealed with the keys passes as a token.
var sealPurpose = []byte("rookery token")

// tokenText is the text form of a token: letters, digits, '-' and '_'. It is strict, so that a token has exactly one text.
var tokenText = base64.RawURLEncoding.Strict()

// Seal returns the text of a token. Link tickets are hex digits, as their link parameter requires.
func (r *Keyring) Seal(t *Token) string {
	by := r.current.Load().newest
	var record [recordSize]byte
	record[0], record[1] = recordVersion, byte(t.Kind)
	if t.PC {
		record[2] = 1
	}
	b := record[3:]
	binary.BigEndian.PutUint64(b[0:], uint64(t.AppID))
	copy(b[8:], t.OpenID[:])
	binary.BigEndian.PutUint64(b[24:], uint64(t.MSDKOpenID))
	binary.BigEndian.PutUint64(b[32:], t.Session)
	binary.BigEndian.PutUint64(b[40:], uint64(t.IssuedMS-by.sinceMS))
	binary.BigEndian.PutUint64(b[48:], uint64(t.ExpiresMS-by.sinceMS))
	binary.BigEndian.PutUint32(b[56:], t.PasswordEpoch)
	binary.BigEndian.PutUint32(b[60:], t.TokenEpoch)
	binary.BigEndian.PutUint32(b[64:], t.PayEpoch)
	sealed := by.seal(record[:], sealPurpose)
	if t.Kind == Link {
		return hex.EncodeToString(sealed)
	}
	return tokenText.EncodeToString(sealed)
}

// rooms are the buffers in which tokens are opened.
var rooms = sync.Pool{New: func() any { return new(room) }}

type room struct {
	sealed [sealedSize]byte
	record [recordSize]byte
}

// Open reads a token's text, of any kind. Errors: ErrUnknown, ErrAltered.
func (r *Keyring) Open(text string) (t Token, err error) {
	room := rooms.Get().(*room)
	defer rooms.Put(room)
	link, n := false, 0
	switch len(text) {
	case tokenText.EncodedLen(sealedSize):
		n, err = tokenText.Decode(room.sealed[:], []byte(text))
	case hex.EncodedLen(sealedSize):
		n, err = hex.Decode(room.sealed[:], []byte(text))
		link = true
	}
	if err != nil || n != len(room.sealed) { // base64 skips line breaks, after which the room's end would be another token's
		return t, ErrUnknown
	}
	record, by, err := r.current.Load().open(room.record[:0], room.sealed[:], sealPurpose)
	if err != nil {
		return t, err
	}
	if record[0] != recordVersion {
		return t, ErrAltered
	}
	if link != (Kind(record[1]) == Link) {
		return t, ErrUnknown // valid, but not in the text form of its kind
	}
	b := record[3:]
	return Token{
		Kind:          Kind(record[1]),
		PC:            record[2] == 1,
		AppID:         platform.AppID(binary.BigEndian.Uint64(b[0:])),
		OpenID:        platform.OpenID(b[8:24]),
		MSDKOpenID:    platform.MSDKOpenID(binary.BigEndian.Uint64(b[24:])),
		Session:       binary.BigEndian.Uint64(b[32:]),
		IssuedMS:      int64(binary.BigEndian.Uint64(b[40:])) + by.sinceMS,
		ExpiresMS:     int64(binary.BigEndian.Uint64(b[48:])) + by.sinceMS,
		PasswordEpoch: binary.BigEndian.Uint32(b[56:]),
		TokenEpoch:    binary.BigEndian.Uint32(b[60:]),
		PayEpoch:      binary.BigEndian.Uint32(b[64:]),
	}, nil
}
