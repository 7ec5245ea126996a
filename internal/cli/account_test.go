package cli

import (
	"strings"
	"testing"
)

// accountJSON is an account as scripts see it.
type accountJSON struct {
	UIN           string           `json:"uin"`
	Profile       map[string]any   `json:"profile"`
	State         string           `json:"state"`
	Class         string           `json:"class"`
	PasswordEpoch int              `json:"password_epoch"`
	CreatedMS     int64            `json:"created_ms"`
	OpenIDs       []openidJSON     `json:"openids"`
	Friends       []map[string]any `json:"friends"`
}

type openidJSON struct {
	AppID  string `json:"appid"`
	OpenID string `json:"openid"`
	UIN    string `json:"uin"`
	State  string `json:"state"`
}

func TestAccountCreateAndList(t *testing.T) {
	startPlatform(t)
	made := decode[accountJSON](t, run(t, "correct horse\n", "account", "create", "--uin", "20001", "--nickname", "Ida", "--gender", "2",
		"--city", "Oslo", "--country", "Norway", "--class", "BC", "--json"))
	if made.UIN != "20001" || made.Profile["nickname"] != "Ida" || made.Class != "BC" || made.State != "normal" || made.CreatedMS == 0 || made.PasswordEpoch != 1 {
		t.Errorf("got %+v", made)
	}
	out := run(t, "", "account", "create", "--nickname", "Jan", "--gender", "1", "--password-file", secretFile(t, "\ufeff battery staple \r\n"))
	wantAll(t, out, "20002", "Jan", "male", "normal", "ordinary")

	out = run(t, "", "account", "list")
	wantAll(t, out, "UIN", "10001", "小鸦", "20001", "Ida", "BC", when(made.CreatedMS))
	page := decode[[]accountJSON](t, run(t, "", "account", "list", "--after", "10008", "--limit", "1", "--json"))
	if len(page) != 1 || page[0].UIN != "20001" {
		t.Errorf("page %+v", page)
	}
	_, out, errOut := runCommand(t, "", "account", "list", "--limit", "2")
	if strings.Count(out, "\n") != 3 || !strings.Contains(errOut, "--after 10002") {
		t.Errorf("output %q, error %q", out, errOut)
	}
}

func TestAccountShow(t *testing.T) {
	p := startPlatform(t)
	ann := p.Accounts[0]
	got := decode[accountJSON](t, run(t, "", "account", "show", "10001", "--json"))
	if len(got.OpenIDs) != 2 || len(got.Friends) != 2 || got.OpenIDs[0].OpenID != ann.OpenIDs[100700001].String() {
		t.Errorf("got %+v", got)
	}
	out := run(t, "", "account", "show", "10001")
	wantAll(t, out, "Ann", ann.OpenIDs[100700001].String(), ann.OpenIDs[100700002].String(), "active", "FRIEND", "10002", "10005")
}

func TestAccountStates(t *testing.T) {
	startPlatform(t)
	for _, step := range []struct{ command, state string }{
		{"freeze", "frozen"},
		{"unfreeze", "normal"},
		{"protect", "staff-protected"},
		{"protect --special", "specially-protected"},
		{"unfreeze", "normal"},
		{"close --yes", "closed"},
	} {
		args := append(append([]string{"account"}, strings.Fields(step.command)...), "10003")
		wantAll(t, run(t, "", args...), "Chen", step.state)
		if got := decode[accountJSON](t, run(t, "", append(args, "--json")...)); got.State != step.state {
			t.Errorf("%s: state %q, want %q", step.command, got.State, step.state)
		}
	}
	checkRefusals(t, []refusal{
		{"a closed account", "", []string{"account", "unfreeze", "10003"}, ExitFailure, "account 10003 is closed, which is for ever"},
		{"password of a closed account", "new password\n", []string{"account", "passwd", "10003"}, ExitFailure, "is closed"},
	})
}

