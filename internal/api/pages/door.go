// Package pages is the door for people's browsers: the sign-in and consent of OAuth 2.0 (qq-connect-openapi.md, A.2), its
// error page, and the person's own pages. The pages work without scripts, in English and Chinese.
package pages

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/gamecmd"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/retcode"
)

// Options are what the pages show, and the services behind them.
type Options struct {
	Apps     *apps.Registry
	Profiles *profile.Service
	Identity *identity.Service
	Messages *messages.Service
	Bus      *oidb.Bus
	Commands *gamecmd.Table                                 // of the Game Center
	Codes    bool                                           // whether the return codes have pages
	Issuer   string                                         // base URL of the platform, which answers to apps name (RFC 9207); "" for none
	Answered func(retcode.Entry, retcode.Language) []string // says where the codes of a row are answered
	// Demo returns the demo world once it is made. It is nil unless the platform is one of rookery dev, whose pages let anybody sign in
	// to a demo account.
	Demo func() *Demo
}

type door struct {
	Options
	dev     bool // of rookery dev
	origins *http.CrossOriginProtection
}

// New returns the door.
func New(o Options) *access.Door {
	d := &door{Options: o, dev: o.Demo != nil, origins: http.NewCrossOriginProtection()}
	var (
		origin  = access.Step("pages-origin", d.origin)
		request = access.Step("authorize-request", d.request,
			retcode.QQResponseTypeInvalid, retcode.QQClientIDMissing, retcode.QQClientNotFound, retcode.QQRedirectURIIllegal)
		authorize = access.Sequence("authorize", request, access.Online, access.Check("authorize-options", options))
	)
	door := &access.Door{
		Name:     "pages",
		Guide:    guide,
		Prefixes: []string{accountPath, gameCenterPath},
		Head:     true,
		Endpoints: []access.Endpoint{
			{Method: "GET", Path: frontPath + "{$}", Summary: "Shows what the platform has for people; under rookery dev its demo world, too.", Action: access.Action{Handle: d.showFront}},
			{Method: "POST", Path: languagePath, Summary: "Makes the browser remember the language that a person chose, and leads back to the page.", Checks: []access.Stage{origin}, Action: access.Action{Handle: setLanguage}},
			{Method: "GET", Path: authorizePath, Summary: "Asks a person to sign in and to allow an app what it asks for.", Params: authorizeFields{}, Checks: []access.Stage{authorize}, Action: access.With(d.showAuthorize)},
			{Method: "POST", Path: authorizePath, Summary: "Takes the forms of sign-in and consent, and sends the browser back to the app with a code.", Params: authorizeFields{}, Checks: []access.Stage{origin, authorize}, Action: access.With(d.authorize)},
			{Method: "GET", Path: showPath, Summary: "Shows a developer why a sign-in was refused.", Action: access.Action{Handle: show}},
			{Method: "GET", Path: strings.TrimSuffix(accountPath, "/"), Summary: "Leads to /account/.", Action: access.Action{Handle: toAccount}},
			{Method: "GET", Path: accountPath + "{$}", Summary: "Shows a person the own account: apps, messages, groups.", Action: access.Action{Handle: d.showAccount}},
			{Method: "POST", Path: accountPath + "{$}", Summary: "Takes the forms of that page.", Checks: []access.Stage{origin}, Action: access.Action{Handle: d.changeAccount}},
			{Method: "POST", Path: ticketsPath, Summary: "Gives a script of this site the web tickets of the person who is signed in.", Params: ticketsField{}, Result: ticketsAnswer{}, Checks: []access.Stage{origin}, Action: access.Action{Handle: d.tickets}},
			{Method: "GET", Path: groupsPath, Summary: "Shows a person the own groups.", Action: access.Action{Handle: d.onSession(d.showGroups)}},
			{Method: "GET", Path: groupPath, Summary: "Shows a person a group that the person is in.", Action: access.Action{Handle: d.onSession(d.showGroup)}},
			{Method: "POST", Path: groupPath, Summary: "Takes the form with which a person leaves a group.", Checks: []access.Stage{origin}, Action: access.Action{Handle: d.onSession(d.leaveGroup)}},
			{Method: "GET", Path: strings.TrimSuffix(gameCenterPath, "/"), Summary: "Leads to /gamecenter/.", Action: access.Action{Handle: toGameCenter}},
			{Method: "GET", Path: gameCenterPath + "{$}", Summary: "Shows a person how the person and friends do in a game.", Action: access.Action{Handle: d.showGameCenter}},
			{Method: "POST", Path: gameCenterPath + "{$}", Summary: "Takes the forms of that page.", Checks: []access.Stage{origin}, Action: access.Action{Handle: d.changeGameCenter}},
		},
		Code:   func(err error) retcode.Code { code, _ := retcode.From(err); return code },
		Encode: encode,
	}
	if d.Codes {
		door.Prefixes = append(door.Prefixes, codesPath+"/")
		door.Endpoints = append(door.Endpoints,
			access.Endpoint{Method: "GET", Path: codesPath, Summary: "Lists the return codes, with a form for a text to explain.", Action: access.Action{Handle: d.showCodes}},
			access.Endpoint{Method: "POST", Path: codesPath, Summary: "Explains the return codes in a text, as rookery explain does.", Params: textField{}, Checks: []access.Stage{origin}, Action: access.Action{Handle: d.explainCode}},
			access.Endpoint{Method: "GET", Path: codesPath + "/glossary", Summary: "Explains the words that the return codes' texts use.", Action: access.Action{Handle: d.showGlossary}},
			access.Endpoint{Method: "GET", Path: codesPath + "/{domain}/{number}", Summary: "Explains a return code.", Action: access.Action{Handle: d.showCode}})
	}
	if !d.dev {
		d.Demo = func() *Demo { return nil }
		return door
	}
	door.Prefixes = append(door.Prefixes, callbackPath)
	door.Endpoints = append(door.Endpoints,
		access.Endpoint{Method: "GET", Path: callbackPath + "{appid}", Summary: "Shows what a login tells a demo game that has no callback of its own, under rookery dev alone.", Action: access.Action{Handle: d.showCallback}},
		access.Endpoint{Method: "POST", Path: callbackPath + "{appid}", Summary: "Exchanges the code of such a login, and shows the tokens and the profile.", Checks: []access.Stage{origin}, Action: access.Action{Handle: d.exchange}})
	return door
}

