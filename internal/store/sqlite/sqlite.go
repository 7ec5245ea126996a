// Package sqlite stores the platform in one SQLite file: write-ahead log, every commit flushed, one group-committing writer
// next to a pool of readers. The engine is modernc.org/sqlite, which needs no C.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
	"github.com/rookeryhq/rookery/internal/tracing"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is a store.Store in one SQLite file. It relies on being the file's only writer process.
type Store struct {
	*tables.Store
	file    string
	readers *sql.DB
	writers *sql.DB
	writer  *writer
	turns   chan struct{} // held to read, one for each connection of readers
	lookups lookups
	reads   sync.Map                         // query text to *sql.Stmt on readers
	alone   atomic.Pointer[platform.Gateway] // the process that has the file to itself, once it has joined

	recovery Recovery
}

var _ store.Store = (*Store)(nil)

// Trace makes the store record the reads and writes of what is recorded. It must be called before the first of them.
func (s *Store) Trace(t *tracing.Tracer) { s.Store.Trace(t, semconv.DBSystemNameSQLite) }

// engine runs the statements of tables.
type engine Store

// Query implements tables.Engine.
func (e *engine) Query(ctx context.Context, query string, args ...any) (tables.Rows, error) {
	return (*Store)(e).query(ctx, query, args...)
}

// Write implements tables.Engine.
func (e *engine) Write(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	return e.writer.write(ctx, func(t *tx) error {
		changes, err := do(t)
		t.changed(changes...)
		return err
	})
}

// WriteGrouped implements tables.Engine. The writer groups all steps.
func (e *engine) WriteGrouped(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	return e.Write(ctx, do)
}

// sweepMessages finds the oldest messages, which were inserted first, without an index on their time.
const sweepMessages = "DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages ORDER BY rowid LIMIT ?1) AND sent_ms < ?2"

// Open opens the file, creates it if it does not exist, and brings its tables up to date. It refuses a file written by a
// newer version.
func Open(ctx context.Context, file string) (*Store, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if err := create(file); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	recovery, err := recoveryOf(file + "-wal")
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	// A checkpoint every 20,000 pages instead of 1,000 nearly doubles the write rate with random keys (bench/).
	writers, err := open(file, "rw", "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(20000)", "cache_size(-32768)")
	if err != nil {
		return nil, err
	}
	writers.SetMaxOpenConns(1)
	// Readers do not map the file, though a random read would cost a fifth less: a page that cannot be read has to be an error of
	// that read, not the end of the process.
	readers, err := open(file, "ro", "cache_size(-4096)")
	if err != nil {
		writers.Close()
		return nil, err
	}
	connections := max(2, runtime.GOMAXPROCS(0))
	readers.SetMaxOpenConns(connections)
	readers.SetMaxIdleConns(connections)
	s := &Store{file: file, readers: readers, writers: writers, turns: make(chan struct{}, connections), recovery: recovery}
	s.Store = tables.New((*engine)(s), sweepMessages)
	s.lookups.turns = make(chan struct{}, connections)
	if err := s.start(ctx); err != nil {
		readers.Close()
		writers.Close()
		return nil, fmt.Errorf("sqlite: %s: %w%s", file, err, remedy(err))
	}
	return s, nil
}

// remedy returns what an operator can do about a file that cannot be opened; "" if that is unknown.
func remedy(err error) string {
	var driver *sqlite.Error
	if !errors.As(err, &driver) {
		return ""
	}
	switch driver.Code() & 0xff { // without the extended part
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return ": the account that runs rookery must be able to write the file and its folder"
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return ": restore it from a copy"
	case sqlite3.SQLITE_FULL:
		return ": make room on its disk"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ": another program has it open"
	}
	return ""
}

// create creates the file if it does not exist, readable by its owner only: it will contain keys and password hashes.
func create(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func (s *Store) start(ctx context.Context) error {
	if err := migrate(ctx, s.writers); err != nil {
		return err
	}
	if err := s.readable(ctx); err != nil {
		return err
	}
	conn, err := s.writers.Conn(ctx)
	if err != nil {
		return err
	}
	// SQLite opens a file that it may not write without an error, and only the first write would fail.
	if _, err := conn.ExecContext(ctx, "DELETE FROM apps WHERE false"); err != nil {
		conn.Close()
		return err
	}
	newest, err := newestMessage(ctx, conn)
	if err != nil {
		conn.Close()
		return err
	}
	s.writer = newWriter(conn)
	s.writer.lastMessage = newest
	return nil
}

// newestMessage returns the ID of the newest message, which is the highest; 0 without messages.
func newestMessage(ctx context.Context, conn *sql.Conn) (id int64, err error) {
	err = conn.QueryRowContext(ctx, "SELECT id FROM messages ORDER BY rowid DESC LIMIT 1").Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func open(file, mode string, pragmas ...string) (*sql.DB, error) {
	return sql.Open("sqlite", uri(file, mode, pragmas...))
}

// uri names a file to the driver.
func uri(file, mode string, pragmas ...string) string {
	// The busy timeout comes first: switching to WAL may already have to wait.
	query := url.Values{"mode": {mode}, "_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/rookery.db
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// migrator brings a file up to date. It gives goose functions in place of the files themselves, whose statements goose finds
// with a buffer of megabytes for each line.
func migrator(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, file := range files {
		version, err := goose.NumericComponent(file)
		if err != nil {
			return nil, err
		}
		script, err := migrations.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, string(script))
			return err
		}}, nil))
	}
	return goose.NewProvider(goose.DialectSQLite3, db, nil, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(all...))
}

