package integration

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestATrace: what a game's call does, at the platform and in the back end that it is routed to, is one trace, from the door to the back end's database.
func TestATrace(t *testing.T) {
	t.Parallel()
	collector := rookery.NewCollector(t)
	headers := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(headers, []byte("Authorization: Bearer of the collector\nX-Tenant: games\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	rookery.Backend(t, filepath.Join(t.TempDir(), "groups"), "0xf02", "--oidb-listen", address, "--tracing-endpoint", collector.URL, "--tracing-service", "groups")
	l := newLeague(t, 1, address, "--tracing-endpoint", collector.URL, "--tracing-headers", headers)
	l.Secret("of the collector")
	made := l.call(t, "create_bind_group", 0, 0, "")
	if made.Ret != 0 {
		t.Fatalf("created: %s", made.Body)
	}

	id := made.Header.Get("X-Request-Id")
	door := collector.Span(t, "the door's span", func(s rookery.Span) bool {
		return s.Attributes["rookery.request_id"] == id && s.Kind == trace.Span_SPAN_KIND_SERVER && s.Service == "rookery"
	})
	for name, want := range map[string]string{
		"http.request.method": "POST", "http.route": "/v2/group/create_bind_group", "http.response.status_code": "200", "url.scheme": "http", "rookery.appid": l.app.AppID,
	} {
		if got := door.Attributes[name]; got != want {
			t.Errorf("the door's %s is %q, want %q", name, got, want)
		}
	}
	if door.Name != "POST /v2/group/create_bind_group" || door.Parent != "" || door.Failed || door.Attributes["rookery.code"] != "" {
		t.Errorf("the door's span: %+v", door)
	}
	const command = "rookery.oidb.Commands/CreateGroup"
	at := collector.Span(t, "the command's span", func(s rookery.Span) bool {
		return s.Trace == door.Trace && s.Service == "rookery" && s.Name == command && s.Kind == trace.Span_SPAN_KIND_INTERNAL
	})
	for up := at; up.ID != door.ID; { // a command of the guilds' bindings is between them
		up = collector.Span(t, "what "+up.Name+" is a part of", func(s rookery.Span) bool { return s.Trace == door.Trace && s.ID == up.Parent })
	}
	for _, step := range []struct {
		service string
		kind    trace.Span_SpanKind
	}{{"rookery", trace.Span_SPAN_KIND_CLIENT}, {"groups", trace.Span_SPAN_KIND_SERVER}} {
		caller := at
		at = collector.Span(t, "the call at "+step.service, func(s rookery.Span) bool {
			return s.Trace == door.Trace && s.Service == step.service && s.Name == command && s.Kind == step.kind
		})
		if at.Parent != caller.ID {
			t.Errorf("the call at %s is a part of %s, want %s", step.service, at.Parent, caller.ID)
		}
		if at.Attributes["rpc.response.status_code"] != "0" || at.Failed {
			t.Errorf("%+v", at)
		}
	}
	write := collector.Span(t, "the write", func(s rookery.Span) bool {
		return s.Trace == door.Trace && s.Parent == at.ID && s.Service == "groups" && strings.Contains(s.Name, "INSERT qqgroups")
	})
	if write.Attributes["db.system.name"] != "sqlite" || write.Attributes["db.query.summary"] != write.Name {
		t.Errorf("the write: %+v", write)
	}
	collector.Span(t, "a read at the platform", func(s rookery.Span) bool {
		return s.Trace == door.Trace && s.Service == "rookery" && strings.HasPrefix(s.Name, "SELECT ")
	})

	collector.Span(t, "the question to the game's server", func(s rookery.Span) bool {
		return s.Trace == door.Trace && s.Service == "rookery" && s.Name == "POST IDIP" && s.Kind == trace.Span_SPAN_KIND_CLIENT && !s.Failed
	})

	if log := l.Log(); !strings.Contains(log, `"trace_id":"`+door.Trace+`"`) {
		t.Errorf("the log has no trace %s", door.Trace)
	}
	_, shown, _ := rookery.Run(t, "dev", "requests", "--json", "--server", l.URL, "--token-file", l.AdminTokenFile)
	if !strings.Contains(shown, `"trace_id":"`+door.Trace+`"`) {
		t.Errorf("rookery dev requests shows no trace %s:\n%s", door.Trace, shown)
	}
	if got := collector.Headers("Authorization"); !slices.Contains(got, "Bearer of the collector") {
		t.Errorf("the collector got the keys %q", got)
	}
	secrets := []string{l.leaders[0].Token, l.leaders[0].MSDKOpenID, l.leaders[0].OpenID, l.uins[0], l.app.SigKeys["0"], "Ravens"}
	for _, s := range collector.Spans() {
		for _, secret := range secrets {
			if secret != "" && strings.Contains(s.Bytes, secret) {
				t.Errorf("the span %q has %q", s.Name, secret)
			}
		}
	}
	rookery.Until(t, "spans are counted", func() bool { return l.Metric(t, "rookery_spans_exported_total") > 0 })
	if dropped := l.Metric(t, "rookery_spans_dropped_total"); dropped != 0 {
		t.Errorf("%v spans are dropped", dropped)
	}
}

const (
	theirTrace = "0af7651916cd43dd8448eb211c80319c"
	theirSpan  = "b7ad6b7169203331"
)

// TestTraceParents: what a caller says about its trace.
func TestTraceParents(t *testing.T) {
	t.Parallel()
	const sampled = "00-" + theirTrace + "-" + theirSpan + "-01"
	type result struct{ recorded, continued, linked bool }
	fresh := result{recorded: true}
	for name, args := range map[string][]string{"link": nil, "continue": {"--tracing-callers", "continue"}, "continue alone": {"--tracing-callers", "continue", "--tracing-sample", "0"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collector := rookery.NewCollector(t)
			p := rookery.Start(t, append(args, "--tracing-endpoint", collector.URL)...)
			other := fresh
			named, unsampled := result{recorded: true, linked: true}, result{recorded: true, linked: true}
			if name != "link" {
				named, unsampled = result{recorded: true, continued: true}, result{}
			}
			if name == "continue alone" {
				other = result{}
			}
			want := make(map[string]result)
			for _, test := range []struct {
				parents []string
				want    result
			}{
				{nil, other},
				{[]string{"00-" + theirTrace + "-" + theirSpan + "-00"}, unsampled},
				{[]string{""}, other},
				{[]string{"00-" + theirTrace + "-" + theirSpan}, other},
				{[]string{"00-" + strings.Repeat("0", 32) + "-" + theirSpan + "-01"}, other},
				{[]string{strings.ToUpper(sampled)}, other},
				{[]string{"ff-" + theirTrace + "-" + theirSpan + "-01"}, other},
				{[]string{strings.Repeat("0", 4000)}, other},
				{[]string{sampled, sampled}, other},
				{[]string{sampled}, named},
			} {
				call := rookery.NewCall(p.Apps[0], "/v2/auth/verify_login", `{}`)
				call.Sig, call.Header = "wrong", http.Header{"Traceparent": test.parents}
				answer := p.Call(t, call)
				if answer.Ret != 1008 {
					t.Fatalf("%q: %s", test.parents, answer.Body)
				}
				want[answer.Header.Get("X-Request-Id")] = test.want
			}
			p.Signal(t, syscall.SIGTERM) // sends what is recorded
			p.WaitFor(t, 0)
			got := make(map[string]result)
			for _, s := range collector.Spans() {
				id := s.Attributes["rookery.request_id"]
				if _, asked := want[id]; !asked {
					continue
				}
				got[id] = result{recorded: true, continued: s.Trace == theirTrace && s.Parent == theirSpan, linked: s.LinkedTrace == theirTrace}
				for attribute, want := range map[string]string{"rookery.domain": "msdkv5", "rookery.code": "1008", "rookery.stage": "v5-signature"} {
					if s.Attributes[attribute] != want {
						t.Errorf("%s is %q, want %q", attribute, s.Attributes[attribute], want)
					}
				}
			}
			for id, want := range want {
				if got[id] != want {
					t.Errorf("%s: %+v, want %+v", id, got[id], want)
				}
			}
		})
	}
}

// TestACollectorThatHangs slows nobody, and not the end either.
func TestACollectorThatHangs(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 100), make(chan struct{})
	hung := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	t.Cleanup(func() { close(release); hung.Close() })
	p := rookery.Start(t, "--tracing-endpoint", hung.URL)
	account := p.Accounts[0]
	game := p.Apps[0].GameID
	verify := func() {
		t.Helper()
		body := `{"openid":"` + account.MSDKOpenIDs[game] + `","token":"` + account.MSDKTokens[game] + `"}`
		if answer := p.Call(t, rookery.NewCall(p.Apps[0], "/v2/auth/verify_login", body)); answer.Ret != 0 {
			t.Errorf("answered %s", answer.Body)
		}
	}
	verify()
	<-asked
	for range 100 {
		verify()
	}
	p.Signal(t, syscall.SIGTERM)
	p.WaitFor(t, 0)
}
