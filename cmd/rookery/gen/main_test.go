package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLicences(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"m/LICENSE": "the module's\r\n", "m/NOTICE.txt": "a notice", "m/license.go": "package m", "m/a/b/COPYING": "a package's", "m/c/LICENSE": "of a package that is not linked", "LICENSE": "of another module",
		"none/README": "no licence",
	} {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m := module{Path: "m.example/m", Dir: filepath.Join(folder, "m")}
	texts, err := licences(m, []string{filepath.Join(m.Dir, "a", "b")})
	if got := slices.Sorted(maps.Keys(texts)); err != nil || !slices.Equal(got, []string{"LICENSE", "NOTICE.txt", "a/b/COPYING"}) || texts["LICENSE"] != "the module's" {
		t.Errorf("got %q, %v", texts, err)
	}
	none := module{Path: "m.example/none", Dir: filepath.Join(folder, "none")}
	if texts, err := licences(none, []string{none.Dir}); err == nil {
		t.Errorf("a module without a licence has %q", texts)
	}
}
