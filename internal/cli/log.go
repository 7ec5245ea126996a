package cli

import (
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/rookeryhq/rookery/internal/config"
)

// newLog returns a logger on w, for eyes when w is a terminal and in JSON otherwise, and a function that waits until all
// that was logged is written.
func newLog(w io.Writer) (*slog.Logger, func()) { return newLogBy(w, config.Default().Log) }

// newLogBy is newLog with settings.
func newLogBy(w io.Writer, settings config.Log) (*slog.Logger, func()) {
	sink := newLogSink(w)
	var options slog.HandlerOptions
	var level slog.Level
	_ = level.UnmarshalText([]byte(settings.Level)) // one of its words
	options.Level = level
	file, ok := w.(*os.File)
	if settings.Format == "text" || settings.Format == "auto" && ok && term.IsTerminal(int(file.Fd())) {
		return slog.New(slog.NewTextHandler(sink, &options)), sink.flush
	}
	return slog.New(newJSONHandler(sink, &options)), sink.flush
}

// logSink writes in the background, at once when there is little and in large pieces when there is much, so that a
// request does not wait for its log line.
type logSink struct {
	w io.Writer

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte // logged, not yet handed to w
	writing bool
}

// logBacklog is how much may wait for a slow w before logging waits too.
const logBacklog = 1 << 20

// After more than logBurst writes with less than logPause from one to the next, each is put off by a logPause: under load
// that spares a system call for every other request.
const (
	logBurst = 64
	logPause = time.Millisecond
)

func newLogSink(w io.Writer) *logSink {
	s := &logSink{w: w}
	s.changed = sync.NewCond(&s.mu)
	go s.run()
	return s
}

// Write implements io.Writer. It never fails: there is nobody to tell.
func (s *logSink) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > logBacklog {
		s.changed.Wait()
	}
	if len(s.waiting) == 0 {
		s.changed.Broadcast()
	}
	s.waiting = append(s.waiting, line...)
	return len(line), nil
}

func (s *logSink) run() {
	var (
		piece  []byte
		ended  time.Time // when the last write did
		streak int       // writes that came soon after the one before
	)
	s.mu.Lock()
	for {
		for len(s.waiting) == 0 {
			s.changed.Wait()
		}
		piece, s.waiting = s.waiting, piece[:0]
		s.writing = true
		s.mu.Unlock()
		if streak++; time.Since(ended) > logPause {
			streak = 0
		}
		_, _ = s.w.Write(piece)
		s.mu.Lock()
		s.writing = false
		s.changed.Broadcast()
		if streak > logBurst {
			s.mu.Unlock()
			time.Sleep(logPause)
			s.mu.Lock()
		}
		ended = time.Now()
	}
}

// flush waits until everything logged so far is written.
func (s *logSink) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 || s.writing {
		s.changed.Wait()
	}
}
