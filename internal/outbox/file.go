package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/platform"
)

// File appends events to a file, one line of JSON each, and flushes them to the disk before they count as taken. Only whole
// lines stay in it: what a crash or a full disk cut off is removed. A file that would grow beyond most bytes is renamed to its
// name, a dot and the number of its first event, and so is kept; one that somebody else moved away is left there.
type File struct {
	path string
	most int64
	file *os.File // nil until it is opened, and after a failure that leaves its content unknown
	size int64
}

// begin is how the first line of every file of events begins.
const begin = `{"id":`

// OpenFile opens the file, or makes it with mode 0600. It refuses a file that has something else in it than events.
func OpenFile(path string, most int64) (*File, error) {
	f := &File{path: path, most: most}
	return f, f.open()
}

func (f *File) String() string { return "file" }

// Close closes the file.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

func (f *File) open() (err error) {
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", f.path)
	}
	size, err := whole(file, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if size < info.Size() {
		if err := errors.Join(file.Truncate(size), file.Sync()); err != nil {
			return err
		}
	}
	if err := disk.SyncFolder(filepath.Dir(f.path)); err != nil {
		return err
	}
	f.file, f.size = file, size
	return nil
}

// whole returns the size of a file's whole lines.
func whole(file io.ReaderAt, size int64) (int64, error) {
	head := make([]byte, min(int64(len(begin)), size))
	if _, err := file.ReadAt(head, 0); err != nil {
		return 0, err
	}
	if !bytes.HasPrefix([]byte(begin), head) {
		return 0, errors.New("it holds something else than events")
	}
	block := make([]byte, 4096)
	for end := size; end > 0; {
		part := block[:min(int64(len(block)), end)]
		end -= int64(len(part))
		if _, err := file.ReadAt(part, end); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return end + int64(i) + 1, nil
		}
	}
	return 0, nil
}

// Deliver appends events and flushes them: all of them or none.
func (f *File) Deliver(_ context.Context, events []platform.Event) (int, error) {
	var lines []byte
	for i := range events {
		line, err := json.Marshal(&events[i])
		if err != nil {
			return 0, err
		}
		lines = append(append(lines, line...), '\n')
	}
	if err := f.ready(int64(len(lines))); err != nil {
		return 0, err
	}
	_, err := f.file.Write(lines)
	if err == nil {
		err = f.file.Sync()
	}
	if err != nil {
		// After a failed flush nobody knows what is on the disk: the file is closed, and its whole lines counted again.
		return 0, errors.Join(err, f.file.Truncate(f.size), f.Close())
	}
	f.size += int64(len(lines))
	return len(events), nil
}

// ready makes the open file the one at the path, with room for n bytes.
func (f *File) ready(n int64) error {
	if f.file != nil {
		ours, err := f.file.Stat()
		if err != nil {
			return errors.Join(err, f.Close())
		}
		there, err := os.Stat(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(ours, there):
			if err := f.Close(); err != nil { // it was moved away, or another one put in its place
				return err
			}
		case err != nil:
			return err
		}
	}
	if f.file == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	if f.size == 0 || f.size+n <= f.most {
		return nil
	}
	if err := f.rotate(); err != nil {
		return err
	}
	return f.open()
}

// rotate gives the file a name that no other has.
func (f *File) rotate() error {
	var first platform.Event
	if err := json.NewDecoder(io.NewSectionReader(f.file, 0, f.size)).Decode(&first); err != nil {
		return fmt.Errorf("%s: its first event cannot be read: %w", f.path, err)
	}
	name := fmt.Sprintf("%s.%d", f.path, first.ID)
	for n := 2; ; n++ {
		_, err := os.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		name = fmt.Sprintf("%s.%d.%d", f.path, first.ID, n) // of a stream that began anew, with a new database
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.path, name)
}
