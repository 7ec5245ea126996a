package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

// season is a game with players who are friends of the first, and with a stranger.
type season struct {
	*rookerytest.Platform

	game     rookerytest.App
	c        *client.Client
	accounts []rookerytest.Account
	users    []client.User
}

func newSeason(t *testing.T) *season {
	p := rookerytest.Start(t)
	p.SetClock(time.Date(2030, 5, 8, 4, 0, 0, 0, time.UTC)) // noon of a Wednesday in Shanghai
	s := &season{Platform: p, game: p.NewApp(rookerytest.Settings{"name": "Dragons", "grant": []string{"gamecenter"}})}
	s.c = p.Client(s.game)
	for _, name := range []string{"Ann", "Ben", "Dora"} {
		account := p.NewAccount()
		p.SetAccount(account, rookerytest.Settings{"nickname": name, "gender": 2})
		s.accounts, s.users = append(s.accounts, account), append(s.users, p.User(s.game, account))
	}
	p.Befriend(s.accounts[0], s.accounts[1])
	return s
}

// batch is a score with its companions.
func batch(score string) []client.Achievement {
	return append(client.Companions(1, "3", "4", "900001"), client.Achievement{Type: client.AchievementScore, Data: score})
}

func TestAchievements(t *testing.T) {
	s := newSeason(t)
	ctx, ann, g := t.Context(), s.users[0], s.c.GameCenter
	player := s.Player(s.game, s.accounts[0])
	doors := map[string]func(...client.Achievement) error{
		"Game Center": func(a ...client.Achievement) error { return g.Report(ctx, ann, a...) },
		"V3":          func(a ...client.Achievement) error { return s.c.V3.Report(ctx, ann, a...) },
		"V5":          func(a ...client.Achievement) error { return s.c.V5.Report(ctx, player, a...) },
	}
	for i, name := range []string{"Game Center", "V3", "V5"} {
		t.Run(name, func(t *testing.T) {
			report := doors[name]
			wants(t, report(batch(fmt.Sprint(100*i+100))...), 0)
			err := report(batch("50")...)
			wants(t, err, retcode.GameCenterValueNotGreater)
			var refused *client.Error
			if !errors.As(err, &refused) || refused.Class() != retcode.ClassFixRequest || refused.Number != -4012 || !strings.Contains(refused.Message, "5") || refused.RequestID == "" {
				t.Errorf("got %+v", refused)
			}
			wants(t, report(batch("999")[4]), retcode.GameCenterRequiredFieldMissing)
			wants(t, report(append(batch("999"), client.Achievement{Type: client.AchievementWeekBest, Data: "1"})...), retcode.GameCenterParameterInvalid)
			wants(t, report(append(batch("999"), client.Achievement{Type: client.AchievementLevel})...), retcode.GameCenterItemIncomplete)
			late := batch("999")
			late[4].Expires = s.Now().Add(-time.Hour)
			wants(t, report(late...), retcode.GameCenterExpiresInvalid)
			late[4].Expires = s.Now().Add(time.Hour * time.Duration(i+1))
			late[4].Overwrite = true
			wants(t, report(late...), 0)
			late[4].Data, late[4].Expires = fmt.Sprint(100*i+100), time.Time{}
			wants(t, report(late...), 0)
		})
	}
	t.Run("one score", func(t *testing.T) {
		wants(t, s.c.V3.ReportScore(ctx, ann, client.Achievement{Type: client.AchievementLevel, Data: "30", Expires: time.Date(2030, 6, 1, 0, 0, 0, 0, time.UTC)}), 0)
		wants(t, s.c.V3.ReportScore(ctx, ann, client.Achievement{Type: client.AchievementLevel, Data: "30"}), retcode.GameCenterValueNotGreater)
		wants(t, s.c.V3.ReportScore(ctx, ann, client.Achievement{Type: client.AchievementRole, Data: "7", Overwrite: true}), retcode.GameCenterParameterInvalid)
	})
	t.Run("what was achieved", func(t *testing.T) {
		list, err := g.Achievements(ctx, ann)
		wants(t, err, 0)
		for _, want := range []client.Achievement{
			{Type: client.AchievementScore, Data: "300"}, {Type: client.AchievementBest, Data: "999"}, {Type: client.AchievementWeekRounds, Data: "9"}, {Type: client.AchievementRole, Data: "900001"},
			{Type: client.AchievementLevel, Data: "30", Expires: time.Unix(1906502400, 0)},
		} {
			if !slices.Contains(list, want) {
				t.Errorf("%+v is missing in %+v", want, list)
			}
		}
	})
	t.Run("who may not report", func(t *testing.T) {
		wrong := s.game
		wrong.AppKey = "wrong"
		wants(t, s.Client(wrong).GameCenter.Report(ctx, ann, batch("1")...), retcode.GameCenterSignatureWrong)
		unknown := s.NewApp(nil)
		wants(t, s.Client(unknown).GameCenter.Report(ctx, s.User(unknown, s.accounts[0]), batch("1")...), retcode.GameCenterAppNotConfigured)
		wants(t, s.Client(unknown).V3.Report(ctx, s.User(unknown, s.accounts[0]), batch("1")...), retcode.GameCenterAppNotConfigured)
		wants(t, s.Client(unknown).V5.Report(ctx, s.Player(unknown, s.accounts[0]), batch("1")...), retcode.GameCenterAppNotConfigured)

		s.SetPassword(s.accounts[0], "another-password")
		err := g.Report(ctx, ann, batch("1")...)
		wants(t, err, retcode.GameCenterAccessTokenInvalid)
		var refused *client.Error
		if errors.As(err, &refused) && (refused.Class() != retcode.ClassReauthorize || refused.Interface != "/cgi-bin/QQConnect.fcgi?cmd=gc_achieve_report" || strings.Contains(err.Error(), ann.Token)) {
			t.Errorf("got %v of class %v", err, refused.Class())
		}
	})
}

