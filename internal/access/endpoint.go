package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Handler serves a call that passed every check. What it returns is for the door's Encode.
type Handler func(*Call) (result any, err error)

// Endpoint is one interface of a door: how it is called, what a call goes through, and what serves it. Everything about it is
// declared here; docs/routes.md is made from it.
type Endpoint struct {
	Method     string             // one or more, parted by blanks
	Path       string             // a pattern of net/http's mux
	Permission string             // the API's name in grants, rates and restrictions; "" where none is needed
	Checks     []Stage            // in this order
	Limit      platform.RateLimit // where the app has no rate of its own
	Action

	Commands []Use             // of the bus, that the handler calls
	Codes    []retcode.Code    // that the handler answers besides those of its commands
	Refuse   func(error) error // what the interface makes of its handler's errors; nil where it leaves them as they are

	stages []Stage        // Checks, each sequence taken apart
	codes  []retcode.Code // all that it may answer
}

// Action is what serves an interface. Decode is for the stage of the door that reads the body: it fills in Input and User.
type Action struct {
	Handle Handler
	Decode func(*Call) error // nil where the interface reads nothing of its own
	Codes  []retcode.Code    // of Decode, besides those of the stage
}

// With is the action of a handler that wants what the stages left as the call's input, which must be a T.
func With[T any](handle func(*Call, T) (any, error)) Action {
	return Action{Handle: func(c *Call) (any, error) { return handle(c, c.Input.(T)) }}
}

// Stage is one step on a call's way. The first stage that returns an error ends the call with it.
type Stage struct {
	Name     string
	Run      func(*Call) error
	Codes    []retcode.Code // that it refuses with
	Commands []Use          // of the bus, that it calls

	steps []Stage // of a sequence, which has nothing but a name besides
}

// Sequence gives stages that several interfaces have in a row a name.
func Sequence(name string, steps ...Stage) Stage { return Stage{Name: name, steps: steps} }

// Check is a stage that wants the call's input, which must be a T.
func Check[T any](name string, run func(*Call, T) error, codes ...retcode.Code) Stage {
	return Stage{Name: name, Run: func(c *Call) error { return run(c, c.Input.(T)) }, Codes: codes}
}

// Calls returns the stage with the commands that it calls.
func (s Stage) Calls(commands ...Use) Stage {
	s.Commands = commands
	return s
}

// Steps returns the stages of a sequence, nil for a single stage.
func (s Stage) Steps() []Stage { return s.steps }

// Use is a command as an interface uses it: there may be results that its requests cannot meet.
type Use struct {
	Command *oidb.Declaration
	Never   []retcode.Code
}

// failures yields every failure that the caller of a command may see.
func (u Use) failures(yield func(error) bool) {
	for _, code := range slices.Concat(u.Command.Codes, oidb.InProcessCodes) {
		if !slices.Contains(u.Never, code) && !yield(&oidb.Failure{Command: u.Command, Code: code}) {
			return
		}
	}
}

// flat takes sequences apart.
func flat(stages []Stage) (all []Stage) {
	for _, stage := range stages {
		if stage.steps == nil {
			all = append(all, stage)
		} else {
			all = append(all, flat(stage.steps)...)
		}
	}
	return all
}

// Codes returns every code that an interface of the door may answer, in the order of their domains and numbers: what can be
// wrong before the stages, and what its stages, its commands and its handler say, all as the door translates it.
func (d *Door) Codes(e *Endpoint) []retcode.Code {
	var codes []retcode.Code
	add := func(err error) {
		if d.Code == nil {
			return
		}
		if code := d.Code(err); code != 0 {
			codes = append(codes, code)
		}
	}
	handler := func(err error) {
		if e.Refuse != nil {
			err = e.Refuse(err)
		}
		add(err)
	}
	add(&MethodError{e.methods()})
	add(ErrUnreadable)
	add(ErrPanic)
	for _, stage := range flat(e.Checks) {
		for _, code := range stage.Codes {
			add(code)
		}
		for _, command := range stage.Commands {
			for err := range command.failures {
				add(err)
			}
		}
	}
	for _, command := range e.Commands {
		command.failures(func(err error) bool { handler(err); return true })
	}
	for _, code := range slices.Concat(e.Action.Codes, e.Codes) {
		add(code)
	}
	slices.SortFunc(codes, func(a, b retcode.Code) int {
		if a.Domain() != b.Domain() {
			return int(a.Domain()) - int(b.Domain())
		}
		return a.Number() - b.Number()
	})
	return slices.Compact(codes)
}

func (e *Endpoint) methods() []string { return strings.Fields(e.Method) }

// ready returns a copy that can serve.
func (e Endpoint) ready(door *Door) (*Endpoint, error) {
	switch {
	case len(e.methods()) == 0 || !strings.HasPrefix(e.Path, "/"):
		return nil, fmt.Errorf("%s %s is not a method and a path", e.Method, e.Path)
	case e.Handle == nil:
		return nil, fmt.Errorf("%s %s has no handler", e.Method, e.Path)
	}
	e.stages, e.codes = flat(e.Checks), door.Codes(&e)
	return &e, nil
}

// declares reports whether the code is one that the interface may answer.
func (e *Endpoint) declares(code retcode.Code) bool { return slices.Contains(e.codes, code) }

// Permissions returns the permission names of the doors' interfaces that have a check, sorted, each once.
func Permissions(doors []*Door, check Stage) []string {
	var names []string
	for _, door := range doors {
		for i := range door.Endpoints {
			e := &door.Endpoints[i]
			if e.Permission != "" && slices.ContainsFunc(flat(e.Checks), func(s Stage) bool { return s.Name == check.Name }) {
				names = append(names, e.Permission)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
