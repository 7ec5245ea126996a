package groups

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// fixture is the service with all that it depends on; any part may be made to fail.
type fixture struct {
	*Service
	t      testing.TB
	id     *identity.Service
	qq     *qqgroups.Service
	faults *fault.Set
	app    *platform.App
	game   *game
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fixture{t: t, faults: new(fault.Set), game: newGame(t)}
	db.GuardEvents(f.faults.Events)
	clock, bus, st := new(platform.Clock), oidb.NewBus(), f.faults.Store(db)
	bus.SetDeadline(time.Minute) // on a busy machine a call takes its time
	bus.Guard(f.faults.Bus)
	bus.GuardAnswers(f.faults.Answers)
	keyring, err := token.OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), clock.Now())
	must(t, err)
	keyring.Guard(f.faults.Keyring)
	registry, profiles := apps.New(st, clock), profile.New(st, clock, "")
	f.id = identity.New(st, clock, keyring, registry, profiles, 1000)
	f.id.Register(bus)
	messages.New(st, clock, bus, registry, messages.Options{}).Register()
	f.qq = qqgroups.New(st, clock, platform.GroupLimits{Owned: 100, Created: 1000})
	f.qq.Register(bus)
	games := idip.New(clock, slog.New(slog.DiscardHandler))
	games.Guard(f.faults.IDIPConnect, f.faults.IDIPAnswer)
	t.Cleanup(games.Close)
	f.Service = New(Options{
		Store: st, Clock: clock, Bus: bus, Apps: registry, People: profiles, Games: games, Log: slog.New(slog.DiscardHandler), Guard: f.faults.BindingCache,
		Calendar: platform.Calendar{Zone: time.FixedZone("CST", 8*3600)},
	})
	f.Register()
	must(t, bus.LoadPolicy(t.Context(), st, clock))
	bus.SetDirectory(f.id)
	f.app, err = registry.Create(t.Context(), platform.App{
		Name: "a game", Online: true, APIs: []string{platform.GroupPermission}, IDIP: f.game.address,
	})
	must(t, err)
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// game is a game's server: it knows who is in which guild, and who leads it.
type game struct {
	address string
	mu      sync.Mutex
	hangs   bool                       // it reads questions and does not answer
	leaders map[string]string          // by zone/guild
	members map[string]map[string]bool // likewise
}

func newGame(t testing.TB) *game {
	g := &game{leaders: make(map[string]string), members: make(map[string]map[string]bool)}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.address = server.URL + "/idip"
	return g
}

func (g *game) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var packet struct {
		Head map[string]any `json:"head"`
		Body struct{ ZoneId, GuildId, OpenId string }
	}
	if err := json.NewDecoder(r.Body).Decode(&packet); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hangs {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return
	}
	guild := packet.Body.ZoneId + "/" + packet.Body.GuildId
	packet.Head["Cmdid"] = 0x1002
	member, leader := 0, 0
	if g.members[guild][packet.Body.OpenId] {
		member = 1
	}
	if g.leaders[guild] == packet.Body.OpenId {
		leader = 1
	}
	json.NewEncoder(w).Encode(map[string]any{"head": packet.Head, "body": map[string]any{
		"GuildName": "Ravens", "LeaderOpenId": g.leaders[guild], "IsMember": member, "IsLeader": leader,
	}})
}

// set makes players members of a guild, the first of whom leads it.
func (g *game) set(zone, guild string, players ...*player) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := zone + "/" + guild
	g.leaders[key], g.members[key] = players[0].openid.String(), make(map[string]bool)
	for _, p := range players {
		g.members[key][p.openid.String()] = true
	}
}

// player is somebody who is logged in.
type player struct {
	f      *fixture
	uin    platform.UIN
	openid platform.OpenID
	token  string
}

func (f *fixture) player() *player {
	f.t.Helper()
	a := &platform.Account{PasswordEpoch: 1}
	must(f.t, f.Store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
	return f.login(a.UIN)
}

func (f *fixture) login(uin platform.UIN) *player {
	f.t.Helper()
	issued, err := f.id.Issue(f.t.Context(), identity.IssueRequest{AppID: f.app.AppID, UIN: uin, Kind: token.Access})
	must(f.t, err)
	return &player{f, uin, issued.OpenID, issued.Token}
}

// The calls of a player. Each returns the group's number.

func (p *player) create(zone, guild string) (platform.GC, error) {
	rsp, err := oidb.Call(p.f.t.Context(), p.f.Bus, CreateBind, &wire.CreateBindGroupRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Zone: zone, Guild: guild, GuildName: "Ravens",
	})
	return platform.GC(rsp.GetGc()), err
}

func (p *player) bind(zone, guild string, gc platform.GC) (platform.GC, error) {
	rsp, err := oidb.Call(p.f.t.Context(), p.f.Bus, BindExisting, &wire.BindExistingGroupRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Zone: zone, Guild: guild, Gc: uint64(gc),
	})
	return platform.GC(rsp.GetGc()), err
}

func (p *player) unbind(zone, guild string) (platform.GC, error) {
	rsp, err := oidb.Call(p.f.t.Context(), p.f.Bus, Unbind, &wire.UnbindGuildGroupRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Zone: zone, Guild: guild,
	})
	return platform.GC(rsp.GetGc()), err
}

func (p *player) join(zone, guild string, gc platform.GC) (platform.GC, error) {
	rsp, err := oidb.Call(p.f.t.Context(), p.f.Bus, Join, &wire.JoinGuildGroupRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Zone: zone, Guild: guild, Gc: uint64(gc), Card: "card",
	})
	return platform.GC(rsp.GetGc()), err
}

