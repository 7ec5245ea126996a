// Package oidb is the bus behind the doors. A command is a pair of numbers; it takes and answers one message each and
// runs inside the process. The doors call it as a function, without marshalling; everybody else sends frames over TCP.
// The bus answers the uniform codes of the oidb domain itself, a command answers its own small numbers.
package oidb

//go:generate go run ./gen

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// Deadline is how long a call that must wait may take, unless its caller gives it less.
const Deadline = 3 * time.Second

// Bus routes calls to commands. Commands are registered while the platform is put together; from the first call on
// the bus only reads them, so calls need no lock.
type Bus struct {
	commands  map[ID]*entry
	types     map[uint32]retcode.Code // answered to unknown service types, by number
	directory Directory
	policies  store.Policies
	clock     *platform.Clock
	rates     *limit.Keyed
	deadline  time.Duration // of calls inside the process

	guard func(context.Context, *Declaration, Subject) error // nil where nothing stands in the way

	change   sync.Mutex // held while the policy is changed
	settings atomic.Pointer[settings]
}

type entry struct {
	*Declaration
	index   int
	handler any // Handler[Req, Rsp] of the command's own types

	// serve runs a call that came over the wire and appends the answer's body to out.
	serve func(c *call, out []byte) ([]byte, error)
}

// NewBus returns a bus without commands and with a policy that nobody changed.
func NewBus() *Bus {
	b := &Bus{commands: make(map[ID]*entry), types: make(map[uint32]retcode.Code), clock: new(platform.Clock), rates: limit.NewKeyed(), deadline: Deadline}
	b.settings.Store(newSettings(Policy{}, nil))
	return b
}

// Guard sets a function that each call passes on its way to the command; a call that it refuses ends with the retcode in its
// error. Before it waits it asks MayWait. It must be set before the first call.
func (b *Bus) Guard(guard func(context.Context, *Declaration, Subject) error) { b.guard = guard }

// SetDirectory says whom the policy asks who is who. It comes before the first call.
func (b *Bus) SetDirectory(d Directory) { b.directory = d }

// Handler is the code of one command. It must keep neither message nor what the request points to. Before it waits for
// anything, or changes anything, it asks MayWait: a call that may not wait can begin anew even after its handler succeeded.
type Handler[Req, Rsp any] func(ctx context.Context, req Req) (Rsp, error)

// Handle gives a command its code. Doing so twice is a mistake of the program and panics.
func Handle[Req, Rsp any](b *Bus, c *Command[Req, Rsp], h Handler[Req, Rsp]) {
	if _, twice := b.commands[c.ID]; twice {
		panic(fmt.Sprintf("oidb: command %s is handled twice", c.ID))
	}
	if c.OtherTypes != 0 {
		b.types[c.Number] = c.OtherTypes
	}
	b.commands[c.ID] = &entry{Declaration: &c.Declaration, index: len(b.commands), handler: h,
		serve: func(q *call, out []byte) ([]byte, error) {
			req, err := c.request.parse(q.body)
			if err != nil {
				return out, retcode.OIDBUnpackFailed.WithCause(err)
			}
			if c.caller != nil {
				req = c.caller(req, q.head.CallingApp())
			}
			if b.guard != nil && !q.guarded {
				if err := b.guard(q.ctx, &c.Declaration, c.of(req)); err != nil {
					return out, err
				}
				q.guarded = true
			}
			rsp, err := h(q.ctx, req)
			if err == nil && (q.rules.numbers || q.head.CallingApp() != 0) {
				if err = q.mayBeAbout(c.about(rsp)); err != nil {
					return out, err
				}
			}
			return c.response.append(out, rsp), err
		},
	}
	b.settings.Store(newSettings(b.settings.Load().policy, b.commands))
}

