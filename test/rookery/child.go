package rookery

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/child"
)

// Patience bounds how long anything may take, in this process or another, so that nothing waits for ever: no test depends on
// how soon something happens.
const Patience = child.Patience

// Child is a rookery process.
type Child struct {
	process *child.Process
	watch   watch
	ended   bool // by the test, which has checked the end
}

// Binary returns the path of the rookery under test.
func Binary(t testing.TB) string {
	t.Helper()
	file, err := child.Binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Spawn starts a rookery with these arguments and a cache folder of its own. When the test ends it is stopped, must exit
// with status 0, and its log must be clean.
func Spawn(t testing.TB, args ...string) *Child {
	t.Helper()
	process, err := child.Start(t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	c := &Child{process: process}
	t.Cleanup(func() {
		if !c.ended {
			c.Stop(t)
		}
		c.watch.check(t, c.Log())
		if t.Failed() {
			t.Logf("the end of the child's log:\n%s", process.LogEnd(10))
		}
	})
	return c
}

// Line returns the next line of standard output; false when there are no more.
func (c *Child) Line(t testing.TB) (string, bool) {
	t.Helper()
	line, err := c.process.Line()
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return line, err == nil
}

// PID is the process's number.
func (c *Child) PID() int { return c.process.PID() }

// Log returns what the child has written to standard error so far.
func (c *Child) Log() string { return c.process.Log() }

// Secret names texts that the log must not show.
func (c *Child) Secret(texts ...string) { c.watch.hide(texts...) }

// MayPanic allows the log to report panics: the test causes one.
func (c *Child) MayPanic() { c.watch.panics = true }

// Stop interrupts the child, as Ctrl-C does. It must exit with status 0.
func (c *Child) Stop(t testing.TB) {
	t.Helper()
	c.Signal(t, syscall.SIGINT)
	c.WaitFor(t, 0)
}

// Signal sends the child a signal.
func (c *Child) Signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := c.process.Signal(signal); err != nil {
		t.Error(err)
	}
}

// WaitFor waits for the end of the child, which must have this status; -1 stands for an end by a signal.
func (c *Child) WaitFor(t testing.TB, status int) {
	t.Helper()
	c.ended = true
	state, err := c.process.Wait()
	if err != nil {
		t.Error(err)
	} else if state.ExitCode() != status {
		t.Errorf("the child ended with %s, want status %d", state, status)
	}
}

// Run runs a rookery to its end. The variable COMMANDS may name another for commands that serve nothing: there the race detector has nothing
// to find, and takes longer to start than they run.
func Run(t testing.TB, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd, err := child.Command(t.TempDir(), args...)
	if err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv("COMMANDS"); file != "" && !serves(args) {
		cmd.Path, cmd.Args[0] = file, file
	}
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	late := time.AfterFunc(Patience, func() { cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), log.String()
}

// serves reports whether these are the arguments of a command that serves, or tries to.
func serves(args []string) bool {
	if len(args) > 0 && args[0] == "dev" { // and not one of its commands, other than exec
		return len(args) == 1 || args[1] == "exec" || strings.HasPrefix(args[1], "-")
	}
	return len(args) > 0 && slices.Contains([]string{"serve", "proxy", "backend"}, args[0])
}

// Until waits for a condition of another process.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(Patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", Patience, what)
		}
	}
}
