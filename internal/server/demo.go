package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/roster"
	"github.com/rookeryhq/rookery/internal/token"
)

// World is the demo world of `rookery dev`, in the form that --json prints: two games with guilds, eight accounts with
// friendships, for each account at each game one valid token of every kind, a group, and a season's results.
type World struct {
	HTTP           string         `json:"http"`
	OIDB           string         `json:"oidb"`                   // host:port of the bus's frames
	OIDBConnect    string         `json:"oidb_connect,omitempty"` // base URL of the bus's Connect and gRPC; missing when it takes none
	AdminTokenFile string         `json:"admin_token_file"`
	Apps           []WorldApp     `json:"apps"`
	Accounts       []WorldAccount `json:"accounts"`
	Groups         []WorldGroup   `json:"groups"`
	Guilds         []roster.Guild `json:"guilds"`
	IDIP           string         `json:"idip"` // where the guilds answer, for further games too
	Scenes         []WorldScene   `json:"scenes"`

	Made         time.Time `json:"-"` // by the platform's clock
	ExpiredToken string    `json:"-"` // an MSDK token of the first account at the first game; "" if that account cannot have one
}

type WorldApp struct {
	AppID        platform.AppID    `json:"appid"`
	Name         string            `json:"name"`
	AppKey       string            `json:"appkey"`
	MSDKKey      string            `json:"msdkkey"`
	GameID       platform.GameID   `json:"gameid"`
	SigKeys      map[string]string `json:"sigkeys"` // by source
	ClientSigKey string            `json:"client_sigkey"`
}

// WorldScene is a scene of Ark messages that is in effect.
type WorldScene struct {
	AppID     platform.AppID `json:"appid"`
	Scene     string         `json:"scene"`
	ExtraJSON string         `json:"extra_json"` // an example that fits its template
}

type WorldAccount struct {
	UIN      platform.UIN `json:"uin"`
	Nickname string       `json:"nickname"`
	Password string       `json:"password"`

	// By appid.
	OpenIDs      map[platform.AppID]platform.OpenID `json:"openids"`
	AccessTokens map[platform.AppID]string          `json:"access_tokens"`
	PayTokens    map[platform.AppID]string          `json:"pay_tokens"`
	Openkeys     map[platform.AppID]string          `json:"openkeys"`

	// By gameid.
	MSDKOpenIDs map[platform.GameID]platform.MSDKOpenID `json:"msdk_openids"`
	MSDKTokens  map[platform.GameID]string              `json:"msdk_tokens"`
}

// WorldGroup is a QQ group.
type WorldGroup struct {
	GC      platform.GC    `json:"gc"`
	Name    string         `json:"name"`
	Owner   platform.UIN   `json:"owner"`
	Members []platform.UIN `json:"members"` // with the owner
}

// DemoPassword is every demo account's password. It is public, like the whole world.
const DemoPassword = "rookery-demo"

// demoHash is its hash.
const demoHash = "$argon2id$v=19$m=8,t=1,p=1$6D1Ogh6AK6HP0LukfeLKAg$SJQA4tXEu3e9YnSfuMJXdD8exyt/wQgOLDNHpK3elJE"

// demoAPIs are the APIs granted to the games: in addition to those of every app, all that concern friends, and the Game Center's.
var demoAPIs = slices.Concat(platform.DefaultAPIs, []string{
	platform.RelationPermission, platform.GroupPermission, platform.GameCenterPermission, "qqstrange_profile",
})

var demoApps = []platform.App{
	{
		AppID: 100700001, Name: "Magpie Arena", GameID: 11, Online: true, APIs: demoAPIs,
		AppKey: "demoappkey100700001magpiearena00", MSDKKey: "demomsdkkey100700001magpiearena0",
		SigKeys:      map[string]string{"0": "0123456789abcdef0123456789abcdef", "1": "fedcba9876543210fedcba9876543210"},
		RedirectURIs: demoRedirects,
		ClientSigKey: "democlientsigkey11magpiearena000",
	}, {
		AppID: 100700002, Name: "Heron Harbour", GameID: 12, Online: true, APIs: demoAPIs,
		AppKey: "demoappkey100700002heronharbour0", MSDKKey: "demomsdkkey100700002heronharbour",
		SigKeys:      map[string]string{"0": "00112233445566778899aabbccddeeff", "1": "ffeeddccbbaa99887766554433221100"},
		RedirectURIs: demoRedirects,
		ClientSigKey: "democlientsigkey12heronharbour00",
	},
}

// DemoApps returns the apps of the demo world.
func DemoApps() []platform.App { return slices.Clone(demoApps) }

// demoKeys returns the keys of the demo world's apps, which everybody knows.
func demoKeys() (keys []string) {
	for i := range demoApps {
		app := &demoApps[i]
		keys = append(keys, app.AppKey, app.MSDKKey, app.ClientSigKey)
		keys = slices.AppendSeq(keys, maps.Values(app.SigKeys))
	}
	return keys
}

