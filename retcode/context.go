package retcode

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// context is what the surroundings of a number say.
type context struct {
	topics   topics
	named    topics // of identifiers, which say less of what the text is about
	advice   topics // of a row's other cells, which say what to do
	signs    signs
	system   system
	before   aWord  // the word before the number
	numbered bool   // an unknown word stands before the number, which it may number: scene 221001
	text     string // the surroundings
	message  bool   // they have a member with a message
}

// reach is how far from a number the surroundings are read, in bytes: a row or an answer, not a page.
const reach = 320

// around reads the surroundings of a number.
func (s *scanner) around(f finding) *context {
	from, to := max(0, f.start-reach), min(len(s.text), f.end+reach)
	message := to
	if f.place == row {
		to = f.end + rowEnd(s.text[f.end:to]) // what the next rows say is theirs
		message = f.end + cellEnd(s.text[f.end:to])
	}
	var c context
	if whole := from == 0 && message == len(s.text); whole && s.contextOf != nil {
		c = *s.contextOf
	} else {
		c.text, c.message = s.text[from:to], hasMessage(s.text[from:to])
		s.gather(&c, from, message)
		if message < to {
			var others context
			s.gather(&others, message, to)
			c.advice = others.topics
			c.signs |= others.signs
			c.system = max(c.system, others.system)
		}
		if whole {
			kept := c
			s.contextOf = &kept
		}
	}
	c.before = s.wordBefore(f.start)
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s.text[:f.start], " \t"))
	c.numbered = c.before == aWord{} && inWord(last) && !s.followsIdentifier(f.start) && !s.followsInterface(f.start) && c.signs&namesPlatform == 0 && !strings.HasPrefix(s.text[f.end:], "，")
	return &c
}

// followsIdentifier reports whether the word before i is an identifier, as a function's name is: bind_group 221001.
func (s *scanner) followsIdentifier(i int) bool {
	t := strings.TrimRight(s.text[:i], " \t")
	for len(t) > 0 && isWordByte(t[len(t)-1]) {
		if t[len(t)-1] == '_' {
			return true
		}
		t = t[:len(t)-1]
	}
	return false
}

// followsInterface reports whether an interface's path stands before i.
func (s *scanner) followsInterface(i int) bool {
	return s.interfaceEnd > 0 && s.interfaceEnd < i && strings.Trim(s.text[s.interfaceEnd:i], " \t") == ""
}

// inWord reports whether a character is part of a word, English or Chinese.
func inWord(r rune) bool {
	return r < utf8.RuneSelf && isWordByte(byte(r)) || unicode.Is(unicode.Han, r)
}

// rowEnd returns where the row ends that begins a text: at the end of the line, or before the number of the next.
func rowEnd(text string) int {
	for i := range len(text) {
		if text[i] == '\n' {
			return i
		}
		if i > 0 && text[i] >= '0' && text[i] <= '9' && !isWordByte(text[i-1]) {
			if n, _, ok := readNumber(text, i); ok && n.rare() {
				return i
			}
		}
	}
	return len(text)
}

// cellEnd returns where the first cell with words ends that a text of several cells has.
func cellEnd(text string) int {
	words := strings.IndexFunc(text, func(r rune) bool { return r < utf8.RuneSelf && isLetter(byte(r)) || unicode.IsLetter(r) })
	if words < 0 {
		return len(text)
	}
	if end := strings.IndexAny(text[words:], "|\t"); end >= 0 {
		return words + end
	}
	return len(text)
}

// hasMessage reports whether a text has a quoted member for a message that is not empty.
func hasMessage(text string) bool {
	for _, name := range []string{"msg", "Msg", "essage", "desc", "info", "reason", "note"} {
		for rest := text; ; {
			i := strings.Index(rest, name)
			if i < 0 {
				break
			}
			rest = rest[i+len(name):]
			at, sep := valueAt(rest, 0)
			if (sep == ':' || sep == '=') && at < len(rest) && strings.IndexByte("\"',}&;", rest[at]) < 0 {
				return true
			}
		}
	}
	return false
}

// gather adds what the words of text[from:to] say.
func (s *scanner) gather(c *context, from, to int) {
	t := s.text[:to]
	for i := from; i < to; {
		switch b := t[i]; {
		case isLetter(b) || b == '_':
			end := wordEnd(t, i)
			s.readWord(c, t, i, end)
			i = end
		case b >= '0' && b <= '9':
			if digits := skip(t, i, decimals); digits-i >= leastRare { // 100008appid
				i = digits
			} else {
				i = wordEnd(t, i)
			}
		case b == '?':
			if i+1 == to || t[i+1] == ' ' || t[i+1] == '\n' { // not that of an address
				c.signs |= asks
			}
			i++
		case b >= utf8.RuneSelf:
			if strings.HasPrefix(t[i:], "？") {
				c.signs |= asks
			}
			says, end := s.words.lookChinese(t, i)
			c.add(says, false)
			if end == i {
				_, size := utf8.DecodeRuneInString(t[i:])
				end += size
			}
			i = end
		case b == '\\':
			i += 2
		default:
			i++
		}
	}
}

func (s *scanner) readWord(c *context, t string, start, end int) {
	w := t[start:end]
	inPath := start > 0 && (t[start-1] == '/' || t[start-1] == '&' || t[start-1] == '?') || end < len(t) && t[end] == '/'
	at := skip(t, end, "\\\"'`]")
	isKey := at < len(t) && (t[at] == '=' || t[at] == ':' && !strings.HasPrefix(t[at:], "://") && !endsPhrase(t, start))
	if says := s.words.look(w); says != (aWord{}) {
		if at == end && at < len(t) && t[at] == '(' { // the type of a dumped value: int(-23)
			says.signs &^= isSource
		}
		c.add(says, isKey || inPath)
		return
	}
	if inPath {
		return
	}
	for part := range parts(w) {
		if len(part) < len(w) {
			says := s.words.look(part)
			if !isKey {
				c.named |= says.topics
			}
			c.add(says, true)
		}
	}
}

// endsPhrase reports whether the word that begins at start follows another one, so that a colon behind it ends a phrase and no key: invalid
// parameter: pf.
func endsPhrase(t string, start int) bool {
	return start > 1 && t[start-1] == ' ' && isLetter(t[start-2])
}

func (c *context) add(says aWord, isName bool) {
	if !isName {
		c.topics |= says.topics
	}
	c.signs |= says.signs &^ counts
	if c.system == 0 {
		c.system = says.system
	}
}

// wordBefore returns what the word just before a number says; nothing if it is not just before it.
func (s *scanner) wordBefore(start int) aWord {
	t := s.text
	end := start
	for end > 0 && start-end < 6 {
		r, size := utf8.DecodeLastRuneInString(t[:end])
		if !strings.ContainsRune(" \t:=(（：【[#\"'“", r) {
			break
		}
		end -= size
	}
	if end == 0 {
		return aWord{}
	}
	if !isWordByte(t[end-1]) {
		for size := min(4*len("群"), end/len("群")*len("群")); size > 0; size -= len("群") {
			if says, wordEnd := s.words.lookChinese(t, end-size); wordEnd == end {
				return says
			}
		}
		return aWord{}
	}
	from := end
	for from > 0 && isWordByte(t[from-1]) {
		from--
	}
	says := s.words.look(t[from:end])
	if says == (aWord{}) {
		for part := range parts(t[from:end]) {
			says = s.words.look(part)
		}
	}
	return says
}
