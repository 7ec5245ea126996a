package client_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rookeryhq/rookery/client"
)

func TestACallNamesItsTrace(t *testing.T) {
	got := make(chan []string, 1)
	platform := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got <- r.Header.Values("Traceparent")
	}))
	t.Cleanup(platform.Close)
	c, err := client.New(platform.URL, client.App{AppID: "100700001", AppKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	_, _ = c.Connect.Registered(client.WithTraceParent(t.Context(), parent), "1") // the server answers nothing that a platform does
	if got := <-got; len(got) != 1 || got[0] != parent {
		t.Errorf("sent %q", got)
	}
	_, _ = c.Connect.Registered(t.Context(), "1")
	if got := <-got; got != nil {
		t.Errorf("without a trace: sent %q", got)
	}
}
