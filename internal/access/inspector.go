package access

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/tracing"
	"github.com/rookeryhq/rookery/retcode"
)

// InspectorKept is the number of requests that an inspector remembers.
const InspectorKept = 1000

// maxInspected bounds each text of a record, in bytes.
const maxInspected = 4 << 10

// Inspector remembers the last requests, for a developer who wants to know why one was refused. A record holds no key,
// token or password, but the signed string of a refused signature may contain the request's parameters and body: an
// inspector is for development only.
type Inspector struct {
	mu      sync.Mutex
	records [InspectorKept]Record // record seq is at seq%InspectorKept
	last    uint64                // number of the newest; 0 before the first
	added   chan struct{}         // closed when a record is added

	released context.Context // once it ends, nobody waits any longer
	release  context.CancelFunc
}

// NewInspector returns an inspector without records.
func NewInspector() *Inspector {
	i := &Inspector{added: make(chan struct{})}
	i.released, i.release = context.WithCancel(context.Background())
	return i
}

// Release ends all present and future waits for a record, so that a platform can stop at once.
func (i *Inspector) Release() { i.release() }

// Record describes one request.
type Record struct {
	Seq        uint64            `json:"seq" doc:"its number, counted from 1"`
	Time       time.Time         `json:"time" doc:"when the request came, by the platform's clock"`
	RequestID  string            `json:"request_id" doc:"the id that the answer's X-Request-Id has"`
	AnswerSeq  string            `json:"answer_seq,omitzero" doc:"the seq of the answer, by which its caller knows the call"`
	TraceID    string            `json:"trace_id,omitzero" doc:"the trace in which it is recorded, if any"`
	Method     string            `json:"method" doc:"the HTTP method; OIDB for a call of the bus by a frame"`
	Interface  string            `json:"interface" doc:"the path of the interface, or the command; otherwise the requested path"`
	Peer       string            `json:"peer" doc:"the caller's address"`
	Secure     bool              `json:"secure" doc:"it came by HTTPS"`
	AppID      string            `json:"appid,omitzero" doc:"the calling app"`
	User       string            `json:"user,omitzero" doc:"the person that it is about, as the door names people"`
	Status     int               `json:"status" doc:"the HTTP status; 0 for a call of the bus"`
	Domain     string            `json:"domain,omitzero" doc:"the code's domain"`
	Code       int               `json:"code" doc:"the code of the answer; 0 for a success"`
	Class      string            `json:"class,omitzero" doc:"what the calling program should do about code"`
	Meaning    string            `json:"meaning,omitzero" doc:"what the code means"`
	Remedy     string            `json:"remedy,omitzero" doc:"what a developer can do about code, or about its origin"`
	DurationUS int64             `json:"duration_us" doc:"how long it took, in microseconds"`
	Stage      string            `json:"stage,omitzero" doc:"the check that refused it, or route, method, read, handler"`
	Origin     string            `json:"origin,omitzero" doc:"the code of the part that failed, if it is not the answer's: \"accesstoken 65\""`
	Error      string            `json:"error,omitzero" doc:"why the request was refused"`
	Cause      string            `json:"cause,omitzero" doc:"why a part of the platform failed"`
	Signed     string            `json:"signed,omitzero" doc:"the string that the platform signed, for a refused signature"`
	Mistake    string            `json:"mistake,omitzero" doc:"the usual mistake that explains the received signature"`
	Notes      map[string]string `json:"notes,omitzero" doc:"further notes of a door"`
}

// Add stores a record and numbers it.
func (i *Inspector) Add(r Record) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last++
	r.Seq = i.last
	i.records[r.Seq%InspectorKept] = r
	close(i.added)
	i.added = make(chan struct{})
}

