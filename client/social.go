package client

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// NewFeed is what a player tells friends who use the app. Words on the operator's list become asterisks.
type NewFeed struct {
	Title   string // at most 100 bytes
	Text    string // at most 1,000 bytes; may be empty
	Link    string // what it opens, at most 512 bytes; may be empty
	Picture string // URL of its picture; may be empty

	// Request names the feed, in at most 64 bytes: posted again it is the same feed. "" stands for a new name, so that at least a
	// repeat by the client itself posts one feed.
	Request string
}

// Feed is what a player told friends. Its texts are plain text: show them as such.
type Feed struct {
	ID     string
	Author GamePlayer
	Title  string
	Posted time.Time

	// Of FeedContents alone:

	Text    string
	Link    string
	Picture string
}

// PostFeed posts a feed and returns its number. It is kept for 30 days, and is one of the player's newest 50. GameCenterFeedPostFailed
// means that it could not be stored.
func (g *GameCenter) PostFeed(ctx context.Context, by GameCaller, f NewFeed) (id string, err error) {
	var out struct {
		Feed string `json:"feed"`
	}
	err = g.call(ctx, by, gameCall{cmd: "gc_feed_post", out: &out, params: url.Values{
		"title": {f.Title}, "text": {f.Text}, "url": {f.Link}, "picture": {f.Picture}, "request": {cmp.Or(f.Request, NewSecret())},
	}}, &out.Feed)
	return out.Feed, err
}

// ListPage is a part of a list that has the newest first.
type ListPage struct {
	Before string // only what comes after this number in the list, such as the last one of the page before; "" for the beginning
	Limit  int    // 0 stands for 50, which is also the most
}

func (p ListPage) params() url.Values {
	return url.Values{"before": {p.Before}, "limit": {orDefault(p.Limit)}}
}

// Feeds returns the feeds of the caller and of friends, newest first, without their contents, and whether there are more.
// GameCenterFeedListFailed means that feeds or friends could not be read.
func (g *GameCenter) Feeds(ctx context.Context, by GameCaller, page ListPage) (list []Feed, more bool, err error) {
	return g.feeds(ctx, by, page, true)
}

// OwnFeeds is Feeds without those of friends.
func (g *GameCenter) OwnFeeds(ctx context.Context, by GameCaller, page ListPage) (list []Feed, more bool, err error) {
	return g.feeds(ctx, by, page, false)
}

func (g *GameCenter) feeds(ctx context.Context, by GameCaller, page ListPage, friends bool) ([]Feed, bool, error) {
	var out feeds
	params := page.params()
	params.Set("friends", truth(friends))
	err := g.call(ctx, by, gameCall{cmd: "gc_feed_list", out: &out, params: params})
	return out.all(), out.More, err
}

// FeedContents returns the whole of up to 20 feeds by number, newest first. It leaves out those that are gone, or that neither the caller nor a friend
// has posted. GameCenterFeedContentFailed means that they could not be read.
func (g *GameCenter) FeedContents(ctx context.Context, by GameCaller, ids ...string) ([]Feed, error) {
	var out feeds
	err := g.call(ctx, by, gameCall{cmd: "gc_feed_pull", out: &out, params: url.Values{"feeds": {strings.Join(ids, ",")}}})
	return out.all(), err
}

// feeds is an answer with feeds.
type feeds struct {
	List []struct {
		Feed    string     `json:"feed"`
		Author  gamePlayer `json:"author"`
		Title   string     `json:"title"`
		Text    string     `json:"text"`
		URL     string     `json:"url"`
		Picture string     `json:"picture"`
		Posted  millis     `json:"posted_ms"`
	} `json:"list"`
	More bool `json:"more"`
}

func (f *feeds) all() []Feed {
	all := make([]Feed, len(f.List))
	for i, one := range f.List {
		all[i] = Feed{one.Feed, GamePlayer(one.Author), one.Title, one.Posted.Time, one.Text, one.URL, one.Picture}
	}
	return all
}

// DeleteFeed deletes a feed of the caller. GameCenterParameterInvalid means that the caller has no such feed, and
// GameCenterFeedPostFailed that it could not be deleted.
func (g *GameCenter) DeleteFeed(ctx context.Context, by GameCaller, id string) error {
	return g.call(ctx, by, gameCall{cmd: "gc_feed_delete", params: url.Values{"feed": {id}}, once: true})
}

