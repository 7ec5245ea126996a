package msdk

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Share holds the members that a shared message has at MSDK V3 and V5 (msdk-v3.md, 5.18; msdk-v5.md, 7.2). act and previewText
// are checked, and change nothing. request_id is this platform's own: repeated within seven days by the same sender, it sends
// once and gets the same answer.
type Share struct {
	Act         int       `json:"act" oneof:"0 1" def:"0" doc:"what a tap does: 0 opens the address, 1 the game; it changes nothing here"`
	Title       string    `json:"title" required:"true" min:"1" max:"45" doc:"the title"`
	Summary     string    `json:"summary" required:"true" min:"1" max:"45" doc:"the text"`
	TargetURL   string    `json:"target_url" required:"true" min:"1" max:"512" doc:"the http or https address that the message opens"`
	ImageURL    string    `json:"image_url" required:"true" min:"1" max:"512" doc:"the http or https address of its picture"`
	PreviewText string    `json:"previewText" max:"45" doc:"the text of a preview, which nothing here shows"`
	GameTag     string    `json:"game_tag" max:"45" doc:"the game's word for what the message is about"`
	Receivers   Receivers `json:"fopenids" required:"true" doc:"the friend: a list of one, or a string that holds such a list"`
	RequestID   string    `json:"request_id" max:"64" doc:"the sender's name for the message: repeated within seven days, it sends nothing and gets the same answer"`
}

// Bounds on a shared message, in bytes (msdk-v3.md, 5.18).
const (
	maxShareText = 45
	maxShareURL  = 512
	maxShare     = 700 // texts and addresses together
)

// ShareCodes are the codes of Share.Check.
var ShareCodes = []retcode.Code{retcode.ShareFieldInvalid, retcode.ShareTextTooLong, retcode.ShareMessageTooLong}

// Check returns the first fault: 100001 for a member that is missing or has a wrong value, 103 for one that is too long, 27
// for a message that is too long as a whole.
func (s *Share) Check() error {
	members := [...]struct {
		name, value string
		required    bool
		most        int
	}{
		{"title", s.Title, true, maxShareText},
		{"summary", s.Summary, true, maxShareText},
		{"target_url", s.TargetURL, true, maxShareURL},
		{"image_url", s.ImageURL, true, maxShareURL},
		{"previewText", s.PreviewText, false, maxShareText},
		{"game_tag", s.GameTag, false, maxShareText},
		{"request_id", s.RequestID, false, platform.MaxRequest},
	}
	for _, m := range members {
		if m.required && m.value == "" {
			return retcode.ShareFieldInvalid.Errorf("body member %q is missing or empty", m.name)
		}
	}
	switch {
	case len(s.Receivers) != 1:
		return retcode.ShareFieldInvalid.Errorf("body member \"fopenids\" has %d openids, not 1", len(s.Receivers))
	case s.Receivers[0].Type != 0:
		return retcode.ShareFieldInvalid.Errorf("body member \"fopenids\" has the type %d, not 0", s.Receivers[0].Type)
	case s.Act != 0 && s.Act != 1:
		return retcode.ShareFieldInvalid.Errorf("body member \"act\" is neither 0 (open the address) nor 1 (open the game)")
	}
	for _, m := range members {
		if err := platform.CheckText(m.name, m.value, len(m.value)); err != nil {
			return retcode.ShareFieldInvalid.Errorf("body member %v", err)
		}
	}
	for _, m := range members {
		if len(m.value) > m.most {
			return retcode.ShareTextTooLong.Errorf("body member %q has %d bytes, more than %d", m.name, len(m.value), m.most)
		}
	}
	for _, m := range [...]struct{ name, address string }{{"target_url", s.TargetURL}, {"image_url", s.ImageURL}} {
		if platform.CheckURL(m.name, m.address) != nil {
			return retcode.ShareFieldInvalid.Errorf("body member %q is not an absolute http or https address", m.name)
		}
	}
	if size := len(s.Title) + len(s.Summary) + len(s.TargetURL) + len(s.ImageURL) + len(s.PreviewText) + len(s.GameTag); size > maxShare {
		return retcode.ShareMessageTooLong.Errorf("the texts and addresses of the message have %d bytes, more than %d", size, maxShare)
	}
	return nil
}

// Message returns what the receiver sees.
func (s *Share) Message() messages.Share {
	return messages.Share{Tag: s.GameTag, Title: s.Title, Text: s.Summary, URL: s.TargetURL, Picture: s.ImageURL}
}

// Receivers are the receivers of a message, in an array or in a string that holds one.
type Receivers []Receiver

// Receiver names a friend by openid.
type Receiver struct {
	OpenID string `json:"openid" required:"true" doc:"the friend's openid, in the form of the player's own"`
	Type   int    `json:"type" oneof:"0" def:"0" doc:"the kind of openid"`
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *Receivers) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	var list []Receiver
	if value.Kind() == '"' {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return err
		}
		value = jsontext.Value(text)
	}
	if err := json.Unmarshal(value, &list); err != nil {
		return fmt.Errorf("%w: it is not a list of openids", errReceivers)
	}
	*r = list
	return nil
}

var errReceivers = errors.New("fopenids cannot be read")
