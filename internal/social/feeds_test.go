package social

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

func TestFriendsSeeFeeds(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben, carl := f.friend("Ben", ann), f.person("Carl")
	first := f.post(ann, "<b>first</b>")
	f.post(carl, "a stranger's")
	second := f.post(ben, "second")

	rsp, err := call(f, ListFeedsCommand, &wire.ListFeedsRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), Openid: ann.openid[:], Friends: true})
	must(t, err)
	at := func(feed *wire.Feed, i int) *wire.Feed { feed.PostedMs = rsp.Feed[i].PostedMs; return feed }
	want := &wire.ListFeedsResponse{Uin: uint64(ann.uin), Feed: []*wire.Feed{
		at(&wire.Feed{FeedId: second, Author: uint64(ben.uin), Openid: ben.openid[:], Nickname: "Ben", PictureUrl: "http://pictures.example/100", Title: "second"}, 0),
		at(&wire.Feed{FeedId: first, Author: uint64(ann.uin), Openid: ann.openid[:], Nickname: "Ann", PictureUrl: "http://pictures.example/100", Title: "<b>first</b>"}, 1),
	}}
	if diff := cmp.Diff(want, rsp, protocmp.Transform()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := f.feeds(ann, false); len(got) != 1 || got[0] != "<b>first</b>" {
		t.Errorf("Ann's own are %q", got)
	}
	if got := f.feeds(carl, true); len(got) != 1 || got[0] != "a stranger's" {
		t.Errorf("Carl sees %q", got)
	}
	must(t, f.friends.Unfriend(t.Context(), ann.uin, ben.uin))
	if got := f.feeds(ann, true); len(got) != 1 {
		t.Errorf("after the end of the friendship Ann sees %q", got)
	}
}

func TestFeedsArePulled(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben, carl := f.friend("Ben", ann), f.person("Carl")
	pull := func(ids ...uint64) ([]*wire.Feed, error) {
		rsp, err := call(f, PullFeedsCommand, &wire.PullFeedsRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), Openid: ann.openid[:], FeedId: ids})
		return rsp.GetFeed(), err
	}
	own, friends, strangers := f.post(ann, "own"), f.post(ben, "a friend's"), f.post(carl, "a stranger's")
	got, err := pull(own, strangers, friends, 1<<63, 1<<64-1)
	must(t, err)
	if len(got) != 2 || got[0].FeedId != friends || got[0].Text != "the text of a friend's" || got[0].Nickname != "Ben" || got[1].FeedId != own {
		t.Errorf("got %v", got)
	}
	_, err = pull()
	wants(t, err, retcode.GameCenterParameterInvalid)
	_, err = pull(make([]uint64, 20)...)
	must(t, err)
	_, err = pull(make([]uint64, 21)...)
	wants(t, err, retcode.GameCenterParameterInvalid)
}

func TestFeedsAreKeptThirtyDays(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	id := f.post(ann, "old")
	f.Clock.Advance(30*24*time.Hour - time.Minute)
	must(t, f.work(t.Context()))
	if got := f.feeds(ann, true); len(got) != 1 {
		t.Error("it is gone before 30 days")
	}
	f.Clock.Advance(2 * time.Minute)
	rsp, err := call(f, PullFeedsCommand, &wire.PullFeedsRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), FeedId: []uint64{id}})
	must(t, err)
	if got := f.feeds(ann, true); len(got)+len(rsp.Feed) != 0 {
		t.Error("it is shown after 30 days")
	}
	left := func() int {
		list, err := f.Store.FeedsByID(t.Context(), f.app.AppID, []int64{int64(id)}, 0)
		must(t, err)
		return len(list)
	}
	if left() != 1 {
		t.Error("it was removed without a sweep")
	}
	must(t, f.work(t.Context()))
	if left() != 0 {
		t.Error("it is stored after 30 days")
	}
}

func TestTheNewestFiftyFeedsAreKeptAndListedInPages(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	for i := range 52 {
		f.post(ann, strconv.Itoa(i))
	}
	var before uint64
	var titles []string
	for _, limit := range []uint32{20, 30, 0} {
		rsp, err := call(f, ListFeedsCommand, &wire.ListFeedsRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), Before: before, Limit: limit})
		must(t, err)
		for _, feed := range rsp.Feed {
			titles, before = append(titles, feed.Title), feed.FeedId
		}
		if rsp.More != (limit == 20) {
			t.Errorf("after %d feeds there are more: %t", len(titles), rsp.More)
		}
	}
	if len(titles) != 50 || titles[0] != "51" || titles[49] != "2" {
		t.Errorf("got %q", titles)
	}
}

