package rookery

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a child may take for whatever it is asked; it takes a small part of it.
const patience = 20 * time.Second

// Child is a rookery process.
type Child struct {
	cmd    *exec.Cmd
	log    *log
	lines  chan string   // of standard output
	exited chan struct{} // closed once the process is gone and its streams are read
	ended  bool          // by the test, which has looked at it
}

// Spawn starts a rookery with these arguments and a cache folder of its own. When the test ends it is stopped, must exit
// with status 0, and its log must be clean.
func Spawn(t testing.TB, args ...string) *Child {
	t.Helper()
	c := &Child{
		cmd:    exec.Command(Binary(t), args...),
		log:    new(log),
		lines:  make(chan string, 1024),
		exited: make(chan struct{}),
	}
	// Without a pause at its end, in which the race detector waits for late reports of other threads.
	c.cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "GORACE=atexit_sleep_ms=10")
	dieWithParent(c.cmd)
	stdout, outErr := c.cmd.StdoutPipe()
	stderr, logErr := c.cmd.StderrPipe()
	if err := errors.Join(outErr, logErr, c.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		_, _ = io.Copy(c.log, stderr)
	}()
	go func() {
		defer close(c.exited)
		defer close(c.lines)
		for r := bufio.NewReader(stdout); ; {
			line, err := r.ReadString('\n')
			if line != "" {
				c.lines <- strings.TrimSuffix(line, "\n")
			}
			if err != nil {
				break
			}
		}
		<-logged
		_ = c.cmd.Wait() // ProcessState has it
	}()
	t.Cleanup(func() {
		if !c.ended {
			c.Stop(t)
		}
		c.log.check(t)
		if t.Failed() {
			t.Logf("the end of the child's log:\n%s", c.log.tail(10))
		}
	})
	return c
}

// Line returns the next line of standard output; false when there is none any more.
func (c *Child) Line(t testing.TB) (string, bool) {
	t.Helper()
	select {
	case line, ok := <-c.lines:
		return line, ok
	case <-time.After(patience):
		t.Fatalf("no line on standard output within %s", patience)
		return "", false
	}
}

// PID is the process's number.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Log returns what the child has written to standard error so far.
func (c *Child) Log() string { return c.log.String() }

// Secret names texts that the log must not show.
func (c *Child) Secret(texts ...string) { c.log.hide(texts...) }

// MayPanic lets the log tell of panics: the test brings one about.
func (c *Child) MayPanic() { c.log.panics = true }

// Stop interrupts the child, as Ctrl-C does. It must exit with status 0.
func (c *Child) Stop(t testing.TB) {
	t.Helper()
	c.Signal(t, syscall.SIGINT)
	c.WaitFor(t, 0)
}

// Signal sends the child a signal.
func (c *Child) Signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// WaitFor waits for the end of the child, which must have this status; -1 stands for an end by a signal.
func (c *Child) WaitFor(t testing.TB, status int) {
	t.Helper()
	c.ended = true
	select {
	case <-c.exited:
	case <-time.After(patience):
		c.cmd.Process.Kill()
		<-c.exited
		t.Errorf("the child did not end within %s", patience)
		return
	}
	if got := c.cmd.ProcessState.ExitCode(); got != status {
		t.Errorf("the child ended with status %d (%s), want %d", got, c.cmd.ProcessState, status)
	}
}

// Run runs a rookery to its end.
func Run(t testing.TB, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	cmd := exec.CommandContext(t.Context(), Binary(t), args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "GORACE=atexit_sleep_ms=10")
	cmd.Stdout, cmd.Stderr = &out, &err
	dieWithParent(cmd)
	stop := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer stop.Stop()
	if runErr := cmd.Run(); runErr != nil && cmd.ProcessState == nil {
		t.Fatal(runErr)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// Until waits for a condition of another process.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}
