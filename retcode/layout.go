package retcode

import (
	"strings"
	"unicode/utf8"
)

// How a text is laid out around a number, by its marks.

// beginsLine reports whether nothing but decoration is between the beginning of a line and i: quotes, brackets, the bars of a table, the
// mark of a list or of a comment, "4." and "A.". A comment behind source code is a line, too.
func beginsLine(t string, i int) bool {
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(t[:i])
		if r == '\n' || r == '/' && i > 2 && t[i-2] == '/' && strings.IndexByte(" \t;{}", t[i-3]) >= 0 {
			return true
		}
		if !strings.ContainsRune(" \t\r|*-#>/`\"'“‘「『【[(（·•", r) {
			break
		}
		i -= size
	}
	if i == 0 {
		return true
	}
	if strings.IndexByte(".)", t[i-1]) >= 0 || strings.HasSuffix(t[:i], "、") {
		_, size := utf8.DecodeLastRuneInString(t[:i])
		mark := i - size
		for mark > 0 && isWordByte(t[mark-1]) {
			mark--
		}
		return i-size-mark > 0 && i-size-mark <= 2 && (mark == 0 || t[mark-1] == '\n')
	}
	return false
}

// wordsFollow reports whether words follow a number at the beginning of a row, after a separator if they are English.
func wordsFollow(rest string) bool {
	at := skip(rest, 0, " \t|:.,`\"'")
	at += len(rest[at:]) - len(strings.TrimLeft(rest[at:], wideMarks))
	at = skip(rest, at, " \t|")
	if at == len(rest) {
		return false
	}
	return isLetter(rest[at]) && at > 0 || rest[at] >= utf8.RuneSelf || at > 0 && (rest[at] == '-' || rest[at] >= '0' && rest[at] <= '9')
}

// rangeFollows reports whether the sign of a range and a number follow. A hyphen is not enough: it can be a sign.
func rangeFollows(rest string) bool {
	if strings.HasPrefix(strings.TrimLeft(rest, " "), "-") {
		return false
	}
	rest, ok := cutRangeSign(rest)
	return ok && rest != "" && (rest[0] == '-' || rest[0] >= '0' && rest[0] <= '9')
}

// enclosed reports whether brackets or tags stand around t[start:end].
func enclosed(t string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(t[:start])
	after, _ := utf8.DecodeRuneInString(t[end:])
	switch before {
	case '(':
		return after == ')'
	case '[':
		return after == ']'
	case '（':
		return after == '）'
	case '【':
		return after == '】'
	case '<', '>':
		return after == '<' || after == '>'
	}
	return false
}

// betweenMarks reports whether t[start:end] stands by itself between two marks, at the end of the line or after an arrow.
func betweenMarks(t string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(t[:start], " "))
	after, _ := utf8.DecodeRuneInString(t[end:])
	return before == '>' || strings.ContainsRune(",:;，：；", before) && (end == len(t) || strings.ContainsRune("\n,:;，：；", after))
}

// followsWord reports whether only a blank is between a word and i.
func followsWord(t string, i int) bool {
	before := strings.TrimRight(t[:i], " \t")
	last, _ := utf8.DecodeLastRuneInString(before)
	return len(before) < i && inWord(last)
}

// isArgument reports whether t[start:] is the first argument of a call.
func isArgument(t string, start int) bool {
	return start > 1 && t[start-1] == '(' && isWordByte(t[start-2])
}

// isMember reports whether t[start:] is a member of a list, a tuple or a line of CSV.
func isMember(t string, start int) bool {
	before := strings.TrimRight(t[:start], " ")
	return before != "" && strings.IndexByte("([{,", before[len(before)-1]) >= 0
}

// textFollows reports whether the next member after a number is a text.
func textFollows(rest string) bool {
	rest, ok := strings.CutPrefix(rest, ",")
	rest = strings.TrimPrefix(strings.TrimLeft(rest, " "), "<<") // Erlang's
	return ok && rest != "" && (strings.IndexByte("\"'`", rest[0]) >= 0 || isLetter(rest[0]) || rest[0] >= utf8.RuneSelf)
}

// followsOperator reports whether an operator of source code stands before i.
func followsOperator(t string, i int) bool {
	t = strings.TrimRight(t[:i], " ")
	return t != "" && strings.IndexByte("^&|+-*/%<", t[len(t)-1]) >= 0
}

// wideMarks are the marks of Chinese texts between a number and its words, and around words.
const wideMarks = "，：、。；“‘「（【"

func endsWithMark(t string) bool {
	r, _ := utf8.DecodeLastRuneInString(t)
	return r != utf8.RuneError && strings.ContainsRune(wideMarks, r)
}

func isBlank(t string, i int) bool { return i >= 0 && (t[i] == ' ' || t[i] == '\t') }

