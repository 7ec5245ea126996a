// Package access is the access layer: it takes every HTTP request of the platform through the stages that routes.tsv
// lists for its route, and is the only place that writes an answer, a request's log event and its metrics.
package access

import (
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
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxBody bounds a request's body.
const MaxBody = 64 << 10

// Errors of the access layer itself. A door says what they look like in its family.
var (
	ErrNoRoute    = errors.New("there is no such path")
	ErrMethod     = errors.New("the path does not take this method")
	ErrUnreadable = errors.New("the body could not be read")
	ErrTooLarge   = fmt.Errorf("%w: it has more than %d bytes", ErrUnreadable, MaxBody)
	ErrPanic      = errors.New("the handler panicked")
)

// Handler serves a call that passed every stage. What it returns is for the door's Encode.
type Handler func(*Call) (result any, err error)

// Door is one wire family: how its requests are read and its answers look.
type Door struct {
	Name          string             // as in routes.tsv
	Prefixes      []string           // of all its paths, "/v2/"; the door also answers for those that no route has
	Stages        []Stage            // its own, beside those that all doors share
	TrailingSlash bool               // a path of a route may also be called with a slash at its end
	Head          bool               // what it shows by GET may also be asked for by HEAD: GET changes nothing
	Handlers      map[string]Handler // by "METHOD path", one for each of its routes

	// Encode turns a handler's result, or the error that ended the call, into c.Answer. Whatever error it gets, it
	// shows nothing of what is not meant for callers.
	Encode func(c *Call, result any, err error)
}

// Gateway serves the doors.
type Gateway struct {
	clock    *platform.Clock
	log      *slog.Logger
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	rates    rates
	mux      *http.ServeMux
	exact    map[string]*endpoints // by path, the routes without wildcards
	rest     map[string]*endpoints // by prefix, a door's answer to what no route has
	calls    sync.Pool

	proxies   Proxies
	inspector *Inspector // nil where nobody looks
	naming    bool       // calls' contexts name their interface
}

// New returns a gateway that serves the routes by the doors. It fails when the table and the doors do not fit together:
// a route without a handler or a stage, or a handler without a route.
func New(routes []*Route, doors []*Door, clock *platform.Clock, log *slog.Logger, metrics prometheus.Registerer) (*Gateway, error) {
	g := &Gateway{
		clock: clock,
		log:   log,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rookery_requests_total",
			Help: "Requests by path of the route (a door's prefix where it has no such route, other where no door is) and return code (domain and number, or the HTTP status where a door has no codes).",
		}, []string{"path", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "rookery_request_duration_seconds",
			Help:    "Time from the whole header to the whole answer, by path of the route.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .1, .5, 1, 3.1},
		}, []string{"path"}),
		rates: rates{users: limit.NewKeyed()},
		mux:   http.NewServeMux(),
		exact: make(map[string]*endpoints),
		rest:  make(map[string]*endpoints),
		calls: sync.Pool{New: func() any { return new(Call) }},
	}
	metrics.MustRegister(g.requests, g.duration)
	for _, door := range doors {
		if err := g.add(door, routes); err != nil {
			return nil, fmt.Errorf("door %s: %w", door.Name, err)
		}
	}
	return g, nil
}

// add puts a door's routes on the mux: one pattern a path, so that a wrong method is the door's to answer too.
func (g *Gateway) add(door *Door, routes []*Route) error {
	runs := make(map[string]func(*Call) error)
	for _, stage := range append(g.stages(), door.Stages...) {
		runs[stage.Name] = stage.Run
	}
	paths := make(map[string]*endpoints)
	served := 0
	for _, route := range routes {
		if route.Door != door.Name {
			continue
		}
		served++
		e := &endpoint{route: route, handler: door.Handlers[route.Method+" "+route.Path]}
		if e.handler == nil {
			return fmt.Errorf("%s %s has no handler", route.Method, route.Path)
		}
		for _, name := range route.Checks {
			if runs[name] == nil {
				return fmt.Errorf("%s %s: there is no stage %q", route.Method, route.Path, name)
			}
			e.stages = append(e.stages, Stage{name, runs[name]})
		}
		if paths[route.Path] == nil {
			paths[route.Path] = &endpoints{gateway: g, door: door, byMethod: make(map[string]*endpoint)}
			paths[route.Path].meter = g.newMeter(route.Path)
			g.mux.Handle(route.Path, paths[route.Path])
			if !strings.Contains(route.Path, "{") {
				g.exact[route.Path] = paths[route.Path]
			}
			if door.TrailingSlash {
				g.mux.Handle(route.Path+"/{$}", paths[route.Path])
			}
		}
		paths[route.Path].byMethod[route.Method] = e
		if door.Head && route.Method == http.MethodGet {
			paths[route.Path].byMethod[http.MethodHead] = e
		}
	}
	if served != len(door.Handlers) {
		return fmt.Errorf("it has %d handlers for %d routes", len(door.Handlers), served)
	}
	for _, prefix := range door.Prefixes {
		g.rest[prefix] = &endpoints{gateway: g, door: door, meter: g.newMeter(prefix)}
		g.mux.Handle(prefix, g.rest[prefix])
	}
	return nil
}

