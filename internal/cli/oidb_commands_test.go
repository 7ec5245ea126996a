package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOIDBCommands(t *testing.T) {
	_, table, _ := runCommand(t, "", "oidb", "commands")
	if want := "0x73a_1    check_pay             yes         no         Checks a pay token.\n"; !strings.Contains(table, want) {
		t.Errorf("the table lacks %q:\n%s", want, table)
	}
	if want := "0x71f_1    convert_openid        no "; !strings.Contains(table, want) {
		t.Errorf("the table lacks %q", want)
	}
	if want := "0xf02_6    transfer_group        no          yes        Makes another"; !strings.Contains(table, want) {
		t.Errorf("the table lacks %q", want)
	}
	_, out, _ := runCommand(t, "", "oidb", "commands", "--json")
	byName := make(map[string]busCommand)
	for _, c := range decode[[]busCommand](t, out) {
		byName[c.Command] = c
	}
	friends := byName["0xf00_1"]
	if want := []busField{{1, "appid", "uint64", false}, {2, "uin", "uint64", false}}; len(friends.Request) < 2 || !cmp.Equal(friends.Request[:2], want) || friends.Name != "list_friends" || !friends.Repeatable {
		t.Errorf("0xf00_1 is %+v", friends)
	}
	if needs := byName["0xf01_1"].Needs; needs != "the platform's accounts, openids, grants and friendships" || byName["0xf02_1"].Needs != "" {
		t.Errorf("0xf01_1 needs %q, 0xf02_1 %q", needs, byName["0xf02_1"].Needs)
	}
	if !slices.ContainsFunc(byName["0x73a_1"].Results, func(r busOutcome) bool {
		return r.Result == 17 && r.Domain == "paytoken" && r.Symbol == "PayTokenExpired"
	}) {
		t.Errorf("0x73a_1 has the results %+v, without 17", byName["0x73a_1"].Results)
	}
}
