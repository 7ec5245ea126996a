package logging

import (
	"io"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"
)

// jsonHandler is slog's JSON handler, next to which events write their own lines: each with one Write, as slog does, so w must
// be safe for concurrent use.
type jsonHandler struct {
	slog.Handler
	w      io.Writer
	second atomic.Pointer[second] // the one written last
}

func newJSONHandler(w io.Writer, options *slog.HandlerOptions) *jsonHandler {
	return &jsonHandler{Handler: slog.NewJSONHandler(w, options), w: w}
}

// second is the text of a second: the parts before and after the fraction.
type second struct {
	unix          int64
	zone          *time.Location
	before, after string
}

// appendTime appends a time in the format time.RFC3339Nano.
func (h *jsonHandler) appendTime(b []byte, t time.Time) []byte {
	s := h.second.Load()
	if s == nil || s.unix != t.Unix() || s.zone != t.Location() {
		s = &second{unix: t.Unix(), zone: t.Location(), before: t.Format("2006-01-02T15:04:05"), after: t.Format("Z07:00")}
		h.second.Store(s)
	}
	b = append(b, s.before...)
	if ns := t.Nanosecond(); ns != 0 {
		digits := strconv.AppendInt(b, 1_000_000_000+int64(ns), 10) // the 1 keeps leading zeros
		digits[len(b)] = '.'
		for digits[len(digits)-1] == '0' {
			digits = digits[:len(digits)-1]
		}
		b = digits
	}
	return append(b, s.after...)
}
