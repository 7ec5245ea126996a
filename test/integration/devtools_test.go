package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// on runs an operator command on a platform.
func on(t *testing.T, p *rookery.Platform, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return rookery.Run(t, append(args, "--server", p.AdminURL, "--token-file", p.AdminTokenFile)...)
}

// TestClock moves the clock past a token's life and back.
func TestClock(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	call := verifyLogin(p, p.Accounts[0])
	want := func(ret int) {
		t.Helper()
		if answer := p.Call(t, call); answer.Ret != ret {
			t.Errorf("got %s, want ret %d", answer.Body, ret)
		}
	}
	want(0)
	for _, step := range []struct {
		args []string
		ret  int
		says string
	}{
		{[]string{"advance", "2159h"}, 0, "2159h0m0"}, // an hour before its 90 days are over
		{[]string{"advance", "2h"}, 100014, "2161h0m0"},
		{[]string{"set", "now"}, 0, "now"},
		{[]string{"set", time.Now().AddDate(1, 0, 0).Format(time.RFC3339)}, 100014, fmt.Sprint(time.Now().AddDate(1, 0, 0).UTC().Year())},
		{[]string{"show"}, 100014, "ahead"},
	} {
		status, out, errOut := on(t, p, append([]string{"dev", "clock"}, step.args...)...)
		if status != 0 || !strings.Contains(out, step.says) {
			t.Errorf("clock %v: status %d, %q, %q", step.args, status, out, errOut)
		}
		want(step.ret)
	}
	for _, test := range []struct {
		args   []string
		status int
	}{{[]string{"advance", "soon"}, 2}, {[]string{"set", "tomorrow"}, 2}, {[]string{"advance", "2000000h"}, 1}, {[]string{"set", "1970-01-01T00:00:00Z"}, 1}} {
		if status, _, errOut := on(t, p, append([]string{"dev", "clock"}, test.args...)...); status != test.status {
			t.Errorf("clock %v: status %d, %s", test.args, status, errOut)
		}
	}
	for _, body := range []string{`{}`, `{"set":"2030-01-01T00:00:00Z","advance":"1h"}`, `{"advance":"1"}`, `{"back":"1h"}`} {
		if status, answer, err := p.AdminRaw("POST", "/dev/v1/clock", []byte(body)); err != nil || status != 400 {
			t.Errorf("%s: status %d, %s, %v", body, status, answer, err)
		}
	}
}

