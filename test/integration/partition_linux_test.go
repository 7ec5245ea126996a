package integration

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/network"
	"github.com/rookeryhq/rookery/test/rookery"
)

// TestAPartition cuts the network between a platform and its back end, which are in namespaces of their own, while calls are made. On either
// side's cut each call ends with 154 or 155 when its caller's time is up, calls succeed again once the network is whole, and no
// connection or goroutine is left over on either side.
func TestAPartition(t *testing.T) {
	if network.Own(t) {
		partition(t)
		return
	}
	t.Parallel()
	if err := network.Permitted(); err != nil {
		if os.Getenv("CI") != "" && os.Geteuid() == 0 {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	network.Again(t)
}

// ip runs iproute2's ip.
func ip(t *testing.T, args ...string) {
	t.Helper()
	if err := network.IP(args...); err != nil {
		t.Fatal(err)
	}
}

func partition(t *testing.T) {
	const here, there = "10.77.0.1", "10.77.0.2"
	const far = "far"
	ip(t, "netns", "add", far)
	ip(t, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", far)
	near := func(args ...string) { t.Helper(); ip(t, args...) }
	remote := func(args ...string) { t.Helper(); ip(t, append([]string{"-n", far}, args...)...) }
	for address, side := range map[string]func(...string){here: near, there: remote} {
		side("address", "add", address+"/30", "dev", "cable")
		side("link", "set", "cable", "up")
	}

	var back *rookery.Platform
	if err := network.Within(far, func() error {
		back = rookery.Backend(t, filepath.Join(t.TempDir(), "groups"), "0xf02", "--oidb-listen", there+":8711", "--admin-listen", there+":0")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	back.Admin(t, "PATCH", "/admin/v1/oidb/policy", rookery.Settings{"internal_networks": []string{here + "/32"}}, nil)
	var made struct{ GC string }
	back.Admin(t, "POST", "/admin/v1/groups", rookery.Settings{"owner": "10001", "name": "Lanterns"}, &made)
	routes := filepath.Join(t.TempDir(), "routes.yaml")
	if err := os.WriteFile(routes, []byte("0xf02: oidb+tcp://"+there+":8711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := rookery.Serve(t, "--oidb-listen", "127.0.0.1:0", "--oidb-routes", routes)

	const waits = 500 * time.Millisecond // of each caller
	call := func() (result uint64, took time.Duration) {
		begin := time.Now()
		head := rookery.Message(nil).Bytes(18, string(rookery.Message(nil).Number(1, uint64(waits.Milliseconds()))))
		answer := p.Bus(t, rookery.BusCall{Command: 0xf02, ServiceType: 2, Head: head, Body: rookery.Message(nil).Decimal(1, made.GC)})
		return answer.Result, time.Since(begin)
	}
	if result, _ := call(); result != 0 {
		t.Fatalf("before any cut: result %d", result)
	}
	used := func(p *rookery.Platform) [2]float64 {
		return [2]float64{p.Metric(t, "go_goroutines"), p.Metric(t, "process_open_fds")}
	}
	before, beforeThere := used(p), used(back)

	for name, side := range map[string]func(...string){"here": near, "there": remote} {
		t.Run("cut "+name, func(t *testing.T) {
			done := make(chan struct{})
			var calling sync.WaitGroup
			var mu sync.Mutex
			results := make(map[uint64]int)
			slowest := time.Duration(0)
			for range 8 {
				calling.Go(func() {
					for {
						select {
						case <-done:
							return
						default:
						}
						result, took := call()
						mu.Lock()
						results[result]++
						slowest = max(slowest, took)
						mu.Unlock()
					}
				})
			}
			count := func(of ...uint64) (n int) {
				mu.Lock()
				defer mu.Unlock()
				for _, result := range of {
					n += results[result]
				}
				return n
			}
			begin := count(0)
			rookery.Until(t, "calls succeed", func() bool { return count(0) > begin })
			side("link", "set", "cable", "down")
			// So long that the silent connection is given up and new ones fail too.
			cut, failed := time.Now(), count(154, 155)
			rookery.Until(t, "calls fail", func() bool { return count(154, 155) > failed+40 && time.Since(cut) > 3*time.Second })
			side("link", "set", "cable", "up")
			whole, succeeded := time.Now(), count(0)
			rookery.Until(t, "calls succeed again", func() bool { return count(0) > succeeded })
			took := time.Since(whole)
			close(done)
			calling.Wait()
			t.Logf("calls succeeded %v after the network was whole again; results %v, the slowest after %v", took, results, slowest)
			if took > 10*time.Second { // at most a second on a free machine; TCP alone tries again ever more seldom
				t.Errorf("calls succeeded only %v after the network was whole again", took)
			}
			delete(results, 0)
			delete(results, 154)
			delete(results, 155)
			if len(results) > 0 {
				t.Errorf("other results: %v", results)
			}
			if slowest > waits+10*time.Second {
				t.Errorf("a call took %v", slowest)
			}
		})
	}
	for _, side := range []struct {
		name   string
		p      *rookery.Platform
		before [2]float64
	}{{"the platform", p, before}, {"the back end", back, beforeThere}} {
		rookery.Until(t, side.name+" uses no more than before", func() bool {
			now := used(side.p)
			return now[0] <= side.before[0]+2 && now[1] <= side.before[1]+2
		})
	}
	if got := back.Metric(t, "rookery_oidb_connections"); got != 1 {
		t.Errorf("%v connections to the back end are left, want the platform's one", got)
	}
}