// opensMessage reports whether a number is followed by a comma, a bar or a colon, and a word. Prose has a blank between them, so a blank is
// allowed only where a message certainly begins; so is a colon.
func opensMessage(rest string, certain bool) bool {
	switch {
	case strings.HasPrefix(rest, ","), strings.HasPrefix(rest, "|"):
		rest = rest[1:]
	case strings.HasPrefix(rest, "，"):
		rest = rest[len("，"):]
	case certain && strings.HasPrefix(rest, ":"):
		rest = rest[1:]
	case certain && strings.HasPrefix(rest, "："):
		rest = rest[len("："):]
	default:
		return false
	}
	if certain {
		rest = strings.TrimPrefix(rest, " ")
	}
	named := strings.HasPrefix(rest[wordEnd(rest, 0):], ":\"") // -5, message:"signature"
	return rest != "" && !named && (isLetter(rest[0]) || rest[0] >= utf8.RuneSelf || strings.HasPrefix(rest, "..."))
}

// prose reports whether the text after a number continues like a sentence: blank and word, and no key=value.
func prose(rest string) bool {
	if len(rest) < 2 || rest[0] != ' ' || !isLetter(rest[1]) {
		return false
	}
	end := wordEnd(rest, 1)
	return end == len(rest) || rest[end] != '=' && rest[end] != ':'
}

// valueAt returns where the value of the key that ends at end begins, and the separator between them: ':', '=', '(', '>' or
// a blank. The separator is 0 when no value follows. Quotes around key and value may be escaped, as in JSON inside JSON; a bracket may
// enclose the key, a type the value: ["ret"]=> int(-23).
func valueAt(t string, end int) (at int, sep byte) {
	if rest, ok := strings.CutPrefix(t[end:], "】"); ok { // 【错误码】100014
		return len(t) - len(strings.TrimLeft(rest, " \t:：")), ':'
	}
	at = skip(t, end, "\\\"'`*]")
	if at > end && t[at-1] == ']' && at == end+1 && !(at < len(t) && strings.IndexByte(" =:", t[at]) >= 0) {
		return at, 0
	}
	if rest := strings.TrimLeft(t[at:], "."); len(rest) < len(t)-at && strings.HasPrefix(rest, " ") { // thirdRetCode. -73
		at = len(t) - len(rest)
	}
	blanks := skip(t, at, " \t")
	switch {
	case strings.HasPrefix(t[blanks:], "=="): // a comparison
		return blanks, 0
	case strings.HasPrefix(t[blanks:], wideColon):
		sep = ':'
		at = blanks + len(wideColon)
	case strings.HasPrefix(t[blanks:], "为") || strings.HasPrefix(t[blanks:], "是"):
		sep = ':'
		at = skip(t, blanks+len("为"), " :")
	case blanks < len(t) && (t[blanks] == ':' || t[blanks] == '='):
		sep = t[blanks]
		at = skip(t, blanks, ":=>")
	case at < len(t) && (t[at] == '(' || t[at] == '['):
		return at + 1, '('
	case at < len(t) && t[at] == '>' && at == end: // <ret>-5</ret>
		return at + 1, '>'
	case strings.HasPrefix(t[at:], "（") || strings.HasPrefix(t[at:], "【"):
		return at + len("（"), '('
	case blanks > at:
		at, sep = blanks, ' '
	case at < len(t) && end > 0 && t[end-1] >= utf8.RuneSelf && (t[at] == '-' || t[at] >= '0' && t[at] <= '9'): // 错误码-182008
		return at, ' '
	default:
		return at, 0
	}
	at = skip(t, at, " \t\\\"'`[")
	if strings.HasPrefix(t[at:], "“") {
		at += len("“")
	}
	if typed := wordEnd(t, at); typed > at && typed < len(t) && t[typed] == '(' && isLetter(t[at]) { // int(-23)
		at = skip(t, typed, "(\"")
	}
	return at, sep
}

func skip(t string, i int, set string) int {
	for i < len(t) && isOf(set, t[i]) {
		i++
	}
	return i
}

// isOf reports whether a byte is one of a few.
func isOf(set string, c byte) bool {
	for i := range len(set) {
		if set[i] == c {
			return true
		}
	}
	return false
}

// decimals are the digits of a decimal number.
const decimals = "0123456789"

// wideColon is the colon of Chinese texts.
const wideColon = "\uff1a"

func wordEnd(t string, i int) int {
	for i < len(t) && isWordByte(t[i]) {
		i++
	}
	return i
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isWordByte(c byte) bool { return kindOf[c] != 0 }

// kinds are the kinds of bytes that a word has.
type kinds uint8

const (
	aLetter kinds = 1 << iota
	aDigit
	anUnderscore
)

// kindOf has the kind of each byte of a word, and 0 for the others: most of a log's bytes are asked for theirs.
var kindOf = func() (of [256]kinds) {
	for c := range of {
		switch {
		case isLetter(byte(c)):
			of[c] = aLetter
		case c >= '0' && c <= '9':
			of[c] = aDigit
		}
	}
	of['_'] = anUnderscore
	return of
}()
