package integration

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/rookeryhq/rookery/test/rookery"
)

// signIn makes a new person follow a client library's sign-in address, which must be this platform's, and returns the query
// that the browser brings back.
func signIn(t *testing.T, p *rookery.Platform, address string) url.Values {
	t.Helper()
	path, ok := strings.CutPrefix(address, p.URL)
	if !ok {
		t.Fatalf("the client sends people to %s", address)
	}
	return p.NewPerson(t).Authorize(t, path, "get_user_info").Query()
}

// TestOAuth2Client signs in with golang.org/x/oauth2, changing only its addresses.
func TestOAuth2Client(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app := client(t, p)
	config := oauth2.Config{
		ClientID: app.AppID, ClientSecret: app.AppKey, RedirectURL: callback, Scopes: []string{"get_user_info"},
		Endpoint: oauth2.Endpoint{AuthURL: p.URL + "/oauth2.0/authorize", TokenURL: p.URL + "/oauth2.0/token?fmt=json&need_openid=1", AuthStyle: oauth2.AuthStyleInParams},
	}
	ctx := t.Context()

	for name, style := range map[string]oauth2.AuthStyle{"style of the original": oauth2.AuthStyleInParams, "style found out": oauth2.AuthStyleAutoDetect} {
		t.Run(name, func(t *testing.T) {
			config := config
			config.Endpoint.AuthStyle = style
			verifier := oauth2.GenerateVerifier()
			back := signIn(t, p, config.AuthCodeURL("the state", oauth2.S256ChallengeOption(verifier)))
			if back.Get("state") != "the state" {
				t.Errorf("state is %q", back.Get("state"))
			}
			token, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			p.Secret(token.AccessToken, token.RefreshToken)
			openid, _ := token.Extra("openid").(string)
			if ret := profile(t, p, app, openid, token.AccessToken).Ret; ret != 0 {
				t.Errorf("the profile is refused with %d", ret)
			}
			renewed, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
			if err != nil {
				t.Fatal(err)
			}
			p.Secret(renewed.AccessToken, renewed.RefreshToken)
			if ret := profile(t, p, app, openid, renewed.AccessToken).Ret; ret != 0 || renewed.RefreshToken == token.RefreshToken {
				t.Errorf("the profile is refused with %d, the refresh token is another one: %t", ret, renewed.RefreshToken != token.RefreshToken)
			}
			if _, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier)); err == nil {
				t.Error("the code was exchanged twice")
			}
			if ret := profile(t, p, app, openid, renewed.AccessToken).Ret; ret != -23 {
				t.Errorf("after the code came twice the profile has ret %d, want -23", ret)
			}
		})
	}

	t.Run("wrong secret", func(t *testing.T) {
		config := config
		config.ClientSecret = "of-another-app"
		if _, err := config.Exchange(ctx, signIn(t, p, config.AuthCodeURL("s")).Get("code")); err == nil {
			t.Error("the code was exchanged with a wrong secret")
		}
	})
	t.Run("denied", func(t *testing.T) {
		person := p.NewPerson(t)
		path := strings.TrimPrefix(config.AuthCodeURL("s"), p.URL)
		person.SignIn(t, path)
		back := person.Press(t, path, "deny", nil).Location(t).Query()
		if back.Get("error") != "access_denied" || back.Get("code") != "" || back.Get("state") != "s" {
			t.Errorf("sent back with %v", back)
		}
	})
}

// TestOAuth2ClientWithoutOptions: golang.org/x/oauth2 needs neither fmt=json nor a style, with the defaults of rookery dev and
// rookery serve and with the other media type that it reads.
func TestOAuth2ClientWithoutOptions(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T) *rookery.Platform{
		"dev":   func(t *testing.T) *rookery.Platform { return rookery.Start(t) },
		"serve": func(t *testing.T) *rookery.Platform { return rookery.Serve(t) },
		"dev with a form": func(t *testing.T) *rookery.Platform {
			return rookery.Start(t, "--connect-token-media-type", "application/x-www-form-urlencoded")
		},
		"serve with a form": func(t *testing.T) *rookery.Platform {
			return rookery.Serve(t, "--connect-token-media-type", "application/x-www-form-urlencoded")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			app := client(t, p)
			config := oauth2.Config{
				ClientID: app.AppID, ClientSecret: app.AppKey, RedirectURL: callback,
				Endpoint: oauth2.Endpoint{AuthURL: p.URL + "/oauth2.0/authorize", TokenURL: p.URL + "/oauth2.0/token"},
			}
			token, err := config.Exchange(t.Context(), signIn(t, p, config.AuthCodeURL("s")).Get("code"))
			if err != nil || !token.Valid() || token.RefreshToken == "" {
				t.Fatal(err)
			}
			p.Secret(token.AccessToken, token.RefreshToken)
			renewed, err := config.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
			if err != nil || renewed.AccessToken == token.AccessToken {
				t.Fatal(err)
			}
			p.Secret(renewed.AccessToken, renewed.RefreshToken)
		})
	}
}

