package integration

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestTheExampleSeason: the week of client/examples ends as its matches say. Ann reached her score on Friday and Chen the same on
// Wednesday, so Chen is ahead; on Monday everybody begins anew.
func TestTheExampleSeason(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "season")
	if out, err := exec.Command("go", "build", "-o", program, "../../client/examples/season").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	status, out, stderr := rookery.Run(t, "dev", "exec", "--", program)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	const want = `Week of DATE
1  Ben     8800  Sat  
2  Chen    7300  Wed  
3  Ann     7300  Fri  you
4  Dora    3100  Sun  

Week of DATE
1  Dora    5200  Mon  
2  Ben     4100  Mon  
3  Ann     3900  Mon  you

`
	got := regexp.MustCompile(`\d{4}-\d\d-\d\d`).ReplaceAllString(out, "DATE")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
