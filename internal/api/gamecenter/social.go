package gamecenter

import (
	"cmp"
	"context"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/social"
	"github.com/rookeryhq/rookery/retcode"
)

// socials are the commands of feeds, red dots, challenges and cards. Which games a person plays is nothing that a game may ask.
var socials = []*command{
	{
		name: "gc_feed_post", ways: everyWay, required: []string{"title"}, read: readFeedPost,
		serve: serves(social.PostFeedCommand, func(rsp *wire.PostFeedResponse) any {
			return &struct {
				Feed uint64 `json:"feed,string"`
			}{rsp.FeedId}
		}),
		calls: []access.Use{access.Uses(&social.PostFeedCommand.Declaration)}, failed: retcode.GameCenterFeedPostFailed,
	},
	{
		name: "gc_feed_list", ways: everyWay, read: readFeedList, serve: serves(social.ListFeedsCommand, feedsOf[*wire.ListFeedsResponse]),
		calls: []access.Use{access.Uses(&social.ListFeedsCommand.Declaration)}, failed: retcode.GameCenterFeedListFailed,
	},
	{
		name: "gc_feed_pull", ways: everyWay, required: []string{"feeds"}, read: readFeedPull, serve: serves(social.PullFeedsCommand, feedsOf[*wire.PullFeedsResponse]),
		calls: []access.Use{access.Uses(&social.PullFeedsCommand.Declaration)}, failed: retcode.GameCenterFeedContentFailed,
	},
	{
		name: "gc_feed_delete", ways: everyWay, required: []string{"feed"}, read: readFeedDelete,
		serve: serves(social.DeleteFeedCommand, func(*wire.DeleteFeedResponse) any { return nil }),
		calls: []access.Use{access.Uses(&social.DeleteFeedCommand.Declaration)}, failed: retcode.GameCenterFeedPostFailed,
	},
	{
		name: "gc_recent", ways: []way{bySkey, bySid}, read: readRecent, serve: serves(social.RecentGamesCommand, gamesOf),
		calls: []access.Use{access.Uses(&social.RecentGamesCommand.Declaration)}, failed: retcode.GameCenterRecentReadFailed,
	},
	{
		name: "gc_reddot", ways: everyWay, required: []string{"entries"}, missing: retcode.GameCenterRedDotParameterMissing, read: readRedDot,
		serve: serves(social.RedDotsCommand, dotsOf),
		calls: []access.Use{access.Uses(&social.RedDotsCommand.Declaration)},
	},
	{
		name: "gc_challenge_begin", ways: everyWay, required: []string{"opponent", "start", "end", "request"}, missing: retcode.GameCenterRequiredFieldMissing,
		read: readChallengeBegin, serve: serves(social.BeginChallengeCommand, func(rsp *wire.BeginChallengeResponse) any { return challengeOf(rsp.Challenge) }),
		calls:  []access.Use{access.Uses(&social.BeginChallengeCommand.Declaration)},
		failed: retcode.GameCenterChallengeGameBeginFailed, onPage: retcode.GameCenterChallengeMemberBeginFailed,
	},
	{
		name: "gc_challenge_report", ways: everyWay, required: []string{"challenge"}, missing: retcode.GameCenterRequiredFieldMissing,
		read: readChallengeReport, serve: serves(social.ReportChallengeCommand, func(rsp *wire.ReportChallengeResponse) any { return challengeOf(rsp.Challenge) }),
		calls: []access.Use{access.Uses(&social.ReportChallengeCommand.Declaration)},
	},
	{
		name: "gc_challenge_list", ways: everyWay, read: readChallengeList, serve: serves(social.ListChallengesCommand, challengesOf),
		calls: []access.Use{access.Uses(&social.ListChallengesCommand.Declaration)},
	},
	{
		name: "gc_profile", ways: everyWay, read: readProfile, serve: serves(social.ShowCardCommand, cardOf),
		calls: []access.Use{access.Uses(&social.ShowCardCommand.Declaration)}, failed: retcode.GameCenterProfileReadFailed,
	},
}

// serves calls a command of the bus with the message that was read.
func serves[Req, Rsp proto.Message](c *oidb.Command[Req, Rsp], show func(Rsp) any) func(context.Context, *oidb.Bus, *request) (any, error) {
	return func(ctx context.Context, bus *oidb.Bus, in *request) (any, error) {
		rsp, err := oidb.Call(ctx, bus, c, in.input.(Req))
		if err != nil {
			return nil, err
		}
		return show(rsp), nil
	}
}

// id returns a parameter that is the number of a feed or a challenge; 0 if it is missing.
func (in *request) id(name string) (uint64, error) {
	n, err := in.number(name, 0, 1, math.MaxInt64)
	return uint64(n), err
}

// yes returns a parameter that is 1 or 0.
func (in *request) yes(name string, otherwise int64) (bool, error) {
	n, err := in.number(name, otherwise, 0, 1)
	return n == 1, err
}