// TestFaultPoints shows for each point how a login is answered while it is on, and that nothing of it stays.
func TestFaultPoints(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, account := p.Apps[0], p.Accounts[0]
	valid := verifyLogin(p, account)
	other := verifyLogin(p, p.Accounts[1])
	foreign := rookery.NewCall(app, valid.Path, strings.Replace(other.Body, p.Accounts[1].MSDKTokens[app.GameID], account.MSDKTokens[app.GameID], 1))
	pay := rookery.NewCall(app, "/v2/auth/get_pfval", fmt.Sprintf(`{"openid":"%s","pay_token":"%s","channel_dis":"1"}`, account.MSDKOpenIDs[app.GameID], account.PayTokens[app.AppID]))
	for _, test := range []struct {
		point string
		call  rookery.Call
		msg   string // while it is on; "" where the call is answered as without it
	}{
		{"store.read:grants", valid, "oidb decode0x711 failed, ret: 20"},
		{"store.read:grants", pay, "oidb decode0x73a failed, ret: 23"},
		{"store.read:players", foreign, "oidb decode0x711 failed, ret: 42"},
		{"store.read:openids", foreign, "oidb decode0x711 failed, ret: 42"},
		{"keyring.read", valid, "oidb decode0x711 failed, ret: 19"},
		{"keyring.read", pay, "oidb decode0x73a failed, ret: 23"},
		{"bus.connect:0x73a", valid, ""},
		{"bus.delay:0x711=1ms", valid, ""},
		{"bus.delay:0x711=1m", valid, "oidb decode0x711 failed, ret: 154"},
		{"backend.answer:0x711=65", valid, "oidb decode0x711 failed, ret: 65"},
		{"backend.answer:0x73a=17", pay, "oidb decode0x73a failed, ret: 17"},
		{"store.read:accounts", valid, ""},
		{"store.write:grants", valid, ""},
	} {
		before := p.Call(t, test.call)
		if status, out, errOut := on(t, p, "dev", "fault", "add", test.point, "--times", "1", "--interface", test.call.Path); status != 0 || !strings.Contains(out, test.point) {
			t.Fatalf("%s: status %d, %q, %q", test.point, status, out, errOut)
		}
		during, after := p.Call(t, test.call), p.Call(t, test.call)
		want := test.msg
		if want == "" {
			want = before.Msg
		}
		if during.Msg != want {
			t.Errorf("%s: got %s, want %q", test.point, during.Body, want)
		}
		if after.Msg != before.Msg || after.Ret != before.Ret {
			t.Errorf("%s: it stays: %s", test.point, after.Body)
		}
		on(t, p, "dev", "fault", "clear")
	}

	t.Run("the bus's own codes", func(t *testing.T) {
		token := map[string]string{"token": account.AccessTokens[app.AppID]}
		for point, want := range map[string]int{"bus.connect:0x711": 155, "backend.answer:0x711=254": 254, "bus.connect:0x73a": 0} {
			off := p.AddFault(t, rookery.Fault{Point: point, AppID: app.AppID, OpenID: account.OpenIDs[app.AppID]})
			var got struct{ Result int }
			p.Admin(t, "POST", "/admin/v1/tokens/inspect", token, &got)
			if got.Result != want {
				t.Errorf("%s: the check's result is %d, want %d", point, got.Result, want)
			}
			off()
		}
	})

	t.Run("writes", func(t *testing.T) {
		for point, do := range map[string]func() error{
			"store.write:apps": func() error {
				return p.TryAdmin("PATCH", "/admin/v1/apps/"+app.AppID, map[string]string{"name": "New"}, nil)
			},
			"store.write:accounts": func() error { _, err := p.TryNewAccount(); return err },
			"store.write:grants":   func() error { return issue(p, app, account, "access") },
			"store.write:openkeys": func() error { return issue(p, app, account, "openkey") },
			"store.write:openids":  func() error { return issue(p, app, account, "access") },
			"store.write:players":  func() error { return issue(p, app, account, "msdk") },
			"store.read:friendships": func() error {
				return p.TryAdmin("GET", "/admin/v1/accounts/"+account.UIN, nil, nil)
			},
			"store.read:accounts": func() error { return p.TryAdmin("GET", "/admin/v1/accounts/"+account.UIN, nil, nil) },
		} {
			off := p.AddFault(t, rookery.Fault{Point: point})
			if err := do(); err == nil || !strings.Contains(err.Error(), "status 500") || strings.Contains(err.Error(), "fault point") {
				t.Errorf("%s: got %v", point, err)
			}
			off()
			if err := do(); err != nil {
				t.Errorf("%s: it stays: %v", point, err)
			}
		}
	})

	t.Run("refused", func(t *testing.T) {
		for _, test := range []struct {
			args   []string
			status int
		}{
			{[]string{"add"}, 2}, {[]string{"add", "disk.full"}, 1}, {[]string{"add", "keyring.read", "--rate", "2"}, 1},
			{[]string{"clear", "x"}, 2}, {[]string{"clear", "99999"}, 1}, {[]string{"clear", "1", "2"}, 2},
		} {
			if status, _, errOut := on(t, p, append([]string{"dev", "fault"}, test.args...)...); status != test.status {
				t.Errorf("fault %v: status %d, %s", test.args, status, errOut)
			}
		}
	})

	t.Run("list", func(t *testing.T) {
		off := p.AddFault(t, rookery.Fault{Point: "keyring.read", Interface: valid.Path, Rate: 1})
		p.Call(t, valid)
		_, out, _ := on(t, p, "dev", "fault", "list", "--json")
		var rules []rookery.Fault
		if err := json.Unmarshal([]byte(out), &rules); err != nil || len(rules) != 1 || rules[0].Hits != 1 || rules[0].Interface != valid.Path {
			t.Errorf("got %s, %v", out, err)
		}
		off()
	})
}

func issue(p *rookery.Platform, app rookery.App, account rookery.Account, kind string) error {
	_, err := p.TryIssue(rookery.TokenRequest{AppID: app.AppID, UIN: account.UIN, Kind: kind})
	return err
}

// record is a request as rookery dev requests prints it.
type record struct {
	Seq                                                                int
	Method, Interface, Peer, AppID, User, Domain, Stage, Origin, Error string
	Signed, Mistake, Cause                                             string
	Status, Code                                                       int
	DurationUS                                                         int `json:"duration_us"`
}

func records(t *testing.T, out string) (all []record) {
	t.Helper()
	for line := range strings.Lines(out) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, r)
	}
	return all
}

