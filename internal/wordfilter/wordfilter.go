// Package wordfilter hides the words of an operator's list in texts that players write.
package wordfilter

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
	MaxWord  = 64 // in characters
)

// Filter hides the words of a list, none if it is nil. It never changes after it was read, so it is safe for concurrent use.
type Filter struct {
	next map[edge]int32 // the words as a tree with root 0
	ends []bool         // by node: whether a word ends here
}

// edge leads from a node to a child by a character. One map for all edges takes a tenth of the memory of one map per node.
type edge struct {
	from int32
	by   rune
}

// Read reads one word per line, in UTF-8. Blanks around a word do not count; empty lines and lines that begin with # are
// skipped. The error names the line.
func Read(r io.Reader) (*Filter, error) {
	list := &Filter{next: make(map[edge]int32), ends: make([]bool, 1)}
	lines := bufio.NewScanner(r)
	count, number := 0, 1
	for ; lines.Scan(); number++ {
		word := strings.TrimSpace(strings.TrimPrefix(lines.Text(), byteOrderMark))
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
		return nil, fmt.Errorf("line %d: %w", number, err)
	}
	return list, nil
}

// byteOrderMark is what some editors write before UTF-8.
const byteOrderMark = "\ufeff"

func (l *Filter) add(word string) {
	at := int32(0)
	for _, r := range word {
		e := edge{at, fold(r)}
		next, ok := l.next[e]
		if !ok {
			next = int32(len(l.ends))
			l.ends = append(l.ends, false)
			l.next[e] = next
		}
		at = next
	}
	l.ends[at] = true
}

// Hide returns the text with a * for each character of a listed word, in upper or lower case, and whether it found any. Of
// overlapping words the first counts, of words with the same beginning the longest.
func (l *Filter) Hide(text string) (hidden string, found bool) {
	if l == nil {
		return text, false
	}
	var b strings.Builder
	kept := 0 // b has the text up to here
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

// longest measures the longest word with which the text begins.
func (l *Filter) longest(text string) (bytes, characters int) {
	at, seen := int32(0), 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if at = l.next[edge{at, fold(r)}]; at == 0 {
			break
		}
		i += size
		seen++
		if l.ends[at] {
			bytes, characters = i, seen
		}
	}
	return bytes, characters
}

// fold maps upper and lower case to the same character.
func fold(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }
