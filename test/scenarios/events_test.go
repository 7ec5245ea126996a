package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestABindingIsReported: operators read of it in the stream, and the leader in the inbox; an attempt that fails is nowhere.
func TestABindingIsReported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.jsonl")
	p := rookery.Start(t, "--events-file", file)
	g := newGuild(t, p)
	off := p.AddFault(t, rookery.Fault{Point: "store.write:bindings"})
	if answer := p.Call(t, g.by(g.leader, createBindPath, nil)); answer.Ret != 221015 {
		t.Fatalf("with a store that fails: %s", answer.Body)
	}
	off()
	gc := g.create(t)
	g.call(t, g.by(g.leader, unbindGroupPath, nil))

	inbox := rookery.NewCall(g.app, "/v2/friend/inbox", "").With("openid", g.leader.openid).With("token", g.leader.token).With("since", "0").With("wait", "25")
	inbox.Method = http.MethodGet
	var got struct {
		Messages []struct{ Kind, Title, Text string }
	}
	if err := json.Unmarshal([]byte(p.Call(t, inbox).Body), &got); err != nil {
		t.Fatal(err)
	}
	notice := struct{ Kind, Title, Text string }{"notice", "Your guild has a group", fmt.Sprintf("Guild Ravens and QQ group %s belong together now.", gc)}
	if len(got.Messages) != 1 || got.Messages[0] != notice {
		t.Errorf("the leader's inbox has %+v, want %+v", got.Messages, notice)
	}

	type event struct {
		ID        int
		Type      string
		Guild     struct{ AppID, Zone_ID, Guild_ID string }
		GuildName string `json:"guild_name"`
		GC, UIN   string
	}
	guild := struct{ AppID, Zone_ID, Guild_ID string }{g.app.AppID, "3", "77"}
	want := []event{{1, "guild_bound", guild, "Ravens", gc, g.leader.uin}, {2, "guild_unbound", guild, "Ravens", gc, g.leader.uin}}
	var events []event
	for deadline := time.Now().Add(rookery.Patience); len(events) < len(want) && time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		events = nil
		for line := range strings.Lines(string(text)) {
			var e event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			events = append(events, e)
		}
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("the stream: -want +got\n%s", diff)
	}
}

// TestOperatorsAskGames: an operator sees what a game's server says, and why it says nothing.
func TestOperatorsAskGames(t *testing.T) {
	p := rookery.Start(t)
	app, ann := p.Apps[0], p.Accounts[0]
	ask := func(guild, zone string) (answer map[string]any) {
		t.Helper()
		p.Admin(t, http.MethodPost, "/admin/v1/apps/"+app.AppID+"/idip", map[string]string{
			"guild_id": guild, "zone_id": zone, "openid": ann.MSDKOpenIDs[app.GameID],
		}, &answer)
		return answer
	}
	want := map[string]any{"guild_name": "Night Herons", "leader_openid": ann.MSDKOpenIDs[app.GameID], "member": true, "leader": true}
	if diff := cmp.Diff(want, ask("2134", "1")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"guild_name": "", "leader_openid": "", "member": false, "leader": false}, ask("2134", "2")); diff != "" {
		t.Errorf("in another zone: -want +got\n%s", diff)
	}
	for point, says := range map[string]string{"idip.connect": "cannot be asked", "idip.garble": "cannot be read"} {
		off := p.AddFault(t, rookery.Fault{Point: point})
		if problem, _ := ask("2134", "1")["problem"].(string); !strings.Contains(problem, says) {
			t.Errorf("%s: the problem is %q", point, problem)
		}
		off()
	}
	_, metrics, err := p.Raw(p.URL, http.MethodGet, "/metrics", nil)
	for _, line := range []string{`{result="answered"} 2`, `{result="garbled"} 1`, `{result="unreachable"} 1`} {
		if !strings.Contains(string(metrics), "rookery_idip_questions_total"+line+"\n") {
			t.Errorf("the metrics lack %s: %v", line, err)
		}
	}
	p.SetApp(t, app, rookery.Settings{"idip": ""})
	for _, body := range []string{`{"guild_id":"2134","zone_id":"1","openid":"1"}`, `{"guild_id":"a","zone_id":"1","openid":"1"}`} {
		if status, answer, err := p.AdminRaw(http.MethodPost, "/admin/v1/apps/"+app.AppID+"/idip", []byte(body)); err != nil || status != http.StatusBadRequest {
			t.Errorf("%s: HTTP %d, %s, %v", body, status, answer, err)
		}
		p.SetApp(t, app, rookery.Settings{"idip": p.IDIP})
	}
}

// TestTheRosterMovesWithItsPlatform: after a restart on another port the demo games have its address, unless an operator set
// another one.
func TestTheRosterMovesWithItsPlatform(t *testing.T) {
	p := rookery.Start(t)
	game, other := p.Apps[0], p.Apps[1]
	p.SetApp(t, other, rookery.Settings{"idip": "http://127.0.0.1:1/idip"})
	p.SetGuild(t, rookery.Guild{AppID: game.AppID, Zone: "1", ID: "2134", Name: "Gulls", Leader: p.Accounts[7].UIN})
	p.Stop(t)
	again := rookery.StartIn(t, p.Data)
	for id, want := range map[string]string{game.AppID: again.IDIP, other.AppID: "http://127.0.0.1:1/idip"} {
		var app struct{ IDIP string }
		again.Admin(t, http.MethodGet, "/admin/v1/apps/"+id, nil, &app)
		if app.IDIP != want {
			t.Errorf("app %s has the address %s, want %s", id, app.IDIP, want)
		}
	}
	if again.Guilds[0].Name != "Night Herons" {
		t.Errorf("the roster begins with %+v", again.Guilds[0])
	}
}
