package cli

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// tokenJSON is an issued or inspected token as scripts see it.
type tokenJSON struct {
	Token      string `json:"token"`
	Kind       string `json:"kind"`
	AppID      string `json:"appid"`
	UIN        string `json:"uin"`
	OpenID     string `json:"openid"`
	MSDKOpenID string `json:"msdk_openid"`
	IssuedMS   int64  `json:"issued_ms"`
	ExpiresMS  int64  `json:"expires_ms"`
	Sound      bool   `json:"sound"`
	Check      string `json:"check"`
	Result     int    `json:"result"`
}

var tokenForm = regexp.MustCompile(`^[0-9A-Za-z_-]{100,}\n$`)

func TestTokenIssueAndInspect(t *testing.T) {
	p := startPlatform(t)
	ann := p.Accounts[0]
	openid, player := ann.OpenIDs[100700001].String(), ann.MSDKOpenIDs[11].String()
	tests := []struct {
		name, kind, ttl string
		msdk            bool
		check           string
		result          int
		shown           []string // of a text inspection
	}{
		{"access token", "access", "", false, "0x711", 0, []string{"oidb 0x711 answers 0"}},
		{"pay token", "pay", "", false, "0x73a", 0, nil},
		{"openkey", "openkey", "1h", false, "0x711", 0, nil},
		{"MSDK token", "msdk", "10m", true, "0x711", 0, []string{player}},
		{"link ticket", "link", "", true, "", 0, nil},
		{"expired access token", "access", "0s", false, "0x711", 65, []string{"Meaning", "Remedy", "the access token has expired"}},
		{"expired pay token", "pay", "0s", false, "0x73a", 17, []string{"the pay token has expired"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"token", "issue", "--app", "100700001", "--uin", "10001", "--kind", tt.kind}
			if tt.ttl != "" {
				args = append(args, "--ttl", tt.ttl)
			}
			status, token, note := runCommand(t, "", args...)
			if status != ExitOK || !tokenForm.MatchString(token) {
				t.Fatalf("status %d, output %q, error %q", status, token, note)
			}
			wantAll(t, note, "openid "+openid, "expires ")
			if strings.Contains(note, player) != tt.msdk || strings.Contains(note, strings.TrimSpace(token)) {
				t.Errorf("note %q", note)
			}

			status, out, note := runCommand(t, "", append(args, "--json")...)
			issued := decode[tokenJSON](t, out)
			if status != ExitOK || note != "" || issued.OpenID != openid || issued.UIN != "10001" || issued.Kind != tt.kind || (issued.MSDKOpenID == player) != tt.msdk {
				t.Errorf("status %d, error %q, issued %+v", status, note, issued)
			}
			if lived := time.Duration(issued.ExpiresMS-issued.IssuedMS) * time.Millisecond; tt.ttl != "" && lived.String() != mustDuration(t, tt.ttl) {
				t.Errorf("lives %s, want %s", lived, tt.ttl)
			}

			got := decode[tokenJSON](t, run(t, issued.Token+"\n", "token", "inspect", "--json"))
			if got.Kind != tt.kind || got.OpenID != openid || got.Check != tt.check || got.Result != tt.result || got.Sound != (tt.result == 0) {
				t.Errorf("inspected %+v", got)
			}
			out = run(t, "", "token", "inspect", "--file", secretFile(t, issued.Token))
			wantAll(t, out, append(tt.shown, tt.kind, openid, "100700001", yesNo(tt.result == 0))...)
			if strings.Contains(out, issued.Token) {
				t.Errorf("the token is shown:\n%s", out)
			}
		})
	}
	p.stop()
	for _, secret := range []string{p.token, ann.AccessTokens[100700001], ann.Openkeys[100700001]} {
		if strings.Contains(p.log.String(), secret) {
			t.Error("the log shows a token")
		}
	}
}

func mustDuration(t *testing.T, text string) string {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestTokenRevoke(t *testing.T) {
	startPlatform(t)
	issue := func(app string) string {
		return run(t, "", "token", "issue", "--app", app, "--uin", "10001", "--kind", "access")
	}
	first, second := issue("100700001"), issue("100700002")
	got := decode[map[string]string](t, run(t, "", "token", "revoke", "--app", "100700001", "--uin", "10001", "--yes", "--json"))
	if got["appid"] != "100700001" || got["uin"] != "10001" || got["by"] != "operator" {
		t.Errorf("got %v", got)
	}
	wantAll(t, run(t, "", "token", "revoke", "--app", "100700002", "--uin", "10001", "--by", "user", "--yes"), "account 10001 at app 100700002 has ended")
	wantAll(t, run(t, first, "token", "inspect"), "0x711 answers 64")
	wantAll(t, run(t, second, "token", "inspect"), "0x711 answers 67")
}

func TestTokenRefusals(t *testing.T) {
	startPlatform(t)
	issue := func(args ...string) []string {
		return append([]string{"token", "issue", "--app", "100700001", "--uin", "10001"}, args...)
	}
	revoke := []string{"token", "revoke", "--app", "100700001", "--uin", "10001"}
	run(t, "", append(revoke, "--yes")...)
	checkRefusals(t, []refusal{
		{"no kind", "", issue(), ExitUsage, `"kind" not set`},
		{"no app", "", []string{"token", "issue", "--uin", "10001", "--kind", "access"}, ExitUsage, `"app" not set`},
		{"unknown kind", "", issue("--kind", "refresh"), ExitUsage, "not one of access, pay, openkey, msdk, link"},
		{"too long", "", issue("--kind", "pay", "--ttl", "200h"), ExitFailure, "lives from 0s to 168h"},
		{"negative", "", issue("--kind", "pay", "--ttl", "-1s"), ExitFailure, "lives from 0s"},
		{"no duration", "", issue("--kind", "pay", "--ttl", "5"), ExitUsage, "--ttl"},
		{"unknown app", "", []string{"token", "issue", "--app", "5", "--uin", "10001", "--kind", "access"}, ExitFailure, "rookery: there is no app 5"},
		{"unknown account", "", []string{"token", "issue", "--app", "100700001", "--uin", "99999", "--kind", "access"}, ExitFailure, "rookery: there is no account 99999"},
		{"inspect nothing", "", []string{"token", "inspect"}, ExitUsage, "should be the token"},
		{"inspect no token", "hello\n", []string{"token", "inspect"}, ExitFailure, "not a token that this platform sealed"},
		{"inspect an argument", "", []string{"token", "inspect", "abc"}, ExitUsage, "no arguments"},
		{"revoke without --yes", "", revoke, ExitUsage, "end every token of account 10001 at app 100700001, which cannot be undone: give --yes"},
		{"revoke twice", "", append(revoke, "--yes"), ExitFailure, "rookery: account 10001 has no live grant at app 100700001"},
		{"revoke by nobody", "", append(revoke, "--yes", "--by", "me"), ExitUsage, "neither operator nor user"},
	})
}