// guide describes the pages to developers.
var guide = access.Guide{
	Title: "Pages",
	Form:  true,
	Media: "text/html",
	About: "What people see in a browser: HTML in English and Chinese. An app sends a person to `/oauth2.0/authorize` and gets a code at its redirect URI.",
}

// authorizeFields are the parameters of /oauth2.0/authorize (qq-connect-openapi.md, A.2).
type authorizeFields struct {
	ResponseType string `json:"response_type" required:"true" oneof:"code token" doc:"what the app gets: a code, or in the fragment an access token"`
	ClientID     string `json:"client_id" required:"true" doc:"the appid"`
	RedirectURI  string `json:"redirect_uri" required:"true" doc:"where the browser goes afterwards: one of the app's redirect URIs"`
	State        string `json:"state" doc:"a text that comes back with the answer"`
	Scope        string `json:"scope" doc:"the scopes that the app asks for, with commas between them"`
	Challenge    string `json:"code_challenge" doc:"the challenge of PKCE (RFC 7636)"`
	Method       string `json:"code_challenge_method" doc:"how the challenge was made: S256"`
}

// ticketsField is the parameter of /account/tickets.
type ticketsField struct {
	AppID string `json:"appid" doc:"the app for which the tickets are; for every app without it"`
}

// textField is the parameter of /codes.
type textField struct {
	Text string `json:"text" doc:"a number, an answer or a line of a log"`
}

const (
	frontPath      = "/"
	languagePath   = "/language"
	codesPath      = "/codes"
	callbackPath   = "/callback/"
	authorizePath  = "/oauth2.0/authorize"
	showPath       = "/oauth2.0/show"
	accountPath    = "/account/"
	ticketsPath    = accountPath + "tickets"
	groupsPath     = accountPath + "groups"
	groupPath      = groupsPath + "/{gc}"
	gameCenterPath = "/gamecenter/"
)

var (
	errForeignForm = errors.New("the form was sent by a page of another site")
	errNoAction    = errors.New("the form does not say what to do")
)

// origin refuses forms sent by another site's page. A session's forms also carry its token; this check keeps a stranger
// from signing somebody in to the stranger's account. It also refuses what is no form.
func (d *door) origin(c *access.Call) error {
	if d.origins.Check(c.Request) != nil {
		return errForeignForm
	}
	switch is := c.Content(); {
	case is.IsForm(), is == access.ContentUnknown, is == access.ContentEmpty:
		return nil
	default:
		return &notFormError{is}
	}
}

// notFormError is a body that is no form.
type notFormError struct{ is access.Content }

func (e *notFormError) Error() string {
	return fmt.Sprintf("the body is %s, not application/x-www-form-urlencoded", e.is)
}

// form reads the body of a call.
func form(c *access.Call) url.Values { return parseQuery(string(c.Body)) }

// actions are the actions of the forms, by the names of their buttons.
var actions = []string{"sign-in", "sign-in-demo", "sign-out", "sign-out-everywhere", "switch", "allow", "deny", "withdraw", "read", "password", "close", "leave", "see", "exchange"}

