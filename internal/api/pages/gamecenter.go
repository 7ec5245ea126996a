package pages

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/gamecmd"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/internal/social"
	"github.com/rookeryhq/rookery/retcode"
)

// How much of each list one page shows.
const (
	placesOnPage     = 10
	feedsOnPage      = social.MaxPull
	challengesOnPage = 10
)

var (
	errNoGame  = errors.New("the person uses no game of the Game Center with this number")
	errNoBoard = errors.New("there is no ranking with this name")
)

// gameCenterPage is the data of the template gamecenter.html. What the operator has switched off is nil.
type gameCenterPage struct {
	Token   string
	Games   []*platform.App // that the person uses
	Game    *platform.App   // that is shown; nil without games
	Entries []entry

	Card       *gameCard
	Recent     *recentList
	Ranks      *gameRanks
	Chart      *chart
	Feeds      *feedList
	Challenges *challengeList
}

type recentList struct{ Games []recentGame }

type recentGame struct {
	ID           platform.AppID
	Name, Played string
	Used         bool
}

// entry is a part of the page that can have a red dot.
type entry struct {
	ID, Name     string
	Lit          bool
	Newest, Seen int64 // when something was last new, and until when the person has seen the entry
	since        int64 // what is newer is called new
}

// gameCard is what the person shows to friends, and what follows from the person's scores.
type gameCard struct {
	Nickname, Initial, Picture string
	Won, Lost, Drawn           int64
	Friends                    uint32
	Achievements               [][2]string // name and value
}

// gameRanks is a part of the friends' ranking.
type gameRanks struct {
	Title    string
	Boards   []boardLink
	Places   []rankedFriend
	Own      *rankedFriend // if it is not among the places
	OwnPlace string
	Next     uint32 // the rank after the last one on the page if there are more; 0 if not
	Board    string
	Outdated bool // the friends, or the scores, may be
	LastWeek string
	New      bool // last week is settled, and the person has not seen it
}

type boardLink struct {
	Board, Name string
	Shown       bool
}

type rankedFriend struct {
	Rank        uint32
	Name, Score string
	Self        bool
}

type feedList struct {
	Feeds []gameFeed
	Older uint64 // the last one on the page if there are more; 0 if not
}

// gameFeed is a feed as the page shows it. All of it is text.
type gameFeed struct {
	From, Posted, Title, Text, URL, Picture string
	New                                     bool
}

type challengeList struct {
	Challenges []gameChallenge
	Older      uint64 // the last one on the page if there are more; 0 if not
}

// gameChallenge is a challenge as one of its players sees it.
type gameChallenge struct {
	Title, State       string
	Other, Own, Others string // the other player's name, and the scores; "" for none
	Ahead, Behind, New bool
}

func toGameCenter(*access.Call) (any, error) { return redirect{gameCenterPath}, nil }

// showGameCenter shows a game to the person, or asks the person to sign in.
func (d *door) showGameCenter(c *access.Call) (any, error) {
	session, err := d.session(c)
	if err != nil {
		return nil, err
	}
	if session == nil {
		return d.signInAt(c, gameCenterPath, signInPage{}, 0), nil
	}
	t := wordsFor(c)
	data := &gameCenterPage{Token: session.FormToken()}
	v := &visit{door: d, c: c, t: t, query: parseQuery(c.Request.URL.RawQuery), uin: session.Account.UIN, page: data}
	if err := v.choose(); err != nil {
		return nil, err
	}
	if data.Game != nil {
		c.App = data.Game
		// The red dots come first: whatever comes in later stays new.
		for _, read := range []func() error{v.dots, v.card, v.chart, v.ranks, v.feeds, v.challenges} {
			if err := read(); err != nil {
				return nil, err
			}
		}
	}
	return page{name: "gamecenter", title: t.GameCenter, data: data}, nil
}

