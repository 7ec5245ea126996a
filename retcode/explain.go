package retcode

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Candidate is a code that a number in a text can be.
type Candidate struct {
	Code   Code
	Entry  Entry
	Reason string // why the number is read in this domain, in one or two sentences

	Confidence Confidence // how surely the number is the code
	Evidence   Evidence   // what speaks for it, and what against it

	reason   reason
	unsigned int // the number, if it was printed without its sign

	// Alternative marks a less likely reading of the same number as the candidate before it.
	Alternative bool
	// Origin marks a code that a command of the bus answered to the door, which then answered the code before it.
	Origin bool
}

// In returns the candidate with its texts in the language: those of its row, the reason and the evidence.
func (c Candidate) In(lang Language) Candidate {
	c.Entry = c.Entry.In(lang)
	c.Reason = c.reason.in(lang, c.unsigned)
	c.Evidence.lang = lang
	return c
}

// MarshalJSON writes one flat object: the code, its entry's texts and what Explain found.
func (c Candidate) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // the caller's encoder decides
	err := enc.Encode(struct {
		Domain      Domain     `json:"domain"`
		Code        int        `json:"code"`
		Hex         string     `json:"hex"`
		Symbol      string     `json:"symbol"`
		Summary     string     `json:"summary"`
		Cause       string     `json:"cause"`
		Remedy      string     `json:"remedy"`
		OnRookery   string     `json:"on_rookery"`
		OnQQ        string     `json:"on_qq"`
		Class       Class      `json:"class"`
		HTTPStatus  int        `json:"http"`
		AnsweredBy  string     `json:"answered_by"`
		Note        string     `json:"note"`
		Reason      string     `json:"reason"`
		Confidence  Confidence `json:"confidence"`
		Evidence    Evidence   `json:"evidence"`
		Alternative bool       `json:"alternative"`
		Origin      bool       `json:"origin"`
	}{
		c.Code.Domain(), c.Code.Number(), c.Entry.Hex, c.Code.Symbol(), c.Entry.Summary, c.Entry.Cause, c.Entry.Remedy, c.Entry.OnRookery, c.Entry.OnQQ,
		c.Entry.Class, c.Entry.HTTPStatus, c.Entry.AnsweredBy, c.Entry.Note, c.Reason, c.Confidence, c.Evidence, c.Alternative, c.Origin,
	})
	return b.Bytes(), err
}

// An Option narrows what Explain returns.
type Option func(*options)

type options struct {
	domain     Domain
	errorsOnly bool
}

// WithDomain keeps only candidates of one domain, whatever the text suggests.
func WithDomain(d Domain) Option { return func(o *options) { o.domain = d } }

// ErrorsOnly leaves out success, and a small number that is the whole text. It is meant for the lines of a log, most of which report that
// nothing went wrong.
func ErrorsOnly() Option { return func(o *options) { o.errorsOnly = true } }

// Explain returns the codes that the numbers in a text can be: a bare number in any printed form, an answer, a log line, a row of a
// table, a dump. It returns nil when the text holds no number of the catalogue, or too little speaks for the one that it holds.
//
// A number counts by evidence. For it speak its key (ret, code, error, thirdCode, 错误码 ...), its place (the whole text, the start of a
// message or of a row, after a domain's name, in brackets), its look (few other numbers are like 100014), an interface or a command of the
// bus that the text names, and a message that says what the code is about. Against it speak a message about something else, names of
// other systems, members that no door answers, and words that make it an identity or an amount. A text without a number that has a
// code's symbol or the platform's own words for it finds that code too. Success counts only when the text holds no other code.
//
// The surest number comes first; among equals, that of an answer, and after it the answer of a command that caused it. Where the
// surroundings do not settle the domain of a number, all of its readings follow each other, the likeliest first. A ret that only says
// where the code stands (-10000, whose msg opens with it) is left out. At most 64 candidates are returned.
//
// Explain reads a text once and remembers nothing.
func Explain(text string, opts ...Option) []Candidate {
	candidates, _ := ExplainAll(text, opts...)
	return candidates
}

