package groups

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
)

// wired is a fixture whose bus is also reached over frames.
type wired struct {
	*fixture
	client *tcp.Client
}

func newWired(t *testing.T) *wired {
	w := &wired{fixture: newFixture(t)}
	server := tcp.NewServer(w.Bus, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), tcp.Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	w.client, err = tcp.Dial(t.Context(), listener.Addr().String(), nil)
	must(t, err)
	t.Cleanup(func() {
		w.client.Close()
		must(t, errors.Join(server.Shutdown(context.Background()), <-served))
	})
	return w
}

// faults are points on the ways of all commands. 203 and 254 are results that no command of the groups has.
var faults = []string{
	"store.read:bindings", "store.write:bindings", "store.read:accounts", "store.read:openids", "store.read:qqgroups", "store.write:qqgroups",
	"cache.read:bindings", "cache.write:bindings", "keyring.read", "events.write", "idip.connect", "idip.garble", "notice.send",
	"bus.connect:0x711", "bus.garble:0x711", "backend.answer:0x711=254", "bus.connect:0x71f", "bus.garble:0x71f", "backend.answer:0x71f=254",
	"bus.connect:0xf02", "bus.garble:0xf02", "backend.answer:0xf02=203", "backend.answer:0xf02=221013", "handler:0xf02",
	"bus.connect:0xf03", "bus.garble:0xf03", "bus.connect:0xf04", "handler:0xf04",
}

// otherEachTime are the members that have another value in each answer.
var otherEachTime = cmp.Options{
	protocmp.IgnoreFields(&wire.CreateBindGroupResponse{}, "gc", "group_openid"), protocmp.IgnoreFields(&wire.BindExistingGroupResponse{}, "group_openid"),
	protocmp.IgnoreFields(&wire.ShowGuildGroupResponse{}, "group_openid"), protocmp.IgnoreFields(&wire.SendGuildMessageResponse{}, "message_id"),
}

// twice makes a call inside the process and over frames: first as it is, which has to succeed, then with each fault. Both ways
// have the same result, which is declared, and the same answer. Before each call, again brings about what it needs.
func twice[Req, Rsp proto.Message](w *wired, c *oidb.Command[Req, Rsp], req Req, again func()) {
	w.t.Helper()
	for _, point := range append([]string{""}, faults...) {
		var results [2]uint32
		var answers [2]proto.Message
		for i := range results {
			w.faults.Clear(0)
			w.settleLeft(w.t.Context())
			again()
			if point != "" {
				w.fail(point)
			}
			if i == 0 {
				rsp, err := oidb.Call(w.t.Context(), w.Bus, c, req)
				var failure *oidb.Failure
				if errors.As(err, &failure) {
					results[i] = c.Result(failure.Code)
					if !slices.Contains(c.Codes, failure.Code) && !slices.Contains(oidb.InProcessCodes, failure.Code) {
						w.t.Errorf("%s, %s: %v is not declared", c.Name, point, failure.Code)
					}
				}
				answers[i] = rsp
				continue
			}
			head, rsp, err := tcp.Ask(w.t.Context(), w.client, c, wire.Head{}, req)
			must(w.t, err)
			results[i], answers[i] = head.Result, rsp
		}
		if results[0] != results[1] || point == "" && results[0] != 0 {
			w.t.Errorf("%s, %s: result %d inside the process, %d over frames", c.Name, point, results[0], results[1])
		}
		if results[0] != 0 {
			continue
		}
		if diff := cmp.Diff(answers[0], answers[1], protocmp.Transform(), otherEachTime); diff != "" {
			w.t.Errorf("%s, %s: (-inside the process +over frames)\n%s", c.Name, point, diff)
		}
	}
	w.faults.Clear(0)
}

// TestCommandsCrossTheWireWhole: other parts of the platform, and tools, get over frames what the doors get.
func TestCommandsCrossTheWireWhole(t *testing.T) {
	w := newWired(t)
	ann, ben := w.player(), w.player()
	w.game.set("3", "77", ann, ben)
	own, err := w.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
	must(t, err)
	guild := platform.Guild{AppID: w.app.AppID, Zone: "3", ID: "77"}
	app, openid := uint64(w.app.AppID), ann.openid[:]
	free := func() {
		if _, err := w.Unbind(t.Context(), guild); err != nil && !errors.Is(err, platform.ErrNotFound) {
			t.Fatal(err)
		}
	}
	bound := func() {
		if b, err := w.Store.Binding(t.Context(), guild); err != nil || b.GC != own.GC {
			free()
			_, err := ann.bind("3", "77", own.GC)
			must(t, err)
		}
	}
	unreminded := func() {
		free()
		today := w.Clock.NowMS() / (24 * 3600 * 1000)
		for _, day := range []int64{today, today + 1} { // in the fixture's zone it may be tomorrow
			must(t, w.Store.ReturnReminder(t.Context(), w.app.AppID, ann.uin, day))
		}
	}
	twice(w, CreateBind, &wire.CreateBindGroupRequest{Appid: app, Openid: openid, AccessToken: ann.token, Zone: "3", Guild: "77", GuildName: "Ravens"}, free)
	twice(w, BindExisting, &wire.BindExistingGroupRequest{Appid: app, Openid: openid, AccessToken: ann.token, Zone: "3", Guild: "77", Gc: uint64(own.GC)}, free)
	twice(w, Unbind, &wire.UnbindGuildGroupRequest{Appid: app, Openid: openid, AccessToken: ann.token, Zone: "3", Guild: "77"}, bound)
	twice(w, Join, &wire.JoinGuildGroupRequest{Appid: app, Openid: ben.openid[:], AccessToken: ben.token, Zone: "3", Guild: "77", Gc: uint64(own.GC)}, bound)
	twice(w, Show, &wire.ShowGuildGroupRequest{Appid: app, Openid: openid, AccessToken: ann.token, Zone: "3", Guild: "77", People: true, Relation: true}, bound)
	twice(w, Relation, &wire.GuildGroupRelationRequest{Appid: app, Openid: openid, AccessToken: ann.token, Gc: uint64(own.GC)}, bound)
	twice(w, Send, &wire.SendGuildMessageRequest{
		Appid: app, Openid: openid, AccessToken: ann.token, Gc: uint64(own.GC), Message: &wire.GroupMessage{Kind: 1, Title: "Come"},
	}, bound)
	twice(w, ListCreated, &wire.ListCreatedGroupsRequest{Appid: app, Openid: openid, AccessToken: ann.token}, func() {})
	twice(w, RemindLeader, &wire.RemindLeaderBindRequest{
		Appid: app, Openid: ben.openid[:], AccessToken: ben.token, Zone: "3", Guild: "77", RoleName: "Ben", LeaderOpenid: openid,
	}, unreminded)
}
