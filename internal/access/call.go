package access

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// Call is one request on its way through the stages, and the one event that is logged of it. Stages fill it in from top
// to bottom. It is used again for other requests: nothing of it may be kept after the answer.
type Call struct {
	Request   *http.Request
	Route     *Route
	RequestID string
	Start     time.Time // of the platform's clock
	Body      []byte    // whole

	// What the door's stages found out.
	Query sign.Query
	App   *platform.App
	User  string // who the call is for, in the door's own terms: an openid
	Input any    // the decoded body

	// The answer, set by the door.
	Answer Answer

	notes   []slog.Attr
	stage   string // that refused the call
	proxies *Proxies
	peer    netip.Addr
	secure  bool
	met     bool // peer and secure are set
}

// Answer is what goes out. The door fills it in; only the access layer writes it.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	RetryAfter  time.Duration
	Code        retcode.Code // for the log and the metrics; 0 for success and where the door has no codes
}

// Context returns the request's context.
func (c *Call) Context() context.Context { return c.Request.Context() }

// Note adds a field to the call's log event. It must hold no secret.
func (c *Call) Note(attr slog.Attr) { c.notes = append(c.notes, attr) }

// reset makes the call ready for another request and keeps its buffers.
func (c *Call) reset() {
	body := c.Body[:0]
	if cap(body) > keptBuffer {
		body = nil
	}
	answer := c.Answer.Body[:0]
	if cap(answer) > keptBuffer {
		answer = nil
	}
	clear(c.Query)
	clear(c.notes)
	*c = Call{Body: body, Query: c.Query[:0], Answer: Answer{Body: answer}, notes: c.notes[:0]}
}

// keptBuffer bounds the buffers that a finished call keeps.
const keptBuffer = 16 << 10