// ExplainAll returns what Explain does, and with it the numbers that stand where return codes stand, but are other systems' or in no list:
// those that people meet next to the catalogue's are known. At most 16 are returned.
func ExplainAll(text string, opts ...Option) ([]Candidate, []Neighbour) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	var s scanner
	s.scan(text)
	found := s.explain(o)
	if found == nil && (s.worded || s.n == 0 && !o.errorsOnly) {
		found = s.byWords(o)
	}
	if s.n == 0 {
		return found, nil
	}
	return found, s.neighbours()
}

// explain returns the candidates of the numbers that were found.
func (s *scanner) explain(o options) (candidates []Candidate) {
	var groups [maxFindings][]Candidate
	n := 0
	answered := false // by a command
	for _, f := range s.findings() {
		if f.command == noCommand {
			if groups[n] = s.interpret(f, o); groups[n] != nil {
				n++
			}
		}
		answered = answered || f.command != noCommand
	}
	if n > 0 && s.found[0].place != alone { // a list of numbers keeps its order
		slices.SortStableFunc(groups[:n], func(a, b []Candidate) int { return cmp.Compare(b[0].Confidence, a[0].Confidence) })
	}
	for _, group := range groups[:n] {
		if !answered || group[0].Confidence >= Likely {
			candidates = appendNew(candidates, group)
		}
	}
	origin := candidates != nil
	for _, f := range s.findings() {
		if f.command != noCommand {
			group := s.interpret(f, o)
			for i := range group {
				if group[i].Origin = origin; origin {
					group[i].reason, group[i].unsigned = originReason(f.command), 0
				}
			}
			candidates = appendNew(candidates, group)
		}
	}
	for i := range candidates {
		candidates[i].Reason = candidates[i].reason.in(English, candidates[i].unsigned)
	}
	return candidates
}

// appendNew appends the readings of one number, unless the text repeats the number.
func appendNew(candidates, group []Candidate) []Candidate {
	for i, c := range group {
		if slices.ContainsFunc(candidates, func(other Candidate) bool { return other.Code == c.Code }) {
			if i == 0 {
				break
			}
			continue
		}
		candidates = append(candidates, c)
	}
	return candidates
}

// byWords returns the code whose wording a text without a number has.
func (s *scanner) byWords(o options) []Candidate {
	text := s.text[:min(len(s.text), 8<<10)]
	code, alone := said(text)
	if code == 0 || o.domain != 0 && code.Domain() != o.domain {
		return nil
	}
	var c context
	s.gather(&c, 0, len(text))
	e := Evidence{marks: ownWords, system: c.system}
	if c.signs&namesPlatform != 0 {
		e.marks |= platformNamed
	} else if !alone {
		return nil
	}
	if c.system != 0 && !alone {
		e.marks |= otherSystem
	}
	if e.confidence() == 0 {
		return nil
	}
	return []Candidate{{Code: code, Entry: code.Entry(), Confidence: e.confidence(), Evidence: e, reason: saidInWords, Reason: saidInWords.in(English, 0)}}
}

// decoded returns a text without the escapes that hide its marks and its Chinese: those of an address that has some of either, those of strings
// (\x22, \u8fc7), and those of HTML.
func decoded(text string) string {
	for range 2 { // an address within an address
		if !hasHiddenMarks(text) {
			break
		}
		text = unescape(text, "%", 2)
	}
	if strings.IndexByte(text, '\\') >= 0 {
		text = unescape(unescape(text, `\u`, 4), `\x`, 2)
	}
	return halfWidth(strings.ReplaceAll(text, "&quot;", `"`))
}

// halfWidth returns a text with the letters, the digits and the signs that an input method for Chinese makes wide in the form that ASCII gives
// them, and with a sign for its name: 负73.
func halfWidth(text string) string {
	const wider = 0xfee0                      // by how much a wide character's number is greater
	if strings.IndexByte(text, "０"[0]) >= 0 { // they all begin so
		text = strings.Map(func(r rune) rune {
			if c := r - wider; c > 0 && c < utf8.RuneSelf && (isWordByte(byte(c)) || c == '-' || c == '=') {
				return c
			}
			return r
		}, text)
	}
	if strings.Contains(text, "负") {
		for d := '0'; d <= '9'; d++ {
			text = strings.ReplaceAll(text, "负"+string(d), "-"+string(d))
		}
	}
	return text
}

