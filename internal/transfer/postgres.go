package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/internal/store/postgres"
)

// databaseSide is a PostgreSQL.
type databaseSide struct{ conn *pgx.Conn }

// openDatabase connects to a database whose tables are up to date and that no gateway uses.
func openDatabase(ctx context.Context, address string) (*databaseSide, error) {
	conn, err := postgres.ConnectAlone(ctx, address)
	if err != nil {
		return nil, err
	}
	return &databaseSide{conn}, nil
}

func (d *databaseSide) read(ctx context.Context, t *table, after row) ([]row, error) {
	query := "SELECT " + t.list() + " FROM " + t.name
	if after != nil {
		places := make([]string, len(after))
		for i, part := range after {
			places[i] = fmt.Sprintf("$%d::%s", i+1, kindOf(part))
		}
		query += " WHERE (" + t.list(t.key...) + ") > (" + strings.Join(places, ", ") + ")"
	}
	rows, err := d.conn.Query(ctx, fmt.Sprintf("%s ORDER BY %s LIMIT %d", query, t.list(t.key...), chunk), after...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) {
		values, err := r.Values()
		return row(values), err
	})
}

// kindOf returns the type of a value's column.
func kindOf(value any) string {
	switch value.(type) {
	case int64:
		return "bigint"
	case []byte:
		return "bytea"
	default:
		return "text"
	}
}

func (d *databaseSide) count(ctx context.Context, t *table) (n int64, err error) {
	return n, d.conn.QueryRow(ctx, "SELECT count(*) FROM "+t.name).Scan(&n)
}

func (d *databaseSide) number(ctx context.Context, t *table) (n int64, err error) {
	return n, d.conn.QueryRow(ctx, "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass), 0)", t.name).Scan(&n)
}

func (d *databaseSide) begun(ctx context.Context, t *table) (note string, err error) {
	if _, err := d.conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+notes+" (name TEXT PRIMARY KEY, note TEXT NOT NULL)"); err != nil {
		return "", err
	}
	if err = d.conn.QueryRow(ctx, "SELECT note FROM "+notes+" WHERE name = $1", t.name).Scan(&note); errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return note, err
}

func (d *databaseSide) write(ctx context.Context, t *table, rows []row, first bool, note string) error {
	tx, err := d.conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if first {
		if _, err := tx.Exec(ctx, "DELETE FROM "+t.name); err != nil {
			return err
		}
	}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return rows[i], nil })); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO "+notes+" (name, note) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET note = excluded.note", t.name, note); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

func (d *databaseSide) finish(ctx context.Context, numbers map[*table]int64) error {
	for t, n := range numbers {
		if _, err := d.conn.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), greatest($2::bigint, 1), $2::bigint > 0)", t.name, n); err != nil {
			return err
		}
	}
	if _, err := d.conn.Exec(ctx, "DROP TABLE "+notes); err != nil {
		return err
	}
	_, err := d.conn.Exec(ctx, "ANALYZE") // the first plans are good ones
	return err
}
