package client_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
	"github.com/rookeryhq/rookery/test/rookery"
)

// oidbServer is a running OIDBServer.
type oidbServer struct {
	*client.OIDBServer
	addr  string
	log   *lockedBuffer
	ended chan error // what Serve returned
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// serveOIDB serves the commands 0xe10 of the handlers' service types.
func serveOIDB(t *testing.T, s *client.OIDBServer, handlers map[uint32]client.OIDBHandler) *oidbServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOIDBAt(t, s, handlers, listener)
}

func serveOIDBAt(t *testing.T, s *client.OIDBServer, handlers map[uint32]client.OIDBHandler, listener net.Listener) *oidbServer {
	r := &oidbServer{OIDBServer: s, addr: listener.Addr().String(), log: new(lockedBuffer), ended: make(chan error, 1)}
	s.Log = slog.New(slog.NewTextHandler(r.log, nil))
	for serviceType, handler := range handlers {
		s.Handle(0xe10, serviceType, handler)
	}
	go func() { r.ended <- s.Serve(listener) }()
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(now) // may have been shut down by the test
	})
	return r
}

// call makes one call on a connection of its own.
func (s *oidbServer) call(t *testing.T, c rookery.BusCall) rookery.BusAnswer {
	t.Helper()
	if c.Command == 0 {
		c.Command = 0xe10
	}
	at := rookery.Platform{World: rookery.World{OIDB: s.addr}}
	return at.Bus(t, c)
}

