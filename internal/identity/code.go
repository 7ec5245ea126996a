package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// IssueCode returns an authorization code, 32 upper-case hex digits. Nothing is authorized before the code is exchanged: a
// code that is never exchanged supersedes no older login. Errors: ErrInvalid, platform.ErrNotFound.
func (s *Service) IssueCode(ctx context.Context, a Authorization) (code string, err error) {
	account, openid, err := s.subject(ctx, a.AppID, a.UIN)
	if err != nil {
		return "", err
	}
	if err := s.keyring.Usable(ctx); err != nil {
		return "", err
	}
	standing, err := s.Standings.Get(ctx, a.AppID, openid)
	if err != nil {
		return "", err
	}
	now := max(s.clock.NowMS(), account.SignedOutMS+1) // signing out ends the codes of before
	login := platform.Login{
		AppID: a.AppID, OpenID: openid, RedirectURI: a.RedirectURI, Scopes: a.Scopes, Challenge: a.Challenge,
		PasswordEpoch: account.PasswordEpoch, TokenEpoch: standing.EndedEpoch, ExpiresMS: now + CodeLifetime.Milliseconds(),
	}
	for range 5 { // a taken id is a matter of chance: one in a million for two logins of a millisecond
		var random [8]byte
		rand.Read(random[:])
		login.Salt = binary.BigEndian.Uint32(random[:])
		login.ID = now<<store.LoginIDBits | int64(binary.BigEndian.Uint32(random[4:])>>(32-store.LoginIDBits))
		if err = s.store.CreateLogin(ctx, login); !errors.Is(err, platform.ErrExists) {
			break
		}
	}
	return s.ticketOf(&login), err
}

// Exchange is an app's request for the tokens of a code.
type Exchange struct {
	AppID       platform.AppID
	Code        string
	RedirectURI string // as at the authorization; a mobile app may leave it out (qq-connect-openapi.md, A.2.2)
	Verifier    string // of PKCE, "" without it
	Openkey     bool   // make an openkey too
}

// ExchangeCode gives an app the tokens of a login, once for each code. Errors: ConnectCodeInvalid for a code that is
// unknown, expired, another app's or does not fit the verifier; ConnectCodeReused for a code that was exchanged before,
// whose tokens then end; QQRedirectURIIllegal for a redirect URI that differs from the authorization's.
func (s *Service) ExchangeCode(ctx context.Context, e Exchange) (*TokenSet, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return nil, err
	}
	code, ok := s.keyring.OpenTicket(e.Code)
	if !ok || code.Serial != 0 {
		return nil, retcode.ConnectCodeInvalid
	}
	now := s.clock.NowMS()
	openkey := openkeyFor(e.AppID, e.Openkey, now)
	login, err := s.store.ExchangeCode(ctx, e.AppID, code, openkey, now+RefreshLifetime.Milliseconds(), now, func(l *platform.Login) error {
		switch {
		case e.RedirectURI != l.RedirectURI && (e.RedirectURI != "" || !apps.OfMobileApp(l.RedirectURI)):
			return retcode.QQRedirectURIIllegal.Errorf("redirect_uri is not the one of the authorization")
		case !verifies(l.Challenge, e.Verifier):
			return retcode.ConnectCodeInvalid.Errorf("code_verifier does not fit the code_challenge of the authorization")
		}
		return nil
	})
	switch {
	case errors.Is(err, platform.ErrSpent):
		return nil, s.reused(ctx, &login, retcode.ConnectCodeReused)
	case errors.Is(err, platform.ErrNotFound):
		return nil, retcode.ConnectCodeInvalid
	case err != nil:
		return nil, err
	}
	return s.tokensOf(&login, openkey, now), nil
}

// verifies checks a verifier of PKCE against the challenge of the authorization (RFC 7636, 4.6).
func verifies(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier // a verifier without a challenge confuses two logins
	}
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}
