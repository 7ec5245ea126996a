package messages

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// limitCodes are the codes of a message that is one too many.
var limitCodes = []retcode.Code{retcode.QQSendQuotaExceeded, retcode.QQReceiveQuotaExceeded, retcode.QQPairQuotaExceeded}

// SendArkCommand is command 0xf03_1.
var SendArkCommand = oidb.Declare[*wire.SendArkRequest, *wire.SendResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf03, ServiceType: 1}, Name: "send_ark", Summary: "Sends a card of a scene to a friend.",
	Results: retcode.QQ,
	Codes: append([]retcode.Code{
		retcode.OIDBUnpackFailed, retcode.OIDBConnectFailed,
		retcode.QQArkSceneNotFound, retcode.QQMessageAppNotOnline, retcode.QQArkExtraJSONInvalid, retcode.QQArkPackFailed,
		retcode.QQArkFriendCheckFailed, retcode.QQArkNotFriends,
	}, limitCodes...),
	Fallback: retcode.OIDBConnectFailed, Needs: needs,
})

// SendShareCommand is command 0xf03_3.
var SendShareCommand = oidb.Declare[*wire.SendShareRequest, *wire.SendResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf03, ServiceType: 3}, Name: "send_share", Summary: "Sends a title, a text, a picture and an address to a friend.",
	Results: retcode.QQ,
	Codes: append([]retcode.Code{
		retcode.OIDBUnpackFailed, retcode.OIDBConnectFailed,
		retcode.QQMessageAppNotOnline, retcode.ShareForbiddenWord, retcode.QQArkFriendCheckFailed, retcode.QQArkNotFriends,
	}, limitCodes...),
	Fallback: retcode.OIDBConnectFailed, Needs: needs,
})

// sending is what the requests of both commands have in common.
type sending interface {
	GetAppid() uint64
	GetUin() uint64
	GetFromOpenid() []byte
	GetFriendOpenid() []byte
	GetFriendMsdkOpenid() uint64
	GetRequest() string
}

// sendArk checks a message in the order of causes.md, messages.
func (s *Service) sendArk(ctx context.Context, req *wire.SendArkRequest) (*wire.SendResponse, error) {
	return s.send(ctx, req, func(app *platform.App) (m platform.MessageContent, err error) {
		scene, template, err := s.inEffect(platform.SceneKey{AppID: app.AppID, Program: req.Program, Scene: req.Scene}, s.clock.NowMS())
		switch {
		case err != nil:
			return m, err
		case !app.Online:
			return m, notOnline(app)
		case !scene.Online:
			return m, retcode.QQMessageAppNotOnline.Errorf("the mini program of scene %.40q is not online", req.Scene)
		}
		value, err := template.check(req.ExtraJson)
		if err != nil {
			return m, err
		}
		card, shown, err := template.pack(req.ExtraJson, value)
		if err != nil {
			return m, err
		}
		return platform.MessageContent{
			Scene: req.Scene, Program: req.Program, Card: card,
			Title: shownText(shown, "title", maxTitle), Text: shownText(shown, "text", maxText), URL: addressOf(shown, "url"), Picture: addressOf(shown, "picture"),
		}, nil
	})
}

// textOf returns a member of a card that is a text; "" if it is not.
func textOf(card any, name string) string {
	object, _ := card.(map[string]any)
	text, _ := object[name].(string)
	return text
}

// shownText returns what the inbox shows of a text of a card: nothing of one that is too long for it or has control characters.
func shownText(card any, name string, most int) string {
	text := textOf(card, name)
	if platform.CheckText(name, text, most) != nil {
		return ""
	}
	return text
}

// addressOf returns a member of a card that is an address people can follow; "" if it is not.
func addressOf(card any, name string) string {
	text := textOf(card, name)
	if platform.CheckURL(name, text) != nil {
		return ""
	}
	return text
}

func notOnline(app *platform.App) error {
	return retcode.QQMessageAppNotOnline.Errorf("app %s is not online", app.AppID)
}