// dial connects as a platform does.
func (s *oidbServer) dial(t *testing.T) *tcp.Client {
	t.Helper()
	c, err := tcp.Dial(t.Context(), s.addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func answers(body []byte, err error) client.OIDBHandler {
	return func(context.Context, *client.OIDBCall) ([]byte, error) { return body, err }
}

func TestOIDBAnswers(t *testing.T) {
	message := rookery.Message(nil).Number(1, 7)
	for name, test := range map[string]struct {
		handler client.OIDBHandler
		want    rookery.BusAnswer
		logged  string
	}{
		"a success": {handler: answers(message, nil)},
		"a code": {
			handler: answers(nil, retcode.OIDBFieldOutOfRange.Errorf("guild 5 is unknown")),
			want:    rookery.BusAnswer{Result: 203, Detail: "guild 5 is unknown"},
		},
		"a code without words": {handler: answers(nil, retcode.OIDBAccountFrozen), want: rookery.BusAnswer{Result: 112}},
		"a code with a pause": {
			handler: answers(nil, retcode.OIDBRateExceeded.WithRetryAfter(1500*time.Millisecond)),
			want:    rookery.BusAnswer{Result: 153, RetryAfter: 1500 * time.Millisecond},
		},
		"a result of its own": {
			handler: answers(nil, &client.OIDBResult{Result: 1001, Text: "no motto", RetryAfter: time.Second}),
			want:    rookery.BusAnswer{Result: 1001, Message: "no motto", RetryAfter: time.Second},
		},
		"a result that would be a success": {handler: answers(nil, &client.OIDBResult{Text: "no"}), want: rookery.BusAnswer{Result: 155}, logged: "result 0: no"},
		"another domain's code":            {handler: answers(nil, retcode.GroupDisbanded), want: rookery.BusAnswer{Result: 155}, logged: "221012"},
		"any error":                        {handler: answers(nil, errors.New("password of the database: x")), want: rookery.BusAnswer{Result: 155}, logged: "password of the database"},
		"an answer that is too large":      {handler: answers(make([]byte, 60<<10+1), nil), want: rookery.BusAnswer{Result: 145}, logged: "61441 bytes"},
		"a panic": {
			handler: func(context.Context, *client.OIDBCall) ([]byte, error) { panic("of the handler") },
			want:    rookery.BusAnswer{Result: 155}, logged: "oidb_test.go",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveOIDB(t, new(client.OIDBServer), map[uint32]client.OIDBHandler{1: test.handler, 2: answers(message, nil)})
			got := s.call(t, rookery.BusCall{ServiceType: 1})
			if got.Result != test.want.Result || got.Detail != test.want.Detail || got.RetryAfter != test.want.RetryAfter || test.want.Message != "" && got.Message != test.want.Message {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got.Result == 0 && got.Numbers[1] != 7 {
				t.Errorf("the answer is %v", got.Numbers)
			}
			if got.Result != 0 && got.Message == "" || strings.Contains(got.Message+got.Detail, "password") {
				t.Errorf("the caller is told %q, %q", got.Message, got.Detail)
			}
			if log := s.log.String(); !strings.Contains(log, test.logged) || test.logged == "" && log != "" {
				t.Errorf("the log has %s", log)
			}
			if got := s.call(t, rookery.BusCall{ServiceType: 2}); got.Result != 0 {
				t.Errorf("after it: result %d", got.Result)
			}
		})
	}
}

// TestWhatAnOIDBHandlerIsTold: everything that the platform says about a call.
func TestWhatAnOIDBHandlerIsTold(t *testing.T) {
	told, traceParents := make(chan *client.OIDBCall, 1), make(chan string, 1)
	s := serveOIDB(t, new(client.OIDBServer), map[uint32]client.OIDBHandler{3: func(ctx context.Context, call *client.OIDBCall) ([]byte, error) {
		told <- call
		traceParents <- client.TraceParent(ctx)
		return nil, nil
	}})
	const traceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	reserved := rookery.Message(nil).Bytes(2, "r-1").Number(3, 100700001).Number(4, 1).Bytes(7, traceParent)
	head := rookery.Message(nil).Number(1, 10001).Fixed32(5, 0xc0000207).Bytes(18, string(reserved))
	s.call(t, rookery.BusCall{ServiceType: 3, Head: head, Body: rookery.Message("abc")})
	got := <-told
	if got.Command != 0xe10 || got.ServiceType != 3 || string(got.Body) != "abc" || got.AppID != "100700001" || got.UIN != 10001 ||
		got.ClientAddr != netip.MustParseAddr("192.0.2.7") || got.RequestID != "r-1" {
		t.Errorf("got %+v", got)
	}
	if got := <-traceParents; got != traceParent {
		t.Errorf("the trace %q", got)
	}
	s.call(t, rookery.BusCall{ServiceType: 3})
	if got := <-told; got.AppID != "" || got.UIN != 0 || got.ClientAddr.IsValid() || len(got.Body) != 0 {
		t.Errorf("of an empty call: %+v", got)
	}
	if got := <-traceParents; got != "" {
		t.Errorf("of an empty call: the trace %q", got)
	}
	if got := s.call(t, rookery.BusCall{ServiceType: 4}); got.Result != 5 {
		t.Errorf("an unknown command: result %d", got.Result)
	}
}

func TestOIDBDeadlines(t *testing.T) {
	left := make(chan time.Duration, 1)
	handlers := map[uint32]client.OIDBHandler{
		1: func(ctx context.Context, _ *client.OIDBCall) ([]byte, error) {
			ends, _ := ctx.Deadline()
			left <- time.Until(ends)
			return nil, nil
		},
		2: func(ctx context.Context, _ *client.OIDBCall) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
	budget := func(ms uint64) rookery.Message {
		return rookery.Message(nil).Bytes(18, string(rookery.Message(nil).Number(1, ms)))
	}
	for name, test := range map[string]struct {
		server time.Duration
		head   rookery.Message
		most   time.Duration
	}{
		"usually":                      {most: 3 * time.Second},
		"of the server":                {server: time.Hour, most: time.Hour},
		"of the caller":                {server: time.Hour, head: budget(60_000), most: time.Minute},
		"of a caller who waits longer": {server: time.Minute, head: budget(3_600_000), most: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveOIDB(t, &client.OIDBServer{Deadline: test.server}, handlers)
			s.call(t, rookery.BusCall{ServiceType: 1, Head: test.head})
			if got := <-left; got > test.most || got < test.most-test.most/2 && test.most > time.Minute/2 {
				t.Errorf("%v were left, want %v", got, test.most)
			}
		})
	}
	s := serveOIDB(t, new(client.OIDBServer), handlers)
	if got := s.call(t, rookery.BusCall{ServiceType: 2, Head: budget(1)}); got.Result != 154 {
		t.Errorf("past the deadline: result %d, want 154", got.Result)
	}
}

// TestOIDBCallsDoNotWaitForOneAnother, but for a slot.
func TestOIDBCallsDoNotWaitForOneAnother(t *testing.T) {
	let, began := make(chan struct{}), make(chan struct{}, 10)
	s := serveOIDB(t, &client.OIDBServer{MaxInFlight: 2}, map[uint32]client.OIDBHandler{
		1: func(context.Context, *client.OIDBCall) ([]byte, error) {
			began <- struct{}{}
			<-let
			return nil, nil
		},
		2: func(_ context.Context, call *client.OIDBCall) ([]byte, error) { return call.Body, nil },
	})
	c := s.dial(t)
	slow := make(chan error, 10)
	begin := func() {
		go func() {
			_, _, err := c.Call(t.Context(), wire.Head{Command: wire.ID{Number: 0xe10, ServiceType: 1}}, nil)
			slow <- err
		}()
		<-began
	}
	quick := func(ctx context.Context) error {
		head, body, err := c.Call(ctx, wire.Head{Command: wire.ID{Number: 0xe10, ServiceType: 2}}, []byte("x"))
		if err == nil && (head.Result != 0 || string(body) != "x") {
			t.Errorf("answered %d, %q", head.Result, body)
		}
		return err
	}
	begin()
	if err := quick(t.Context()); err != nil {
		t.Errorf("beside a slow call: %v", err)
	}
	begin()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := quick(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beside two, of two that may be: %v", err)
	}
	close(let)
	for range 2 {
		if err := <-slow; err != nil {
			t.Error(err)
		}
	}
	if err := quick(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestAnOIDBServerDrains: a call that was read is answered, and no other one is taken.
func TestAnOIDBServerDrains(t *testing.T) {
	let, began := make(chan struct{}), make(chan struct{})
	s := serveOIDB(t, new(client.OIDBServer), map[uint32]client.OIDBHandler{1: func(context.Context, *client.OIDBCall) ([]byte, error) {
		close(began)
		<-let
		return []byte("done"), nil
	}})
	c, idle := s.dial(t), s.dial(t)
	answered := make(chan string, 1)
	go func() {
		_, body, err := c.Call(t.Context(), wire.Head{Command: wire.ID{Number: 0xe10, ServiceType: 1}}, nil)
		if err != nil {
			t.Error(err)
		}
		answered <- string(body)
	}()
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(t.Context()) }()
	if err := <-s.ended; !errors.Is(err, client.ErrOIDBServerClosed) {
		t.Errorf("Serve ended with %v", err)
	}
	rookery.Until(t, "an idle connection ends", func() bool { return idle.Err() != nil })
	if _, err := net.Dial("tcp", s.addr); err == nil {
		t.Error("it still listens")
	}
	select {
	case err := <-stopped:
		t.Errorf("Shutdown ended before the call: %v", err)
		stopped <- err
	default:
	}
	close(let)
	if got := <-answered; got != "done" {
		t.Errorf("the call under way is answered %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(listener); !errors.Is(err, client.ErrOIDBServerClosed) {
		t.Errorf("served again: %v", err)
	}
}

// TestAnOIDBServerLeaves: the platform hears of it where it calls, and its calls are answered all the same.
func TestAnOIDBServerLeaves(t *testing.T) {
	let, began := make(chan struct{}), make(chan struct{})
	s := serveOIDB(t, new(client.OIDBServer), map[uint32]client.OIDBHandler{
		1: answers([]byte("done"), nil),
		2: func(context.Context, *client.OIDBCall) ([]byte, error) {
			close(began)
			<-let
			return []byte("late"), nil
		},
	})
	call := func(c *tcp.Client, serviceType uint32) string {
		t.Helper()
		_, body, err := c.Call(t.Context(), wire.Head{Command: wire.ID{Number: 0xe10, ServiceType: serviceType}}, nil)
		if err != nil {
			t.Error(err)
		}
		return string(body)
	}
	leaves := func(c *tcp.Client) func() bool {
		return func() bool { return c.Err() != nil && strings.Contains(c.Err().Error(), "is going to stop") }
	}
	before, under, idle := s.dial(t), s.dial(t), s.dial(t)
	call(before, 1)
	late := make(chan string)
	go func() { late <- call(under, 2) }()
	<-began
	s.Leave()
	rookery.Until(t, "a platform that called hears of it", leaves(before))
	rookery.Until(t, "a platform whose call is under way hears of it", leaves(under))
	close(let)
	if got := <-late; got != "late" {
		t.Errorf("the call under way is answered %q", got)
	}
	for name, c := range map[string]*tcp.Client{"that did not call yet": idle, "that connects": s.dial(t)} {
		if got := call(c, 1); got != "done" {
			t.Errorf("a platform %s is answered %q", name, got)
		}
		rookery.Until(t, "then it hears of it", leaves(c))
	}
}

// TestAnOIDBServerThatMayNotDrain: what is left is cut off, and the handlers hear of it.
func TestAnOIDBServerThatMayNotDrain(t *testing.T) {
	began, cut := make(chan struct{}), make(chan error, 1)
	s := serveOIDB(t, &client.OIDBServer{Deadline: time.Hour}, map[uint32]client.OIDBHandler{1: func(ctx context.Context, _ *client.OIDBCall) ([]byte, error) {
		close(began)
		<-ctx.Done()
		cut <- ctx.Err()
		return nil, ctx.Err()
	}})
	c := s.dial(t)
	failed := make(chan error, 1)
	go func() {
		_, _, err := c.Call(t.Context(), wire.Head{Command: wire.ID{Number: 0xe10, ServiceType: 1}}, nil)
		failed <- err
	}()
	<-began
	now, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(now); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown ended with %v", err)
	}
	if err := <-cut; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context ended with %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("the call was answered")
	}
}

// fromElsewhere is a listener whose connections come from another machine.
type fromElsewhere struct {
	net.Listener
	from string
}

func (l fromElsewhere) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return strangersConn{c, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(l.from))}, nil
}

