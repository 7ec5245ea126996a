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
	Scene   string          `json:"scene,omitzero"` // of an Ark message, or the game's tag of a shared one
	Title   string          `json:"title,omitzero"`
	Text    string          `json:"text,omitzero"`
	URL     string          `json:"url,omitzero"`     // what it opens
	Picture string          `json:"picture,omitzero"` // address of its picture
	Card    json.RawMessage `json:"card,omitzero"`    // of an Ark message
}

// MessageQuota says how many messages may be stored for a game on a day. The days are numbered; those of a week begin with
// the Monday.
type MessageQuota struct {
	MessageLimits
	Day, Monday int64
}

// MessageLimits are the most messages that an account may send and get through one app, each from 1 to MaxMessageLimit.
type MessageLimits struct {
	SenderDay    int `json:"sender_day"`
	SenderWeek   int `json:"sender_week"`
	ReceiverDay  int `json:"receiver_day"`
	ReceiverWeek int `json:"receiver_week"`
	PairDay      int `json:"pair_day"` // from one account to another
}
