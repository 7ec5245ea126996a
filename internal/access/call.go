package access

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// Call is one request on its way through the stages, and its one log event. Stages fill it in from top to bottom. It is
// reused for other requests: no part of it may be kept after the answer.
type Call struct {
	Request   *http.Request
	Endpoint  *Endpoint // nil until one is found
	RequestID string
	Start     time.Time // by the platform's clock
	Body      []byte    // the whole body

	// Results of the door's stages.
	Query sign.Query
	App   *platform.App
	User  string // the subject of the call, in the door's own terms: an openid, or on the pages the account's number
	Input any    // the decoded body

	// The answer, set by the door.
	Answer Answer

	lent   any        // belongs to lender
	lender *sync.Pool // nil if nothing is lent

	idHeader []string // the RequestID as a header's value
	ids      []string // of the next requests

	notes   []slog.Attr
	signed  string
	seq     string
	stage   string        // the stage that refused the call
	proven  bool          // the platform knows who calls
	forced  *ForcedAnswer // upon the call; nil for nearly all
	span    trace.Span    // nil unless the call is recorded
	gateway *Gateway      // nil in tests of a door's parts
	writer  http.ResponseWriter
	peer    netip.Addr
	secure  bool
	met     bool // peer and secure are set
}

// Answer is the answer to a call. The door fills it in; only the access layer writes it.
type Answer struct {
	Status      int
	ContentType string      // "" stands for JSON
	Header      http.Header // in addition to the headers of every answer, or in place of them; nil for most
	Body        []byte
	RetryAfter  time.Duration
	Code        retcode.Code // for the log and the metrics; 0 for success and where the door has no codes
}

// Context returns the request's context.
func (c *Call) Context() context.Context { return c.Request.Context() }

// Note adds a text to the call's log event. It must hold no secret.
func (c *Call) Note(attr slog.Attr) { c.notes = append(c.notes, attr) }

// answerTime is how long the answer to a call that waited may take.
const answerTime = 15 * time.Second

// MayWait moves the connection's deadlines for a call whose answer comes only after at most d.
func (c *Call) MayWait(d time.Duration) {
	if c.writer == nil {
		return
	}
	conn := http.NewResponseController(c.writer)
	_ = conn.SetReadDeadline(time.Time{}) // a connection without deadlines does not need them moved
	_ = conn.SetWriteDeadline(time.Now().Add(d + answerTime))
}

// Inspected reports whether a developer may look at the call.
func (c *Call) Inspected() bool { return c.gateway != nil && c.gateway.inspector != nil }

// NoteSeq gives the inspector the seq that the answer names the call by.
func (c *Call) NoteSeq(seq string) { c.seq = seq }

// NoteSigned gives the inspector alone the text that the platform signed for a refused signature. It may contain tokens and
// the body, which the log must not.
func (c *Call) NoteSigned(text string) { c.signed = text }

// Lend returns an item of the pool, which goes back to it after the answer. A call is lent one item at most.
func (c *Call) Lend(from *sync.Pool) any {
	c.lent, c.lender = from.Get(), from
	return c.lent
}

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
	if c.lender != nil {
		c.lender.Put(c.lent)
	}
	clear(c.Query)
	clear(c.notes)
	*c = Call{Body: body, Query: c.Query[:0], Answer: Answer{Body: answer}, notes: c.notes[:0], ids: c.ids}
}

// keptBuffer bounds the buffers that a finished call keeps, in bytes.
const keptBuffer = 16 << 10

// takeID gives the call its request id: 16 hex digits. Ids need only be unlikely to repeat, not unguessable. Made many at a
// time, they cost a request no allocation.
func (c *Call) takeID() {
	const digits, many, length = "0123456789abcdef", 64, 16
	if len(c.ids) == 0 {
		var text [many * length]byte
		for i := 0; i < len(text); i += length {
			n := rand.Uint64()
			for j := range length {
				text[i+j] = digits[n&15]
				n >>= 4
			}
		}
		c.ids = make([]string, many)
		for i, all := 0, string(text[:]); i < many; i++ {
			c.ids[i] = all[i*length : (i+1)*length]
		}
	}
	c.RequestID, c.idHeader, c.ids = c.ids[0], c.ids[:1:1], c.ids[1:]
}