// Call runs a command inside the process, without marshalling. Of the policy only what is about the account holds. A call
// that must wait has Deadline. Every error is a *Failure.
func Call[Req, Rsp any](ctx context.Context, b *Bus, c *Command[Req, Rsp], req Req) (rsp Rsp, err error) {
	e := b.commands[c.ID]
	if e == nil {
		return rsp, &Failure{Command: &c.Declaration, Code: retcode.OIDBCommandNotConfigured}
	}
	h := e.handler.(Handler[Req, Rsp])
	// Most calls need not wait; they are spared a timer.
	if rsp, err = attempt(inline{ctx}, b, c, e, h, req); err != nil && errors.Is(err, ErrWouldWait) && MayWait(ctx) == nil {
		within, cancel := context.WithTimeout(ctx, b.deadline)
		defer cancel()
		rsp, err = attempt(within, b, c, e, h, req)
		err = overdue(within, err, e.code)
	}
	if err != nil {
		return rsp, e.failure(err)
	}
	return rsp, nil
}

// attempt runs a call as far as its context lets it.
func attempt[Req, Rsp any](ctx context.Context, b *Bus, c *Command[Req, Rsp], e *entry, h Handler[Req, Rsp], req Req) (rsp Rsp, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(e.ID, p)
		}
	}()
	if b.guard != nil {
		if err := b.guard(ctx, e.Declaration, c.of(req)); err != nil {
			return rsp, err
		}
	}
	if rsp, err = h(ctx, req); err != nil {
		return rsp, err
	}
	if s := b.settings.Load(); s.rules[e.index].numbers {
		if err := mayBeAbout(ctx, b, e, s, c.about(rsp)); err != nil {
			var none Rsp
			return none, err
		}
	}
	return rsp, nil
}

// overdue makes the failure of a call that waited one of its deadline, if that has passed: whatever it was that failed, it
// failed because it took too long.
func overdue(ctx context.Context, err error, code func(error) retcode.Code) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	if class := code(err).Class(); class == retcode.ClassRetry || class == retcode.ClassInternal {
		return retcode.OIDBDeadlineExceeded.WithCause(err)
	}
	return err
}

func mayBeAbout(ctx context.Context, b *Bus, e *entry, s *settings, uin platform.UIN) error {
	q := call{ctx: ctx, bus: b, settings: s, entry: e, rules: &s.rules[e.index]}
	return q.mayBeAbout(uin)
}

func panicked(id ID, p any) error {
	return fmt.Errorf("command %s panicked: %v\n%s", id, p, debug.Stack())
}

// code is the result that an error stands for.
func (e *entry) code(err error) retcode.Code {
	if code, ok := retcode.From(err); ok {
		return code
	}
	return e.Fallback
}

func (e *entry) failure(err error) *Failure {
	return &Failure{Command: e.Declaration, Code: e.code(err), Cause: err}
}

// Failure is a call that did not succeed. errors.Is finds its code and what its cause wraps.
type Failure struct {
	Command *Declaration
	Code    retcode.Code // the result of the call
	Cause   error        // for the log; may be nil
}

// Error is the text that doors hand on to their callers, such as "oidb decode0x73a failed, ret: 17". It tells nothing of
// the cause but the number.
func (f *Failure) Error() string {
	return fmt.Sprintf("oidb decode0x%x failed, ret: %d", f.Command.Number, f.Command.Result(f.Code))
}

// Unwrap returns the code and the cause.
func (f *Failure) Unwrap() []error { return []error{f.Code, f.Cause} }

// ErrWouldWait ends a call that may not wait and would have to. The bus then runs it again where it may.
var ErrWouldWait = errors.New("oidb: the call would have to wait")

// inline is the context of a call that runs where others wait behind it.
type inline struct{ context.Context }

// MayWait returns ErrWouldWait when the call may not wait for a disk or a network. Whoever is about to asks first, and has
// changed nothing so far.
func MayWait(ctx context.Context) error {
	if _, is := ctx.(inline); is {
		return ErrWouldWait
	}
	return nil
}
