package gateways

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// TestTheOperatorsGuideIsTrue runs the commands of docs/operations/cluster.md, on an empty database, and compares what each block prints with the block
// of text after it. Numbers differ. Blocks of other languages are for machines that a test does not have.
func TestTheOperatorsGuideIsTrue(t *testing.T) {
	t.Parallel()
	address := pg.Empty(t)
	guide, err := os.ReadFile("../../docs/operations/cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	var (
		script strings.Builder
		shown  []string
		folder = t.TempDir()
	)
	for _, found := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```\n```text\n(.*?)^```$").FindAllStringSubmatch(string(guide), -1) {
		fmt.Fprintf(&script, "%s\nprintf '\\n-- end of block --\\n'\n", found[1])
		shown = append(shown, found[2])
	}
	if n := bytes.Count(guide, []byte("```sh\n")); n != len(shown) || n < 5 {
		t.Fatalf("the guide has %d blocks of commands, %d with what they print", n, len(shown))
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-euc", script.String())
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(rookery.Binary(t))+":"+os.Getenv("PATH"), "ROOKERY_DATABASE="+address, "XDG_CACHE_HOME="+folder)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, log.Bytes())
	}
	hide := func(text string) string {
		return strings.TrimSpace(regexp.MustCompile(`\d+( ms)?|\(devel\)`).ReplaceAllString(text, "N"))
	}
	for i, printed := range strings.SplitN(string(out), "\n-- end of block --\n", len(shown)) {
		printed = strings.TrimSuffix(printed, "\n-- end of block --\n")
		if diff := cmp.Diff(hide(shown[i]), hide(printed)); diff != "" {
			t.Errorf("block %d prints something else (-guide +printed):\n%s", i, diff)
		}
	}
}
