package integration

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestNothingThatEndedComesBack: data from before something ended is put back, by a restore or by hand.
func TestNothingThatEndedComesBack(t *testing.T) {
	t.Parallel()
	const callback = "https://game.example/callback"
	for name, putBack := range map[string]func(t *testing.T, from, data string){
		"by rookery restore": func(t *testing.T, from, data string) {
			if status, log := restore(t, from, data, "--force"); status != 0 {
				t.Fatalf("restore: status %d\n%s", status, log)
			}
		},
		"by a restore elsewhere": func(t *testing.T, from, data string) {
			for _, name := range []string{"rookery.db", "rookery.db-wal", "rookery.db-shm", "keyring.json"} {
				if err := os.Remove(filepath.Join(data, name)); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			if status, log := restore(t, from, data); status != 0 {
				t.Fatalf("restore: status %d\n%s", status, log)
			}
		},
		"the database by hand": func(t *testing.T, from, data string) { copyInto(t, data, from, "rookery.db") },
		"both files by hand":   func(t *testing.T, from, data string) { copyInto(t, data, from, "rookery.db", "keyring.json") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := rookery.Serve(t)
			data := p.Data
			again := func() *rookery.Platform { // where the browsers' cookies hold
				return rookery.Serve(t, "--data", data, "--http-listen", p.Host())
			}
			app, ann, ben := p.NewApp(t), p.NewPerson(t), p.NewPerson(t)
			p.SetApp(t, app, rookery.Settings{"redirect_uris": []string{callback}, "developer": "Studio", "unionid": true})
			operators := newOperator(t, p, "mara", "owner")
			ended := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: ann.UIN, Kind: "msdk"})
			path := rookery.AuthorizePath(app, callback, "scope", "get_user_info")
			code := ben.Authorize(t, path, "get_user_info").Query().Get("code")
			p.Secret(code)
			grant := []string{"fmt", "json", "client_id", app.AppID, "client_secret", app.AppKey}
			tokens := p.Tokens(t, p.Get(t, "/oauth2.0/token", append(grant, "grant_type", "authorization_code", "code", code, "redirect_uri", callback)...))
			refresh := append(grant, "grant_type", "refresh_token", "refresh_token", tokens.RefreshToken)
			if !signedIn(t, ben) {
				t.Fatal("nobody is signed in")
			}
			unionID := func(p *rookery.Platform) string {
				login := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: ann.UIN, Kind: "access"})
				return p.Get(t, "/oauth2.0/me", "access_token", login.Token, "unionid", "1", "fmt", "json").Body
			}
			union := unionID(p)
			from := backUp(t, p)

			// All this is after the backup.
			p.Revoke(t, app, ann.UIN, "user")
			p.Tokens(t, p.Get(t, "/oauth2.0/token", refresh...))
			p.SetPassword(t, ben.UIN)
			cleo := p.NewPerson(t)
			cleo.SignIn(t, "/account/")
			if !signedIn(t, cleo) || signedIn(t, ben) {
				t.Fatal("the wrong people are signed in")
			}
			operator(t, p, p.AdminTokenFile, "operator", "remove", "mara")
			p.Stop(t)
			putBack(t, from, data)

			p2 := again()
			login := `{"openid":"` + ended.MSDKOpenID + `","token":"` + ended.Token + `"}`
			p2.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: ann.UIN, Kind: "access"}) // she logs in again
			if got := p2.Call(t, rookery.NewCall(app, "/v2/auth/verify_login", login)); got.Ret != 100013 {
				t.Errorf("a revoked token: %s", got.Body)
			}
			if got := p2.Get(t, "/oauth2.0/token", refresh...); !strings.HasPrefix(got.Body, `{"error":100050,`) {
				t.Errorf("a spent refresh token: %s", got.Body)
			}
			if fresh := p2.NewAccount(t); fresh == cleo.UIN || fresh != "2000001" {
				t.Errorf("account %s is made, as %s was before", fresh, cleo.UIN)
			}
			if signedIn(t, cleo) || signedIn(t, ben) {
				t.Error("a session goes on")
			}
			if status, _, log := rookery.Run(t, "app", "list", "--server", p2.AdminURL, "--token-file", operators); status == 0 {
				t.Errorf("an operator who was removed: status %d, %s", status, log)
			}
			if got := unionID(p2); got != union || !strings.Contains(got, "UID_") {
				t.Errorf("the unionid is in %s, and was in %s", got, union)
			}

			// What is new stays, also through a kill.
			lasting := p2.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: ann.UIN, Kind: "msdk"})
			p2.Signal(t, syscall.SIGKILL)
			p2.WaitFor(t, -1)
			p3 := again()
			login = `{"openid":"` + lasting.MSDKOpenID + `","token":"` + lasting.Token + `"}`
			if got := p3.Call(t, rookery.NewCall(app, "/v2/auth/verify_login", login)); got.Ret != 0 {
				t.Errorf("a token from before a restart: %s", got.Body)
			}
			if next := p3.NewAccount(t); next != "2000002" {
				t.Errorf("the next account is %s", next)
			}
		})
	}
}

// signedIn reports whether a person's browser is signed in.
func signedIn(t *testing.T, person *rookery.Person) bool {
	t.Helper()
	return person.Open(t, "/account/").Status == http.StatusOK && strings.Contains(person.Open(t, "/account/").Body, `name="token"`)
}

// copyInto puts files in the place of a stopped platform's.
func copyInto(t *testing.T, data, from string, names ...string) {
	t.Helper()
	for _, name := range []string{"rookery.db-wal", "rookery.db-shm"} {
		if err := os.Remove(filepath.Join(data, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(data, name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
