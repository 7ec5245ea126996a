package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

func TestAchievements(t *testing.T) {
	startPlatform(t)
	run(t, "", "app", "create", "--name", "Achieving", "--appid", "100700077")
	run(t, "", "app", "update", "100700077", "--grant", "gamecenter", "--achievement-type", "500=mood")
	of := []string{"--app", "100700077", "--uin", "10001"}
	with := func(args ...string) []string { return append(append([]string{"achievement"}, args...), of...) }
	wantAll(t, run(t, "", with("list")...), "account 10001 has achieved nothing in this app")
	if got := decode[admin.Achievements](t, run(t, "", with("list", "--json")...)); got.UIN != 10001 || got.Achievements == nil || len(got.Achievements) != 0 {
		t.Errorf("at first: %+v, want an empty list", got)
	}
	run(t, "", "oidb", "call", "0xf05_1", "--app", "100700077", "--uin", "10001", "--field", "alone=true",
		"--field", `item=[{"type":3,"data":"1200"},{"type":500,"data":"7","expires":"4102444800"}]`)

	achieved := func(args ...string) []admin.Achieved {
		t.Helper()
		got := decode[admin.Achievements](t, run(t, "", append(with(args...), "--json")...)).Achievements
		for i := range got {
			if derived := got[i].UpdatedMS == 0; derived != got[i].Derived {
				t.Errorf("%+v: updated at %d", got[i], got[i].UpdatedMS)
			}
			got[i].UpdatedMS = 0
		}
		return got
	}
	value := func(kind int, data, name string, derived bool) admin.Achieved {
		return admin.Achieved{Achievement: platform.Achievement{Type: kind, Data: data}, Name: name, Derived: derived}
	}
	mood := value(500, "7", "mood", false)
	mood.ExpiresMS = 4102444800_000
	want := []admin.Achieved{
		value(3, "1200", "score of a round", false), value(5, "1200", "best score of all time", true), value(9, "1", "rounds of the day", true),
		value(10, "1", "rounds of the week", true), value(11, "1200", "best score of the day", true), value(15, "1200", "best score of the week", true),
		value(16, "1", "rank of the week", true), mood,
	}
	same := cmp.Comparer(func(a, b platform.Decimal) bool { return a == b })
	if diff := cmp.Diff(want, achieved("list"), same); diff != "" {
		t.Errorf("all (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]admin.Achieved{mood}, achieved("show", "500"), same); diff != "" {
		t.Errorf("one (-want +got)\n%s", diff)
	}
	wantAll(t, run(t, "", with("list")...), "TYPE", "NAME", "VALUE", "EXPIRES", "UPDATED", "score of a round", "1200", "never", "computed", "mood", "2100-01-01")
	wantAll(t, run(t, "", with("show", "500")...), "Type", "500", "Name", "mood", "Value", "7", "Expires", "2100-01-01", "Updated", "20")
	wantAll(t, run(t, "", with("show", "16")...), "rank of the week", "never", "computed")
	checkRefusals(t, []refusal{
		{"no player", "", []string{"achievement", "list", "--app", "100700077"}, ExitUsage, "uin"},
		{"no appid", "", []string{"achievement", "list", "--app", "x", "--uin", "10001"}, ExitUsage, "--app"},
		{"no account number", "", []string{"achievement", "list", "--app", "100700077", "--uin", "ann"}, ExitUsage, "--uin"},
		{"an unknown app", "", []string{"achievement", "list", "--app", "1", "--uin", "10001"}, ExitFailure, "app 1"},
		{"no type", "", with("show", "score"), ExitUsage, `"score" is not the number of a type`},
		{"type 0", "", with("show", "0"), ExitUsage, `"0" is not the number of a type`},
		{"a type without a value", "", with("show", "4"), ExitFailure, "account 10001 has no value of type 4 in app 100700077"},
		{"a type that cannot be", "", with("show", "1000001"), ExitFailure, "type"},
	})
}
