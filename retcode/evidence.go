package retcode

import (
	"encoding/json"
	"math/bits"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Confidence says how surely a number in a text is a code. The zero Confidence is not a confidence.
type Confidence uint8

// The confidences, in ascending order.
const (
	Possible Confidence = iota + 1 // the number can be the code, and little speaks for it
	Likely                         // more speaks for it than against it
	Certain                        // the text leaves no doubt
)

var (
	confidenceNames     = [...]string{Possible: "possible", Likely: "likely", Certain: "certain"}
	confidenceInChinese = [...]string{Possible: "可能", Likely: "很可能", Certain: "确定"}
)

// String returns the confidence's name, such as "likely".
func (c Confidence) String() string { return name(confidenceNames[:], c, "Confidence") }

// In returns the confidence in the language, for people.
func (c Confidence) In(lang Language) string {
	if lang == Chinese && c >= Possible && c <= Certain {
		return confidenceInChinese[c]
	}
	return c.String()
}

// MarshalText writes the confidence's name; it fails for a Confidence that is not one of the constants.
func (c Confidence) MarshalText() ([]byte, error) { return marshalName(confidenceNames[:], c) }

// UnmarshalText reads what MarshalText writes.
func (c *Confidence) UnmarshalText(text []byte) (err error) {
	*c, err = parseName[Confidence](confidenceNames[:], string(text), "confidence")
	return err
}

// Evidence is what speaks for a candidate, and what against it, in the language of the candidate.
type Evidence struct {
	marks  mark
	system system // that the text names
	lang   Language
}

// For returns what speaks for the candidate, a few words each.
func (e Evidence) For() []string {
	return e.list(func(weight int) bool { return weight > 0 })
}

// Against returns what speaks against it.
func (e Evidence) Against() []string {
	return e.list(func(weight int) bool { return weight < 0 })
}

func (e Evidence) list(wanted func(weight int) bool) []string {
	list := []string{}
	for m := e.marks; m != 0; m &= m - 1 {
		says := marks[bits.TrailingZeros64(uint64(m))]
		if !wanted(says.weight) {
			continue
		}
		text, system := says.english, systemNames[e.system].english
		if e.lang == Chinese {
			text, system = says.chinese, systemNames[e.system].chinese
		}
		if says.mark == otherSystem {
			text += system
		}
		list = append(list, text)
	}
	return list
}

// MarshalJSON writes an object with what speaks for and what against the candidate.
func (e Evidence) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		For     []string `json:"for"`
		Against []string `json:"against"`
	}{e.For(), e.Against()})
}

// score adds up the evidence.
func (e Evidence) score() (sum int) {
	for m := e.marks; m != 0; m &= m - 1 {
		sum += marks[bits.TrailingZeros64(uint64(m))].weight
	}
	return sum
}

// confidence returns how sure the evidence makes; 0 if it is not enough.
func (e Evidence) confidence() Confidence {
	switch n := e.score(); {
	case n >= 7:
		return Certain
	case n >= 4:
		return Likely
	case n >= 2:
		return Possible
	}
	return 0
}

// mark is one piece of evidence.
type mark uint64

// What speaks for a code, and after an empty line what speaks against it.
const (
	domainNamed mark = 1 << iota
	domainAsked
	wholeText
	commandAnswer
	announced
	threeForms
	symbolNamed
	ownWords
	sameTopic
	namesTopic
	interfaceNamed
	doorAnswer
	codeKey
	sharedKey
	rareNumber
	unusualNumber
	messageStart
	rowStart
	inBrackets
	nearlyAlone
	failureNamed
	question
	platformNamed

	otherSystem
	otherTopic
	otherWords
	otherMessage
	noMessage
	otherKeys
	foreignKey
	clientKey
	countBefore
	anyCount
	commonNumber
	commonSeries
	listed
	sourceCode
	noBus
	noDoor
)

