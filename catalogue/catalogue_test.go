package catalogue_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/catalogue"
)

var header = strings.Join(catalogue.Columns, "\t") + "\n"

// row returns a valid row of the contract with some columns changed, given as name and value in turn.
func row(changes ...string) string {
	fields := map[string]string{
		"domain": "qq", "low": "-5", "high": "-5", "symbol": "QQSignatureWrong", "summary": "the signature is wrong",
		"cause": "It differs.", "remedy": "Sign again.", "class": "fix-request", "http": "401", "answered_by": "gateway",
	}
	for i := 0; i < len(changes); i += 2 {
		fields[changes[i]] = changes[i+1]
	}
	list := make([]string, len(catalogue.Columns))
	for i, name := range catalogue.Columns {
		list[i] = fields[name]
	}
	return strings.Join(list, "\t") + "\n"
}

var (
	rangeRow = row("domain", "accesstoken", "low", "16", "high", "17", "hex", "0x10~0x11", "symbol", "AccessTokenAppIDInvalid")
	doors    = header + row("domain", "msdkv5", "low", "1008", "high", "1008", "symbol", "V5SignatureWrong")
)

func TestParse(t *testing.T) {
	c, err := catalogue.Parse(header+row("signed", "-5", "note", "A slip.")+rangeRow, doors)
	if err != nil {
		t.Fatal(err)
	}
	want := catalogue.Row{
		Domain: "qq", Low: -5, High: -5, Signed: "-5", Symbol: "QQSignatureWrong", Summary: "the signature is wrong",
		Cause: "It differs.", Remedy: "Sign again.", Class: "fix-request", HTTPStatus: 401, AnsweredBy: "gateway", Note: "A slip.",
	}
	if diff := cmp.Diff(want, c.Codes[0]); diff != "" {
		t.Errorf("first row: (-want +got)\n%s", diff)
	}
	if len(c.Codes) != 2 || len(c.Doors) != 1 {
		t.Errorf("%d codes, %d doors, want 2 and 1", len(c.Codes), len(c.Doors))
	}
}

