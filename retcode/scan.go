package retcode

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The scanner finds the numbers that stand where return codes stand. It reads a text by its words, not by its syntax, so
// that one pass serves JSON, JSON inside JSON, JSONP, logfmt, query strings and prose, whole or cut off. The key before a
// number decides; numbers without such a key are ignored.

// place is where a number stood.
type place uint8

const (
	alone        place = iota // it is the whole text
	named                     // it follows a domain's name
	field                     // the value of code, ret, result ...
	jsonAnswer                // the value of a quoted member such as code or ret
	oauthError                // the value of error, which is a number of OAuth's
	platformCode              // the value of platCode or thirdCode
	opening                   // it opens a message
)

// command is a command number of the bus.
type command int

const (
	noCommand        command = 0
	someCommand      command = -1 // the text speaks of the bus, but names no command
	accessTokenCheck command = 0x711
	payTokenCheck    command = 0x73a
	openIDConversion command = 0x71f
)

// ownDomain returns the domain of the command's own results; 0 when the command has no such domain or is not known.
func (c command) ownDomain() Domain {
	switch c {
	case accessTokenCheck, openIDConversion:
		return AccessToken
	case payTokenCheck:
		return PayToken
	}
	return 0
}

type finding struct {
	number
	place   place
	command command // the command that answered the number
	domain  Domain  // the domain that the text names for it
	key     key
}

// maxFindings bounds what one text can yield. An answer holds two or three codes, a range some more.
const maxFindings = 16

type scanner struct {
	text  string
	found [maxFindings]finding
	n     int

	command    command // the command named last, until a number is taken as its answer
	interfaces Domain  // the domain whose interface the text names
	door       Domain  // the door whose path the interface is below, for the numbers of its own
	domain     Domain  // the value of a domain field

	weChat      bool // the code that opens the message is WeChat's
	thirdCode   bool // the text has a thirdCode
	v3          bool // the text is of MSDK V3
	share       bool // the text names MSDK V3's /share/qq
	http        bool // the text speaks of an HTTP request, so that its code may be an HTTP status
	busAnswered bool // some finding is a command's answer

	opened             int // where a message's value was read last
	prevStart, prevEnd int // the word before the current one
}

func (s *scanner) findings() []finding { return s.found[:s.n] }

func (s *scanner) add(f finding) {
	if s.n == maxFindings {
		return
	}
	if f.command == noCommand && f.number.isByte() && (f.place == field || f.place == jsonAnswer) {
		f.command, s.command = s.command, noCommand
	}
	if f.domain == 0 {
		f.domain = s.domain
	}
	s.found[s.n] = f
	s.n++
}

func (s *scanner) scan() {
	if s.onlyNumbers() {
		return
	}
	t := s.text
	for i := 0; i < len(t); {
		switch c := t[i]; {
		case isWordByte(c):
			end := i + 1
			for end < len(t) && isWordByte(t[end]) {
				end++
			}
			s.word(i, end)
			s.prevStart, s.prevEnd = i, end
			i = end
		case c == '-' || c == minus[0]:
			s.openingNumber(i)
			i++
		case c >= utf8.RuneSelf:
			k, end := chineseKey(t, i)
			if k != noKey {
				s.value(k, i, end)
			}
			i = max(end, i+1)
		case c == '\\' && i+1 < len(t) && t[i+1] == 'u':
			i += 6
		case c == '\\':
			i += 2
		default:
			i++
		}
	}
}

// settle decides what only the whole text can tell.
func (s *scanner) settle() {
	// A command named after its result: ret=17 cmd=0x73a.
	if s.command.ownDomain() != 0 {
		for i := s.n - 1; i >= 0; i-- {
			f := &s.found[i]
			if f.command == noCommand && (f.place == field || f.place == jsonAnswer) && f.value >= 0 && f.value < 256 {
				f.command = s.command
				break
			}
		}
	}
	failed := slices.ContainsFunc(s.findings(), func(f finding) bool { return f.value != 0 })
	kept := s.found[:0]
	for _, f := range s.findings() {
		if f.command == someCommand && s.interfaces != 0 && find(s.interfaces, f.value) != nil {
			f.command = noCommand // the interface's own answer, in a line that also mentions the bus
		}
		switch {
		case f.value == 0 && failed:
		case f.place == opening && s.weChat:
		case f.key == keyRet && f.value == 5 && s.thirdCode: // it only announces the thirdCode
		case f.key == keyCode && f.value >= 200 && f.value <= 208 && f.command == noCommand && s.http: // an HTTP status
		default:
			if f.domain == 0 {
				f.domain = s.domain
			}
			s.busAnswered = s.busAnswered || f.command != noCommand
			kept = append(kept, f)
		}
	}
	s.n = len(kept)
}

