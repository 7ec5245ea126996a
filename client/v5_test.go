package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

// wants fails the test unless err has the code; 0 stands for no error.
func wants(t *testing.T, err error, code retcode.Code) {
	t.Helper()
	if got, _ := retcode.From(err); got != code || (code == 0) != (err == nil) {
		t.Errorf("got %v, want %v", err, code)
	}
}

func TestV5(t *testing.T) {
	p := rookerytest.Start(t)
	game, ann := p.Apps[0], p.Accounts[0]
	c := p.Client(game)
	ctx := t.Context()
	player := client.Player{OpenID: ann.MSDKOpenIDs[game.GameID], Token: ann.MSDKTokens[game.GameID]}

	t.Run("verify_login distinguishes players and PCs", func(t *testing.T) {
		wants(t, c.V5.VerifyLogin(ctx, player), 0)
		pc := player
		pc.PC = true
		if c.V5.VerifyLogin(ctx, pc) == nil {
			t.Error("a phone's login is valid for a PC")
		}
	})
	t.Run("get_pfval", func(t *testing.T) {
		in := client.V5Payment{OpenID: player.OpenID, PayToken: ann.PayTokens[game.AppID], Channel: "2002", OS: client.Android}
		pf, err := c.V5.GetPFVal(ctx, in)
		wants(t, err, 0)
		if !strings.HasPrefix(pf.PF, "desktop_m_qq-2002-android-") || pf.PFKey == "" {
			t.Errorf("got %+v", pf)
		}
		in.PayToken = "nothing"
		_, err = c.V5.GetPFVal(ctx, in)
		if _, ok := retcode.From(err); !ok {
			t.Errorf("got %v, which has no code", err)
		}
	})
	t.Run("decrypt", func(t *testing.T) {
		link := p.Issue(game, ann, rookerytest.LinkToken)
		got, err := c.V5.Decrypt(ctx, link.Token, client.Android)
		wants(t, err, 0)
		if got.OpenID != player.OpenID || got.AccessToken == "" || got.AppID != game.AppID {
			t.Errorf("got %+v", got)
		}
		_, err = c.V5.Decrypt(ctx, link.Token[1:], client.Android)
		wants(t, err, retcode.V5LinkUndecryptable)
	})
	t.Run("login", func(t *testing.T) {
		got, err := c.V5.Login(ctx, ann.OpenIDs[game.AppID], ann.AccessTokens[game.AppID], client.IOS)
		wants(t, err, 0)
		if got.OpenID != player.OpenID || got.Nickname != ann.Nickname || got.First || time.Until(got.Expires) < time.Hour {
			t.Errorf("got %+v", got)
		}
		wants(t, c.V5.VerifyLogin(ctx, client.Player{OpenID: got.OpenID, Token: got.Token}), 0)
		_, err = c.V5.Login(ctx, ann.OpenIDs[game.AppID], "nothing", client.IOS)
		wants(t, err, retcode.QQAccessTokenUnreadable)
	})
}

func TestARefusalNamesItsOrigin(t *testing.T) {
	p := rookerytest.Start(t)
	game, ann := p.NewApp(rookerytest.Settings{"rates": map[string]any{"verify_login": map[string]string{"app": "1/1h"}}}), p.NewAccount()
	player := p.Player(game, ann)
	c := p.Client(game)
	wants(t, c.V5.VerifyLogin(t.Context(), player), 0)
	err := c.V5.VerifyLogin(t.Context(), player)
	wants(t, err, retcode.QQAppRateExceeded)
	var refused *client.Error
	if !errors.As(err, &refused) {
		t.Fatalf("%v is not a *client.Error", err)
	}
	if refused.Interface != "/v2/auth/verify_login" || refused.Number != -6 || refused.HTTPStatus != 200 || refused.RetryAfter < 30*time.Minute ||
		len(refused.RequestID) != 16 {
		t.Errorf("got %+v", *refused)
	}
	for _, secret := range []string{player.Token, game.SigKeys["0"]} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q shows a secret", err)
		}
	}
}

func TestAWrongKeyIsAWrongSignature(t *testing.T) {
	p := rookerytest.Start(t)
	game := p.Apps[0]
	game.SigKeys = map[string]string{"0": "wrong"}
	game.MSDKKey = "wrong"
	wants(t, p.Client(game).V5.VerifyLogin(t.Context(), client.Player{OpenID: "1", Token: "x"}), retcode.V5SignatureWrong)
	wants(t, p.Client(game).V3.VerifyLogin(t.Context(), client.User{OpenID: "1", Token: "x"}, ""), retcode.V3SignatureWrong)
}