type strangersConn struct {
	net.Conn
	from net.Addr
}

func (c strangersConn) RemoteAddr() net.Addr { return c.from }

func TestWhoMayCallAnOIDBServer(t *testing.T) {
	for from, want := range map[string]uint64{
		"127.0.0.1:1": 0, "[::1]:1": 0, "10.1.2.3:1": 0, "[::ffff:10.1.2.3]:1": 0, "10.2.0.1:1": 150, "203.0.113.1:1": 150, "[2001:db8::1]:1": 150,
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := serveOIDBAt(t, &client.OIDBServer{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}, map[uint32]client.OIDBHandler{1: answers(nil, nil)},
			fromElsewhere{listener, from})
		if got := s.call(t, rookery.BusCall{ServiceType: 1}); got.Result != want {
			t.Errorf("from %s: result %d, want %d", from, got.Result, want)
		}
	}
}

// TestBytesThatAreNoOIDBCall are answered as far as it is known what to, and harm no other connection.
func TestBytesThatAreNoOIDBCall(t *testing.T) {
	s := serveOIDB(t, new(client.OIDBServer), map[uint32]client.OIDBHandler{1: answers([]byte("\x08\x07"), nil)})
	valid := rookery.BusCall{Command: 0xe10, ServiceType: 1}
	native := valid.Native()
	broken := bytes.Clone(native)
	broken[len(broken)-1] = 0
	large := rookery.BusCall{Command: 0xe10, ServiceType: 1, Body: make(rookery.Message, 100<<10)}.Native()
	sized := func(size int) []byte {
		call := rookery.BusCall{Command: 0xe10, ServiceType: 1, Body: make(rookery.Message, 60_000)}
		call.Body = append(call.Body, make([]byte, size-len(call.Native()))...)
		return call.Native()
	}
	unreadable := append([]byte{0x28, 0, 0, 0, 4, 0, 0, 0, 0}, 0x20, 0x05, 0x20, 0xff, 0x29) // seq 5, and then half a number
	for name, test := range map[string]struct {
		sent    []byte
		results []uint64
	}{
		"a valid call":                     {native, []uint64{0}},
		"two":                              {append(bytes.Clone(native), native...), []uint64{0, 0}},
		"one too large, and a valid one":   {append(bytes.Clone(large), native...), []uint64{147, 0}},
		"the largest":                      {sized(65_792), []uint64{0}},
		"one larger":                       {sized(65_793), []uint64{147}},
		"one without its end":              {append(broken, native...), []uint64{145}},
		"a head that cannot be read":       {unreadable, []uint64{145}},
		"a head without a seq":             {[]byte{0x28, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0x29}, nil},
		"the client form":                  {valid.Client(), nil},
		"HTTP":                             {[]byte("GET / HTTP/1.1\r\n\r\n"), nil},
		"a part":                           {native[:12], nil},
		"one that is too large to discard": {append([]byte{0x28, 0, 0, 0, 2, 0x7f, 0xff, 0xff, 0xff}, 0x20, 0x05), []uint64{147}},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(rookery.Patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write(test.sent); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			got := make(map[uint64]int)
			for _, result := range rookery.Results(t, all) {
				got[result]++
			}
			for _, want := range test.results {
				got[want]--
			}
			for result, n := range got {
				if n != 0 {
					t.Errorf("%d answers more than expected have the result %d", n, result)
				}
			}
			if got := s.call(t, valid); got.Result != 0 {
				t.Errorf("another connection: result %d", got.Result)
			}
		})
	}
}

