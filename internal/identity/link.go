package identity

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// Link is the identity that a link parameter carried.
type Link struct {
	MSDKOpenID platform.MSDKOpenID
	Token      string // MSDK token for the page's own checks
}

// OpenLink reads a link parameter of an app and makes an MSDK token from it, which ends like one from a login. Errors:
// V5LinkUndecryptable when the parameter does not open, has expired, or is another app's.
func (s *Service) OpenLink(ctx context.Context, app platform.AppID, text string) (*Link, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return nil, err
	}
	t, err := s.keyring.Open(text)
	if err != nil || t.Kind != token.Link || t.AppID != app || s.clock.NowMS() >= t.ExpiresMS {
		return nil, retcode.V5LinkUndecryptable
	}
	st, err := s.standing(ctx, &t)
	if errors.Is(err, platform.ErrNotFound) {
		return nil, retcode.V5LinkUndecryptable // the openid no longer names an account
	}
	if err != nil {
		return nil, err
	}
	if _, bad := checkStanding(&t, &st); bad {
		return nil, retcode.V5LinkUndecryptable
	}
	t.Kind = token.MSDK
	t.ExpiresMS = t.IssuedMS + token.AccessLifetime.Milliseconds()
	return &Link{MSDKOpenID: t.MSDKOpenID, Token: s.keyring.Seal(&t)}, nil
}
