package admin

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/platform"
)

// hidden is shown instead of a key.
const hidden = "********"

// withoutKeys returns a copy of an app with its keys hidden.
func withoutKeys(app *platform.App) *platform.App {
	shown := *app
	shown.AppKey, shown.MSDKKey = hidden, hidden
	if app.FormerAppKey.Key != "" {
		shown.FormerAppKey.Key = hidden
	}
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
	apps := d.registry.List()
	for i, app := range apps {
		apps[i] = withoutKeys(app)
	}
	return apps, nil
}

func (d *door) showApp(c *access.Call, id platform.AppID) (any, error) {
	app := d.registry.ByID(id)
	if app == nil {
		return nil, platform.NoApp(id)
	}
	return withoutKeys(app), nil
}

func (d *door) showKeys(c *access.Call, id platform.AppID) (any, error) {
	app := d.registry.ByID(id)
	if app == nil {
		return nil, platform.NoApp(id)
	}
	return app, nil
}

// AppSettings are an operator's settings of an app. A missing member stays as it is, or gets its default.
type AppSettings struct {
	AppID            *platform.AppID                 `json:"appid,omitzero" doc:"the app's number, only when it is created"`
	Name             *string                         `json:"name,omitzero" doc:"the app's name; required for a new one"`
	GameID           *platform.GameID                `json:"gameid,omitzero" doc:"the game's number for MSDK V5; 0 for none"`
	Online           *bool                           `json:"online,omitzero" doc:"an app that is not gets qq 100011"`
	Environment      *platform.Environment           `json:"environment,omitzero" oneof:"formal test" doc:"formal, or test: only for its test numbers"`
	RequireTLS       *bool                           `json:"require_tls,omitzero" doc:"plain HTTP is refused with qq -7"`
	APIs             *[]string                       `json:"apis,omitzero" doc:"all granted APIs by permission name; * grants all"`
	Grant            []string                        `json:"grant,omitzero" doc:"is added to apis"`
	Withdraw         []string                        `json:"withdraw,omitzero" doc:"is removed from apis"`
	Restricted       *[]string                       `json:"restricted,omitzero" doc:"all APIs that a security audit closed; * closes all"`
	Restrict         []string                        `json:"restrict,omitzero" doc:"is added to restricted"`
	Unrestrict       []string                        `json:"unrestrict,omitzero" doc:"is removed from restricted"`
	AllowOrdinary    *[]netip.Prefix                 `json:"allow_ordinary,omitzero" doc:"address ranges that may call ordinary APIs; an empty list allows all"`
	AllowSensitive   *[]netip.Prefix                 `json:"allow_sensitive,omitzero" doc:"address ranges that may call sensitive APIs; an empty list allows all"`
	Rates            *map[string]*platform.RateLimit `json:"rates,omitzero" doc:"limits of calls by API; null removes an API's"`
	RedirectURIs     *[]string                       `json:"redirect_uris,omitzero" doc:"to which a sign-in may lead"`
	TestNumbers      *[]platform.UIN                 `json:"test_numbers,omitzero" max:"100" doc:"accounts that may use the app while its environment is test"`
	RequirePKCE      *bool                           `json:"require_pkce,omitzero" doc:"sign-ins must use PKCE"`
	Implicit         *bool                           `json:"implicit,omitzero" doc:"sign-ins may use the implicit flow, response_type=token, which puts tokens into addresses; PKCE is better"`
	RequireNonce     *bool                           `json:"require_nonce,omitzero" doc:"calls of OpenAPI V3 and Ark messages must have a timestamp and a nonce, so that none can be repeated"`
	Open             *bool                           `json:"open,omitzero" doc:"the app is a third party's: it calls the bus by permissions of its own"`
	IDIP             *string                         `json:"idip,omitzero" doc:"address at which the game's server answers about its guilds"`
	MessageLimits    map[string]int                  `json:"message_limits,omitzero" doc:"limits of messages by name: sender_day, sender_week, receiver_day, receiver_week, pair_day; 0 for the default"`
	AchievementTypes map[int]*AchievementType        `json:"achievement_types,omitzero" doc:"types of achievements by number, in addition to those that stay; null removes one"`
	Companions       *[]int                          `json:"companions,omitzero" doc:"types that every report of achievements must contain"`
	Developer        *string                         `json:"developer,omitzero" doc:"the app's developer; a person has one unionid at all apps of a developer"`
	UnionID          *bool                           `json:"unionid,omitzero" doc:"the app may ask for unionids"`
}

