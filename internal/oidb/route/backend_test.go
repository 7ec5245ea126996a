package route

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/connect"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// process is a bus that answers 0x711_1, as another process would.
type process struct {
	address string
	calls   atomic.Int64
	stop    func()
}

// start starts a process on an address, for the callers of a scheme without TLS; port 0 takes a free one.
func start(t *testing.T, scheme, address string) *process {
	t.Helper()
	return startWith(t, scheme, address, func(context.Context) {})
}

// patience is how long a call of a process may wait.
const patience = 20 * time.Second

// startWith starts a process that does something in each call.
func startWith(t *testing.T, scheme, address string, during func(context.Context)) *process {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{address: listener.Addr().String()}
	bus := oidb.NewBus()
	oidb.Handle(bus, oidb.CheckAccess, func(ctx context.Context, _ wire.CheckRequest) (wire.CheckResponse, error) {
		p.calls.Add(1)
		during(ctx)
		return wire.CheckResponse{UIN: 10001}, nil
	})
	log := slog.New(slog.DiscardHandler)
	bus.Observe(log, prometheus.NewRegistry(), nil)
	if scheme == "oidb+tcp" {
		server := tcp.NewServer(bus, log, prometheus.NewRegistry(), tcp.Options{Deadline: patience})
		go func() { _ = server.Serve(listener) }() // ends with stop
		p.stop = func() {
			now, cancel := context.WithCancel(context.Background())
			cancel()
			_ = server.Shutdown(now) // says which connections it cut off
		}
	} else {
		server := &http.Server{
			Handler: connect.NewHandler(bus, connect.Options{Deadline: patience}), Protocols: new(http.Protocols), HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 128},
		}
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
		go func() { _ = server.Serve(listener) }() // ends with stop
		p.stop = func() { _ = server.Close() }     // the listener may be closed already
	}
	t.Cleanup(p.stop)
	return p
}

// everyScheme runs a test with each scheme without TLS.
func everyScheme(t *testing.T, test func(t *testing.T, scheme string)) {
	for _, scheme := range []string{"oidb+tcp", "connect+http", "grpc"} {
		t.Run(scheme, func(t *testing.T) { test(t, scheme) })
	}
}

var (
	forwarded = wire.Head{Command: oidb.CheckAccess.ID, Forwarded: true}
	request   = oidb.CheckAccess.AppendRequest(nil, wire.CheckRequest{AppID: 1})
)

// carry makes one call that must not be repeated.
func carry(ctx context.Context, b *backend) (wire.Head, []byte, error) {
	return b.Carry(ctx, forwarded, request, false)
}

// ask makes one call, which takes a second at most.
func ask(t *testing.T, b *backend, repeatable bool) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	answer, body, err := b.Carry(ctx, forwarded, request, repeatable)
	if err != nil {
		return err
	}
	if rsp, err := wire.ParseCheckResponse(body); err != nil || answer.Result != 0 || rsp.UIN != 10001 {
		t.Errorf("got %+v, %+v, %v", answer, rsp, err)
	}
	return nil
}

func noTLS() *tls.Config { return new(tls.Config) }

func open(t *testing.T, scheme string, addresses ...string) *backend {
	b := newBackend(schemes[scheme], addresses, noTLS)
	t.Cleanup(b.close)
	return b
}

func TestInstancesShareTheCalls(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		one, other := start(t, scheme, "127.0.0.1:0"), start(t, scheme, "127.0.0.1:0")
		b := open(t, scheme, one.address, other.address)
		for range 20_000 { // one that is slow to take its connection is left alone for a while
			if err := ask(t, b, false); err != nil {
				t.Fatal(err)
			}
			if one.calls.Load() >= 100 && other.calls.Load() >= 100 {
				return
			}
		}
		t.Errorf("of 20,000 calls one instance got %d, the other %d", one.calls.Load(), other.calls.Load())
	})
}

// TestAnInstanceThatStops: its calls go to the other one, whether they may be repeated or not, since it does not get them; when it
// is back, it has its share again.
func TestAnInstanceThatStops(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		one, other := start(t, scheme, "127.0.0.1:0"), start(t, scheme, "127.0.0.1:0")
		b := open(t, scheme, one.address, other.address)
		for range 20 {
			if err := ask(t, b, false); err != nil {
				t.Fatal(err)
			}
		}
		one.stop()
		gone := b.instance(one.address)
		found := scheme == "oidb+tcp" // over HTTP the end is found by a call, which may have to be repeated
		for found && gone.connection() != nil && gone.connection().Err() == nil {
			// the end of the connection is on its way
		}
		for range 50 {
			if err := ask(t, b, !found); err != nil {
				t.Fatalf("with one of two instances: %v", err)
			}
		}
		again := start(t, scheme, one.address)
		for until := time.Now().Add(30 * time.Second); again.calls.Load() == 0; {
			if err := ask(t, b, false); err != nil || time.Now().After(until) {
				t.Fatalf("the instance that is back gets no calls: %v", err)
			}
		}
	})
}

