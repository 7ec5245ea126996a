package client

import "context"

type traceParentKey struct{}

// WithTraceParent returns a context whose calls are named parts of a trace: text is a traceparent of W3C Trace Context, such as a tracing library writes
// for its current span. It goes to the platform unchecked, which ignores what it cannot read. An empty text stands for no trace.
func WithTraceParent(ctx context.Context, text string) context.Context {
	return context.WithValue(ctx, traceParentKey{}, text)
}

// TraceParent returns what WithTraceParent set, and in an OIDBHandler what the caller sent; "" without a trace. It is the caller's word.
func TraceParent(ctx context.Context) string {
	text, _ := ctx.Value(traceParentKey{}).(string)
	return text
}
