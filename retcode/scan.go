package retcode

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// The scanner finds the numbers that stand where return codes stand. It reads a text by its words, not by its syntax, so
// that one pass serves JSON, JSON inside JSON, JSONP, logfmt, query strings, dumps of many languages, rows of tables and prose, whole or
// cut off. It notes where a number stood; whether the number is a code is for the evidence to say.

// place is where a number stood.
type place uint8

const (
	alone        place = iota // it is the whole text
	named                     // it follows a domain's name
	field                     // the value of code, ret, result ...
	jsonAnswer                // the value of a quoted member such as code or ret
	oauthError                // the value of error, which is a number of OAuth's
	platformCode              // the value of platCode or thirdCode
	opening                   // it opens a message: -73,internal error
	row                       // it begins a line or the row of a table, and words follow
	constant                  // the value of an identifier of source code
	bracketed                 // brackets enclose it
	loose                     // somewhere else
	byName                    // not a number: a symbol or the platform's own words
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
	place      place
	start      int     // where the number begins, and
	end        int     // where it ends
	command    command // the command that answered the number
	domain     Domain  // the domain that the text names for it
	key        key
	name       string // the key as the text has it
	inRange    bool   // it is one of a range's
	threeForms bool   // its hexadecimal, signed and unsigned forms stand in a row
}

// maxFindings bounds what one text can yield. An answer holds two or three codes, a range some more.
const maxFindings = 16

type scanner struct {
	text  string
	words *lexicon
	found [maxFindings]finding
	n     int

	command    command // the command named last, until a number is taken as its answer
	interfaces Domain  // the domain whose interface the text names
	door       Domain  // the door whose path the interface is below, for the numbers of its own
	domain     Domain  // the value of a domain field

	weChat      bool // the code that opens the message is WeChat's
	enveloped   bool // a ret announces the platform's code in msg
	searched    bool // the text was searched for such a ret
	worded      bool // the text has a word of the platform's own wordings
	thirdCode   bool // the text has a thirdCode
	v3          bool // the text is of MSDK V3
	share       bool // the text names MSDK V3's /share/qq
	http        bool // the text speaks of an HTTP request, so that its code may be an HTTP status
	busAnswered bool // some finding is a command's answer
	busNamed    bool // the text speaks of the bus

	interfaceEnd       int      // where an interface's path ends
	opened             int      // where a message's value was read last
	contextOf          *context // of the whole text, if that is short
	prevStart, prevEnd int      // the word before the current one
}

func (s *scanner) findings() []finding { return s.found[:s.n] }

