package cli

import (
	"cmp"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/retcode"
)

func addLanguageFlag(cmd *cobra.Command, lang *retcode.Language) {
	cmd.Flags().TextVar(lang, "lang", localeLanguage(), "`language` of the catalogue's texts: en or zh; without it that of the locale")
}

// localeLanguage returns the language of the locale's messages (POSIX, 8.2), which is English for everybody whose language the
// catalogue does not have.
func localeLanguage() retcode.Language {
	locale := cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG"))
	if language, _, _ := strings.Cut(locale, "_"); strings.EqualFold(language, "zh") || strings.HasPrefix(strings.ToLower(language), "zh-") {
		return retcode.Chinese
	}
	return retcode.English
}

// rowLabels are the labels before the parts of a row of the catalogue.
type rowLabels struct {
	meaning, cause, remedy, onRookery, onQQ, class, http, from, here, notYet, forms, note, example, try, related, terms, why string
}

var rowLabelsIn = map[retcode.Language]rowLabels{
	retcode.English: {
		"Meaning", "Cause", "Remedy", "Rookery", "QQ", "Class", "HTTP", "From", "Here", "not answered by this version yet", "Forms", "Note", "Example", "Try", "Related", "Terms", "Why",
	},
	retcode.Chinese: {
		"含义", "原因", "处理", "Rookery", "QQ", "类别", "HTTP", "来自", "返回处", "当前版本还不会返回", "写法", "备注", "示例", "重现", "相关", "术语", "依据",
	},
}

// streamWords are what stands between the codes of a text or of a stream, and what is said of a text without one.
type streamWords struct {
	or, causedBy, possibly string // before a code
	code, then             string // the format of a code, and what is between it and its remedy
	noCode, noCodeInLines  string // formats
	noSuchCode             string // a format
	because                string // before a hint
}

var streamWordsIn = map[retcode.Language]streamWords{
	retcode.English: {"or ", "caused by ", "possibly ", "%s (%v): %s.", " ", "no known return code in %q", "no known return code in %d lines", "the catalogue has no code %q", "; "},
	retcode.Chinese: {"或 ", "起因是 ", "可能是 ", "%s（%v）：%s。", "", "%q 中没有已知的返回码", "%d 行中没有已知的返回码", "返回码列表中没有 %q", "；"},
}

// padded returns a label filled up to 8 columns, of which a Chinese character takes two.
func padded(label string) string {
	columns := 0
	for _, r := range label {
		if columns++; r > 0x2e80 {
			columns++
		}
	}
	return label + strings.Repeat(" ", max(0, 8-columns))
}
