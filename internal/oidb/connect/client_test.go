package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

func dial(t *testing.T, address string) *Client {
	t.Helper()
	var dialer net.Dialer
	c := Dialer{Dial: func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", address) }}.NewClient(address)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestAnswersOfOthers: what a back end that is not Rookery answers, and whether its client goes on.
func TestAnswersOfOthers(t *testing.T) {
	failed := errors.New("any other error")
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		result            uint32
		err               error
		ends              bool
	}{
		"an answer":                    {200, inProto, "\x08\x01", 0, nil, false},
		"a result":                     {400, inJSON, `{"code":"not_found","message":"no","details":[{"type":"rookery.oidb.Result","value":"CEE"}]}`, 65, nil, false},
		"a failure without a result":   {500, inJSON, `{"code":"internal","message":"boom"}`, 0, oidb.ErrNoResult, false},
		"a result of 0":                {500, inJSON, `{"code":"internal","details":[{"type":"rookery.oidb.Result","value":""}]}`, 0, oidb.ErrNoResult, false},
		"another detail":               {500, inJSON, `{"code":"internal","details":[{"type":"google.rpc.Help","value":"CEE"}]}`, 0, oidb.ErrNoResult, false},
		"no such command":              {404, "text/plain", "not found", 5, nil, false},
		"not implemented":              {501, inJSON, `{"code":"unimplemented"}`, 5, nil, false},
		"its own time is over":         {504, inJSON, `{"code":"deadline_exceeded"}`, 0, failed, false},
		"it is not available":          {503, inJSON, `{"code":"unavailable"}`, 0, failed, true},
		"a proxy that cannot reach it": {502, "text/html", "<h1>Bad Gateway", 0, failed, true},
		"an answer that is too large":  {200, inProto, strings.Repeat("x", 64<<10+1), 0, oidb.ErrGarbled, false},
		"a page":                       {200, "text/html", "<h1>hello", 0, failed, true},
		"another place":                {302, "text/html", "", 0, failed, true},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				w.Header().Set("Content-Type", test.contentType)
				w.Header().Set("Location", "/")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			}))
			t.Cleanup(server.Close)
			c := dial(t, server.Listener.Addr().String())
			answer, body, err := c.Call(t.Context(), wire.Head{Command: oidb.CheckAccess.ID}, nil)
			switch {
			case test.err == nil:
				if err != nil || answer.Result != test.result || answer.Command != oidb.CheckAccess.ID || test.result == 0 && string(body) != test.body {
					t.Errorf("got %+v, %q, %v", answer, body, err)
				}
			case test.err != failed:
				if !errors.Is(err, test.err) {
					t.Errorf("got %v, want %v", err, test.err)
				}
			case err == nil, errors.Is(err, oidb.ErrNotSent), errors.Is(err, oidb.ErrNoResult), errors.Is(err, oidb.ErrGarbled):
				t.Errorf("got %v, want another error", err)
			}
			if requests.Load() != 1 {
				t.Errorf("the call was sent %d times", requests.Load())
			}
			if ended := c.Err() != nil; ended != test.ends {
				t.Errorf("the client has ended: %v, because of %v", ended, c.Err())
			}
		})
	}
}

// TestACallIsWhatItWas: the library uses memory again, and a call may be sent to another back end.
func TestACallIsWhatItWas(t *testing.T) {
	f := newFixture(t, Options{})
	c := dial(t, f.server.Listener.Addr().String())
	body := oidb.CheckAccess.AppendRequest(nil, wire.CheckRequest{AppID: 7, Token: strings.Repeat("x", 500)})
	for range 100 {
		_, rsp, err := c.Call(t.Context(), wire.Head{Command: oidb.CheckAccess.ID}, body)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := wire.ParseCheckResponse(rsp); err != nil || answer.AppID != 7 {
			t.Fatalf("got %+v, %v", answer, err)
		}
	}
	if want := oidb.CheckAccess.AppendRequest(nil, wire.CheckRequest{AppID: 7, Token: strings.Repeat("x", 500)}); string(body) != string(want) {
		t.Error("the request has changed")
	}
}

// TestAClosedClient ends the calls under way, and begins none.
func TestAClosedClient(t *testing.T) {
	f := newFixture(t, Options{Deadline: time.Hour})
	c := dial(t, f.server.Listener.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, _, err := c.Call(ctx, wire.Head{Command: oidb.CheckAccess.ID}, oidb.CheckAccess.AppendRequest(nil, wire.CheckRequest{Token: "slow"}))
		ended <- err
	}()
	<-f.waits
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || errors.Is(err, oidb.ErrNotSent) || ctx.Err() != nil {
		t.Errorf("the call under way: %v", err)
	}
	if _, _, err := c.Call(t.Context(), wire.Head{Command: oidb.CheckAccess.ID}, nil); !errors.Is(err, oidb.ErrNotSent) {
		t.Errorf("a later call: %v", err)
	}
}
