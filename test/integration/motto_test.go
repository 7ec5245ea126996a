package integration

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	sdk "github.com/rookeryhq/rookery/client"
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
	p := rookery.Serve(t, "--oidb-listen", "127.0.0.1:0", "--oidb-routes", routes)
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

const mottoNode = "../../client/examples/motto-node"

// TestAStudiosOwnCommandInNode: the example in Node, over Connect, behaves as the one in Go, and answers JSON too.
func TestAStudiosOwnCommandInNode(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(mottoNode + "/node_modules/@bufbuild/protobuf"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("what the example in Node needs is not installed")
		}
		t.Skip("what the example in Node needs is not installed: make tools installs it where npm is")
	}
	folder := t.TempDir()
	mottos, routes := filepath.Join(folder, "mottos.json"), filepath.Join(folder, "routes.yaml")
	if err := os.WriteFile(mottos, []byte(`{"2134": "Fly by night"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	m := startMotto(t, exec.Command("node", mottoNode+"/motto.js", "127.0.0.1:0", mottos))
	if err := os.WriteFile(routes, []byte("0xe10_1: {backend: connect+http://"+m.address+", protobuf: true}\n0xe10_2: {backend: connect+http://"+m.address+", protobuf: true}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := rookery.Serve(t, "--oidb-listen", "127.0.0.1:0", "--oidb-routes", routes)
	askMottos(t, p)
	if got := p.Bus(t, rookery.BusCall{Command: 0xe10, ServiceType: 2}); got.Result != 155 {
		t.Errorf("a command that it does not have: result %d, want 155", got.Result)
	}
	for body, want := range map[string]string{
		`"2134"`:                    `200 "Fly by night"`,
		`"7"`:                       `500 {"code":"unknown","message":"guild \"7\" has no motto","details":[{"type":"rookery.oidb.Result","value":"COkHEhZndWlsZCAiNyIgaGFzIG5vIG1vdHRv"}]}`,
		strings.Repeat(" ", 65<<10): `400 {"code":"invalid_argument","message":"the request has more than 65536 bytes","details":[{"type":"rookery.oidb.Result","value":"CJMBEiV0aGUgcmVxdWVzdCBoYXMgbW9yZSB0aGFuIDY1NTM2IGJ5dGVz"}]}`,
	} {
		rsp, err := http.Post("http://"+m.address+"/rookery.oidb.Commands/0xe10_1", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(rsp.Body)
		rsp.Body.Close()
		if got := fmt.Sprintf("%d %s", rsp.StatusCode, answer); err != nil || got != want {
			t.Errorf("%.20s in JSON:\n got %s, %v\nwant %s", body, got, err, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	p.Stop(t) // it keeps a connection, for which a server of Node waits
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := m.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestAStudiosOwnCommandOverTLS: a back end made with the SDK on a listener that demands a certificate takes the platform's calls, and nobody else's.
func TestAStudiosOwnCommandOverTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	theirs, theirKey := pair(t, folder, "backend")
	ours, ourKey := pair(t, folder, "platform")
	strange, strangeKey := pair(t, folder, "stranger")
	certificate, err := tls.LoadX509KeyPair(theirs, theirKey)
	if err != nil {
		t.Fatal(err)
	}
	known, err := os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	platforms := x509.NewCertPool()
	platforms.AppendCertsFromPEM(known)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, ClientCAs: platforms, ClientAuth: tls.RequireAndVerifyClientCert})
	if err != nil {
		t.Fatal(err)
	}
	var server sdk.OIDBServer
	server.Handle(0xe10, 1, func(_ context.Context, call *sdk.OIDBCall) ([]byte, error) { return call.Body, nil })
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	routes := filepath.Join(folder, "routes.yaml")
	if err := os.WriteFile(routes, []byte("0xe10_1: {backend: oidb+tls://"+listener.Addr().String()+", protobuf: true}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		certificate, key string
		want             []uint64
	}{{ours, ourKey, []uint64{0}}, {strange, strangeKey, []uint64{154, 155}}} {
		p := rookery.Serve(t, "--oidb-listen", "127.0.0.1:0", "--oidb-routes", routes,
			"--oidb-routes-tls-certificate", test.certificate, "--oidb-routes-tls-key", test.key, "--oidb-routes-tls-ca", theirs)
		if got := p.Bus(t, rookery.BusCall{Command: 0xe10, ServiceType: 1}); !slices.Contains(test.want, got.Result) {
			t.Errorf("with %s: result %d, want one of %v", test.certificate, got.Result, test.want)
		}
	}
	patience, cancel := context.WithTimeout(t.Context(), rookery.Patience)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, sdk.ErrOIDBServerClosed) {
		t.Error(err)
	}
}