// changeGameCenter handles the page's forms.
func (d *door) changeGameCenter(c *access.Call) (any, error) {
	values := form(c)
	do := action(c, values)
	if d.signsIn(do) {
		return d.signInOn(c, gameCenterPath, do, values)
	}
	session, err := d.session(c)
	switch {
	case err != nil:
		return nil, err
	case session == nil || !session.HoldsFormToken(values.Get("token")): // it has ended, or somebody else has signed in
		return redirect{gameCenterPath}, nil
	case do != "see":
		return nil, errNoAction
	}
	return d.see(c, session, values)
}

// see notes that the person has seen an entry up to what the page showed, and leads to it. The address says until when the person
// had seen it before, so that what is new is still called so.
func (d *door) see(c *access.Call, session *identity.Session, values url.Values) (any, error) {
	v := &visit{door: d, c: c, query: values, uin: session.Account.UIN, page: new(gameCenterPage)}
	if err := v.choose(); err != nil {
		return nil, err
	}
	seen, err := strconv.ParseInt(values.Get("seen"), 10, 64)
	entry := values.Get("entry")
	if err != nil || seen <= 0 || v.page.Game == nil || !slices.Contains(social.Entries, entry) {
		return nil, errNoAction
	}
	c.App = v.page.Game
	_, err = asks(v, "gc_reddot", social.RedDotsCommand, &wire.RedDotsRequest{
		Appid: uint64(c.App.AppID), Uin: uint64(v.uin), Entry: []string{entry}, SeenMs: seen,
	})
	if errors.Is(err, retcode.GameCenterParameterInvalid) {
		return nil, errNoAction
	}
	to := url.Values{"appid": {c.App.AppID.String()}}
	if since, wrong := strconv.ParseInt(values.Get("since"), 10, 64); wrong == nil {
		to.Set(entry, strconv.FormatInt(since, 10))
	}
	return redirect{gameCenterPath + "?" + to.Encode() + "#" + entry}, err
}

// visit is a person's visit of the Game Center's page.
type visit struct {
	*door
	c      *access.Call
	t      *words
	query  url.Values
	uin    platform.UIN
	openid platform.OpenID // at the game
	page   *gameCenterPage
}

// asks calls a command of the bus for a command of the Game Center. The answer is nil if the operator does not let pages use the
// latter.
func asks[Req, Rsp proto.Message](v *visit, name string, command *oidb.Command[Req, Rsp], req Req) (rsp Rsp, err error) {
	if on, err := v.may(name); !on {
		return rsp, err
	}
	return oidb.Call(v.c.Context(), v.Bus, command, req)
}

// may reports whether the operator lets pages use a command of the Game Center.
func (v *visit) may(name string) (bool, error) {
	ways, err := v.Commands.Enter(v.c.Context(), name)
	if errors.Is(err, retcode.GameCenterCommandOff) || errors.Is(err, retcode.GameCenterIdentityCheckUnset) {
		return false, nil
	}
	return slices.Contains(ways, gamecmd.BySkey) || slices.Contains(ways, gamecmd.BySid), err
}

// number returns a number of the address; 0 for anything else.
func (v *visit) number(name string) uint64 {
	n, _ := strconv.ParseUint(v.query.Get(name), 10, 63)
	return n
}

