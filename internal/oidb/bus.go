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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// Command names a command of the bus: its number and its service type. Service type 0 is a legal one.
type Command struct {
	Number      uint32
	ServiceType uint32
}

func (c Command) String() string { return fmt.Sprintf("0x%x_%d", c.Number, c.ServiceType) }

// ParseCommand reads a command's name: 0x711_23, or 0x711 for service type 1.
func ParseCommand(text string) (Command, error) {
	number, serviceType, given := strings.Cut(text, "_")
	hex, ok := strings.CutPrefix(number, "0x")
	n, err := strconv.ParseUint(hex, 16, 32)
	st := uint64(1)
	if given && err == nil {
		st, err = strconv.ParseUint(serviceType, 10, 32)
	}
	if !ok || err != nil {
		return Command{}, fmt.Errorf("command %.40q is not of the form 0x711 or 0x711_23", text)
	}
	return Command{Number: uint32(n), ServiceType: uint32(st)}, nil
}

// Deadline is how long a call that must wait may take, unless its caller gives it less.
const Deadline = 3 * time.Second

// Bus routes calls to commands. Commands are registered while the platform is put together; from the first call on
// the bus only reads them, so calls need no lock.
type Bus struct {
	commands  map[Command]*entry
	directory Directory
	policies  store.Policies
	clock     *platform.Clock
	rates     *limit.Keyed
	deadline  time.Duration // of calls inside the process

	guard func(ctx context.Context, c Command, req any) error // nil where nothing stands in the way

	change   sync.Mutex // held while the policy is changed
	settings atomic.Pointer[settings]
}

type entry struct {
	command    Command
	index      int
	unforeseen retcode.Code
	handler    any // Handler[Req, Rsp] of the command's own types

	// serve runs a call that came over the wire and appends the answer's body to out.
	serve func(c *call, out []byte) ([]byte, error)
}

// NewBus returns a bus without commands and with a policy that nobody changed.
func NewBus() *Bus {
	b := &Bus{commands: make(map[Command]*entry), clock: new(platform.Clock), rates: limit.NewKeyed(), deadline: Deadline}
	b.settings.Store(newSettings(Policy{}, nil))
	return b
}

// Guard sets a function that each call passes on its way to the command; a call that it refuses ends with the retcode in its
// error. Before it waits it asks MayWait. It must be set before the first call.
func (b *Bus) Guard(guard func(ctx context.Context, c Command, req any) error) { b.guard = guard }

// SetDirectory says whom the policy asks who is who. It comes before the first call.
func (b *Bus) SetDirectory(d Directory) { b.directory = d }

// Handler is the code of one command. It must keep neither message nor what the request points to. Before it waits for
// anything, or changes anything, it asks MayWait: a call that may not wait can begin anew even after its handler succeeded.
type Handler[Req, Rsp any] func(ctx context.Context, req Req) (Rsp, error)

// Register gives a command its code. The result of a call is the retcode.Code in the handler's error, or unforeseen when
// there is none. Registering a command twice is a mistake of the program and panics.
func Register[Req, Rsp any, PReq request[Req], PRsp interface {
	response[Rsp]
	subject
}](b *Bus, c Command, unforeseen retcode.Code, h Handler[Req, Rsp]) {
	if _, twice := b.commands[c]; twice {
		panic(fmt.Sprintf("oidb: command %s is registered twice", c))
	}
	b.commands[c] = &entry{command: c, index: len(b.commands), unforeseen: unforeseen, handler: h,
		serve: func(c *call, out []byte) ([]byte, error) {
			var req Req
			if err := PReq(&req).parse(c.body); err != nil {
				return out, retcode.OIDBUnpackFailed.WithCause(err)
			}
			if check, ok := any(PReq(&req)).(*CheckRequest); ok {
				check.Caller = c.head.CallingApp()
			}
			if b.guard != nil && !c.guarded {
				if err := b.guard(c.ctx, c.head.Command, req); err != nil {
					return out, err
				}
				c.guarded = true
			}
			rsp, err := h(c.ctx, req)
			if err == nil && (c.rules.numbers || c.head.CallingApp() != 0) {
				if err = c.mayBeAbout(PRsp(&rsp).subject()); err != nil {
					return out, err
				}
			}
			return PRsp(&rsp).append(out), err
		},
	}
	b.settings.Store(newSettings(b.settings.Load().policy, b.commands))
}

