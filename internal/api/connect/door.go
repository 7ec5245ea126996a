// Package connect is the door of QQ Connect's OAuth 2.0: the interfaces that an app's back end calls with codes and tokens.
// Success and refusal are HTTP 200, refusals in the JSONP wrapper that clients of the original parse byte by byte
// (qq-connect-openapi.md, A). The part that people see is package pages.
package connect

import (
	"crypto/subtle"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// Options are the door's settings.
type Options struct {
	// TokenMediaType is the media type of the token interface's own format. Clients choose their parser by it: some need
	// the original's text/html, golang.org/x/oauth2 needs another (qq-connect-openapi.md, A.11).
	TokenMediaType string
}

type door struct {
	Options
	apps     *apps.Registry
	profiles *profile.Service
	identity *identity.Service
	bus      *oidb.Bus
	guesses  *limit.Keyed // wrong secrets, by app and address
}

// Interfaces whose refusals have a form of their own.
const (
	introspectPath = "/oauth2.0/introspect"
	revokePath     = "/oauth2.0/revoke"
)

// New returns the door of /oauth2.0/.
func New(registry *apps.Registry, id *identity.Service, bus *oidb.Bus, options Options) *access.Door {
	d := &door{Options: options, apps: registry, identity: id, bus: bus, guesses: limit.NewKeyed()}
	return &access.Door{
		Name:      "connect",
		Guide:     guide,
		Prefixes:  []string{"/oauth2.0/"},
		Endpoints: d.endpoints(),
		Code:      refusals.Code,
		Encode:    d.encode,
	}
}

// guide describes what all calls of the door have in common (qq-connect-openapi.md, A).
var guide = access.Guide{
	Title: "QQ Connect: OAuth 2.0",
	Form:  true,
	Media: "text/html",
	About: "Parameters in the URL or in a form. The answer is HTTP 200 but for the interfaces of RFCs; a refusal is `callback( {\"error\":CODE,\"error_description\":\"...\"} );`, or plain JSON with `fmt=json`. " +
		"`/oauth2.0/authorize`, where people sign in, is among the [pages](pages.md).",
}

// tokenFields are the parameters of token.
type tokenFields struct {
	GrantType    string `json:"grant_type" required:"true" oneof:"authorization_code refresh_token" doc:"what is exchanged"`
	ClientID     string `json:"client_id" required:"true" doc:"the appid"`
	ClientSecret string `json:"client_secret" required:"true" doc:"the appkey"`
	Code         string `json:"code" doc:"the code of the sign-in; required with authorization_code"`
	RedirectURI  string `json:"redirect_uri" doc:"the redirect URI of the sign-in; required with authorization_code"`
	Verifier     string `json:"code_verifier" doc:"the verifier of PKCE (RFC 7636), if the sign-in had a challenge"`
	Refresh      string `json:"refresh_token" doc:"the refresh token; required with refresh_token"`
	NeedOpenID   string `json:"need_openid" oneof:"0 1" def:"0" doc:"1 answers the openid too"`
	NeedOpenkey  string `json:"need_openkey" oneof:"0 1" def:"0" doc:"1 answers an openkey for OpenAPI V3 too"`
	Format       string `json:"fmt" doc:"json answers JSON in place of the text of a form"`
}

// meFields are the parameters of me.
type meFields struct {
	Token   string `json:"access_token" required:"true" doc:"an access token"`
	UnionID string `json:"unionid" oneof:"0 1" def:"0" doc:"1 answers the unionid too"`
	Format  string `json:"fmt" doc:"json answers JSON without the wrapper"`
}

// personFields are what person writes.
type personFields struct {
	ClientID string `json:"client_id" doc:"the appid"`
	OpenID   string `json:"openid" doc:"the person's openid at the app"`
	UnionID  string `json:"unionid,omitzero" doc:"the person's id at all apps of the developer"`
}

// tokenField is the parameter of introspect and revoke.
type tokenField struct {
	Token string `json:"token" required:"true" doc:"an access token or a refresh token of the app"`
}

// Stages of both doors.
var (
	paramsStage     = access.Step("connect-params", params, retcode.ConnectRequestUnreadable)
	testNumberStage = access.Check("connect-test-number", testNumber, retcode.QQTestNumberRequired)
)

func (d *door) endpoints() []access.Endpoint {

	var (
		client = access.Step("connect-client", d.client, retcode.QQGrantTypeInvalid, retcode.QQClientIDMissing, retcode.QQClientSecretMissing,
			retcode.QQClientNotFound, retcode.QQClientSecretWrong, retcode.QQAppRateExceeded).ProvesCaller()
		basic = access.Step("connect-basic", d.basic, retcode.QQAuthorizationHeaderMissing, retcode.QQClientIDMissing, retcode.QQClientNotFound,
			retcode.QQClientSecretWrong, retcode.QQAppRateExceeded).ProvesCaller()
		// The token comes alone here: it is not an openkey, and no openid can be missing or invalid.
		bearer = access.Step("connect-bearer", d.bearer, retcode.QQAccessTokenMissing).Calls(access.Uses(&oidb.CheckAccess.Declaration,
			append(slices.Clone(refuse.OpenkeyResults), retcode.AccessTokenOpenIDMissing, retcode.AccessTokenOpenIDInvalid)...)).ProvesCaller()
		backEnd = access.Sequence("connect-back-end", paramsStage, basic, access.TLS, access.AppRate)
	)
	return []access.Endpoint{
		access.API("GET POST", "/oauth2.0/token", access.Action{Handle: d.token}, paramsStage, client, access.Online, access.OrdinaryAddress, access.TLS, access.AppRate).
			Answers(retcode.QQCodeMissing, retcode.QQRefreshTokenMissing, retcode.QQRedirectURIIllegal,
				retcode.ConnectCodeInvalid, retcode.ConnectCodeReused, retcode.ConnectRefreshTokenInvalid).
			Does("Exchanges a code, or a refresh token, for tokens. The answer is the text of a form unless JSON is asked for.").Takes(tokenFields{}).Returns(tokens{}),
		access.API("GET POST", "/oauth2.0/me", access.With(d.me), paramsStage, bearer, access.Online, access.TLS, access.AppRate, testNumberStage, access.UserRate).
			Answers(retcode.ConnectUnionIDNotGranted).
			Does("Shows whose an access token is.").Takes(meFields{}).Returns(personFields{}),
		access.API("POST", introspectPath, access.Action{Handle: d.introspect}, backEnd).Answers(retcode.QQParameterInvalid).
			Does("Describes one of the app's own tokens (RFC 7662). The app signs in with appid and appkey, by HTTP Basic.").Takes(tokenField{}).Returns(introspection{}),
		access.API("POST", revokePath, access.Action{Handle: d.revoke}, backEnd).Answers(retcode.QQParameterInvalid).
			Does("Ends the login that a token of the app belongs to (RFC 7009). The app signs in with appid and appkey, by HTTP Basic.").Takes(tokenField{}),
	}
}

// params reads the parameters of the URL and, after them, of a form.
func params(c *access.Call) error {
	var err error
	if c.Query, err = c.Query[:0].Add(c.Request.URL.RawQuery, rules); err == nil && len(c.Body) > 0 {
		is := c.Content()
		if !is.IsForm() && is != access.ContentUnknown && is != access.ContentEmpty {
			return retcode.ConnectRequestUnreadable.Errorf("the body is %s, not application/x-www-form-urlencoded", is)
		}
		if kind := c.Request.Header.Get("Content-Type"); kind != "" {
			if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/x-www-form-urlencoded" {
				return retcode.ConnectRequestUnreadable.Errorf("the body is not application/x-www-form-urlencoded")
			}
		}
		if c.Query, err = c.Query.Add(string(c.Body), rules); err != nil && is.IsForm() && is != access.ContentForm {
			err = fmt.Errorf("%w: the body is %s", err, is)
		}
	}
	if err != nil {
		return retcode.ConnectRequestUnreadable.Errorf("%v", err)
	}
	return nil
}

