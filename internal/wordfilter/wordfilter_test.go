package wordfilter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func read(t testing.TB, text string) *Filter {
	t.Helper()
	list, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestHide(t *testing.T) {
	list := read(t, "\ufeff# rude ones\nfool\n foolish \n\n傻瓜\nÉcole\n")
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"none", "a fine day", "a fine day"},
		{"one", "you fool!", "you ****!"},
		{"the longest of those that begin together", "foolishness", "*******ness"},
		{"a longer one that breaks off", "foolis", "****is"},
		{"upper case", "FOOL fOOl", "**** ****"},
		{"a * for a character, not for a byte", "你是傻瓜吗", "你是**吗"},
		{"case beyond ASCII", "éCOLE", "*****"},
		{"inside of a word", "tomfoolery", "tom****ery"},
		{"bytes that are no text stay", "\xff fool \xd6", "\xff **** \xd6"},
		{"a comment is no word", "# rude ones", "# rude ones"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, found := list.Hide(test.text)
			if got != test.want || found != (test.text != test.want) {
				t.Errorf("got %q, %t, want %q", got, found, test.want)
			}
		})
	}
	if got, found := (*Filter)(nil).Hide("fool"); got != "fool" || found {
		t.Errorf("no list: got %q, %t", got, found)
	}
}

func TestRead(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"not UTF-8", "good\n\xd6\xd0", "line 2 is not UTF-8"},
		{"too long a word", strings.Repeat("x", 65), "line 1 has more than 64 characters"},
		{"too many words", strings.Repeat("a\n", 100_001), "line 100001: there are more than 100000 words"},
		{"a line without end", "good\n" + strings.Repeat("x", 1<<20), "line 2: bufio.Scanner: token too long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Read(strings.NewReader(test.text)); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func FuzzHide(f *testing.F) {
	f.Add("fool\n傻瓜", "a fool\xff傻瓜")
	f.Add("\u0130\n", "i\u0307 \u0130")
	f.Add("\ufffd", "a\xff") // a word that bytes which are no text look like
	f.Fuzz(func(t *testing.T, words, text string) {
		list, err := Read(strings.NewReader(words))
		if err != nil {
			return
		}
		hidden, found := list.Hide(text)
		if utf8.RuneCountInString(hidden) != utf8.RuneCountInString(text) {
			t.Fatalf("%q became %q: not as many characters", text, hidden)
		}
		if !found && hidden != text {
			t.Fatalf("%q became %q, and nothing was found", text, hidden)
		}
		if _, again := list.Hide(hidden); again && !strings.Contains(words, "*") {
			t.Fatalf("%q still has a word", hidden)
		}
	})
}
