package oidb

import (
	"context"
	"log/slog"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/tracing"
)

// TestTheSpanOfACallWithinACall: also where the outer one has not waited yet, and so has no context of its own.
func TestTheSpanOfACallWithinACall(t *testing.T) {
	f := newFixture(t)
	tracer, err := tracing.New(tracing.Options{Endpoint: "http://127.0.0.1:1", Sample: 1, Service: "test"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	t.Cleanup(func() { tracer.Shutdown(ended) })
	f.Trace(tracer)
	outer := checkCommand(9)
	Handle(f.Bus, outer, func(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		return Call(ctx, f.Bus, slow, req)
	})
	root := tracer.Begin(trace.SpanKindServer, "door", "", tracing.Outside)
	close(f.let)
	if _, err := Call(trace.ContextWithSpan(t.Context(), root), f.Bus, outer, wire.CheckRequest{}); err != nil {
		t.Fatal(err)
	}
	inner, ok := trace.SpanFromContext(<-f.waits).(sdk.ReadOnlySpan)
	if !ok {
		t.Fatal("the inner call is not recorded")
	}
	if parent := inner.Parent(); parent.TraceID() != root.SpanContext().TraceID() || parent.SpanID() == root.SpanContext().SpanID() || !parent.SpanID().IsValid() {
		t.Errorf("the inner call is within %s of the trace %s, and the door is %s of the trace %s", parent.SpanID(), parent.TraceID(), root.SpanContext().SpanID(), root.SpanContext().TraceID())
	}

	if _, err := Call(t.Context(), f.Bus, slow, wire.CheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if trace.SpanFromContext(<-f.waits).IsRecording() {
		t.Error("a call of nothing that is recorded is recorded")
	}
}