// Entry is a part of the Game Center that has a red dot when something in it is new.
type Entry string

// The entries.
const (
	FeedsEntry      Entry = "feeds"      // a friend has posted a feed
	ChallengesEntry Entry = "challenges" // a friend has begun a challenge, or one is over
	RankEntry       Entry = "rank"       // a week is settled, on Monday at 00:00
)

// RedDot says whether something in an entry is new.
type RedDot struct {
	Entry  Entry
	Lit    bool
	Newest time.Time // of what is in the entry; the zero time for nothing
	Seen   time.Time // until when the player has seen it; the zero time for never
}

// RedDots returns the red dots of entries, of which it needs at least one.
func (g *GameCenter) RedDots(ctx context.Context, by GameCaller, entries ...Entry) ([]RedDot, error) {
	return g.redDots(ctx, by, "", entries)
}

// Seen notes that the caller has seen the entries until then, such as the Newest of what was shown, and returns their red dots. An
// earlier time than the one that is noted changes nothing, and one in the future is refused with GameCenterParameterInvalid.
// GameCenterRedDotWriteFailed means that it could not be noted.
func (g *GameCenter) Seen(ctx context.Context, by GameCaller, until time.Time, entries ...Entry) ([]RedDot, error) {
	return g.redDots(ctx, by, strconv.FormatInt(until.UnixMilli(), 10), entries)
}

func (g *GameCenter) redDots(ctx context.Context, by GameCaller, seen string, entries []Entry) ([]RedDot, error) {
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = string(entry)
	}
	var out struct {
		List []struct {
			Entry  Entry  `json:"entry"`
			Lit    bool   `json:"lit"`
			Newest millis `json:"newest_ms"`
			Seen   millis `json:"seen_ms"`
		} `json:"list"`
	}
	err := g.call(ctx, by, gameCall{cmd: "gc_reddot", out: &out, params: url.Values{"entries": {strings.Join(names, ",")}, "seen": {seen}}})
	dots := make([]RedDot, len(out.List))
	for i, d := range out.List {
		dots[i] = RedDot{d.Entry, d.Lit, d.Newest.Time, d.Seen.Time}
	}
	return dots, err
}

// NewChallenge is a match to which a player challenges a friend at the game.
type NewChallenge struct {
	Opponent string    // the openid of a friend who uses the app
	Title    string    // at most 100 bytes; may be empty
	Start    time.Time // cut to seconds, like End; at most 31 days ahead
	End      time.Time // to come, and at most 31 days after Start

	// Request names the challenge, in at most 64 bytes: begun again by the same player it is the same challenge. The game and a page may
	// both begin it. "" stands for a new name, so that at least a repeat by the client itself begins one challenge.
	Request string
}

// Challenge is a match of two friends. The greater score wins, and of equal ones the earlier.
type Challenge struct {
	ID         string
	Title      string
	Start, End time.Time
	Challenger Side
	Opponent   Side
	Leader     string    // the openid of the player with the better score; "" without scores
	Over       time.Time // when it was over; the zero time before
}

// Side is one of the two players of a challenge.
type Side struct {
	OpenID  string
	Score   string    // a decimal number; "" without one
	Reached time.Time // the zero time without a score
	Done    bool      // the player plays no more rounds
}

// BeginChallenge begins a challenge of the caller with a friend. GameCenterRateExceeded also means that 20 challenges which either of
// them has to do with are under way; GameCenterChallengePeriodInvalid that it would not end after its start; and
// GameCenterChallengeGameBeginFailed, for a WebTicket GameCenterChallengeMemberBeginFailed, that it could not be stored.
func (g *GameCenter) BeginChallenge(ctx context.Context, by GameCaller, c NewChallenge) (*Challenge, error) {
	return g.challenge(ctx, by, "gc_challenge_begin", url.Values{
		"opponent": {c.Opponent}, "title": {c.Title}, "request": {cmp.Or(c.Request, NewSecret())},
		"start": {strconv.FormatInt(seconds(c.Start), 10)}, "end": {strconv.FormatInt(seconds(c.End), 10)},
	})
}

// ReportChallenge reports a score of the caller, a decimal number of at most 100 bytes; with done it may be "". The greatest one counts.
// With done the caller plays no more rounds. GameCenterParameterInvalid also means that the challenge is not the caller's, or not under
// way.
func (g *GameCenter) ReportChallenge(ctx context.Context, by GameCaller, id, score string, done bool) (*Challenge, error) {
	return g.challenge(ctx, by, "gc_challenge_report", url.Values{"challenge": {id}, "data": {score}, "done": {truth(done)}})
}

