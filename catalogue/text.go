package catalogue

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// checkTexts checks the row's texts, each by itself and the languages against each other.
func (r *Row) checkTexts() error {
	required := map[string]bool{"summary": true, "cause": true, "remedy": true}
	chinese := r.Chinese.Members()
	translated := r.Chinese != Text{}
	for i, member := range r.English.Members() {
		en, zh := "en."+member.Name, "zh."+member.Name
		switch {
		case required[member.Name] && member.Text == "":
			return refuse(en, "empty")
		case translated && (member.Text == "") != (chinese[i].Text == ""):
			return refuse(zh, "one language has it and the other has not")
		}
		// Pages of the developer sites have Chinese names.
		if err := checkEnglish(en, member.Text, member.Name == "on_qq"); err != nil {
			return err
		}
		if translated && member.Text != "" {
			if err := checkChinese(zh, chinese[i].Text); err != nil {
				return err
			}
			if err := agree(zh, member.Text, chinese[i].Text); err != nil {
				return err
			}
		}
	}
	for language, text := range map[string]Text{"en": r.English, "zh": r.Chinese} {
		if strings.HasSuffix(text.Summary, ".") || strings.HasSuffix(text.Summary, "。") {
			return refuse(language+".summary", "a phrase, without a full stop")
		}
	}
	for _, member := range r.English.Members() {
		if member.Name != "on_rookery" && strings.Contains(member.Text, "rookery ") {
			return refuse("en."+member.Name, "commands of rookery stand in on_rookery")
		}
	}
	return nil
}

func (t *Term) check() error {
	switch {
	case !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(t.Term):
		return refuse("term", "%q is not a word of lower-case letters, digits and hyphens", t.Term)
	case t.English.Name == "" || t.Chinese.Name == "":
		return refuse("name", "empty")
	case t.English.Meaning == "" || t.Chinese.Meaning == "":
		return refuse("meaning", "empty")
	}
	if err := checkEnglish("en.meaning", t.English.Meaning, false); err != nil {
		return err
	}
	if err := checkChinese("zh.meaning", t.Chinese.Meaning); err != nil {
		return err
	}
	return agree("zh.meaning", t.English.Meaning, t.Chinese.Meaning)
}

// checkEnglish refuses what would not survive being printed on one line of plain text, and the published list's own wording.
func checkEnglish(member, text string, namesPages bool) error {
	if text != strings.TrimSpace(text) {
		return refuse(member, "blanks at an end")
	}
	for _, r := range text {
		if (r < ' ' || r > '~' || r == '"') && !(namesPages && unicode.Is(unicode.Han, r)) {
			return refuse(member, "%q is not allowed in a text", r)
		}
	}
	if run := published(text); run != "" {
		return refuse(member, "%q stands so in the published list", run)
	}
	return nil
}

// joined returns a Chinese text without the blanks that come from the ends of lines: none stands between two Chinese characters, or
// next to a Chinese mark.
func joined(text string) string {
	var b strings.Builder
	runes := []rune(text)
	for i, r := range runes {
		if r == ' ' && i > 0 && i+1 < len(runes) {
			before, after := runes[i-1], runes[i+1]
			if isMark(before) || isMark(after) || unicode.Is(unicode.Han, before) && unicode.Is(unicode.Han, after) {
				continue
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isMark(r rune) bool { return strings.ContainsRune("，。；：、！？（）《》“”", r) }

func (t *Text) join() {
	for _, text := range []*string{&t.Summary, &t.Cause, &t.Remedy, &t.OnRookery, &t.OnQQ, &t.Note} {
		*text = joined(*text)
	}
}

var (
	// Half-width marks next to a Chinese character.
	narrowMark = regexp.MustCompile(`\p{Han}[,;:!?()]|[,;:!?()]\p{Han}|\p{Han}\.(\s|$)`)
	// A Latin letter or a digit next to a Chinese character, and titles, which keep their own form.
	unspaced = regexp.MustCompile(`\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`)
	title    = regexp.MustCompile(`《[^》]*》`)
	machine  = regexp.MustCompile(`(?i)机器翻译|机翻|machine.translat|translated by|\bTODO\b|\[(zh|MT)\]`)
)

// checkChinese refuses what does not look like a Chinese text.
func checkChinese(member, text string) error {
	if !regexp.MustCompile(`\p{Han}`).MatchString(text) {
		return refuse(member, "not Chinese")
	}
	for _, r := range text {
		if r < ' ' || r == '"' || r == unicode.ReplacementChar {
			return refuse(member, "%q is not allowed in a text", r)
		}
	}
	if found := narrowMark.FindString(text); found != "" {
		return refuse(member, "%q has a half-width mark next to a Chinese character", found)
	}
	if found := unspaced.FindString(title.ReplaceAllString(text, "《》")); found != "" {
		return refuse(member, "%q has no blank between Chinese and Latin", found)
	}
	if found := machine.FindString(text); found != "" {
		return refuse(member, "%q is a mark of a machine", found)
	}
	return nil
}

var (
	digits = regexp.MustCompile(`\d+`)
	// Names of commands, flags, interfaces and parameters.
	identifier = regexp.MustCompile(`\brookery\b|--[a-z][a-z-]*|[A-Za-z0-9]*[_/][A-Za-z0-9_/]*[A-Za-z0-9]`)
	inWords    = map[string]string{
		"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11",
		"twelve": "12", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "hundred": "100",
	}
)

// agree checks that an English and a Chinese text have the same numbers and the same names of commands and interfaces. English may
// spell a number that Chinese has in digits.
func agree(member, english, chinese string) error {
	spelled := make(map[string]bool)
	for _, word := range strings.FieldsFunc(strings.ToLower(english), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if n := inWords[word]; n != "" {
			spelled[n] = true
		}
	}
	for _, form := range []*regexp.Regexp{digits, identifier} {
		en, zh := set(form.FindAllString(english, -1)), set(form.FindAllString(chinese, -1))
		for _, word := range slices.Sorted(maps.Keys(en)) {
			if !zh[word] {
				return refuse(member, "lacks %s, which the English text has", word)
			}
		}
		for _, word := range slices.Sorted(maps.Keys(zh)) {
			if !en[word] && !spelled[word] {
				return refuse(member, "has %s, which the English text lacks", word)
			}
		}
	}
	return nil
}

func set(words []string) map[string]bool {
	all := make(map[string]bool, len(words))
	for _, word := range words {
		all[word] = true
	}
	return all
}

// run is how many words in a row are the published list's, and not ours.
const run = 6

// publishedRuns are the hashes of the published list's runs of words, so that the list itself need not be here.
//
//go:embed published.txt
var publishedRuns string

var publishedSet = set(strings.Fields(publishedRuns))

// published returns the first run of words of a text that the published list has too, or "".
func published(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i := 0; i+run <= len(words); i++ {
		if found := strings.Join(words[i:i+run], " "); publishedSet[hash(found)] {
			return found
		}
	}
	return ""
}

// hash returns 48 bits of the FNV-1a hash of a run of words, in hex.
func hash(words string) string {
	h := fnv.New64a()
	h.Write([]byte(words))
	return fmt.Sprintf("%012x", h.Sum64()>>16)
}
