package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// Lifetimes of OAuth (qq-connect-openapi.md, A.10). A login can be renewed by refresh tokens until RefreshLifetime is over.
const (
	CodeLifetime      = 10 * time.Minute
	CodeTokenLifetime = 60 * 24 * time.Hour // of an access token that came for a code or a refresh token
	RefreshLifetime   = 90 * 24 * time.Hour
)

// MaxRedirectURI bounds a redirect_uri, in bytes (qq-connect-openapi.md, A.2.2).
const MaxRedirectURI = 1024

// Authorization is what a person, who is signed in, allows an app.
type Authorization struct {
	AppID       platform.AppID
	UIN         platform.UIN
	RedirectURI string   // as the app sent it; the exchange must repeat it
	Scopes      []string // of platform.Scopes
	Challenge   string   // of PKCE with S256 (RFC 7636), "" for none
}

// MatchRedirect reports whether an app may have its logins return to the URI: scheme, host and path are a registered
// one's, its query may be any, it has no fragment (qq-connect-openapi.md, A.2.2). A loopback address that is registered
// without a port stands for each of its ports, which a program on the person's machine cannot know before (RFC 8252, 7.3).
func MatchRedirect(app *platform.App, uri string) bool {
	if len(uri) > MaxRedirectURI {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.User != nil || strings.Contains(uri, "#") {
		return false
	}
	for _, text := range app.RedirectURIs {
		r, err := url.Parse(text)
		if err == nil && u.Scheme == r.Scheme && sameHost(u, r) && u.EscapedPath() == r.EscapedPath() {
			return true
		}
	}
	return false
}

func sameHost(u, registered *url.URL) bool {
	if u.Host == registered.Host {
		return true
	}
	name := registered.Hostname()
	addr, err := netip.ParseAddr(name)
	loopback := name == "localhost" || err == nil && addr.IsLoopback()
	return loopback && registered.Port() == "" && u.Hostname() == name
}

// IssueCode returns an authorization code, 32 upper-case hex digits. Nothing is authorized before the code is exchanged: one
// that nobody fetches supersedes no older login. Errors: ErrInvalid, store.ErrNotFound.
func (s *Service) IssueCode(ctx context.Context, a Authorization) (code string, err error) {
	account, openid, err := s.subject(ctx, a.AppID, a.UIN)
	if err != nil {
		return "", err
	}
	code = newTicket()
	return code, s.store.CreateCode(ctx, platform.LoginCode{
		AppID: a.AppID, Hash: platform.HashTicket(code), OpenID: openid, RedirectURI: a.RedirectURI, Scopes: a.Scopes,
		Challenge: a.Challenge, PasswordEpoch: account.PasswordEpoch, ExpiresMS: s.clock.NowMS() + CodeLifetime.Milliseconds(),
	})
}

// IssueImplicit authorizes the app and returns an access token for response_type=token. Errors: ErrInvalid,
// store.ErrNotFound.
func (s *Service) IssueImplicit(ctx context.Context, a Authorization) (*Issued, error) {
	account, openid, err := s.subject(ctx, a.AppID, a.UIN)
	if err != nil {
		return nil, err
	}
	if err := s.keyring.usable(ctx); err != nil {
		return nil, err
	}
	now := s.clock.NowMS()
	grant, err := s.store.Authorize(ctx, a.AppID, openid, a.Scopes, false, now)
	if err != nil {
		return nil, err
	}
	issued := &Issued{Kind: AccessToken.String(), AppID: a.AppID, UIN: a.UIN, OpenID: openid, IssuedMS: now, ExpiresMS: now + AccessLifetime.Milliseconds()}
	issued.Token, err = s.keyring.sealToken(&Token{
		Kind: AccessToken, AppID: a.AppID, OpenID: openid, IssuedMS: now, ExpiresMS: issued.ExpiresMS,
		PasswordEpoch: account.PasswordEpoch, TokenEpoch: grant.TokenEpoch,
	})
	return issued, err
}

// subject returns the account and the openid that a new login is for.
func (s *Service) subject(ctx context.Context, app platform.AppID, uin platform.UIN) (*platform.Account, platform.OpenID, error) {
	account, err := s.Account(ctx, uin)
	if err != nil {
		return nil, platform.OpenID{}, err
	}
	if err := mayLogIn(account); err != nil {
		return nil, platform.OpenID{}, invalidf("%w", err)
	}
	openid, err := s.EnsureOpenID(ctx, app, uin)
	return account, openid, err
}

// Exchange is an app's request for the tokens of a code.
type Exchange struct {
	AppID       platform.AppID
	Code        string
	RedirectURI string // as at the authorization, or "" where there is none to repeat
	Verifier    string // of PKCE, "" for none
}

// Login is the tokens of one login.
type Login struct {
	OpenID       platform.OpenID
	AccessToken  string
	RefreshToken string        // 32 upper-case hex digits
	Lifetime     time.Duration // of the access token

	token Token
}

// ExchangeCode gives an app the tokens of a login, once for each code. Errors: ConnectCodeInvalid for a code that is
// unknown, lapsed, another app's or does not fit the verifier; ConnectCodeReused for one that was exchanged before, whose
// tokens then end; QQRedirectURIIllegal for another redirect URI than at the authorization.
func (s *Service) ExchangeCode(ctx context.Context, e Exchange) (*Login, error) {
	if err := s.keyring.usable(ctx); err != nil {
		return nil, err
	}
	now, refresh := s.clock.NowMS(), newTicket()
	code, err := s.store.ExchangeCode(ctx, e.AppID, platform.HashTicket(e.Code), platform.HashTicket(refresh), now+RefreshLifetime.Milliseconds(), now, func(code *platform.LoginCode) error {
		switch {
		case e.RedirectURI != code.RedirectURI:
			return retcode.QQRedirectURIIllegal.Errorf("redirect_uri is not the one of the authorization")
		case !verifies(code.Challenge, e.Verifier):
			return retcode.ConnectCodeInvalid.Errorf("code_verifier does not fit the code_challenge of the authorization")
		}
		return nil
	})
	switch {
	case errors.Is(err, store.ErrSpent):
		return nil, s.reused(ctx, e.AppID, code.OpenID, code.TokenEpoch, retcode.ConnectCodeReused)
	case errors.Is(err, store.ErrNotFound):
		return nil, retcode.ConnectCodeInvalid
	case err != nil:
		return nil, err
	}
	return s.login(e.AppID, code.OpenID, code.TokenEpoch, code.PasswordEpoch, now, now+CodeTokenLifetime.Milliseconds(), refresh)
}

// verifies checks a verifier of PKCE against the challenge of the authorization (RFC 7636, 4.6).
func verifies(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier // a verifier for no challenge is a mix-up of two logins
	}
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// Refresh gives an app a new access token, which older ones stand beside until they expire, and the next refresh token.
// Errors: ConnectRefreshTokenInvalid for one that is unknown, another app's, of a login that ended, or used before, which
// ends the login.
func (s *Service) Refresh(ctx context.Context, app platform.AppID, refresh string) (*Login, error) {
	if err := s.keyring.usable(ctx); err != nil {
		return nil, err
	}
	now, next := s.clock.NowMS(), newTicket()
	used, err := s.store.UseRefresh(ctx, app, platform.HashTicket(refresh), platform.HashTicket(next), now)
	switch {
	case errors.Is(err, store.ErrSpent):
		return nil, s.reused(ctx, app, used.OpenID, used.TokenEpoch, retcode.ConnectRefreshTokenInvalid)
	case errors.Is(err, store.ErrNotFound):
		return nil, retcode.ConnectRefreshTokenInvalid
	case err != nil:
		return nil, err
	}
	return s.login(app, used.OpenID, used.TokenEpoch, used.PasswordEpoch, now, now+CodeTokenLifetime.Milliseconds(), next)
}

// reused ends a login because something of it that is good once came twice: one of the two callers stole it.
func (s *Service) reused(ctx context.Context, app platform.AppID, openid platform.OpenID, tokenEpoch uint32, code retcode.Code) error {
	err := s.store.EndLogin(ctx, app, openid, tokenEpoch, platform.EndedByOperator, s.clock.NowMS())
	if err != nil && !errors.Is(err, store.ErrNotFound) { // it has ended already
		return err
	}
	return code
}

func (s *Service) login(app platform.AppID, openid platform.OpenID, tokenEpoch, passwordEpoch uint32, nowMS, expiresMS int64, refresh string) (l *Login, err error) {
	l = &Login{OpenID: openid, RefreshToken: refresh, Lifetime: time.Duration(expiresMS-nowMS) * time.Millisecond, token: Token{
		Kind: AccessToken, AppID: app, OpenID: openid, IssuedMS: nowMS, ExpiresMS: expiresMS, PasswordEpoch: passwordEpoch, TokenEpoch: tokenEpoch,
	}}
	l.AccessToken, err = s.keyring.sealToken(&l.token)
	return l, err
}

// OpenkeyFor makes an openkey of a login: it ends with it.
func (s *Service) OpenkeyFor(ctx context.Context, l *Login) (string, error) {
	token := l.token
	token.Kind, token.ExpiresMS = Openkey, token.IssuedMS+OpenkeyLifetime.Milliseconds()
	var err error
	if token.Session, err = s.newSession(ctx, &token); err != nil {
		return "", err
	}
	return s.keyring.sealToken(&token)
}

// ErrNoUnionID is answered where an app may not have unionids.
var ErrNoUnionID = errors.New("identity: the app may not ask for unionids")

// UnionID returns the id by which all apps of the app's developer know an account: UID_ and 32 upper-case hex digits. An app
// without a developer is one by itself. Errors: ErrNoUnionID.
func (s *Service) UnionID(app *platform.App, uin platform.UIN) (string, error) {
	switch {
	case !app.UnionID:
		return "", ErrNoUnionID
	case app.Developer == "":
		return s.keyring.UnionID("app "+app.AppID.String(), uin), nil
	default:
		return s.keyring.UnionID("developer "+app.Developer, uin), nil
	}
}

// newTicket returns the text of a code or a refresh token: 32 upper-case hex digits, 128 random bits.
func newTicket() string {
	var random [16]byte
	rand.Read(random[:])
	return fmt.Sprintf("%X", random[:])
}

// Introspection is what an app may know of a token of its own.
type Introspection struct {
	Refresh   bool // a refresh token, else an access token
	OpenID    platform.OpenID
	Scopes    platform.ScopeSet
	IssuedMS  int64 // 0 for a refresh token
	ExpiresMS int64
}

// Introspect tells an app about an access token or a refresh token; nil for one that is not its own or does not hold.
func (s *Service) Introspect(ctx context.Context, bus *oidb.Bus, app platform.AppID, text string) (*Introspection, error) {
	refresh, spent, err := s.store.RefreshToken(ctx, app, platform.HashTicket(text))
	if err == nil && spent {
		return nil, nil
	}
	var rsp oidb.CheckResponse
	switch {
	case err == nil:
		var refused *refusal
		rsp, refused = s.checkLogin(ctx, &Token{
			Kind: AccessToken, AppID: app, OpenID: refresh.OpenID, ExpiresMS: refresh.ExpiresMS,
			PasswordEpoch: refresh.PasswordEpoch, TokenEpoch: refresh.TokenEpoch,
		}, AccessToken)
		if refused != nil {
			err = refused.err(&accessCodes)
		}
	case errors.Is(err, store.ErrNotFound):
		rsp, err = oidb.Call[oidb.CheckRequest, oidb.CheckResponse](ctx, bus, oidb.CheckAccess, oidb.CheckRequest{Token: text, Bearer: true})
	default:
		return nil, err
	}
	code, _ := retcode.From(err)
	switch class := code.Class(); {
	case class == retcode.ClassReauthorize, class == retcode.ClassFixRequest, class == retcode.ClassAskUser:
		return nil, nil // the token's fault, not the platform's
	case err != nil:
		return nil, err
	case rsp.AppID != app:
		return nil, nil
	}
	return &Introspection{Refresh: rsp.IssuedMS == 0, OpenID: rsp.OpenID, Scopes: rsp.Scopes, IssuedMS: rsp.IssuedMS, ExpiresMS: rsp.ExpiresMS}, nil
}

// RevokeToken ends the login that an app's access token or refresh token belongs to. A token that is not the app's own, or
// whose login is over, is none to revoke.
func (s *Service) RevokeToken(ctx context.Context, app platform.AppID, text string) error {
	token, _, err := s.store.RefreshToken(ctx, app, platform.HashTicket(text))
	if errors.Is(err, store.ErrNotFound) {
		if err := s.keyring.usable(ctx); err != nil {
			return err
		}
		t, wrong := s.keyring.openToken(text)
		if wrong != nil || t.Kind != AccessToken || t.AppID != app {
			return nil
		}
		token.OpenID, token.TokenEpoch, err = t.OpenID, t.TokenEpoch, nil
	}
	if err != nil {
		return err
	}
	err = s.store.EndLogin(ctx, app, token.OpenID, token.TokenEpoch, platform.EndedByOperator, s.clock.NowMS())
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
