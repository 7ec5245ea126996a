package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// world is a platform's services on a bus that listens; its parts can be made to fail.
type world struct {
	t        *testing.T
	store    store.Store
	disk     store.Store // the same, and never made to fail
	bus      *oidb.Bus
	client   *tcp.Client
	faults   *fault.Set
	apps     *apps.Registry
	identity *identity.Service
	friends  *friends.Service
	groups   *qqgroups.Service
	gc       platform.GC // of Ann's group, which Ben is in
	app      *platform.App
	ann, ben platform.UIN
	bens     platform.OpenID
	tokens   map[token.Kind]*identity.Issued // Ann's
	pc       *identity.Issued                // her MSDK token through the PC SDK
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx := t.Context()
	db := must(sqlite.Open(ctx, filepath.Join(t.TempDir(), "rookery.db")))(t)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	clock := new(platform.Clock)
	keyring := must(token.OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), clock.Now()))(t)
	w := &world{t: t, bus: oidb.NewBus(), faults: new(fault.Set), tokens: make(map[token.Kind]*identity.Issued)}
	keyring.Guard(w.faults.Keyring)
	w.bus.Guard(w.faults.Bus)
	w.store, w.disk = w.faults.Store(db), db
	profiles := profile.New(w.store, clock, "")
	w.apps = apps.New(w.store, clock)
	w.identity = identity.New(w.store, clock, keyring, w.apps, profiles, 1000)
	w.identity.Register(w.bus)
	w.friends = friends.New(w.store, clock, w.bus, profiles)
	w.friends.Guard(w.faults.FriendCache)
	w.friends.Register()
	if err := w.bus.LoadPolicy(ctx, w.store, clock); err != nil {
		t.Fatal(err)
	}
	w.app = must(w.apps.Create(ctx, platform.App{Name: "a game", GameID: 11, Online: true}))(t)
	w.ann, w.ben = w.account(fullProfile), w.account(fullProfile)
	for _, kind := range []token.Kind{token.Access, token.Pay, token.Openkey, token.MSDK, token.Guest} {
		w.tokens[kind] = w.issue(w.ann, kind, false)
	}
	w.pc = w.issue(w.ann, token.MSDK, true)
	w.bens = w.issue(w.ben, token.MSDK, false).OpenID
	if err := w.friends.Befriend(ctx, w.ann, w.ben); err != nil {
		t.Fatal(err)
	}
	if err := w.friends.SetRemark(ctx, w.ann, w.ben, "B"); err != nil {
		t.Fatal(err)
	}
	w.groups = qqgroups.New(w.store, clock, platform.GroupLimits{Owned: 10, Created: 3})
	w.groups.Register(w.bus)
	w.gc = must(w.groups.Create(ctx, platform.Group{Name: "鸦", Owner: w.ann, Game: true}))(t).GC
	w.join(w.ben)
	server := tcp.NewServer(w.bus, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), tcp.Options{})
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	w.client = must(tcp.Dial(ctx, listener.Addr().String(), nil))(t)
	t.Cleanup(func() {
		w.client.Close()
		if err := errors.Join(server.Shutdown(context.Background()), <-served); err != nil {
			t.Error(err)
		}
	})
	return w
}

// befriendMany gives Ann one friend more than fits on a page. They are made at the same time, so that the store commits many
// of them together.
func (w *world) befriendMany() {
	w.t.Helper()
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			a := &platform.Account{Profile: platform.Profile{Nickname: "one of many"}, PasswordEpoch: 1}
			err := w.store.CreateAccount(w.t.Context(), a, platform.FirstUIN)
			if err == nil {
				_, err = w.identity.Issue(w.t.Context(), identity.IssueRequest{AppID: w.app.AppID, UIN: a.UIN, Kind: token.Access})
			}
			if err == nil {
				err = w.friends.Befriend(w.t.Context(), w.ann, a.UIN)
			}
			if err != nil {
				w.t.Error(err)
			}
		})
	}
	group.Wait()
}

// fullProfile has a value in every field.
var fullProfile = platform.Profile{
	Nickname: "鸦", Gender: 2, PictureURL: "https://pic.example/", Country: "c", Province: "p", City: "t", Language: "l", RealNamed: true,
	VIP: platform.VIP{
		QQLevel: 9, Member: one(1), Super: one(2), Blue: one(3), Red: one(4), Yellow: one(5), Green: one(6), Pink: one(7), SuperQQ: one(8),
		Xinyue: one(9), Anime: one(10), WiFi: one(11),
	},
}

