package pages

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// request holds the parameters of /oauth2.0/authorize (qq-connect-openapi.md, A.2).
type request struct {
	responseType string // code or token
	clientID     string
	redirectURI  string
	state        string
	scope        string
	challenge    string // PKCE, RFC 7636
	method       string // of the challenge

	issuer string   // of the answer (RFC 9207); "" for none
	to     string   // where the redirect_uri, once verified, sends the browser
	scopes []string // the known ones
}

// parseRequest reads the parameters. Of a repeated one the first counts, and unknown ones are ignored, as real clients need
// (A.11).
func parseRequest(rawQuery string) *request {
	q := parseQuery(rawQuery)
	return &request{
		responseType: q.Get("response_type"),
		clientID:     q.Get("client_id"),
		redirectURI:  q.Get("redirect_uri"),
		state:        q.Get("state"),
		scope:        q.Get("scope"),
		challenge:    q.Get("code_challenge"),
		method:       q.Get("code_challenge_method"),
	}
}

// parseQuery reads a query or a form as browsers do: what is not percent-encoding stays as it came, so that nothing an app
// sent is lost, and a semicolon is part of a value.
func parseQuery(raw string) url.Values {
	values := make(url.Values)
	for pair := range strings.SplitSeq(raw, "&") {
		if name, value, _ := strings.Cut(pair, "="); pair != "" {
			values.Add(unescape(name), unescape(value))
		}
	}
	return values
}

var percent = regexp.MustCompile(`%(?:[0-9a-fA-F]{2})?`)

func unescape(text string) string {
	text, _ = url.QueryUnescape(percent.ReplaceAllStringFunc(text, func(escape string) string {
		if escape == "%" {
			return "%25"
		}
		return escape
	})) // every percent sign now begins an escape
	return text
}

