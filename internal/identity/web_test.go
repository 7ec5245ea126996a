package identity

import (
	"errors"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

func TestWebTickets(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	signIn := func() (*Session, WebTickets) {
		t.Helper()
		account, err := f.Account(ctx, f.ann.UIN)
		must(t, err)
		text, err := f.NewSession(ctx, account)
		must(t, err)
		session, err := f.Session(ctx, text)
		must(t, err)
		return session, f.WebTickets(session, 7)
	}
	holds := func(tickets WebTickets) bool {
		t.Helper()
		ticket, err := f.OpenWebTicket(ctx, token.Sid, tickets.Sid)
		must(t, err)
		if ticket.AppID != 7 || ticket.Session.UIN != f.ann.UIN {
			t.Errorf("the sid is %+v", ticket)
		}
		_, err = f.OpenWebTicket(ctx, token.Skey, tickets.Skey)
		must(t, err)
		yes, err := f.WebTicketHolds(ctx, &ticket)
		must(t, err)
		return yes
	}
	one, first := signIn()
	_, second := signIn()
	if _, err := f.OpenWebTicket(ctx, token.Sid, first.Skey); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("a skey as sid: got %v", err)
	}
	if !holds(first) || first.EndsMS != one.EndsMS() || first.UIN != f.ann.UIN {
		t.Errorf("the tickets are %+v", first)
	}
	must(t, f.EndSession(ctx, one))
	if holds(first) || !holds(second) {
		t.Error("signing out ends the tickets of that login, and no others")
	}
	f.clock.Advance(12 * time.Hour)
	if holds(second) {
		t.Error("a ticket is older than 12 hours")
	}
	_, third := signIn()
	_, err := f.SignOutEverywhere(ctx, f.ann.UIN)
	must(t, err)
	if holds(third) {
		t.Error("signing out everywhere leaves a ticket")
	}
	f.clock.Advance(time.Second)
	_, fourth := signIn()
	_, err = f.SetPassword(ctx, f.ann.UIN, "a new password")
	must(t, err)
	if holds(fourth) {
		t.Error("a new password leaves a ticket")
	}
}

func TestOpenIDOf(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	_, err := f.OpenIDOf(ctx, f.app.AppID, f.ann.UIN+1000)
	wantError(t, err, platform.ErrNotFound)
	openid, err := f.EnsureOpenID(ctx, f.app.AppID, f.ann.UIN)
	must(t, err)
	if got, err := f.OpenIDOf(ctx, f.app.AppID, f.ann.UIN); err != nil || got != openid {
		t.Errorf("got %s, %v, want %s", got, err, openid)
	}
	_, err = f.ReclaimOpenID(ctx, f.app.AppID, f.ann.UIN)
	must(t, err)
	_, err = f.OpenIDOf(ctx, f.app.AppID, f.ann.UIN)
	wantError(t, err, platform.ErrNotFound)
}
