package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/retcode"
)

// Connect calls QQ Connect, the login by OAuth 2.0 (qq-connect-openapi.md, A). It needs App.AppID and App.AppKey.
type Connect struct{ client *Client }

const (
	authorizePath = "/oauth2.0/authorize"
	tokenPath     = "/oauth2.0/token"
)

// Login is a login that an app asks a person to make.
type Login struct {
	RedirectURI string   // where the browser returns to: a registered address
	State       string   // returned as it was sent; see NewSecret
	Scopes      []string // names of interfaces; without any the app asks for the profile
	Verifier    string   // the PKCE verifier, "" for a login without PKCE; see NewSecret
	Mobile      bool     // the page for phones
	Openkey     bool     // Exchange gives an openkey too
}

// NewSecret returns 43 random characters, for an unguessable State or a Verifier. Keep them in the browser's session.
func NewSecret() string {
	var secret [32]byte
	rand.Read(secret[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(secret[:])
}

// AuthorizeURL returns the address to send the person's browser to.
func (o *Connect) AuthorizeURL(l Login) string {
	q := url.Values{"response_type": {"code"}, "client_id": {o.client.app.AppID}, "redirect_uri": {l.RedirectURI}, "state": {l.State}}
	if len(l.Scopes) > 0 {
		q.Set("scope", strings.Join(l.Scopes, ","))
	}
	if l.Verifier != "" {
		sum := sha256.Sum256([]byte(l.Verifier))
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	}
	if l.Mobile {
		q.Set("display", "mobile")
	}
	return o.client.base + authorizePath + "?" + q.Encode()
}

// ErrState reports a return to RedirectURI whose state is not the login's: somebody else sent the browser, or the session
// in which the login began is gone.
var ErrState = errors.New("the browser came back with a state other than the login's")

// DeniedError reports a login that gave no code, in the words of RFC 6749, 4.1.2.1.
type DeniedError struct {
	Reason      string // access_denied when the person refused; "" when the browser came back with neither a code nor an error
	Description string
}

// Error returns the reason and the description.
func (d *DeniedError) Error() string {
	switch {
	case d.Reason == "":
		return "the browser came back with neither a code nor an error"
	case d.Description == "":
		return "the login was denied: " + d.Reason
	}
	return "the login was denied: " + d.Reason + ": " + d.Description
}

// Code returns the code for Exchange, given the parameters of the browser's return to RedirectURI. Its errors are ErrState,
// also for a login without State, and *DeniedError.
func (l *Login) Code(returned url.Values) (string, error) {
	switch {
	case l.State == "" || subtle.ConstantTimeCompare([]byte(returned.Get("state")), []byte(l.State)) == 0:
		return "", ErrState
	case returned.Get("code") == "":
		return "", &DeniedError{Reason: returned.Get("error"), Description: returned.Get("error_description")}
	default:
		return returned.Get("code"), nil
	}
}

// Tokens are what a login gives an app.
type Tokens struct {
	AccessToken  string
	RefreshToken string // valid for one Refresh
	OpenID       string // "" after a Refresh whose answer lacks it
	Expires      time.Time
	Openkey      string // for a Session of OpenAPI V3; "" unless the Login asks for it
}

// Exchange exchanges the code that the browser brought back. RedirectURI and Verifier are the login's. A code is valid for
// one exchange, and the platform takes a second one for theft, so a call whose outcome is unknown is not repeated.
func (o *Connect) Exchange(ctx context.Context, code string, l Login) (*Tokens, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {l.RedirectURI}}
	if l.Verifier != "" {
		form.Set("code_verifier", l.Verifier)
	}
	if l.Openkey {
		form.Set("need_openkey", "1")
	}
	return o.token(ctx, form)
}

// Refresh exchanges a refresh token for new tokens. As with a code, a call whose outcome is unknown is not repeated: the
// person then logs in again.
func (o *Connect) Refresh(ctx context.Context, refreshToken string) (*Tokens, error) {
	return o.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
}

func (o *Connect) token(ctx context.Context, form url.Values) (*Tokens, error) {
	form.Set("client_id", o.client.app.AppID)
	form.Set("client_secret", o.client.app.AppKey)
	form.Set("fmt", "json")
	form.Set("need_openid", "1")
	asked := o.client.now()
	var out struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		OpenID       string `json:"openid"`
		ExpiresIn    number `json:"expires_in"`
		Openkey      string `json:"openkey"`
	}
	err := o.client.do(ctx, &call{
		method: http.MethodPost, path: tokenPath, body: []byte(form.Encode()), media: mediaForm, needs: o.needs(), once: true,
		read: func(a *answer) error {
			if err := readConnect(a, &out); err != nil {
				return err
			}
			return a.wants("QQ Connect", &out.AccessToken)
		},
	})
	if err != nil {
		return nil, err
	}
	expires := asked.Add(time.Duration(out.ExpiresIn) * time.Second)
	return &Tokens{out.AccessToken, out.RefreshToken, out.OpenID, expires, out.Openkey}, nil
}

