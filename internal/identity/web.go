package identity

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
)

// WebTickets are the web tickets of a person who is signed in on the platform's own pages. They end with the session.
type WebTickets struct {
	UIN    platform.UIN
	Skey   string // goes with UIN
	Sid    string // goes alone
	EndsMS int64  // at the latest
}

// WebTickets returns web tickets of a session for an app, or for every app if it is 0.
func (s *Service) WebTickets(session *Session, app platform.AppID) WebTickets {
	ticket := token.WebTicket{AppID: app, Session: session.sealed}
	return WebTickets{
		UIN: session.sealed.UIN, EndsMS: session.EndsMS(),
		Skey: s.keyring.SealWeb(token.Skey, &ticket), Sid: s.keyring.SealWeb(token.Sid, &ticket),
	}
}

// OpenWebTicket opens the text of a web ticket, whatever the state of its session. Error: platform.ErrNotFound for a text that is
// not a web ticket of that kind.
func (s *Service) OpenWebTicket(ctx context.Context, kind token.WebKind, text string) (token.WebTicket, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return token.WebTicket{}, err
	}
	ticket, ok := s.keyring.OpenWeb(kind, text)
	if !ok {
		return ticket, platform.ErrNotFound.Errorf("there is no such web ticket")
	}
	return ticket, nil
}

// WebTicketHolds reports whether the session of a web ticket has not ended.
func (s *Service) WebTicketHolds(ctx context.Context, ticket *token.WebTicket) (bool, error) {
	_, err := s.continued(ctx, ticket.Session)
	if errors.Is(err, platform.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// OpenIDOf returns the active openid of an account at an app. Error: platform.ErrNotFound.
func (s *Service) OpenIDOf(ctx context.Context, app platform.AppID, uin platform.UIN) (platform.OpenID, error) {
	return store.ActiveOpenID(ctx, s.store, app, uin)
}
