package cli

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rookeryhq/rookery/internal/server"
)

func TestShareCommandLine(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // no platform is known
	t.Setenv("ROOKERY_HTTP", "")
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no appid":          {[]string{"--target", "friend"}, ExitUsage, `"appid" not set`},
		"no such target":    {[]string{"--appid", "1", "--target", "moon"}, ExitUsage, "friend, group or qzone"},
		"no such type":      {[]string{"--appid", "1", "--target", "friend", "--type", "poem"}, ExitUsage, "mini-program"},
		"no URL":            {[]string{"--appid", "1", "--target", "friend", "--server", "platform.test"}, ExitUsage, "is not a URL"},
		"no known platform": {[]string{"--appid", "1", "--target", "friend"}, ExitUnreachable, "no running platform"},
		"a silent platform": {
			[]string{"--appid", "1", "--target", "friend", "--type", "text", "--text", "hi", "--server", "http://127.0.0.1:1"},
			ExitUnreachable, "no platform answers at http://127.0.0.1:1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errOut := runCommand(t, "", append([]string{"share"}, test.args...)...)
			if status != test.status || out != "" {
				t.Errorf("status %d, output %q", status, out)
			}
			wantAll(t, errOut, test.want)
		})
	}
}

func TestShareOfATypeByItsNumber(t *testing.T) {
	status, out, _ := runCommand(t, "", "share", "--appid", "1", "--target", "friend", "--type", "10007", "--server", "http://127.0.0.1:1")
	if status != ExitFailure {
		t.Errorf("status %d", status)
	}
	wantAll(t, out, "qq 3", "QQMessageTypeWrong", "10007 is not a message type")
}

func TestShareAsksWhereGamesCall(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("ROOKERY_HTTP", "")
	var asked string
	games := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		http.Redirect(w, r, "/oauth2.0/show?which=error&error=100010", http.StatusFound)
	}))
	defer games.Close()
	at := server.Addresses{HTTP: games.URL, Admin: "http://127.0.0.1:1"} // as of rookery serve: operators have a listener of their own
	defer announce("serve", at, "", slog.New(slog.DiscardHandler))()
	run(t, "", "share", "--appid", "1", "--target", "friend", "--type", "text", "--text", "hi")
	if asked != "/oauth2.0/authorize" {
		t.Errorf("asked for %q", asked)
	}
}
