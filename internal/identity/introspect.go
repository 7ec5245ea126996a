package identity

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

// Introspection is what an app may know about a token of its own.
type Introspection struct {
	Refresh   bool // a refresh token, otherwise an access token
	OpenID    platform.OpenID
	Scopes    platform.ScopeSet
	IssuedMS  int64 // 0 for a refresh token
	ExpiresMS int64
}

// Introspect describes an access token or a refresh token to its app; it returns nil for a token that is not the app's or
// not valid.
func (s *Service) Introspect(ctx context.Context, app platform.AppID, text string) (*Introspection, error) {
	var (
		rsp     wire.CheckResponse
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
		rsp, refused = s.checkBearer(ctx, &wire.CheckRequest{Token: text})
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
