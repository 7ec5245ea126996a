package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/child"
	"github.com/rookeryhq/rookery/test/rookery"
)

// backUp makes a backup of a platform's folder and returns where it is.
func backUp(t *testing.T, p *rookery.Platform, args ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "backup")
	if status, out, log := rookery.Run(t, append([]string{"backup", to, "--data", p.Data}, args...)...); status != 0 || !strings.HasPrefix(out, "Backed up: ") {
		t.Fatalf("backup: status %d, output %q\n%s", status, out, log)
	}
	return to
}

func restore(t *testing.T, from, data string, args ...string) (status int, log string) {
	t.Helper()
	status, _, log = rookery.Run(t, append([]string{"restore", from, "--data", data}, args...)...)
	return status, log
}

// TestBackup takes a backup while accounts are made, and starts a platform of it.
func TestBackup(t *testing.T) {
	p := rookery.Serve(t)
	app := p.NewApp(t)
	uin := p.NewAccount(t)
	token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "msdk"})
	var acknowledged atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := p.TryNewAccount(); err != nil {
				t.Error(err)
				return
			}
			acknowledged.Add(1)
		}
	}()
	rookery.Until(t, "some accounts", func() bool { return acknowledged.Load() > 2 })
	before := acknowledged.Load()
	from := backUp(t, p)
	close(stop)
	<-stopped
	after := p.NewAccount(t)

	var manifest struct {
		Database struct{ Rows map[string]int64 }
		Files    map[string]struct{ SHA256 string }
	}
	text, err := os.ReadFile(filepath.Join(from, "backup.json"))
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := manifest.Database.Rows["accounts"]; n < 1+before || len(manifest.Files["rookery.db"].SHA256) != 64 {
		t.Errorf("the backup has %d accounts, though %d were acknowledged before: %s", n, 1+before, text)
	}
	for _, name := range []string{"rookery.db", "keyring.json", "backup.json"} {
		if info, err := os.Stat(filepath.Join(from, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(from), ".rookery*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}

	data := filepath.Join(t.TempDir(), "restored")
	if status, log := restore(t, from, data); status != 0 {
		t.Fatalf("restore: status %d\n%s", status, log)
	}
	again := rookery.Serve(t, "--data", data)
	login := `{"openid":"` + token.MSDKOpenID + `","token":"` + token.Token + `"}`
	if got := again.Call(t, rookery.NewCall(app, "/v2/auth/verify_login", login)); got.Ret != 100013 {
		t.Errorf("a token from before the restore: %s", got.Body)
	}
	token = again.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "msdk"})
	login = `{"openid":"` + token.MSDKOpenID + `","token":"` + token.Token + `"}`
	if got := again.Call(t, rookery.NewCall(app, "/v2/auth/verify_login", login)); got.Ret != 0 {
		t.Errorf("a token of after it: %s", got.Body)
	}
	if status, answer, err := again.AdminRaw("GET", "/admin/v1/accounts/"+after, nil); err != nil || status != 404 {
		t.Errorf("an account that was made after the backup: status %d, %s, %v", status, answer, err)
	}
}

func TestBackupIsRefused(t *testing.T) {
	p := rookery.Start(t)
	from := backUp(t, p)
	parent := t.TempDir()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"over another folder":          {[]string{parent, "--data", p.Data, "--force"}, parent + " exists: name a new folder"},
		"over a backup":                {[]string{from, "--data", p.Data}, "or replace a backup with --force"},
		"of a folder without platform": {[]string{filepath.Join(parent, "b"), "--data", parent}, "is not the data folder of a platform"},
	} {
		t.Run(name, func(t *testing.T) {
			if status, out, log := rookery.Run(t, append([]string{"backup"}, test.args...)...); status != 1 || out != "" || !strings.Contains(log, test.want) {
				t.Errorf("status %d, output %q, error %q, want %q", status, out, log, test.want)
			}
		})
	}
	if status, _, log := rookery.Run(t, "backup", from, "--data", p.Data, "--force"); status != 0 {
		t.Errorf("over a backup with --force: status %d\n%s", status, log)
	}
	p.Stop(t)
}

