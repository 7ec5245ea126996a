package oidb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Backend is where a command is carried out: Inside, Nowhere, or in another process, which a transport reaches.
type Backend interface {
	// Carry takes a call to another process and returns the head and the body of its answer, whatever the result. Only a
	// repeatable call may reach a back end twice. Carry ends with ctx. Its error wraps ErrNotSent if no back end has got the call,
	// and only then, ErrGarbled if the answer cannot be read, and ErrNoResult if the back end failed without a result.
	Carry(ctx context.Context, head wire.Head, body []byte, repeatable bool) (answer wire.Head, rsp []byte, err error)
}

// Inside is the back end within this process, Nowhere stands for a missing one.
var (
	Inside  Backend = place("inside this process")
	Nowhere Backend = place("nowhere")
)

// Errors of calls to back ends.
var (
	// ErrNotSent means that no back end has got the call.
	ErrNotSent = errors.New("oidb: the call was not sent")
	// ErrNoResult means that the back end failed and did not say with which result, as a command inside the process does that fails
	// without a code.
	ErrNoResult = errors.New("oidb: the back end failed without a result")
)

// Silence is how long nothing must have come from a back end before a call that reaches its deadline ends the connection to it. Callers choose
// their deadlines, and one in a hurry must not end the calls of others.
const Silence = time.Second

type place string

func (p place) Carry(context.Context, wire.Head, []byte, bool) (wire.Head, []byte, error) {
	return wire.Head{}, nil, fmt.Errorf("%w: the back end is %s", ErrNotSent, string(p))
}

// Route says where the back ends of a command are: for the calls of games in the test environment, and for all others. Protobuf
// marks a command that the platform does not declare as one with protobuf messages.
type Route struct {
	Formal, Test Backend
	Protobuf     bool
}

// Route sets the routes. Every command without one is inside this process. A command that the platform does not declare is an
// operator's own: it is called from outside only, and its bodies and results pass as they are. They apply to every call that begins after Route
// returns.
func (b *Bus) Route(routes map[ID]Route) {
	b.renew.Lock()
	defer b.renew.Unlock()
	b.settings.Store(b.newSettings(b.settings.Load().policy, routes))
}

// backend returns where a call goes. app is the game that it is for, 0 for none.
func (c *call) backend(app platform.AppID) Backend {
	switch route := c.rules.route; {
	case route == nil:
		return Inside
	case c.inTest(app):
		return route.Test
	default:
		return route.Formal
	}
}

// inTest reports whether a game is in the test environment.
func (c *call) inTest(id platform.AppID) bool {
	app := c.app(id)
	return app != nil && app.Environment == platform.Test
}

var errForwardedTwice = errors.New("oidb: the back end is elsewhere, and a call is forwarded once")

// missing returns the code of a call whose back end is Nowhere.
func (c *call) missing(app platform.AppID) retcode.Code {
	if c.inTest(app) {
		return retcode.OIDBTestForwardingMissing
	}
	return retcode.OIDBRouteMissing
}

// elsewhere returns a handler that has a call carried out by another process.
func elsewhere[Req, Rsp any](q *call, c *Command[Req, Rsp], backend Backend) Handler[Req, Rsp] {
	return func(_ context.Context, req Req) (rsp Rsp, err error) {
		head := wire.Head{
			UIN: q.Head.UIN, Command: c.ID, ClientAddr: q.Head.ClientAddr, Forwarded: true,
			RequestID: []byte(q.requestID()), Caller: Caller(q.parent),
		}
		if app := q.Head.CallingApp(); app != 0 {
			head.Caller = app
		}
		ctx := q.wait()
		span := q.beginCarried(ctx, &head)
		answer, body, err := backend.Carry(ctx, head, c.AppendRequest(nil, req), c.Repeatable)
		err = notCarried(err)
		if span != nil {
			q.endCarried(span, &answer, err)
		}
		if err != nil {
			return rsp, err
		}
		if rsp, err = c.ParseResponse(body); err != nil {
			return rsp, retcode.OIDBUnpackFailed.WithCause(errors.Join(ErrGarbled, err))
		}
		return rsp, c.failure(&answer)
	}
}

// notCarried returns the error that the command answers when a back end did not; nil for nil.
func notCarried(err error) error {
	switch {
	case errors.Is(err, ErrNotSent):
		return retcode.OIDBConnectFailed.WithCause(err)
	case errors.Is(err, ErrGarbled):
		return retcode.OIDBUnpackFailed.WithCause(err)
	case errors.Is(err, ErrNoResult):
		return err
	case err != nil:
		return retcode.OIDBDeadlineExceeded.WithCause(err)
	}
	return nil
}

// unwilling are the results by which a bus refuses what another one forwards: its operator must change something, and the
// caller cannot.
var unwilling = map[retcode.Code]bool{
	retcode.OIDBCommandNotConfigured: true, retcode.OIDBCommandNotGranted: true, retcode.OIDBRouteMissing: true,
}

// failure returns the error that an answer from another process stands for; nil for a success.
func (d *Declaration) failure(answer *wire.Head) error {
	if answer.Result == 0 {
		return nil
	}
	said := fmt.Errorf("the back end answered %d: %s", answer.Result, answer.Message)
	code, known := d.Code(answer.Result)
	switch {
	case !known && d.own:
		return &ownResult{*answer}
	case !known:
		return d.Fallback.WithCause(said)
	case unwilling[code]:
		return retcode.OIDBConnectFailed.WithCause(said)
	}
	err := code.WithCause(said)
	if answer.Detail != "" {
		err = code.Errorf("%s", answer.Detail).WithCause(said)
	}
	if answer.RetryAfter > 0 {
		err = err.WithRetryAfter(answer.RetryAfter)
	}
	return err
}

// ownResult is a result of an operator's own command, which means something to its callers only.
type ownResult struct{ answer wire.Head }

func (r *ownResult) Error() string {
	return fmt.Sprintf("the back end answered %d: %s", r.answer.Result, r.answer.Message)
}

// newOwn returns a command of the operator's own.
func newOwn(b *Bus, id ID, index int) *entry {
	as := func(b []byte) ([]byte, error) { return b, nil }
	add := func(b, message []byte) []byte { return append(b, message...) }
	nobody := func([]byte) platform.UIN { return 0 }
	return newEntry(b, &Command[[]byte, []byte]{
		Declaration: Declaration{ID: id, Results: retcode.OIDB, Fallback: retcode.OIDBConnectFailed, own: true},
		request:     codec[[]byte]{as, add},
		response:    codec[[]byte]{as, add},
		of:          func([]byte) Subject { return Subject{} },
		about:       nobody,
		asks:        nobody,
	}, func(context.Context, []byte) ([]byte, error) { return nil, retcode.OIDBRouteMissing }, index)
}