func TestRankings(t *testing.T) {
	s := newSeason(t)
	ctx, g := t.Context(), s.c.GameCenter
	for i, score := range []string{"100", "200", "300"} {
		wants(t, g.Report(ctx, s.users[i], batch(score)...), 0)
	}
	names := func(r *client.Ranking, err error) string {
		t.Helper()
		if wants(t, err, 0); err != nil {
			return ""
		}
		var all []string
		for _, p := range r.Places {
			all = append(all, fmt.Sprintf("%d %s %s", p.Rank, p.Nickname, p.Score))
		}
		if r.Own != nil {
			all = append(all, fmt.Sprint("own ", r.Own.Rank))
		}
		return strings.Join(append(all, fmt.Sprint("of ", r.Players)), ", ")
	}
	ann := s.users[0]
	for _, test := range []struct {
		what string
		call func() (*client.Ranking, error)
		want string
	}{
		{"friends", func() (*client.Ranking, error) { return g.FriendRanking(ctx, ann, client.WeekBoard, client.RankPage{}) }, "1 Ben 200, 2 Ann 100, own 2, of 2"},
		{"a page", func() (*client.Ranking, error) {
			return g.FriendRanking(ctx, ann, client.AllTimeBoard, client.RankPage{From: 2, Limit: 1})
		}, "2 Ann 100, own 2, of 2"},
		{"last week", func() (*client.Ranking, error) {
			return g.FriendRanking(ctx, ann, client.BoardOf(s.Now().Add(-7*24*time.Hour)), client.RankPage{})
		}, "of 0"},
		{"all", func() (*client.Ranking, error) {
			return g.Ranking(ctx, ann, client.WeekBoard, client.RankPage{Limit: 2})
		}, "1 Dora 300, 2 Ben 200, own 3, of 3"},
		{"around the caller", func() (*client.Ranking, error) { return g.RankingAround(ctx, ann, client.WeekBoard, "", 1) }, "3 Ann 100, own 3, of 3"},
		{"around another", func() (*client.Ranking, error) {
			return g.RankingAround(ctx, ann, client.WeekBoard, s.users[2].OpenID, 1)
		}, "1 Dora 300, own 3, of 3"},
		{"a page's call", func() (*client.Ranking, error) {
			return g.FriendRanking(ctx, s.WebTicket(s.accounts[1]), client.WeekBoard, client.RankPage{})
		}, "1 Ben 200, 2 Ann 100, own 1, of 2"},
	} {
		if got := names(test.call()); got != test.want {
			t.Errorf("%s: got %s; want %s", test.what, got, test.want)
		}
	}
	r, err := g.FriendRanking(ctx, ann, client.WeekBoard, client.RankPage{})
	if wants(t, err, 0); r.Board != "2030-05-06" || r.Own.OpenID != ann.OpenID || r.Own.PictureURL != s.URL+"/picture/100" || s.Now().Sub(r.Own.Reached).Abs() > time.Hour || r.Incomplete {
		t.Errorf("got %+v, own place %+v", r, r.Own)
	}
	_, err = g.RankingAround(ctx, ann, client.WeekBoard, strings.Repeat("0", 32), 1)
	wants(t, err, retcode.GameCenterOpenIDNotFound)
	_, err = g.FriendRanking(ctx, ann, "yesterday", client.RankPage{})
	wants(t, err, retcode.GameCenterParameterInvalid)
	s.AddFault(rookerytest.Fault{Point: "bus.connect:0xf05_3"})
	_, err = g.FriendRanking(ctx, ann, client.WeekBoard, client.RankPage{})
	wants(t, err, retcode.GameCenterAchievementReadFailed)
}

