package rules

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var linkInText = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)]*))?\)`)

// TestLinksLeadSomewhere: what a document of the repository links to in the repository is there, and the place in it.
func TestLinksLeadSomewhere(t *testing.T) {
	checked, known := 0, make(map[string]map[string]bool)
	placesOf := func(path string) map[string]bool {
		if known[path] == nil {
			known[path] = places(t, path)
		}
		return known[path]
	}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", "node_modules", "artefacts", "internal"}, entry.Name()) { // internal has parts of documents
			return fs.SkipDir
		}
		if entry.IsDir() || filepath.Ext(path) != ".md" {
			return nil
		}
		content, err := os.ReadFile(path)
		for _, found := range linkInText.FindAllStringSubmatch(string(content), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			checked++
			target := filepath.Join(filepath.Dir(path), found[1])
			if found[1] == "" {
				target = path
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			if place := found[2]; place != "" && !placesOf(target)[place] {
				t.Errorf("%s: %s has no %s", path, target, place)
			}
		}
		return err
	})
	if err != nil || checked < 50 {
		t.Errorf("%d links were followed: %v", checked, err)
	}
}

var (
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	anchor   = regexp.MustCompile(`<a id="([^"]+)"></a>`)
	noLetter = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// places returns the anchors and the headings of a document, the latter as GitHub names them.
func places(t *testing.T, path string) map[string]bool {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for _, found := range anchor.FindAllStringSubmatch(string(content), -1) {
		if all[found[1]] {
			t.Errorf("%s has two places %s", path, found[1])
		}
		all[found[1]] = true
	}
	for _, found := range heading.FindAllStringSubmatch(string(content), -1) {
		name := noLetter.ReplaceAllString(strings.ToLower(anchor.ReplaceAllString(found[1], "")), "")
		all[strings.ReplaceAll(name, " ", "-")] = true
	}
	return all
}