// DemoScene is the name of the scene that each app of the demo world has.
const DemoScene = "demo"

// demoScene takes a title and a text, and may take an address and a picture.
var demoScene = WorldScene{Scene: DemoScene, ExtraJSON: `{"title":"A heart for you","text":"Come and play"}`}

const demoTemplate = `{
  "type": "object",
  "properties": {
    "title": {"type": "string", "minLength": 1, "maxLength": 60},
    "text": {"type": "string", "maxLength": 200},
    "url": {"type": "string", "pattern": "^https?://", "maxLength": 512},
    "picture": {"type": "string", "pattern": "^https?://", "maxLength": 512}
  },
  "required": ["title", "text"],
  "additionalProperties": false
}`

// demoRedirects let a program on the same machine sign people in, on any port.
var demoRedirects = []string{"http://127.0.0.1/callback", "http://localhost/callback"}

var demoNames = []string{"Ann", "Ben", "Chen", "Dora", "Emil", "Fang", "Gül", "小鸦"}

// demoVIP gives some of the accounts QQ memberships.
var demoVIP = map[string]platform.VIP{
	"Ann":  {QQLevel: 32, Member: platform.Membership{Level: 5, Year: true}, Yellow: platform.Membership{Level: 4, Year: true, Luxury: true}},
	"Ben":  {QQLevel: 21, Member: platform.Membership{Level: 3}, Super: platform.Membership{Level: 2}, Blue: platform.Membership{Level: 6, Luxury: true}},
	"Chen": {QQLevel: 8, Green: platform.Membership{Level: 1}, WiFi: platform.Membership{Level: 1}},
	"小鸦":   {QQLevel: 1},
}

// demoFriends are pairs of indexes into demoNames: a circle of five and a pair; the last account has no friends.
var demoFriends = [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}, {5, 6}}

// demoGuilds are the guilds of each game, with indexes into demoNames: the first leads.
var demoGuilds = []struct {
	id, name string
	members  []int
}{{"2134", "Night Herons", []int{0, 1, 2, 3}}, {"2135", "Early Larks", []int{4, 5}}}

