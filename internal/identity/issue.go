package identity

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
)

// IssueRequest asks for a token as if the person had just logged in.
type IssueRequest struct {
	AppID    platform.AppID
	UIN      platform.UIN
	Kind     token.Kind
	Lifetime *time.Duration // from 0, for an expired token, to the kind's; nil for the kind's
	PC       bool           // for MSDK tokens: the authorization comes through the PC SDK

	// LoginMS is when the person logged in, for a token of that login: it supersedes none. 0 is now, and so is a time since which
	// the person has signed out everywhere, or a token of the kind has expired.
	LoginMS int64
	Session uint64 // of an openkey; 0 for a new one
}

// Issued is a new token and its owner.
type Issued struct {
	Token      string
	Kind       token.Kind
	AppID      platform.AppID
	UIN        platform.UIN
	OpenID     platform.OpenID
	MSDKOpenID platform.MSDKOpenID
	GuestID    string // of a guest token
	IssuedMS   int64
	ExpiresMS  int64
}

// Issue makes a token. An access token supersedes the older ones of the same person at the same app, and so does a pay
// token; the other kinds do not affect each other. If the kind needs an authorization and the app has none, it is given.
// Errors: ErrInvalid, platform.ErrNotFound; platform.ErrExists when the session is taken.
func (s *Service) Issue(ctx context.Context, req IssueRequest) (*Issued, error) {
	lifetime := req.Kind.Lifetime()
	if req.Lifetime != nil {
		if *req.Lifetime < 0 || *req.Lifetime > lifetime {
			return nil, platform.Invalidf("lifetime", "a token of kind %s lives from 0s to %s, not %s", req.Kind, lifetime, *req.Lifetime)
		}
		lifetime = *req.Lifetime
	}
	account, err := s.Account(ctx, req.UIN)
	if err != nil {
		return nil, err
	}
	if account.State == platform.AccountFrozen || account.State == platform.AccountClosed {
		return nil, platform.Invalidf("uin", "account %s is %s and cannot log in", req.UIN, account.State)
	}
	app := s.apps.ByID(req.AppID)
	openid, err := s.EnsureOpenID(ctx, req.AppID, req.UIN)
	if err != nil {
		return nil, err
	}
	if (req.Kind == token.MSDK || req.Kind == token.Link) && app.GameID == 0 {
		return nil, platform.Invalidf("appid", "app %s has no gameid, so it has no V5 players", req.AppID)
	}
	loginMS, now := req.LoginMS, s.clock.NowMS()
	if loginMS < account.SignedOutMS || now >= loginMS+req.Kind.Lifetime().Milliseconds() {
		loginMS = 0
	}
	grant, err := s.grantFor(ctx, req, openid, loginMS == 0)
	if err != nil {
		return nil, err
	}
	issuedMS := cmp.Or(loginMS, now)
	t := token.Token{
		Kind:          req.Kind,
		PC:            req.PC,
		AppID:         req.AppID,
		OpenID:        openid,
		IssuedMS:      issuedMS,
		ExpiresMS:     issuedMS + lifetime.Milliseconds(),
		PasswordEpoch: account.PasswordEpoch,
		TokenEpoch:    grant.TokenEpoch,
		PayEpoch:      grant.PayEpoch,
	}
	switch req.Kind {
	case token.Openkey:
		t.Session = cmp.Or(req.Session, newSessionNumber())
		err = s.store.CreateOpenkey(ctx, platform.Openkey{AppID: t.AppID, Session: t.Session, OpenID: t.OpenID, ExpiresMS: t.ExpiresMS})
	case token.MSDK, token.Link:
		t.MSDKOpenID, _, err = s.player(ctx, req.AppID, openid)
	}
	if err != nil {
		return nil, err
	}
	issued := &Issued{
		Token:      s.keyring.Seal(&t),
		Kind:       req.Kind,
		AppID:      req.AppID,
		UIN:        req.UIN,
		OpenID:     openid,
		MSDKOpenID: t.MSDKOpenID,
		IssuedMS:   t.IssuedMS,
		ExpiresMS:  t.ExpiresMS,
	}
	if req.Kind == token.Guest {
		issued.GuestID = GuestID(openid)
	}
	return issued, nil
}

// grantFor returns the live grant that a token of the kind depends on, with its epochs incremented as a new login, and the kind,
// require. A login by the operator allows every scope.
func (s *Service) grantFor(ctx context.Context, req IssueRequest, openid platform.OpenID, login bool) (platform.Grant, error) {
	now := s.clock.NowMS()
	switch {
	case login && req.Kind == token.Access:
		return s.store.Authorize(ctx, req.AppID, openid, platform.Scopes, false, now)
	case login && req.Kind == token.Pay:
		grant, err := s.store.RaisePayEpoch(ctx, req.AppID, openid, now)
		if errors.Is(err, platform.ErrNotFound) {
			return s.store.Authorize(ctx, req.AppID, openid, platform.Scopes, true, now)
		}
		return grant, err
	default:
		grant, err := s.store.Grant(ctx, req.AppID, openid)
		if errors.Is(err, platform.ErrNotFound) || err == nil && !grant.Live() {
			return s.store.Authorize(ctx, req.AppID, openid, platform.Scopes, false, now)
		}
		return grant, err
	}
}

func newSessionNumber() uint64 {
	var random [8]byte
	rand.Read(random[:])
	return binary.BigEndian.Uint64(random[:])
}

// RevokeGrant ends every token that an account gave an app so far. Errors: platform.ErrNotFound when the grant is not live.
func (s *Service) RevokeGrant(ctx context.Context, app platform.AppID, uin platform.UIN, by platform.EndedBy) error {
	openid, err := store.ActiveOpenID(ctx, s.store, app, uin)
	if err == nil {
		err = s.store.EndGrant(ctx, app, openid, by, s.clock.NowMS())
	}
	if errors.Is(err, platform.ErrNotFound) {
		return platform.ErrNotFound.Errorf("account %s has no live grant at app %s", uin, app)
	}
	return err
}
