package client_test

import (
	"testing"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

func TestV3(t *testing.T) {
	p := rookerytest.Start(t)
	game, ann := p.Apps[0], p.Accounts[0]
	c := p.Client(game)
	ctx := t.Context()
	user := client.User{OpenID: ann.OpenIDs[game.AppID], Token: ann.AccessTokens[game.AppID]}

	t.Run("verify_login", func(t *testing.T) {
		wants(t, c.V3.VerifyLogin(ctx, user, "203.0.113.9"), 0)
		bad := user
		bad.Token = "nothing"
		wants(t, c.V3.VerifyLogin(ctx, bad, ""), retcode.QQAccessTokenUnreadable)
	})
	t.Run("guest_check_token", func(t *testing.T) {
		guest := p.Issue(game, ann, rookerytest.GuestToken)
		wants(t, c.V3.GuestCheckToken(ctx, guest.GuestID, guest.Token), 0)
		if c.V3.GuestCheckToken(ctx, guest.GuestID, guest.Token[1:]) == nil {
			t.Error("a token without its first letter is valid")
		}
	})
	t.Run("get_pfval", func(t *testing.T) {
		in := client.V3Payment{OpenID: user.OpenID, PayToken: "nothing", RegChannel: "2001", OS: "android", InstallChannel: "2011"}
		_, err := c.V3.GetPFVal(ctx, in)
		wants(t, err, retcode.V3OIDBFailed)
		in.OS = ""
		_, err = c.V3.GetPFVal(ctx, in)
		wants(t, err, retcode.V3FieldInvalid)
	})
}
