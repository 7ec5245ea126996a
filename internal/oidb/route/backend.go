package route

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

const (
	dialTimeout = time.Second
	// resolveAgain is how long the addresses of a name are used before they are looked up again.
	resolveAgain = 5 * time.Second
	// resolveTimeout bounds a look-up, which goes on when the calls that wait for it end: a resolver asks several servers.
	resolveTimeout = 20 * time.Second
	// eject is how long an instance is avoided after its first failure; it doubles up to ejectMost with each further one.
	eject, ejectMost = 100 * time.Millisecond, 800 * time.Millisecond
	// attempts is how many instances a call is sent to at most.
	attempts = 3
	// retryShare is how many retries are earned by a call, and retriesSaved how many can be saved up: a back end that is down as a
	// whole gets little more than its usual load.
	retryShare, retriesSaved = 0.1, 10
	// maxUnderWay is how many calls a back end may have under way. The next ones fail at once: those to a back end that hangs must not take all
	// the slots of calls that wait, which calls to others need too.
	maxUnderWay = 1024
)

// backend is a group of instances that carry out the same commands.
type backend struct {
	scheme  scheme
	tls     func() *tls.Config
	targets []string // HOST:PORT
	lookUp  func(ctx context.Context, host string) ([]string, error)
	known   chan struct{} // closed when there is an instance

	underWay atomic.Int64

	mu         sync.Mutex
	addresses  [][]string // of each target, as last found
	instances  map[place]*instance
	order      []*instance
	resolved   time.Time
	resolving  chan struct{} // closed when the look-up under way has ended; nil without one under way
	unresolved error         // of the last name without an address
	left       bool
	retries    float64
}

func newBackend(by scheme, targets []string, tls func() *tls.Config) *backend {
	return &backend{
		scheme: by, tls: tls, targets: targets, lookUp: net.DefaultResolver.LookupHost, known: make(chan struct{}),
		addresses: make([][]string, len(targets)), instances: make(map[place]*instance), retries: retriesSaved,
	}
}

// Carry implements oidb.Backend. A call that an instance did not get goes to another one, and so does a repeatable call whose
// connection broke, as long as there are retries. A call beyond maxUnderWay fails at once.
func (b *backend) Carry(ctx context.Context, head wire.Head, body []byte, repeatable bool) (wire.Head, []byte, error) {
	defer b.underWay.Add(-1)
	if b.underWay.Add(1) > maxUnderWay {
		return wire.Head{}, nil, fmt.Errorf("%w: %w", oidb.ErrNotSent, errBusy)
	}
	b.earn()
	var tried [attempts]*instance
	var failed error // the first of a call that may have been carried out, or else the last
	for n := range attempts {
		i, err := b.pick(ctx, tried[:n])
		if err != nil {
			return wire.Head{}, nil, cmp.Or(failed, err)
		}
		answer, rsp, err := i.call(ctx, head, body)
		if err == nil {
			return answer, rsp, nil
		}
		if failed == nil || errors.Is(failed, oidb.ErrNotSent) {
			failed = fmt.Errorf("instance %s: %w", i.address, err)
		}
		again := errors.Is(err, oidb.ErrNotSent) || repeatable && !errors.Is(err, oidb.ErrGarbled)
		if ctx.Err() != nil || !again || n+1 == attempts || !b.spend() {
			break
		}
		tried[n] = i
	}
	return wire.Head{}, nil, failed
}

var errBusy = fmt.Errorf("oidb: the back end has %d calls under way", maxUnderWay)

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

// pick chooses two instances at random, and of them the one with fewer calls under way. Instances that failed a moment ago are
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
		case slices.Contains(tried, i):
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
	n := rand.IntN(len(fit))
	one := fit[n]
	if len(fit) > 1 {
		other := fit[(n+1+rand.IntN(len(fit)-1))%len(fit)]
		if other.underWay.Load() < one.underWay.Load() {
			one = other
		}
	}
	return one, nil
}

// resolve finds the instances, and looks them up again from time to time, while calls go on with those that are known.
func (b *backend) resolve(ctx context.Context) error {
	b.mu.Lock()
	known := len(b.order) > 0
	if b.resolving == nil && !(known && time.Since(b.resolved) < resolveAgain) {
		b.resolving = make(chan struct{})
		go b.lookUpAll()
	}
	resolving := b.resolving
	b.mu.Unlock()
	if known {
		return nil
	}
	select {
	case <-b.known:
	case <-resolving:
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", oidb.ErrNotSent, ctx.Err())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.order) == 0 {
		return fmt.Errorf("%w: %w", oidb.ErrNotSent, b.unresolved)
	}
	return nil
}

// lookUpAll looks up every target. None waits for another, since a server of names may be silent.
func (b *backend) lookUpAll() {
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	var all sync.WaitGroup
	for n, target := range b.targets {
		all.Go(func() {
			host, port, _ := net.SplitHostPort(target) // was checked when the file was read
			hosts, err := []string{host}, error(nil)
			if _, name := netip.ParseAddr(host); name != nil {
				hosts, err = b.lookUp(ctx, host)
			}
			for i, host := range hosts {
				hosts[i] = net.JoinHostPort(host, port)
			}
			b.found(n, hosts, err)
		})
	}
	all.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.resolved = time.Now()
	close(b.resolving)
	b.resolving = nil
}

