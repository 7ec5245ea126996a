package tracing

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.opentelemetry.io/otel/trace"
)

// TestNoSpanIsLostUncounted: of those for which a hung collector leaves no room, and of those that wait at the end.
func TestNoSpanIsLostUncounted(t *testing.T) {
	release := make(chan struct{})
	hung := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is the end of the request noticed
		<-release
	}))
	defer hung.Close()
	defer close(release)
	tracer, err := New(Options{Endpoint: hung.URL, Sample: 1, Service: "test"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	const spans = 10_000
	for range spans {
		tracer.Begin(trace.SpanKindServer, "test", "", Outside).End()
	}
	if dropped := testutil.ToFloat64(tracer.queue.dropped); dropped < spans-8192 {
		t.Fatalf("%v spans are dropped, though only 8192 may wait", dropped)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	tracer.Shutdown(ended)
	for deadline := time.After(time.Minute); tracer.queue.waiting.Load() > 0; {
		select {
		case <-deadline:
			t.Fatalf("%d spans wait for ever", tracer.queue.waiting.Load())
		case <-time.After(time.Millisecond):
		}
	}
	if dropped := testutil.ToFloat64(tracer.queue.dropped); dropped != spans {
		t.Errorf("%v of %d spans are counted as dropped", dropped, spans)
	}
}

// TestWhoDecides: what a process of the platform forwards is recorded by that process's decision alone.
func TestWhoDecides(t *testing.T) {
	const caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
	for name, test := range map[string]struct {
		sample      float64
		traceParent string
		from        Origin
		recorded    bool
	}{
		"forwarded and recorded there":           {0, caller + "01", Forwarded, true},
		"forwarded and not recorded there":       {1, caller + "00", Forwarded, false},
		"forwarded without a word":               {1, "", Forwarded, false},
		"from inside and recorded there":         {0, caller + "01", Inside, true},
		"from inside and not recorded there":     {1, caller + "00", Inside, false},
		"from inside without a word":             {1, "", Inside, true},
		"from outside and recorded there":        {0, caller + "01", Outside, false},
		"from outside and not recorded there":    {1, caller + "00", Outside, true},
		"from inside with what cannot be read":   {1, caller, Inside, true},
		"from outside, and nothing is to be had": {0, "", Outside, false},
	} {
		tracer, err := New(Options{Endpoint: "http://127.0.0.1:1", Sample: test.sample, Service: "test"}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		span := tracer.Begin(trace.SpanKindServer, "test", test.traceParent, test.from)
		if (span != nil) != test.recorded {
			t.Errorf("%s: recorded is %v, want %v", name, span != nil, test.recorded)
		}
		if span != nil && test.from != Outside && test.traceParent == caller+"01" && ID(span) != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s: the trace %s", name, ID(span))
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		tracer.Shutdown(ended)
	}
}
