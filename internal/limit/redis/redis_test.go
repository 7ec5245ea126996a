package redis

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rookeryhq/rookery/internal/limit/limittest"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/test/redis"
)

// patient is a timeout that no test waits for, however slow the machine.
const patient = time.Minute

// counter returns a counter that has looked for Redis, and what it logs.
func counter(t *testing.T, at string, timeout time.Duration, with ...func(*Options)) (*Counter, *log) {
	t.Helper()
	address, err := ParseAddress(at)
	if err != nil {
		t.Fatal(err)
	}
	said := new(log)
	o := Options{Address: address, Prefix: "test", Timeout: timeout, Log: slog.New(slog.NewTextHandler(said, nil))}
	for _, change := range with {
		change(&o)
	}
	c := New(o)
	t.Cleanup(c.Close)
	c.Look(t.Context())
	return c, said
}

// log is a log that several write.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// lines returns how many lines have a text.
func (l *log) lines(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

// nobody is a local count that must not be asked.
func nobody(t *testing.T) func() (time.Duration, bool) {
	return func() (time.Duration, bool) {
		t.Error("the call is counted locally")
		return 0, true
	}
}

var (
	hourly = platform.Rate{Count: 1, Per: time.Hour}
	three  = platform.Rate{Count: 3, Per: 3 * time.Hour}
)

func TestCounts(t *testing.T) {
	t.Parallel()
	c, _ := counter(t, redis.Start(t).Address(), patient)
	apps := c.Limit("apps", Local)
	limittest.Run(t, func(key string, rate platform.Rate, now time.Time) (time.Duration, bool) {
		c.now = func() time.Time { return now }
		wait, ok, err := apps.Take(t.Context(), key, rate, nobody(t))
		if err != nil {
			t.Fatal(err)
		}
		return wait, ok
	})
}

// TestTheTimeIsOfRedis: gateways whose clocks differ share a rate all the same.
func TestTheTimeIsOfRedis(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	c, _ := counter(t, server.Address(), patient)
	apps := c.Limit("apps", Local)
	if _, ok, err := apps.Take(t.Context(), "100700001 get_info", three, nobody(t)); !ok || err != nil {
		t.Fatalf("the first call: %v, %v", ok, err)
	}
	const key = "test:apps:{100700001 get_info}"
	keys, err := server.Ask(t, "KEYS", "test:apps*").AsStrSlice()
	if diff := cmp.Diff([]string{key}, keys); diff != "" || err != nil {
		t.Errorf("the keys (-want +got): %v\n%s", err, diff)
	}
	if left, err := server.Ask(t, "PTTL", key).AsInt64(); err != nil || left <= 0 || left > 3_600_000 {
		t.Errorf("the key lives for %d ms, want no longer than its call counts, an hour: %v", left, err)
	}
	for range 2 {
		_, _, _ = apps.Take(t.Context(), "100700001 get_info", three, nobody(t))
	}
	wait, ok, err := apps.Take(t.Context(), "100700001 get_info", three, nobody(t))
	if ok || err != nil || wait <= 0 || wait > time.Hour {
		t.Errorf("the fourth call: %v after %v, %v", ok, wait, err)
	}
}

func TestKeysExpire(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	c, _ := counter(t, server.Address(), patient)
	for _, name := range []string{"apps", "users"} {
		if _, ok, err := c.Limit(name, Local).Take(t.Context(), "key", platform.Rate{Count: 2, Per: 20 * time.Millisecond}, nobody(t)); !ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
	}
	until(t, "no key is left", func() bool {
		left, err := server.Ask(t, "DBSIZE").AsInt64()
		return err == nil && left == 0
	})
}

func TestLimitsAndPlatformsAreCountedApart(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	c, _ := counter(t, server.Address(), patient)
	other, _ := counter(t, server.Address(), patient, func(o *Options) { o.Prefix = "other" })
	for _, l := range []*Limit{c.Limit("apps", Local), c.Limit("users", Local), other.Limit("apps", Local)} {
		for i, want := range []bool{true, false} {
			if _, ok, err := l.Take(t.Context(), "key", hourly, nobody(t)); ok != want || err != nil {
				t.Errorf("%s call %d: %v, %v", l.prefix, i+1, ok, err)
			}
		}
	}
}

func TestConcurrentCallsAreCountedExactly(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	var (
		callers sync.WaitGroup
		taken   atomic.Int64
	)
	for range 2 {
		c, _ := counter(t, server.Address(), patient)
		users := c.Limit("users", Closed)
		for range 4 {
			callers.Go(func() {
				for range 50 {
					_, ok, err := users.Take(t.Context(), "key", platform.Rate{Count: 100, Per: 744 * time.Hour}, nobody(t))
					if err != nil {
						t.Error(err)
					}
					if ok {
						taken.Add(1)
					}
				}
			})
		}
	}
	callers.Wait()
	if taken.Load() != 100 {
		t.Errorf("%d of 400 calls were taken, want 100", taken.Load())
	}
}

func TestTheScriptIsSentAgain(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	c, _ := counter(t, server.Address(), patient)
	apps := c.Limit("apps", Closed)
	for i, want := range []bool{true, false} {
		if _, ok, err := apps.Take(t.Context(), "key", hourly, nobody(t)); ok != want || err != nil {
			t.Errorf("call %d: %v, %v", i+1, ok, err)
		}
		server.Ask(t, "SCRIPT", "FLUSH")
	}
}

// TestRedisDies: what each policy does without Redis, which is said once.
func TestRedisDies(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	c, said := counter(t, server.Address(), patient)
	metrics := prometheus.NewRegistry()
	c.Measure(metrics)
	limits := map[Policy]*Limit{Local: c.Limit("apps", Local), Open: c.Limit("users", Open), Closed: c.Limit("commands", Closed)}
	for policy, l := range limits {
		for i, want := range []bool{true, false} {
			if _, ok, err := l.Take(t.Context(), "key", hourly, nobody(t)); ok != want || err != nil {
				t.Errorf("%s: call %d: %v, %v", policy, i+1, ok, err)
			}
		}
	}
	server.Kill()
	for range 3 {
		wait, ok, err := limits[Local].Take(t.Context(), "key", hourly, func() (time.Duration, bool) { return time.Minute, false })
		if wait != time.Minute || ok || err != nil {
			t.Errorf("local: %v after %v, %v, want what is counted locally", ok, wait, err)
		}
		if wait, ok, err := limits[Open].Take(t.Context(), "key", hourly, nobody(t)); wait != 0 || !ok || err != nil {
			t.Errorf("open: %v after %v, %v", ok, wait, err)
		}
		if _, ok, err := limits[Closed].Take(t.Context(), "key", hourly, nobody(t)); ok || !errors.Is(err, ErrAway) {
			t.Errorf("closed: %v, %v", ok, err)
		}
	}
	for range 2 {
		c.Look(t.Context())
	}
	if !c.Away() || said.lines("Redis is away") != 1 || said.lines("Redis is back") != 0 {
		t.Errorf("away: %v; the log:\n%s", c.Away(), said.text.String())
	}
	if diff := testutil.CollectAndCompare(c.uncounted, strings.NewReader(`
# HELP rookery_redis_uncounted_total Calls that were not counted in Redis because it was away, by kind of rate.
# TYPE rookery_redis_uncounted_total counter
rookery_redis_uncounted_total{rate="apps"} 3
rookery_redis_uncounted_total{rate="commands"} 3
rookery_redis_uncounted_total{rate="users"} 3
`)); diff != nil {
		t.Error(diff)
	}
	server.Start(t)
	c.Look(t.Context())
	if c.Away() || said.lines("Redis is away") != 1 || said.lines("Redis is back") != 1 {
		t.Errorf("away: %v; the log:\n%s", c.Away(), said.text.String())
	}
	if _, ok, err := limits[Closed].Take(t.Context(), "key", hourly, nobody(t)); !ok || err != nil {
		t.Errorf("once it is back: %v, %v", ok, err)
	}
}

// TestRedisStandsStill: callers wait a few times, and then no more.
func TestRedisStandsStill(t *testing.T) {
	t.Parallel()
	server := redis.Start(t)
	c, said := counter(t, server.Address(), patient)
	users := c.Limit("users", Open)
	c.options.Timeout = 20 * time.Millisecond
	server.Signal(syscall.SIGSTOP)
	for range 10 {
		if _, ok, err := users.Take(t.Context(), "key", hourly, nobody(t)); !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	}
	if waited := c.failures.Load(); !c.Away() || waited != 5 || said.lines("Redis is away") != 1 {
		t.Errorf("away: %v, after %d calls that waited; the log:\n%s", c.Away(), waited, said.text.String())
	}
	c.Look(t.Context())
	if !c.Away() {
		t.Error("a Redis that stands still is taken for there")
	}
	server.Signal(syscall.SIGCONT)
	until(t, "Redis is back", func() bool { c.Look(t.Context()); return !c.Away() })
}

// TestACallerLeaves: that is no failure of Redis.
func TestACallerLeaves(t *testing.T) {
	t.Parallel()
	c, _ := counter(t, redis.Start(t).Address(), patient)
	left, leave := context.WithCancel(t.Context())
	leave()
	for range 2 * tripAfter {
		if _, ok, err := c.Limit("users", Open).Take(left, "key", hourly, nobody(t)); !ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	}
	if c.Away() {
		t.Error("Redis is taken for away because callers left")
	}
}

func TestCallsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	c, _ := counter(t, redis.Start(t).Address(), patient)
	c.calls.Store(999)
	users := c.Limit("users", Closed)
	if _, ok, err := users.Take(t.Context(), "key", hourly, nobody(t)); !ok || err != nil {
		t.Errorf("the thousandth: %v, %v", ok, err)
	}
	c.calls.Store(1000)
	if _, ok, err := users.Take(t.Context(), "other", hourly, nobody(t)); ok || !errors.Is(err, ErrAway) {
		t.Errorf("one more: %v, %v", ok, err)
	}
	if c.calls.Load() != 1000 {
		t.Errorf("%d calls are under way afterwards", c.calls.Load())
	}
}