// hasHiddenMarks reports whether a text has a quote, a brace or Chinese in the form of an address.
func hasHiddenMarks(text string) bool {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 || i+2 >= len(text) {
			return false
		}
		high, low := text[i+1], digit(text[i+2])
		if high == '2' && (low == 2 || low == 5) || high == '7' && low == 0xb || high|0x20 == 'e' && low >= 4 && low <= 9 {
			return true
		}
		text = text[i+1:]
	}
}

// unescape replaces each escape, which is a sign and so many hex digits, by the character or, if they are two, by the byte that it stands for.
func unescape(text, sign string, digits int) string {
	i := strings.Index(text, sign)
	if i < 0 {
		return text
	}
	var b strings.Builder
	for ; i >= 0; i = strings.Index(text, sign) {
		b.WriteString(text[:i])
		text = text[i:]
		end := min(len(sign)+digits, len(text))
		switch n, err := strconv.ParseUint(text[len(sign):end], 16, 32); {
		case err != nil || end < len(sign)+digits:
			end = len(sign)
			b.WriteString(sign)
		case digits == 2:
			b.WriteByte(byte(n))
		default:
			b.WriteRune(rune(n))
		}
		text = text[end:]
	}
	b.WriteString(text)
	return b.String()
}

// A reading is one way to interpret a printed number.
type reading struct {
	entry  *Entry
	number int // the code's number, which may differ from the printed one
	form   form
}

// form is the relation of a printed number to the code's own number.
type form uint8

const (
	asIs       form = iota
	signedByte      // the bus's byte, printed as a signed byte
	misprint        // a hex form that the published list prints next to another number
)

// maxReadings is one more than the readings that any number of the catalogue has.
const maxReadings = 6

type readings struct {
	list [maxReadings]reading
	n    int
}

func (rs *readings) add(e *Entry, number int, f form) {
	if e != nil && rs.n < maxReadings {
		rs.list[rs.n] = reading{e, number, f}
		rs.n++
	}
}

func (rs *readings) all() []reading { return rs.list[:rs.n] }

// keep keeps only the readings that match, unless none does, and reports whether one did.
func (rs *readings) keep(match func(reading) bool) bool {
	if !slices.ContainsFunc(rs.all(), match) {
		return false
	}
	rs.filter(match)
	return true
}

func (rs *readings) filter(match func(reading) bool) {
	rs.n = len(slices.DeleteFunc(rs.all(), func(r reading) bool { return !match(r) }))
}

// The orders in which domains are tried, the likeliest first. Only the three byte-sized ones are ever printed in hex;
// command 0x711 always prints two hex digits.
var (
	decimalOrder     = [...]Domain{QQ, Group, GameCenter, MSDKv5, MSDKv3, Connect, OpenAPI, Share, V2Group, V2Unbind, OIDB, PayToken, AccessToken}
	hexOrder         = [...]Domain{AccessToken, PayToken, OIDB}
	oneHexDigitOrder = [...]Domain{OIDB, PayToken, AccessToken}
)

// readingsOf returns every way to interpret a printed number.
func readingsOf(n number) (rs readings) {
	if !n.hex() {
		for _, d := range decimalOrder {
			rs.add(find(d, n.value), n.value, asIs)
		}
		if e := find(OIDB, n.value+256); e != nil && e.Signed == strconv.Itoa(n.value) {
			rs.add(e, n.value+256, signedByte)
		}
		return rs
	}
	order := hexOrder
	if n.hexDigits == 1 {
		order = oneHexDigitOrder
	}
	for _, d := range order {
		rs.add(find(d, n.value), n.value, asIs)
	}
	for _, m := range misprints() {
		if m.printed == n.value {
			rs.add(m.entry, m.entry.Low, misprint)
		}
	}
	return rs
}

// A misprintedRow is a row whose printed hex form is not that of its number.
type misprintedRow struct {
	printed int
	entry   *Entry
}

var misprints = sync.OnceValue(func() (list []misprintedRow) {
	for i := range table {
		e := &table[i]
		if printed, err := strconv.ParseInt(e.Hex, 0, 32); err == nil && int(printed) != e.Low {
			list = append(list, misprintedRow{int(printed), e})
		}
	}
	return list
})

