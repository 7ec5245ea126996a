package integration

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestDevReset does everything to a platform that a reset has to undo.
func TestDevReset(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	ann, ben, app := p.Accounts[0], p.Accounts[1], p.Apps[0]
	openkey := rookery.NewOpenAPICall(app, "/v3/user/get_info", ann.OpenIDs[app.AppID], ann.Openkeys[app.AppID])
	p.SetPassword(t, ann.UIN)
	p.SetState(t, ben.UIN, "closed")
	p.NewAccount(t)
	p.SetApp(t, app, rookery.Settings{"online": false})
	p.Advance(t, 48*time.Hour)
	p.AddFault(t, rookery.Fault{Point: "store.read:grants"})
	p.Admin(t, "POST", "/dev/v1/answers", map[string]string{"api": "/v2/auth/verify_login", "code": "msdkv5/1003"}, nil)
	p.SetGuild(t, rookery.Guild{AppID: app.AppID, Zone: "1", ID: "9999", Name: "Late Owls", Leader: ann.UIN, Members: []string{ann.UIN}})

	status, out, log := rookery.Run(t, "dev", "reset", "--server", p.URL, "--token-file", p.AdminTokenFile)
	if status != 0 || out != "The platform is as at its start.\n" {
		t.Fatalf("status %d, %q\n%s", status, out, log)
	}
	for _, account := range []rookery.Account{ann, ben} {
		if answer := p.Call(t, verifyLogin(p, account)); answer.Ret != 0 {
			t.Errorf("account %s: %s", account.UIN, answer.Body)
		}
	}
	if answer := p.CallOpenAPI(t, openkey); answer.Ret != 0 {
		t.Errorf("with an openkey of the start: %s", answer.Body)
	}
	var accounts, requests, faults, answers []map[string]any
	var clock struct{ Ahead string }
	var guilds []rookery.Guild
	p.Admin(t, "GET", "/dev/v1/faults", nil, &faults)
	p.Admin(t, "GET", "/dev/v1/answers", nil, &answers)
	p.Admin(t, "GET", "/dev/v1/clock", nil, &clock)
	p.Admin(t, "GET", "/dev/v1/guilds", nil, &guilds)
	p.Admin(t, "GET", "/admin/v1/accounts", nil, &accounts)
	p.Admin(t, "GET", "/dev/v1/requests", nil, &requests)
	if len(faults) != 0 || len(answers) != 0 || clock.Ahead != "0s" || len(guilds) != 4 || len(accounts) != 8 || len(requests) > 10 {
		t.Errorf("after it there are %d faults, %d forced answers, the clock ahead by %s, %d guilds, %d accounts, %d requests",
			len(faults), len(answers), clock.Ahead, len(guilds), len(accounts), len(requests))
	}
	p.Stop(t) // without an error
}

// TestResetsFollowOneAnother: what is connected after the answer meets the platform that follows, with the same world.
func TestResetsFollowOneAnother(t *testing.T) {
	t.Parallel()
	p := rookery.StartIn(t, t.TempDir(), "--seed", seedFile(t, aWorld))
	before := export(t, p)
	for round := range 5 {
		p.Advance(t, time.Hour)
		conn, err := net.Dial("tcp", p.Host())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /dev/v1/reset HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 0\r\n\r\n", p.Host(), p.AdminToken())
		answer, err := io.ReadAll(conn)
		conn.Close()
		var clock struct{ Ahead string }
		p.Admin(t, "GET", "/dev/v1/clock", nil, &clock)
		if text := string(answer); err != nil || !strings.HasSuffix(text, "\r\n\r\n"+"{\"reset\":true}\n") || !strings.Contains(text, "\r\nConnection: close\r\n") || clock.Ahead != "0s" {
			t.Fatalf("round %d: %q, %v, and the clock is ahead by %s", round, text, err, clock.Ahead)
		}
	}
	if after := export(t, p); after != before {
		t.Errorf("the seeded world is now\n%s\nand was\n%s", after, before)
	}
}

// TestServeHasNoReset: only a demo platform can be reset.
func TestServeHasNoReset(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t)
	status, _, log := rookery.Run(t, "dev", "reset", "--server", p.AdminURL, "--token-file", p.AdminTokenFile)
	if status == 0 || !strings.Contains(log, "rookery dev") {
		t.Errorf("status %d, %q", status, log)
	}
}
