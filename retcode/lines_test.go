package retcode_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/retcode"
)

// aLine is a line as people really meet it.
type aLine struct {
	want string // the code that it holds, or none
	from string // where such lines come from
	text string
}

func readLines(t testing.TB) (lines []aLine) {
	t.Helper()
	data, err := os.ReadFile("testdata/lines.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(parts) != 3 {
			t.Fatalf("not three columns: %q", line)
		}
		lines = append(lines, aLine{parts[0], parts[1], strings.ReplaceAll(parts[2], `\t`, "\t")})
	}
	return lines
}

// notYet are the lines that are explained wrong, by what is found in them.
var notYet = map[string]string{
	`return '{"ret":-2,"msg":"app类型不一致"}';`:                                               "qq -2", // of a program whose -2 is about an app, too
	"epic login failed: -24":                                                              "qq -24",
	"INSERT INTO guild VALUES (221001, 'test');":                                          "group 221001",
	"sandbox env works but production keeps answering -5, is the appkey different there?": "none",
	"$wgQQConnectRedirectUri 默认值 空 说明 100010":                                             "qq 100010",
	"100001 系统繁忙，100002 参数错误，100003 用户不存在":                                                "qq 100002",
	"authorize 页面白屏，只有一行 100001":                                                          "none", // without a word of QQ
	"[GC]getRecentGame errcode:-4024":                                                     "none", // GC is more often a garbage collector
	"绑定的群不是游戏群 221021":                                                                    "none", // a group's number stands so, too
}

