package scenarios

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/test/pg"
)

// TestMain also fails a whole run in which two neighbouring checks of an interface were never both wrong.
func TestMain(m *testing.M) {
	status := pg.Main(m)
	if status == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		for _, pair := range unpinned() {
			fmt.Println("no request was wrong at both", pair)
			status = 1
		}
	}
	os.Exit(status)
}

// pinned are the pairs of checks of which a request was wrong at both and was answered by the first, by the interface: its path, or
// with several orders for a path its methods and path.
var pinned = struct {
	sync.Mutex
	pairs map[string]bool // "/path: first second"
}{pairs: make(map[string]bool)}

func pin(at, first, second string) {
	pinned.Lock()
	defer pinned.Unlock()
	pinned.pairs[at+": "+first+" "+second] = true
}

// apart are neighbouring checks at which no request can be wrong together.
var apart = map[string]string{
	"ark-test-number ark-openid":          "what is no openid is nobody's, so no test number is looked for",
	"openapi-test-number openapi-openid":  "what is no openid is nobody's, so no test number is looked for",
	"bearer role":                         "who shows no operator's token has no role",
	"openapi-openkey openapi-openkey-app": "an openkey that cannot be read is of no app",
}

// never are checks that refuse nothing.
var never = map[string]bool{
	"v3-user": true, // reads whom the body names
}

// unpinned returns the pairs of neighbouring checks, by docs/routes.md, that are neither pinned nor apart.
func unpinned() (missing []string) {
	pinned.Lock()
	defer pinned.Unlock()
	for _, door := range documentedDoors() {
		for _, line := range documented(door) {
			at, checks, _ := strings.Cut(line, ":")
			path := at[strings.LastIndexByte(at, ' ')+1:]
			before := ""
			for _, check := range strings.Fields(checks) {
				if never[check] {
					continue
				}
				pair := before + " " + check
				if before != "" && !pinned.pairs[path+": "+pair] && !pinned.pairs[at+": "+pair] && apart[pair] == "" {
					missing = append(missing, at+": "+pair)
				}
				before = check
			}
		}
	}
	return missing
}
