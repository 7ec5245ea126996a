package rules

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const protocol = "../../docs/protocol/"

var (
	// A citation names sections: "msdk-v3.md, 5.4 and 5.9", "oidb.md, 1.2 to 1.4", "causes.md, messages".
	citation = regexp.MustCompile(`\b(msdk-v5|msdk-v3|qq-connect-openapi|oidb)\.md,? ((?:[AB](?:\.\d+)*|\d+(?:\.\d+)*)\b(?:(?:,| and| to) (?:[AB](?:\.\d+)+|\d+(?:\.\d+)*)\b)*)`)
	cause    = regexp.MustCompile(`\bcauses\.md, (\w+)`)
	section  = regexp.MustCompile(`[AB](?:\.\d+)*|\d+(?:\.\d+)*`)
	title    = regexp.MustCompile(`(?m)^#+ ([A-Za-z0-9.]+)`)
)

// sections are the sections of a document of docs/protocol, in lower case.
func sections(t *testing.T, name string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(protocol + name + ".md")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for _, m := range title.FindAllStringSubmatch(string(text), -1) {
		all[strings.ToLower(m[1])] = true
	}
	return all
}

// TestCitedSectionsExist: each section that a comment cites is in docs/protocol.
func TestCitedSectionsExist(t *testing.T) {
	known, cited := make(map[string]map[string]bool), 0
	for _, name := range []string{"msdk-v5", "msdk-v3", "qq-connect-openapi", "oidb", "causes"} {
		known[name] = sections(t, name)
	}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, group := range file.Comments {
			text := strings.Join(strings.Fields(strings.ReplaceAll(group.Text(), "docs/oidb.md", "")), " ")
			cite := func(document, section string) {
				if cited++; !known[document][strings.ToLower(section)] {
					t.Errorf("%s cites %s.md, %s, which docs/protocol does not have", path, document, section)
				}
			}
			for _, m := range citation.FindAllStringSubmatch(text, -1) {
				for _, one := range section.FindAllString(m[2], -1) {
					cite(m[1], one)
				}
			}
			for _, m := range cause.FindAllStringSubmatch(text, -1) {
				cite("causes", m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited < 150 {
		t.Errorf("only %d sections are cited", cited)
	}
}
