package har

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

// urls reads an archive to its end and returns the address of each entry.
func urls(text string) (all []string, err error) {
	r := NewReader(iotest.HalfReader(strings.NewReader(text)))
	for {
		e, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, e.Request.URL)
	}
}

const entryA, entryB = `{"request":{"url":"/a"},"response":{"status":200}}`, `{"request":{"url":"/b"}}`

func TestReader(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want string
	}{
		"two entries":                          {`{"log":{"version":"1.2","entries":[` + entryA + "," + entryB + `]}}`, "/a /b"},
		"none":                                 {`{"log":{"entries":[]}}`, ""},
		"a byte order mark, blanks at the end": {"\ufeff" + `{"log":{"entries":[` + entryA + "]}}\r\n \n", "/a"},
		"other members before and after":       {`{"x":[{"log":1}],"log":{"pages":[{"id":"entries"}],"entries":[` + entryA + `],"comment":"c"},"y":{}}`, "/a"},
		"the entries first":                    {`{"log":{"entries":[` + entryA + `],"version":"1.2","creator":{}}}`, "/a"},
		"unknown members":                      {`{"log":{"entries":[{"_x":{"y":[1]},"request":{"url":"/a","_z":null},"pageref":"p"}]}}`, "/a"},
		"members that are null":                {`{"log":{"entries":[{"request":{"url":"/a","postData":null,"headers":null},"response":{"content":null}}]}}`, "/a"},
		"half of a pair in a text":             {`{"log":{"entries":[{"request":{"url":"/a"},"comment":"\ud83d"}]}}`, "/a"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := urls(test.text)
			if err != nil || strings.Join(got, " ") != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestABrokenArchiveSaysWhere(t *testing.T) {
	long := strings.Repeat("x", maxText+5000)
	for name, test := range map[string]struct {
		text, want string
		entries    int // read before
	}{
		"nothing":            {"", "at byte 0: it breaks off", 0},
		"not JSON":           {"GET / HTTP/1.1", "at byte 0: it is not JSON", 0},
		"a list":             {"[]", "at byte 0: it does not begin with {", 0},
		"no log":             {`{"entries":[]}`, "at byte 14: it is JSON, but has no log with entries", 0},
		"a log that is text": {`{"log":"x"}`, "at byte 6: /log is not what an archive has there", 0},
		"entries as object":  {`{"log":{"entries":{}}}`, "/log/entries is not what", 0},
		"it breaks off in the second entry": {`{"log":{"entries":[` + entryA + `,{"request":{"url":"/b`,
			"at byte 91, in or after entry 2: it breaks off", 1},
		"it breaks off after an entry":      {`{"log":{"entries":[` + entryA, "in or after entry 1: it breaks off", 1},
		"a comma is missing":                {`{"log":{"entries":[` + entryA + entryB + `]}}`, "at byte 69", 1},
		"a member of another type":          {`{"log":{"entries":[{"request":{"url":7}}]}}`, "at byte 37, in or after entry 1: /log/entries/0/request/url is not what an archive has there", 0},
		"the place after a long text":       {`{"log":{"comment":"` + long + `","entries":[!]}}`, fmt.Sprintf("at byte %d", len(`{"log":{"comment":"`)+len(long)+len(`","entries":[`)), 0},
		"the place after a byte order mark": {"\ufeff" + `{"log":!}`, "at byte 10", 0},
		"a place far inside":                {`{"x":` + strings.Repeat("[", 11000), "at byte 10004: /x" + strings.Repeat("/0", 39) + "... is not JSON", 0},
		"a name that steers a terminal":     {"{\"\\u001b[2J\":!}", `/\x1b[2J is not JSON`, 0},
		"something after the end":           {`{"log":{"entries":[]}}{}`, "something follows its end", 0},
		"a long number":                     {`{"log":{"entries":[{"time":` + strings.Repeat("1", 9000) + `}]}}`, "a number is too long", 0},
		"a large entry":                     {`{"log":{"entries":[{"request":{"headers":[` + strings.Repeat(`{"name":"n","value":"v"},`, 400_000) + `{}]}}]}}`, "an entry has more than 8388608 bytes", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := urls(test.text)
			if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), test.want) || len(got) != test.entries {
				t.Errorf("got %q, %v, want %d entries and %q", got, err, test.entries, test.want)
			}
		})
	}
	t.Run("a failing disk", func(t *testing.T) {
		broken := errors.New("broken disk")
		r := NewReader(io.MultiReader(strings.NewReader(`{"log":{`), iotest.ErrReader(broken)))
		for range 2 {
			if _, err := r.Next(); !errors.Is(err, broken) || errors.Is(err, ErrBroken) {
				t.Errorf("got %v", err)
			}
		}
	})
}

