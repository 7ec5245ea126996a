package rookery

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector takes the traces of platforms, as a collector of OpenTelemetry does.
type Collector struct {
	URL string

	mu      sync.Mutex
	spans   []Span
	headers http.Header // of all requests
}

// Span is a part of a trace. IDs are in hex.
type Span struct {
	Service, Name     string
	Trace, ID, Parent string
	LinkedTrace       string
	Kind              trace.Span_SpanKind
	Failed            bool
	Attributes        map[string]string
	Bytes             string // the whole span, in protobuf
}

// NewCollector starts a collector.
func NewCollector(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{headers: make(http.Header)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("the collector got %s %s of the type %q", r.Method, r.URL, r.Header.Get("Content-Type"))
			return
		}
		if err := c.take(r); err != nil {
			t.Errorf("the collector got something else than spans: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

func (c *Collector) take(r *http.Request) error {
	body, err := gzip.NewReader(r.Body)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var request collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(data, &request); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, values := range r.Header {
		c.headers[name] = append(c.headers[name], values...)
	}
	for _, of := range request.ResourceSpans {
		service := attributes(of.Resource.GetAttributes())["service.name"]
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				whole, err := proto.Marshal(s)
				if err != nil {
					return err
				}
				span := Span{
					Service: service, Name: s.Name, Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId), Parent: hex.EncodeToString(s.ParentSpanId),
					Kind: s.Kind, Failed: s.Status.GetCode() == trace.Status_STATUS_CODE_ERROR, Attributes: attributes(s.Attributes), Bytes: string(whole),
				}
				if len(s.Links) > 0 {
					span.LinkedTrace = hex.EncodeToString(s.Links[0].TraceId)
				}
				c.spans = append(c.spans, span)
			}
		}
	}
	return nil
}

func attributes(all []*common.KeyValue) map[string]string {
	texts := make(map[string]string)
	for _, a := range all {
		switch v := a.Value.Value.(type) {
		case *common.AnyValue_StringValue:
			texts[a.Key] = v.StringValue
		case *common.AnyValue_IntValue:
			texts[a.Key] = strconv.FormatInt(v.IntValue, 10)
		case *common.AnyValue_BoolValue:
			texts[a.Key] = strconv.FormatBool(v.BoolValue)
		}
	}
	return texts
}

// Headers returns what a header had in any request.
func (c *Collector) Headers(name string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.headers.Values(name))
}

// Spans returns what has come so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Span waits for a span for which is holds.
func (c *Collector) Span(t testing.TB, what string, is func(Span) bool) (found Span) {
	t.Helper()
	Until(t, "the collector has "+what, func() bool {
		spans := c.Spans()
		i := slices.IndexFunc(spans, is)
		if i >= 0 {
			found = spans[i]
		}
		return i >= 0
	})
	return found
}
