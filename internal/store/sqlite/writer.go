package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// maxBatch bounds the writes that share one transaction, and with it how long the first of them waits.
const maxBatch = 256

// errClosed is the error of a write after Close.
var errClosed = errors.New("sqlite: the store is closed")

// writer makes all writes. It takes the waiting writes into one transaction, a savepoint each, so that all share one flush
// to the disk (group commit) while each keeps its own outcome.
type writer struct {
	conn        *sql.Conn
	stmts       map[string]*sql.Stmt
	queue       chan *write
	onChange    []func(store.Change)
	lastMessage int64 // the ID given last
	counts      *tables.Counts

	mu      sync.RWMutex // held for reading while queueing, so that close cannot overtake
	closed  bool
	stopped chan struct{}
}

// write is one caller's atomic step.
type write struct {
	ctx     context.Context
	do      func(*tx) error
	outcome chan error
	err     error
	changes []store.Change
}

// tx is a write's view of the transaction that it is part of. It implements tables.Conn.
type tx struct {
	ctx    context.Context
	writer *writer
	write  *write
}

func newWriter(conn *sql.Conn) *writer {
	w := &writer{
		conn:    conn,
		stmts:   make(map[string]*sql.Stmt),
		counts:  tables.NewCounts(),
		queue:   make(chan *write, maxBatch),
		stopped: make(chan struct{}),
	}
	go w.run()
	return w
}

// write runs do inside the next transaction and returns once it is durable or undone. A ctx that ends while the write still
// waits in the queue cancels it; a write that has begun is always completed, so the outcome is never unknown.
func (w *writer) write(ctx context.Context, do func(*tx) error) error {
	wr := &write{ctx: ctx, do: do, outcome: make(chan error, 1)}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return errClosed
	}
	select {
	case w.queue <- wr:
		w.mu.RUnlock()
	case <-ctx.Done():
		w.mu.RUnlock()
		return ctx.Err()
	}
	return <-wr.outcome
}

// drain refuses new writes and waits for those under way.
func (w *writer) drain() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.stopped
}

// close returns the connection. Its statements are closed first: database/sql does not track those of a single connection,
// and SQLite keeps the file open, and its log next to it, as long as one exists.
func (w *writer) close() error {
	var errs []error
	for _, stmt := range w.stmts {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *writer) run() {
	defer close(w.stopped)
	batch := make([]*write, 0, maxBatch)
	for first := range w.queue {
		// Callers who are about to write come along: larger batches cost less for each write. Nobody who is not ready is waited for.
		for waiting := -1; waiting < len(w.queue); runtime.Gosched() {
			waiting = len(w.queue)
		}
		batch = append(batch[:0], first)
		w.commit(w.fill(batch))
	}
}

func (w *writer) commit(batch []*write) {
	batch, err := w.begin(batch)
	if err != nil {
		finish(batch, fmt.Errorf("sqlite: begin: %w", err))
		return
	}
	err = w.steps(batch)
	if err == nil {
		err = w.exec("COMMIT")
	}
	if err != nil {
		_ = w.exec("ROLLBACK") // fails harmlessly when the error already ended the transaction
		w.counts.Forget()
		finish(batch, fmt.Errorf("sqlite: commit: %w", err))
		return
	}
	for _, wr := range batch {
		if wr.err == nil {
			for _, change := range wr.changes {
				for _, hear := range w.onChange {
					hear(change)
				}
			}
		}
		wr.outcome <- wr.err
	}
}

// busyPatience is how long another program may write to the database before the waiting writes fail.
const busyPatience = 30 * time.Second

// fill adds the writes that wait, as far as there is room.
func (w *writer) fill(batch []*write) []*write {
	for len(batch) < maxBatch && len(w.queue) > 0 {
		batch = append(batch, <-w.queue)
	}
	return batch
}

// begin begins a transaction and returns the writes for it. While another program writes to the database it is tried again, for those
// whose callers have not left.
func (w *writer) begin(batch []*write) ([]*write, error) {
	for start := time.Now(); ; {
		err := w.exec("BEGIN IMMEDIATE")
		if !busy(err) || time.Since(start) > busyPatience {
			return batch, err
		}
		batch = slices.DeleteFunc(w.fill(batch), func(wr *write) bool {
			left := wr.ctx.Err()
			if left != nil {
				wr.outcome <- left
			}
			return left != nil
		})
		if len(batch) == 0 {
			return batch, err
		}
	}
}

// busy reports whether an error means that another program has locked the database.
func busy(err error) bool {
	var driver *sqlite.Error
	return errors.As(err, &driver) && driver.Code()&0xff == sqlite3.SQLITE_BUSY
}

// steps runs each write between savepoints. Its error is one that ended the whole transaction: a full disk, for instance,
// makes SQLite roll back on its own, and the savepoint is gone with it.
func (w *writer) steps(batch []*write) error {
	for _, wr := range batch {
		if wr.err = wr.ctx.Err(); wr.err != nil {
			continue
		}
		if err := w.exec("SAVEPOINT step"); err != nil {
			return err
		}
		if wr.err = w.step(wr); wr.err != nil {
			if err := w.exec("ROLLBACK TO step"); err != nil {
				return errors.Join(wr.err, err)
			}
		}
		if err := w.exec("RELEASE step"); err != nil {
			return err
		}
	}
	return nil
}

// step runs one write. A caller who leaves must not interrupt it: its statements run without the caller's cancellation.
func (w *writer) step(wr *write) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("sqlite: a write panicked: %v", p)
		}
	}()
	t := &tx{ctx: context.WithoutCancel(wr.ctx), writer: w, write: wr}
	return wr.do(t)
}