func TestFeedsAndRedDots(t *testing.T) {
	s := newSeason(t)
	ctx, g, ann, ben := t.Context(), s.c.GameCenter, s.users[0], s.users[1]
	posted := client.NewFeed{Title: "I beat <the dragon>", Text: "Who comes along?", Link: "https://game.example/dragon", Picture: "https://game.example/dragon.png", Request: "dragon-1"}
	first, err := g.PostFeed(ctx, ann, posted)
	wants(t, err, 0)
	if again, err := g.PostFeed(ctx, ann, posted); again != first || err != nil {
		t.Errorf("the same request posted %s after %s, %v", again, first, err)
	}
	second, err := g.PostFeed(ctx, ann, client.NewFeed{Title: "and a goblin"})
	if wants(t, err, 0); second == first {
		t.Error("a feed without a request is an earlier one")
	}
	_, err = g.PostFeed(ctx, ann, client.NewFeed{})
	wants(t, err, retcode.GameCenterParameterMissing)

	list, more, err := g.Feeds(ctx, ben, client.ListPage{Limit: 1})
	wants(t, err, 0)
	if len(list) != 1 || list[0].ID != second || !more || list[0].Author.Nickname != "Ann" || list[0].Author.OpenID != ann.OpenID || s.Now().Sub(list[0].Posted).Abs() > time.Hour {
		t.Errorf("got %+v, more: %t", list, more)
	}
	list, more, err = g.Feeds(ctx, ben, client.ListPage{Before: second})
	if wants(t, err, 0); len(list) != 1 || list[0].ID != first || list[0].Title != posted.Title || more {
		t.Errorf("the next page: %+v, more: %t", list, more)
	}
	if own, _, err := g.OwnFeeds(ctx, ben, client.ListPage{}); len(own) != 0 || err != nil {
		t.Errorf("Ben's own: %+v, %v", own, err)
	}
	whole, err := g.FeedContents(ctx, ben, first, second)
	wants(t, err, 0)
	if len(whole) != 2 || whole[1].Text != posted.Text || whole[1].Link != posted.Link || whole[1].Picture != posted.Picture {
		t.Errorf("got %+v", whole)
	}

	dots, err := g.RedDots(ctx, ben, client.FeedsEntry, client.ChallengesEntry)
	wants(t, err, 0)
	if len(dots) != 2 || dots[0].Entry != client.FeedsEntry || !dots[0].Lit || !dots[0].Seen.IsZero() || dots[1].Lit || !dots[1].Newest.IsZero() {
		t.Errorf("got %+v", dots)
	}
	dots, err = g.Seen(ctx, ben, dots[0].Newest, client.FeedsEntry)
	if wants(t, err, 0); len(dots) != 1 || dots[0].Lit || !dots[0].Seen.Equal(dots[0].Newest) {
		t.Errorf("once seen: %+v", dots)
	}
	_, err = g.RedDots(ctx, ben)
	wants(t, err, retcode.GameCenterRedDotParameterMissing)
	_, err = g.Seen(ctx, ben, s.Now().Add(time.Hour), client.FeedsEntry)
	wants(t, err, retcode.GameCenterParameterInvalid)

	wants(t, g.DeleteFeed(ctx, ben, first), retcode.GameCenterParameterInvalid)
	wants(t, g.DeleteFeed(ctx, ann, first), 0)
	if whole, err := g.FeedContents(ctx, ben, first); len(whole) != 0 || err != nil {
		t.Errorf("once deleted: %+v, %v", whole, err)
	}
}