func (g *GameCenter) challenge(ctx context.Context, by GameCaller, cmd string, params url.Values) (*Challenge, error) {
	var out challenge
	if err := g.call(ctx, by, gameCall{cmd: cmd, out: &out, params: params}, &out.Challenge); err != nil {
		return nil, err
	}
	c := out.public()
	return &c, nil
}

// Challenges returns the caller's challenges, newest first, and whether there are more.
func (g *GameCenter) Challenges(ctx context.Context, by GameCaller, page ListPage) (list []Challenge, more bool, err error) {
	var out struct {
		List []challenge `json:"list"`
		More bool        `json:"more"`
	}
	err = g.call(ctx, by, gameCall{cmd: "gc_challenge_list", out: &out, params: page.params()})
	list = make([]Challenge, len(out.List))
	for i := range out.List {
		list[i] = out.List[i].public()
	}
	return list, out.More, err
}

// challenge is a challenge in an answer.
type challenge struct {
	Challenge  string `json:"challenge"`
	Title      string `json:"title"`
	Start      int64  `json:"start"`
	End        int64  `json:"end"`
	Challenger side   `json:"challenger"`
	Opponent   side   `json:"opponent"`
	Leader     string `json:"leader"`
	Over       millis `json:"over_ms"`
}

type side struct {
	OpenID  string `json:"openid"`
	Score   string `json:"score"`
	Reached millis `json:"reached_ms"`
	Done    bool   `json:"done"`
}

func (c *challenge) public() Challenge {
	of := func(s side) Side { return Side{s.OpenID, s.Score, s.Reached.Time, s.Done} }
	return Challenge{c.Challenge, c.Title, time.Unix(c.Start, 0), time.Unix(c.End, 0), of(c.Challenger), of(c.Opponent), c.Leader, c.Over.Time}
}

// Card is what a player shows to friends.
type Card struct {
	Nickname   string
	Gender     Gender
	PictureURL string
	QQLevel    int
	Won        int // challenges
	Lost       int
	Drawn      int
	Friends    int // who use the app; only on the caller's own card
}

// Card returns the card of a friend who uses the app, or the caller's own for "". GameCenterParameterInvalid means that nobody of the
// caller's friends has the openid, and GameCenterProfileReadFailed that the card could not be read.
func (g *GameCenter) Card(ctx context.Context, by GameCaller, friend string) (*Card, error) {
	var out struct {
		Nickname   string `json:"nickname"`
		Gender     Gender `json:"gender"`
		PictureURL string `json:"picture"`
		QQLevel    int    `json:"qq_level"`
		Challenges struct {
			Won   int `json:"won"`
			Lost  int `json:"lost"`
			Drawn int `json:"drawn"`
		} `json:"challenges"`
		Friends int `json:"friends"`
	}
	if err := g.call(ctx, by, gameCall{cmd: "gc_profile", out: &out, params: url.Values{"friend": {friend}}}); err != nil {
		return nil, err
	}
	record := out.Challenges
	return &Card{out.Nickname, out.Gender, out.PictureURL, out.QQLevel, record.Won, record.Lost, record.Drawn, out.Friends}, nil
}

// RecentGame is a game that a person has played.
type RecentGame struct {
	AppID  string
	Name   string
	Played time.Time // the last time
}

// RecentGames returns the games that a person has played, the last one first: limit of them, of which 0 stands for 20, the most. It is
// for pages: which other games a person plays is no business of a game's. GameCenterNoRecentGame is a person who has played no game, and
// GameCenterRecentReadFailed that they could not be read.
func (g *GameCenter) RecentGames(ctx context.Context, by WebTicket, limit int) ([]RecentGame, error) {
	var out struct {
		List []struct {
			AppID  string `json:"appid"`
			Name   string `json:"name"`
			Played millis `json:"played_ms"`
		} `json:"list"`
	}
	err := g.call(ctx, by, gameCall{cmd: "gc_recent", out: &out, params: url.Values{"limit": {orDefault(limit)}}})
	list := make([]RecentGame, len(out.List))
	for i, game := range out.List {
		list[i] = RecentGame{game.AppID, game.Name, game.Played.Time}
	}
	return list, err
}
