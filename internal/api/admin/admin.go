// Package admin is the operators' door: JSON over HTTP with the usual statuses, for callers with the bearer token. The
// rookery command line is its first client.
package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/doctor"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/gamecmd"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/outbox"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/internal/sign"
)

// Services are what the door works on.
type Services struct {
	Apps         *apps.Registry
	Profiles     *profile.Service
	Identity     *identity.Service
	Friends      *friends.Service
	Messages     *messages.Service
	Groups       *qqgroups.Service
	Bindings     *groups.Service
	Events       *outbox.Service
	Games        *idip.Client
	Ranking      *ranking.Service
	Achievements *achievements.Service
	Bus          *oidb.Bus

	GameCommands *gamecmd.Table
	Doctor       *doctor.Doctor
}

type door struct {
	registry     *apps.Registry
	profiles     *profile.Service
	identity     *identity.Service
	friends      *friends.Service
	groups       *qqgroups.Service
	bindings     *groups.Service
	messages     *messages.Service
	events       *outbox.Service
	games        *idip.Client
	ranking      *ranking.Service
	achievements *achievements.Service
	bus          *oidb.Bus
	apis         APIs

	gameCommands *gamecmd.Table
	doctor       *doctor.Doctor
}

// New returns the door, for callers with the token.
func New(s Services, apis APIs, token string) *access.Door {
	d := &door{
		registry: s.Apps, profiles: s.Profiles, identity: s.Identity, friends: s.Friends, messages: s.Messages, groups: s.Groups, bindings: s.Bindings, events: s.Events, games: s.Games,
		ranking: s.Ranking, achievements: s.Achievements,
		bus: s.Bus, apis: apis,
		gameCommands: s.GameCommands, doctor: s.Doctor,
	}
	return serve(token, d.ofGroups(), d.ofBus(), map[string]access.Handler{
		"GET /admin/v1/apps":                                    d.listApps,
		"POST /admin/v1/apps":                                   Body(d.createApp),
		"GET /admin/v1/apps/{appid}":                            onApp(d.showApp),
		"PATCH /admin/v1/apps/{appid}":                          onApp(withBody(d.updateApp)),
		"GET /admin/v1/apps/{appid}/bindings":                   onApp(d.listBindings),
		"DELETE /admin/v1/apps/{appid}/bindings/{zone}/{guild}": onApp(d.unbind),
		"POST /admin/v1/apps/{appid}/doctor":                    onApp(withBody(d.examine)),
		"POST /admin/v1/apps/{appid}/idip":                      onApp(withBody(d.askGame)),
		"POST /admin/v1/apps/{appid}/keys":                      onApp(withBody(d.setAppKey)),
		"GET /admin/v1/apps/{appid}/achievements":               onApp(d.listAchievements),
		"GET /admin/v1/apps/{appid}/ranks":                      onApp(d.listRanks),
		"GET /admin/v1/apps/{appid}/scenes":                     onApp(d.listScenes),
		"GET /admin/v1/apps/{appid}/scenes/{scene}":             onScene(d.showScene),
		"PUT /admin/v1/apps/{appid}/scenes/{scene}":             onScene(withBody(d.setScene)),
		"DELETE /admin/v1/apps/{appid}/scenes/{scene}":          onScene(d.removeScene),
		"GET /admin/v1/accounts":                                d.listAccounts,
		"POST /admin/v1/accounts":                               Body(d.createAccount),
		"GET /admin/v1/accounts/{uin}":                          onAccount(d.showAccount),
		"PATCH /admin/v1/accounts/{uin}":                        onAccount(withBody(d.updateAccount)),
		"POST /admin/v1/accounts/{uin}/state":                   onAccount(withBody(d.setState)),
		"POST /admin/v1/accounts/{uin}/sign-out":                onAccount(d.signOut),
		"POST /admin/v1/accounts/{uin}/password":                onAccount(withBody(d.setPassword)),
		"POST /admin/v1/accounts/{uin}/reclaim":                 onAccount(withBody(d.reclaim)),
		"GET /admin/v1/accounts/{uin}/friends":                  onAccount(d.listFriends),
		"POST /admin/v1/accounts/{uin}/friends":                 onAccount(withBody(d.addFriend)),
		"PATCH /admin/v1/accounts/{uin}/friends/{friend}":       onFriend(withBody(d.remarkFriend)),
		"DELETE /admin/v1/accounts/{uin}/friends/{friend}":      onFriend(d.removeFriend),
		"POST /admin/v1/tokens":                                 Body(d.issueToken),
		"POST /admin/v1/tokens/inspect":                         Body(d.inspectToken),
		"POST /admin/v1/tokens/revoke":                          Body(d.revoke),
		"GET /admin/v1/keys":                                    d.listKeys,
		"POST /admin/v1/keys":                                   d.rotateKeys,
		"GET /admin/v1/events":                                  d.showEvents,
		"POST /admin/v1/events/test":                            d.testEvents,
		"GET /admin/v1/gamecenter/commands":                     d.listGameCommands,
		"PATCH /admin/v1/gamecenter/commands/{cmd}":             Body(d.decideGameCommand),
	})
}