func TestChallenges(t *testing.T) {
	s := newSeason(t)
	ctx, g, ann, ben := t.Context(), s.c.GameCenter, s.users[0], s.users[1]
	start := s.Now().Truncate(time.Second)
	duel := client.NewChallenge{Opponent: ben.OpenID, Title: "Sixty minutes", Start: start, End: start.Add(time.Hour), Request: "duel-1"}
	begun, err := g.BeginChallenge(ctx, ann, duel)
	wants(t, err, 0)
	if begun.Title != duel.Title || !begun.Start.Equal(start) || !begun.End.Equal(duel.End) || begun.Challenger.OpenID != ann.OpenID || begun.Opponent.OpenID != ben.OpenID || !begun.Over.IsZero() {
		t.Fatalf("begun: %+v", begun)
	}
	if again, err := g.BeginChallenge(ctx, s.WebTicket(s.accounts[0]), duel); err != nil || again.ID != begun.ID {
		t.Errorf("a page began %+v, %v", again, err)
	}
	for code, wrong := range map[retcode.Code]client.NewChallenge{
		retcode.GameCenterChallengePeriodInvalid: {Opponent: ben.OpenID, Start: duel.End, End: duel.End},
		retcode.GameCenterParameterInvalid:       {Opponent: s.users[2].OpenID, Start: start, End: duel.End},
		retcode.GameCenterRequiredFieldMissing:   {Start: start, End: duel.End},
	} {
		_, err := g.BeginChallenge(ctx, ann, wrong)
		wants(t, err, code)
	}
	led, err := g.ReportChallenge(ctx, ann, begun.ID, "12800", true)
	if wants(t, err, 0); led.Leader != ann.OpenID || led.Challenger.Score != "12800" || !led.Challenger.Done || led.Challenger.Reached.IsZero() || !led.Over.IsZero() {
		t.Errorf("Ann's report: %+v", led)
	}
	_, err = g.ReportChallenge(ctx, ben, begun.ID, "", false)
	wants(t, err, retcode.GameCenterRequiredFieldMissing)
	over, err := g.ReportChallenge(ctx, ben, begun.ID, "9700", true)
	if wants(t, err, 0); over.Leader != ann.OpenID || over.Over.IsZero() || over.Opponent.Score != "9700" {
		t.Errorf("Ben's report: %+v", over)
	}
	_, err = g.ReportChallenge(ctx, s.users[2], begun.ID, "1", false)
	wants(t, err, retcode.GameCenterParameterInvalid)
	list, more, err := g.Challenges(ctx, ben, client.ListPage{})
	if wants(t, err, 0); len(list) != 1 || list[0] != *over || more {
		t.Errorf("Ben's: %+v, more: %t", list, more)
	}

	card, err := g.Card(ctx, ann, "")
	if wants(t, err, 0); card.Nickname != "Ann" || card.Won != 1 || card.Lost != 0 || card.Friends != 1 || card.Gender != client.Female || card.PictureURL == "" {
		t.Errorf("Ann's card: %+v", card)
	}
	card, err = g.Card(ctx, ann, ben.OpenID)
	if wants(t, err, 0); card.Nickname != "Ben" || card.Won != 0 || card.Lost != 1 || card.Friends != 0 {
		t.Errorf("Ben's card: %+v", card)
	}
	_, err = g.Card(ctx, ann, s.users[2].OpenID)
	wants(t, err, retcode.GameCenterParameterInvalid)
}

