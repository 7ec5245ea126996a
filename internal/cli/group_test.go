package cli

import (
	"strings"
	"testing"
)

// groupJSON is a group as scripts see it.
type groupJSON struct {
	GC         string           `json:"gc"`
	Name       string           `json:"name"`
	Owner      string           `json:"owner"`
	Admins     []string         `json:"admins"`
	Members    int              `json:"members"`
	Capacity   int              `json:"capacity"`
	Game       bool             `json:"game"`
	Fee        bool             `json:"fee"`
	Sealed     bool             `json:"sealed"`
	ReadOnly   bool             `json:"read_only"`
	Disbanded  bool             `json:"disbanded"`
	CreatedMS  int64            `json:"created_ms"`
	Guilds     []map[string]any `json:"guilds"`
	Messages   []map[string]any `json:"messages"`
	MemberList []map[string]any `json:"member_list"`
}

func TestGroupCreateAndList(t *testing.T) {
	startPlatform(t)
	made := decode[groupJSON](t, run(t, "", "group", "create", "--owner", "10004", "--name", "Choir", "--game=false", "--fee", "--capacity", "500", "--json"))
	if made.GC != "700000002" || made.Name != "Choir" || made.Owner != "10004" || made.Members != 1 || made.Capacity != 500 || made.Game || !made.Fee || made.CreatedMS == 0 {
		t.Errorf("got %+v", made)
	}
	wantAll(t, run(t, "", "group", "create", "--owner", "10004", "--name", "Lanterns"), "700000003", "Lanterns", "1 of at most 200", "game", "open")
	wantAll(t, run(t, "", "group", "list"), "NUMBER", "700000001", "3/200", "Magpies", "ordinary, fee", "1/500", "Choir", "Lanterns")
	if page := decode[[]groupJSON](t, run(t, "", "group", "list", "--after", "700000001", "--limit", "1", "--json")); len(page) != 1 || page[0].GC != "700000002" {
		t.Errorf("got %+v", page)
	}
	if page := decode[[]groupJSON](t, run(t, "", "group", "list", "--uin", "10002", "--json")); len(page) != 1 || page[0].GC != "700000001" {
		t.Errorf("Ben's groups are %+v", page)
	}
	_, out, errOut := runCommand(t, "", "group", "list", "--limit", "2")
	if strings.Count(out, "\n") != 3 || !strings.Contains(errOut, "--after 700000002") {
		t.Errorf("output %q, error %q", out, errOut)
	}
	checkRefusals(t, []refusal{
		{"an unknown owner", "", []string{"group", "create", "--owner", "20001", "--name", "n"}, ExitFailure, "there is no account 20001"},
		{"no name", "", []string{"group", "create", "--owner", "10001", "--name", ""}, ExitFailure, "the group has no name"},
		{"too large", "", []string{"group", "create", "--owner", "10001", "--name", "n", "--capacity", "5001"}, ExitFailure, "capacity 5001 is not from 1 to 5000"},
		{"no owner", "", []string{"group", "create", "--name", "n"}, ExitUsage, "owner"},
	})
}

func TestGroupShowAndChange(t *testing.T) {
	startPlatform(t)
	call := func(command string, fields ...string) {
		args := []string{"oidb", "call", command}
		for _, field := range fields {
			args = append(args, "--field", field)
		}
		run(t, "", args...)
	}
	call("0xf02_9", "gc=700000001", "uin=10002", `message={"kind":2,"title":"Raid","text":"tonight","url":"https://magpie.example/"}`)
	call("0xf02_11", "gc=700000001", "appid=100700001", "zone=3", "guild=77")
	wantAll(t, run(t, "", "group", "show", "700000001"), "Magpies", "3 of at most 200", "ZONE", "77", "Raid", "tonight", "https://magpie.example/",
		"10001", "owner", "10002", "administrator", "10003", "member")
	got := decode[groupJSON](t, run(t, "", "group", "show", "700000001", "--after", "10001", "--limit", "1", "--json"))
	if len(got.Guilds) != 1 || got.Guilds[0]["guild_id"] != "77" || len(got.Messages) != 1 || len(got.MemberList) != 1 || got.MemberList[0]["uin"] != "10002" {
		t.Errorf("got %+v", got)
	}
	for _, step := range []struct {
		args []string
		want func(groupJSON) bool
	}{
		{[]string{"update", "700000001", "--name", "Crows", "--fee", "--game=false", "--capacity", "3", "--maintenance"},
			func(g groupJSON) bool {
				return g.Name == "Crows" && g.Fee && !g.Game && g.Capacity == 3 && g.ReadOnly && g.Owner == "10001" && len(g.Admins) == 1
			}},
		{[]string{"update", "700000001", "--owner", "10002", "--maintenance=false"}, func(g groupJSON) bool { return g.Owner == "10002" && !g.ReadOnly && g.Fee }},
		{[]string{"update", "700000001", "--admin", "10003", "--admin", "10001"}, func(g groupJSON) bool { return strings.Join(g.Admins, " ") == "10001 10003" }},
		{[]string{"update", "700000001", "--admin", "none"}, func(g groupJSON) bool { return len(g.Admins) == 0 }},
		{[]string{"seal", "700000001"}, func(g groupJSON) bool { return g.Sealed }},
		{[]string{"seal", "700000001", "--lift"}, func(g groupJSON) bool { return !g.Sealed }},
		{[]string{"disband", "700000001", "--yes"}, func(g groupJSON) bool { return g.Disbanded && g.Members == 0 }},
	} {
		if g := decode[groupJSON](t, run(t, "", append(append([]string{"group"}, step.args...), "--json")...)); !step.want(g) {
			t.Errorf("%v: got %+v", step.args, g)
		}
	}
	wantAll(t, run(t, "", "group", "show", "700000001"), "disbanded")
	checkRefusals(t, []refusal{
		{"no flag", "", []string{"group", "update", "700000001"}, ExitUsage, "say what to change"},
		{"a disbanded group", "", []string{"group", "update", "700000001", "--fee"}, ExitFailure, "group 700000001 is disbanded"},
		{"an unknown group", "", []string{"group", "show", "700000009"}, ExitFailure, "there is no group 700000009"},
		{"not a number", "", []string{"group", "seal", "x"}, ExitUsage, "not a positive decimal number"},
		{"not confirmed", "no\n", []string{"group", "disband", "700000001"}, ExitUsage, "--yes"},
	})
}
