package access

import (
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/tracing"
)

// beginSpan begins the span of a call, if it is recorded: in the context of its request, so that what is done for it is a part of it. The name has nothing
// that a caller can choose.
func (r *resource) beginSpan(c *Call) {
	if r.door.Name == "dev" {
		return
	}
	caller := ""
	if values := c.Request.Header["Traceparent"]; len(values) == 1 {
		caller = values[0]
	}
	if c.span = r.gateway.tracer.Begin(trace.SpanKindServer, r.meter.path, caller, tracing.Outside); c.span == nil {
		return
	}
	method := "HTTP"
	if r.byMethod[c.Request.Method] != nil {
		method = c.Request.Method
	}
	c.span.SetName(method + " " + r.meter.path)
	c.Request = c.Request.WithContext(trace.ContextWithSpan(c.Request.Context(), c.span))
}

// endSpan ends the span of a call that ended with err. Its attributes are chosen so that no secret and no person can be among them.
func (r *resource) endSpan(c *Call, err error) {
	scheme := "http"
	if c.Secure() {
		scheme = "https"
	}
	c.span.SetAttributes(
		semconv.HTTPRoute(r.meter.path), semconv.URLScheme(scheme), semconv.HTTPResponseStatusCode(c.Answer.Status),
		attribute.String("rookery.request_id", c.RequestID),
	)
	if c.Endpoint != nil {
		c.span.SetAttributes(semconv.HTTPRequestMethodKey.String(c.Request.Method))
	} else {
		c.span.SetAttributes(semconv.HTTPRequestMethodOther)
	}
	if c.App != nil {
		c.span.SetAttributes(attribute.String("rookery.appid", c.App.AppID.String()))
	}
	if err != nil {
		c.span.SetAttributes(attribute.String("rookery.stage", c.stage))
	}
	if c.forced != nil {
		c.span.SetAttributes(attribute.Bool("rookery.forced", true))
	}
	code := c.Answer.Code
	tracing.SetCode(c.span, code)
	if code == 0 && c.Answer.Status >= 500 {
		c.span.SetStatus(codes.Error, "")
		c.span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(c.Answer.Status)))
	}
	c.span.End()
}