// weChatEnvelope is the ret of a message that opens with a code of WeChat's; -10000 is the ret for QQ's.
const (
	weChatEnvelope = -20000
	qqEnvelope     = "-10000"
)

// openingNumber takes a negative number that opens a message somewhere in the text: -73,internal error.
func (s *scanner) openingNumber(i int) {
	t := s.text
	if i > 0 {
		blank := strings.IndexByte(" \t\"'", t[i-1]) >= 0
		value := i > 1 && t[i-2] == '='
		if !blank || value || i == s.opened {
			return
		}
	}
	n, end, ok := parseNumber(t, i)
	if ok && opensMessage(t[end:], i == 0) {
		s.add(finding{number: n, place: opening})
	}
}

// opensMessage reports whether a number is followed by a comma and a word. Prose has a blank between them, so a blank is
// allowed only where a message certainly begins.
func opensMessage(rest string, blank bool) bool {
	rest, ok := strings.CutPrefix(rest, ",")
	if blank {
		rest = strings.TrimPrefix(rest, " ")
	}
	return ok && rest != "" && (isLetter(rest[0]) || rest[0] >= utf8.RuneSelf || strings.HasPrefix(rest, "..."))
}

// word interprets the word text[start:end].
func (s *scanner) word(start, end int) {
	t := s.text
	w := t[start:end]
	if w[0] <= '9' {
		s.numberWord(start, end)
		return
	}
	if start > 0 && t[start-1] == '/' {
		s.path(t[s.prevStart:s.prevEnd], w)
	}
	if i := strings.Index(w, "0x"); i > 0 { // decode0x73a, oidb_0x758
		if n, _, ok := parseNumber(w, i); ok {
			s.nameCommand(command(n.value))
			return
		}
	}
	k, domain := lookupKey(w)
	if domain != 0 && s.named(domain, start, end) {
		return
	}
	switch k {
	case noKey:
	case keyBus:
		if s.command == noCommand {
			s.command = someCommand
		}
	case keyHTTP:
		s.http = true
	case keyV3:
		s.v3 = true
	case keyMessage:
		s.message(end)
	case keyDomain:
		if at, sep := valueAt(t, end); sep != 0 {
			s.domain, _ = ParseDomain(t[at:wordEnd(t, at)])
		}
	case keyCommand:
		s.commandValue(end)
	default:
		s.value(k, start, end)
	}
}

// numberWord interprets a word that begins with a digit: a command number, or the code that opens the whole text.
func (s *scanner) numberWord(start, end int) {
	n, numEnd, ok := parseNumber(s.text, start)
	if !ok {
		return
	}
	if n.hex() {
		// Other hex words are addresses as often as commands, so a command must be announced.
		c := command(n.value)
		known := c.ownDomain() != 0 && (start == 0 || s.text[start-1] != '+')
		if known || n.value > 0xff && s.command != noCommand {
			s.nameCommand(c)
		}
		return
	}
	first := s.prevEnd == 0 && skip(s.text, 0, " \t\"'") == start
	if first && n.distinct() && numEnd == end && opensMessage(s.text[end:], true) {
		s.add(finding{number: n, place: opening})
	}
}

func (s *scanner) nameCommand(c command) {
	if c > 0xff {
		s.command = c
	}
}

func (s *scanner) commandValue(end int) {
	at, sep := valueAt(s.text, end)
	if sep == 0 {
		return
	}
	if strings.HasPrefix(s.text[at:], "gc_") {
		s.interfaces = GameCenter
		return
	}
	if n, _, ok := parseNumber(s.text, at); ok {
		s.nameCommand(command(n.value))
	}
}

// path derives the domain from one part of an interface's path and the word before it. Group and Game Center interfaces
// share their paths with others, so they are looked for first.
func (s *scanner) path(before, part string) {
	s.share = s.share || before == "share" && part == "qq"
	switch {
	case before == "usr" || before == "home": // a file's path: /usr/share, /home/user
	case strings.Contains(part, "group"):
		s.interfaces = Group
		switch {
		case s.door != 0: // MSDK V5, which has these below /v2/group
		case part == "unbind_group":
			s.door = V2Unbind
		default:
			s.door = V2Group
		}
	case part == "acvm" || part == "QQConnect" || strings.HasPrefix(part, "qqscore"):
		s.interfaces = GameCenter
	case s.interfaces != 0:
	default:
		switch part {
		case "v2":
			s.door = MSDKv5
		case "v3":
			s.door = OpenAPI
		}
		switch part {
		case "oauth2", "v3", "user", "auth", "friend", "profile", "relation", "share":
			s.interfaces = QQ
		}
		switch part {
		case "auth", "profile", "relation": // MSDK V5 has these below /v2, OpenAPI below /v3
			s.v3 = s.v3 || before != "v2" && before != "v3"
		}
	}
}

