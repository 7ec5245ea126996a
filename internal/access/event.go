package access

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/logging"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/tracing"
	"github.com/rookeryhq/rookery/retcode"
)

// anonymousRate is how many refusals of anonymous callers have an event, on each path: who has to prove nothing must not fill the disk.
var anonymousRate = platform.Rate{Count: 100, Per: time.Second}

// mayLog reports whether the refusal of an anonymous caller has an event. What failed in the platform always has one.
func (r *resource) mayLog(c *Call, now time.Time) bool {
	if eventLevel(c) >= slog.LevelError {
		return true
	}
	if _, ok := r.refusals.Take(anonymousRate, now); !ok {
		r.silent.Add(1)
		return false
	}
	return true
}

// eventLevel is the level of the event of an answered call.
func eventLevel(c *Call) slog.Level {
	if code := c.Answer.Code; code != 0 && code.Class() == retcode.ClassInternal || c.Answer.Status >= 500 {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// logEvent writes the one event of a call. Its fields are chosen so that no secret can be among them: no query, no body, no
// header.
func (r *resource) logEvent(c *Call, err error, end time.Time, took time.Duration) {
	level, code := eventLevel(c), c.Answer.Code
	log := r.gateway.log.Handler()
	if !log.Enabled(context.Background(), level) {
		return
	}
	e := logging.Begin(log, end, level, "request")
	e.String("request_id", c.RequestID)
	e.String("interface", r.interfaceName(c))
	e.Int("status", int64(c.Answer.Status))
	e.Int("duration_us", took.Microseconds())
	if c.App != nil {
		e.Decimal("appid", uint64(c.App.AppID))
	}
	if c.User != "" {
		e.String("user", c.User)
	}
	switch {
	case code == 0 && c.Answer.Status >= 400: // a refusal by a door without codes
	case code == 0:
		e.Int("code", 0)
	default:
		e.Int("code", int64(code.Number()))
		e.String("domain", code.Domain().String())
		if c.Endpoint != nil && !c.Endpoint.declares(code) {
			e.Bool("undeclared", true)
		}
	}
	if err != nil {
		e.String("error", logged(err))
		var coded *retcode.Error
		if errors.As(err, &coded) && coded.Cause() != nil {
			e.String("cause", coded.Cause().Error())
		}
	}
	for _, note := range c.notes {
		e.String(note.Key, note.Value.String())
	}
	if c.forced != nil {
		e.String("forced", c.forced.Code)
	}
	if r.silent.Load() > 0 { // hardly ever, so that calls at the same time do not contend for it
		e.Int("calls_without_event", int64(r.silent.Swap(0)))
	}
	if c.span != nil {
		e.String("trace_id", tracing.ID(c.span))
	}
	e.Write()
}

// logged is an error as the log has it: one whose text repeats what a caller may have misplaced has another for the log.
func logged(err error) string {
	var discreet interface {
		error
		Logged() string
	}
	if errors.As(err, &discreet) {
		return discreet.Logged()
	}
	return err.Error()
}

// longestSegment is the longest segment of an unknown path that a log shows, in bytes.
const longestSegment = 30

// interfaceName returns the interface's path; for a request to no interface, the requested path without what may be a
// misplaced secret: parameters after a & instead of the ?, and segments as long as a key or a code.
func (r *resource) interfaceName(c *Call) string {
	if c.Endpoint != nil {
		return c.Endpoint.Path
	}
	path := c.Request.URL.Path
	if r.door.ofOperators() {
		return r.door.knownPart(path) + "/..."
	}
	if i := strings.IndexAny(path, "?&;="); i >= 0 {
		path = path[:i]
	}
	if len(path) > longestSegment {
		segments := strings.Split(path[:min(len(path), 200)], "/")
		for i, s := range segments {
			if len(s) > longestSegment {
				segments[i] = "..."
			}
		}
		path = strings.Join(segments, "/")
	}
	return path
}

// ofOperators reports whether the door is for operators.
func (d *Door) ofOperators() bool {
	return slices.ContainsFunc(d.Endpoints, func(e Endpoint) bool { return e.Role != nil })
}

// knownPart returns the first segments of a path that some interface has too: the rest may be a password that an operator misplaced.
func (d *Door) knownPart(path string) string {
	segments, known := strings.Split(path, "/"), 0
	for i := range d.Endpoints {
		for n, segment := range strings.Split(d.Endpoints[i].Path, "/") {
			if n == len(segments) || segments[n] != segment {
				break
			}
			known = max(known, n+1)
		}
	}
	return strings.Join(segments[:known], "/")
}

// meter counts the requests of one path. The counters of the codes answered so far are at hand, so that counting takes no
// lock.
type meter struct {
	path     string
	requests *prometheus.CounterVec
	duration prometheus.Observer
	counters atomic.Pointer[[]codeCounter]
}

type codeCounter struct {
	code    retcode.Code
	status  int
	counter prometheus.Counter
}

func (g *Gateway) newMeter(path string) *meter {
	m := &meter{path: path, requests: g.requests, duration: g.duration.WithLabelValues(path)}
	m.counters.Store(new([]codeCounter))
	return m
}

func (m *meter) observe(c *Call, took time.Duration) {
	m.duration.Observe(took.Seconds())
	if c.forced != nil { // its code's condition did not hold
		m.requests.WithLabelValues(m.path, "forced").Inc()
		return
	}
	m.counter(c.Answer.Code, c.Answer.Status).Inc()
}

func (m *meter) counter(code retcode.Code, status int) prometheus.Counter {
	known := m.counters.Load()
	for i := range *known {
		if k := &(*known)[i]; k.code == code && k.status == status {
			return k.counter
		}
	}
	label := strconv.Itoa(status)
	if code != 0 {
		label = code.Domain().String() + " " + strconv.Itoa(code.Number())
	}
	counter := m.requests.WithLabelValues(m.path, label)
	longer := append(append([]codeCounter(nil), *known...), codeCounter{code, status, counter})
	m.counters.CompareAndSwap(known, &longer) // the loser adds its own the next time
	return counter
}