// found notes the addresses of a target. Those of a name that cannot be resolved stay as they were.
func (b *backend) found(target int, addresses []string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.unresolved = err
		return
	}
	b.addresses[target] = addresses
	before := b.instances
	b.instances, b.order = make(map[place]*instance), nil
	for n, list := range b.addresses {
		for _, address := range list {
			at := place{address: address}
			if b.scheme.named {
				at.target = b.targets[n]
			}
			if b.instances[at] != nil {
				continue // two names have it
			}
			i := before[at]
			if i == nil {
				i = &instance{place: at, backend: b}
				if b.left {
					i.leave()
				}
			}
			b.instances[at] = i
			b.order = append(b.order, i)
		}
	}
	for at, gone := range before {
		if b.instances[at] == nil {
			gone.leave()
		}
	}
	if len(before) == 0 {
		close(b.known)
	}
}

// leave ends the connections to all instances when no call can be under way any more.
func (b *backend) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
	for _, i := range b.order {
		i.leave()
	}
}

// close ends the connections to all instances at once.
func (b *backend) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
	for _, i := range b.order {
		i.close()
	}
}

// place is where an instance is.
type place struct {
	address string // IP:PORT
	target  string // HOST:PORT as in the file, for schemes by which a back end hears or proves its name
}

// instance is one process of a back end, with clients on which calls do not wait for one another.
type instance struct {
	place
	backend  *backend
	underWay atomic.Int64

	mu       sync.Mutex
	links    []*link // those that can be used, and some that have ended since
	dialing  *dial   // nil without one under way
	failures int     // in a row
	avoided  time.Time
	closed   bool
}

var errLeft = errors.New("oidb: the route has changed")

// link is a client with a number of calls, which its instance's mu guards.
type link struct {
	client
	calls int
}

// dial is an attempt to connect, which calls share.
type dial struct {
	ended chan struct{}
	link  *link // set before the end, as is err
	err   error
}

func (i *instance) avoidedUntil() time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.avoided
}

func (i *instance) call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error) {
	i.underWay.Add(1)
	defer i.underWay.Add(-1)
	l, err := i.connected(ctx)
	if err != nil {
		return wire.Head{}, nil, fmt.Errorf("%w: %w", oidb.ErrNotSent, err)
	}
	answer, rsp, err := l.Call(ctx, head, body)
	ended := l.Err() != nil
	i.mu.Lock()
	defer i.mu.Unlock()
	l.calls--
	if err == nil {
		i.failures, i.avoided = 0, time.Time{}
	}
	if n := slices.Index(i.links, l); ended && n >= 0 { // a call that only ran out of its caller's time says nothing about the instance
		i.links = slices.Delete(i.links, n, n+1)
		i.avoid()
	}
	return answer, rsp, err
}

// avoid requires mu. Several links that end together are one failure.
func (i *instance) avoid() {
	now := time.Now()
	if now.Before(i.avoided) {
		return
	}
	i.avoided = now.Add(min(eject<<min(i.failures, 8), ejectMost))
	i.failures++
}

// connected returns a link for one more call, and dials for it when no link has room. Calls share a dial, which goes on when they end.
func (i *instance) connected(ctx context.Context) (*link, error) {
	var dialed *link
	for {
		i.mu.Lock()
		if l := i.room(dialed); l != nil {
			l.calls++
			i.mu.Unlock()
			return l, nil
		}
		if i.dialing == nil {
			i.dialing = &dial{ended: make(chan struct{})}
			go i.dial(i.dialing)
		}
		d := i.dialing
		i.mu.Unlock()
		select {
		case <-d.ended:
			if d.err != nil {
				return nil, d.err
			}
			dialed = d.link
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// room returns a link that takes another call, or nil. A call that has waited for a link takes that one even if it has ended again, and fails,
// so that it does not dial without end. It requires mu.
func (i *instance) room(dialed *link) *link {
	most := i.backend.scheme.window
	if dialed != nil && dialed.calls < most {
		return dialed
	}
	i.links = slices.DeleteFunc(i.links, func(l *link) bool { return l.Err() != nil })
	for _, l := range i.links {
		if l.calls < most {
			return l
		}
	}
	return nil
}

func (i *instance) dial(d *dial) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	client, err := i.backend.scheme.dial(ctx, i.place, i.backend.tls())
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case err != nil:
		d.err = err
		i.avoid()
	case i.closed:
		_ = client.Close() // cannot fail
		d.err = errLeft
	default:
		d.link = &link{client: client}
		i.links = append(i.links, d.link)
	}
	i.dialing = nil
	close(d.ended)
}

// leave ends the connections when no call can be under way any more.
func (i *instance) leave() { time.AfterFunc(oidb.Deadline, i.close) }

func (i *instance) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	for _, l := range i.links {
		_ = l.Close() // cannot fail
	}
	i.links = nil
}
