package gateways

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// TestTheDatabaseIsTraced: what is not there is an answer, and only what goes wrong is a failure.
func TestTheDatabaseIsTraced(t *testing.T) {
	t.Parallel()
	collector, between := rookery.NewCollector(t), newRelay(t, pg.Database(t))
	a := gateway(t, between.address, nil, "--tracing-endpoint", collector.URL)
	span := func(what, statements string, failed bool) {
		t.Helper()
		collector.Span(t, what, func(s rookery.Span) bool {
			return strings.HasPrefix(s.Name, statements) && s.Attributes["db.query.summary"] == s.Name && s.Attributes["db.system.name"] == "postgresql" && s.Parent != "" && s.Failed == failed
		})
	}
	asked := func(method, path, body string, want int) {
		t.Helper()
		if got, answer, err := a.AdminRaw(method, path, []byte(body)); err != nil || got != want {
			t.Fatalf("%s %s is answered with %d %s (%v), want %d", method, path, got, answer, err, want)
		}
	}
	newPlayer(t, a, a.NewApp(t))
	span("the write of a token", "UPDATE openids", false)
	asked(http.MethodGet, "/admin/v1/accounts/4000000000", "", http.StatusNotFound)
	span("a read that finds nothing", "SELECT accounts", false)
	asked(http.MethodPost, "/admin/v1/accounts/4000000000/state", `{"state":"frozen"}`, http.StatusNotFound)
	collector.Span(t, "a write that finds nothing", func(s rookery.Span) bool {
		return s.Name == "SELECT accounts" && strings.Contains(s.Bytes, "the write begins") && !s.Failed
	})
	between.cut()
	asked(http.MethodGet, "/admin/v1/accounts/4000000000", "", http.StatusInternalServerError)
	span("a read that fails", "SELECT accounts", true)
	asked(http.MethodPost, "/admin/v1/accounts/4000000000/state", `{"state":"frozen"}`, http.StatusInternalServerError)
	collector.Span(t, "a write that did not begin", func(s rookery.Span) bool { return s.Name == "write" && s.Failed })
}