// TestRequestsForNoDoor: a wrong base URL shows in the log, the metrics and the inspector, as every request does.
func TestRequestsForNoDoor(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	paths := []string{"//v2/auth/verify_login", "/msdk/v2/auth/verify_login", "/nothing"}
	for _, path := range paths {
		status, body, err := p.Raw(p.URL, "POST", path+"?sig=SECRET", nil)
		if err != nil || status != 404 {
			t.Errorf("%s: status %d, %s, %v", path, status, body, err)
		}
	}
	status, out, errOut := on(t, p, "dev", "requests", "--json")
	if status != 0 {
		t.Fatalf("status %d, %s", status, errOut)
	}
	got := records(t, out)
	if len(got) != len(paths) {
		t.Fatalf("got %d records:\n%s", len(got), out)
	}
	for i, r := range got {
		if r.Interface != paths[i] || r.Stage != "route" || r.Status != 404 {
			t.Errorf("record %d is %+v, want one of %s", i+1, r, paths[i])
		}
	}
	if n := p.Metric(t, `rookery_requests_total{code="404",path="other"}`); int(n) != len(paths) {
		t.Errorf("%v requests were counted, want %d", n, len(paths))
	}
	p.Stop(t)
	for _, path := range paths {
		if !strings.Contains(p.Log(), `"interface":"`+path+`","status":404`) || strings.Contains(p.Log(), "SECRET") {
			t.Errorf("the log has no event of %s, or too much of it:\n%s", path, p.Log())
		}
	}
}

// TestInspector makes one request of each kind and looks at the records.
func TestInspector(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app := p.Apps[0]
	valid := verifyLogin(p, p.Accounts[0])
	unsigned := valid
	unsigned.Key = app.SigKeys["1"]
	p.Call(t, valid)
	p.Call(t, unsigned)
	p.Call(t, valid.WithBody(strings.Replace(valid.Body, `"token":"`, `"token":"x`, 1)))
	off := p.AddFault(t, rookery.Fault{Point: "keyring.read"})
	p.Call(t, valid)
	off()
	missing := valid
	missing.Path = "/v2/nothing"
	p.Call(t, missing)

	status, out, errOut := on(t, p, "dev", "requests", "--json")
	if status != 0 {
		t.Fatalf("status %d, %s", status, errOut)
	}
	got := records(t, out)
	if len(got) != 5 {
		t.Fatalf("got %d records:\n%s", len(got), out)
	}
	for i, want := range []record{
		{Code: 0, Domain: "", Stage: ""},
		{Code: 1008, Domain: "msdkv5", Stage: "v5-signature"},
		{Code: 100013, Domain: "qq", Stage: "handler", Origin: "accesstoken 74"},
		{Code: 100016, Domain: "qq", Stage: "handler", Origin: "accesstoken 19"},
		{Code: 1001, Domain: "msdkv5", Stage: "route"},
	} {
		r := got[i]
		if r.Seq != i+1 || r.Code != want.Code || r.Domain != want.Domain || r.Stage != want.Stage || r.Origin != want.Origin || r.Peer != "127.0.0.1" || r.Status != 200 || r.DurationUS < 1 {
			t.Errorf("record %d is %+v, want %+v", i+1, r, want)
		}
	}
	if r := got[1]; !strings.Contains(r.Signed, valid.Path+"?") || !strings.Contains(r.Mistake, "source 1") {
		t.Errorf("the refused signature: signed %q, mistake %q", r.Signed, r.Mistake)
	}
	if r := got[3]; !strings.Contains(r.Cause+r.Error, "keyring.read") {
		t.Errorf("the cause is missing: %+v", r)
	}
	for _, secret := range []string{app.SigKeys["0"], app.SigKeys["1"], app.AppKey, app.MSDKKey} {
		if strings.Contains(out, secret) {
			t.Errorf("the records hold the key %s", secret)
		}
	}
	shown := strings.ReplaceAll(out, got[1].Signed, "")
	if rest := strings.Split(shown, "\n"); strings.Contains(strings.Join(append(rest[:1:1], rest[2:]...), "\n"), p.Accounts[0].MSDKTokens[app.GameID]) {
		t.Error("the records hold a token outside the signed string")
	}
	if status, out, _ := on(t, p, "dev", "requests", "--limit", "1"); status != 0 || !strings.Contains(out, "msdkv5 1001") || strings.Contains(out, "1008") {
		t.Errorf("--limit 1: status %d, %s", status, out)
	}
	if status, _, _ := on(t, p, "dev", "requests", "--limit", "0"); status != 2 {
		t.Errorf("--limit 0: status %d", status)
	}

	// Calls of the bus are among the records.
	p.Bus(t, rookery.BusCall{Command: 0x711, ServiceType: 1, Body: rookery.Message(nil).Decimal(1, app.AppID)})
	p.Bus(t, rookery.BusCall{Command: 0x999, ServiceType: 1})
	_, out, _ = on(t, p, "dev", "requests", "--json", "--limit", "2")
	for i, want := range []record{
		{Interface: "0x711_1", Code: 0x60, Domain: "accesstoken", Stage: "command"},
		{Interface: "0x999_1", Code: 5, Domain: "oidb", Stage: "policy"},
	} {
		r := records(t, out)[i]
		if r.Method != "OIDB" || r.Interface != want.Interface || r.Code != want.Code || r.Domain != want.Domain || r.Stage != want.Stage || r.Peer != "127.0.0.1" {
			t.Errorf("of the bus: %+v, want %+v", r, want)
		}
	}
	if _, out, _ := on(t, p, "dev", "requests", "--limit", "1"); !strings.Contains(out, "OIDB 0x999_1  oidb 5") {
		t.Errorf("of the bus: %s", out)
	}
	// Input that was no call is recorded too, since nothing else says why its connection was closed.
	conn, err := net.Dial("tcp", p.OIDB)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\n\r\n")
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		t.Errorf("HTTP is answered: %d, %v", n, err)
	}
	_, out, _ = on(t, p, "dev", "requests", "--json", "--limit", "1")
	if r := records(t, out)[0]; r.Method != "OIDB" || r.Code != 145 || r.Stage != "policy" || !strings.Contains(r.Cause, "no frame begins here") {
		t.Errorf("what was no call: %+v", r)
	}

	follow := rookery.Spawn(t, "dev", "requests", "--follow", "--json", "--limit", "1", "--server", p.URL, "--token-file", p.AdminTokenFile)
	for i := range 3 {
		line, ok := follow.Line(t)
		if r := records(t, line); !ok || len(r) != 1 || r[0].Seq != 8+i {
			t.Errorf("--follow printed %q", line)
		}
		p.Call(t, valid)
	}
	// A command that still follows the requests does not keep the platform from stopping.
	p.Stop(t)
	follow.WaitFor(t, 3)
	var last struct {
		DurationUS int `json:"duration_us"`
	}
	log := p.Log()
	if err := json.Unmarshal([]byte(log[strings.LastIndex(log, `{"time"`):]), &last); err != nil || last.DurationUS >= 5_000_000 {
		t.Errorf("%s\nThe command's last wait was not cut short: it may wait 5 s", log)
	}
}

