package logging

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"testing"
	"time"
)

// TestLogLinesAreSlogs compares every line with that of slog's handler.
func TestLogLinesAreSlogs(t *testing.T) {
	at := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name  string
		time  time.Time
		attrs []slog.Attr
	}{
		{"no fields", at, nil},
		{"plain fields", at, []slog.Attr{slog.String("s", "text, /path?"), slog.Int("i", -1), slog.Uint64("u", math.MaxUint64), slog.Bool("b", true)}},
		{"no time", time.Time{}, []slog.Attr{slog.String("s", "x")}},
		{"a nanosecond", at.Add(1), nil},
		{"a fraction with zeros at both ends", at.Add(12_340_000), nil},
		{"half a second", at.Add(500 * time.Millisecond), nil},
		{"another zone", at.In(time.FixedZone("", 8*3600)), nil},
		{"local time", at.Local(), nil},
		{"quotes", at, []slog.Attr{slog.String("s", `say "x"`)}},
		{"a backslash in a name", at, []slog.Attr{slog.String(`a\b`, "x")}},
		{"control characters", at, []slog.Attr{slog.String("s", "a\nb\x7f")}},
		{"Chinese", at, []slog.Attr{slog.String("s", "巢")}},
		{"not UTF-8", at, []slog.Attr{slog.String("s", "\xff")}},
		{"an error", at, []slog.Attr{slog.Any("error", errors.New("no"))}},
		{"a duration", at, []slog.Attr{slog.Duration("d", time.Second)}},
		{"a group", at, []slog.Attr{slog.Group("g", "a", 1)}},
		{"a field without a name", at, []slog.Attr{slog.String("", "x"), slog.Int("i", 1)}},
		{"an empty field", at, []slog.Attr{{}, slog.Int("i", 1)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			record := slog.NewRecord(test.time, slog.LevelInfo, "request", 0)
			record.AddAttrs(test.attrs...)
			sameLine(t, record)
		})
	}
}

func sameLine(t *testing.T, record slog.Record) {
	t.Helper()
	var got, want bytes.Buffer
	h := newJSONHandler(&got, nil)
	if err := errors.Join(h.Handle(context.Background(), record), slog.NewJSONHandler(&want, nil).Handle(context.Background(), record)); err != nil {
		t.Fatal(err)
	}
	if got.String() != want.String() {
		t.Errorf("got  %swant %s", &got, &want)
	}
}

func FuzzLogLine(f *testing.F) {
	f.Add("request", "user", "ABC", int64(1), int64(1_790_000_000_000_000_000))
	f.Add("\x00", "\"", "é", int64(math.MinInt64), int64(0))
	f.Fuzz(func(t *testing.T, message, name, text string, number, ns int64) {
		record := slog.NewRecord(time.Unix(0, ns).UTC(), slog.LevelError, message, 0)
		record.AddAttrs(slog.String(name, text), slog.Int64("n", number))
		sameLine(t, record)
	})
}

func BenchmarkLogLine(b *testing.B) {
	record := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
	record.AddAttrs(slog.String("request_id", "0123456789abcdef"), slog.String("interface", "/v2/auth/verify_login"), slog.Int("status", 200),
		slog.Int64("duration_us", 12), slog.String("appid", "100700001"), slog.String("user", "10000000000000000001"), slog.Int("code", 0))
	for name, h := range map[string]slog.Handler{"own": newJSONHandler(io.Discard, nil), "slog": slog.NewJSONHandler(io.Discard, nil)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = h.Handle(context.Background(), record)
			}
		})
	}
}