func one(level int) platform.Membership {
	return platform.Membership{Level: level, Year: level%2 == 0, Luxury: level%3 == 0, StartMS: int64(level), EndMS: 1 << 50}
}

func (w *world) account(p platform.Profile) platform.UIN {
	w.t.Helper()
	a := &platform.Account{Profile: p, PasswordEpoch: 1}
	if err := w.store.CreateAccount(w.t.Context(), a, platform.FirstUIN); err != nil {
		w.t.Fatal(err)
	}
	return a.UIN
}

func (w *world) issue(uin platform.UIN, kind token.Kind, pc bool) *identity.Issued {
	w.t.Helper()
	return must(w.identity.Issue(w.t.Context(), identity.IssueRequest{AppID: w.app.AppID, UIN: uin, Kind: kind, PC: pc}))(w.t)
}

// check returns a valid request for one of Ann's tokens.
func (w *world) check(kind token.Kind) wire.CheckRequest {
	issued := w.tokens[kind]
	req := wire.CheckRequest{AppID: w.app.AppID, OpenID: issued.OpenID[:], Token: issued.Token, Openkey: kind == token.Openkey, Guest: kind == token.Guest}
	if kind == token.MSDK {
		req.OpenID, req.MSDKOpenID = nil, issued.MSDKOpenID
	}
	return req
}

// outcome is the result of a call.
type outcome struct {
	Result uint32
	Answer any
}

// call makes a call inside the process and over frames, with the same failures, and expects the same outcome.
func call[Req, Rsp any](w *world, c *oidb.Command[Req, Rsp], name string, request func() Req, faults ...string) (rsp Rsp, result uint32) {
	w.t.Helper()
	if c.Repeatable {
		req := request()
		request = func() Req { return req }
	}
	var outcomes [2]outcome
	for i := range outcomes {
		if slices.ContainsFunc(faults, func(point string) bool { return strings.HasPrefix(point, "store.") }) {
			w.identity.Forget() // what was read before would hide it
			w.groups.Forget()
		}
		w.faults.Clear(0)
		for _, point := range faults {
			must(w.faults.Add(fault.Rule{Point: point}))(w.t)
		}
		if i == 0 {
			var err error
			rsp, err = oidb.Call(w.t.Context(), w.bus, c, request())
			if failure := (*oidb.Failure)(nil); errors.As(err, &failure) {
				result = c.Result(failure.Code)
				if !slices.Contains(c.Codes, failure.Code) && !slices.Contains(oidb.InProcessCodes, failure.Code) {
					w.t.Errorf("%s, %s: %v is not declared", c.Name, name, failure.Code)
				}
			}
			outcomes[i] = outcome{result, rsp}
			if m, ok := any(rsp).(proto.Message); ok && !m.ProtoReflect().IsValid() { // no answer, which over frames is an empty one
				outcomes[i].Answer = m.ProtoReflect().New().Interface()
			}
			continue
		}
		head, answer, err := tcp.Ask(w.t.Context(), w.client, c, wire.Head{}, request())
		if err != nil {
			w.t.Fatal(err)
		}
		outcomes[i] = outcome{head.Result, answer}
	}
	w.faults.Clear(0)
	if diff := cmp.Diff(outcomes[0], outcomes[1], protocmp.Transform()); diff != "" {
		w.t.Errorf("%s, %s, %v: (-inside the process +over frames)\n%s", c.Name, name, faults, diff)
	}
	return rsp, result
}

// everyFault returns the sets of faults to make the command with: for each, the outcome must be the same inside the process
// and over frames.
func everyFault(d *oidb.Declaration) (all [][]string) {
	for _, table := range fault.Tables {
		all = append(all, []string{"store.read:" + table})
	}
	number, _, _ := strings.Cut(d.ID.String(), "_")
	return append(all,
		[]string{"keyring.read"}, []string{"cache.read:friends"}, []string{"cache.write:friends"},
		[]string{"store.read:friendships", "cache.read:friends"}, []string{"store.read:friendships", "cache.write:friends"},
		[]string{"bus.connect:" + number}, []string{"bus.delay:" + number + "=1ms"},
		[]string{fmt.Sprintf("backend.answer:%s=%d", number, d.Result(d.Codes[0]))}, []string{"backend.answer:" + number + "=254"},
	)
}