// TestExec runs commands, each with a platform of its own: their exit status is passed on, and nothing is left behind.
func TestExec(t *testing.T) {
	binary := rookery.Binary(t) // built before TMPDIR changes
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("PATH", filepath.Dir(binary)+":"+os.Getenv("PATH"))
	t.Setenv("ROOKERY_OPENID", "of another platform")
	left := func(t *testing.T) {
		t.Helper()
		if folders, _ := filepath.Glob(filepath.Join(tmp, "rookery-*")); len(folders) != 0 {
			t.Errorf("left behind: %v", folders)
		}
	}
	script := filepath.Join(tmp, "script")
	write(t, script, "#!/bin/sh\nexit 0\n", 0o644)
	for _, test := range []struct {
		name    string
		command []string
		status  int
	}{
		{"success", []string{"true"}, 0},
		{"failure", []string{"sh", "-c", "exit 41"}, 41},
		{"signal", []string{"sh", "-c", "kill -KILL $$"}, 128 + 9},
		{"no such command", []string{"rookery-no-such-command"}, 127},
		{"no such file", []string{filepath.Join(tmp, "none")}, 127},
		{"not executable", []string{script}, 126},
		{"arguments of its own", []string{"sh", "-c", `test "$1" = --json`, "sh", "--json"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, _, stderr := rookery.Run(t, append([]string{"dev", "exec", "--"}, test.command...)...); status != test.status {
				t.Errorf("got status %d, want %d: %s", status, test.status, stderr)
			}
			left(t)
		})
	}
	t.Run("no command", func(t *testing.T) {
		if status, _, _ := rookery.Run(t, "dev", "exec"); status != 2 {
			t.Errorf("got status %d", status)
		}
	})

	t.Run("environment", func(t *testing.T) {
		log := filepath.Join(t.TempDir(), "platform.log")
		status, out, stderr := rookery.Run(t, "dev", "exec", "--log", log, "--", "sh", "-c", `
			rookery token inspect --json <<EOF || exit 50
$ROOKERY_MSDK_TOKEN
EOF
			rookery dev clock advance 1h >&2 || exit 51
			rookery dev answer --api /v2/auth/verify_login --code qq/-6 >&2 || exit 56
			test -s "$ROOKERY_WORLD" || exit 52
			test -s "$ROOKERY_ADMIN_TOKEN_FILE" || exit 53
			for name in HTTP APPID APPKEY MSDKKEY GAMEID SIGKEY UIN OPENID ACCESS_TOKEN PAY_TOKEN OPENKEY MSDK_OPENID MSDK_TOKEN \
				FRIEND_UIN FRIEND_OPENID FRIEND_MSDK_OPENID FRIEND_MSDK_TOKEN; do
				eval "test -n \"\$ROOKERY_$name\"" || exit 54
			done
			test "$ROOKERY_OPENID" != "of another platform" || exit 55
			exit 0`)
		var inspection struct{ Sound bool }
		if err := json.Unmarshal([]byte(out), &inspection); status != 0 || err != nil || !inspection.Sound {
			t.Errorf("got status %d, %s, %v, %s", status, out, err, stderr)
		}
		if text, err := os.ReadFile(log); err != nil || !strings.Contains(string(text), "/admin/v1/tokens/inspect") {
			t.Errorf("the log is %q, %v", text, err)
		}
		left(t)
	})

	t.Run("verbose", func(t *testing.T) {
		_, out, stderr := rookery.Run(t, "dev", "exec", "--verbose", "--", "rookery", "keys", "list")
		if !strings.Contains(stderr, `"interface":"/admin/v1/keys"`) || strings.Contains(out, "interface") {
			t.Errorf("got %q and %q", out, stderr)
		}
	})

	t.Run("data", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "kept")
		if status, _, stderr := rookery.Run(t, "dev", "exec", "--data", data, "--", "true"); status != 0 {
			t.Errorf("got status %d, %s", status, stderr)
		}
		if _, err := os.Stat(filepath.Join(data, "rookery.db")); err != nil {
			t.Error(err)
		}
		left(t)
	})

	t.Run("signals", func(t *testing.T) {
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1} {
			child := rookery.Spawn(t, "dev", "exec", "--", "sh", "-c",
				`trap 'echo caught; exit 33' TERM INT HUP USR1; echo ready; while :; do sleep 0.05; done`)
			if line, _ := child.Line(t); line != "ready" {
				t.Fatalf("got %q: %s", line, child.Log())
			}
			child.Signal(t, signal)
			if line, _ := child.Line(t); line != "caught" {
				t.Errorf("%s: got %q", signal, line)
			}
			child.WaitFor(t, 33)
			left(t)
		}
	})

	t.Run("the platform is gone when the command is", func(t *testing.T) {
		_, out, _ := rookery.Run(t, "dev", "exec", "--", "sh", "-c", "echo $ROOKERY_HTTP")
		token := filepath.Join(t.TempDir(), "token")
		write(t, token, strings.Repeat("t", 64), 0o600)
		if status, _, _ := rookery.Run(t, "keys", "list", "--server", strings.TrimSpace(out), "--token-file", token); status != 3 {
			t.Errorf("at %s: status %d, want 3", out, status)
		}
	})
}

