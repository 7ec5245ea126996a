// Package oidb is the bus behind the doors. A command is a pair of numbers; it takes and answers one message each and
// runs inside the process. The bus answers the uniform codes of the oidb domain itself, a command answers its own small
// numbers.
package oidb

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/rookeryhq/rookery/retcode"
)

// Command names a command of the bus: its number and its service type. Service type 0 is a legal one.
type Command struct {
	Number      uint32
	ServiceType uint32
}

func (c Command) String() string { return fmt.Sprintf("0x%x_%d", c.Number, c.ServiceType) }

// Bus routes calls to commands. Commands are registered while the platform is put together; from the first call on
// the bus only reads, so calls need no lock.
type Bus struct {
	commands map[Command]entry
	guard    func(ctx context.Context, c Command, req any) error // nil where nothing stands in the way
}

type entry struct {
	unforeseen retcode.Code
	handler    any // Handler[Req, Rsp] of the command's own types
}

// NewBus returns a bus without commands.
func NewBus() *Bus { return &Bus{commands: make(map[Command]entry)} }

// Guard sets a function that each call passes on its way to the command; a call that it refuses ends with the retcode in its
// error. It must be set before the first call.
func (b *Bus) Guard(guard func(ctx context.Context, c Command, req any) error) { b.guard = guard }

// Handler is the code of one command. It must keep neither message.
type Handler[Req, Rsp any] func(ctx context.Context, req Req) (Rsp, error)

// Register gives a command its code. The result of a call is the retcode.Code in the handler's error, or unforeseen when
// there is none. Registering a command twice is a mistake of the program and panics.
func Register[Req, Rsp any](b *Bus, c Command, unforeseen retcode.Code, h Handler[Req, Rsp]) {
	if _, twice := b.commands[c]; twice {
		panic(fmt.Sprintf("oidb: command %s is registered twice", c))
	}
	b.commands[c] = entry{unforeseen: unforeseen, handler: h}
}

// Call runs a command inside the process, without marshalling. Every error is a *Failure.
func Call[Req, Rsp any](ctx context.Context, b *Bus, c Command, req Req) (rsp Rsp, err error) {
	e := b.commands[c]
	h, ok := e.handler.(Handler[Req, Rsp])
	if !ok {
		return rsp, &Failure{Command: c, Code: retcode.OIDBCommandNotConfigured}
	}
	if b.guard != nil {
		if err := b.guard(ctx, c, req); err != nil {
			code, _ := retcode.From(err)
			return rsp, &Failure{Command: c, Code: code, Cause: err}
		}
	}
	defer func() {
		if p := recover(); p != nil {
			err = &Failure{Command: c, Code: e.unforeseen, Cause: fmt.Errorf("command %s panicked: %v\n%s", c, p, debug.Stack())}
		}
	}()
	if rsp, err = h(ctx, req); err != nil {
		code, ok := retcode.From(err)
		if !ok {
			code = e.unforeseen
		}
		return rsp, &Failure{Command: c, Code: code, Cause: err}
	}
	return rsp, nil
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
	return fmt.Sprintf("oidb decode0x%x failed, ret: %d", f.Command.Number, f.Code.Number())
}

// Unwrap returns the code and the cause.
func (f *Failure) Unwrap() []error { return []error{f.Code, f.Cause} }