// TestTokenMediaType: rookery dev takes the setting as rookery serve does, and a flag takes precedence over the variable.
func TestTokenMediaType(t *testing.T) {
	const variable = "ROOKERY_CONNECT_TOKEN_MEDIA_TYPE"
	gives := func(what string, p *rookery.Platform, want string) {
		t.Helper()
		app := client(t, p)
		back := p.NewPerson(t).Authorize(t, rookery.AuthorizePath(app, callback), "get_user_info").Query()
		r := p.Get(t, "/oauth2.0/token", "grant_type", "authorization_code", "client_id", app.AppID, "client_secret", app.AppKey, "code", back.Get("code"), "redirect_uri", callback)
		values, _ := url.ParseQuery(r.Body)
		p.Secret(values.Get("access_token"), values.Get("refresh_token"))
		if got := r.Header.Get("Content-Type"); got != want || values.Get("access_token") == "" {
			t.Errorf("%s: got %s and %s, want %s", what, got, r.Body, want)
		}
	}
	gives("dev", rookery.Start(t), "text/plain; charset=utf-8")
	gives("serve", rookery.Serve(t), "text/plain; charset=utf-8")
	t.Setenv(variable, "text/html")
	t.Setenv("ROOKERY_HTTP_IDLE_TIMEOUT", "1h") // of rookery serve alone
	gives("dev with the variable", rookery.Start(t), "text/html; charset=utf-8")
	gives("serve with the variable", rookery.Serve(t), "text/html; charset=utf-8")
	flag := []string{"--connect-token-media-type", "application/x-www-form-urlencoded"}
	gives("dev with both", rookery.Start(t, flag...), "application/x-www-form-urlencoded; charset=utf-8")
	gives("serve with both", rookery.Serve(t, flag...), "application/x-www-form-urlencoded; charset=utf-8")
}

// shown is the part of a profile, or of its refusal, that distinguishes them.
type shown struct {
	Ret      int    `json:"ret"`
	Nickname string `json:"nickname"`
}

func profile(t *testing.T, p *rookery.Platform, app rookery.App, openid, token string) (s shown) {
	t.Helper()
	r := p.Get(t, "/user/get_user_info", "oauth_consumer_key", app.AppID, "openid", openid, "access_token", token)
	if err := json.Unmarshal([]byte(r.Body), &s); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return s
}

// TestPassport signs in with npm's passport-qq2015, changing only its addresses. The library reports success even after a
// failed exchange, so the profile decides.
func TestPassport(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(passportDir + "/node_modules/passport-qq2015"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("passport-qq2015 is not installed")
		}
		t.Skip("passport-qq2015 is not installed: make tools installs it where npm is")
	}
	p := rookery.Start(t)
	app := client(t, p)
	options := map[string]string{
		"clientID": app.AppID, "clientSecret": app.AppKey, "callbackURL": callback,
		"authorizationURL": p.URL + "/oauth2.0/authorize", "tokenURL": p.URL + "/oauth2.0/token",
		"openIdURL": p.URL + "/oauth2.0/me", "userInfoURL": p.URL + "/user/get_user_info",
	}
	code := func(t *testing.T) string {
		t.Helper()
		return signIn(t, p, passport(t, options, "").Redirect).Get("code")
	}

	used := code(t)
	token := wantProfile(t, passport(t, options, used), 0)
	p.Secret(token)

	t.Run("code used before", func(t *testing.T) {
		wantProfile(t, passport(t, options, used), -1)
		if r := p.Get(t, "/oauth2.0/me", "access_token", token); r.Code() != 100015 {
			t.Errorf("after the code came twice its token is %s", r.Body)
		}
	})
	t.Run("denied", func(t *testing.T) {
		person := p.NewPerson(t)
		path := strings.TrimPrefix(passport(t, options, "").Redirect, p.URL)
		person.SignIn(t, path)
		back := person.Press(t, path, "deny", nil).Location(t).Query()
		if back.Get("error") != "access_denied" || back.Has("code") {
			t.Errorf("sent back with %v", back)
		}
		if o := passport(t, options, back.Get("code")); o.Redirect == "" { // to sign in again
			t.Errorf("the library made %+v of it", o)
		}
	})
	t.Run("code of nobody", func(t *testing.T) { wantProfile(t, passport(t, options, strings.Repeat("A", 32)), -1) })
	t.Run("wrong secret", func(t *testing.T) {
		wrong := map[string]string{}
		for name, value := range options {
			wrong[name] = value
		}
		wrong["clientSecret"] = "of-another-app"
		wantProfile(t, passport(t, wrong, code(t)), -1)
	})
}

// outcome is what sign-in.js prints.
type outcome struct {
	Redirect string
	Success  struct{ AccessToken, Profile string }
	Fail     string
	Error    string
}

// wantProfile checks the profile that the library passes on: want 0 expects a person's, -1 none. It returns the access
// token.
func wantProfile(t *testing.T, o outcome, want int) (accessToken string) {
	t.Helper()
	var s shown
	if err := json.Unmarshal([]byte(o.Success.Profile), &s); err != nil && want == 0 {
		t.Fatalf("%v: %+v", err, o)
	}
	if got := s.Ret == 0 && o.Success.AccessToken != ""; got != (want == 0) {
		t.Errorf("the library made %+v of it", o)
	}
	return o.Success.AccessToken
}

func passport(t *testing.T, options map[string]string, code string) (o outcome) {
	t.Helper()
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), rookery.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "sign-in.js", string(text), code)
	cmd.Dir = passportDir
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &o)
	}
	if err != nil {
		t.Fatalf("node: %v: %s%s", err, out, complaint.String())
	}
	return o
}

// passportDir contains the library after `make tools`.
const passportDir = "passport"
