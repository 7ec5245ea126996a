package integration

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestTheBusWithCurl runs the calls of docs/oidb.md, and compares what they print with what it shows.
func TestTheBusWithCurl(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	text, err := os.ReadFile("../../docs/oidb.md")
	if err != nil {
		t.Fatal(err)
	}
	p := rookery.Start(t, "--oidb-connect", "127.0.0.1:0")
	shown := regexp.MustCompile("(?ms)^```sh\n(curl .*?)^```\n\n```json\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(shown) < 2 {
		t.Fatalf("docs/oidb.md shows %d calls", len(shown))
	}
	for _, call := range shown {
		var got, want any
		if err := json.Unmarshal([]byte(call[2]), &want); err != nil {
			t.Fatal(err)
		}
		out := paste(t, strings.ReplaceAll(call[1], "http://127.0.0.1:8703", p.OIDBConnect))
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Errorf("%s: %s", call[1], out)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s(-shown +printed)\n%s", call[1], diff)
		}
	}
}

// TestTheBusOverHTTPDrains: from the signal on its health tells callers to go elsewhere, while calls are still taken.
func TestTheBusOverHTTPDrains(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--stop-notice", "10m", "--oidb-connect", "127.0.0.1:0")
	call := func(method, body string) string {
		return paste(t, "curl -s "+p.OIDBConnect+method+" -H 'Content-Type: application/json' -d '"+body+"'")
	}
	if out := call("/grpc.health.v1.Health/Check", "{}"); !strings.Contains(out, `"SERVING_STATUS_SERVING"`) {
		t.Errorf("before the stop: %s", out)
	}
	p.Signal(t, syscall.SIGTERM)
	rookery.Until(t, "health says that it stops", func() bool {
		return strings.Contains(call("/grpc.health.v1.Health/Check", "{}"), `"SERVING_STATUS_NOT_SERVING"`)
	})
	if out := call("/rookery.oidb.Commands/AreFriends", `{"uin":10001,"friend":10002}`); !strings.Contains(out, `"10001"`) {
		t.Errorf("while draining: %s", out)
	}
	p.Signal(t, syscall.SIGKILL)
	p.WaitFor(t, -1)
}