// location returns the page's own address with these parameters.
func (r *request) location() string {
	q := make(url.Values)
	for name, value := range map[string]string{
		"response_type": r.responseType, "client_id": r.clientID, "redirect_uri": r.redirectURI, "state": r.state,
		"scope": r.scope, "code_challenge": r.challenge, "code_challenge_method": r.method,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return authorizePath + "?" + q.Encode()
}

// back returns the address at which the browser returns to the app, whose redirect_uri must have been verified.
func (r *request) back(parameters ...string) string {
	if r.state != "" {
		parameters = append(parameters, "state", r.state)
	}
	if r.issuer != "" {
		parameters = append(parameters, "iss", r.issuer)
	}
	var b strings.Builder
	b.WriteString(r.to)
	separator := byte('?')
	if strings.Contains(r.to, "?") {
		separator = '&'
	}
	if r.responseType == "token" { // like the documented sample, index.jsp?#access_token=
		if separator == '?' {
			b.WriteByte('?')
		}
		separator = '#'
	}
	for i := 0; i < len(parameters); i += 2 {
		b.WriteByte(separator)
		// Blanks become %20: scripts that read the fragment do not understand +.
		b.WriteString(parameters[i] + "=" + strings.ReplaceAll(url.QueryEscape(parameters[i+1]), "+", "%20"))
		separator = '&'
	}
	return b.String()
}

// turnedDown ends an authorization with an error that the app learns (RFC 6749, 4.1.2.1), at its verified redirect_uri.
type turnedDown struct {
	*request
	code, description string
}

func (t *turnedDown) Error() string { return t.code + ": " + t.description }

func (t *turnedDown) location() string {
	return t.back("error", t.code, "error_description", t.description)
}

// request reads the parameters and checks what must be valid before the app can be told anything: none of these errors goes
// to redirect_uri.
func (d *door) request(c *access.Call) error {
	r := parseRequest(c.Request.URL.RawQuery)
	r.issuer = d.Issuer
	c.Input = r
	if r.responseType != "code" && r.responseType != "token" {
		return retcode.QQResponseTypeInvalid
	}
	id, err := platform.ParseAppID(r.clientID)
	if err != nil {
		return retcode.QQClientIDMissing
	}
	if c.App = d.Apps.ByID(id); c.App == nil {
		return retcode.QQClientNotFound
	}
	var ok bool
	if r.to, ok = apps.Redirect(c.App, r.redirectURI); !ok {
		return retcode.QQRedirectURIIllegal
	}
	return nil
}

// options checks PKCE and the scopes, whose errors go to the app.
func options(c *access.Call, r *request) error {
	switch {
	case r.challenge == "" && r.method != "":
		return &turnedDown{r, "invalid_request", "code_challenge_method without code_challenge"}
	case r.challenge == "" && c.App.RequirePKCE:
		return &turnedDown{r, "invalid_request", "code_challenge is missing, which this app must send"}
	case r.challenge != "" && r.method != "S256":
		return &turnedDown{r, "invalid_request", "code_challenge_method is not S256"}
	case r.challenge != "" && !challengeForm(r.challenge):
		return &turnedDown{r, "invalid_request", "code_challenge is not the 43 characters of a SHA-256 in base64url"}
	case r.responseType == "token" && c.App.RequirePKCE:
		return &turnedDown{r, "unauthorized_client", "this app must use response_type=code with PKCE"}
	case r.responseType == "token" && !c.App.Implicit:
		return &turnedDown{r, "unauthorized_client", "this app must use response_type=code: its operator has not allowed the implicit flow"}
	}
	var known bool
	if r.scopes, known = parseScopes(r.scope); !known {
		return &turnedDown{r, "invalid_scope", "scope has no known name"}
	}
	return nil
}

// challengeForm reports whether a text can be an S256 challenge.
func challengeForm(text string) bool {
	return len(text) == 43 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// parseScopes returns the known scopes of a list, without duplicates. Apps still ask for scopes of long ago, so unknown
// ones are ignored; known is false when no other is left. As in the original's own SDKs, an empty list asks for the
// profile, and all for everything.
func parseScopes(list string) (scopes []string, known bool) {
	names := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	if len(names) == 0 {
		return []string{profileScope}, true
	}
	if slices.Contains(names, "all") {
		return platform.Scopes, true
	}
	for _, name := range names {
		if slices.Contains(platform.Scopes, name) && !slices.Contains(scopes, name) {
			scopes = append(scopes, name)
		}
	}
	return scopes, len(scopes) > 0
}

const profileScope = "get_user_info"

// showAuthorize asks the person to sign in or, once signed in, to consent.
func (d *door) showAuthorize(c *access.Call, r *request) (any, error) {
	session, err := d.session(c)
	if err != nil {
		return nil, err
	}
	if session == nil {
		return d.signInTo(c, r, signInPage{}, 0), nil
	}
	return d.consent(c, r, session, "")
}

// signInTo asks the person to sign in to an app.
func (d *door) signInTo(c *access.Call, r *request, data signInPage, status int) page {
	data.App = c.App
	return d.signInAt(c, r.location(), data, status)
}

// consentPage is the data of the template consent.html.
type consentPage struct {
	Action, Token, Problem string
	App                    *platform.App
	Host                   string // to which the browser returns
	Account                *platform.Account
	Scopes                 []scopeBox
}

type scopeBox struct {
	Name, Text string
	Checked    bool
}

// consent returns the page that asks what the app may do. The profile and what the app was granted before are ticked.
func (d *door) consent(c *access.Call, r *request, session *identity.Session, problem string) (any, error) {
	grants, err := d.Identity.LiveGrants(c.Context(), session.Account.UIN)
	if err != nil {
		return nil, err
	}
	ticked := []string{profileScope}
	for _, grant := range grants {
		if grant.AppID == c.App.AppID {
			ticked = append(ticked, grant.Scopes...)
		}
	}
	t := wordsFor(c)
	data := consentPage{Action: r.location(), Token: session.FormToken(), Problem: problem, App: c.App, Account: session.Account}
	leaves := "http: https:"
	if u, err := url.Parse(r.to); err == nil {
		data.Host = u.Host
		if apps.OfMobileApp(r.to) {
			data.Host, _, _ = strings.Cut(r.to, "?")
			leaves = u.Scheme + ":"
		}
	}
	for _, name := range r.scopes {
		data.Scopes = append(data.Scopes, scopeBox{name, t.scope(name), slices.Contains(ticked, name)})
	}
	return page{name: "consent", title: c.App.Name + " " + t.Wants, data: data, leaves: leaves}, nil
}

// authorize handles the forms of both pages.
func (d *door) authorize(c *access.Call, r *request) (any, error) {
	values := form(c)
	do := action(c, values)
	if d.signsIn(do) {
		problem, status, err := d.signIn(c, do, values)
		if err != nil {
			return nil, err
		}
		if problem != "" {
			return d.signInTo(c, r, signInPage{Account: values.Get("account"), Problem: problem}, status), nil
		}
		return redirect{r.location()}, nil
	}
	session, err := d.session(c)
	if err != nil {
		return nil, err
	}
	if session == nil { // it ended while the page was open
		return redirect{r.location()}, nil
	}
	if !session.HoldsFormToken(values.Get("token")) { // somebody else signed in while the page was open
		return d.consent(c, r, session, wordsFor(c).OtherSession)
	}
	switch do {
	case "allow":
		return d.allow(c, r, session.Account.UIN, values["scope"])
	case "deny":
		return nil, &turnedDown{r, "access_denied", "the person did not allow it"}
	case "switch":
		return redirect{r.location()}, d.end(c, session)
	default:
		return nil, errNoAction
	}
}

// allow grants the app the requested scopes that the person ticked.
func (d *door) allow(c *access.Call, r *request, uin platform.UIN, ticked []string) (any, error) {
	a := identity.Authorization{
		AppID: c.App.AppID, UIN: uin, RedirectURI: r.redirectURI, Challenge: r.challenge,
		Scopes: slices.DeleteFunc(slices.Clone(r.scopes), func(name string) bool { return !slices.Contains(ticked, name) }),
	}
	if r.responseType == "token" {
		issued, err := d.Identity.IssueImplicit(c.Context(), a)
		if err != nil {
			return nil, err
		}
		seconds := (issued.ExpiresMS - issued.IssuedMS) / 1000
		return redirect{r.back("access_token", issued.Token, "expires_in", strconv.FormatInt(seconds, 10))}, nil
	}
	code, err := d.Identity.IssueCode(c.Context(), a)
	if err != nil {
		return nil, err
	}
	return redirect{r.back("code", code)}, nil
}
