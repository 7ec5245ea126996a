package integration

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// motto is the program of client/examples/motto.
type motto struct {
	cmd     *exec.Cmd
	address string
}

// startMotto starts a program that says where it carries out 0xe10_1, whose guild 2134 has a motto.
func startMotto(t *testing.T, cmd *exec.Cmd) *motto {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "0xe10_1 is carried out at ")
	if err != nil || !ok {
		t.Fatalf("it says %q, %v", line, err)
	}
	return &motto{cmd, address}
}

// askMottos asks a platform that routes 0xe10_1.
func askMottos(t *testing.T, p *rookery.Platform) {
	t.Helper()
	ask := func(body rookery.Message) rookery.BusAnswer {
		return p.Bus(t, rookery.BusCall{Command: 0xe10, ServiceType: 1, Body: body})
	}
	if got := ask(rookery.Message(nil).Bytes(1, "2134")); got.Result != 0 || got.Texts[1] != "Fly by night" {
		t.Errorf("the motto: %+v", got)
	}
	if got := ask(rookery.Message(nil).Bytes(1, "7")); got.Result != 1001 || got.Message != `guild "7" has no motto` {
		t.Errorf("a guild without one: %+v", got)
	}
	if got := ask(rookery.Message("\xff")); got.Result != 145 || got.Detail != "the request is not a StringValue" {
		t.Errorf("no request: %+v", got)
	}
}

// TestAStudiosOwnCommand: the example in Go behind a route, whose results and words reach the caller as they are. It stops as it promises.
func TestAStudiosOwnCommand(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	program, mottos, routes := filepath.Join(folder, "motto"), filepath.Join(folder, "mottos.json"), filepath.Join(folder, "routes.yaml")
	if out, err := exec.Command("go", "build", "-o", program, "../../client/examples/motto").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	write := func(file, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(mottos, `{"2134": "Fly by night"}`)
	m := startMotto(t, exec.Command(program, "-listen", "127.0.0.1:0", mottos))
	write(routes, "0xe10_1: {backend: oidb+tcp://"+m.address+", protobuf: true}\n")
	p := rookery.Start(t, "--oidb-routes", routes)
	askMottos(t, p)

	call := exec.Command(rookery.Binary(t), "oidb", "call", "0xe10_1", "--body-file", "-", "--addr", p.OIDB)
	call.Stdin = strings.NewReader("\n\x042134")
	if out, err := call.CombinedOutput(); err != nil || !strings.Contains(string(out), "Body     0a0c466c79206279206e69676874\n") {
		t.Errorf("rookery oidb call: %v\n%s", err, out)
	}

	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if got := p.Bus(t, rookery.BusCall{Command: 0xe10, ServiceType: 1}); got.Result != 155 {
		t.Errorf("without it: result %d, want 155", got.Result)
	}
}
