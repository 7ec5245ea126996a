package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/rookeryhq/rookery/internal/store/tables"
)

// Content is what a database file holds: the version of its tables, and how many rows each has.
type Content struct {
	Version int64            `json:"version"`
	Rows    map[string]int64 `json:"rows"`
}

// Equal reports whether two files have the same tables with as many rows.
func (c Content) Equal(other Content) bool {
	return c.Version == other.Version && maps.Equal(c.Rows, other.Rows)
}

// backupStep is how many pages are copied between two looks at the context.
const backupStep = 1024

// Backup writes a copy of a database, as of one moment, to a new file of mode 0600. A platform may be using the database: neither
// waits for the other. It returns what the database held at that moment.
func Backup(ctx context.Context, file, to string) (content Content, err error) {
	if to, err = filepath.Abs(to); err != nil {
		return content, err
	}
	if err := create(to); err != nil {
		return content, err
	}
	err = reading(ctx, file, func(conn *sql.Conn) error {
		if content, err = contentOf(ctx, conn); err != nil { // the transaction sees the moment of its first read
			return err
		}
		return conn.Raw(func(driver any) error {
			b, err := driver.(interface {
				NewBackup(string) (*sqlite.Backup, error)
			}).NewBackup(uri(to, "rw"))
			if err != nil {
				return err
			}
			for more := true; more && err == nil; {
				if err = ctx.Err(); err == nil {
					more, err = b.Step(backupStep)
				}
			}
			return errors.Join(err, b.Finish())
		})
	})
	if err == nil {
		err = flush(to)
	}
	return content, err
}

// Inspect reads a whole database, which nobody uses, and returns what it holds. An error says that it is damaged.
func Inspect(ctx context.Context, file string) (content Content, err error) {
	err = reading(ctx, file, func(conn *sql.Conn) error {
		var found string
		if err := conn.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil {
			return err
		}
		if found != "ok" {
			return fmt.Errorf("it is damaged: %s", found)
		}
		content, err = contentOf(ctx, conn)
		return err
	})
	return content, err
}

// reading runs a function within a transaction that only reads.
func reading(ctx context.Context, file string, do func(*sql.Conn) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("sqlite: %s: %w%s", file, err, remedy(err))
		}
	}()
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	db, err := open(file, "rw") // the log of a running platform cannot be read otherwise
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return do(conn)
}

func contentOf(ctx context.Context, conn *sql.Conn) (content Content, err error) {
	rows, err := conn.QueryContext(ctx, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
	names, err := tables.Collect(rows, err, func(r tables.Row) (name string, err error) { return name, r.Scan(&name) })
	if err != nil {
		return content, err
	}
	content.Rows = make(map[string]int64, len(names))
	for _, name := range names {
		var n int64
		if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM "`+name+`"`).Scan(&n); err != nil { // a name of our own migrations
			return content, err
		}
		content.Rows[name] = n
	}
	err = conn.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&content.Version)
	return content, err
}

func flush(name string) error {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// OpenAlone opens a file that no platform uses, for whoever copies its rows.
func OpenAlone(file string) (*sql.DB, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	db, err := open(file, "rw", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-65536)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}
