package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// candidate is the part of a candidate's JSON that the tests look at.
type candidate struct {
	Domain  string `json:"domain"`
	Code    int    `json:"code"`
	Symbol  string `json:"symbol"`
	Summary string `json:"summary"`
	Remedy  string `json:"remedy"`
	Class   string `json:"class"`
	Reason  string `json:"reason"`

	Confidence string `json:"confidence"`
	Evidence   struct {
		For     []string `json:"for"`
		Against []string `json:"against"`
	} `json:"evidence"`
}

func (c candidate) String() string { return fmt.Sprintf("%s %d", c.Domain, c.Code) }

func TestExplainText(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"negative number", []string{"-5"}, []string{"qq -5", "oidb 251"}},
		{"negative number before a flag", []string{"-5", "--domain", "oidb"}, []string{"oidb 251"}},
		{"negative number after flags end", []string{"--", "-5"}, []string{"qq -5", "oidb 251"}},
		{"message", []string{"-73,internal error"}, []string{"qq -73"}},
		{"words", []string{"oidb", "decode0x73a", "failed,", "ret:", "17"}, []string{"paytoken 17"}},
		{"negative number among words", []string{"ret:", "-4001", "of", "a", "call"}, []string{"gamecenter -4001"}},
		{"answer", []string{`{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`}, []string{"qq 100014", "accesstoken 65"}},
		{"success", []string{`{"ret":0}`}, []string{"gamecenter 0"}},
		{"range", []string{"100013-100014"}, []string{"qq 100013", "qq 100014"}},
		{"symbol", []string{"retcode.QQSignatureWrong"}, []string{"qq -5"}},
		{"number in a question", []string{"what is 100010?"}, []string{"qq 100010"}},
		{"the platform's own words", []string{"client secret is illegal"}, []string{"qq 100009"}},
		{"numbers", []string{"-73", "100014"}, []string{"qq -73", "qq 100014"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, errOut := runCommand(t, "", append([]string{"explain", "--json"}, tt.args...)...)
			if status != ExitOK || errOut != "" {
				t.Fatalf("status %d, error %q", status, errOut)
			}
			var got []string
			for _, c := range decode[[]candidate](t, out) {
				got = append(got, c.String())
				if c.Symbol == "" || c.Summary == "" || c.Remedy == "" || c.Class == "" || c.Reason == "" || c.Confidence == "" || len(c.Evidence.For) == 0 || c.Evidence.Against == nil {
					t.Errorf("incomplete: %+v", c)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}

			status, out, _ = runCommand(t, "", append([]string{"explain"}, tt.args...)...)
			if status != ExitOK {
				t.Errorf("status %d without --json", status)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want+"  ") {
					t.Errorf("%q is missing in\n%s", want, out)
				}
			}
		})
	}
}

func TestExplainFailures(t *testing.T) {
	tests := []struct {
		name   string
		args   []string
		status int
		out    string
		err    string
	}{
		{"unknown number", []string{"4711"}, ExitFailure, "", `no known return code in "4711"`},
		{"unknown number as JSON", []string{"4711", "--json"}, ExitFailure, "[]\n", "no known return code"},
		{"number near others", []string{"100051"}, ExitFailure, "", "100051 is in no list that is known here; numbers from 100000 are those of QQ Connect's OAuth; near it: connect 100050 ("},
		{"number of another system", []string{"100031"}, ExitFailure, "", "100031 is a number of QQ Connect: the app may not call this interface"},
		{"number of another system, in Chinese", []string{"--lang", "zh", "100031"}, ExitFailure, "", "100031 是 QQ 互联的返回码："},
		{"number of another system as JSON", []string{"100031", "--json"}, ExitFailure, "[]\n", "100031 is a number of QQ Connect"},
		{"number of another domain", []string{"--domain", "group", "100014"}, ExitFailure, "", "not of domain group, but it can be qq 100014"},
		{"envelope", []string{`{"ret":-10000,"msg":""}`}, ExitFailure, "", "-10000 is not a code: it only says that the number at the start of msg"},
		{"command", []string{"0x711"}, ExitFailure, "", "a command of the bus"},
		{"empty text", []string{""}, ExitFailure, "", "no known return code"},
		{"unknown domain", []string{"--domain", "wechat", "5"}, ExitUsage, "", "wechat"},
		{"unknown flag", []string{"--colour", "5"}, ExitUsage, "", "--colour"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, err := runCommand(t, "", append([]string{"explain"}, tt.args...)...)
			if status != tt.status || out != tt.out || !strings.Contains(err, tt.err) {
				t.Errorf("status %d, output %q, error %q", status, out, err)
			}
		})
	}
}

