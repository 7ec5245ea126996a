package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// appJSON is an app as scripts see it.
type appJSON struct {
	AppID          string                       `json:"appid"`
	Name           string                       `json:"name"`
	GameID         string                       `json:"gameid"`
	AppKey         string                       `json:"appkey"`
	MSDKKey        string                       `json:"msdkkey"`
	SigKeys        map[string]string            `json:"sigkeys"`
	ClientSigKey   string                       `json:"client_sigkey"`
	Online         bool                         `json:"online"`
	Environment    string                       `json:"environment"`
	RequireTLS     bool                         `json:"require_tls"`
	APIs           []string                     `json:"apis"`
	Restricted     []string                     `json:"restricted"`
	AllowOrdinary  []string                     `json:"allow_ordinary"`
	AllowSensitive []string                     `json:"allow_sensitive"`
	Rates          map[string]map[string]string `json:"rates"`
	RedirectURIs   []string                     `json:"redirect_uris"`
	TestNumbers    []string                     `json:"test_numbers"`
	RequirePKCE    bool                         `json:"require_pkce"`
	Implicit       bool                         `json:"implicit"`
	RequireNonce   bool                         `json:"require_nonce"`
	IDIP           string                       `json:"idip"`

	AchievementTypes []map[string]any `json:"achievement_types"`
	Companions       []int            `json:"companions"`
	Developer        string           `json:"developer"`
	UnionID          bool             `json:"unionid"`
}

func (a appJSON) keys() []string {
	keys := []string{a.AppKey, a.MSDKKey, a.ClientSigKey}
	for _, key := range a.SigKeys {
		keys = append(keys, key)
	}
	return keys
}

const testApp = "100700009"

