package platform

import "encoding/json"

// MessageKind says what a message in an inbox is.
type MessageKind string

// The kinds.
const (
	ArkMessage    MessageKind = "ark"    // a card of a scene
	ShareMessage  MessageKind = "share"  // title, text, picture and address
	NoticeMessage MessageKind = "notice" // from the official account
)

// MaxRequest bounds the name that a caller gives a request, so that a repetition of it is known, in bytes.
const MaxRequest = 64

// MessageKeptMS is how long a message stays in an inbox: 30 days.
const MessageKeptMS = 30 * 24 * 3600 * 1000

// RequestKeptMS is how long the request that stored a message is remembered: 7 days.
const RequestKeptMS = 7 * 24 * 3600 * 1000

// Message is a message in an account's inbox.
type Message struct {
	ID      int64 // rises within an inbox; unique
	UIN     UIN   // whose inbox it is in
	From    UIN   // 0 for the official account
	AppID   AppID // the game that it is about; 0 for none
	Kind    MessageKind
	Request string // the sender's name for it; "" without one
	MessageContent
	SentMS int64
	ReadMS int64 // when its receiver read it; 0 before that
}

// MessageContent is what a message shows. Its JSON form is stored. All texts are plain text, never markup.
type MessageContent struct {
	FromOpenID OpenID          `json:"from_openid,omitzero"` // the sender's at the app; zero without one
	Scene      string          `json:"scene,omitzero"`       // of an Ark message, or the game's tag of a shared one
	Program    string          `json:"program,omitzero"`     // the mini program that a card opens
	Title      string          `json:"title,omitzero"`
	Text       string          `json:"text,omitzero"`
	URL        string          `json:"url,omitzero"`     // what it opens
	Picture    string          `json:"picture,omitzero"` // address of its picture
	Card       json.RawMessage `json:"card,omitzero"`    // of an Ark message
}

// MessageQuota says how many messages may be stored for a game on a day. The days are numbered; those of a week begin with
// the Monday.
type MessageQuota struct {
	MessageLimits
	Day, Monday int64
	MondayMS    int64 // when the week began
}

// MessageLimits are the most messages that an account may send and get through one app, each from 1 to MaxMessageLimit. The
// zero value stands for DefaultMessageLimits.
type MessageLimits struct {
	SenderDay    int `json:"sender_day" doc:"messages that an account may send in a day"`
	SenderWeek   int `json:"sender_week" doc:"messages that an account may send in a week"`
	ReceiverDay  int `json:"receiver_day" doc:"messages that an account may get in a day"`
	ReceiverWeek int `json:"receiver_week" doc:"messages that an account may get in a week"`
	PairDay      int `json:"pair_day" doc:"messages from one account to another in a day"`
}

// MaxMessageLimit bounds each of an app's MessageLimits.
const MaxMessageLimit = 1_000_000

// DefaultMessageLimits are those of an app without limits of its own (causes.md, messages).
var DefaultMessageLimits = MessageLimits{SenderDay: 10, SenderWeek: 40, ReceiverDay: 5, ReceiverWeek: 20, PairDay: 1}

// MessageLimitNames are the limits by name, in the order in which they are written.
var MessageLimitNames = []struct {
	Name string
	Of   func(*MessageLimits) *int
}{
	{"sender_day", func(l *MessageLimits) *int { return &l.SenderDay }},
	{"sender_week", func(l *MessageLimits) *int { return &l.SenderWeek }},
	{"receiver_day", func(l *MessageLimits) *int { return &l.ReceiverDay }},
	{"receiver_week", func(l *MessageLimits) *int { return &l.ReceiverWeek }},
	{"pair_day", func(l *MessageLimits) *int { return &l.PairDay }},
}

func (l *MessageLimits) validate() error {
	if *l == (MessageLimits{}) {
		return nil
	}
	for _, limit := range MessageLimitNames {
		if n := *limit.Of(l); n < 1 || n > MaxMessageLimit {
			return Invalidf("message_limits", "message_limits: %s is %d, not from 1 to %d", limit.Name, n, MaxMessageLimit)
		}
	}
	return nil
}

// SceneKey names a scene of Ark messages.
type SceneKey struct {
	AppID   AppID
	Program string // the mini program that its cards open; "" for none
	Scene   string
}

// Scene is a kind of Ark messages of an app: what may be in them, and what becomes of it. Its JSON form is stored and shown
// by the admin API.
type Scene struct {
	AppID       AppID           `json:"appid" doc:"the app"`
	Program     string          `json:"program" doc:"the mini program that its cards open; empty for none"`
	Scene       string          `json:"scene" doc:"the scene's name"`
	Online      bool            `json:"online" doc:"whether the mini program is online"`
	Template    json.RawMessage `json:"template" doc:"a JSON Schema of extraJSON"`
	EffectiveMS int64           `json:"effective_ms" doc:"from when the template is in effect"`
	Former      json.RawMessage `json:"former_template,omitzero" doc:"the template in effect until then; without one there is no scene until then"`
}

// Key returns the scene's name.
func (s *Scene) Key() SceneKey { return SceneKey{s.AppID, s.Program, s.Scene} }

// NoScene returns the error for an unknown scene.
func NoScene(key SceneKey) error {
	if key.Program == "" {
		return ErrNotFound.Errorf("app %s has no scene %.40q", key.AppID, key.Scene)
	}
	return ErrNotFound.Errorf("app %s has no scene %.40q of the mini program %.40q", key.AppID, key.Scene, key.Program)
}
