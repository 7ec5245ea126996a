package identity

import (
	"context"
	"errors"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// Lifetimes of OAuth (qq-connect-openapi.md, A.10). A login can be renewed by refresh tokens until RefreshLifetime is over.
const (
	CodeLifetime      = 10 * time.Minute
	CodeTokenLifetime = 60 * 24 * time.Hour // of an access token from a code or a refresh token
	RefreshLifetime   = 90 * 24 * time.Hour

	RefreshGrace = 10 * time.Second // in which an answer to a refresh that was lost can be asked for again
)

// Authorization is what a signed-in person allows an app.
type Authorization struct {
	AppID       platform.AppID
	UIN         platform.UIN
	RedirectURI string   // as the app sent it; the exchange must repeat it
	Scopes      []string // of platform.Scopes
	Challenge   string   // of PKCE with S256 (RFC 7636), "" without it
}

// ticketOf returns the text of the one valid ticket of a login: the code or a refresh token.
func (s *Service) ticketOf(l *platform.Login) string {
	return s.keyring.SealTicket(platform.Ticket{Login: l.ID, Salt: l.Salt, Serial: l.Serial})
}

// subject returns the account and the openid for a new login.
func (s *Service) subject(ctx context.Context, app platform.AppID, uin platform.UIN) (*platform.Account, platform.OpenID, error) {
	account, err := s.Account(ctx, uin)
	if err != nil {
		return nil, platform.OpenID{}, err
	}
	if err := mayLogIn(account); err != nil {
		return nil, platform.OpenID{}, err
	}
	openid, err := s.EnsureOpenID(ctx, app, uin)
	return account, openid, err
}

// TokenSet is the tokens of one login.
type TokenSet struct {
	OpenID       platform.OpenID
	AccessToken  string
	RefreshToken string        // 32 upper-case hex digits
	Lifetime     time.Duration // of the access token
	Openkey      string        // ends with the login; "" unless requested
}

// openkeyFor returns the session for an openkey that is made with the tokens of a login; nil unless wanted.
func openkeyFor(app platform.AppID, wanted bool, nowMS int64) *platform.Openkey {
	if !wanted {
		return nil
	}
	return &platform.Openkey{AppID: app, Session: newSessionNumber(), ExpiresMS: nowMS + token.OpenkeyLifetime.Milliseconds()}
}

// reused ends a login because one of its single-use tickets was used twice: one of the two callers stole it.
func (s *Service) reused(ctx context.Context, l *platform.Login, code retcode.Code) error {
	err := s.store.EndLogin(ctx, l.AppID, l.OpenID, l.TokenEpoch, platform.EndedByApp, s.clock.NowMS())
	if err != nil && !errors.Is(err, platform.ErrNotFound) { // it may have ended already
		return err
	}
	return code
}

// tokensOf makes the tokens of a login whose ticket was just used, and the openkey of the session made with it.
func (s *Service) tokensOf(login *platform.Login, openkey *platform.Openkey, nowMS int64) *TokenSet {
	t := token.Token{
		Kind: token.Access, AppID: login.AppID, OpenID: login.OpenID, IssuedMS: nowMS, ExpiresMS: nowMS + CodeTokenLifetime.Milliseconds(),
		PasswordEpoch: login.PasswordEpoch, TokenEpoch: login.TokenEpoch,
	}
	set := &TokenSet{OpenID: login.OpenID, AccessToken: s.keyring.Seal(&t), RefreshToken: s.ticketOf(login), Lifetime: CodeTokenLifetime}
	if openkey != nil {
		t.Kind, t.Session, t.ExpiresMS = token.Openkey, openkey.Session, openkey.ExpiresMS
		set.Openkey = s.keyring.Seal(&t)
	}
	return set
}