// requests are the requests to a command, by what is special about them; the first must succeed with a full answer.
type requests[Req any] []struct {
	name    string
	request func() Req
}

// cases makes all requests to a command, and repeats the first of them with each fault.
func cases[Req, Rsp any](c *oidb.Command[Req, Rsp], make func(*world) requests[Req]) func(*world) {
	return func(w *world) {
		list := make(w)
		for i, r := range list {
			if _, result := call(w, c, r.name, r.request); (result == 0) != (i == 0 || strings.HasPrefix(r.name, "valid")) {
				w.t.Errorf("%s, %s: result %d", c.Name, r.name, result)
			}
		}
		for _, faults := range everyFault(&c.Declaration) {
			call(w, c, list[0].name, list[0].request, faults...)
		}
	}
}

// commands has the requests of every command.
var commands = map[oidb.ID]func(*world){
	oidb.CheckAccess.ID: cases(oidb.CheckAccess, func(w *world) requests[wire.CheckRequest] {
		with := func(kind token.Kind, edit func(*wire.CheckRequest)) func() wire.CheckRequest {
			return func() wire.CheckRequest { req := w.check(kind); edit(&req); return req }
		}
		asIs := func(*wire.CheckRequest) {}
		return requests[wire.CheckRequest]{
			{"valid access token", with(token.Access, asIs)},
			{"valid openkey", with(token.Openkey, asIs)},
			{"valid MSDK token", with(token.MSDK, asIs)},
			{"valid MSDK token of the PC SDK", with(token.MSDK, func(r *wire.CheckRequest) { r.Token, r.PC = w.pc.Token, true })},
			{"valid guest token", with(token.Guest, asIs)},
			{"valid bearer", func() wire.CheckRequest { return wire.CheckRequest{Token: w.tokens[token.Access].Token, Bearer: true} }},
			{"a guest token as another's", with(token.Guest, func(r *wire.CheckRequest) { r.Guest = false })},
			{"not a guest token", with(token.Access, func(r *wire.CheckRequest) { r.Guest = true })},
			{"an access token as an openkey", with(token.Access, func(r *wire.CheckRequest) { r.Openkey = true })},
			{"a bearer that is an openkey", with(token.Openkey, func(r *wire.CheckRequest) { r.Bearer, r.Openkey = true, false })},
			{"the wrong device", with(token.MSDK, func(r *wire.CheckRequest) { r.PC = true })},
			{"nothing", func() wire.CheckRequest { return wire.CheckRequest{} }},
			{"an unknown app", with(token.Access, func(r *wire.CheckRequest) { r.AppID = 4711 })},
			{"an impossible app", with(token.Access, func(r *wire.CheckRequest) { r.AppID = 1 << 63 })},
			{"no openid", with(token.Access, func(r *wire.CheckRequest) { r.OpenID = nil })},
			{"half an openid", with(token.Access, func(r *wire.CheckRequest) { r.OpenID = r.OpenID[:8] })},
			{"another's openid", with(token.Access, func(r *wire.CheckRequest) { r.OpenID = w.bens[:] })},
			{"an unknown openid", with(token.Access, func(r *wire.CheckRequest) { r.OpenID = make([]byte, 16) })},
			{"an unknown MSDK openid", with(token.MSDK, func(r *wire.CheckRequest) { r.MSDKOpenID++ })},
			{"two players", with(token.MSDK, func(r *wire.CheckRequest) { r.OpenID = w.bens[:] })},
			{"no token", with(token.Access, func(r *wire.CheckRequest) { r.Token = "" })},
			{"no token of ours", with(token.Access, func(r *wire.CheckRequest) { r.Token = "\xff\xfe" })},
			{"a pay token", with(token.Pay, asIs)},
		}
	}),
	oidb.CheckPay.ID: cases(oidb.CheckPay, func(w *world) requests[wire.CheckRequest] {
		with := func(kind token.Kind, edit func(*wire.CheckRequest)) func() wire.CheckRequest {
			return func() wire.CheckRequest { req := w.check(kind); edit(&req); return req }
		}
		return requests[wire.CheckRequest]{
			{"valid pay token", with(token.Pay, func(*wire.CheckRequest) {})},
			{"an access token", with(token.Access, func(*wire.CheckRequest) {})},
			{"an openkey", with(token.Openkey, func(*wire.CheckRequest) {})},
			{"a bearer", with(token.Access, func(r *wire.CheckRequest) { r.Bearer, r.OpenID = true, nil })},
			{"nothing", func() wire.CheckRequest { return wire.CheckRequest{} }},
			{"another's openid", with(token.Pay, func(r *wire.CheckRequest) { r.OpenID = w.bens[:] })},
		}
	}),
	qqgroups.CreateGroup.ID:       cases(qqgroups.CreateGroup, createGroup),
	qqgroups.QueryGroup.ID:        cases(qqgroups.QueryGroup, queryGroup),
	qqgroups.JoinGroup.ID:         cases(qqgroups.JoinGroup, joinGroup),
	qqgroups.LeaveGroup.ID:        cases(qqgroups.LeaveGroup, leaveGroup),
	qqgroups.KickMember.ID:        cases(qqgroups.KickMember, kickMember),
	qqgroups.TransferGroup.ID:     cases(qqgroups.TransferGroup, transferGroup),
	qqgroups.ListGroups.ID:        cases(qqgroups.ListGroups, listGroups),
	qqgroups.Relation.ID:          cases(qqgroups.Relation, relation),
	qqgroups.SendGroupMessage.ID:  cases(qqgroups.SendGroupMessage, sendGroupMessage),
	qqgroups.DisbandGroup.ID:      cases(qqgroups.DisbandGroup, disbandGroup),
	qqgroups.BindGroup.ID:         cases(qqgroups.BindGroup, bindGroup),
	qqgroups.UnbindGroup.ID:       cases(qqgroups.UnbindGroup, unbindGroup),
	qqgroups.ListGroupMessages.ID: cases(qqgroups.ListGroupMessages, listGroupMessages),
	identity.ConvertOpenIDs.ID: cases(identity.ConvertOpenIDs, func(w *world) requests[*wire.ConvertOpenIDsRequest] {
		with := func(count uint32, openids ...[]byte) func() *wire.ConvertOpenIDsRequest {
			return func() *wire.ConvertOpenIDsRequest {
				return &wire.ConvertOpenIDsRequest{Appid: uint64(w.app.AppID), Count: count, Openid: openids}
			}
		}
		anns := w.tokens[token.Access].OpenID
		return requests[*wire.ConvertOpenIDsRequest]{
			{"valid openids", with(2, anns[:], w.bens[:])},
			{"valid list without openids", with(0)},
			{"an unknown openid", with(2, anns[:], make([]byte, 16))},
			{"no openid", with(2, []byte{}, anns[:])},
			{"another count", with(3, anns[:])},
			{"too many", with(501, slices.Repeat([][]byte{anns[:]}, 501)...)},
			{"nothing", func() *wire.ConvertOpenIDsRequest { return &wire.ConvertOpenIDsRequest{} }},
		}
	}),
	identity.CheckText.ID: cases(identity.CheckText, func(w *world) requests[*wire.CheckTextRequest] {
		with := func(text string) func() *wire.CheckTextRequest {
			return func() *wire.CheckTextRequest { return &wire.CheckTextRequest{Appid: uint64(w.app.AppID), Openid: text} }
		}
		return requests[*wire.CheckTextRequest]{
			{"valid openid", with(w.bens.String())},
			{"valid openid in small letters", with(strings.ToLower(w.bens.String()))},
			{"none", with("")},
			{"half of one", with("0123")},
			{"no hex", with(strings.Repeat("x", 32))},
			{"an unknown openid", with(strings.Repeat("0", 32))},
			{"no UTF-8", with("\xff\xfe")},
			{"nothing", func() *wire.CheckTextRequest { return &wire.CheckTextRequest{} }},
		}
	}),
	identity.ConvertOpenID.ID: cases(identity.ConvertOpenID, func(w *world) requests[*wire.ConvertOpenIDRequest] {
		made := 0
		with := func(edit func(*wire.ConvertOpenIDRequest)) func() *wire.ConvertOpenIDRequest {
			return func() *wire.ConvertOpenIDRequest {
				made++
				req := &wire.ConvertOpenIDRequest{Appid: uint64(w.app.AppID), Openid: w.bens[:], Nonce: fmt.Append(nil, made)}
				edit(req)
				return req
			}
		}
		return requests[*wire.ConvertOpenIDRequest]{
			{"valid openid", with(func(*wire.ConvertOpenIDRequest) {})},
			{"valid openid without a nonce", with(func(r *wire.ConvertOpenIDRequest) { r.Nonce = nil })},
			{"a nonce again", with(func(r *wire.ConvertOpenIDRequest) { r.Nonce = []byte("1") })},
			{"a long nonce", with(func(r *wire.ConvertOpenIDRequest) { r.Nonce = make([]byte, 65) })},
			{"an old timestamp", with(func(r *wire.ConvertOpenIDRequest) { r.Timestamp = 1 })},
			{"no openid", with(func(r *wire.ConvertOpenIDRequest) { r.Openid = nil })},
			{"an unknown openid", with(func(r *wire.ConvertOpenIDRequest) { r.Openid = make([]byte, 16) })},
			{"nothing", func() *wire.ConvertOpenIDRequest { return &wire.ConvertOpenIDRequest{} }},
		}
	}),
	friends.ShowProfileCommand.ID: cases(friends.ShowProfileCommand, func(w *world) requests[*wire.ShowProfileRequest] {
		anns := w.tokens[token.Access].OpenID
		with := func(edit func(*wire.ShowProfileRequest)) func() *wire.ShowProfileRequest {
			return func() *wire.ShowProfileRequest {
				req := &wire.ShowProfileRequest{Appid: uint64(w.app.AppID)}
				edit(req)
				return req
			}
		}
		return requests[*wire.ShowProfileRequest]{
			{"valid access token", with(func(r *wire.ShowProfileRequest) { r.Openid, r.AccessToken = anns[:], w.tokens[token.Access].Token })},
			{"valid openkey", with(func(r *wire.ShowProfileRequest) { r.Openid, r.Openkey = anns[:], []byte(w.tokens[token.Openkey].Token) })},
			{"valid MSDK token", with(func(r *wire.ShowProfileRequest) {
				r.MsdkOpenid, r.AccessToken, r.Pc = uint64(w.pc.MSDKOpenID), w.pc.Token, true
			})},
			{"another's openid", with(func(r *wire.ShowProfileRequest) { r.Openid, r.AccessToken = w.bens[:], w.tokens[token.Access].Token })},
			{"nothing", func() *wire.ShowProfileRequest { return &wire.ShowProfileRequest{} }},
		}
	}),
	friends.ListFriendsCommand.ID: cases(friends.ListFriendsCommand, func(w *world) requests[*wire.ListFriendsRequest] {
		with := func(after uint64, limit uint32) func() *wire.ListFriendsRequest {
			return func() *wire.ListFriendsRequest {
				return &wire.ListFriendsRequest{Appid: uint64(w.app.AppID), Uin: uint64(w.ann), After: after, Limit: limit}
			}
		}
		return requests[*wire.ListFriendsRequest]{
			{"valid first page", with(0, 0)},
			{"valid page of two", with(uint64(w.ben), 2)},
			{"valid page of too many", with(0, 1000)},
			{"valid page after the last", with(1<<64-1, 0)},
			{"valid list without friends", func() *wire.ListFriendsRequest { return &wire.ListFriendsRequest{Appid: 4711, Uin: uint64(w.ann)} }},
		}
	}),
	friends.AreFriendsCommand.ID: cases(friends.AreFriendsCommand, func(w *world) requests[*wire.AreFriendsRequest] {
		return requests[*wire.AreFriendsRequest]{
			{"valid friends", func() *wire.AreFriendsRequest {
				return &wire.AreFriendsRequest{Uin: uint64(w.ann), Friend: uint64(w.ben)}
			}},
			{"valid strangers", func() *wire.AreFriendsRequest { return &wire.AreFriendsRequest{Uin: uint64(w.ann), Friend: 1} }},
		}
	}),
}

