package seed

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFilesOfVersion1 keeps the form stable: the file has every kind of member, and is read by every later version.
func TestFilesOfVersion1(t *testing.T) {
	text, err := os.ReadFile("testdata/v1.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Read("v1.yaml", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := w.WriteYAML(&again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), again.String()); diff != "" {
		t.Errorf("read and written (-file +again):\n%s", diff)
	}
	var asJSON, fromJSON bytes.Buffer
	if err := w.WriteJSON(&asJSON); err != nil {
		t.Fatal(err)
	}
	w, err = Read("v1.json", &asJSON)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteYAML(&fromJSON); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), fromJSON.String()); diff != "" {
		t.Errorf("by way of JSON (-file +again):\n%s", diff)
	}
}

func TestAWrongFileIsRefusedWithItsLine(t *testing.T) {
	const app, ann = "version: 1\napps:\n- appid: 5\n  name: A\n", "version: 1\naccounts:\n- uin: 10001\n  password: a password\n"
	for name, test := range map[string]struct{ text, want string }{
		"nothing":                  {"", "world.yaml is not an object with version, apps"},
		"a list":                   {"- 1\n", "world.yaml is not an object"},
		"no YAML":                  {"version: 1\napps: [\n", "world.yaml: yaml: line "},
		"no version":               {"apps: []\n", "world.yaml has no version: begin it with version: 1"},
		"a later version":          {"version: 2\nguilds: []\n", "world.yaml, line 1: version 2 is not known: this rookery reads version 1"},
		"an unknown section":       {"version: 1\nguilds: []\n", `world.yaml, line 2: there is no member "guilds" here`},
		"an unknown member":        {app + "  colour: red\n", `world.yaml, line 5: there is no member "colour" here`},
		"a member twice":           {app + "  name: B\n", `world.yaml, line 4: "name" is there twice`},
		"an unknown member inside": {ann + "  profile:\n    nickname: Ann\n    vip: {level: 3}\n", `world.yaml, line 7: there is no member "level" here`},
		"an alias":                 {"version: 1\napps: &a []\naccounts: *a\n", "world.yaml, line 3: an alias cannot be used"},
		"an object as a name":      {app + "  name: {}\n", "is there twice"},
		"a number for a switch":    {app + "  online: 1\n", "world.yaml, line 5: online cannot be this number"},
		"a list for an object":     {"version: 1\napps:\n- [1]\n", "world.yaml, line 3: 0 cannot be a list"},
		"a reserved account":       {"version: 1\naccounts:\n- uin: 7\n", "world.yaml, line 3: uin 7 is reserved"},
		"a word for a state":       {ann + "  state: tired\n", `world.yaml, line 5: account state "tired" is not one of`},
		"an account without uin":   {"version: 1\naccounts:\n- password: a password\n", "world.yaml, line 3: the account has no uin"},
		"an account twice":         {ann + "- uin: 10001\n  password: another\n", "world.yaml, line 5: account 10001 is there twice"},
		"no password":              {"version: 1\naccounts:\n- uin: 10001\n", "world.yaml, line 3: account 10001 has neither a password nor a password_hash"},
		"another kind of hash":     {"version: 1\naccounts:\n- uin: 10001\n  password_hash: $2b$10$abcdefghijklmnopqrstuv\n", "line 3: account 10001: the password_hash is not one of argon2id"},
		"two passwords":            {ann + "  password_hash: x\n", "has both a password and a password_hash"},
		"a wrong profile":          {ann + "  profile: {gender: 9}\n", "world.yaml, line 3: account 10001: gender 9 is not 0, 1 or 2"},
		"a strange friend":         {ann + "friendships:\n- between: [10001, 10002]\n", "world.yaml, line 6: account 10002 is not among the accounts"},
		"three friends":            {ann + "friendships:\n- between: [10001, 10002, 10003]\n", "world.yaml, line 6: between cannot be"},
		"a friend of its own":      {ann + "friendships:\n- between: [10001, 10001]\n", "line 6: account 10001 cannot be its own friend"},
		"somebody else's remark":   {ann + "- uin: 10002\n  password: a password\nfriendships:\n- between: [10001, 10002]\n  remarks: {10003: who}\n", "line 8: account 10003, whose remark it is, is not one of the two"},
		"an app twice":             {app + "- appid: 5\n", "world.yaml, line 5: app 5 is there twice"},
		"a token of no app":        {ann + "tokens:\n- {appid: 5, uin: 10001}\n", "world.yaml, line 6: app 5 is not among the apps"},
		"a token of nobody":        {app + "tokens:\n- {appid: 5, uin: 10001}\n", "world.yaml, line 6: account 10001 is not among the accounts"},
		"a closed account's token": {app + "accounts:\n- {uin: 10001, password: a password, state: closed}\ntokens:\n- {appid: 5, uin: 10001}\n", "line 8: account 10001 is closed, so it has no tokens"},
		"a frozen account's token": {app + "accounts:\n- {uin: 10001, password: a password, state: frozen}\ntokens:\n- {appid: 5, uin: 10001}\n", "line 8: account 10001 is frozen, so it has no tokens"},
		"an app without appid":     {"version: 1\napps:\n- name: A\n", "world.yaml, line 3: the app has no appid"},
		"a token twice":            {app + "accounts:\n- {uin: 10001, password: a password}\ntokens:\n- {appid: 5, uin: 10001}\n- {appid: 5, uin: 10001}\n", "line 9: account 10001 is there twice for app 5"},
		"no game":                  {app + "accounts:\n- {uin: 10001, password: a password}\ntokens:\n- {appid: 5, uin: 10001, msdk_openid: 3}\n", "line 8: app 5 has no gameid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read("world.yaml", strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

func TestDigitsNeedNoQuotes(t *testing.T) {
	w, err := Read("world.yaml", strings.NewReader("version: 1\naccounts:\n- uin: \"10001\"\n  password: 00112233\n- uin: 10002\n  password: 12345678901234567890123\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a := w.Accounts; a[0].UIN != 10001 || a[0].Password != "00112233" || a[1].UIN != 10002 || a[1].Password != "12345678901234567890123" {
		t.Errorf("the accounts are %+v", a)
	}
}

func TestAnAppHasDefaults(t *testing.T) {
	w, err := Read("world.yaml", strings.NewReader("version: 1\napps:\n- {appid: 5, name: A}\n- {appid: 6, name: B, online: false, apis: []}\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := w.Apps[0], w.Apps[1]
	if !a.Online || a.Environment != "formal" || a.APIs != nil {
		t.Errorf("without settings: online %t, environment %q, APIs %v", a.Online, a.Environment, a.APIs)
	}
	if b.Online || b.APIs == nil || len(b.APIs) != 0 {
		t.Errorf("with settings: online %t, APIs %v", b.Online, b.APIs)
	}
}

func TestAFileIsBounded(t *testing.T) {
	_, err := Read("world.yaml", strings.NewReader("version: 1\n"+strings.Repeat("#", 16<<20)))
	if err == nil || !strings.Contains(err.Error(), "has more than 16 MB") {
		t.Errorf("the error is %v", err)
	}
}

func FuzzRead(f *testing.F) {
	text, err := os.ReadFile("testdata/v1.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"accounts":[{"uin":"10001","password":"a password"}]}`))
	f.Add([]byte("version: 1\napps: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		w, err := Read("world.yaml", bytes.NewReader(text))
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := w.WriteYAML(&first); err != nil {
			t.Fatal(err)
		}
		w, err = Read("again.yaml", bytes.NewReader(first.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, first.Bytes())
		}
		if err := w.WriteYAML(&second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.String(), second.String()); diff != "" {
			t.Errorf("written twice (-first +second):\n%s", diff)
		}
	})
}