// named takes the number after a domain's name, in the form that Code.Error gives it (qq -5: ...) or as qq/-5.
func (s *scanner) named(domain Domain, start, end int) bool {
	t := s.text
	if end == len(t) || strings.IndexByte(" :/", t[end]) < 0 || start > 0 && t[start-1] == '/' {
		return false
	}
	n, end, ok := parseNumber(t, skip(t, end+1, " "))
	if !ok || end < len(t) && strings.IndexByte(":\"'\\)]", t[end]) < 0 {
		return false
	}
	s.add(finding{number: n, place: named, domain: domain})
	return true
}

// message takes the code that opens a message: "msg":"-73,internal error". Where a ret announces such a code, no text needs
// to follow it.
func (s *scanner) message(end int) {
	at, sep := valueAt(s.text, end)
	n, numEnd, ok := parseNumber(s.text, at)
	shared := find(Share, n.value) != nil && strings.Contains(s.text, qqEnvelope) // its numbers are small
	if !ok || sep == 0 || !n.distinct() && !shared {
		return
	}
	rest := s.text[numEnd:]
	bare := strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, `,"`)
	if opensMessage(rest, true) || bare && strings.Contains(s.text, qqEnvelope) {
		s.add(finding{number: n, place: opening})
		s.opened = at
	}
}

// value takes the number that is the value of the key text[start:end].
func (s *scanner) value(k key, start, end int) {
	t := s.text
	if k == keyCode && s.otherCode(start) {
		return
	}
	at, sep := valueAt(t, end)
	n, numEnd, ok := parseNumber(t, at)
	if !ok || sep == 0 {
		return
	}
	if sep == '>' && !strings.HasPrefix(t[numEnd:], "</") {
		return
	}
	quoted := end < len(t) && (t[end] == '"' || t[end] == '\\')
	wordy := k == keyCode || k == keyResult || k == keyError // also words of prose
	if wordy && !n.distinct() && s.command == noCommand {
		switch {
		case sep == ' ' || end > 0 && t[end-1] >= utf8.RuneSelf: // code 5 of the plan, 返回：5 条
			return
		case sep == ':' && !quoted && prose(t[numEnd:]): // error: 3 files missing
			return
		}
	}
	f := finding{number: n, place: field, key: k}
	switch {
	case k == keyBusResult:
		if s.command == noCommand {
			s.command = someCommand
		}
	case k == keyPlatform:
		f.place = platformCode
	case k == keyThird:
		f.place = platformCode
		s.thirdCode = s.thirdCode || n.value != 0
	case k == keyError && n.value >= 100000:
		f.place = oauthError
	case quoted && k != keyResult:
		f.place = jsonAnswer
	}
	s.weChat = s.weChat || n.value == weChatEnvelope
	s.add(f)
}

// otherCode reports whether the word before code makes it a code of another kind: exit code 1, grpc.code=5.
func (s *scanner) otherCode(start int) bool {
	if s.prevEnd == 0 || strings.Trim(s.text[s.prevEnd:start], " .-") != "" {
		return false
	}
	switch strings.ToLower(s.text[s.prevStart:s.prevEnd]) {
	case "exit", "status", "http", "grpc", "country", "area", "zip", "postal", "region", "locale", "source", "key", "qr":
		return true
	}
	return false
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
// a blank. The separator is 0 when no value follows. Quotes around key and value may be escaped, as in JSON inside JSON.
func valueAt(t string, end int) (at int, sep byte) {
	if rest, ok := strings.CutPrefix(t[end:], "】"); ok { // 【错误码】100014
		return len(t) - len(strings.TrimLeft(rest, " \t:")), ':'
	}
	at = skip(t, end, `\"'`)
	blanks := skip(t, at, " \t")
	switch {
	case strings.HasPrefix(t[blanks:], "=="): // a comparison
		return at, 0
	case strings.HasPrefix(t[blanks:], wideColon):
		sep = ':'
		at = blanks + len(wideColon)
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
		return blanks, ' '
	default:
		return at, 0
	}
	return skip(t, at, " \t\\\"'"), sep
}

func skip(t string, i int, set string) int {
	for i < len(t) && strings.IndexByte(set, t[i]) >= 0 {
		i++
	}
	return i
}

// wideColon is the colon of Chinese texts.
const wideColon = "\uff1a"

func wordEnd(t string, i int) int {
	for i < len(t) && isWordByte(t[i]) {
		i++
	}
	return i
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isWordByte(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c == '_' }
