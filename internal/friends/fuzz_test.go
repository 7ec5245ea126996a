package friends

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/oidbtest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
)

// FuzzRequests: whatever bytes come as a request, the answer is one that the command declares.
func FuzzRequests(f *testing.F) {
	fix := newFixture(f)
	ann, ben := fix.user(platform.Profile{Nickname: "Ann"}), fix.user(platform.Profile{Nickname: "鸦"})
	must(f, fix.Befriend(f.Context(), ann.UIN, ben.UIN))
	app := uint64(fix.app.AppID)
	oidbtest.FuzzRequests(f, fix.bus, map[*oidb.Declaration]proto.Message{
		&ShowProfileCommand.Declaration: &wire.ShowProfileRequest{Appid: app, Openid: ann.OpenID[:], AccessToken: ann.Token},
		&ListFriendsCommand.Declaration: &wire.ListFriendsRequest{Appid: app, Uin: uint64(ann.UIN), After: 1, Limit: 1},
		&AreFriendsCommand.Declaration:  &wire.AreFriendsRequest{Uin: uint64(ann.UIN), Friend: uint64(ben.UIN)},
	}, nil)
}
