package msdkv5

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) shares(k checks) []access.Endpoint {
	return []access.Endpoint{
		// Whether the game is online is a matter of the message (causes.md, messages).
		access.API("POST", "/v2/friend/share", msdk.Action(bodies, d.share), k.known, access.Granted, access.OrdinaryAddress, k.bounded,
			k.body, k.test, access.UserRate, access.Check("v5-share-token", d.shareToken).Calls(checkAccess)).
			Calls(access.Uses(&messages.SendShareCommand.Declaration)).Refuses(refuseShare).
			Does("Sends a message to a friend in the same game.").Returns(shareResult{}),
		access.API("GET", "/v2/friend/inbox", access.With(d.inbox), k.signed, access.OrdinaryAddress, k.bounded,
			access.Step("v5-inbox-params", inboxParams, retcode.V5ParameterMissing, retcode.V5ParameterInvalid), k.test, access.UserRate).
			Calls(checkAccess, access.Uses(&messages.ListInboxCommand.Declaration)).Answers(retcode.QQUserRateExceeded).
			Does("Lists the messages that the player got in this game, oldest first. Without any it waits for one, if it is asked to.").Takes(inboxFields{}).Returns(inboxResult{}),
	}
}

// shareBody is the body of share, with the members of the older interface (msdk-v5.md, 7.2).
type shareBody struct {
	playerBody
	msdk.Share

	friend platform.MSDKOpenID
	login  wire.CheckResponse
}

func (b *shareBody) Check(c *access.Call) (err error) {
	if err := b.playerBody.Check(c); err != nil {
		return err
	}
	if err := b.Share.Check(); err != nil {
		var coded *retcode.Error
		errors.As(err, &coded)
		return retcode.V5FieldInvalid.Errorf("%s", coded.Detail())
	}
	if b.friend, err = platform.ParseMSDKOpenID(b.Receivers[0].OpenID); err != nil {
		return retcode.V5FieldInvalid.Errorf("body member \"fopenids\" has an openid that is not an MSDK openid, a decimal number of 64 bits")
	}
	return nil
}

func (d *door) shareToken(c *access.Call, in *shareBody) (err error) {
	in.login, err = d.checkPlayer(c, &in.playerBody)
	return err
}

type shareResult struct {
	result
	MessageID string `json:"message_id" doc:"the message's number"`
}

// share sends a message to a friend in the same game.
func (d *door) share(c *access.Call, in *shareBody) (any, error) {
	id, err := messages.SendShare(c.Context(), d.bus, messages.Letter{
		AppID: c.App.AppID, From: in.login.UIN, FromOpenID: in.login.OpenID, ToPlayer: in.friend, Request: in.RequestID,
	}, in.Message())
	return &shareResult{MessageID: strconv.FormatUint(id, 10)}, err
}

// refuseShare translates the one number that this door lacks.
func refuseShare(err error) error {
	return refuse.Message(err, map[retcode.Code]retcode.Code{retcode.ShareForbiddenWord: retcode.V5FieldInvalid})
}

// inboxFields are the parameters of inbox.
type inboxFields struct {
	OpenID string `json:"openid" required:"true" doc:"the player's MSDK openid"`
	Token  string `json:"token" required:"true" doc:"the player's MSDK token"`
	Since  int64  `json:"since" min:"0" def:"0" doc:"lists messages after this message_id, such as the next of the call before"`
	Wait   int    `json:"wait" min:"0" max:"25" def:"0" doc:"for how many seconds to wait for a message"`
	Limit  int    `json:"limit" min:"1" max:"100" def:"20" doc:"how many messages to list at most"`
}

// inboxQuery holds the URL's parameters of inbox.
type inboxQuery struct {
	playerBody
	since int64
	wait  time.Duration
	limit int
}

// inboxDefault is the limit of an inbox call without one.
const inboxDefault = 20

// inboxParams reads the URL's parameters of inbox.
func inboxParams(c *access.Call) (err error) {
	in := &inboxQuery{limit: inboxDefault}
	in.OpenID, in.Token = c.Query.Get("openid"), c.Query.Get("token")
	for _, name := range [...]string{"openid", "token"} {
		if c.Query.Get(name) == "" {
			return retcode.V5ParameterMissing.Errorf("URL parameter %q is missing or empty", name)
		}
	}
	if in.id, err = platform.ParseMSDKOpenID(in.OpenID); err != nil {
		return invalid("openid", "an MSDK openid, a decimal number of 64 bits")
	}
	if text := c.Query.Get("since"); text != "" {
		if in.since, err = strconv.ParseInt(text, 10, 64); err != nil || in.since < 0 {
			return invalid("since", "a message_id, or 0")
		}
	}
	if text := c.Query.Get("wait"); text != "" {
		seconds, ok := number(text)
		if in.wait = time.Duration(seconds) * time.Second; !ok || in.wait > messages.MaxWait {
			return invalid("wait", "a number of seconds from 0 to 25")
		}
	}
	if text := c.Query.Get("limit"); text != "" {
		limit, ok := number(text)
		if in.limit = int(limit); !ok || limit < 1 || limit > messages.MaxInbox {
			return invalid("limit", "a number from 1 to 100")
		}
	}
	c.Input, c.User = in, in.OpenID
	return nil
}

