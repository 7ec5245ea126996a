package gateways

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// TestThroughAPooler: gateways work through a PgBouncer that gives each transaction whichever connection is free, of fewer than they ask for.
func TestThroughAPooler(t *testing.T) {
	t.Parallel()
	address := pool(t, pg.Database(t), 4)
	a := gateway(t, address, nil)
	b := gateway(t, address, a)
	const callback = "https://game.example/callback"
	for range 20 {
		p := newPlayer(t, a, a.NewApp(t))
		rookery.Until(t, "the token is known", func() bool { return p.check(t, b) == 0 })
		a.SetApp(t, p.app, rookery.Settings{"redirect_uris": []string{callback}, "developer": "Studio"})
		code := a.NewPerson(t).Authorize(t, rookery.AuthorizePath(p.app, callback, "scope", "get_user_info"), "get_user_info").Query().Get("code")
		a.Secret(code)
		a.Tokens(t, a.Get(t, "/oauth2.0/token", "fmt", "json", "client_id", p.app.AppID, "client_secret", p.app.AppKey, "grant_type", "authorization_code", "code", code, "redirect_uri", callback))
		b.Revoke(t, p.app, p.uin, "user")
		rookery.Until(t, "the token is revoked", func() bool { return p.check(t, a) == revoked })
	}
	for _, p := range []*rookery.Platform{a, b} {
		if !ready(t, p) {
			t.Error("a gateway is not ready")
		}
	}
}

// pool starts a PgBouncer with so many connections to a database, and returns the address there, as docs/operations/cluster.md describes it.
func pool(t *testing.T, database string, connections int) (address string) {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // which is not in everybody's path
	}
	if _, err := os.Stat(program); err != nil && os.Getenv("CI") == "" {
		t.Skip("PgBouncer is not installed: on Debian its package is pgbouncer")
	}
	to, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	folder, err := os.MkdirTemp("", "rookery-pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	name := strings.TrimPrefix(to.Path, "/")
	// With auth_type any, the address of the database says who connects.
	settings := fmt.Sprintf(`[databases]
%s = host=127.0.0.1 port=%s user=rookery
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = %d
max_client_conn = 200
`, name, to.Port(), port, connections)
	file := filepath.Join(folder, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 { // which it refuses
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.ParseUint(nobody.Uid, 10, 32)
		gid, _ := strconv.ParseUint(nobody.Gid, 10, 32)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if text, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("the log of PgBouncer:\n%s", text)
		}
		log.Close()
	})
	to.Host = fmt.Sprint("127.0.0.1:", port)
	rookery.Until(t, "PgBouncer listens", func() bool {
		conn, err := net.Dial("tcp", to.Host)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return to.String() + pooled
}

// pooled is what the address of a pooler of transactions ends in: a statement that is prepared on one connection would be missing on the next.
const pooled = "&default_query_exec_mode=cache_describe"