// TestEveryCommandCrossesTheWireWhole: for every request and every fault, a command's answer over frames is the one that it
// gives inside the process.
func TestEveryCommandCrossesTheWireWhole(t *testing.T) {
	w := newWorld(t)
	w.befriendMany()
	for _, d := range oidb.Declarations() {
		t.Run(d.Name, func(t *testing.T) {
			ask, there := commands[d.ID]
			if !there {
				t.Fatalf("%s has no requests here", d.ID)
			}
			w.t = t
			ask(w)
		})
	}
}

// TestWhatAnswersHave checks the answers whose equality alone does not show that they are complete.
func TestWhatAnswersHave(t *testing.T) {
	w := newWorld(t)
	w.befriendMany()
	anns := w.tokens[token.Access]
	login, _ := call(w, oidb.CheckAccess, "a bearer", func() wire.CheckRequest { return wire.CheckRequest{Token: anns.Token, Bearer: true} })
	if login.UIN != w.ann || login.OpenID != anns.OpenID || login.AppID != w.app.AppID || login.PasswordEpoch == 0 || login.TokenEpoch == 0 || login.Scopes == 0 {
		t.Errorf("a login has %+v", login)
	}
	page, _ := call(w, friends.ListFriendsCommand, "the first page", func() *wire.ListFriendsRequest {
		return &wire.ListFriendsRequest{Appid: uint64(w.app.AppID), Uin: uint64(w.ann)}
	})
	if len(page.Friend) != 200 || !page.More || page.Lost {
		t.Errorf("the first page has %d friends, more %v, lost %v", len(page.Friend), page.More, page.Lost)
	}
	if ben := page.Friend[0]; ben.Remark != "B" || ben.Nickname != "鸦" || ben.MsdkOpenid == 0 || ben.City != "t" || !ben.RealNamed || len(ben.Vip) != 11 || ben.QqLevel != 9 {
		t.Errorf("a friend has %v", ben)
	}
	list, lost, err := friends.List(t.Context(), w.bus, w.app.AppID, w.ann)
	if err != nil || lost || len(list) != 201 {
		t.Fatalf("%d friends, lost %v, %v", len(list), lost, err)
	}
	if diff := cmp.Diff(fullProfile, list[0].Profile); diff != "" {
		t.Errorf("a friend's profile: (-want +got)\n%s", diff)
	}
	shown, err := friends.ShowProfile(t.Context(), w.bus, w.check(token.Access))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&fullProfile, shown); diff != "" {
		t.Errorf("a token's profile: (-want +got)\n%s", diff)
	}
}

