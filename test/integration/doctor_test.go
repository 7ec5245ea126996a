package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// finding is a finding as rookery doctor --json prints it.
type finding struct{ Check, Level, Code, Reason, Command string }

// examine runs the doctor on an app and returns what is not ok. The exit status must say whether there is a problem.
func examine(t *testing.T, p *rookery.Platform, app rookery.App, args ...string) (found []finding) {
	t.Helper()
	status, out, stderr := on(t, p, append([]string{"doctor", "--app", app.AppID, "--json"}, args...)...)
	var report struct{ Findings []finding }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("status %d, %s, %s, %v", status, out, stderr, err)
	}
	checks, problem := make(map[string]bool), 0
	for _, f := range report.Findings {
		checks[f.Check] = true
		switch f.Level {
		case "ok":
			if f.Code != "" || f.Command != "" || f.Reason == "" {
				t.Errorf("a finding is ok, but %+v", f)
			}
			continue
		case "problem":
			problem = 1
		case "warning":
		default:
			t.Errorf("the level of %+v", f)
		}
		found = append(found, f)
	}
	for _, check := range []string{"state", "environment", "keys", "addresses", "permissions", "rates", "redirects", "https", "idip", "scenes", "achievements", "clock"} {
		if !checks[check] {
			t.Errorf("%s was not checked", check)
		}
	}
	if status != problem {
		t.Errorf("status %d with %+v", status, found)
	}
	return found
}

// wantFindings compares findings. The reason of a wanted one is a part, and APPID in its command stands for the app.
func wantFindings(t *testing.T, app rookery.App, got, want []finding) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("found %+v, want %+v", got, want)
	}
	for i, w := range want {
		w.Command = strings.ReplaceAll(w.Command, "APPID", app.AppID)
		if g := got[i]; g.Check != w.Check || g.Level != w.Level || g.Code != w.Code || g.Command != w.Command || !strings.Contains(g.Reason, w.Reason) {
			t.Errorf("found %+v\nwant  %+v", g, w)
		}
	}
}

// mend runs a finding's command in a shell.
func mend(t *testing.T, p *rookery.Platform, command string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(rookery.Binary(t))+":"+os.Getenv("PATH"), "ROOKERY_SERVER="+p.AdminURL, "ROOKERY_TOKEN_FILE="+p.AdminTokenFile, "GORACE=atexit_sleep_ms=10")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v, %s", command, err, out.Bytes())
	}
}

// ailment is something wrong with an app, and what the doctor says about it.
type ailment struct {
	name     string
	settings rookery.Settings // of the app
	do       func(t *testing.T, app rookery.App)
	args     []string // of the doctor
	want     []finding
	ret      int  // what the app's login is answered, if that is not 0
	mends    bool // the command of the last finding removes it
}

func (a ailment) try(t *testing.T, p *rookery.Platform, app rookery.App, login rookery.Call) {
	if len(a.settings) > 0 {
		p.SetApp(t, app, a.settings)
	}
	if a.do != nil {
		a.do(t, app)
	}
	found := examine(t, p, app, a.args...)
	wantFindings(t, app, found, a.want)
	if answer := p.Call(t, login); answer.Ret != a.ret {
		t.Errorf("a login is answered %s, want ret %d", answer.Body, a.ret)
	}
	if a.mends {
		mend(t, p, found[len(found)-1].Command)
		if left := examine(t, p, app, a.args...); len(left) != len(found)-1 {
			t.Errorf("after it was mended: %+v", left)
		}
	}
}

// healthy makes an app that has nothing to be found, and a login at it. Its scene is in effect where messages.scene_delay is 0s.
func healthy(t *testing.T, p *rookery.Platform) (rookery.App, rookery.Call) {
	t.Helper()
	app, call := newLogin(t, p)
	p.SetApp(t, app, rookery.Settings{
		"grant": []string{"relation"}, "redirect_uris": []string{"https://game.example/callback"},
		"allow_ordinary": []string{"127.0.0.0/8"}, "allow_sensitive": []string{"127.0.0.0/8"},
	})
	p.Admin(t, http.MethodPut, "/admin/v1/apps/"+app.AppID+"/scenes/gift", rookery.Settings{}, nil)
	return app, call
}

