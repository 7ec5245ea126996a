package integration

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestTheGroupPlatformElsewhere: another process carries out the commands of the group platform, with its own data. What it answers
// comes back as it is, its end is seen within a call's time, and calls reach it again once it is back.
func TestTheGroupPlatformElsewhere(t *testing.T) {
	data, address := t.TempDir(), freeAddress(t)
	there := rookery.StartIn(t, data, "--oidb-addr", address)
	file := filepath.Join(t.TempDir(), "routes.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# its own demo world is made inside\n")
	here := rookery.Start(t, "--oidb-routes", file)
	write("0xf02: oidb+tcp://" + address + "\n")

	const owner = "10001" // of both demo worlds
	var group struct {
		GC string `json:"gc"`
	}
	there.Admin(t, "POST", "/admin/v1/groups", rookery.Settings{"owner": owner, "name": "Lanterns"}, &group)
	join := func(uin string) uint64 {
		return here.Bus(t, rookery.BusCall{Command: 0xf02, ServiceType: 3, Body: rookery.Message(nil).Decimal(1, group.GC).Decimal(2, uin)}).Result
	}
	member := here.NewAccount(t)
	eventually := func(what string, before uint64, uin string) {
		t.Helper()
		for until := time.Now().Add(time.Minute); ; {
			switch got := join(uin); {
			case got == 0:
				return
			case got != before || time.Now().After(until):
				t.Fatalf("joining %s: %d", what, got)
			}
		}
	}
	eventually("a group of the other process", 203, member) // inside, there is no such group
	var now struct {
		Members int `json:"members"`
	}
	if there.Admin(t, "GET", "/admin/v1/groups/"+group.GC, nil, &now); now.Members != 2 {
		t.Errorf("the other process has %d members, want the owner and %s", now.Members, member)
	}
	there.Admin(t, "PATCH", "/admin/v1/groups/"+group.GC, rookery.Settings{"sealed": true}, nil)
	if got := join(here.NewAccount(t)); got != 204 {
		t.Errorf("joining a sealed group: %d, want 204", got)
	}
	there.Admin(t, "PATCH", "/admin/v1/groups/"+group.GC, rookery.Settings{"sealed": false}, nil)

	there.Stop(t)
	if got := join(here.NewAccount(t)); got != 155 {
		t.Errorf("while the other process is down: %d, want 155", got)
	}
	rookery.StartIn(t, data, "--oidb-addr", address)
	eventually("once the other process is back", 155, here.NewAccount(t))
}

// TestRoutesLastThroughADrain: after the signal calls are still taken, and still carried out where they were before.
func TestRoutesLastThroughADrain(t *testing.T) {
	t.Parallel()
	there := rookery.Start(t)
	file := filepath.Join(t.TempDir(), "routes.yaml")
	if err := os.WriteFile(file, []byte("0xf02: oidb+tcp://"+there.OIDB+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	here := rookery.Serve(t, "--stop-notice", "10m", "--oidb-listen", "127.0.0.1:0", "--oidb-routes", file)
	var group struct {
		GC string `json:"gc"`
	}
	there.Admin(t, "POST", "/admin/v1/groups", rookery.Settings{"owner": "10001", "name": "Lanterns"}, &group)
	show := func() uint64 {
		return here.Bus(t, rookery.BusCall{Command: 0xf02, ServiceType: 2, Body: rookery.Message(nil).Decimal(1, group.GC)}).Result
	}
	if got := show(); got != 0 {
		t.Fatalf("before the stop: %d", got)
	}
	here.Signal(t, syscall.SIGTERM)
	rookery.Until(t, "readiness fails", func() bool { return status(t, here.AdminURL+"/readyz") == http.StatusServiceUnavailable })
	for range 20 { // whatever ends with the signal has had its time
		if got := show(); got != 0 {
			t.Errorf("while draining: %d", got) // the platform must be ended all the same
			break
		}
	}
	here.Signal(t, syscall.SIGKILL)
	here.WaitFor(t, -1)
}

// freeAddress is an address on this machine at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
