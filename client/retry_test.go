package client_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/retcode"
)

// script is a transport that gives its answers one after the other, and then the last one again and again.
type script struct {
	answers []string // bodies; "" is a broken connection
	after   string   // Retry-After
	sent    int
	urls    []string
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	body := s.answers[min(s.sent, len(s.answers)-1)]
	s.sent++
	s.urls = append(s.urls, req.URL.String())
	if body == "" {
		return nil, errors.New("connection reset")
	}
	header := http.Header{}
	if s.after != "" {
		header.Set("Retry-After", s.after)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (s *script) client(t *testing.T, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New("http://platform.test", client.App{
		AppID: "100700001", AppKey: "secret-key", MSDKKey: "secret-key", GameID: "1", SigKey: "secret-key", ClientSigKey: "secret-key",
	}, append(options, client.WithTransport(s))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	ok      = `{"ret":0,"msg":"success","seq":"1"}`
	later   = `{"ret":154,"msg":"busy","seq":"1"}` // retry
	rate    = `{"ret":-6,"msg":"slow","seq":"1"}`  // slow-down
	expired = `{"ret":100014,"msg":"old","seq":"1"}`
	unknown = `{"ret":4711,"msg":"new","seq":"1"}`
)

var player = client.Player{OpenID: "1", Token: "secret-token"}

func TestCallsAreRepeatedByTheirCodesClass(t *testing.T) {
	for name, test := range map[string]struct {
		answers []string
		after   string
		sent    int
		code    retcode.Code
		least   time.Duration // of the waits
	}{
		"success":                      {answers: []string{ok}, sent: 1},
		"retry once":                   {answers: []string{later, ok}, sent: 2},
		"retry until the attempts end": {answers: []string{later}, sent: 3, code: retcode.OIDBDeadlineExceeded},
		"slow down":                    {answers: []string{rate, ok}, after: "1", sent: 2, least: time.Second},
		"slow down for longer than the client waits": {answers: []string{rate, ok}, after: "60", sent: 1, code: retcode.QQAppRateExceeded},
		"a repeat does not give a new login":         {answers: []string{expired, ok}, sent: 1, code: retcode.QQAccessTokenExpired},
		"a broken connection":                        {answers: []string{"", ok}, sent: 2},
		"an unknown number":                          {answers: []string{unknown, ok}, sent: 1},
		"an answer that is not one":                  {answers: []string{"<html>", ok}, sent: 1},
		"an answer without ret":                      {answers: []string{"{}", ok}, sent: 1},
		"an answer that is too long":                 {answers: []string{strings.Repeat(" ", 4<<20) + ok, ok}, sent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: test.answers, after: test.after}
				start := time.Now()
				err := s.client(t).V5.VerifyLogin(t.Context(), player)
				if code, _ := retcode.From(err); code != test.code {
					t.Errorf("got %v, want %v", err, test.code)
				}
				if s.sent != test.sent {
					t.Errorf("it was sent %d times, want %d", s.sent, test.sent)
				}
				if waited := time.Since(start); waited < test.least || waited > test.least+3*time.Second {
					t.Errorf("it waited %s", waited)
				}
			})
		})
	}
}

