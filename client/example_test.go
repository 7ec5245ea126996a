package client_test

import (
	"context"
	"errors"
	"fmt"
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
		fmt.Println("what to do:", refused.Code().Class())
	}
	// Output:
	// now: <nil>
	// a year later it has expired: true
	// what to do: reauthorize
}

// A payment begins with two strings, which the platform gives for the player's pay token.
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
