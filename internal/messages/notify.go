package messages

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// NotifyCommand is command 0xf03_2.
var NotifyCommand = oidb.Declare[*wire.NotifyRequest, *wire.NotifyResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf03, ServiceType: 2}, Name: "notify", Summary: "Puts a notice of the official account into a person's inbox.",
	Results: retcode.OIDB,
	Codes:   []retcode.Code{retcode.OIDBUnpackFailed, retcode.OIDBNoInstance, retcode.OIDBConnectFailed}, Fallback: retcode.OIDBConnectFailed,
	Needs: needs,
})

// notify answers 255 for an account that does not exist, and 155 when the notice could not be stored.
func (s *Service) notify(ctx context.Context, req *wire.NotifyRequest) (*wire.NotifyResponse, error) {
	n := Notice{
		AppID: platform.AppID(req.Appid), Request: req.Request, Title: req.Title, Text: req.Text, URL: req.Url,
	}
	if err := n.validate(); err != nil {
		return nil, retcode.OIDBUnpackFailed.WithCause(err)
	}
	if _, err := s.store.Account(ctx, platform.UIN(req.Uin)); errors.Is(err, platform.ErrNotFound) {
		return nil, retcode.OIDBNoInstance.WithCause(err)
	} else if err != nil {
		return nil, err
	}
	m, _, err := s.store.StoreMessage(ctx, platform.Message{
		UIN: platform.UIN(req.Uin), AppID: n.AppID, Kind: platform.NoticeMessage, Request: n.Request,
		MessageContent: platform.MessageContent{Title: n.Title, Text: n.Text, URL: n.URL}, SentMS: s.clock.NowMS(),
	}, nil)
	if err != nil {
		return nil, err
	}
	return &wire.NotifyResponse{Uin: req.Uin, MessageId: uint64(m.ID)}, nil
}

// Notice is what the official account tells a person.
type Notice struct {
	AppID   platform.AppID // the game that it is about; 0 for none
	Request string         // the same request stores the notice once within seven days; "" stores it each time
	Title   string
	Text    string
	URL     string // what it opens; "" for nothing
}

func (n *Notice) validate() error {
	for _, field := range []struct {
		name, text string
		most       int
	}{{"request", n.Request, platform.MaxRequest}, {"title", n.Title, maxTitle}, {"text", n.Text, maxText}} {
		if err := platform.CheckText(field.name, field.text, field.most); err != nil {
			return err
		}
	}
	if n.Title == "" {
		return platform.Invalidf("title", "title is missing")
	}
	return platform.CheckURL("url", n.URL)
}

// Notify puts a notice of the official account into a person's inbox. Errors: 145 for a notice that is too long or has no
// title, 255 for an account that does not exist, and 155 when it could not be stored.
func Notify(ctx context.Context, bus *oidb.Bus, uin platform.UIN, n Notice) error {
	_, err := oidb.Call(ctx, bus, NotifyCommand, &wire.NotifyRequest{
		Uin: uint64(uin), Appid: uint64(n.AppID), Request: n.Request, Title: n.Title, Text: n.Text, Url: n.URL,
	})
	return err
}
