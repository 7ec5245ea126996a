package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/retcode"
)

// runCommand runs one command line and returns its exit status and what it printed.
func runCommand(t *testing.T, in string, args ...string) (status int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = Main(t.Context(), args, strings.NewReader(in), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}

func TestCodesList(t *testing.T) {
	doors := make(map[retcode.Domain]int)
	for e := range retcode.DoorEntries() {
		doors[e.Domain]++
	}
	tests := []struct {
		name  string
		args  []string
		rows  int
		first string
	}{
		{"the contract", nil, 215, "QQAppNotInstalled"},
		{"domain", []string{"--domain", "paytoken"}, 13, "PayTokenOK"},
		{"door", []string{"--domain=msdkv5"}, doors[retcode.MSDKv5], "V5MethodWrong"},
		{"another door", []string{"--domain=msdkv3"}, doors[retcode.MSDKv3], "V3HTTPUnreadable"},
		{"class", []string{"--class", "ok"}, 3, "GameCenterOK"},
		{"domain and class", []string{"--domain", "oidb", "--class", "slow-down"}, 2, "OIDBRateExceeded"},
		{"nothing", []string{"--domain", "qq", "--class", "ok"}, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, errOut := runCommand(t, "", append([]string{"codes", "list"}, tt.args...)...)
			if status != ExitOK || errOut != "" {
				t.Fatalf("status %d, error %q", status, errOut)
			}
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if len(lines) != tt.rows+1 {
				t.Errorf("%d lines, want a header and %d rows", len(lines), tt.rows)
			}
			if tt.rows > 0 && !strings.Contains(lines[1], tt.first) {
				t.Errorf("first row %q, want %s", lines[1], tt.first)
			}

			_, out, _ = runCommand(t, "", append([]string{"codes", "list", "--json"}, tt.args...)...)
			entries := decode[[]retcode.Entry](t, out)
			if entries == nil || len(entries) != tt.rows || tt.rows > 0 && entries[0].Symbol != tt.first {
				t.Errorf("%d entries in %.80q, want %d that begin with %s", len(entries), out, tt.rows, tt.first)
			}
		})
	}
}