// instance returns the instance at an address, for tests.
func (b *backend) instance(address string) *instance {
	b.mu.Lock()
	defer b.mu.Unlock()
	for at, i := range b.instances {
		if at.address == address {
			return i
		}
	}
	return nil
}

// known returns the instance at an address once it is found: addresses are looked up side by side, and a call waits for one of them.
func known(t *testing.T, b *backend, address string) *instance {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; runtime.Gosched() {
		if i := b.instance(address); i != nil {
			return i
		}
		if time.Now().After(until) {
			t.Fatalf("%s is not found", address)
		}
	}
}

// connection returns the instance's first connection, nil without one; for tests.
func (i *instance) connection() client {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.links) == 0 {
		return nil
	}
	return i.links[0].client
}

// load returns how many calls are under way on how many connections, for tests.
func (i *instance) load() (calls, connections int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, l := range i.links {
		calls += l.calls
	}
	return calls, len(i.links)
}

// TestCallsThatWaitHoldUpNoOther: more calls wait at a back end than it carries out for one connection.
func TestCallsThatWaitHoldUpNoOther(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		const calls = 200
		var arrived atomic.Int64
		whole := make(chan struct{})
		p := startWith(t, scheme, "127.0.0.1:0", func(ctx context.Context) {
			ctx = oidb.Wait(ctx)
			if arrived.Add(1) == calls {
				close(whole)
			}
			select {
			case <-whole:
			case <-ctx.Done():
				t.Errorf("only %d calls arrive", arrived.Load())
			}
		})
		b := open(t, scheme, p.address)
		var all sync.WaitGroup
		for range calls {
			all.Go(func() {
				if _, _, err := carry(t.Context(), b); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

// TestABackEndThatHangs gets a bounded number of calls. The next ones fail at once, and so take no slots from the calls to others.
func TestABackEndThatHangs(t *testing.T) {
	address, _ := silent(t)
	b := open(t, "oidb+tcp", address)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for range 1024 {
		all.Go(func() {
			if _, _, err := carry(ctx, b); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
	begun, connections := 0, 0
	for until := time.Now().Add(time.Minute); begun < 1024; runtime.Gosched() {
		if time.Now().After(until) {
			t.Fatalf("only %d calls have begun", begun)
		}
		if i := b.instance(address); i != nil {
			begun, connections = i.load()
		}
	}
	if connections != 8 {
		t.Errorf("1024 calls have %d connections", connections)
	}
	short, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	if _, _, err := carry(short, b); !errors.Is(err, oidb.ErrNotSent) {
		t.Errorf("one call more: %v", err)
	}
}

// TestAnInstanceThatHangs gets no calls while another one has fewer.
func TestAnInstanceThatHangs(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		hangs, _ := silent(t)
		good := start(t, scheme, "127.0.0.1:0")
		b := open(t, scheme, hangs, good.address)
		if err := ask(t, b, true); err != nil && !errors.Is(err, context.DeadlineExceeded) { // to know the instances
			t.Fatal(err)
		}
		hanging := known(t, b, hangs)
		known(t, b, good.address)
		hanging.underWay.Add(1)
		for range 50 {
			if got, err := b.pick(t.Context(), nil); err != nil || got == hanging {
				t.Fatalf("the call goes to %v, %v", got, err)
			}
		}
	})
}

func TestNobodyListens(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		b := open(t, scheme, "127.0.0.1:1")
		if err := ask(t, b, true); !errors.Is(err, oidb.ErrNotSent) {
			t.Errorf("got %v, want that it was not sent", err)
		}
		if err := ask(t, open(t, scheme, "nowhere.invalid:1"), true); !errors.Is(err, oidb.ErrNotSent) {
			t.Errorf("a name without an address: %v", err)
		}
	})
}

func TestNamesAreResolved(t *testing.T) {
	p := start(t, "oidb+tcp", "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(p.address)
	if err := ask(t, open(t, "oidb+tcp", "localhost:"+port), false); err != nil {
		t.Error(err)
	}
}

// TestNamesAreLookedUpSideBySide: a name whose server is silent, or does not know it any more, holds up no other and loses nothing.
func TestNamesAreLookedUpSideBySide(t *testing.T) {
	p := start(t, "oidb+tcp", "127.0.0.1:0")
	_, port, _ := net.SplitHostPort(p.address)
	b := open(t, "oidb+tcp", "hangs.example:"+port, "works.example:"+port)
	hangs := make(chan struct{})
	var lost atomic.Bool
	b.lookUp = func(ctx context.Context, host string) ([]string, error) {
		switch {
		case host == "hangs.example":
			<-hangs
			return nil, errors.New("no answer")
		case lost.Load():
			return nil, errors.New("no such host")
		default:
			return []string{"127.0.0.1"}, nil
		}
	}
	if err := ask(t, b, false); err != nil {
		t.Fatalf("while a name hangs: %v", err)
	}
	again := func() {
		b.mu.Lock()
		b.resolved = time.Time{}
		ended := b.resolving
		b.mu.Unlock()
		if err := ask(t, b, false); err != nil {
			t.Fatal(err)
		}
		if ended == nil {
			b.mu.Lock()
			ended = b.resolving
			b.mu.Unlock()
		}
		if ended != nil {
			<-ended
		}
	}
	close(hangs)
	again()
	lost.Store(true)
	again()
	again()
	if err := ask(t, b, false); err != nil {
		t.Errorf("once the name is not known any more: %v", err)
	}
}

// TestCallsShareALookUp: while nothing is known, a call waits for the look-up under way, but not beyond its deadline.
func TestCallsShareALookUp(t *testing.T) {
	b := open(t, "oidb+tcp", "hangs.example:1")
	hangs := make(chan struct{})
	var lookUps atomic.Int64
	b.lookUp = func(context.Context, string) ([]string, error) {
		lookUps.Add(1)
		<-hangs
		return nil, errors.New("no answer")
	}
	defer close(hangs)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, _, err := b.Carry(ctx, wire.Head{}, nil, true)
		cancel()
		if !errors.Is(err, oidb.ErrNotSent) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
	if n := lookUps.Load(); n != 1 {
		t.Errorf("%d look-ups are under way", n)
	}
}

// silent accepts connections, reads what comes and answers nothing. closed gets a value for each connection that its peer ends.
func silent(t *testing.T) (address string, closed chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	closed = make(chan struct{}, 100)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, c)
				c.Close()
				closed <- struct{}{}
			}()
		}
	}()
	return listener.Addr().String(), closed
}

