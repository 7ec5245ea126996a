package gamecenter

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/retcode"
)

// TestEveryCommandIsDocumented: docs/gamecenter.md has a section for each command, with its ways of identity, what it requires,
// and every number of its own that it may answer. That its examples are true is tested with the scenarios.
func TestEveryCommandIsDocumented(t *testing.T) {
	content, err := os.ReadFile("../../../docs/gamecenter.md")
	if err != nil {
		t.Fatal(err)
	}
	every, _, _ := strings.Cut(string(content), "\n## Achievements")
	for _, cmd := range table {
		_, section, found := strings.Cut(string(content), "\n### "+cmd.name+"\n")
		if !found {
			t.Errorf("there is no section for %s", cmd.name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		if ways := "Ways: " + strings.Join(cmd.ways, ", ") + "."; !strings.Contains(section, ways) {
			t.Errorf("%s: the section does not say %q", cmd.name, ways)
		}
		for _, name := range cmd.required {
			if !strings.Contains(section, fmt.Sprintf("| `%s` | yes |", name)) {
				t.Errorf("%s: the section does not say that it requires %s", cmd.name, name)
			}
		}
		if !strings.Contains(section, "cmd="+cmd.name+"\n") {
			t.Errorf("%s: the section has no example", cmd.name)
		}
		codes := append(slices.Clone(cmd.answers), cmd.failedCode(byToken), cmd.failedCode(bySid), cmd.missingCode())
		for _, call := range cmd.calls {
			codes = append(codes, call.Command.Codes...)
		}
		for _, code := range codes {
			if number := fmt.Sprint(code.Number()); code.Domain() == retcode.GameCenter && !strings.Contains(section, number) && !strings.Contains(every, number) {
				t.Errorf("%s: neither the section nor the beginning says what %s means", cmd.name, number)
			}
		}
	}
}
