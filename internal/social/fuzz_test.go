package social

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb/oidbtest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// FuzzRequests: whatever bytes come as a request, the answer is one that the command declares.
func FuzzRequests(f *testing.F) {
	fix := newFixture(f)
	ann := fix.person("Ann")
	ben := fix.friend("Ben", ann)
	app, uin, now := uint64(fix.app.AppID), uint64(ann.uin), fix.Clock.NowMS()
	id := fix.begin(ann, ben, "r-0")
	oidbtest.FuzzRequests(f, fix.Bus, 0xf06, map[uint32]proto.Message{
		1: &wire.PostFeedRequest{Appid: app, Uin: uin, Title: "<b>", Text: "鸦", Url: "http://a.example/", Request: "r"},
		2: &wire.ListFeedsRequest{Appid: app, Uin: uin, Openid: ann.openid[:], Friends: true, Before: 9, Limit: 1},
		3: &wire.PullFeedsRequest{Appid: app, Uin: uin, Openid: ann.openid[:], FeedId: []uint64{1, 2}},
		4: &wire.DeleteFeedRequest{Appid: app, Uin: uin, FeedId: 1},
		5: &wire.RedDotsRequest{Appid: app, Uin: uin, Entry: []string{"feeds", "rank"}, SeenMs: now},
		6: &wire.BeginChallengeRequest{Appid: app, Uin: uin, Openid: ann.openid[:], OpponentOpenid: ben.openid[:], Request: "r", StartMs: now, EndMs: now + time.Hour.Milliseconds()},
		7: &wire.ReportChallengeRequest{Appid: app, Uin: uin, ChallengeId: id, Score: "-12.5", Done: true},
		8: &wire.ListChallengesRequest{Appid: app, Uin: uin, Before: 2}, 9: &wire.ShowCardRequest{Appid: app, Uin: uin, FriendOpenid: ben.openid[:]},
		10: &wire.RecentGamesRequest{Uin: uin, Limit: 1},
	}, nil)
}
