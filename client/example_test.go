package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

// A game's back end checks a player's login. Here a platform is started for it; t is a test's *testing.T.
func ExampleV5_VerifyLogin() {
	p := rookerytest.Start(t)
	game, ann := p.Apps[0], p.Accounts[0]
	c, err := client.New(p.URL, client.App{GameID: game.GameID, SigKey: game.SigKeys["0"]})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	player := client.Player{OpenID: ann.MSDKOpenIDs[game.GameID], Token: ann.MSDKTokens[game.GameID]}
	fmt.Println("now:", c.V5.VerifyLogin(ctx, player))

	p.Advance(365 * 24 * time.Hour)
	err = c.V5.VerifyLogin(ctx, player)
	fmt.Println("a year later it has expired:", errors.Is(err, retcode.QQAccessTokenExpired))
	var refused *client.Error
	if errors.As(err, &refused) {
		fmt.Println("what to do:", refused.Class())
	}
	// Output:
	// now: <nil>
	// a year later it has expired: true
	// what to do: reauthorize
}

// A payment begins with two strings, which the platform gives out for the player's pay token.
func ExampleV3_GetPFVal() {
	p := rookerytest.Start(t)
	game, ann := p.Apps[0], p.Accounts[0]
	pf, err := p.Client(game).V3.GetPFVal(context.Background(), client.V3Payment{
		OpenID: ann.OpenIDs[game.AppID], PayToken: ann.PayTokens[game.AppID],
		RegChannel: "2001", OS: "android", InstallChannel: "2011", OfferID: "1450009999",
	})
	fmt.Println(pf.PF[:33], err)
	// Output: desktop_m_qq-2001-android-2011-qq <nil>
}

// An app signs a person in: it sends the browser to the platform, and exchanges the code that the browser brings back. Here
// rookerytest plays the person and the browser.
func ExampleConnect_Exchange() {
	p := rookerytest.Start(t)
	app := p.NewApp(rookerytest.Settings{"redirect_uris": []string{"https://game.example/back"}})
	c, err := client.New(p.URL, client.App{AppID: app.AppID, AppKey: app.AppKey})
	if err != nil {
		fmt.Println(err)
		return
	}
	login := client.Login{RedirectURI: "https://game.example/back", State: client.NewSecret(), Verifier: client.NewSecret()}
	back := p.Consent(p.NewAccount(), c.Connect.AuthorizeURL(login), "get_user_info")
	code, err := login.Code(back.Query()) // in a handler: of the request's URL
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	tokens, err := c.Connect.Exchange(ctx, code, login)
	if err != nil {
		fmt.Println(err)
		return
	}
	me, err := c.Connect.Me(ctx, tokens.AccessToken, false)
	fmt.Println(me.OpenID == tokens.OpenID, err)

	_, err = c.Connect.Exchange(ctx, code, login)
	fmt.Println("once more:", errors.Is(err, retcode.ConnectCodeReused))
	// Output:
	// true <nil>
	// once more: true
}

