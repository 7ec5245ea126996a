// Package disk is what differs between operating systems about files: locks, permissions, and names that must outlast a crash.
package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrLocked is the error for a file whose lock somebody else holds.
var ErrLocked = errors.New("locked by somebody else")

// Lock takes a file's lock, or returns ErrLocked at once. It is held until the file is closed, however its process ends. Everybody
// may still read and write the file: only those who ask for the lock notice it.
func Lock(file *os.File) error { return lock(file) }

// Locked reports whether somebody holds a file's lock. Asking keeps nobody from taking it for longer than a moment.
func Locked(file *os.File) (bool, error) { return locked(file) }

// FolderLock is a folder that this process has to itself.
type FolderLock struct {
	file   *os.File // "lock" in the folder, with the process's number
	folder *os.File // nil on Windows, where a file that is open cannot be removed
}

// LockFolder takes a folder for this process, until the lock is closed or the process ends. If another process has it the error is an
// ErrLocked that says which. The lock does not rest on the file alone, whose name can be removed: the folder is locked too.
func LockFolder(name string) (*FolderLock, error) {
	file, err := os.OpenFile(filepath.Join(name, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	l := &FolderLock{file: file}
	if err := l.take(name); err != nil {
		if owner, _ := io.ReadAll(io.LimitReader(file, 32)); errors.Is(err, ErrLocked) && len(owner) > 0 {
			err = fmt.Errorf("%w: process %s", ErrLocked, bytes.TrimSpace(owner))
		}
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// take locks both, and writes the process's number.
func (l *FolderLock) take(name string) (err error) {
	if err := lock(l.file); err != nil {
		return err
	}
	if l.folder, err = lockFolder(name); err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

// Close lets the folder go.
func (l *FolderLock) Close() error {
	if l.folder == nil {
		return l.file.Close()
	}
	return errors.Join(l.file.Close(), l.folder.Close())
}

// Mode returns who may do what with a file. On Windows, where access lists say that, it returns 0: a file there has its
// folder's list, and nobody has been given more by a mode.
func Mode(info fs.FileInfo) fs.FileMode { return mode(info) }

// Inode returns the number by which a file differs from one that took its name; 0 on Windows, where a name alone does not tell.
func Inode(info fs.FileInfo) uint64 { return inode(info) }

// SyncFolder makes the names in a folder durable: after a crash they name what they name now.
func SyncFolder(name string) error { return syncFolder(name) }
