package integration

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestPrintedCommands pastes the commands that rookery dev prints into a shell.
func TestPrintedCommands(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	child := rookery.Spawn(t, "dev", "--addr", "127.0.0.1:0", "--data", t.TempDir())
	var (
		lines   []string
		pasted  int
		comment string
	)
	for {
		line, ok := child.Line(t)
		if !ok {
			t.Fatalf("rookery dev ended after %q: %s", lines, child.Log())
		}
		lines = append(lines, line)
		if strings.HasPrefix(line, "Interrupt") {
			break
		}
	}
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "# "):
			comment = line
		case strings.Contains(line, "/oauth2.0/authorize?"):
			if out := paste(t, "curl -s '"+line+"'"); !strings.Contains(out, `name="password"`) {
				t.Errorf("%s\nno page to sign in:\n%s", line, out)
			}
			pasted++
		case strings.HasPrefix(line, "curl "):
			keepsPromise(t, comment, line)
			pasted++
		case strings.Contains(line, "rookery explain "):
			if out := paste(t, line); !strings.Contains(out, "accesstoken") {
				t.Errorf("%s\ngot %s", line, out)
			}
			pasted++
		}
	}
	if pasted != 8 {
		t.Errorf("there were %d commands to paste, want 8:\n%s", pasted, strings.Join(lines, "\n"))
	}
}

var (
	promisedRet  = regexp.MustCompile(`: ret (\d+)`)
	promisedOIDB = regexp.MustCompile(`oidb 0x711 says (\d+)`)
)

// keepsPromise pastes a request and compares its answer with what is said of it.
func keepsPromise(t *testing.T, about, line string) {
	t.Helper()
	want := promisedRet.FindStringSubmatch(about)
	if want == nil {
		t.Fatalf("%q promises no ret", about)
	}
	var got struct{ Ret *int }
	out := paste(t, line)
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Ret == nil || fmt.Sprint(*got.Ret) != want[1] {
		t.Errorf("%s\n%s\ngot %s, want ret %s", about, line, out, want[1])
	}
	if oidb := promisedOIDB.FindStringSubmatch(about); oidb != nil {
		if msg := "oidb decode0x711 failed, ret: " + oidb[1] + `"`; !strings.Contains(out, msg) {
			t.Errorf("%s\n%s\ngot %s, want msg %q", about, line, out, msg)
		}
	}
}

// paste runs a line in sh unchanged: the platform prints its own program's name as it was called.
func paste(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v", line, err)
	}
	return string(out)
}
