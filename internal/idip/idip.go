// Package idip asks a game's server about the game's guilds, over HTTP in IDIP's JSON form (oidb.md, 1.8), signed as MSDK V5
// signs what it sends to games (msdk-v5.md, 2.5). The address is the operator's; nothing of a request decides where it goes.
package idip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/tracing"
)

// Deadline is how long a question may take in all, unless its context ends earlier.
const Deadline = 2 * time.Second

// The bounds on what one game's server can take of the platform.
const (
	maxAnswer   = 64 << 10 // bytes
	maxHeader   = 16 << 10 // bytes
	maxInFlight = 32       // questions to one app's server at a time; others wait for their turn
	maxIdle     = 256      // connections that are kept for all servers

	tripAfter = 5                // failures in a row, after which the server is left alone
	restFor   = 10 * time.Second // for how long, by the platform's clock; then one question tries it
)

// What is wrong with a server that does not answer. The errors wrap one of them; their texts are for the log.
var (
	ErrUnreachable = errors.New("the game's server cannot be asked")
	ErrGarbled     = errors.New("the answer of the game's server cannot be read")
)

// StatusError is the cause of an ErrUnreachable: the server answers, but not with status 200.
type StatusError struct{ Status int }

func (e *StatusError) Error() string { return fmt.Sprintf("it answers with HTTP %d", e.Status) }

// Query asks about a guild and one of its players. Zone and Guild are digits (platform.Guild), OpenID is as the game knows
// the player at the door of the call, RoleID may be empty.
type Query struct {
	Zone, Guild    string
	OpenID, RoleID string
}

// Answer is what the game says. For a guild that it does not know, or a player who is not in it, it is zero but for the name
// and leader of a known guild.
type Answer struct {
	Member, Leader bool
	GuildName      string
	LeaderOpenID   string
}

// Client asks the servers of all games. It is safe for concurrent use.
type Client struct {
	clock    *platform.Clock
	log      *slog.Logger
	web      *http.Client
	deadline time.Duration
	seq      atomic.Uint32
	asked    *prometheus.CounterVec
	tracer   *tracing.Tracer // nil if nothing is traced

	connect func(context.Context, platform.AppID) error          // nil without a guard
	answer  func(context.Context, platform.AppID, []byte) []byte // nil without a guard

	mu      sync.Mutex
	servers map[platform.AppID]*server
}

// New returns a client that logs when it leaves a server alone. Close releases its connections.
func New(clock *platform.Clock, log *slog.Logger) *Client {
	dialer := &net.Dialer{Timeout: Deadline}
	asked := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rookery_idip_questions_total", Help: "Questions to games' servers, by what came of them.",
	}, []string{"result"})
	return &Client{clock: clock, log: log, deadline: Deadline, asked: asked, servers: make(map[platform.AppID]*server), web: &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // the address is where the question goes, whatever the environment says
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    Deadline,
			MaxIdleConnsPerHost:    maxInFlight,
			MaxIdleConns:           maxIdle,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true, // an answer is as large as it is sent
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Guard sets functions that each question passes before it is sent, and each answer before it is read. It must be called
// before the first question.
func (c *Client) Guard(connect func(context.Context, platform.AppID) error, answer func(context.Context, platform.AppID, []byte) []byte) {
	c.connect, c.answer = connect, answer
}

// Trace makes the client record the questions of what is recorded, and name them to the games' servers. It must be called before the
// first question.
func (c *Client) Trace(t *tracing.Tracer) { c.tracer = t }

// Measure registers the metrics.
func (c *Client) Measure(metrics prometheus.Registerer) { metrics.MustRegister(c.asked) }

// Close closes the connections that no question uses.
func (c *Client) Close() { c.web.CloseIdleConnections() }

// Guild asks the app's server, which must have an address. Errors: ErrUnreachable, also for a server that answers with an
// error or that is left alone after failures; ErrGarbled.
func (c *Client) Guild(ctx context.Context, app *platform.App, q Query) (Answer, error) {
	answer, err := c.guild(ctx, app, q)
	result := "answered"
	switch {
	case errors.Is(err, ErrGarbled):
		result = "garbled"
	case err != nil:
		result = "unreachable"
	}
	c.asked.WithLabelValues(result).Inc()
	return answer, err
}

func (c *Client) guild(ctx context.Context, app *platform.App, q Query) (Answer, error) {
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, c.deadline)
	defer cancel()
	s := c.server(app)
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return Answer{}, unreachable(fmt.Errorf("%d questions are waiting for it: %w", maxInFlight, ctx.Err()))
	}
	if s.rests(c.clock.NowMS()) {
		return Answer{}, unreachable(fmt.Errorf("it is left alone for %s after %d failures", restFor, tripAfter))
	}
	answer, err := s.breaker.Execute(func() (Answer, error) {
		answer, err := c.ask(ctx, app, q)
		if err != nil && caller.Err() != nil {
			err = &gaveUp{err}
		}
		return answer, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = unreachable(err)
	}
	return answer, err
}

