// Package access is the access layer: it takes every HTTP request of the platform through the checks of its
// interface, and is the only place that writes an answer, a request's log event and its metrics.
package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/limit/redis"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/tracing"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxBody bounds a request's body.
const MaxBody = 64 << 10

// Errors of the access layer itself. A door decides how they look in its family.
var (
	ErrNoRoute    = errors.New("there is no such path")
	ErrMethod     = errors.New("the path does not take this method")
	ErrUnreadable = errors.New("the body could not be read")
	ErrTooLarge   = fmt.Errorf("%w: it has more than %d bytes", ErrUnreadable, MaxBody)
	ErrPanic      = errors.New("the handler panicked")
)

// MethodError reports a method that a path does not take. It is an ErrMethod.
type MethodError struct{ Allowed []string }

func (e *MethodError) Error() string {
	return fmt.Sprintf("%v, only %s", ErrMethod, strings.Join(e.Allowed, " or "))
}

// Is implements errors.Is.
func (e *MethodError) Is(target error) bool { return target == ErrMethod }

// NotServedError reports an interface that the original has and the door has not. It is an ErrNoRoute.
type NotServedError struct{ Path string }

func (e *NotServedError) Error() string {
	return e.Path + " is a known interface, but this platform does not serve it"
}

// Is implements errors.Is.
func (e *NotServedError) Is(target error) bool { return target == ErrNoRoute }

// Door is one wire family: how its requests are read and how its answers look.
type Door struct {
	Name          string
	Guide         Guide
	Prefixes      []string // of all its paths, such as "/v2/"; the door also answers for paths below them that no interface has
	Endpoints     []Endpoint
	NotServed     []string // paths of the original that no interface here has
	TrailingSlash bool     // a path may also be called with a trailing slash
	EmptySegments bool     // a path may also be called with empty segments, as //p//a for /p/a
	Head          bool     // HEAD is allowed where GET is: GET changes nothing

	Success retcode.Code // the catalogue's code for a success; 0 without one
	// Code returns the door's code for an error, 0 for none. Encode answers the same code; nil if the door has no codes.
	Code func(error) retcode.Code
	// Encode turns a handler's result, or the error that ended the call, into c.Answer. It must not show callers anything
	// that is not meant for them, whatever the error.
	Encode func(c *Call, result any, err error)
}

// Guide is what callers of a door are told about all of its interfaces. docs/api is made from it.
type Guide struct {
	Title     string // "MSDK V5"
	About     string // Markdown
	Signature string // as `rookery sign` names it; "" for a door whose calls are not signed
	Form      bool   // a POST takes its parameters in a form; otherwise they are in the URL alone
	Media     string // the media type of most answers; "" stands for JSON
	Params    any    // a struct of what every call has in its URL or form; nil for nothing
	Result    any    // a struct of what every answer has; nil for nothing
}

// Gateway serves the doors.
type Gateway struct {
	doors    []*Door
	clock    *platform.Clock
	log      *slog.Logger
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	rates    rates
	mux      *http.ServeMux
	exact    map[string]*resource // by path, for patterns without wildcards
	rest     map[string]*resource // by prefix: a door's answer to paths of no interface
	calls    sync.Pool

	proxies Proxies

	silentProxies limit.Bucket // that have been warned about

	inspector *Inspector                    // nil if nobody inspects
	forced    atomic.Pointer[ForcedAnswers] // nil while no answer is forced
	naming    bool                          // calls' contexts name their interface
	tracer    *tracing.Tracer               // nil if nothing is traced
	strict    []string                      // Strict-Transport-Security; nil for none
}

// New returns a gateway that serves the doors. It fails when an interface is declared twice or incompletely.
func New(doors []*Door, clock *platform.Clock, log *slog.Logger, metrics prometheus.Registerer) (*Gateway, error) {
	g := &Gateway{
		doors: doors,
		clock: clock,
		log:   log,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rookery_requests_total",
			Help: "Requests by path of the interface (the door's prefix if it has no such route, other if no door has the path) and return code (domain and number, or the HTTP status if the door has no codes, or 499 if the caller had left, or forced if rookery dev forced the answer).",
		}, []string{"path", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "rookery_request_duration_seconds",
			Help:    "Time from the whole header to the whole answer, by path of the interface.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .1, .5, 1, 3.1},
		}, []string{"path"}),
		rates: rates{users: limit.NewKeyed()},
		mux:   http.NewServeMux(),
		exact: make(map[string]*resource),
		rest:  make(map[string]*resource),
		calls: sync.Pool{New: func() any { return new(Call) }},
	}
	metrics.MustRegister(g.requests, g.duration)
	for _, door := range doors {
		if err := g.add(door); err != nil {
			return nil, fmt.Errorf("door %s: %w", door.Name, err)
		}
	}
	return g, nil
}