// TestASilentInstance: a call ends with its deadline and is not repeated, since it may have been carried out; the connection, which
// something between the two may have lost, is not used again.
func TestASilentInstance(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		address, closed := silent(t)
		b := open(t, scheme, address)
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
			_, _, err := b.Carry(ctx, wire.Head{Command: oidb.CheckAccess.ID}, nil, true)
			cancel()
			if err == nil || errors.Is(err, oidb.ErrNotSent) {
				t.Fatalf("got %v, want that no answer came", err)
			}
			<-closed
		}
	})
}

// TestACallInAHurry says nothing about its instance, neither to the calls on its connection nor to later ones.
func TestACallInAHurry(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		address, _ := silent(t)
		b := open(t, scheme, address)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := b.Carry(ctx, wire.Head{Command: oidb.CheckAccess.ID}, nil, true); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		i := b.instance(address)
		if c := i.connection(); c == nil || c.Err() != nil || !i.avoidedUntil().IsZero() {
			t.Errorf("the connection is %v, and the instance avoided until %v", c, i.avoidedUntil())
		}
	})
}

// TestConnectionsThatEndAtOnce: calls share a dial, and some of them have already seen the end of its connection when others get it.
func TestConnectionsThatEndAtOnce(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				c.Close()
			}
		}()
		b := open(t, scheme, listener.Addr().String())
		var all sync.WaitGroup
		for range 32 {
			all.Go(func() {
				for range 50 {
					if err := ask(t, b, false); err == nil {
						t.Error("an answer")
					}
				}
			})
		}
		all.Wait()
	})
}

// TestABrokenConnection: a call whose connection ends before its answer goes to another instance if it may be repeated.
func TestABrokenConnection(t *testing.T) {
	everyScheme(t, func(t *testing.T, scheme string) {
		var calls atomic.Int64
		breaking := func() (address string) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { listener.Close() })
			go func() {
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					var frame [9]byte
					_, _ = io.ReadFull(c, frame[:])
					calls.Add(1)
					c.Close()
				}
			}()
			return listener.Addr().String()
		}
		one := breaking()
		good := start(t, scheme, "127.0.0.1:0")
		b := open(t, scheme, one, good.address)
		for range 20 {
			if err := ask(t, b, true); err != nil {
				t.Fatalf("a repeatable call: %v", err)
			}
		}
		if calls.Load() == 0 {
			t.Fatal("no call met the broken connection")
		}
		before := calls.Load()
		if err := ask(t, open(t, scheme, one, breaking()), false); err == nil || errors.Is(err, oidb.ErrNotSent) {
			t.Errorf("a call that may have been carried out: %v", err)
		}
		if calls.Load() != before+1 {
			t.Errorf("it was sent %d times", calls.Load()-before)
		}
		if err := ask(t, open(t, scheme, one), true); err == nil || errors.Is(err, oidb.ErrNotSent) {
			t.Errorf("a call that may have been carried out, without another instance: %v", err)
		}
	})
}

