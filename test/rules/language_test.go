package rules

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// odd matches turns of phrase that are not English technical prose: an unknown account is not "an account that there is not",
// and a caller who knows the password is not "who knows the password".
var odd = regexp.MustCompile(`\bthat there (is|are) (not|none)\b|\bis none\b|\bhas it\.|\b(of|by|for) who\b|\bas good\b|` +
	`(// |\* |-- |[.:;] )Who (is|has|[a-z]+s)\b[^?]*$`)

func TestTheProseIsEnglish(t *testing.T) {
	checked := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", "node_modules", "artefacts"}, entry.Name()) {
			return fs.SkipDir
		}
		prose := slices.Contains([]string{".go", ".md", ".proto", ".sql", ".tsv"}, filepath.Ext(path))
		if entry.IsDir() || !prose || entry.Name() == "language_test.go" {
			return nil
		}
		content, err := os.ReadFile(path)
		for i, line := range bytes.Split(content, []byte("\n")) {
			if found := odd.Find(line); found != nil {
				t.Errorf("%s:%d: %q", path, i+1, found)
			}
		}
		checked++
		return err
	})
	if err != nil || checked < 200 {
		t.Errorf("%d files were read: %v", checked, err)
	}
}
