package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Handler serves a call that passed every check. Its result is encoded by the door's Encode.
type Handler func(*Call) (result any, err error)

// Endpoint is one interface of a door: how it is called, what checks a call, and what serves it. Everything about it is
// declared here; docs/routes.md and docs/api are made from it.
type Endpoint struct {
	Method     string                 // one or more, separated by blanks
	Path       string                 // a pattern of net/http's mux
	Signature  string                 // as that of a Guide, where it differs from the door's
	Summary    string                 // what it does: a sentence that begins with a verb
	Params     any                    // a struct of what the URL or the form has in addition to the door's; nil for nothing
	Result     any                    // a struct of what the answer has in addition to the door's; nil for nothing
	Permission string                 // the API's name in grants, rates and restrictions; "" if it needs none
	Role       *platform.OperatorRole // the least that may call it; nil if its callers are not operators
	Checks     []Stage                // in this order
	Limit      platform.RateLimit     // if the app has no rate of its own
	Action

	Commands []Use             // the bus commands that the handler calls
	Codes    []retcode.Code    // that the handler answers, in addition to those of its commands
	Refuse   func(error) error // translates the handler's errors for the interface; nil to leave them

	stages []Stage               // Checks, with sequences expanded
	codes  func() []retcode.Code // all that it may answer
}

// Action serves an interface. Decode is for the stage of the door that reads the body: it fills in Input and User.
type Action struct {
	Handle Handler
	Decode func(*Call) error // nil if the interface reads nothing of its own
	Codes  []retcode.Code    // of Decode, in addition to those of the stage
	Body   any               // a struct of the JSON object that Decode or Handle reads; nil for none
}

// With returns the action of a handler that takes the input left by the stages, which must be a T.
func With[T any](handle func(*Call, T) (any, error)) Action {
	return Action{Handle: func(c *Call) (any, error) { return handle(c, c.Input.(T)) }}
}

// API declares an interface that apps are granted by name: the last segment of its path.
func API(method, path string, action Action, checks ...Stage) Endpoint {
	return Endpoint{Method: method, Path: path, Permission: path[strings.LastIndexByte(path, '/')+1:], Action: action, Checks: checks}
}

// Does returns the endpoint with its summary.
func (e Endpoint) Does(summary string) Endpoint {
	e.Summary = summary
	return e
}

// Takes returns the endpoint with its own parameters.
func (e Endpoint) Takes(params any) Endpoint {
	e.Params = params
	return e
}

// Returns returns the endpoint with the members of its answer.
func (e Endpoint) Returns(result any) Endpoint {
	e.Result = result
	return e
}

// Calls returns the endpoint with the commands that its handler calls.
func (e Endpoint) Calls(commands ...Use) Endpoint {
	e.Commands = commands
	return e
}

// Answers returns the endpoint with the codes that its handler answers in addition to those of its commands.
func (e Endpoint) Answers(codes ...retcode.Code) Endpoint {
	e.Codes = codes
	return e
}

// Refuses returns the endpoint with a translation of its handler's errors.
func (e Endpoint) Refuses(as func(error) error) Endpoint {
	e.Refuse = as
	return e
}

// Stage is one step on a call's way. The first stage that returns an error ends the call with it.
type Stage struct {
	Name     string
	Run      func(*Call) error
	Codes    []retcode.Code // that it may refuse with
	Commands []Use          // the bus commands that it calls

	steps         []Stage // of a sequence, which otherwise has only a name
	signs, proves bool
}

// Sequence names a row of stages that several interfaces have in common.
func Sequence(name string, steps ...Stage) Stage { return Stage{Name: name, steps: steps} }

// Step returns a stage that refuses with the codes.
func Step(name string, run func(*Call) error, codes ...retcode.Code) Stage {
	return Stage{Name: name, Run: run, Codes: codes}
}

// Check returns a Step that takes the call's input, which must be a T.
func Check[T any](name string, run func(*Call, T) error, codes ...retcode.Code) Stage {
	return Step(name, func(c *Call) error { return run(c, c.Input.(T)) }, codes...)
}

// Calls returns the stage with the commands that it calls.
func (s Stage) Calls(commands ...Use) Stage {
	s.Commands = commands
	return s
}

// ChecksSignature returns the stage marked as the one that checks a call's signature: it and those before it look at the call and
// the app's registration only.
func (s Stage) ChecksSignature() Stage {
	s.signs, s.proves = true, true
	return s
}

// ProvesCaller returns the stage marked as the one after which the platform knows who calls: whoever is refused by it or before it is
// anonymous.
func (s Stage) ProvesCaller() Stage {
	s.proves = true
	return s
}

// Steps returns the stages of a sequence; nil for a single stage.
func (s Stage) Steps() []Stage { return s.steps }

// Use is a command as an interface uses it: the interface's requests may never meet some results.
type Use struct {
	Command *oidb.Declaration
	Never   []retcode.Code
}

// Uses returns a command for an interface whose requests never meet some of its results.
func Uses(command *oidb.Declaration, never ...retcode.Code) Use { return Use{command, never} }

// failures yields every failure that the caller of a command may see.
func (u Use) failures(yield func(error) bool) {
	for _, code := range slices.Concat(u.Command.Codes, oidb.InProcessCodes) {
		if !slices.Contains(u.Never, code) && !yield(&oidb.Failure{Command: u.Command, Code: code}) {
			return
		}
	}
}

// flat expands sequences.
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

// Codes returns every code that an interface of the door may answer, by domain and number.
func (d *Door) Codes(e *Endpoint) []retcode.Code {
	if d.Code == nil {
		return nil
	}
	var codes []retcode.Code
	for _, err := range d.failures(e) {
		if code := d.Code(err); code != 0 {
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, byNumber)
	return slices.Compact(codes)
}

// failures returns the errors with which a call of an interface may end, as the door is given them: those of its stages, its
// commands and its handler, and those of the access layer.
func (d *Door) failures(e *Endpoint) (all []error) {
	for _, stage := range flat(e.Checks) {
		for _, code := range stage.Codes {
			all = append(all, code)
		}
		for _, command := range stage.Commands {
			all = slices.AppendSeq(all, command.failures)
		}
	}
	for _, command := range e.Commands {
		for err := range command.failures {
			if e.Refuse != nil {
				err = e.Refuse(err)
			}
			all = append(all, err)
		}
	}
	for _, code := range slices.Concat(e.Action.Codes, e.Codes) {
		all = append(all, code)
	}
	return append(all, &MethodError{e.methods()}, ErrUnreadable, ErrPanic)
}

func byNumber(a, b retcode.Code) int {
	return cmp.Or(cmp.Compare(a.Domain(), b.Domain()), cmp.Compare(a.Number(), b.Number()))
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
	e.stages = flat(e.Checks)
	e.codes = sync.OnceValue(func() []retcode.Code { return door.Codes(&e) }) // of hundreds of interfaces few are ever asked for
	return &e, nil
}

// declares reports whether the interface may answer the code.
func (e *Endpoint) declares(code retcode.Code) bool { return slices.Contains(e.codes(), code) }

// Permissions returns the permission names of the doors' interfaces that have a check, sorted, without duplicates.
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
