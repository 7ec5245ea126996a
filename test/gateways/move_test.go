package gateways

import (
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// TestAPlatformMoves from its folder to gateways in a PostgreSQL, and back: whatever people and games hold stays valid.
func TestAPlatformMoves(t *testing.T) {
	t.Parallel()
	address := pg.Empty(t)
	before := rookery.Serve(t)
	lasting, ended := newPlayer(t, before, before.NewApp(t)), newPlayer(t, before, before.NewApp(t))
	before.Revoke(t, ended.app, ended.uin, "user")
	fetch := []string{"import", "--data", before.Data, "--database", address}
	refused := func(why string) {
		t.Helper()
		if status, _, log := rookery.Run(t, fetch...); status != 1 || !strings.Contains(log, why) {
			t.Fatalf("status %d, want %q:\n%s", status, why, log)
		}
	}
	refused("is in use by a platform: stop it first")
	before.Stop(t)
	refused("run rookery migrate up")
	if status, _, log := rookery.Run(t, "migrate", "up", "--database", address); status != 0 {
		t.Fatal(log)
	}
	if status, out, log := rookery.Run(t, fetch...); status != 0 || !strings.Contains(out, "accounts ") {
		t.Fatalf("status %d: %s\n%s", status, out, log)
	}
	a := rookery.Serve(t, "--data", before.Data, "--database", address)
	a.Data = before.Data
	b := gateway(t, address, a)
	for _, at := range []*rookery.Platform{a, b} {
		lasting.want(t, at, 0)
		ended.want(t, at, revoked)
	}
	back := []string{"export", "--database", address, "--data", t.TempDir()}
	if status, _, log := rookery.Run(t, back...); status != 1 || !strings.Contains(log, "gateways use the database: stop all of them first") {
		t.Fatalf("an export beside gateways: status %d\n%s", status, log)
	}
	b.Signal(t, syscall.SIGTERM)
	b.WaitFor(t, 0)
	a.Revoke(t, lasting.app, lasting.uin, "user")
	a.Stop(t)
	if status, out, log := rookery.Run(t, back...); status != 0 || !strings.Contains(out, "Exported: ") {
		t.Fatalf("status %d: %s\n%s", status, out, log)
	}
}