// A game's server says who is in a guild and who leads it. The platform asks before a guild gets a QQ group; here an operator
// asks, to see whether the two understand each other.
func ExampleIDIPHandler() {
	p := rookerytest.Start(t)
	game, ann := p.Apps[0], p.Accounts[0]
	leader := ann.MSDKOpenIDs[game.GameID]

	handler, err := client.IDIPHandler(client.App{AppID: game.AppID, GameID: game.GameID, SigKey: game.SigKeys["0"]},
		func(_ context.Context, q client.GuildQuery) (client.GuildAnswer, error) {
			if q.Zone != "1" || q.Guild != "9001" {
				return client.GuildAnswer{}, client.ErrNoGuild
			}
			return client.GuildAnswer{Name: "Dawn Chorus", LeaderOpenID: leader, Leader: q.OpenID == leader}, nil
		})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(handler) // in production: http.Handle("/idip", handler) on a server with TLS
	defer server.Close()

	p.SetApp(game, rookerytest.Settings{"idip": server.URL + "/idip"}) // rookery app update --idip
	for _, guild := range []string{"9001", "9002"} {
		var answer map[string]any
		p.Admin("POST", "/admin/v1/apps/"+game.AppID+"/idip", rookerytest.Settings{"zone_id": "1", "guild_id": guild, "openid": leader}, &answer)
		fmt.Println(guild, answer["guild_name"], answer["leader"])
	}
	rsp, err := http.Post(server.URL+"/idip", "application/json", strings.NewReader("{}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	rsp.Body.Close()
	fmt.Println("anybody else gets", rsp.Status)
	// Output:
	// 9001 Dawn Chorus true
	// 9002  false
	// anybody else gets 403 Forbidden
}

// OpenAPI V3 identifies a user by the openid and openkey with which the platform opens the app.
func ExampleOpenAPI_GetInfo() {
	p := rookerytest.Start(t)
	app, ann := p.Apps[0], p.Accounts[0]
	c, err := client.New(p.URL, client.App{AppID: app.AppID, AppKey: app.AppKey})
	if err != nil {
		fmt.Println(err)
		return
	}
	info, err := c.OpenAPI.GetInfo(context.Background(), client.Session{OpenID: ann.OpenIDs[app.AppID], Openkey: ann.Openkeys[app.AppID]})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.Nickname)
	// Output: Ann
}

// A player sends a friend a heart. The card's scene, demo, is in effect in the demo world; its template asks for a title and a
// text.
func ExampleOpenAPI_SendArk() {
	p := rookerytest.Start(t)
	app, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	c, err := client.New(p.URL, client.App{AppID: app.AppID, AppKey: app.AppKey})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	user := client.User{OpenID: ann.OpenIDs[app.AppID], Token: ann.AccessTokens[app.AppID]}
	heart := client.Ark{To: ben.OpenIDs[app.AppID], Scene: "demo", Data: map[string]string{"title": "A heart for you", "text": "Come and play"}}
	_, err = c.OpenAPI.SendArk(ctx, user, heart)
	fmt.Println("now:", err)
	_, err = c.OpenAPI.SendArk(ctx, user, heart)
	fmt.Println("a second one has to wait for tomorrow:", errors.Is(err, retcode.QQPairQuotaExceeded))
	// Output:
	// now: <nil>
	// a second one has to wait for tomorrow: true
}

// A game shows its players what they get, as soon as it arrives.
func ExampleV5_Inbox() {
	p := rookerytest.Start(t)
	game, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	c := p.Client(game)
	ctx := context.Background()
	_, err := c.V5.Share(ctx, p.Player(game, ann), client.Message{
		To: ben.MSDKOpenIDs[game.GameID], Title: "Join me", Summary: "My tower needs you", Link: "https://game.example/join",
		Picture: "https://game.example/tower.png", Tag: "MSG_INVITE",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	inbox, err := c.V5.Inbox(ctx, p.Player(game, ben), "", client.MaxWait)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range inbox.Messages {
		fmt.Printf("%s: %s (%s)\n", m.FromName, m.Title, m.Text)
	}
	// Output: Ann: Join me (My tower needs you)
}

// A guild gets a QQ group. Its leader creates it, and a member joins. The guild is one of the demo world's, whose roster answers the
// platform's questions; a game serves IDIPHandler for that.
func ExampleV5_CreateGroup() {
	p := rookerytest.Start(t)
	game, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	p.SetGuild(rookerytest.Guild{AppID: game.AppID, Zone: "1", ID: "2134", Name: "Night Herons", Leader: ann.UIN, Members: []string{ben.UIN}})
	guild := client.Guild{Zone: "1", ID: "2134", RoleID: "900001"}
	c := p.Client(game)
	ctx := context.Background()

	group, err := c.V5.CreateGroup(ctx, p.Player(game, ann), guild, "Night Herons")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("made:", group.Name)
	fmt.Println("joined:", c.V5.JoinGroup(ctx, p.Player(game, ben), guild, group.Number, "Ben"))
	relation, err := c.V5.GroupRelation(ctx, p.Player(game, ben), group.Number)
	fmt.Println("a member:", relation == client.GroupMember, err)
	_, err = c.V5.CreateGroup(ctx, p.Player(game, ann), guild, "Night Herons")
	fmt.Println("a second one:", errors.Is(err, retcode.GroupGuildAlreadyBound))
	// Output:
	// made: Night Herons
	// joined: <nil>
	// a member: true <nil>
	// a second one: true
}

// A game reports what a player achieved in a match. A score without Overwrite only goes up; a worse one is refused, which is no fault
// of the game's.
func ExampleGameCenter_Report() {
	p := rookerytest.Start(t)
	game, ann := p.NewApp(rookerytest.Settings{"grant": []string{"gamecenter"}}), p.Accounts[0]
	c := p.Client(game)
	user := p.User(game, ann)
	ctx := context.Background()
	for _, score := range []string{"12800", "9700"} {
		match := append(client.Companions(1, "3", "3", "900001"), client.Achievement{Type: client.AchievementScore, Data: score})
		err := c.GameCenter.Report(ctx, user, match...)
		fmt.Println("not the best:", errors.Is(err, retcode.GameCenterValueNotGreater))
	}
	list, err := c.GameCenter.Achievements(ctx, user)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range list {
		if a.Type == client.AchievementScore {
			fmt.Println("score:", a.Data)
		}
	}
	// Output:
	// not the best: false
	// not the best: true
	// score: 12800
}

// Friends see who is ahead this week. Each report comes through another door.
func ExampleGameCenter_FriendRanking() {
	p := rookerytest.Start(t)
	game, ann, ben := p.NewApp(rookerytest.Settings{"grant": []string{"gamecenter"}}), p.Accounts[0], p.Accounts[1]
	c := p.Client(game)
	ctx := context.Background()
	companions := client.Companions(1, "3", "3", "900001")
	err := errors.Join(
		c.V3.Report(ctx, p.User(game, ann), append(companions, client.Achievement{Type: client.AchievementScore, Data: "12800"})...),
		c.V5.Report(ctx, p.Player(game, ben), append(companions, client.Achievement{Type: client.AchievementScore, Data: "13100"})...),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ranking, err := c.GameCenter.FriendRanking(ctx, p.User(game, ann), client.WeekBoard, client.RankPage{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, place := range ranking.Places {
		fmt.Println(place.Rank, place.Nickname, place.Score)
	}
	fmt.Println("own place:", ranking.Own.Rank)
	// Output:
	// 1 Ben 13100
	// 2 Ann 12800
	// own place: 2
}

// A player challenges a friend for the next hour; when both are done, one has won.
func ExampleGameCenter_BeginChallenge() {
	p := rookerytest.Start(t)
	game, ann, ben := p.NewApp(rookerytest.Settings{"grant": []string{"gamecenter"}}), p.Accounts[0], p.Accounts[1]
	c := p.Client(game)
	challenger, opponent := p.User(game, ann), p.User(game, ben)
	ctx := context.Background()
	duel, err := c.GameCenter.BeginChallenge(ctx, challenger, client.NewChallenge{
		Opponent: opponent.OpenID, Title: "Sixty minutes", Start: p.Now(), End: p.Now().Add(time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dots, err := c.GameCenter.RedDots(ctx, opponent, client.ChallengesEntry)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Ben has news:", dots[0].Lit)
	_, err = c.GameCenter.ReportChallenge(ctx, challenger, duel.ID, "12800", true)
	fmt.Println("Ann is done:", err)
	duel, err = c.GameCenter.ReportChallenge(ctx, opponent, duel.ID, "9700", true)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Ann has won:", duel.Leader == challenger.OpenID && !duel.Over.IsZero())
	// Output:
	// Ben has news: true
	// Ann is done: <nil>
	// Ann has won: true
}

// A player tells friends who use the app something.
func ExampleGameCenter_PostFeed() {
	p := rookerytest.Start(t)
	game, ann, ben := p.NewApp(rookerytest.Settings{"grant": []string{"gamecenter"}}), p.Accounts[0], p.Accounts[1]
	c := p.Client(game)
	ctx := context.Background()
	friend := p.User(game, ben)
	id, err := c.GameCenter.PostFeed(ctx, p.User(game, ann), client.NewFeed{Title: "I beat the dragon", Text: "Who comes along?"})
	if err != nil {
		fmt.Println(err)
		return
	}
	feeds, err := c.GameCenter.FeedContents(ctx, friend, id)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, feed := range feeds {
		fmt.Printf("%s: %s (%s)\n", feed.Author.Nickname, feed.Title, feed.Text)
	}
	// Output: Ann: I beat the dragon (Who comes along?)
}

// A page of the Game Center, where the person has signed in, lists the games that the person plays.
func ExampleGameCenter_RecentGames() {
	p := rookerytest.Start(t)
	game, ann := p.NewApp(rookerytest.Settings{"name": "Dragons", "grant": []string{"gamecenter"}}), p.Accounts[0]
	c := p.Client(game)
	ctx := context.Background()
	if err := c.V3.ReportScore(ctx, p.User(game, ann), client.Achievement{Type: client.AchievementLevel, Data: "30"}); err != nil {
		fmt.Println(err)
		return
	}
	games, err := c.GameCenter.RecentGames(ctx, p.WebTicket(ann), 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(games[0].Name)
	// Output: Dragons
}
