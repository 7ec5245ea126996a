// Package gamecmd knows the commands of the Game Center's door and what the operator decided about each: whether it is on, and
// which ways of identity it takes.
package gamecmd

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// The ways in which a caller may identify itself.
const (
	ByToken = "access_token" // with openid, signed
	BySkey  = "skey"         // with uin
	BySid   = "sid"
)

// Command is a command as the door declares it.
type Command struct {
	Name string
	Ways []string
}

// State is a command as it is now.
type State struct {
	Name     string   `json:"name" doc:"the command's name"`
	On       bool     `json:"on" doc:"it is switched on"`
	Ways     []string `json:"ways" doc:"the ways of identity that it takes"`
	Declared []string `json:"declared" doc:"the ways that it could take"`
}

// Table is all commands. It is safe for concurrent use.
type Table struct {
	store    store.GameCommands
	declared []Command
	guard    func(ctx context.Context, name string) error // nil without a guard

	mu    sync.Mutex // held while states is replaced
	state atomic.Pointer[map[string]State]
}

// New returns a table whose commands are all as they were declared. Load reads the operator's decisions.
func New(st store.Store, declared []Command) *Table {
	t := &Table{store: st, declared: declared}
	states := make(map[string]State)
	for _, c := range declared {
		states[c.Name] = c.state(platform.GameCommand{})
	}
	t.state.Store(&states)
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.GameCommandChange); ok {
			t.put(c.Command)
		}
	})
	return t
}

// Guard sets a function that each call passes before the command's handler is made. It must be set before the first call.
func (t *Table) Guard(guard func(ctx context.Context, name string) error) { t.guard = guard }

// Load reads what the operator decided.
func (t *Table) Load(ctx context.Context) error {
	decided, err := t.store.GameCommands(ctx)
	for _, c := range decided {
		t.put(c)
	}
	return err
}

// put replaces the state of a command. A decision about a command of another build of the platform waits for that.
func (t *Table) put(decided platform.GameCommand) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.find(decided.Name); c != nil {
		states := maps.Clone(*t.state.Load())
		states[c.Name] = c.state(decided)
		t.state.Store(&states)
	}
}

func (t *Table) find(name string) *Command {
	if i := slices.IndexFunc(t.declared, func(c Command) bool { return c.Name == name }); i >= 0 {
		return &t.declared[i]
	}
	return nil
}

func (c *Command) state(decided platform.GameCommand) State {
	ways := c.Ways
	if decided.Ways != nil {
		ways = []string{}
		for _, way := range c.Ways { // in their order of precedence
			if slices.Contains(decided.Ways, way) {
				ways = append(ways, way)
			}
		}
	}
	return State{Name: c.Name, On: !decided.Off, Ways: ways, Declared: c.Ways}
}

// Enter lets a call in to a command and returns the ways of identity that the command takes, in their order of precedence.
// Errors, in this order: -4015 for an unknown command, -4005 for one that is off, -4000 if its handler cannot be made, -4014 if
// it takes no way of identity.
func (t *Table) Enter(ctx context.Context, name string) (ways []string, err error) {
	state, known := (*t.state.Load())[name]
	switch {
	case !known:
		return nil, retcode.GameCenterCommandUnknown.Errorf("there is no command %.40q", name)
	case !state.On:
		return nil, retcode.GameCenterCommandOff.Errorf("command %s is switched off on this platform", name)
	}
	if t.guard != nil {
		if err := t.guard(ctx, name); err != nil {
			return nil, retcode.GameCenterHandlerFailed.WithCause(err)
		}
	}
	if len(state.Ways) == 0 {
		return nil, retcode.GameCenterIdentityCheckUnset.Errorf("command %s is configured without any way of checking who calls it", name)
	}
	return state.Ways, nil
}

// All returns the state of every command, in the order of their declaration.
func (t *Table) All() []State {
	states := *t.state.Load()
	all := make([]State, len(t.declared))
	for i, c := range t.declared {
		all[i] = states[c.Name]
	}
	return all
}

// Decision is an operator's change of a command. What is nil stays as it is.
type Decision struct {
	On   *bool     `json:"on,omitzero" doc:"switches it on or off"`
	Ways *[]string `json:"ways,omitzero" doc:"the ways that it takes, of those that it is declared with; an empty list lets nobody call it"`
}

// Decide changes a command. Errors: platform.ErrNotFound, platform.ErrInvalid.
func (t *Table) Decide(ctx context.Context, name string, to Decision) (State, error) {
	c := t.find(name)
	if c == nil {
		return State{}, platform.ErrNotFound.Errorf("there is no command %.40q", name)
	}
	if to.Ways != nil {
		for _, way := range *to.Ways {
			if !slices.Contains(c.Ways, way) {
				return State{}, platform.Invalidf("ways", "command %s cannot take %.40q, only %v", name, way, c.Ways)
			}
		}
	}
	decided, err := t.store.EditGameCommand(ctx, name, func(d *platform.GameCommand) error {
		if to.On != nil {
			d.Off = !*to.On
		}
		if to.Ways != nil {
			d.Ways = append([]string{}, *to.Ways...)
		}
		return nil
	})
	if err != nil {
		return State{}, err
	}
	return c.state(decided), nil
}