func TestAppCreate(t *testing.T) {
	startPlatform(t)
	out := run(t, "", "app", "create", "--json", "--name", "Wren", "--appid", testApp, "--gameid", "21", "--environment", "test", "--offline",
		"--require-tls", "--api", "login", "--api", "decrypt", "--allow", "192.0.2.7", "--allow", "10.0.0.0/8", "--allow", "2001:db8::1",
		"--allow-sensitive", "::ffff:192.0.2.8", "--rate", "login=app:100/s,user:5/m", "--rate", "decrypt=user:1/h",
		"--redirect-uri", "https://wren.example/a,b", "--test-number", "10001", "--test-number", "10002")
	got := decode[appJSON](t, out)
	for _, key := range got.keys() {
		if len(key) != 32 {
			t.Errorf("key %q is not 32 letters and digits", key)
		}
	}
	want := appJSON{
		AppID: testApp, Name: "Wren", GameID: "21", Environment: "test", RequireTLS: true,
		AppKey: got.AppKey, MSDKKey: got.MSDKKey, ClientSigKey: got.ClientSigKey, SigKeys: map[string]string{"0": got.SigKeys["0"]},
		APIs: []string{"login", "decrypt"}, Restricted: []string{},
		AllowOrdinary: []string{"192.0.2.7/32", "10.0.0.0/8", "2001:db8::1/128"}, AllowSensitive: []string{"192.0.2.8/32"},
		Rates:        map[string]map[string]string{"login": {"app": "100/1s", "user": "5/1m0s"}, "decrypt": {"user": "1/1h0m0s"}},
		RedirectURIs: []string{"https://wren.example/a,b"}, TestNumbers: []string{"10001", "10002"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	out = run(t, "", "app", "create", "--name", "Kite\u202e")
	wantAll(t, out, "100700010", "Kite\ufffd", "formal", "login verify_login decrypt get_pfval", "appkey", "msdkkey")
	if strings.Contains(out, "sigkey") {
		t.Errorf("V5 keys of an app that is not a V5 game:\n%s", out)
	}
}

func TestAppKeysAreShownOnDemandOnly(t *testing.T) {
	p := startPlatform(t)
	created := decode[appJSON](t, run(t, "", "app", "create", "--name", "Wren", "--gameid", "21", "--appid", testApp, "--json"))
	key := strings.TrimSpace(run(t, "", "app", "rotate-key", testApp, "appkey"))
	source := decode[map[string]string](t, run(t, "", "app", "rotate-key", testApp, "sigkey:7", "--json"))
	own := strings.TrimSpace(run(t, "ownkey00ownkey00\n", "app", "rotate-key", testApp, "msdkkey", "--key-file", "-"))
	if key == created.AppKey || len(key) != 32 || source["name"] != "sigkey:7" || len(source["key"]) != 32 || own != "ownkey00ownkey00" {
		t.Errorf("new appkey %q, new source %v, own key %q", key, source, own)
	}
	out := run(t, "", "app", "rotate-key", testApp, "client_sigkey", "--key-file", secretFile(t, "clientkey0clientkey0\n"))
	if out != "clientkey0clientkey0\n" {
		t.Errorf("key from a file: got %q", out)
	}

	keys := []string{key, own, source["key"], created.SigKeys["0"], "clientkey0clientkey0"}
	wantAll(t, run(t, "", "app", "show", testApp, "--keys"), append(keys, "sigkey:0", "sigkey:7")...)
	shown := decode[appJSON](t, run(t, "", "app", "show", testApp, "--keys", "--json"))
	if diff := cmp.Diff(map[string]string{"0": created.SigKeys["0"], "7": source["key"]}, shown.SigKeys); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	outputs := map[string]string{}
	for _, command := range []string{"app list", "app list --json", "app show " + testApp, "app show --json " + testApp,
		"app update --online " + testApp, "app update --json --offline " + testApp} {
		outputs[command] = run(t, "", strings.Fields(command)...)
	}
	_, _, outputs["a refused key"] = runCommand(t, own+"!\n", "app", "rotate-key", testApp, "appkey", "--key-file", "-")
	p.stop()
	outputs["the log"] = p.log.String()
	for where, output := range outputs {
		if output == "" {
			t.Errorf("%s is empty", where)
		}
		for _, key := range append(keys, created.keys()...) {
			if strings.Contains(output, key) {
				t.Errorf("%s shows a key", where)
			}
		}
	}
}

func TestAppUpdate(t *testing.T) {
	startPlatform(t)
	run(t, "", "app", "create", "--name", "Wren", "--appid", testApp, "--allow", "192.0.2.7", "--test-number", "10001",
		"--rate", "login=app:100/s", "--rate", "decrypt=user:5/m", "--redirect-uri", "https://wren.example/")
	tests := []struct {
		name string
		args []string
		want func(*appJSON)
	}{
		{"single values", []string{"--name", "Kite", "--environment", "test", "--gameid", "22", "--offline", "--require-tls"}, func(a *appJSON) {
			a.Name, a.Environment, a.GameID, a.Online, a.RequireTLS = "Kite", "test", "22", false, true
			a.ClientSigKey, a.SigKeys = a.AppKey, map[string]string{"0": a.AppKey} // hidden as the others
		}},
		{"logins", []string{"--require-pkce", "--implicit", "--require-nonce", "--developer", "aviary", "--unionid"}, func(a *appJSON) {
			a.RequirePKCE, a.Implicit, a.RequireNonce, a.Developer, a.UnionID = true, true, true, "aviary", true
		}},
		{"the game's server", []string{"--idip", "https://game.example/idip"}, func(a *appJSON) { a.IDIP = "https://game.example/idip" }},
		{"no server", []string{"--idip", "none"}, func(a *appJSON) { a.IDIP = "" }},
		{"types of achievements", []string{"--achievement-type", "1002=title:text", "--achievement-type", "1001=stars"}, func(a *appJSON) {
			a.AchievementTypes = []map[string]any{{"type": 1001.0, "name": "stars"}, {"type": 1002.0, "name": "title", "text": true}}
		}},
		{"another name of one, and one less", []string{"--achievement-type", "1002=none", "--achievement-type", "1001=moons:text"}, func(a *appJSON) {
			a.AchievementTypes = []map[string]any{{"type": 1001.0, "name": "moons", "text": true}}
		}},
		{"companions", []string{"--companions", "12,1001"}, func(a *appJSON) { a.Companions = []int{12, 1001} }},
		{"no companions", []string{"--companions", "none"}, func(a *appJSON) { a.Companions = []int{} }},
		{"the default companions", []string{"--companions", "default"}, func(a *appJSON) { a.Companions = nil }},
		{"logins back", []string{"--require-pkce=false", "--implicit=false", "--require-nonce=false", "--unionid=false"}, func(a *appJSON) {
			a.RequirePKCE, a.Implicit, a.RequireNonce, a.UnionID = false, false, false, false
		}},
		{"back", []string{"--online", "--require-tls=false"}, func(a *appJSON) { a.Online, a.RequireTLS = true, false }},
		{"lists are replaced", []string{"--allow", "10.0.0.0/8", "--allow-sensitive", "::1", "--test-number", "10002", "--redirect-uri", "none"}, func(a *appJSON) {
			a.AllowOrdinary, a.AllowSensitive, a.TestNumbers, a.RedirectURIs = []string{"10.0.0.0/8"}, []string{"::1/128"}, []string{"10002"}, []string{}
		}},
		{"lists are emptied", []string{"--allow", "none", "--allow-sensitive", "none", "--test-number", "none"}, func(a *appJSON) {
			a.AllowOrdinary, a.AllowSensitive, a.TestNumbers = []string{}, []string{}, []string{}
		}},
		{"APIs are replaced", []string{"--api", "login", "--api", "verify_login"}, func(a *appJSON) { a.APIs = []string{"login", "verify_login"} }},
		{"APIs come and go", []string{"--grant", "decrypt", "--grant", "login", "--withdraw", "verify_login"}, func(a *appJSON) { a.APIs = []string{"login", "decrypt"} }},
		{"the permission for friend lists", []string{"--grant", "relation"}, func(a *appJSON) { a.APIs = append(a.APIs, "relation") }},
		{"an audit", []string{"--restrict", "login", "--restrict", "*"}, func(a *appJSON) { a.Restricted = []string{"login", "*"} }},
		{"its end", []string{"--unrestrict", "*", "--restrict", "decrypt", "--unrestrict", "login"}, func(a *appJSON) { a.Restricted = []string{"decrypt"} }},
		{"one rate", []string{"--rate", "login=user:7/s"}, func(a *appJSON) { a.Rates["login"] = map[string]string{"user": "7/1s"} }},
		{"no rate", []string{"--rate", "login=none", "--rate", "get_pfval=none"}, func(a *appJSON) { delete(a.Rates, "login") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := decode[appJSON](t, run(t, "", "app", "show", testApp, "--json"))
			tt.want(&want)
			args := append([]string{"app", "update", testApp, "--json"}, tt.args...)
			if diff := cmp.Diff(want, decode[appJSON](t, run(t, "", args...))); diff != "" {
				t.Errorf("answer: (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(want, decode[appJSON](t, run(t, "", "app", "show", testApp, "--json"))); diff != "" {
				t.Errorf("show: (-want +got)\n%s", diff)
			}
		})
	}
	out := run(t, "", "app", "update", testApp, "--rate", "login=app:10/s,user:5/m", "--allow", "192.0.2.7", "--offline")
	wantAll(t, out, "Rate of login", "app:10/1s,user:5/1m0s", "192.0.2.7/32", "any address", "no", "Developer", "aviary")
	wantAll(t, run(t, "", "app", "list"), "APPID", testApp, "Kite", "Magpie Arena")
}

func TestAppRefusals(t *testing.T) {
	startPlatform(t)
	update := func(args ...string) []string { return append([]string{"app", "update", "100700001"}, args...) }
	create := func(args ...string) []string { return append([]string{"app", "create", "--name", "Wren"}, args...) }
	checkRefusals(t, []refusal{
		{"no name", "", []string{"app", "create"}, ExitUsage, `"name" not set`},
		{"empty name", "", []string{"app", "create", "--name", ""}, ExitFailure, "name is missing"},
		{"name that steers terminals", "", []string{"app", "create", "--name", "Kite\x1b[2J"}, ExitFailure, "name has a control character at byte 5"},
		{"name that is not UTF-8", "", []string{"app", "create", "--name", "\xff"}, ExitUsage, "invalid UTF-8"},
		{"taken appid", "", create("--appid", "100700001"), ExitFailure, "rookery: exists already: app 100700001"},
		{"taken gameid", "", create("--gameid", "11"), ExitFailure, "gameid 11 belongs to app 100700001"},
		{"wrong appid", "", create("--appid", "0x1"), ExitUsage, "--appid"},
		{"wrong environment", "", create("--environment", "prod"), ExitUsage, "neither formal nor test"},
		{"online and offline", "", create("--online", "--offline"), ExitUsage, "offline"},
		{"wrong address", "", create("--allow", "10.0.0.0/33"), ExitUsage, "neither an address nor"},
		{"address with a zone", "", create("--allow", "fe80::1%eth0"), ExitUsage, "neither an address nor"},
		{"none and more", "", create("--allow", "none", "--allow", "::1"), ExitUsage, "none cannot be combined"},
		{"more and none", "", create("--allow", "::1", "--allow", "none"), ExitUsage, "none cannot be combined"},
		{"none twice", "", create("--allow", "none", "--allow", "none"), ExitUsage, "none cannot be combined"},
		{"wrong API", "", create("--api", "login,decrypt"), ExitFailure, `"login,decrypt" cannot be granted; these can: ark, decrypt,`},
		{"scope as an API", "", create("--api", "login", "--api", "get_vip_info"), ExitFailure, `"get_vip_info" cannot be granted`},
		{"grant an unknown API", "", update("--grant", "verify_logn"), ExitFailure, `"verify_logn" cannot be granted`},
		{"restrict an unknown API", "", update("--restrict", "verify_logn"), ExitFailure, `"verify_logn" cannot be restricted`},
		{"restrict what no audit looks at", "", update("--restrict", "token"), ExitFailure, `"token" cannot be restricted`},
		{"rate of an unknown API", "", update("--rate", "verify_logn=app:1/s"), ExitFailure, `"verify_logn" cannot be given a rate`},
		{"rate without API", "", create("--rate", "100/s"), ExitUsage, "not in the form"},
		{"rate of nobody", "", create("--rate", "login=100/s"), ExitUsage, "rate"},
		{"rate twice", "", create("--rate", "login=app:1/s,app:2/s"), ExitUsage, "each at most once"},
		{"two flags for one rate", "", create("--rate", "login=app:1/s", "--rate", "login=user:2/s"), ExitUsage, "in one flag"},
		{"wrong redirect URI", "", create("--redirect-uri", "wren.example"), ExitFailure, "redirect URI"},
		{"reserved test number", "", create("--test-number", "10000"), ExitUsage, "reserved"},
		{"grant on create", "", create("--grant", "login"), ExitUsage, "--grant"},
		{"nothing to update", "", update(), ExitUsage, "nothing to change"},
		{"only --json to update", "", update("--json"), ExitUsage, "nothing to change"},
		{"appid on update", "", update("--appid", "5"), ExitUsage, "--appid"},
		{"withdraw what is not granted", "", update("--withdraw", "fly"), ExitFailure, `"fly" is not one of`},
		{"unrestrict what is open", "", update("--unrestrict", "login"), ExitFailure, `"login" is not one of`},
		{"withdraw beside *", "", update("--grant", "*", "--withdraw", "login"), ExitFailure, "* stays on the list"},
		{"update an unknown app", "", []string{"app", "update", "5", "--online"}, ExitFailure, "rookery: there is no app 5"},
		{"show an unknown app", "", []string{"app", "show", "5"}, ExitFailure, "rookery: there is no app 5"},
		{"show no app", "", []string{"app", "show"}, ExitUsage, "APPID"},
		{"show a path", "", []string{"app", "show", "../accounts"}, ExitUsage, "appid"},
		{"unknown key", "", []string{"app", "rotate-key", "100700001", "sigkey"}, ExitFailure, "is not appkey"},
		{"key of another form", "not a key\n", []string{"app", "rotate-key", "100700001", "appkey", "--key-file", "-"}, ExitFailure, "letters and digits"},
		{"empty key", "\n", []string{"app", "rotate-key", "100700001", "appkey", "--key-file", "-"}, ExitUsage, "should be the key"},
		{"no key file", "", []string{"app", "rotate-key", "100700001", "appkey", "--key-file", "/nowhere"}, ExitFailure, "/nowhere"},
		{"argument to list", "", []string{"app", "list", "x"}, ExitUsage, "no arguments"},
		{"unknown command", "", []string{"app", "delete"}, ExitUsage, "delete"},
	})
}

// TestPlainRedirectURIsAreWarnedOf: where a code would travel unencrypted, but not on this machine.
func TestPlainRedirectURIsAreWarnedOf(t *testing.T) {
	startPlatform(t)
	status, out, warning := runCommand(t, "", "app", "create", "--name", "Lark", "--redirect-uri", "https://a.example/;http://lark.example/cb; http://127.0.0.1/cb", "--redirect-uri", "auth://lark", "--json")
	if want := "warning: http://lark.example/cb is plain HTTP"; status != ExitOK || !strings.HasPrefix(warning, want) || strings.Count(warning, "warning: ") != 1 {
		t.Errorf("status %d, %q, want one that begins with %q", status, warning, want)
	}
	id := decode[appJSON](t, out).AppID
	for uri, want := range map[string]int{"http://b.example/": 1, "http://localhost:5/": 0, "none": 0} {
		if _, _, warning := runCommand(t, "", "app", "update", id, "--redirect-uri", uri); strings.Count(warning, "warning: ") != want {
			t.Errorf("%s: %q", uri, warning)
		}
	}
}
