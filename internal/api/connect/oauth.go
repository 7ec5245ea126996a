package connect

import (
	"net/url"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// tokens are the answer of the token interface. Its members keep this order in both formats.
type tokens struct {
	AccessToken  string `json:"access_token" doc:"the access token"`
	ExpiresIn    string `json:"expires_in" doc:"for how many seconds it is valid, as a text"`
	RefreshToken string `json:"refresh_token" doc:"the refresh token, which is valid once"`
	OpenID       string `json:"openid,omitzero" doc:"the person's openid at the app"`
	OpenKey      string `json:"openkey,omitzero" doc:"an openkey for OpenAPI V3"`
}

// token exchanges a code or a refresh token (qq-connect-openapi.md, A.3 and A.4).
func (d *door) token(c *access.Call) (any, error) {
	login, err := d.login(c)
	if err != nil {
		return nil, err
	}
	c.User = login.OpenID.String()
	t := &tokens{
		AccessToken: login.AccessToken, RefreshToken: login.RefreshToken,
		ExpiresIn: strconv.FormatInt(int64(login.Lifetime/time.Second), 10), OpenKey: login.Openkey,
	}
	if c.Query.Get("need_openid") == "1" {
		t.OpenID = c.User
	}
	return t, nil
}

func (d *door) login(c *access.Call) (*identity.TokenSet, error) {
	openkey := c.Query.Get("need_openkey") == "1"
	if c.Query.Get("grant_type") == "refresh_token" {
		refresh := c.Query.Get("refresh_token")
		if refresh == "" {
			return nil, retcode.QQRefreshTokenMissing
		}
		return d.identity.Refresh(c.Context(), c.App.AppID, refresh, openkey)
	}
	code := c.Query.Get("code")
	if code == "" {
		return nil, retcode.QQCodeMissing
	}
	return d.identity.ExchangeCode(c.Context(), identity.Exchange{
		AppID: c.App.AppID, Code: code, RedirectURI: c.Query.Get("redirect_uri"), Verifier: c.Query.Get("code_verifier"), Openkey: openkey,
	})
}

// append writes the interface's own format.
func (t *tokens) append(b []byte) []byte {
	b = append(b, "access_token="+t.AccessToken+"&expires_in="+t.ExpiresIn+"&refresh_token="+t.RefreshToken...)
	if t.OpenID != "" {
		b = append(b, "&openid="+t.OpenID...)
	}
	if t.OpenKey != "" {
		b = append(b, "&openkey="+url.QueryEscape(t.OpenKey)...)
	}
	return b
}

// person is the answer of the me interface.
type person struct {
	app     platform.AppID
	openID  string
	unionID string // "" unless requested
}

// me answers whose an access token is (qq-connect-openapi.md, A.5).
func (d *door) me(c *access.Call, login *wire.CheckResponse) (any, error) {
	p := &person{app: c.App.AppID, openID: c.User}
	if asked := c.Query.Get("unionid"); asked == "" || asked == "0" {
		return p, nil
	}
	var err error
	p.unionID, err = d.identity.UnionID(c.App, login.UIN)
	return p, err
}

// append writes the JSON without blanks and with openid last except for unionid, as clients search for it. Nothing in it
// needs escaping.
func (p *person) append(b []byte) []byte {
	b = append(b, `{"client_id":"`...)
	b = strconv.AppendUint(b, uint64(p.app), 10)
	b = append(append(b, `","openid":"`...), p.openID...)
	if p.unionID != "" {
		b = append(append(b, `","unionid":"`...), p.unionID...)
	}
	return append(b, `"}`...)
}

// introspection is the answer of the introspection interface (RFC 7662, 2.2).
type introspection struct {
	Active    bool   `json:"active" doc:"the token is valid"`
	ClientID  string `json:"client_id,omitzero" doc:"the appid"`
	Scope     string `json:"scope,omitzero" doc:"the scopes that the person allowed"`
	Subject   string `json:"sub,omitzero" doc:"the person's openid"`
	TokenType string `json:"token_type,omitzero" doc:"Bearer; missing for a refresh token"`
	IssuedAt  int64  `json:"iat,omitzero" doc:"when it was issued, in Unix seconds"`
	Expires   int64  `json:"exp,omitzero" doc:"when it expires, in Unix seconds"`
}

// introspect describes one of the app's own tokens.
func (d *door) introspect(c *access.Call) (any, error) {
	token, err := tokenParameter(c)
	if err != nil {
		return nil, err
	}
	t, err := d.identity.Introspect(c.Context(), c.App.AppID, token)
	if err != nil || t == nil {
		return &introspection{}, err
	}
	in := &introspection{
		Active: true, ClientID: c.App.AppID.String(), Scope: t.Scopes.String(), Subject: t.OpenID.String(),
		IssuedAt: t.IssuedMS / 1000, Expires: t.ExpiresMS / 1000,
	}
	if !t.Refresh {
		in.TokenType = "Bearer"
	}
	return in, nil
}

// revoke ends the login that a token of the app belongs to (RFC 7009). An unknown token is not an error.
func (d *door) revoke(c *access.Call) (any, error) {
	token, err := tokenParameter(c)
	if err != nil {
		return nil, err
	}
	return nil, d.identity.RevokeToken(c.Context(), c.App.AppID, token)
}

func tokenParameter(c *access.Call) (string, error) {
	token := c.Query.Get("token")
	if token == "" {
		return "", retcode.QQParameterInvalid.Errorf("parameter token is missing")
	}
	return token, nil
}