// sendShare answers 145 for a message that the inbox does not take, and 100004 for a text with a word of the operator's list.
func (s *Service) sendShare(ctx context.Context, req *wire.SendShareRequest) (*wire.SendResponse, error) {
	if err := validShare(req); err != nil {
		return nil, retcode.OIDBUnpackFailed.WithCause(err)
	}
	return s.send(ctx, req, func(app *platform.App) (m platform.MessageContent, err error) {
		if !app.Online {
			return m, notOnline(app)
		}
		for _, part := range []struct{ name, text string }{{"title", req.Title}, {"text", req.Text}} {
			if _, found := s.Words.Hide(part.text); found {
				return m, retcode.ShareForbiddenWord.Errorf("the %s has a forbidden word", part.name)
			}
		}
		return platform.MessageContent{Scene: req.Tag, Title: req.Title, Text: req.Text, URL: req.Url, Picture: req.Picture}, nil
	})
}

// validShare checks the form of a shared message. Doors may have narrower bounds.
func validShare(req *wire.SendShareRequest) error {
	return cmp.Or(
		platform.CheckText("tag", req.Tag, maxTitle),
		platform.CheckText("title", req.Title, maxTitle),
		platform.CheckText("text", req.Text, maxText),
		platform.CheckURL("url", req.Url),
		platform.CheckURL("picture", req.Picture),
	)
}

// send sends a message with the content that the rest of the request gives, unless the same request has sent one.
func (s *Service) send(ctx context.Context, req sending, content func(*platform.App) (platform.MessageContent, error)) (*wire.SendResponse, error) {
	now := s.clock.Now()
	m := platform.Message{
		From: platform.UIN(req.GetUin()), AppID: platform.AppID(req.GetAppid()), Request: req.GetRequest(), SentMS: now.UnixMilli(),
	}
	if err := platform.CheckText("request", m.Request, platform.MaxRequest); err != nil {
		return nil, retcode.OIDBUnpackFailed.WithCause(err)
	}
	app := s.apps.ByID(m.AppID)
	if app == nil {
		return nil, retcode.OIDBUnpackFailed.WithCause(platform.NoApp(m.AppID))
	}
	if m.Request != "" {
		switch sent, err := s.store.MessageOfRequest(ctx, m.AppID, m.From, m.Request, m.SentMS-platform.RequestKeptMS); {
		case err == nil:
			return answer(&sent), nil
		case !errors.Is(err, platform.ErrNotFound):
			return nil, err
		}
	}
	var err error
	if m.MessageContent, err = content(app); err != nil {
		return nil, err
	}
	m.Kind = platform.ShareMessage
	if m.Card != nil {
		m.Kind = platform.ArkMessage
	}
	copy(m.FromOpenID[:], req.GetFromOpenid())
	if m.UIN, err = s.friend(ctx, req); err != nil {
		return nil, err
	}
	sent, _, err := s.store.StoreMessage(ctx, m, s.quota(app, now))
	switch limits, tomorrow := app.Limits(), s.Calendar.UntilTomorrow(now); {
	case errors.Is(err, platform.ErrSenderQuota):
		return nil, retcode.QQSendQuotaExceeded.Errorf("the sender may send %d a day and %d a week", limits.SenderDay, limits.SenderWeek).WithRetryAfter(tomorrow)
	case errors.Is(err, platform.ErrReceiverQuota):
		return nil, retcode.QQReceiveQuotaExceeded.Errorf("the receiver may get %d a day and %d a week", limits.ReceiverDay, limits.ReceiverWeek).WithRetryAfter(tomorrow)
	case errors.Is(err, platform.ErrPairQuota):
		return nil, retcode.QQPairQuotaExceeded.Errorf("a sender may send the same receiver %d a day", limits.PairDay).WithRetryAfter(tomorrow)
	case err != nil:
		return nil, err
	}
	return answer(&sent), nil
}

func answer(sent *platform.Message) *wire.SendResponse {
	return &wire.SendResponse{Uin: uint64(sent.From), MessageId: uint64(sent.ID)}
}

// quota returns the limits of an app's messages on the day of a time.
func (s *Service) quota(app *platform.App, at time.Time) *platform.MessageQuota {
	monday := s.Calendar.Week(at)
	return &platform.MessageQuota{MessageLimits: app.Limits(), Day: s.Calendar.Day(at), Monday: monday, MondayMS: s.Calendar.Begin(monday).UnixMilli()}
}

