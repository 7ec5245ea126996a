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
	var fields [16]slog.Attr
	attrs := append(fields[:0],
		slog.String("request_id", c.RequestID),
		slog.String("interface", r.interfaceName(c)),
		slog.Int("status", c.Answer.Status),
		slog.Int64("duration_us", took.Microseconds()),
	)
	if c.App != nil {
		attrs = append(attrs, slog.String("appid", c.App.AppID.String()))
	}
	if c.User != "" {
		attrs = append(attrs, slog.String("user", c.User))
	}
	switch {
	case code == 0 && c.Answer.Status >= 400: // a refusal by a door without codes
	case code == 0:
		attrs = append(attrs, slog.Int("code", 0))
	default:
		attrs = append(attrs, slog.Int("code", code.Number()), slog.String("domain", code.Domain().String()))
		if c.Endpoint != nil && !c.Endpoint.declares(code) {
			attrs = append(attrs, slog.Bool("undeclared", true))
		}
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
		var coded *retcode.Error
		if errors.As(err, &coded) && coded.Cause() != nil {
			attrs = append(attrs, slog.String("cause", coded.Cause().Error()))
		}
	}
	attrs = append(attrs, c.notes...)
	// Bypass the Logger, which would look up the line of code that logs.
	record := slog.NewRecord(end, level, "request", 0)
	record.AddAttrs(attrs...)
	_ = log.Handle(context.Background(), record)
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
