package oidb

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Wait returns the context in which the call of ctx may wait for a disk or a network, which ends with the call's deadline.
// Everything that is about to wait on behalf of a call must get it first, in the call's own goroutine: a call begins where
// others wait for it to end, and Wait lets them continue. A context that may already wait is returned unchanged.
func Wait(ctx context.Context) context.Context {
	if p, ok := ctx.(*pending); ok {
		return p.wait()
	}
	return ctx
}

// Caller returns the game in whose name the call of ctx came in, 0 for the platform's own calls.
func Caller(ctx context.Context) platform.AppID {
	app, _ := ctx.Value(callerKey{}).(platform.AppID)
	return app
}

type callerKey struct{}

// pending is the context of a call that has not called Wait. It is done from the beginning, so code that waits without
// asking fails at once, wherever it runs. Bus reuses it for other calls, so it must not be kept.
type pending struct {
	parent  context.Context
	caller  platform.AppID
	span    trace.Span    // of the call; nil unless it is recorded
	limit   time.Duration // of the waiting
	handOff func()        // called before the call waits for the first time; nil if no calls wait for this one
	waiting context.Context
	cancel  context.CancelFunc
}

var errMayNotWait = errors.New("oidb: the command waits without having asked for it")

var done = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

func (p *pending) Deadline() (time.Time, bool) { return p.parent.Deadline() }
func (p *pending) Done() <-chan struct{}       { return done }
func (p *pending) Err() error                  { return errMayNotWait }

func (p *pending) Value(key any) any {
	if _, is := key.(callerKey); is && p.caller != 0 {
		return p.caller
	}
	return p.parent.Value(key)
}

func (p *pending) wait() context.Context {
	if p.waiting == nil {
		parent := Wait(p.parent)
		if p.handOff != nil {
			p.handOff()
		}
		if p.caller != 0 {
			parent = context.WithValue(parent, callerKey{}, p.caller)
		}
		if p.span != nil {
			parent = trace.ContextWithSpan(parent, p.span)
		}
		p.waiting, p.cancel = context.WithTimeout(parent, p.limit)
	}
	return p.waiting
}

// end ends the waiting and returns the call's error. Any failure of the platform after the deadline counts as exceeding it.
func (p *pending) end(err error, code func(error) retcode.Code) error {
	if p.waiting == nil {
		return err
	}
	late := p.waiting.Err() != nil
	p.cancel()
	if err == nil || !late {
		return err
	}
	if class := code(err).Class(); class == retcode.ClassRetry || class == retcode.ClassInternal {
		return retcode.OIDBDeadlineExceeded.WithCause(err)
	}
	return err
}
