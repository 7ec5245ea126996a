// Package integration runs the real binary through what happens to a process: starts that fail, signals, crashes, callers
// that send nonsense or nothing.
package integration

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

func TestReady(t *testing.T) {
	p := rookery.Start(t)
	for path, want := range map[string]string{"/readyz": "ready\n", "/healthz": "alive\n"} {
		rsp, err := http.Get(p.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := rookery.ReadAnswer(rsp)
		if err != nil || answer.Status != http.StatusOK || answer.Body != want {
			t.Errorf("%s: got status %d, %q, %v", path, answer.Status, answer.Body, err)
		}
	}
	for _, name := range []string{"admin.token", "keyring.json", "rookery.db"} {
		info, err := os.Stat(filepath.Join(p.Data, name))
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", name, info.Mode(), err)
		}
	}
	p.Stop(t) // checks that standard output has no second line
}

// used stops a platform and returns its folder.
func used(t *testing.T) (data string) {
	t.Helper()
	p := rookery.Start(t)
	p.Stop(t)
	return p.Data
}

// TestStartFails expects one line on standard error that says what is wrong, and status 1.
func TestStartFails(t *testing.T) {
	t.Parallel()
	running := rookery.Start(t)
	for _, test := range []struct {
		name string
		make func(t *testing.T) (data, addr string)
		want []string
	}{
		{"the folder is in use", func(*testing.T) (string, string) { return running.Data, "" },
			[]string{"--data " + running.Data + " is in use", fmt.Sprintf("process %d", running.PID())}},
		{"the folder is a file", func(t *testing.T) (string, string) {
			file := filepath.Join(t.TempDir(), "file")
			write(t, file, "", 0o600)
			return file, ""
		}, []string{"--data", "file", "choose another one"}},
		{"the port is in use", func(t *testing.T) (string, string) { return t.TempDir(), running.Host() },
			[]string{"--addr " + running.Host() + " is in use"}},
		{"an invalid address", func(t *testing.T) (string, string) { return t.TempDir(), "nonsense" },
			[]string{`--addr "nonsense" is not HOST:PORT`}},
		{"others may read the keyring", func(t *testing.T) (string, string) {
			return changed(t, "keyring.json", func(file string) error { return os.Chmod(file, 0o640) }), ""
		}, []string{"keyring.json may be read by others (mode 0640)", "chmod 600"}},
		{"others may read the admin token", func(t *testing.T) (string, string) {
			return changed(t, "admin.token", func(file string) error { return os.Chmod(file, 0o604) }), ""
		}, []string{"admin.token may be read by others (mode 0604)", "chmod 600"}},
		{"the admin token is empty", func(t *testing.T) (string, string) {
			return changed(t, "admin.token", func(file string) error { return os.Truncate(file, 0) }), ""
		}, []string{"admin.token holds no token"}},
		{"the keyring is a folder", func(t *testing.T) (string, string) {
			data := t.TempDir()
			if err := os.Mkdir(filepath.Join(data, "keyring.json"), 0o700); err != nil {
				t.Fatal(err)
			}
			return data, ""
		}, []string{"keyring", "is a directory"}},
		{"the keyring is cut off", func(t *testing.T) (string, string) {
			return changed(t, "keyring.json", func(file string) error { return os.Truncate(file, 40) }), ""
		}, []string{"keyring.json is damaged", "restore it from a copy"}},
		{"the keyring is empty", func(t *testing.T) (string, string) {
			return changed(t, "keyring.json", func(file string) error { return os.Truncate(file, 0) }), ""
		}, []string{"keyring.json is damaged", "restore it from a copy"}},
		{"the keyring holds no keys", func(t *testing.T) (string, string) {
			return changed(t, "keyring.json", func(file string) error { return os.WriteFile(file, []byte("{}"), 0o600) }), ""
		}, []string{"keyring.json is damaged", "restore it from a copy"}},
		{"a key in the keyring is altered", func(t *testing.T) (string, string) {
			return changed(t, "keyring.json", func(file string) error {
				content, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				return os.WriteFile(file, []byte(strings.Replace(string(content), `"value":"`, `"value":"AA`, 1)), 0o600)
			}), ""
		}, []string{"keyring.json is damaged", "restore it from a copy"}},
		{"the database is something else", func(t *testing.T) (string, string) {
			data := t.TempDir()
			write(t, filepath.Join(data, "rookery.db"), strings.Repeat("this is no database\n", 500), 0o600)
			return data, ""
		}, []string{"--data", "rookery.db", "not a database", "restore it from a copy"}},
		{"the database is damaged", func(t *testing.T) (string, string) {
			return changed(t, "rookery.db", func(file string) error { return os.Truncate(file, 10_000) }), ""
		}, []string{"--data", "rookery.db", "malformed", "restore it from a copy"}},
		{"the database is a folder", func(t *testing.T) (string, string) {
			data := t.TempDir()
			if err := os.Mkdir(filepath.Join(data, "rookery.db"), 0o700); err != nil {
				t.Fatal(err)
			}
			return data, ""
		}, []string{"--data", "rookery.db", "must be able to write"}},
		{"the database is newer", func(t *testing.T) (string, string) {
			data := used(t)
			db := rookery.OpenDB(t, filepath.Join(data, "rookery.db"))
			defer db.Close()
			if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
				t.Fatal(err)
			}
			return data, ""
		}, []string{"rookery.db", "version 9999", "newer rookery"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data, addr := test.make(t)
			if addr == "" {
				addr = "127.0.0.1:0"
			}
			status, stdout, stderr := rookery.Run(t, "dev", "--json", "--addr", addr, "--data", data)
			if status != 1 || stdout != "" {
				t.Errorf("got status %d and %q on standard output, want 1 and nothing", status, stdout)
			}
			if !strings.HasPrefix(stderr, "rookery: ") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("standard error is not one line: %q", stderr)
			}
			for _, want := range test.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error is %q, want it to name %q", stderr, want)
				}
			}
		})
	}
}