// add puts a door's interfaces on the mux: one pattern per path, so that the door also answers wrong methods.
func (g *Gateway) add(door *Door) error {
	paths := make(map[string]*resource)
	for i := range door.Endpoints {
		e, err := door.Endpoints[i].ready(door)
		if err != nil {
			return err
		}
		r := paths[e.Path]
		if r == nil {
			r = &resource{gateway: g, door: door, byMethod: make(map[string]*Endpoint), meter: g.newMeter(e.Path)}
			paths[e.Path] = r
			g.mux.Handle(e.Path, r)
			if exact := strings.TrimSuffix(e.Path, "{$}"); !strings.Contains(exact, "{") {
				g.exact[exact] = r
			}
			if door.TrailingSlash {
				g.mux.Handle(e.Path+"/{$}", r)
			}
		}
		for _, method := range e.methods() {
			if r.byMethod[method] != nil {
				return fmt.Errorf("%s %s is declared twice", method, e.Path)
			}
			r.byMethod[method] = e
			if door.Head && method == http.MethodGet {
				r.byMethod[http.MethodHead] = e
			}
		}
	}
	for _, prefix := range door.Prefixes {
		g.rest[prefix] = &resource{gateway: g, door: door, meter: g.newMeter(prefix)}
		g.mux.Handle(prefix, g.rest[prefix])
	}
	return nil
}

// Handler returns a handler that serves these doors and passes paths that none of them has to rest.
func (g *Gateway) Handler(doors []*Door, rest http.Handler) http.Handler {
	exact := make(map[string]*resource)
	for path, e := range g.exact {
		if slices.Contains(doors, e.door) {
			exact[path] = e
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Most routes have no wildcards, and one look-up finds them. A RawPath means that the path was escaped in an
		// unusual way, which the mux understands.
		if e := exact[r.URL.Path]; e != nil && r.URL.RawPath == "" {
			e.ServeHTTP(w, r)
			return
		}
		r = withoutEmptySegments(r, doors)
		_, prefix := doorOf(r.URL.Path, doors)
		switch {
		case prefix == "":
			rest.ServeHTTP(w, r)
		case CanonicalPath(r):
			g.mux.ServeHTTP(w, r)
		default: // the mux would redirect, which no caller of a signed interface expects
			g.rest[prefix].ServeHTTP(w, r)
		}
	})
}

// withoutEmptySegments returns the request for the path without its empty segments, if that is a path of a door that allows
// them.
func withoutEmptySegments(r *http.Request, doors []*Door) *http.Request {
	if !strings.Contains(r.URL.EscapedPath(), "//") {
		return r
	}
	path := mergeSlashes(r.URL.Path)
	if door, _ := doorOf(path, doors); door == nil || !door.EmptySegments {
		return r
	}
	merged, url := *r, *r.URL
	url.Path, url.RawPath = path, mergeSlashes(r.URL.RawPath)
	merged.URL = &url
	return &merged
}

func mergeSlashes(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return path
}

// NotFound returns a handler with which a door answers everything as a path that no route has. It is for paths below no
// door's prefixes, so that they too are logged, counted and seen by an inspector.
func (g *Gateway) NotFound(door *Door) http.Handler {
	return &resource{gateway: g, door: door, meter: g.newMeter("other")}
}

// doorOf returns the door of a path and which of its prefixes the path has; nil for none.
func doorOf(path string, doors []*Door) (*Door, string) {
	for _, door := range doors {
		for _, prefix := range door.Prefixes {
			if strings.HasPrefix(path, prefix) {
				return door, prefix
			}
		}
	}
	return nil, ""
}