func TestConstant(t *testing.T) {
	tests := []struct {
		name   string
		row    catalogue.Row
		number int
		want   string
	}{
		{"single number", catalogue.Row{Low: -5, High: -5, Symbol: "X"}, -5, "X"},
		{"decimal range", catalogue.Row{Low: -7, High: -5, Symbol: "X"}, -6, "X6"},
		{"hex range", catalogue.Row{Low: 58, High: 59, Hex: "0x3a~0x3b", Symbol: "X"}, 59, "X3B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.row.Constant(tt.number); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name  string
		codes string
		doors string
		want  string // the error begins with this
	}{
		{"other header", "domain\tlow\n" + row(), doors, "codes.tsv:1: the header"},
		{"empty file", "", doors, "codes.tsv:1: the header"},
		{"no rows", header, doors, "codes.tsv: no rows"},
		{"last line without a line end", header + strings.TrimSuffix(row(), "\n"), doors, "codes.tsv: the last line"},
		{"missing column", header + "qq\t-5\n", doors, "codes.tsv:2: 2 columns, want 14"},
		{"extra column", header + "x\t" + row(), doors, "codes.tsv:2: 15 columns"},
		{"blank line", header + row() + "\n", doors, "codes.tsv:3: 1 columns"},
		{"carriage return", header + row("note", "x\r"), doors, "codes.tsv:2:note: "},
		{"unknown domain", header + row("domain", "wechat"), doors, "codes.tsv:2:domain: "},
		{"door in the contract", header + row("domain", "msdkv5", "symbol", "V5X"), doors, "codes.tsv:2:domain: "},
		{"contract among the doors", header + row(), header + row("low", "-6", "high", "-6"), "doors.tsv:2:domain: "},
		{"low is not a number", header + row("low", "x"), doors, "codes.tsv:2:low: "},
		{"low with a plus sign", header + row("low", "+5"), doors, "codes.tsv:2:low: "},
		{"high is not a number", header + row("high", "-5.0"), doors, "codes.tsv:2:high: "},
		{"number above 32 bits", header + row("low", "2147483648", "high", "2147483648"), doors, "codes.tsv:2:low: "},
		{"low above high", header + row("low", "-4"), doors, "codes.tsv:2:high: "},
		{"huge range", header + row("low", "-500"), doors, "codes.tsv:2:high: "},
		{"duplicate number", header + row() + row("symbol", "QQOther"), doors, "codes.tsv:3:low: qq -5 is in codes.tsv:2"},
		{"overlapping ranges", header + row("low", "-9") + row("low", "-12", "high", "-9", "symbol", "QQOther"), doors, "codes.tsv:3:low: qq -9 is in codes.tsv:2"},
		{"duplicate symbol", header + row() + row("low", "-6", "high", "-6"), doors, "codes.tsv:3:symbol: "},
		{"symbol of a range's constant", header + rangeRow + row("domain", "accesstoken", "low", "1", "high", "1", "symbol", "AccessTokenAppIDInvalid10"), doors, "codes.tsv:3:symbol: "},
		{"duplicate among the doors", header + row(), doors + row("domain", "msdkv5", "low", "1008", "high", "1008", "symbol", "V5X"), "doors.tsv:3:low: "},
		{"symbol of another domain", header + row("symbol", "GroupX"), doors, "codes.tsv:2:symbol: "},
		{"symbol that is only the prefix", header + row("symbol", "QQ"), doors, "codes.tsv:2:symbol: "},
		{"symbol that is not a name", header + row("symbol", "QQ-X"), doors, "codes.tsv:2:symbol: "},
		{"empty summary", header + row("summary", ""), doors, "codes.tsv:2:summary: empty"},
		{"empty cause", header + row("cause", ""), doors, "codes.tsv:2:cause: empty"},
		{"empty remedy", header + row("remedy", ""), doors, "codes.tsv:2:remedy: empty"},
		{"summary with a full stop", header + row("summary", "wrong."), doors, "codes.tsv:2:summary: "},
		{"blank at an end", header + row("cause", "It differs. "), doors, "codes.tsv:2:cause: "},
		{"quote", header + row("cause", `"It" differs.`), doors, "codes.tsv:2:cause: "},
		{"letter outside ASCII", header + row("cause", "It differs\u2026"), doors, "codes.tsv:2:cause: "},
		{"unknown class", header + row("class", "panic"), doors, "codes.tsv:2:class: "},
		{"http is not a number", header + row("http", "OK"), doors, "codes.tsv:2:http: "},
		{"http is not a final status", header + row("http", "100"), doors, "codes.tsv:2:http: "},
		{"unknown answered_by", header + row("answered_by", "nobody"), doors, "codes.tsv:2:answered_by: "},
		{"hex without 0x", header + row("hex", "fb"), doors, "codes.tsv:2:hex: "},
		{"hex of another number", header + row("domain", "oidb", "low", "116", "high", "116", "hex", "0x71", "symbol", "OIDBX"), doors, "codes.tsv:2:hex: "},
		{"hex of half a range", header + row("domain", "oidb", "low", "1", "high", "2", "hex", "0x1~2", "symbol", "OIDBX"), doors, "codes.tsv:2:hex: "},
		{"signed is not a number", header + row("signed", "x"), doors, "codes.tsv:2:signed: "},
		{"signed of another byte", header + row("signed", "-6"), doors, "codes.tsv:2:signed: "},
		{"unsigned of another byte", header + row("unsigned", "250"), doors, "codes.tsv:2:unsigned: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := catalogue.Parse(tt.codes, tt.doors)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one line that begins with %q", err, tt.want)
			}
		})
	}
}

func TestAnswered(t *testing.T) {
	for name, test := range map[string]struct{ listed, want string }{
		"some":               {"qq/-5\naccesstoken/19\naccesstoken/20\nmsdkv5/1008\n", ""},
		"half a range":       {"accesstoken/19\n", "answered.txt: only 1 of the codes accesstoken 19 to 20"},
		"what no row has":    {"qq/77\n", "answered.txt: no row has the code qq/77"},
		"a domain of no row": {"qqq/1\n", "answered.txt: no row has the code qqq/1"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range []string{catalogue.CodesFile, catalogue.DoorsFile} {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, catalogue.AnsweredFile), []byte(test.listed), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := catalogue.Load(dir)
			if test.want != "" {
				if err == nil || err.Error() != test.want {
					t.Errorf("got %v, want %s", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var answered []string
			for _, row := range append(c.Codes, c.Doors...) {
				if row.Answered {
					answered = append(answered, row.Symbol)
				}
			}
			if got := strings.Join(answered, " "); got != "QQSignatureWrong AccessTokenGrantCheckFailed V5SignatureWrong" {
				t.Errorf("answered are %s", got)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	c, err := catalogue.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Codes) != 215 {
		t.Errorf("the contract has %d rows, want 215", len(c.Codes))
	}
	if _, err := catalogue.Load(t.TempDir()); err == nil {
		t.Error("an empty directory loads")
	}
}