// rules are lenient in two ways: clients of the original repeat some names (qq-connect-openapi.md, 0.1), and a fmt=json
// after an unreadable parameter still selects the format of the refusal.
var rules = sign.Rules{Repeats: true, Lenient: true}

// client finds the app that wants a token and checks its secret (qq-connect-openapi.md, A.7).
func (d *door) client(c *access.Call) error {
	if grant := c.Query.Get("grant_type"); grant != "authorization_code" && grant != "refresh_token" {
		return retcode.QQGrantTypeInvalid
	}
	id, err := platform.ParseAppID(c.Query.Get("client_id"))
	if err != nil {
		return retcode.QQClientIDMissing
	}
	secret := c.Query.Get("client_secret")
	if secret == "" {
		return retcode.QQClientSecretMissing
	}
	return d.authenticate(c, id, secret)
}

// basic finds the app by the Authorization header (RFC 7617), which carries appid and appkey. Form-encoding (RFC 6749,
// 2.3.1) does not change letters and digits.
func (d *door) basic(c *access.Call) error {
	c.Answer.Header = challenge // of every refusal here (RFC 6749, 5.2)
	user, secret, ok := c.Request.BasicAuth()
	if !ok {
		return retcode.QQAuthorizationHeaderMissing.Errorf("there is no Authorization header of the form Basic with appid and appkey")
	}
	id, err := platform.ParseAppID(user)
	if err != nil {
		return retcode.QQClientIDMissing
	}
	if err := d.authenticate(c, id, secret); err != nil {
		return err
	}
	c.Answer.Header = nil
	return nil
}

