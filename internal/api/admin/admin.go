// Package admin is the operators' door: JSON over HTTP with the usual statuses, for callers with an operator's token. The
// rookery command line is its first client.
package admin

import (
	"errors"
	"fmt"
	"log/slog"
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
	"github.com/rookeryhq/rookery/internal/operators"
	"github.com/rookeryhq/rookery/internal/outbox"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/token"
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
	Operators    *operators.Service
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
	operators    *operators.Service
}

// New returns the door.
func New(s Services, apis APIs) *access.Door {
	d := &door{
		registry: s.Apps, profiles: s.Profiles, identity: s.Identity, friends: s.Friends, messages: s.Messages, groups: s.Groups, bindings: s.Bindings, events: s.Events, games: s.Games,
		ranking: s.Ranking, achievements: s.Achievements,
		bus: s.Bus, apis: apis,
		gameCommands: s.GameCommands, doctor: s.Doctor, operators: s.Operators,
	}
	return d.serve(d.ofApps(), d.ofAccounts(), d.ofPlatform(), d.ofGroups(), d.ofBus(), d.ofOperators())
}

// NewBackend returns the door of a back end that is a group platform.
func NewBackend(groups *qqgroups.Service, bus *oidb.Bus, team *operators.Service) *access.Door {
	d := &door{groups: groups, bus: bus, operators: team}
	served := d.serve(d.ofGroups(), d.ofBus(), d.ofOperators())
	served.Prefixes = []string{"/admin/v1/groups/", "/admin/v1/oidb/", "/admin/v1/operators/", "/admin/v1/audit/"} // a back end does not have the rest
	return served
}

// guide describes the API to operators.
var guide = access.Guide{
	Title: "Admin API",
	About: "JSON for operators, with the header `Authorization: Bearer TOKEN`. The token is an operator's own, as `rookery operator add` prints it, or that of the server's admin token file, whose holder is an owner. Each interface names the least role that may call it: reader, operator or owner; 403 says which one is missing. Every change is in the audit log. The HTTP status says how a call ended; what is not a success answers `error`, a sentence, and `request_id`. " +
		"`rookery`'s commands are its first client, and its members are named as their flags. Names that a call does not know are refused.",
}

func (d *door) ofApps() []access.Endpoint {
	return []access.Endpoint{
		At(platform.RoleReader, "GET /admin/v1/apps", Do(d.listApps)).Does("Lists the apps, without their keys.").Returns([]platform.App{}),
		At(platform.RoleOperator, "POST /admin/v1/apps", Body(d.createApp)).Does("Creates an app, and shows its keys.").Returns(platform.App{}),
		At(platform.RoleReader, "GET /admin/v1/apps/{appid}", on(app, d.showApp)).Does("Shows an app, with asterisks in place of its keys.").Returns(platform.App{}),
		At(platform.RoleOperator, "GET /admin/v1/apps/{appid}/keys", on(app, d.showKeys)).Does("Shows an app with its keys.").Returns(platform.App{}),
		At(platform.RoleOperator, "PATCH /admin/v1/apps/{appid}", change(app, d.updateApp)).Does("Changes an app. What is missing stays as it is.").Returns(platform.App{}),
		At(platform.RoleOperator, "POST /admin/v1/apps/{appid}/keys", change(app, d.setAppKey)).Does("Sets one of an app's keys.").Returns(AppKey{}),
		At(platform.RoleReader, "POST /admin/v1/apps/{appid}/doctor", change(app, d.examine)).Does("Looks for what an app's integration may trip over.").Returns(doctor.Report{}),
		At(platform.RoleReader, "POST /admin/v1/apps/{appid}/idip", change(app, d.askGame)).Does("Asks the game's server about a guild and a player, as the interfaces of groups do.").Returns(GuildAnswer{}),
		At(platform.RoleReader, "GET /admin/v1/apps/{appid}/bindings", on(app, d.listBindings)).Does("Lists which groups serve the guilds of an app, by server and guild.").Takes(bindingFields{}).Returns([]platform.Binding{}),
		At(platform.RoleOperator, "DELETE /admin/v1/apps/{appid}/bindings/{zone}/{guild}", on(app, d.unbind)).Does("Ends the service of a guild's group.").Returns(platform.Binding{}),
		At(platform.RoleReader, "GET /admin/v1/apps/{appid}/achievements", on(app, d.listAchievements)).Does("Lists what a player has achieved.").Takes(achievementFields{}).Returns(Achievements{}),
		At(platform.RoleReader, "GET /admin/v1/apps/{appid}/ranks", on(app, d.listRanks)).Does("Lists places on a board.").Takes(rankFields{}).Returns(Ranking{}),
		At(platform.RoleReader, "GET /admin/v1/apps/{appid}/scenes", on(app, d.listScenes)).Does("Lists the scenes of an app's Ark messages.").Returns([]platform.Scene{}),
		At(platform.RoleReader, "GET /admin/v1/apps/{appid}/scenes/{scene}", on(scene, d.showScene)).Does("Shows a scene.").Takes(programField{}).Returns(platform.Scene{}),
		At(platform.RoleOperator, "PUT /admin/v1/apps/{appid}/scenes/{scene}", change(scene, d.setScene)).Does("Creates or changes a scene. A new template takes effect later.").Takes(programField{}).Returns(platform.Scene{}),
		At(platform.RoleOperator, "DELETE /admin/v1/apps/{appid}/scenes/{scene}", on(scene, d.removeScene)).Does("Removes a scene.").Takes(programField{}).Returns(Removed{}),
	}
}