// AchievementType is a type of achievements of an app's own.
type AchievementType struct {
	Name string `json:"name" required:"true" doc:"the type's name"`
	Text bool   `json:"text" doc:"its values need not be numbers"`
}

// APIs are the permission names to which each kind of setting may apply.
type APIs struct{ Granted, Restricted, Rated []string }

// check refuses names that no API has, so that nobody believes a misspelled one granted, closed or limited. It checks only
// what is added: a name left from an older version must not prevent changes to the app.
func (a *APIs) check(s *AppSettings) error {
	granted, restricted := s.Grant, s.Restrict
	if s.APIs != nil {
		granted = slices.Concat(granted, *s.APIs)
	}
	if s.Restricted != nil {
		restricted = slices.Concat(restricted, *s.Restricted)
	}
	var rated []string
	if s.Rates != nil {
		for api, rate := range *s.Rates {
			if rate != nil {
				rated = append(rated, api)
			}
		}
	}
	for _, list := range [...]struct {
		what         string
		names, known []string
	}{{"granted", granted, a.Granted}, {"restricted", restricted, a.Restricted}, {"given a rate", rated, a.Rated}} {
		for _, name := range list.names {
			if name != "*" && !slices.Contains(list.known, name) {
				return platform.Invalidf("apis", "%.70q cannot be %s; these can: %s", name, list.what, strings.Join(list.known, ", "))
			}
		}
	}
	return nil
}

