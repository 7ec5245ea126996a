package disk

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

func lock(file *os.File) error { return lockByte(file, windows.LOCKFILE_EXCLUSIVE_LOCK) }

func locked(file *os.File) (bool, error) {
	err := lockByte(file, 0) // as others who ask may do at the same time
	if errors.Is(err, ErrLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, windows.UnlockFileEx(windows.Handle(file.Fd()), 0, 1, 0, beyond())
}

// lockByte locks a byte that no file has: Windows keeps others from reading what is locked.
func lockByte(file *os.File, flags uint32) error {
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, beyond())
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}

func beyond() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: 1 << 30} }

func lockFolder(string) (*os.File, error) { return nil, nil }

func mode(fs.FileInfo) fs.FileMode { return 0 }

func inode(fs.FileInfo) uint64 { return 0 }

// syncFolder does nothing: Windows flushes no folder, and NTFS keeps a journal of names.
func syncFolder(string) error { return nil }