func TestAFeedIsPostedOnce(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.person("Ann"), f.person("Ben")
	req := &wire.PostFeedRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), Title: "a magpie", Text: "magpies", Request: "r"}
	one, err := call(f, PostFeedCommand, req)
	must(t, err)
	two, err := call(f, PostFeedCommand, req)
	must(t, err)
	if got := f.feeds(ann, false); one.FeedId != two.FeedId || len(got) != 1 || got[0] != "a ******" {
		t.Errorf("posted %d and %d, listed are %q", one.FeedId, two.FeedId, got)
	}
	remove := func(by person, id uint64) error {
		_, err := call(f, DeleteFeedCommand, &wire.DeleteFeedRequest{Appid: uint64(f.app.AppID), Uin: uint64(by.uin), FeedId: id})
		return err
	}
	wants(t, remove(ben, one.FeedId), retcode.GameCenterParameterInvalid)
	wants(t, remove(ann, 1<<64-1), retcode.GameCenterParameterInvalid)
	must(t, remove(ann, one.FeedId))
	wants(t, remove(ann, one.FeedId), retcode.GameCenterParameterInvalid)
	if got := f.feeds(ann, false); len(got) != 0 {
		t.Errorf("after its deletion, listed are %q", got)
	}
}

func TestFeedsThatCannotBePosted(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	for _, test := range []struct {
		name string
		edit func(*wire.PostFeedRequest)
		want retcode.Code
	}{
		{"sound", func(*wire.PostFeedRequest) {}, 0},
		{"as long as may be", func(r *wire.PostFeedRequest) {
			r.Request, r.Title, r.Text = strings.Repeat("r", 64), strings.Repeat("t", 100), strings.Repeat("x", 1000)
		}, 0},
		{"no title", func(r *wire.PostFeedRequest) { r.Title = "" }, retcode.GameCenterParameterInvalid},
		{"a long title", func(r *wire.PostFeedRequest) { r.Title = strings.Repeat("t", 101) }, retcode.GameCenterParameterInvalid},
		{"a long text", func(r *wire.PostFeedRequest) { r.Text = strings.Repeat("t", 1001) }, retcode.GameCenterParameterInvalid},
		{"a long request", func(r *wire.PostFeedRequest) { r.Request = strings.Repeat("t", 65) }, retcode.GameCenterParameterInvalid},
		{"a control character", func(r *wire.PostFeedRequest) { r.Text = "a\x00" }, retcode.GameCenterParameterInvalid},
		{"a script in place of an address", func(r *wire.PostFeedRequest) { r.Url = "javascript:alert(1)" }, retcode.GameCenterParameterInvalid},
		{"no address of a picture", func(r *wire.PostFeedRequest) { r.Picture = "p.png" }, retcode.GameCenterParameterInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := &wire.PostFeedRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), Title: "t", Url: "https://game.example/", Picture: "http://game.example/p.png"}
			test.edit(req)
			_, err := call(f, PostFeedCommand, req)
			wants(t, err, test.want)
		})
	}
}

