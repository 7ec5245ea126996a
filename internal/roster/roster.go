// Package roster is the game's side of the demo world: guilds that answer IDIP as a game's server does. It knows accounts as
// a game knows them, by their openids.
package roster

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Path is where a Roster is served.
const Path = "/roster/idip"

// The bounds of a roster.
const (
	MaxGuilds  = 1000
	MaxMembers = 1000 // of one guild
)

// Guild is a guild of a game and its members, by account.
type Guild struct {
	platform.Guild
	Name    string         `json:"name" doc:"the guild's name"`
	Leader  platform.UIN   `json:"leader" doc:"the account that leads it"`
	Members []platform.UIN `json:"members" doc:"in ascending order, with the leader"`
}

// Roster holds guilds in memory. It is safe for concurrent use.
type Roster struct {
	apps    *apps.Registry
	openids store.OpenIDs

	mu     sync.RWMutex
	guilds map[platform.Guild]Guild
}

// New returns a roster without guilds.
func New(registry *apps.Registry, openids store.OpenIDs) *Roster {
	return &Roster{apps: registry, openids: openids, guilds: make(map[platform.Guild]Guild)}
}

// Set puts a guild into the roster, in place of what it was, and returns it as it is now. Errors: platform.ErrInvalid,
// platform.ErrFull.
func (r *Roster) Set(g Guild) (Guild, error) {
	if err := g.Guild.Validate(); err != nil {
		return Guild{}, err
	}
	if err := platform.CheckText("name", g.Name, 100); err != nil {
		return Guild{}, err
	}
	if g.Leader == 0 {
		return Guild{}, platform.Invalidf("leader", "a guild has a leader")
	}
	g.Members = slices.Sorted(slices.Values(append(slices.Clone(g.Members), g.Leader)))
	g.Members = slices.Compact(g.Members)
	if len(g.Members) > MaxMembers {
		return Guild{}, platform.Invalidf("members", "a guild has at most %d members, not %d", MaxMembers, len(g.Members))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.guilds[g.Guild]; !known && len(r.guilds) >= MaxGuilds {
		return Guild{}, platform.ErrFull.Errorf("the roster has %d guilds already: remove some", MaxGuilds)
	}
	r.guilds[g.Guild] = g
	return g, nil
}

// Remove takes a guild out of the roster, or returns platform.ErrNotFound.
func (r *Roster) Remove(id platform.Guild) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.guilds[id]; !known {
		return platform.ErrNotFound.Errorf("app %s has no guild %s in zone %s", id.AppID, id.ID, id.Zone)
	}
	delete(r.guilds, id)
	return nil
}

// List returns all guilds, by app, zone and id.
func (r *Roster) List() []Guild {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(r.guilds), func(a, b Guild) int {
		return cmp.Or(cmp.Compare(a.AppID, b.AppID), compareDigits(a.Zone, b.Zone), compareDigits(a.ID, b.ID))
	})
}

// compareDigits orders digit strings as numbers.
func compareDigits(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

func (r *Roster) guild(id platform.Guild) (Guild, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	g, known := r.guilds[id]
	return g, known
}

// ServeHTTP answers the questions about every app, each with the keys of the app that it names.
func (r *Roster) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	id, err := platform.ParseAppID(req.URL.Query().Get("appid"))
	app := r.apps.ByID(id)
	if err != nil || app == nil {
		http.Error(w, "there is no such app", http.StatusForbidden)
		return
	}
	keys := client.App{AppID: app.AppID.String(), MSDKKey: app.MSDKKey}
	if app.GameID != 0 {
		keys.Source = req.URL.Query().Get("source")
		keys.GameID, keys.SigKey = app.GameID.String(), app.SigKeys[keys.Source]
	}
	handler, err := client.IDIPHandler(keys, func(ctx context.Context, q client.GuildQuery) (client.GuildAnswer, error) {
		return r.answer(ctx, app.AppID, q)
	})
	if err != nil {
		http.Error(w, "the app has no such key", http.StatusForbidden)
		return
	}
	handler.ServeHTTP(w, req)
}

func (r *Roster) answer(ctx context.Context, app platform.AppID, q client.GuildQuery) (answer client.GuildAnswer, err error) {
	g, known := r.guild(platform.Guild{AppID: app, Zone: q.Zone, ID: q.Guild})
	if !known {
		return answer, client.ErrNoGuild
	}
	uin, v5, err := r.player(ctx, app, q.OpenID)
	if err != nil {
		return answer, err
	}
	answer.Name, answer.Leader = g.Name, uin == g.Leader
	_, answer.Member = slices.BinarySearch(g.Members, uin)
	answer.LeaderOpenID, err = r.openid(ctx, app, g.Leader, v5)
	return answer, err
}

// player returns the account that a player's id names, 0 for none, and whether the id is an MSDK openid.
func (r *Roster) player(ctx context.Context, app platform.AppID, text string) (uin platform.UIN, v5 bool, err error) {
	openid, err := platform.ParseOpenID(text)
	if err != nil {
		id, err := platform.ParseMSDKOpenID(text)
		if err != nil {
			return 0, false, nil
		}
		player, err := r.openids.Player(ctx, app, id)
		if err != nil {
			return 0, true, unlessMissing(err)
		}
		openid, v5 = player.OpenID, true
	}
	binding, err := r.openids.OpenID(ctx, app, openid)
	if err != nil || binding.State != platform.OpenIDActive {
		return 0, v5, unlessMissing(err)
	}
	return binding.UIN, v5, nil
}

// openid returns an account's id at the app; "" if it has none.
func (r *Roster) openid(ctx context.Context, app platform.AppID, uin platform.UIN, v5 bool) (string, error) {
	openid, err := store.ActiveOpenID(ctx, r.openids, app, uin)
	switch {
	case err != nil:
		return "", unlessMissing(err)
	case !v5:
		return openid.String(), nil
	}
	users, err := r.openids.AppUsers(ctx, app, []platform.OpenID{openid})
	if err != nil || len(users) == 0 || users[0].MSDKOpenID == 0 {
		return "", err
	}
	return users[0].MSDKOpenID.String(), nil
}

func unlessMissing(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return nil
	}
	return err
}
