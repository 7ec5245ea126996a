package gamecenter

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// webTicket is the skey or the sid of a call.
type webTicket struct {
	text    string
	uin     string // as the call names it
	opened  bool   // the platform made it
	content token.WebTicket
	holds   bool  // the login from which it came has not ended
	unknown error // why that could not be found out
}

// byCookies reports whether the caller identifies itself by the cookies of the sign-in page: it sends no parameter for any way, and
// a page of this site makes the call. Such a page needs no JSONP, which would let another site's page read the answer.
func byCookies(c *access.Call, in *request) bool {
	if slices.ContainsFunc(in.now, in.names) || !ownPage(c.Request) || c.Query.Get("format") == "jsonp" {
		return false
	}
	for _, w := range in.now {
		if text := c.Cookie(w); w != byToken && text != "" {
			in.way, in.ticket.text, in.ticket.uin = w, text, c.Cookie("uin")
			return true
		}
	}
	return false
}

// ownPage reports whether a browser shows that a page of this site makes a request. That SameSite keeps the cookies from other
// sites' pages is not enough: another port or subdomain is the same site, over plain HTTP browsers send no Sec-Fetch-Site, and
// with a GET no Origin.
func ownPage(r *http.Request) bool {
	if from := r.Header.Get("Sec-Fetch-Site"); from != "" {
		return from == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && r.Method == http.MethodPost && origin.Host != "" && origin.Host == r.Host
}

// openTicket opens the ticket, and finds out whether it still holds. One that the platform did not make is refused later.
func (d *door) openTicket(c *access.Call, in *request) (err error) {
	t, kind := &in.ticket, token.Sid
	if in.way == bySkey {
		kind = token.Skey
	}
	t.content, err = d.identity.OpenWebTicket(c.Context(), kind, t.text)
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	if err == nil {
		t.opened = true
		t.holds, t.unknown = d.identity.WebTicketHolds(c.Context(), &t.content)
		c.User = t.content.Session.UIN.String()
	}
	return err
}

// holder checks that the ticket is of a person who is still signed in, and finds the person's openid. Whoever has no ticket of the
// person learns nothing about the openid, not even that it cannot be read. That the person has none is told only to the person.
func (d *door) holder(c *access.Call, in *request) error {
	t := &in.ticket
	code := retcode.GameCenterSidInvalid
	if in.way == bySkey {
		code = retcode.GameCenterSkeyInvalid
	}
	in.uin = t.content.Session.UIN
	switch fits := t.uin == in.uin.String(); {
	case !t.opened, in.way == bySkey && !fits:
		return code
	case t.uin != "" && !fits:
		return retcode.GameCenterUINMismatch.Errorf("parameter \"uin\" is not the account that the sid was issued to")
	}
	openid, err := d.identity.OpenIDOf(c.Context(), c.App.AppID, in.uin)
	none := errors.Is(err, platform.ErrNotFound)
	switch {
	case err != nil && !none:
		return retcode.GameCenterOpenIDLookupFailed.WithCause(err)
	case t.unknown != nil:
		return retcode.GameCenterInternal.WithCause(t.unknown)
	case !t.holds:
		return code.Errorf("the login from which the %s came has ended", in.way)
	case none:
		return retcode.GameCenterOpenIDLookupFailed.Errorf("account %s has never logged in to app %s", in.uin, c.App.AppID)
	}
	in.openid = openid
	return nil
}