func (d *door) ofAccounts() []access.Endpoint {
	return []access.Endpoint{
		At(platform.RoleReader, "GET /admin/v1/accounts", Do(d.listAccounts)).Does("Lists accounts by number.").Takes(pageFields{}).Returns([]platform.Account{}),
		At(platform.RoleOperator, "POST /admin/v1/accounts", Body(d.createAccount)).Does("Creates an account.").Returns(platform.Account{}),
		At(platform.RoleReader, "GET /admin/v1/accounts/{uin}", on(account, d.showAccount)).Does("Shows an account with its openids and friends.").Returns(AccountDetails{}),
		At(platform.RoleOperator, "PATCH /admin/v1/accounts/{uin}", change(account, d.updateAccount)).Does("Changes a profile. What is missing stays as it is.").Returns(platform.Account{}),
		At(platform.RoleOperator, "POST /admin/v1/accounts/{uin}/state", change(account, d.setState)).Does("Freezes, protects, closes or releases an account.").Returns(platform.Account{}),
		At(platform.RoleOperator, "POST /admin/v1/accounts/{uin}/sign-out", on(account, d.signOut)).Does("Signs a person out everywhere.").Returns(platform.Account{}),
		At(platform.RoleOperator, "POST /admin/v1/accounts/{uin}/password", change(account, d.setPassword)).Does("Sets an account's password, which ends its tokens.").Returns(platform.Account{}),
		At(platform.RoleOperator, "POST /admin/v1/accounts/{uin}/reclaim", change(account, d.reclaim)).Does("Takes an account's openid at an app back.").Returns(platform.OpenIDBinding{}),
		At(platform.RoleReader, "GET /admin/v1/accounts/{uin}/friends", on(account, d.listFriends)).Does("Lists an account's friends.").Returns([]platform.Friendship{}),
		At(platform.RoleOperator, "POST /admin/v1/accounts/{uin}/friends", change(account, d.addFriend)).Does("Makes two accounts friends.").Returns(Friendship{}),
		At(platform.RoleOperator, "PATCH /admin/v1/accounts/{uin}/friends/{friend}", change(friendship, d.remarkFriend)).Does("Sets an account's remark about a friend.").Returns(Friendship{}),
		At(platform.RoleOperator, "DELETE /admin/v1/accounts/{uin}/friends/{friend}", on(friendship, d.removeFriend)).Does("Ends a friendship.").Returns(Friendship{}),
	}
}

func (d *door) ofPlatform() []access.Endpoint {
	return []access.Endpoint{
		At(platform.RoleOperator, "POST /admin/v1/tokens", Body(d.issueToken)).Does("Issues a token as if the person had just logged in.").Returns(IssuedToken{}),
		At(platform.RoleOperator, "POST /admin/v1/tokens/inspect", Body(d.inspectToken)).Does("Shows what the platform knows about a token.").Returns(Inspection{}),
		At(platform.RoleOperator, "POST /admin/v1/tokens/revoke", Body(d.revoke)).Does("Ends every token that an account gave an app.").Returns(Revocation{}),
		At(platform.RoleReader, "GET /admin/v1/gateways", Do(d.listGateways)).Does("Lists the gateways that share the platform's storage.").Returns([]platform.Gateway{}),
		At(platform.RoleReader, "GET /admin/v1/keys", Do(d.listKeys)).Does("Lists the keys that seal tokens, without the keys themselves.").Returns([]token.Key{}),
		At(platform.RoleOwner, "POST /admin/v1/keys", Do(d.rotateKeys)).Does("Makes a new key, which seals tokens from then on.").Returns(token.Key{}),
		At(platform.RoleReader, "GET /admin/v1/events", Do(d.showEvents)).Does("Shows how far each lane of the events is.").Returns([]outbox.Status{}),
		At(platform.RoleOperator, "POST /admin/v1/events/test", Do(d.testEvents)).Does("Sends an event through the stream, and shows the lanes.").Returns([]outbox.Status{}),
		At(platform.RoleReader, "GET /admin/v1/gamecenter/commands", Do(d.listGameCommands)).Does("Lists the commands of the Game Center.").Returns([]gamecmd.State{}),
		At(platform.RoleOperator, "PATCH /admin/v1/gamecenter/commands/{cmd}", Body(d.decideGameCommand)).Does("Switches a command of the Game Center on or off, or changes who may call it.").Returns(gamecmd.State{}),
	}
}

