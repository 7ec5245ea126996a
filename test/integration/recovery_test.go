package integration

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestAnUncleanEndIsReported: of a process that was killed, the next start says what was recovered, and whether the database is whole.
func TestAnUncleanEndIsReported(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t)
	data, file := p.Data, filepath.Join(p.Data, "rookery.db")
	start := func() *rookery.Platform { return rookery.Serve(t, "--data", data) }
	kill := func(p *rookery.Platform) {
		p.NewAccount(t)
		p.Signal(t, syscall.SIGKILL)
		p.WaitFor(t, -1)
	}
	says := func(p *rookery.Platform, level, text string) {
		t.Helper()
		rookery.Until(t, text, func() bool {
			for line := range strings.Lines(p.Log()) {
				if strings.Contains(line, `"level":"`+level+`"`) && strings.Contains(line, text) {
					return true
				}
			}
			return false
		})
	}
	damage := func(name string, at int64, bytes ...byte) {
		t.Helper()
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if at < 0 {
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			at += info.Size()
		}
		if _, err := f.WriteAt(bytes, at); err != nil {
			t.Fatal(err)
		}
	}

	kill(p)
	p = start()
	says(p, "INFO", "the last process did not stop by itself: its last writes were recovered")
	says(p, "INFO", "the database is whole")

	kill(p)
	damage(file+"-wal", -1, 0xff)
	p = start()
	says(p, "WARN", "the last process did not stop by itself: the log of its writes is damaged")
	says(p, "INFO", "the database is whole")
	p.Stop(t)

	db := rookery.OpenDB(t, file)
	var page int64
	if err := db.QueryRow("SELECT rootpage FROM sqlite_schema WHERE name = 'friendships'").Scan(&page); err != nil {
		t.Fatal(err)
	}
	db.Close()
	damage(file, (page-1)*4096+3, 0xff, 0xff, 0xff, 0xff) // how many rows the page has, and where
	p = start()
	kill(p)
	if strings.Contains(p.Log(), "did not stop by itself") {
		t.Error("a start after a stop reports a recovery")
	}
	p = start()
	says(p, "ERROR", "the database is damaged: stop the platform and restore a backup")
}