// interpret returns the candidates for one number, the likeliest first; nil if it is no code.
func (s *scanner) interpret(f finding, o options) (group []Candidate) {
	if o.errorsOnly && (f.value == 0 || f.place == alone && !f.distinct() && !f.hex()) { // success, whatever the domain, and a log's line that is a count
		return nil
	}
	rs := readingsOf(f.number)
	var why reason
	switch {
	case o.domain != 0:
		rs.filter(func(r reading) bool { return r.entry.Domain == o.domain })
		why = domainWasAsked
	case f.place == byName:
		rs.filter(func(r reading) bool { return r.entry.Domain == f.domain && r.form == asIs })
		why = nameStands
	default:
		why = s.narrow(&rs, f)
	}
	if o.errorsOnly {
		rs.filter(func(r reading) bool { return r.entry.Class != ClassOK })
	}
	if rs.n == 0 {
		return nil
	}
	var around *context
	if f.place != alone && f.command == noCommand {
		around = s.around(f)
	}
	best := 0
	for i, r := range rs.all() {
		e := s.weigh(f, r, around, o)
		if e.confidence() == 0 {
			continue
		}
		c := Candidate{Code: makeCode(r.entry.Domain, r.number), Entry: r.entry.with(&english[index(r.entry.Domain, r.entry.Low)]), Confidence: e.confidence(), Evidence: e, reason: why}
		if r.form != asIs || why == noReason {
			c.reason = readingReason(f.number, rs.all(), i)
		}
		if f.unsigned {
			c.unsigned = f.value
		}
		group = append(group, c)
		best = max(best, e.score())
	}
	slices.SortStableFunc(group, func(a, b Candidate) int { return cmp.Compare(b.Evidence.score(), a.Evidence.score()) })
	const clearly = 4
	group = slices.DeleteFunc(group, func(c Candidate) bool { return best-c.Evidence.score() >= clearly })
	for i := range group {
		if i > 0 {
			group[i].Alternative = true
			group[i].Confidence = min(group[i].Confidence, max(group[0].Confidence-1, Possible))
		}
	}
	return group
}

// narrow keeps the readings that the surroundings of a number allow, and returns why, or no reason when they settle nothing.
func (s *scanner) narrow(rs *readings, f finding) reason {
	inDomain := func(r reading) bool { return r.entry.Domain == f.domain }
	if f.domain != 0 && rs.keep(inDomain) || f.place == named { // a name without such a number is a word
		rs.filter(inDomain)
		return domainIsNamed
	}
	if f.command != noCommand {
		return narrowToCommand(rs, f)
	}
	if f.threeForms {
		rs.filter(func(r reading) bool { return r.entry.Domain == OIDB || r.entry.Domain == PayToken })
		return printedInThreeForms
	}

	// Doors never answer a byte of the bus with its sign; some of these numbers are MSDK V3's own.
	atDoor := s.interfaces != 0 || f.place == platformCode || f.place == oauthError ||
		f.place == jsonAnswer && f.key == keyRet && isV3(f.number)
	if atDoor || s.busAnswered {
		rs.filter(func(r reading) bool { return r.form != signedByte })
	}
	if f.place == opening || f.key == keyPlatform { // a code of the platform, not of the door that passes it on
		rs.filter(func(r reading) bool {
			return r.entry.Domain != MSDKv5 && r.entry.Domain != MSDKv3 && r.entry.Domain != OpenAPI
		})
	}
	if f.key.wordy() { // too wide for numbers that could be years or counts
		rs.filter(func(r reading) bool { return !isV2(r) })
	}
	isShare := func(r reading) bool { return r.entry.Domain == Share }
	switch {
	case s.share && f.place == opening && rs.keep(isShare):
		return opensShareMessage
	case f.place == opening: // of another interface, unless no other has the number
		rs.keep(func(r reading) bool { return !isShare(r) && isDoors(r) })
	}
	isMSDKv3 := func(r reading) bool { return r.entry.Domain == MSDKv3 }
	if !s.v3 && (atDoor || s.busAnswered) && isV3(f.number) { // nothing says that it is not a byte of the bus
		rs.filter(func(r reading) bool { return !isMSDKv3(r) })
	}
	switch {
	case s.v3 && rs.keep(isMSDKv3):
		return textIsV3
	case s.interfaces != 0:
		if f.value == 0 && s.interfaces != GameCenter {
			rs.n = 0 // success, for which only the Game Center has a code
			return noReason
		}
		if rs.keep(func(r reading) bool { return r.entry.Domain == s.interfaces && r.entry.AnsweredBy != "device" }) {
			return interfaceReasons[s.interfaces]
		}
		if rs.keep(func(r reading) bool { return r.entry.Domain == s.door }) {
			return doorIsNamed
		}
	case (f.place == opening || f.place == platformCode) && rs.n > 1 && !slices.ContainsFunc(rs.all(), func(r reading) bool { return !isV2(r) }):
		return placeOfV2
	case f.place == opening && rs.keep(isDoors):
		return opensMSDKMessage
	case f.place == platformCode && rs.keep(isDoors):
		return memberHoldsIt
	case f.place == oauthError && rs.keep(isDoors):
		return oauthAnswers
	case f.place == jsonAnswer && rs.keep(func(r reading) bool { return isDoors(r) && r.entry.AnsweredBy != "device" }):
		return jsonAnswers
	}
	return noReason
}