func (d *door) ofGroups() []access.Endpoint {
	return []access.Endpoint{
		At(platform.RoleReader, "GET /admin/v1/groups", Do(d.listGroups)).Does("Lists QQ groups by number: all, or those that an account is in.").Takes(groupsFields{}).Returns([]platform.Group{}),
		At(platform.RoleOperator, "POST /admin/v1/groups", Body(d.createGroup)).Does("Creates a QQ group.").Returns(platform.Group{}),
		At(platform.RoleReader, "GET /admin/v1/groups/{gc}", on(group, d.showGroup)).Does("Shows a group with its members, guilds and newest messages.").Takes(pageFields{}).Returns(GroupDetails{}),
		At(platform.RoleOperator, "PATCH /admin/v1/groups/{gc}", change(group, d.updateGroup)).Does("Changes a group. What is missing stays as it is.").Returns(platform.Group{}),
		At(platform.RoleOperator, "POST /admin/v1/groups/{gc}/disband", on(group, d.disbandGroup)).Does("Disbands a group, for ever.").Returns(platform.Group{}),
	}
}

func (d *door) ofBus() []access.Endpoint {
	return []access.Endpoint{
		At(platform.RoleReader, "GET /admin/v1/oidb/policy", Do(d.showPolicy)).Does("Shows the bus's policy.").Returns(oidb.Policy{}),
		At(platform.RoleOperator, "PATCH /admin/v1/oidb/policy", Body(d.changePolicy)).Does("Changes the bus's policy. What is missing stays as it is; a list replaces the previous one.").Returns(oidb.Policy{}),
	}
}

func (d *door) ofOperators() []access.Endpoint {
	return []access.Endpoint{
		At(platform.RoleReader, "GET /admin/v1/operators", Do(d.listOperators)).Does("Lists the operators by name.").Returns([]platform.Operator{}),
		At(platform.RoleOwner, "POST /admin/v1/operators", Body(d.addOperator)).Does("Adds an operator, and shows the token, once.").Returns(NamedOperator{}),
		At(platform.RoleOwner, "PATCH /admin/v1/operators/{name}", change(operator, d.updateOperator)).Does("Changes an operator's role or token. An old token ends at once.").Returns(NamedOperator{}),
		At(platform.RoleOwner, "DELETE /admin/v1/operators/{name}", on(operator, d.removeOperator)).Does("Removes an operator, whose token ends at once.").Returns(Removed{}),
		At(platform.RoleReader, "GET /admin/v1/audit", Do(d.listAudit)).Does("Lists what operators did, newest first.").Takes(auditFields{}).Returns([]platform.AuditEntry{}),
	}
}

// serve returns the door of the interfaces, which leave entries in the audit log.
func (d *door) serve(parts ...[]access.Endpoint) *access.Door {
	endpoints := slices.Concat(parts...)
	for i := range endpoints {
		endpoints[i] = d.audited(endpoints[i])
	}
	return &access.Door{Name: "admin", Guide: guide, Prefixes: []string{"/admin/"}, Endpoints: ForOperators(d.operators, endpoints), Encode: Encode}
}

// At declares an interface by the least role that may call it, its method and its path.
func At(least platform.OperatorRole, pattern string, action access.Action) access.Endpoint {
	method, path, _ := strings.Cut(pattern, " ")
	return access.Endpoint{Method: method, Path: path, Role: &least, Action: action}
}

// ForOperators returns the interfaces, declared with At, for operators whose role suffices.
func ForOperators(team *operators.Service, endpoints []access.Endpoint) []access.Endpoint {
	checks := []access.Stage{access.Step("bearer", bearer(team)).ProvesCaller(), access.Check("role", role)}
	for i := range endpoints {
		endpoints[i].Checks = checks
	}
	return endpoints
}

var errUnauthorized = errors.New("the admin API requires the header 'Authorization: Bearer TOKEN' with an operator's token or that of the server's admin token file")

