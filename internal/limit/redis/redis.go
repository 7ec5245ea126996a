// Package redis counts calls against rates in one Redis or Valkey for all gateways of a platform, by the rules of package limit. A call is
// one step there, on one key, which expires by itself. Nothing that the platform needs is kept there: a Redis that is lost, emptied or
// replaced costs what was used up of the rates.
package redis

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/rueidis"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
)

// Policy says what becomes of a limit's calls while Redis is away.
type Policy string

// The policies.
const (
	Local  Policy = "local"  // each gateway counts its own
	Open   Policy = "open"   // every call is let through
	Closed Policy = "closed" // no call is
)

// ErrAway is the error of a call that may not be made uncounted, and that Redis cannot count.
var ErrAway = errors.New("redis is away, and by its setting no call is made that is not counted there")

// Options say which Redis counts, and how.
type Options struct {
	Address  Address
	Password string
	TLS      func() *tls.Config // of a new connection, if Address.TLS
	Prefix   string             // of all keys; without braces
	Timeout  time.Duration      // of one call
	Log      *slog.Logger
}

const (
	lookEvery = time.Second // how often Redis is asked whether it is there
	lookTime  = time.Second // how long its answer, or a new connection, may take, unless a call may take longer
	tripAfter = 5           // failures between two looks, after which no call waits for Redis before the next look
	maxCalls  = 1000        // under way; the library has room for 1,024 on a connection, and lets the next wait without an end
	warnEvery = time.Minute // where Redis comes and goes
)

// Counter counts calls in Redis. It is safe for concurrent use.
type Counter struct {
	options Options
	client  atomic.Pointer[rueidis.Client] // nil until Redis was there once
	script  *rueidis.Lua

	away     atomic.Bool
	failures atomic.Int32 // since the last look
	calls    atomic.Int32 // under way
	warnings limit.Bucket
	warned   atomic.Bool // and not yet said that it is back

	uncounted *prometheus.CounterVec
	now       func() time.Time // in place of Redis's own time, for tests; nil
}

// New returns a counter for which Redis is away until Look finds it.
func New(o Options) *Counter {
	c := &Counter{options: o, script: rueidis.NewLuaScript(take), uncounted: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rookery_redis_uncounted_total", Help: "Calls that were not counted in Redis because it was away, by kind of rate.",
	}, []string{"rate"})}
	c.away.Store(true)
	return c
}

// Measure registers the metrics.
func (c *Counter) Measure(metrics prometheus.Registerer) {
	metrics.MustRegister(c.uncounted, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rookery_redis_up", Help: "1 while Redis counts the calls, 0 while it is away.",
	}, func() float64 {
		if c.Away() {
			return 0
		}
		return 1
	}))
}

// Away reports whether calls are not counted in Redis.
func (c *Counter) Away() bool { return c.away.Load() }

// Run looks once a second whether Redis is there, until ctx ends. Callers do not wait for one that is not.
func (c *Counter) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.Look(ctx)
		}
	}
}

// Look finds out whether Redis is there, which takes a few seconds at most. It must not run twice at the same time.
func (c *Counter) Look(ctx context.Context) {
	err := c.probe(ctx)
	if ctx.Err() != nil {
		return
	}
	c.failures.Store(0)
	if err != nil {
		c.lose(err)
		return
	}
	if c.away.Swap(false) && c.warned.Swap(false) {
		c.options.Log.Info("Redis is back and counts the calls")
	}
}

// probe counts a call of nobody, since a Redis that answers may still take no writes. While Redis is away, it connects anew: of several
// connections that have ended, each would be noticed by a call alone.
func (c *Counter) probe(ctx context.Context) error {
	if c.Away() {
		if err := c.connect(); err != nil {
			return err
		}
	}
	_, err := c.take(ctx, c.options.Prefix+":look", platform.Rate{Count: 1, Per: time.Millisecond}, c.patience())
	return err
}

func (c *Counter) patience() time.Duration { return max(lookTime, c.options.Timeout) }

