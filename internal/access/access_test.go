package access

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rookeryhq/rookery/catalogue"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func TestTheRouteTableIsSound(t *testing.T) {
	routes, err := ParseRoutes(catalogue.Routes)
	if err != nil {
		t.Fatal(err)
	}
	granted := Permissions(routes, "granted")
	for _, api := range platform.DefaultAPIs {
		if !slices.Contains(granted, api) {
			t.Errorf("new apps are granted %s, which no route asks for", api)
		}
	}
	for _, r := range routes {
		if r.Door == "msdkv5" && (r.Permission == "" || len(r.Codes) == 0 || len(r.Checks) == 0) {
			t.Errorf("%s has no permission, codes or checks", r.Path)
		}
	}
}

func TestRouteTablesAreRefused(t *testing.T) {
	const header = routeColumns + "\n"
	for name, test := range map[string]struct{ table, want string }{
		"with other columns":      {"path\n", "routes.tsv:1: the columns"},
		"with a missing cell":     {header + "v5\tPOST\t/x\tx\ta\t-", "routes.tsv:2: a row has 7 cells"},
		"with an empty cell":      {header + "v5\tPOST\t/x\t\ta\t-\t-", "routes.tsv:2: a row has 7 cells"},
		"with a relative path":    {header + "v5\tPOST\tx\tx\ta\t-\t-", `path "x" does not begin with /`},
		"with a limit of nobody":  {header + "v5\tPOST\t/x\tx\ta\tall=1/s\t-", "neither app= nor user="},
		"with a limit of no rate": {header + "v5\tPOST\t/x\tx\ta\tapp=fast\t-", `rate "fast"`},
		"with an unknown domain":  {header + "v5\tPOST\t/x\tx\ta\t-\tzz:1", `"zz"`},
		"with an unknown code":    {header + "v5\tPOST\t/x\tx\ta\t-\tqq:-999", "not in the catalogue"},
		"with a code twice":       {header + "v5\tPOST\t/x\tx\ta\t-\tqq:-2 qq:-2", "code qq:-2 stands here twice"},
		"with a route twice":      {header + "v5\tPOST\t/x\tx\ta\t-\t-\nv5\tPOST\t/x\tx\ta\t-\t-", "routes.tsv:3: POST /x stands here twice"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseRoutes(test.table); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// plainDoor answers the text of the result or of the error, and 500 with the error.
func plainDoor(handlers map[string]Handler, stages ...Stage) *Door {
	return &Door{Name: "plain", Prefixes: []string{"/p/"}, Stages: stages, Handlers: handlers, Encode: func(c *Call, result any, err error) {
		c.Answer.Status, c.Answer.ContentType = http.StatusOK, "text/plain"
		if err != nil {
			c.Answer.Status = http.StatusInternalServerError
			c.Answer.Code, _ = retcode.From(err)
			result = err.Error()
		}
		if result == nil {
			result = ""
		}
		c.Answer.Body = append(c.Answer.Body, result.(string)...)
	}}
}

// served is a gateway behind its handler.
type served struct {
	*Gateway
	http.Handler
}

func newGateway(t *testing.T, log io.Writer, routes []*Route, door *Door) (served, *prometheus.Registry) {
	t.Helper()
	metrics := prometheus.NewRegistry()
	g, err := New(routes, []*Door{door}, new(platform.Clock), slog.New(slog.NewJSONHandler(log, nil)), metrics)
	if err != nil {
		t.Fatal(err)
	}
	return served{g, g.Handler([]*Door{door}, http.NotFoundHandler())}, metrics
}

func TestDoorsThatDoNotFitTheTableAreRefused(t *testing.T) {
	handler := func(*Call) (any, error) { return "", nil }
	route := &Route{Door: "plain", Method: "GET", Path: "/p/a"}
	for name, test := range map[string]struct {
		routes   []*Route
		handlers map[string]Handler
		want     string
	}{
		"a route without a handler": {[]*Route{route}, nil, "GET /p/a has no handler"},
		"a handler without a route": {nil, map[string]Handler{"GET /p/a": handler}, "1 handlers for 0 routes"},
		"a check that no stage is": {
			[]*Route{{Door: "plain", Method: "GET", Path: "/p/a", Checks: []string{"moon"}}},
			map[string]Handler{"GET /p/a": handler}, `there is no stage "moon"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(test.routes, []*Door{plainDoor(test.handlers)}, new(platform.Clock), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestStagesRunInTheTablesOrderUntilOneRefuses(t *testing.T) {
	var ran []string
	step := func(name string, err error) Stage {
		return Stage{name, func(*Call) error { ran = append(ran, name); return err }}
	}
	g, metrics := newGateway(t, io.Discard,
		[]*Route{{Door: "plain", Method: "POST", Path: "/p/a", Checks: []string{"b", "a", "no", "c"}}},
		plainDoor(map[string]Handler{"POST /p/a": func(*Call) (any, error) { ran = append(ran, "handler"); return "", nil }},
			step("a", nil), step("b", nil), step("c", nil), step("no", retcode.QQAPINotGranted)))
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest("POST", "/p/a", nil))
	if got := strings.Join(ran, " "); got != "b a no" {
		t.Errorf("ran %q, want %q", got, "b a no")
	}
	if got := testutil.ToFloat64(g.requests.WithLabelValues("/p/a", "qq -3")); got != 1 {
		t.Errorf("qq -3 was counted %v times, want once", got)
	}
	if n, err := testutil.GatherAndCount(metrics, "rookery_request_duration_seconds"); err != nil || n == 0 {
		t.Errorf("no duration was counted: %v", err)
	}
}

// A mux redirects to the clean path; a door answers as to any path that no route has, and logs and counts it.
func TestPathsAreNotRedirected(t *testing.T) {
	g, _ := newGateway(t, io.Discard, []*Route{{Door: "plain", Method: "POST", Path: "/p/a"}},
		plainDoor(map[string]Handler{"POST /p/a": func(*Call) (any, error) { return "a", nil }}))
	for path, want := range map[string]string{
		"/p/a": "a", "/p//a": ErrNoRoute.Error(), "/p/./a": ErrNoRoute.Error(), "/p/../p/a": ErrNoRoute.Error(), "/p/a//": ErrNoRoute.Error(),
		"/p/.a": ErrNoRoute.Error(), "/p/..": ErrNoRoute.Error(),
	} {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest("POST", path, nil))
		if got := w.Body.String(); got != want || w.Code/100 == 3 {
			t.Errorf("%s: status %d, %q, want %q", path, w.Code, got, want)
		}
	}
}

func TestAWrongMethodIsToldTheRightOne(t *testing.T) {
	g, _ := newGateway(t, io.Discard, []*Route{{Door: "plain", Method: "POST", Path: "/p/a"}, {Door: "plain", Method: "GET", Path: "/p/a"}},
		plainDoor(map[string]Handler{
			"POST /p/a": func(*Call) (any, error) { return "", nil },
			"GET /p/a":  func(*Call) (any, error) { return "", nil },
		}))
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest("PUT", "/p/a", nil))
	if got, want := w.Body.String(), "the path does not take this method, only GET or POST"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := w.Header().Get("Allow"); got != "GET, POST" {
		t.Errorf("Allow is %q", got)
	}
}

func TestBodies(t *testing.T) {
	g, _ := newGateway(t, io.Discard, []*Route{{Door: "plain", Method: "POST", Path: "/p/a"}},
		plainDoor(map[string]Handler{"POST /p/a": func(c *Call) (any, error) { return string(c.Body), nil }}))
	large := strings.Repeat("x", MaxBody)
	for name, test := range map[string]struct {
		body io.Reader
		want string
	}{
		"none":                      {nil, ""},
		"small":                     {strings.NewReader("small"), "small"},
		"as large as may be":        {strings.NewReader(large), large},
		"too large":                 {strings.NewReader(large + "x"), ErrTooLarge.Error()},
		"too large, length unknown": {io.MultiReader(strings.NewReader(large), strings.NewReader("x")), ErrTooLarge.Error()},
		"broken off":                {io.MultiReader(strings.NewReader("x"), failingReader{}), ErrUnreadable.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second call finds the first one's buffers
				w := httptest.NewRecorder()
				g.ServeHTTP(w, httptest.NewRequest("POST", "/p/a", test.body))
				if got := w.Body.String(); !strings.HasPrefix(got, test.want) || len(got) > len(test.want)+100 {
					t.Errorf("got %.80q of %d bytes, want %.80q", got, len(got), test.want)
				}
				if test.body != nil {
					break // it is read
				}
			}
		})
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	for name, test := range map[string]struct {
		handler Handler
		says    string
	}{
		"of the handler": {func(*Call) (any, error) { panic("of the moment") }, "of the moment"},
		"of the door":    {func(*Call) (any, error) { return 42, nil }, "interface conversion"}, // plainDoor takes texts
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			g, _ := newGateway(t, &log, []*Route{{Door: "plain", Method: "GET", Path: "/p/a"}}, plainDoor(map[string]Handler{"GET /p/a": test.handler}))
			w := httptest.NewRecorder()
			g.ServeHTTP(w, httptest.NewRequest("GET", "/p/a", nil))
			if w.Code != http.StatusInternalServerError || w.Header().Get("X-Request-Id") == "" {
				t.Errorf("answered %d with request id %q", w.Code, w.Header().Get("X-Request-Id"))
			}
			for _, want := range []string{`"level":"ERROR"`, test.says, "access_test.go", w.Header().Get("X-Request-Id")} {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log has no %q: %s", want, log.String())
				}
			}
		})
	}
}

func TestTheLogHoldsNoSecret(t *testing.T) {
	var log bytes.Buffer
	g, _ := newGateway(t, &log, []*Route{{Door: "plain", Method: "POST", Path: "/p/a"}},
		plainDoor(map[string]Handler{"POST /p/a": func(c *Call) (any, error) { return nil, retcode.QQAccessTokenUnreadable }}))
	r := httptest.NewRequest("POST", "/p/a?sig=SECRET", strings.NewReader("SECRET"))
	r.Header.Set("Authorization", "Bearer SECRET")
	g.ServeHTTP(httptest.NewRecorder(), r)
	g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/p/unknown?sig=SECRET", nil))
	g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/p/a&token=SECRET", nil))
	g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/p/a/SECRET"+strings.Repeat("0", 26), nil))
	g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/p/a%3Ftoken=SECRET", nil))
	if strings.Contains(log.String(), "SECRET") || strings.Count(log.String(), "\n") != 5 {
		t.Errorf("the log is %s", log.String())
	}
}

func TestACodeThatTheTableDoesNotNameIsNoticed(t *testing.T) {
	var log bytes.Buffer
	g, _ := newGateway(t, &log, []*Route{{Door: "plain", Method: "GET", Path: "/p/a", Codes: []retcode.Code{retcode.QQAPINotGranted}}},
		plainDoor(map[string]Handler{"GET /p/a": func(*Call) (any, error) { return nil, retcode.QQSignatureWrong }}))
	g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/p/a", nil))
	if !strings.Contains(log.String(), `"undeclared":true`) {
		t.Errorf("the log is %s", log.String())
	}
}
