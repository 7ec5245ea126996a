package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// console is a person at a terminal: the command reads the typed lines as standard input, and the terminal's screen is
// recorded.
type console struct {
	person, terminal *os.File

	mu    sync.Mutex
	shown bytes.Buffer
	grew  *sync.Cond
}

func newConsole(t *testing.T) *console {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	control, err := person.SyscallConn() // Fd would make Close wait for the read below
	if err != nil {
		t.Fatal(err)
	}
	var locked, number int32
	for _, call := range []struct {
		request uintptr
		value   *int32
	}{{syscall.TIOCSPTLCK, &locked}, {syscall.TIOCGPTN, &number}} {
		err := control.Control(func(fd uintptr) {
			if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, call.request, uintptr(unsafe.Pointer(call.value))); errno != 0 {
				t.Error(errno)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	terminal, err := os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := &console{person: person, terminal: terminal}
	c.grew = sync.NewCond(&c.mu)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		var piece [256]byte
		for {
			n, err := person.Read(piece[:])
			c.mu.Lock()
			c.shown.Write(piece[:n])
			c.grew.Broadcast()
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		person.Close() // hangs up, which ends every read of the terminal
		<-drained
		terminal.Close()
	})
	return c
}

// await returns once the terminal shows the text.
func (c *console) await(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !strings.Contains(c.shown.String(), text) {
		c.grew.Wait()
	}
}

func (c *console) screen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.String()
}

// run runs a command line at the console. Each line is typed when its prompt has come.
func (c *console) run(t *testing.T, args []string, prompts, lines []string) (status int, out string) {
	t.Helper()
	var result bytes.Buffer
	done := make(chan int)
	go func() { done <- Main(t.Context(), args, c.terminal, &result, c.terminal) }()
	for i, prompt := range prompts {
		c.await(prompt)
		if _, err := io.WriteString(c.person, lines[i]+"\r"); err != nil {
			t.Fatal(err)
		}
	}
	return <-done, result.String()
}

func TestPasswordIsTypedUnseenAndTwice(t *testing.T) {
	startPlatform(t)
	prompts := []string{"Type password: ", "Type the same password again: "}
	tests := []struct {
		name   string
		lines  []string
		status int
		err    string
	}{
		{"twice the same", []string{"typed unseen", "typed unseen"}, ExitOK, ""},
		{"two different ones", []string{"typed unseen", "typed unseem"}, ExitFailure, "nothing was changed"},
		{"nothing", []string{""}, ExitUsage, "no password was typed"},
		{"nothing again", []string{"typed unseen", ""}, ExitFailure, "nothing was changed"},
		{"interrupt", []string{"typed unsee\x03"}, ExitFailure, "interrupted"},
	}
	for _, tt := range tests {
		c := newConsole(t) // not in the subtest: without terminals the whole test is skipped
		t.Run(tt.name, func(t *testing.T) {
			status, out := c.run(t, []string{"account", "passwd", "10001"}, prompts[:len(tt.lines)], tt.lines)
			if tt.err != "" {
				c.await(tt.err)
			}
			if status != tt.status || strings.Contains(c.screen()+out, "typed unsee") {
				t.Errorf("status %d, screen %q, output %q", status, c.screen(), out)
			}
		})
	}
	if got := decode[accountJSON](t, run(t, "", "account", "show", "10001", "--json")); got.PasswordEpoch != 2 {
		t.Errorf("the password was changed %d times, want once", got.PasswordEpoch-1)
	}
}

func TestTokenIsTypedUnseenAndOnce(t *testing.T) {
	p := startPlatform(t)
	token := p.Accounts[0].AccessTokens[100700001]
	c := newConsole(t)
	status, out := c.run(t, []string{"token", "inspect"}, []string{"Type token: "}, []string{token})
	if status != ExitOK || !strings.Contains(out, "access") || strings.Contains(c.screen()+out, token) {
		t.Errorf("status %d, screen %q, output %q", status, c.screen(), out)
	}
}

func TestConfirmation(t *testing.T) {
	startPlatform(t)
	for _, tt := range []struct {
		name, answer string
		status       int
		state        string
	}{
		{"no", "no", ExitFailure, "normal"},
		{"nothing", "", ExitFailure, "normal"},
		{"something else", "yesterday", ExitFailure, "normal"},
		{"yes", "yes", ExitOK, "closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newConsole(t)
			status, _ := c.run(t, []string{"account", "close", "10002"},
				[]string{"This will close account 10002 for ever, which cannot be undone. Type yes to do it: "}, []string{tt.answer})
			if status != tt.status {
				t.Errorf("status %d, want %d, screen %q", status, tt.status, c.screen())
			}
			if got := decode[accountJSON](t, run(t, "", "account", "show", "10002", "--json")); got.State != tt.state {
				t.Errorf("the account is %s, want %s", got.State, tt.state)
			}
		})
	}
}

func TestInterruptedPromptShowsTypingAgain(t *testing.T) {
	c := newConsole(t)
	ctx, cancel := context.WithCancel(context.Background())
	s := &streams{in: c.terminal, out: io.Discard, err: c.terminal}
	failed := make(chan error)
	go func() {
		_, err := s.secret(ctx, "password", "", true)
		failed <- err
	}()
	c.await("Type password: ")
	cancel()
	if err := <-failed; !errors.Is(err, errInterrupted) {
		t.Errorf("got %v", err)
	}
	if _, err := io.WriteString(c.person, "seen again\r"); err != nil {
		t.Fatal(err)
	}
	c.await("seen again")
}