// TestTheFailedCheckHasTheClass: the bus command that the message names, not the code, tells whether a token could not be
// checked or no repeat can help.
func TestTheFailedCheckHasTheClass(t *testing.T) {
	const check, pay = "oidb decode0x711 failed, ret: ", "oidb decode0x73a failed, ret: "
	v5 := func(c *client.Client) error { return c.V5.VerifyLogin(context.Background(), player) }
	v3 := func(c *client.Client) error {
		_, err := c.V3.GetPFVal(context.Background(), client.V3Payment{})
		return err
	}
	for name, test := range map[string]struct {
		call   func(*client.Client) error
		answer string
		code   retcode.Code
		class  retcode.Class
		sent   int
	}{
		"the grant could not be read":     {v5, `{"ret":100016,"msg":"` + check + `20"}`, retcode.QQAccessTokenCheckFailed, retcode.ClassRetry, 3},
		"the openid could not be read":    {v5, `{"ret":100016,"msg":"` + check + `42"}`, retcode.QQAccessTokenCheckFailed, retcode.ClassRetry, 3},
		"the session could not be read":   {v5, `{"ret":-24,"msg":"` + check + `36"}`, retcode.QQOpenIDOpenKeyCheckFailed, retcode.ClassRetry, 3},
		"the bus was late":                {v5, `{"ret":100016,"msg":"` + check + `154"}`, retcode.QQAccessTokenCheckFailed, retcode.ClassRetry, 3},
		"the openkey has expired":         {v5, `{"ret":-24,"msg":"` + check + `35"}`, retcode.QQOpenIDOpenKeyCheckFailed, retcode.ClassReauthorize, 1},
		"the same in MSDK V3":             {v3, `{"ret":-10000,"msg":"100016,` + check + `18"}`, retcode.QQAccessTokenCheckFailed, retcode.ClassRetry, 3},
		"an expired pay token":            {v3, `{"ret":-103,"msg":"` + pay + `17"}`, retcode.V3OIDBFailed, retcode.ClassReauthorize, 1},
		"the bus was late for a payment":  {v3, `{"ret":-103,"msg":"` + pay + `154"}`, retcode.V3OIDBFailed, retcode.ClassRetry, 3},
		"an unknown result":               {v3, `{"ret":-103,"msg":"` + pay + `9999"}`, retcode.V3OIDBFailed, retcode.ClassRetry, 3},
		"a message that names no command": {v5, `{"ret":100016,"msg":"retry 154"}`, retcode.QQAccessTokenCheckFailed, retcode.ClassReauthorize, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{answers: []string{test.answer}}
			err := test.call(s.client(t, client.WithClock(nil, func(context.Context, time.Duration) error { return nil })))
			var refused *client.Error
			if !errors.As(err, &refused) || refused.Code() != test.code || refused.Class() != test.class || s.sent != test.sent {
				t.Errorf("after %d attempts %v, want %d, %v and class %v", s.sent, err, test.sent, test.code, test.class)
			}
		})
	}
}

func TestRepeatsHaveABudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []string{later}}
		c := s.client(t)
		const calls = 1000
		for range calls {
			_ = c.V5.VerifyLogin(t.Context(), player)
		}
		if repeats := s.sent - calls; repeats < calls/10 || repeats > calls/10+20 {
			t.Errorf("of %d calls %d were repeated", calls, repeats)
		}
	})
}

func TestNoWaitBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := &script{answers: []string{rate}, after: "1"}
		start := time.Now()
		err := s.client(t).V5.VerifyLogin(ctx, player)
		if time.Since(start) != 0 || s.sent != 1 || !errors.Is(err, retcode.QQAppRateExceeded) {
			t.Errorf("after %s and %d attempts: %v", time.Since(start), s.sent, err)
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	s := &script{answers: []string{later}}
	ctx, cancel := context.WithCancel(t.Context())
	c := s.client(t, client.WithClock(nil, func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}))
	if err := c.V5.VerifyLogin(ctx, player); !errors.Is(err, context.Canceled) || !errors.Is(err, retcode.OIDBDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsShowNoSecrets(t *testing.T) {
	s := &script{answers: []string{""}}
	err := s.client(t, client.WithRetry(client.Retry{Attempts: 1})).V5.VerifyLogin(t.Context(), player)
	if err == nil || s.sent != 1 {
		t.Fatalf("%d attempts: %v", s.sent, err)
	}
	for _, secret := range []string{"secret", "sig=", "platform.test/v2/auth/verify_login?"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q shows %q", err, secret)
		}
	}
}

func TestAnInvalidIdentityIsAnError(t *testing.T) {
	for _, body := range []string{ok, "access_token=A", "%", "{"} {
		link, err := (&script{answers: []string{body}}).client(t).V5.Decrypt(t.Context(), "x", client.Android)
		if err == nil || link != (client.V5Link{}) {
			t.Errorf("%q: %+v, %v", body, link, err)
		}
	}
}

func TestACallNeedsItsKeys(t *testing.T) {
	s := &script{answers: []string{ok}}
	c, err := client.New("http://platform.test", client.App{AppID: "100700001", GameID: "1"}, client.WithTransport(s))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for want, call := range map[string]func() error{
		"SigKey":       func() error { return c.V5.VerifyLogin(ctx, player) },
		"ClientSigKey": func() error { _, err := c.V5.Login(ctx, "1", "x", client.IOS); return err },
		"MSDKKey":      func() error { return c.V3.VerifyLogin(ctx, client.User{}, "") },
		"AppKey":       func() error { _, err := c.OpenAPI.GetInfo(ctx, client.Session{}); return err },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "App."+want) {
			t.Errorf("without %s: %v", want, err)
		}
	}
	if _, err := c.Connect.Exchange(ctx, "code", client.Login{}); err == nil || !strings.Contains(err.Error(), "App.AppKey") {
		t.Errorf("an exchange without a key: %v", err)
	}
	if s.sent != 0 {
		t.Errorf("%d calls were sent", s.sent)
	}
}

