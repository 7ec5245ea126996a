package route

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

const (
	dialTimeout = time.Second
	// resolveAgain is how long the addresses of a name are used before they are looked up again.
	resolveAgain = 5 * time.Second
	// eject is how long an instance is avoided after its first failure; it doubles up to ejectMost with each further one.
	eject, ejectMost = 100 * time.Millisecond, 800 * time.Millisecond
	// attempts is how many instances a call is sent to at most.
	attempts = 3
	// retryShare is how many retries are earned by a call, and retriesSaved how many can be saved up: a back end that is down as a
	// whole gets little more than its usual load.
	retryShare, retriesSaved = 0.1, 10
)

// backend is a group of instances that carry out the same commands.
type backend struct {
	targets []string // HOST:PORT

	mu        sync.Mutex
	instances map[string]*instance // by address
	order     []*instance
	resolved  time.Time
	resolving bool
	retries   float64
}

func newBackend(targets []string) *backend {
	return &backend{targets: targets, instances: make(map[string]*instance), retries: retriesSaved}
}

// Carry implements oidb.Backend. A call that an instance did not get goes to another one, and so does a repeatable call whose
// connection broke, as long as there are retries.
func (b *backend) Carry(ctx context.Context, head wire.Head, body []byte, repeatable bool) (wire.Head, []byte, error) {
	b.earn()
	var tried [attempts]*instance
	var failed error
	for n := range attempts {
		i, err := b.pick(ctx, tried[:n])
		if err != nil {
			return wire.Head{}, nil, errors.Join(failed, err)
		}
		answer, rsp, err := i.call(ctx, head, body)
		if err == nil {
			return answer, rsp, nil
		}
		err = fmt.Errorf("instance %s: %w", i.address, err)
		if ctx.Err() != nil || !(errors.Is(err, oidb.ErrNotSent) || repeatable) || n+1 == attempts || !b.spend() {
			return wire.Head{}, nil, err
		}
		tried[n], failed = i, err
	}
	return wire.Head{}, nil, failed
}

func (b *backend) earn() {
	b.mu.Lock()
	b.retries = min(b.retries+retryShare, retriesSaved)
	b.mu.Unlock()
}

func (b *backend) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.retries < 1 {
		return false
	}
	b.retries--
	return true
}

// pick chooses one of two instances at random, the one with fewer calls under way. Instances that failed a moment ago are
// avoided while there are others; those of tried are left out.
func (b *backend) pick(ctx context.Context, tried []*instance) (*instance, error) {
	if err := b.resolve(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	var fit, avoided []*instance
	for _, i := range b.order {
		switch {
		case contains(tried, i):
		case now.Before(i.avoidedUntil()):
			avoided = append(avoided, i)
		default:
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		fit = avoided
	}
	if len(fit) == 0 {
		return nil, fmt.Errorf("%w: there is no other instance", oidb.ErrNotSent)
	}
	one, other := fit[rand.IntN(len(fit))], fit[rand.IntN(len(fit))]
	if other.underWay.Load() < one.underWay.Load() {
		one = other
	}
	return one, nil
}

func contains(list []*instance, i *instance) bool {
	for _, one := range list {
		if one == i {
			return true
		}
	}
	return false
}

// resolve finds the instances, and looks them up again from time to time, while calls go on with those that are known.
func (b *backend) resolve(ctx context.Context) error {
	b.mu.Lock()
	fresh := time.Since(b.resolved) < resolveAgain
	known := len(b.order) > 0
	if fresh && known || b.resolving && known {
		b.mu.Unlock()
		return nil
	}
	b.resolving = true
	b.mu.Unlock()
	if known {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), resolveAgain)
			defer cancel()
			_ = b.lookUp(ctx) // the known instances serve on
		}()
		return nil
	}
	return b.lookUp(ctx)
}