// TestUnusable: why Redis cannot be used is said, without the password.
func TestUnusable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings []string
		user     string
		password string
		readOnly bool
		stopped  bool
		want     string
	}{
		"no password":              {settings: []string{"--requirepass", "right"}, want: "NOAUTH"},
		"a wrong password":         {settings: []string{"--requirepass", "right"}, password: "wrong-one", want: "WRONGPASS"},
		"an unknown user":          {user: "nobody@", password: "wrong-one", want: "WRONGPASS"},
		"a user without the right": {settings: strings.Fields("--user meek on >right ~* +@connection +cluster"), user: "meek@", password: "right", want: "NOPERM"},
		"it takes no writes":       {settings: []string{"--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "yes"}, want: "READONLY"},
		"it has no memory":         {settings: []string{"--maxmemory", "100kb"}, want: "OOM"},
		"nobody listens":           {stopped: true, want: "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redis.Prepare(t, test.settings...)
			if !test.stopped {
				server.Start(t)
			}
			c, said := counter(t, "redis://"+test.user+server.HostPort(), patient, func(o *Options) { o.Password = test.password })
			if !c.Away() || said.lines(test.want) != 1 || said.lines("Redis is away") != 1 {
				t.Errorf("away: %v; the log:\n%s", c.Away(), said.text.String())
			}
			if test.password != "" && said.lines(test.password) != 0 {
				t.Errorf("the log has the password:\n%s", said.text.String())
			}
			if _, ok, err := c.Limit("apps", Closed).Take(t.Context(), "key", hourly, nobody(t)); ok || !errors.Is(err, ErrAway) {
				t.Errorf("%v, %v", ok, err)
			}
		})
	}
}

