package gamecenter

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

func TestCallbacks(t *testing.T) {
	for name, want := range map[string]bool{
		"f": true, "callback": true, "_cb": true, "$": true, "a1": true, "GC.on.report_1": true, strings.Repeat("x", 64): true,
		"": false, "1a": false, ".a": false, "a.": false, "a..b": false, "a.1": false, "a b": false, "a(": false, "a;b": false, "a-b": false, "a[0]": false,
		"é": false, "a\n": false, "<script>": false, `a"`: false, strings.Repeat("x", 65): false,
	} {
		if got := isCallback(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
}

// answerTo encodes the end of a call with these parameters.
func answerTo(query string, result any, err error) access.Answer {
	c := &access.Call{Request: httptest.NewRequest("GET", Path, nil)}
	c.Query, _ = c.Query.AddForm(query)
	encode(c, result, err)
	return c.Answer
}

func TestAnswers(t *testing.T) {
	type empty struct{}
	type list struct {
		List []string `json:"list"`
	}
	for name, test := range map[string]struct {
		query  string
		result any
		err    error
		want   string
	}{
		"nothing":          {"", nil, nil, `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok"}}`},
		"no members":       {"", &empty{}, nil, `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok"}}`},
		"a missing result": {"", (*list)(nil), nil, `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok"}}`},
		"members":          {"format=json&callback=f", &list{[]string{"</script>\u2028"}}, nil, `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok","list":["\u003c/script\u003e\u2028"]}}`},
		"JSONP":            {"format=jsonp&callback=a.b", nil, nil, `/**/a.b({"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok"}});`},
		"a refusal": {"", &list{}, retcode.GameCenterValueNotGreater.Errorf("item 1 is %s", `"x"`),
			`{"ret":-4012,"msg":"item 1 is \"x\"","data":{"ret":-4012,"msg":"item 1 is \"x\""}}`},
		"something unforeseen": {"", nil, errors.New("secret"),
			`{"ret":-4018,"msg":"unforeseen failure inside the Game Center","data":{"ret":-4018,"msg":"unforeseen failure inside the Game Center"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := answerTo(test.query, test.result, test.err); string(got.Body) != test.want || got.Status != 200 {
				t.Errorf("got status %d and %s, want %s", got.Status, got.Body, test.want)
			}
		})
	}
}

// FuzzCallback: whatever the caller names, an answer is JSON, or a call of one function with JSON.
func FuzzCallback(f *testing.F) {
	script := regexp.MustCompile(`^/\*\*/[A-Za-z_$][A-Za-z0-9_$]*(?:\.[A-Za-z_$][A-Za-z0-9_$]*)*\((.*)\);$`)
	for _, name := range []string{"", "f", "a.b", "alert(1)//", "a\u2028b", "</script>"} {
		f.Add(name, "text")
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		body := answerTo("format=jsonp&callback="+url.QueryEscape(name), nil, retcode.GameCenterParameterInvalid.Errorf("%s", text)).Body
		if inner := script.FindSubmatch(body); inner != nil {
			body = inner[1]
		}
		if !json.Valid(body) || strings.ContainsAny(string(body), "<>\u2028\u2029") {
			t.Errorf("callback %q: %q", name, body)
		}
	})
}

// FuzzCommands: every command reads any parameters without a panic, and refuses what it cannot take with a code that it declares.
func FuzzCommands(f *testing.F) {
	f.Add(uint8(0), `param={"total":1,"list":[{"type":12,"data":"1","bcover":0,"expires":0}]}`)
	f.Add(uint8(0), `param={"list":[{"type":3,"data":"-0.50","expires":"1735660799"}]}`)
	f.Add(uint8(0), "param=[[[[")
	for i := range table {
		f.Add(uint8(i), "from=1&limit=2&around=self&board=weekly&to=x&after=1&id=1&start=1&end=2&text=x&param={}")
	}
	f.Fuzz(func(t *testing.T, which uint8, raw string) {
		cmd := table[int(which)%len(table)]
		query, _ := sign.Query(nil).Add(raw, sign.Rules{Repeats: true, AnyText: true, Lenient: true})
		in := &request{command: cmd, query: query, app: &platform.App{AppID: 7}, uin: 10001}
		err := checkFormat(query)
		if err == nil && cmd.read != nil {
			err = cmd.read(in)
		}
		if err == nil {
			return
		}
		codes := slices.Concat(cmd.answers, []retcode.Code{
			retcode.GameCenterParamMissing, retcode.GameCenterParamNotJSON, retcode.GameCenterParameterInvalid, cmd.missingCode(),
		})
		for _, call := range cmd.calls {
			codes = append(codes, call.Command.Codes...)
		}
		if code, ok := retcode.From(err); !ok || !slices.Contains(codes, code) {
			t.Errorf("%s refuses %q with %v", cmd.name, raw, err)
		}
	})
}

// TestTable: each command can be called and is named once.
func TestTable(t *testing.T) {
	seen := make(map[string]bool)
	for _, cmd := range table {
		if seen[cmd.name] || !strings.HasPrefix(cmd.name, "gc_") || len(cmd.ways) == 0 || cmd.serve == nil {
			t.Errorf("%s is not whole, or there are two", cmd.name)
		}
		seen[cmd.name] = true
		for _, way := range cmd.ways {
			if way != "access_token" && way != "skey" && way != "sid" {
				t.Errorf("%s takes %q", cmd.name, way)
			}
		}
	}
}