func finish(batch []*write, err error) {
	for _, wr := range batch {
		wr.outcome <- err
	}
}

func (w *writer) exec(query string) error {
	stmt, err := w.stmt(query)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(context.Background())
	return err
}

func (w *writer) stmt(query string) (*sql.Stmt, error) {
	if stmt := w.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.PrepareContext(context.Background(), query)
	if err == nil {
		w.stmts[query] = stmt
	}
	return stmt, err
}

func (t *tx) Exec(query string, args ...any) (rows int64, err error) {
	stmt, err := t.writer.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, unique(err)
	}
	return result.RowsAffected()
}

// Later runs a statement at once: there is nothing to wait for.
func (t *tx) Later(query string, args ...any) error {
	_, err := t.Exec(query, args...)
	return err
}

func (t *tx) QueryRow(query string, args ...any) tables.Row {
	stmt, err := t.writer.stmt(query)
	if err != nil {
		return row{err: err}
	}
	return row{Row: stmt.QueryRowContext(t.ctx, args...)}
}

// Last runs a statement as any other: the writer commits many steps at a time.
func (t *tx) Last(_ []store.Change, query string, args ...any) tables.Row {
	return t.QueryRow(query, args...)
}

func (t *tx) Query(query string, args ...any) (tables.Rows, error) {
	stmt, err := t.writer.stmt(query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(t.ctx, args...)
}

// changed records what this write changes once it is committed.
func (t *tx) changed(changes ...store.Change) {
	t.write.changes = append(t.write.changes, changes...)
}

func (t *tx) Counts() *tables.Counts { return t.writer.counts }

// MessageID makes IDs that rise even if the clock is moved back.
func (t *tx) MessageID(first int64) (expression string, least int64) {
	t.writer.lastMessage = max(t.writer.lastMessage+1, first)
	return "?1", t.writer.lastMessage
}

// Shared reports that the writer makes one step after the other.
func (t *tx) Shared() bool { return false }

func (t *tx) Lock(...int64) error { return nil }

// row is the result of a statement, or why it has none.
type row struct {
	*sql.Row
	err error
}

func (r row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return unique(r.Row.Scan(dest...))
}

// unique translates the driver's error for "not unique" into the platform's.
func unique(err error) error {
	var driver *sqlite.Error
	if errors.As(err, &driver) {
		switch driver.Code() {
		case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return fmt.Errorf("%w (%s)", platform.ErrExists, err)
		}
	}
	return err
}