// TestMistakes: for each door's signatures the signer's mistake is reported, and whose key was used, but no key. The
// signatures were computed with Python's hashlib and hmac.
func TestMistakes(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for _, key := range []string{"seconddemokey00seconddemokey0000", "thirddemokey000thirddemokey00000"} {
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, errOut := on(t, p, "app", "rotate-key", "100700001", "sigkey:1", "--key-file", file); status != 0 {
			t.Fatalf("status %d, %s", status, errOut)
		}
	}
	requests := []struct{ method, target, body, mistake string }{
		{"POST", "/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=a48517026e8f8e21e207013a3c8b5df7", `{}`, "another body was signed than was sent: with a byte order mark before it"},
		{"POST", "/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=776f56a5b443217c9c195d032b88f700", `{}`, "the ? between path and parameters is missing"},
		{"POST", "/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=22c31c3f2d7c7f3455162a84c57c9706", `{}`, "an extra & after the parameters was signed"},
		{"POST", "/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=f025d87f5b954bcf4fcb1f425433f874", `{}`, "a line feed after the key was signed with it"},
		{"POST", "/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=d76ee02b30bf13babbc2c83a9f053544", `{}`, "it was signed with another key: the sigkey of source 0 of app 100700002 (Heron Harbour)"},
		{"POST", "/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=23ebb791520d868b468b8629dc3abddd", `{}`, "it was signed with another key: the former sigkey of source 1 of app 100700001 (Magpie Arena)"},
		{"POST", "/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=433407ff2e27c978d1e641236676dac8", `{}`, "it was signed with another key: the former sigkey of source 1 of app 100700001 (Magpie Arena)"},
		{"GET", "/v2/auth/decrypt?channelid=2&gameid=11&itopencodeparam=d9b4&os=4&source=0&ts=1700000000&sig=6e076d1a98db59a3971c473e9314bfea", ``, "a carriage return and a line feed after the key were signed with it"},
		{"POST", "/v2/auth/login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&sig=4aaaf1655edded25e09f229f9b010c51", `{}`, "the client SDK's marker 1 is missing at the end"},
		{"POST", "/auth/verify_login?timestamp=1700000000&appid=100700001&encode=1&sig=6869945195bdf709ec5a1e56f86c0884", `{}`, "a byte order mark before the key was signed with it"},
		{"POST", "/auth/verify_login?timestamp=1700000000&appid=100700001&encode=1&sig=3e296efd63125444a7f2e6950339af66", `{}`, "it was signed with another key: the msdkkey of app 100700002 (Heron Harbour)"},
		{"GET", "/v3/user/is_login?appid=100700001&openid=00000000000000000000000000000001&openkey=1&pf=qzone&sig=tw6cJ49WLgi6b3NEhMtnBIg%2F%2BhE%3D", ``, "it was signed with another key: the appkey of app 100700002 (Heron Harbour)"},
		{"GET", "/v3/user/is_login?appid=100700001&openid=00000000000000000000000000000001&openkey=1&pf=qzone&sig=dsMTKWaiUaRfFhmChrgAIrprYm0%3D", ``, "an extra & after the parameters was signed"},
		{"GET", "/cgi-bin/QQConnect.fcgi?access_token=AT0001&cmd=gc_achieve_get&oauth_consumer_key=100700001&openid=00000000000000000000000000000001&sign=eb3429bb071f94c001c571deaa830afc", ``, "the key was not signed at the end"},
		{"GET", "/cgi-bin/QQConnect.fcgi?access_token=AT0001&cmd=gc_achieve_get&oauth_consumer_key=100700001&openid=00000000000000000000000000000001&sign=3c6bc57cbdd1349c92ebe0888af2d547", ``, "it was signed with another key: the appkey of app 100700002 (Heron Harbour)"},
	}
	for _, r := range requests {
		if _, _, err := p.Raw(p.URL, r.method, r.target, []byte(r.body)); err != nil {
			t.Fatal(err)
		}
	}
	_, out, _ := on(t, p, "dev", "requests", "--json", "--limit", strconv.Itoa(len(requests)))
	got := records(t, out)
	if len(got) != len(requests) {
		t.Fatalf("got %d records:\n%s", len(got), out)
	}
	for i, r := range requests {
		if got[i].Mistake != r.mistake {
			t.Errorf("%s: got %q of stage %s, want %q", r.target, got[i].Mistake, got[i].Stage, r.mistake)
		}
	}
	p.Stop(t)
	for _, key := range []string{"0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210", "00112233445566778899aabbccddeeff", "seconddemokey", "thirddemokey",
		"demoappkey", "demomsdkkey", "democlientsigkey"} {
		if strings.Contains(out+p.Log(), key) {
			t.Errorf("the key %s is shown", key)
		}
	}
}

// TestANameOfSomebodyElseIsRefused: by rookery dev alone, on the loopback address.
func TestANameOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	for host, want := range map[string]int{"evil.example": http.StatusMisdirectedRequest, "localhost": http.StatusOK, "evil.example:8700": http.StatusMisdirectedRequest} {
		for _, path := range []string{"/", "/docs/", "/healthz"} {
			if r := p.SendTo(t, host, path); r.Status != want {
				t.Errorf("%s of %s: status %d: %.200s", path, host, r.Status, r.Body)
			}
		}
	}
	if r := rookery.Serve(t).SendTo(t, "games.example", "/"); r.Status != http.StatusOK {
		t.Errorf("rookery serve: status %d", r.Status)
	}
}