// marks has a weight and words for each mark, in the order of the constants. The weights are such that testdata/lines.tsv is explained
// right: two or three pieces that speak for a number make it likely, and one that speaks against it outweighs one or two.
var marks = [...]struct {
	mark    mark
	weight  int
	english string
	chinese string
}{
	{domainNamed, 9, "the text names the domain", "文本写明了所属的域"},
	{domainAsked, 4, "it is of the domain that was asked for", "属于指定的域"},
	{wholeText, 4, "it is the whole text", "整段文本就是这个数字"},
	{commandAnswer, 8, "a command of the bus answered it", "它是总线的命令返回的"},
	{announced, 8, "the ret next to it announces a code at the start of msg", "旁边的 ret 表明 msg 以返回码开头"},
	{threeForms, 9, "its hexadecimal, signed and unsigned forms stand in a row", "十六进制、有符号、无符号三种写法排在一起"},
	{symbolNamed, 5, "its name stands in the text", "文本中有它的名称"},
	{ownWords, 5, "the text has the platform's own words for it", "文本中有平台对它的原话"},
	{sameTopic, 4, "the text speaks of what the code is about", "文本说的正是这个返回码的事"},
	{namesTopic, 2, "an identifier names what the code is about", "有标识符提到这个返回码的事"},
	{interfaceNamed, 5, "the text names an interface that answers it", "文本中有会返回它的接口"},
	{doorAnswer, 3, "it stands in an answer as doors give it", "它在接口应答的格式里"},
	{codeKey, 2, "only a code has such a key", "只有返回码才用这样的字段名"},
	{sharedKey, 1, "codes have such a key, and other numbers too", "返回码用这样的字段名，别的数字也用"},
	{rareNumber, 3, "few other numbers look like it", "别的数字很少长成这样"},
	{unusualNumber, 1, "not many other numbers look like it", "别的数字不常长成这样"},
	{messageStart, 2, "it begins a message", "它在消息的开头"},
	{rowStart, 1, "it begins a row", "它在一行的开头"},
	{inBrackets, 1, "it stands in brackets", "它在括号里"},
	{nearlyAlone, 3, "there is nothing else in the text", "文本中没有别的内容"},
	{failureNamed, 1, "the text speaks of a failure", "文本说的是失败"},
	{question, 1, "the text asks a question", "文本是在提问"},
	{platformNamed, 1, "the text names QQ or its SDK", "文本提到了 QQ 或它的 SDK"},

	{otherSystem, -4, "the text names another system: ", "文本提到了其他系统："},
	{otherTopic, -4, "the text speaks of something else", "文本说的是另一件事"},
	{otherWords, -7, "the text has another system's words for the number", "文本中有其他系统对这个数字的原话"},
	{otherMessage, -2, "its message is not known to be the platform's", "它的消息不是已知的平台消息"},
	{noMessage, -1, "doors answer a msg too", "接口的应答还会有 msg"},
	{otherKeys, -2, "no door answers such members", "接口的应答没有这样的字段"},
	{foreignKey, -2, "doors answer ret or error, not this key", "接口用 ret 或 error，不用这个字段名"},
	{clientKey, -1, "it is the client SDK's own member", "它是客户端 SDK 自己的字段"},
	{countBefore, -6, "the word before it makes it an identity or an amount", "前面的词表明它是编号或数量"},
	{anyCount, -5, "it could be any count, and no command of the bus is named", "它可能只是个数量，文本也没有提到总线的命令"},
	{commonNumber, -3, "every program has it", "每个程序都有这个数字"},
	{commonSeries, -1, "many programs count their codes from 100000", "很多程序的错误码都从 100000 开始"},
	{listed, -3, "it is one of several numbers that the text describes", "它是文本逐个说明的几个数字之一"},
	{sourceCode, -5, "the text is source code", "文本是源代码"},
	{noBus, -2, "it is a number of the bus, which the text does not name", "它是总线的返回码，而文本没有提到总线"},
	{noDoor, -6, "it is a number of one door's own, and the text has neither that door's path nor its answer", "它是某个入口自有的返回码，而文本中没有该入口的路径或应答"},
}