// CanonicalPath reports whether a request's path has no empty or dot segments: //v2/auth/verify_login has one.
func CanonicalPath(r *http.Request) bool {
	p := r.URL.EscapedPath()
	return !strings.Contains(p, "//") && !(strings.Contains(p, "/.") && slices.ContainsFunc(strings.Split(p, "/"), func(s string) bool {
		return s == "." || s == ".."
	}))
}

// NameInterfaces makes the context of every call name its route's path (platform.InterfaceOf), which costs each call a copy
// of its request. It must be called before the first request.
func (g *Gateway) NameInterfaces() { g.naming = true }

// RequireHTTPS makes answers over HTTPS tell browsers to use nothing else for that long (RFC 6797); 0 tells them nothing. It must be
// called before the first request.
func (g *Gateway) RequireHTTPS(age time.Duration) {
	if age > 0 {
		g.strict = []string{fmt.Sprintf("max-age=%d", int64(age.Seconds()))}
	}
}

// ShareRates makes the gateway count the calls of apps and of users where other gateways count theirs. It must be called before the first
// request.
func (g *Gateway) ShareRates(apps, users *redis.Limit) {
	g.rates.sharedApps, g.rates.sharedUsers = apps, users
}

// Trace makes the gateway record requests, except those of the door "dev". It must be called before the first request.
func (g *Gateway) Trace(t *tracing.Tracer) { g.tracer = t }

// resource serves the requests to one path.
type resource struct {
	gateway  *Gateway
	door     *Door
	byMethod map[string]*Endpoint // nil if the door has no interface there
	meter    *meter

	refusals limit.Bucket  // of anonymous callers that have an event
	silent   atomic.Uint64 // those that had none since the last event
}

func (r *resource) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	g := r.gateway
	c := g.calls.Get().(*Call)
	begin := time.Now()
	c.Request, c.Start, c.gateway, c.writer = request, g.clock.At(begin), g, w
	c.takeID()
	if g.tracer != nil {
		r.beginSpan(c)
	}
	result, err := r.serve(c, w)
	err = r.encode(c, result, err)
	if c.forced != nil {
		c.forced.mark(c)
	}
	g.write(w, c)
	if err != nil && c.left(err) {
		c.Answer.Status, c.Answer.Code = statusLeft, 0
	}
	if c.span != nil {
		r.endSpan(c, err)
	}
	took := time.Since(begin)
	r.meter.observe(c, took)
	if c.proven || err == nil || r.mayLog(c, begin) {
		r.logEvent(c, err, begin.Add(took), took)
	}
	if g.inspector != nil && r.door.Name != "dev" {
		g.inspector.Add(r.record(c, err, took))
	}
	c.reset()
	g.calls.Put(c)
}

// statusLeft is counted and logged for a call that failed because its caller had left, whatever the door would have
// answered; other servers use the same number.
const statusLeft = 499

// left reports whether a call failed because its caller had left: the request's context ends with the connection, and so does
// the platform's work for it. A call that would have been refused anyway is still logged as refused. A caller may have
// closed only its sending side, so it is answered all the same.
func (c *Call) left(err error) bool {
	if errors.Is(err, ErrUnreadable) {
		return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errReset) || errors.Is(err, context.Canceled)
	}
	if c.Context().Err() == nil || errors.Is(err, ErrPanic) {
		return false
	}
	code, coded := retcode.From(err)
	if !coded {
		code = c.Answer.Code // as the door translates it
	}
	if code == 0 {
		return c.Answer.Status >= http.StatusInternalServerError
	}
	return code.Class() == retcode.ClassInternal || code.Class() == retcode.ClassRetry
}

// serve takes the call through the stages to its handler.
func (r *resource) serve(c *Call, w http.ResponseWriter) (result any, err error) {
	defer recovered(&err)
	e := r.byMethod[c.Request.Method]
	if e == nil {
		if r.byMethod == nil {
			c.stage = "route"
			if path := c.Request.URL.Path; slices.Contains(r.door.NotServed, path) {
				return nil, &NotServedError{path}
			}
			return nil, ErrNoRoute
		}
		c.stage = "method"
		methods := slices.Sorted(maps.Keys(r.byMethod))
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return nil, &MethodError{methods}
	}
	c.Endpoint = e
	if r.gateway.naming {
		c.Request = c.Request.WithContext(platform.WithInterface(c.Request.Context(), e.Path))
	}
	if err := c.readBody(w); err != nil {
		c.stage = "read"
		return nil, err
	}
	for i := range e.stages {
		if err := e.stages[i].Run(c); err != nil {
			c.stage = e.stages[i].Name
			return nil, err
		}
		c.proven = c.proven || e.stages[i].proves
	}
	if forced := r.gateway.forced.Load(); forced != nil {
		if err := forced.refuse(c); err != nil {
			return nil, err
		}
	}
	c.stage = "handler"
	result, err = e.Handle(c)
	if err != nil && e.Refuse != nil {
		err = e.Refuse(err)
	}
	return result, err
}

