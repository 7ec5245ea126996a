// Package tables stores the platform in the tables of a relational database. Each rule has one statement, written in what SQLite and
// PostgreSQL have in common; store/sqlite and store/postgres are the engines that run it, and add what each does in its own way.
package tables

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/tracing"
)

// Engine runs statements. Their parameters are ?, or ?1, ?2, ...; an argument is an int, int64, bool (stored as 0 or 1), string, []byte
// or sql.NullInt64, and a column is compared only with arguments of its own kind.
type Engine interface {
	// Query runs a statement that reads.
	Query(ctx context.Context, statement string, args ...any) (Rows, error)
	// Write runs do as one atomic step. Once its changes are durable it announces them and returns; after an error nothing of the step
	// remains. A ctx that ends before the step begins cancels it. The engine may run do again when another write was in its way.
	Write(ctx context.Context, do func(Conn) ([]store.Change, error)) error
	// WriteGrouped is Write for a small step that many callers make. Statements of others may run between its own, and see what it has written
	// so far; so it has one statement, or locks first of all whatever its statements have to agree on.
	WriteGrouped(ctx context.Context, do func(Conn) ([]store.Change, error)) error
}

// Conn runs the statements of one step. An error of a statement ends the step. A value that has to be unique and is taken is
// platform.ErrExists.
type Conn interface {
	Exec(statement string, args ...any) (rows int64, err error)
	// Later runs a statement whose result nobody needs. It may run with the next statement, or at the end of the step, which then has its error.
	Later(statement string, args ...any) error
	Query(statement string, args ...any) (Rows, error)
	QueryRow(statement string, args ...any) Row
	// Last is QueryRow for the last statement of a step that makes changes. They may be durable when Scan returns: an error that the step returns
	// after that need not undo them.
	Last(changes []store.Change, statement string, args ...any) Row
	// Counts returns what is known of the counts of messages: nothing if other processes may be changing them.
	Counts() *Counts
	// MessageID returns an expression for the ID of a new message, and what ?1 of it is to be. ?2 is the inbox, which the step has locked. The ID is
	// at least first, above all others of the inbox, and not one that a message of another inbox got at about the same time.
	MessageID(first int64) (expression string, least int64)
	// Shared reports whether other steps may be under way at the same time.
	Shared() bool
	// Lock waits until no other step has any of the keys, and holds them until the step ends.
	Lock(keys ...int64) error
}

// Row is the result of a statement of which only the first row is wanted. Without one, Scan returns sql.ErrNoRows.
type Row interface{ Scan(dest ...any) error }

// Rows is the result of a statement. It must be closed.
type Rows interface {
	Row
	Next() bool
	Err() error
	Close() error
}

// Store implements those methods of store.Store that are the same in every engine.
type Store struct {
	engine        Engine
	sweepMessages string
	guardEvents   func(context.Context, *platform.Event) error // nil without a guard
	tracer        *tracing.Tracer                              // nil if nothing is traced
	system        attribute.KeyValue                           // the engine, for spans
}

// New returns the store of an engine. sweepMessages is a statement that deletes at most ?1 messages sent before ?2.
func New(engine Engine, sweepMessages string) *Store {
	return &Store{engine: engine, sweepMessages: sweepMessages}
}

// tx is a write's view of the step that it is.
type tx struct {
	Conn
	ctx     context.Context // of the caller, but not cancelled with it
	store   *Store
	changes []store.Change
	audit   *platform.Audit // nil unless an operator's call makes the write
	created string          // what it creates, for the audit
}

// write runs do as one step, to which the entry of the audit log belongs.
func (s *Store) write(ctx context.Context, do func(*tx) error) error {
	return s.run(ctx, s.engine.Write, do)
}

// writeGrouped is write for a step that may be one of a group.
func (s *Store) writeGrouped(ctx context.Context, do func(*tx) error) error {
	return s.run(ctx, s.engine.WriteGrouped, do)
}

// writing is an engine's Write or WriteGrouped.
type writing func(context.Context, func(Conn) ([]store.Change, error)) error

func (s *Store) run(ctx context.Context, write writing, do func(*tx) error) error {
	audit := platform.AuditOf(ctx)
	step := func(c Conn) ([]store.Change, error) {
		t := &tx{Conn: c, ctx: context.WithoutCancel(ctx), store: s, audit: audit}
		err := do(t)
		if err == nil && audit.Pending() {
			err = t.record(&audit.Entry)
		}
		return t.changes, err
	}
	var err error
	if span := s.tracer.Child(ctx, trace.SpanKindClient, "write"); span != nil {
		err = s.writeRecorded(ctx, span, write, step)
	} else {
		err = write(ctx, step)
	}
	if err == nil && audit != nil {
		audit.Stored()
	}
	return err
}

