// Package secretfile reads and writes files that hold a secret.
package secretfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	text "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/rookeryhq/rookery/internal/disk"
)

// Reader returns a reader of r's text: a byte order mark is cut off, and UTF-16 that has one, as Windows' tools write it,
// becomes UTF-8. Callers cut off the white space around the secret.
func Reader(r io.Reader) io.Reader {
	return transform.NewReader(r, text.BOMOverride(transform.Nop))
}

// maxSecret bounds the size of a file with a secret.
const maxSecret = 4 << 10

// ErrContent is the error for a file that has something else in it than one secret.
var ErrContent = errors.New("holds no secret")

// Read reads a file that contains only a secret: visible ASCII, with white space around it. Others must not be able to read
// the file. Errors name the file; ErrContent for any other content.
func Read(name string) (string, error) {
	content, err := ReadText(name)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(content)
	isOther := func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	if secret == "" || strings.ContainsFunc(secret, isOther) {
		return "", fmt.Errorf("%s %w", name, ErrContent)
	}
	return secret, nil
}

// ReadText reads a file that has secrets among other text, of at most 4 KiB. Others must not be able to read the file. Errors name
// the file; ErrContent for a longer one.
func ReadText(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a file", name)
	case disk.Mode(info)&0o077 != 0:
		return "", fmt.Errorf("%s may be read by others (mode %04o): chmod 600 it", name, disk.Mode(info))
	}
	content, err := io.ReadAll(io.LimitReader(Reader(file), maxSecret+1))
	switch {
	case err != nil:
		return "", err
	case len(content) > maxSecret:
		return "", fmt.Errorf("%s %w", name, ErrContent)
	}
	return string(content), nil
}

// unfinished is the pattern of the names that files have until Write has finished them.
const unfinished = ".new-*"

// RemoveUnfinished removes from a folder the copies of secrets that a Write left which was killed. Nobody else may be writing there.
func RemoveUnfinished(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if left, _ := filepath.Match(unfinished, entry.Name()); left { // the pattern is sound
			err = errors.Join(err, os.Remove(filepath.Join(folder, entry.Name())))
		}
	}
	return err
}

// Write replaces a file with one of mode 0600, atomically and durably: after a crash the file has the old content or the
// new.
func Write(file string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), unfinished) // mode 0600
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
	return disk.SyncFolder(filepath.Dir(file))
}
