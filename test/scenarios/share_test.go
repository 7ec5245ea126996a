package scenarios

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// shareScenarios are the numbers that come from the player's device: client/share, as rookery share runs it. Each has a
// fault of a message and its cure.
var shareScenarios = []scenario{
	{"qq/1", "QQ is not installed on the device", onDevice(1, shared("friend", "invite", "--without-qq"), shared("friend", "invite"))},
	{"qq/3", "an invitation is shared to Qzone", onDevice(3, shared("qzone", "invite"), shared("group", "invite"))},
	{"qq/4", "the message has no title", onDevice(4, shared("friend", "invite", "--title", ""), shared("friend", "invite"))},
	{"qq/5", "the link is neither http nor https", onDevice(5, shared("friend", "link", "--link", "ftp://game.example/join"), shared("friend", "link"))},
	{"qq/6", "the game is built with a mistyped appid", appNotRegistered},
	{"qq/10000", "text alone is shared to Qzone", onDevice(10000, shared("qzone", "text"), shared("qzone", "text", "--picture", "https://game.example/won.png"))},
}

// shared returns the arguments for a message to a target, followed by more.
func shared(target, kind string, more ...string) []string {
	args := []string{"share", "--json", "--target", target, "--type", kind, "--title", "Join me"}
	if kind == "text" {
		args = append(args, "--text", "I won")
	} else {
		args = append(args, "--link", "https://game.example/join")
	}
	return append(args, more...)
}

func onDevice(number int, wrong, cured []string) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, p *rookery.Platform) {
		app := p.NewApp(t).AppID
		shareRefused(t, p, number, append(wrong, "--appid", app))
		shareGiven(t, p, append(cured, "--appid", app))
	}
}

// appNotRegistered builds a mistyped appid into the game.
func appNotRegistered(t *testing.T, p *rookery.Platform) {
	app := p.NewApp(t).AppID
	shareRefused(t, p, 6, shared("friend", "invite", "--appid", app+"0"))
	shareGiven(t, p, shared("friend", "invite", "--appid", app))
}

// onThisDevice are the codes, "qq 5", with which rookery share refused the messages of one scenario, in their order; "" stands for
// a message that it made.
var onThisDevice []string

func shareRefused(t *testing.T, p *rookery.Platform, number int, args []string) {
	t.Helper()
	status, out, errOut := rookery.Run(t, append(args, "--server", p.URL)...)
	var refusal struct {
		Domain string
		Code   int
	}
	if err := json.Unmarshal([]byte(out), &refusal); err != nil || status != 1 || errOut != "" || refusal.Domain != "qq" || refusal.Code != number {
		t.Fatalf("%v: status %d, %s%s, want qq %d", args, status, out, errOut, number)
	}
	onThisDevice = append(onThisDevice, fmt.Sprintf("%s %d", refusal.Domain, refusal.Code))
}

func shareGiven(t *testing.T, p *rookery.Platform, args []string) {
	t.Helper()
	status, out, errOut := rookery.Run(t, append(args, "--server", p.URL)...)
	if status != 0 || errOut != "" || !strings.Contains(out, `"message"`) {
		t.Fatalf("%v: status %d, %s%s", args, status, out, errOut)
	}
	onThisDevice = append(onThisDevice, "")
}
