package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

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

// write runs a step. One that other steps were in the way of begins again, as long as ctx allows it.
func (s *Store) write(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	for attempt := 1; ; attempt++ {
		number := s.feed.steps.Add(1)
		changes, err := s.step(ctx, number, do)
		if err == nil {
			s.announce(context.WithoutCancel(ctx), number, changes)
			return nil
		}
		var failed *pgconn.PgError
		if !errors.As(err, &failed) || failed.Code != serializationFailure && failed.Code != deadlockDetected || attempt == attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Duration(attempt) * longestPause)):
		}
	}
}

// exec runs one statement as a step, and reports whether it affected a row.
func (s *Store) exec(ctx context.Context, text string, args ...any) (affected bool, err error) {
	err = s.write(ctx, func(c tables.Conn) ([]store.Change, error) {
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

// step runs one attempt of a step. What has begun is not interrupted by its caller, only by the time that a step may take.
func (s *Store) step(ctx context.Context, number int64, do func(tables.Conn) ([]store.Change, error)) (changes []store.Change, err error) {
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	t := &step{ctx: ctx, store: s, conn: conn, number: number}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("postgres: a write panicked: %v", p)
		}
		if err != nil {
			t.undo()
		}
	}()
	if changes, err = do(t); err != nil {
		return nil, err
	}
	return changes, t.commit(changes)
}

// step is a step's view of its transaction. It implements tables.Conn.
type step struct {
	ctx     context.Context
	store   *Store
	conn    *pgxpool.Conn
	number  int64
	begun   bool
	ended   bool
	waiting pgx.Batch // goes with the next statement, so that all take one round trip
}

// send sends a statement with what waits for it. Its result is the batch's next.
func (t *step) send(text string, args []any) (pgx.BatchResults, error) {
	statement, values, err := t.store.statements.translate(text, args)
	if err != nil {
		return nil, err
	}
	t.begin()
	t.waiting.Queue(statement, values...)
	return t.flush(1)
}

// begin puts the beginning of the transaction before the first statement.
func (t *step) begin() {
	if !t.begun {
		t.begun = true
		t.waiting.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
		t.waiting.Queue(t.store.limits)
	}
}

// flush sends what waits, and reads all results but the last ones.
func (t *step) flush(last int) (pgx.BatchResults, error) {
	batch := t.waiting
	t.waiting = pgx.Batch{}
	results := t.conn.SendBatch(t.ctx, &batch)
	for range batch.Len() - last {
		if _, err := results.Exec(); err != nil {
			return nil, errors.Join(translated(err), results.Close())
		}
	}
	return results, nil
}

func (t *step) Exec(text string, args ...any) (int64, error) {
	results, err := t.send(text, args)
	if err != nil {
		return 0, err
	}
	tag, err := results.Exec()
	if err != nil {
		_ = results.Close() // says the same
		return 0, translated(err)
	}
	return tag.RowsAffected(), results.Close()
}

// Later lets a statement go with the next one.
func (t *step) Later(text string, args ...any) error {
	statement, values, err := t.store.statements.translate(text, args)
	if err != nil {
		return err
	}
	t.begin()
	t.waiting.Queue(statement, values...)
	return nil
}

func (t *step) Query(text string, args ...any) (tables.Rows, error) {
	results, err := t.send(text, args)
	if err != nil {
		return nil, err
	}
	all, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, translated(err)
	}
	return &rows{Rows: all, end: results.Close}, nil
}

func (t *step) QueryRow(text string, args ...any) tables.Row {
	return tables.First(t.Query(text, args...))
}

// Last sends the end of the transaction with its last statement.
func (t *step) Last(changes []store.Change, text string, args ...any) tables.Row {
	return tables.First(t.last(changes, text, args))
}

func (t *step) last(changes []store.Change, text string, args []any) (tables.Rows, error) {
	statement, values, err := t.store.statements.translate(text, args)
	if err != nil {
		return nil, err
	}
	t.begin()
	t.waiting.Queue(statement, values...)
	ending, err := t.end(changes)
	if err != nil {
		return nil, err
	}
	results, err := t.flush(1 + ending)
	if err != nil {
		return nil, err
	}
	all, err := results.Query()
	if err != nil {
		_ = results.Close() // says the same
		return nil, translated(err)
	}
	return &rows{Rows: all, end: func() error { return t.committed(results, ending) }}, nil
}

// Counts returns nothing that is known: other gateways store messages too.
func (t *step) Counts() *tables.Counts { return tables.NewCounts() }

// MessageID takes the last digits of an ID from a sequence, so that inboxes differ.
func (t *step) MessageID(first int64) (expression string, least int64) {
	return "greatest(?1 + nextval('message_ids'), (SELECT max(id) + 1 FROM messages WHERE uin = ?2))", first
}

func (t *step) Shared() bool { return true }

// Lock takes advisory locks, which end with the transaction, in the order of the keys.
func (t *step) Lock(keys ...int64) error {
	t.begin()
	t.waiting.Queue("SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) key", keys)
	return nil
}

// commit makes the step durable.
func (t *step) commit(changes []store.Change) error {
	if !t.begun || t.ended {
		return nil
	}
	ending, err := t.end(changes)
	if err != nil {
		return err
	}
	results, err := t.flush(ending)
	if err != nil {
		return err
	}
	return t.committed(results, ending)
}

// end puts the end of the transaction behind what waits, and with it the record of its changes, which other gateways read. It returns how many
// statements these are. A step without changes may only have read what another one wrote, which no standby may have yet.
func (t *step) end(changes []store.Change) (statements int, err error) {
	if len(changes) == 0 {
		t.waiting.Queue(confirm)
	} else {
		record, err := encode(changes)
		if err != nil {
			return 0, err
		}
		t.waiting.Queue("INSERT INTO changes (gateway, step, record) VALUES ($1::bigint, $2::bigint, $3::text)", t.store.gateway, t.number, record)
	}
	t.waiting.Queue("COMMIT")
	return 2, nil
}

// committed reads the results of the last statements, and reports whether the transaction is durable.
func (t *step) committed(results pgx.BatchResults, statements int) (err error) {
	var tag pgconn.CommandTag
	for range statements {
		if tag, err = results.Exec(); err != nil {
			break
		}
	}
	if err = translated(errors.Join(err, results.Close())); err != nil {
		return err
	}
	t.ended = true
	if tag.String() != "COMMIT" {
		return errors.New("postgres: the transaction was undone")
	}
	if custom := t.conn.Conn().PgConn().CustomData(); custom[unreplicated] != nil {
		delete(custom, unreplicated)
		return errors.New("postgres: no synchronous standby has the transaction, which is lost if the primary dies now")
	}
	return nil
}

// undo ends the transaction. Where that fails, the connection is closed, which ends it too.
func (t *step) undo() {
	if !t.begun || t.ended {
		return
	}
	if _, err := t.conn.Exec(t.ctx, "ROLLBACK"); err != nil {
		_ = t.conn.Conn().Close(t.ctx)
	}
}

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
