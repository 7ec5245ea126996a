// Package fault makes parts of the platform fail at their boundary: at the call of the store, at the use of a cache or the
// keyring, on the bus's way to a command. The platform's answer then comes from its own handling of the failure; no fault
// point names a code of a door. Only `rookery dev` and tests have fault points.
package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxRules bounds how many rules a set holds.
const MaxRules = 100

// maxDelay bounds bus.delay.
const maxDelay = time.Minute

// Tables are the store's tables that points can name.
var Tables = []string{"apps", "accounts", "openids", "players", "grants", "logins", "openkeys", "friendships", "messages", "achievements", "board_scores", "recent_games",
	"scenes", "game_commands", "bindings", "oidb_policy", "outbox", "sessions", "operators", "audit", "qqgroups", "feeds", "red_dots", "challenges"}

// Caches are the caches that points can name.
var Caches = []string{"friends", "bindings"}

// Points lists the forms of all points, for help texts.
func Points() []string {
	return []string{
		"store.read:TABLE", "store.write:TABLE", "cache.read:CACHE", "cache.write:CACHE", "keyring.read",
		"bus.route:COMMAND", "bus.connect:COMMAND", "bus.delay:COMMAND=DURATION", "bus.garble:COMMAND", "backend.answer:COMMAND=RESULT",
		"handler:COMMAND", "idip.connect", "idip.garble", "events.write", "notice.send",
	}
}

// pointForm returns the form of the points of a kind.
func pointForm(kind string) string {
	for _, p := range Points() {
		if strings.HasPrefix(p, kind+":") {
			return p
		}
	}
	return kind
}

// panicking are the kinds of points that can panic: behind them is the platform's own code.
var panicking = []string{"store.read", "store.write", "cache.read", "cache.write", "keyring.read", "handler", "events.write"}

// Rule says which point fails, and for which calls. An empty condition matches all.
type Rule struct {
	ID        int            `json:"id,omitzero" doc:"its number, which the platform gives"`
	Point     string         `json:"point" required:"true" doc:"what fails: rookery dev fault --help lists the points"`
	AppID     platform.AppID `json:"appid,omitzero" doc:"only for calls of this app"`
	OpenID    string         `json:"openid,omitzero" doc:"only for this openid or MSDK openid, if the failing part is given one"`
	Interface string         `json:"interface,omitzero" doc:"only for calls of the interface with this path"`
	Times     int            `json:"times,omitzero" doc:"how often it will still fail; 0 for no limit"`
	Rate      float64        `json:"rate,omitzero" doc:"share of the calls that fail, up to 1; 0 for all"`
	Panic     bool           `json:"panic,omitzero" doc:"panic, as a defect would, instead of returning an error"`
	Hits      int            `json:"hits" doc:"how often it failed so far"`

	part   string // "store.read:grants", "bus.delay:0x711"
	delay  time.Duration
	answer retcode.Code
}

// Error is the failure of a part because of a rule.
type Error struct{ Point string }

func (e *Error) Error() string { return "fault point " + e.Point }

// Set holds the rules. The zero value has none. It is safe for concurrent use.
type Set struct {
	armed   atomic.Bool       // whether there are rules: without any, a point costs one load
	notices *oidb.Declaration // the command whose point is notice.send
	games   []string          // the commands of the Game Center's door

	mu    sync.Mutex
	rules []*Rule
	last  int
}

// Add arms a rule and returns it with its number. Errors: platform.ErrInvalid, which says what is wrong with the rule,
// platform.ErrFull.
func (s *Set) Add(r Rule) (Rule, error) {
	if err := r.check(s.games); err != nil {
		return Rule{}, platform.Invalidf("", "%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rules) >= MaxRules {
		return Rule{}, platform.ErrFull.Errorf("there are %d faults already: clear some", MaxRules)
	}
	s.last++
	r.ID, r.Hits = s.last, 0
	s.rules = append(s.rules, &r)
	s.armed.Store(true)
	return r, nil
}

// List returns the rules in the order in which they were added. A rule that has failed as often as it should is removed.
func (s *Set) List() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Rule, len(s.rules))
	for i, r := range s.rules {
		list[i] = *r
	}
	return list
}

// Clear disarms one rule, or all for id 0, and returns how many it disarmed.
func (s *Set) Clear(id int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.rules)
	s.rules = slices.DeleteFunc(s.rules, func(r *Rule) bool { return id == 0 || r.ID == id })
	s.armed.Store(len(s.rules) > 0)
	return before - len(s.rules)
}

// check parses the point and checks the conditions.
func (r *Rule) check(games []string) error {
	kind, target, _ := strings.Cut(r.Point, ":")
	switch kind {
	case "store.read", "store.write":
		if !slices.Contains(Tables, target) {
			return fmt.Errorf("point %.80q: the tables are %s", r.Point, strings.Join(Tables, ", "))
		}
		r.part = r.Point
	case "cache.read", "cache.write":
		if !slices.Contains(Caches, target) {
			return fmt.Errorf("point %.80q: the caches are %s", r.Point, strings.Join(Caches, ", "))
		}
		r.part = r.Point
	case "keyring.read", "idip.connect", "idip.garble", "events.write", "notice.send":
		if r.Point != kind {
			return fmt.Errorf("point %.80q: %s takes nothing after it", r.Point, kind)
		}
		r.part = kind
	case "bus.route", "bus.connect", "bus.delay", "bus.garble", "backend.answer", "handler":
		command, value, given := strings.Cut(target, "=")
		of, known := commands()[command]
		var err error
		switch {
		case kind == "handler" && slices.Contains(games, target):
		case !known:
			return fmt.Errorf("point %.80q: the commands are %s", r.Point, strings.Join(Commands(), ", "))
		case given != strings.Contains(pointForm(kind), "="):
			err = errors.New("it does not have the form " + pointForm(kind))
		case kind == "bus.delay":
			if r.delay, err = time.ParseDuration(value); err == nil && (r.delay <= 0 || r.delay > maxDelay) {
				err = fmt.Errorf("a delay is longer than 0s and at most %s", maxDelay)
			}
		case kind == "backend.answer":
			r.answer, err = answerOf(of, value)
		}
		if err != nil {
			return fmt.Errorf("point %.80q: %w", r.Point, err)
		}
		r.part = kind + ":" + command
	default:
		return fmt.Errorf("point %.80q is not one of %s", r.Point, strings.Join(Points(), ", "))
	}
	switch {
	case r.Times < 0:
		return fmt.Errorf("times is %d, less than 0", r.Times)
	case !(r.Rate >= 0 && r.Rate <= 1):
		return fmt.Errorf("rate %v is not from 0 to 1", r.Rate)
	case r.Panic && !slices.Contains(panicking, kind):
		return fmt.Errorf("%s does not panic: these do: %s", kind, strings.Join(panicking, ", "))
	case len(r.OpenID) > 64 || len(r.Interface) > 200:
		return errors.New("openid or interface is too long")
	}
	return nil
}