// Person is the person to whom an access token belongs.
type Person struct {
	AppID   string
	OpenID  string // at this app
	UnionID string // at all apps of one developer; "" unless requested
}

// Me returns the person to whom an access token belongs; with unionID also the person's unionid, which the app must be
// allowed to know.
func (o *Connect) Me(ctx context.Context, accessToken string, unionID bool) (*Person, error) {
	var out struct {
		ClientID number `json:"client_id"`
		OpenID   string `json:"openid"`
		UnionID  string `json:"unionid"`
	}
	form := url.Values{"access_token": {accessToken}, "fmt": {"json"}}
	if unionID {
		form.Set("unionid", "1")
	}
	err := o.client.do(ctx, &call{
		method: http.MethodPost, path: "/oauth2.0/me", body: []byte(form.Encode()), media: mediaForm,
		read: func(a *answer) error {
			if err := readConnect(a, &out); err != nil {
				return err
			}
			return a.wants("QQ Connect", &out.OpenID)
		},
	})
	if err != nil {
		return nil, err
	}
	return &Person{strconv.FormatInt(int64(out.ClientID), 10), out.OpenID, out.UnionID}, nil
}

// UserInfo is a person's profile.
type UserInfo struct {
	Nickname   string
	Gender     Gender
	Province   string // "" when the person does not give it
	City       string
	PictureURL string // 100 pixels square where the size can be chosen
	YellowVIP  int    // the level of the yellow diamond, 0 without one
	BlueVIP    int    // the level of the blue diamond, which only OpenAPI V3 gives, on game platforms
	Incomplete bool   // do not store it: a part could not be read
}

// UserInfo returns the profile of a user who has logged in by Exchange, with the scope get_user_info.
func (o *Connect) UserInfo(ctx context.Context, u User) (*UserInfo, error) {
	return o.userInfo(ctx, "/user/get_user_info", u)
}

// SimpleUserInfo is UserInfo for logins with the scope get_simple_userinfo.
func (o *Connect) SimpleUserInfo(ctx context.Context, u User) (*UserInfo, error) {
	return o.userInfo(ctx, "/user/get_simple_userinfo", u)
}

func (o *Connect) userInfo(ctx context.Context, path string, u User) (*UserInfo, error) {
	var out struct {
		IsLost    number `json:"is_lost"`
		Nickname  string `json:"nickname"`
		Gender    string `json:"gender"`
		Province  string `json:"province"`
		City      string `json:"city"`
		Picture40 string `json:"figureurl_qq_1"`
		Picture   string `json:"figureurl_qq_2"`
		Yellow    number `json:"is_yellow_vip"`
		Level     number `json:"yellow_vip_level"`
	}
	form := url.Values{"access_token": {u.Token}, "oauth_consumer_key": {o.client.app.AppID}, "openid": {u.OpenID}}
	err := o.client.do(ctx, &call{
		method: http.MethodPost, path: path, body: []byte(form.Encode()), media: mediaForm,
		needs: []need{{"AppID", o.client.app.AppID}},
		read:  func(a *answer) error { return readRet(a, &out, retcode.Connect, retcode.QQ) },
	})
	if err != nil {
		return nil, err
	}
	info := &UserInfo{
		Nickname: out.Nickname, Gender: genderOf(out.Gender), Province: out.Province, City: out.City,
		PictureURL: out.Picture, Incomplete: out.IsLost != 0,
	}
	if info.PictureURL == "" {
		info.PictureURL = out.Picture40
	}
	if out.Yellow != 0 {
		info.YellowVIP = int(out.Level)
	}
	return info, nil
}

