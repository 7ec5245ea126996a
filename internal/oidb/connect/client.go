package connect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// Dialer says how to reach a back end.
type Dialer struct {
	GRPC bool        // speak gRPC over HTTP/2, not Connect
	TLS  *tls.Config // nil for none
	// Dial connects to the back end, whatever the address in the URL.
	Dial func(ctx context.Context) (net.Conn, error)
}

// Bounds on a client's connections.
const (
	maxConnections = 256              // of HTTP/1.1, on each of which there is one call
	idleTimeout    = 90 * time.Second // of a connection
	maxHeader      = 128 << 10        // bytes of an answer's metadata, among which is an error's detail
)

// Client calls commands of one back end. It is safe for concurrent use. It does not recover: after a failure of a connection every call
// that begins fails, while those under way go on.
type Client struct {
	url       string
	transport *http.Transport
	options   []connect.ClientOption
	methods   map[oidb.ID]protoreflect.MethodDescriptor

	mu       sync.Mutex
	conns    map[*conn]struct{}
	callers  map[oidb.ID]*connect.Client[message, message]
	underWay int
	heard    time.Time // when something last came from the back end
	err      error     // why no more calls begin
}

var (
	errClosed = errors.New("oidb: the client is closed")
	errSilent = errors.New("oidb: nothing came from the other side")
)

// NewClient returns a client of the back end HOST:PORT. It connects when it is called.
func (d Dialer) NewClient(address string) *Client {
	c := &Client{url: "http://" + address, methods: methods(), callers: make(map[oidb.ID]*connect.Client[message, message]), conns: make(map[*conn]struct{})}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!d.GRPC)
	protocols.SetHTTP2(d.TLS != nil)
	protocols.SetUnencryptedHTTP2(d.GRPC && d.TLS == nil)
	c.transport = &http.Transport{
		Protocols: protocols, DialContext: c.dialWith(d.Dial), TLSClientConfig: d.TLS, DisableCompression: true,
		MaxConnsPerHost: maxConnections, MaxIdleConnsPerHost: maxConnections, IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHeader,
	}
	if d.TLS != nil {
		c.url = "https://" + address
	}
	c.options = []connect.ClientOption{connect.WithCodec(binary{}), connect.WithAcceptCompression("gzip", nil, nil), connect.WithReadMaxBytes(frame.MaxSize)}
	if d.GRPC {
		c.options = append(c.options, connect.WithGRPC())
	}
	return c
}

// Close ends every call.
func (c *Client) Close() error {
	c.end(errClosed)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hangUp()
	return nil
}

// Err returns why no more calls begin; nil while they do.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Call sends a request and waits for its answer, at most until ctx ends; its deadline is sent as the call's timeout. The answer has a Result, which is never an
// error here. An error wraps oidb.ErrNotSent if the back end has not got the call, oidb.ErrGarbled if the answer is larger than a packet may be, and oidb.ErrNoResult
// if the back end answered an error without a result.
func (c *Client) Call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error) {
	call, err := c.begin(ctx, head.Command)
	if err != nil {
		return wire.Head{}, nil, fmt.Errorf("%w: %w", oidb.ErrNotSent, err)
	}
	defer c.finish()
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	req := connect.NewRequest(&message{body: body})
	writeHead(req.Header(), &head)
	began := time.Now()
	rsp, err := call.CallUnary(traced, req)
	if err == nil {
		c.hear()
		return wire.Head{Command: head.Command}, rsp.Msg.body, nil
	}
	if connect.IsWireError(err) {
		c.hear()
	}
	answer, body, err := failed(err, head.Command)
	switch {
	case err == nil, errors.Is(err, oidb.ErrGarbled), errors.Is(err, oidb.ErrNoResult):
		return answer, body, err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		if c.silentSince(began) {
			c.end(errSilent)
		}
	case ctx.Err() != nil, connect.IsWireError(err) && connect.CodeOf(err) != connect.CodeUnavailable: // nothing against the back end
	default:
		c.end(err)
	}
	if !sent.Load() {
		err = fmt.Errorf("%w: %w", oidb.ErrNotSent, err)
	}
	return wire.Head{}, nil, err
}

// failed returns the answer that an error of the library stands for, or the error of a call without an answer.
func failed(err error, command oidb.ID) (answer wire.Head, body []byte, _ error) {
	var failed *connect.Error
	if !errors.As(err, &failed) {
		return answer, nil, err
	}
	for _, d := range failed.Details() {
		detail, err := d.Value()
		if r, ok := detail.(*wire.Result); ok && err == nil && r.Result != 0 {
			return wire.Head{
				Command: command, Result: r.Result, Message: failed.Message(), Detail: r.Detail, RetryAfter: time.Duration(r.RetryAfterMs) * time.Millisecond,
			}, r.Answer, nil
		}
	}
	said := connect.IsWireError(err)
	switch code := failed.Code(); {
	case code == connect.CodeUnimplemented: // also what HTTP's 404 stands for
		return wire.Head{Command: command, Result: uint32(retcode.OIDBCommandNotConfigured.Number()), Message: failed.Message()}, nil, nil
	case code == connect.CodeResourceExhausted && !said:
		return answer, nil, fmt.Errorf("%w: %w", oidb.ErrGarbled, err)
	case said && code != connect.CodeUnavailable && code != connect.CodeDeadlineExceeded && code != connect.CodeCanceled:
		return answer, nil, fmt.Errorf("%w: %w", oidb.ErrNoResult, err)
	}
	return answer, nil, err
}

// begin returns the caller of a command's method.
func (c *Client) begin(ctx context.Context, command oidb.ID) (*connect.Client[message, message], error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, c.err
	}
	caller := c.callers[command]
	if caller == nil {
		name := command.String()
		if m := c.methods[command]; m != nil {
			name = string(m.Name())
		}
		caller = connect.NewClient[message, message](&http.Client{Transport: c.transport, CheckRedirect: refuse}, c.url+prefix+name, c.options...)
		c.callers[command] = caller
	}
	c.underWay++
	return caller, nil
}

// refuse follows no redirect: the routes say where back ends are.
func refuse(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (c *Client) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.underWay--
	c.release()
}

func (c *Client) hear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = time.Now()
}

// silentSince reports whether nothing has come for oidb.Silence, nor since a call began.
func (c *Client) silentSince(began time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(time.Since(c.heard), time.Since(began)) >= oidb.Silence
}

func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
	c.release()
}

// release closes the connections of an ended client once they have no calls. It requires mu.
func (c *Client) release() {
	if c.err != nil && c.underWay == 0 {
		c.hangUp()
	}
}

// hangUp closes all connections. It requires mu.
func (c *Client) hangUp() {
	for n := range c.conns {
		n.Conn.Close()
	}
	clear(c.conns)
}

// conn is a connection that its client knows until it is closed: the transport alone would keep it for a while.
type conn struct {
	net.Conn
	client *Client
}

func (c *Client) dialWith(dial func(context.Context) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		nc, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.err != nil {
			nc.Close()
			return nil, c.err
		}
		n := &conn{nc, c}
		c.conns[n] = struct{}{}
		return n, nil
	}
}

func (n *conn) Close() error {
	n.client.mu.Lock()
	delete(n.client.conns, n)
	n.client.mu.Unlock()
	return n.Conn.Close()
}