// TestARelativeFolder: operators find the platform from folders other than the one in which it was started.
func TestARelativeFolder(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	relative, err := filepath.Rel(here, data)
	if err != nil {
		t.Fatal(err)
	}
	if p := rookery.StartIn(t, relative); p.AdminTokenFile != filepath.Join(data, "admin.token") {
		t.Errorf("the admin token's file is reported as %s, want %s", p.AdminTokenFile, filepath.Join(data, "admin.token"))
	}
}

// TestStartsThatWarn: settings and files that work but are probably not intended are logged.
func TestStartsThatWarn(t *testing.T) {
	t.Parallel()
	const lost, open = "put a copy of it back", "chmod 600 it"
	for name, test := range map[string]struct{ data, says string }{
		"a new folder":                      {t.TempDir(), ""},
		"a used folder":                     {used(t), ""},
		"a used folder without its keyring": {changed(t, "keyring.json", os.Remove), lost},
		"a used folder without its token":   {changed(t, "admin.token", os.Remove), ""},
		"a database that others may read":   {changed(t, "rookery.db", func(file string) error { return os.Chmod(file, 0o640) }), open},
	} {
		t.Run(name, func(t *testing.T) {
			p := rookery.StartIn(t, test.data)
			p.Stop(t)
			for _, warning := range []string{lost, open} {
				if told := strings.Contains(p.Log(), warning); told != (warning == test.says) {
					t.Errorf("reported %q: %v\n%s", warning, told, p.Log())
				}
			}
		})
	}
}

func TestTheBusPortIsInUse(t *testing.T) {
	t.Parallel()
	running := rookery.Start(t)
	status, stdout, stderr := rookery.Run(t, "dev", "--json", "--addr", "127.0.0.1:0", "--oidb-addr", running.OIDB)
	if want := "--oidb-addr " + running.OIDB + " is in use by another program: choose another port"; status != 1 || stdout != "" || !strings.Contains(stderr, want) {
		t.Errorf("got status %d, %q, %q, want %q", status, stdout, stderr, want)
	}
}

// changed returns a used folder in which change altered one file.
func changed(t *testing.T, name string, change func(file string) error) (data string) {
	t.Helper()
	data = used(t)
	if err := change(filepath.Join(data, name)); err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, file, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// TestUsage is for wrong command lines: status 2.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"dev", "extra"}, {"dev", "--port", "1"}, {"dev", "--v5-ts-window", "-1s"}, {"dev", "--connect-token-media-type", "text/xml"}, {"dev", "--http-public-url", "play.example"}, {"nonsense"}} {
		status, stdout, stderr := rookery.Run(t, args...)
		if status != 2 || stdout != "" || !strings.Contains(stderr, "--help") {
			t.Errorf("%v: got status %d, %q, %q", args, status, stdout, stderr)
		}
	}
}

