package tables

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/tracing"
)

// Trace makes the store record the reads and writes of what is recorded. system is semconv's attribute of the engine. It must be called before the
// first of them.
func (s *Store) Trace(t *tracing.Tracer, system attribute.KeyValue) { s.tracer, s.system = t, system }

// BeginRead begins the span of a statement that reads; nil unless what reads is recorded. EndSpan ends it.
func (s *Store) BeginRead(ctx context.Context, statement string) trace.Span {
	span := s.tracer.Child(ctx, trace.SpanKindClient, "read")
	if span != nil {
		s.summarize(span, summary(statement))
	}
	return span
}

// summarize names the span by its statements, as the conventions for databases say.
func (s *Store) summarize(span trace.Span, statements string) {
	const longest = 255 // by the same conventions
	statements = statements[:min(len(statements), longest)]
	span.SetName(statements)
	span.SetAttributes(s.system, semconv.DBQuerySummary(statements))
}

// EndSpan ends a span. Of a failure it says only that there is one, since its text may have values; what is not there, or is there already, is an
// answer.
func EndSpan(span trace.Span, err error) {
	if failure(err) {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// failure reports whether an error of a statement is not one of its answers.
func failure(err error) bool {
	return err != nil && !errors.Is(err, sql.ErrNoRows) && !errors.Is(err, platform.ErrNotFound) && !errors.Is(err, platform.ErrExists)
}

// readSpan is a read's rows, with the span that they end.
type readSpan struct {
	Rows
	span trace.Span
}

func (r readSpan) Close() error {
	err := errors.Join(r.Err(), r.Rows.Close())
	EndSpan(r.span, err)
	return err
}

// writeSpan records the statements of a step.
type writeSpan struct {
	Conn
	statements []string // summaries
	failed     bool
}

// writeRecorded has the engine make a step whose span is recorded.
func (s *Store) writeRecorded(ctx context.Context, span trace.Span, write writing, do func(Conn) ([]store.Change, error)) error {
	var (
		w       *writeSpan
		refused error // what the step itself returned
	)
	err := write(ctx, func(c Conn) (changes []store.Change, err error) {
		span.AddEvent("the write begins") // after those before it
		w = &writeSpan{Conn: c}
		changes, refused = do(w)
		return changes, refused
	})
	if w != nil && len(w.statements) > 0 {
		s.summarize(span, strings.Join(w.statements, " "))
	}
	if w != nil && !w.failed && refused != nil { // a rule was broken, which is an answer too
		EndSpan(span, nil)
	} else {
		EndSpan(span, err)
	}
	return err
}

// runs notes that a statement runs.
func (w *writeSpan) runs(statement string) { w.statements = append(w.statements, summary(statement)) }

// see notes how a statement ended.
func (w *writeSpan) see(err error) error {
	w.failed = w.failed || failure(err)
	return err
}

func (w *writeSpan) Exec(statement string, args ...any) (int64, error) {
	w.runs(statement)
	rows, err := w.Conn.Exec(statement, args...)
	return rows, w.see(err)
}

func (w *writeSpan) Later(statement string, args ...any) error {
	w.runs(statement)
	return w.see(w.Conn.Later(statement, args...))
}

func (w *writeSpan) Query(statement string, args ...any) (Rows, error) {
	w.runs(statement)
	rows, err := w.Conn.Query(statement, args...)
	if err != nil {
		return nil, w.see(err)
	}
	return writtenRows{rows, w}, nil
}

func (w *writeSpan) QueryRow(statement string, args ...any) Row {
	w.runs(statement)
	return writtenRow{w.Conn.QueryRow(statement, args...), w}
}

func (w *writeSpan) Last(changes []store.Change, statement string, args ...any) Row {
	w.runs(statement)
	return writtenRow{w.Conn.Last(changes, statement, args...), w}
}

// writtenRows and writtenRow are the results of a step's statement.
type writtenRows struct {
	Rows
	of *writeSpan
}

func (r writtenRows) Err() error { return r.of.see(r.Rows.Err()) }

type writtenRow struct {
	Row
	of *writeSpan
}

func (r writtenRow) Scan(dest ...any) error { return r.of.see(r.Row.Scan(dest...)) }

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
