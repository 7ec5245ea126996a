package social

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
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
	oidbtest.FuzzRequests(f, fix.Bus, map[*oidb.Declaration]proto.Message{
		&PostFeedCommand.Declaration:        &wire.PostFeedRequest{Appid: app, Uin: uin, Title: "<b>", Text: "鸦", Url: "http://a.example/", Request: "r"},
		&ListFeedsCommand.Declaration:       &wire.ListFeedsRequest{Appid: app, Uin: uin, Openid: ann.openid[:], Friends: true, Before: 9, Limit: 1},
		&PullFeedsCommand.Declaration:       &wire.PullFeedsRequest{Appid: app, Uin: uin, Openid: ann.openid[:], FeedId: []uint64{1, 2}},
		&DeleteFeedCommand.Declaration:      &wire.DeleteFeedRequest{Appid: app, Uin: uin, FeedId: 1},
		&RedDotsCommand.Declaration:         &wire.RedDotsRequest{Appid: app, Uin: uin, Entry: []string{"feeds", "rank"}, SeenMs: now},
		&BeginChallengeCommand.Declaration:  &wire.BeginChallengeRequest{Appid: app, Uin: uin, Openid: ann.openid[:], OpponentOpenid: ben.openid[:], Request: "r", StartMs: now, EndMs: now + time.Hour.Milliseconds()},
		&ReportChallengeCommand.Declaration: &wire.ReportChallengeRequest{Appid: app, Uin: uin, ChallengeId: id, Score: "-12.5", Done: true},
		&ListChallengesCommand.Declaration:  &wire.ListChallengesRequest{Appid: app, Uin: uin, Before: 2},
		&ShowCardCommand.Declaration:        &wire.ShowCardRequest{Appid: app, Uin: uin, FriendOpenid: ben.openid[:]},
		&RecentGamesCommand.Declaration:     &wire.RecentGamesRequest{Uin: uin, Limit: 1},
	}, nil)
}
