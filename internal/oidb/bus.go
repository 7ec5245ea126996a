// Package oidb is the bus behind the doors. A command is a pair of numbers that takes one message and answers another. It
// runs inside the process: the doors call it as a function, without marshalling, and everybody else through a transport,
// which passes the bus what it received. The bus answers the uniform codes of the oidb domain itself; a command answers its
// own small numbers.
package oidb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/limit/redis"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/tracing"
	"github.com/rookeryhq/rookery/retcode"
)

// Deadline is how long a call that waits may take, unless its caller allows less.
const Deadline = 3 * time.Second

// Bus routes calls to commands. The commands are added while the platform is put together; from the first call on the bus
// only reads them, so calls need no lock.
type Bus struct {
	commands  map[ID]*entry
	types     map[uint32]retcode.Code // the answer to unknown service types, by number
	directory Directory
	policies  store.Policies
	clock     *platform.Clock
	rates     *limit.Keyed
	shared    *redis.Limit    // in place of rates; nil if this gateway counts its own calls alone
	deadline  time.Duration   // of calls inside the process
	events    *events         // of calls from outside; nil when they are not observed
	tracer    *tracing.Tracer // nil if nothing is traced

	guard        func(context.Context, *Declaration, Subject) error                        // nil without a guard
	guardAnswers func(ctx context.Context, d *Declaration, of Subject, body []byte) []byte // nil without a guard

	change   sync.Mutex // held while the policy is changed
	renew    sync.Mutex // held while settings are replaced
	settings atomic.Pointer[settings]
}

type entry struct {
	*Declaration
	index   int
	method  string // names it in traces
	handler any    // a Handler[Req, Rsp] with the command's own types

	// serve runs a call from outside and appends the answer's body to out.
	serve func(c *call, out []byte) ([]byte, error)
}

// NewBus returns a bus without commands and with the default policy.
func NewBus() *Bus {
	b := &Bus{
		commands: make(map[ID]*entry), types: make(map[uint32]retcode.Code),
		clock: new(platform.Clock), rates: limit.NewKeyed(), deadline: Deadline,
	}
	b.settings.Store(b.newSettings(Policy{}, nil))
	return b
}

// Keep takes every command but these off the bus. It must be called after the last Handle and before the first call.
func (b *Bus) Keep(commands []ID) {
	clear(b.types) // a service type that is missing here may exist elsewhere
	maps.DeleteFunc(b.commands, func(id ID, _ *entry) bool { return !slices.Contains(commands, id) })
	index := 0
	for _, e := range b.commands {
		e.index = index
		index++
	}
	b.settings.Store(b.newSettings(b.settings.Load().policy, nil))
}

// Guard sets a function that each call passes on its way to the command; if it returns an error, the call ends with that
// error's retcode. The guard must call Wait before it waits. It must be set before the first call.
func (b *Bus) Guard(guard func(context.Context, *Declaration, Subject) error) { b.guard = guard }

// GuardAnswers sets a function that the body of each answer passes where it goes through the codec, and that returns what
// arrives. Then Encoded commands are encoded inside the process too. It must be set before the first call.
func (b *Bus) GuardAnswers(guard func(ctx context.Context, d *Declaration, of Subject, body []byte) []byte) {
	b.guardAnswers = guard
}

// SetDeadline sets how long a call inside the process that waits may take, in place of Deadline. It must be called before the
// first call.
func (b *Bus) SetDeadline(d time.Duration) { b.deadline = d }

// ShareRates makes the bus count calls against rates where other gateways count theirs. It must be called before the first call.
func (b *Bus) ShareRates(commands *redis.Limit) { b.shared = commands }

// SetDirectory sets the directory that the policy asks. It must be called before the first call.
func (b *Bus) SetDirectory(d Directory) { b.directory = d }

// Handler is the code of one command. It must not keep or change the context, the message or anything that the request points to. If
// the command is declared to run inline, it must call Wait before it waits.
type Handler[Req, Rsp any] func(ctx context.Context, req Req) (Rsp, error)

// Handle sets the handler of a command. Setting it twice is a programming error and panics.
func Handle[Req, Rsp any](b *Bus, c *Command[Req, Rsp], h Handler[Req, Rsp]) {
	if _, twice := b.commands[c.ID]; twice {
		panic(fmt.Sprintf("oidb: command %s is handled twice", c.ID))
	}
	if c.OtherTypes != 0 {
		b.types[c.Number] = c.OtherTypes
	}
	b.commands[c.ID] = newEntry(b, c, h, len(b.commands))
	b.settings.Store(b.newSettings(b.settings.Load().policy, nil))
}

func newEntry[Req, Rsp any](b *Bus, c *Command[Req, Rsp], h Handler[Req, Rsp], index int) *entry {
	return &entry{Declaration: &c.Declaration, index: index, method: c.method(), handler: h,
		serve: func(q *call, out []byte) ([]byte, error) {
			req, err := c.request.parse(q.Body)
			if err != nil {
				return out, retcode.OIDBUnpackFailed.WithCause(err)
			}
			rsp, err := run(q, c, h, req)
			before := len(out)
			out = c.response.append(out, rsp)
			if b.guardAnswers != nil && err == nil {
				out = append(out[:before], b.guardAnswers(&q.pending, &c.Declaration, c.of(req), out[before:])...)
			}
			return out, err
		},
	}
}