var challenge = http.Header{"Www-Authenticate": {`Basic realm="appid and appkey"`}, "Pragma": {"no-cache"}}

func (d *door) authenticate(c *access.Call, id platform.AppID, secret string) error {
	app := d.apps.ByID(id)
	if app == nil {
		return retcode.QQClientNotFound.Errorf("there is no app %s", id)
	}
	c.App = app
	from := limit.Customer(c.Peer()).String()
	guesses := id.String() + " " + from
	if wait, ok := d.guesses.Take(guesses, guessRate, c.Start); !ok {
		c.Answer.Header = nil // other credentials do not help
		return retcode.QQAppRateExceeded.Errorf("too many wrong secrets of app %s came from %s", id, from).WithRetryAfter(wait)
	}
	if subtle.ConstantTimeCompare([]byte(secret), []byte(app.AppKey)) != 1 {
		return retcode.QQClientSecretWrong
	}
	d.guesses.GiveBack(guesses, guessRate)
	return nil
}

// guessRate is how many wrong secrets of an app may come from one address: those at once, and then one every 10 s. A call counts until its
// secret has proved right, so that calls at the same time count too.
var guessRate = platform.Rate{Count: 30, Per: 5 * time.Minute}

// bearer checks an access token that comes alone, and gets app and user from it.
func (d *door) bearer(c *access.Call) error {
	token := c.Query.Get("access_token")
	if token == "" {
		return retcode.QQAccessTokenMissing
	}
	return d.check(c, wire.CheckRequest{Token: token, Bearer: true})
}

// check makes 0x711 check a token, and keeps the answer as the call's input.
func (d *door) check(c *access.Call, req wire.CheckRequest) error {
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, req)
	if err != nil {
		return err
	}
	if c.App == nil {
		c.App = d.apps.ByID(rsp.AppID) // exists, since the check has found it
	}
	c.Input, c.User = &rsp, rsp.OpenID.String()
	return nil
}

// testNumber lets only test numbers use an app of the test environment.
func testNumber(c *access.Call, login *wire.CheckResponse) error {
	return identity.CheckTestNumber(c.App, login.UIN, login.OpenID)
}
