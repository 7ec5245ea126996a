package retcode

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// What cannot be looked up would be there in vain.
func TestVocabularyCanBeLookedUp(t *testing.T) {
	for _, row := range vocabulary {
		for w := range strings.FieldsSeq(row.english) {
			if len(w) > maxWord || strings.ContainsFunc(w, func(r rune) bool { return r == '_' || r >= 0x80 || unicode.IsUpper(r) }) {
				t.Errorf("%q is never found", w)
			}
			if says := words().look(strings.ToUpper(w[:1]) + "_" + w[1:]); says.topics&row.says.topics != row.says.topics || says.signs&row.says.signs != row.says.signs {
				t.Errorf("%q says %+v, not %+v", w, says, row.says)
			}
		}
		for w := range strings.FieldsSeq(row.chinese) {
			if says, end := words().lookChinese(w, 0); end != len(w) || says.topics&row.says.topics != row.says.topics || says.signs&row.says.signs != row.says.signs {
				t.Errorf("%q says %+v, not %+v", w, says, row.says)
			}
		}
	}
	if says := words().look("nothingofthekind"); says != (aWord{}) {
		t.Errorf("an unknown word says %+v", says)
	}
}

func TestWordings(t *testing.T) {
	for _, w := range wordings {
		if w.code.Symbol() == "" || w.text != strings.Join(strings.Fields(strings.ToLower(w.text)), " ") {
			t.Errorf("%q of %v", w.text, w.code)
		}
		if w.trigger != "" && !strings.Contains(" "+w.text+" ", " "+w.trigger+" ") || w.alone && w.trigger == "" {
			t.Errorf("%q is not found by %q", w.text, w.trigger)
		}
		if shouted := "x " + strings.ReplaceAll(strings.ToUpper(w.text), " ", " \t") + " y"; !holds(shouted, w.text) || !says(shouted, w.code) {
			t.Errorf("%q does not hold %q", shouted, w.text)
		}
	}
	if holds("redirecturi is illegal", "redirect uri is illegal") || holds("redirect uri", "redirect uri is illegal") || holds("", "x") {
		t.Error("a text holds words that are not there")
	}
}

func TestNeighbourRows(t *testing.T) {
	for i, n := range neighbours {
		if n.meaning == "" || n.chinese == "" || n.high != 0 && n.high < n.low {
			t.Errorf("%+v", n)
		}
		if n.of != "" && ownersInChinese[n.of] == "" || n.of == "" && !n.suggests {
			t.Errorf("%d: nobody is %q", n.low, n.of)
		}
		if !strings.ContainsFunc(n.chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.ContainsFunc(n.meaning, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("%d: the texts are in the wrong language", n.low)
		}
		key, _, _ := strings.Cut(n.keys, " ")
		if found := neighbourOf(n.low, key); !n.suggests && found != &neighbours[i] {
			t.Errorf("%d is found as %+v, not as %+v", n.low, found, n)
		}
	}
}

func TestMarks(t *testing.T) {
	for i, m := range marks {
		if m.mark != 1<<i || m.weight == 0 {
			t.Errorf("mark %d is %+v", i, m)
		}
	}
}

// TestEveryTextIsInBothLanguages: what is said for and against a candidate, and why.
func TestEveryTextIsInBothLanguages(t *testing.T) {
	both := func(what, english, chinese string) {
		t.Helper()
		name := english == chinese && english != "" // Redis
		han := strings.ContainsFunc(chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if !name && !han || english == "" || strings.ContainsFunc(english, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("%s is %q and %q", what, english, chinese)
		}
		for _, term := range regexp.MustCompile(`0x\w+|MSDK|/share/qq|msg|ret|unbind_group|\bQQ\b`).FindAllString(english, -1) {
			if !strings.Contains(chinese, term) {
				t.Errorf("%s: %q is missing in %q", what, term, chinese)
			}
		}
		for i := range chinese {
			before, _ := utf8.DecodeLastRuneInString(chinese[:i])
			r, _ := utf8.DecodeRuneInString(chinese[i:])
			if isLetter(byte(min(before, 0x7f))) && unicode.Is(unicode.Han, r) || unicode.Is(unicode.Han, before) && isLetter(byte(min(r, 0x7f))) {
				t.Errorf("%s: no blank between %c and %c in %q", what, before, r, chinese)
			}
		}
	}
	for _, m := range marks {
		both(fmt.Sprint("mark ", m.weight), m.english, m.chinese)
	}
	for _, s := range systemNames[1:] {
		both("a system", s.english, s.chinese)
	}
	for r, says := range reasons[1:] {
		both(fmt.Sprint("reason ", r+1), says.english, says.chinese)
		if !strings.HasSuffix(says.english, ".") || !strings.HasSuffix(says.chinese, "。") {
			t.Errorf("reason %d is no sentence", r+1)
		}
	}
	if len(reasons) != int(saidInWords)+1 || len(systemNames) != int(otherVendor)+1 {
		t.Error("a reason or a system has no text")
	}
}
