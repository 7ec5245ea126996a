// Package postgres stores the platform in PostgreSQL, which any number of gateways may share. Steps run at the level read committed and
// hold advisory locks where a rule needs more than one statement; nothing is kept in a session, so a pooler of transactions may stand
// between. Every gateway follows the changes of the others in a log that is committed with them.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
	"github.com/rookeryhq/rookery/internal/tracing"
)

// Store is a store.Store in PostgreSQL.
type Store struct {
	*tables.Store
	pool       *pgxpool.Pool
	statements statements
	gateway    int64 // this one, among those that share the database
	primary    primary
	feed       feed
	groups     groups
	lead       lead
	lookEvery  time.Duration // how often the log of changes is read
	sweepEvery time.Duration // how often what is old is removed
}

var _ store.Store = (*Store)(nil)

// Trace makes the store record the reads and writes of what is recorded. It must be called before the first of them.
func (s *Store) Trace(t *tracing.Tracer) { s.Store.Trace(t, semconv.DBSystemNamePostgreSQL) }

// engine runs the statements of tables.
type engine Store

// Query implements tables.Engine.
func (e *engine) Query(ctx context.Context, text string, args ...any) (tables.Rows, error) {
	return (*Store)(e).query(ctx, text, args...)
}

// Write implements tables.Engine.
func (e *engine) Write(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	return (*Store)(e).write(ctx, do)
}

// WriteGrouped implements tables.Engine.
func (e *engine) WriteGrouped(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	return (*Store)(e).writeGrouped(ctx, do)
}

// stepTime is how long a step, or a read, may take.
const stepTime = 5 * time.Second

// sweepMessages deletes the oldest messages.
const sweepMessages = "DELETE FROM messages WHERE (uin, id) IN (SELECT uin, id FROM messages WHERE sent_ms < ?2 ORDER BY sent_ms LIMIT ?1)"

// Open connects to a database, whose tables must be up to date: Migrate makes them so. The address is one of libpq, such as
// postgres://rookery@db1,db2/rookery?sslmode=verify-full; what it leaves out comes from libpq's environment and password file. Of several
// hosts the one that can be written is used.
func Open(ctx context.Context, address string) (*Store, error) {
	return open(ctx, address, lookEvery, sweepEvery)
}

func open(ctx context.Context, address string, lookEvery, sweepEvery time.Duration) (*Store, error) {
	config, err := parse(address)
	if err != nil {
		return nil, err
	}
	s := &Store{gateway: rand.Int64(), lookEvery: lookEvery, sweepEvery: sweepEvery, groups: groups{turns: make(chan struct{}, groupTurns)}}
	config.ConnConfig.ValidateConnect, config.PrepareConn = s.primary.validate, s.primary.prepare
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, unreached(err)
	}
	s.Store = tables.New((*engine)(s), sweepMessages)
	if err := s.start(ctx); err != nil {
		s.pool.Close()
		return nil, err
	}
	return s, nil
}

// parse reads an address, and refuses one whose connections could be read or taken over.
func parse(address string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errors.New("postgres: the address cannot be read: it is to be like postgres://rookery@db.example/rookery?sslmode=verify-full")
	}
	c := &config.ConnConfig.Config
	hosts := append([]*pgconn.FallbackConfig{{Host: c.Host, Port: c.Port, TLSConfig: c.TLSConfig}}, c.Fallbacks...)
	for _, host := range hosts {
		if local(host.Host) || host.TLSConfig != nil && (!host.TLSConfig.InsecureSkipVerify || host.TLSConfig.VerifyPeerCertificate != nil) {
			continue
		}
		return nil, fmt.Errorf("postgres: connections to %s would not be encrypted, or not with a host that was checked: add sslmode=verify-full to the address, and sslrootcert=FILE if its certificate is of an authority of your own", host.Host)
	}
	if !strings.Contains(address, "pool_max_conns") {
		config.MaxConns = connections
	}
	c.ConnectTimeout = stepTime / time.Duration(len(hosts)) // of each: some may be silent
	c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	c.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, CancelRequestDelay: 0, DeadlineDelay: time.Second}
	}
	c.OnNotice = func(conn *pgconn.PgConn, notice *pgconn.Notice) {
		if notice.Routine == "SyncRepWaitForLSN" { // its text is in the language of the server
			conn.CustomData()[unreplicated] = true
		}
	}
	c.RuntimeParams["application_name"] = "rookery"
	return config, nil
}

// unreplicated is what a connection has once a commit on it did not wait for its synchronous standby any longer, because it was cancelled:
// PostgreSQL then says that it succeeded, and warns that a standby may not have it.
const unreplicated = "unreplicated"

// connections is how many a gateway uses unless pool_max_conns in the address says otherwise.
const connections = 16

// local reports whether a host is this machine.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || host == "localhost" { // a folder of Unix sockets
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// unreached says why no connection could be made, without what the driver says of the account.
func unreached(err error) error {
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		return fmt.Errorf("postgres: the database refuses the connection: %s (SQLSTATE %s)", failed.Message, failed.Code)
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return fmt.Errorf("postgres: %s cannot be reached: %w", connecting.Config.Host, errors.Unwrap(err))
	}
	return fmt.Errorf("postgres: %w", err)
}

func (s *Store) start(ctx context.Context) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if err := s.pool.Ping(ctx); err != nil {
		return unreached(err)
	}
	v, err := versionsOf(ctx, s.pool)
	if err == nil {
		err = v.serve()
	}
	if err != nil {
		return err
	}
	var unfinished bool
	if err := s.pool.QueryRow(ctx, "SELECT to_regclass('transfers') IS NOT NULL").Scan(&unfinished); err != nil {
		return err
	}
	if unfinished {
		return errors.New("postgres: the database is half imported: run rookery import again, to its end")
	}
	if err := s.follow(ctx); err != nil {
		return err
	}
	s.stand(ctx)
	return nil
}

// Close implements store.Store.
func (s *Store) Close() error {
	s.feed.end()
	s.lead.end()
	s.pool.Close() // which waits for its connections
	return nil
}

// query runs a statement that reads. A read that has a connection is not interrupted by its caller: that would close the connection.
func (s *Store) query(ctx context.Context, text string, args ...any) (tables.Rows, error) {
	statement, values, err := s.statements.translate(text, args)
	if err != nil {
		return nil, err
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.bounded(ctx)
	end := func() error {
		cancel()
		conn.Release()
		return nil
	}
	all, err := conn.Query(ctx, statement, values...)
	if err != nil {
		return nil, errors.Join(err, end())
	}
	return &rows{Rows: all, end: end}, nil
}

// acquire waits for a connection.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	conn, err := s.pool.Acquire(waiting)
	if err != nil && ctx.Err() == nil {
		err = unreached(err)
	}
	return conn, err
}

// bounded returns the context of a step or a read: not cancelled with its caller, but ended in time.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), stepTime)
}
