package retcode

import "strings"

// Numbers without a key.

// bareNumber takes a number without a key, if its place or its look is that of a return code.
func (s *scanner) bareNumber(start int) {
	t := s.text
	if start > 0 && (isWordByte(t[start-1]) || strings.IndexByte("./\\~+%$@&_-", t[start-1]) >= 0 || start == s.opened) {
		if between := t[s.prevEnd:start]; between == "" || between == "." {
			s.ofName(s.prevStart, start)
		}
		return // a part of something else, or taken as a message's
	}
	n, end, ok := parseNumber(t, start)
	if !ok {
		// Documents that lost their cells: 100009client_secret.
		if n, end, ok = readNumber(t, start); ok && n.rare() && isLetter(t[end]) && beginsLine(t, start) {
			s.add(finding{number: n, place: row, start: start, end: end})
		}
		return
	}
	f := finding{number: n, start: start, end: end}
	if f.place, ok = s.placeOf(f); !ok {
		return
	}
	switch {
	case f.place != opening && s.otherMember(start, end):
	case f.place == row:
		s.rowOf(f)
	case f.place == bracketed && n.isByte() && s.command != noCommand: // oidb: forbidden (250)
		f.place = field
		fallthrough
	default:
		s.add(f)
	}
}

// placeOf returns where a number without a key stands; false if numbers there are no codes.
func (s *scanner) placeOf(f finding) (place, bool) {
	t, rest := s.text, s.text[f.end:]
	first := beginsLine(t, f.start)
	goesOn := first && (wordsFollow(rest) || rangeFollows(rest))
	if f.hex() {
		return row, f.hexDigits <= 2 && goesOn
	}
	message := opensMessage(rest, first || !isBlank(t, f.start-1))
	if f.start == s.prevEnd+1 && t[s.prevEnd] == '(' && strings.HasPrefix(t[s.prevStart:], "0x") { // the service type of 0x711(1)
		return 0, false
	}
	opens := first || f.value < 0 && s.afterMark(f.start)
	small := f.value >= 0 && !f.rare()
	switch {
	case opens && message && f.distinct():
		return opening, true
	case goesOn:
		return row, true
	case enclosed(t, f.start, f.end):
		return bracketed, f.distinct() || s.command != noCommand && f.isByte()
	case small && find(s.command.ownDomain(), f.value) != nil && betweenMarks(t, f.start, f.end): // 0x711 failed, 65, expired
		return field, true
	case small:
		return loose, s.command != noCommand && find(OIDB, f.value) != nil || f.isWeChats()
	}
	// {error, -71, "openid and openkey not match"}
	member := f.value < 0 && isMember(t, f.start) && textFollows(rest)
	// the server says -25; login: -73
	told := f.value < 0 && (s.wordBefore(f.start).signs&announces != 0 || strings.HasSuffix(t[:f.start], ": "))
	// /user/get_user_info, -22, 12ms
	result := f.value < 0 && s.interfaceEnd > 0 && strings.Trim(t[s.interfaceEnd:f.start], " \t,|;:") == ""
	// build #221001
	counted := f.start > 1 && t[f.start-1] == '#' && t[f.start-2] == ' ' && s.words.look(t[s.prevStart:s.prevEnd]).key == noKey
	return loose, (f.rare() || f.unusual() || told || member || result) && !counted
}

// afterMark reports whether a message can begin at i: after a blank, a quote or a mark.
func (s *scanner) afterMark(i int) bool {
	if i == 0 {
		return true
	}
	blank := strings.IndexByte(" \t\"'", s.text[i-1]) >= 0
	value := i > 1 && s.text[i-2] == '='
	return blank && !value || endsWithMark(s.text[:i])
}

// rowOf takes the number that begins a row, the range that it begins, or the number of the bus that it gives in three forms:
// 0x9b -101 155.
func (s *scanner) rowOf(f finding) {
	t := s.text
	if rest, ok := cutRangeSign(t[f.end:]); ok && rangeFollows(t[f.end:]) {
		if last, end, ok := readNumber(rest, 0); ok && endsNumber(rest, end) && last.hex() == f.hex() {
			end += len(t) - len(rest)
			for n := range between(f.number, last) {
				if n.known() {
					s.add(finding{number: n, place: row, start: f.start, end: end, inRange: true})
				}
			}
			return
		}
	}
	if second, end, ok := readNumber(t, nextCell(t, f.end)); ok {
		if third, end, ok := readNumber(t, nextCell(t, end)); ok {
			if n, ok := inThreeForms(f.number, second, third); ok {
				s.add(finding{number: n, place: row, start: f.start, end: end, threeForms: true})
				return
			}
		}
	}
	s.add(f)
}

// nextCell returns where the next cell of a row begins.
func nextCell(t string, end int) int { return skip(t, end, " \t|") }

// inThreeForms returns the number that three numbers are the hexadecimal, the signed and the unsigned form of, in any order. The list has a
// misprinted hexadecimal form, and prints 5 alike with a sign and without.
func inThreeForms(a, b, c number) (unsigned number, ok bool) {
	if b.hex() {
		a, b = b, a
	} else if c.hex() {
		a, c = c, a
	}
	if b.value > c.value {
		b, c = c, b
	}
	return c, a.hex() && !b.hex() && !c.hex() && (b.value == c.value || b.value+256 == c.value) && c.value >= a.value
}

// otherMember reports whether the number is the value of a member whose name is not a code's: "seq":"100014". Where words follow,
// the name is a tag: [ark] share: 225007 no friends.
func (s *scanner) otherMember(start, end int) bool {
	t := s.text
	if s.prevEnd == 0 || start-s.prevEnd > 4 || s.prevEnd > start || s.prevEnd == s.interfaceEnd {
		return false
	}
	between := strings.Trim(t[s.prevEnd:start], " \t\"'\\")
	if between != ":" && between != "=" && between != "=>" || t[s.prevStart] <= '9' && t[s.prevEnd] == ':' { // svc 1: 38
		return false
	}
	if between == "=>" && s.prevStart > 0 && t[s.prevStart-1] == '=' { // guild=10086 => 221009
		return false
	}
	if t[s.prevEnd] == ':' && endsPhrase(t, s.prevStart) && s.words.look(t[s.prevStart:s.prevEnd]).signs&saysFailure != 0 { // param missing: -4001
		return false
	}
	message := strings.TrimLeft(t[end:], "\"'`")
	if strings.HasPrefix(message, ">") { // <option value="221005">
		return false
	}
	if strings.HasPrefix(message, "？") { // Q: 100010？
		return false
	}
	if t[start] == '-' { // login: -73, password changed
		message = strings.TrimPrefix(message, ",")
	}
	if between == ":" && (prose(message) || strings.HasPrefix(message, ` "`)) {
		return false
	}
	for part := range parts(t[s.prevStart:s.prevEnd]) {
		switch s.words.look(part).key {
		case keyRet, keyCode, keyErrCode, keyResult, keyError:
			return false
		}
	}
	return true
}