func TestAnOIDBServerBoundsItsConnections(t *testing.T) {
	s := serveOIDB(t, &client.OIDBServer{MaxConnections: 1}, map[uint32]client.OIDBHandler{1: answers(nil, nil)})
	first := s.dial(t)
	call := func(c *tcp.Client) error {
		_, _, err := c.Call(t.Context(), wire.Head{Command: wire.ID{Number: 0xe10, ServiceType: 1}}, nil)
		return err
	}
	if err := call(first); err != nil {
		t.Fatal(err)
	}
	if err := call(s.dial(t)); err == nil {
		t.Error("a second connection is served")
	}
	first.Close()
	rookery.Until(t, "another connection is served", func() bool { return call(s.dial(t)) == nil })
}

// TestAnOIDBServerWithTLS: a listener of crypto/tls serves too. Someone who does not speak TLS gets nothing.
func TestAnOIDBServerWithTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	s := serveOIDBAt(t, new(client.OIDBServer), map[uint32]client.OIDBHandler{1: answers([]byte("x"), nil)}, listener)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	conn, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	c := tcp.NewClient(conn)
	defer c.Close()
	call := wire.Head{Command: wire.ID{Number: 0xe10, ServiceType: 1}}
	if _, body, err := c.Call(t.Context(), call, nil); err != nil || string(body) != "x" {
		t.Errorf("by TLS: %q, %v", body, err)
	}
	if _, _, err := s.dial(t).Call(t.Context(), call, nil); err == nil {
		t.Error("without TLS a call is answered")
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
