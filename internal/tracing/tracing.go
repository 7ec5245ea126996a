// Package tracing records what the platform does for a request as spans of OpenTelemetry, and sends them to a collector. Whether a request is
// recorded is decided once, where it comes in: a request that is not costs no more than that decision. Spans have the real time, not the
// platform's, which can be moved.
package tracing

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/retcode"
)

// Options say what is recorded and where it goes.
type Options struct {
	Endpoint string            // base URL of the collector
	Headers  map[string]string // of requests to it
	Sample   float64           // the share of requests that are recorded, from 0 to 1
	// Continue makes a request from outside a part of its caller's trace, recorded if that one is. Otherwise it begins a trace of its own that
	// names the caller's.
	Continue bool
	Service  string // names this process in traces
}

// Tracer records spans. The nil Tracer records none.
type Tracer struct {
	tracer    trace.Tracer
	provider  *sdk.TracerProvider
	queue     *queue
	sample    float64
	continues bool
}

// New returns a tracer. It does not wait for its collector, which may come later or go away.
func New(o Options, log *slog.Logger) (*Tracer, error) {
	queue, err := newQueue(o, log)
	if err != nil {
		return nil, err
	}
	provider := sdk.NewTracerProvider(
		sdk.WithSampler(sdk.AlwaysSample()), // the Tracer has decided before
		sdk.WithSpanProcessor(queue),
		sdk.WithResource(resource.NewSchemaless(semconv.ServiceName(o.Service))),
	)
	return &Tracer{
		tracer: provider.Tracer("github.com/rookeryhq/rookery", trace.WithSchemaURL(semconv.SchemaURL)), provider: provider, queue: queue,
		sample: o.Sample, continues: o.Continue,
	}, nil
}

// Measure registers the counts of spans that were sent and dropped.
func (t *Tracer) Measure(metrics prometheus.Registerer) {
	metrics.MustRegister(t.queue.exported, t.queue.dropped)
}

// Shutdown sends what is recorded, until ctx ends. Spans that end later are dropped.
func (t *Tracer) Shutdown(ctx context.Context) {
	_ = t.provider.Shutdown(ctx) // of what was not sent the queue has counted and logged everything
	t.queue.abandon()
}

// Origin says what a caller's traceparent means.
type Origin uint8

const (
	Outside   Origin = iota // Options.Continue decides
	Inside                  // the caller belongs to the platform: its trace is continued
	Forwarded               // the caller is a part of the platform that has decided whether the request is recorded
)

// Begin starts the span of a request that came in; nil if the request is not recorded. traceParent is what the caller sent, in the form of W3C Trace
// Context; one that cannot be read counts as missing.
func (t *Tracer) Begin(kind trace.SpanKind, name, traceParent string, from Origin) trace.Span {
	if t == nil {
		return nil
	}
	caller := parse(traceParent)
	continued := caller.IsValid() && (from != Outside || t.continues)
	switch {
	case continued:
		if !caller.IsSampled() {
			return nil
		}
	case from == Forwarded || rand.Float64() >= t.sample:
		return nil
	}
	ctx := context.Background()
	options := []trace.SpanStartOption{trace.WithSpanKind(kind)}
	switch {
	case continued:
		ctx = trace.ContextWithRemoteSpanContext(ctx, caller)
	case caller.IsValid():
		options = append(options, trace.WithLinks(trace.Link{SpanContext: caller}))
	}
	_, span := t.tracer.Start(ctx, name, options...)
	return span
}

// Child starts a span within the one of ctx; nil without one.
func (t *Tracer) Child(ctx context.Context, kind trace.SpanKind, name string) trace.Span {
	if t == nil {
		return nil
	}
	return t.Within(trace.SpanFromContext(ctx), kind, name)
}

// Within starts a span within another one; nil unless that is recorded.
func (t *Tracer) Within(parent trace.Span, kind trace.SpanKind, name string) trace.Span {
	if t == nil || parent == nil || !parent.IsRecording() {
		return nil
	}
	_, span := t.tracer.Start(trace.ContextWithSpan(context.Background(), parent), name, trace.WithSpanKind(kind))
	return span
}

// SetCode says with which code a span's work was answered; 0 stands for success. A code that is the platform's fault makes the span failed.
func SetCode(span trace.Span, code retcode.Code) {
	if code == 0 {
		return
	}
	domain, number := code.Domain().String(), code.Number()
	span.SetAttributes(attribute.String("rookery.domain", domain), attribute.Int("rookery.code", number))
	if class := code.Class(); class == retcode.ClassInternal || class == retcode.ClassRetry {
		span.SetStatus(codes.Error, code.Entry().Summary)
		span.SetAttributes(semconv.ErrorTypeKey.String(domain + " " + strconv.Itoa(number)))
	}
}

// ID returns the id of a span's trace, in hex; "" for nil.
func ID(span trace.Span) string {
	if span == nil {
		return ""
	}
	return span.SpanContext().TraceID().String()
}

// header is W3C Trace Context's name for the parent.
const header = "traceparent"

// Parent returns what names a span to those who are called for it, in the form of W3C Trace Context.
func Parent(span trace.Span) string {
	carrier := make(propagation.MapCarrier)
	propagation.TraceContext{}.Inject(trace.ContextWithSpan(context.Background(), span), carrier)
	return carrier[header]
}

func parse(traceParent string) trace.SpanContext {
	if traceParent == "" {
		return trace.SpanContext{}
	}
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{header: traceParent})
	return trace.SpanContextFromContext(ctx)
}
