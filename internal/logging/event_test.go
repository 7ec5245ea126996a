package logging

import (
	"bytes"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
)

// write writes an event with one field of each kind.
func write(h slog.Handler, at time.Time, level slog.Level, message, name, text string, number int64) {
	e := Begin(h, at, level, message)
	e.String(name, text)
	e.Int("int", number)
	e.Decimal("decimal", uint64(number))
	e.Bool("bool", number < 0)
	e.Write()
}

// sameLine compares the line of an event with that of slog's handler for the same record.
func sameLine(t *testing.T, at time.Time, level slog.Level, message, name, text string, number int64) {
	t.Helper()
	var direct, record bytes.Buffer
	write(newJSONHandler(&direct, nil), at, level, message, name, text, number)
	write(slog.NewJSONHandler(&record, nil), at, level, message, name, text, number)
	if direct.String() != record.String() {
		t.Errorf("got  %swant %s", &direct, &record)
	}
}

func TestEventsAreSlogsLines(t *testing.T) {
	at := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	for name, at := range map[string]time.Time{
		"a whole second": at, "a nanosecond": at.Add(1), "a fraction with zeros at both ends": at.Add(12_340_000), "half a second": at.Add(500 * time.Millisecond),
		"another zone": at.In(time.FixedZone("", 8*3600)), "local time": at.Local(), "with a monotonic clock": time.Now(),
	} {
		t.Run(name, func(t *testing.T) { sameLine(t, at, slog.LevelInfo, "request", "name", "text", 1) })
	}
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError, slog.LevelError + 1} {
		t.Run(level.String(), func(t *testing.T) { sameLine(t, at, level, "request", "name", "text", 1) })
	}
	for _, number := range []int64{0, -1, math.MaxInt64, math.MinInt64} {
		sameLine(t, at, slog.LevelInfo, "request", "name", "text", number)
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, text := range map[string]string{
		"empty": "", "printable ASCII": "text, /path?<>&'", "a quote and a backslash": `say "x" \`, "escapes in a row": "\n\r\t\x00\x1f\x7f", "every byte": string(all),
		"Chinese": "巢", "outside the first plane": "🪺", "not UTF-8": "a\xff\xfeb", "cut off": "巢"[:2], "half a surrogate": "\xed\xa0\x80",
		"U+FFFD itself": "\ufffd", "line separators": "\u2027\u2028\u2029\u202a", "long": strings.Repeat("long\n", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			sameLine(t, at, slog.LevelInfo, "request", "name", text, 1)
			sameLine(t, at, slog.LevelInfo, text, "name", "text", 1)
		})
	}
}

// TestEventLine holds the form itself.
func TestEventLine(t *testing.T) {
	const want = `{"time":"2026-11-02T03:04:05.006Z","level":"ERROR","msg":"request","user":"a\"b\n\u0001\ufffd","int":-7,"decimal":"18446744073709551609","bool":true}` + "\n"
	var got bytes.Buffer
	write(newJSONHandler(&got, nil), time.Date(2026, 11, 2, 3, 4, 5, 6_000_000, time.UTC), slog.LevelError, "request", "user", "a\"b\n\x01\xff", -7)
	if got.String() != want {
		t.Errorf("got  %swant %s", &got, want)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("request", "ABC", int64(1), int64(1_790_000_000_000_000_000))
	f.Add("\x00\"", "é", int64(math.MinInt64), int64(0))
	f.Fuzz(func(t *testing.T, message, text string, number, ns int64) {
		sameLine(t, time.Unix(0, ns).UTC(), slog.LevelError, message, "name", text, number)
	})
}

// counter counts what is written to it. A Write that is not one whole line shows as a fault.
type counter struct {
	mu     sync.Mutex
	lines  int
	faults []string
}

func (c *counter) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines++
	if line := string(b); strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "}\n") || !strings.HasPrefix(line, `{"time":`) {
		c.faults = append(c.faults, line)
	}
	return len(b), nil
}

// TestOneWriteALine: events and slog's records of many goroutines do not mix.
func TestOneWriteALine(t *testing.T) {
	var (
		c     counter
		group sync.WaitGroup
	)
	h := newJSONHandler(&c, nil)
	for range 4 {
		group.Go(func() {
			for i := range 500 {
				write(h, time.Now(), slog.LevelInfo, "request", "name", strings.Repeat("text\n", i), int64(i))
				slog.New(h).Info("a record", "i", i)
			}
		})
	}
	group.Wait()
	if c.lines != 4000 || len(c.faults) != 0 {
		t.Errorf("%d writes, of which these are not one line: %q", c.lines, c.faults)
	}
}

func BenchmarkEvent(b *testing.B) {
	at := time.Now()
	for name, h := range map[string]slog.Handler{"line": newJSONHandler(io.Discard, nil), "record": slog.NewJSONHandler(io.Discard, nil)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				e := Begin(h, at, slog.LevelInfo, "request")
				e.String("request_id", "0123456789abcdef")
				e.String("interface", "/v2/auth/verify_login")
				e.Int("status", 200)
				e.Int("duration_us", 12)
				e.Decimal("appid", 100700001)
				e.String("user", "10000000000000000001")
				e.Int("code", 0)
				e.Write()
			}
		})
	}
}
