package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migration is a step from one version of the tables to the next.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

// Migrations returns the steps that a database has taken and those that it lacks, in their order.
func Migrations(ctx context.Context, address string) (steps []Migration, err error) {
	err = migrating(ctx, address, func(provider *goose.Provider) error {
		all, err := provider.Status(ctx)
		for _, one := range all {
			steps = append(steps, Migration{one.Source.Version, one.Source.Path, one.State == goose.StateApplied})
		}
		return err
	})
	return steps, err
}

// Migrate makes the steps that a database lacks, and returns them. Of several that run at the same time one does so, while the others wait.
func Migrate(ctx context.Context, address string) (steps []Migration, err error) {
	err = migrating(ctx, address, func(provider *goose.Provider) error {
		all, err := provider.Up(ctx)
		for _, one := range all {
			steps = append(steps, Migration{one.Source.Version, one.Source.Path, true})
		}
		return err
	})
	return steps, err
}

func migrating(ctx context.Context, address string, do func(*goose.Provider) error) error {
	config, err := parse(address)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config.ConnConfig)
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return unreached(err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if err := do(provider); err != nil {
		return fmt.Errorf("postgres: migrating: %w", err)
	}
	return nil
}

// undefinedTable is the code of a table that does not exist.
const undefinedTable = "42P01"

// versions are those of the tables of a database, and those that this rookery knows.
type versions struct {
	found int64 // 0: there are none
	least int64 // that a gateway has to know
	known int64
}

func versionsOf(ctx context.Context, conn interface {
	QueryRow(context.Context, string, ...any) pgx.Row
}) (v versions, err error) {
	if v.known, err = newest(); err != nil {
		return v, err
	}
	err = conn.QueryRow(ctx, "SELECT (SELECT max(version_id) FROM goose_db_version WHERE is_applied), (SELECT least FROM compatibility)").Scan(&v.found, &v.least)
	var failed *pgconn.PgError
	if errors.As(err, &failed) && failed.Code == undefinedTable {
		return versions{known: v.known}, nil
	}
	if err != nil {
		err = fmt.Errorf("postgres: reading the version of the tables: %w", err)
	}
	return v, err
}

// serve fails unless a gateway of this version works on the tables: they have what it needs, and perhaps more.
func (v versions) serve() error {
	switch {
	case v.found < v.known:
		return fmt.Errorf("postgres: the tables have version %d, and this rookery needs %d: run rookery migrate up", v.found, v.known)
	case v.least > v.known:
		return fmt.Errorf("postgres: the tables have version %d, which needs a rookery that knows %d, and this one knows %d: run the newer rookery that made them", v.found, v.least, v.known)
	}
	return nil
}

// copy fails unless this rookery knows all that the tables have.
func (v versions) copy() error {
	if v.found > v.known {
		return fmt.Errorf("postgres: the tables have version %d, and this rookery knows %d: run the newer rookery that made them", v.found, v.known)
	}
	return v.serve()
}

// newest returns the version of the last migration.
func newest() (int64, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		return 0, errors.Join(err, errors.New("postgres: no migrations"))
	}
	return goose.NumericComponent(files[len(files)-1])
}

// ConnectAlone connects to a database that no gateway uses, for whoever copies its rows. Its tables must be up to date.
func ConnectAlone(ctx context.Context, address string) (*pgx.Conn, error) {
	config, err := parse(address)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, unreached(err)
	}
	v, err := versionsOf(ctx, conn)
	if err == nil {
		err = v.copy()
	}
	var used bool
	if err == nil {
		err = conn.QueryRow(ctx, "SELECT until > clock_timestamp() FROM leader").Scan(&used)
	}
	if err == nil && used {
		err = errors.New("postgres: gateways use the database: stop all of them first; one that was killed counts for 10 seconds")
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}