func (b *backend) lookUp(ctx context.Context) error {
	addresses, err := lookUp(ctx, b.targets)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.resolving, b.resolved = false, time.Now()
	if len(addresses) == 0 {
		if len(b.order) > 0 {
			return nil
		}
		return fmt.Errorf("%w: %w", oidb.ErrNotSent, err)
	}
	before := b.instances
	b.instances, b.order = make(map[string]*instance), nil
	for _, address := range addresses {
		i := before[address]
		if i == nil {
			i = &instance{address: address}
		}
		delete(before, address)
		if b.instances[address] == nil {
			b.instances[address] = i
			b.order = append(b.order, i)
		}
	}
	for _, gone := range before {
		gone.leave()
	}
	return nil
}

// lookUp returns the addresses of targets. Names that cannot be resolved are left out; the error is about one of them.
func lookUp(ctx context.Context, targets []string) (addresses []string, err error) {
	for _, target := range targets {
		host, port, _ := net.SplitHostPort(target) // was checked when the file was read
		if _, parsed := netip.ParseAddr(host); parsed == nil {
			addresses = append(addresses, target)
			continue
		}
		hosts, failed := net.DefaultResolver.LookupHost(ctx, host)
		if failed != nil {
			err = failed
			continue
		}
		for _, h := range hosts {
			addresses = append(addresses, net.JoinHostPort(h, port))
		}
	}
	return addresses, err
}

// leave ends the connections to all instances when no call can be under way any more.
func (b *backend) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.order {
		i.leave()
	}
}

// close ends the connections to all instances at once.
func (b *backend) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.order {
		i.close()
	}
}

// instance is one process of a back end, with one connection, on which calls do not wait for one another.
type instance struct {
	address  string
	underWay atomic.Int64

	mu       sync.Mutex
	client   *tcp.Client
	dialing  chan struct{} // closed when the dial under way has ended; nil without one under way
	failed   error         // of the last dial
	failures int           // in a row
	avoided  time.Time
	closed   bool
}

func (i *instance) avoidedUntil() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.avoided
}

func (i *instance) call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error) {
	i.underWay.Add(1)
	defer i.underWay.Add(-1)
	client, err := i.connected(ctx)
	if err != nil {
		return wire.Head{}, nil, fmt.Errorf("%w: %w", oidb.ErrNotSent, err)
	}
	answer, rsp, err := client.Call(ctx, head, body)
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case err == nil:
		i.failures, i.avoided = 0, time.Time{}
	case !errors.Is(err, context.Canceled): // a caller that left says nothing about the instance
		i.avoid()
	}
	if err != nil && i.client == client && client.Err() != nil {
		i.client = nil
	}
	return answer, rsp, err
}

// avoid requires mu.
func (i *instance) avoid() {
	i.avoided = time.Now().Add(min(eject<<min(i.failures, 8), ejectMost))
	i.failures++
}

// connected returns the connection, or dials for one. Calls share a dial, which goes on when they end.
func (i *instance) connected(ctx context.Context) (*tcp.Client, error) {
	i.mu.Lock()
	if i.client != nil && i.client.Err() == nil {
		defer i.mu.Unlock()
		return i.client, nil
	}
	if i.dialing == nil {
		i.dialing = make(chan struct{})
		go i.dial()
	}
	dialing := i.dialing
	i.mu.Unlock()
	select {
	case <-dialing:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.client == nil {
		return nil, i.failed
	}
	return i.client, nil
}

func (i *instance) dial() {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	client, err := tcp.Dial(ctx, i.address)
	i.mu.Lock()
	defer i.mu.Unlock()
	if err == nil && i.closed {
		err = errors.Join(tcp.ErrClosed, client.Close())
		client = nil
	}
	i.client, i.failed = client, err
	if err != nil {
		i.avoid()
	}
	close(i.dialing)
	i.dialing = nil
}

// leave ends the connection when no call can be under way any more.
func (i *instance) leave() { time.AfterFunc(oidb.Deadline, i.close) }

func (i *instance) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	if i.client != nil {
		_ = i.client.Close() // cannot fail
		i.client = nil
	}
}
