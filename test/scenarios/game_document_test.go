package scenarios

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// What docs/gamecenter.md has in place of what differs from platform to platform.
const (
	annsOpenID = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	bensOpenID = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
)

var documentMasks = []struct {
	form  *regexp.Regexp
	shown string
}{
	{regexp.MustCompile(`"(\w+_ms)":\d+`), `"$1":TIME`},
	{regexp.MustCompile(`"picture":"[^"]*"`), `"picture":"ADDRESS"`},
	{regexp.MustCompile(`"appid":"\d+"`), `"appid":"APPID"`},
}

// numbered are the places in which answers have the number of a feed or of a challenge.
var numbered = regexp.MustCompile(`\b(feed|challenge)(?:":"| )\d+`)

// add adds to every number in a text.
func add(n int, text string) string {
	return regexp.MustCompile(`\d+`).ReplaceAllStringFunc(text, func(number string) string {
		is, _ := strconv.Atoi(number)
		return strconv.Itoa(is + n)
	})
}

// TestTheDocumentOfTheGameCenterIsTrue makes the calls of docs/gamecenter.md in their order, and compares their answers.
func TestTheDocumentOfTheGameCenterIsTrue(t *testing.T) {
	content, err := os.ReadFile("../../docs/gamecenter.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```(json)?\n(.*?)^```$").FindAllStringSubmatch(string(content), -1)
	if len(blocks) < 20 || len(blocks)%2 != 0 {
		t.Fatalf("the document has %d blocks", len(blocks))
	}
	p := rookery.Start(t)
	p.SetClock(t, time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC))
	app := p.NewApp(t)
	p.SetApp(t, app, rookery.Settings{"name": "Dragons", "grant": []string{"gamecenter"}})
	players := make(map[string]*gamePlayer)
	for _, name := range []string{"Ann", "Ben"} {
		person := p.NewPerson(t)
		p.Admin(t, "PATCH", "/admin/v1/accounts/"+person.UIN, map[string]string{"nickname": name}, nil)
		players[name] = &gamePlayer{v3LogIn(t, p, app, person.UIN), person}
	}
	p.Befriend(t, players["Ann"].uin, players["Ben"].uin)
	// Numbers of feeds and challenges are above those of the demo world's.
	var feeds, challenges int
	if err := p.DB(t).QueryRow("SELECT (SELECT max(id) FROM feeds), (SELECT max(id) FROM challenges)").Scan(&feeds, &challenges); err != nil {
		t.Fatal(err)
	}
	above := map[string]int{"feed": feeds, "feeds": feeds, "challenge": challenges, "before": challenges}
	real := strings.NewReplacer(annsOpenID, players["Ann"].openid, bensOpenID, players["Ben"].openid)
	shown := strings.NewReplacer(players["Ann"].openid, annsOpenID, players["Ben"].openid, bensOpenID)
	for i := 0; i < len(blocks); i += 2 {
		text, caller := blocks[i][2], "Ann"
		if rest, ok := strings.CutPrefix(text, "Ben: "); ok {
			text, caller = rest, "Ben"
		}
		params := make(map[string]string)
		for line := range strings.Lines(text) {
			name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
			if !ok || params[name] != "" {
				t.Fatalf("the line %q", line)
			}
			params[name] = real.Replace(value)
			if by := above[name]; by > 0 {
				params[name] = add(by, value)
			}
		}
		t.Run(params["cmd"], func(t *testing.T) {
			if blocks[i][1] != "" || blocks[i+1][1] != "json" {
				t.Fatalf("after %q comes no answer", text)
			}
			call := players[caller].of(params["cmd"])
			if params["cmd"] == "gc_recent" {
				call = players[caller].onPage(t, params["cmd"])
			}
			for name, value := range params {
				call = call.With(name, value)
			}
			got := shown.Replace(p.CallGame(t, call).Body)
			got = numbered.ReplaceAllStringFunc(got, func(text string) string {
				return add(-above[numbered.FindStringSubmatch(text)[1]], text)
			})
			for _, mask := range documentMasks {
				got = mask.form.ReplaceAllString(got, mask.shown)
			}
			if diff := cmp.Diff(strings.TrimSpace(blocks[i+1][2]), strings.TrimSpace(got)); diff != "" {
				t.Errorf("(-document +answer):\n%s", diff)
			}
		})
	}
}