func (p *player) show(zone, guild string) (platform.GC, error) {
	rsp, err := oidb.Call(p.f.t.Context(), p.f.Bus, Show, &wire.ShowGuildGroupRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Zone: zone, Guild: guild,
	})
	return platform.GC(rsp.GetGc()), err
}

func (p *player) relation(gc platform.GC) (uint32, error) {
	rsp, err := oidb.Call(p.f.t.Context(), p.f.Bus, Relation, &wire.GuildGroupRelationRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Gc: uint64(gc),
	})
	return rsp.GetRelation(), err
}

func (p *player) send(gc platform.GC) error {
	_, err := oidb.Call(p.f.t.Context(), p.f.Bus, Send, &wire.SendGuildMessageRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Gc: uint64(gc), Message: &wire.GroupMessage{Kind: 1, Title: "Come"},
	})
	return err
}

func (p *player) remind(zone, guild string, leader *player) error {
	_, err := oidb.Call(p.f.t.Context(), p.f.Bus, RemindLeader, &wire.RemindLeaderBindRequest{
		Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Zone: zone, Guild: guild, RoleName: "Ann", LeaderOpenid: leader.openid[:],
	})
	return err
}

// owned returns the groups that the player owns, as the group platform lists them.
func (p *player) owned() (list []platform.GC) {
	p.f.t.Helper()
	groups, err := p.f.Store.GroupsOf(p.f.t.Context(), p.uin, true, 0, 100)
	must(p.f.t, err)
	for _, g := range groups {
		list = append(list, g.GC)
	}
	return list
}

// fail arms a fault point as rookery dev does, and returns how to disarm it.
func (f *fixture) fail(point string) (off func()) {
	f.t.Helper()
	f.id.Forget()
	f.Forget()
	rule, err := f.faults.Add(fault.Rule{Point: point})
	must(f.t, err)
	return func() { f.faults.Clear(rule.ID) }
}

func (f *fixture) underWay() int {
	f.t.Helper()
	left, err := f.Store.BindingsUnderWay(f.t.Context(), platform.Binding{}, 1000)
	must(f.t, err)
	return len(left)
}

var accountNumber = regexp.MustCompile(`\b1\d{4}\b`)

// wantCode expects a call to fail with a code; 0 for none.
func wantCode(t testing.TB, what string, err error, want retcode.Code) {
	t.Helper()
	var failure *oidb.Failure
	switch {
	case want == 0 && err != nil:
		t.Errorf("%s: %v", what, err)
	case want != 0 && (!errors.As(err, &failure) || failure.Code != want):
		t.Errorf("%s: got %v (%v), want %v", what, err, errors.Unwrap(err), want)
	case want != 0 && accountNumber.MatchString(failure.Said()):
		t.Errorf("%s: the game is told an account number: %s", what, failure.Said())
	}
}

// TestAGuildAndItsGroup is a guild's whole life with its group.
func TestAGuildAndItsGroup(t *testing.T) {
	f := newFixture(t)
	ann, ben, carl := f.player(), f.player(), f.player()
	f.game.set("3", "77", ann, ben)
	gc, err := ann.show("3", "77")
	wantCode(t, "no group yet", err, 0)
	if gc != 0 {
		t.Fatalf("the guild has group %s", gc)
	}
	_, err = ben.create("3", "77")
	wantCode(t, "a member creates", err, retcode.GroupNotOwner)
	gc, err = ann.create("3", "77")
	must(t, err)
	if shown, err := ben.show("3", "77"); err != nil || shown != gc {
		t.Errorf("shown: %s, %v; want %s", shown, err, gc)
	}
	wants := func(what string, p *player, want uint32) {
		t.Helper()
		if r, err := p.relation(gc); err != nil || r != want {
			t.Errorf("%s: relation %d, %v; want %d", what, r, err, want)
		}
	}
	wants("the leader", ann, 1)
	wants("before joining", ben, 4)
	_, err = ben.join("3", "77", gc)
	must(t, err)
	wants("after joining", ben, 3)
	_, err = carl.join("3", "77", gc)
	wantCode(t, "a stranger", err, retcode.GroupPlayerNotInGuild)
	must(t, ben.send(gc))
	_, err = ben.unbind("3", "77")
	wantCode(t, "a member unbinds", err, retcode.GroupNotOwner)
	_, err = ann.unbind("3", "77")
	must(t, err)
	_, err = ben.relation(gc)
	wantCode(t, "after unbinding", err, retcode.GroupGuildNotBound)
	if again, err := ann.bind("3", "77", gc); err != nil || again != gc {
		t.Errorf("bound again: %s, %v", again, err)
	}
	wants("after binding again", ben, 3)
	events, err := f.Store.Undelivered(t.Context(), platform.LaneStream, 10)
	must(t, err)
	var types []string
	for _, e := range events {
		types = append(types, fmt.Sprint(e.Type, " ", e.Guild.Zone, "/", e.Guild.ID, " ", e.GC == gc, " ", e.UIN == ann.uin))
	}
	if got := fmt.Sprint(types); got != "[guild_bound 3/77 true true guild_unbound 3/77 true true guild_bound 3/77 true true]" {
		t.Errorf("events: %s", got)
	}
	if n := f.underWay(); n != 0 {
		t.Errorf("%d bindings are under way", n)
	}
}
