package rookery

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// GuildAnswer is what a game's server says about a guild and a player.
type GuildAnswer struct {
	Name, LeaderOpenID string
	Member, Leader     bool
}

// AskIDIP asks a game's server as the platform does: IDIP in JSON (oidb.md, 1.8), signed as MSDK V5 signs what it sends to
// games (msdk-v5.md, 2.5).
func (p *Platform) AskIDIP(t testing.TB, address string, app App, guild Guild, openid string) GuildAnswer {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"head":{"Cmdid":4097,"Seqid":7},"body":{"AppId":%q,"ZoneId":%q,"GuildId":%q,"OpenId":%q}}`, app.AppID, guild.Zone, guild.ID, openid)
	call := NewCall(app, at.Path, body).With("appid", app.AppID)
	rsp, err := p.client.Post(at.Scheme+"://"+at.Host+call.Target(), "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer rsp.Body.Close()
	text, err := io.ReadAll(rsp.Body)
	if err != nil || rsp.StatusCode != http.StatusOK {
		t.Fatalf("HTTP %d: %s, %v", rsp.StatusCode, text, err)
	}
	var answer struct {
		Head struct{ Cmdid, Seqid, Result int }
		Body struct {
			GuildName, LeaderOpenId string
			IsMember, IsLeader      int
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if h := answer.Head; h.Cmdid != 4098 || h.Seqid != 7 || h.Result != 0 {
		t.Fatalf("got %s", text)
	}
	b := answer.Body
	return GuildAnswer{Name: b.GuildName, LeaderOpenID: b.LeaderOpenId, Member: b.IsMember == 1, Leader: b.IsLeader == 1}
}
