package oidb

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Inbound is a call from outside, as a transport received it.
type Inbound struct {
	Head      wire.Head
	Body      []byte // the command's request; may be missing if the packet is too large
	Peer      netip.Addr
	Size      int           // of the packet in bytes, including the envelope
	Limit     int           // the transport's limit for Size
	Malformed error         // why head or body cannot be read, or nil; only a retcode.Error has words for the caller
	Deadline  time.Duration // how long the call may wait, unless its head's budget is shorter

	// HandOff is called before the call waits for the first time, so that the calls after it need not wait too. It may be
	// nil if no calls wait for this one.
	HandOff func()
}

// Answer is the answer to a call from outside.
type Answer struct {
	Result  uint32
	Message string // for people; "" for result 0
	Body    []byte

	Detail     string        // the command's own words; "" when it gave only a result
	RetryAfter time.Duration // when the caller may try again; 0 when that is not known
}

// call is a call on its way through the bus.
type call struct {
	pending
	*Inbound
	bus      *Bus
	settings *settings
	rules    *rules
	entry    *entry
	own      Inbound // of an Encoded call inside the process
	passed   int     // rows of the policy
	id       string  // for the log; set when first needed

	// For calls about an account.
	uin   platform.UIN
	known bool // class and state have been read
	class platform.AccountClass
	state platform.AccountState
}

var calls = sync.Pool{New: func() any { return new(call) }}

func (c *call) free() {
	*c = call{}
	calls.Put(c)
}

// inside stands for the Inbound in calls inside the process.
var inside Inbound

// Serve runs a call from outside: through the policy and its command to its event. It appends the answer's body to out. ctx
// is the context in which the transport's calls may wait.
func (b *Bus) Serve(ctx context.Context, in *Inbound, out []byte) Answer {
	begin := time.Now()
	limit := in.Deadline
	if budget := in.Head.Budget; budget > 0 {
		limit = min(limit, budget)
	}
	q := calls.Get().(*call)
	*q = call{
		pending: pending{parent: ctx, caller: in.Head.CallingApp(), limit: limit, handOff: in.HandOff},
		Inbound: in, bus: b, settings: b.settings.Load(), uin: in.Head.UIN,
	}
	if b.tracer != nil {
		q.beginServed()
	}
	body, err := q.answer(out)
	err = q.end(err, q.code)
	if q.span != nil {
		q.endSpan(err)
	}
	answer := Answer{Body: body}
	var code retcode.Code
	if err != nil {
		code = q.code(err)
		answer.Result, answer.Message = uint32(code.Number()), code.Entry().Summary
		var said *retcode.Error
		if errors.As(err, &said) {
			answer.Detail, answer.RetryAfter = said.Detail(), said.RetryAfter()
		}
		if q.entry != nil {
			answer.Result = q.entry.Result(code)
		}
		var own *ownResult
		if errors.As(err, &own) {
			answer.Result, answer.Message, answer.Detail, answer.RetryAfter = own.answer.Result, own.answer.Message, own.answer.Detail, own.answer.RetryAfter
			err, code = nil, q.entry.Success // the bus did its part, and cannot know whether this is a failure
		}
	} else {
		code = q.entry.Success
	}
	if b.events != nil {
		b.events.record(q, code, err, time.Since(begin))
	}
	q.free()
	return answer
}

// answer takes a call through the policy and its command, and appends the answer's body to out.
func (c *call) answer(out []byte) (body []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			body, err = out, panicked(c.Head.Command, p)
		}
	}()
	if err := c.admit(); err != nil {
		return out, err
	}
	return c.entry.serve(c, out)
}

// code returns the result that an error stands for.
func (c *call) code(err error) retcode.Code {
	if c.entry != nil {
		return c.entry.code(err)
	}
	if code, ok := retcode.From(err); ok {
		return code
	}
	return retcode.OIDBConnectFailed
}

// Observed is an answered call from outside, or input that was no call.
type Observed struct {
	RequestID string // the caller's own or a new one, as in the log
	TraceID   string // "" for a call that is not recorded
	Command   ID
	Peer      netip.Addr
	AppID     platform.AppID // the calling game; 0 for none
	UIN       platform.UIN   // the subject; 0 if it is not known
	Code      retcode.Code   // of its result
	Stage     string         // the stage that refused it: policy or command; "" for a successful call
	Err       error
	Took      time.Duration
}

// Observe makes every call from outside counted, logged and, unless observe is nil, passed to observe, which must not keep
// the call's errors. It must be called after the last Handle and before the first call.
func (b *Bus) Observe(log *slog.Logger, metrics prometheus.Registerer, observe func(Observed)) {
	b.events = newEvents(b, log, metrics, observe)
}

// Flush logs the calls that had no event. It must be called after the last call.
func (b *Bus) Flush() {
	if b.events != nil {
		b.events.flush()
	}
}