// action returns a form's action and logs it with the caller's address; it returns "" when the form names none.
func action(c *access.Call, values url.Values) string {
	do := values.Get("do")
	if !slices.Contains(actions, do) {
		return ""
	}
	c.Note(slog.String("action", do))
	c.Note(slog.String("from", c.Peer().String()))
	return do
}

// Names of cookies.
const (
	sessionCookie = "rookery"        // the session's
	deviceCookie  = "rookery-device" // of the browser, which outlasts sessions
)

// from returns where a form comes from that has a password.
func from(c *access.Call) identity.Origin {
	return identity.Origin{Address: c.Peer(), Device: c.Cookie(deviceCookie)}
}

// ticketCookies are the names of the web tickets' cookies, as the Game Center's door reads them.
var ticketCookies = [...]string{"uin", "skey", "sid"}

// session returns the browser's session, or nil when it has no valid one.
func (d *door) session(c *access.Call) (*identity.Session, error) {
	text := c.Cookie(sessionCookie)
	if text == "" {
		return nil, nil
	}
	session, err := d.Identity.Session(c.Context(), text)
	if errors.Is(err, platform.ErrNotFound) {
		return nil, nil
	}
	if session != nil {
		c.User = session.Account.UIN.String()
	}
	return session, err
}

// begin gives the browser a session for an account whose password was just verified, and the web tickets that go with it. The
// session comes along from an app's link; the tickets never leave this site.
func (d *door) begin(c *access.Call, account *platform.Account) error {
	text, err := d.Identity.NewSession(c.Context(), account)
	if err != nil {
		return err
	}
	session, err := d.Identity.Session(c.Context(), text)
	if err != nil {
		return err
	}
	tickets := d.Identity.WebTickets(session, 0)
	c.SetCookie(sessionCookie, text, identity.SessionLifetime, http.SameSiteLaxMode)
	c.SetCookie(deviceCookie, d.Identity.Device(account), identity.DeviceLifetime, http.SameSiteLaxMode)
	for i, value := range [...]string{tickets.UIN.String(), tickets.Skey, tickets.Sid} {
		c.SetCookie(ticketCookies[i], value, identity.SessionLifetime, http.SameSiteStrictMode)
	}
	return nil
}

// end ends the session and deletes the browser's cookies.
func (d *door) end(c *access.Call, session *identity.Session) error {
	if err := d.Identity.EndSession(c.Context(), session); err != nil {
		return err
	}
	forget(c)
	return nil
}

// forget deletes the browser's cookies, but for the one by which the account knows it.
func forget(c *access.Call) {
	c.SetCookie(sessionCookie, "", -time.Second, http.SameSiteLaxMode)
	for _, name := range ticketCookies {
		c.SetCookie(name, "", -time.Second, http.SameSiteStrictMode)
	}
}

// signsIn reports whether an action of a form signs a person in.
func (d *door) signsIn(do string) bool {
	return do == "sign-in" || do == "sign-in-demo" && d.Demo() != nil
}

// signIn handles the sign-in form, and the one for demo accounts, which have a public password. When it refuses the person, problem
// says why in the page's language and status is the HTTP status.
func (d *door) signIn(c *access.Call, do string, values url.Values) (problem string, status int, err error) {
	t := wordsFor(c)
	password, wrong := values.Get("password"), t.WrongSignIn
	if do == "sign-in-demo" {
		if !ownForm(c, values) {
			c.Note(slog.String("refused", "the form does not carry the token of the browser's cookie"))
			return t.FormExpired, http.StatusForbidden, nil
		}
		password, wrong = d.Demo().Password, t.DemoPasswordChanged
	}
	uin, err := platform.ParseUIN(strings.TrimSpace(values.Get("account")))
	if err != nil {
		uin = 0 // no account has it
	}
	account, err := d.Identity.LogIn(c.Context(), uin, password, from(c))
	if err == nil {
		c.User = account.UIN.String()
		return "", 0, d.begin(c, account)
	}
	if _, err := d.Identity.Account(c.Context(), uin); err == nil { // otherwise it may be a password in the wrong field
		c.Note(slog.String("account", uin.String()))
	}
	return refused(c, err, wrong)
}

// refused explains why a password was refused, a wrong one with the given text. It returns other errors.
func refused(c *access.Call, err error, wrong string) (problem string, status int, unforeseen error) {
	t := wordsFor(c)
	status = http.StatusForbidden
	var (
		tooMany *identity.TooManyLogins
		busy    *identity.Busy
	)
	switch {
	case errors.As(err, &busy):
		problem, status = t.Busy, http.StatusServiceUnavailable
		c.Answer.RetryAfter = busy.Wait
	case errors.As(err, &tooMany):
		problem, status = t.tooMany(tooMany.Wait), http.StatusTooManyRequests
		c.Answer.RetryAfter = tooMany.Wait
	case errors.Is(err, identity.ErrWrongPassword):
		problem = wrong
	case errors.Is(err, identity.ErrAccountFrozen):
		problem = t.AccountFrozen
	case errors.Is(err, identity.ErrAccountClosed):
		problem = t.AccountClosed
	default:
		return "", 0, err
	}
	c.Note(slog.String("refused", err.Error()))
	return problem, status, nil
}

