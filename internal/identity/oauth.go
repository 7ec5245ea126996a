package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
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
// that nobody fetches supersedes no older login. Errors: ErrInvalid, platform.ErrNotFound.
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
	now := s.clock.NowMS()
	login := platform.Login{
		AppID: a.AppID, OpenID: openid, RedirectURI: a.RedirectURI, Scopes: a.Scopes, Challenge: a.Challenge,
		PasswordEpoch: account.PasswordEpoch, TokenEpoch: standing.EndedEpoch, ExpiresMS: now + CodeLifetime.Milliseconds(),
	}
	for range 5 { // an id that is taken is a matter of chance, of one in a million for two logins of a millisecond
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

// ticketOf returns the text of the one ticket of a login that is good: the code or a refresh token.
func (s *Service) ticketOf(l *platform.Login) string {
	return s.keyring.SealTicket(platform.Ticket{Login: l.ID, Salt: l.Salt, Serial: l.Serial})
}

// IssueImplicit authorizes the app and returns an access token for response_type=token. Errors: ErrInvalid,
// platform.ErrNotFound.
func (s *Service) IssueImplicit(ctx context.Context, a Authorization) (*Issued, error) {
	account, openid, err := s.subject(ctx, a.AppID, a.UIN)
	if err != nil {
		return nil, err
	}
	if err := s.keyring.Usable(ctx); err != nil {
		return nil, err
	}
	now := s.clock.NowMS()
	grant, err := s.store.Authorize(ctx, a.AppID, openid, a.Scopes, false, now)
	if err != nil {
		return nil, err
	}
	issued := &Issued{Kind: token.Access.String(), AppID: a.AppID, UIN: a.UIN, OpenID: openid, IssuedMS: now, ExpiresMS: now + token.AccessLifetime.Milliseconds()}
	issued.Token, err = s.keyring.Seal(&token.Token{
		Kind: token.Access, AppID: a.AppID, OpenID: openid, IssuedMS: now, ExpiresMS: issued.ExpiresMS,
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
		return nil, platform.OpenID{}, platform.Invalidf("", "%s", err)
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
	Openkey     bool   // make an openkey too
}

// Login is the tokens of one login.
type Login struct {
	OpenID       platform.OpenID
	AccessToken  string
	RefreshToken string        // 32 upper-case hex digits
	Lifetime     time.Duration // of the access token
	Openkey      string        // ends with the login; "" where none was asked for
}

// ExchangeCode gives an app the tokens of a login, once for each code. Errors: ConnectCodeInvalid for a code that is
// unknown, lapsed, another app's or does not fit the verifier; ConnectCodeReused for one that was exchanged before, whose
// tokens then end; QQRedirectURIIllegal for another redirect URI than at the authorization.
func (s *Service) ExchangeCode(ctx context.Context, e Exchange) (*Login, error) {
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
		case e.RedirectURI != l.RedirectURI:
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
	return s.tokensOf(&login, openkey, now)
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

// Refresh gives an app a new access token, which older ones stand beside until they expire, the next refresh token and, when
// it wants one, an openkey.
// Errors: ConnectRefreshTokenInvalid for one that is unknown, another app's, of a login that ended, or used before, which
// ends the login.
func (s *Service) Refresh(ctx context.Context, app platform.AppID, refresh string, wantOpenkey bool) (*Login, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return nil, err
	}
	ticket, ok := s.keyring.OpenRefresh(refresh)
	if !ok {
		return nil, retcode.ConnectRefreshTokenInvalid
	}
	now := s.clock.NowMS()
	openkey := openkeyFor(app, wantOpenkey, now)
	login, err := s.store.UseRefresh(ctx, app, ticket, openkey, now)
	switch {
	case errors.Is(err, platform.ErrSpent):
		return nil, s.reused(ctx, &login, retcode.ConnectRefreshTokenInvalid)
	case errors.Is(err, platform.ErrNotFound):
		return nil, retcode.ConnectRefreshTokenInvalid
	case err != nil:
		return nil, err
	}
	return s.tokensOf(&login, openkey, now)
}

// openkeyFor returns the session of an openkey that is to be made with the tokens of a login, nil where none is wanted.
func openkeyFor(app platform.AppID, wanted bool, nowMS int64) *platform.Openkey {
	if !wanted {
		return nil
	}
	return &platform.Openkey{AppID: app, Session: newSessionNumber(), ExpiresMS: nowMS + token.OpenkeyLifetime.Milliseconds()}
}

// reused ends a login because something of it that is good once came twice: one of the two callers stole it.
func (s *Service) reused(ctx context.Context, l *platform.Login, code retcode.Code) error {
	err := s.store.EndLogin(ctx, l.AppID, l.OpenID, l.TokenEpoch, platform.EndedByOperator, s.clock.NowMS())
	if err != nil && !errors.Is(err, platform.ErrNotFound) { // it has ended already
		return err
	}
	return code
}

// tokensOf makes the tokens of a login whose ticket has just been used, and the openkey whose session was made with it.
func (s *Service) tokensOf(login *platform.Login, openkey *platform.Openkey, nowMS int64) (l *Login, err error) {
	t := token.Token{
		Kind: token.Access, AppID: login.AppID, OpenID: login.OpenID, IssuedMS: nowMS, ExpiresMS: nowMS + CodeTokenLifetime.Milliseconds(),
		PasswordEpoch: login.PasswordEpoch, TokenEpoch: login.TokenEpoch,
	}
	l = &Login{OpenID: login.OpenID, RefreshToken: s.ticketOf(login), Lifetime: CodeTokenLifetime}
	if l.AccessToken, err = s.keyring.Seal(&t); err != nil || openkey == nil {
		return l, err
	}
	t.Kind, t.Session, t.ExpiresMS = token.Openkey, openkey.Session, openkey.ExpiresMS
	l.Openkey, err = s.keyring.Seal(&t)
	return l, err
}

// UnionID returns the id by which all apps of the app's developer know an account: UID_ and 32 upper-case hex digits. An app
// without a developer is one by itself. Error: ConnectUnionIDNotGranted.
func (s *Service) UnionID(app *platform.App, uin platform.UIN) (string, error) {
	switch {
	case !app.UnionID:
		return "", retcode.ConnectUnionIDNotGranted
	case app.Developer == "":
		return s.keyring.UnionID("app "+app.AppID.String(), uin), nil
	default:
		return s.keyring.UnionID("developer "+app.Developer, uin), nil
	}
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
func (s *Service) Introspect(ctx context.Context, app platform.AppID, text string) (*Introspection, error) {
	var (
		rsp     oidb.CheckResponse
		refused *refusal
	)
	login, err := s.refreshable(ctx, app, text)
	switch {
	case err == nil:
		rsp, refused = s.checkLogin(ctx, &token.Token{
			Kind: token.Access, AppID: app, OpenID: login.OpenID, ExpiresMS: login.ExpiresMS,
			PasswordEpoch: login.PasswordEpoch, TokenEpoch: login.TokenEpoch,
		}, token.Access)
	case errors.Is(err, platform.ErrSpent):
		return nil, nil
	case errors.Is(err, platform.ErrNotFound):
		rsp, refused = s.checkBearer(ctx, &oidb.CheckRequest{Token: text})
	default:
		return nil, err
	}
	switch {
	case refused != nil && refused.cause != nil:
		return nil, refused.cause
	case refused != nil, rsp.AppID != app:
		return nil, nil
	}
	return &Introspection{Refresh: rsp.IssuedMS == 0, OpenID: rsp.OpenID, Scopes: rsp.Scopes, IssuedMS: rsp.IssuedMS, ExpiresMS: rsp.ExpiresMS}, nil
}

// refreshable returns the login of an app's refresh token. Errors: platform.ErrNotFound when the text is none; platform.ErrSpent, with
// the login, when it was used.
func (s *Service) refreshable(ctx context.Context, app platform.AppID, text string) (platform.Login, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return platform.Login{}, err
	}
	ticket, ok := s.keyring.OpenRefresh(text)
	if !ok {
		return platform.Login{}, platform.ErrNotFound
	}
	login, err := s.store.Login(ctx, app, ticket.Login)
	switch {
	case err != nil:
		return platform.Login{}, err
	case !login.Gave(ticket):
		return platform.Login{}, platform.ErrNotFound
	case ticket.Serial < login.Serial:
		return login, platform.ErrSpent
	}
	return login, nil
}

// RevokeToken ends the login that a token of an app belongs to, of whatever kind it is. A token that is not the app's own,
// or whose login is over, is none to revoke.
func (s *Service) RevokeToken(ctx context.Context, app platform.AppID, text string) error {
	login, err := s.refreshable(ctx, app, text)
	switch {
	case errors.Is(err, platform.ErrSpent):
		err = nil // whoever still has it may end its login
	case errors.Is(err, platform.ErrNotFound):
		t, wrong := s.keyring.Open(text)
		if wrong != nil || t.AppID != app {
			return nil
		}
		login.OpenID, login.TokenEpoch, err = t.OpenID, t.TokenEpoch, nil
	}
	if err != nil {
		return err
	}
	err = s.store.EndLogin(ctx, app, login.OpenID, login.TokenEpoch, platform.EndedByOperator, s.clock.NowMS())
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}