// page returns which part of a list is wanted.
func (in *request) page() (before uint64, limit uint32, err error) {
	before, err = in.id("before")
	most, wrong := in.number("limit", 0, 1, social.MaxPage)
	return before, uint32(most), cmp.Or(err, wrong)
}

// friend returns a parameter that is an openid; nil if it is missing.
func (in *request) friend(name string) ([]byte, error) {
	text := in.text(name)
	if text == "" {
		return nil, nil
	}
	openid, err := platform.ParseOpenID(text)
	if err != nil {
		return nil, retcode.GameCenterParameterInvalid.Errorf("parameter %q is not an openid: 32 hex digits", name)
	}
	return openid[:], nil
}

func readFeedPost(in *request) error {
	in.input = &wire.PostFeedRequest{
		Appid: uint64(in.app.AppID), Uin: uint64(in.uin),
		Request: in.text("request"), Title: in.text("title"), Text: in.text("text"), Url: in.text("url"), Picture: in.text("picture"),
	}
	return nil
}

func readFeedList(in *request) error {
	before, limit, err := in.page()
	friends, wrong := in.yes("friends", 1)
	in.input = &wire.ListFeedsRequest{
		Appid: uint64(in.app.AppID), Uin: uint64(in.uin), Openid: in.openid[:], Friends: friends, Before: before, Limit: limit,
	}
	return cmp.Or(err, wrong)
}

func readFeedPull(in *request) error {
	req := &wire.PullFeedsRequest{Appid: uint64(in.app.AppID), Uin: uint64(in.uin), Openid: in.openid[:]}
	for text := range strings.SplitSeq(in.text("feeds"), ",") {
		id, err := strconv.ParseUint(text, 10, 63)
		if err != nil || len(req.FeedId) == social.MaxPull {
			return retcode.GameCenterParameterInvalid.Errorf("parameter \"feeds\" is not 1 to %d numbers of feeds with commas between them", social.MaxPull)
		}
		req.FeedId = append(req.FeedId, id)
	}
	in.input = req
	return nil
}

func readFeedDelete(in *request) error {
	id, err := in.id("feed")
	in.input = &wire.DeleteFeedRequest{Appid: uint64(in.app.AppID), Uin: uint64(in.uin), FeedId: id}
	return err
}

// feed is a feed in a list.
type feed struct {
	Feed     uint64 `json:"feed,string"`
	Author   player `json:"author"`
	Title    string `json:"title"`
	Text     string `json:"text,omitzero"`
	URL      string `json:"url,omitzero"`
	Picture  string `json:"picture,omitzero"`
	PostedMS int64  `json:"posted_ms"`
}

// player is a person as friends see one.
type player struct {
	OpenID   string `json:"openid"`
	Nickname string `json:"nickname"`
	Picture  string `json:"picture"`
}

func feedsOf[Rsp interface{ GetFeed() []*wire.Feed }](rsp Rsp) any {
	list := make([]feed, 0, len(rsp.GetFeed()))
	for _, f := range rsp.GetFeed() {
		list = append(list, feed{f.FeedId, player{openIDOf(f.Openid), f.Nickname, f.PictureUrl}, f.Title, f.Text, f.Url, f.Picture, f.PostedMs})
	}
	more := false
	if pages, ok := any(rsp).(interface{ GetMore() bool }); ok {
		more = pages.GetMore()
	}
	return &struct {
		List []feed `json:"list"`
		More bool   `json:"more,omitzero"`
	}{list, more}
}

// openIDOf returns the text of an openid; "" without one.
func openIDOf(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return platform.OpenID(b).String()
}

func readRecent(in *request) error {
	limit, err := in.number("limit", 0, 1, social.MaxRecent)
	in.input = &wire.RecentGamesRequest{Uin: uint64(in.uin), Limit: uint32(limit)}
	return err
}

// game is a game that was played.
type game struct {
	AppID    platform.AppID `json:"appid"`
	Name     string         `json:"name"`
	PlayedMS int64          `json:"played_ms"`
}

func gamesOf(rsp *wire.RecentGamesResponse) any {
	list := make([]game, 0, len(rsp.Game))
	for _, g := range rsp.Game {
		list = append(list, game{platform.AppID(g.Appid), g.Name, g.PlayedMs})
	}
	return &struct {
		List []game `json:"list"`
	}{list}
}

func readRedDot(in *request) error {
	seen, err := in.number("seen", 0, 1, math.MaxInt64)
	in.input = &wire.RedDotsRequest{
		Appid: uint64(in.app.AppID), Uin: uint64(in.uin), Entry: strings.SplitN(in.text("entries"), ",", len(social.Entries)+1), SeenMs: seen,
	}
	return err
}

