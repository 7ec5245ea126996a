package pages

import (
	"net/http"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

// ticketsAnswer is the answer of /account/tickets: web tickets, or why there are none.
type ticketsAnswer struct {
	UIN    platform.UIN `json:"uin,omitzero" doc:"the account"`
	Skey   string       `json:"skey,omitzero" doc:"the skey"`
	Sid    string       `json:"sid,omitzero" doc:"the sid"`
	EndsMS int64        `json:"ends_ms,omitzero" doc:"until when the tickets are valid at the latest"`
	Error  string       `json:"error,omitzero" doc:"why there are no tickets"`

	status int
}

// tickets gives a script of this site the web tickets of the person who is signed in: for the app that the form names, or for every
// app.
func (d *door) tickets(c *access.Call) (any, error) {
	session, err := d.session(c)
	if err != nil {
		return nil, err
	}
	if session == nil {
		return ticketsAnswer{status: http.StatusUnauthorized, Error: "nobody is signed in"}, nil
	}
	var app platform.AppID
	if text := form(c).Get("appid"); text != "" {
		if app, err = platform.ParseAppID(text); err != nil || d.Apps.ByID(app) == nil {
			return ticketsAnswer{status: http.StatusNotFound, Error: "there is no such app"}, nil
		}
	}
	t := d.Identity.WebTickets(session, app)
	return ticketsAnswer{UIN: t.UIN, Skey: t.Skey, Sid: t.Sid, EndsMS: t.EndsMS, status: http.StatusOK}, nil
}