type inboxResult struct {
	result
	Messages []inboxMessage `json:"messages" doc:"the messages"`
	Next     string         `json:"next" doc:"since of the next call"`
	More     int            `json:"more" doc:"1 when there are more already"`
}

// inboxMessage is one message. The sender of a notice is the official account, which has no openid.
type inboxMessage struct {
	MessageID string         `json:"message_id" doc:"the message's number, which rises"`
	Kind      string         `json:"kind" doc:"share, ark or notice"`
	From      string         `json:"from_openid" doc:"the sender's MSDK openid; empty for a sender who never used MSDK V5, and for notices"`
	FromName  string         `json:"from_name" doc:"the sender's nickname"`
	Scene     string         `json:"scene" doc:"an Ark message's scene, or a shared one's game_tag"`
	Program   string         `json:"program" doc:"the mini program that a card opens"`
	Title     string         `json:"title" doc:"the title"`
	Text      string         `json:"text" doc:"the text"`
	URL       string         `json:"url" doc:"address that it opens"`
	Picture   string         `json:"picture" doc:"address of its picture"`
	Card      jsontext.Value `json:"card,omitzero" doc:"an Ark message's extraJSON"`
	Time      int64          `json:"time" doc:"when it was sent, in Unix seconds"`
	Read      int            `json:"read" doc:"1 once the person has read it"`
}

// inbox answers the messages that the player got in this game. Without any it waits for one, if it is asked to.
func (d *door) inbox(c *access.Call, in *inboxQuery) (any, error) {
	login, err := d.checkPlayer(c, &in.playerBody)
	if err != nil {
		return nil, err
	}
	list, more, err := d.awaitMessages(c, in, login.UIN)
	if err != nil {
		return nil, err
	}
	var senders []platform.OpenID
	for i := range list {
		if from := list[i].FromOpenID; from != (platform.OpenID{}) && !slices.Contains(senders, from) {
			senders = append(senders, from)
		}
	}
	users := map[platform.OpenID]platform.AppUser{}
	if len(senders) > 0 {
		if users, err = d.friends.Users(c.Context(), c.App.AppID, senders); err != nil {
			return nil, err
		}
	}
	answer := &inboxResult{Messages: make([]inboxMessage, 0, len(list)), Next: strconv.FormatInt(in.since, 10), More: platform.Bit(more)}
	for i := range list {
		m := &list[i]
		answer.Next = strconv.FormatInt(m.ID, 10)
		one := inboxMessage{
			MessageID: answer.Next, Kind: string(m.Kind), Scene: m.Scene, Program: m.Program, Title: m.Title, Text: m.Text, URL: m.URL, Picture: m.Picture,
			Card: jsontext.Value(m.Card), Time: m.SentMS / 1000, Read: platform.Bit(m.ReadMS != 0),
		}
		if user := users[m.FromOpenID]; user.MSDKOpenID != 0 {
			one.From, one.FromName = user.MSDKOpenID.String(), user.Profile.Nickname
		}
		answer.Messages = append(answer.Messages, one)
	}
	return answer, nil
}

// awaitMessages returns the messages that a call asks for, as soon as there are any, but at the latest when it has waited long
// enough or the platform stops.
func (d *door) awaitMessages(c *access.Call, in *inboxQuery, uin platform.UIN) (list []platform.Message, more bool, err error) {
	ask := func() ([]platform.Message, bool, error) {
		return messages.Inbox(c.Context(), d.bus, c.App.AppID, uin, in.since, in.limit)
	}
	if in.wait == 0 {
		return ask()
	}
	arrived, stop, err := d.messages.Watch(c.App.AppID, uin) // before the first look, so that nothing falls between
	if err != nil {
		return nil, false, retcode.QQUserRateExceeded.Errorf("%v", err)
	}
	defer stop()
	c.MayWait(in.wait)
	enough := time.NewTimer(in.wait)
	defer enough.Stop()
	for {
		if list, more, err = ask(); err != nil || len(list) > 0 {
			return list, more, err
		}
		select {
		case _, open := <-arrived:
			if !open {
				return nil, false, nil
			}
		case <-enough.C:
			return nil, false, nil
		case <-c.Context().Done():
			return nil, false, c.Context().Err()
		}
	}
}