// Call runs a command inside the process, without marshalling. Of the policy only what is about the account holds. A call
// that must wait has Deadline. Every error is a *Failure.
func Call[Req, Rsp any](ctx context.Context, b *Bus, c Command, req Req) (rsp Rsp, err error) {
	e := b.commands[c]
	if e == nil {
		return rsp, &Failure{Command: c, Code: retcode.OIDBCommandNotConfigured}
	}
	h, ok := e.handler.(Handler[Req, Rsp])
	if !ok {
		return rsp, &Failure{Command: c, Code: retcode.OIDBCommandNotConfigured}
	}
	// Most calls need not wait; they are spared a timer.
	if rsp, err = attempt(inline{ctx}, b, e, h, req); err != nil && errors.Is(err, ErrWouldWait) && MayWait(ctx) == nil {
		within, cancel := context.WithTimeout(ctx, b.deadline)
		defer cancel()
		rsp, err = attempt(within, b, e, h, req)
		err = overdue(within, err, e.code)
	}
	if err != nil {
		return rsp, e.failure(err)
	}
	return rsp, nil
}

// attempt runs a call as far as its context lets it.
func attempt[Req, Rsp any](ctx context.Context, b *Bus, e *entry, h Handler[Req, Rsp], req Req) (rsp Rsp, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(e.command, p)
		}
	}()
	if b.guard != nil {
		if err := b.guard(ctx, e.command, req); err != nil {
			return rsp, err
		}
	}
	if rsp, err = h(ctx, req); err != nil {
		return rsp, err
	}
	if s := b.settings.Load(); s.rules[e.index].numbers {
		if err := mayBeAbout(ctx, b, e, s, rsp); err != nil {
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

// mayBeAbout is apart from Call so that the answer stays off the heap where there is nothing to check.
//
//go:noinline
func mayBeAbout[Rsp any](ctx context.Context, b *Bus, e *entry, s *settings, rsp Rsp) error {
	about, ok := any(&rsp).(subject)
	if !ok {
		return nil
	}
	c := call{ctx: ctx, bus: b, settings: s, entry: e, rules: &s.rules[e.index]}
	return c.mayBeAbout(about.subject())
}

func panicked(c Command, p any) error {
	return fmt.Errorf("command %s panicked: %v\n%s", c, p, debug.Stack())
}

// code is the result that an error stands for.
func (e *entry) code(err error) retcode.Code {
	if code, ok := retcode.From(err); ok {
		return code
	}
	return e.unforeseen
}

func (e *entry) failure(err error) *Failure {
	return &Failure{Command: e.command, Code: e.code(err), Cause: err}
}

// Failure is a call that did not succeed. errors.Is finds its code and what its cause wraps.
type Failure struct {
	Command Command
	Code    retcode.Code // the result of the call
	Cause   error        // for the log; may be nil
}

// Error is the text that doors hand on to their callers, such as "oidb decode0x73a failed, ret: 17". It tells nothing of
// the cause but the number.
func (f *Failure) Error() string {
	return fmt.Sprintf("oidb decode0x%x failed, ret: %d", f.Command.Number, Result(f.Command, f.Code))
}

// Unwrap returns the code and the cause.
func (f *Failure) Unwrap() []error { return []error{f.Code, f.Cause} }

// The numbers of 0x71f for two conditions that its callers know by codes of the platform (oidb.md, 1.7).
const (
	resultNonceReused   = 0x5a
	resultTimestampWild = 0x5b
)

// ownCommands are the numbers of commands that the original does not have. Their results are codes of the platform.
const ownCommands, lastOwnCommand = 0xf00, 0xf0f

// Result returns the number by which a code goes over the wire as the result of a command.
func Result(c Command, code retcode.Code) uint32 {
	switch {
	case c.Number == ConvertOpenID.Number && code == retcode.QQNonceReused:
		return resultNonceReused
	case c.Number == ConvertOpenID.Number && code == retcode.QQTimestampOutOfRange:
		return resultTimestampWild
	}
	return uint32(code.Number())
}

// CodeOf returns the code that a result of a command stands for, and whether it is in the catalogue. Results from 100 on
// that the command does not have are the bus's, and so is 5.
func CodeOf(c Command, result uint32) (retcode.Code, bool) {
	domain := retcode.AccessToken
	switch {
	case c.Number == ShowProfile.Number:
		domain = retcode.OIDB
	case c.Number >= ownCommands && c.Number <= lastOwnCommand:
		if domain = retcode.OIDB; result > 255 {
			return retcode.Lookup(retcode.QQ, int(result))
		}
	case c.Number == CheckPay.Number:
		domain = retcode.PayToken
	case c.Number == ConvertOpenID.Number:
		switch result {
		case resultNonceReused:
			return retcode.QQNonceReused, true
		case resultTimestampWild:
			return retcode.QQTimestampOutOfRange, true
		}
	}
	if result > 255 {
		return 0, false
	}
	if code, ok := retcode.Lookup(domain, int(result)); ok {
		return code, true
	}
	return retcode.Lookup(retcode.OIDB, int(result))
}

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
