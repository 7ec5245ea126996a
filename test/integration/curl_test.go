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
	promise := regexp.MustCompile(`^# .*: ret (\d+)`)
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
		case strings.HasSuffix(line, "&code=CODE'"):
			if out := paste(t, line); !strings.Contains(out, `"error":100019,`) {
				t.Errorf("%s\ngot %s, want nothing but the code refused", line, out)
			}
			pasted++
		case strings.HasPrefix(line, "curl "):
			want := promise.FindStringSubmatch(comment)
			if want == nil {
				t.Fatalf("the comment %q promises no ret", comment)
			}
			var got struct{ Ret *int }
			out := paste(t, line)
			if err := json.Unmarshal([]byte(out), &got); err != nil || got.Ret == nil || fmt.Sprint(*got.Ret) != want[1] {
				t.Errorf("%s\n%s\ngot %s, want ret %s", comment, line, out, want[1])
			}
			if oidb := regexp.MustCompile(`oidb 0x711 says (\d+)`).FindStringSubmatch(comment); oidb != nil {
				if msg := "oidb decode0x711 failed, ret: " + oidb[1] + `"`; !strings.Contains(out, msg) {
					t.Errorf("%s\ngot %s, want msg %q", comment, out, msg)
				}
			}
			pasted++
		case strings.Contains(line, "rookery explain "):
			if out := paste(t, line); !strings.Contains(out, "accesstoken") {
				t.Errorf("%s\ngot %s", line, out)
			}
			pasted++
		}
	}
	if pasted != 9 {
		t.Errorf("there were %d commands to paste, want 9:\n%s", pasted, strings.Join(lines, "\n"))
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