// TestTimestampWindow: ts is checked only when a window is set.
func TestTimestampWindow(t *testing.T) {
	t.Parallel()
	old := fmt.Sprint(time.Now().Add(-time.Hour).Unix())
	for _, test := range []struct {
		args []string
		want int
	}{
		{nil, 0}, {[]string{"--v5-ts-window", "2h"}, 0}, {[]string{"--v5-ts-window", "10m"}, 1007},
	} {
		p := rookery.Start(t, test.args...)
		call := verifyLogin(p, p.Accounts[0])
		if answer := p.Call(t, call); answer.Ret != 0 {
			t.Errorf("%v, a ts of now: %s", test.args, answer.Body)
		}
		if answer := p.Call(t, call.With("ts", old)); answer.Ret != test.want {
			t.Errorf("%v, a ts of an hour ago: %s, want ret %d", test.args, answer.Body, test.want)
		}
		p.Stop(t)
	}
}

// verifyLogin returns a valid call for an account of the demo world.
func verifyLogin(p *rookery.Platform, account rookery.Account) rookery.Call {
	app := p.Apps[0]
	return rookery.NewCall(app, "/v2/auth/verify_login",
		fmt.Sprintf(`{"openid":"%s","token":"%s"}`, account.MSDKOpenIDs[app.GameID], account.MSDKTokens[app.GameID]))
}

func dial(t *testing.T, p *rookery.Platform) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Host())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestStandingsAreReadAheadAfterTheStart restarts a platform with grants: checks of them do not read the database, and an
// ended grant is refused.
func TestStandingsAreReadAheadAfterTheStart(t *testing.T) {
	t.Parallel()
	first := rookery.Start(t)
	app := first.NewApp(t)
	var calls [2]rookery.Call
	var uins [2]string
	for i := range calls {
		uins[i] = first.NewAccount(t)
		token := first.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uins[i], Kind: "msdk"})
		calls[i] = rookery.NewCall(app, "/v2/auth/verify_login", fmt.Sprintf(`{"openid":"%s","token":"%s"}`, token.MSDKOpenID, token.Token))
	}
	first.Stop(t)

	p := rookery.StartIn(t, first.Data)
	rookery.Until(t, "standings are read ahead", func() bool { return strings.Contains(p.Log(), "standings of grants were read ahead") })
	metrics := func() string {
		_, page, err := p.Raw(p.AdminURL, http.MethodGet, "/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
	before := metrics()
	if answer := p.Call(t, calls[0]); answer.Ret != 0 {
		t.Errorf("a valid login: %s", answer.Body)
	}
	p.Revoke(t, app, uins[1], "operator")
	after := metrics()
	for line := range strings.Lines(before) {
		if strings.HasPrefix(line, "rookery_standings_read_total ") && !strings.Contains(after, line) {
			t.Errorf("the check read the database: %s before it", line)
		}
	}
	if strings.Contains(before, "rookery_standings 0\n") || !strings.Contains(before, "rookery_standings ") {
		t.Error("no standing is kept")
	}
	if answer := p.Call(t, calls[1]); answer.Ret == 0 {
		t.Errorf("a login of a grant that ended: %s", answer.Body)
	}
}

// TestARemovedLockFileLetsNobodyIn: neither a second platform nor a restore.
func TestARemovedLockFileLetsNobodyIn(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	backup := filepath.Join(t.TempDir(), "backup")
	if status, _, stderr := rookery.Run(t, "backup", backup, "--data", p.Data); status != 0 {
		t.Fatal(stderr)
	}
	if err := os.Remove(filepath.Join(p.Data, "lock")); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		" is in use by another rookery (locked by somebody else)":                          {"dev", "--addr", "127.0.0.1:0", "--data", p.Data},
		"a platform is running in " + p.Data + ": stop it first (locked by somebody else)": {"restore", backup, "--data", p.Data, "--force"},
	} {
		if status, _, stderr := rookery.Run(t, args...); status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("rookery %s: exit status %d: %s", args[0], status, stderr)
		}
	}
	p.Issue(t, rookery.TokenRequest{AppID: p.Apps[0].AppID, UIN: p.Accounts[0].UIN, Kind: "msdk"}) // it still runs
}

// TestStrayCopiesOfKeysAreRemoved: those that a platform or a restore left which was killed.
func TestStrayCopiesOfKeysAreRemoved(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "[a] folder*")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	stray := []string{".new-123456", "keyring.json.restored", "rookery.db.restored"}
	for _, name := range append(stray, ".newer", "notes.txt") {
		if err := os.WriteFile(filepath.Join(data, name), []byte("a key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rookery.StartIn(t, data)
	for _, name := range stray {
		if _, err := os.Stat(filepath.Join(data, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range []string{".newer", "notes.txt", "keyring.json"} {
		if _, err := os.Stat(filepath.Join(data, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}
