package retcode

import (
	"strings"
	"testing"
	"unicode"
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
		if m.mark != 1<<i || m.weight == 0 || m.text == "" {
			t.Errorf("mark %d is %+v", i, m)
		}
	}
}
