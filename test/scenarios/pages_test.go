package scenarios

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

var pagesScenarios = []scenario{
	{"qq/100000", "response_type is neither code nor token", refusedPage(100000, "response_type", "id_token", "code")},
	{"qq/100010", "redirect_uri is not one of the app's", refusedPage(100010, "redirect_uri", "https://evil.example/callback", appCallback)},
}

const appCallback = "https://game.example/callback"

// refusedPage: with the wrong value of a parameter the sign-in page leads to the error page that shows the code, and never
// to the address in the request; with the right value it asks the person to sign in.
func refusedPage(code int, parameter, wrong, right string) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		app, person := p.NewApp(t), p.NewPerson(t)
		p.SetApp(t, app, rookery.Settings{"redirect_uris": []string{appCallback}})
		to := person.Open(t, rookery.AuthorizePath(app, appCallback, parameter, wrong)).Location(t)
		if to.Host != "" || to.Path != "/oauth2.0/show" || to.Query().Get("which") != "error" || to.Query().Get("error") != fmt.Sprint(code) {
			t.Errorf("it leads to %s, want the error page of %d", to, code)
		}
		hasText(t, person.Open(t, to.String()), http.StatusBadRequest, fmt.Sprint(code))
		hasText(t, person.Open(t, rookery.AuthorizePath(app, appCallback, parameter, right)), http.StatusOK, `name="password"`)
	}
}

func hasText(t *testing.T, page rookery.Page, status int, text string) {
	t.Helper()
	if page.Status != status || !strings.Contains(page.Body, text) {
		t.Errorf("got status %d, want %d and %q in:\n%s", page.Status, status, text, page.Body)
	}
}
