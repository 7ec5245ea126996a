// Package cluster lets the machines of a platform die, stand still and lose their network at random: a PostgreSQL of three nodes under Patroni with synchronous
// replication, the etcd that elects its primary, the Redis that counts calls, and three gateways. Callers work all the while, and note what they were told. Afterwards a
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
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/network"
	"github.com/rookeryhq/rookery/test/rookery"
)

var (
	lasting  = flag.Duration("drill", 0, "how long to let machines die at random; 0 for one primary and one gateway")
	seed     = flag.Uint64("seed", 0, "of what happens when; 0 for a new one")
	recovery = flag.Duration("recovery", 0, "fail when writes took longer than this to work again after the primary died; 0 for never")
	only     = flag.String("only", "", "a regular expression of the faults that may happen")
)

// gateway is a rookery serve that dies and is started again.
type gateway struct {
	place
	data    string
	args    []string // where it finds what it shares with others
	running atomic.Pointer[rookery.Platform]
}

// platform is the process that runs, or ran last.
func (g *gateway) platform() *rookery.Platform { return g.running.Load() }

func (g *gateway) start(t *testing.T) {
	t.Helper()
	listen := g.address + ":0"
	if err := g.within(func() error {
		g.running.Store(rookery.Serve(t, append([]string{"--data", g.data, "--http-listen", listen, "--admin-listen", listen}, g.args...)...))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// startGateways starts gateways of one platform, with the keys of the first.
func (c *cluster) startGateways(t *testing.T, n int) (all []*gateway) {
	t.Helper()
	args := []string{
		"--database", c.create(t, "rookery"), "--redis-address", fmt.Sprintf("rediss://%s:%d", c.redis.address, c.redisPort), "--redis-tls-ca", c.certificate,
		"--redis-apps", "closed", // so that no call is made that is not counted
	}
	for i := range n {
		g := &gateway{place: c.place(t, fmt.Sprint("gateway", i)), data: t.TempDir(), args: args}
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
		g := d.anyGateway()
		g.platform().Signal(d.T, syscall.SIGKILL)
		g.platform().WaitFor(d.T, -1)
		d.pass(0, 3)
		until(d.T, rookery.Patience, "a gateway can start, which ends where nothing can be written", d.whole)
		g.start(d.T)
	}, false}
	redisDies = fault{"Redis dies", func(d *drill) {
		op := operation{Kind: restart, Start: d.now(), Result: done}
		d.redis.kill()
		d.pass(0, 5)
		d.must(d.redis.start()) // with no count of any call
		d.meters()
		d.add(op)
	}, false}
)

// whatHappens is drawn from, one fault after another.
var whatHappens = []fault{
	primaryDies,
	gatewayDies,
	redisDies,
	{"Redis stands still", func(d *drill) {
		d.standStill(d.redis, 1, 8)
		d.meters()
	}, false},
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
	{"the primary dies for good after its synchronous standby stood still, with much that nobody was told of", func(d *drill) {
		primary, standby := d.nodeIn(leader), d.nodeIn(syncStandby)
		conn, err := d.connect(d.Context(), "postgres")
		d.must(err)
		defer conn.Close(context.WithoutCancel(d.Context()))
		d.must(standby.signal(syscall.SIGSTOP, ""))
		_, err = conn.Exec(d.Context(), "SELECT pg_logical_emit_message(false, 'drill', repeat('x', 8 * 1024 * 1024))")
		d.must(err)
		d.pass(2, 3) // the primary's Patroni says in etcd how far it is, and does not give the standby up yet
		primary.kill()
		d.must(standby.signal(syscall.SIGCONT, ""))
		until(d.T, rookery.Patience, "the standby, which has all that was acknowledged, leads", func() error {
			if n := d.in(leader); n == nil || n == primary {
				return errors.New("nobody leads")
			}
			return nil
		})
		d.must(primary.start())
	}, true},
	{"a gateway stands still", func(d *drill) {
		g := d.anyGateway().platform()
		g.Signal(d.T, syscall.SIGSTOP)
		d.pass(1, 5)
		g.Signal(d.T, syscall.SIGCONT)
	}, false},
	{"a gateway is replaced", func(d *drill) {
		g := d.anyGateway()
		g.platform().Stop(d.T)
		g.start(d.T)
	}, false},
	{"a member of etcd dies", func(d *drill) {
		m := d.etcd[d.dice.IntN(len(d.etcd))]
		m.kill()
		d.pass(1, 5)
		d.must(m.start())
	}, false},
}

// whatIsCut is drawn from too, where the network can be cut.
var whatIsCut = []fault{
	{"the primary is cut off from etcd and the other nodes", func(d *drill) {
		primary := d.nodeIn(leader)
		d.cutOff(primary.place, d.database(primary), 3, 20)
	}, false},
	{"the primary is cut off from all others", func(d *drill) {
		primary := d.nodeIn(leader)
		d.cutOff(primary.place, append(d.database(primary), d.allGateways()...), 3, 20)
	}, false},
	{"the synchronous standby is cut off from etcd and the other nodes", func(d *drill) {
		standby := d.nodeIn(syncStandby)
		d.cutOff(standby.place, d.database(standby), 3, 14)
	}, false},
	{"a gateway is cut off from the database", func(d *drill) {
		d.cutOff(d.anyGateway().place, d.allNodes(), 1, 14)
	}, false},
	{"a gateway is cut off from the primary", func(d *drill) {
		d.cutOff(d.anyGateway().place, []place{d.nodeIn(leader).place}, 1, 14)
	}, false},
	{"a gateway is cut off from Redis", func(d *drill) {
		d.cutOff(d.anyGateway().place, []place{d.redis.place}, 1, 8)
		d.meters()
	}, false},
	{"a member of etcd is cut off", func(d *drill) {
		m := d.etcd[d.dice.IntN(len(d.etcd))]
		d.cutOff(m.place, append(slices.DeleteFunc(d.allEtcd(), func(p place) bool { return p == m.place }), d.allNodes()...), 1, 8)
	}, false},
}

func (d *drill) anyGateway() *gateway { return d.gateways[d.dice.IntN(len(d.gateways))] }

// cutOff cuts a machine off from others for so many seconds.
func (d *drill) cutOff(one place, others []place, from, to float64) {
	d.Helper()
	mend := cut(d.T, one, others...)
	d.pass(from, to)
	mend()
}

// database returns the places of etcd and of the nodes other than one.
func (d *drill) database(but *node) []place {
	return slices.DeleteFunc(append(d.allEtcd(), d.allNodes()...), func(p place) bool { return p == but.place })
}

func (d *drill) allEtcd() (all []place) {
	for _, m := range d.etcd {
		all = append(all, m.place)
	}
	return all
}

func (d *drill) allNodes() (all []place) {
	for _, n := range d.nodes {
		all = append(all, n.place)
	}
	return all
}

func (d *drill) allGateways() (all []place) {
	for _, g := range d.gateways {
		all = append(all, g.place)
	}
	return all
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

// meters waits until each gateway has a call counted.
func (d *drill) meters() {
	d.Helper()
	for i := range d.gateways {
		until(d.T, rookery.Patience, fmt.Sprint("gateway ", i, " has calls counted"), func() error {
			if op := d.meter(i); op.Result == failed {
				return errors.New(op.Code)
			}
			return nil
		})
	}
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
	var router *router
	happens, members := whatHappens, 3
	switch {
	case *lasting == 0:
		members = 1
	case network.Own(t):
		router, happens = newRouter(t), slices.Concat(whatHappens, whatIsCut)
	case network.Permitted() == nil:
		network.Again(t)
		return
	default:
		t.Logf("the network is not cut: %v", network.Permitted())
	}
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	c := startCluster(t, members, router)
	d := &drill{T: t, cluster: c, load: newLoad(t, c.startGateways(t, 3), c.here()), dice: rand.New(rand.NewPCG(*seed, 0))}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var working sync.WaitGroup
	working.Go(func() { d.work(ctx) })
	defer working.Wait()
	defer stop()
	if *lasting == 0 {
		d.happen(primaryDies)
		d.happen(gatewayDies)
		d.happen(redisDies)
	}
	may := slices.DeleteFunc(slices.Clone(happens), func(f fault) bool { return !regexp.MustCompile(*only).MatchString(f.what) })
	for end := time.Now().Add(*lasting); time.Now().Before(end) && !t.Failed(); {
		d.happen(may[d.dice.IntN(len(may))])
	}
	stop()
	working.Wait()
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
	for _, kind := range []string{makeAccount, issue, check, revoke, exchange, refresh, send, bind, unbind, join, metered} {
		if counts[kind+": "+done] == 0 {
			d.Errorf("to %s never succeeded", kind)
		}
	}
	if counts[issue+": "+failed] == 0 || counts[check+": "+refused] == 0 || counts[metered+": "+refused] == 0 {
		d.Error("no machine was missed, no token ended, or no call was one too many")
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