// openDemo opens a platform and puts the demo world into it, or that of Options.Seed. It is the same at every start: its keys, openids and
// tokens have the same texts. Existing parts stay as they are, and so do tokens that are valid, but for openkeys.
func openDemo(ctx context.Context, o Options) (*Server, *World, error) {
	s, err := Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	w, err := s.openWorld(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	if host := s.public.Addr().(*net.TCPAddr).IP; !host.IsLoopback() {
		o.Log.Warn("the demo world's keys, tokens and passwords are public, and other machines can reach it", "addr", host.String())
	}
	if o.Seed == nil { // the pages sign in demo accounts, whose password is known
		s.dev.welcome = w.welcome()
	}
	return s, w, nil
}

func (s *Server) openWorld(ctx context.Context) (*World, error) {
	s.dev.passwords = make(map[string]string)
	if file := s.options.Seed; file != nil {
		return s.makeSeeded(ctx, file)
	}
	w, err := s.makeWorld(ctx)
	if err != nil {
		return nil, fmt.Errorf("demo world: %w", err)
	}
	return w, nil
}

// newWorld returns a world without apps, and with accounts to be filled in.
func (s *Server) newWorld(accounts int) *World {
	at := s.Addresses()
	return &World{
		HTTP: at.HTTP, OIDB: at.OIDB, OIDBConnect: at.OIDBConnect, AdminTokenFile: at.AdminTokenFile, Made: s.clock.Now(),
		IDIP: s.public.url() + roster.Path, Accounts: make([]WorldAccount, accounts),
	}
}

func worldApp(app *platform.App) WorldApp {
	return WorldApp{app.AppID, app.Name, app.AppKey, app.MSDKKey, app.GameID, app.SigKeys, app.ClientSigKey}
}

func (s *Server) makeWorld(ctx context.Context) (*World, error) {
	w := s.newWorld(len(demoNames))
	first := false // start of the world
	for _, demo := range demoApps {
		app := s.apps.ByID(demo.AppID)
		if app == nil {
			first = true
			var err error
			if app, err = s.apps.Create(ctx, s.returning(demo)); err != nil {
				return nil, err
			}
		}
		w.Apps = append(w.Apps, worldApp(app))
	}
	s.apps.KeepFormerKeys(demoApps)
	if err := s.returnHere(ctx); err != nil {
		return nil, err
	}
	if err := s.makeGuilds(ctx, w); err != nil {
		return nil, err
	}
	s.dev.passwords[demoHash] = DemoPassword
	var parts []func() error
	for i, name := range demoNames {
		parts = append(parts, func() (err error) {
			w.Accounts[i], err = s.makeAccount(ctx, platform.FirstUIN+platform.UIN(i), name, demoHash)
			return err
		})
	}
	if err := sideBySide(parts); err != nil {
		return nil, err
	}
	parts = []func() error{
		func() error { return s.makeGroup(ctx, w) },
		func() error { return s.makeScenes(ctx, w) },
	}
	for _, pair := range demoFriends {
		parts = append(parts, func() error { return s.friends.Befriend(ctx, w.Accounts[pair[0]].UIN, w.Accounts[pair[1]].UIN) })
	}
	if first {
		parts = append(parts, s.season(ctx, w)...)
	}
	if err := sideBySide(parts); err != nil {
		return nil, err
	}
	if w.Accounts[0].MSDKTokens[w.Apps[0].GameID] == "" {
		return w, nil
	}
	expired := time.Duration(0)
	request := s.demoLogin(w.Apps[0].AppID, w.Accounts[0].UIN, token.MSDK)
	request.Lifetime = &expired
	issued, err := s.identity.Issue(ctx, request)
	if err != nil {
		return nil, err
	}
	w.ExpiredToken = issued.Token
	return w, nil
}

// makeGroup makes the group of the first three accounts: one owns it, one is an administrator. It is the platform's first; a
// restarted world finds it as it was left.
func (s *Server) makeGroup(ctx context.Context, w *World) error {
	g, err := s.qqgroups.Group(ctx, platform.FirstGC)
	if errors.Is(err, platform.ErrNotFound) {
		if g, err = s.qqgroups.Create(ctx, platform.Group{Name: "Magpies", Owner: w.Accounts[0].UIN, Game: true}); err != nil {
			return err
		}
		for _, a := range w.Accounts[1:3] {
			if _, err := oidb.Call(ctx, s.bus, qqgroups.JoinGroup, &wire.JoinGroupRequest{Gc: uint64(g.GC), Uin: uint64(a.UIN)}); err != nil {
				return err
			}
		}
		g, err = s.qqgroups.Update(ctx, g.GC, func(g *platform.Group) error { g.Admins = []platform.UIN{w.Accounts[1].UIN}; return nil })
	}
	if err != nil {
		return err
	}
	made := WorldGroup{GC: g.GC, Name: g.Name, Owner: g.Owner}
	members, err := s.qqgroups.Members(ctx, g.GC, 0, qqgroups.MaxPage)
	for _, m := range members {
		made.Members = append(made.Members, m.UIN)
	}
	w.Groups = []WorldGroup{made}
	return err
}

// makeGuilds fills the roster and makes it the server of the games that have no server of their own.
func (s *Server) makeGuilds(ctx context.Context, w *World) error {
	for _, demo := range demoApps {
		for _, g := range demoGuilds {
			guild := roster.Guild{Guild: platform.Guild{AppID: demo.AppID, Zone: "1", ID: g.id}, Name: g.name, Leader: platform.FirstUIN + platform.UIN(g.members[0])}
			for _, member := range g.members {
				guild.Members = append(guild.Members, platform.FirstUIN+platform.UIN(member))
			}
			if _, err := s.dev.roster.Set(guild); err != nil {
				return err
			}
		}
		if at := s.apps.ByID(demo.AppID).IDIP; at != "" && !isRoster(at) {
			continue
		}
		if _, err := s.apps.Update(ctx, demo.AppID, func(app *platform.App) error { app.IDIP = w.IDIP; return nil }); err != nil {
			return err
		}
	}
	w.Guilds = s.dev.roster.List()
	return nil
}

// sideBySide runs parts of the making at the same time, so that the store's writer needs few commits.
func sideBySide(parts []func() error) error {
	var group sync.WaitGroup
	errs := make([]error, len(parts))
	for i, part := range parts {
		group.Go(func() { errs[i] = part() })
	}
	group.Wait()
	return errors.Join(errs...)
}

// makeScenes makes a scene of each game that is in effect at once, unless the restarted world has one.
func (s *Server) makeScenes(ctx context.Context, w *World) error {
	for _, app := range w.Apps {
		scene := demoScene
		scene.AppID = app.AppID
		if err := s.makeScene(ctx, scene); err != nil {
			return err
		}
		w.Scenes = append(w.Scenes, scene)
	}
	return nil
}

func (s *Server) makeScene(ctx context.Context, scene WorldScene) error {
	key := platform.SceneKey{AppID: scene.AppID, Scene: scene.Scene}
	_, err := s.store.EditScene(ctx, key, messages.MaxScenes, func(stored *platform.Scene) error {
		if stored.Template == nil {
			stored.Template, stored.Online, stored.EffectiveMS = json.RawMessage(demoTemplate), true, s.clock.NowMS()
		}
		return nil
	})
	return err
}

func (s *Server) makeAccount(ctx context.Context, uin platform.UIN, name, passwordHash string) (WorldAccount, error) {
	a := newWorldAccount(uin, name, DemoPassword)
	profile := platform.Profile{Nickname: name, VIP: demoVIP[name]}
	if err := s.createAccount(ctx, uin, profile, platform.AccountNormal, platform.ClassOrdinary, passwordHash); err != nil {
		return a, err
	}
	for _, demo := range demoApps {
		if err := s.issueAll(ctx, s.apps.ByID(demo.AppID), &a); err != nil {
			return a, err
		}
	}
	return a, nil
}

func newWorldAccount(uin platform.UIN, nickname, password string) WorldAccount {
	return WorldAccount{
		UIN: uin, Nickname: nickname, Password: password,
		OpenIDs:      make(map[platform.AppID]platform.OpenID),
		AccessTokens: make(map[platform.AppID]string),
		PayTokens:    make(map[platform.AppID]string),
		Openkeys:     make(map[platform.AppID]string),
		MSDKOpenIDs:  make(map[platform.GameID]platform.MSDKOpenID),
		MSDKTokens:   make(map[platform.GameID]string),
	}
}

// createAccount makes an account unless it exists.
func (s *Server) createAccount(ctx context.Context, uin platform.UIN, profile platform.Profile, state platform.AccountState, class platform.AccountClass, passwordHash string) error {
	err := s.store.CreateAccount(ctx, &platform.Account{
		UIN: uin, Profile: profile, State: state, Class: class, PasswordHash: passwordHash, PasswordEpoch: 1, CreatedMS: s.clock.NowMS(),
	}, platform.FirstUIN)
	if errors.Is(err, platform.ErrExists) {
		return nil
	}
	return err
}

// issueAll gives an account its openids at an app and a token of every kind. An account that a restarted world finds frozen or closed
// gets none, and one whose openid was reclaimed gets another.
func (s *Server) issueAll(ctx context.Context, app *platform.App, a *WorldAccount) error {
	openid, err := s.store.EnsureOpenID(ctx, app.AppID, a.UIN, platform.OpenID(demoBytes("openid", app.AppID, a.UIN)), s.clock.NowMS())
	if err == nil && app.GameID != 0 {
		_, _, err = s.store.EnsurePlayer(ctx, platform.Player{
			AppID: app.AppID, Channel: platform.ChannelQQ, OpenID: openid, MSDKOpenID: identity.MSDKOpenID(demoNumber("player", app.AppID, a.UIN)),
		}, s.clock.NowMS())
	}
	if err != nil && !errors.Is(err, platform.ErrExists) { // taken by one that was reclaimed
		return err
	}
	// The access token comes first: the others belong to its login.
	for _, kind := range []token.Kind{token.Access, token.Pay, token.Openkey, token.MSDK} {
		if kind == token.MSDK && app.GameID == 0 {
			continue
		}
		request := s.demoLogin(app.AppID, a.UIN, kind)
		issued, err := s.identity.Issue(ctx, request)
		if errors.Is(err, platform.ErrExists) { // an openkey of an earlier start
			request.LoginMS, request.Session = 0, 0
			issued, err = s.identity.Issue(ctx, request)
		}
		if errors.Is(err, platform.ErrInvalid) {
			return nil
		}
		if err != nil {
			return err
		}
		a.OpenIDs[app.AppID] = issued.OpenID
		switch kind {
		case token.Access:
			a.AccessTokens[app.AppID] = issued.Token
		case token.Pay:
			a.PayTokens[app.AppID] = issued.Token
		case token.Openkey:
			a.Openkeys[app.AppID] = issued.Token
		case token.MSDK:
			a.MSDKOpenIDs[app.GameID], a.MSDKTokens[app.GameID] = issued.MSDKOpenID, issued.Token
		}
	}
	return nil
}

// demoLogin asks for a token of the login that every demo account has had since the world's keys were made.
func (s *Server) demoLogin(app platform.AppID, uin platform.UIN, kind token.Kind) identity.IssueRequest {
	request := identity.IssueRequest{AppID: app, UIN: uin, Kind: kind, LoginMS: s.keyring.Keys()[0].CreatedMS}
	if kind == token.Openkey {
		request.Session = demoNumber("session", app, uin)
	}
	return request
}

// demoBytes returns an account's openid, or another of its names, at an app: as random as a real one, and the same in every world.
func demoBytes(what string, app platform.AppID, uin platform.UIN) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "rookery demo world: %s of %s at %s", what, uin, app))
	return sum[:len(platform.OpenID{})]
}

func demoNumber(what string, app platform.AppID, uin platform.UIN) uint64 {
	return binary.BigEndian.Uint64(demoBytes(what, app, uin))
}
