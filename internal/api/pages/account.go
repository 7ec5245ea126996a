package pages

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/platform"
)

func toAccount(*access.Call) (any, error) { return redirect{accountPath}, nil }

// showAccount shows the person's own page, or asks the person to sign in.
func (d *door) showAccount(c *access.Call) (any, error) {
	session, err := d.session(c)
	if err != nil {
		return nil, err
	}
	if session == nil {
		return d.signInAt(c, accountPath, signInPage{}, 0), nil
	}
	return d.accountPage(c, session, troubles{}, 0)
}

// signInAt asks the person to sign in on a page of the person's own.
func (d *door) signInAt(c *access.Call, path string, data signInPage, status int) page {
	data.Action, data.Demo = path, d.demoSignIn(c, path)
	return page{name: "signin", title: wordsFor(c).SignIn, status: status, data: data, script: true}
}

// signInOn handles the sign-in form of such a page.
func (d *door) signInOn(c *access.Call, path, do string, values url.Values) (any, error) {
	problem, status, err := d.signIn(c, do, values)
	if err != nil {
		return nil, err
	}
	if problem != "" {
		return d.signInAt(c, path, signInPage{Account: values.Get("account"), Problem: problem}, status), nil
	}
	return redirect{path}, nil
}

// accountPage is the data of the template account.html.
type accountPage struct {
	Token   string
	Account *platform.Account
	Facts   [][2]string // of the profile: name and value
	Apps    []allowedApp
	Inbox   inbox
	Notice  string // about what was just done
	troubles
}

// troubles are the faults of the page's forms, as texts.
type troubles struct{ Password, Close string }

type allowedApp struct {
	ID     platform.AppID
	Name   string
	Since  string
	Scopes []string
}

func (d *door) accountPage(c *access.Call, session *identity.Session, wrong troubles, status int) (any, error) {
	t := wordsFor(c)
	grants, err := d.Identity.LiveGrants(c.Context(), session.Account.UIN)
	if err != nil {
		return nil, err
	}
	letters, err := d.inbox(c, session.Account.UIN)
	if err != nil {
		return nil, err
	}
	data := accountPage{Token: session.FormToken(), Account: session.Account, Facts: facts(t, &session.Account.Profile), Inbox: letters, troubles: wrong}
	if wrong == (troubles{}) {
		data.Notice = t.Done[parseQuery(c.Request.URL.RawQuery).Get("done")]
	}
	for _, grant := range grants {
		app := allowedApp{ID: grant.AppID, Name: grant.AppID.String(), Since: time.UnixMilli(grant.SinceMS).UTC().Format(time.DateOnly)}
		if known := d.Apps.ByID(grant.AppID); known != nil {
			app.Name = known.Name
		}
		for _, name := range grant.Scopes {
			app.Scopes = append(app.Scopes, t.scope(name))
		}
		data.Apps = append(data.Apps, app)
	}
	return page{name: "account", title: t.YourAccount, status: status, data: data, script: true}, nil
}

// facts returns the parts of a profile that are filled in.
func facts(t *words, p *platform.Profile) [][2]string {
	place := strings.Join(slices.DeleteFunc([]string{p.Country, p.Province, p.City}, func(s string) bool { return s == "" }), " · ")
	gender := ""
	if p.Gender == 1 || p.Gender == 2 {
		gender = [...]string{t.Male, t.Female}[p.Gender-1]
	}
	return slices.DeleteFunc([][2]string{{t.Nickname, p.Nickname}, {t.Gender, gender}, {t.Place, place}, {t.Language, p.Language}},
		func(f [2]string) bool { return f[1] == "" })
}

// changeAccount handles the forms of the person's own page.
func (d *door) changeAccount(c *access.Call) (any, error) {
	values := form(c)
	do := action(c, values)
	if d.signsIn(do) {
		return d.signInOn(c, accountPath, do, values)
	}
	session, err := d.session(c)
	if err != nil {
		return nil, err
	}
	if session == nil || !session.HoldsFormToken(values.Get("token")) { // it has ended, or somebody else has signed in
		return redirect{accountPath}, nil
	}
	switch do {
	case "sign-out":
		return redirect{accountPath}, d.end(c, session)
	case "sign-out-everywhere":
		if _, err := d.Identity.SignOutEverywhere(c.Context(), session.Account.UIN); err != nil {
			return nil, err
		}
		forget(c)
		return redirect{accountPath}, nil
	case "withdraw":
		return d.withdraw(c, session, values)
	case "read":
		return d.markRead(c, session, values)
	case "password":
		return d.changePassword(c, session, values)
	case "close":
		return d.closeAccount(c, session, values)
	default:
		return nil, errNoAction
	}
}

func done(what string) redirect { return redirect{accountPath + "?done=" + what} }

// withdraw ends what the person allowed an app. It is not an error if that has already ended.
func (d *door) withdraw(c *access.Call, session *identity.Session, values url.Values) (any, error) {
	app, err := platform.ParseAppID(values.Get("appid"))
	if err != nil {
		return nil, errNoAction
	}
	c.App = d.Apps.ByID(app)
	err = d.Identity.RevokeGrant(c.Context(), app, session.Account.UIN, platform.EndedByUser)
	if err != nil && !errors.Is(err, platform.ErrNotFound) {
		return nil, err
	}
	return done("withdraw"), nil
}

// changePassword replaces the password. This session continues, every other one ends.
func (d *door) changePassword(c *access.Call, session *identity.Session, values url.Values) (any, error) {
	t := wordsFor(c)
	if values.Get("new_password") != values.Get("repeated_password") {
		return d.accountPage(c, session, troubles{Password: t.NotTheSame}, http.StatusBadRequest)
	}
	account, err := d.Identity.ChangePassword(c.Context(), session.Account.UIN, values.Get("password"), values.Get("new_password"), from(c))
	if err == nil {
		return done("password"), d.begin(c, account)
	}
	if errors.Is(err, platform.ErrInvalid) {
		return d.accountPage(c, session, troubles{Password: t.PasswordForm}, http.StatusBadRequest)
	}
	problem, status, err := refused(c, err, t.WrongPassword)
	if err != nil {
		return nil, err
	}
	return d.accountPage(c, session, troubles{Password: problem}, status)
}

// closeAccount closes the account for ever.
func (d *door) closeAccount(c *access.Call, session *identity.Session, values url.Values) (any, error) {
	t := wordsFor(c)
	if values.Get("understood") == "" {
		return d.accountPage(c, session, troubles{Close: t.NotUnderstood}, http.StatusBadRequest)
	}
	err := d.Identity.CloseAccount(c.Context(), session.Account.UIN, values.Get("password"), from(c))
	if err == nil {
		forget(c) // the session ended with the account
		return page{name: "problem", title: t.Closed, data: problem{Text: t.ClosedText}}, nil
	}
	problem, status, err := refused(c, err, t.WrongPassword)
	if err != nil {
		return nil, err
	}
	return d.accountPage(c, session, troubles{Close: problem}, status)
}
