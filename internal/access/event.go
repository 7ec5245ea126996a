package access

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/logging"
	"github.com/rookeryhq/rookery/internal/tracing"
	"github.com/rookeryhq/rookery/retcode"
)

// logEvent writes the one event of a call. Its fields are chosen so that no secret can be among them: no query, no body, no
// header.
func (r *resource) logEvent(c *Call, err error, end time.Time, took time.Duration) {
	level := slog.LevelInfo
	code := c.Answer.Code
	if code != 0 && code.Class() == retcode.ClassInternal || c.Answer.Status >= 500 {
		level = slog.LevelError
	}
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
		e.String("error", err.Error())
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
	if c.span != nil {
		e.String("trace_id", tracing.ID(c.span))
	}
	e.Write()
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
