package logging

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// Event is an event of the log with plain fields: each is added in its place, and Write ends it. To a handler made by New it
// goes as one finished line of JSON, which is what slog would write, byte for byte, in a fraction of the time and without
// allocating; to any other handler as a record. Names are the program's own and need no escapes. An event serves one
// goroutine, and must not be used after Write.
type Event struct {
	handler slog.Handler
	json    *jsonHandler // handler, if New made it for JSON
	line    []byte       // so far, for json

	at      time.Time
	level   slog.Level
	message string
	fields  []slog.Attr // for any other handler
}

var events = sync.Pool{New: func() any { return new(Event) }}

// keptLine bounds the line that a written event keeps for the next, in bytes.
const keptLine = 4 << 10

// Begin begins an event. The level is not checked against the handler's.
func Begin(handler slog.Handler, at time.Time, level slog.Level, message string) *Event {
	e := events.Get().(*Event)
	e.handler, e.at, e.level, e.message = handler, at, level, message
	if e.json, _ = handler.(*jsonHandler); e.json == nil {
		return e
	}
	e.line = append(e.line, `{"time":"`...)
	e.line = e.json.appendTime(e.line, at)
	e.line = append(e.line, `","level":"`...)
	e.line = append(e.line, level.String()...)
	e.line = append(e.line, `","msg":`...)
	e.line = appendString(e.line, message)
	return e
}

// String adds a text.
func (e *Event) String(name, text string) {
	if e.json == nil {
		e.fields = append(e.fields, slog.String(name, text))
		return
	}
	e.name(name)
	e.line = appendString(e.line, text)
}

// Int adds a number.
func (e *Event) Int(name string, n int64) {
	if e.json == nil {
		e.fields = append(e.fields, slog.Int64(name, n))
		return
	}
	e.name(name)
	e.line = strconv.AppendInt(e.line, n, 10)
}

// Decimal adds a number as text, the form of ids.
func (e *Event) Decimal(name string, n uint64) {
	if e.json == nil {
		e.fields = append(e.fields, slog.String(name, strconv.FormatUint(n, 10)))
		return
	}
	e.name(name)
	e.line = append(strconv.AppendUint(append(e.line, '"'), n, 10), '"')
}

// Bool adds a truth value.
func (e *Event) Bool(name string, b bool) {
	if e.json == nil {
		e.fields = append(e.fields, slog.Bool(name, b))
		return
	}
	e.name(name)
	e.line = strconv.AppendBool(e.line, b)
}

// Write writes the event. Like slog's loggers it ignores errors.
func (e *Event) Write() {
	if e.json != nil {
		_, _ = e.json.w.Write(append(e.line, "}\n"...))
	} else {
		record := slog.NewRecord(e.at, e.level, e.message, 0)
		record.AddAttrs(e.fields...)
		_ = e.handler.Handle(context.Background(), record)
	}
	line := e.line[:0]
	if cap(line) > keptLine {
		line = nil
	}
	clear(e.fields)
	*e = Event{line: line, fields: e.fields[:0]}
	events.Put(e)
}

func (e *Event) name(name string) {
	e.line = append(append(append(e.line, `,"`...), name...), `":`...)
}

// appendString appends a text in quotes, with the escapes of slog.
func appendString(b []byte, text string) []byte {
	b = append(b, '"')
	begin := 0 // of what is not appended yet
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r < utf8.RuneSelf || r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
			b = appendEscape(append(b, text[begin:i]...), r)
			begin = i + size
		}
		i += size
	}
	return append(append(b, text[begin:]...), '"')
}

func appendEscape(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