// recovered turns a panic into an error. It is to be deferred.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v\n%s", ErrPanic, p, debug.Stack())
	}
}

// encode makes the door encode the answer, and encode an error if that panics. It returns the error that ended the call.
func (r *resource) encode(c *Call, result any, err error) (ended error) {
	ended = err
	defer func() {
		if p := recover(); p != nil {
			ended = fmt.Errorf("%w: %v\n%s", ErrPanic, p, debug.Stack())
			c.Answer = Answer{Body: c.Answer.Body[:0]}
			r.door.Encode(c, nil, ended)
		}
	}()
	r.door.Encode(c, result, err)
	return ended
}

// readBody reads the whole body. Slow senders are cut off by the server's read timeout.
func (c *Call) readBody(w http.ResponseWriter) error {
	if c.Request.ContentLength == 0 {
		return nil
	}
	if c.Request.ContentLength > MaxBody {
		w.Header().Set("Connection", "close") // saves reading a body that will not be used
		return ErrTooLarge
	}
	limited := c.Request.Body
	if n := c.Request.ContentLength; n > 0 {
		// net/http ends the body there. With room for one more byte the last read reports that at once.
		c.Body = slices.Grow(c.Body, int(min(n+1, 4<<10)))
	} else {
		limited = http.MaxBytesReader(w, limited, MaxBody)
	}
	for {
		if len(c.Body) == cap(c.Body) {
			c.Body = slices.Grow(c.Body, 512)
		}
		n, err := limited.Read(c.Body[len(c.Body):cap(c.Body)])
		c.Body = c.Body[:len(c.Body)+n]
		switch err {
		case nil:
			continue
		case io.EOF:
			return nil
		}
		var tooLarge *http.MaxBytesError // on the heap because of errors.As, so not in the usual path
		if errors.As(err, &tooLarge) {
			return ErrTooLarge
		}
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
}

// lengthKnown is the size up to which net/http sends the length of an answer by itself.
const lengthKnown = 2 << 10

func (g *Gateway) write(w http.ResponseWriter, c *Call) {
	header := w.Header()
	header["Content-Type"] = contentType(c.Answer.ContentType)
	header["X-Request-Id"] = c.idHeader
	header["Cache-Control"], header["X-Content-Type-Options"] = noStore, noSniff
	if g.strict != nil && (c.Request.TLS != nil || g.proxies.Ranges != nil) && c.Secure() {
		header["Strict-Transport-Security"] = g.strict
	}
	for name, values := range c.Answer.Header {
		header[name] = values
	}
	if c.Answer.RetryAfter > 0 {
		seconds := (c.Answer.RetryAfter + time.Second - 1) / time.Second
		header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	if len(c.Answer.Body) > lengthKnown {
		header["Content-Length"] = []string{strconv.Itoa(len(c.Answer.Body))} // otherwise it would be sent in chunks
	}
	w.WriteHeader(c.Answer.Status)
	_, _ = w.Write(c.Answer.Body) // an error means that the caller has left
}

// What every answer says unless its door says otherwise: it may hold a token, so nobody keeps it, and it is nothing but what it says.
var (
	noStore = []string{"no-store"}
	noSniff = []string{"nosniff"}
)

// The content types of nearly all answers, ready for a header.
var (
	jsonType = []string{"application/json; charset=utf-8"}
	textType = []string{"text/plain; charset=utf-8"}
	htmlType = []string{"text/html; charset=utf-8"}
)

func contentType(text string) []string {
	switch text {
	case "":
		return jsonType
	case textType[0]:
		return textType
	case htmlType[0]:
		return htmlType
	default:
		return []string{text}
	}
}
