// Package child runs rookery as a child process of a test: it finds or builds the binary, starts it so that it cannot outlive
// the test's own process, collects what it prints, and ends it.
package child

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Patience bounds every wait for a process. No test depends on it: a process that has not answered by then never will,
// however slow the machine is.
const Patience = 2 * time.Minute

// Process is a started rookery.
type Process struct {
	cmd    *exec.Cmd
	log    buffer
	lines  chan string   // of standard output
	exited chan struct{} // closed once the process has ended and its streams are read
}

// Command returns the command that runs a rookery with these arguments. Its note for operator commands goes to the folder
// cache, where only commands with the same folder find it.
func Command(cache string, args ...string) (*exec.Cmd, error) {
	file, err := Binary()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(file, args...)
	// The pause at the end of a process, in which the race detector waits for late reports of other threads, is cut short.
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache, "GORACE=atexit_sleep_ms=10")
	tie(cmd)
	return cmd, nil
}

// Start starts a rookery as Command describes it. The caller must end it, with Stop or Wait.
func Start(cache string, args ...string) (*Process, error) {
	cmd, err := Command(cache, args...)
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, lines: make(chan string, 1024), exited: make(chan struct{})}
	cmd.Stderr = &p.log
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	go func() {
		defer close(p.exited)
		defer close(p.lines)
		for r := bufio.NewReader(stdout); ; {
			line, err := r.ReadString('\n')
			if line != "" {
				p.lines <- strings.TrimSuffix(line, "\n")
			}
			if err != nil {
				break
			}
		}
		_ = cmd.Wait() // ProcessState says how it ended
	}()
	return p, nil
}

// Line returns the next line of standard output without its end, or io.EOF when there are no more.
func (p *Process) Line() (string, error) {
	select {
	case line, ok := <-p.lines:
		if !ok {
			return "", io.EOF
		}
		return line, nil
	case <-time.After(Patience):
		return "", fmt.Errorf("no line on standard output within %s", Patience)
	}
}

// Ready waits for the line of JSON that a platform started with --json prints once it is ready, and reads it into out.
func (p *Process) Ready(out any) error {
	line, err := p.Line()
	if errors.Is(err, io.EOF) {
		return errors.New("it ended before it was ready")
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(line), out); err != nil {
		return fmt.Errorf("it printed %q: %w", line, err)
	}
	return nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Log returns what the process has written to standard error so far.
func (p *Process) Log() string { return p.log.String() }

// LogEnd returns the last lines of Log.
func (p *Process) LogEnd(lines int) string {
	all := strings.Split(strings.TrimSuffix(p.Log(), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Signal sends the process a signal, which is not an error after its end.
func (p *Process) Signal(signal os.Signal) error {
	if err := p.cmd.Process.Signal(signal); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Wait waits for the process to end, and kills it if it does not.
func (p *Process) Wait() (*os.ProcessState, error) {
	select {
	case <-p.exited:
		return p.cmd.ProcessState, nil
	case <-time.After(Patience):
		_ = p.cmd.Process.Kill() // fails if it has ended after all
		<-p.exited
		return p.cmd.ProcessState, fmt.Errorf("it did not end within %s", Patience)
	}
}

// Stop interrupts the process, as Ctrl-C does, and waits for its end, which must be with status 0.
func (p *Process) Stop() error {
	if err := interrupt(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	state, err := p.Wait()
	if err == nil && !state.Success() {
		err = fmt.Errorf("it ended with %s", state)
	}
	return err
}

// buffer is a text that may be written and read concurrently.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
