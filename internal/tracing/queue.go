package tracing

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// Bounds on what waits for the collector.
const (
	maxWaiting  = 8192 // spans, of a few hundred bytes each
	maxBatch    = 512  // spans of a request
	batchPause  = time.Second
	maxAnswer   = 1 << 10         // bytes of the collector's, which the log may show
	sendTimeout = 5 * time.Second // for a batch, with the repeats after failures that pass
)

// queue holds the ended spans until they are sent. The library's processor batches and sends them; it drops silently what it has no room for, so
// the queue keeps it from ever having none.
type queue struct {
	sdk.SpanProcessor // the library's

	waiting   atomic.Int64
	exporter  sdk.SpanExporter
	log       *slog.Logger
	failing   atomic.Bool
	abandoned context.Context // once it ends, nothing more is sent
	abandon   context.CancelFunc

	exported prometheus.Counter
	dropped  prometheus.Counter
}

func newQueue(o Options, log *slog.Logger) (*queue, error) {
	// Every option is given, so that the library's own variables in the environment have no say.
	exporter, err := otlptracehttp.New(context.Background(),
		otlptracehttp.WithEndpointURL(strings.TrimRight(o.Endpoint, "/")+"/v1/traces"),
		otlptracehttp.WithHeaders(o.Headers),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression),
		otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf),
		otlptracehttp.WithTimeout(sendTimeout),
		otlptracehttp.WithMaxResponseSize(maxAnswer),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: 500 * time.Millisecond, MaxInterval: 2 * time.Second, MaxElapsedTime: sendTimeout}),
		otlptracehttp.WithHTTPClient(&http.Client{
			Transport:     &http.Transport{MaxIdleConns: 1, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Timeout:       sendTimeout,
		}),
	)
	if err != nil {
		return nil, err
	}
	q := &queue{
		exporter: exporter, log: log,
		exported: prometheus.NewCounter(prometheus.CounterOpts{Name: "rookery_spans_exported_total", Help: "Spans that the collector has taken."}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rookery_spans_dropped_total", Help: "Spans that the collector does not get, because it failed or too many waited for it.",
		}),
	}
	q.abandoned, q.abandon = context.WithCancel(context.Background())
	q.SpanProcessor = sdk.NewBatchSpanProcessor(sender{q},
		sdk.WithMaxQueueSize(maxWaiting), sdk.WithMaxExportBatchSize(maxBatch), sdk.WithBatchTimeout(batchPause), sdk.WithExportTimeout(sendTimeout))
	return q, nil
}

// OnEnd takes an ended span. It never waits.
func (q *queue) OnEnd(s sdk.ReadOnlySpan) {
	if q.waiting.Add(1) > maxWaiting {
		q.waiting.Add(-1)
		q.dropped.Inc()
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// sender is the exporter of a queue.
type sender struct{ *queue }

// ExportSpans sends a batch. It returns no error, since the library would write it to standard error.
func (s sender) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.abandoned, cancel)()
	defer s.waiting.Add(int64(-len(spans)))
	err := s.exporter.ExportSpans(ctx, spans)
	if err != nil {
		s.dropped.Add(float64(len(spans)))
		if !s.failing.Swap(true) {
			s.log.Warn("the collector does not take traces", "error", err.Error())
		}
		return nil
	}
	s.exported.Add(float64(len(spans)))
	if s.failing.Swap(false) {
		s.log.Info("the collector takes traces again")
	}
	return nil
}

// Shutdown ends the exporter.
func (s sender) Shutdown(ctx context.Context) error { return s.exporter.Shutdown(ctx) }