// weigh gathers the evidence for one reading of a number.
func (s *scanner) weigh(f finding, r reading, c *context, o options) (e Evidence) {
	code := makeCode(r.entry.Domain, r.number)
	add := func(m mark, holds bool) {
		if holds {
			e.marks |= m
		}
	}
	has := func(any mark) bool { return e.marks&any != 0 }

	add(domainAsked, o.domain != 0)
	add(domainNamed, f.domain == r.entry.Domain && f.place != byName)
	add(wholeText, f.place == alone)
	add(commandAnswer, f.command != noCommand)
	add(threeForms, f.threeForms)
	add(symbolNamed, f.place == byName)
	add(rareNumber, f.rare() && f.command == noCommand && f.place != byName)
	if f.place == alone || f.place == byName || f.command != noCommand {
		return e
	}
	if r.form == signedByte && (f.place == bracketed || f.place == loose) && !s.busNamed { // ERR_CONNECTION_REFUSED (-102)
		return Evidence{}
	}

	// The interface, the key and the answer.
	keyed := f.place == field || f.place == jsonAnswer || f.place == oauthError || f.place == platformCode
	answersRet := f.place == jsonAnswer && f.key == keyRet && c.signs&(hasMsg|hasDoorMember) != 0
	envelope := s.enveloped && (f.place == opening || f.place == platformCode)
	add(announced, envelope)
	add(interfaceNamed, s.interfaces == r.entry.Domain || s.door == r.entry.Domain || s.v3 && r.entry.Domain == MSDKv3 || s.share && r.entry.Domain == Share)
	add(doorAnswer, answersRet || c.signs&hasMsg != 0 && (f.place == oauthError || f.place == jsonAnswer && f.key == keyError))
	add(codeKey, keyed && (f.key == keyRet || f.key == keyPlatform || f.key == keyThird || f.key == keyBusResult))
	add(sharedKey, keyed && !has(codeKey))
	add(clientKey, f.key == keyClient)
	add(foreignKey, f.place == jsonAnswer && (f.key == keyCode || f.key == keyErrCode))
	add(otherKeys, c.signs&hasOtherKeys != 0 && (f.key.wordy() || f.key == keyRet && c.signs&(hasMsg|hasDoorMember) == 0))
	add(noMessage, f.place == jsonAnswer && f.key == keyRet && !answersRet && !f.rare() && s.hasSiblings(f))

	// The number and its place.
	add(unusualNumber, f.unusual() || f.place == row && f.hexDigits == 2)
	add(messageStart, f.place == opening)
	add(rowStart, f.place == row)
	add(inBrackets, f.place == bracketed)
	add(nearlyAlone, keyed && s.nothingElse(f))
	add(commonNumber, (f.value == -1 || f.value == 1 || f.value == 10000) && f.key != keyThird)
	add(commonSeries, f.inCommonSeries())
	add(countBefore, !keyed && !envelope && f.place != constant && c.before.signs&counts != 0 || f.place == loose && c.numbered && !s.ends(f))
	add(listed, f.value > -1000 && f.value < 1000 && listGoesOn(s.text[f.end:min(len(s.text), f.end+reach)]))
	aloneWithRet := has(nearlyAlone) && f.key == keyRet
	add(anyCount, keyed && f.value >= 0 && f.value < 10000 && !f.hex() && f.key != keyThird && f.domain == 0 && o.domain == 0 &&
		(ofTheBus(r.entry.Domain) || !answersRet && !has(interfaceNamed)) && !(aloneWithRet && r.entry.Domain != PayToken && r.entry.Domain != AccessToken))
	add(noBus, keyed && r.form == signedByte && f.domain == 0 && o.domain == 0 && !has(nearlyAlone) && !s.busNamed)

	// What the text speaks of.
	about, message := topicsOf(r.entry), c.topics
	if has(countBefore) && f.place == loose { // group 221013 is no message about a group
		message &^= c.before.topics
	}
	switch {
	case says(c.text, code):
		e.marks |= ownWords
		e.marks &^= anyCount | commonNumber
	case about.fits(message), message&ofElse == 0 && about.fits(message|c.advice):
		e.marks |= sameTopic
	case about.mainly&c.named != 0:
		e.marks |= namesTopic
	case !envelope:
		elsewhere := message // next to a rare number, those that are no failure can be what somebody wanted to do: invite a friend
		if f.rare() || f.unusual() {
			elsewhere &= states
		}
		unknown := message&ofElse != 0 || elsewhere != 0 && about.mainly != 0
		add(otherTopic, unknown && shared(message|c.named, about.all) == 0 || about.contradicts(message))
	}
	agrees := has(ownWords | sameTopic | namesTopic)
	add(otherMessage, f.place == jsonAnswer && f.value != 0 && c.message && !agrees && !envelope && c.signs&hasDoorMember == 0)
	add(failureNamed, c.signs&saysFailure != 0)
	add(question, c.signs&asks != 0)
	inSource := c.signs&isSource != 0 || c.signs&canBeSource != 0 && looksLikeSource(c.text)
	described := f.place == constant && has(ownWords|sameTopic)
	add(sourceCode, inSource && (!f.rare() || !keyed) && !described && !has(doorAnswer))

	// Whose number it is.
	add(platformNamed, c.signs&namesPlatform != 0)
	if !has(ownWords | interfaceNamed | announced) {
		add(otherSystem, c.system != 0)
		add(otherWords, foreign(f, c.text))
		e.system = c.system
	}
	add(noDoor, outsideContract(r.entry.Domain) && f.domain == 0 && o.domain == 0 && !has(interfaceNamed|announced) && !answersRet &&
		!(r.entry.Domain == Connect && agrees) && f.key != keyPlatform && !aloneWithRet)

	everyones := has(commonNumber) && has(noBus)
	if everyones || !s.enough(f, e.marks, keyed, agrees) {
		return Evidence{}
	}
	return e
}

