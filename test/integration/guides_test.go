package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// guideMasks hide what differs from run to run in the answers that guides show.
var guideMasks = []struct{ form, shown string }{
	{`"(message_id|next|from_openid|feed|challenge)":"\d+"`, `"$1":"ID"`},
	{`"time":\d+`, `"time":TIME`},
	{`player \d+ `, `player ID `},
	{`"(groupOpenID|openid|leader)":"[0-9A-F]{32}"`, `"$1":"ID"`},
	{`"(\w+_ms|start|end)":\d+`, `"$1":TIME`},
	{`"board":"\d{4}-\d\d-\d\d"`, `"board":"DATE"`},
	{`"picture":"[^"]*"`, `"picture":"ADDRESS"`},
	{`http://127\.0\.0\.1:\d{4,5}\b`, "http://127.0.0.1:PORT"},
	{`are \S+ apart`, `are TIME apart`},
	{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, `TIME`},
	{`\b\d+us\b`, `TIME`},
	{`\bts=\d+`, `ts=TIME`},
	{`"openid":"\d+"`, `"openid":"ID"`},
}

// TestGuidesAreTrue runs the commands of each guide in one shell, and compares what each block prints with the block after it.
func TestGuidesAreTrue(t *testing.T) {
	guides, err := filepath.Glob("../../docs/guides/*.md")
	if err != nil || len(guides) < 2 {
		t.Fatalf("there are %d guides: %v", len(guides), err)
	}
	for _, guide := range guides {
		t.Run(filepath.Base(guide), func(t *testing.T) {
			t.Parallel()
			isTrue(t, guide)
		})
	}
}

func isTrue(t *testing.T, guide string) {
	content, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"node", "python3"} {
		if _, err := exec.LookPath(tool); err != nil && bytes.Contains(content, []byte("-- "+tool+" ")) && os.Getenv("CI") == "" {
			t.Skipf("there is no %s here", tool)
		}
	}
	// A child's cache folder is its own, but that of the go command is shared: without it, building takes minutes.
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(content), -1)
	var script strings.Builder
	var shown []string
	for i := 0; i+1 < len(found); i += 2 {
		if found[i][1] != "sh" || found[i+1][1] == "sh" {
			t.Fatalf("block %d is %s, after it comes %s: want commands and what they print", i, found[i][1], found[i+1][1])
		}
		fmt.Fprintf(&script, "%s\nprintf '\\n-- end of block --\\n'\n", found[i][2])
		shown = append(shown, found[i+1][2])
	}
	if len(found)%2 != 0 || len(shown) < 8 {
		t.Fatalf("the guide has %d blocks", len(found))
	}
	// The guide speaks of one day, wherever the platform's day ends.
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(28 * time.Hour).Format(time.RFC3339)
	folder := t.TempDir()
	file := filepath.Join(folder, "guide.sh")
	if err := os.WriteFile(file, []byte("set -e\ncd "+folder+"\nPATH="+filepath.Dir(rookery.Binary(t))+":$PATH\nexport GOCACHE="+string(goCache)+"rookery dev clock set "+noon+" > /dev/null\n"+script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, stderr := rookery.Run(t, "dev", "exec", "--", "sh", file)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	printed := strings.Split(out, "\n-- end of block --\n")
	if len(printed) != len(shown)+1 {
		t.Fatalf("%d blocks ran, of %d: %s", len(printed)-1, len(shown), stderr)
	}
	hide := func(text string) string {
		for _, mask := range guideMasks {
			text = regexp.MustCompile(mask.form).ReplaceAllString(text, mask.shown)
		}
		return strings.TrimSpace(text)
	}
	for i := range shown {
		if diff := cmp.Diff(hide(shown[i]), hide(printed[i])); diff != "" {
			t.Errorf("block %d prints something else (-guide +printed):\n%s", i, diff)
		}
	}
}
