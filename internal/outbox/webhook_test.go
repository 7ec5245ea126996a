package outbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

const patience = time.Minute // for what must happen, however slow the machine is

var secret = bytes.Repeat([]byte{7}, 32)

func hook(t *testing.T, handle http.HandlerFunc) *Webhook {
	t.Helper()
	server := httptest.NewServer(handle)
	w := NewWebhook(server.URL+"/hook", secret, patience, new(platform.Clock))
	t.Cleanup(server.Close)
	t.Cleanup(func() { must(t, w.Close()) })
	return w
}

// TestSignature: the example in the documents of Standard Webhooks.
func TestSignature(t *testing.T) {
	secret, err := ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	must(t, err)
	w := NewWebhook("http://hook.example/", secret, patience, new(platform.Clock))
	got := w.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	want(t, "signature", got, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
}

func TestSecrets(t *testing.T) {
	of := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for text, ok := range map[string]bool{
		of(24): true, of(64): true, "whsec_" + of(32): true,
		of(23): false, of(65): false, "": false, "whsec_": false, strings.Repeat("?", 40): false,
	} {
		if _, err := ParseSecret(text); (err == nil) != ok {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

// TestRequests: what a consumer gets, and that any success takes an event.
func TestRequests(t *testing.T) {
	var bodies []string
	status := http.StatusOK
	w := hook(t, func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		bodies = append(bodies, string(body))
		id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		mac := hmac.New(sha256.New, secret)
		io.WriteString(mac, id+"."+at+"."+string(body))
		if got, want := r.Header.Get("webhook-signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != want {
			t.Errorf("signature %q, want %q", got, want)
		}
		if want := strconv.Itoa(len(bodies)) + "-1700000000123"; id != want || at != "1800000000" {
			t.Errorf("id %q and time %q, want %q and 1800000000", id, at, want)
		}
		if r.Method != "POST" || r.URL.Path != "/hook" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %s", r.Method, r.URL, r.Header.Get("Content-Type"))
		}
		rw.WriteHeader(status)
	})
	w.clock.Set(time.Unix(1_800_000_000, 1e8))
	deliver(t, w, events(1, 2))
	status = http.StatusNoContent
	w.clock.Set(time.Unix(1_800_000_000, 1e8))
	deliver(t, w, events(3))
	want(t, "bodies", bodies, []string{strings.TrimSpace(line), strings.TrimSpace(lineOf("2")), strings.TrimSpace(lineOf("3"))})
}

// TestBadWebhooks: nothing but a success takes an event, and the others wait for it.
func TestBadWebhooks(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for name, handle := range map[string]http.HandlerFunc{
		"fails":           func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", 500) },
		"has not changed": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) },
		"redirects":       func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) },
		"redirects the whole": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusPermanentRedirect)
		},
		"closes": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		},
		"is no HTTP server": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, "220 mail.example ESMTP\r\n")
			conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			posted := make(chan string, 100)
			w := hook(t, func(rw http.ResponseWriter, r *http.Request) {
				id := r.Header.Get("webhook-id")[:1]
				posted <- id
				if id != "1" {
					handle(rw, r)
				}
			})
			n, err := w.Deliver(t.Context(), events(1, 2, 3))
			if n != 1 || err == nil {
				t.Errorf("%d events were taken: %v", n, err)
			}
			if first := <-posted; first != "1" {
				t.Errorf("event %s came first", first)
			}
			for len(posted) > 0 {
				if id := <-posted; id != "2" {
					t.Errorf("after it came event %s", id)
				}
			}
		})
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d events went where a webhook sent them", n)
	}
}

// TestAWebhookThatHangs is cut off by its time, and when the platform stops.
func TestAWebhookThatHangs(t *testing.T) {
	end, asked := make(chan struct{}), make(chan struct{}, 2)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-end }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	for _, test := range []struct {
		timeout time.Duration
		stop    bool
	}{{10 * time.Millisecond, false}, {patience, true}} {
		w := NewWebhook(server.URL, secret, test.timeout, new(platform.Clock))
		ctx, stop := context.WithTimeout(t.Context(), patience)
		go func() {
			<-asked
			if test.stop {
				stop()
			}
		}()
		n, err := w.Deliver(ctx, events(1))
		if n != 0 || err == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("%d events were taken: %v, %v", n, err, ctx.Err())
		}
		stop()
		must(t, w.Close())
	}
}

// TestAnEndlessAnswer: a success takes the event, whatever comes after it, and little of that is read.
func TestAnEndlessAnswer(t *testing.T) {
	var written atomic.Int64
	ended := make(chan struct{})
	w := hook(t, func(rw http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		for {
			n, err := rw.Write(make([]byte, 32<<10))
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	})
	deliver(t, w, events(1))
	<-ended
	if n := written.Load(); n > 16<<20 {
		t.Errorf("it could write %d bytes", n)
	}
}

// TestWebhookConnections: one for all events, if its answers are small.
func TestWebhookConnections(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"ok":true}`) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	w := NewWebhook(server.URL, secret, patience, new(platform.Clock))
	t.Cleanup(func() { must(t, w.Close()) })
	deliver(t, w, events(1, 2, 3, 4, 5))
	want(t, "connections", opened.Load(), 1)
	if w.web.Transport.(*http.Transport).Proxy != nil {
		t.Error("the environment has a say")
	}
}

// TestNoAddressInErrors: an address may have a secret in its path.
func TestNoAddressInErrors(t *testing.T) {
	w := NewWebhook("http://127.0.0.1:1/hidden-path", secret, patience, new(platform.Clock))
	_, err := w.Deliver(t.Context(), events(1))
	if err == nil || strings.Contains(err.Error(), "hidden-path") {
		t.Errorf("got %v", err)
	}
}
