package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// Codes of PostgreSQL's errors (PostgreSQL 15, Appendix A).
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

// write makes a step in a transaction of its own. If others were in its way it begins again, as long as ctx allows it.
func (s *Store) write(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	for attempt := 1; ; attempt++ {
		conn, err := s.acquire(ctx)
		if err != nil {
			return err
		}
		one := &step{do: do}
		s.transact(ctx, conn, one)
		var failed *pgconn.PgError
		if !errors.As(one.err, &failed) || failed.Code != serializationFailure && failed.Code != deadlockDetected || attempt == attempts {
			return one.err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Duration(attempt) * longestPause)):
		}
	}
}

// exec runs one statement as a step that write makes, and reports whether it affected a row.
func exec(ctx context.Context, write func(context.Context, func(tables.Conn) ([]store.Change, error)) error, text string, args ...any) (affected bool, err error) {
	err = write(ctx, func(c tables.Conn) ([]store.Change, error) {
		var one int
		err := c.Last(nil, text+" RETURNING 1", args...).Scan(&one)
		affected = err == nil
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return nil, err
	})
	return affected, err
}

// attempts bounds how often a step is begun. Before each further attempt there is a pause that grows by longestPause at most.
const (
	attempts     = 10
	longestPause = 5 * time.Millisecond
)

// step is one caller's part of a transaction. It implements tables.Conn. It runs as a coroutine, which lets the transaction go on with other
// steps while it waits for a result.
type step struct {
	do     func(tables.Conn) ([]store.Change, error)
	in     *transaction
	resume func() // runs do until it waits or ends
	wait   func()

	result  pgx.Rows // of the statement that it waited for
	last    bool     // it needs no more than what waits
	wrote   bool     // a row
	changes []store.Change
	err     error // with which it ended

	// Of a step that may be one of a group:
	done  chan struct{}
	alone bool // it could not be, and nothing of it remains
}

// begin runs a step until it waits or ends.
func (s *step) begin(in *transaction) {
	s.in = in
	next, _ := iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			s.last = true
			if p := recover(); p != nil {
				s.err = fmt.Errorf("postgres: a write panicked: %v", p)
			}
		}()
		s.wait = func() { yield(struct{}{}) }
		changes, err := s.do(s)
		s.changes, s.err = changes, err
	})
	s.resume = func() { next() }
	s.resume()
}

// queue lets a statement go with the next round trip.
func (s *step) queue(text string, args []any, asked bool) error {
	switch {
	case s.in.failed != nil:
		return s.in.failed
	case s.in.ended:
		return errors.New("postgres: a statement after the last one")
	}
	translated, values, err := s.in.store.statements.translate(text, args)
	if err == nil {
		s.in.waiting = append(s.in.waiting, statement{text: translated, args: values, of: s, asked: asked})
	}
	return err
}

func (s *step) Query(text string, args ...any) (tables.Rows, error) {
	if err := s.queue(text, args, true); err != nil {
		return nil, err
	}
	s.wait()
	if s.in.failed != nil {
		return nil, s.in.failed
	}
	return &rows{Rows: s.result, end: func() error { return nil }}, nil
}

func (s *step) QueryRow(text string, args ...any) tables.Row {
	return tables.First(s.Query(text, args...))
}

func (s *step) Exec(text string, args ...any) (int64, error) {
	result, err := s.Query(text, args...)
	if err == nil {
		err = result.Close()
	}
	if err != nil {
		return 0, err
	}
	return s.result.CommandTag().RowsAffected(), nil
}

// Later lets a statement go with the next one.
func (s *step) Later(text string, args ...any) error { return s.queue(text, args, false) }

// Last lets the end of the transaction go with the last statement.
func (s *step) Last(changes []store.Change, text string, args ...any) tables.Row {
	s.last, s.changes = true, changes
	return s.QueryRow(text, args...)
}

// Counts caches nothing: other gateways store messages too.
func (s *step) Counts() *tables.Counts { return nil }

// MessageID takes the last digits of an ID from a sequence, so that inboxes differ.
func (s *step) MessageID(first int64) (expression string, least int64) {
	return "greatest(?1 + nextval('message_ids'), (SELECT max(id) + 1 FROM messages WHERE uin = ?2))", first
}

func (s *step) Shared() bool { return true }

// Lock takes advisory locks, which end with the transaction, in the order of the keys.
func (s *step) Lock(keys ...int64) error { return s.in.lock(s, keys) }

// translated returns the platform's error for "not unique".
func translated(err error) error {
	var failed *pgconn.PgError
	if errors.As(err, &failed) && failed.Code == uniqueViolation {
		return fmt.Errorf("%w (%s)", platform.ErrExists, failed.ConstraintName)
	}
	return err
}

// rows are the result of a statement, which end returns to where they come from.
type rows struct {
	pgx.Rows
	end func() error
}

func (r *rows) Close() error {
	r.Rows.Close()
	return errors.Join(translated(r.Rows.Err()), r.end())
}

func (r *rows) Err() error { return translated(r.Rows.Err()) }

// Scan reads a row. A truth is stored as 0 or 1.
func (r *rows) Scan(dest ...any) error {
	fields := r.FieldDescriptions()
	numbers := make(map[*bool]*int64)
	into := dest
	for i, d := range dest {
		if truth, ok := d.(*bool); ok && i < len(fields) && fields[i].DataTypeOID != pgtype.BoolOID {
			if len(numbers) == 0 {
				into = slices.Clone(dest)
			}
			numbers[truth] = new(int64)
			into[i] = numbers[truth]
		}
	}
	if err := r.Rows.Scan(into...); err != nil {
		return err
	}
	for truth, number := range numbers {
		*truth = *number != 0
	}
	return nil
}
