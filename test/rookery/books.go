package rookery

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Books are what a platform has counted and recorded up to some moment.
type Books struct {
	counters map[answer]int
	last     int      // the newest record of the inspector
	records  []record // those since some other moment, oldest first
	blind    bool     // there is no inspector
}

// answer is a code, "qq -22", at an interface: a path, or a command of the bus.
type answer struct{ at, code string }

// record is what the inspector knows about a request.
type record struct {
	Seq       int
	Interface string
	Domain    string // empty for a success
	Code      int
	Origin    string // the code that the answer's stands for
	Stage     string
}

func (r record) has(code string) bool {
	return r.Stage != "forced" && (r.Origin == code || r.Domain != "" && fmt.Sprint(r.Domain, " ", r.Code) == code)
}

// Books reads the platform's counters, and the records of its inspector after those of since. `rookery serve` has no inspector.
func (p *Platform) Books(t testing.TB, since Books) Books {
	t.Helper()
	b := Books{counters: make(map[answer]int), last: since.last}
	metrics := send(t, p.client, request(t, http.MethodGet, p.AdminURL+"/metrics", "", ""))
	for line := range strings.Lines(metrics.Body) {
		name, labels, _ := strings.Cut(line, "{")
		label := map[string]string{"rookery_requests_total": "path", "rookery_oidb_calls_total": "interface"}[name]
		if label == "" {
			continue
		}
		a := answer{value(labels, label), value(labels, "code")}
		var n float64
		if _, err := fmt.Sscan(line[strings.LastIndexByte(strings.TrimSpace(line), ' '):], &n); err != nil {
			t.Fatalf("/metrics has %q: %v", line, err)
		}
		if a == (answer{GameCenterPath, "200"}) { // doors count successes by status
			a.code = "gamecenter 0"
		}
		b.counters[a] += int(n)
	}
	status, text, err := p.AdminRaw(http.MethodGet, fmt.Sprint("/dev/v1/requests?limit=1000&after=", since.last), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b.blind = status == http.StatusNotFound; b.blind {
		return b
	}
	if err := json.Unmarshal(text, &b.records); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if n := len(b.records); n > 0 {
		b.last = b.records[n-1].Seq
	}
	return b
}

// value is the value of a label of a metric.
func value(labels, name string) string {
	_, rest, _ := strings.Cut(labels, name+`="`)
	text, _, _ := strings.Cut(rest, `"`)
	return text
}

// Answered returns the interfaces at which the platform answered requests with a code, "qq -22", between two readings of its
// books: by its counters, and by the records of its inspector, which know the code that an answer stands for, and what is counted
// together: the commands and paths that the platform does not have.
func (b Books) Answered(code string, since Books) (at []string) {
	for a, n := range b.counters {
		if a.code == code && a.at != "other" && !strings.HasSuffix(a.at, "/") && n > since.counters[a] {
			at = append(at, a.at)
		}
	}
	for _, r := range b.records {
		if r.has(code) {
			at = append(at, r.Interface)
		}
	}
	slices.Sort(at)
	return slices.Compact(at)
}

// Over reports whether the last request at some interfaces was not answered with the code. Of `rookery serve`, where the order is
// not known, it reports whether any was not.
func (b Books) Over(code string, among func(at string) bool, since Books) (over bool) {
	if b.blind {
		for a, n := range b.counters {
			over = over || among(a.at) && a.code != code && n > since.counters[a]
		}
		return over
	}
	for _, r := range b.records {
		if among(r.Interface) {
			over = !r.has(code)
		}
	}
	return over
}

// started are the platforms that each test started.
var started = struct {
	sync.Mutex
	by map[testing.TB][]*Platform
}{by: make(map[testing.TB][]*Platform)}

func (p *Platform) startedBy(t testing.TB) {
	started.Lock()
	defer started.Unlock()
	started.by[t] = append(started.by[t], p)
	t.Cleanup(func() {
		started.Lock()
		defer started.Unlock()
		delete(started.by, t)
	})
}

// StartedBy returns the platforms that a test started and did not end.
func StartedBy(t testing.TB) []*Platform {
	started.Lock()
	defer started.Unlock()
	return slices.DeleteFunc(slices.Clone(started.by[t]), func(p *Platform) bool { return p.ended })
}