// returning makes a step with a result, which is zero when the write fails.
func returning[T any](ctx context.Context, write func(context.Context, func(*tx) error) error, do func(*tx) (T, error)) (made T, err error) {
	err = write(ctx, func(t *tx) (err error) {
		made, err = do(t)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return made, nil
}

// last runs the last statement of a step that has to write nothing else, or nothing that has to be undone without a row.
func (t *tx) last(statement string, args ...any) Row {
	if t.audit.Pending() { // whose entry comes after it
		return t.QueryRow(statement, args...)
	}
	return t.Last(t.changes, statement, args...)
}

// affect runs a statement as last does. Errors: ErrNotFound if it affects no row.
func (t *tx) affect(statement string, args ...any) error {
	var one int
	return sentinel(t.last(statement+" RETURNING 1", args...).Scan(&one))
}

// changed records what this write changes once it is committed.
func (t *tx) changed(changes ...store.Change) { t.changes = append(t.changes, changes...) }

func (s *Store) query(ctx context.Context, statement string, args ...any) (Rows, error) {
	span := s.BeginRead(ctx, statement)
	if span == nil {
		return s.engine.Query(ctx, statement, args...)
	}
	rows, err := s.engine.Query(ctx, statement, args...)
	if err != nil {
		EndSpan(span, err)
		return nil, err
	}
	return readSpan{rows, span}, nil
}

func (s *Store) queryRow(ctx context.Context, statement string, args ...any) Row {
	return First(s.query(ctx, statement, args...))
}

// First returns the first row of a statement's result, which its Scan closes.
func First(rows Rows, err error) Row {
	if err != nil {
		return failedRow{err}
	}
	return firstRow{rows}
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

type firstRow struct{ Rows }

func (r firstRow) Scan(dest ...any) (err error) {
	defer func() {
		if closed := r.Close(); err == nil {
			err = closed
		}
	}()
	if r.Next() {
		return r.Rows.Scan(dest...)
	}
	if err := r.Err(); err != nil {
		return err
	}
	return sql.ErrNoRows
}

// What a step locks so that others of its kind wait for it: a rule that a single statement holds needs no lock. A step locks once, all
// that it needs, and events after everything else; so no two wait for each other.
const (
	accountNumbers = 'N'
	anAccount      = 'A'
	anApp          = 'a'
	aPlayer        = 'p'
	friendsOf      = 'f'
	inboxOf        = 'i'
	outboxOf       = 'o'
	aRequest       = 'r'
	progressOf     = 'P' // achievements, challenges, feeds and what was seen
	aChallenge     = 'c'
	scenesOf       = 's'
	gameCommand    = 'C'
	operators      = 'O'
	aGuild         = 'g'
	groupOfApp     = 'b'
	aGroup         = 'G'
	groupNumbers   = 'n'
	groupsOf       = 'M'
	eventNumbers   = 'E'
)

// lockKey is what a step locks. Two of them may have the same hash: then one step needlessly waits for another.
type lockKey struct {
	kind   byte
	number uint64
	name   string
}

func of[Number ~int | ~int64 | ~uint32 | ~uint64](kind byte, number Number) lockKey {
	return lockKey{kind: kind, number: uint64(number)}
}

func named(kind byte, name string) lockKey { return lockKey{kind: kind, name: name} }

func (k lockKey) hash() int64 {
	h := fnv.New64a()
	_, _ = h.Write(append(binary.BigEndian.AppendUint64([]byte{k.kind}, k.number), k.name...))
	return int64(h.Sum64())
}

// lock locks keys, in an order that is the same for all.
func (t *tx) lock(keys ...lockKey) error {
	if !t.Shared() {
		return nil
	}
	hashes := make([]int64, len(keys))
	for i, k := range keys {
		hashes[i] = k.hash()
	}
	slices.Sort(hashes)
	return t.Lock(slices.Compact(hashes)...)
}

// Collect reads all rows with scan, and closes them.
func Collect[T any](rows Rows, err error, scan func(Row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// sentinel translates "no row" into the platform's error.
func sentinel(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return platform.ErrNotFound
	}
	return err
}

// missing replaces "not found" with an error that names what was not found.
func missing[ID any](err error, say func(ID) error, id ID) error {
	if errors.Is(err, platform.ErrNotFound) {
		return say(id)
	}
	return err
}

// wantRow returns ErrNotFound for a statement that affected no row.
func wantRow(rows int64, err error) error {
	if err == nil && rows == 0 {
		return platform.ErrNotFound
	}
	return err
}

// Ping implements store.Store.
func (s *Store) Ping(ctx context.Context) error {
	written, err := returning(ctx, s.write, func(t *tx) (n int64, err error) {
		return n, t.QueryRow("INSERT INTO probe (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = probe.n + 1 RETURNING n").Scan(&n)
	})
	if err != nil {
		return err
	}
	var read int64
	if err := s.queryRow(ctx, "SELECT n FROM probe").Scan(&read); err != nil {
		return err
	}
	if read < written {
		return fmt.Errorf("tables: %d was written, and %d is read", written, read)
	}
	return nil
}