// TestFailuresHaveTheirCodes: a part that fails makes exactly the commands fail that need it, each with its own code.
func TestFailuresHaveTheirCodes(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben := f.friend("Ben", ann)
	app, uin := uint64(f.app.AppID), uint64(ann.uin)
	match := f.begin(ann, ben, "first")
	must(t, f.Store.NotePlayed(t.Context(), f.app.AppID, ann.uin, f.Clock.NowMS()))
	calls := map[string]func() error{
		"post": func() error {
			_, err := call(f, PostFeedCommand, &wire.PostFeedRequest{Appid: app, Uin: uin, Title: "t"})
			return err
		},
		"list": func() error {
			_, err := call(f, ListFeedsCommand, &wire.ListFeedsRequest{Appid: app, Uin: uin, Friends: true})
			return err
		},
		"pull": func() error {
			_, err := call(f, PullFeedsCommand, &wire.PullFeedsRequest{Appid: app, Uin: uin, FeedId: []uint64{1}})
			return err
		},
		"delete": func() error {
			_, err := call(f, DeleteFeedCommand, &wire.DeleteFeedRequest{Appid: app, Uin: uin, FeedId: f.lastFeed(ann)})
			return err
		},
		"dots": func() error {
			_, err := call(f, RedDotsCommand, &wire.RedDotsRequest{Appid: app, Uin: uin, Entry: []string{"feeds", "challenges", "rank"}})
			return err
		},
		"see": func() error {
			_, err := call(f, RedDotsCommand, &wire.RedDotsRequest{Appid: app, Uin: uin, Entry: []string{"rank"}, SeenMs: 1})
			return err
		},
		"begin-by-member": func() error {
			_, err := call(f, BeginChallengeCommand, f.beginning(ann, ben, "more", func(r *wire.BeginChallengeRequest) { r.Member = true }))
			return err
		},
		"begin-by-game": func() error {
			_, err := call(f, BeginChallengeCommand, f.beginning(ann, ben, "more", nil))
			return err
		},
		"report": func() error { _, err := f.report(ann, match, "", false); return err },
		"challenges": func() error {
			_, err := call(f, ListChallengesCommand, &wire.ListChallengesRequest{Appid: app, Uin: uin})
			return err
		},
		"card": func() error {
			_, err := call(f, ShowCardCommand, &wire.ShowCardRequest{Appid: app, Uin: uin})
			return err
		},
		"card-of-friend": func() error {
			_, err := call(f, ShowCardCommand, &wire.ShowCardRequest{Appid: app, Uin: uin, FriendOpenid: ben.openid[:]})
			return err
		},
		"own-feeds": func() error {
			_, err := call(f, ListFeedsCommand, &wire.ListFeedsRequest{Appid: app, Uin: uin, Openid: ann.openid[:]})
			return err
		},
		"recent": func() error { _, err := call(f, RecentGamesCommand, &wire.RecentGamesRequest{Uin: uin}); return err },
	}
	f.post(ann, "to be deleted")
	ofOneFriend := map[string]retcode.Code{
		"begin-by-member": retcode.GameCenterChallengeMemberBeginFailed, "begin-by-game": retcode.GameCenterChallengeGameBeginFailed,
		"card-of-friend": retcode.GameCenterProfileReadFailed,
	}
	for _, test := range []struct {
		point string
		fails map[string]retcode.Code
	}{
		{"", nil},
		{"store.write:feeds", map[string]retcode.Code{"post": retcode.GameCenterFeedPostFailed, "delete": retcode.GameCenterFeedPostFailed}},
		{"store.read:feeds", map[string]retcode.Code{
			"list": retcode.GameCenterFeedListFailed, "own-feeds": retcode.GameCenterFeedListFailed, "pull": retcode.GameCenterFeedContentFailed, "dots": retcode.GameCenterInternal,
		}},
		{"store.write:red_dots", map[string]retcode.Code{"see": retcode.GameCenterRedDotWriteFailed}},
		{"store.read:red_dots", map[string]retcode.Code{"dots": retcode.GameCenterInternal, "see": retcode.GameCenterInternal}},
		{"store.write:challenges", map[string]retcode.Code{
			"begin-by-member": retcode.GameCenterChallengeMemberBeginFailed, "begin-by-game": retcode.GameCenterChallengeGameBeginFailed,
			"report": retcode.GameCenterInternal,
		}},
		{"store.read:challenges", map[string]retcode.Code{
			"dots": retcode.GameCenterInternal, "challenges": retcode.GameCenterInternal, "card": retcode.GameCenterProfileReadFailed,
			"card-of-friend": retcode.GameCenterProfileReadFailed,
		}},
		{"store.read:recent_games", map[string]retcode.Code{"recent": retcode.GameCenterRecentReadFailed}},
		{"bus.connect:0xf00", map[string]retcode.Code{
			"list": retcode.GameCenterFeedListFailed, "pull": retcode.GameCenterFeedContentFailed, "dots": retcode.GameCenterInternal,
			"card": retcode.GameCenterProfileReadFailed,
		}},
		{"bus.connect:0xf01", ofOneFriend},
		{"store.read:openids", ofOneFriend},
	} {
		t.Run(test.point, func(t *testing.T) {
			f.post(ann, "to be deleted")
			if test.point != "" {
				defer f.fail(test.point)()
			}
			for name, do := range calls {
				got, _ := retcode.From(do())
				if got != test.fails[name] {
					t.Errorf("%s: got %v, want %v", name, got, test.fails[name])
				}
			}
		})
	}
}

// lastFeed returns the number of a person's newest feed, which is read in spite of faults.
func (f *fixture) lastFeed(p person) uint64 {
	f.t.Helper()
	rules := f.faults.List()
	f.faults.Clear(0)
	rsp, err := call(f, ListFeedsCommand, &wire.ListFeedsRequest{Appid: uint64(f.app.AppID), Uin: uint64(p.uin), Limit: 1})
	must(f.t, err)
	for _, r := range rules {
		f.fail(r.Point)
	}
	return rsp.Feed[0].FeedId
}
