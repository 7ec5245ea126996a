package cli

import (
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/codebook"
	"github.com/rookeryhq/rookery/retcode"
)

func setLocale(t *testing.T, all, messages, lang string) {
	t.Setenv("LC_ALL", all)
	t.Setenv("LC_MESSAGES", messages)
	t.Setenv("LANG", lang)
}

func TestLocaleLanguage(t *testing.T) {
	for _, tt := range []struct {
		all, messages, lang string
		want                retcode.Language
	}{
		{"", "", "", retcode.English},
		{"", "", "zh_CN.UTF-8", retcode.Chinese},
		{"", "", "zh", retcode.Chinese},
		{"", "", "zh-Hans", retcode.Chinese},
		{"", "", "zha_CN", retcode.English},
		{"", "", "de_DE.UTF-8", retcode.English},
		{"", "en_US.UTF-8", "zh_CN.UTF-8", retcode.English},
		{"C", "zh_CN.UTF-8", "zh_CN.UTF-8", retcode.English},
		{"zh_TW", "en_US", "en_US", retcode.Chinese},
	} {
		setLocale(t, tt.all, tt.messages, tt.lang)
		if got := localeLanguage(); got != tt.want {
			t.Errorf("LC_ALL=%q LC_MESSAGES=%q LANG=%q: %v, want %v", tt.all, tt.messages, tt.lang, got, tt.want)
		}
	}
}

// TestTextsInALanguage: each command has the catalogue's texts in the language of the flag, otherwise of the locale.
func TestTextsInALanguage(t *testing.T) {
	const english, chinese = "the sig parameter does not verify", "sig 签名校验不通过"
	const line = `{"ret":-5,"msg":"signature verification failed"}` + "\n"
	for name, in := range map[string]string{
		"codes list --domain qq": "", "codes list --domain qq --json": "", "codes show -5": "", "codes show -5 --json": "",
		"explain -5": "", "explain -5 --json": "", "explain": line, "explain --json": line,
	} {
		args := strings.Fields(name)
		setLocale(t, "", "", "zh_CN.UTF-8")
		if status, out, err := runCommand(t, in, args...); status != ExitOK || !strings.Contains(out, chinese) || strings.Contains(out, english) {
			t.Errorf("%s in a Chinese locale: status %d, %s%s", name, status, out, err)
		}
		if status, out, err := runCommand(t, in, append(args, "--lang", "en")...); status != ExitOK || !strings.Contains(out, english) || strings.Contains(out, chinese) {
			t.Errorf("%s --lang en: status %d, %s%s", name, status, out, err)
		}
		setLocale(t, "", "", "C")
		if status, out, err := runCommand(t, in, args...); status != ExitOK || !strings.Contains(out, english) || strings.Contains(out, chinese) {
			t.Errorf("%s in no locale: status %d, %s%s", name, status, out, err)
		}
	}
}

// TestCodesShowWhole: what a row has beside its texts is shown with it, and explain leaves out what is for looking a code up.
func TestCodesShowWhole(t *testing.T) {
	page := codebook.Of(retcode.QQSignatureWrong.Entry())
	setLocale(t, "", "", "")
	_, shown, _ := runCommand(t, "", "codes", "show", "--domain", "qq", "-5")
	for _, want := range []string{
		"\n  Remedy   Compare the text", "\n  Rookery  rookery sign openapi", "\n  QQ       Compare the appkey", "\n  Note     The list advises",
		"\n  Example  " + page.Example + "\n", "\n  Try      " + page.BringAbout[0] + "\n", "\n  Related  qq/-25, ", "\n  Terms    appkey: The secret of an app.", "\n           sig: ",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
	_, explained, _ := runCommand(t, "", "explain", "--domain", "qq", "-5")
	if !strings.Contains(explained, "\n  Related  qq/-25, ") || strings.Contains(explained, page.BringAbout[0]) || strings.Contains(explained, "Terms") {
		t.Errorf("explain prints\n%s", explained)
	}
	_, shown, _ = runCommand(t, "", "codes", "show", "--domain", "qq", "-5", "--lang", "zh")
	for _, want := range []string{"\n  含义     sig 签名", "\n  处理     把", "\n  术语     appkey: 应用的密钥"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
}

func TestCodesGlossary(t *testing.T) {
	setLocale(t, "", "", "")
	_, all, _ := runCommand(t, "", "codes", "glossary")
	if words := strings.Count(all, "\n  "); words < 20 || !strings.Contains(all, "skey\n  A ticket of a web login") {
		t.Errorf("%d words: %s", words, all)
	}
	_, some, _ := runCommand(t, "", "codes", "glossary", "CLASS", "--lang", "zh", "--json")
	terms := decode[[]codebook.Term](t, some)
	if len(terms) != 2 || terms[0].Term != "class-b" || terms[0].Name != "B 类号码" || terms[1].Term != "class-bc" {
		t.Errorf("got %+v", terms)
	}
}
