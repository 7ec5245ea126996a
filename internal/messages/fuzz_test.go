package messages

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/oidbtest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// FuzzRequests: whatever bytes come as a request, the answer is one that the command declares.
func FuzzRequests(f *testing.F) {
	fix := newFixture(f)
	ann, ben := fix.person(), fix.person()
	fix.befriend(ann, ben)
	fix.scene("demo", `{"type":"object"}`)
	app, uin := uint64(fix.app.AppID), uint64(ann.uin)
	oidbtest.FuzzRequests(f, fix.bus, map[*oidb.Declaration]proto.Message{
		&SendArkCommand.Declaration: &wire.SendArkRequest{
			Appid: app, Uin: uin, FromOpenid: ann.openid[:], FriendOpenid: ben.openid[:], Request: "r", Scene: "demo", ExtraJson: `{"a":[1,"鸦"]}`,
		},
		&SendShareCommand.Declaration: &wire.SendShareRequest{
			Appid: app, Uin: uin, FromOpenid: ann.openid[:], FriendOpenid: ben.openid[:], Tag: "t", Title: "<b>", Text: "magpie", Url: "https://a.example/",
		},
		&NotifyCommand.Declaration:    &wire.NotifyRequest{Uin: uin, Appid: app, Request: "r", Title: "t", Text: "鸦"},
		&ListInboxCommand.Declaration: &wire.ListInboxRequest{Uin: uin, Appid: app, After: 1, Limit: 1},
	}, nil)
}