// choose finds the games that the person uses, and the one that is wanted: the one that the address names, or the one played last.
func (v *visit) choose() error {
	grants, err := v.Identity.LiveGrants(v.c.Context(), v.uin)
	if err != nil {
		return err
	}
	openids := make(map[*platform.App]platform.OpenID)
	for i := range grants {
		app := v.Apps.ByID(grants[i].AppID)
		if app != nil && app.Online && app.Granted(platform.GameCenterPermission) && !app.Closed(platform.GameCenterPermission) &&
			identity.CheckTestNumber(app, v.uin, grants[i].OpenID) == nil {
			openids[app] = grants[i].OpenID
			v.page.Games = append(v.page.Games, app)
		}
	}
	if err := v.recent(); err != nil {
		return err
	}
	game := func(id string) *platform.App {
		i := slices.IndexFunc(v.page.Games, func(app *platform.App) bool { return app.AppID.String() == id })
		if i < 0 {
			return nil
		}
		return v.page.Games[i]
	}
	if named := v.query.Get("appid"); named != "" {
		if v.page.Game = game(named); v.page.Game == nil {
			return errNoGame
		}
	}
	if v.page.Recent != nil {
		for i := range v.page.Recent.Games {
			one := &v.page.Recent.Games[i]
			app := game(one.ID.String())
			one.Used = app != nil
			v.page.Game = cmp.Or(v.page.Game, app)
		}
	}
	if v.page.Game == nil && len(v.page.Games) > 0 {
		v.page.Game = v.page.Games[0]
	}
	v.openid = openids[v.page.Game]
	return nil
}

// recent lists the games that the person has played.
func (v *visit) recent() error {
	rsp, err := asks(v, "gc_recent", social.RecentGamesCommand, &wire.RecentGamesRequest{Uin: uint64(v.uin)})
	none := errors.Is(err, retcode.GameCenterNoRecentGame)
	if err != nil && !none || rsp == nil && !none {
		return err
	}
	v.page.Recent = new(recentList)
	for _, g := range rsp.GetGame() {
		v.page.Recent.Games = append(v.page.Recent.Games, recentGame{ID: platform.AppID(g.Appid), Name: g.Name, Played: moment(g.PlayedMs)})
	}
	return nil
}

// moment is how the page writes a time.
func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04 UTC") }

// dots finds where something is new, in the parts that the page has.
func (v *visit) dots() error {
	names, req := make(map[string]string), &wire.RedDotsRequest{Appid: uint64(v.page.Game.AppID), Uin: uint64(v.uin)}
	for _, part := range [...]struct{ entry, name, command string }{
		{social.RankEntry, v.t.Ranking, "gc_friend_rank"}, {social.FeedsEntry, v.t.Feeds, "gc_feed_list"}, {social.ChallengesEntry, v.t.Challenges, "gc_challenge_list"},
	} {
		on, err := v.may(part.command)
		if err != nil {
			return err
		}
		if on {
			names[part.entry], req.Entry = part.name, append(req.Entry, part.entry)
		}
	}
	if len(req.Entry) == 0 {
		return nil
	}
	rsp, err := asks(v, "gc_reddot", social.RedDotsCommand, req)
	for _, dot := range rsp.GetDot() {
		e := entry{ID: dot.Entry, Name: names[dot.Entry], Lit: dot.NewestMs > dot.SeenMs, Newest: dot.NewestMs, Seen: dot.SeenMs, since: dot.SeenMs}
		if v.query.Has(e.ID) { // the person has just pressed its button
			e.since = min(e.since, int64(v.number(e.ID)))
		}
		v.page.Entries = append(v.page.Entries, e)
	}
	return err
}

// entry returns an entry of the page; one in which nothing is new if it has none.
func (v *visit) entry(id string) entry {
	i := slices.IndexFunc(v.page.Entries, func(e entry) bool { return e.ID == id })
	if i < 0 {
		return entry{since: math.MaxInt64}
	}
	return v.page.Entries[i]
}

// card shows the person.
func (v *visit) card() error {
	rsp, err := asks(v, "gc_profile", social.ShowCardCommand, &wire.ShowCardRequest{Appid: uint64(v.page.Game.AppID), Uin: uint64(v.uin)})
	if err != nil || rsp == nil {
		return err
	}
	card := &gameCard{
		Nickname: cmp.Or(rsp.Nickname, v.uin.String()), Picture: ownPicture(v.c, rsp.PictureUrl),
		Won: rsp.Won, Lost: rsp.Lost, Drawn: rsp.Drawn, Friends: rsp.Friends,
	}
	card.Initial = string([]rune(card.Nickname)[:1])
	v.page.Card = card
	if on, err := v.may("gc_achieve_get"); !on {
		return err
	}
	list, err := achievements.Get(v.c.Context(), v.Bus, v.page.Game.AppID, v.uin)
	for _, a := range list {
		if name := v.t.Derived[a.Type]; name != "" {
			card.Achievements = append(card.Achievements, [2]string{name, a.Data})
		}
	}
	return err
}