func migrate(ctx context.Context, db *sql.DB) error {
	provider, err := migrator(db)
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("reading the version of its tables: %w", err)
	}
	if current > target {
		return fmt.Errorf("its tables have version %d, this rookery knows %d: run the newer rookery that wrote it", current, target)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing its tables up to date: %w", err)
	}
	return nil
}

// OnChange implements store.Store.
func (s *Store) OnChange(hear func(store.Change)) {
	s.writer.onChange = append(s.writer.onChange, hear)
}

// Lag implements store.Store.
func (s *Store) Lag() time.Duration { return 0 }

// Lead implements store.Store.
func (s *Store) Lead(ctx context.Context, work func(context.Context)) { work(ctx) }

// Turn implements store.Store.
func (s *Store) Turn(context.Context, string) (done func(), err error) { return func() {}, nil }

// TakeAttempt implements store.Attempts.
func (s *Store) TakeAttempt(context.Context, string, platform.Rate, time.Time) (wait time.Duration, err error) {
	return 0, nil
}

// GiveBackAttempt implements store.Attempts.
func (s *Store) GiveBackAttempt(context.Context, string, platform.Rate) error { return nil }

// ClearAttempts implements store.Attempts.
func (s *Store) ClearAttempts(context.Context, string) error { return nil }

// TakeNonce implements store.Nonces.
func (s *Store) TakeNonce(context.Context, platform.AppID, []byte, int64, int64) error { return nil }

// Join implements store.Gateways.
func (s *Store) Join(_ context.Context, g platform.Gateway, keys string) (shared string, err error) {
	s.alone.Store(&g)
	return keys, nil
}

// UseKeys implements store.Gateways.
func (s *Store) UseKeys(context.Context, string) error { return nil }

// Gateways implements store.Gateways.
func (s *Store) Gateways(ctx context.Context) ([]platform.Gateway, error) {
	g := s.alone.Load()
	if g == nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	here := *g
	here.SeenMS, here.Leads = time.Now().UnixMilli(), true
	return []platform.Gateway{here}, nil
}

// readable fails when the file cannot be read.
func (s *Store) readable(ctx context.Context) error {
	rows, err := s.query(ctx, "SELECT 1 FROM apps LIMIT 1")
	_, err = tables.Collect(rows, err, func(r tables.Row) (n int, err error) { return n, r.Scan(&n) })
	return err
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.writer.drain()
	// The writer's connection must be the last: only it can write the log back into the file.
	return errors.Join(s.readers.Close(), s.writer.close(), s.writers.Close())
}

// stmt returns the prepared form of a query on the readers, prepared once.
func (s *Store) stmt(query string) (*sql.Stmt, error) {
	if stmt, ok := s.reads.Load(query); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := s.readers.Prepare(query)
	if err != nil {
		return nil, err
	}
	if first, raced := s.reads.LoadOrStore(query, stmt); raced {
		stmt.Close()
		return first.(*sql.Stmt), nil
	}
	return stmt, nil
}

// turn waits for a connection of the readers. A read that has one runs to its end, which is near: to make a read interruptible,
// database/sql and the driver each start a goroutine, which takes as long as the read.
func (s *Store) turn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) query(ctx context.Context, query string, args ...any) (tables.Rows, error) {
	if err := s.turn(ctx); err != nil {
		return nil, err
	}
	stmt, err := s.stmt(query)
	if err == nil {
		var rows *sql.Rows
		if rows, err = stmt.Query(args...); err == nil {
			return &readRows{rows, s.turns}, nil
		}
	}
	<-s.turns
	return nil, err
}

// readRows are rows and the turn in which they are read.
type readRows struct {
	*sql.Rows
	turns chan struct{}
}

func (r *readRows) Close() error {
	err := r.Rows.Close()
	<-r.turns
	return err
}
