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

// errNoSession means that a text is not a session, or one that has ended.
var errNoSession = platform.ErrNotFound.Errorf("there is no such session")

// Session is a person signed in on the platform's own pages. Only the browser stores it, sealed. It ends by its age, by
// signing out, with a new password, and when the account is frozen or closed.
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
	return s.keyring.SealSession(&sealed), nil
}

// Session opens a session's text. Error: platform.ErrNotFound for a text that is not a session, or for one that has ended.
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

// EndSession signs a person out: every copy of the session ends. A restart forgets which sessions ended.
func (s *Service) EndSession(session *Session) { s.ended.add(session, s.clock.NowMS(), endedKept) }

// endedSessions remembers sign-outs for the remaining lifetime of the sessions.
type endedSessions struct {
	mu    sync.RWMutex
	ended map[[16]byte]int64 // by secret: when the session would have ended anyway
}

// endedKept bounds the sign-outs that are remembered, at some 60 bytes each.
const endedKept = 1 << 16

// add remembers a session. Beyond most, some are forgotten: those that are over, or else any.
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

// FormToken returns the token that the session's forms carry, to show that they come from its own pages.
func (s *Session) FormToken() string { return base64.RawURLEncoding.EncodeToString(s.secret[:]) }

// HoldsFormToken reports whether text is the session's form token.
func (s *Session) HoldsFormToken(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(s.FormToken())) == 1
}
