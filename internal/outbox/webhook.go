package outbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// maxReply bounds how much of a webhook's answer is read, so that its connection can be used again.
const maxReply = 64 << 10

// Webhook posts events to an address, one request for each, signed by the rules of Standard Webhooks 1.0. Any status from 200
// to 299 takes the event.
type Webhook struct {
	address string
	secret  []byte
	clock   *platform.Clock
	web     *http.Client
}

// NewWebhook returns a webhook whose requests take at most timeout. Nothing but address decides where they go: redirects are
// not followed, and the environment's proxies not used.
func NewWebhook(address string, secret []byte, timeout time.Duration, clock *platform.Clock) *Webhook {
	dialer := &net.Dialer{Timeout: timeout}
	return &Webhook{address: address, secret: secret, clock: clock, web: &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    timeout,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxReply,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ParseSecret reads the secret of a webhook: 24 to 64 bytes in base64, with or without the prefix whsec_ of Standard Webhooks.
func ParseSecret(text string) ([]byte, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil || len(secret) < 24 || len(secret) > 64 {
		return nil, errors.New("it holds no secret of 24 to 64 bytes in base64: write one there, as openssl rand -base64 32 prints it")
	}
	return secret, nil
}

func (w *Webhook) String() string { return "webhook" }

// Close closes the connections.
func (w *Webhook) Close() error {
	w.web.CloseIdleConnections()
	return nil
}

// Deliver posts events until one is not taken.
func (w *Webhook) Deliver(ctx context.Context, events []platform.Event) (int, error) {
	for i := range events {
		if err := w.post(ctx, &events[i]); err != nil {
			return i, fmt.Errorf("event %d: %w", events[i].ID, err)
		}
	}
	return len(events), nil
}

func (w *Webhook) post(ctx context.Context, event *platform.Event) error {
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.address, bytes.NewReader(body))
	if err != nil {
		return errors.New("its address cannot be read")
	}
	// The time makes the id new when the numbers begin anew, with a new database.
	id, now := fmt.Sprintf("%d-%d", event.ID, event.TimeMS), strconv.FormatInt(w.clock.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", now)
	req.Header.Set("Webhook-Signature", "v1,"+w.sign(id, now, body))
	req.Header["Idempotency-Key"] = nil // is not sent, and lets net/http repeat what met a connection that was just closed
	rsp, err := w.web.Do(req)
	if err != nil {
		var failed *url.Error // whose text has the address, which may have a secret
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return err
	}
	defer rsp.Body.Close()
	if rsp.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook answers with HTTP %d", rsp.StatusCode)
	}
	// The status decides; the rest is read only to use the connection again.
	_, _ = io.CopyN(io.Discard, rsp.Body, maxReply)
	return nil
}

// sign returns the signature of a request: HMAC-SHA256 of its id, its time and its body, with dots between them.
func (w *Webhook) sign(id, now string, body []byte) string {
	mac := hmac.New(sha256.New, w.secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, now, body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