// TestAUserWithTheRightsOfTheGuide: docs/operations/cluster.md tells which rights the platform needs.
func TestAUserWithTheRightsOfTheGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../../docs/operations/cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	rights := regexp.MustCompile(`(?m)^user rookery on >PASSWORD (.*)$`).FindSubmatch(guide)
	if rights == nil {
		t.Fatal("the guide names no rights")
	}
	server := redis.Start(t, strings.Fields("--user rookery on >right "+string(rights[1])+" --user default off")...)
	at := "redis://rookery@" + server.HostPort()
	c, said := counter(t, at, patient, func(o *Options) { o.Password, o.Prefix = "right", "rookery" })
	for i, want := range []bool{true, false} {
		if _, ok, err := c.Limit("apps", Closed).Take(t.Context(), "key", hourly, nobody(t)); ok != want || err != nil {
			t.Errorf("call %d: %v, %v\n%s", i+1, ok, err, said.text.String())
		}
	}
	if c, _ := counter(t, at, patient, func(o *Options) { o.Password, o.Prefix = "right", "other" }); !c.Away() {
		t.Error("another platform's keys may be written")
	}
}

// TestItIsStartedLater: a platform does not need Redis for its start.
func TestItIsStartedLater(t *testing.T) {
	t.Parallel()
	server := redis.Prepare(t)
	c, _ := counter(t, server.Address(), patient)
	server.Start(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { c.Run(ctx) })
	until(t, "Redis is there", func() bool { return !c.Away() })
	stop()
	running.Wait()
}

