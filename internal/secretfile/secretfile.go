// Package secretfile writes files that only their owner may read.
package secretfile

import (
	"errors"
	"os"
	"path/filepath"
)

// Write replaces a file in one step by one of mode 0600, durably: after a crash there is the old content or
// the new one.
func Write(file string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // fails harmlessly after the rename
	_, err = temporary.Write(content)
	if err == nil {
		err = temporary.Sync()
	}
	if err := errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), file); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
