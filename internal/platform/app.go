package platform

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Environment distinguishes a formal app from one under test, which only its test numbers may use.
type Environment string

// The two environments.
const (
	Formal Environment = "formal"
	Test   Environment = "test"
)

// App is one registered app: a game as the platform knows it. Its JSON form is stored and shown by the admin API, which
// hides the keys unless asked for them.
type App struct {
	AppID  AppID  `json:"appid" doc:"the app's number"`
	Name   string `json:"name" doc:"the app's name"`
	GameID GameID `json:"gameid" doc:"the game's number for MSDK V5; 0 for none"`

	AppKey       string            `json:"appkey" doc:"the client_secret of QQ Connect and the key of OpenAPI V3"`
	FormerAppKey FormerKey         `json:"former_appkey,omitzero" doc:"the appkey before the last change"`
	MSDKKey      string            `json:"msdkkey" doc:"the key of MSDK V3"`
	SigKeys      map[string]string `json:"sigkeys" doc:"the keys of MSDK V5, by source"`
	ClientSigKey string            `json:"client_sigkey" doc:"signs the calls of the game's client at MSDK V5"`

	Online      bool        `json:"online" doc:"an app that is not gets qq 100011"`
	Environment Environment `json:"environment" doc:"formal, or test: only for its test numbers"`
	RequireTLS  bool        `json:"require_tls" doc:"plain HTTP is refused with qq -7"`

	APIs       []string `json:"apis" doc:"granted APIs by permission name; * grants all"`
	Restricted []string `json:"restricted" doc:"APIs that a security audit closed; * closes all"`

	AllowOrdinary  []netip.Prefix       `json:"allow_ordinary" doc:"address ranges that may call ordinary APIs; an empty list allows all"`
	AllowSensitive []netip.Prefix       `json:"allow_sensitive" doc:"address ranges that may call sensitive APIs; an empty list allows all"`
	Rates          map[string]RateLimit `json:"rates" doc:"limits of calls, by permission name"`
	RedirectURIs   []string             `json:"redirect_uris" doc:"to which a sign-in may lead"`
	TestNumbers    []UIN                `json:"test_numbers" doc:"accounts that may use the app while its environment is test"`
	RequirePKCE    bool                 `json:"require_pkce" doc:"logins must use PKCE (RFC 7636)"`
	Implicit       bool                 `json:"implicit,omitzero" doc:"logins may use the implicit flow, response_type=token"`
	RequireNonce   bool                 `json:"require_nonce,omitzero" doc:"calls of OpenAPI V3 and Ark messages must have a timestamp and a nonce"`

	IDIP string `json:"idip" doc:"address at which the game's server answers about its guilds; empty for none"`

	MessageLimits MessageLimits `json:"message_limits,omitzero" doc:"limits of messages; the usual ones without it"`

	AchievementTypes []AchievementType `json:"achievement_types,omitzero" doc:"types of achievements in addition to those that all apps have"`
	Companions       []int             `json:"companions,omitzero" doc:"types that every report of achievements must contain; the usual ones without it"`

	Open bool `json:"open,omitzero" doc:"the app is a third party's: it calls the bus by permissions of its own"`

	Developer string `json:"developer" doc:"the app's developer; a person has one unionid at all apps of a developer"`
	UnionID   bool   `json:"unionid" doc:"the app may ask for unionids"`
}

// FormerKey is a key that was replaced. It is not accepted, but callers who still sign with it are told so.
type FormerKey struct {
	Key     string `json:"key" doc:"the key"`
	UntilMS int64  `json:"until_ms" doc:"when it is forgotten"`
}

// MaxTestNumbers bounds an app's test numbers.
const MaxTestNumbers = 100

// DefaultAPIs are the APIs that a new app is granted.
var DefaultAPIs = []string{
	"login", "verify_login", "decrypt", "get_pfval", "guest_check_token",
	"userinfo", "friend_list", "query_qq_vip", "query_qq_vip_richinfo",
	"qqprofile", "qqfriends_detail", "qq_unreg_friends", "qqfriends_vip", "get_vip_rich_info", "query_vip", "get_wifi", "qqget_first_reg",
	"get_user_info", "get_simple_userinfo",
	"ark", "qq", "share", "inbox",
	"get_info", "is_login", "is_setup", "is_vip", "total_vip_info", "get_multi_info", "friends_vip_info", "get_app_friends", "is_friend", "word_filter",
}

// Limits returns the limits of the app's messages.
func (a *App) Limits() MessageLimits { return cmp.Or(a.MessageLimits, DefaultMessageLimits) }

// RelationPermission is among an app's APIs when it may have whole friend lists. No app has it by default.
const RelationPermission = "relation"

// RateLimit bounds the calls to one API: an app's calls together, and each user's. A zero rate means no limit.
type RateLimit struct {
	App  Rate `json:"app,omitzero" doc:"of the app's calls together: COUNT/PERIOD, such as 100/s"`
	User Rate `json:"user,omitzero" doc:"of the calls for one user"`
}

// Rate is a number of calls in a period, written 100/s, 30/1m or 5/24h.
type Rate struct {
	Count int
	Per   time.Duration
}

