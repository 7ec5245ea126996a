package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// primary tells this gateway's connections to the primary from those to a server that was the primary before. Such a one may go on for a
// while, if it stood still or was cut off when another took its place, and does not know yet. Each promotion begins a new timeline.
type primary struct {
	newest atomic.Uint64 // timeline of any connection
}

// timeline is what a connection has that of its server under.
const timeline = "timeline"

// validate refuses a new connection to a server that cannot be written, or is of an older timeline.
func (p *primary) validate(ctx context.Context, conn *pgconn.PgConn) error {
	answer, err := conn.Exec(ctx, "SELECT current_setting('transaction_read_only'), CASE WHEN pg_is_in_recovery() THEN '0' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END").ReadAll()
	if err != nil {
		return err
	}
	row := answer[0].Rows[0]
	if string(row[0]) == "on" {
		return pgconn.ErrReadOnlyConnection
	}
	number, err := strconv.ParseUint(string(row[1]), 16, 64)
	if err != nil {
		return fmt.Errorf("the timeline of the server: %w", err)
	}
	conn.CustomData()[timeline] = number
	for newest := p.newest.Load(); newest < number; newest = p.newest.Load() {
		p.newest.CompareAndSwap(newest, number)
	}
	if !p.is(conn) {
		return errors.New("another server has been promoted since")
	}
	return nil
}

// is reports whether a connection is to the primary, as far as this gateway has seen.
func (p *primary) is(conn *pgconn.PgConn) bool {
	return conn.CustomData()[timeline] == p.newest.Load()
}

// confirm makes the commit of a step that only reads wait for the synchronous standby. That the standby has it shows two things: the server was
// still the primary when the step began, since a standby that has been promoted answers nothing; and what the step has read outlives
// the primary. PostgreSQL shows a commit to others whose own caller was not told of it, because its standby did not answer in time.
const confirm = "SELECT pg_logical_emit_message(true, 'rookery', '')"

// confirmed reads in a step, which is confirmed.
func (s *Store) confirmed(ctx context.Context, read func(tables.Conn) error) error {
	return s.write(ctx, func(c tables.Conn) ([]store.Change, error) { return nil, read(c) })
}

// MessageOfRequest implements store.Messages. Whoever repeats a request is told by this that its message is stored.
func (s *Store) MessageOfRequest(ctx context.Context, app platform.AppID, from platform.UIN, request string, sinceMS int64) (m platform.Message, err error) {
	if m, err = s.Store.MessageOfRequest(ctx, app, from, request, sinceMS); err == nil {
		err = s.confirmed(ctx, func(c tables.Conn) error { return c.Later("SELECT 1") })
	}
	return m, err
}

// prepare lets the pool close a connection that is of no use any more.
func (p *primary) prepare(_ context.Context, conn *pgx.Conn) (bool, error) {
	return p.is(conn.PgConn()), nil
}