// signInPage is the data of the template signin.html.
type signInPage struct {
	Action  string
	App     *platform.App // to which the person continues; nil for the person's own page
	Account string        // as typed
	Problem string
	Demo    *demoSignIn // nil without a demo world
}

// redirect is a result that sends the browser elsewhere.
type redirect struct{ to string }

// encode turns a result or an error into an answer.
func encode(c *access.Call, result any, err error) {
	a := &c.Answer
	if a.Header == nil {
		a.Header = make(http.Header)
	}
	a.Header["Referrer-Policy"] = referrers
	a.Header["X-Frame-Options"] = deny
	switch coded, turnedDown := retcode.Code(0), (*turnedDown)(nil); {
	case err == nil:
	case errors.As(err, &turnedDown):
		result = redirect{turnedDown.location()}
	case errors.As(err, &coded) && onAuthorize(c):
		a.Code = coded
		result = redirect{showLocation(coded, c.RequestID, c.Request.URL.RawQuery)}
	default:
		result = problemPage(c, err)
	}
	switch result := result.(type) {
	case redirect:
		a.Status = http.StatusFound
		if c.Request.Method == http.MethodPost {
			a.Status = http.StatusSeeOther
		}
		a.Header["Location"] = []string{inASCII(result.to)}
		a.Header["Content-Security-Policy"] = ownForms
		a.ContentType = "text/plain; charset=utf-8"
		if a.Code != 0 {
			a.Body = append(a.Body, a.Code.Entry().Summary+"\n"...)
		}
	case page:
		result.write(c)
	case ticketsAnswer:
		a.Status, a.ContentType = result.status, ""
		a.Body, _ = access.AppendJSON(a.Body, result)
	}
}

// inASCII percent-encodes characters that URIs cannot contain (RFC 3986, 2) but apps and browsers send all the same: blanks
// and letters beyond ASCII.
func inASCII(uri string) string {
	var b strings.Builder
	for i := range len(uri) {
		if c := uri[i]; c <= ' ' || c >= 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func onAuthorize(c *access.Call) bool { return c.Endpoint != nil && c.Endpoint.Path == authorizePath }

// problemPage tells a person what went wrong, without internals.
func problemPage(c *access.Call, err error) page {
	t := wordsFor(c)
	p := page{name: "problem", status: refuse.Status(err)}
	var notForm *notFormError
	say := func(title, text string) { p.title, p.data = title, problem{Text: text} }
	switch {
	case errors.Is(err, errNoAction):
		p.status = http.StatusBadRequest
		p.title, p.data = t.BadForm, problem{Text: t.BadFormText}
	case errors.As(err, &notForm):
		p.status = http.StatusBadRequest
		p.title, p.data = t.BadForm, problem{Text: t.BadFormText, Hint: notForm.Error()}
	case errors.Is(err, errForeignForm):
		p.status = http.StatusForbidden
		say(t.ForeignForm, t.ForeignFormText)
	case errors.Is(err, errShowNothing):
		p.status = http.StatusBadRequest
		say(t.NoPage, t.ShowNothingText)
	case errors.Is(err, errNoGroup):
		p.status = http.StatusNotFound
		say(t.NoPage, t.NoGroupText)
	case errors.Is(err, errNoGame):
		p.status = http.StatusNotFound
		say(t.NoPage, t.NoGameText)
	case errors.Is(err, errNoCode):
		p.status = http.StatusNotFound
		say(t.NoPage, t.NoCodeText)
	case errors.Is(err, errNoBoard):
		p.status = http.StatusNotFound
		say(t.NoPage, t.NoBoardText)
	case errors.Is(err, access.ErrNoRoute):
		say(t.NoPage, t.NoPageText)
	case errors.Is(err, access.ErrMethod):
		say(t.WrongMethod, t.WrongMethodText)
	case errors.Is(err, access.ErrUnreadable):
		say(t.BadForm, t.BadFormText)
	default:
		p.title, p.data = t.Failed, problem{Text: t.FailedText, Request: c.RequestID}
	}
	return p
}

// problem is the data of the template problem.html.
type problem struct {
	Text        string
	Code        int    // 0 for none
	Hint        string // for the developer of the app
	RedirectURI string // that was refused
	Request     string // id, where the log says more
}
