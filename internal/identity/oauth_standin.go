package identity

// Stand-ins for the API that part-connect brings; this file goes when it comes.

import (
	"context"
	"net/url"
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
)

type Authorization struct {
	AppID       platform.AppID
	UIN         platform.UIN
	RedirectURI string
	Scopes      []string
	Challenge   string
}

func (s *Service) IssueCode(ctx context.Context, a Authorization) (string, error) {
	o, err := s.EnsureOpenID(ctx, a.AppID, a.UIN)
	if err != nil {
		return "", err
	}
	_, err = s.store.Authorize(ctx, a.AppID, o, a.Scopes, false, s.clock.NowMS())
	return "0123456789ABCDEF0123456789ABCDEF", err
}
func (s *Service) IssueImplicit(ctx context.Context, a Authorization) (*Issued, error) {
	return s.Issue(ctx, IssueRequest{AppID: a.AppID, UIN: a.UIN, Kind: AccessToken})
}
func MatchRedirect(app *platform.App, uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Fragment != "" {
		return false
	}
	u.RawQuery = ""
	return slices.Contains(app.RedirectURIs, u.String())
}
