package integration

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// fresh asks over a connection of its own.
func fresh(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := http.Client{Timeout: rookery.Patience, Transport: &http.Transport{DisableKeepAlives: true}}
	rsp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	text, err := io.ReadAll(rsp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return rsp.StatusCode, string(text)
}

// eventually asks until the status is as wanted, and returns the body.
func eventually(t *testing.T, url string, want int) string {
	t.Helper()
	deadline := time.Now().Add(rookery.Patience)
	for {
		status, body := fresh(t, url)
		if status == want {
			return body
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: still status %d: %s", url, status, body)
		}
	}
}

// TestHealthIsAnsweredWhenAllConnectionsAreTaken: it alone, over connections that end after their answer.
func TestHealthIsAnsweredWhenAllConnectionsAreTaken(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--http-header-timeout", "1m", "--http-read-timeout", "5m")
	address := strings.TrimPrefix(p.AdminURL, "http://")
	var taken []net.Conn
	for range 128 + 40 { // as many as one address may have, and more than are kept for health
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		taken = append(taken, conn)
	}
	if body := eventually(t, p.AdminURL+"/metrics", http.StatusServiceUnavailable); !strings.Contains(body, "only /healthz and /readyz are answered") {
		t.Errorf("/metrics: %s", body)
	}
	for path, want := range map[string]string{"/healthz": "alive\n", "/readyz": "ready\n"} {
		for range 40 {
			if status, body := fresh(t, p.AdminURL+path); status != http.StatusOK || body != want {
				t.Errorf("%s: status %d: %s", path, status, body)
			}
		}
	}
	for _, conn := range taken {
		conn.Close()
	}
	eventually(t, p.AdminURL+"/metrics", http.StatusOK)
}

// TestReadinessWrites: a storage that takes no writes is not ready, and is once it does.
func TestReadinessWrites(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	if status, _ := fresh(t, p.URL+"/readyz"); status != http.StatusOK {
		t.Fatalf("at the start: status %d", status)
	}
	p.Exec(t, "CREATE TRIGGER full BEFORE UPDATE ON probe BEGIN SELECT raise(ABORT, 'the disk is full'); END")
	if body := eventually(t, p.URL+"/readyz", http.StatusServiceUnavailable); body != "the storage cannot be written and read\n" {
		t.Errorf("without writes: %s", body)
	}
	if status, body := fresh(t, p.URL+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: status %d: %s", status, body)
	}
	p.Exec(t, "DROP TRIGGER full")
	eventually(t, p.URL+"/readyz", http.StatusOK)
}

func TestTheMemoryLimitIsSet(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--memory-limit", "268435456")
	if _, metrics := fresh(t, p.AdminURL+"/metrics"); !strings.Contains(metrics, "\ngo_gc_gomemlimit_bytes 2.68435456e+08\n") {
		t.Error("the limit of Go's memory is not that of the setting")
	}
}
