package server

import (
	"bufio"
	"context"
	"fmt"
	"net/textproto"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/rookeryhq/rookery/internal/secretfile"
	"github.com/rookeryhq/rookery/internal/tracing"
)

// openTracing makes the tracer, if something is recorded.
func (s *Server) openTracing(context.Context) error {
	o, t := &s.options, &s.options.Tracing
	if !t.On() {
		return nil
	}
	headers, err := readTracingHeaders(o.name("tracing.headers"), t.Headers)
	if err != nil {
		return err
	}
	s.tracer, err = tracing.New(tracing.Options{
		Endpoint: t.Endpoint, Headers: headers, Sample: t.Sample, Continue: t.Callers == "continue", Service: t.Service,
	}, o.Log)
	if err != nil {
		return fmt.Errorf("%s: %w", o.name("tracing.endpoint"), err)
	}
	return nil
}

// readTracingHeaders reads the headers for the collector; without a file there are none.
func readTracingHeaders(name, file string) (map[string]string, error) {
	headers := make(map[string]string)
	if file == "" {
		return headers, nil
	}
	text, err := secretfile.ReadText(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	lines := strings.TrimSpace(text) + "\n\n" // ends a header
	read, err := textproto.NewReader(bufio.NewReader(strings.NewReader(lines))).ReadMIMEHeader()
	if err != nil { // whose text would show the line
		return nil, fmt.Errorf("%s: %s has a line that is not of the form NAME: VALUE", name, file)
	}
	for header, values := range read {
		if len(values) > 1 || !httpguts.ValidHeaderFieldName(header) || !httpguts.ValidHeaderFieldValue(values[0]) {
			return nil, fmt.Errorf("%s: %s has the header %.40q twice, or one that HTTP does not take", name, file, header)
		}
		headers[header] = values[0]
	}
	return headers, nil
}

// flushTime is how long a stop waits for the collector at most.
const flushTime = 2 * time.Second

// flushTraces sends the spans that wait.
func (s *Server) flushTraces() {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	s.tracer.Shutdown(ctx)
}