// ends reports whether nothing but marks follows the number.
func (s *scanner) ends(f finding) bool {
	return strings.IndexFunc(s.text[f.end:], inWord) < 0
}

// nothingElse reports whether the text has no word but the number's key.
func (s *scanner) nothingElse(f finding) bool {
	key := strings.LastIndex(s.text[:f.start], f.name)
	return key >= 0 && strings.IndexFunc(s.text[:key], inWord) < 0 && s.ends(f)
}

// enough reports whether what speaks for a number is more than its look and its place. Where no key announces it, or one that every
// program has, there must be a message that agrees, or for a rare number something that speaks of QQ or of a failure.
func (s *scanner) enough(f finding, marks mark, keyed, agrees bool) bool {
	if f.place == loose && marks&countBefore != 0 && !s.ends(f) {
		return false
	}
	if f.place == loose && isArgument(s.text, f.start) && marks&platformNamed == 0 { // SIGN_ERROR(-5, "signature wrong")
		return false
	}
	rest := s.text[f.end:]
	inTable := strings.HasPrefix(rest, "\t") || strings.HasPrefix(rest, " |")
	if f.place == row && !f.distinct() && !f.hex() && !f.threeForms && !inTable { // 3 friends of mine
		return marks&ownWords != 0
	}
	if f.place == field && !f.rare() && !f.unusual() && marks&namesTopic != 0 {
		agrees = false // what an identifier names is not what the text is about
	}
	opens := f.place == opening && !followsWord(s.text, f.start) // temperature -20, wind 5
	if agrees || f.threeForms || f.place == named || opens || marks&(interfaceNamed|announced|domainNamed|domainAsked|nearlyAlone) != 0 {
		return true
	}
	context := marks&(platformNamed|question) != 0
	switch {
	case keyed && !f.rare() && (f.key.wordy() || f.place == field && f.value > -100): // ret is what C programs call any result
		return marks&(platformNamed|doorAnswer) != 0 || f.unusual() && marks&failureNamed != 0
	case keyed:
		return true
	case f.place == constant:
		return false
	case f.place == opening:
		return context
	case f.place == row && (f.hex() || f.unusual()):
		return f.unusual() || marks&failureNamed != 0
	case !f.rare() && !f.unusual():
		return false
	case f.inCommonSeries():
		return context
	}
	called := f.start > 1 && f.place == bracketed && isWordByte(s.text[f.start-2]) // skill(221001)
	return context || marks&failureNamed != 0 && !called
}

