package sqlite

import (
	"context"
	"errors"
	"strings"

	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
	"modernc.org/sqlite"

	"github.com/rookeryhq/rookery/internal/tracing"
)

// Trace makes the store record the reads and writes of what is recorded. It must be called before the first of them.
func (s *Store) Trace(t *tracing.Tracer) { s.tracer, s.writer.tracer = t, t }

// beginRead begins the span of a query; nil unless what reads is recorded.
func (s *Store) beginRead(ctx context.Context, query string) trace.Span {
	span := s.tracer.Child(ctx, trace.SpanKindClient, "read")
	if span != nil {
		summarize(span, summary(query))
	}
	return span
}

func (wr *write) endSpan(err error) {
	if len(wr.statements) > 0 {
		summarize(wr.span, strings.Join(wr.statements, " "))
	}
	endSpan(wr.span, err)
}

// summarize names the span by its statements, as the conventions for databases say.
func summarize(span trace.Span, statements string) {
	const longest = 255 // by the same conventions
	statements = statements[:min(len(statements), longest)]
	span.SetName(statements)
	span.SetAttributes(semconv.DBSystemNameSQLite, semconv.DBQuerySummary(statements))
}

// endSpan ends a span. Of an error it says only that there is one, since its text may have values. Errors of the platform's own, such as
// platform.ErrNotFound, are answers.
func endSpan(span trace.Span, err error) {
	var driver *sqlite.Error
	if errors.As(err, &driver) || errors.Is(err, errClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// summary returns what a statement does and to which table first, such as "SELECT grants". It has no values.
func summary(statement string) string {
	words := strings.Fields(statement)
	for i, word := range words[:max(len(words)-1, 0)] {
		switch word {
		case "FROM", "(FROM", "INTO", "UPDATE":
			if table, _, _ := strings.Cut(words[i+1], "("); table != "" {
				return words[0] + " " + strings.TrimRight(table, "),")
			}
		}
	}
	return words[0]
}
