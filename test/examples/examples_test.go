// Package examples runs the programs in examples, and their tests, against a platform of their own.
package examples

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// example is a folder of examples: what its README says to run, and the codes in its language.
type example struct {
	tool, serve, test string
	codes, format     string
	passed            *regexp.Regexp // in the output of the tests, if there were any
}

var examples = map[string]example{
	"node":   {"node", "node game.js", "node --test", "codes.json", "json", regexp.MustCompile(`pass [1-9]`)},
	"python": {"python3", "python3 game.py", "python3 -m unittest", "codes.py", "python", regexp.MustCompile(`Ran [1-9]`)},
}

func TestExamples(t *testing.T) {
	for name, e := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(e.tool); err != nil {
				if os.Getenv("CI") != "" {
					t.Fatal(err)
				}
				t.Skipf("there is no %s here", e.tool)
			}
			folder := filepath.Join("..", "..", "examples", name)
			t.Run("codes", func(t *testing.T) { e.hasCurrentCodes(t, folder) })
			t.Run("tests", func(t *testing.T) {
				out, err := e.command(t, folder, e.test).CombinedOutput()
				if err != nil || !e.passed.Match(out) {
					t.Errorf("%s: %v\n%s", e.test, err, out)
				}
			})
			t.Run("server", func(t *testing.T) { e.serves(t, folder) })
		})
	}
}

// hasCurrentCodes compares the codes of an example with what rookery codes export writes.
func (e *example) hasCurrentCodes(t *testing.T, folder string) {
	status, want, stderr := rookery.Run(t, "codes", "export", "--format", e.format)
	got, err := os.ReadFile(filepath.Join(folder, e.codes))
	if err != nil || status != 0 || string(got) != want {
		t.Errorf("%s is not current, which rookery codes export --format %s mends: %v%s", e.codes, e.format, err, stderr)
	}
}

// command returns a command of an example's README.
func (e *example) command(t *testing.T, folder, line string) *exec.Cmd {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil || !strings.Contains(string(readme), "rookery dev exec -- "+line+" ") {
		t.Errorf("its README does not say %q: %v", line, err)
	}
	cmd := exec.CommandContext(t.Context(), rookery.Binary(t), append([]string{"dev", "exec", "--"}, strings.Fields(line)...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "PORT=0", "PYTHONDONTWRITEBYTECODE=1", "XDG_CACHE_HOME="+t.TempDir())
	cmd.WaitDelay = rookery.Patience
	return cmd
}

// serves runs the example's server, and the request that it prints.
func (e *example) serves(t *testing.T, folder string) {
	cmd := e.command(t, folder, e.serve)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(rookery.Patience, func() { _ = cmd.Process.Kill() }) // after its end it does nothing
	defer late.Stop()
	asked := false
	for lines := bufio.NewScanner(out); !asked && lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "curl ") {
			continue
		}
		asked = true
		answer, err := exec.CommandContext(t.Context(), "sh", "-c", lines.Text()).Output()
		if err != nil || !strings.HasPrefix(string(answer), "Welcome, player ") {
			t.Errorf("%s: %q, %v", lines.Text(), answer, err)
		}
	}
	if !asked {
		t.Error("it printed no request")
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // its status is that of a program that was interrupted
}
