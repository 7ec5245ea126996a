package identity

import (
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
// Errors: ErrInvalid, platform.ErrNotFound.
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
	grant, err := s.grantFor(ctx, req, openid)
	if err != nil {
		return nil, err
	}
	now := s.clock.NowMS()
	t := token.Token{
		Kind:          req.Kind,
		PC:            req.PC,
		AppID:         req.AppID,
		OpenID:        openid,
		IssuedMS:      now,
		ExpiresMS:     now + lifetime.Milliseconds(),
		PasswordEpoch: account.PasswordEpoch,
		TokenEpoch:    grant.TokenEpoch,
		PayEpoch:      grant.PayEpoch,
	}
	switch req.Kind {
	case token.Openkey:
		t.Session, err = s.newSession(ctx, &t)
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

// grantFor returns the live grant that a token of the kind depends on, with its epochs incremented as the kind requires. A
// login by the operator allows every scope.
func (s *Service) grantFor(ctx context.Context, req IssueRequest, openid platform.OpenID) (platform.Grant, error) {
	now := s.clock.NowMS()
	switch req.Kind {
	case token.Access:
		return s.store.Authorize(ctx, req.AppID, openid, platform.Scopes, false, now)
	case token.Pay:
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

func (s *Service) newSession(ctx context.Context, t *token.Token) (session uint64, err error) {
	session = newSessionNumber()
	return session, s.store.CreateOpenkey(ctx, platform.Openkey{
		AppID: t.AppID, Session: session, OpenID: t.OpenID, ExpiresMS: t.ExpiresMS,
	})
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
