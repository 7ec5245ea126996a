// Package logging writes the log in the background, and the events of requests without the cost of slog.
package logging

import (
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/rookeryhq/rookery/internal/config"
)

// New returns a logger on w, in text when w is a terminal and in JSON otherwise unless the settings choose, and a function
// that waits until everything logged so far is written.
func New(w io.Writer, settings config.Log) (*slog.Logger, func()) {
	out := newSink(w)
	var options slog.HandlerOptions
	var level slog.Level
	_ = level.UnmarshalText([]byte(settings.Level)) // always a valid level
	options.Level = level
	file, ok := w.(*os.File)
	if settings.Format == "text" || settings.Format == "auto" && ok && term.IsTerminal(int(file.Fd())) {
		return slog.New(slog.NewTextHandler(out, &options)), out.flush
	}
	return slog.New(newJSONHandler(out, &options)), out.flush
}

// sink writes in the background, at once when there is little to write and in large pieces when there is much, so that a
// request does not wait for its log line.
type sink struct {
	w io.Writer

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte // logged, but not yet passed to w
	writing bool
}

// backlog is the number of bytes that may wait for a slow w before logging waits too.
const backlog = 1 << 20

// After more than burst writes that follow each other within less than pause, each is delayed by a pause: under load that
// saves a system call for every other request.
const (
	burst = 64
	pause = time.Millisecond
)

func newSink(w io.Writer) *sink {
	s := &sink{w: w}
	s.changed = sync.NewCond(&s.mu)
	go s.run()
	return s
}

// Write implements io.Writer. It never fails: nobody could be told.
func (s *sink) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > backlog {
		s.changed.Wait()
	}
	if len(s.waiting) == 0 {
		s.changed.Broadcast()
	}
	s.waiting = append(s.waiting, line...)
	return len(line), nil
}

func (s *sink) run() {
	var (
		piece  []byte
		ended  time.Time // of the last write
		streak int       // writes that came soon after their predecessors
	)
	s.mu.Lock()
	for {
		for len(s.waiting) == 0 {
			s.changed.Wait()
		}
		piece, s.waiting = s.waiting, piece[:0]
		s.writing = true
		s.mu.Unlock()
		if streak++; time.Since(ended) > pause {
			streak = 0
		}
		_, _ = s.w.Write(piece)
		s.mu.Lock()
		s.writing = false
		s.changed.Broadcast()
		if streak > burst {
			s.mu.Unlock()
			time.Sleep(pause)
			s.mu.Lock()
		}
		ended = time.Now()
	}
}

// flush waits until everything logged so far is written.
func (s *sink) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 || s.writing {
		s.changed.Wait()
	}
}