func TestExplainStream(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	tests := []struct {
		name   string
		in     string
		args   []string
		status int
		lines  []string // how the lines of the output begin, up to the table
		table  []string // the rows of the table, without their texts
	}{
		{
			"codes among other lines",
			"starting\ncode=100014 a\n{\"ret\":0}\ncode=100014 b\r\n",
			nil, ExitOK,
			[]string{"starting", "code=100014 a", "    possibly qq 100014 (reauthorize): ", `{"ret":0}`, "code=100014 b\r", "    possibly qq 100014 "},
			[]string{"2 qq 100014"},
		},
		{
			"alternatives and origins",
			"ret=-5\n{\"ret\":100014,\"msg\":\"oidb decode0x711 failed, ret: 65\"}\n",
			nil, ExitOK,
			[]string{"ret=-5", "    qq -5 (", "    or oidb 251 (", `{"ret":100014`, "    qq 100014 (", "    caused by accesstoken 65 ("},
			[]string{"1 qq -5", "1 qq 100014", "1 accesstoken 65"},
		},
		{
			"domain",
			"ret=-5\ncode=100014\n",
			[]string{"--domain", "oidb"}, ExitOK,
			[]string{"ret=-5", "    oidb 251 (", "code=100014"},
			[]string{"1 oidb 251"},
		},
		{"last line without its end", "ret=-20\nret=-9", nil, ExitOK,
			[]string{"ret=-20", "    qq -20", "    or oidb 236", "ret=-9", "    qq -9"}, []string{"1 qq -20", "1 qq -9"}},
		{"code at the end of a long line", long + " code=100014\n", nil, ExitOK, []string{long, "    possibly qq 100014"}, []string{"1 qq 100014"}},
		{"code at the beginning of a long line", "code=100014 " + long, nil, ExitOK, []string{"code=100014 xxx", "    possibly qq 100014"}, []string{"1 qq 100014"}},
		{"code where a long line is cut", long[:maxExplained-5] + ` {"ret":-9,"msg":""} ` + long, nil, ExitOK, []string{"xxx", "    qq -9"}, []string{"1 qq -9"}},
		{"the same code in all parts of a long line", "code=100014 " + long + " code=100014", nil, ExitOK, []string{"code=100014 xxx", "    possibly qq 100014"}, []string{"1 qq 100014"}},
		{"a number of another system", "errcode 40029\nret=-9\n", nil, ExitOK, []string{"errcode 40029", "    40029 is a number of WeChat: ", "ret=-9", "    qq -9"}, []string{"1 qq -9"}},
		{"binary", "\x00\xff\xfe\x1b ret=\n\xffret=-9\n", nil, ExitOK, []string{"\ufffd\xff\xfe\ufffd ret=", "\xff", "    qq -9"}, []string{"1 qq -9"}},
		{"no code", "starting\nstopping", nil, ExitFailure, []string{"starting", "stopping"}, nil},
		{"nothing", "", nil, ExitFailure, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, errOut := runCommand(t, tt.in, append([]string{"explain"}, tt.args...)...)
			if status != tt.status || (errOut == "") != (status == ExitOK) {
				t.Fatalf("status %d, error %q, want status %d", status, errOut, tt.status)
			}
			if status != ExitOK {
				if out != tt.in {
					t.Errorf("the stream did not pass unchanged: %.80q", out)
				}
				return
			}
			body, table, _ := strings.Cut(out, "\n\nLINES")
			lines := strings.Split(body, "\n")
			if len(lines) != len(tt.lines) {
				t.Fatalf("%d lines, want %d:\n%.2000s", len(lines), len(tt.lines), body)
			}
			for i, want := range tt.lines {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("line %d: %.80q, want one that begins with %.80q", i+1, lines[i], want)
				}
			}
			var rows []string
			for _, row := range strings.Split(strings.TrimSpace(table), "\n")[1:] {
				rows = append(rows, strings.Join(strings.Fields(row)[:3], " "))
			}
			if diff := cmp.Diff(tt.table, rows); diff != "" {
				t.Errorf("table: (-want +got)\n%s", diff)
			}
		})
	}
}

