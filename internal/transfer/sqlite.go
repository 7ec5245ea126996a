package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// fileSide is the SQLite file of a data folder.
type fileSide struct{ db *sql.DB }

// openFile opens a file, whose tables are up to date, for this alone.
func openFile(file string) (*fileSide, error) {
	db, err := sqlite.OpenAlone(file)
	if err != nil {
		return nil, err
	}
	return &fileSide{db}, nil
}

// tables returns the tables of the platform.
func (f *fileSide) tables(ctx context.Context) (all []*table, err error) {
	rows, err := f.db.QueryContext(ctx, `SELECT m.name, c.name, c.pk, m.sql LIKE '% AUTOINCREMENT%'
		FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT IN ('goose_db_version', 'probe', ?) ORDER BY m.name, c.cid`, notes)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var t *table
	for rows.Next() {
		var (
			name, column string
			key          int
			own          bool
		)
		if err := rows.Scan(&name, &column, &key, &own); err != nil {
			return nil, err
		}
		if t == nil || t.name != name {
			t = &table{name: name, own: own}
			all = append(all, t)
		}
		if key > 0 {
			for len(t.key) < key {
				t.key = append(t.key, 0)
			}
			t.key[key-1] = len(t.columns)
		}
		t.columns = append(t.columns, column)
	}
	return all, rows.Err()
}

// list joins the names of columns.
func (t *table) list(columns ...int) string {
	if columns == nil {
		return strings.Join(t.columns, ", ")
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = t.columns[c]
	}
	return strings.Join(names, ", ")
}

func (f *fileSide) read(ctx context.Context, t *table, after row) ([]row, error) {
	query := "SELECT " + t.list() + " FROM " + t.name
	if after != nil {
		query += " WHERE (" + t.list(t.key...) + ") > (?" + strings.Repeat(", ?", len(after)-1) + ")"
	}
	rows, err := f.db.QueryContext(ctx, fmt.Sprintf("%s ORDER BY %s LIMIT %d", query, t.list(t.key...), chunk), after...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r := make(row, len(t.columns))
		into := make([]any, len(r))
		for i := range r {
			into[i] = &r[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func (f *fileSide) count(ctx context.Context, t *table) (n int64, err error) {
	return n, f.db.QueryRowContext(ctx, "SELECT count(*) FROM "+t.name).Scan(&n)
}

func (f *fileSide) number(ctx context.Context, t *table) (n int64, err error) {
	return n, f.db.QueryRowContext(ctx, "SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)", t.name).Scan(&n)
}

func (f *fileSide) begun(ctx context.Context, t *table) (note string, err error) {
	if _, err := f.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+notes+" (name TEXT PRIMARY KEY, note TEXT NOT NULL) STRICT"); err != nil {
		return "", err
	}
	if err = f.db.QueryRowContext(ctx, "SELECT note FROM "+notes+" WHERE name = ?", t.name).Scan(&note); errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return note, err
}

func (f *fileSide) write(ctx context.Context, t *table, rows []row, first bool, note string) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if first {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+t.name); err != nil {
			return err
		}
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+t.name+" ("+t.list()+") VALUES (?"+strings.Repeat(", ?", len(t.columns)-1)+")")
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := insert.ExecContext(ctx, r...); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO "+notes+" (name, note) VALUES (?, ?) ON CONFLICT DO UPDATE SET note = excluded.note", t.name, note); err != nil {
		return err
	}
	return tx.Commit()
}

func (f *fileSide) finish(ctx context.Context, numbers map[*table]int64) error {
	for t, n := range numbers {
		if _, err := f.db.ExecContext(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", t.name); err != nil {
			return err
		}
		if _, err := f.db.ExecContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.name, n); err != nil {
			return err
		}
	}
	_, err := f.db.ExecContext(ctx, "DROP TABLE "+notes)
	return err
}
