package token

import (
	"encoding/binary"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Session is the content of a sealed session on the platform's own pages.
type Session struct {
	UIN           platform.UIN
	PasswordEpoch uint32
	IssuedMS      int64
	Secret        [16]byte // of this session only
}

const (
	sessionVersion = 1
	sessionRecord  = 1 + 8 + 4 + 8 + 16
	sealedSession  = sealOverhead + sessionRecord
)

// sessionPurpose is bound into a session's seal, so that it never passes as a token, nor a token as a session.
var sessionPurpose = []byte("rookery session")

// SealSession returns the text of a session.
func (r *Keyring) SealSession(s *Session) string {
	var record [sessionRecord]byte
	record[0] = sessionVersion
	binary.BigEndian.PutUint64(record[1:], uint64(s.UIN))
	binary.BigEndian.PutUint32(record[9:], s.PasswordEpoch)
	binary.BigEndian.PutUint64(record[13:], uint64(s.IssuedMS))
	copy(record[21:], s.Secret[:])
	return tokenText.EncodeToString(r.current.Load().seal(record[:], sessionPurpose))
}

// OpenSession reads a session's text; ok is false when the platform did not seal it.
func (r *Keyring) OpenSession(text string) (s Session, ok bool) {
	if len(text) != tokenText.EncodedLen(sealedSession) {
		return s, false
	}
	sealed, err := tokenText.DecodeString(text)
	if err != nil || len(sealed) != sealedSession { // base64 skips line breaks
		return s, false
	}
	record, err := r.current.Load().open(nil, sealed, sessionPurpose)
	if err != nil || record[0] != sessionVersion {
		return s, false
	}
	return Session{
		UIN:           platform.UIN(binary.BigEndian.Uint64(record[1:])),
		PasswordEpoch: binary.BigEndian.Uint32(record[9:]),
		IssuedMS:      int64(binary.BigEndian.Uint64(record[13:])),
		Secret:        [16]byte(record[21:]),
	}, true
}