// Call runs a command inside the process, without marshalling, unless it is declared Encoded and answers are guarded. Of the policy only the checks of
// the account apply. A call that waits has Deadline. Every error is a *Failure.
func Call[Req, Rsp any](ctx context.Context, b *Bus, c *Command[Req, Rsp], req Req) (rsp Rsp, err error) {
	e := b.commands[c.ID]
	if e == nil {
		return rsp, &Failure{Command: &c.Declaration, Code: retcode.OIDBCommandNotConfigured}
	}
	q := calls.Get().(*call)
	*q = call{pending: pending{parent: ctx, limit: b.deadline}, bus: b, Inbound: &inside, settings: b.settings.Load(), entry: e}
	q.rules = &q.settings.rules[e.index]
	if b.tracer != nil {
		q.beginWithin(ctx)
	}
	rsp, err = attempt(q, c, e.handler.(Handler[Req, Rsp]), req)
	err = q.end(err, e.code)
	if q.span != nil {
		q.endSpan(err)
	}
	q.free()
	if err != nil {
		return rsp, &Failure{Command: e.Declaration, Code: e.code(err), Cause: err}
	}
	return rsp, nil
}

// attempt runs a command and turns a panic into an error.
func attempt[Req, Rsp any](q *call, c *Command[Req, Rsp], h Handler[Req, Rsp], req Req) (rsp Rsp, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(c.ID, p)
		}
	}()
	if c.Encoded && q.bus.guardAnswers != nil {
		return carry(q, c, req)
	}
	return run(q, c, h, req)
}

// ErrGarbled is wrapped by the failure of an Encoded command whose answer cannot be parsed.
var ErrGarbled = errors.New("the answer cannot be parsed")

// carry runs a command as a transport does, with encoded messages.
func carry[Req, Rsp any](q *call, c *Command[Req, Rsp], req Req) (rsp Rsp, err error) {
	q.own.Body = c.AppendRequest(nil, req)
	q.Inbound = &q.own
	body, err := q.entry.serve(q, nil)
	if err != nil {
		return rsp, err
	}
	answer, err := c.ParseResponse(body)
	if err != nil {
		return rsp, retcode.OIDBUnpackFailed.WithCause(errors.Join(ErrGarbled, err))
	}
	return answer, nil
}

func panicked(id ID, p any) error {
	return fmt.Errorf("command %s panicked: %v\n%s", id, p, debug.Stack())
}

// run runs a command and checks the account that its answer is about: before it, so that a refused call changes nothing, if
// the request names the account. A command that fails may answer all the same.
func run[Req, Rsp any](q *call, c *Command[Req, Rsp], h Handler[Req, Rsp], req Req) (rsp Rsp, err error) {
	if app := cmp.Or(q.Head.CallingApp(), c.of(req).AppID); q.rules.route != nil {
		switch backend := q.backend(app); {
		case backend == Nowhere:
			return rsp, q.missing(app)
		case backend != Inside && q.forwarded():
			return rsp, retcode.OIDBRouteMissing.WithCause(errForwardedTwice)
		case backend != Inside:
			h = elsewhere(q, c, backend)
		}
	}
	ctx := context.Context(&q.pending)
	if !c.Inline {
		ctx = q.wait()
	}
	if q.bus.guard != nil {
		if err := q.bus.guard(ctx, &c.Declaration, c.of(req)); err != nil {
			return rsp, err
		}
	}
	checked := (q.rules.numbers || q.Head.CallingApp() != 0) && !q.forwarded()
	if asked := c.asks(req); checked && asked != 0 {
		if err := q.mayBeAbout(asked); err != nil {
			return rsp, err
		}
	}
	if rsp, err = h(ctx, req); err != nil {
		return rsp, err
	}
	if about := c.about(rsp); checked && about != c.asks(req) {
		if err := q.mayBeAbout(about); err != nil {
			var none Rsp
			return none, err
		}
	}
	return rsp, nil
}

// code returns the result that an error stands for.
func (e *entry) code(err error) retcode.Code {
	if code, ok := retcode.From(err); ok {
		return code
	}
	return e.Fallback
}

// Failure is a call that did not succeed. errors.Is finds its code and what its cause wraps.
type Failure struct {
	Command *Declaration
	Code    retcode.Code // the result of the call
	Cause   error        // for the log; may be nil
}

// Error returns the text that doors pass on to their callers, such as "oidb decode0x73a failed, ret: 17". Of the cause it
// reveals only the number.
func (f *Failure) Error() string { return f.text(" ") }

// Unspaced returns the same text without the blank before the result, as the documents of MSDK V3 print it.
func (f *Failure) Unspaced() string { return f.text("") }

func (f *Failure) text(blank string) string {
	return fmt.Sprintf("oidb decode0x%x failed, ret:%s%d", f.Command.Number, blank, int32(f.Command.Result(f.Code)))
}

// Said returns the command's own words for its caller; "" when it gave only a code.
func (f *Failure) Said() string {
	var said *retcode.Error
	if errors.As(f.Cause, &said) && said.Code() == f.Code {
		return said.Detail()
	}
	return ""
}

// Undecided reports whether the command failed because of the platform, so that it says nothing about what it was asked.
func (f *Failure) Undecided() bool {
	switch f.Code {
	case retcode.OIDBRouteMissing, retcode.OIDBTestForwardingMissing: // the command was not asked
		return true
	case retcode.OIDBUnpackFailed: // a command may refuse a request so, too
		return errors.Is(f.Cause, ErrGarbled)
	}
	return f.Code.Class() == retcode.ClassRetry || f.Code.Class() == retcode.ClassInternal
}

// Unwrap returns the code and the cause.
func (f *Failure) Unwrap() []error { return []error{f.Code, f.Cause} }
