package har

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Recorder writes entries to a file that is a whole archive at any moment, also for other programs and after a kill: each time the
// file is replaced with a longer copy. What was added a moment ago may still be missing. It is safe for concurrent use.
type Recorder struct {
	name   string
	length int64 // of the file without its tail
	most   int64

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte // added, but not yet in the file
	added   int64  // length with what waits
	entries int
	closed  bool
	failed  error
	ended   chan struct{}
}

// MaxFile bounds an archive that is recorded, in bytes.
const MaxFile = 64 << 20

// maxWaiting is the number of bytes that may wait for a slow disk before Add waits too.
const maxWaiting = 4 << 20

// ErrFull is the error for an entry with which the archive would be larger than MaxFile.
var ErrFull = fmt.Errorf("the archive has reached its bound of %d MB", MaxFile>>20)

// tail ends an archive.
const tail = "\n]}}\n"

// Create makes a new archive, of mode 0600, which must not exist yet. program and version name who records it.
func Create(name, program, version string) (*Recorder, error) {
	return create(name, program, version, MaxFile)
}

func create(name, program, version string, most int64) (*Recorder, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf(`{"log":{"version":"1.2","creator":{"name":%q,"version":%q},"entries":[`, program, version)
	_, err = file.WriteString(head + tail)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	r := &Recorder{name: name, length: int64(len(head)), added: int64(len(head)), most: most, ended: make(chan struct{})}
	r.changed = sync.NewCond(&r.mu)
	go r.run()
	return r, nil
}

// Add adds an entry. Errors: ErrFull, and after a failure to write the file that failure.
func (r *Recorder) Add(e *Entry) error {
	text, err := json.Marshal(e, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.waiting) > maxWaiting && r.failed == nil {
		r.changed.Wait()
	}
	switch size := r.added + int64(len(",\n")+len(text)); {
	case r.failed != nil:
		return r.failed
	case size+int64(len(tail)) > r.most:
		return ErrFull
	default:
		if r.entries > 0 {
			r.waiting = append(r.waiting, ',')
		}
		r.waiting = append(append(r.waiting, '\n'), text...)
		r.added = size
		r.entries++
		r.changed.Broadcast()
		return nil
	}
}

// Close waits until everything is in the file. It returns the first failure to write it.
func (r *Recorder) Close() error {
	r.mu.Lock()
	r.closed = true
	r.changed.Broadcast()
	r.mu.Unlock()
	<-r.ended
	return r.failed
}

// run replaces the file while something waits. A copy takes as long as the file is large, so between two copies it rests for nine
// times as long as one took: recording takes a tenth of the time at most.
func (r *Recorder) run() {
	defer close(r.ended)
	var piece []byte
	for {
		r.mu.Lock()
		for len(r.waiting) == 0 && !r.closed {
			r.changed.Wait()
		}
		if len(r.waiting) == 0 {
			r.mu.Unlock()
			return
		}
		piece, r.waiting = r.waiting, piece[:0]
		r.changed.Broadcast()
		r.mu.Unlock()

		begin := time.Now()
		if err := r.replace(piece); err != nil {
			r.mu.Lock()
			r.failed, r.waiting = err, nil
			r.changed.Broadcast()
			r.mu.Unlock()
			return
		}
		r.rest(9 * time.Since(begin))
	}
}

// rest waits for a time, or until Close is called.
func (r *Recorder) rest(d time.Duration) {
	over := false
	timer := time.AfterFunc(d, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		over = true
		r.changed.Broadcast()
	})
	defer timer.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !over && !r.closed {
		r.changed.Wait()
	}
}

// replace puts a longer copy in the place of the file. Both are closed before: Windows renames no file that is open.
func (r *Recorder) replace(piece []byte) error {
	longer, err := os.CreateTemp(filepath.Dir(r.name), ".new-*.har") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(longer.Name()) // fails harmlessly after the rename
	err = r.copyTo(longer)
	if err == nil {
		_, err = longer.Write(append(piece, tail...))
	}
	if err := errors.Join(err, longer.Close()); err != nil {
		return err
	}
	if err := os.Rename(longer.Name(), r.name); err != nil {
		return err
	}
	r.length += int64(len(piece))
	return nil
}

// copyTo copies the file without its tail.
func (r *Recorder) copyTo(w io.Writer) error {
	file, err := os.Open(r.name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyN(w, file, r.length)
	return err
}