func (c *Counter) connect() error {
	o := &c.options
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:         o.Address.Hosts,
		Username:            o.Address.User,
		Password:            o.Password,
		SelectDB:            o.Address.Database,
		ForceSingleClient:   o.Address.Unix,
		ClientName:          "rookery",
		Dialer:              net.Dialer{Timeout: c.patience(), KeepAlive: lookTime},
		DialCtxFn:           c.dial,
		ConnWriteTimeout:    c.patience(), // a connection on which nothing comes for so long is given up
		ReadBufferEachConn:  16 << 10,
		WriteBufferEachConn: 16 << 10,
		DisableCache:        true,
		DisableRetry:        true,
	})
	if err != nil {
		if client != nil {
			client.Close()
		}
		return err
	}
	if old := c.client.Swap(&client); old != nil {
		(*old).Close()
	}
	return nil
}

func (c *Counter) dial(ctx context.Context, address string, dialer *net.Dialer, _ *tls.Config) (net.Conn, error) {
	switch {
	case c.options.Address.Unix:
		return dialer.DialContext(ctx, "unix", address)
	case c.options.Address.TLS:
		return (&tls.Dialer{NetDialer: dialer, Config: c.options.TLS()}).DialContext(ctx, "tcp", address)
	}
	return dialer.DialContext(ctx, "tcp", address)
}

// lose takes Redis for away until the next look that finds it.
func (c *Counter) lose(err error) {
	if c.away.Swap(true) && c.warned.Load() {
		return
	}
	if _, ok := c.warnings.Take(platform.Rate{Count: 1, Per: warnEvery}, time.Now()); ok {
		c.warned.Store(true)
		c.options.Log.Warn("Redis is away: until it is back, calls are counted as redis.apps, redis.users and redis.commands say",
			"redis", strings.Join(c.options.Address.Hosts, ","), "error", err.Error())
	}
}

// Close ends the connections. No call may follow.
func (c *Counter) Close() {
	if client := c.client.Load(); client != nil {
		(*client).Close()
	}
}

// take is GCRA in one step. Its time is that of Redis, which is one for all gateways.
//
//go:embed take.lua
var take string

// take counts a call of a key, unless the rate is used up; then it returns how long to wait for the next.
func (c *Counter) take(ctx context.Context, key string, rate platform.Rate, patience time.Duration) (wait time.Duration, err error) {
	defer c.calls.Add(-1)
	if c.calls.Add(1) > maxCalls {
		return 0, errBusy
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args := []string{decimal(limit.Interval(rate)), decimal(rate.Per), decimal(limit.Slack)}
	if c.now != nil {
		args = append(args, strconv.FormatInt(c.now().UnixMicro(), 10))
	}
	left, err := c.script.Exec(bounded, *c.client.Load(), []string{key}, args).AsInt64()
	return time.Duration(left), err
}

var errBusy = fmt.Errorf("%d calls wait for it", maxCalls)

func decimal(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }

// Limit returns one of the kinds of rates, whose name is in its keys and metrics.
func (c *Counter) Limit(name string, away Policy) *Limit {
	return &Limit{counter: c, prefix: c.options.Prefix + ":" + name + ":{", away: away, uncounted: c.uncounted.WithLabelValues(name)}
}

// Limit is a kind of rates.
type Limit struct {
	counter   *Counter
	prefix    string
	away      Policy
	uncounted prometheus.Counter
}

// Take counts a call of key, unless the key's rate is used up; then it returns how long to wait for the next. It takes no longer than
// Options.Timeout. While Redis is away, the limit's policy decides: Local has the call counted by local, Open lets it through, and Closed
// returns ErrAway.
func (l *Limit) Take(ctx context.Context, key string, rate platform.Rate, local func() (time.Duration, bool)) (wait time.Duration, ok bool, err error) {
	c := l.counter
	if !c.Away() {
		// The braces name what a Redis Cluster chooses the node by.
		wait, err := c.take(ctx, l.prefix+key+"}", rate, c.options.Timeout)
		if err == nil {
			return wait, wait == 0, nil
		}
		if ctx.Err() == nil && c.failures.Add(1) >= tripAfter {
			c.lose(err)
		}
	}
	l.uncounted.Inc()
	switch l.away {
	case Open:
		return 0, true, nil
	case Closed:
		return 0, false, ErrAway
	}
	wait, ok = local()
	return wait, ok, nil
}
