package cli

import (
	"strings"
	"testing"
)

// busJSON is an answer of the bus as scripts see it.
type busJSON struct {
	Interface string         `json:"interface"`
	Result    uint32         `json:"result"`
	Hex       string         `json:"hex"`
	Signed    int            `json:"signed"`
	Symbol    string         `json:"symbol"`
	Answer    map[string]any `json:"answer"`
}

func TestOIDBCall(t *testing.T) {
	p := startPlatform(t)
	ann, ben := p.Accounts[0], p.Accounts[1]
	openid, bens := ann.OpenIDs[100700001].String(), ben.OpenIDs[100700001].String()
	pay := secretFile(t, ann.PayTokens[100700001])
	access := secretFile(t, ann.AccessTokens[100700001])
	tests := []struct {
		name   string
		args   []string
		status int
		hex    string
		symbol string
		shown  []string
	}{
		{"valid pay token", []string{"0x73a", "--openid", openid, "--token-file", pay}, ExitOK, "0x00", "PayTokenOK", []string{"Uin", "10001", openid}},
		{"valid access token", []string{"0x711_1", "--openid", openid, "--token-file", access}, ExitOK, "0x00", "AccessTokenOK", []string{"Expires"}},
		{"another's openid", []string{"0x711", "--openid", bens, "--token-file", access}, ExitFailure, "0x45", "AccessTokenOpenIDMismatch", []string{"Remedy"}},
		{"openid in text form", []string{"0x711", "--service-type", "127", "--openid", openid}, ExitOK, "0x00", "", []string{"10001"}},
		{"two openids", []string{"0x711_23", "--openid", openid + "," + bens}, ExitOK, "0x00", "", []string{"10001 10002"}},
		{"openid to uin", []string{"0x71f", "--openid", openid}, ExitOK, "0x00", "", []string{"10001"}},
		{"old timestamp", []string{"0x71f", "--openid", openid, "--timestamp", "1"}, ExitFailure, "0x5b", "QQTimestampOutOfRange", nil},
		{"profile", []string{"0x5e1", "--openid", openid, "--token-file", access}, ExitOK, "0x00", "", []string{"10001", "Nickname", "Ann", "VIP yellow"}},
		{"profile to a pay token", []string{"0x5e1", "--openid", openid, "--token-file", pay}, ExitFailure, "0x74", "OIDBAccessTokenInvalid", []string{"Remedy", "signed -140"}},
		{"friends", []string{"0xf00", "--uin", "10001"}, ExitOK, "0x00", "", []string{"10002 Ben, 10005 Emil"}},
		{"a page of friends", []string{"0xf00", "--uin", "10001", "--limit", "1"}, ExitOK, "0x00", "", []string{"10002 Ben\n", "More                yes"}},
		{"are they friends", []string{"0xf01", "--uin", "10001", "--friend", "10003"}, ExitOK, "0x00", "", []string{"Friends  no"}},
		{"unknown command", []string{"0x999"}, ExitFailure, "0x05", "OIDBCommandNotConfigured", []string{"signed 5)"}},
		{"in the name of a game that did not apply", []string{"0x71f", "--openid", openid, "--caller", "100700001"}, ExitFailure, "0x96", "OIDBCommandNotGranted", []string{"signed -106"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"oidb", "call", "--app", "100700001"}, tt.args...)
			status, out, note := runCommand(t, "", args...)
			if status != tt.status || note != "" {
				t.Errorf("status %d, error %q", status, note)
			}
			wantAll(t, out, append(tt.shown, tt.hex, tt.symbol)...)
			_, out, _ = runCommand(t, "", append(args, "--json")...)
			got := decode[busJSON](t, out)
			if got.Hex != tt.hex || got.Symbol != tt.symbol || (got.Result == 0) != (len(got.Answer) > 0) {
				t.Errorf("got %+v", got)
			}
			if strings.Contains(out, ann.AccessTokens[100700001]) {
				t.Errorf("the token is shown:\n%s", out)
			}
		})
	}
}

func TestOIDBCallWithoutABus(t *testing.T) {
	if status, _, note := runCommand(t, "", "oidb", "call", "0x711", "--addr", "127.0.0.1:1"); status != ExitUnreachable || !strings.Contains(note, "no bus answers") {
		t.Errorf("status %d, error %q", status, note)
	}
	for _, args := range [][]string{{"711"}, {"0x711", "--openid", "xyz"}, {"0x711", "--login-sig-file", "x", "--caller", "4294967296"}, {}} {
		if status, _, _ := runCommand(t, "", append([]string{"oidb", "call"}, args...)...); status != ExitUsage {
			t.Errorf("%v: status %d", args, status)
		}
	}
}

func TestOIDBPolicy(t *testing.T) {
	p := startPlatform(t)
	openid := p.Accounts[0].OpenIDs[100700001].String()
	call := func(args ...string) int {
		status, _, _ := runCommand(t, "", append([]string{"oidb", "call", "0x71f", "--app", "100700001", "--openid", openid}, args...)...)
		return status
	}
	if call() != ExitOK || call("--caller", "100700001") != ExitFailure {
		t.Error("before the change")
	}
	out := run(t, "", "oidb", "policy", "set", "--uin-black-list", "10007", "--maintenance", "10002-10003,10005", "--address-black-list", "192.0.2.1",
		"--command", "0x71f", "--apps", "100700001", "--rate", "5/m", "--refuse-classes", "B,BC")
	wantAll(t, out, "10007", "10002-10003 10005-10005", "192.0.2.1/32", "100700001", "5/1m0s", "B BC")
	if call("--caller", "100700001") != ExitOK {
		t.Error("after the change")
	}
	run(t, "", "oidb", "policy", "set", "--maintenance", "10001")
	if call() != ExitFailure {
		t.Error("in maintenance")
	}
	run(t, "", "oidb", "policy", "set", "--maintenance", "", "--command", "0x71f", "--default")
	if call() != ExitOK || call("--caller", "100700001") != ExitFailure {
		t.Error("back to the default")
	}
	wantAll(t, run(t, "", "oidb", "policy", "show"), "0x711_127", "frozen staff-protected specially-protected")
	for _, args := range [][]string{
		{"--uin-black-list", "5"}, {"--apps", "100700001"}, {"--command", "0x71f"}, {"--maintenance", "x"}, {"--refuse-classes", "C", "--command", "0x71f"},
		{"--command", "0x71f", "--default", "--apps", "*"}, {}, {"--json"},
	} {
		if status, _, _ := runCommand(t, "", append([]string{"oidb", "policy", "set"}, args...)...); status != ExitUsage {
			t.Errorf("%v: status %d", args, status)
		}
	}
	for _, args := range [][]string{{"--maintenance", "10009-10001"}, {"--command", "0x999", "--default"}, {"--command", "0x71f", "--rate", "fast"}} {
		if status, _, note := runCommand(t, "", append([]string{"oidb", "policy", "set"}, args...)...); status != ExitFailure {
			t.Errorf("%v: status %d, %q", args, status, note)
		}
	}
}