var interfaceReasons = map[Domain]reason{
	QQ:         interfaceOfQQ,
	Group:      interfaceOfGroups,
	GameCenter: interfaceOfGameCenter,
}

// isV3 reports whether MSDK V3 uses the number for a failure of its own access or logic layer while the bus has it as a
// signed byte.
func isV3(n number) bool {
	return n.value <= -101 && n.value >= -107 || n.value == -109 || n.value == -110
}

// isV2 reports whether a reading is one of MSDK V2's numbers for guild groups.
func isV2(r reading) bool { return r.entry.Domain == V2Group || r.entry.Domain == V2Unbind }

// isDoors reports whether a reading is one that an HTTP door or a client's share call gives.
func isDoors(r reading) bool {
	switch r.entry.Domain {
	case QQ, Group, GameCenter, MSDKv5, MSDKv3, Connect, OpenAPI, Share, V2Group, V2Unbind:
		return true
	}
	return false
}

// narrowToCommand keeps the readings that a command's answer can have: the command's own results, and before them the
// bus's.
func narrowToCommand(rs *readings, f finding) reason {
	if f.command == openIDConversion {
		if e := conversionResults[f.value]; e != nil {
			*rs = readings{}
			rs.add(e, e.Low, asIs)
			return commandReasons[f.command]
		}
	}
	own := f.command.ownDomain()
	switch {
	case own != 0 && rs.keep(func(r reading) bool { return r.entry.Domain == own }):
		return commandReasons[f.command]
	case rs.keep(func(r reading) bool { return r.entry.Domain == OIDB }):
		return busAnswers
	case f.command != someCommand && f.value >= 0:
		rs.n = 0 // a result of the command's own, which no list has
	case f.value >= 0:
		rs.filter(func(r reading) bool { return ofTheBus(r.entry.Domain) })
	}
	return noReason
}

// conversionResults are the results of command 0x71f that stand for codes of the platform.
var conversionResults = map[int]*Entry{
	0x5a: find(QQ, QQNonceReused.Number()),
	0x5b: find(QQ, QQTimestampOutOfRange.Number()),
}

var commandReasons = map[command]reason{
	accessTokenCheck: resultOfAccessTokenCheck,
	payTokenCheck:    resultOfPayTokenCheck,
	openIDConversion: resultOfConversion,
}

func originReason(c command) reason {
	switch c {
	case accessTokenCheck:
		return originAccessTokenCheck
	case payTokenCheck:
		return originPayTokenCheck
	}
	return originBus
}

// readingReason says why list[i] is a possible reading of a number that its surroundings do not settle.
func readingReason(n number, list []reading, i int) reason {
	r := list[i]
	switch {
	case r.form == misprint:
		return isMisprint
	case r.form == signedByte && isV3(n):
		return isByteAndV3
	case r.form == signedByte:
		return isSignedByte
	case r.entry.Domain == MSDKv3:
		return isV3sOwn
	case r.entry.Domain == AccessToken && n.hexDigits == 2:
		return isTwoHexDigits
	case len(list) == 1:
		return isOfOneDomain
	case r.entry.AnsweredBy == "device":
		return isOfDevice
	case r.entry.Domain == QQ:
		return isOfGateway
	case r.entry.Domain == OIDB:
		return isOfBus
	case r.entry.Domain == AccessToken:
		return maybeAccessTokenCheck
	case r.entry.Domain == PayToken && n.hexDigits == 2:
		return maybePayTokenCheck
	case r.entry.Domain == PayToken:
		return isOfPayTokenCheck
	}
	return isOfDoors
}
