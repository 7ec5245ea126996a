package scenarios

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/retcode"
)

// device is where the numbers of the player's device come from.
const device = "rookery share"

// coverage is docs/coverage.md: for each code of the contract where its scenario, of these, was answered with it, and why.
func coverage(scenarios []scenario, at map[string][]string) string {
	causes := make(map[string]string)
	for _, s := range scenarios {
		causes[s.code] = s.cause
	}
	var (
		b        strings.Builder
		tables   strings.Builder
		domain   retcode.Domain
		all      int
		answered int
	)
	for row := range retcode.Entries() {
		if row.Domain != domain {
			domain = row.Domain
			fmt.Fprintf(&tables, "\n## %s\n\n| Code | Door | Interface | Cause | Scenario |\n|---|---|---|---|---|\n", domain)
		}
		for number := row.Low; number <= row.High; number++ {
			all++
			code := fmt.Sprintf("%s/%d", row.Domain, number)
			if len(at[code]) == 0 {
				fmt.Fprintf(&tables, "| %d | | | *not answered* | |\n", number)
				continue
			}
			answered++
			var doors, interfaces []string
			for _, where := range at[code] {
				if door := doorOf(where); len(doors) == 0 || doors[len(doors)-1] != door {
					doors = append(doors, door)
				}
				interfaces = append(interfaces, "`"+where+"`")
			}
			fmt.Fprintf(&tables, "| %d | %s | %s | %s | `TestScenarios/^%s$/^%d$` |\n", number, strings.Join(doors, ", "), strings.Join(interfaces, ", "),
				causes[code], row.Domain, number)
		}
	}
	fmt.Fprintf(&b, `# Coverage

<!-- Made by make codes-report from a run of test/scenarios. -->

The running platform answers %d of the %d numbers of the contract. Each scenario brings about a cause over the network and takes it away
again. It counts only if requests were answered with the code meanwhile, and no longer at the end. The interfaces are those that were
seen to answer it, by the platform's own books; where a door translates a number of the bus, they are the door's. The numbers of the
player's device come from `+"`%s`"+`. This runs one scenario:

    go test ./test/scenarios -run 'TestScenarios/^oidb$/^5$'
`, answered, all, device)
	b.WriteString(tables.String())
	return b.String()
}

// doorOf is the door of an interface, by docs/routes.md. That of a path without an interface is the one whose interfaces have the
// most of it; commands of the bus are of the door oidb.
func doorOf(at string) string {
	switch {
	case at == device:
		return "device"
	case !strings.HasPrefix(at, "/"):
		return "oidb"
	}
	doors := doorsByPath()
	for part := at; part != ""; part = part[:strings.LastIndexByte(part, '/')] {
		if door := doors[part]; door != "" {
			return door
		}
	}
	return ""
}

// doorsByPath are the doors by the paths of their interfaces and by what the paths begin with. Where doors share a beginning it is the
// last one's.
var doorsByPath = sync.OnceValue(func() map[string]string {
	exact, begin := make(map[string]string), make(map[string]string)
	for _, door := range documentedDoors() {
		for _, line := range documented(door) {
			at, _, _ := strings.Cut(line, ":")
			path := at[strings.LastIndexByte(at, ' ')+1:]
			exact[path] = door
			for part := path; part != ""; part = part[:strings.LastIndexByte(part, '/')] {
				begin[part] = door
			}
		}
	}
	maps.Copy(begin, exact)
	return begin
})

// isCurrent compares a file that is made from the scenarios with what they say; with -update it writes the file first.
func isCurrent(t *testing.T, file, text, mend string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), text); diff != "" {
		t.Errorf("%s is not current, which %s mends: (-file +scenarios)\n%s", strings.TrimPrefix(file, "../../"), mend, diff)
	}
}
