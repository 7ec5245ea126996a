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

// App is a registered app, as `rookery app show` prints it: who the client speaks for. Only the keys of the doors that are
// called are needed.
type App struct {
	AppID   string
	AppKey  string // is the secret of QQ Connect and signs OpenAPI V3
	MSDKKey string // signs MSDK V3

	GameID       string // names the app in MSDK V5
	SigKey       string // signs MSDK V5
	Source       string // which of the game's keys SigKey is; "0" when it is empty
	ClientSigKey string // signs V5.Login, which a game's client calls
}

// Client calls a platform for one app. It is safe for concurrent use; make one and keep it.
type Client struct {
	V5      *V5
	V3      *V3
	Connect *Connect
	OpenAPI *OpenAPI

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

// WithTransport has calls carried by another transport than the one that all clients share. nil keeps that.
func WithTransport(t http.RoundTripper) Option {
	return func(c *Client) {
		if t != nil {
			c.web.Transport = t
		}
	}
}

// WithTimeout bounds each attempt; without it that is DefaultTimeout. With 0 nothing but the call's context bounds one. A
// call as a whole is always bounded by its context.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithRetry sets how calls are repeated; without it that is DefaultRetry. A member that is 0 is DefaultRetry's.
func WithRetry(r Retry) Option {
	return func(c *Client) {
		c.retry = Retry{
			Attempts: cmp.Or(r.Attempts, DefaultRetry.Attempts), Base: cmp.Or(r.Base, DefaultRetry.Base), Most: cmp.Or(r.Most, DefaultRetry.Most),
		}
	}
}

// WithClock has the client take the time that it signs from now and wait between attempts by wait, which returns the
// context's error when that ends first. For tests and for platforms whose clock was moved. nil keeps the system's.
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

// transport is shared by all clients, so that a process has one pool of connections to a platform.
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

// New returns a client of the platform at baseURL, such as https://platform.example: a scheme and a host, no path.
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
			// Requests hold tokens and signatures: they go to the platform and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: DefaultTimeout,
		retry:   DefaultRetry,
		budget:  budget{left: budgetMost},
		now:     time.Now,
		wait:    wait,
	}
	c.V5, c.V3, c.Connect, c.OpenAPI = &V5{c}, &V3{c}, &Connect{c}, &OpenAPI{c}
	for _, option := range options {
		option(c)
	}
	return c, nil
}