// dot is the red dot of an entry.
type dot struct {
	Entry    string `json:"entry"`
	Lit      bool   `json:"lit"`
	NewestMS int64  `json:"newest_ms"`
	SeenMS   int64  `json:"seen_ms"`
}

func dotsOf(rsp *wire.RedDotsResponse) any {
	list := make([]dot, 0, len(rsp.Dot))
	for _, d := range rsp.Dot {
		list = append(list, dot{d.Entry, d.NewestMs > d.SeenMs, d.NewestMs, d.SeenMs})
	}
	return &struct {
		List []dot `json:"list"`
	}{list}
}

// maxSeconds bounds a time, so that it has as many milliseconds as a time can have.
const maxSeconds = math.MaxInt64 / 1000

func readChallengeBegin(in *request) error {
	opponent, err := in.friend("opponent")
	start, wrongStart := in.number("start", 0, 0, maxSeconds)
	end, wrongEnd := in.number("end", 0, 0, maxSeconds)
	in.input = &wire.BeginChallengeRequest{
		Appid: uint64(in.app.AppID), Uin: uint64(in.uin), Openid: in.openid[:], OpponentOpenid: opponent, Request: in.text("request"), Title: in.text("title"),
		StartMs: start * 1000, EndMs: end * 1000, Member: in.way != byToken,
	}
	return cmp.Or(err, wrongStart, wrongEnd)
}

func readChallengeReport(in *request) error {
	id, err := in.id("challenge")
	done, wrong := in.yes("done", 0)
	if err := cmp.Or(err, wrong); err != nil {
		return err
	}
	score := in.text("data")
	if score == "" && !done {
		return missing(in.missingCode(), "data")
	}
	in.input = &wire.ReportChallengeRequest{Appid: uint64(in.app.AppID), Uin: uint64(in.uin), ChallengeId: id, Score: score, Done: done}
	return nil
}

func readChallengeList(in *request) error {
	before, limit, err := in.page()
	in.input = &wire.ListChallengesRequest{Appid: uint64(in.app.AppID), Uin: uint64(in.uin), Before: before, Limit: limit}
	return err
}

// challenge is a match of two friends. Its start and its end are in seconds, like those that begin it.
type challenge struct {
	Challenge  uint64 `json:"challenge,string"`
	Title      string `json:"title"`
	Start      int64  `json:"start"`
	End        int64  `json:"end"`
	Challenger side   `json:"challenger"`
	Opponent   side   `json:"opponent"`
	Leader     string `json:"leader,omitzero"`  // the openid of the player with the greater score
	OverMS     int64  `json:"over_ms,omitzero"` // from when on the leader has won
}

type side struct {
	OpenID    string `json:"openid"`
	Score     string `json:"score,omitzero"`
	ReachedMS int64  `json:"reached_ms,omitzero"`
	Done      bool   `json:"done,omitzero"`
}

func challengeOf(m *wire.Challenge) *challenge {
	c := &challenge{
		Challenge: m.ChallengeId, Title: m.Title, Start: m.StartMs / 1000, End: m.EndMs / 1000, OverMS: m.OverMs,
		Challenger: sideOf(m.Challenger), Opponent: sideOf(m.Opponent),
	}
	for _, one := range []*wire.ChallengeSide{m.Challenger, m.Opponent} {
		if one.Uin == m.Leader {
			c.Leader = openIDOf(one.Openid)
		}
	}
	return c
}

func sideOf(m *wire.ChallengeSide) side {
	return side{openIDOf(m.Openid), m.Score, m.ReachedMs, m.Done}
}

func challengesOf(rsp *wire.ListChallengesResponse) any {
	list := make([]*challenge, 0, len(rsp.Challenge))
	for _, m := range rsp.Challenge {
		list = append(list, challengeOf(m))
	}
	return &struct {
		List []*challenge `json:"list"`
		More bool         `json:"more,omitzero"`
	}{list, rsp.More}
}

func readProfile(in *request) error {
	friend, err := in.friend("friend")
	in.input = &wire.ShowCardRequest{Appid: uint64(in.app.AppID), Uin: uint64(in.uin), FriendOpenid: friend}
	return err
}

// card is what a player shows.
type card struct {
	Nickname   string                   `json:"nickname"`
	Gender     uint32                   `json:"gender"`
	Picture    string                   `json:"picture"`
	QQLevel    uint32                   `json:"qq_level"`
	Challenges platform.ChallengeRecord `json:"challenges"`
	Friends    uint32                   `json:"friends,omitzero"` // who use the app; only on the caller's own card
}

func cardOf(rsp *wire.ShowCardResponse) any {
	return &card{
		Nickname: rsp.Nickname, Gender: rsp.Gender, Picture: rsp.PictureUrl, QQLevel: rsp.QqLevel, Friends: rsp.Friends,
		Challenges: platform.ChallengeRecord{Won: rsp.Won, Lost: rsp.Lost, Drawn: rsp.Drawn},
	}
}