// silence is a transport that never answers.
type silence struct{ after time.Duration }

func (s silence) RoundTrip(req *http.Request) (*http.Response, error) {
	select {
	case <-req.Context().Done():
	case <-time.After(s.after):
	}
	return nil, cmp.Or(req.Context().Err(), errors.New("it ended by itself"))
}

func TestEachAttemptHasATimeout(t *testing.T) {
	for name, test := range map[string]struct {
		options []client.Option
		took    time.Duration
	}{
		"by default":  {nil, 3100 * time.Millisecond},
		"of its own":  {[]client.Option{client.WithTimeout(time.Minute)}, time.Minute},
		"none at all": {[]client.Option{client.WithTimeout(0)}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				options := append(test.options, client.WithTransport(silence{time.Hour}), client.WithRetry(client.Retry{Attempts: 1}))
				c, err := client.New("http://platform.test", client.App{GameID: "1", SigKey: "k"}, options...)
				if err != nil {
					t.Fatal(err)
				}
				err = c.V5.VerifyLogin(t.Context(), player)
				if took := time.Since(start); took != test.took || errors.Is(err, context.DeadlineExceeded) != (took < time.Hour) {
					t.Errorf("after %s: %v", took, err)
				}
			})
		})
	}
}

// TestClientsDoNotComeBackTogether: clients told to wait for the same time each wait a little longer, by different amounts.
func TestClientsDoNotComeBackTogether(t *testing.T) {
	pauses := make(map[time.Duration]bool)
	for range 20 {
		s := &script{answers: []string{rate, ok}, after: "1"}
		// Members that a Retry leaves out have the default.
		err := s.client(t, client.WithRetry(client.Retry{Attempts: 2}), client.WithClock(nil, func(_ context.Context, d time.Duration) error {
			pauses[d] = true
			if d < time.Second || d > time.Second+client.DefaultRetry.Base {
				t.Errorf("it waits %s", d)
			}
			return nil
		})).V5.VerifyLogin(t.Context(), player)
		if err != nil || s.sent != 2 {
			t.Fatalf("%d attempts: %v", s.sent, err)
		}
	}
	if len(pauses) < 10 {
		t.Errorf("20 clients have %d different waits", len(pauses))
	}
}

func TestTheClockIsTheCallers(t *testing.T) {
	s := &script{answers: []string{ok}}
	c := s.client(t, client.WithClock(func() time.Time { return time.Unix(1700000000, 0) }, nil))
	if err := c.V5.VerifyLogin(t.Context(), player); err != nil || !strings.Contains(s.urls[0], "ts=1700000000") {
		t.Errorf("%v: %v", s.urls, err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, url := range []string{"", "platform.test", "ftp://platform.test", "http://", "http://user:secret@platform.test", "http://platform.test/path", "http://platform.test?a=b", "http://platform.test#a"} {
		if _, err := client.New(url, client.App{}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestACodeIsExchangedOnce(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		sent   int
	}{
		"a broken connection":         {"", 1},
		"the store failed":            {`{"error":110504,"error_description":"internal"}`, 1},
		"a limit, which comes before": {`{"error":-6,"error_description":"slow"}`, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []string{test.answer}}
				if _, err := s.client(t).Connect.Exchange(t.Context(), "code", client.Login{}); err == nil || s.sent != test.sent {
					t.Errorf("it was sent %d times, want %d: %v", s.sent, test.sent, err)
				}
			})
		})
	}
}

func TestAHostThatIsNotThereIsTriedAgain(t *testing.T) {
	pauses := 0
	c, err := client.New("http://127.0.0.1:1", client.App{AppID: "1", AppKey: "key"}, client.WithClock(nil, func(context.Context, time.Duration) error {
		pauses++
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Connect.Exchange(t.Context(), "code", client.Login{}); err == nil || pauses != client.DefaultRetry.Attempts-1 {
		t.Errorf("%d pauses: %v", pauses, err)
	}
}
