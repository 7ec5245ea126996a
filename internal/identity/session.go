package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

// SessionLifetime is how long a person stays signed in on the platform's own pages.
const SessionLifetime = 12 * time.Hour

// errNoSession says that a text is no session, or one that has ended.
var errNoSession = platform.ErrNotFound.Errorf("there is no such session")

// Session is a person signed in on the platform's own pages. It is kept by the browser alone, sealed, and ends by its
// age, by signing out, by a new password, and when the account is frozen or closed.
type Session struct {
	Account *platform.Account
	secret  [16]byte
	endsMS  int64
}

// NewSession returns the sealed text of a new session for an account that has just logged in.
func (s *Service) NewSession(ctx context.Context, account *platform.Account) (text string, err error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return "", err
	}
	sealed := token.Session{UIN: account.UIN, PasswordEpoch: account.PasswordEpoch, IssuedMS: s.clock.NowMS()}
	rand.Read(sealed.Secret[:])
	return s.keyring.SealSession(&sealed)
}

// Session opens a session's text. Error: platform.ErrNotFound when it is none, or has ended.
func (s *Service) Session(ctx context.Context, text string) (*Session, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return nil, err
	}
	sealed, ok := s.keyring.OpenSession(text)
	if !ok {
		return nil, errNoSession
	}
	session := &Session{secret: sealed.Secret, endsMS: sealed.IssuedMS + SessionLifetime.Milliseconds()}
	if s.clock.NowMS() >= session.endsMS || s.ended.has(session) {
		return nil, errNoSession
	}
	account, err := s.store.Account(ctx, sealed.UIN)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil, errNoSession
	case err != nil:
		return nil, err
	case account.PasswordEpoch != sealed.PasswordEpoch, mayLogIn(account) != nil:
		return nil, errNoSession
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
