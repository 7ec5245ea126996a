package child

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Most tests are given a binary by ROOKERY_BINARY. Here one is built as it is without that.
func TestBuild(t *testing.T) {
	folder := t.TempDir()
	unused, recent := filepath.Join(folder, "unused"), filepath.Join(folder, "recent")
	for path, age := range map[string]time.Duration{unused: 61 * time.Minute, recent: 59 * time.Minute} {
		at := time.Now().Add(-age)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	file, err := build(folder)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(file) != "rookery"+suffix || filepath.Dir(filepath.Dir(file)) != folder {
		t.Errorf("it is %s, want a rookery in a folder of %s", file, folder)
	}
	if out, err := exec.Command(file, "version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "rookery ") {
		t.Errorf("rookery version: %s, %v", out, err)
	}
	if _, err := os.Stat(unused); err == nil {
		t.Error("what nobody has used for more than an hour is still there")
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 { // what was used recently, and the new one
		t.Errorf("there are %v, %v", entries, err)
	}
}
