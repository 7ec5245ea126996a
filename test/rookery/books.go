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
	answers map[string]int // by code, "qq -22"
	last    int            // the newest record of the inspector
	stood   map[string]int // records since some other moment, by the code that the answer stands for
}

// Books reads the platform's counters, and the records of its inspector after those of since. `rookery serve` has no inspector.
func (p *Platform) Books(t testing.TB, since Books) Books {
	t.Helper()
	b := Books{answers: make(map[string]int), last: since.last, stood: make(map[string]int)}
	metrics := send(t, p.client, request(t, http.MethodGet, p.AdminURL+"/metrics", "", ""))
	for line := range strings.Lines(metrics.Body) {
		name, labels, _ := strings.Cut(line, "{")
		if name != "rookery_requests_total" && name != "rookery_oidb_calls_total" {
			continue
		}
		_, rest, _ := strings.Cut(labels, `code="`)
		code, _, _ := strings.Cut(rest, `"`)
		var n float64
		if _, err := fmt.Sscan(line[strings.LastIndexByte(strings.TrimSpace(line), ' '):], &n); err != nil {
			t.Fatalf("/metrics has %q: %v", line, err)
		}
		if code == "200" && strings.Contains(labels, `path="`+GameCenterPath+`"`) { // doors count successes by status
			code = "gamecenter 0"
		}
		b.answers[code] += int(n)
	}
	status, text, err := p.AdminRaw(http.MethodGet, fmt.Sprint("/dev/v1/requests?limit=1000&after=", since.last), nil)
	if err != nil {
		t.Fatal(err)
	}
	if status == http.StatusNotFound {
		return b
	}
	var records []struct {
		Seq           int
		Origin, Stage string
	}
	if err := json.Unmarshal(text, &records); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, record := range records {
		b.last = record.Seq
		if record.Stage != "forced" {
			b.stood[record.Origin]++
		}
	}
	return b
}

// Answers returns how many requests the platform answered with a code, "qq -22", between two readings of its books: by its
// counters, or, for the code of a part that a door translates, by the records of its inspector.
func (b Books) Answers(code string, since Books) int {
	return b.answers[code] - since.answers[code] + b.stood[code]
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
