package integration

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// operator runs rookery as somebody: with the token in a file.
func operator(t *testing.T, p *rookery.Platform, tokenFile string, args ...string) (out string) {
	t.Helper()
	status, out, stderr := rookery.Run(t, append(args, "--server", p.AdminURL, "--token-file", tokenFile)...)
	if status != 0 {
		t.Fatalf("rookery %v: exit status %d: %s", args, status, stderr)
	}
	return out
}

// newOperator adds an operator and returns the file with the token.
func newOperator(t *testing.T, p *rookery.Platform, name, role string) (file string) {
	t.Helper()
	token := operator(t, p, p.AdminTokenFile, "operator", "add", name, "--role", role)
	p.Secret(strings.TrimSpace(token))
	file = filepath.Join(t.TempDir(), name+".token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// entry is a line of the audit log, without what differs from run to run.
type entry struct {
	By, From, Action, Object, Given string
}

// audit lists what `rookery audit --json` prints, the oldest first.
func audit(t *testing.T, p *rookery.Platform, args ...string) (list []entry, requests []string) {
	t.Helper()
	var found []struct {
		entry
		AtMS      int64  `json:"at_ms"`
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(operator(t, p, p.AdminTokenFile, append([]string{"audit", "--json"}, args...)...)), &found); err != nil {
		t.Fatal(err)
	}
	for i := len(found) - 1; i >= 0; i-- {
		if i > 0 && found[i].AtMS > found[i-1].AtMS || found[i].AtMS < 1_700_000_000_000 {
			t.Errorf("%v was at %d", found[i].entry, found[i].AtMS)
		}
		list, requests = append(list, found[i].entry), append(requests, found[i].RequestID)
	}
	return list, requests
}

// TestWhatOperatorsDoIsTraced: who did what to what from where is in the log, without secrets, and so after a restart.
func TestWhatOperatorsDoIsTraced(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t)
	mara := newOperator(t, p, "mara", "operator")
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("a password that no log has\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Secret("a password that no log has")
	operator(t, p, mara, "account", "create", "--nickname", "Ann", "--password-file", password)
	operator(t, p, mara, "account", "freeze", "10001")
	operator(t, p, mara, "account", "list")
	operator(t, p, mara, "app", "create", "--name", "Crow Court", "--appid", "500")
	operator(t, p, p.AdminTokenFile, "app", "show", "500", "--keys")
	operator(t, p, p.AdminTokenFile, "app", "update", "500", "--offline")
	operator(t, p, p.AdminTokenFile, "keys", "rotate")
	if status, _, _ := rookery.Run(t, "app", "update", "501", "--offline", "--server", p.AdminURL, "--token-file", mara); status != 1 {
		t.Errorf("a change of an unknown app: exit status %d", status)
	}
	operator(t, p, p.AdminTokenFile, "operator", "remove", "mara")

	want := []entry{
		{"admin", "127.0.0.1", "POST /admin/v1/operators", "operators/mara", `{"name":"mara","role":"operator"}`},
		{"mara", "127.0.0.1", "POST /admin/v1/accounts", "accounts/10001", `{"password":"********","profile":{"nickname":"Ann","gender":0,"picture_url":"","country":"","province":"","city":"","language":""}}`},
		{"mara", "127.0.0.1", "POST /admin/v1/accounts/{uin}/state", "accounts/10001", `{"state":"frozen"}`},
		{"mara", "127.0.0.1", "POST /admin/v1/apps", "apps/500", `{"appid":"500","name":"Crow Court"}`},
		{"admin", "127.0.0.1", "GET /admin/v1/apps/{appid}/keys", "apps/500", ""},
		{"admin", "127.0.0.1", "PATCH /admin/v1/apps/{appid}", "apps/500", `{"online":false}`},
		{"admin", "127.0.0.1", "POST /admin/v1/keys", "keys", ""},
		{"admin", "127.0.0.1", "DELETE /admin/v1/operators/{name}", "operators/mara", ""},
	}
	got, requests := audit(t, p)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, id := range requests {
		if len(id) != 16 || !strings.Contains(p.Log(), id) {
			t.Errorf("the request %q is not in the platform's log", id)
		}
	}
	if !strings.Contains(p.Log(), `"operator":"mara"`) {
		t.Error("the platform's log does not say who called")
	}
	about, _ := audit(t, p, "--object", "apps/500", "--by", "admin", "--since", "1h")
	if diff := cmp.Diff([]entry{want[4], want[5]}, about); diff != "" {
		t.Errorf("about the app (-want +got)\n%s", diff)
	}
	newest, _ := audit(t, p, "--limit", "2")
	if diff := cmp.Diff(want[6:], newest); diff != "" {
		t.Errorf("the newest (-want +got)\n%s", diff)
	}
	status, _, stderr := rookery.Run(t, "account", "list", "--server", p.AdminURL, "--token-file", mara)
	if status != 1 || !strings.Contains(stderr, "an operator who was removed") {
		t.Errorf("a removed operator: exit status %d: %s", status, stderr)
	}
	p.Stop(t)
	p = rookery.StartIn(t, p.Data)
	again, _ := audit(t, p)
	if len(again) < len(want) || cmp.Diff(want, again[:len(want)]) != "" {
		t.Errorf("after a restart the log is %v", again)
	}
}

// TestARefusedOperatorIsToldTheRole: and it leaves no entry.
func TestARefusedOperatorIsToldTheRole(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for _, test := range []struct{ role, command, want string }{
		{"reader", "account freeze 10001", "has the role reader, and POST /admin/v1/accounts/{uin}/state needs the role operator"},
		{"reader", "app show 100700001 --keys", "has the role reader, and GET /admin/v1/apps/{appid}/keys needs the role operator"},
		{"reader", "dev clock advance 1h", "has the role reader, and POST /dev/v1/clock needs the role operator"},
		{"operator", "operator add bo --role owner", "has the role operator, and POST /admin/v1/operators needs the role owner"},
		{"operator", "keys rotate", "has the role operator, and POST /admin/v1/keys needs the role owner"},
	} {
		name := test.role + "-" + strings.Fields(test.command)[0]
		file := newOperator(t, p, name, test.role)
		before, _ := audit(t, p)
		status, _, stderr := rookery.Run(t, append(strings.Fields(test.command), "--server", p.AdminURL, "--token-file", file)...)
		if status != 1 || !strings.Contains(stderr, name+" "+test.want) {
			t.Errorf("%s: exit status %d: %s", test.command, status, stderr)
		}
		if after, _ := audit(t, p); len(after) != len(before) {
			t.Errorf("%s: an entry of what was refused: %v", test.command, after[len(after)-1])
		}
	}
}

// TestNoChangeWithoutAnEntry: an entry that cannot be stored takes the change with it.
func TestNoChangeWithoutAnEntry(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	p.Exec(t, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'the audit log is full'); END")
	keys := operator(t, p, p.AdminTokenFile, "keys", "list")
	for path, body := range map[string]string{
		"/admin/v1/accounts/10001/state": `{"state":"frozen"}`, "/admin/v1/accounts": `{"password":"a new password"}`, "/admin/v1/keys": "",
		"/admin/v1/tokens": `{"appid":"100700001","uin":"10001","kind":"msdk"}`,
	} {
		status, answer, err := p.AdminRaw(http.MethodPost, path, []byte(body))
		if err != nil || status != http.StatusInternalServerError || strings.Contains(string(answer), "full") {
			t.Errorf("POST %s: status %d, %s, %v", path, status, answer, err)
		}
	}
	if now := operator(t, p, p.AdminTokenFile, "keys", "list"); now != keys {
		t.Errorf("the keys were\n%s and are\n%s", keys, now)
	}
	if out := operator(t, p, p.AdminTokenFile, "account", "show", "10001"); !strings.Contains(out, "normal") {
		t.Errorf("the account is\n%s", out)
	}
	if out := operator(t, p, p.AdminTokenFile, "account", "list"); strings.Contains(out, "10009") {
		t.Errorf("the accounts are\n%s", out)
	}
}

// TestTheProofIsForOperators: it is asked for at their listener alone, and helps nobody who does not know the token.
func TestTheProofIsForOperators(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t)
	for at, want := range map[string]int{p.URL: 404, p.AdminURL: 401} {
		reply, err := http.Get(at + "/proof?who=" + strings.Repeat("0", 64) + "&nonce=1")
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != want {
			t.Errorf("%s: status %d, want %d", at, reply.StatusCode, want)
		}
	}
	if status, _, log := rookery.Run(t, "app", "list", "--server", p.AdminURL, "--token-file", p.AdminTokenFile); status != 0 {
		t.Errorf("with the token: status %d, %s", status, log)
	}
}
