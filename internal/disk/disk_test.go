package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestALockIsHeldUntilTheFileIsClosed(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	if err := os.WriteFile(name, []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() *os.File {
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		return file
	}
	first, second := open(), open()
	if locked, err := Locked(second); err != nil || locked {
		t.Errorf("nobody has locked it, but it is said to be %t, %v", locked, err)
	}
	if err := Lock(first); err != nil {
		t.Fatal(err)
	}
	if err := Lock(second); !errors.Is(err, ErrLocked) {
		t.Errorf("the lock was taken twice: %v", err)
	}
	if locked, err := Locked(second); err != nil || !locked {
		t.Errorf("it is locked, but it is said to be %t, %v", locked, err)
	}
	if text, err := io.ReadAll(second); err != nil || string(text) != "4711\n" {
		t.Errorf("a locked file reads %q, %v", text, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Lock(second); err != nil {
		t.Errorf("the lock outlasts its file: %v", err)
	}
}

func TestAClosedFileIsNotLocked(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	if err := Lock(file); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("the answer is %v", err)
	}
}

// TestALockedFolder: it has one owner at a time, whom the others learn, also after the name of the lock's file is gone.
func TestALockedFolder(t *testing.T) {
	folder := t.TempDir()
	lock, err := LockFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(want string) {
		t.Helper()
		second, err := LockFolder(folder)
		if !errors.Is(err, ErrLocked) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if err == nil {
			second.Close()
		}
	}
	refused(fmt.Sprintf("locked by somebody else: process %d", os.Getpid()))
	if err := os.Remove(filepath.Join(folder, "lock")); err == nil { // Windows refuses it
		refused("locked by somebody else")
		refused("locked by somebody else") // the second try made a file
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if lock, err = LockFolder(folder); err != nil {
		t.Fatalf("the lock outlasts its closing: %v", err)
	}
	lock.Close()
	if _, err := LockFolder(filepath.Join(folder, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that does not exist: %v", err)
	}
}
