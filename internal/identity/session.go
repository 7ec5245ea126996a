package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

// SessionLifetime is how long a person stays signed in on the platform's own pages.
const SessionLifetime = 12 * time.Hour

// errNoSession means that a text is not a session, or one that has ended.
var errNoSession = platform.ErrNotFound.Errorf("there is no such session")

// Session is a person signed in on the platform's own pages. Only the browser stores it, sealed. It ends by its age, by
// signing out, here or everywhere, with a new password, and when the account is frozen or closed.
type Session struct {
	Account *platform.Account
	sealed  token.Session
}

// EndsMS is when the session ends by its age.
func (s *Session) EndsMS() int64 { return s.sealed.IssuedMS + SessionLifetime.Milliseconds() }

// NewSession returns the sealed text of a new session for an account that has just logged in.
func (s *Service) NewSession(ctx context.Context, account *platform.Account) (text string, err error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return "", err
	}
	sealed := token.Session{
		UIN: account.UIN, PasswordEpoch: account.PasswordEpoch,
		IssuedMS: max(s.clock.NowMS(), account.SignedOutMS+1), // a session that begins now was not signed out, whatever the clock shows
	}
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
	return s.continued(ctx, sealed)
}

// continued returns the session of a sealed one that has not ended.
func (s *Service) continued(ctx context.Context, sealed token.Session) (*Session, error) {
	session := &Session{sealed: sealed}
	if s.clock.NowMS() >= session.EndsMS() {
		return nil, errNoSession
	}
	account, err := s.store.Account(ctx, sealed.UIN)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil, errNoSession
	case err != nil:
		return nil, err
	case account.PasswordEpoch != sealed.PasswordEpoch, sealed.IssuedMS <= account.SignedOutMS, mayLogIn(account) != nil:
		return nil, errNoSession
	}
	ended, err := s.store.SessionEnded(ctx, sealed.UIN, sealed.Secret)
	switch {
	case err != nil:
		return nil, err
	case ended:
		return nil, errNoSession
	}
	session.Account = account
	return session, nil
}

// EndSession signs a person out: every copy of the session ends.
func (s *Service) EndSession(ctx context.Context, session *Session) error {
	return s.store.EndSession(ctx, session.sealed.UIN, session.sealed.Secret, session.EndsMS(), s.clock.NowMS())
}

// SignOutEverywhere ends all sessions that an account has now, and its group sessions: from then on a token that was issued
// before opens no group door. Error: platform.ErrNotFound.
func (s *Service) SignOutEverywhere(ctx context.Context, uin platform.UIN) (*platform.Account, error) {
	return s.store.UpdateAccount(ctx, uin, func(a *platform.Account) error {
		a.SignedOutMS = max(a.SignedOutMS, s.clock.NowMS())
		return nil
	})
}

// FormToken returns the token that the session's forms carry, to show that they come from its own pages.
func (s *Session) FormToken() string { return base64.RawURLEncoding.EncodeToString(s.sealed.Secret[:]) }

// HoldsFormToken reports whether text is the session's form token.
func (s *Session) HoldsFormToken(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(s.FormToken())) == 1
}