// friend returns the account of a request's receiver. Errors: 225007 when that cannot be found out, 225008 when the openid
// names nobody or no friend of the sender.
func (s *Service) friend(ctx context.Context, req sending) (platform.UIN, error) {
	openid, err := s.receiver(ctx, req)
	if err != nil {
		return 0, noReceiver(err)
	}
	rsp, err := oidb.Call(ctx, s.bus, identity.ConvertOpenIDs, &wire.ConvertOpenIDsRequest{Appid: req.GetAppid(), Count: 1, Openid: [][]byte{openid}})
	switch code, _ := retcode.From(err); {
	case code == retcode.AccessTokenBatchOpenIDInvalid, code == retcode.AccessTokenBatchOpenIDReclaimed:
		return 0, noReceiver(platform.ErrNotFound)
	case err == nil && len(rsp.Uin) != 1:
		err = oidb.ErrGarbled
	}
	if err != nil {
		return 0, noReceiver(err)
	}
	uin := platform.UIN(rsp.Uin[0])
	switch are, err := friends.AreFriends(ctx, s.bus, platform.UIN(req.GetUin()), uin); {
	case err != nil:
		return 0, retcode.QQArkFriendCheckFailed.WithCause(err)
	case !are:
		return 0, retcode.QQArkNotFriends
	}
	return uin, nil
}

func noReceiver(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return retcode.QQArkNotFriends.Errorf("the receiver's openid names nobody")
	}
	return retcode.QQArkFriendCheckFailed.WithCause(err)
}

// receiver returns the openid of a request's receiver, which may name nobody.
func (s *Service) receiver(ctx context.Context, req sending) ([]byte, error) {
	if id := req.GetFriendMsdkOpenid(); id != 0 {
		player, err := s.store.Player(ctx, platform.AppID(req.GetAppid()), platform.MSDKOpenID(id))
		return player.OpenID[:], err
	}
	return req.GetFriendOpenid(), nil
}

// Ark is a card of a scene.
type Ark struct {
	Program   string // the mini program that the card opens; "" for none
	Scene     string
	ExtraJSON string
}

// Share is a title, a text, a picture and an address.
type Share struct{ Tag, Title, Text, URL, Picture string }

// Letter is who sends a message to whom.
type Letter struct {
	AppID      platform.AppID
	From       platform.UIN    // whose token was checked
	FromOpenID platform.OpenID // the sender's at the app
	To         platform.OpenID
	ToPlayer   platform.MSDKOpenID // instead of To, if it is not 0
	Request    string              // the same request sends once within seven days; "" sends each time
}

// SendArk sends a card and returns the message's number. Errors are those of SendArkCommand.
func SendArk(ctx context.Context, bus *oidb.Bus, l Letter, a Ark) (id uint64, err error) {
	rsp, err := oidb.Call(ctx, bus, SendArkCommand, &wire.SendArkRequest{
		Appid: uint64(l.AppID), Uin: uint64(l.From), FromOpenid: l.FromOpenID[:], FriendOpenid: l.To[:], FriendMsdkOpenid: uint64(l.ToPlayer),
		Request: l.Request, Program: a.Program, Scene: a.Scene, ExtraJson: a.ExtraJSON,
	})
	return rsp.GetMessageId(), err
}

// SendShare sends a shared message and returns its number. Errors are those of SendShareCommand.
func SendShare(ctx context.Context, bus *oidb.Bus, l Letter, m Share) (id uint64, err error) {
	rsp, err := oidb.Call(ctx, bus, SendShareCommand, &wire.SendShareRequest{
		Appid: uint64(l.AppID), Uin: uint64(l.From), FromOpenid: l.FromOpenID[:], FriendOpenid: l.To[:], FriendMsdkOpenid: uint64(l.ToPlayer),
		Request: l.Request, Tag: m.Tag, Title: m.Title, Text: m.Text, Url: m.URL, Picture: m.Picture,
	})
	return rsp.GetMessageId(), err
}
