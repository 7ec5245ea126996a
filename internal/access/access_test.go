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

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// plainDoor answers with the text of the result, or with status 500 and the text of the error.
func plainDoor(endpoints ...Endpoint) *Door {
	return &Door{
		Name: "plain", Prefixes: []string{"/p/"}, Endpoints: endpoints,
		Code: func(err error) retcode.Code { code, _ := retcode.From(err); return code },
		Encode: func(c *Call, result any, err error) {
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
		},
	}
}

// at returns the interface /p/a.
func at(method string, handle Handler, checks ...Stage) Endpoint {
	return Endpoint{Method: method, Path: "/p/a", Checks: checks, Action: Action{Handle: handle}}
}

func nothing(*Call) (any, error) { return "", nil }

// served is a gateway in front of a handler.
type served struct {
	*Gateway
	http.Handler
}

func newGateway(t *testing.T, log io.Writer, endpoints ...Endpoint) (served, *prometheus.Registry) {
	t.Helper()
	metrics := prometheus.NewRegistry()
	doors := []*Door{plainDoor(endpoints...)}
	g, err := New(doors, new(platform.Clock), slog.New(slog.NewJSONHandler(log, nil)), metrics)
	if err != nil {
		t.Fatal(err)
	}
	return served{g, g.Handler(doors, http.NotFoundHandler())}, metrics
}

func TestDeclarationsThatCannotBeServedAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		endpoints []Endpoint
		want      string
	}{
		"without a handler": {[]Endpoint{at("GET", nil)}, "GET /p/a has no handler"},
		"without a method":  {[]Endpoint{at("", nothing)}, "is not a method and a path"},
		"without a path":    {[]Endpoint{{Method: "GET", Action: Action{Handle: nothing}}}, "is not a method and a path"},
		"twice":             {[]Endpoint{at("GET POST", nothing), at("POST", nothing)}, "POST /p/a is declared twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New([]*Door{plainDoor(test.endpoints...)}, new(platform.Clock), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestPermissionsAreThoseOfInterfacesWithTheCheck(t *testing.T) {
	doors := []*Door{plainDoor(
		Endpoint{Permission: "b", Checks: []Stage{Sequence("s", Online, Granted)}},
		Endpoint{Permission: "a", Checks: []Stage{Granted}},
		Endpoint{Permission: "a", Checks: []Stage{Granted}},
		Endpoint{Permission: "c", Checks: []Stage{Online}},
		Endpoint{Checks: []Stage{Granted}},
	)}
	if got := Permissions(doors, Granted); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %v, want a and b", got)
	}
}

func TestCodesFollowFromTheDeclaration(t *testing.T) {
	command := oidb.Declaration{Codes: []retcode.Code{retcode.AccessTokenExpired, retcode.AccessTokenFrozen}}
	door := plainDoor(Endpoint{
		Method: "POST", Path: "/p/a",
		Checks: []Stage{
			Sequence("s", Stage{Name: "one", Codes: []retcode.Code{retcode.QQAppNotOnline}}),
			Stage{Name: "two"}.Calls(Use{Command: &command, Never: []retcode.Code{retcode.AccessTokenExpired}}),
		},
		Action:   Action{Codes: []retcode.Code{retcode.QQParameterInvalid}},
		Codes:    []retcode.Code{retcode.QQOpenIDIllegal},
		Commands: []Use{{Command: &command, Never: []retcode.Code{retcode.AccessTokenFrozen}}},
		Refuse: func(err error) error {
			if errors.Is(err, retcode.AccessTokenExpired) {
				return retcode.QQFriendTokenInvalid
			}
			return err
		},
	})
	door.Code = func(err error) retcode.Code {
		var method *MethodError
		code, coded := retcode.From(err)
		switch {
		case errors.As(err, &method) && slices.Equal(method.Allowed, []string{"POST"}):
			return retcode.QQPostRequired
		case errors.Is(err, ErrUnreadable):
			return retcode.V5RequestUnreadable
		case !coded:
			return retcode.V5Internal
		case code.Domain() == retcode.OIDB:
			return 0
		}
		return code
	}
	want := []retcode.Code{
		retcode.QQOpenIDIllegal, retcode.QQParameterInvalid, retcode.QQAppNotOnline, retcode.QQPostRequired, retcode.QQFriendTokenInvalid,
		retcode.AccessTokenFrozen, retcode.V5RequestUnreadable, retcode.V5Internal,
	}
	if got := door.Codes(&door.Endpoints[0]); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestStagesRunInOrderUntilOneRefuses(t *testing.T) {
	var ran []string
	step := func(name string, err error) Stage {
		return Stage{Name: name, Run: func(*Call) error { ran = append(ran, name); return err }}
	}
	g, metrics := newGateway(t, io.Discard, at("POST", func(*Call) (any, error) { ran = append(ran, "handler"); return "", nil },
		step("b", nil), Sequence("two", step("a", nil), step("no", retcode.QQAPINotGranted)), step("c", nil)))
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

// A mux would redirect to the clean path; a door answers as to any path that no route has, and logs and counts it.
func TestPathsAreNotRedirected(t *testing.T) {
	g, _ := newGateway(t, io.Discard, at("POST", func(*Call) (any, error) { return "a", nil }))
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

func TestARefusedMethodNamesTheRightOne(t *testing.T) {
	g, _ := newGateway(t, io.Discard, at("POST", nothing), at("GET", nothing))
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
	g, _ := newGateway(t, io.Discard, at("POST", func(c *Call) (any, error) { return string(c.Body), nil }))
	large := strings.Repeat("x", 65_536)
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
			for range 2 { // the second call reuses the first one's buffers
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
		"of the door":    {func(*Call) (any, error) { return 42, nil }, "interface conversion"}, // plainDoor encodes only texts
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			g, _ := newGateway(t, &log, at("GET", test.handler))
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
	g, _ := newGateway(t, &log, at("POST", func(c *Call) (any, error) { return nil, retcode.QQAccessTokenUnreadable }))
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

func TestACodeThatIsNotDeclaredIsNoticed(t *testing.T) {
	for code, undeclared := range map[retcode.Code]bool{retcode.QQAPINotGranted: false, retcode.QQSignatureWrong: true} {
		var log bytes.Buffer
		endpoint := at("GET", func(*Call) (any, error) { return nil, code })
		endpoint.Codes = []retcode.Code{retcode.QQAPINotGranted}
		g, _ := newGateway(t, &log, endpoint)
		g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/p/a", nil))
		if strings.Contains(log.String(), `"undeclared":true`) != undeclared {
			t.Errorf("%v: the log is %s", code, log.String())
		}
	}
}