// ownPicture returns the address of a picture on this site; "" for one elsewhere, which the page must not load.
func ownPicture(c *access.Call, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != c.Request.Host {
		return ""
	}
	return u.RequestURI()
}

// board asks for places of the friends' ranking; nil if the operator shows no ranking.
func (v *visit) board(name string, from, limit uint32) (*wire.ListRanksResponse, error) {
	rsp, err := asks(v, "gc_friend_rank", ranking.ListFriendRanks, &wire.ListFriendRanksRequest{
		Appid: uint64(v.page.Game.AppID), Uin: uint64(v.uin), Board: name, From: from, Limit: limit,
	})
	if errors.Is(err, retcode.GameCenterParameterInvalid) {
		return nil, errNoBoard
	}
	return rsp, err
}

// ranks shows the friends' ranking of this week, or the one that the address names.
func (v *visit) ranks() error {
	if v.page.Chart == nil {
		return nil // the operator has switched it off
	}
	named := cmp.Or(v.query.Get("board"), ranking.Weekly)
	rsp, err := v.board(named, uint32(min(v.number("from"), 1<<31)), placesOnPage)
	if err != nil || rsp == nil {
		return err
	}
	weeks := v.page.Chart.Weeks
	this, last := &weeks[len(weeks)-1], &weeks[len(weeks)-2]
	show := &gameRanks{Board: rsp.Board, Outdated: rsp.Lost}
	for _, link := range [...]boardLink{{Board: this.Board, Name: v.t.ThisWeek}, {Board: last.Board, Name: v.t.LastWeek}, {Board: ranking.AllTime, Name: v.t.AllTime}} {
		if link.Shown = link.Board == rsp.Board; link.Shown {
			show.Title = link.Name
		}
		show.Boards = append(show.Boards, link)
	}
	if show.Title == "" {
		show.Title = fmt.Sprintf(v.t.WeekOf, rsp.Board)
	}
	if last.ownRank > 0 {
		show.LastWeek = fmt.Sprintf(v.t.LastWeekPlace, last.ownRank, last.players)
	}
	e := v.entry(social.RankEntry)
	show.New = e.Newest > e.since
	own := v.ranked(rsp.Own)
	for _, p := range rsp.Place {
		show.Places = append(show.Places, *v.ranked(p))
		if own != nil && p.Rank == own.Rank {
			own = nil
		}
	}
	show.Own = own
	if rsp.Own != nil {
		show.OwnPlace = fmt.Sprintf(v.t.OwnPlace, rsp.Own.Rank, rsp.Players)
	}
	if n := len(rsp.Place); n > 0 && rsp.Place[n-1].Rank < rsp.Players {
		show.Next = rsp.Place[n-1].Rank + 1
	}
	v.page.Ranks = show
	return nil
}

// ranked is a place as the page shows it; nil for none.
func (v *visit) ranked(p *wire.RankedPlayer) *rankedFriend {
	if p == nil {
		return nil
	}
	return &rankedFriend{Rank: p.Rank, Name: cmp.Or(p.Nickname, platform.UIN(p.Uin).String()), Score: p.Score, Self: p.Uin == uint64(v.uin)}
}

