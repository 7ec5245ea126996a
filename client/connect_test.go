package client_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

const callback = "https://game.example/back"

func TestLoginCode(t *testing.T) {
	var denied *client.DeniedError
	for name, test := range map[string]struct {
		state, returned, code string
		check                 func(error) bool
	}{
		"a code":                 {"s", "code=c&state=s", "c", func(err error) bool { return err == nil }},
		"another login's":        {"s", "code=c&state=t", "", func(err error) bool { return err == client.ErrState }},
		"no state came back":     {"s", "code=c", "", func(err error) bool { return err == client.ErrState }},
		"the login had no state": {"", "code=c&state=", "", func(err error) bool { return err == client.ErrState }},
		"the person said no": {"s", "error=access_denied&error_description=no&state=s", "", func(err error) bool {
			return errors.As(err, &denied) && denied.Reason == "access_denied" && denied.Description == "no"
		}},
		"another login's denial": {"s", "error=access_denied&state=t", "", func(err error) bool { return err == client.ErrState }},
		"nothing": {"s", "state=s", "", func(err error) bool {
			return errors.As(err, &denied) && denied.Reason == "" && !strings.Contains(err.Error(), ": ")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			returned, err := url.ParseQuery(test.returned)
			if err != nil {
				t.Fatal(err)
			}
			login := client.Login{State: test.state}
			if code, err := login.Code(returned); code != test.code || !test.check(err) {
				t.Errorf("got %q, %v", code, err)
			}
		})
	}
}

