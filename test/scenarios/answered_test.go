package scenarios

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/retcode"
)

var update = flag.Bool("update", false, "write catalogue/answered.txt from the scenarios, and docs/coverage.md from a whole run; then run go generate ./...")

// TestAnsweredIsCurrent: what the catalogue, and so docs/codes.md and rookery codes, calls answered are the codes with a
// scenario.
func TestAnsweredIsCurrent(t *testing.T) {
	has := make(map[string]bool)
	for _, s := range allScenarios() {
		has[s.code] = true
	}
	var want []string // in the catalogue's order
	contract, answered := 0, 0
	for _, rows := range [][]retcode.Entry{slices.Collect(retcode.Entries()), slices.Collect(retcode.DoorEntries())} {
		for _, row := range rows {
			for number := row.Low; number <= row.High; number++ {
				code := fmt.Sprintf("%s/%d", row.Domain, number)
				if row.Domain < retcode.MSDKv5 {
					contract++
				}
				if has[code] {
					want = append(want, code)
					if row.Domain < retcode.MSDKv5 {
						answered++
					}
				}
				if !*update && row.Answered != has[code] {
					t.Errorf("%s is answered: the catalogue says %t, the scenarios %t", code, row.Answered, has[code])
				}
			}
		}
	}
	if len(want) != len(has) {
		t.Errorf("%d scenarios have a code of the catalogue, of %d", len(want), len(has))
	}
	text := strings.Join(want, "\n") + "\n"
	isCurrent(t, "../../catalogue/answered.txt", text, "go test ./test/scenarios -run TestAnsweredIsCurrent -update")
	inReadme := fmt.Sprintf("answers %d of them so far", answered)
	if answered == contract {
		inReadme = "answers every one of them"
	}
	for file, phrase := range map[string]string{
		"../../README.md":     inReadme,
		"../../docs/codes.md": fmt.Sprintf("answers %d of the %d numbers", answered, contract),
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), phrase) {
			t.Errorf("%s does not say %q", file, phrase)
		}
	}
}
