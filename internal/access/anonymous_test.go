package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// TestAnonymousRefusalsAreSampled: of callers who have proven nothing only some refusals have an event, and the next event says how many
// had none. Everybody else's calls, and what failed in the platform, always have one.
func TestAnonymousRefusalsAreSampled(t *testing.T) {
	var log bytes.Buffer
	proof := Step("proof", func(c *Call) error {
		if c.Request.URL.RawQuery == "" {
			return retcode.QQSignatureWrong
		}
		return nil
	}, retcode.QQSignatureWrong).ProvesCaller()
	door := plainDoor(at("GET", func(c *Call) (any, error) {
		if c.Request.URL.RawQuery == "refuse" {
			return nil, retcode.QQParameterInvalid
		}
		return "", nil
	}, proof))
	door.Encode = func(c *Call, _ any, err error) {
		if c.Answer.Status = http.StatusOK; err != nil {
			c.Answer.Status = http.StatusForbidden
		}
	}
	gateway, err := New([]*Door{door}, new(platform.Clock), slog.New(slog.NewJSONHandler(&log, nil)), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	g := served{gateway, gateway.Handler([]*Door{door}, http.NotFoundHandler())}
	send := func(target string, times int) (events, silent int) {
		log.Reset()
		for range times {
			g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", target, nil))
		}
		for line := range strings.Lines(log.String()) {
			var event struct {
				Silent int `json:"calls_without_event"`
			}
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Fatal(err)
			}
			events, silent = events+1, silent+event.Silent
		}
		return events, silent
	}
	const many = 5000 // which take less than the 49 s in which all could have one
	for path, next := range map[string]string{"/p/a": "/p/a?proven", "/p/none": "/p/none"} {
		events, silent := send(path, many)
		if events < 100 || events == many {
			t.Errorf("%s: of %d refusals %d have an event", path, many, events)
		}
		g.rest["/p/"].refusals = limit.Bucket{} // the next one has an event
		last, more := send(next, 1)
		if last != 1 || events+silent+more != many {
			t.Errorf("%s: %d had an event, and %d and %d are said to have had none", path, events, silent, more)
		}
	}
	if events, silent := send("/p/a?refuse", many); events != many || silent != 0 {
		t.Errorf("of somebody known %d of %d refusals have an event, %d are said to have had none", events, many, silent)
	}

	r, now := new(resource), time.Now()
	logged := 0
	for range 250 {
		if r.mayLog(new(Call), now) {
			logged++
		}
	}
	if logged != 100 || r.silent.Load() != 150 {
		t.Errorf("at once %d have an event and %d have none, want 100 and 150", logged, r.silent.Load())
	}
	if !r.mayLog(&Call{Answer: Answer{Status: http.StatusInternalServerError}}, now) {
		t.Error("a failure of the platform has no event")
	}
	if !r.mayLog(new(Call), now.Add(time.Second)) {
		t.Error("a second later none has an event")
	}
}

type discreet struct{ error }

func (discreet) Logged() string { return "something misplaced" }

// TestWhatIsMisplacedIsNotLogged: neither the rest of a mistyped path of the operators' doors, nor what an error keeps to the caller.
func TestWhatIsMisplacedIsNotLogged(t *testing.T) {
	var log bytes.Buffer
	role := platform.RoleReader
	fail := func(*Call) (any, error) { return nil, discreet{errors.New("hunter2 is misplaced")} }
	g, _ := newGateway(t, &log, Endpoint{Method: "GET", Path: "/p/accounts/{uin}/state", Role: &role, Action: Action{Handle: fail}}, Endpoint{Method: "GET", Path: "/p/apps", Action: Action{Handle: nothing}})
	for target, want := range map[string]string{
		"/p/accounts/10001/hunter2": `"/p/accounts/..."`, "/p/hunter2": `"/p/..."`, "/p/accountshunter2": `"/p/..."`, "/p/apps/hunter2": `"/p/apps/..."`,
		"/p/accounts/10001/state": `"error":"something misplaced"`,
	} {
		log.Reset()
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if text := log.String(); !strings.Contains(text, want) || strings.Contains(text, "hunter2") || strings.Contains(text, "10001") {
			t.Errorf("%s: the log has %s, want %s", target, text, want)
		}
		if target == "/p/accounts/10001/state" && !strings.Contains(w.Body.String(), "hunter2 is misplaced") {
			t.Errorf("the caller is told %s", w.Body)
		}
	}
}
