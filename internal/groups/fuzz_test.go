package groups

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
	leader := fix.player()
	fix.game.set("3", "77", leader)
	gc, err := leader.create("3", "77")
	must(f, err)
	app, openid, number := uint64(fix.app.AppID), leader.openid[:], uint64(gc)
	oidbtest.FuzzRequests(f, fix.Bus, map[*oidb.Declaration]proto.Message{
		&CreateBind.Declaration:   &wire.CreateBindGroupRequest{Appid: app, Openid: openid, AccessToken: leader.token, Zone: "3", Guild: "77", GuildName: "鸦"},
		&BindExisting.Declaration: &wire.BindExistingGroupRequest{Appid: app, Openid: openid, AccessToken: leader.token, Zone: "3", Guild: "77", Gc: number},
		&Unbind.Declaration:       &wire.UnbindGuildGroupRequest{Appid: app, Openid: openid, AccessToken: leader.token, Guild: "77", GroupOpenid: make([]byte, 16)},
		&Join.Declaration:         &wire.JoinGuildGroupRequest{Appid: app, Openid: openid, AccessToken: leader.token, Zone: "3", Guild: "77", Gc: number, Card: "c"},
		&ListCreated.Declaration:  &wire.ListCreatedGroupsRequest{Appid: app, Openid: openid, AccessToken: leader.token, After: 1},
		&Show.Declaration:         &wire.ShowGuildGroupRequest{Appid: app, Openid: openid, AccessToken: leader.token, Gc: number, People: true, Relation: true},
		&Relation.Declaration:     &wire.GuildGroupRelationRequest{Appid: app, Openid: openid, AccessToken: leader.token, Gc: number},
		&RemindLeader.Declaration: &wire.RemindLeaderBindRequest{Appid: app, Openid: openid, AccessToken: leader.token, Zone: "3", Guild: "77", LeaderOpenid: openid},
		&Send.Declaration: &wire.SendGuildMessageRequest{
			Appid: app, Openid: openid, AccessToken: leader.token, Gc: number, Message: &wire.GroupMessage{Kind: 2, Title: "t", Url: "https://a.example"},
		},
	}, nil)
}