// After returns the newest records, at most limit, with numbers above seq, oldest first. If there are none it waits for one
// until ctx ends or Release is called.
func (i *Inspector) After(ctx context.Context, seq uint64, limit int) []Record {
	for {
		records, added := i.after(seq, limit)
		if len(records) > 0 {
			return records
		}
		select {
		case <-added:
		case <-ctx.Done():
			return nil
		case <-i.released.Done():
			return nil
		}
	}
}

func (i *Inspector) after(seq uint64, limit int) (records []Record, added <-chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	first := seq + 1
	if kept := uint64(min(limit, InspectorKept)); i.last > kept {
		first = max(first, i.last-kept+1)
	}
	for n := first; n <= i.last; n++ {
		records = append(records, i.records[n%InspectorKept])
	}
	return records, i.added
}

// Inspect makes an inspector remember every request except those of the door "dev", through which it is read. It must be
// called before the first request.
func (g *Gateway) Inspect(i *Inspector) { g.inspector = i }

// Answered records the code of the answer, with what it means and what to do about it.
func (r *Record) Answered(code retcode.Code) {
	entry := code.Entry()
	r.Domain, r.Code = code.Domain().String(), code.Number()
	r.Class, r.Meaning, r.Remedy = entry.Class.String(), entry.Summary, advice(entry)
}

// advice returns what to do about a code that this platform answered.
func advice(e retcode.Entry) string { return strings.TrimSpace(e.Remedy + " " + e.OnRookery) }

// AnsweredCode returns the code of the answer, if it has one.
func (r *Record) AnsweredCode() (retcode.Code, bool) {
	domain, _ := retcode.ParseDomain(r.Domain) // of no domain there is no code
	return retcode.Lookup(domain, r.Code)
}

// CausedBy records the code of the part that failed, whose remedy is the more exact one.
func (r *Record) CausedBy(origin retcode.Code) {
	r.Origin, r.Remedy = origin.Domain().String()+" "+strconv.Itoa(origin.Number()), advice(origin.Entry())
}

// record describes a call that ended with err.
func (r *resource) record(c *Call, err error, took time.Duration) Record {
	record := Record{
		Time:       c.Start.UTC(),
		RequestID:  c.RequestID,
		TraceID:    tracing.ID(c.span),
		Method:     clip(c.Request.Method),
		Interface:  clip(r.interfaceName(c)),
		Secure:     c.Secure(),
		User:       clip(c.User),
		Status:     c.Answer.Status,
		DurationUS: took.Microseconds(),
		Signed:     clip(c.signed),
		AnswerSeq:  clip(c.seq),
	}
	if peer := c.Peer(); peer.IsValid() {
		record.Peer = peer.String()
	}
	if c.App != nil {
		record.AppID = c.App.AppID.String()
	}
	code := c.Answer.Code
	if code != 0 {
		record.Answered(code)
	}
	if err != nil {
		record.Refused(c.stage, code, err)
	}
	for _, note := range c.notes {
		text := clip(note.Value.String())
		if note.Key == "mistake" {
			record.Mistake = text
			continue
		}
		if record.Notes == nil {
			record.Notes = make(map[string]string)
		}
		record.Notes[note.Key] = text
	}
	return record
}

// Refused records why a request was refused: the stage, the answered code, and the error.
func (r *Record) Refused(stage string, code retcode.Code, err error) {
	r.Stage, r.Error = stage, clip(err.Error())
	if origin, ok := retcode.From(err); ok && origin != code {
		r.CausedBy(origin)
	}
	var coded *retcode.Error
	if errors.As(err, &coded) && coded.Cause() != nil {
		r.Cause = clip(coded.Cause().Error())
	}
}

// clip copies a text, shortened if it is long, so that a record keeps nothing else of its request in memory. Bytes that are
// not UTF-8 have come with the request, and become U+FFFD.
func clip(text string) string {
	if len(text) > maxInspected {
		text = text[:maxInspected] + " ..."
	}
	return strings.Clone(strings.ToValidUTF8(text, "\ufffd"))
}
