package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rookeryhq/rookery/internal/backup"
	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/secretfile"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
)

// lockFolder makes the data folder and keeps a second rookery off it until the lock is closed, however this process ends.
func (s *Server) lockFolder(context.Context) error {
	name, folder := s.options.name("data"), s.options.Data
	err := os.MkdirAll(folder, 0o700)
	var lock *disk.FolderLock
	if err == nil {
		lock, err = disk.LockFolder(folder)
	}
	if errors.Is(err, disk.ErrLocked) {
		return fmt.Errorf("%s %s is in use by another rookery (%w): stop it or choose another folder", name, folder, err)
	}
	if err != nil {
		return fmt.Errorf("%s %s is not a folder that this account may write and lock: choose another one, on a disk of this machine (%w)", name, folder, err)
	}
	s.lock = lock
	if _, err := os.Stat(filepath.Join(folder, backup.Restoring)); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s %s is half restored: run rookery restore again, to its end", name, folder)
	}
	if err := errors.Join(secretfile.RemoveUnfinished(folder), backup.RemoveUnfinished(folder)); err != nil {
		return fmt.Errorf("%s %s has copies of keys that a process left that was killed, and they cannot be removed: %w", name, folder, err)
	}
	return nil
}

// openFolder opens the database, and the admin token in the data folder.
func (s *Server) openFolder(ctx context.Context) (err error) {
	if s.options.Database != "" {
		err = s.openDatabase(ctx)
	} else {
		err = s.openFile(ctx)
	}
	if err != nil {
		return err
	}
	s.adminToken, err = s.openAdminToken()
	return err
}

// openDatabase opens the database that gateways share.
func (s *Server) openDatabase(ctx context.Context) error {
	db, err := postgres.Open(ctx, s.options.Database)
	if err != nil {
		return fmt.Errorf("%s: %w", s.options.name("database"), err)
	}
	db.Trace(s.tracer)
	s.store, s.database = db, db
	return nil
}

// openFile opens the database in the data folder.
func (s *Server) openFile(ctx context.Context) error {
	o := &s.options
	dbFile := s.databaseFile()
	db, err := sqlite.Open(ctx, dbFile)
	if err != nil {
		return fmt.Errorf("%s: %w", o.name("data"), err)
	}
	db.Trace(s.tracer)
	s.store = db // only now: a nil *sqlite.Store would be a store.Store that is not nil
	if db.Recovery() != (sqlite.Recovery{}) {
		s.reportRecovery(db)
	}
	if info, err := os.Stat(dbFile); err == nil && disk.Mode(info)&0o077 != 0 { // for instance a restored copy
		o.Log.Warn("the database may be read by others, and it holds keys: chmod 600 it", "file", dbFile, "mode", fmt.Sprintf("%04o", disk.Mode(info)))
	}
	return nil
}

// reportRecovery says what was recovered of a process that did not end by itself, and whether the database is whole.
func (s *Server) reportRecovery(db *sqlite.Store) {
	r, log := db.Recovery(), s.options.Log
	const found = "the last process did not stop by itself: "
	if r.Writes > 0 {
		log.Warn(found+"the log of its writes is damaged, and its end, which may have been acknowledged, is lost", "pages", r.Pages, "discarded_pages", r.Discarded, "discarded_writes", r.Writes)
	} else {
		log.Info(found+"its last writes were recovered", "pages", r.Pages, "discarded_pages", r.Discarded)
	}
	s.background = append(s.background, func(ctx context.Context) {
		start := time.Now()
		switch err := db.Check(ctx); {
		case err == nil:
			log.Info("the database is whole", "duration_ms", time.Since(start).Milliseconds())
		case ctx.Err() == nil:
			log.Error("the database is damaged: stop the platform and restore a backup", "error", err.Error())
		}
	})
}

func (s *Server) openKeyring(context.Context) error {
	file := s.keyringFile()
	_, err := os.Stat(file)
	s.keyringIsNew = errors.Is(err, fs.ErrNotExist)
	open := token.OpenKeyring
	if s.dev != nil {
		open = token.OpenDemoKeyring
	}
	s.keyring, err = open(file, s.clock.Now())
	return err
}

func (s *Server) keyringFile() string { return filepath.Join(s.options.Data, "keyring.json") }
