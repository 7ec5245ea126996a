package share

import (
	"encoding/json"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/rookeryhq/rookery/retcode"
)

// Target is where a message goes.
type Target string

// The targets.
const (
	Friend Target = "friend" // a friend whom the player picks in QQ
	Group  Target = "group"  // a group that the player picks in QQ
	Qzone  Target = "qzone"  // the player's own Qzone, visible to all friends
)

// Targets are all targets.
var Targets = []Target{Friend, Group, Qzone}

// Type is a message's type, with the number of the client SDK (msdk-v5.md, 7.2). The SDK's 10007 and 10009 open something
// on the device and send nothing, so they are not types here.
type Type int

// The types of messages.
const (
	Text        Type = 10000 // Message.Text alone
	Link        Type = 10001 // a title and a link
	Image       Type = 10002 // a picture
	Invite      Type = 10003 // a title and a link into the game
	Music       Type = 10004 // a title, a link and the address of the audio
	Video       Type = 10005 // the address of a video
	MiniProgram Type = 10006 // a title, a link for devices without mini programs, and the program
	Ark         Type = 10008 // a structured message
)

// rule says which fields a type needs and which targets take it.
type rule struct {
	typ   Type
	name  string
	takes []Target
	needs []string // field names
}

var rules = []rule{
	{Text, "text", []Target{Friend, Group, Qzone}, []string{"text"}}, // a Qzone takes text, but not alone
	{Link, "link", []Target{Friend, Group, Qzone}, []string{"title", "link"}},
	{Image, "image", []Target{Friend, Group, Qzone}, []string{"picture"}},
	{Invite, "invite", []Target{Friend, Group}, []string{"title", "link"}},
	{Music, "music", []Target{Friend, Group, Qzone}, []string{"title", "link", "media"}},
	{Video, "video", []Target{Friend, Group, Qzone}, []string{"media"}},
	{MiniProgram, "mini-program", []Target{Friend, Group}, []string{"title", "link", "mini_program"}},
	{Ark, "ark", []Target{Friend, Group}, []string{"ark"}},
}

func ruleOf(t Type) *rule {
	if i := slices.IndexFunc(rules, func(r rule) bool { return r.typ == t }); i >= 0 {
		return &rules[i]
	}
	return nil
}

// String returns the type's name, such as "mini-program"; "unknown" for a number that is not a type.
func (t Type) String() string {
	if r := ruleOf(t); r != nil {
		return r.name
	}
	return "unknown"
}

// TypeNames are the names of all types.
func TypeNames() (names []string) {
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// ParseType returns the type with that name, and whether it exists.
func ParseType(name string) (Type, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	if i < 0 {
		return 0, false
	}
	return rules[i].typ, true
}

// Message is what a player shares. The comments on the types say which fields each needs.
type Message struct {
	Type        Type   `json:"type"`
	Title       string `json:"title,omitempty"`
	Summary     string `json:"summary,omitempty"`
	Text        string `json:"text,omitempty"`
	Link        string `json:"link,omitempty"`         // where a tap leads
	Picture     string `json:"picture,omitempty"`      // an image's address
	Media       string `json:"media,omitempty"`        // the address of audio or video
	MiniProgram string `json:"mini_program,omitempty"` // its appid and page, such as 1109000000/pages/index
	Ark         string `json:"ark,omitempty"`          // a JSON object
}

// The limits of a message, in bytes of UTF-8 (msdk-v3.md, 5.18; they are documented only for messages sent by a back end).
const (
	MaxTitle   = 45
	MaxSummary = 45
	MaxURL     = 512
	MaxMessage = 700 // all fields together
)

// field is one field of a message.
type field struct {
	name, text string
	max        int
	isURL      bool
}

func (m *Message) fields() []field {
	return []field{
		{"title", m.Title, MaxTitle, false},
		{"summary", m.Summary, MaxSummary, false},
		{"text", m.Text, MaxMessage, false},
		{"link", m.Link, MaxURL, true},
		{"picture", m.Picture, MaxURL, true},
		{"media", m.Media, MaxURL, true},
		{"mini_program", m.MiniProgram, MaxMessage, false},
		{"ark", m.Ark, MaxMessage, false},
	}
}

// check applies the rules that need no request.
func (m *Message) check(target Target) error {
	r := ruleOf(m.Type)
	switch {
	case r == nil:
		return retcode.QQMessageTypeWrong.Errorf("%d is not a message type", m.Type)
	case !slices.Contains(Targets, target):
		return retcode.QQMessageTypeWrong.Errorf("%q is not a target", target)
	case !slices.Contains(r.takes, target):
		return retcode.QQMessageTypeWrong.Errorf("a %s does not take messages of type %s", target, r.name)
	}
	fields := m.fields()
	for _, f := range fields {
		if f.text == "" && slices.Contains(r.needs, f.name) {
			return retcode.QQMessageEmpty.Errorf("%s is empty, which a message of type %s needs", f.name, r.name)
		}
	}
	if target == Qzone && m.Type == Text && m.Link == "" && m.Picture == "" {
		return retcode.QQQzoneTextOnly
	}
	total := 0
	for _, f := range fields {
		total += len(f.text)
		switch {
		case !utf8.ValidString(f.text):
			return retcode.QQMessageIllegal.Errorf("%s is not UTF-8", f.name)
		case len(f.text) > f.max:
			return retcode.QQMessageIllegal.Errorf("%s has %d bytes, more than %d", f.name, len(f.text), f.max)
		case f.isURL && f.text != "" && !isWeb(f.text):
			return retcode.QQMessageIllegal.Errorf("%s is not an absolute http or https URL", f.name)
		}
	}
	if total > MaxMessage {
		return retcode.QQMessageIllegal.Errorf("the message has %d bytes, more than %d", total, MaxMessage)
	}
	var object map[string]json.RawMessage
	if m.Ark != "" && json.Unmarshal([]byte(m.Ark), &object) != nil {
		return retcode.QQMessageIllegal.Errorf("ark is not a JSON object")
	}
	return nil
}

func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
