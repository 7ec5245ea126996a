package client

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// Message is what a player sends to a friend (msdk-v3.md, 5.18).
type Message struct {
	To      string // the friend's openid at the called door
	Title   string // at most 45 bytes
	Summary string // at most 45 bytes
	Link    string // what it opens, at most 512 bytes
	Picture string // URL of its picture
	Tag     string // what kind of message it is, such as MSG_INVITE; may be empty

	// Request names the message: sent again within seven days it counts once and has the same answer. "" stands for a new
	// name, so that at least a repeat by the client itself counts once.
	Request string
}

// members returns the message as both generations of MSDK take it.
func (m *Message) members() map[string]any {
	return map[string]any{
		"title": m.Title, "summary": m.Summary, "target_url": m.Link, "image_url": m.Picture, "game_tag": m.Tag,
		"fopenids": []map[string]any{{"openid": m.To, "type": 0}}, "request_id": cmp.Or(m.Request, NewSecret()),
	}
}

// Share sends a message to a friend in the same game and returns its number.
func (v *V5) Share(ctx context.Context, p Player, m Message) (messageID string, err error) {
	in := m.members()
	in["openid"], in["token"] = p.OpenID, p.Token
	var out struct {
		MessageID string `json:"message_id"`
	}
	err = v.call(ctx, "/v2/friend/share", p.os(), in, &out, &out.MessageID)
	return out.MessageID, err
}

// Share sends a message to a friend who uses the app. Its refusals are those of retcode.Share, and the limits' those of
// retcode.QQ.
func (v *V3) Share(ctx context.Context, u User, m Message) error {
	in := m.members()
	in["openid"], in["access_token"], in["oauth_consumer_key"] = u.OpenID, u.Token, v.appID()
	in["act"], in["dst"], in["flag"], in["src"] = 0, 1001, 1, 0
	return v.callIn(ctx, "/share/qq", v.client.app.AppID, u.OpenID, in, nil, []retcode.Domain{retcode.Share, retcode.QQ})
}

// Ark is a card that a player sends to a friend.
type Ark struct {
	To      string // the friend's openid
	Scene   string // one that the operator has set for the app
	Program string // the mini program that the card opens; may be empty
	Data    any    // what the scene's template asks for; it is written as JSON
	Request string // see Message
}

// SendArk sends a card to a friend who uses the app and returns its number. The user's token is an access token.
func (o *OpenAPI) SendArk(ctx context.Context, u User, a Ark) (messageID string, err error) {
	data, err := json.Marshal(a.Data)
	if err != nil {
		return "", err
	}
	const path = "/share/ark"
	form := url.Values{
		"appid": {o.client.app.AppID}, "openid": {u.OpenID}, "fopenid": {a.To}, "accesstoken": {u.Token}, "scene": {a.Scene},
		"extraJSON": {string(data)}, "request_id": {cmp.Or(a.Request, NewSecret())},
	}
	if a.Program != "" {
		form.Set("app", a.Program)
	}
	raw, q := encoded(form)
	sig := sign.OpenAPI(http.MethodPost, path, q, o.client.app.AppKey)
	var out struct {
		MessageID string `json:"message_id"`
	}
	err = o.client.do(ctx, &call{
		needs:  []need{{"AppID", o.client.app.AppID}, {"AppKey", o.client.app.AppKey}},
		method: http.MethodPost, path: path, body: []byte(raw + "&sig=" + url.QueryEscape(sig)), media: mediaForm,
		read: func(a *answer) error {
			if err := readRet(a, &out, retcode.QQ, retcode.OpenAPI); err != nil {
				return err
			}
			return a.wants("/share/ark", &out.MessageID)
		},
	})
	return out.MessageID, err
}

// Inbox is a part of a player's messages in a game, oldest first.
type Inbox struct {
	Messages []Received
	Next     string // where the next call continues
	More     bool   // there are more already
}

// Received is a message that a player got. Its texts are plain text: show them as such.
type Received struct {
	ID       string
	Kind     string // ark, share, or notice for one of the platform's official account
	From     string // the sender's openid; "" for a notice, and for a sender who never used MSDK V5
	FromName string
	Scene    string // of an Ark message, or the tag of a shared one
	Program  string // the mini program that a card opens
	Title    string
	Text     string
	Link     string
	Picture  string
	Card     json.RawMessage // of an Ark message
	Time     time.Time
	Read     bool // on the player's own page
}

// MaxWait is how long a call of Inbox may wait for a message.
const MaxWait = 25 * time.Second

// Inbox returns the messages that a player got after a point, "" for the beginning. Without any it waits for one for as long as
// wait, which is cut to whole seconds and MaxWait.
func (v *V5) Inbox(ctx context.Context, p Player, after string, wait time.Duration) (*Inbox, error) {
	const path = "/v2/friend/inbox"
	seconds := int(min(max(wait, 0), MaxWait) / time.Second)
	var out struct {
		Messages []struct {
			ID       string          `json:"message_id"`
			Kind     string          `json:"kind"`
			From     string          `json:"from_openid"`
			FromName string          `json:"from_name"`
			Scene    string          `json:"scene"`
			Program  string          `json:"program"`
			Title    string          `json:"title"`
			Text     string          `json:"text"`
			URL      string          `json:"url"`
			Picture  string          `json:"picture"`
			Card     json.RawMessage `json:"card"`
			Time     int64           `json:"time"`
			Read     number          `json:"read"`
		} `json:"messages"`
		Next string `json:"next"`
		More number `json:"more"`
	}
	err := v.client.do(ctx, &call{
		method: http.MethodGet, path: path, needs: v.needs(), wait: time.Duration(seconds) * time.Second,
		query: func(now time.Time) string {
			params := v.params(p.os(), now)
			params.Set("openid", p.OpenID)
			params.Set("token", p.Token)
			params.Set("since", cmp.Or(after, "0"))
			params.Set("wait", strconv.Itoa(seconds))
			return v.signed(path, params, nil)
		},
		read: func(a *answer) error {
			if err := readV5(a, &out); err != nil {
				return err
			}
			return a.wants("MSDK V5", &out.Next)
		},
	})
	if err != nil {
		return nil, err
	}
	inbox := &Inbox{Messages: make([]Received, len(out.Messages)), Next: out.Next, More: out.More != 0}
	for i, m := range out.Messages {
		inbox.Messages[i] = Received{
			ID: m.ID, Kind: m.Kind, From: m.From, FromName: m.FromName, Scene: m.Scene, Program: m.Program, Title: m.Title, Text: m.Text,
			Link: m.URL, Picture: m.Picture, Card: m.Card, Time: time.Unix(m.Time, 0), Read: m.Read != 0,
		}
	}
	return inbox, nil
}