// Handler returns a handler that serves these doors, and leaves to rest the paths that none of them has.
func (g *Gateway) Handler(doors []*Door, rest http.Handler) http.Handler {
	exact := make(map[string]*endpoints)
	for path, e := range g.exact {
		if slices.Contains(doors, e.door) {
			exact[path] = e
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Most routes have no wildcards, and one look-up finds them. A RawPath says that the path was escaped in an unusual
		// way: the mux knows what that means.
		if e := exact[r.URL.Path]; e != nil && r.URL.RawPath == "" {
			e.ServeHTTP(w, r)
			return
		}
		door := prefixOf(r.URL.Path, doors)
		switch {
		case door == "":
			rest.ServeHTTP(w, r)
		case Clean(r):
			g.mux.ServeHTTP(w, r)
		default: // the mux would redirect, which no caller of a signed interface expects
			g.rest[door].ServeHTTP(w, r)
		}
	})
}

// Elsewhere returns a handler that has a door answer, as to a path that no route has, whatever it gets. It is for what is
// below no door's prefixes, so that this too is logged, counted and seen by an inspector.
func (g *Gateway) Elsewhere(door *Door) http.Handler {
	return &endpoints{gateway: g, door: door, meter: g.newMeter("other")}
}

// prefixOf returns the prefix of the doors that a path has, "" for none.
func prefixOf(path string, doors []*Door) string {
	for _, door := range doors {
		for _, prefix := range door.Prefixes {
			if strings.HasPrefix(path, prefix) {
				return prefix
			}
		}
	}
	return ""
}

// Clean tells whether a request's path has no empty or dot segments: //v2/auth/verify_login has one.
func Clean(r *http.Request) bool {
	p := r.URL.EscapedPath()
	return !strings.Contains(p, "//") && !(strings.Contains(p, "/.") && slices.ContainsFunc(strings.Split(p, "/"), func(s string) bool {
		return s == "." || s == ".."
	}))
}

// NameInterfaces has the context of every call name its route's path (platform.InterfaceOf), which costs each call a copy
// of its request. It must be called before the first request.
func (g *Gateway) NameInterfaces() { g.naming = true }

// endpoint is a route ready to serve.
type endpoint struct {
	route   *Route
	stages  []Stage
	handler Handler
}

// endpoints are the routes of one path.
type endpoints struct {
	gateway  *Gateway
	door     *Door
	byMethod map[string]*endpoint
	meter    *meter
}

func (e *endpoints) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := e.gateway
	c := g.calls.Get().(*Call)
	begin := time.Now()
	c.Request, c.Start, c.proxies = r, g.clock.At(begin), &g.proxies
	c.takeID()
	result, err := e.serve(c, w)
	err = e.encode(c, result, err)
	g.write(w, c)
	took := time.Since(begin)
	e.meter.observe(c, took)
	e.logEvent(c, err, begin.Add(took), took)
	if g.inspector != nil && e.door.Name != "dev" {
		e.inspect(c, err, took)
	}
	c.reset()
	g.calls.Put(c)
}

// serve takes the call through the stages to its handler.
func (e *endpoints) serve(c *Call, w http.ResponseWriter) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v\n%s", ErrPanic, p, debug.Stack())
		}
	}()
	endpoint := e.byMethod[c.Request.Method]
	if endpoint == nil {
		if e.byMethod == nil {
			c.stage = "route"
			return nil, ErrNoRoute
		}
		c.stage = "method"
		methods := slices.Sorted(maps.Keys(e.byMethod))
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return nil, fmt.Errorf("%w, only %s", ErrMethod, strings.Join(methods, " or "))
	}
	c.Route = endpoint.route
	if e.gateway.naming {
		c.Request = c.Request.WithContext(platform.WithInterface(c.Request.Context(), c.Route.Path))
	}
	if err := c.readBody(w); err != nil {
		c.stage = "read"
		return nil, err
	}
	for i := range endpoint.stages {
		if err := endpoint.stages[i].Run(c); err != nil {
			c.stage = endpoint.stages[i].Name
			return nil, err
		}
	}
	c.stage = "handler"
	return endpoint.handler(c)
}

// encode has the door make the answer, and make another one when that panics. It returns the error that ended the call.
func (e *endpoints) encode(c *Call, result any, err error) (ended error) {
	ended = err
	defer func() {
		if p := recover(); p != nil {
			ended = fmt.Errorf("%w: %v\n%s", ErrPanic, p, debug.Stack())
			c.Answer = Answer{Body: c.Answer.Body[:0]}
			e.door.Encode(c, nil, ended)
		}
	}()
	e.door.Encode(c, result, err)
	return ended
}

// readBody reads the whole body. Slow senders are cut off by the server's read timeout.
func (c *Call) readBody(w http.ResponseWriter) error {
	if c.Request.ContentLength == 0 {
		return nil
	}
	if c.Request.ContentLength > MaxBody {
		w.Header().Set("Connection", "close") // spares reading what will not be used
		return ErrTooLarge
	}
	limited := c.Request.Body
	if n := c.Request.ContentLength; n > 0 {
		// net/http ends the body there. With room for a byte more the last read tells so at once.
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
		var tooLarge *http.MaxBytesError // on the heap, for errors.As: not on the usual way
		if errors.As(err, &tooLarge) {
			return ErrTooLarge
		}
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
}

func (g *Gateway) write(w http.ResponseWriter, c *Call) {
	header := w.Header()
	header["Content-Type"] = contentType(c.Answer.ContentType)
	header["X-Request-Id"] = c.idHeader
	for name, values := range c.Answer.Header {
		header[name] = values
	}
	if c.Answer.RetryAfter > 0 {
		seconds := (c.Answer.RetryAfter + time.Second - 1) / time.Second
		header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	w.WriteHeader(c.Answer.Status)
	_, _ = w.Write(c.Answer.Body) // an error means that the caller has left
}

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

// declared reports whether the route's row names the code.
func (r *Route) declared(code retcode.Code) bool {
	for _, c := range r.Codes {
		if c == code {
			return true
		}
	}
	return false
}