func TestAccountPasswd(t *testing.T) {
	p := startPlatform(t)
	const password = "päss wörd with spaces "
	got := decode[accountJSON](t, run(t, password+"\nsecond line\n", "account", "passwd", "10001", "--json"))
	if got.PasswordEpoch != 2 {
		t.Errorf("password epoch %d, want 2", got.PasswordEpoch)
	}
	out := run(t, p.Accounts[0].AccessTokens[100700001], "token", "inspect")
	wantAll(t, out, "no", "0x711 answers 71")
	wantAll(t, run(t, "", "account", "passwd", "10001", "--password-file", secretFile(t, password)), "Password epoch  3")

	_, _, errOut := runCommand(t, "short\n", "account", "passwd", "10001")
	p.stop()
	for where, text := range map[string]string{"the log": p.log.String(), "a refusal": errOut} {
		if text == "" || strings.Contains(text, password) || strings.Contains(text, "short") {
			t.Errorf("%s shows a password or is empty: %q", where, text)
		}
	}
}

func TestAccountReclaim(t *testing.T) {
	p := startPlatform(t)
	ann := p.Accounts[0]
	got := decode[openidJSON](t, run(t, "", "account", "reclaim", "10001", "--app", "100700001", "--yes", "--json"))
	if want := (openidJSON{"100700001", ann.OpenIDs[100700001].String(), "10001", "reclaimed"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	wantAll(t, run(t, "", "account", "reclaim", "10001", "--app", "100700002", "--yes"), ann.OpenIDs[100700002].String(), "taken back")
	wantAll(t, run(t, "", "account", "show", "10001"), "reclaimed")
	checkRefusals(t, []refusal{
		{"a second time", "", []string{"account", "reclaim", "10001", "--app", "100700001", "--yes"}, ExitFailure, "rookery: account 10001 has no openid at app 100700001"},
	})
}

func TestAccountRefusals(t *testing.T) {
	startPlatform(t)
	checkRefusals(t, []refusal{
		{"no password", "", []string{"account", "create"}, ExitUsage, "the first line of standard input should be the password"},
		{"short password", "short\n", []string{"account", "create"}, ExitFailure, "a password is 8 to 128 bytes"},
		{"endless password", strings.Repeat("x", 1<<20), []string{"account", "create"}, ExitUsage, "too long for a password"},
		{"no password file", "", []string{"account", "create", "--password-file", "/nowhere"}, ExitFailure, "/nowhere"},
		{"password as an argument", "", []string{"account", "passwd", "10001", "secret-secret"}, ExitUsage, "takes 1 argument "},
		{"taken uin", "password\n", []string{"account", "create", "--uin", "10001"}, ExitFailure, "rookery: exists already: account 10001"},
		{"reserved uin", "password\n", []string{"account", "create", "--uin", "10000"}, ExitUsage, "reserved"},
		{"wrong class", "password\n", []string{"account", "create", "--class", "C"}, ExitUsage, "not one of"},
		{"wrong gender", "password\n", []string{"account", "create", "--gender", "3"}, ExitFailure, "gender 3"},
		{"long page", "", []string{"account", "list", "--limit", "1001"}, ExitFailure, "limit is not a number from 0 to 1000"},
		{"unknown account", "", []string{"account", "show", "99999"}, ExitFailure, "rookery: there is no account 99999"},
		{"wrong uin", "", []string{"account", "freeze", "Ann"}, ExitUsage, `uin "Ann"`},
		{"close without --yes", "yes\n", []string{"account", "close", "10001"}, ExitUsage, "this would close account 10001 for ever, which cannot be undone: give --yes"},
		{"close nobody", "", []string{"account", "close", "1", "--yes"}, ExitUsage, "reserved"},
		{"reclaim without --yes", "", []string{"account", "reclaim", "10001", "--app", "100700001"}, ExitUsage, "give --yes"},
		{"reclaim without app", "", []string{"account", "reclaim", "10001", "--yes"}, ExitUsage, `"app" not set`},
	})
	if got := decode[accountJSON](t, run(t, "", "account", "show", "10001", "--json")); got.State != "normal" || got.OpenIDs[0].State != "active" {
		t.Errorf("a refused command had an effect: %+v", got)
	}
}