// TestDoctor brings about each finding that an app's settings, its game's server and the clock can give, on an app that is otherwise
// healthy.
func TestDoctor(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t, "--messages-scene-delay", "0s")
	if found := examine(t, p, p.Apps[0]); len(found) != 0 {
		t.Errorf("the demo world's game: %+v", found)
	}
	game := func(answer http.HandlerFunc) string {
		server := httptest.NewServer(answer)
		t.Cleanup(server.Close)
		return server.URL
	}
	const nobody = "http://127.0.0.1:1" // no test may take this port
	// This game answers every question that no guild is known, whoever asks.
	credulous := game(func(w http.ResponseWriter, r *http.Request) {
		var question struct{ Head struct{ Seqid int } }
		_ = json.NewDecoder(r.Body).Decode(&question)
		fmt.Fprintf(w, `{"head":{"Cmdid":4098,"Seqid":%d,"Result":1}}`, question.Head.Seqid)
	})
	scene := func(name string, settings rookery.Settings) func(*testing.T, rookery.App) {
		return func(t *testing.T, app rookery.App) {
			p.Admin(t, http.MethodPut, "/admin/v1/apps/"+app.AppID+"/scenes/"+name, settings, nil)
		}
	}
	key := func(name, key string) func(*testing.T, rookery.App) {
		return func(t *testing.T, app rookery.App) {
			p.Admin(t, http.MethodPost, "/admin/v1/apps/"+app.AppID+"/keys", rookery.Settings{"name": name, "key": key}, nil)
		}
	}
	const update = "rookery app update APPID "
	elsewhere := strings.Replace(p.IDIP, "127.0.0.1", "0.0.0.0", 1) // the same server by an address that is not of this machine alone
	withGroups := func(idip string) rookery.Settings {
		return rookery.Settings{"grant": []string{"group"}, "idip": idip}
	}
	for _, a := range []ailment{
		{name: "nothing"},
		{
			name: "switched off", settings: rookery.Settings{"online": false}, ret: 100011, mends: true,
			want: []finding{{"state", "problem", "qq/100011", "switched off", update + "--online"}},
		},
		{
			name: "in the test environment with nobody", settings: rookery.Settings{"environment": "test"}, ret: -12,
			want: []finding{{"environment", "problem", "qq/-12", "no test numbers", update + "--test-number UIN"}},
		},
		{
			name: "a test number that nobody has", settings: rookery.Settings{"environment": "test", "test_numbers": []string{"99999"}}, ret: -12,
			want: []finding{{"environment", "warning", "", "99999 is no account", "rookery account create"}},
		},
		{
			name: "one key for two purposes", mends: true,
			do:   func(t *testing.T, app rookery.App) { key("msdkkey", app.AppKey)(t, app) },
			want: []finding{{"keys", "warning", "", "msdkkey is the same key as appkey", "rookery app rotate-key APPID msdkkey"}},
		},
		{
			name: "the appkey is being changed", do: key("appkey", "anotherkeyofthisapp"),
			want: []finding{{"keys", "warning", "qq/-72", "the appkey was replaced", ""}},
		},
		{
			name: "a server that is on no list", args: []string{"--from", "10.1.2.3"}, mends: true,
			want: []finding{
				{"addresses", "problem", "qq/-4", "10.1.2.3 is not on the app's allow list of ordinary APIs", update + "--allow 127.0.0.0/8 --allow 10.1.2.3/32"},
				{"addresses", "problem", "qq/-10", "10.1.2.3 is not on the app's allow list of sensitive APIs", update + "--allow-sensitive 127.0.0.0/8 --allow-sensitive 10.1.2.3/32"},
			},
		},
		{
			name: "a public server that may not call sensitive APIs", settings: rookery.Settings{"allow_ordinary": []string{}}, args: []string{"--from", "192.0.2.7"}, mends: true,
			want: []finding{{"addresses", "problem", "qq/-11", "sensitive", update + "--allow-sensitive 127.0.0.0/8 --allow-sensitive 192.0.2.7/32"}},
		},
		{
			name: "granted nothing", settings: rookery.Settings{"apis": []string{}}, ret: -3,
			want: []finding{{"permissions", "problem", "qq/-3", "granted no API", update + "--grant API"}},
		},
		{
			name: "not granted what it calls", settings: rookery.Settings{"withdraw": []string{"verify_login"}}, args: []string{"--api", "/v2/auth/verify_login"}, ret: -3, mends: true,
			want: []finding{{"permissions", "problem", "qq/-3", "/v2/auth/verify_login", update + "--grant verify_login"}},
		},
		{
			name: "the same at MSDK V3", settings: rookery.Settings{"withdraw": []string{"query_vip"}}, args: []string{"--api", "/profile/query_vip"}, mends: true,
			want: []finding{{"permissions", "problem", "msdkv3/-303", "/profile/query_vip", update + "--grant query_vip"}},
		},
		{
			name: "not granted groups", args: []string{"--api", "/v2/group/join_group"},
			want: []finding{{"permissions", "problem", "group/221008", "/v2/group/join_group", update + "--grant group"}},
		},
		{
			name: "not in the Game Center", args: []string{"--api", rookery.GameCenterPath}, mends: true,
			want: []finding{{"permissions", "problem", "gamecenter/-4026", rookery.GameCenterPath, update + "--grant gamecenter"}},
		},
		{
			name: "closed by an audit", settings: rookery.Settings{"restrict": []string{"verify_login"}}, ret: -8, mends: true,
			want: []finding{{"permissions", "problem", "qq/-8", "verify_login", update + "--unrestrict verify_login"}},
		},
		{
			name: "without the permission for friend lists", settings: rookery.Settings{"withdraw": []string{"relation"}}, mends: true,
			want: []finding{{"permissions", "warning", "qq/251003", "friend_list", update + "--grant relation"}},
		},
		{
			name: "an app's rate below its users'", settings: rookery.Settings{"rates": rookery.Settings{"userinfo": rookery.Settings{"app": "5/m", "user": "1/s"}}},
			want: []finding{{"rates", "warning", "qq/-6", "userinfo", update + "--rate userinfo=app:RATE,user:1/1s"}},
		},
		{
			name: "no redirect URI", settings: rookery.Settings{"redirect_uris": []string{}},
			want: []finding{{"redirects", "warning", "qq/100010", "no redirect URI", update + "--redirect-uri https://GAME/CALLBACK"}},
		},
		{
			name: "a redirect URI by plain HTTP", settings: rookery.Settings{"redirect_uris": []string{"http://game.example/a?b=1&c", "http://127.0.0.1/callback", "http://10.0.0.1/"}}, mends: true,
			want: []finding{{"redirects", "warning", "", "http://game.example/a?b=1&c", update + "--redirect-uri 'https://game.example/a?b=1&c' --redirect-uri http://127.0.0.1/callback --redirect-uri http://10.0.0.1/"}},
		},
		{
			name: "another redirect URI", args: []string{"--redirect-uri", "https://game.example/Callback", "--redirect-uri", "https://game.example/callback?x=1"}, mends: true,
			want: []finding{{"redirects", "problem", "qq/100010", "https://game.example/Callback", update + "--redirect-uri https://game.example/callback --redirect-uri https://game.example/Callback"}},
		},
		{
			name: "HTTPS is required and not served", settings: rookery.Settings{"require_tls": true}, ret: -7, mends: true,
			want: []finding{{"https", "problem", "qq/-7", "neither http.tls nor http.trusted_proxies", update + "--require-tls=false"}},
		},
		{
			name: "groups without IDIP", settings: rookery.Settings{"grant": []string{"group"}},
			want: []finding{{"idip", "problem", "group/221008", "no IDIP address", update + "--idip URL"}},
		},
		{
			name: "IDIP without groups", settings: rookery.Settings{"idip": p.IDIP}, mends: true,
			want: []finding{{"idip", "warning", "group/221008", "not granted the permission for groups", update + "--grant group"}},
		},
		{name: "IDIP", settings: withGroups(p.IDIP)},
		{
			name: "IDIP by plain HTTP", settings: withGroups(elsewhere),
			want: []finding{{"idip", "warning", "", "asked by plain HTTP", update + "--idip https" + strings.TrimPrefix(elsewhere, "http")}},
		},
		{
			name: "a game's server that is not there", settings: withGroups(nobody),
			want: []finding{{"idip", "problem", "group/-182008", "connection refused", "rookery app ask APPID GUILD --openid OPENID"}},
		},
		{
			name: "a game's server with another key", settings: withGroups(game(func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "the signature is wrong", http.StatusForbidden)
			})),
			want: []finding{{"idip", "problem", "group/-182008", "HTTP 403: it has another key", "rookery app show APPID --keys"}},
		},
		{
			name: "a game's server that answers something else", settings: withGroups(game(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })),
			want: []finding{{"idip", "problem", "group/-500008", "cannot be read", "rookery app ask APPID GUILD --openid OPENID"}},
		},
		{
			name: "a game's server that answers everybody", settings: withGroups(credulous),
			want: []finding{{"idip", "warning", "", "wrong signature", ""}},
		},
		{
			name: "a scene that is offline", do: scene("gift", rookery.Settings{"online": false}), mends: true,
			want: []finding{{"scenes", "problem", "qq/9001010", "gift is offline", "rookery scene set --app APPID --scene gift --online=true"}},
		},
		{
			name: "no scene", do: func(t *testing.T, app rookery.App) {
				p.Admin(t, http.MethodDelete, "/admin/v1/apps/"+app.AppID+"/scenes/gift", nil, nil)
			},
			want: []finding{{"scenes", "warning", "qq/225009", "no scene", "rookery scene set --app APPID --scene SCENE --template FILE"}},
		},
		{
			name: "types of achievements without the Game Center", settings: rookery.Settings{"achievement_types": rookery.Settings{"1001": rookery.Settings{"name": "stars"}}}, mends: true,
			want: []finding{{"achievements", "warning", "gamecenter/-4026", "not granted the Game Center", update + "--grant gamecenter"}},
		},
		{
			name: "a companion that the app does not have", settings: rookery.Settings{"grant": []string{"gamecenter"}, "companions": []int{12, 1001}},
			want: []finding{{"achievements", "problem", "gamecenter/-4006", "type 1001, which the app does not have", update + "--achievement-type 1001=NAME"}},
		},
		{
			name: "a companion that the platform computes", settings: rookery.Settings{"grant": []string{"gamecenter"}, "companions": []int{6}},
			want: []finding{{"achievements", "problem", "gamecenter/-4006", "which the platform computes itself", update + "--companions NUMBERS"}},
		},
	} {
		t.Run(a.name, func(t *testing.T) {
			app, login := healthy(t, p)
			a.try(t, p, app, login)
		})
	}

	t.Run("a scene to come", func(t *testing.T) {
		p := rookery.Start(t)
		p.Admin(t, http.MethodPut, "/admin/v1/apps/"+p.Apps[0].AppID+"/scenes/gift", rookery.Settings{}, nil)
		found := examine(t, p, p.Apps[0])
		if len(found) != 1 || found[0].Check != "scenes" || found[0].Level != "warning" || found[0].Code != "qq/225009" || !strings.HasPrefix(found[0].Command, "rookery dev clock advance ") {
			t.Fatalf("found %+v", found)
		}
		mend(t, p, found[0].Command)
		if left := examine(t, p, p.Apps[0]); len(left) != 1 || left[0].Check != "clock" {
			t.Errorf("after it was mended: %+v", left)
		}
	})

	t.Run("the command line", func(t *testing.T) {
		for _, test := range []struct {
			args   []string
			status int
			says   string
		}{
			{nil, 2, `"app"`}, {[]string{"--app", "x"}, 2, "appid"}, {[]string{"--app", "1"}, 1, "there is no app 1"},
			{[]string{"--app", p.Apps[0].AppID, "--from", "game.example"}, 2, "game.example"},
			{[]string{"--app", p.Apps[0].AppID, "--api", "/v2/nothing"}, 1, `there is no interface "/v2/nothing"`},
		} {
			if status, _, stderr := on(t, p, append([]string{"doctor"}, test.args...)...); status != test.status || !strings.Contains(stderr, test.says) {
				t.Errorf("%v: status %d, %s", test.args, status, stderr)
			}
		}
		status, _, stderr := rookery.Run(t, "doctor", "--app", "1", "--server", nobody, "--token-file", p.AdminTokenFile)
		if status != 3 {
			t.Errorf("without a platform: status %d, %s", status, stderr)
		}
		status, out, _ := on(t, p, "doctor", "--app", p.Apps[0].AppID, "--from", "192.0.2.7", "--api", "/v2/auth/verify_login")
		if lines := strings.Split(out, "\n"); status != 0 || !strings.HasPrefix(lines[0], "CHECK ") || len(lines) != 14 {
			t.Errorf("status %d:\n%s", status, out)
		}
	})
}

