// Package words hides the words of an operator's list in texts that players write.
package words

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a list.
const (
	MaxWords = 100_000
	MaxWord  = 64 // characters
)

// List is a list of words. nil has none. It is not changed after it was read, and so safe for concurrent use.
type List struct{ root node }

type node struct {
	next map[rune]*node
	word bool // a word ends here
}

// Read reads one word a line: UTF-8, blanks around it do not count, empty lines and those that begin with # are none. The
// error names the line.
func Read(r io.Reader) (*List, error) {
	list := new(List)
	lines := bufio.NewScanner(r)
	count := 0
	for number := 1; lines.Scan(); number++ {
		word := strings.TrimSpace(lines.Text())
		switch {
		case word == "" || word[0] == '#':
			continue
		case !utf8.ValidString(word):
			return nil, fmt.Errorf("line %d is not UTF-8", number)
		case utf8.RuneCountInString(word) > MaxWord:
			return nil, fmt.Errorf("line %d has more than %d characters", number, MaxWord)
		case count == MaxWords:
			return nil, fmt.Errorf("line %d: there are more than %d words", number, MaxWords)
		}
		count++
		list.add(word)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return list, nil
}

func (l *List) add(word string) {
	at := &l.root
	for _, r := range word {
		r = fold(r)
		next := at.next[r]
		if next == nil {
			if at.next == nil {
				at.next = make(map[rune]*node)
			}
			next = new(node)
			at.next[r] = next
		}
		at = next
	}
	at.word = true
}

// Hide returns the text with a * for each character of a word on the list, in upper or lower case, and whether there was
// any. Where words overlap the first counts, and of those that begin together the longest.
func (l *List) Hide(text string) (hidden string, found bool) {
	if l == nil {
		return text, false
	}
	var b strings.Builder
	kept := 0 // up to where b has the text
	for i := 0; i < len(text); {
		bytes, characters := l.longest(text[i:])
		if bytes == 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		b.WriteString(text[kept:i])
		b.WriteString(strings.Repeat("*", characters))
		i += bytes
		kept, found = i, true
	}
	if !found {
		return text, false
	}
	b.WriteString(text[kept:])
	return b.String(), true
}

// longest measures the longest word that the text begins with.
func (l *List) longest(text string) (bytes, characters int) {
	at, seen := &l.root, 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if at = at.next[fold(r)]; at == nil {
			break
		}
		i += size
		seen++
		if at.word {
			bytes, characters = i, seen
		}
	}
	return bytes, characters
}

// fold makes upper and lower case the same.
func fold(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
