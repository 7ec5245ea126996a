package access

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/rookeryhq/rookery/retcode"
)

// lines is a log that passes on each event.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// TestCallersThatLeave closes real connections in the middle of a call.
func TestCallersThatLeave(t *testing.T) {
	const whole, part = "POST /p/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "POST /p/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx"
	reset := func(c net.Conn) {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	closed := func(c net.Conn) { _ = c.Close() }
	for name, test := range map[string]struct {
		send  string
		leave func(net.Conn)
		fails error // of the handler, once its caller has left; nil for a panic
		want  string
		label string
	}{
		"while the body is read":             {part, closed, nil, `"level":"INFO","msg":"request"`, "499"},
		"with a reset, while it is read":     {part, reset, nil, `"level":"INFO","msg":"request"`, "499"},
		"and something fails for it":         {whole, closed, io.ErrClosedPipe, `"level":"INFO","msg":"request"`, "499"},
		"and a command fails for it":         {whole, reset, retcode.OIDBDeadlineExceeded, `"level":"INFO","msg":"request"`, "499"},
		"and would have been refused":        {whole, closed, retcode.QQSignatureWrong, `"code":-5`, "qq -5"},
		"and there is a defect all the same": {whole, closed, nil, `"level":"ERROR"`, "500"},
	} {
		t.Run(name, func(t *testing.T) {
			log, entered := make(lines, 1), make(chan bool, 1)
			endpoint := at("POST", func(c *Call) (any, error) {
				entered <- true
				<-c.Context().Done()
				if test.fails == nil {
					panic("a defect")
				}
				return nil, test.fails
			})
			endpoint.Codes = []retcode.Code{retcode.QQSignatureWrong, retcode.OIDBDeadlineExceeded}
			g, _ := newGateway(t, log, endpoint)
			server, read := httptest.NewUnstartedServer(g), make(chan bool, 1)
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateActive {
					read <- true
				}
			}
			server.Start()
			defer server.Close()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, test.send); err != nil {
				t.Fatal(err)
			}
			<-read // otherwise a reset could overtake the request
			if test.send == whole {
				<-entered
			}
			test.leave(conn)
			event := <-log
			if !strings.Contains(event, test.want) || strings.Contains(event, fmt.Sprintf(`"status":%d`, statusLeft)) != (test.label == "499") {
				t.Errorf("logged %s", event)
			}
			if got := testutil.ToFloat64(g.requests.WithLabelValues("/p/a", test.label)); got != 1 {
				t.Errorf("%s was counted %v times", test.label, got)
			}
		})
	}
}
