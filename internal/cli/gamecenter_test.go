package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/gamecmd"
)

func TestGameCenterCommands(t *testing.T) {
	startPlatform(t)
	state := func() gamecmd.State {
		t.Helper()
		all := decode[[]gamecmd.State](t, run(t, "", "gamecenter", "list", "--json"))
		i := slices.IndexFunc(all, func(s gamecmd.State) bool { return s.Name == "gc_friend_rank" })
		if i < 0 {
			t.Fatalf("it is not among %v", all)
		}
		return all[i]
	}
	ways := []string{"access_token", "skey", "sid"}
	want := gamecmd.State{Name: "gc_friend_rank", On: true, Ways: ways, Declared: ways}
	if diff := cmp.Diff(want, state()); diff != "" {
		t.Errorf("at first (-want +got)\n%s", diff)
	}
	wantAll(t, run(t, "", "gamecenter", "switch", "gc_friend_rank", "off"), "COMMAND", "gc_friend_rank", "no")
	want.On = false
	if diff := cmp.Diff(want, state()); diff != "" {
		t.Errorf("off (-want +got)\n%s", diff)
	}
	run(t, "", "gamecenter", "identity", "gc_friend_rank", "sid,access_token")
	want.Ways = []string{"access_token", "sid"}
	if diff := cmp.Diff(want, state()); diff != "" {
		t.Errorf("with two ways (-want +got)\n%s", diff)
	}
	run(t, "", "gamecenter", "switch", "gc_friend_rank", "on")
	wantAll(t, run(t, "", "gamecenter", "identity", "gc_friend_rank", "none"), "none", "access_token, skey, sid")
	want.On, want.Ways = true, []string{}
	if diff := cmp.Diff(want, state()); diff != "" {
		t.Errorf("with none (-want +got)\n%s", diff)
	}
	for _, test := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"switch", "gc_friend_rank", "maybe"}, ExitUsage, "neither on nor off"},
		{[]string{"switch", "gc_friend_ranks", "off"}, ExitFailure, `there is no command "gc_friend_ranks"`},
		{[]string{"identity", "gc_friend_rank", "password"}, ExitFailure, `cannot take "password"`},
	} {
		status, _, stderr := runCommand(t, "", append([]string{"gamecenter"}, test.args...)...)
		if status != test.status || !strings.Contains(stderr, test.says) {
			t.Errorf("%v: status %d, error %q, want status %d and %q", test.args, status, stderr, test.status, test.says)
		}
	}
}