// bearer finds the operator who calls.
func bearer(team *operators.Service) func(*access.Call) error {
	return func(c *access.Call) error {
		token, ok := strings.CutPrefix(c.Request.Header.Get("Authorization"), "Bearer ")
		if !ok {
			return errUnauthorized
		}
		who, known := team.ByToken(token)
		if !known {
			return errUnauthorized
		}
		c.Input = who
		c.Note(slog.String("operator", who.Name))
		return nil
	}
}

const errForbidden platform.ErrorKind = "the operator's role does not suffice"

// role refuses operators with a lower role than the interface takes.
func role(c *access.Call, who platform.Operator) error {
	if least := *c.Endpoint.Role; who.Role < least {
		return errForbidden.Errorf("%s has the role %s, and %s %s needs the role %s", who.Name, who.Role, c.Endpoint.Method, c.Endpoint.Path, least)
	}
	return nil
}

// errBody says what is wrong with a request's body.
var errBody = errors.New("the body")

// unknownMember is the error for a member that a call does not take, by its JSON pointer. The log does not repeat it: it may be a value
// that the caller misplaced.
type unknownMember string

func (m unknownMember) Error() string {
	return fmt.Sprintf("%v has a member %.40s that this call does not take", errBody, string(m))
}

// Logged is the error's text for the log.
func (unknownMember) Logged() string {
	return errBody.Error() + " has a member that this call does not take"
}

// Is implements errors.Is.
func (unknownMember) Is(target error) bool { return target == errBody }

// input decodes the body into T. It refuses members that T does not have, so that a misspelled one is not lost silently.
func input[T any](c *access.Call) (T, error) {
	var in T
	if len(c.Body) == 0 {
		return in, fmt.Errorf("%w is empty", errBody)
	}
	err := json.Unmarshal(c.Body, &in, json.RejectUnknownMembers(true))
	if err == nil {
		noteInput(c, in)
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
		return in, unknownMember(typed.JSONPointer)
	}
	if typed.Err != nil {
		return in, fmt.Errorf("%w: member %s: %w", errBody, typed.JSONPointer, typed.Err)
	}
	if typed.JSONPointer == "" {
		return in, fmt.Errorf("%w is not a JSON object", errBody)
	}
	return in, fmt.Errorf("%w: member %s has the wrong type", errBody, typed.JSONPointer)
}

// Do returns the action of a handler that reads no body.
func Do(handle access.Handler) access.Action { return access.Action{Handle: handle} }

// Body returns the action of a handler that takes a body.
func Body[T any](handle func(*access.Call, T) (any, error)) access.Action {
	return access.Action{Body: *new(T), Handle: func(c *access.Call) (any, error) {
		in, err := input[T](c)
		if err != nil {
			return nil, err
		}
		return handle(c, in)
	}}
}

// on returns the action of a handler for what the path names.
func on[ID any](named func(*access.Call) (ID, error), handle func(*access.Call, ID) (any, error)) access.Action {
	return Do(func(c *access.Call) (any, error) {
		id, err := named(c)
		if err != nil {
			return nil, err
		}
		return handle(c, id)
	})
}

// change is on for a handler that takes a body too.
func change[ID, T any](named func(*access.Call) (ID, error), handle func(*access.Call, ID, T) (any, error)) access.Action {
	action := on(named, func(c *access.Call, id ID) (any, error) {
		in, err := input[T](c)
		if err != nil {
			return nil, err
		}
		return handle(c, id, in)
	})
	action.Body = *new(T)
	return action
}

// What the path names.

func app(c *access.Call) (platform.AppID, error) {
	return platform.ParseAppID(c.Request.PathValue("appid"))
}
func account(c *access.Call) (platform.UIN, error) {
	return platform.ParseUIN(c.Request.PathValue("uin"))
}
func group(c *access.Call) (platform.GC, error) { return platform.ParseGC(c.Request.PathValue("gc")) }
func operator(c *access.Call) (string, error)   { return c.Request.PathValue("name"), nil }

func friendship(c *access.Call) (Friendship, error) {
	uin, err := account(c)
	if err != nil {
		return Friendship{}, err
	}
	friend, err := platform.ParseUIN(c.Request.PathValue("friend"))
	return Friendship{uin, friend}, err
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
		case http.StatusServiceUnavailable:
			if busy, ok := errors.AsType[*identity.Busy](err); ok {
				a.RetryAfter = busy.Wait
			}
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
	case errors.Is(err, errForbidden):
		return http.StatusForbidden
	case errors.Is(err, platform.ErrInvalid), errors.Is(err, errBody):
		return http.StatusBadRequest
	case errors.Is(err, platform.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, platform.ErrExists), errors.Is(err, platform.ErrFull):
		return http.StatusConflict
	default:
		if _, busy := errors.AsType[*identity.Busy](err); busy {
			return http.StatusServiceUnavailable
		}
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
