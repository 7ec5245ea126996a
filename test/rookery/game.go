package rookery

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Game is a game's server, which knows who is in its guilds (oidb.md, 1.8, written a second time). It believes every caller.
type Game struct {
	URL string // for an app's setting idip

	mu      sync.Mutex
	leaders map[string]string          // a player by zone/guild
	members map[string]map[string]bool // players, likewise
}

// NewGame starts a game's server without guilds.
func NewGame(t testing.TB) *Game {
	t.Helper()
	g := &Game{leaders: make(map[string]string), members: make(map[string]map[string]bool)}
	server := httptest.NewServer(http.HandlerFunc(g.answer))
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

// Guild makes players, in every form in which doors may name them, the members of a guild. The first lead it.
func (g *Game) Guild(zone, id string, leader []string, members ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := zone + "/" + id
	g.members[key] = make(map[string]bool)
	for _, name := range leader {
		g.leaders[key+"/"+name] = name
		g.members[key][name] = true
	}
	for _, name := range members {
		g.members[key][name] = true
	}
}

func (g *Game) answer(w http.ResponseWriter, r *http.Request) {
	var question struct {
		Head map[string]any `json:"head"`
		Body struct{ ZoneId, GuildId, OpenId string }
	}
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	bit := map[bool]int{true: 1}
	key, player := question.Body.ZoneId+"/"+question.Body.GuildId, question.Body.OpenId
	question.Head["Cmdid"] = 0x1002
	_ = json.NewEncoder(w).Encode(map[string]any{"head": question.Head, "body": map[string]any{
		"GuildName": "Guild " + question.Body.GuildId, "LeaderOpenId": "",
		"IsMember": bit[g.members[key][player]], "IsLeader": bit[g.leaders[key+"/"+player] != ""],
	}})
}
