package outbox

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

// numbered returns an event with its place in the stream.
func numbered(id int64) platform.Event {
	e := bound(platform.GC(700000000 + id))
	e.ID = id
	return e
}

func events(ids ...int64) (list []platform.Event) {
	for _, id := range ids {
		list = append(list, numbered(id))
	}
	return list
}

// line is the line of event 1 in a file.
const line = `{"id":1,"type":"guild_bound","time_ms":1700000000123,"guild":{"appid":"100700001","zone_id":"1","guild_id":"2134"},` +
	`"guild_name":"\u003cOwls\u003e","gc":"700000001","uin":"10001"}` + "\n"

func lineOf(id string) string {
	return strings.NewReplacer(`"id":1,`, `"id":`+id+`,`, "700000001", "70000000"+id).Replace(line)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

func deliver(t *testing.T, c Consumer, list []platform.Event) {
	t.Helper()
	if n, err := c.Deliver(t.Context(), list); n != len(list) || err != nil {
		t.Fatalf("%d of %d events were taken: %v", n, len(list), err)
	}
}

func openFile(t *testing.T, path string, most int64) *File {
	t.Helper()
	f, err := OpenFile(path, most)
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	return f
}

func TestAFileOfEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	f := openFile(t, path, 1<<20)
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
	deliver(t, f, events(1))
	deliver(t, f, append(events(2, 3), platform.Event{ID: 4, Type: platform.EventTest, TimeMS: 5}))
	want(t, "the file", read(t, path), line+lineOf("2")+lineOf("3")+`{"id":4,"type":"test","time_ms":5}`+"\n")
	must(t, f.Close())
	deliver(t, f, events(5))
	want(t, "after it was opened again", strings.Count(read(t, path), "\n"), 5)
}

// TestWhatAFileMayHold: an own file is continued after its last whole line, any other is refused and stays as it is.
func TestWhatAFileMayHold(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		after  string // "" if the file is refused
	}{
		"nothing":                          {"", lineOf("2")},
		"a line":                           {line, line + lineOf("2")},
		"a line and the beginning of one":  {line + line[:40], line + lineOf("2")},
		"a line and one byte":              {line + "{", line + lineOf("2")},
		"the beginning of a line":          {line[:len(line)-1], lineOf("2")},
		"one byte":                         {"{", lineOf("2")},
		"a long beginning after a line":    {line + begin + strings.Repeat("x", 10_000), line + lineOf("2")},
		"a long beginning":                 {begin + strings.Repeat("x", 10_000), lineOf("2")},
		"a diary":                          {"Dear diary,\n", ""},
		"a diary without an end":           {"Dear diary,", ""},
		"other JSON":                       {`{"name":"x"}`, ""},
		"a byte that begins nothing of it": {"x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "events.jsonl")
			must(t, os.WriteFile(path, []byte(test.before), 0o600))
			f, err := OpenFile(path, 1<<20)
			if test.after == "" {
				if err == nil || !strings.Contains(err.Error(), path) {
					t.Errorf("got %v, want an error with the path", err)
				}
				want(t, "the file", read(t, path), test.before)
				return
			}
			must(t, err)
			deliver(t, f, events(2))
			must(t, f.Close())
			want(t, "the file", read(t, path), test.after)
		})
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	folder := t.TempDir()
	for _, path := range []string{folder, filepath.Join(folder, "missing", "events.jsonl"), "/dev/null"} {
		if f, err := OpenFile(path, 1<<20); err == nil {
			f.Close()
			t.Errorf("%s was opened", path)
		}
	}
}

// TestRotation: a file is renamed before it grows too large, and no renamed file is replaced.
func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	f := openFile(t, path, int64(2*len(line)))
	for id := int64(1); id <= 5; id++ {
		deliver(t, f, events(id))
	}
	want(t, "the first", read(t, path+".1"), line+lineOf("2"))
	want(t, "the second", read(t, path+".3"), lineOf("3")+lineOf("4"))
	want(t, "the newest", read(t, path), lineOf("5"))

	deliver(t, f, events(1, 2, 3)) // more than fits any file: a database began anew
	want(t, "what was there", read(t, path+".5"), lineOf("5"))
	deliver(t, f, events(4))
	want(t, "the first stays", read(t, path+".1"), line+lineOf("2"))
	want(t, "the first of the new stream", read(t, path+".1.2"), line+lineOf("2")+lineOf("3"))
	want(t, "the newest", read(t, path), lineOf("4"))
}

// TestAFileIsMovedAway: what an operator moves stays as it is, and a new file is begun; what is put in its place must be one of
// events too.
func TestAFileIsMovedAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	f := openFile(t, path, 1<<20)
	deliver(t, f, events(1))
	must(t, os.Rename(path, path+".moved"))
	deliver(t, f, events(2))
	want(t, "the moved one", read(t, path+".moved"), line)
	want(t, "the new one", read(t, path), lineOf("2"))

	must(t, os.Remove(path))
	must(t, os.WriteFile(path, []byte("a diary"), 0o600))
	if n, err := f.Deliver(t.Context(), events(3)); n != 0 || err == nil {
		t.Errorf("%d events went into a diary: %v", n, err)
	}
	want(t, "the diary", read(t, path), "a diary")
	must(t, os.Remove(path))
	deliver(t, f, events(3))
	want(t, "the next one", read(t, path), lineOf("3"))
}

// TestAFailedWriteLeavesNothing: as when the disk is full.
func TestAFailedWriteLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	f := openFile(t, path, 1<<20)
	deliver(t, f, events(1))
	readOnly, err := os.Open(path)
	must(t, err)
	must(t, f.file.Close())
	f.file = readOnly // of which every write fails
	if n, err := f.Deliver(t.Context(), events(2)); n != 0 || err == nil {
		t.Errorf("%d events were taken: %v", n, err)
	}
	want(t, "the file", read(t, path), line)
	deliver(t, f, events(2))
	want(t, "the file", read(t, path), line+lineOf("2"))
}

// FuzzFiles: whatever is in a file, it is refused and stays as it is, or is continued after its last whole line.
func FuzzFiles(f *testing.F) {
	f.Add([]byte(line))
	f.Add([]byte(line + line[:40]))
	f.Add([]byte("Dear diary,\n"))
	f.Add([]byte(begin + "\n\n" + begin))
	f.Fuzz(func(t *testing.T, before []byte) {
		path := filepath.Join(t.TempDir(), "events.jsonl")
		must(t, os.WriteFile(path, before, 0o600))
		file, err := OpenFile(path, 1<<20)
		if err != nil {
			want(t, "the refused file", read(t, path), string(before))
			return
		}
		deliver(t, file, events(2))
		must(t, file.Close())
		whole := before[:bytes.LastIndexByte(before, '\n')+1]
		want(t, "the file", read(t, path), string(whole)+lineOf("2"))
	})
}
