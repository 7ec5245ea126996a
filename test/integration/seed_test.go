package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// aWorld is a seed as rookery dev export writes it.
const aWorld = `# A world for rookery dev --seed. It has keys and passwords.
version: 1
apps:
  - appid: 500
    name: Wren Racing
    gameid: 7
    appkey: wrenracingappkey0000000000000000
    msdkkey: wrenracingmsdkkey000000000000000
    sigkeys:
      0: aaaaaaaabbbbbbbbccccccccdddddddd
    client_sigkey: wrenracingclientsigkey0000000000
    apis: [verify_login, friend_list]
    redirect_uris: ['https://wren.example/callback']
    developer: Wren Studio
  - appid: 501
    name: Kite Chess
    appkey: kitechessappkey00000000000000000
    msdkkey: kitechessmsdkkey0000000000000000
    online: false
    apis: []
accounts:
  - uin: 20001
    password: a racing password
    profile:
      nickname: Ida
      gender: 2
      city: Tartu
  - uin: 20002
    password: a racing password
    profile:
      nickname: Jon
  - uin: 20003
    password_hash: $argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    state: closed
friendships:
  - between: [20001, 20002]
    remarks:
      20001: Jonny
tokens:
  - appid: 500
    uin: 20001
    openid: 00112233445566778899AABBCCDDEEFF
    msdk_openid: 12345678901234567890
  - appid: 501
    uin: 20001
    openid: FFEEDDCCBBAA99887766554433221100
  - appid: 500
    uin: 20002
    openid: 0123456789ABCDEF0123456789ABCDEF
    msdk_openid: 12345678901234567891
`

func seedFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// export returns what rookery dev export writes.
func export(t *testing.T, p *rookery.Platform, args ...string) string {
	t.Helper()
	status, out, log := rookery.Run(t, append([]string{"dev", "export", "--server", p.URL, "--token-file", p.AdminTokenFile}, args...)...)
	if status != 0 {
		t.Fatalf("dev export: status %d\n%s", status, log)
	}
	return out
}

func TestASeededWorldIsExportedAsItWasSeeded(t *testing.T) {
	file := seedFile(t, aWorld)
	p := rookery.Start(t, "--seed", file)
	if diff := cmp.Diff(aWorld, export(t, p)); diff != "" {
		t.Errorf("seeded and exported (-seed +export):\n%s", diff)
	}

	other := rookery.Start(t, "--seed", seedFile(t, export(t, p, "--json")))
	if diff := cmp.Diff(aWorld, export(t, other)); diff != "" {
		t.Errorf("by way of JSON (-seed +export):\n%s", diff)
	}

	p.Stop(t)
	again := rookery.StartIn(t, p.Data, "--seed", file)
	ida := again.Accounts[0]
	if ida.OpenIDs["500"] != "00112233445566778899AABBCCDDEEFF" || ida.MSDKOpenIDs["7"] != "12345678901234567890" {
		t.Errorf("after a restart Ida is %v, %v", ida.OpenIDs, ida.MSDKOpenIDs)
	}
}

// TestASeededWorldWorks calls it as its game does.
func TestASeededWorldWorks(t *testing.T) {
	p := rookery.Start(t, "--seed", seedFile(t, aWorld))
	if len(p.Apps) != 2 || len(p.Accounts) != 3 || p.Apps[0].AppID != "500" {
		t.Fatalf("the world has apps %v and %d accounts", p.Apps, len(p.Accounts))
	}
	ida := p.Accounts[0]
	login := `{"openid":"` + ida.MSDKOpenIDs["7"] + `","token":"` + ida.MSDKTokens["7"] + `"}`
	if got := p.Call(t, rookery.NewCall(p.Apps[0], "/v2/auth/verify_login", login)); got.Ret != 0 || !got.JSON() {
		t.Errorf("her login is answered %s", got.Body)
	}
	var friends []struct{ Friend, Remark string }
	p.Admin(t, "GET", "/admin/v1/accounts/20001/friends", nil, &friends)
	if len(friends) != 1 || friends[0].Friend != "20002" || friends[0].Remark != "Jonny" {
		t.Errorf("her friends are %v", friends)
	}
}