// NewBackend returns the door of a back end that is a group platform, for callers with the token.
func NewBackend(groups *qqgroups.Service, bus *oidb.Bus, token string) *access.Door {
	d := &door{groups: groups, bus: bus}
	served := serve(token, d.ofGroups(), d.ofBus())
	served.Prefixes = []string{"/admin/v1/groups/", "/admin/v1/oidb/"} // a back end does not have the rest
	return served
}

func (d *door) ofGroups() map[string]access.Handler {
	return map[string]access.Handler{
		"GET /admin/v1/groups":               d.listGroups,
		"POST /admin/v1/groups":              Body(d.createGroup),
		"GET /admin/v1/groups/{gc}":          onGroup(d.showGroup),
		"PATCH /admin/v1/groups/{gc}":        onGroup(withBody(d.updateGroup)),
		"POST /admin/v1/groups/{gc}/disband": onGroup(d.disbandGroup),
	}
}

func (d *door) ofBus() map[string]access.Handler {
	return map[string]access.Handler{
		"GET /admin/v1/oidb/policy":   d.showPolicy,
		"PATCH /admin/v1/oidb/policy": Body(d.changePolicy),
	}
}

// serve returns the door of all handlers, by method and path.
func serve(token string, parts ...map[string]access.Handler) *access.Door {
	all := make(map[string]access.Handler)
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return &access.Door{Name: "admin", Prefixes: []string{"/admin/"}, Endpoints: Endpoints(token, all), Encode: Encode}
}

// Endpoints returns the interfaces that the handlers serve, by method and path, for callers with the token.
func Endpoints(token string, handlers map[string]access.Handler) []access.Endpoint {
	bearer := []access.Stage{{Name: "bearer", Run: bearer(token)}}
	var endpoints []access.Endpoint
	for _, pattern := range slices.Sorted(maps.Keys(handlers)) {
		method, path, _ := strings.Cut(pattern, " ")
		endpoints = append(endpoints, access.Endpoint{Method: method, Path: path, Checks: bearer, Action: access.Action{Handle: handlers[pattern]}})
	}
	return endpoints
}

var errUnauthorized = errors.New("the admin API requires the header 'Authorization: Bearer TOKEN' with the token of the server's admin token file")

// bearer compares hashes, so that timing does not reveal the token's length.
func bearer(token string) func(*access.Call) error {
	want := sha256.Sum256([]byte(token))
	return func(c *access.Call) error {
		token, ok := strings.CutPrefix(c.Request.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if !ok || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			return errUnauthorized
		}
		return nil
	}
}

// errBody says what is wrong with a request's body.
var errBody = errors.New("the body")

// input decodes the body into T. It refuses members that T does not have, so that a misspelled one is not lost silently.
func input[T any](c *access.Call) (T, error) {
	var in T
	if len(c.Body) == 0 {
		return in, fmt.Errorf("%w is empty", errBody)
	}
	err := json.Unmarshal(c.Body, &in, json.RejectUnknownMembers(true))
	if err == nil {
		return in, nil
	}
	var typed *json.SemanticError
	if !errors.As(err, &typed) {
		if is := c.Content(); is != access.ContentJSON && is != access.ContentUnknown {
			return in, fmt.Errorf("%w is %s, not one JSON object in UTF-8", errBody, is)
		}
		return in, fmt.Errorf("%w is not one JSON object in UTF-8 with each member once", errBody)
	}
	if errors.Is(err, json.ErrUnknownName) {
		return in, fmt.Errorf("%w has a member %s that this call does not take", errBody, typed.JSONPointer)
	}
	if typed.Err != nil {
		return in, fmt.Errorf("%w: member %s: %w", errBody, typed.JSONPointer, typed.Err)
	}
	if typed.JSONPointer == "" {
		return in, fmt.Errorf("%w is not a JSON object", errBody)
	}
	return in, fmt.Errorf("%w: member %s has the wrong type", errBody, typed.JSONPointer)
}