// endless is an archive with a text, a row of blanks and a list, each of ten megabytes.
func endless() io.Reader {
	times := func(text string, n int) io.Reader {
		block := strings.Repeat(text, 1<<20/len(text))
		var all []io.Reader
		for range n {
			all = append(all, strings.NewReader(block))
		}
		return io.MultiReader(all...)
	}
	return io.MultiReader(
		strings.NewReader(`{"log":{"pages":[`), times(`{"p":"\u00e4"},    `, 10), strings.NewReader(`1],`), times(" ", 10),
		strings.NewReader(`"entries":[{"request":{"url":"/a"},"response":{"content":{"text":"`), times(`\"\u00e4x`, 10),
		strings.NewReader(`"}}},`+entryB+`]}}`))
}

func TestMemoryDoesNotGrowWithTheArchive(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := NewReader(endless())
	first, err := r.Next()
	if err != nil || first.Request.URL != "/a" || len(first.Response.Content.Text) < maxText/8 || len(first.Response.Content.Text) > maxText {
		t.Fatalf("got %d bytes, %v", len(first.Response.Content.Text), err)
	}
	if second, err := r.Next(); err != nil || second.Request.URL != "/b" {
		t.Fatalf("got %v, %v", second, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 12<<20 {
		t.Errorf("30 MB took %d MB", used>>20)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(`{"log":{"version":"1.2","entries":[` + entryA + "," + entryB + `],"x":"\\\"\u00e4"}}`)
	f.Add("\ufeff" + `{"log":{"entries":[{"startedDateTime":"2026-01-02T03:04:05Z","time":1.5,"request":{"postData":{"params":[{"name":"a","value":"b"}]}}}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := urls(text)
		// An archive that is read to its end is JSON in which the library finds the same entries.
		if err != nil {
			if !errors.Is(err, ErrBroken) {
				t.Errorf("%v", err)
			}
			return
		}
		for _, e := range got {
			if len(e) > len(text) {
				t.Errorf("%q is longer than the archive", e)
			}
		}
		if !json.Valid([]byte(strings.TrimPrefix(text, "\ufeff"))) {
			t.Errorf("%q was read to its end", text)
		}
	})
}

func TestTimes(t *testing.T) {
	for _, test := range []struct {
		started, want string
		ms            float64
		took          time.Duration
	}{
		{"2026-01-02T03:04:05.5+08:00", "2026-01-01T19:04:05.5Z", 1.5, 1500 * time.Microsecond},
		{"9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00Z", 1e300, 24 * time.Hour},
		{"0000-01-01T00:00:00+01:00", "0001-01-01T00:00:00Z", -1, 0},
		{"yesterday", "0001-01-01T00:00:00Z", 0, 0},
	} {
		e := Entry{Started: test.started, Time: test.ms}
		if got := e.Start().Format(time.RFC3339Nano); got != test.want || e.Took() != test.took {
			t.Errorf("%s, %g: got %s, %s", test.started, test.ms, got, e.Took())
		}
	}
}

func TestRecorder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "session.har")
	r, err := Create(file, "rookery", "1")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := Create(file, "rookery", "1"); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second archive in the place of the first: %v", err)
	}
	// Whoever reads it at any moment finds a whole archive.
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		for seen := 0; ; {
			text, err := os.ReadFile(file)
			got, broken := urls(string(text))
			if err != nil || broken != nil || len(got) < seen {
				t.Errorf("%v, %v, %d entries after %d", err, broken, len(got), seen)
				return
			}
			seen = len(got)
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	const writers, each = 4, 200
	var adding sync.WaitGroup
	for w := range writers {
		adding.Go(func() {
			for i := range each {
				if err := r.Add(&Entry{Request: Request{URL: fmt.Sprintf("/%d/%d?a=b&c=d", w, i)}, Comment: strings.Repeat("c", 1000)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	adding.Wait()
	close(stop)
	readers.Wait()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := urls(string(text))
	if err != nil || len(got) != writers*each {
		t.Errorf("%d entries, %v", len(got), err)
	}
	if !bytes.Contains(text, []byte("c=d")) || !bytes.HasPrefix(text, []byte(`{"log":{"version":"1.2","creator":{"name":"rookery","version":"1"},"entries":[`)) {
		t.Errorf("it begins with %.300s", text)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

func TestRecorderIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "session.har")
	r, err := create(file, "rookery", "1", 4000)
	if err != nil {
		t.Fatal(err)
	}
	for r.Add(&Entry{}) == nil {
	}
	if err := r.Add(&Entry{}); err != ErrFull {
		t.Errorf("got %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Size() > 4000 || info.Size() < 3000 {
		t.Errorf("%v, %v", info.Size(), err)
	}
}

func TestRecorderReportsAFailure(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := Create(filepath.Join(folder, "session.har"), "rookery", "1")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := r.Add(&Entry{}); err != nil {
		t.Error(err)
	}
	if err := r.Close(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
