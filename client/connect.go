package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/retcode"
)

// Connect calls QQ Connect, the login by OAuth 2.0 (qq-connect-openapi.md, A). It needs App.AppID and App.AppKey.
type Connect struct{ client *Client }

const authorizePath = "/oauth2.0/authorize"

// Registered reports whether the platform has an app of that number. It needs no key: it begins a login that cannot go on,
// as it names no address to come back to, and looks at what the platform finds fault with first.
func (o *Connect) Registered(ctx context.Context, appID string) (registered bool, err error) {
	err = o.client.do(ctx, &call{
		method: http.MethodGet, path: authorizePath,
		query: func(time.Time) string {
			return url.Values{"response_type": {"code"}, "client_id": {appID}}.Encode()
		},
		read: func(a *answer) error {
			location, err := url.Parse(a.header.Get("Location"))
			if err != nil || a.status != http.StatusFound {
				return a.refused(0, "the answer is not of QQ Connect")
			}
			number, err := strconv.Atoi(location.Query().Get("error"))
			if err != nil {
				return a.refused(0, "the answer is not of QQ Connect")
			}
			switch code := lookup(number, retcode.QQ); code {
			case retcode.QQRedirectURIIllegal, retcode.QQAppNotOnline:
				registered = true
			case retcode.QQClientNotFound, retcode.QQClientIDMissing: // the second is of what is no number
			default:
				e := a.refused(number, code.Entry().Summary)
				e.code = code
				return e
			}
			return nil
		},
	})
	return registered, err
}
