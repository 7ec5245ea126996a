// Package disk is what differs between operating systems about files: locks, permissions, and names that must outlast a crash.
package disk

import (
	"errors"
	"io/fs"
	"os"
)

// ErrLocked is the error for a file whose lock somebody else holds.
var ErrLocked = errors.New("locked by another process")

// Lock takes a file's lock, or returns ErrLocked at once. It is held until the file is closed, however its process ends. Everybody
// may still read and write the file: only those who ask for the lock notice it.
func Lock(file *os.File) error { return lock(file) }

// Locked reports whether somebody holds a file's lock. Asking keeps nobody from taking it for longer than a moment.
func Locked(file *os.File) (bool, error) { return locked(file) }

// Mode returns who may do what with a file. On Windows, where access lists say that, it returns 0: a file there has its
// folder's list, and nobody has been given more by a mode.
func Mode(info fs.FileInfo) fs.FileMode { return mode(info) }

// Inode returns the number by which a file differs from one that took its name; 0 on Windows, where a name alone does not tell.
func Inode(info fs.FileInfo) uint64 { return inode(info) }

// SyncFolder makes the names in a folder durable: after a crash they name what they name now.
func SyncFolder(name string) error { return syncFolder(name) }
