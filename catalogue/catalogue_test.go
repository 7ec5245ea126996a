package catalogue

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// row returns a valid row of the domain qq with some lines replaced, each found by its beginning; a line "" is left out.
func row(lines ...string) string {
	const whole = `- number: -5
  symbol: QQSignatureWrong
  class: fix-request
  http: 401
  from: gateway
  en:
    summary: the signature is wrong
    cause: It differs.
    remedy: Sign again.
`
	text := whole
	for _, line := range lines {
		member, _, _ := strings.Cut(strings.TrimLeft(line, "- "), ":")
		for old := range strings.Lines(whole) {
			if strings.HasPrefix(strings.TrimLeft(old, "- "), member+":") {
				text = strings.Replace(text, old, line+"\n", 1)
			}
		}
	}
	return text
}

// chinese is what makes a row bilingual.
const chinese = `  zh:
    summary: 签名错误
    cause: 签名不一致。
    remedy: 请重新签名。
`

// parse parses text as the file of a domain, with a glossary.
func parse(t *testing.T, domain, text string) ([]Row, error) {
	t.Helper()
	p := newParser()
	if _, err := p.glossary([]byte("- term: signature\n  en: {name: signature, meaning: A proof.}\n  zh: {name: 签名, meaning: 证明。}\n")); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(Domains, func(d Domain) bool { return d.Name == domain })
	rows, err := p.domain(Domains[i], []byte(text))
	if err != nil {
		return nil, err
	}
	return rows, p.checkReferences()
}