// hasSiblings reports whether the object that has the number as a member has others.
func (s *scanner) hasSiblings(f finding) bool {
	object := s.text[strings.LastIndexByte(s.text[:f.start], '{')+1:]
	if i := strings.IndexByte(object, '}'); i >= 0 {
		object = object[:i]
	}
	return strings.Count(object[:min(len(object), 2*reach)], ":") > 1
}

// looksLikeSource reports whether a text has the marks of source code, and not only words that it shares with English.
func looksLikeSource(text string) bool {
	for _, mark := range []string{"==", "!=", ":=", "&&", "||", "; //", ";\n", "{\n"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return strings.HasSuffix(text, ";") || strings.HasSuffix(text, "{")
}

// listGoesOn reports whether a text goes on with a number and what it means, as lists of a program's own codes do: -1=busy, -2=gone.
func listGoesOn(rest string) bool {
	for i := range len(rest) {
		if rest[i] != '-' && (rest[i] < '0' || rest[i] > '9') || i == 0 {
			continue
		}
		if before, _ := utf8.DecodeLastRuneInString(rest[:i]); !strings.ContainsRune(" ,;、，；/", before) {
			continue
		}
		n, end, ok := readNumber(rest, i)
		if !ok || n.hex() || n.value <= -1000 || n.value >= 1000 || end == len(rest) {
			continue
		}
		if after, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest[end:], " ")); strings.ContainsRune("=:：(（，、-", after) || unicode.Is(unicode.Han, after) {
			return true
		}
	}
	return false
}

// outsideContract reports whether a domain is one of a single door's own numbers.
func outsideContract(d Domain) bool { return d >= MSDKv5 }

// ofTheBus reports whether a domain is the bus's or one of its commands'.
func ofTheBus(d Domain) bool { return d >= OIDB && d <= AccessToken }

// about is what a row is about.
type about struct {
	mainly topics // by its summary
	all    topics // by its cause too
}

// rowTopics are what the rows of table are about, by their index; like theLexicon they are made when they are needed.
var rowTopics struct {
	once sync.Once
	of   []about
}

// states are the topics that say what is wrong; the others say with what.
const states = ofParameter | ofPermission | ofFrequency | ofExpiry | ofRevocation | ofPassword | ofNetwork | ofRepetition | ofAvailability |
	ofInstallation | ofTime | ofSignature | ofAudit

// fits reports whether a message with these topics can be the code's.
func (a about) fits(message topics) bool {
	return shared(message, a.mainly) != 0 && !a.contradicts(message)
}

// shared returns the topics that a message shares with a row. Where it speaks of what no code is about, it is that which has expired or is missing.
func shared(message, row topics) topics {
	if message&ofElse != 0 {
		row &^= states
	}
	return message & row
}

// contradicts reports whether a message says that something else is wrong.
func (a about) contradicts(message topics) bool {
	return message&states != 0 && a.mainly&states != 0 && message&a.all&states == 0
}

// topicsOf returns what a row of table is about.
func topicsOf(e *Entry) about {
	rowTopics.once.Do(func() {
		for i := range table {
			row := table[i].with(&english[i])
			mainly := topicsIn(row.Summary)
			for _, w := range wordings {
				if w.code.Domain() == row.Domain && w.code.Number() >= row.Low && w.code.Number() <= row.High {
					mainly |= topicsIn(w.text)
				}
			}
			rowTopics.of = append(rowTopics.of, about{mainly, mainly | topicsIn(row.Cause)})
		}
	})
	return rowTopics.of[index(e.Domain, e.Low)]
}

func topicsIn(text string) topics {
	var c context
	(&scanner{text: text, words: words()}).gather(&c, 0, len(text))
	return c.topics &^ ofElse
}
