// Package backup copies a platform's data folder to a folder of its own, and back. A backup holds what cannot be made again: the database and the
// keyring.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/secretfile"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
)

// The names in a data folder and in a backup.
const (
	database = "rookery.db"
	keyring  = "keyring.json"
	manifest = "backup.json" // written last: a folder without it is no backup

	// Restoring is in a data folder while a restore replaces what is there. No platform may start there: only a restore that is run
	// again ends what one was killed in.
	Restoring = "restoring"
)

// files are those of a backup.
var files = []string{database, keyring}

// formVersion is the version of a backup's form.
const formVersion = 1

// Manifest says what a backup holds.
type Manifest struct {
	Version  int             `json:"version"` // of the form
	Made     time.Time       `json:"made"`
	Database sqlite.Content  `json:"database"`
	Files    map[string]File `json:"files"` // by name
}

// File is a file of a backup.
type File struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // in hex
}

// Make copies the data folder of a platform, which may be running, to a new folder, and checks the copy. The folder appears when it is
// whole. With replace, a backup that is there is replaced.
func Make(ctx context.Context, data, to string, replace bool) (_ *Manifest, err error) {
	if _, err := os.Stat(filepath.Join(data, database)); err != nil {
		return nil, fmt.Errorf("%s is not the data folder of a platform: %w", data, err)
	}
	to = filepath.Clean(to)
	if _, err := os.Stat(to); err == nil {
		if _, err := readManifest(to); err != nil || !replace {
			return nil, fmt.Errorf("%s exists: name a new folder, or replace a backup with --force", to)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(filepath.Dir(to), ".rookery-backup-") // mode 0700
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) // which is there only after a failure
	m := &Manifest{Version: formVersion, Made: time.Now().UTC().Truncate(time.Second), Files: make(map[string]File)}
	if m.Database, err = sqlite.Backup(ctx, filepath.Join(data, database), filepath.Join(folder, database)); err != nil {
		return nil, err
	}
	// The keyring comes after the database: it still has every key of what the database refers to.
	if _, err := copyFile(filepath.Join(data, keyring), filepath.Join(folder, keyring)); err != nil {
		return nil, err
	}
	// Whoever copies the files by hand gets what a restore gives.
	if err := token.Outdate(filepath.Join(folder, keyring), ""); err != nil {
		return nil, err
	}
	if err := m.checkDatabase(ctx, filepath.Join(folder, database)); err != nil {
		return nil, err
	}
	for _, name := range files {
		if m.Files[name], err = sum(filepath.Join(folder, name)); err != nil {
			return nil, err
		}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := secretfile.Write(filepath.Join(folder, manifest), append(text, '\n')); err != nil {
		return nil, err
	}
	return m, publish(folder, to)
}

// publish gives a whole backup its name.
func publish(folder, to string) error {
	if _, err := os.Stat(to); err == nil {
		before := folder + "-before"
		if err := os.Rename(to, before); err != nil {
			return err
		}
		defer os.RemoveAll(before)
	}
	if err := os.Rename(folder, to); err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(to))
}

// Check reads a whole backup and returns what it holds.
func Check(ctx context.Context, from string) (*Manifest, error) {
	m, err := readManifest(from)
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		is, err := sum(filepath.Join(from, name))
		if err != nil {
			return nil, err
		}
		if is != m.Files[name] {
			return nil, fmt.Errorf("%s is not what was backed up: its checksum is another", filepath.Join(from, name))
		}
	}
	return m, nil
}

// Restore makes a data folder of a backup. A platform must not be running there, and unless replace is set, no data must be there. A
// restore that was killed can be run again; until it is done no platform starts there.
func Restore(ctx context.Context, from, data string, replace bool) (*Manifest, error) {
	m, err := Check(ctx, from)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	lock, err := disk.LockFolder(data)
	if errors.Is(err, disk.ErrLocked) {
		return nil, fmt.Errorf("a platform is running in %s: stop it first (%w)", data, err)
	}
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	marker := filepath.Join(data, Restoring)
	_, err = os.Stat(marker)
	if again := err == nil; !again && !replace {
		for _, name := range files {
			if _, err := os.Lstat(filepath.Join(data, name)); !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("%s has data: %s; choose another folder, or replace it with --force", data, name)
			}
		}
	}
	for _, name := range files {
		copied, err := copyFile(filepath.Join(from, name), fresh(data, name))
		if err != nil {
			return nil, err
		}
		if copied != m.Files[name] {
			return nil, fmt.Errorf("%s changed while it was copied", filepath.Join(from, name))
		}
	}
	if err := token.Outdate(fresh(data, keyring), filepath.Join(data, keyring)); err != nil {
		return nil, err
	}
	if err := m.checkDatabase(ctx, fresh(data, database)); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m, install(data, marker)
}

// fresh is where a file waits until it takes its name.
func fresh(data, name string) string { return filepath.Join(data, name+".restored") }

// RemoveUnfinished removes from a data folder what a Restore left that was killed before anything took its name.
func RemoveUnfinished(data string) (err error) {
	for _, name := range files {
		if failed := os.Remove(fresh(data, name)); !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// install gives the files their names. It is done once the marker is gone.
func install(data, marker string) error {
	if err := secretfile.Write(marker, nil); err != nil {
		return err
	}
	for _, old := range []string{database + "-wal", database + "-shm"} { // of the database that is replaced
		if err := os.Remove(filepath.Join(data, old)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, name := range files {
		if err := os.Rename(fresh(data, name), filepath.Join(data, name)); err != nil {
			return err
		}
	}
	if err := disk.SyncFolder(data); err != nil {
		return err
	}
	if err := os.Remove(marker); err != nil {
		return err
	}
	return disk.SyncFolder(data)
}

// checkDatabase reads a copy of the database, which must be whole and hold what the database held.
func (m *Manifest) checkDatabase(ctx context.Context, file string) error {
	content, err := sqlite.Inspect(ctx, file)
	if err == nil && !content.Equal(m.Database) {
		err = fmt.Errorf("%s has other rows than the database that was copied", file)
	}
	return err
}

func readManifest(folder string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(folder, manifest))
	if err != nil {
		return nil, fmt.Errorf("%s is not a backup: %w", folder, err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", filepath.Join(folder, manifest), err)
	}
	if m.Version != formVersion {
		return nil, fmt.Errorf("%s has a backup of version %d, this rookery knows %d", folder, m.Version, formVersion)
	}
	return m, nil
}

// copyFile writes a copy of mode 0600, flushed to the disk, and returns its sum.
func copyFile(from, to string) (File, error) {
	in, err := os.Open(from)
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return File{}, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, hash), in)
	if err == nil {
		err = out.Sync()
	}
	return File{n, hex.EncodeToString(hash.Sum(nil))}, errors.Join(err, out.Close())
}

func sum(name string) (File, error) {
	in, err := os.Open(name)
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, in)
	return File{n, hex.EncodeToString(hash.Sum(nil))}, err
}

// Size returns how many bytes the files have together.
func (m *Manifest) Size() (bytes int64) {
	for _, file := range m.Files {
		bytes += file.Size
	}
	return bytes
}
