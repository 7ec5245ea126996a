package admin

import (
	"fmt"
	"net/netip"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// hidden is shown in place of a key.
const hidden = "********"

// withoutKeys returns a copy of an app for eyes that did not ask for its keys.
func withoutKeys(app *platform.App) *platform.App {
	shown := *app
	shown.AppKey, shown.MSDKKey = hidden, hidden
	if app.ClientSigKey != "" {
		shown.ClientSigKey = hidden
	}
	shown.SigKeys = make(map[string]string, len(app.SigKeys))
	for source := range app.SigKeys {
		shown.SigKeys[source] = hidden
	}
	return &shown
}

func (d *door) listApps(*access.Call) (any, error) {
	apps := d.identity.Apps.List()
	for i, app := range apps {
		apps[i] = withoutKeys(app)
	}
	return apps, nil
}

func (d *door) showApp(c *access.Call) (any, error) {
	id, err := appID(c)
	if err != nil {
		return nil, err
	}
	app := d.identity.Apps.ByID(id)
	if app == nil {
		return nil, fmt.Errorf("%w: there is no app %s", store.ErrNotFound, id)
	}
	if c.Request.URL.Query().Get("keys") != "show" {
		app = withoutKeys(app)
	}
	return app, nil
}

// AppSettings are what an operator may say of an app. A member that is missing stays as it is, or gets its default.
type AppSettings struct {
	AppID          *platform.AppID                 `json:"appid,omitzero"` // only when the app is created
	Name           *string                         `json:"name,omitzero"`
	GameID         *platform.GameID                `json:"gameid,omitzero"`
	Online         *bool                           `json:"online,omitzero"`
	Environment    *platform.Environment           `json:"environment,omitzero"`
	RequireTLS     *bool                           `json:"require_tls,omitzero"`
	APIs           *[]string                       `json:"apis,omitzero"`
	Restricted     *[]string                       `json:"restricted,omitzero"`
	AllowOrdinary  *[]netip.Prefix                 `json:"allow_ordinary,omitzero"`
	AllowSensitive *[]netip.Prefix                 `json:"allow_sensitive,omitzero"`
	Rates          *map[string]*platform.RateLimit `json:"rates,omitzero"` // by API; null takes an API's rate away
	RedirectURIs   *[]string                       `json:"redirect_uris,omitzero"`
	TestNumbers    *[]platform.UIN                 `json:"test_numbers,omitzero"`
}

func (s *AppSettings) apply(app *platform.App) {
	set(&app.AppID, s.AppID)
	set(&app.Name, s.Name)
	set(&app.GameID, s.GameID)
	set(&app.Online, s.Online)
	set(&app.Environment, s.Environment)
	set(&app.RequireTLS, s.RequireTLS)
	set(&app.APIs, s.APIs)
	set(&app.Restricted, s.Restricted)
	set(&app.AllowOrdinary, s.AllowOrdinary)
	set(&app.AllowSensitive, s.AllowSensitive)
	set(&app.RedirectURIs, s.RedirectURIs)
	set(&app.TestNumbers, s.TestNumbers)
	if s.Rates == nil {
		return
	}
	for api, rate := range *s.Rates {
		if rate == nil {
			delete(app.Rates, api)
			continue
		}
		if app.Rates == nil {
			app.Rates = make(map[string]platform.RateLimit)
		}
		app.Rates[api] = *rate
	}
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func (d *door) createApp(c *access.Call) (any, error) {
	settings, err := input[AppSettings](c)
	if err != nil {
		return nil, err
	}
	app := platform.App{Online: true}
	settings.apply(&app)
	made, err := d.identity.Apps.Create(c.Context(), app)
	return created{made}, err
}

func (d *door) updateApp(c *access.Call) (any, error) {
	id, err := appID(c)
	if err != nil {
		return nil, err
	}
	settings, err := input[AppSettings](c)
	if err != nil {
		return nil, err
	}
	app, err := d.identity.Apps.Update(c.Context(), id, func(app *platform.App) error {
		settings.apply(app)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return withoutKeys(app), nil
}

// AppKey names a key of an app: appkey, msdkkey, client_sigkey or sigkey:SOURCE.
type AppKey struct {
	Name string `json:"name"`
	Key  string `json:"key,omitzero"` // letters and digits; a new random one when it is missing
}

func (d *door) setAppKey(c *access.Call) (any, error) {
	id, err := appID(c)
	if err != nil {
		return nil, err
	}
	in, err := input[AppKey](c)
	if err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, fmt.Errorf("%w: name is missing", identity.ErrInvalid)
	}
	in.Key, err = d.identity.Apps.RotateKey(c.Context(), id, in.Name, in.Key)
	return in, err
}