func TestASocket(t *testing.T) {
	t.Parallel()
	server := redis.Start(t, "--unixsocket", "redis.sock")
	c, said := counter(t, "unix://"+filepath.Join(server.Folder, "redis.sock"), patient)
	until(t, "the socket is there too", func() bool { c.Look(t.Context()); return !c.Away() })
	if _, ok, err := c.Limit("apps", Closed).Take(t.Context(), "key", hourly, nobody(t)); !ok || err != nil {
		t.Errorf("%v, %v\n%s", ok, err, said.text.String())
	}
}

// TestACluster: keys are on two nodes, of which the address names one. When a node dies, the calls of the other's keys are still counted.
func TestACluster(t *testing.T) {
	t.Parallel()
	cluster := []string{"--cluster-enabled", "yes", "--cluster-require-full-coverage", "no"}
	first, second := redis.Start(t, cluster...), redis.Start(t, cluster...)
	first.Ask(t, "CLUSTER", "ADDSLOTSRANGE", "0", "8191")
	second.Ask(t, "CLUSTER", "ADDSLOTSRANGE", "8192", "16383")
	first.Ask(t, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(second.Port))
	for _, node := range []*redis.Server{first, second} {
		until(t, "the cluster is whole", func() bool {
			info, err := node.Ask(t, "CLUSTER", "INFO").ToString()
			return err == nil && strings.Contains(info, "cluster_state:ok")
		})
	}
	c, said := counter(t, first.Address(), patient)
	for key := range 20 {
		for i, want := range []bool{true, false} {
			if _, ok, err := c.Limit("apps", Closed).Take(t.Context(), strconv.Itoa(key), hourly, nobody(t)); ok != want || err != nil {
				t.Fatalf("key %d, call %d: %v, %v\n%s", key, i+1, ok, err, said.text.String())
			}
		}
	}
	for _, node := range []*redis.Server{first, second} {
		if keys, err := node.Ask(t, "DBSIZE").AsInt64(); err != nil || keys == 0 {
			t.Errorf("a node has %d keys: %v", keys, err)
		}
	}

	second.Kill()
	alone := 0
	for key := range 20 {
		_, ok, err := c.Limit("users", Local).Take(t.Context(), strconv.Itoa(key), hourly, func() (time.Duration, bool) { alone++; return 0, true })
		if !ok || err != nil {
			t.Errorf("key %d of a cluster that lacks a node: %v, %v", key, ok, err)
		}
		if c.Away() {
			c.Look(t.Context()) // its key is on the node that is left
		}
	}
	if alone == 0 || alone == 20 {
		t.Errorf("%d of 20 calls were counted locally, want those of the node that is missing", alone)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	certificate, key := redis.Pair(t)
	own, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(own.Leaf)
	server := redis.Prepare(t)
	server.TLS(certificate, key, certificate)
	server.Start(t)
	for name, test := range map[string]struct {
		config *tls.Config
		host   string
		want   string // in the log; "" for a connection that is made
	}{
		"with its certificate":             {&tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{own}}, "127.0.0.1", ""},
		"of an authority that is unknown":  {&tls.Config{Certificates: []tls.Certificate{own}}, "127.0.0.1", "certificate"},
		"for another host":                 {&tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{own}}, "localhost", "certificate"},
		"without a certificate of our own": {&tls.Config{RootCAs: trusted}, "127.0.0.1", "error="}, // Redis may close the connection before it has said why
	} {
		t.Run(name, func(t *testing.T) {
			c, said := counter(t, "rediss://"+test.host+":"+strconv.Itoa(server.Port), patient, func(o *Options) { o.TLS = test.config.Clone })
			if c.Away() != (test.want != "") || test.want != "" && said.lines(test.want) == 0 {
				t.Errorf("away: %v; the log:\n%s", c.Away(), said.text.String())
			}
		})
	}
}

// until waits until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// BenchmarkTake is a call that is counted in a Redis on this machine, by as many callers as there are cores and by a hundred times as many.
func BenchmarkTake(b *testing.B) {
	server := redis.Start(b)
	address, err := ParseAddress(server.Address())
	if err != nil {
		b.Fatal(err)
	}
	c := New(Options{Address: address, Prefix: "test", Timeout: patient, Log: slog.New(slog.DiscardHandler)})
	defer c.Close()
	c.Look(b.Context())
	users := c.Limit("users", Closed)
	for _, callers := range []int{1, 100} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(callers)
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					_, _, err := users.Take(b.Context(), strconv.Itoa(i&1023), platform.Rate{Count: 1_000_000, Per: time.Second}, func() (time.Duration, bool) { return 0, true })
					if err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
