// Package cluster lets the machines of a platform die and stand still at random: a PostgreSQL of three nodes under Patroni with synchronous
// replication, the etcd that elects its primary, and three gateways. Callers work all the while, and note what they were told. Afterwards a
// reader compares that with what is stored: nothing that was acknowledged is lost, no limit is broken, nothing is used twice, and no dead
// token was accepted.
package cluster

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

var (
	lasting  = flag.Duration("drill", 0, "how long to let machines die at random; 0 for one primary and one gateway")
	seed     = flag.Uint64("seed", 0, "of what happens when; 0 for a new one")
	recovery = flag.Duration("recovery", 0, "fail when writes took longer than this to work again after the primary died; 0 for never")
)

// gateway is a rookery serve that dies and is started again.
type gateway struct {
	data, database string
	running        atomic.Pointer[rookery.Platform]
}

// platform is the process that runs, or ran last.
func (g *gateway) platform() *rookery.Platform { return g.running.Load() }

func (g *gateway) start(t *testing.T) {
	t.Helper()
	g.running.Store(rookery.Serve(t, "--data", g.data, "--database", g.database))
}

// startGateways starts gateways of one platform, with the keys of the first.
func startGateways(t *testing.T, database string, n int) (all []*gateway) {
	t.Helper()
	for range n {
		g := &gateway{data: t.TempDir(), database: database}
		if len(all) > 0 {
			keyring, err := os.ReadFile(filepath.Join(all[0].data, "keyring.json"))
			if err == nil {
				err = os.WriteFile(filepath.Join(g.data, "keyring.json"), keyring, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		g.start(t)
		all = append(all, g)
	}
	return all
}

// drill is the platform and what happens to it.
type drill struct {
	*testing.T
	*cluster
	*load
	dice *rand.Rand
}

// fault is something that happens, and goes by.
type fault struct {
	what     string
	do       func(d *drill)
	recovers bool // -recovery bounds how long nothing can be written
}

var (
	primaryDies = fault{"the primary's machine dies", func(d *drill) {
		n := d.nodeIn(leader)
		n.kill()
		d.pass(1, 8)
		d.must(n.start())
	}, true}
	gatewayDies = fault{"a gateway dies", func(d *drill) {
		g := d.gateways[d.dice.IntN(len(d.gateways))]
		g.platform().Signal(d.T, syscall.SIGKILL)
		g.platform().WaitFor(d.T, -1)
		d.pass(0, 3)
		until(d.T, rookery.Patience, "a gateway can start, which ends where nothing can be written", d.whole)
		g.start(d.T)
	}, false}
)

// whatHappens is drawn from, one fault after another.
var whatHappens = []fault{
	primaryDies,
	gatewayDies,
	{"the primary's PostgreSQL dies", func(d *drill) {
		n := d.nodeIn(leader)
		d.must(n.signal(syscall.SIGKILL, "postgres"))
		until(d.T, rookery.Patience, "Patroni notices", func() error {
			if d.whole() == nil && d.in(leader) == n {
				return errors.New("all seems to be well")
			}
			return nil
		})
	}, true},
	{"the primary stands still", func(d *drill) { d.standStill(&d.nodeIn(leader).machine, 3, 14) }, false},
	{"the synchronous standby dies", func(d *drill) {
		n := d.nodeIn(syncStandby)
		n.kill()
		d.pass(1, 8)
		d.must(n.start())
	}, false},
	{"the synchronous standby stands still", func(d *drill) { d.standStill(&d.nodeIn(syncStandby).machine, 3, 14) }, false},
	{"the primary dies while the synchronous standby stands still", func(d *drill) {
		primary, standby := d.nodeIn(leader), d.nodeIn(syncStandby)
		d.must(standby.signal(syscall.SIGSTOP, ""))
		d.pass(1, 8)
		primary.kill()
		d.must(standby.signal(syscall.SIGCONT, ""))
		d.pass(1, 8)
		d.must(primary.start())
	}, false},
	{"a gateway stands still", func(d *drill) {
		g := d.gateways[d.dice.IntN(len(d.gateways))].platform()
		g.Signal(d.T, syscall.SIGSTOP)
		d.pass(1, 5)
		g.Signal(d.T, syscall.SIGCONT)
	}, false},
	{"a member of etcd dies", func(d *drill) {
		m := d.etcd[d.dice.IntN(len(d.etcd))]
		m.kill()
		d.pass(1, 5)
		d.must(m.start())
	}, false},
}

func (d *drill) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// pass lets seconds pass, from so many to so many.
func (d *drill) pass(from, to float64) {
	<-time.After(time.Duration((from + d.dice.Float64()*(to-from)) * float64(time.Second)))
}

func (d *drill) standStill(m *machine, from, to float64) {
	d.must(m.signal(syscall.SIGSTOP, ""))
	d.pass(from, to)
	d.must(m.signal(syscall.SIGCONT, ""))
}

// nodeIn returns the node in a role, which a whole cluster has.
func (d *drill) nodeIn(role string) (n *node) {
	d.Helper()
	until(d.T, rookery.Patience, "a node is the "+role, func() error {
		if n = d.in(role); n == nil {
			return fmt.Errorf("no node is the %s", role)
		}
		return nil
	})
	return n
}

// happen lets a fault happen, and waits until it is over: the cluster is whole and all gateways are ready.
func (d *drill) happen(f fault) {
	d.Helper()
	begun := d.now()
	d.Logf("%s: %s", begun.Round(time.Millisecond), f.what)
	f.do(d)
	until(d.T, rookery.Patience, "after "+f.what+", the cluster is whole", d.whole)
	for i, g := range d.gateways {
		until(d.T, rookery.Patience, fmt.Sprint("after ", f.what, ", gateway ", i, " is ready"), func() error { return d.ready(g) })
	}
	without := d.written(begun)
	until(d.T, rookery.Patience, "after "+f.what+", something is written", func() error { without = d.written(begun); return nil })
	if d.Logf("%s: all is well again; the longest time without an acknowledged write was %s", d.now().Round(time.Millisecond), without.Round(time.Millisecond)); f.recovers && *recovery > 0 && without > *recovery {
		d.Errorf("for %s nothing could be written, which is longer than %s", without, *recovery)
	}
}

// written returns the longest time since begun for which no write was acknowledged.
func (d *drill) written(begun time.Duration) (longest time.Duration) {
	d.history.mu.Lock()
	defer d.history.mu.Unlock()
	last := begun
	for _, op := range d.history.all {
		if op.Kind == issue && op.Result == done && op.End > last {
			longest = max(longest, op.End-last)
			last = op.End
		}
	}
	return max(longest, d.now()-last)
}

func (d *drill) ready(g *gateway) error {
	r := d.do(http.NewRequest(http.MethodGet, g.platform().AdminURL+"/readyz", nil))
	if r.err == nil && r.status != http.StatusOK {
		return fmt.Errorf("status %d: %s", r.status, r.body)
	}
	return r.err
}

func TestDrill(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	members := 3
	if *lasting == 0 {
		members = 1
	}
	c := startCluster(t, members)
	gateways := startGateways(t, c.create(t, "rookery"), 3)
	d := &drill{T: t, cluster: c, load: newLoad(t, gateways), dice: rand.New(rand.NewPCG(*seed, 0))}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var callers sync.WaitGroup
	callers.Go(func() { d.work(ctx) })
	defer callers.Wait()
	defer stop()
	if *lasting == 0 {
		d.happen(primaryDies)
		d.happen(gatewayDies)
	}
	for end := time.Now().Add(*lasting); time.Now().Before(end) && !t.Failed(); {
		d.happen(whatHappens[d.dice.IntN(len(whatHappens))])
	}
	stop()
	callers.Wait()
	d.compare()
}

// compare compares what callers were told with what is stored.
func (d *drill) compare() {
	d.Helper()
	conn, err := d.connect(d.Context(), "rookery")
	d.must(err)
	defer conn.Close(context.WithoutCancel(d.Context()))
	until(d.T, rookery.Patience, "nothing is under way", func() error {
		var under int
		err := conn.QueryRow(d.Context(), "SELECT count(*) FROM bindings WHERE bound = 0").Scan(&under)
		if err == nil && under > 0 {
			err = fmt.Errorf("%d bindings", under)
		}
		return err
	})
	s, err := read(d.Context(), conn, d.game.AppID)
	d.must(err)
	found := faults(d.history.all, s)
	for _, one := range found[:min(20, len(found))] {
		d.Error(one)
	}
	if len(found) > 20 {
		d.Errorf("%d more are wrong", len(found)-20)
	}
	counts := make(map[string]int)
	for _, op := range d.history.all {
		counts[op.Kind+": "+op.Result]++
	}
	d.Logf("%d operations: %v", len(d.history.all), counts)
	for _, kind := range []string{makeAccount, issue, check, revoke, exchange, refresh, send, bind, unbind, join} {
		if counts[kind+": "+done] == 0 {
			d.Errorf("to %s never succeeded", kind)
		}
	}
	if counts[issue+": "+failed] == 0 || counts[check+": "+refused] == 0 {
		d.Error("no machine was missed, or no token ended")
	}
	if d.Failed() {
		d.keep()
	}
}

// keep writes the history to a file.
func (d *drill) keep() {
	const folder = "../artefacts"
	d.must(os.MkdirAll(folder, 0o755))
	file, err := os.Create(filepath.Join(folder, fmt.Sprintf("cluster-%d.jsonl", *seed)))
	d.must(err)
	defer file.Close()
	d.must(d.history.writeTo(file))
	d.Logf("the history is in test/artefacts/%s", filepath.Base(file.Name()))
}