// ParseRate reads the form COUNT/PERIOD, where PERIOD is s, m, h or a Go duration of at most 744h.
func ParseRate(text string) (Rate, error) {
	count, period, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 || n > 1_000_000_000 {
		return Rate{}, Invalidf("rate", "rate %q is not COUNT/PERIOD such as 100/s or 30/5m", text)
	}
	if period == "s" || period == "m" || period == "h" {
		period = "1" + period
	}
	per, err := time.ParseDuration(period)
	if err != nil || per < time.Millisecond || per > 31*24*time.Hour {
		return Rate{}, Invalidf("rate", "rate %q: the period is not s, m, h or a duration between 1ms and 744h", text)
	}
	return Rate{Count: n, Per: per}, nil
}

func (r Rate) String() string { return fmt.Sprintf("%d/%s", r.Count, r.Per) }

// MarshalText writes the form that ParseRate reads.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRate reads.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}

// Granted reports whether the app may call the API with that permission name.
func (a *App) Granted(api string) bool { return names(a.APIs, api) }

// Closed reports whether a security audit closed the API for the app.
func (a *App) Closed(api string) bool { return names(a.Restricted, api) }

func names(list []string, api string) bool {
	return slices.Contains(list, api) || slices.Contains(list, "*")
}

// Allows reports whether a caller at addr is on the list; an empty list allows all.
func Allows(list []netip.Prefix, addr netip.Addr) bool {
	if len(list) == 0 {
		return true
	}
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// The forms of keys and names, compiled when they are first compared: each takes as much memory as the texts that it allows are long.
var (
	keyForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z]{16,128}$`) })
	apiForm    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\*|[a-z0-9_]{1,64})$`) })
	sourceForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`) })
)

// Validate checks the form of every field and returns the first fault in one sentence.
func (a *App) Validate() error {
	if a.AppID == 0 {
		return Invalidf("appid", "appid is missing")
	}
	if a.Name == "" {
		return Invalidf("name", "name is missing")
	}
	if err := CheckText("name", a.Name, 100); err != nil {
		return err
	}
	keys := []struct{ name, key string }{{"appkey", a.AppKey}, {"msdkkey", a.MSDKKey}}
	if a.GameID != 0 {
		keys = append(keys, struct{ name, key string }{"client_sigkey", a.ClientSigKey})
	}
	for _, source := range slices.Sorted(maps.Keys(a.SigKeys)) {
		if !sourceForm().MatchString(source) {
			return Invalidf("sigkeys", "sigkeys: source %q is not a number", source)
		}
		keys = append(keys, struct{ name, key string }{"sigkey of source " + source, a.SigKeys[source]})
	}
	for _, k := range keys {
		if !keyForm().MatchString(k.key) {
			return Invalidf(k.name, "%s is not 16 to 128 letters and digits", k.name)
		}
	}
	if a.Environment != Formal && a.Environment != Test {
		return Invalidf("environment", "environment %q is neither formal nor test", a.Environment)
	}
	for _, field := range []struct {
		name string
		list []string
	}{{"apis", a.APIs}, {"restricted", a.Restricted}} {
		for _, api := range field.list {
			if !apiForm().MatchString(api) {
				return Invalidf(field.name, "API %q is not a permission name", api)
			}
		}
	}
	for _, field := range []struct {
		name string
		list []netip.Prefix
	}{{"allow_ordinary", a.AllowOrdinary}, {"allow_sensitive", a.AllowSensitive}} {
		for _, prefix := range field.list {
			if !prefix.IsValid() || prefix.Addr().Is4In6() {
				return Invalidf(field.name, "allow list: %q holds no caller: give a range such as 10.0.0.0/8, an IPv4 one as IPv4", prefix)
			}
			if prefix != prefix.Masked() {
				return Invalidf(field.name, "allow list: %s has bits beyond its length: did you mean %s?", prefix, prefix.Masked())
			}
		}
	}
	for _, api := range slices.Sorted(maps.Keys(a.Rates)) {
		rate := a.Rates[api]
		if !apiForm().MatchString(api) || api == "*" {
			return Invalidf("rates", "rates: API %q is not a permission name", api)
		}
		if rate == (RateLimit{}) {
			return Invalidf("rates", "rates: %s has neither an app nor a user rate", api)
		}
	}
	if err := checkIDIP(a.IDIP); err != nil {
		return err
	}
	if err := a.MessageLimits.validate(); err != nil {
		return err
	}
	if err := a.validateAchievements(); err != nil {
		return err
	}
	if err := CheckText("developer", a.Developer, 100); err != nil {
		return err
	}
	if len(a.TestNumbers) > MaxTestNumbers {
		return Invalidf("test_numbers", "an app has at most %d test numbers, not %d", MaxTestNumbers, len(a.TestNumbers))
	}
	return nil
}

// checkIDIP refuses an address whose requests would carry something that is not the platform's own: a query is signed whole.
func checkIDIP(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	switch {
	case len(address) > 512:
		return Invalidf("idip", "idip has %d bytes, more than 512", len(address))
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return Invalidf("idip", "idip %q is not an absolute http(s) address", address)
	case u.User != nil || strings.ContainsAny(address, "?#"):
		return Invalidf("idip", "idip %q has a user, a query or a fragment", u.Redacted())
	}
	return nil
}
