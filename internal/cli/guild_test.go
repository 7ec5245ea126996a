package cli

import (
	"strings"
	"testing"
)

// TestGuilds: the roster of rookery dev is changed, and the platform's own question shows it.
func TestGuilds(t *testing.T) {
	p := startPlatform(t)
	ask := func(openid string) (status int, out, errOut string) {
		return runCommand(t, "", "app", "ask", "100700001", "9001", "--zone", "3", "--openid", openid)
	}
	ben := p.Accounts[1].MSDKOpenIDs[11].String()
	if status, out, _ := ask(ben); status != ExitOK || !strings.Contains(out, "Member  no") {
		t.Errorf("before there is the guild: status %d\n%s", status, out)
	}
	run(t, "", "dev", "guild", "set", "9001", "--app", "100700001", "--zone", "3", "--name", "Gulls", "--leader", "10001", "--member", "10002")
	wantAll(t, run(t, "", "dev", "guild", "list"), "100700001  3     9001   Gulls         10001   10001 10002", "Night Herons")
	status, out, _ := ask(ben)
	if status != ExitOK {
		t.Errorf("status %d", status)
	}
	wantAll(t, out, "Guild   Gulls", "Leader  "+p.Accounts[0].MSDKOpenIDs[11].String(), "Member  yes", "Leads   no")

	run(t, "", "dev", "guild", "remove", "9001", "--app", "100700001", "--zone", "3")
	if status, _, errOut := runCommand(t, "", "dev", "guild", "remove", "9001", "--app", "100700001", "--zone", "3"); status != ExitFailure || !strings.Contains(errOut, "has no guild 9001 in zone 3") {
		t.Errorf("removed twice: status %d, %s", status, errOut)
	}
	for _, args := range [][]string{
		{"dev", "guild", "set", "9001", "--app", "100700001"},
		{"dev", "guild", "set", "9001", "--leader", "10001"},
		{"dev", "guild", "set", "9001", "--app", "100700001", "--leader", "10001", "--member", "5"},
		{"dev", "guild", "remove", "a", "--app", "100700001"},
		{"app", "ask", "100700001", "9001"},
	} {
		if status, _, errOut := runCommand(t, "", args...); status != ExitUsage {
			t.Errorf("%v: status %d, %s", args, status, errOut)
		}
	}

	run(t, "", "app", "update", "100700001", "--idip", "http://127.0.0.1:1/idip")
	if status, _, errOut := ask(ben); status != ExitFailure || !strings.Contains(errOut, "the game's server cannot be asked") {
		t.Errorf("without a server: status %d, %s", status, errOut)
	}
}

// TestEvents: without a consumer for the stream, its events are removed.
func TestEvents(t *testing.T) {
	startPlatform(t)
	wantAll(t, run(t, "", "events", "test"), "LANE", "stream", "notices  inbox")
	type lane struct {
		Lane, Consumer string
		Waiting        int
	}
	got := decode[[]lane](t, run(t, "", "events", "status", "--json"))
	if len(got) != 2 || got[0].Lane != "stream" || got[0].Consumer != "" || got[1] != (lane{"notices", "inbox", got[1].Waiting}) {
		t.Errorf("got %+v", got)
	}
}

// TestAccountSignOut: an operator signs a person out everywhere, and sees when.
func TestAccountSignOut(t *testing.T) {
	startPlatform(t)
	if out := run(t, "", "account", "show", "10001"); strings.Contains(out, "Signed out everywhere") {
		t.Errorf("before:\n%s", out)
	}
	run(t, "", "account", "sign-out", "10001")
	wantAll(t, run(t, "", "account", "show", "10001"), "Signed out everywhere")
}