// TestDoctorAndTheClock moves the clock of platforms with windows for the times of calls and without.
func TestDoctorAndTheClock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, flag, window, ahead string
		want                      []finding
	}{
		{"a little", "--v5-ts-window", "1m", "2s", nil},
		{"out of V3's window", "--v3-ts-window", "1m", "3m", []finding{{"clock", "problem", "msdkv3/-506", "more than the 1m0s that timestamp of an MSDK V3 call", "rookery dev clock set now"}}},
		{"within the windows", "--v5-ts-window", "1m", "30s", []finding{{"clock", "warning", "", "apart", "rookery dev clock set now"}}},
		{"out of V5's window", "--v5-ts-window", "1m", "3m", []finding{{"clock", "problem", "msdkv5/1007", "more than the 1m0s", "rookery dev clock set now"}}},
		{"without V5's window", "--v5-ts-window", "0s", "3m", []finding{{"clock", "warning", "", "apart", "rookery dev clock set now"}}},
		{"out of OpenAPI's window", "--v5-ts-window", "0s", "11m", []finding{{"clock", "problem", "qq/-25", "more than the 10m0s", "rookery dev clock set now"}}},
		{"behind", "--v5-ts-window", "0s", "-11m", []finding{{"clock", "problem", "qq/-25", "more than the 10m0s", "rookery dev clock set now"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := rookery.Start(t, test.flag, test.window)
			p.SetApp(t, p.Apps[0], rookery.Settings{"withdraw": []string{"ark"}}) // its scenes have times, too
			p.Admin(t, http.MethodPost, "/dev/v1/clock", map[string]string{"advance": test.ahead}, nil)
			found := examine(t, p, p.Apps[0])
			wantFindings(t, p.Apps[0], found, test.want)
			if len(found) > 0 {
				mend(t, p, found[0].Command)
				if left := examine(t, p, p.Apps[0]); len(left) != 0 {
					t.Errorf("after it was mended: %+v", left)
				}
			}
		})
	}
}