// Body returns a handler that decodes the body and passes it to another one.
func Body[T any](handle func(*access.Call, T) (any, error)) access.Handler {
	return func(c *access.Call) (any, error) {
		in, err := input[T](c)
		if err != nil {
			return nil, err
		}
		return handle(c, in)
	}
}

// withBody is Body for a handler that also gets an id from the path.
func withBody[ID, T any](handle func(*access.Call, ID, T) (any, error)) func(*access.Call, ID) (any, error) {
	return func(c *access.Call, id ID) (any, error) {
		return Body(func(c *access.Call, in T) (any, error) { return handle(c, id, in) })(c)
	}
}

func onApp(handle func(*access.Call, platform.AppID) (any, error)) access.Handler {
	return func(c *access.Call) (any, error) {
		id, err := pathID(c, "appid", platform.ParseAppID)
		if err != nil {
			return nil, err
		}
		return handle(c, id)
	}
}

func onAccount(handle func(*access.Call, platform.UIN) (any, error)) access.Handler {
	return func(c *access.Call) (any, error) {
		id, err := pathID(c, "uin", platform.ParseUIN)
		if err != nil {
			return nil, err
		}
		return handle(c, id)
	}
}

// onFriend returns a handler for one friendship.
func onFriend(handle func(*access.Call, Friendship) (any, error)) access.Handler {
	return onAccount(func(c *access.Call, id platform.UIN) (any, error) {
		friend, err := pathID(c, "friend", platform.ParseUIN)
		if err != nil {
			return nil, err
		}
		return handle(c, Friendship{id, friend})
	})
}

func pathID[ID any](c *access.Call, name string, parse func(string) (ID, error)) (ID, error) {
	return parse(c.Request.PathValue(name))
}

// created marks a result that is answered with 201.
type created struct{ any }

// failure is the body of an answer that is not a success.
type failure struct {
	Error     string `json:"error"`
	RequestID string `json:"request_id"`
}

// Encode answers JSON, with the usual HTTP statuses.
func Encode(c *access.Call, result any, err error) {
	a := &c.Answer
	a.Status = http.StatusOK
	if made, ok := result.(created); ok {
		a.Status, result = http.StatusCreated, made.any
	}
	if err != nil {
		a.Status = status(err)
		text := err.Error()
		if errors.Is(err, platform.ErrInvalid) {
			text = platform.ErrInvalid.Error() + ": " + text
		}
		switch a.Status {
		case http.StatusUnauthorized:
			a.Header = http.Header{"Www-Authenticate": {"Bearer"}}
		case http.StatusInternalServerError:
			text = "the platform failed; its log has the reason under this request id"
		}
		result = failure{Error: text, RequestID: c.RequestID}
	}
	body, err := access.AppendJSON(a.Body, result, json.Deterministic(true))
	if err != nil {
		a.Status = http.StatusInternalServerError
		body = append(a.Body, `{"error":"the answer could not be written as JSON"}`...)
	}
	a.Body = append(body, '\n')
}

func status(err error) int {
	switch {
	case errors.Is(err, errUnauthorized):
		return http.StatusUnauthorized
	case errors.Is(err, platform.ErrInvalid), errors.Is(err, errBody):
		return http.StatusBadRequest
	case errors.Is(err, platform.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, platform.ErrExists), errors.Is(err, platform.ErrFull):
		return http.StatusConflict
	default:
		return refuse.Status(err)
	}
}

// parameter returns a parameter of the URL, "" if it is missing. It refuses a query that cannot be read as a whole.
func parameter(c *access.Call, name string) (text string, err error) {
	if c.Query, err = sign.ParseQuery(c.Query, c.Request.URL.RawQuery); err != nil {
		return "", platform.Invalidf("query", "%v", err)
	}
	return c.Query.Get(name), nil
}

// QueryNumber reads a URL parameter that is a number from 0 to most.
func QueryNumber(c *access.Call, name string, otherwise, most uint64) (uint64, error) {
	text, err := parameter(c, name)
	if text == "" {
		return otherwise, err
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		return 0, platform.Invalidf(name, "URL parameter %s is not a number from 0 to %d", name, most)
	}
	return n, nil
}