func TestTheDemoWorldIsExported(t *testing.T) {
	p := rookery.Start(t)
	text := export(t, p)
	for _, part := range []string{"name: Magpie Arena\n", "password: rookery-demo\n", "between: [10001, 10002]\n", "openid: " + p.Accounts[0].OpenIDs["100700001"] + "\n"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	if strings.Contains(text, "127.0.0.1:") {
		t.Errorf("the export has this platform's port:\n%s", text)
	}
	again := rookery.Start(t, "--seed", seedFile(t, text))
	if diff := cmp.Diff(text, export(t, again)); diff != "" {
		t.Errorf("seeded again (-first +second):\n%s", diff)
	}
}

func TestAWrongSeedIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"an unknown member":     {"    online: false\n", "    onlin: false\n", `world.yaml, line 19: there is no member "onlin" here`},
		"a bad key":             {"wrenracingappkey0000000000000000", "short", "world.yaml, line 4: app 500: appkey is not 16 to 128 letters and digits"},
		"a short password":      {"password: a racing password\n    profile:\n      nickname: Jon", "password: wren\n    profile:\n      nickname: Jon", "world.yaml, line 28: account 20002: a password is 8 to 128 bytes"},
		"a gameid that is used": {"    name: Kite Chess\n", "    name: Kite Chess\n    gameid: 7\n", "world.yaml, line 15: app 501: exists already: gameid 7 belongs to app 500"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Count(aWorld, test.old) != 1 {
				t.Fatalf("%q is not in the world once", test.old)
			}
			file := seedFile(t, strings.Replace(aWorld, test.old, test.new, 1))
			status, out, log := rookery.Run(t, "dev", "--addr", "127.0.0.1:0", "--seed", file)
			if status != 1 || out != "" || !strings.Contains(log, test.want) {
				t.Errorf("status %d, output %q, error %q, want %q", status, out, log, test.want)
			}
		})
	}
}

// TestExecWithASeed: what the world lacks is not in the environment, not even from outside.
func TestExecWithASeed(t *testing.T) {
	t.Setenv("ROOKERY_GC", "1")
	status, out, log := rookery.Run(t, "dev", "exec", "--seed", seedFile(t, aWorld), "--", "sh", "-c", `env | grep ^ROOKERY_ | sort; cat "$ROOKERY_WORLD"`)
	if status != 0 {
		t.Fatalf("status %d\n%s", status, log)
	}
	vars, world, _ := strings.Cut(out, "{")
	for _, want := range []string{"ROOKERY_APPID=500\n", "ROOKERY_UIN=20001\n", "ROOKERY_OPENID=00112233445566778899AABBCCDDEEFF\n", "ROOKERY_FRIEND_MSDK_OPENID=12345678901234567891\n"} {
		if !strings.Contains(vars, want) {
			t.Errorf("%q is missing in\n%s", want, vars)
		}
	}
	if strings.Contains(vars, "ROOKERY_GC=") || strings.Contains(vars, "ROOKERY_GUILD_ID=") {
		t.Errorf("the world has neither groups nor guilds, but the environment is\n%s", vars)
	}
	var w rookery.World
	if err := json.Unmarshal([]byte("{"+world), &w); err != nil || len(w.Accounts) != 3 {
		t.Errorf("its world: %v, %d accounts", err, len(w.Accounts))
	}
	only := seedFile(t, "version: 1\napps:\n- {appid: 500, name: Wren Racing}\n")
	status, out, log = rookery.Run(t, "dev", "exec", "--seed", only, "--", "sh", "-c", "env | grep ^ROOKERY_")
	if status != 0 || !strings.Contains(out, "ROOKERY_APPID=500\n") || strings.Contains(out, "ROOKERY_UIN=") || strings.Contains(out, "ROOKERY_GAMEID=") {
		t.Errorf("of a world of one app without a gameid: status %d, the environment is\n%s%s", status, out, log)
	}
}

// TestTheDocumentsSeed makes the world that docs/seed.md shows.
func TestTheDocumentsSeed(t *testing.T) {
	text, err := os.ReadFile("../../docs/seed.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	world, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("docs/seed.md shows no world")
	}
	p := rookery.Start(t, "--seed", seedFile(t, world))
	if len(p.Accounts) != 2 || p.Accounts[0].MSDKOpenIDs["7"] != "12345678901234567890" || p.Accounts[0].AccessTokens["500"] == "" {
		t.Errorf("its accounts are %+v", p.Accounts)
	}
}