// TestDoctorOfServe brings about what only a platform for everybody gives. It sets the authorities that this machine trusts.
func TestDoctorOfServe(t *testing.T) {
	scene := []string{"--messages-scene-delay", "0s"}
	windows := []string{"--msdkv5-ts-window", "10m", "--msdkv3-ts-window", "10m"}
	local := net.IPv4(127, 0, 0, 1)
	later := time.Now().AddDate(0, 3, 0)
	for _, test := range []struct {
		name     string
		address  net.IP    // of the certificate; nil for plain HTTP
		until    time.Time // the certificate is valid
		unknown  bool      // nobody trusts it
		flags    []string
		settings rookery.Settings
		demo     bool // the app has a key of the demo world
		want     []finding
	}{
		{name: "nothing", flags: windows},
		{name: "HTTPS", address: local, until: later, flags: windows, settings: rookery.Settings{"require_tls": true}},
		{name: "any ts", flags: windows[2:], want: []finding{{"clock", "warning", "", "msdkv5.ts_window", ""}}},
		{name: "any timestamp", flags: windows[:2], want: []finding{{"clock", "warning", "", "msdkv3.ts_window", ""}}},
		{
			name: "any address", flags: windows, settings: rookery.Settings{"allow_ordinary": []string{}, "allow_sensitive": []string{"0.0.0.0/0"}},
			want: []finding{
				{"addresses", "warning", "", "ordinary APIs may come from any address", "rookery app update APPID --allow ADDRESS"},
				{"addresses", "warning", "", "sensitive APIs may come from any address", "rookery app update APPID --allow-sensitive ADDRESS"},
			},
		},
		{
			name: "a key of the demo world", flags: windows, demo: true,
			want: []finding{{"keys", "problem", "", "appkey is a key of rookery dev's demo world", "rookery app rotate-key APPID appkey"}, {"keys", "warning", "qq/-72", "", ""}},
		},
		{
			name: "a public address by plain HTTP", flags: []string{"--msdkv5-ts-window", "10m", "--msdkv3-ts-window", "10m", "--http-public-url", "http://play.example"},
			want: []finding{{"https", "warning", "", "http://play.example, so tokens travel unencrypted", ""}},
		},
		{
			name: "HTTPS is required, and the address has none", flags: []string{"--msdkv5-ts-window", "10m", "--msdkv3-ts-window", "10m", "--http-public-url", "http://play.example", "--http-trusted-proxies", "10.0.0.1/32"},
			settings: rookery.Settings{"require_tls": true},
			want:     []finding{{"https", "problem", "qq/-7", "http.public_url", ""}},
		},
		{
			name: "the test environment", flags: windows, settings: rookery.Settings{"environment": "test", "test_numbers": []string{"10001"}},
			want: []finding{{"environment", "warning", "qq/-12", "all but its 1 test numbers", "rookery app update APPID --environment formal"}},
		},
		{
			name: "a certificate for another name", address: net.IPv4(192, 0, 2, 1), until: later, flags: windows,
			want: []finding{{"certificate", "problem", "", "192.0.2.1", ""}},
		},
		{
			name: "a certificate that ends soon", address: local, until: time.Now().AddDate(0, 0, 13), flags: windows,
			want: []finding{{"certificate", "warning", "", "only until " + time.Now().AddDate(0, 0, 13).UTC().Format(time.DateOnly), ""}},
		},
		{
			name: "an expired certificate", address: local, until: time.Now().Add(-time.Minute), flags: windows,
			want: []finding{{"certificate", "problem", "", "and not now", ""}},
		},
		{
			name: "an unknown authority", address: local, until: later, unknown: true, flags: windows,
			want: []finding{{"certificate", "problem", "", "not issued by an authority that this machine trusts", ""}},
		},
		{
			name: "an address where nobody answers", address: local, until: later, flags: []string{"--msdkv5-ts-window", "10m", "--msdkv3-ts-window", "10m", "--http-public-url", "https://127.0.0.1:1"},
			want: []finding{{"certificate", "warning", "", "https://127.0.0.1:1 cannot be reached", ""}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			flags := slices.Concat(scene, test.flags)
			if test.address != nil {
				certificate, key := pairOf(t, t.TempDir(), "one", test.address, test.until)
				flags = append(flags, "--http-tls-certificate", certificate, "--http-tls-key", key)
				if test.unknown {
					certificate, _ = pairOf(t, t.TempDir(), "other", test.address, test.until)
				}
				t.Setenv("SSL_CERT_FILE", certificate)
			}
			p := rookery.Serve(t, flags...)
			app, _ := healthy(t, p)
			if len(test.settings) > 0 {
				p.SetApp(t, app, test.settings)
			}
			if test.demo {
				p.Admin(t, http.MethodPost, "/admin/v1/apps/"+app.AppID+"/keys", rookery.Settings{"name": "appkey", "key": "demoappkey100700001magpiearena00"}, nil)
			}
			wantFindings(t, app, examine(t, p, app), test.want)
		})
	}
}