// Introspection is what the platform says about a token (RFC 7662, 2.2). For a token that is not active it says nothing
// else.
type Introspection struct {
	Active  bool
	OpenID  string
	Scopes  []string
	Issued  time.Time
	Expires time.Time
}

// Introspect asks about an access token or refresh token of this app.
func (o *Connect) Introspect(ctx context.Context, token string) (*Introspection, error) {
	var out struct {
		Active  *bool  `json:"active"`
		Scope   string `json:"scope"`
		Subject string `json:"sub"`
		Issued  int64  `json:"iat"`
		Expires int64  `json:"exp"`
	}
	err := o.basic(ctx, "/oauth2.0/introspect", token, func(a *answer) error {
		if err := readConnect(a, &out); err != nil || out.Active != nil {
			return err
		}
		return a.foreign("QQ Connect")
	})
	if err != nil {
		return nil, err
	}
	if !*out.Active {
		return &Introspection{}, nil
	}
	return &Introspection{true, out.Subject, strings.Fields(out.Scope), time.Unix(out.Issued, 0), time.Unix(out.Expires, 0)}, nil
}

// Revoke ends the login that an access token or refresh token of this app belongs to. An unknown token is not an error.
func (o *Connect) Revoke(ctx context.Context, token string) error {
	return o.basic(ctx, "/oauth2.0/revoke", token, func(a *answer) error {
		if a.status == http.StatusOK && len(bytes.TrimSpace(a.body)) == 0 {
			return nil
		}
		return readConnect(a, nil)
	})
}

// basic makes a call whose Authorization header names the caller (RFC 6749, 2.3.1).
func (o *Connect) basic(ctx context.Context, path, token string, read func(*answer) error) error {
	credentials := base64.StdEncoding.EncodeToString([]byte(o.client.app.AppID + ":" + o.client.app.AppKey))
	return o.client.do(ctx, &call{
		method: http.MethodPost, path: path, body: []byte(url.Values{"token": {token}}.Encode()), media: mediaForm, needs: o.needs(),
		header: http.Header{"Authorization": {"Basic " + credentials}}, read: read,
	})
}

// Registered reports whether the platform has an app with that number. It needs no key: it begins a login that cannot go
// on, since it names no address to return to, and looks at which fault the platform reports first.
func (o *Connect) Registered(ctx context.Context, appID string) (registered bool, err error) {
	err = o.client.do(ctx, &call{
		method: http.MethodGet, path: authorizePath,
		query: func(time.Time) string {
			return url.Values{"response_type": {"code"}, "client_id": {appID}}.Encode()
		},
		read: func(a *answer) error {
			location, err := url.Parse(a.header.Get("Location"))
			if err != nil || a.status != http.StatusFound {
				return a.foreign("QQ Connect")
			}
			number, err := strconv.Atoi(location.Query().Get("error"))
			if err != nil {
				return a.foreign("QQ Connect")
			}
			switch code := lookup(number, retcode.QQ); code {
			case retcode.QQRedirectURIIllegal, retcode.QQAppNotOnline:
				registered = true
			case retcode.QQClientNotFound, retcode.QQClientIDMissing: // the second is for an appid that is not a number
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

func (o *Connect) needs() []need {
	return []need{{"AppID", o.client.app.AppID}, {"AppKey", o.client.app.AppKey}}
}

const mediaForm = "application/x-www-form-urlencoded"

// readConnect reads an answer of the OAuth interfaces, wrapped or not (qq-connect-openapi.md, A.8), into out, which may be
// nil.
func readConnect(a *answer, out any) error {
	text := bytes.TrimSpace(a.body)
	if inner, ok := bytes.CutPrefix(text, []byte("callback(")); ok {
		a.body, _ = bytes.CutSuffix(inner, []byte(");"))
	}
	var common struct {
		Error       *int   `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(a.body, &common); err != nil {
		return a.foreign("QQ Connect")
	}
	if common.Error != nil {
		e := a.refused(*common.Error, strings.TrimSpace(common.Description))
		e.code = lookup(e.Number, retcode.QQ, retcode.Connect)
		return e
	}
	return readMore(a, out)
}
