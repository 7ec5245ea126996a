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
)

// A purpose is bound into a record's seal, so that a session never passes as a token or as a device, nor one of these as a session.
var (
	sessionPurpose = []byte("rookery session")
	devicePurpose  = []byte("rookery device")
)

// SealSession returns the text of a session.
func (r *Keyring) SealSession(s *Session) string { return r.sealSession(s, sessionPurpose) }

// OpenSession reads a session's text; ok is false when the platform did not seal it.
func (r *Keyring) OpenSession(text string) (s Session, ok bool) {
	return r.openSession(text, sessionPurpose)
}

// SealDevice returns the text by which a browser is known in which a person has signed in. Its record is that of a session.
func (r *Keyring) SealDevice(d *Session) string { return r.sealSession(d, devicePurpose) }

// OpenDevice reads such a text; ok is false when the platform did not seal it.
func (r *Keyring) OpenDevice(text string) (d Session, ok bool) {
	return r.openSession(text, devicePurpose)
}

func (r *Keyring) sealSession(s *Session, purpose []byte) string {
	return tokenText.EncodeToString(r.current.Load().newest.seal(s.append(nil), purpose))
}

func (r *Keyring) openSession(text string, purpose []byte) (s Session, ok bool) {
	record, ok := r.openRecord(text, sessionRecord, purpose)
	if !ok || record[0] != sessionVersion {
		return s, false
	}
	return parseSession(record), true
}

func (s *Session) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(append(b, sessionVersion), uint64(s.UIN))
	b = binary.BigEndian.AppendUint32(b, s.PasswordEpoch)
	b = binary.BigEndian.AppendUint64(b, uint64(s.IssuedMS))
	return append(b, s.Secret[:]...)
}

func parseSession(record []byte) Session {
	return Session{
		UIN:           platform.UIN(binary.BigEndian.Uint64(record[1:])),
		PasswordEpoch: binary.BigEndian.Uint32(record[9:]),
		IssuedMS:      int64(binary.BigEndian.Uint64(record[13:])),
		Secret:        [16]byte(record[21:]),
	}
}

// openRecord opens the text of a record of a size that was sealed for a purpose.
func (r *Keyring) openRecord(text string, size int, purpose []byte) (record []byte, ok bool) {
	if len(text) != tokenText.EncodedLen(sealOverhead+size) {
		return nil, false
	}
	sealed, err := tokenText.DecodeString(text)
	if err != nil || len(sealed) != sealOverhead+size { // base64 skips line breaks
		return nil, false
	}
	record, _, err = r.current.Load().open(nil, sealed, purpose)
	return record, err == nil
}
