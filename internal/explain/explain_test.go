package explain

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/retcode"
)

func TestRows(t *testing.T) {
	type row struct{ number, symbol string }
	for text, want := range map[string][]row{
		"-5":            {{"-5", "QQSignatureWrong"}, {"251", "OIDBClassBNotAllowed"}},
		"nothing":       nil,
		"100013-100016": {{"100013", "QQAccessTokenUnreadable"}, {"100014", "QQAccessTokenExpired"}, {"100015", "QQAccessTokenRevoked"}, {"100016", "QQAccessTokenCheckFailed"}},
	} {
		var got []row
		for _, r := range Rows(retcode.Explain(text)) {
			got = append(got, row{r.Number, r.Symbol})
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
	}
	// A range of one row is one.
	for e := range Entries {
		if e.Low != e.High {
			first, _ := retcode.Lookup(e.Domain, e.Low)
			last, _ := retcode.Lookup(e.Domain, e.High)
			rows := Rows([]retcode.Candidate{{Code: first, Entry: e}, {Code: last, Entry: e}})
			if len(rows) != 1 || rows[0].Symbol != e.Symbol || rows[0].Code != first {
				t.Errorf("%v and %v are %+v", first, last, rows)
			}
			return
		}
	}
	t.Error("the catalogue has no range")
}

func TestSearch(t *testing.T) {
	for text, want := range map[string]struct {
		most  int
		codes []string
	}{
		"QQSignatureWrong":                    {9, []string{"qq -5: the sig parameter does not verify"}},
		"  SIG parameter\tdoes NOT verify ":   {1, []string{"qq -5: the sig parameter does not verify"}},
		"sig parameter does not verify xyzzy": {9, nil},
		"签名原文 百分号编码":                          {9, []string{"qq -5: the sig parameter does not verify"}},
		"":                                    {9, nil},
		" \n":                                 {9, nil},
	} {
		var got []string
		for _, e := range Search(text, want.most) {
			code, _ := retcode.Lookup(e.Domain, e.Low)
			got = append(got, code.Error())
		}
		if diff := cmp.Diff(want.codes, got); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
	}
	for n, want := range map[int]int{16: 1, 17: 0} {
		if found := Search(strings.Repeat("token ", n), 1); len(found) != want {
			t.Errorf("%d words: %d rows were found, want %d", n, len(found), want)
		}
	}
	if found := Search("token", 3); len(found) != 3 {
		t.Errorf("%d rows were found, want the first 3", len(found))
	}
}

func TestEveryHintIsInBothLanguages(t *testing.T) {
	for _, lang := range []retcode.Language{retcode.English, retcode.Chinese} {
		if phrasesIn[lang] == (phrases{}) {
			t.Errorf("no phrases in %v", lang)
		}
		for n, says := range notCodes {
			if says[lang] == "" {
				t.Errorf("nothing is said of %d in %v", n, lang)
			}
		}
	}
}

func TestWhy(t *testing.T) {
	tests := []struct {
		text string
		lang retcode.Language
		want string
	}{
		{"0x47", retcode.English, "likely: Command 0x711, the access token check, prints its results in two hex digits."},
		{"0x47", retcode.Chinese, "很可能：命令 0x711（access token 校验）的结果按 2 位十六进制写出。"},
		{`{"code":100014,"message":"token expired"}`, retcode.English, "likely: A door's JSON answer holds the codes of this domain. But no door answers such members, and doors answer ret or error, not this key, and many programs count their codes from 100000."},
		{`{"code":100014,"message":"token expired"}`, retcode.Chinese, "很可能：接口的 JSON 应答中放的就是这个域的返回码。但是，接口的应答没有这样的字段，而且接口用 ret 或 error，不用这个字段名，而且很多程序的错误码都从 100000 开始。"},
	}
	for _, tt := range tests {
		got := ""
		if rows := Rows(retcode.Explain(tt.text)); len(rows) > 0 {
			got = rows[0].Why(tt.lang)
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestHint(t *testing.T) {
	tests := []struct {
		text   string
		domain retcode.Domain
		lang   retcode.Language
		want   string
	}{
		{"", 0, retcode.English, ""},
		{"-10000", 0, retcode.English, "it only says that the number at the start of msg is the platform's code: explain that one, or the whole answer"},
		{`{"ret":-10000,"msg":""}`, 0, retcode.English, "-10000 is not a code: it only says that the number at the start of msg is the platform's code: explain that one, or the whole answer"},
		{"100014", retcode.Group, retcode.English, "not of domain group, but it can be qq 100014 (access token has expired)"},
		{"999999999", 0, retcode.English, "999999999 is in no list that is known here"},
		{"100052", 0, retcode.English, "100052 is in no list that is known here; numbers from 100000 are those of QQ Connect's OAuth; near it: connect 100050 (the refresh token cannot be used)"},
		{"错误码：110404", 0, retcode.English, "110404 is a number of QQ Connect's login page: the request has no appid, or a wrong one: an Android manifest has the number alone after tencent"},
		{"错误码：110404", 0, retcode.Chinese, "110404 是 QQ 互联登录页的返回码：请求没有带 appid 或 appid 不正确"},
		{"ret=101", 0, retcode.English, ""},
		{"-10000", 0, retcode.Chinese, "它只表示 msg 开头的数字是平台的返回码：请查询那个数字，或粘贴整个应答"},
		{"ret: 0x711", 0, retcode.Chinese, "0x711 不是返回码：它是总线的命令（access token 校验），结果是 ret 后面的数字"},
		{"100014", retcode.Group, retcode.Chinese, "不属于 group 域，但可能是 qq 100014（access token 已过期）"},
		{"100052, 100053", 0, retcode.Chinese, "100052 不在这里已知的任何返回码列表中；100000 起的是 QQ 互联 OAuth 的返回码；相近的有 connect 100050（refresh token 不可用）；100053 不在这里已知的任何返回码列表中；100000 起的是 QQ 互联 OAuth 的返回码；相近的有 connect 100050（refresh token 不可用）"},
	}
	for _, tt := range tests {
		if got := Hint(tt.text, tt.domain, tt.lang); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}