func TestConnect(t *testing.T) {
	p := rookerytest.Start(t)
	app := p.NewApp(rookerytest.Settings{"redirect_uris": []string{callback}, "require_pkce": true, "unionid": true})
	ann := p.NewAccount()
	c := p.Client(app)
	ctx := t.Context()
	login := client.Login{RedirectURI: callback, State: client.NewSecret(), Verifier: client.NewSecret(), Scopes: []string{"get_user_info"}}
	authorize := func(t *testing.T) (code string) {
		t.Helper()
		code, err := login.Code(p.Consent(ann, c.Connect.AuthorizeURL(login), login.Scopes...).Query())
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	code := authorize(t)
	tokens, err := c.Connect.Exchange(ctx, code, login)
	if err != nil {
		t.Fatal(err)
	}
	if len(tokens.OpenID) != 32 || tokens.RefreshToken == "" || time.Until(tokens.Expires) < 24*time.Hour {
		t.Errorf("the tokens are for %q until %s", tokens.OpenID, tokens.Expires)
	}

	t.Run("me", func(t *testing.T) {
		me, err := c.Connect.Me(ctx, tokens.AccessToken, false)
		if wants(t, err, 0); *me != (client.Person{AppID: app.AppID, OpenID: tokens.OpenID}) {
			t.Errorf("got %+v", me)
		}
		me, err = c.Connect.Me(ctx, tokens.AccessToken, true)
		if wants(t, err, 0); !strings.HasPrefix(me.UnionID, "UID_") {
			t.Errorf("got %+v", me)
		}
		_, err = c.Connect.Me(ctx, "nothing", false)
		wants(t, err, retcode.QQAccessTokenUnreadable)
	})
	t.Run("profile", func(t *testing.T) {
		p.SetAccount(ann, rookerytest.Settings{"nickname": "Ann", "gender": 2, "picture_url": "https://pictures.example/ann"})
		user := client.User{OpenID: tokens.OpenID, Token: tokens.AccessToken}
		info, err := c.Connect.UserInfo(ctx, user)
		if wants(t, err, 0); info.Nickname != "Ann" || info.Gender != client.Female || info.PictureURL == "" || info.YellowVIP != 0 {
			t.Errorf("got %+v", info)
		}
		_, err = c.Connect.SimpleUserInfo(ctx, user)
		wants(t, err, retcode.QQScopeNotGranted)
		_, err = c.Connect.UserInfo(ctx, client.User{OpenID: "nobody", Token: tokens.AccessToken})
		wants(t, err, retcode.QQParameterInvalid)
		_, err = c.Connect.UserInfo(ctx, client.User{OpenID: "0123456789ABCDEF0123456789ABCDEF", Token: tokens.AccessToken})
		wants(t, err, retcode.QQOpenIDIllegal)
		_, err = c.Connect.UserInfo(ctx, client.User{OpenID: tokens.OpenID, Token: "nothing"})
		wants(t, err, retcode.QQOpenKeyUnreadable)
		if refused := new(client.Error); !errors.As(err, &refused) || refused.Class() != retcode.ClassReauthorize {
			t.Errorf("a token that fails is %v", err)
		}
	})
	t.Run("introspection", func(t *testing.T) {
		in, err := c.Connect.Introspect(ctx, tokens.AccessToken)
		if wants(t, err, 0); !in.Active || in.OpenID != tokens.OpenID || !slices.Contains(in.Scopes, "get_user_info") || !in.Expires.After(in.Issued) {
			t.Errorf("got %+v", in)
		}
		in, err = c.Connect.Introspect(ctx, "nothing")
		if wants(t, err, 0); in.Active {
			t.Errorf("got %+v", in)
		}
	})
	t.Run("refresh", func(t *testing.T) {
		next, err := c.Connect.Refresh(ctx, tokens.RefreshToken)
		if wants(t, err, 0); err != nil || next.OpenID != tokens.OpenID || next.RefreshToken == tokens.RefreshToken {
			t.Fatalf("got a token for %+v", next)
		}
		tokens = next
	})
	t.Run("revocation", func(t *testing.T) {
		wants(t, c.Connect.Revoke(ctx, tokens.AccessToken), 0)
		_, err := c.Connect.Me(ctx, tokens.AccessToken, false)
		wants(t, err, retcode.QQAccessTokenRevoked)
		wants(t, c.Connect.Revoke(ctx, "nothing"), 0)
	})
	t.Run("a code used again", func(t *testing.T) {
		_, err := c.Connect.Exchange(ctx, code, login)
		wants(t, err, retcode.ConnectCodeReused)
	})
	t.Run("another verifier", func(t *testing.T) {
		other := login
		other.Verifier = client.NewSecret()
		_, err := c.Connect.Exchange(ctx, authorize(t), other)
		wants(t, err, retcode.ConnectCodeInvalid)
	})
	t.Run("a login for OpenAPI V3", func(t *testing.T) {
		login := login
		login.Openkey, login.Scopes = true, []string{"get_simple_userinfo"}
		back := p.Consent(ann, c.Connect.AuthorizeURL(login), login.Scopes...).Query()
		tokens, err := c.Connect.Exchange(ctx, back.Get("code"), login)
		if wants(t, err, 0); err != nil {
			return
		}
		is, err := c.OpenAPI.IsLogin(ctx, client.Session{OpenID: tokens.OpenID, Openkey: tokens.Openkey})
		if wants(t, err, 0); !is {
			t.Error("the session is not valid")
		}
		info, err := c.Connect.SimpleUserInfo(ctx, client.User{OpenID: tokens.OpenID, Token: tokens.AccessToken})
		if wants(t, err, 0); err == nil && info.Nickname != "Ann" {
			t.Errorf("got %+v", info)
		}
	})
	t.Run("a person who refuses", func(t *testing.T) {
		back := p.Consent(ann, c.Connect.AuthorizeURL(login))
		if back.Query().Get("error") != "access_denied" {
			t.Errorf("the browser came back to %s", back)
		}
	})
	t.Run("a wrong secret", func(t *testing.T) {
		other := app
		other.AppKey = "wrong"
		_, err := p.Client(other).Connect.Exchange(ctx, code, login)
		wants(t, err, retcode.QQClientSecretWrong)
		_, err = p.Client(other).Connect.Introspect(ctx, tokens.AccessToken)
		wants(t, err, retcode.QQClientSecretWrong)
		wants(t, p.Client(other).Connect.Revoke(ctx, tokens.AccessToken), retcode.QQClientSecretWrong)
	})
	t.Run("registered apps", func(t *testing.T) {
		p.SetApp(app, rookerytest.Settings{"online": false})
		for appID, want := range map[string]bool{app.AppID: true, p.Apps[0].AppID: true, "1": false, "": false, "x": false} {
			if got, err := c.Connect.Registered(ctx, appID); got != want || err != nil {
				t.Errorf("%q: %v, %v, want %v", appID, got, err, want)
			}
		}
	})
}

func TestAuthorizeURL(t *testing.T) {
	c, err := client.New("https://platform.test", client.App{AppID: "100700001"})
	if err != nil {
		t.Fatal(err)
	}
	// The verifier and its challenge are those of RFC 7636, appendix B.
	got, err := url.Parse(c.Connect.AuthorizeURL(client.Login{
		RedirectURI: "https://game.example/?a=b&c", State: "s t", Scopes: []string{"get_user_info", "get_app_friends"}, Mobile: true,
		Verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"response_type": {"code"}, "client_id": {"100700001"}, "redirect_uri": {"https://game.example/?a=b&c"}, "state": {"s t"},
		"scope": {"get_user_info,get_app_friends"}, "display": {"mobile"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	if got.Query().Encode() != want.Encode() || got.Host != "platform.test" || got.Path != "/oauth2.0/authorize" {
		t.Errorf("got %s", got)
	}
}