// Credulous reports whether the app's server, which must have an address, answers a question that is signed wrongly.
func (c *Client) Credulous(ctx context.Context, app *platform.App, q Query) bool {
	ctx, cancel := context.WithTimeout(ctx, Deadline)
	defer cancel()
	forger := *app
	forger.MSDKKey, forger.SigKeys = wrongKey, map[string]string{"0": wrongKey}
	_, err := c.ask(ctx, &forger, q)
	return err == nil
}

// wrongKey is no app's key.
const wrongKey = "not the key of any app"

// gaveUp is the error of a question whose caller did not wait for the answer, which says nothing about the server.
type gaveUp struct{ error }

func (e *gaveUp) Unwrap() error { return e.error }

func unreachable(err error) error { return fmt.Errorf("%w: %w", ErrUnreachable, err) }

// server is one app's server.
type server struct {
	address string
	turns   chan struct{} // held by a question
	breaker *gobreaker.CircuitBreaker[Answer]
	restsMS atomic.Int64 // until when it is left alone
}

// server returns the app's server. Another address is another server.
func (c *Client) server(app *platform.App) *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.servers[app.AppID]
	if s == nil || s.address != app.IDIP {
		s = &server{address: app.IDIP, turns: make(chan struct{}, maxInFlight)}
		s.breaker = gobreaker.NewCircuitBreaker[Answer](gobreaker.Settings{
			// The breaker counts, and lets one question through after a failure; how long it rests is the platform's clock's
			// business, which the library does not know (docs/adr/0019).
			Timeout:     time.Nanosecond,
			ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= tripAfter },
			OnStateChange: func(_ string, _, to gobreaker.State) {
				switch to {
				case gobreaker.StateOpen:
					s.restsMS.Store(c.clock.NowMS() + restFor.Milliseconds())
					c.log.Warn("a game's server is left alone", "appid", app.AppID.String(), "for", restFor.String())
				case gobreaker.StateClosed:
					c.log.Info("a game's server answers again", "appid", app.AppID.String())
				}
			},
			IsSuccessful: func(err error) bool { return err == nil || errors.Is(err, ErrGarbled) },
			IsExcluded: func(err error) bool {
				var left *gaveUp
				return errors.As(err, &left)
			},
		})
		c.servers[app.AppID] = s
	}
	return s
}

// rests reports whether the server is to be left alone. A clock that was set back does not prolong that.
func (s *server) rests(nowMS int64) bool {
	left := s.restsMS.Load() - nowMS
	return left > 0 && left <= restFor.Milliseconds()
}

// ask sends one question and reads its answer.
func (c *Client) ask(ctx context.Context, app *platform.App, q Query) (_ Answer, err error) {
	if c.connect != nil {
		if err := c.connect(ctx, app.AppID); err != nil {
			return Answer{}, unreachable(err)
		}
	}
	now, seq := c.clock.Now(), c.seq.Add(1)
	body, err := request(app, q, seq, now)
	if err != nil {
		return Answer{}, unreachable(err)
	}
	target, err := signed(app, seq, now, body)
	if err != nil {
		return Answer{}, unreachable(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return Answer{}, unreachable(errors.New("its address is not one"))
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header["Idempotency-Key"] = nil // is not sent, and lets net/http repeat what met a connection that was just closed
	if span := c.tracer.Child(ctx, trace.SpanKindClient, "POST IDIP"); span != nil {
		req.Header.Set("traceparent", tracing.Parent(span))
		defer func() {
			if err != nil {
				span.SetStatus(codes.Error, "") // whose text may have a part of the answer
			}
			span.End()
		}()
	}
	rsp, err := c.web.Do(req)
	if err != nil {
		var failed *url.Error // whose text has the signature
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return Answer{}, unreachable(err)
	}
	defer rsp.Body.Close()
	if rsp.StatusCode != http.StatusOK {
		return Answer{}, unreachable(&StatusError{rsp.StatusCode})
	}
	text, err := io.ReadAll(io.LimitReader(rsp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, unreachable(err)
	case len(text) > maxAnswer:
		return Answer{}, fmt.Errorf("%w: it has more than %d bytes", ErrGarbled, maxAnswer)
	}
	if c.answer != nil {
		text = c.answer(ctx, app.AppID, text)
	}
	return parse(text, seq)
}