// answerOf returns the code that a back end's result stands for.
func answerOf(d *oidb.Declaration, text string) (retcode.Code, error) {
	result, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	code, known := d.Code(uint32(result))
	if !known || result == 0 {
		return 0, fmt.Errorf("%d is not a failure of the command", result)
	}
	return code, nil
}

// subject is the subject of a part's call, as far as the part knows it.
type subject struct {
	app    platform.AppID
	openid platform.OpenID
	msdk   platform.MSDKOpenID
}

// find returns the rule that makes the part fail for this call, and counts it.
func (s *Set) find(ctx context.Context, part string, who subject) (Rule, bool) {
	if !s.armed.Load() {
		return Rule{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.rules {
		if !r.names(part) || !r.matches(ctx, who) || r.Rate > 0 && rand.Float64() >= r.Rate {
			continue
		}
		r.Hits++
		if r.Times > 0 {
			if r.Times--; r.Times == 0 {
				s.rules = slices.Delete(s.rules, i, i+1)
				s.armed.Store(len(s.rules) > 0)
			}
		}
		return *r, true
	}
	return Rule{}, false
}

// names reports whether the rule is about a part: a rule for a command's number is about all of its service types.
func (r *Rule) names(part string) bool {
	rest, ok := strings.CutPrefix(part, r.part)
	return ok && (rest == "" || rest[0] == '_')
}

func (r *Rule) matches(ctx context.Context, who subject) bool {
	if r.AppID != 0 && r.AppID != who.app || r.Interface != "" && r.Interface != platform.InterfaceOf(ctx) {
		return false
	}
	switch {
	case r.OpenID == "":
		return true
	case who.openid != (platform.OpenID{}) && strings.EqualFold(r.OpenID, who.openid.String()):
		return true
	default:
		return who.msdk != 0 && r.OpenID == who.msdk.String()
	}
}

// fail makes a part fail that has no failure but an error.
func (s *Set) fail(ctx context.Context, part string, who subject) error {
	r, hit := s.find(ctx, part, who)
	if !hit {
		return nil
	}
	if r.Panic {
		panic(&Error{Point: r.Point})
	}
	return &Error{Point: r.Point}
}

// Keyring is the keyring's point, for token.Keyring.Guard.
func (s *Set) Keyring(ctx context.Context) error { return s.fail(ctx, "keyring.read", subject{}) }

// GameCommand names a command of the Game Center's door, which handler:COMMAND may name too. It must be called before the first
// rule is added.
func (s *Set) GameCommand(name string) { s.games = append(s.games, name) }

// GameHandler is the point of the handlers of these commands, for gamecmd.Table.Guard.
func (s *Set) GameHandler(ctx context.Context, name string) error {
	return s.fail(ctx, "handler:"+name, subject{})
}

// FriendCache is the points of the friend cache, for friends.Service.Guard.
func (s *Set) FriendCache(ctx context.Context, app platform.AppID, write bool) error {
	if write {
		return s.fail(ctx, "cache.write:friends", subject{app: app})
	}
	return s.fail(ctx, "cache.read:friends", subject{app: app})
}

// BindingCache is the points of the binding cache, for groups.Service.Guard.
func (s *Set) BindingCache(ctx context.Context, app platform.AppID, write bool) error {
	if write {
		return s.fail(ctx, "cache.write:bindings", subject{app: app})
	}
	return s.fail(ctx, "cache.read:bindings", subject{app: app})
}

// Events is the point of the outbox, for store.Outbox.GuardEvents.
func (s *Set) Events(ctx context.Context, event *platform.Event) error {
	return s.fail(ctx, "events.write", subject{app: event.Guild.AppID})
}

// IDIPConnect is the point of the way to a game's server, for idip.Client.Guard.
func (s *Set) IDIPConnect(ctx context.Context, app platform.AppID) error {
	return s.fail(ctx, "idip.connect", subject{app: app})
}

// IDIPAnswer is the point of what a game's server answers, for idip.Client.Guard.
func (s *Set) IDIPAnswer(ctx context.Context, app platform.AppID, answer []byte) []byte {
	return s.garble(ctx, "idip.garble", subject{app: app}, answer)
}

// garble spoils the bytes of an answer so that no parser can read them.
func (s *Set) garble(ctx context.Context, part string, who subject, answer []byte) []byte {
	if _, hit := s.find(ctx, part, who); !hit {
		return answer
	}
	return spoiled
}

// spoiled is neither JSON nor a message of the bus: its first byte begins a field of wire type 7, which does not exist.
var spoiled = []byte("\xff garbled")
