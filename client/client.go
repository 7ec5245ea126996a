package client

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// App is a registered app, as `rookery app show` prints it: the one that the client speaks for. Only the keys of the doors
// that are called are needed.
type App struct {
	AppID   string
	AppKey  string // the secret of QQ Connect, which also signs OpenAPI V3 and calls of the Game Center
	MSDKKey string // signs MSDK V3

	GameID       string // names the app in MSDK V5
	SigKey       string // signs MSDK V5
	Source       string // which of the game's keys SigKey is; "" stands for "0"
	ClientSigKey string // signs V5.Login, which a game's client calls
}

// Client calls a platform for one app. It is safe for concurrent use; make one and reuse it.
type Client struct {
	V5         *V5
	V3         *V3
	Connect    *Connect
	OpenAPI    *OpenAPI
	GameCenter *GameCenter

	base    string
	app     App
	web     *http.Client
	timeout time.Duration
	retry   Retry
	budget  budget
	now     func() time.Time
	wait    func(context.Context, time.Duration) error
}

// An Option changes how a Client works.
type Option func(*Client)

// WithTransport sends calls through t instead of the transport that all clients share. nil keeps the shared one.
func WithTransport(t http.RoundTripper) Option {
	return func(c *Client) {
		if t != nil {
			c.web.Transport = t
		}
	}
}

// WithTimeout bounds each attempt; the default is DefaultTimeout. With 0 only the call's context bounds an attempt. A call
// as a whole is always bounded by its context.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithRetry sets how calls are repeated; the default is DefaultRetry. A member that is 0 takes its value from DefaultRetry.
func WithRetry(r Retry) Option {
	return func(c *Client) {
		c.retry = Retry{
			Attempts: cmp.Or(r.Attempts, DefaultRetry.Attempts), Base: cmp.Or(r.Base, DefaultRetry.Base), Most: cmp.Or(r.Most, DefaultRetry.Most),
		}
	}
}

// WithClock makes the client take the time that it signs from now and wait between attempts with wait, which returns the
// context's error when the context ends first. It is meant for tests and for platforms whose clock was moved. nil keeps the
// system's.
func WithClock(now func() time.Time, wait func(context.Context, time.Duration) error) Option {
	return func(c *Client) {
		if now != nil {
			c.now = now
		}
		if wait != nil {
			c.wait = wait
		}
	}
}

// DefaultTimeout is how long the platform's documents tell callers to wait for an answer (msdk-v5.md, 1).
const DefaultTimeout = 3100 * time.Millisecond

// transport is shared by all clients, so that a process has one connection pool for each platform.
var transport = &http.Transport{
	Proxy:                  http.ProxyFromEnvironment,
	DialContext:            (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	ForceAttemptHTTP2:      true,
	TLSHandshakeTimeout:    2 * time.Second,
	MaxIdleConns:           256,
	MaxIdleConnsPerHost:    64,
	MaxConnsPerHost:        256,
	IdleConnTimeout:        60 * time.Second,
	MaxResponseHeaderBytes: 64 << 10,
}

// New returns a client of the platform at baseURL, such as https://platform.example: a scheme and a host, without a path.
func New(baseURL string, app App, options ...Option) (*Client, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("client: the platform's URL is not of the form https://host:port")
	}
	c := &Client{
		base: u.Scheme + "://" + u.Host,
		app:  app,
		web: &http.Client{
			Transport: transport,
			// Requests hold tokens and signatures: they go to the platform and must not follow a redirect elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: DefaultTimeout,
		retry:   DefaultRetry,
		budget:  budget{left: budgetMost},
		now:     time.Now,
		wait:    wait,
	}
	c.V5, c.V3, c.Connect, c.OpenAPI, c.GameCenter = &V5{c}, &V3{c}, &Connect{c}, &OpenAPI{c}, &GameCenter{c}
	for _, option := range options {
		option(c)
	}
	return c, nil
}
