package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/client"
)

// answerer is a transport that gives every call the same answer.
type answerer struct {
	status int
	header http.Header
	body   string
}

func (a answerer) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)), Request: req}, nil
}

func (a answerer) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New("https://platform.test", client.App{
		AppID: "1", AppKey: "k", MSDKKey: "k", GameID: "1", SigKey: "k", ClientSigKey: "k",
	}, client.WithTransport(a))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnAnswerWithoutWhatWasAskedForIsAnError(t *testing.T) {
	calls := map[string]func(context.Context, *client.Client) error{
		"V5.Login": func(ctx context.Context, c *client.Client) error {
			_, err := c.V5.Login(ctx, "o", "t", client.IOS)
			return err
		},
		"V5.GetPFVal": func(ctx context.Context, c *client.Client) error {
			_, err := c.V5.GetPFVal(ctx, client.V5Payment{})
			return err
		},
		"V3.GetPFVal": func(ctx context.Context, c *client.Client) error {
			_, err := c.V3.GetPFVal(ctx, client.V3Payment{})
			return err
		},
		"V3.RealNamed": func(ctx context.Context, c *client.Client) error {
			_, err := c.V3.RealNamed(ctx, client.User{})
			return err
		},
		"V3.WiFi": func(ctx context.Context, c *client.Client) error {
			_, err := c.V3.WiFi(ctx, "")
			return err
		},
		"IsSetup": func(ctx context.Context, c *client.Client) error {
			_, err := c.OpenAPI.IsSetup(ctx, client.Session{})
			return err
		},
		"IsFriend": func(ctx context.Context, c *client.Client) error {
			_, err := c.OpenAPI.IsFriend(ctx, client.Session{}, "")
			return err
		},
		"FilterWords": func(ctx context.Context, c *client.Client) error {
			_, _, err := c.OpenAPI.FilterWords(ctx, client.Session{}, "")
			return err
		},
		"Exchange": func(ctx context.Context, c *client.Client) error {
			_, err := c.Connect.Exchange(ctx, "c", client.Login{})
			return err
		},
		"Refresh": func(ctx context.Context, c *client.Client) error {
			_, err := c.Connect.Refresh(ctx, "r")
			return err
		},
		"Me": func(ctx context.Context, c *client.Client) error {
			_, err := c.Connect.Me(ctx, "t", false)
			return err
		},
		"Introspect": func(ctx context.Context, c *client.Client) error {
			_, err := c.Connect.Introspect(ctx, "t")
			return err
		},
	}
	for name, call := range calls {
		for _, body := range []string{`{"ret":0}`, `{}`, `null`, `{"ret":0,"pf":"a","need_pop":"yes","wifiVip":"","is_friend":null,"setuped":"yes","is_dirty":-1}`} {
			var refused *client.Error
			if err := call(t.Context(), answerer{status: 200, body: body}.client(t)); !errors.As(err, &refused) {
				t.Errorf("%s takes %s: %v", name, body, err)
			}
		}
	}
}

func TestASuccessHasASuccessfulStatus(t *testing.T) {
	c := answerer{status: 500, body: ok}.client(t)
	_, achieved := answerer{status: 500, body: `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok"}}`}.client(t).GameCenter.Achievements(t.Context(), client.User{})
	for name, err := range map[string]error{
		"Game Center": achieved,
		"V5":          c.V5.VerifyLogin(t.Context(), player), "V3": c.V3.VerifyLogin(t.Context(), client.User{}, ""),
	} {
		if err == nil || !strings.Contains(err.Error(), "HTTP 500") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if is, err := c.OpenAPI.IsLogin(t.Context(), client.Session{}); is || err == nil {
		t.Errorf("OpenAPI: %v, %v", is, err)
	}
}

// TestARedirectIsReportedAndNotFollowed: a platform behind a gateway that redirects plain HTTP is a common mistake.
func TestARedirectIsReportedAndNotFollowed(t *testing.T) {
	c := answerer{status: 308, header: http.Header{"Location": {"https://user:secret@platform.test/v2?sig=secret"}}}.client(t)
	err := c.V5.VerifyLogin(t.Context(), player)
	if err == nil || !strings.Contains(err.Error(), "https://platform.test") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestTextOfAnAnswerIsBounded(t *testing.T) {
	long := strings.Repeat("长", 1<<18)
	for name, a := range map[string]answerer{
		"message":    {status: 200, body: `{"ret":-5,"msg":"` + long + `"}`},
		"request id": {status: 200, body: rate, header: http.Header{"X-Request-Id": {long}}},
		"location":   {status: 302, header: http.Header{"Location": {"https://" + long}}},
	} {
		err := a.client(t).V5.VerifyLogin(t.Context(), player)
		if err == nil || len(err.Error()) > 2000 || strings.ContainsRune(err.Error(), '\uFFFD') {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}
