package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// SessionLifetime is how long a person stays signed in on the platform's own pages.
const SessionLifetime = 12 * time.Hour

// ErrNoSession says that a text is no session, or one that has ended.
var ErrNoSession = errors.New("there is no such session")

// Session is a person signed in on the platform's own pages. It is kept by the browser alone, sealed, and ends by its
// age, by signing out, by a new password, and when the account is frozen or closed.
type Session struct {
	Account *platform.Account
	secret  [16]byte
	endsMS  int64
}

const (
	sessionVersion = 1
	sessionRecord  = 1 + 8 + 4 + 8 + 16
	sealedSession  = sealOverhead + sessionRecord
)

// sessionPurpose is bound into a session's seal, so that it never passes as a token, nor a token as a session.
var sessionPurpose = []byte("rookery session")

// NewSession returns the sealed text of a new session for an account that has just logged in.
func (s *Service) NewSession(ctx context.Context, account *platform.Account) (text string, err error) {
	if err := s.keyring.usable(ctx); err != nil {
		return "", err
	}
	var record [sessionRecord]byte
	record[0] = sessionVersion
	binary.BigEndian.PutUint64(record[1:], uint64(account.UIN))
	binary.BigEndian.PutUint32(record[9:], account.PasswordEpoch)
	binary.BigEndian.PutUint64(record[13:], uint64(s.clock.NowMS()))
	rand.Read(record[21:])
	sealed, err := s.keyring.current.Load().seal.Encrypt(record[:], sessionPurpose)
	if err != nil {
		return "", err
	}
	return tokenText.EncodeToString(sealed), nil
}

// Session opens a session's text. ErrNoSession when it is none, or has ended.
func (s *Service) Session(ctx context.Context, text string) (*Session, error) {
	if len(text) != tokenText.EncodedLen(sealedSession) {
		return nil, ErrNoSession
	}
	if err := s.keyring.usable(ctx); err != nil {
		return nil, err
	}
	sealed, err := tokenText.DecodeString(text)
	if err != nil {
		return nil, ErrNoSession
	}
	record, err := s.keyring.current.Load().seal.Decrypt(sealed, sessionPurpose)
	if err != nil || len(record) != sessionRecord || record[0] != sessionVersion {
		return nil, ErrNoSession
	}
	session := &Session{
		secret: [16]byte(record[21:]),
		endsMS: int64(binary.BigEndian.Uint64(record[13:])) + SessionLifetime.Milliseconds(),
	}
	if s.clock.NowMS() >= session.endsMS || s.ended.has(session) {
		return nil, ErrNoSession
	}
	account, err := s.store.Account(ctx, platform.UIN(binary.BigEndian.Uint64(record[1:])))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, ErrNoSession
	case err != nil:
		return nil, err
	case account.PasswordEpoch != binary.BigEndian.Uint32(record[9:]), mayLogIn(account) != nil:
		return nil, ErrNoSession
	}
	session.Account = account
	return session, nil
}

// EndSession signs a person out: no copy of the session holds any more. A restart forgets which sessions ended.
func (s *Service) EndSession(session *Session) { s.ended.add(session, s.clock.NowMS(), endedKept) }

// endedSessions remembers who signed out, for as long as the sessions would have held.
type endedSessions struct {
	mu    sync.RWMutex
	ended map[[16]byte]int64 // by secret: when the session would have ended by itself
}

// endedKept bounds the sessions that are remembered, at some 60 bytes each.
const endedKept = 1 << 16

// add remembers a session. When there are most of them some are forgotten: those that are over, or else any.
func (e *endedSessions) add(session *Session, nowMS int64, most int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.ended) >= most {
		maps.DeleteFunc(e.ended, func(_ [16]byte, endsMS int64) bool { return endsMS <= nowMS })
	}
	for secret := range e.ended {
		if len(e.ended) < most {
			break
		}
		delete(e.ended, secret)
	}
	if e.ended == nil {
		e.ended = make(map[[16]byte]int64)
	}
	e.ended[session.secret] = session.endsMS
}

func (e *endedSessions) has(session *Session) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	_, ended := e.ended[session.secret]
	return ended
}

// FormToken is what the session's forms carry, to show that they come from its own pages.
func (s *Session) FormToken() string { return base64.RawURLEncoding.EncodeToString(s.secret[:]) }

// HoldsFormToken tells whether a form carried the session's token.
func (s *Session) HoldsFormToken(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(s.FormToken())) == 1
}
