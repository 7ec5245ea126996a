package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
)

func TestScenes(t *testing.T) {
	startPlatform(t)
	file := filepath.Join(t.TempDir(), "gift.json")
	if err := os.WriteFile(file, []byte(`{"type": "object", "x-card": {"title": "{{title}}"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	gift := []string{"--app", "100700001", "--scene", "gift", "--program", "com.magpie.arena"}
	scene := func(args ...string) platform.Scene {
		t.Helper()
		return decode[platform.Scene](t, run(t, `{"type":"array"}`, append(append([]string{"scene"}, args...), "--json")...))
	}
	made := scene(append([]string{"set", "--template", file}, gift...)...)
	want := platform.Scene{
		AppID: 100700001, Program: "com.magpie.arena", Scene: "gift", Online: true,
		Template: json.RawMessage(`{"type":"object","x-card":{"title":"{{title}}"}}`), EffectiveMS: made.EffectiveMS,
	}
	compact := cmp.Transformer("compact", func(text json.RawMessage) string {
		return strings.ReplaceAll(strings.ReplaceAll(string(text), " ", ""), "\n", "")
	})
	if diff := cmp.Diff(want, made, compact); diff != "" || made.EffectiveMS == 0 {
		t.Errorf("set: (-want +got)\n%s", diff)
	}
	want.Online = false
	if diff := cmp.Diff(want, scene(append([]string{"set", "--online=false"}, gift...)...), compact); diff != "" {
		t.Errorf("offline: (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, scene(append([]string{"show"}, gift...)...), compact); diff != "" {
		t.Errorf("show: (-want +got)\n%s", diff)
	}
	run(t, "", "dev", "clock", "advance", "10m")
	changed := scene(append([]string{"set", "--template", "-"}, gift...)...)
	if changed.EffectiveMS < made.EffectiveMS+600_000 || string(changed.Former) == "" {
		t.Errorf("the former template is not kept: %+v", changed)
	}
	wantAll(t, run(t, "", "scene", "list", "--app", "100700001"), "SCENE", "demo", "gift", "com.magpie.arena")
	wantAll(t, run(t, "", append([]string{"scene", "show"}, gift...)...), "the former template", `{"type":"array"}`)
	run(t, "", append([]string{"scene", "remove"}, gift...)...)
	if out := run(t, "", "scene", "list", "--app", "100700001"); strings.Contains(out, "gift") {
		t.Errorf("it is still there: %s", out)
	}
	// Without a mini program the scene is another one.
	wantAll(t, run(t, "", "scene", "set", "--app", "100700001", "--scene", "gift"), "Program", "Until then", "no scene", `{"type":"object"}`)
}

func TestSceneRefusals(t *testing.T) {
	startPlatform(t)
	of := func(args ...string) []string { return append([]string{"scene"}, args...) }
	checkRefusals(t, []refusal{
		{"no app", "", of("list"), ExitUsage, `"app" not set`},
		{"no scene", "", of("set", "--app", "100700001"), ExitUsage, `"scene" not set`},
		{"unknown app", "", of("list", "--app", "7"), ExitFailure, "there is no app 7"},
		{"unknown scene", "", of("show", "--app", "100700001", "--scene", "x"), ExitFailure, `app 100700001 has no scene "x"`},
		{"unknown mini program", "", of("remove", "--app", "100700001", "--scene", "demo", "--program", "y"), ExitFailure, `no scene "demo" of the mini program "y"`},
		{"no file", "", of("set", "--app", "100700001", "--scene", "x", "--template", "none.json"), ExitUsage, "--template: open none.json"},
		{"no JSON", "{", of("set", "--app", "100700001", "--scene", "x", "--template", "-"), ExitUsage, "is not one JSON document"},
		{"too large", strings.Repeat(" ", 16<<10+1), of("set", "--app", "100700001", "--scene", "x", "--template", "-"), ExitUsage, "more than 16384 bytes"},
		{"refers to itself", `{"$ref":"#"}`, of("set", "--app", "100700001", "--scene", "x", "--template", "-"), ExitFailure, "refers to itself"},
		{"a name with a slash", "", of("set", "--app", "100700001", "--scene", "a/b"), ExitFailure, "scene \"a/b\" is not at most 64"},
		{"a truth value", "", of("set", "--app", "100700001", "--scene", "x", "--online=maybe"), ExitUsage, "--online"},
	})
}

func TestMessageLimits(t *testing.T) {
	startPlatform(t)
	limits := func(args ...string) platform.MessageLimits {
		t.Helper()
		return decode[platform.App](t, run(t, "", append([]string{"app", "update", "100700001", "--json"}, args...)...)).MessageLimits
	}
	if got, want := limits("--message-limits", "sender_day=20,pair_day=2"), (platform.MessageLimits{SenderDay: 20, SenderWeek: 40, ReceiverDay: 5, ReceiverWeek: 20, PairDay: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := limits("--message-limits", "pair_day=1,receiver_week=1000000"), (platform.MessageLimits{SenderDay: 20, SenderWeek: 40, ReceiverDay: 5, ReceiverWeek: 1000000, PairDay: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	wantAll(t, run(t, "", "app", "show", "100700001"), "Messages", "sender_day=20,sender_week=40,receiver_day=5,receiver_week=1000000,pair_day=1")
	if got := limits("--message-limits", "default"); got != (platform.MessageLimits{}) {
		t.Errorf("the defaults are stored as %+v", got)
	}
	update := func(text string) []string { return []string{"app", "update", "100700001", "--message-limits", text} }
	checkRefusals(t, []refusal{
		{"none", "", update("sender_day=0"), ExitUsage, `"sender_day=0" is not NAME=NUMBER with a number from 1 to 1000000`},
		{"too many", "", update("sender_day=1000001"), ExitUsage, "from 1 to 1000000"},
		{"unknown", "", update("sender_month=1"), ExitUsage, "the names are sender_day, sender_week, receiver_day, receiver_week, pair_day"},
		{"twice", "", update("pair_day=1,pair_day=2"), ExitUsage, "at most once"},
		{"no number", "", update("pair_day"), ExitUsage, "NAME=NUMBER"},
	})
}