func TestRestoreIsRefused(t *testing.T) {
	p := rookery.Start(t)
	from := backUp(t, p)
	if status, log := restore(t, from, p.Data, "--force"); status != 1 || !strings.Contains(log, "a platform is running in "+p.Data+": stop it first (locked by somebody else: process ") {
		t.Errorf("over a running platform: status %d, %s", status, log)
	}
	p.Stop(t)
	if status, log := restore(t, from, p.Data); status != 1 || !strings.Contains(log, "has data: rookery.db") {
		t.Errorf("over data: status %d, %s", status, log)
	}
	if status, log := restore(t, t.TempDir(), filepath.Join(t.TempDir(), "new")); status != 1 || !strings.Contains(log, "is not a backup") {
		t.Errorf("of something else: status %d, %s", status, log)
	}
	for _, name := range []string{"rookery.db", "keyring.json"} {
		file := filepath.Join(from, name)
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		data := filepath.Join(t.TempDir(), "new")
		if status, log := restore(t, from, data); status != 1 || !strings.Contains(log, file+" is not what was backed up") {
			t.Errorf("with another %s: status %d, %s", name, status, log)
		}
		if _, err := os.Stat(data); !os.IsNotExist(err) {
			t.Errorf("the folder was made all the same: %v", err)
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, log := restore(t, from, p.Data, "--force"); status != 0 {
		t.Errorf("over data with --force: status %d, %s", status, log)
	}
	again := rookery.StartIn(t, p.Data)
	if len(again.Apps) != 2 {
		t.Errorf("its apps are %v", again.Apps)
	}
	if diff := cmp.Diff(p.Accounts[0].MSDKTokens, again.Accounts[0].MSDKTokens); diff != "" { // whose keys are public and stay
		t.Errorf("the demo world's tokens are others than before:\n%s", diff)
	}
}

// TestAHalfRestoredFolderIsNotUsed: a restore was killed while the files took their names.
func TestAHalfRestoredFolderIsNotUsed(t *testing.T) {
	p := rookery.Start(t)
	from := backUp(t, p)
	p.Stop(t)
	for _, name := range []string{"restoring", "rookery.db"} {
		if err := os.WriteFile(filepath.Join(p.Data, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, log := rookery.Run(t, "dev", "--addr", "127.0.0.1:0", "--data", p.Data); status != 1 || !strings.Contains(log, "is half restored: run rookery restore again") {
		t.Errorf("a start: status %d, %s", status, log)
	}
	if status, log := restore(t, from, p.Data); status != 0 {
		t.Errorf("the restore again: status %d, %s", status, log)
	}
	rookery.StartIn(t, p.Data)
}

// TestKilledBackupsLeaveNothing kills a backup as soon as it has begun.
func TestKilledBackupsLeaveNothing(t *testing.T) {
	p := rookery.Start(t)
	parent := t.TempDir()
	to := filepath.Join(parent, "backup")
	killed := 0
	for range 5 {
		process, err := child.Start(t.TempDir(), "backup", to, "--data", p.Data)
		if err != nil {
			t.Fatal(err)
		}
		rookery.Until(t, "the backup has begun", func() bool {
			begun, _ := filepath.Glob(filepath.Join(parent, ".rookery-backup-*", "rookery.db"))
			_, err := os.Stat(to)
			return len(begun) > killed || err == nil
		})
		process.Signal(syscall.SIGKILL)
		if _, err := process.Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(to); err == nil {
			break // it was too quick
		}
		killed++
	}
	if _, err := os.Stat(to); os.IsNotExist(err) {
		if status, _, log := rookery.Run(t, "backup", to, "--data", p.Data); status != 0 {
			t.Errorf("after %d were killed: status %d\n%s", killed, status, log)
		}
	}
	if status, log := restore(t, to, filepath.Join(parent, "restored")); status != 0 {
		t.Errorf("what has the name is not whole: status %d, %s", status, log)
	}
}