// Clients in other languages rely on the command printing the golden file; only where a code is answered and the page of the codebook
// are not in it.
func TestCodesListIsGolden(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	want, err := os.ReadFile("../../retcode/testdata/codes.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := runCommand(t, "", "codes", "list", "--json")
	rows := decode[[]map[string]any](t, got)
	for _, row := range rows {
		if list, ok := row["answered_at"].([]any); !ok || len(list) == 0 {
			t.Errorf("%v %v is answered at %v", row["domain"], row["low"], row["answered_at"])
		}
		for _, member := range []string{"answered_at", "example", "bring_about", "related", "terms"} {
			if row[member] == nil {
				t.Errorf("%v %v has no %s", row["domain"], row["low"], member)
			}
			delete(row, member)
		}
	}
	if diff := cmp.Diff(decode[[]map[string]any](t, string(want)), rows); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestCodesSayWhereTheyAreAnswered: a number that no interface answers yet is marked wherever it is listed.
func TestCodesSayWhereTheyAreAnswered(t *testing.T) {
	_, list, _ := runCommand(t, "", "codes", "list")
	for symbol, want := range map[string]string{
		"QQSignatureWrong": "ark, openapi", "QQAppNotInstalled": "device", "GroupGuildAlreadyBound": "msdkv5, msdkv3, oidb", "GameCenterOK": "gamecenter",
	} {
		at := strings.Index(list, "  "+symbol+" ")
		if at < 0 {
			t.Fatalf("%s is not listed", symbol)
		}
		line := list[strings.LastIndexByte(list[:at], '\n')+1 : at]
		if !strings.HasSuffix(strings.TrimRight(line, " "), "  "+want) {
			t.Errorf("%s: the row begins %q, want %s", symbol, line, want)
		}
	}
	for number, want := range map[string]string{
		"-5":     "  Here     ark: /share/ark\n           openapi: every interface\n",
		"100014": "  Here     msdkv5: /v2/auth/verify_login,",
		"0x62":   "  Here     oidb: 0x711\n",
		"1001":   "  Here     msdkv5: /v2/\n",
		"99999":  "  Here     not answered by this version yet\n",
		"149":    "           oidb: every command\n",
		"6":      "  Here     device: rookery share\n",
	} {
		if _, shown, _ := runCommand(t, "", "codes", "show", number); !strings.Contains(shown, want) {
			t.Errorf("codes show %s: want %q in\n%s", number, want, shown)
		}
	}
	_, out, _ := runCommand(t, "", "codes", "show", "--json", "99999")
	for _, row := range decode[[]map[string]any](t, out) {
		if row["answered"] != false || row["answered_at"] != nil {
			t.Errorf("the JSON says that %v %v is answered at %v", row["domain"], row["low"], row["answered_at"])
		}
	}
}

func TestCodesShow(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []string // the symbols
	}{
		{"negative number", []string{"-5"}, []string{"QQSignatureWrong", "OIDBClassBNotAllowed"}},
		{"negative number after flags end", []string{"--", "-5"}, []string{"QQSignatureWrong", "OIDBClassBNotAllowed"}},
		{"negative number in a domain", []string{"-5", "--domain", "oidb"}, []string{"OIDBClassBNotAllowed"}},
		{"hex", []string{"0x71"}, []string{"OIDBStaffProtected", "OIDBAccessTokenInvalid"}},
		{"number in a range", []string{"-500005"}, []string{"GroupAnswerUnparsable"}},
		{"range as printed", []string{"0x37~0x38"}, []string{"AccessTokenType127OpenIDReclaimed"}},
		{"door", []string{"1008"}, []string{"V5SignatureWrong"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, errOut := runCommand(t, "", append([]string{"codes", "show"}, tt.args...)...)
			if status != ExitOK || errOut != "" {
				t.Fatalf("status %d, error %q", status, errOut)
			}
			for _, symbol := range tt.want {
				if !strings.Contains(out, symbol) {
					t.Errorf("%s is missing in\n%s", symbol, out)
				}
			}

			_, out, _ = runCommand(t, "", append([]string{"codes", "show", "--json"}, tt.args...)...)
			var got []string
			for _, e := range decode[[]retcode.Entry](t, out) {
				got = append(got, e.Symbol)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("JSON: (-want +got)\n%s", diff)
			}
		})
	}
}

func TestCodesFailures(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		status int
		err    string
	}{
		{"unknown number", []string{"codes", "show", "4711"}, ExitFailure, `no code "4711"`},
		{"unknown negative number", []string{"codes", "show", "-4711"}, ExitFailure, `no code "-4711"`},
		{"number of another domain", []string{"codes", "show", "-5", "--domain", "group"}, ExitFailure, "no code"},
		{"no number", []string{"codes", "show"}, ExitUsage, "NUMBER"},
		{"two numbers", []string{"codes", "show", "-5", "-6"}, ExitUsage, "NUMBER"},
		{"unknown domain", []string{"codes", "list", "--domain", "wechat"}, ExitUsage, "wechat"},
		{"unknown class", []string{"codes", "list", "--class", "panic"}, ExitUsage, "panic"},
		{"unknown flag", []string{"codes", "show", "-x", "5"}, ExitUsage, "-x"},
		{"unknown language", []string{"codes", "list", "--lang", "fr"}, ExitUsage, "fr"},
		{"unknown word", []string{"codes", "glossary", "xyzzy"}, ExitFailure, `"xyzzy"`},
		{"two words", []string{"codes", "glossary", "class", "B"}, ExitUsage, "one WORD"},
		{"argument to list", []string{"codes", "list", "5"}, ExitUsage, "no arguments"},
		{"unknown command", []string{"codes", "find"}, ExitUsage, "find"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, err := runCommand(t, "", tt.args...)
			if status != tt.status || !strings.Contains(err, tt.err) || out != "" {
				t.Errorf("status %d, output %q, error %q, want status %d and %q", status, out, err, tt.status, tt.err)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, command := range []string{"codes", "codes list", "codes show", "codes glossary", "explain"} {
		t.Run(command, func(t *testing.T) {
			status, out, err := runCommand(t, "", append(strings.Fields(command), "--help")...)
			if status != ExitOK || err != "" || !strings.Contains(out, "Usage:") {
				t.Errorf("status %d, output %q, error %q", status, out, err)
			}
			if command != "codes" && !strings.Contains(out, "Examples:") {
				t.Errorf("no examples in %q", out)
			}
		})
	}
}

func TestPalette(t *testing.T) {
	if got := coloursFor(&bytes.Buffer{}).paint(retcode.ClassRetry, "x"); got != "x" {
		t.Errorf("a buffer is coloured: %q", got)
	}
	for c := retcode.ClassOK; c <= retcode.ClassInternal; c++ {
		if got := palette(true).paint(c, "x"); !strings.HasPrefix(got, "\x1b[3") || !strings.HasSuffix(got, "mx\x1b[0m") {
			t.Errorf("class %v paints %q", c, got)
		}
	}
}
