package disk

import (
	"errors"
	"io"
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
