package oidb

import (
	"context"
	"errors"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/tracing"
)

// Trace makes the bus record calls: those inside the process as parts of what made them, those from outside as the tracer decides. It must be called
// before the first call.
func (b *Bus) Trace(t *tracing.Tracer) { b.tracer = t }

// method returns the command's name in traces, as RPC systems write it.
func (d *Declaration) method() string {
	service := wire.File_oidb_proto.Services().ByName("Commands")
	name := d.ID.String()
	if m := d.Method(); m != nil {
		name = string(m.Name())
	}
	return string(service.FullName()) + "/" + name
}

// unknownMethod stands for what is no command, since the numbers in a call may be any.
const unknownMethod = "_OTHER"

// beginWithin begins the span of a call inside the process, if what made it is recorded.
func (c *call) beginWithin(ctx context.Context) {
	c.span = c.bus.tracer.Within(spanOf(ctx), trace.SpanKindInternal, c.entry.method)
}

// spanOf returns the span of a context, in which a call need not have called Wait.
func spanOf(ctx context.Context) trace.Span {
	for {
		p, ok := ctx.(*pending)
		switch {
		case !ok:
			return trace.SpanFromContext(ctx)
		case p.span != nil:
			return p.span
		}
		ctx = p.parent
	}
}

// beginServed begins the span of a call from outside, if it is recorded.
func (c *call) beginServed() {
	from := tracing.Outside
	switch {
	case c.forwarded():
		from = tracing.Forwarded
	case c.fromInside():
		from = tracing.Inside
	}
	if c.span = c.bus.tracer.Begin(trace.SpanKindServer, unknownMethod, string(c.Head.TraceParent), from); c.span != nil {
		c.span.SetAttributes(attribute.String("rookery.request_id", c.requestID()))
	}
}

// endSpan ends the span of a call that ended with err. Its attributes are chosen so that no secret and no person can be among them.
func (c *call) endSpan(err error) {
	method, result := unknownMethod, uint32(0)
	if c.entry != nil {
		method = c.entry.method
	}
	var own *ownResult
	switch {
	case errors.As(err, &own): // only its callers know what it means
		result = own.answer.Result
	case err != nil:
		code := c.code(err)
		result = uint32(code.Number())
		if c.entry != nil {
			result = c.entry.Result(code)
		}
		tracing.SetCode(c.span, code)
	}
	c.span.SetName(method)
	c.span.SetAttributes(rpcSystem, semconv.RPCMethod(method), semconv.RPCResponseStatusCode(strconv.FormatUint(uint64(result), 10)))
	if app := c.Head.CallingApp(); app != 0 {
		c.span.SetAttributes(attribute.String("rookery.appid", app.String()))
	}
	c.span.End()
}

var rpcSystem = semconv.RPCSystemNameKey.String("oidb")

// beginCarried begins the span of a call on its way to another process, if it is recorded, and names it in the head.
func (c *call) beginCarried(ctx context.Context, head *wire.Head) trace.Span {
	span := c.bus.tracer.Child(ctx, trace.SpanKindClient, c.entry.method)
	if span != nil {
		head.TraceParent = []byte(tracing.Parent(span))
	}
	return span
}

// endCarried ends that span, after an answer or an error.
func (c *call) endCarried(span trace.Span, answer *wire.Head, err error) {
	span.SetAttributes(rpcSystem, semconv.RPCMethod(c.entry.method))
	if err == nil {
		span.SetAttributes(semconv.RPCResponseStatusCode(strconv.FormatUint(uint64(answer.Result), 10)))
		err = c.entry.failure(answer)
	}
	var own *ownResult
	if err != nil && !errors.As(err, &own) {
		tracing.SetCode(span, c.entry.code(err))
	}
	span.End()
}
