package integration

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestGracefulStop sends a signal while a request is under way: the request is finished, and no new caller is let in.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			p, call := unhurried(t)
			idle := dial(t, p)
			if answer := exchange(t, idle, call); answer.Ret != 0 {
				t.Fatalf("got %s", answer.Body)
			}
			finish := begin(t, p, call)
			p.Signal(t, signal)
			untilClosed(t, p)
			finish()
			p.WaitFor(t, 0)
		})
	}
}

// TestTheSameSignalTwice: a program that signals both a process and its group, as timeout(1) does, gets one graceful stop.
func TestTheSameSignalTwice(t *testing.T) {
	t.Parallel()
	p, call := unhurried(t)
	finish := begin(t, p, call)
	p.Signal(t, syscall.SIGTERM)
	untilClosed(t, p)
	p.Signal(t, syscall.SIGTERM)
	finish()
	p.WaitFor(t, 0)
}

// unhurried starts a platform that cuts no request off while the test waits, and returns a valid call.
func unhurried(t *testing.T) (*rookery.Platform, rookery.Call) {
	t.Helper()
	p := rookery.Serve(t, "--stop-timeout", "10m", "--http-read-timeout", "10m", "--http-write-timeout", "10m")
	_, call := newLogin(t, p)
	return p, call
}

// begin sends a call without its body and waits until the platform has accepted it. finish sends the body; the call must
// then succeed.
func begin(t *testing.T, p *rookery.Platform, call rookery.Call) (finish func()) {
	t.Helper()
	conn := dial(t, p)
	r := bufio.NewReader(conn)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", call.Target(), len(call.Body))
	// The platform asks for the body once it has accepted the request.
	if line, err := r.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v", line, err)
	}
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := io.WriteString(conn, call.Body); err != nil {
			t.Fatal(err)
		}
		rsp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("the request under way was not answered: %v", err)
		}
		if answer, err := rookery.ReadAnswer(rsp); err != nil || answer.Ret != 0 || !answer.JSON() {
			t.Errorf("the request under way got %s, %v", answer.Body, err)
		}
	}
}

// untilClosed waits until games can no longer connect.
func untilClosed(t *testing.T, p *rookery.Platform) {
	t.Helper()
	rookery.Until(t, "the platform takes no more connections", func() bool {
		c, err := net.Dial("tcp", p.Host())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
}

// exchange sends a call on a connection and reads its answer.
func exchange(t *testing.T, conn net.Conn, call rookery.Call) rookery.Answer {
	t.Helper()
	if _, err := io.WriteString(conn, raw(call)); err != nil {
		t.Fatal(err)
	}
	rsp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := rookery.ReadAnswer(rsp)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// raw returns a call as it is sent.
func raw(call rookery.Call) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", call.Target(), len(call.Body), call.Body)
}

// TestTemporaryFolder: the folder that rookery dev makes for itself is removed when it ends.
func TestTemporaryFolder(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			child := rookery.Spawn(t, "dev", "--json", "--addr", "127.0.0.1:0")
			if _, ok := child.Line(t); !ok {
				t.Fatalf("rookery dev ended: %s", child.Log())
			}
			if folders, _ := filepath.Glob(filepath.Join(tmp, "rookery-dev-*", "rookery.db")); len(folders) != 1 {
				t.Errorf("the data is not in a temporary folder: %v", folders)
			}
			child.Signal(t, signal)
			child.WaitFor(t, 0)
			if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
				t.Errorf("left in the temporary folder: %v, %v", left, err)
			}
		})
	}
	t.Run("a start that fails", func(t *testing.T) {
		running := rookery.Start(t)
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		if status, _, stderr := rookery.Run(t, "dev", "--addr", running.Host()); status != 1 {
			t.Errorf("got status %d, %s", status, stderr)
		}
		if left, err := os.ReadDir(tmp); err != nil || len(left) != 0 {
			t.Errorf("left in the temporary folder: %v, %v", left, err)
		}
	})
}