// TestAGameLearnsOnlyOfItsOwnTokens: a token that comes alone names its own app, which must be the head's game.
func TestAGameLearnsOnlyOfItsOwnTokens(t *testing.T) {
	w := newWorld(t)
	other := must(w.apps.Create(t.Context(), platform.App{Name: "another game", GameID: 12, Online: true}))(t)
	_, err := w.bus.ChangePolicy(t.Context(), func(p *oidb.Policy) error {
		for name := range p.Commands {
			p.Commands[name] = oidb.CommandPolicy{AllApps: true}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	anns := w.tokens[token.Access]
	for name, req := range map[string]wire.CheckRequest{
		"a bearer":        {Token: anns.Token, Bearer: true},
		"an access token": w.check(token.Access),
	} {
		for caller, want := range map[platform.AppID]uint32{w.app.AppID: 0, other.AppID: 0x58} {
			head, rsp, err := tcp.Ask(t.Context(), w.client, oidb.CheckAccess, wire.Head{Caller: caller}, req)
			if err != nil || head.Result != want || (rsp.UIN != 0) != (want == 0) {
				t.Errorf("%s, called by %s: result %#x, %+v, %v; want %#x", name, caller, head.Result, rsp, err, want)
			}
		}
	}
	show := &wire.ShowProfileRequest{Appid: uint64(w.app.AppID), Openid: anns.OpenID[:], AccessToken: anns.Token}
	head, _, err := tcp.Ask(t.Context(), w.client, friends.ShowProfileCommand, wire.Head{Caller: other.AppID}, show)
	if err != nil || head.Result != uint32(retcode.OIDBAccessTokenInvalid.Number()) {
		t.Errorf("the profile, called by another game: result %d, %v; want 116", head.Result, err)
	}
}
