// Package proxy stands between a game's server and a platform, hands every request and answer on unchanged, and says what each
// answer means.
package proxy

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
)

// Bounds of what is kept of an exchange, in bytes. More is handed on, but not looked at.
const (
	maxRequest = access.MaxBody
	maxAnswer  = 256 << 10
)

// maxBehind is how many finished exchanges may wait to be judged before further ones wait with them.
const maxBehind = 64

// grace is how long a caller may take for the answer that nothing came in time.
const grace = 5 * time.Second

// Proxy is an HTTP handler. Close must be called after its server has ended.
type Proxy struct {
	to      *url.URL
	timeout time.Duration
	judge   *Judge
	show    func(*Verdict)
	reverse *httputil.ReverseProxy
	under   sync.WaitGroup // exchanges under way
	behind  chan *Exchange
	shown   chan struct{} // closed when all have been

	answered, failed atomic.Int64
}

// New returns a proxy to the platform at a URL of a scheme and a host. Each exchange must end within the timeout. show gets one verdict
// after the other.
func New(to *url.URL, timeout time.Duration, judge *Judge, show func(*Verdict)) *Proxy {
	p := &Proxy{to: to, timeout: timeout, judge: judge, show: show, behind: make(chan *Exchange, maxBehind), shown: make(chan struct{})}
	p.reverse = &httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		ModifyResponse: p.watchAnswer,
		ErrorHandler:   p.fail,
		FlushInterval:  -1, // at once
		ErrorLog:       log.New(io.Discard, "", 0),
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:    5 * time.Second,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConnsPerHost:    64,
			MaxResponseHeaderBytes: 1 << 20,
			DisableCompression:     true,                                                   // the caller says what it can read
			TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1, as it came
		},
	}
	go p.judgeAll()
	return p
}

// Close waits until every exchange has ended and been shown.
func (p *Proxy) Close() {
	p.under.Wait()
	close(p.behind)
	<-p.shown
	p.reverse.Transport.(*http.Transport).CloseIdleConnections()
}

// Unreached reports whether there were requests, and none of them reached the platform.
func (p *Proxy) Unreached() bool { return p.failed.Load() > 0 && p.answered.Load() == 0 }

func (p *Proxy) judgeAll() {
	defer close(p.shown)
	for x := range p.behind {
		p.show(p.judge.Judge(x))
	}
}

// passing is an exchange under way.
type passing struct {
	Exchange
	back            http.Header // of the answer to the caller
	request, answer tee
}

type passingKey struct{}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.under.Add(1)
	defer p.under.Done()
	begin := time.Now()
	x := &passing{back: w.Header(), Exchange: Exchange{
		Start: begin, Peer: r.RemoteAddr, Method: r.Method, Address: p.to.Scheme + "://" + p.to.Host + target(r), Host: r.Host,
		Secure: p.to.Scheme == "https", Header: r.Header.Clone(),
	}}
	x.request = tee{body: r.Body, most: maxRequest}
	r.Body = &x.request
	deadline := begin.Add(p.timeout)
	ctx, cancel := context.WithDeadline(context.WithValue(r.Context(), passingKey{}, x), deadline)
	defer cancel()
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(deadline.Add(grace)) // a connection of net/http has deadlines
	_ = conn.SetWriteDeadline(deadline.Add(grace))
	defer func() { // the reverse proxy panics where an answer breaks off, so that the server cuts it off too
		x.Took = time.Since(begin)
		x.Body = x.request.kept()
		x.Answer = x.answer.kept()
		if err := x.answer.broken(); err != nil && x.Failed == nil {
			x.Failed = p.brokenOff(err)
		}
		p.behind <- &x.Exchange
	}()
	p.reverse.ServeHTTP(continued{w}, r.WithContext(ctx))
}

// continued leaves "100 Continue" to net/http, which writes it when the body is first read. The reverse proxy would hand on the
// platform's as well, and a caller could get both.
type continued struct{ http.ResponseWriter }

func (w continued) WriteHeader(status int) {
	if status != http.StatusContinue {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Unwrap is for http.ResponseController.
func (w continued) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// target returns the path and the query of a request: as they came, or without the host that a request to a forward proxy has there.
func target(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// brokenOff says why an answer broke off.
func (p *Proxy) brokenOff(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("the caller left before the end of the answer")
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the answer has not ended within %s", p.timeout)
	}
	return errors.New("the answer broke off")
}

// forwarding are the headers that the reverse proxy takes away lest a caller is believed. This proxy hands on what came.
var forwarding = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

// rewrite sends the request to the platform, in the bytes in which it came.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.Out.Host = p.to.Host
	u := *r.In.URL
	u.Scheme, u.Host, u.User = p.to.Scheme, p.to.Host, nil
	path, _, _ := strings.Cut(r.In.RequestURI, "?")
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") { // net/http takes // for the beginning of a host
		u.Opaque = path
	}
	r.Out.URL = &u
	for _, name := range forwarding {
		if values, ok := r.In.Header[name]; ok {
			r.Out.Header[name] = values
		}
	}
}

func (p *Proxy) watchAnswer(rsp *http.Response) error {
	x := rsp.Request.Context().Value(passingKey{}).(*passing)
	p.answered.Add(1)
	x.Status, x.AnswerHeader = rsp.StatusCode, rsp.Header.Clone()
	x.back["Date"], x.back["Content-Type"] = nil, nil // which net/http adds to an answer without them
	if rsp.StatusCode != http.StatusSwitchingProtocols {
		x.answer.body, x.answer.most = rsp.Body, maxAnswer
		rsp.Body = &x.answer
	}
	return nil
}

// fail answers a request that the platform has not answered.
func (p *Proxy) fail(w http.ResponseWriter, r *http.Request, err error) {
	x := r.Context().Value(passingKey{}).(*passing)
	status := http.StatusBadGateway
	var invalid *tls.CertificateVerificationError
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		status = http.StatusGatewayTimeout
		x.Failed = fmt.Errorf("%s has not answered within %s", p.to, p.timeout)
	case errors.Is(err, context.Canceled):
		x.Failed = errors.New("the caller left before the answer")
		panic(http.ErrAbortHandler) // lest a caller who only stopped sending takes an empty answer for a success
	case errors.As(err, &invalid):
		x.Failed = fmt.Errorf("the certificate of %s is not valid: %w", p.to.Host, invalid.Err)
	case errors.As(err, &op) && op.Op == "dial":
		x.Failed = fmt.Errorf("%s cannot be reached: %w", p.to, err)
	default:
		x.Failed = fmt.Errorf("%s has not answered: %w", p.to, err)
	}
	p.failed.Add(1)
	x.Status = status
	body, _ := json.Marshal(map[string]string{"error": "rookery proxy: " + x.Failed.Error()}) // a text cannot fail
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // an error means that the caller has left
}

// tee keeps the beginning of a body that is read through it.
type tee struct {
	body io.ReadCloser
	most int

	mu    sync.Mutex // the transport may still send a request whose answer has come
	bytes []byte
	size  int64
	err   error
}

// Read implements io.Reader.
func (t *tee) Read(b []byte) (int, error) {
	n, err := t.body.Read(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.size += int64(n)
	t.bytes = append(t.bytes, b[:min(n, t.most-len(t.bytes))]...)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// Close implements io.Closer.
func (t *tee) Close() error { return t.body.Close() }

func (t *tee) kept() Body {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Body{Bytes: t.bytes[:len(t.bytes):len(t.bytes)], Size: t.size}
}

func (t *tee) broken() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}
