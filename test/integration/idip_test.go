package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestTheExampleServer: the game's server of client/examples answers the platform for the people of its file, and nobody else.
func TestTheExampleServer(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	folder := t.TempDir()
	program, key, guilds := filepath.Join(folder, "idip"), filepath.Join(folder, "sigkey.txt"), filepath.Join(folder, "guilds.json")
	if out, err := exec.Command("go", "build", "-o", program, "../../client/examples/idip").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for file, text := range map[string]string{
		key: app.SigKeys["0"] + "\n",
		guilds: fmt.Sprintf(`[{"zone":"1","guild":"7","name":"Kites","leader":%q,"members":[%q]}]`,
			ann.MSDKOpenIDs[app.GameID], ben.MSDKOpenIDs[app.GameID]),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := exec.Command(program, "-listen", "127.0.0.1:0", "-gameid", app.GameID, "-sigkey-file", key, guilds)
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "IDIP is answered at ")
	if err != nil || !ok {
		t.Fatalf("it says %q, %v", line, err)
	}
	p.SetApp(t, app, rookery.Settings{"idip": address})

	type answer struct {
		Guild_name, Leader_openid, Problem string
		Member, Leader                     bool
	}
	leader := ann.MSDKOpenIDs[app.GameID]
	for name, test := range map[string]struct {
		guild, openid string
		want          answer
	}{
		"the leader":    {"7", leader, answer{Guild_name: "Kites", Leader_openid: leader, Member: true, Leader: true}},
		"a member":      {"7", ben.MSDKOpenIDs[app.GameID], answer{Guild_name: "Kites", Leader_openid: leader, Member: true}},
		"somebody else": {"7", "1", answer{Guild_name: "Kites", Leader_openid: leader}},
		"no such guild": {"8", leader, answer{}},
	} {
		var got answer
		p.Admin(t, http.MethodPost, "/admin/v1/apps/"+app.AppID+"/idip", map[string]string{"zone_id": "1", "guild_id": test.guild, "openid": test.openid}, &got)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	// A binding goes through it too.
	token, err := json.Marshal(map[string]string{
		"openid": leader, "token": ann.MSDKTokens[app.GameID], "guild_id": "7", "zone_id": "1", "guild_name": "Kites", "roleid": "1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if bound := p.Call(t, rookery.NewCall(app, "/v2/group/create_bind_group", string(token))); bound.Ret != 0 {
		t.Errorf("the guild gets no group: %s", bound.Body)
	}
}
