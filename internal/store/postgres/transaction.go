package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/rookeryhq/rookery/internal/store"
)

// transaction makes steps durable together. Each round trip has all that they can do without a further result; the last one also has the end.
type transaction struct {
	ctx    context.Context
	store  *Store
	conn   *pgxpool.Conn
	steps  []*step
	number int64 // of its record in the log of changes

	waiting   []statement // for the next round trip
	locks     []int64     // taken as it begins
	begun     bool
	wrote     bool // a row
	recorded  bool // its changes
	ended     bool // its end was sent
	committed bool
	failed    error // ends each step
	refused   *step // whose statement failed
}

// statement is one of a step.
type statement struct {
	text  string
	args  []any
	of    *step
	asked bool // the step waits for its result
}

// transact makes a transaction of steps, and announces what they have changed. How a step ended is in its err. What has begun is not interrupted
// by a caller, only by the time that a step may take. It releases the connection.
func (s *Store) transact(ctx context.Context, conn *pgxpool.Conn, steps ...*step) {
	t := &transaction{store: s, conn: conn, steps: steps, number: s.feed.steps.Add(1)}
	func() {
		defer conn.Release()
		var cancel context.CancelFunc
		t.ctx, cancel = s.bounded(ctx)
		defer cancel()
		t.run()
	}()
	if t.committed && t.recorded {
		s.announce(ctx, t)
	}
}

func (t *transaction) run() {
	for _, s := range t.steps {
		s.begin(t)
	}
	for t.failed == nil && !t.ended {
		ending := !slices.ContainsFunc(t.steps, func(s *step) bool { return !s.last })
		if ending && !t.begun && len(t.waiting) == 0 {
			return
		}
		err := t.spoiled()
		if err == nil {
			err = t.roundTrip(ending)
		}
		if err != nil {
			t.fail(err)
		}
	}
	t.undo()
}

// errSpoiled ends steps because of another one of their transaction.
var errSpoiled = errors.New("postgres: the transaction has to be made without this step")

// spoiled returns an error if nothing can be committed because of steps that failed. One that has written nothing matters to itself alone.
func (t *transaction) spoiled() error {
	failed := 0
	for _, s := range t.steps {
		if s.err != nil {
			failed++
		}
		if s.err != nil && s.wrote || failed == len(t.steps) {
			return errSpoiled
		}
	}
	return nil
}

// fail ends each step that has not failed itself. Those of several are made again, each alone, if it is certain that nothing of this transaction
// remains, since the server has refused a statement.
func (t *transaction) fail(err error) {
	var refused *pgconn.PgError
	again := len(t.steps) > 1 && (errors.Is(err, errSpoiled) || errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR")
	t.failed = translated(err)
	for _, s := range t.steps {
		if s.err != nil && s != t.refused {
			continue
		}
		s.alone = again
		s.resume()
		if s.err == nil {
			s.err = t.failed
		}
	}
}

// undo ends a transaction that was not committed. Where that fails, the connection is closed, which ends it too.
func (t *transaction) undo() {
	const idle = 'I'
	if t.conn.Conn().PgConn().TxStatus() == idle {
		return
	}
	if _, err := t.conn.Exec(t.ctx, "ROLLBACK"); err != nil {
		_ = t.conn.Conn().Close(t.ctx)
	}
}

// takeLocks takes advisory locks, which end with the transaction, in the order of the keys.
const takeLocks = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) key"

// lock takes locks for a step. Several steps take all of theirs at once, so that no two transactions wait for each other. A step that needs one
// later, or one of another step, has to be made alone.
func (t *transaction) lock(of *step, keys []int64) error {
	first := !t.begun && !slices.ContainsFunc(t.waiting, func(w statement) bool { return w.of == of })
	taken := slices.ContainsFunc(keys, func(key int64) bool { return slices.Contains(t.locks, key) })
	switch {
	case first && !taken:
		t.locks = append(t.locks, keys...)
		return nil
	case len(t.steps) == 1:
		t.waiting = append(t.waiting, statement{text: takeLocks, args: []any{keys}, of: of})
		return nil
	}
	of.alone = true
	return errSpoiled
}

// roundTrip sends the statements that wait, after the beginning if they are the first, and before the end if they are the last. Each step that
// waits for a result goes on with it.
func (t *transaction) roundTrip(ending bool) error {
	var batch pgx.Batch
	if !t.begun {
		t.begin(&batch)
	}
	for _, w := range t.waiting {
		if w.of.err == nil {
			batch.Queue(w.text, w.args...).Query(func(rows pgx.Rows) error { return t.see(w, rows) })
		}
	}
	t.waiting = nil
	if ending {
		if err := t.end(&batch); err != nil {
			return err
		}
	}
	return t.conn.SendBatch(t.ctx, &batch).Close()
}

// see has the step of a statement go on with its result.
func (t *transaction) see(w statement, rows pgx.Rows) error {
	if w.asked {
		w.of.result = rows
		w.of.resume()
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		t.refused = w.of
		return err
	}
	if tag := rows.CommandTag(); !tag.Select() && tag.RowsAffected() > 0 {
		w.of.wrote, t.wrote = true, true
	}
	return nil
}

// begin puts the beginning of the transaction before its first statements.
func (t *transaction) begin(batch *pgx.Batch) {
	t.begun = true
	batch.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	if len(t.steps) > 1 {
		batch.Queue(limitsOfGroup)
	} else {
		batch.Queue(limitsAlone)
	}
	if len(t.locks) > 0 {
		slices.Sort(t.locks)
		batch.Queue(takeLocks, t.locks)
	}
}

// What bounds the statements of a transaction. One of several steps does not wait long for others, which may wait for it.
var (
	limitsAlone   = limits(0)
	limitsOfGroup = limits(50 * time.Millisecond)
)

func limits(lockTime time.Duration) string {
	return fmt.Sprintf("SELECT set_config('statement_timeout', '%[1]d', true), set_config('idle_in_transaction_session_timeout', '%[1]d', true), set_config('lock_timeout', '%[2]d', true)",
		stepTime.Milliseconds(), lockTime.Milliseconds())
}

// end puts the end of the transaction after its last statements, and before it the record of its changes, which other gateways read. A
// transaction that has written nothing may have read what another one wrote, which no standby may have yet.
func (t *transaction) end(batch *pgx.Batch) error {
	t.ended = true
	var changes []store.Change
	for _, s := range t.steps {
		if s.err == nil {
			changes = append(changes, s.changes...)
		}
	}
	switch {
	case len(changes) > 0:
		record, err := encode(changes)
		if err != nil {
			return err
		}
		t.recorded = true
		batch.Queue("INSERT INTO changes (gateway, step, record) VALUES ($1::bigint, $2::bigint, $3::text)", t.store.gateway, t.number, record)
	case !t.wrote:
		batch.Queue(confirm)
	}
	batch.Queue("COMMIT").Exec(t.durable)
	return nil
}

// durable reports whether what the server calls committed is durable.
func (t *transaction) durable(tag pgconn.CommandTag) error {
	if tag.String() != "COMMIT" {
		return errors.New("postgres: the transaction was undone")
	}
	if custom := t.conn.Conn().PgConn().CustomData(); custom[unreplicated] != nil {
		delete(custom, unreplicated)
		return errors.New("postgres: no synchronous standby has the transaction, which is lost if the primary dies now")
	}
	t.committed = true
	return nil
}