func (s *AppSettings) apply(app *platform.App) (err error) {
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
	set(&app.RequirePKCE, s.RequirePKCE)
	set(&app.Implicit, s.Implicit)
	set(&app.RequireNonce, s.RequireNonce)
	set(&app.Open, s.Open)
	set(&app.IDIP, s.IDIP)
	set(&app.Developer, s.Developer)
	set(&app.UnionID, s.UnionID)
	if err := s.limit(app); err != nil {
		return err
	}
	if err := s.achieve(app); err != nil {
		return err
	}
	if app.APIs, err = amend(app.APIs, s.Grant, s.Withdraw); err != nil {
		return fmt.Errorf("granted APIs: %w", err)
	}
	if app.Restricted, err = amend(app.Restricted, s.Restrict, s.Unrestrict); err != nil {
		return fmt.Errorf("restricted APIs: %w", err)
	}
	if s.Rates == nil {
		return nil
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
	return nil
}

// limit sets the limits of messages that are given. Limits that are all the defaults are not the app's own.
func (s *AppSettings) limit(app *platform.App) error {
	limits, set := app.Limits(), 0
	for _, limit := range platform.MessageLimitNames {
		if n, given := s.MessageLimits[limit.Name]; given {
			set++
			*limit.Of(&limits) = cmp.Or(n, *limit.Of(&platform.DefaultMessageLimits))
		}
	}
	if set < len(s.MessageLimits) {
		return platform.Invalidf("message_limits", "message_limits: the limits are sender_day, sender_week, receiver_day, receiver_week and pair_day")
	}
	if app.MessageLimits = limits; limits == platform.DefaultMessageLimits {
		app.MessageLimits = platform.MessageLimits{}
	}
	return nil
}

// achieve sets the app's own types of achievements, and which companions a report needs. Companions that are the default ones
// are not the app's own.
func (s *AppSettings) achieve(app *platform.App) error {
	list := slices.Clone(app.AchievementTypes)
	for _, number := range slices.Sorted(maps.Keys(s.AchievementTypes)) {
		own := s.AchievementTypes[number]
		if _, known := achievements.TypeOf(new(platform.App), number); known {
			return platform.Invalidf("achievement_types", "achievement_types: all apps have the type %d", number)
		}
		at := slices.IndexFunc(list, func(t platform.AchievementType) bool { return t.Type == number })
		if at >= 0 {
			list = slices.Delete(list, at, at+1)
		}
		if own != nil {
			list = append(list, platform.AchievementType{Type: number, Name: own.Name, Text: own.Text})
		}
	}
	slices.SortFunc(list, func(a, b platform.AchievementType) int { return cmp.Compare(a.Type, b.Type) })
	app.AchievementTypes = list
	if s.Companions == nil {
		return nil
	}
	if app.Companions = *s.Companions; slices.Equal(app.Companions, platform.DefaultCompanions) {
		app.Companions = nil
	}
	return nil
}

// amend adds names to a list of APIs and removes others. It refuses a removal that would have no effect, so that nobody
// believes an API closed that is open.
func amend(list, add, remove []string) ([]string, error) {
	list = slices.Clone(list)
	for _, api := range add {
		if !slices.Contains(list, api) {
			list = append(list, api)
		}
	}
	for _, api := range remove {
		i := slices.Index(list, api)
		if i < 0 {
			return nil, platform.Invalidf("apis", "%.40q is not one of %v", api, list)
		}
		list = slices.Delete(list, i, i+1)
	}
	if len(remove) > 0 && slices.Contains(list, "*") {
		return nil, platform.Invalidf("apis", "* stays on the list and names every API: remove it too")
	}
	return list, nil
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func (d *door) createApp(c *access.Call, settings AppSettings) (any, error) {
	if err := d.apis.check(&settings); err != nil {
		return nil, err
	}
	app := platform.App{Online: true, APIs: platform.DefaultAPIs}
	if err := settings.apply(&app); err != nil {
		return nil, err
	}
	made, err := d.registry.Create(c.Context(), app)
	return created{made}, err
}

func (d *door) updateApp(c *access.Call, id platform.AppID, settings AppSettings) (any, error) {
	if err := d.apis.check(&settings); err != nil {
		return nil, err
	}
	app, err := d.registry.Update(c.Context(), id, settings.apply)
	if err != nil {
		return nil, err
	}
	return withoutKeys(app), nil
}

// AppKey names a key of an app: appkey, msdkkey, client_sigkey or sigkey:SOURCE.
type AppKey struct {
	Name string `json:"name" required:"true" doc:"appkey, msdkkey, client_sigkey or sigkey:SOURCE"`
	Key  string `json:"key,omitzero" secret:"true" doc:"letters and digits; a new random one if missing"`
}

func (d *door) setAppKey(c *access.Call, id platform.AppID, in AppKey) (any, error) {
	if in.Name == "" {
		return nil, platform.Invalidf("name", "name is missing")
	}
	var err error
	in.Key, err = d.registry.RotateKey(c.Context(), id, in.Name, in.Key)
	return in, err
}

// GuildQuestion is a question to a game's server about a guild and one of its players.
type GuildQuestion struct {
	Zone   string `json:"zone_id" required:"true" doc:"the game's server on which the guild is: 1 to 20 digits"`
	Guild  string `json:"guild_id" required:"true" doc:"the guild's id in the game: 1 to 20 digits"`
	OpenID string `json:"openid" doc:"as the game knows the player"`
	RoleID string `json:"roleid,omitzero" max:"64" doc:"the player's role"`
}

// GuildAnswer is what the server answered, or why there is no answer.
type GuildAnswer struct {
	Name         string `json:"guild_name" doc:"the guild's name"`
	LeaderOpenID string `json:"leader_openid" doc:"the leader's openid"`
	Member       bool   `json:"member" doc:"the player is in the guild"`
	Leader       bool   `json:"leader" doc:"the player leads it"`
	Problem      string `json:"problem,omitzero" doc:"why there is no answer"`
}

// askGame asks an app's server as the group interfaces do, so that an operator sees what they see.
func (d *door) askGame(c *access.Call, id platform.AppID, q GuildQuestion) (any, error) {
	app := d.registry.ByID(id)
	switch {
	case app == nil:
		return nil, platform.NoApp(id)
	case app.IDIP == "":
		return nil, platform.Invalidf("idip", "app %s has no IDIP address", id)
	}
	guild := platform.Guild{AppID: id, Zone: q.Zone, ID: q.Guild}
	if err := guild.Validate(); err != nil {
		return nil, err
	}
	if err := platform.CheckText("openid", q.OpenID, 64); err != nil {
		return nil, err
	}
	if err := platform.CheckText("roleid", q.RoleID, 64); err != nil {
		return nil, err
	}
	answer, err := d.games.Guild(c.Context(), app, idip.Query{Zone: q.Zone, Guild: q.Guild, OpenID: q.OpenID, RoleID: q.RoleID})
	shown := GuildAnswer{Name: answer.GuildName, LeaderOpenID: answer.LeaderOpenID, Member: answer.Member, Leader: answer.Leader}
	if err != nil {
		shown.Problem = err.Error()
	}
	return shown, nil
}