func TestRecentGames(t *testing.T) {
	s := newSeason(t)
	ctx, g := t.Context(), s.c.GameCenter
	wants(t, g.Report(ctx, s.users[0], batch("1")...), 0)
	ticket := s.WebTicket(s.accounts[0])
	for _, by := range []client.WebTicket{ticket, {UIN: ticket.UIN, Skey: ticket.Skey}} {
		games, err := g.RecentGames(ctx, by, 1)
		if wants(t, err, 0); len(games) != 1 || games[0].AppID != s.game.AppID || games[0].Name != "Dragons" || s.Now().Sub(games[0].Played).Abs() > time.Hour {
			t.Errorf("got %+v", games)
		}
	}
	_, err := g.RecentGames(ctx, s.WebTicket(s.NewAccount()), 0)
	wants(t, err, retcode.GameCenterOpenIDLookupFailed)
	_, err = g.RecentGames(ctx, client.WebTicket{Sid: "nothing"}, 0)
	wants(t, err, retcode.GameCenterSidInvalid)
	_, err = g.RecentGames(ctx, client.WebTicket{UIN: "10001", Skey: ticket.Skey}, 0)
	wants(t, err, retcode.GameCenterSkeyInvalid)
	s.SignOut(s.accounts[0])
	_, err = g.RecentGames(ctx, ticket, 0)
	wants(t, err, retcode.GameCenterSidInvalid)
}

// answering returns a client of a server that answers each call alike, and the requests that it got.
func answering(t *testing.T, app client.App, status int, body string) (*client.Client, *[]*http.Request) {
	var got []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got = append(got, r)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, app, client.WithRetry(client.Retry{Attempts: 3}))
	if err != nil {
		t.Fatal(err)
	}
	return c, &got
}

// The vector of msdk-v3.md, 9.2.
func TestGameCenterSignature(t *testing.T) {
	c, got := answering(t, client.App{AppID: "1100001234", AppKey: "s3cr3tDemo"}, http.StatusOK, `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok"}}`)
	user := client.User{OpenID: "AAAABBBBCCCCDDDD0000111122223333", Token: "AT0001"}
	wants(t, c.GameCenter.Report(t.Context(), user, client.Achievement{Type: client.AchievementPlatform, Data: "1", Overwrite: true}), 0)
	form := (*got)[0].Form
	if form.Get("sign") != "c4d5117846852f365f5ac6669d067412" || form.Get("cmd") != "gc_achieve_report" || (*got)[0].Method != http.MethodPost {
		t.Errorf("sent %v", form)
	}
	if c, got := answering(t, client.App{AppID: "1"}, http.StatusOK, ""); c.GameCenter.Report(t.Context(), user) == nil || len(*got) != 0 {
		t.Error("a call without a key was sent")
	}
}

