package proxy

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/redact"
	"github.com/rookeryhq/rookery/retcode"
)

// answer is what an answer says.
type answer struct {
	known  bool         // it has the form of a door's answer
	code   retcode.Code // 0 for success, and for a number that no list has
	number int          // as it was answered
	origin retcode.Code // the code of the part that failed; 0 if it is not said
	text   string       // the answer's own words
}

// member is a name and a value at the top of an answer.
type member struct {
	name, value string
	quoted      bool
}

// readAnswer reads an answer of the interface with the path.
func readAnswer(path string, x *Exchange) (a answer, why string) {
	members, why := topMembers(x)
	if why != "" {
		return a, why
	}
	var brief strings.Builder // what the engine reads: nothing but members at the top, where the codes are
	brief.WriteString(path + " {")
	for i, m := range members {
		switch strings.ToLower(m.name) {
		case "ret", "code", "error", "result", "errcode", "retcode", "platcode", "thirdcode":
			n, err := strconv.Atoi(m.value)
			if err != nil { // a word, or a code for a token
				if m.name == "error" && a.text == "" {
					a.text = m.value
				}
				continue
			}
			if a.known = true; a.number == 0 {
				a.number = n
			}
		case "msg", "error_description", "errmsg", "message", "desc":
			a.text = m.value
		}
		if i > 0 {
			brief.WriteByte(',')
		}
		m.write(&brief)
	}
	brief.WriteByte('}')
	for _, c := range retcode.Explain(brief.String()) {
		switch {
		case c.Alternative || c.Entry.Class == retcode.ClassOK:
		case c.Origin:
			if a.origin == 0 {
				a.origin = c.Code
			}
		case a.code == 0:
			a.code = c.Code
		}
	}
	if a.code != 0 {
		a.known, a.number = true, a.code.Number()
	}
	return a, ""
}

func (m *member) write(b *strings.Builder) {
	quoted, _ := json.Marshal(m.name) // a text cannot fail
	b.Write(append(quoted, ':'))
	value := []byte(m.value)
	if m.quoted {
		value, _ = json.Marshal(m.value)
	}
	b.Write(value)
}

// longestText bounds the texts of an answer that are looked at, in bytes.
const longestText = 4 << 10

// element is an element of XML that holds only text.
var element = regexp.MustCompile(`(?s)<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))</`)

// topMembers returns the members at the top of an answer in JSON, JSONP, XML or the form of a query, or in the address to which it
// redirects, and why there are none.
func topMembers(x *Exchange) (members []member, why string) {
	if location := x.AnswerHeader.Get("Location"); location != "" && x.Status/100 == 3 {
		return redirected(location), ""
	}
	body, why := x.Answer.decoded(x.AnswerHeader)
	if why != "" {
		return nil, why
	}
	text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(body)), "\ufeff"))
	// OAuth's callback( {...} ); may break off, so its end is not looked at.
	if open := strings.IndexByte(text, '('); open > 0 && open < 128 && strings.HasPrefix(strings.TrimSpace(text[open+1:]), "{") {
		text = strings.TrimSpace(text[open+1:])
	}
	switch {
	case text == "":
		return nil, "it is empty"
	case text[0] == '{':
		return jsonMembers([]byte(text)), ""
	case redact.IsXML(text):
		for _, part := range element.FindAllStringSubmatch(text[:min(len(text), longestText)], -1) {
			members = append(members, member{part[1], part[2] + part[3], true})
		}
		return members, ""
	case text[0] != '<' && strings.IndexByte(text, '=') > 0 && utf8.ValidString(text):
		return pairs(text), ""
	}
	return nil, "it is " + kind(x.AnswerHeader) + ", not an answer of a door"
}

func kind(h http.Header) string {
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if media = strings.TrimSpace(media); media == "" || len(media) > 60 {
		return "of an unknown type"
	}
	return media
}

// redirected returns what a redirect to a game's address says: with its query or, in OAuth's implicit form, its fragment. A code there
// is one that is exchanged for a token.
func redirected(location string) (members []member) {
	address, fragment, _ := strings.Cut(location, "#")
	_, query, _ := strings.Cut(address, "?")
	for _, m := range append(pairs(query), pairs(fragment)...) {
		if m.name != "code" && !redact.Secret(m.name, m.value) {
			members = append(members, m)
		}
	}
	return members
}

func pairs(text string) (members []member) {
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			decoded = value
		}
		if name != "" && len(decoded) <= longestText {
			members = append(members, member{name, decoded, true})
		}
	}
	return members
}

// jsonMembers returns the members of an object that are texts or numbers, as far as it is JSON: the rest of a long answer may be
// missing.
func jsonMembers(text []byte) (members []member) {
	in := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := in.ReadToken(); err != nil {
		return nil
	}
	for in.PeekKind() == '"' {
		name, err := in.ReadToken()
		if err != nil {
			break
		}
		m := member{name: name.String()}
		switch in.PeekKind() {
		case '"', '0':
			value, err := in.ReadToken()
			if err != nil {
				return members
			}
			if m.value, m.quoted = value.String(), value.Kind() == '"'; len(m.value) <= longestText && !redact.Secret(m.name, m.value) {
				members = append(members, m)
			}
		default:
			if in.SkipValue() != nil {
				return members
			}
		}
	}
	return members
}