func TestExplainInChinese(t *testing.T) {
	tests := []struct {
		name string
		in   string
		args []string
		want []string // parts of what is printed, in their order
	}{
		{"text", "", []string{"-5"}, []string{"\n  依据     很可能：网关会直接返回这个数字。\n", "\n或 oidb 251 ", " oidb: 所有命令\n", "\n  依据     可能：总线的返回码是 1 个字节，这里按有符号数写出。\n"}},
		{"stream", "code=100014 a\n", nil, []string{"\n    可能是 qq 100014（reauthorize）：access token 已过期。"}},
		{"origin", `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, nil, []string{"\n    起因是 accesstoken 65（reauthorize）："}},
		{"JSON", "", []string{"--json", `{"code":100014,"message":"token expired"}`}, []string{`"reason": "接口的 JSON 应答中放的就是这个域的返回码。"`, `"confidence": "likely"`, `"文本说的正是这个返回码的事"`, `"接口的应答没有这样的字段"`}},
		{"no code", "", []string{"-10000"}, []string{`"-10000" 中没有已知的返回码；它只表示 msg 开头的数字是平台的返回码：`}},
		{"no code in a stream", "a\nb\n", nil, []string{"2 行中没有已知的返回码"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, out, errOut := runCommand(t, tt.in, append([]string{"explain", "--lang", "zh"}, tt.args...)...)
			rest := out + errOut
			for _, want := range tt.want {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("%q is missing in\n%s", want, out+errOut)
				}
				rest = after
			}
		})
	}
}

func TestExplainStreamJSON(t *testing.T) {
	type line struct {
		Line       int         `json:"line"`
		Text       string      `json:"text"`
		Cut        bool        `json:"cut"`
		Candidates []candidate `json:"candidates"`
		Lines      int         `json:"lines"`
		Counts     []struct {
			candidate
			Count int `json:"count"`
		} `json:"counts"`
	}
	in := "starting\nret=-9\nret=-5 \xff\n" + strings.Repeat("x", maxExplained+1) + "\nret=-9"
	status, out, errOut := runCommand(t, in, "explain", "--json")
	if status != ExitOK || errOut != "" {
		t.Fatalf("status %d, error %q", status, errOut)
	}
	var got []line
	for text := range strings.Lines(out) {
		got = append(got, decode[line](t, text))
	}
	if len(got) != 6 {
		t.Fatalf("%d objects, want one for each of 5 lines and one for the counts", len(got))
	}
	if got[0].Line != 1 || got[0].Text != "starting" || got[0].Candidates == nil || len(got[0].Candidates) != 0 {
		t.Errorf("first line: %+v", got[0])
	}
	if got[2].Text != "ret=-5 \ufffd" || fmt.Sprint(got[2].Candidates[0], got[2].Candidates[1]) != "qq -5 oidb 251" {
		t.Errorf("third line: %+v", got[2])
	}
	if !got[3].Cut || len(got[3].Text) != maxExplained {
		t.Errorf("long line: cut %v, %d bytes", got[3].Cut, len(got[3].Text))
	}
	if got[4].Line != 5 || got[4].Cut {
		t.Errorf("last line: %+v", got[4])
	}
	last := got[5]
	if last.Lines != 5 || len(last.Counts) != 2 || last.Counts[0].String() != "qq -9" || last.Counts[0].Count != 2 || last.Counts[1].Count != 1 {
		t.Errorf("counts: %+v", last)
	}

	status, out, _ = runCommand(t, "starting\n", "explain", "--json")
	if status != ExitFailure || !strings.HasSuffix(out, "{\"lines\":1,\"counts\":[]}\n") {
		t.Errorf("stream without codes: status %d, output %q", status, out)
	}
}

func TestExplainStreamFailures(t *testing.T) {
	broken := errors.New("broken")
	t.Run("input breaks", func(t *testing.T) {
		var out, errOut bytes.Buffer
		in := io.MultiReader(strings.NewReader("ret=-9\n"), iotest.ErrReader(broken))
		status := Main(t.Context(), []string{"explain"}, in, &out, &errOut)
		if status != ExitFailure || !strings.Contains(errOut.String(), "broken") || !strings.HasPrefix(out.String(), "ret=-9\n    qq -9") {
			t.Errorf("status %d, output %q, error %q", status, out.String(), errOut.String())
		}
	})
	t.Run("output breaks", func(t *testing.T) {
		var errOut bytes.Buffer
		status := Main(t.Context(), []string{"explain"}, strings.NewReader("ret=-9\n"), brokenWriter{broken}, &errOut)
		if status != ExitFailure || !strings.Contains(errOut.String(), "broken") {
			t.Errorf("status %d, error %q", status, errOut.String())
		}
	})
	t.Run("lines come slowly", func(t *testing.T) {
		in, feed := io.Pipe()
		out, sink := io.Pipe()
		go func() {
			Main(t.Context(), []string{"explain"}, in, sink, io.Discard)
			sink.Close()
		}()
		feed.Write([]byte("ret=-9\n"))
		got := make([]byte, len("ret=-9\n    qq -9"))
		if _, err := io.ReadFull(out, got); err != nil || string(got) != "ret=-9\n    qq -9" {
			t.Errorf("got %q, %v before the stream ended", got, err)
		}
		feed.Close()
		io.Copy(io.Discard, out)
	})
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// TestExplainSteersNoTerminal: whatever a log holds, also across the parts in which it is read.
func TestExplainSteersNoTerminal(t *testing.T) {
	for name, test := range map[string]struct{ log, want string }{
		"colours":                     {"\x1b[31m code=100014 \x1b[0m\n", "\ufffd[31m code=100014 \ufffd[0m\n"},
		"a title and a bell":          {"\x1b]0;evil\x07 code=100014\n", "\ufffd]0;evil\ufffd code=100014\n"},
		"an escape of two bytes":      {"\u009b31m code=100014 \u00e4\u00a0\n", "¿31m code=100014 \u00e4\u00a0\n"},
		"a return over the line":      {"code=100014\rret=0\n", "code=100014\ufffdret=0\n"},
		"a delete":                    {"code=100014\x7f\n", "code=100014\ufffd\n"},
		"what lines usually have":     {"\tcode=100014 鸦\r\n", "\tcode=100014 鸦\r\n"},
		"an escape between two parts": {"code=100014 " + strings.Repeat("x", 64<<10-8) + "\u009b31m\n", "¿31m\n"},
		"what is no text in UTF-8":    {"code=100014 \x9b\xff\n", "code=100014 \x9b\xff\n"}, // which no terminal in UTF-8 takes for an escape
	} {
		status, out, _ := runCommand(t, test.log, "explain")
		if status != ExitOK || !strings.Contains(out, test.want) || strings.ContainsAny(out, "\x1b\x07\x7f\u009b") {
			t.Errorf("%s: status %d, %.200q, want %q", name, status, out, test.want)
		}
	}
}