// Lines from issues, logs, captures, documents and dumps, and the share of them whose first candidate is right.
func TestLines(t *testing.T) {
	const leastShare = 0.98
	lines := readLines(t)
	right, without, chinese := 0, 0, 0
	for _, line := range lines {
		if strings.IndexFunc(line.text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 {
			chinese++
		}
		if line.want == "none" {
			without++
		}
		got := "none"
		if found := retcode.Explain(line.text); len(found) > 0 {
			got = fmt.Sprintf("%v %d", found[0].Code.Domain(), found[0].Code.Number())
		}
		if got == line.want {
			right++
		}
		if wrong, known := notYet[line.text]; known && got != wrong || !known && got != line.want {
			t.Errorf("%s, want %s: %s", got, line.want, line.text)
		}
	}
	share := float64(right) / float64(len(lines))
	t.Logf("%d of %d lines are explained right: %.3f", right, len(lines), share)
	if share < leastShare {
		t.Errorf("the share is %.3f, want %.2f", share, leastShare)
	}
	if len(lines) < 1400 || without*3 < len(lines) || chinese*100 < len(lines)*49 {
		t.Errorf("%d lines, %d without a code, %d Chinese: too few", len(lines), without, chinese)
	}
}

func TestEvidence(t *testing.T) {
	tests := []struct {
		text       string
		confidence retcode.Confidence
		fors       string // what speaks for the first candidate
		against    string
	}{
		{"-5", retcode.Likely, "it is the whole text", ""},
		{"100014", retcode.Certain, "it is the whole text; few other numbers look like it", ""},
		{"ret: -22", retcode.Likely, "only a code has such a key; there is nothing else in the text", ""},
		{"qq -5: x", retcode.Certain, "the text names the domain; the text names QQ or its SDK", ""},
		{"oidb decode0x711 failed, ret: 65", retcode.Certain, "a command of the bus answered it", ""},
		{`{"ret":-10000,"msg":"-73,x"}`, retcode.Certain, "the ret next to it announces a code at the start of msg; it begins a message", ""},
		{"0x9b -101 155 Failed to send data", retcode.Certain, "its hexadecimal, signed and unsigned forms stand in a row; it begins a row; the text speaks of a failure", ""},
		{"QQSignatureWrong", retcode.Likely, "its name stands in the text", ""},
		{"client secret is illegal", retcode.Likely, "the text has the platform's own words for it", ""},
		{"QQ: access token expired", retcode.Likely, "the text has the platform's own words for it; the text names QQ or its SDK", ""},
		{`{"ret":-5,"msg":"signature verification failed"}`, retcode.Certain,
			"the text has the platform's own words for it; it stands in an answer as doors give it; only a code has such a key; the text speaks of a failure", ""},
		{`{"ret":-22,"msg":"oops"}`, retcode.Possible, "it stands in an answer as doors give it; only a code has such a key", "its message is not known to be the platform's"},
		{`{"ret":-22,"msg":""}`, retcode.Likely, "it stands in an answer as doors give it; only a code has such a key", ""},
		{"path=/v2/group/x code=221001", retcode.Certain,
			"the text names an interface that answers it; codes have such a key, and other numbers too; few other numbers look like it", ""},
		{"100014 access token过期", retcode.Certain,
			"the text speaks of what the code is about; few other numbers look like it; it begins a row; the text speaks of a failure", "many programs count their codes from 100000"},
		{`{"code":100014,"message":"token expired"}`, retcode.Likely,
			"the text speaks of what the code is about; codes have such a key, and other numbers too; few other numbers look like it; the text speaks of a failure",
			"no door answers such members; doors answer ret or error, not this key; many programs count their codes from 100000"},
		{`{"ret":221001,"message":""}`, retcode.Possible, "only a code has such a key; few other numbers look like it", "no door answers such members"},
		{`{"ret":221008,"msg":"订单不存在"}`, retcode.Possible,
			"it stands in an answer as doors give it; only a code has such a key; few other numbers look like it; the text speaks of a failure", "the text speaks of something else; its message is not known to be the platform's"},
	}
	for _, tt := range tests {
		found := retcode.Explain(tt.text)
		if len(found) == 0 {
			t.Errorf("%s: nothing", tt.text)
			continue
		}
		c := found[0]
		if fors, against := strings.Join(c.Evidence.For(), "; "), strings.Join(c.Evidence.Against(), "; "); c.Confidence != tt.confidence || fors != tt.fors || against != tt.against {
			t.Errorf("%s: %v\nfor     %s\nagainst %s", tt.text, c.Confidence, fors, against)
		}
	}
}

func TestConfidenceText(t *testing.T) {
	for text, want := range map[string]retcode.Confidence{"possible": retcode.Possible, "likely": retcode.Likely, "certain": retcode.Certain} {
		var got retcode.Confidence
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || got.String() != text {
			t.Errorf("%s is %v: %v", text, got, err)
		}
	}
	if _, err := retcode.Confidence(0).MarshalText(); err == nil {
		t.Error("no confidence has a name")
	}
	if err := new(retcode.Confidence).UnmarshalText([]byte("sure")); err == nil {
		t.Error("sure is a confidence")
	}
}

func TestNeighbours(t *testing.T) {
	type neighbour struct {
		number  int
		of      string
		exact   bool
		english string
		chinese string
	}
	tests := []struct {
		text string
		want []neighbour
	}{
		{"登录时提示100031", []neighbour{{100031, "QQ Connect", true, "100031 is a number of QQ Connect: the app may not call this interface: apply for it at connect.qq.com",
			"100031 是 QQ 互联的返回码：应用没有调用该接口的权限：请在 connect.qq.com 申请"}}},
		{"金币100031", nil},
		{"提示100052", nil}, // nobody's, and nothing else says that it is a code
		{"100031", []neighbour{{100031, "QQ Connect", true, "100031 is a number of QQ Connect: the app may not call this interface: apply for it at connect.qq.com",
			"100031 是 QQ 互联的返回码：应用没有调用该接口的权限：请在 connect.qq.com 申请"}}},
		{`{"ret":100030,"msg":"this api without user authorization"}`, []neighbour{{100030, "QQ Connect", true,
			"100030 is a number of QQ Connect: the user has not allowed this interface, or took it back: have the user log in with that scope",
			"100030 是 QQ 互联的返回码：用户没有授权该接口，或已取消授权：请带上对应 scope 重新登录"}}},
		{"登录授权失败(错误码：110488)", []neighbour{{110488, "QQ Connect's login page", false,
			"110488 is in no list that is known here; numbers from 110100 to 110699 are those of the login page",
			"110488 不在这里已知的任何返回码列表中；110100 到 110699 是登录页面的错误码"}}},
		{"100052", []neighbour{{100052, "", false, "100052 is in no list that is known here; numbers from 100000 are those of QQ Connect's OAuth",
			"100052 不在这里已知的任何返回码列表中；100000 起的是 QQ 互联 OAuth 的返回码"}}},
		{"错误码 7654321", []neighbour{{7654321, "", false, "7654321 is in no list that is known here", "7654321 不在这里已知的任何返回码列表中"}}},
		{`{"errcode":40029,"errmsg":"invalid code"}`, []neighbour{{40029, "WeChat", true,
			"40029 is a number of WeChat: the code is not valid: it was used, expired or another app's", "40029 是微信的返回码：code 无效：已使用、已过期或属于其他应用"}}},
		{`{"errcode":-1,"errmsg":"system error"}`, []neighbour{{-1, "WeChat", true, "-1 is a number of WeChat: WeChat is busy: try again", "-1 是微信的返回码：微信系统繁忙：请重试"}}},
		{`{"retcode":103}`, []neighbour{{103, "web QQ", true, "103 is a number of web QQ: web QQ's login has lapsed", "103 是 WebQQ 的返回码：WebQQ 登录失效"}}},
		{"OnLoginNotify flag: 1001", []neighbour{{1001, "the client's MSDK", true, "1001 is a number of the client's MSDK: the player cancelled the login with QQ", "1001 是客户端 MSDK 的返回码：玩家取消了手Q登录"}}},
		{"Request access_token fail: &{{{ } 40013 invalid appid rid: 655d878c", []neighbour{{40013, "WeChat", true,
			"40013 is a number of WeChat: the appid is not valid", "40013 是微信的返回码：appid 无效"}}},
		{"listening on port 40013", nil},
		{`{"code":100016,"message":"invalid appid or secret"}`, []neighbour{{100016, "QQ's bot platform", true,
			"100016 is a number of QQ's bot platform: the bot's appid or secret is wrong", "100016 是 QQ 机器人平台的返回码：机器人的 AppID 或 ClientSecret 不正确"}}},
		{"ret=100014", nil}, // one of the catalogue's
		{`{"ret":-5,"msg":"x"}`, nil},
		{"result=5 level=17", nil},
	}
	for _, tt := range tests {
		_, found := retcode.ExplainAll(tt.text)
		var got []neighbour
		for _, n := range found {
			got = append(got, neighbour{n.Number, n.Of, n.Exact, n.In(retcode.English), n.In(retcode.Chinese)})
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(neighbour{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.text, diff)
		}
	}
}