// TestRetriesAreBounded: a back end that is down as a whole gets little more than its usual load.
func TestRetriesAreBounded(t *testing.T) {
	b := open(t, "oidb+tcp", "127.0.0.1:1", "127.0.0.2:1", "127.0.0.3:1") // where nobody listens
	for range 200 {
		if err := ask(t, b, true); !errors.Is(err, oidb.ErrNotSent) {
			t.Fatal(err)
		}
	}
	if b.retries >= 1 {
		t.Errorf("%v retries are left after 200 failures", b.retries)
	}
	for range 10 {
		b.earn()
	}
	if !b.spend() || b.spend() {
		t.Error("ten calls do not earn one retry")
	}
}

func TestTheFileIsFollowed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "routes.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, "oidb+tcp", "127.0.0.1:0")
	bus := oidb.NewBus()
	oidb.Handle(bus, oidb.CheckAccess, func(context.Context, wire.CheckRequest) (wire.CheckResponse, error) {
		return wire.CheckResponse{UIN: 1}, nil
	})
	carriedOut := func(want int64) {
		t.Helper()
		if _, err := oidb.Call(t.Context(), bus, oidb.CheckAccess, wire.CheckRequest{}); err != nil {
			t.Error(err)
		}
		if got := p.calls.Load(); got != want {
			t.Errorf("the other process got %d calls, want %d", got, want)
		}
	}
	write("0x711_1: inproc")
	r, err := New(file, bus, noTLS)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	carriedOut(0)
	// follow writes the file and looks until it has settled.
	follow := func(text string) (changed bool, err error) {
		t.Helper()
		write(text)
		if changed, err := r.look(); changed || err != nil {
			t.Fatalf("%q, which may not be the whole file yet: %v, %v", text, changed, err)
		}
		return r.look()
	}
	elsewhere := "0x711_1: oidb+tcp://" + p.address
	if changed, err := follow(elsewhere); !changed || err != nil {
		t.Fatalf("a changed file: %v, %v", changed, err)
	}
	carriedOut(1)
	if changed, err := r.look(); changed || err != nil {
		t.Fatalf("the same file: %v, %v", changed, err)
	}
	for _, part := range []string{"", "# the routes\n", elsewhere} { // as it is written bit by bit
		write(part)
		if changed, err := r.look(); changed || err != nil {
			t.Fatalf("%q: %v, %v", part, changed, err)
		}
	}
	carriedOut(2)
	if changed, err := follow("0x711_1: nonsense"); changed || err == nil {
		t.Fatalf("a file with a fault: %v, %v", changed, err)
	}
	if changed, err := r.look(); changed || err == nil {
		t.Fatalf("the same file with a fault: %v, %v", changed, err)
	}
	carriedOut(3)
	if _, err := follow("0x711_1: none"); err != nil {
		t.Fatal(err)
	}
	if _, err := oidb.Call(t.Context(), bus, oidb.CheckAccess, wire.CheckRequest{}); err == nil {
		t.Error("a command without a back end answers")
	}
	if _, err := follow(""); err != nil {
		t.Fatal(err)
	}
	carriedOut(3)
	if _, err := New(filepath.Join(t.TempDir(), "missing"), bus, noTLS); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// TestALargestCallIsForwarded: by Connect a call's head does not count, and in a frame it does.
func TestALargestCallIsForwarded(t *testing.T) {
	head := wire.Head{
		UIN: 1<<64 - 1, Command: oidb.CheckAccess.ID, ClientAddr: netip.MustParseAddr("2001:db8::1"), RequestID: bytes.Repeat([]byte("r"), 64),
	}
	body := func(token int) []byte {
		return oidb.CheckAccess.AppendRequest(nil, wire.CheckRequest{AppID: 1, Token: strings.Repeat("x", token)})
	}
	envelope := len(body(60_000)) - 60_000
	everyScheme(t, func(t *testing.T, scheme string) {
		b := open(t, scheme, start(t, scheme, "127.0.0.1:0").address)
		here := echo()
		here.Route(map[oidb.ID]oidb.Route{oidb.CheckAccess.ID: {Formal: b, Test: b}})
		for size, want := range map[int]uint32{65_536: 0, 65_537: 147} {
			in := oidb.Inbound{Head: head, Body: body(size - envelope), Peer: netip.MustParseAddr("127.0.0.1"), Size: size, Limit: 65_536, Deadline: patience}
			if answer := here.Serve(t.Context(), &in, nil); answer.Result != want || len(in.Body) != size {
				t.Errorf("a call with %d bytes: %d, want %d", len(in.Body), answer.Result, want)
			}
		}
	})
}