func TestRow(t *testing.T) {
	rows, err := parse(t, "qq", row()+`    on_rookery: Run rookery sign
      openapi.
    on_qq: >-
      Compare the key with the one at
      管理中心.
`+`  zh:
    summary: 签名错误
    cause: 签名
      不一致。
    remedy: 请重新
      签名，
      用 sig 参数。
    on_rookery: 运行 rookery sign openapi。
    on_qq: 与管理中心的密钥比对。
  bring_about:
    - curl -s "$ROOKERY_HTTP/"
  related: [qq/-5]
  terms: [signature]
- number: -8 to -7
  symbol: QQRange
  class: retry
  http: 503
  from: service
  en: {summary: a range, cause: Both., remedy: Wait.}
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Row{
		Domain: "qq", Number: "-5", Low: -5, High: -5, Symbol: "QQSignatureWrong", Class: "fix-request", HTTPStatus: 401, AnsweredBy: "gateway",
		English:    Text{"the signature is wrong", "It differs.", "Sign again.", "Run rookery sign openapi.", "Compare the key with the one at 管理中心.", ""},
		Chinese:    Text{"签名错误", "签名不一致。", "请重新签名，用 sig 参数。", "运行 rookery sign openapi。", "与管理中心的密钥比对。", ""},
		BringAbout: []string{`curl -s "$ROOKERY_HTTP/"`}, Related: []string{"qq/-5"}, Terms: []string{"signature"},
	}
	if diff := cmp.Diff(want, rows[0]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if r := rows[1]; r.Low != -8 || r.High != -7 || r.Code() != "qq/-8" {
		t.Errorf("the range is %d to %d, called %s", r.Low, r.High, r.Code())
	}
}

func TestConstant(t *testing.T) {
	tests := []struct {
		name   string
		row    Row
		number int
		want   string
	}{
		{"single number", Row{Low: -5, High: -5, Symbol: "X"}, -5, "X"},
		{"decimal range", Row{Low: -7, High: -5, Symbol: "X"}, -6, "X6"},
		{"hex range", Row{Low: 58, High: 59, Hex: "0x3a~0x3b", Symbol: "X"}, 59, "X3B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.row.Constant(tt.number); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name   string
		domain string
		text   string
		want   string // the error begins with this
	}{
		{"empty file", "qq", "", "qq.yaml: EOF"},
		{"no rows", "qq", "[]", "qq.yaml: an empty list"},
		{"no list", "qq", "number: -5\n", "qq.yaml: line 1: "},
		{"not YAML", "qq", "- number: [\n", "qq.yaml: yaml: line 1: "},
		{"unknown member", "qq", row() + "  remedy: x\n", "qq.yaml: line 10: field remedy not found"},
		{"member of a text twice", "qq", row() + "    cause: x\n", `qq.yaml: line 10: mapping key "cause" already defined`},
		{"number is a word", "qq", row("- number: x"), "qq.yaml:1: number: "},
		{"number with a plus sign", "qq", row("- number: +5"), "qq.yaml:1: number: "},
		{"number with a point", "qq", row("- number: -5.0"), "qq.yaml:1: number: "},
		{"number above 32 bits", "qq", row("- number: 2147483648"), "qq.yaml:1: number: "},
		{"end of a range is a word", "qq", row("- number: 5 to x"), "qq.yaml:1: number: "},
		{"range downwards", "qq", row("- number: -4 to -5"), "qq.yaml:1: number: "},
		{"range of one", "qq", row("- number: -5 to -5"), "qq.yaml:1: number: "},
		{"huge range", "qq", row("- number: -500 to -5"), "qq.yaml:1: number: a row holds at most 16"},
		{"duplicate number", "qq", row() + row("  symbol: QQOther"), "qq.yaml:10: number: qq/-5 is in qq.yaml:1 already"},
		{"overlapping ranges", "qq", row("- number: -9 to -5") + row("- number: -12 to -9", "  symbol: QQOther"), "qq.yaml:10: number: qq/-9 is in qq.yaml:1"},
		{"duplicate symbol", "qq", row() + row("- number: -6"), "qq.yaml:11: symbol: "},
		{"symbol of a range's constant", "accesstoken", row("- number: 16 to 17\n  hex: 0x10~0x11", "  symbol: AccessTokenX") + row("- number: 1", "  symbol: AccessTokenX10"), "accesstoken.yaml:12: symbol: "},
		{"symbol of another domain", "qq", row("  symbol: GroupX"), "qq.yaml:2: symbol: "},
		{"symbol that is only the prefix", "qq", row("  symbol: QQ"), "qq.yaml:2: symbol: "},
		{"symbol that is not a name", "qq", row("  symbol: QQ-X"), "qq.yaml:2: symbol: "},
		{"unknown class", "qq", row("  class: panic"), "qq.yaml:3: class: "},
		{"http is a word", "qq", row("  http: OK"), "qq.yaml: line 4: "},
		{"http is not a final status", "qq", row("  http: 100"), "qq.yaml:4: http: "},
		{"unknown part", "qq", row("  from: nobody"), "qq.yaml:5: from: "},
		{"hex without 0x", "qq", row("  http: 401\n  hex: fb"), "qq.yaml:5: hex: "},
		{"hex of another number", "oidb", row("- number: 116\n  hex: 0x71", "  symbol: OIDBX"), "oidb.yaml:2: hex: "},
		{"hex of half a range", "oidb", row("- number: 1 to 2\n  hex: 0x1~2", "  symbol: OIDBX"), "oidb.yaml:2: hex: "},
		{"signed is a word", "qq", row("  http: 401\n  signed: x"), "qq.yaml:5: signed: "},
		{"signed of another byte", "qq", row("  http: 401\n  signed: -6"), "qq.yaml:5: signed: "},
		{"unsigned of another byte", "qq", row("  http: 401\n  unsigned: 250"), "qq.yaml:5: unsigned: "},

		{"empty summary", "qq", row("    summary:"), "qq.yaml:7: en.summary: empty"},
		{"empty cause", "qq", row("    cause:"), "qq.yaml:8: en.cause: empty"},
		{"empty remedy", "qq", row("    remedy:"), "qq.yaml:9: en.remedy: empty"},
		{"summary with a full stop", "qq", row("    summary: wrong."), "qq.yaml:7: en.summary: "},
		{"Chinese summary with a full stop", "qq", row() + strings.Replace(chinese, "错误", "错误。", 1), "qq.yaml:11: zh.summary: a phrase"},
		{"blank at an end", "qq", row("    cause: 'It differs. '"), "qq.yaml:8: en.cause: "},
		{"quote", "qq", row(`    cause: So "it" differs.`), "qq.yaml:8: en.cause: "},
		{"Chinese in English", "qq", row("    cause: 签名 differs."), "qq.yaml:8: en.cause: "},
		{"two lines", "qq", row("    cause: |-\n      a\n      b"), "qq.yaml:8: en.cause: "},
		{"the published wording", "qq", row("    remedy: Then confirm the accuracy of APPID, and (appkey).."), `qq.yaml:9: en.remedy: "confirm the accuracy of appid and" stands so in`},
		{"command outside on_rookery", "qq", row("    remedy: Run rookery app show.") + "    on_rookery: Sign.\n", "qq.yaml:9: en.remedy: commands"},

		{"Chinese without a member", "qq", row() + strings.Replace(chinese, "remedy: 请重新签名。", "note: 好。", 1), "qq.yaml:11: zh.remedy: one language"},
		{"Chinese with a member more", "qq", row() + chinese + "    note: 好。\n", "qq.yaml:14: zh.note: one language"},
		{"English in Chinese", "qq", row() + strings.Replace(chinese, "签名不一致。", "It differs.", 1), "qq.yaml:12: zh.cause: not Chinese"},
		{"half-width mark", "qq", row() + strings.Replace(chinese, "请重新", "请重新,", 1), "qq.yaml:13: zh.remedy: "},
		{"full stop of another language", "qq", row() + strings.Replace(chinese, "名。\n", "名.\n", 1), "qq.yaml:13: zh.remedy: "},
		{"no blank between Chinese and Latin", "qq", row() + strings.Replace(chinese, "请重新", "请用sig重新", 1), `qq.yaml:13: zh.remedy: "用s" has no blank`},
		{"mark of a machine", "qq", row() + strings.Replace(chinese, "请重新", "（机翻）请重新", 1), "qq.yaml:13: zh.remedy: "},
		{"number that only English has", "qq", row("    remedy: Wait 10 s.") + chinese, "qq.yaml:13: zh.remedy: lacks 10"},
		{"number that only Chinese has", "qq", row() + strings.Replace(chinese, "重新", "重新 3 次", 1), "qq.yaml:13: zh.remedy: has 3"},
		{"parameter that only English has", "qq", row("    remedy: Sign client_secret.") + chinese, "qq.yaml:13: zh.remedy: lacks client_secret"},
		{"interface that only Chinese has", "qq", row() + strings.Replace(chinese, "重新", "重新在 /user/ 中", 1), "qq.yaml:13: zh.remedy: has /user"},
		{"flag that only English has", "qq", row() + "    on_rookery: Use --keys.\n" + chinese + "    on_rookery: 请看。\n", "qq.yaml:15: zh.on_rookery: lacks --keys"},

		{"empty command", "qq", row() + "  bring_about: ['']\n", "qq.yaml:10: bring_about: "},
		{"forced answer", "qq", row() + "  bring_about: [rookery dev answer --code qq/-5]\n", "qq.yaml:10: bring_about: "},
		{"unknown term", "qq", row() + "  terms: [openkey]\n", "qq.yaml:10: terms: openkey is not in glossary.yaml"},
		{"term that English does not have", "qq", row("    summary: it is wrong") + "  terms: [signature]\n", "qq.yaml:10: terms: no English text"},
		{"term that Chinese does not have", "qq", row() + strings.ReplaceAll(chinese, "签名", "它") + "  terms: [signature]\n", "qq.yaml:14: terms: no Chinese text"},
		{"unknown related code", "qq", row() + "  related: [qq/-6]\n", "qq.yaml:10: related: qq/-6 is not in the catalogue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse(t, tt.domain, tt.text)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one line that begins with %q", err, tt.want)
			}
		})
	}
}

// TestAgreeing: English may spell a number, and a hint to a mistake of the published list needs a note.
func TestAgreeing(t *testing.T) {
	for name, text := range map[string]string{
		"a spelled number": row("    remedy: Wait ten minutes.") + strings.Replace(chinese, "请重新", "等 10 分钟后重新", 1),
		"a misprint":       row("  http: 401\n  hex: 0xfb") + "    note: The list has another number.\n",
		"a name of a page": row() + "    on_qq: See 管理中心.\n",
	} {
		if _, err := parse(t, "qq", text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGlossaryRefuses(t *testing.T) {
	const good = "- term: b\n  en: {name: B, meaning: Two.}\n  zh: {name: 乙, meaning: 数字 2。}\n"
	for name, tt := range map[string]struct{ text, want string }{
		"twice":           {good + good, "glossary.yaml:4: term: b is there twice"},
		"a sentence":      {strings.Replace(good, "b", "a b", 1), "glossary.yaml:1: term: "},
		"no name":         {strings.Replace(good, "name: B, ", "", 1), "glossary.yaml:1: name: empty"},
		"no meaning":      {strings.Replace(good, ", meaning: Two.", "", 1), "glossary.yaml:1: meaning: empty"},
		"another number":  {strings.Replace(good, "2", "3", 1), "glossary.yaml:3: zh.meaning: has 3"},
		"English Chinese": {strings.Replace(good, "数字 2。", "Two.", 1), "glossary.yaml:3: zh.meaning: not Chinese"},
		"quoted":          {strings.Replace(good, "Two.", `'"Two"'`, 1), "glossary.yaml:2: en.meaning: "},
	} {
		if _, err := newParser().glossary([]byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error that begins with %s", name, err, tt.want)
		}
	}
	if _, err := newParser().glossary([]byte(good)); err != nil {
		t.Error(err)
	}
}

// copied returns a copy of the catalogue with another text for one file.
func copied(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) != len(Domains)+1 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range append(files, AnsweredFile) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAnswered(t *testing.T) {
	for name, test := range map[string]struct{ listed, want string }{
		"some":               {"qq/-5\naccesstoken/19\naccesstoken/20\nmsdkv5/1008\n", ""},
		"half a range":       {"accesstoken/19\n", "answered.txt: only 1 of the codes accesstoken 19 to 20"},
		"what no row has":    {"qq/77\n", "answered.txt: no row has the code qq/77"},
		"a domain of no row": {"qqq/1\n", "answered.txt: no row has the code qqq/1"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Load(copied(t, AnsweredFile, test.listed))
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
			for _, row := range c.Rows() {
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

func TestExamples(t *testing.T) {
	c, err := Load(copied(t, ExamplesFile, `{"qq/-5": "wrong"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range c.Rows() {
		if want := map[bool]string{true: "wrong"}[row.Code() == "qq/-5"]; row.Example != want {
			t.Errorf("%s has the example %q, want %q", row.Code(), row.Example, want)
		}
	}
	for _, text := range []string{`{"qq/77": "x"}`, `{`} {
		if _, err := Load(copied(t, ExamplesFile, text)); err == nil || !strings.HasPrefix(err.Error(), "examples.json: ") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestLoad(t *testing.T) {
	c, err := Load(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Codes) != 215 {
		t.Errorf("the contract has %d rows, want 215", len(c.Codes))
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("an empty directory loads")
	}
}

// TestNothingIsLacking: each row has both readers' advice in both languages and, if it is answered, what brings it about.
func TestNothingIsLacking(t *testing.T) {
	c, err := Load(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range c.Rows() {
		for _, member := range row.Lacks() {
			t.Errorf("%s lacks %s", row.Code(), member)
		}
	}
}
