// Package flatjson reads the JSON objects that most callers send, whose values are plain strings and whole numbers, several
// times as fast as a full JSON library. It leaves all other objects to such a library.
package flatjson

import (
	"slices"
	"unsafe"
)

// Object receives the members of an object.
type Object interface {
	// Set takes a member. It returns false when the member is not valid for the object. name and value refer to the text
	// that is read, so they must not be kept longer than that stays unchanged.
	Set(name, value string, kind Kind) bool
}

// Kind is the kind of a value.
type Kind uint8

// The kinds of plain values.
const (
	String Kind = iota // printable ASCII without escapes; the value is the text between the quotes
	Number             // at most 20 decimal digits without sign, fraction or exponent
)

// maxDigits is enough for every number of 64 bits.
const maxDigits = 20

// maxMembers bounds a plain object, so that a repeated name is found quickly.
const maxMembers = 8

// Read reads a whole text into an object. It returns false when the text is not one plain object with distinct names; the
// members set until then are then meaningless.
func Read(text []byte, into Object) bool {
	s := scanner{text: unsafe.String(unsafe.SliceData(text), len(text))}
	var names [maxMembers]string
	if !s.take('{') {
		return false
	}
	for count := 0; count < maxMembers; count++ {
		name, ok := s.quoted()
		if !ok || !s.take(':') {
			return false
		}
		if slices.Contains(names[:count], name) {
			return false
		}
		names[count] = name
		value, kind, ok := s.value()
		if !ok || !into.Set(name, value, kind) {
			return false
		}
		if s.take(',') {
			continue
		}
		return s.take('}') && s.end()
	}
	return false
}

type scanner struct {
	text string
	at   int
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// take skips white space and then a character.
func (s *scanner) take(c byte) bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) end() bool {
	s.space()
	return s.at == len(s.text)
}

func (s *scanner) quoted() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	for i := s.at; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			text := s.text[s.at:i]
			s.at = i + 1
			return text, true
		case c < ' ' || c > '~' || c == '\\':
			return "", false
		}
	}
	return "", false
}

func (s *scanner) value() (string, Kind, bool) {
	s.space()
	begin := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	digits := s.text[begin:s.at]
	if len(digits) == 0 {
		text, ok := s.quoted()
		return text, String, ok
	}
	return digits, Number, len(digits) <= maxDigits && (len(digits) == 1 || digits[0] != '0')
}