// chart reads the best scores of the last weeks and of this one.
func (v *visit) chart() error {
	rsp, err := v.board(ranking.Weekly, 1, 2)
	if err != nil || rsp == nil {
		return err
	}
	monday, err := platform.ParseDay(rsp.Board)
	if err != nil {
		return err
	}
	var weeks []week
	for ago := 0; ; ago++ {
		one := week{Board: rsp.Board, players: rsp.Players}
		if rsp.Own != nil {
			one.Own, one.ownRank = rsp.Own.Score, rsp.Own.Rank
		}
		if i := slices.IndexFunc(rsp.Place, func(p *wire.RankedPlayer) bool { return p.Uin != uint64(v.uin) }); i >= 0 {
			best := v.ranked(rsp.Place[i])
			one.Friend, one.Best = best.Name, best.Score
		}
		weeks = append(weeks, one)
		if ago == ranking.PastWeeks {
			break
		}
		monday -= 7
		if rsp, err = v.board(platform.FormatDay(monday), 1, 2); err != nil || rsp == nil {
			return err
		}
	}
	slices.Reverse(weeks)
	v.page.Chart = draw(weeks)
	return nil
}

// feeds shows what the person and friends have told each other.
func (v *visit) feeds() error {
	app, openid := uint64(v.page.Game.AppID), v.openid[:]
	list, err := asks(v, "gc_feed_list", social.ListFeedsCommand, &wire.ListFeedsRequest{
		Appid: app, Uin: uint64(v.uin), Openid: openid, Friends: true, Before: v.number("feeds-before"), Limit: feedsOnPage,
	})
	if err != nil || list == nil {
		return err
	}
	show := new(feedList)
	if len(list.Feed) > 0 {
		pull := &wire.PullFeedsRequest{Appid: app, Uin: uint64(v.uin), Openid: openid}
		for _, f := range list.Feed {
			pull.FeedId = append(pull.FeedId, f.FeedId)
		}
		if list.More {
			show.Older = pull.FeedId[len(pull.FeedId)-1]
		}
		whole, err := asks(v, "gc_feed_pull", social.PullFeedsCommand, pull)
		if err != nil {
			return err
		}
		since := v.entry(social.FeedsEntry).since
		for _, f := range cmp.Or(whole, &wire.PullFeedsResponse{Feed: list.Feed}).Feed {
			show.Feeds = append(show.Feeds, gameFeed{
				From: cmp.Or(f.Nickname, platform.UIN(f.Author).String()), Posted: moment(f.PostedMs), New: f.Author != uint64(v.uin) && f.PostedMs > since,
				Title: f.Title, Text: f.Text, URL: f.Url, Picture: f.Picture,
			})
		}
	}
	v.page.Feeds = show
	return nil
}

// challenges shows the person's challenges.
func (v *visit) challenges() error {
	list, err := asks(v, "gc_challenge_list", social.ListChallengesCommand, &wire.ListChallengesRequest{
		Appid: uint64(v.page.Game.AppID), Uin: uint64(v.uin), Before: v.number("challenges-before"), Limit: challengesOnPage,
	})
	if err != nil || list == nil {
		return err
	}
	show, since := new(challengeList), v.entry(social.ChallengesEntry).since
	for _, m := range list.Challenge {
		own, other := m.Challenger, m.Opponent
		if other.Uin == uint64(v.uin) {
			own, other = other, own
		}
		name, err := v.nameOf(v.c, platform.UIN(other.Uin))
		if err != nil {
			return err
		}
		one := gameChallenge{
			Title: m.Title, Other: name, Own: own.Score, Others: other.Score,
			Ahead: m.Leader == own.Uin, Behind: m.Leader == other.Uin,
			New: m.OverMs > since || own == m.Opponent && m.BegunMs > since,
		}
		switch {
		case m.OverMs == 0:
			one.State = fmt.Sprintf(v.t.UnderWay, moment(m.EndMs))
		case one.Ahead:
			one.State = v.t.Won
		case one.Behind:
			one.State = v.t.Lost
		default:
			one.State = v.t.Drawn
		}
		show.Challenges = append(show.Challenges, one)
	}
	if n := len(list.Challenge); list.More && n > 0 {
		show.Older = list.Challenge[n-1].ChallengeId
	}
	v.page.Challenges = show
	return nil
}
