package integration

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// lane is a lane of the events, as rookery events status --json prints it.
type lane struct {
	Lane, Consumer, Trouble string
	Waiting                 int
}

// awaitEvents waits until nothing waits in the stream.
func awaitEvents(t *testing.T, p *rookery.Platform) {
	t.Helper()
	for deadline := time.Now().Add(rookery.Patience); ; <-time.After(10 * time.Millisecond) {
		var lanes []lane
		p.Admin(t, http.MethodGet, "/admin/v1/events", nil, &lanes)
		if lanes[0].Waiting == 0 && lanes[1].Waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("events still wait: %+v", lanes)
		}
	}
}

var testEvent = regexp.MustCompile(`^\{"id":([12]),"type":"test","time_ms":1[0-9]{12}\}$`)

// TestEventsReachAFile, which is there before the first and readable by its owner alone.
func TestEventsReachAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "events.jsonl")
	p := rookery.Serve(t, "--events-file", file)
	var lanes []lane
	p.Admin(t, http.MethodPost, "/admin/v1/events/test", nil, &lanes)
	if len(lanes) != 2 || lanes[0].Lane != "stream" || lanes[0].Consumer != "file" || lanes[1].Lane != "notices" || lanes[1].Consumer != "inbox" {
		t.Errorf("the lanes are %+v", lanes)
	}
	p.Admin(t, http.MethodPost, "/admin/v1/events/test", nil, nil)
	awaitEvents(t, p)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("the file is %q", text)
	}
	for i, line := range lines {
		if m := testEvent.FindStringSubmatch(line); m == nil || m[1] != string(rune('1'+i)) {
			t.Errorf("line %d is %q", i+1, line)
		}
	}
	_, text, err = p.Raw(p.AdminURL, http.MethodGet, "/metrics", nil)
	if metrics := string(text); err != nil || !strings.Contains(metrics, `rookery_events_delivered_total{lane="stream"} 2`) || !strings.Contains(metrics, `rookery_events_waiting{lane="stream"} 0`) {
		t.Errorf("the metrics are\n%s", metrics)
	}
}

// TestEventsReachAWebhook, once it is there: what was reported while it was down, it gets.
func TestEventsReachAWebhook(t *testing.T) {
	t.Parallel()
	const secret = "c2VjcmV0IG9mIHRoZSB3ZWJob29rIGluIHRoaXMgdGVzdA=="
	raw, err := base64.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("whsec_"+secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	posted, down := make(chan string, 10), make(chan struct{}, 10)
	up := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-up:
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
			down <- struct{}{}
			return
		}
		body, _ := io.ReadAll(r.Body)
		mac := hmac.New(sha256.New, raw)
		io.WriteString(mac, r.Header.Get("webhook-id")+"."+r.Header.Get("webhook-timestamp")+"."+string(body))
		if r.Header.Get("webhook-signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("the signature is %s", r.Header.Get("webhook-signature"))
		}
		posted <- string(body)
	}))
	t.Cleanup(server.Close)
	p := rookery.Start(t, "--events-webhook", server.URL, "--events-webhook-secret", file)
	p.Secret(secret)
	p.Admin(t, http.MethodPost, "/admin/v1/events/test", nil, nil)
	p.Admin(t, http.MethodPost, "/admin/v1/events/test", nil, nil)
	<-down
	close(up)
	p.Advance(t, time.Hour) // instead of the pause
	awaitEvents(t, p)
	for i := range 2 {
		if m := testEvent.FindStringSubmatch(<-posted); m == nil || m[1] != string(rune('1'+i)) {
			t.Errorf("event %d is %v", i+1, m)
		}
	}
}

// TestEventSettingsAreChecked: by a start and by config check.
func TestEventSettingsAreChecked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	diary := write("diary", "Dear diary,\n", 0o600)
	short := write("short", "c2hvcnQ=\n", 0o600)
	open := write("open", "c2VjcmV0IG9mIHRoZSB3ZWJob29rIGluIHRoaXMgdGVzdA==\n", 0o644)
	for name, test := range map[string]struct {
		args  []string
		want  string
		start bool // only a start finds it
	}{
		"a file of something else": {[]string{"--events-file", diary}, "it holds something else than events", true},
		"a folder that is missing": {[]string{"--events-file", filepath.Join(folder, "missing", "events")}, "events.file: open ", true},
		"a short secret":           {[]string{"--events-webhook", "https://hook.example/", "--events-webhook-secret", short}, "24 to 64 bytes in base64", false},
		"a secret for all":         {[]string{"--events-webhook", "https://hook.example/", "--events-webhook-secret", open}, "chmod 600", false},
	} {
		t.Run(name, func(t *testing.T) {
			data := []string{"--data", filepath.Join(folder, "data")}
			commands := [][]string{append(append([]string{"serve", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}, data...), test.args...)}
			if !test.start {
				commands = append(commands, append(append([]string{"config", "check"}, data...), test.args...))
			}
			for _, args := range commands {
				status, stdout, stderr := rookery.Run(t, args...)
				if status == 0 || !strings.Contains(stdout+stderr, test.want) {
					t.Errorf("rookery %s: status %d, %s%s", strings.Join(args, " "), status, stdout, stderr)
				}
			}
		})
	}
}

// TestAWebhookThatHangsSlowsNobody: a guild is bound while it hangs, and it gets the event from the next process, though this
// one is killed.
func TestAWebhookThatHangsSlowsNobody(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("c2VjcmV0IG9mIHRoZSB3ZWJob29rIGluIHRoaXMgdGVzdA==\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	end, hangs := make(chan struct{}), make(chan struct{}, 100)
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hangs <- struct{}{}; <-end }))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(end) })
	p := rookery.Start(t, "--events-webhook", hanging.URL, "--events-webhook-secret", secret)
	p.Admin(t, http.MethodPost, "/admin/v1/events/test", nil, nil)
	<-hangs
	app, ann := p.Apps[0], p.Accounts[0]
	body, err := json.Marshal(map[string]string{
		"openid": ann.MSDKOpenIDs[app.GameID], "token": ann.MSDKTokens[app.GameID], "guild_id": "2134", "zone_id": "1", "guild_name": "Herons", "roleid": "1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if bound := p.Call(t, rookery.NewCall(app, "/v2/group/create_bind_group", string(body))); bound.Ret != 0 {
		t.Fatalf("the guild gets no group: %s", bound.Body)
	}
	p.Signal(t, syscall.SIGKILL)
	p.WaitFor(t, -1)

	posted := make(chan string, 10)
	well := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		posted <- string(text)
	}))
	t.Cleanup(well.Close)
	rookery.StartIn(t, p.Data, "--events-webhook", well.URL, "--events-webhook-secret", secret)
	for _, want := range []string{`{"id":1,"type":"test",`, `{"id":2,"type":"guild_bound",`} {
		if got := <-posted; !strings.HasPrefix(got, want) {
			t.Errorf("posted %s, want one that begins with %s", got, want)
		}
	}
}
