package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// The names of the database in a data folder, and of one that is not whole yet.
const (
	file       = "rookery.db"
	unfinished = "rookery.db.unfinished"
)

// Import copies what the platform of a data folder stores to a PostgreSQL, whose tables are up to date. The platform must be stopped, and no
// gateway may use the database, which must have no platform yet but the beginning of the same copy. The folder is not changed, but for
// steps of its tables. It returns what each table has on both sides.
func Import(ctx context.Context, data, address string, tell func(Progress)) ([]Table, error) {
	from := filepath.Join(data, file)
	if _, err := os.Stat(from); err != nil {
		return nil, fmt.Errorf("%s is not the data folder of a platform: %w", data, err)
	}
	lock, err := lockFolder(data)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if err := upToDate(ctx, from); err != nil {
		return nil, err
	}
	source, err := openFile(from)
	if err != nil {
		return nil, err
	}
	defer source.db.Close()
	to, err := openDatabase(ctx, address)
	if err != nil {
		return nil, err
	}
	defer to.conn.Close(context.WithoutCancel(ctx))
	all, err := source.tables(ctx)
	if err != nil {
		return nil, err
	}
	if err := to.empty(ctx); err != nil {
		return nil, err
	}
	return run(ctx, all, source, to, tell)
}

// Export copies what gateways store in a PostgreSQL to a data folder without a database of its own: that of one of the gateways, which has
// their keyring. All gateways must be stopped.
func Export(ctx context.Context, address, data string, tell func(Progress)) ([]Table, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFolder(data)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if _, err := os.Stat(filepath.Join(data, file)); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has a database already: name another folder, or move its %s away", data, file)
	}
	from, err := openDatabase(ctx, address)
	if err != nil {
		return nil, err
	}
	defer from.conn.Close(context.WithoutCancel(ctx))
	part := filepath.Join(data, unfinished)
	if err := upToDate(ctx, part); err != nil {
		return nil, err
	}
	to, err := openFile(part)
	if err != nil {
		return nil, err
	}
	defer to.db.Close()
	all, err := to.tables(ctx)
	if err != nil {
		return nil, err
	}
	made, err := run(ctx, all, from, to, tell)
	if err != nil {
		return nil, err
	}
	if err := to.db.Close(); err != nil { // which writes the log back into the file
		return nil, err
	}
	if err := os.Rename(part, filepath.Join(data, file)); err != nil {
		return nil, err
	}
	return made, disk.SyncFolder(data)
}

func lockFolder(data string) (*disk.FolderLock, error) {
	lock, err := disk.LockFolder(data)
	if errors.Is(err, disk.ErrLocked) {
		return nil, fmt.Errorf("%s is in use by a platform: stop it first, since what it stores from now on would be missing", data)
	}
	return lock, err
}

// upToDate brings the tables of a file up to date, and makes the file if it does not exist.
func upToDate(ctx context.Context, name string) error {
	s, err := sqlite.Open(ctx, name)
	if err != nil {
		return err
	}
	return s.Close()
}

// empty fails if the database has a platform.
func (d *databaseSide) empty(ctx context.Context) error {
	var used, begun bool
	err := d.conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM apps) OR EXISTS (SELECT 1 FROM accounts), to_regclass($1) IS NOT NULL", notes).Scan(&used, &begun)
	if err == nil && used && !begun {
		return errors.New("the database has a platform already: name an empty one")
	}
	return err
}
