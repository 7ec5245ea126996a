package identity

import (
	"context"

	"github.com/rookeryhq/rookery/internal/token"
)

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
	s.notePlayed(ctx, a.AppID, a.UIN)
	issued := &Issued{Kind: token.Access, AppID: a.AppID, UIN: a.UIN, OpenID: openid, IssuedMS: now, ExpiresMS: now + token.AccessLifetime.Milliseconds()}
	issued.Token = s.keyring.Seal(&token.Token{
		Kind: token.Access, AppID: a.AppID, OpenID: openid, IssuedMS: now, ExpiresMS: issued.ExpiresMS,
		PasswordEpoch: account.PasswordEpoch, TokenEpoch: grant.TokenEpoch,
	})
	return issued, nil
}