// add notes a number, once. A number that only stands somewhere gives way to one at a better place.
func (s *scanner) add(f finding) {
	if slices.ContainsFunc(s.findings(), func(other finding) bool { return other.end == f.end && f.end > 0 && !f.inRange }) {
		return
	}
	if s.n == maxFindings {
		i := slices.IndexFunc(s.findings(), func(other finding) bool { return other.place == loose })
		if i < 0 || f.place == loose {
			return
		}
		s.n = len(slices.Delete(s.findings(), i, i+1))
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

// scan finds the numbers of a text.
func (s *scanner) scan(text string) {
	s.text, s.words = decoded(text), words()
	if !s.onlyNumbers() {
		s.read()
	}
	s.settle()
}

func (s *scanner) read() {
	t := s.text
	for i := 0; i < len(t); {
		switch c := t[i]; {
		case isWordByte(c):
			end, has := i+1, kindOf[c]
			for end < len(t) && kindOf[t[end]] != 0 {
				has |= kindOf[t[end]]
				end++
			}
			s.word(i, end, has)
			s.prevStart, s.prevEnd = i, end
			i = end
		case c == '-':
			s.bareNumber(i)
			i++
		case c >= utf8.RuneSelf:
			if strings.HasPrefix(t[i:], minus) {
				s.bareNumber(i)
			}
			says, end := s.words.lookChinese(t, i)
			if says.key != noKey {
				s.value(says, i, end)
			}
			i = max(end, i+1)
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
	if s.command > noCommand {
		for i := s.n - 1; i >= 0; i-- {
			f := &s.found[i]
			isResult := s.command.ownDomain() != 0 && f.value >= 0 && f.value < 256 || find(OIDB, f.value) != nil
			if f.command == noCommand && (f.place == field || f.place == jsonAnswer) && isResult {
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
		case (f.key == keyErrCode || f.key == keyRet) && f.value == 5 && s.thirdCode: // it only announces the thirdCode
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

// word interprets the word text[start:end], which has bytes of some kinds.
func (s *scanner) word(start, end int, has kinds) {
	t := s.text
	w := t[start:end]
	if w[0] <= '9' {
		s.numberWord(start, end)
		return
	}
	if start > 0 && t[start-1] == '/' {
		if first := s.startOfPath(w, start, end); first != "" {
			s.path("", first)
		}
		s.path(t[s.prevStart:s.prevEnd], w)
		oauth := strings.HasSuffix(t[:start-1], "oauth2.0")
		if s.interfaces != 0 && (strings.IndexByte(w, '_') > 0 || strings.HasPrefix(w, "qq") || oauth) {
			s.interfaceEnd = end
		}
	}
	if has&aDigit != 0 {
		if i := strings.IndexByte(w, 'x') - 1; i > 0 && w[i] == '0' { // decode0x73a, oidb_0x758
			if n, _, ok := parseNumber(w, i); ok {
				s.nameCommand(command(n.value))
				return
			}
		}
	}
	says := s.words.look(w)
	if says.domain != 0 && s.named(says.domain, start, end) {
		return
	}
	switch says.key {
	case noKey:
		switch {
		case says != aWord{}:
		case isErrorCode(w):
			s.value(aWord{key: keyErrCode}, start, end)
		case isUpper(w[0]) && s.symbol(w, start, end):
		case w[len(w)-1] <= '9' && s.ofName(start, start+digitsAtEnd(w)):
		case has&anUnderscore != 0:
			s.constant(start, end)
		case w == "GET" || w == "POST" || w == "PUT" || w == "DELETE" || w == "PATCH" || w == "HEAD" || w == "HTTP":
			s.http = true
		}
	case keyBus:
		s.busNamed = true
		if s.command == noCommand {
			s.command = someCommand
		}
		if n, _, ok := parseNumber(t, s.prevStart); ok && n.hex() { // 0x7c4 OIDB result=1
			s.nameCommand(command(n.value))
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
	case keyGameCenter:
		s.interfaces = GameCenter
	case keyWording:
		s.worded = true
	default:
		s.value(says, start, end)
	}
}

// isErrorCode reports whether a word is a program's own name for a code: loginErrCode, bind_ret_code.
func isErrorCode(w string) bool {
	if len(w) < len("ret_code") || w[len(w)-1]|0x20 != 'e' || !strings.EqualFold(w[len(w)-4:], "code") {
		return false
	}
	front := strings.ToLower(strings.TrimRight(w[:len(w)-4], "_"))
	for _, end := range []string{"ret", "err", "error", "result", "rt"} {
		if strings.HasSuffix(front, end) {
			return true
		}
	}
	return false
}

// symbols are the codes by the names of their constants, in lower case; like theLexicon they are made when they are needed.
var symbols struct {
	once sync.Once
	of   map[string]Code
}

func codeNamed(symbol string) Code {
	symbols.once.Do(func() {
		symbols.of = make(map[string]Code)
		for i := range table {
			for n := table[i].Low; n <= table[i].High; n++ {
				c := makeCode(table[i].Domain, n)
				symbols.of[plain(c.Symbol())] = c
			}
		}
		for _, n := range gatewayNames {
			symbols.of[plain(gatewayPrefix+n.name)] = n.code
		}
	})
	return symbols.of[plain(symbol)]
}

// plain returns a name in lower case and without underscores.
func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// gatewayNames are the codes of the gateway by the names that MSDK's documents have for them, after gatewayPrefix.
var gatewayNames = [...]struct {
	name string
	code Code
}{
	{"APPREQ_INVALID", QQParameterInvalid},
	{"APP_NOTEXIST", QQAppNotFound},
	{"APPAPI_NOPRIVI", QQAPINotGranted},
	{"IP_INVALID", QQAddressNotAllowed},
	{"SIG", QQSignatureWrong},
	{"APPAPI_ISLIMITED", QQAppRateExceeded},
	{"PROTOCAL_INVALID", QQHTTPSRequired},
	{"REQ_BLOCK", QQAuditRestricted},
	{"API_NOTEXIST", QQAPINotFound},
	{"SENSI_INNER_IP_INVALID", QQInnerAddressNotAllowed},
	{"SENSI_OUTER_IP_INVALID", QQOuterAddressNotAllowed},
	{"CHECK_DEV_USER", QQTestNumberRequired},
	{"USERAPI_NOPRIVI", QQScopeNotGranted},
	{"ACCESS_TOKEN_DISCARD", QQAccessTokenSuperseded},
	{"INVALID_OPENID", QQOpenIDIllegal},
	{"INVALID_OPENKEY", QQOpenKeyUnreadable},
	{"INVALID_OPENID_OPENKEY", QQOpenIDOpenKeyCheckFailed},
	{"OAUTH_TIMESTAMP", QQTimestampOutOfRange},
	{"OAUTH_NONCE", QQNonceReused},
	{"LOGIN_INVALID_APPID", QQOpenKeyAppInvalid},
	{"OPENID_OPENKEY_NOTMATCH", QQOpenIDOpenKeyMismatch},
	{"INVALID_APPKEY", QQAppKeyRotating},
	{"INVALID_ACCESSTOKEN_MODIFY_SIG", QQPasswordChanged},
}

const gatewayPrefix = "APIGW_RTCODE_"

// symbolStarts are how the names of codes begin, in lower case.
const symbolStarts = "qq gr ga oi pa ac v5 v3 v2 co op sh ap"

// symbol takes the name of a code's constant, as Go programs and those of other languages have it.
func (s *scanner) symbol(w string, start, end int) bool {
	if len(w) < 6 || len(w) > 64 || !strings.Contains(symbolStarts, string([]byte{w[0] | 0x20, w[1] | 0x20})) {
		return false
	}
	code := codeNamed(w)
	if code == 0 {
		return false
	}
	if at, sep := valueAt(s.text, end); sep == '=' || sep == ':' {
		if n, _, ok := parseNumber(s.text, at); ok && n.distinct() && n.value != code.Number() { // a program's constant of that name
			return false
		}
	}
	s.add(finding{number: number{value: code.Number()}, place: byName, domain: code.Domain(), start: start, end: end})
	return true
}

// compared takes the number that source code compares a code with: if (ret == -73).
func (s *scanner) compared(at int) {
	at = skip(s.text, at, "= ")
	if n, end, ok := parseNumber(s.text, at); ok && !n.hex() && n.distinct() {
		s.add(finding{number: n, place: constant, start: at, end: end})
	}
}

// ofName takes the number at the end of the name that a program gives a code, which begins at start: err_221010, error.-22, code_-4012.
func (s *scanner) ofName(start, at int) bool {
	if kindOf[s.text[start]] == aDigit { // a date
		return false
	}
	n, end, ok := parseNumber(s.text, at)
	if !ok || n.value >= 0 && !n.rare() {
		return false
	}
	name := strings.TrimRight(s.text[start:at], ".")
	for part := range parts(name) {
		name = part
	}
	switch s.words.look(name).key {
	case keyRet, keyCode, keyErrCode, keyError, keyMessage:
		s.add(finding{number: n, place: constant, start: at, end: end})
		return true
	}
	return false
}

// digitsAtEnd returns where the digits begin that a word ends with.
func digitsAtEnd(w string) int {
	i := len(w)
	for i > 0 && w[i-1] >= '0' && w[i-1] <= '9' {
		i--
	}
	return i
}

// constant takes the value of a constant of source code: APIGW_RTCODE_SIG = -5, _cr_sig_fail = -5.
func (s *scanner) constant(start, end int) {
	if t := s.text; end+1 < len(t) && t[end] == '=' && kindOf[t[end+1]] == aDigit && !mayBeRare(t[end+1:wordEnd(t, end+1)]) {
		return // most: took_ms=12
	}
	at, sep := valueAt(s.text, end)
	if sep != '=' && !(sep == ':' && isUpper(s.text[start])) { // ark_share: is a tag
		return
	}
	if n, numEnd, ok := parseNumber(s.text, at); ok && !n.hex() && (n.value < 0 || n.rare()) {
		s.add(finding{number: n, place: constant, start: at, end: numEnd})
	}
}

// numberWord interprets a word that begins with a digit: a command number, or a number without a key.
func (s *scanner) numberWord(start, end int) {
	if end-start > len("0x") && s.text[start] == '0' && s.text[start+1]|0x20 == 'x' {
		if n, _, ok := parseNumber(s.text, start); ok && n.hex() {
			// Other hex words are addresses as often as commands, so a command must be announced.
			c := command(n.value)
			known := c.ownDomain() != 0 && (start == 0 || s.text[start-1] != '+')
			if known || n.value > 0xff && s.command != noCommand {
				s.nameCommand(c)
				return
			}
			if s.command.ownDomain() != 0 && n.hexDigits == 2 && !followsOperator(s.text, start) { // 0x711 always gives 0x23, but 0x711 ^ 0x23
				s.add(finding{number: n, place: field, start: start, end: end})
				return
			}
		}
	}
	firstOfLine := s.prevEnd == 0 || start > 0 && s.text[start-1] == '\n'
	if firstOfLine || s.command != noCommand || mayBeRare(s.text[start:end]) || end-start <= len("0x00") && s.text[start] == '0' {
		s.bareNumber(start)
	}
}

// mayBeRare reports whether a word begins with as many digits as a rare number has, or as WeChat's: most of a log's numbers are times, sizes
// and accounts.
func mayBeRare(w string) bool {
	const most = 7
	n := 0
	for n < len(w) && w[n] >= '0' && w[n] <= '9' && n <= most {
		n++
	}
	return n >= leastRare && n <= most || n == leastRare-1 && w[0] == '4'
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

// startOfPath returns the first part of a path without a slash before it whose second part is text[start:end], if an interface's path begins
// so: oauth2.0/me, user/get_user_info, but not auth/verify_login.lua.
func (s *scanner) startOfPath(part string, start, end int) string {
	t := s.text
	first := t[s.prevStart:s.prevEnd]
	from := s.prevStart
	if strings.HasSuffix(t[:start-1], "oauth2.0") {
		first, from = "oauth2", start-1-len("oauth2.0")
	}
	switch {
	case s.prevEnd != start-1 || from > 0 && strings.IndexByte(" \t\n\"'`([", t[from-1]) < 0 || end < len(t) && t[end] == '.':
	case first == "oauth2" || first == "v2" || first == "v3":
		return first
	case strings.IndexByte(part, '_') > 0 || strings.HasPrefix(part, "qq"):
		return first
	}
	return ""
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
	s.add(finding{number: n, place: named, domain: domain, start: start, end: end})
	return true
}

// hasEnvelope reports whether the text has a ret, before or after msg, that announces a code at the start of msg.
func (s *scanner) hasEnvelope() bool {
	if !s.searched {
		s.searched = true
		s.enveloped = s.enveloped || strings.Contains(s.text, qqEnvelope)
	}
	return s.enveloped
}

// message takes the code that opens a message: "msg":"-73,internal error". Where a ret announces such a code, no text needs
// to follow it.
func (s *scanner) message(end int) {
	at, sep := valueAt(s.text, end)
	n, numEnd, ok := parseNumber(s.text, at)
	shared := ok && find(Share, n.value) != nil && s.hasEnvelope() // its numbers are small
	if !ok || sep == 0 || !n.distinct() && !shared {
		return
	}
	rest := s.text[numEnd:]
	bare := strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, `,"`)
	if opensMessage(rest, true) || bare && s.hasEnvelope() {
		s.add(finding{number: n, place: opening, start: at, end: numEnd})
		s.opened = at
	}
}

// value takes the number that is the value of the key text[start:end].
func (s *scanner) value(says aWord, start, end int) {
	t, k := s.text, says.key
	if k == keyCode && s.otherCode(start) || says.signs&ofCommands != 0 && s.command == noCommand {
		return
	}
	at, sep := valueAt(t, end)
	if sep == 0 && strings.HasPrefix(t[at:], "==") {
		s.compared(at)
		return
	}
	n, numEnd, ok := parseNumber(t, at)
	if !ok || sep == 0 || sep == ' ' && k == keyError && t[start] >= utf8.RuneSelf && n.value >= 0 { // 失败 100015
		return
	}
	if sep == '>' && !strings.HasPrefix(t[numEnd:], "</") {
		return
	}
	quoted := end < len(t) && (t[end] == '"' || t[end] == '\\')
	if k.wordy() && !n.distinct() && s.command == noCommand {
		switch {
		case sep == ' ' || end > 0 && t[end-1] >= utf8.RuneSelf: // code 5 of the plan, 返回：5 条
			return
		case sep == ':' && !quoted && prose(t[numEnd:]): // error: 3 files missing
			return
		}
	}
	f := finding{number: n, place: field, key: k, name: t[start:end], start: at, end: numEnd}
	if s.prevEnd == start && start > 0 && t[start] >= utf8.RuneSelf { // retcode返回是100012
		f.name = t[s.prevStart:s.prevEnd]
	}
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
	case (quoted || sep == '>') && k != keyResult:
		f.place = jsonAnswer
	}
	s.weChat = s.weChat || n.value == weChatEnvelope
	s.enveloped = s.enveloped || t[at:numEnd] == qqEnvelope
	s.add(f)
}

// otherCode reports whether the word before code makes it a code of another kind: exit code 1, grpc.code=5.
func (s *scanner) otherCode(start int) bool {
	if s.prevEnd == 0 || strings.Trim(s.text[s.prevEnd:start], " .-") != "" {
		return false
	}
	return slices.ContainsFunc(otherCodes, func(word string) bool { return strings.EqualFold(word, s.text[s.prevStart:s.prevEnd]) })
}

// otherCodes are the words before code that make it a code of another kind.
var otherCodes = []string{"exit", "exited", "process", "status", "http", "grpc", "country", "area", "zip", "postal", "region", "locale", "source", "key", "qr"}
