package oidb

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/tracing"
	"github.com/rookeryhq/rookery/retcode"
)

// Every call is counted. It also has an event in the log, up to this many per second: an event costs as much as the call
// itself. The next event of the command says how many calls had none.
var (
	loggedSound   = platform.Rate{Count: 100, Per: time.Second}
	loggedRefused = platform.Rate{Count: 1000, Per: time.Second}
)

type events struct {
	log     *slog.Logger
	observe func(Observed) // nil when calls are not observed
	meters  []*meter       // by the index of the command; the last is for calls without a command of the platform's
}

// meter counts the calls of one command.
type meter struct {
	name           string
	ok             string // the label of success
	calls          *prometheus.CounterVec
	duration       prometheus.Observer
	counters       atomic.Pointer[map[retcode.Code]prometheus.Counter]
	soundEvents    limit.Bucket
	refusedEvents  limit.Bucket
	withoutAnEvent atomic.Int64
}

func newEvents(bus *Bus, log *slog.Logger, metrics prometheus.Registerer, observe func(Observed)) *events {
	calls := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rookery_oidb_calls_total",
		Help: "Calls of the bus from outside, by command and result (domain and number).",
	}, []string{"interface", "code"})
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "rookery_oidb_call_duration_seconds",
		Help:    "Time from the whole frame to the whole answer, by command.",
		Buckets: []float64{.000002, .000005, .00001, .000025, .0001, .001, .01, .1, 1, 3.1},
	}, []string{"interface"})
	metrics.MustRegister(calls, duration)
	e := &events{log: log, observe: observe, meters: make([]*meter, len(bus.commands)+1)}
	newMeter := func(name string, results retcode.Domain) *meter {
		m := &meter{name: name, ok: results.String() + " 0", calls: calls, duration: duration.WithLabelValues(name)}
		m.counters.Store(new(map[retcode.Code]prometheus.Counter))
		return m
	}
	for _, entry := range bus.commands {
		e.meters[entry.index] = newMeter(entry.ID.String(), entry.Results)
	}
	e.meters[len(bus.commands)] = newMeter("other", retcode.OIDB)
	return e
}

func (e *events) meter(q *call) *meter {
	if q.foreign() {
		return e.meters[len(e.meters)-1]
	}
	return e.meters[q.entry.index]
}

// foreign reports whether a call is for no command of the platform's. Routes come and go, so operators' commands share a meter.
func (q *call) foreign() bool { return q.entry == nil || q.entry.own }

func (e *events) record(q *call, code retcode.Code, err error, took time.Duration) {
	if e.observe != nil {
		e.observe(q.observed(code, err, took))
	}
	m := e.meter(q)
	m.duration.Observe(took.Seconds())
	m.counter(code).Inc()
	bucket, rate := &m.soundEvents, loggedSound
	if err != nil {
		bucket, rate = &m.refusedEvents, loggedRefused
	}
	if _, ok := bucket.Take(rate, time.Now()); !ok {
		m.withoutAnEvent.Add(1)
		return
	}
	e.write(m, q, code, err, took)
}

func (q *call) observed(code retcode.Code, err error, took time.Duration) Observed {
	o := Observed{RequestID: q.requestID(), TraceID: tracing.ID(q.span), Command: q.Head.Command, Peer: q.Peer, AppID: q.Head.CallingApp(), UIN: q.uin, Took: took}
	if err != nil {
		o.Code, o.Err, o.Stage = code, err, "policy"
		if q.passed == len(policy) {
			o.Stage = "command"
		}
	}
	return o
}

// write writes the event of a call. Its fields are chosen so that no secret can be among them.
func (e *events) write(m *meter, q *call, code retcode.Code, err error, took time.Duration) {
	level := slog.LevelInfo
	if err != nil && code.Class() == retcode.ClassInternal {
		level = slog.LevelError
	}
	if !e.log.Enabled(context.Background(), level) {
		return
	}
	name := m.name
	if q.foreign() {
		name = q.Head.Command.String()
	}
	var fields [16]slog.Attr
	attrs := append(fields[:0],
		slog.String("request_id", q.requestID()),
		slog.String("interface", name),
		slog.Int64("duration_us", took.Microseconds()),
		slog.String("peer", q.Peer.String()),
	)
	if q.span != nil {
		attrs = append(attrs, slog.String("trace_id", tracing.ID(q.span)))
	}
	if app := q.Head.CallingApp(); app != 0 {
		attrs = append(attrs, slog.String("appid", app.String()))
	}
	if q.uin != 0 {
		attrs = append(attrs, slog.String("uin", q.uin.String()))
	}
	if err == nil {
		attrs = append(attrs, slog.Int("code", 0))
	} else {
		attrs = append(attrs, slog.Int("code", code.Number()), slog.String("domain", code.Domain().String()))
		attrs = append(attrs, slog.String("error", code.Entry().Summary))
		var coded *retcode.Error
		if errors.As(err, &coded) && coded.Cause() != nil {
			attrs = append(attrs, slog.String("cause", coded.Cause().Error()))
		} else if _, isCode := retcode.From(err); !isCode {
			attrs = append(attrs, slog.String("cause", err.Error()))
		}
	}
	if n := m.withoutAnEvent.Swap(0); n > 0 {
		attrs = append(attrs, slog.Int64("calls_without_event", n))
	}
	e.log.LogAttrs(context.Background(), level, "call", attrs...)
}

// flush logs the calls that had no event.
func (e *events) flush() {
	for _, m := range e.meters {
		if n := m.withoutAnEvent.Swap(0); n > 0 {
			e.log.Info("calls", "interface", m.name, "calls_without_event", n)
		}
	}
}

// counter returns the counter of a code. The codes of a command are soon known, so reading takes no lock.
func (m *meter) counter(code retcode.Code) prometheus.Counter {
	known := m.counters.Load()
	if counter, ok := (*known)[code]; ok {
		return counter
	}
	label := m.ok
	if code.Number() != 0 {
		label = code.Domain().String() + " " + strconv.Itoa(code.Number())
	}
	counter := m.calls.WithLabelValues(m.name, label)
	more := map[retcode.Code]prometheus.Counter{code: counter}
	for c, counter := range *known {
		more[c] = counter
	}
	m.counters.CompareAndSwap(known, &more) // the loser adds its own the next time
	return counter
}

// requestID returns the caller's own, if it can be logged, or a new one.
func (q *call) requestID() string {
	if q.id == "" {
		q.id = requestID(q.Head.RequestID)
	}
	return q.id
}

func requestID(own []byte) string {
	for _, b := range own {
		if b <= ' ' || b > '~' {
			own = nil
			break
		}
	}
	if len(own) > 0 {
		return string(own)
	}
	var id [8]byte
	n := rand.Uint64()
	for i := range id {
		id[i] = byte(n >> (8 * i))
	}
	return hex.EncodeToString(id[:])
}