// TestWhatTheCommandSaysIsAnError, though the door lets it pass (msdk-v3.md, 9.2).
func TestWhatTheCommandSaysIsAnError(t *testing.T) {
	for body, want := range map[string]retcode.Code{
		`{"ret":0,"msg":"ok","data":{"ret":-4012,"msg":"item 1 is not greater"}}`:                                       retcode.GameCenterValueNotGreater,
		`{"ret":-4009,"msg":"too often","data":{"ret":-4009,"msg":"too often"}}`:                                        retcode.GameCenterRateExceeded,
		`{"ret":-12,"msg":"the account is not a test number","data":{"ret":-12,"msg":"the account is no test number"}}`: retcode.QQTestNumberRequired,
	} {
		c, _ := answering(t, client.App{AppID: "1", AppKey: "k"}, http.StatusOK, body)
		_, err := c.GameCenter.Achievements(t.Context(), client.User{OpenID: "A", Token: "t"})
		wants(t, err, want)
	}
	for _, body := range []string{`{"ret":0,"msg":"ok"}`, `{"ret":0,"data":{}}`, `{"ret":0,"data":{"ret":0,"list":7}}`, `callback({"ret":0})`, `{"data":{"ret":0}}`} {
		c, _ := answering(t, client.App{AppID: "1", AppKey: "k"}, http.StatusOK, body)
		_, err := c.GameCenter.Achievements(t.Context(), client.User{OpenID: "A", Token: "t"})
		var refused *client.Error
		if !errors.As(err, &refused) || refused.Code() != 0 {
			t.Errorf("%s: got %v", body, err)
		}
	}
	c, _ := answering(t, client.App{AppID: "1", AppKey: "k"}, http.StatusOK, `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok"}}`)
	if _, err := c.GameCenter.BeginChallenge(t.Context(), client.User{}, client.NewChallenge{}); err == nil {
		t.Error("a challenge without a number is a success")
	}
}

// TestWhatIsRepeatedAtTheGameCenter: nobody knows whether a report was stored whose answer got lost. What has a request is done once
// however often it is sent.
func TestWhatIsRepeatedAtTheGameCenter(t *testing.T) {
	user, player, item := client.User{OpenID: "A", Token: "t"}, client.Player{OpenID: "1", Token: "t"}, client.Achievement{Type: client.AchievementLevel, Data: "1"}
	for what, test := range map[string]struct {
		call func(context.Context, *client.Client) error
		want int
	}{
		"report":    {func(ctx context.Context, c *client.Client) error { return c.GameCenter.Report(ctx, user, item) }, 1},
		"V3 report": {func(ctx context.Context, c *client.Client) error { return c.V3.Report(ctx, user, item) }, 1},
		"V3 score":  {func(ctx context.Context, c *client.Client) error { return c.V3.ReportScore(ctx, user, item) }, 1},
		"V5 report": {func(ctx context.Context, c *client.Client) error { return c.V5.Report(ctx, player, item) }, 1},
		"delete":    {func(ctx context.Context, c *client.Client) error { return c.GameCenter.DeleteFeed(ctx, user, "1") }, 1},
		"read": {func(ctx context.Context, c *client.Client) error {
			_, err := c.GameCenter.Achievements(ctx, user)
			return err
		}, 3},
		"post": {func(ctx context.Context, c *client.Client) error {
			_, err := c.GameCenter.PostFeed(ctx, user, client.NewFeed{Title: "x"})
			return err
		}, 3},
		"challenge": {func(ctx context.Context, c *client.Client) error {
			_, err := c.GameCenter.BeginChallenge(ctx, user, client.NewChallenge{Opponent: "B"})
			return err
		}, 3},
	} {
		c, got := answering(t, client.App{AppID: "1", AppKey: "k", GameID: "1", SigKey: "k", MSDKKey: "k"}, http.StatusBadGateway, "")
		if err := test.call(t.Context(), c); err == nil || len(*got) != test.want {
			t.Errorf("%s: %v after %d calls, want %d", what, err, len(*got), test.want)
		}
		for _, r := range *got {
			if r.Form.Get("request") != (*got)[0].Form.Get("request") {
				t.Errorf("%s: the repeat has another request", what)
			}
		}
	}
}
