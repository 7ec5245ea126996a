package groups

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// whole checks that what both systems know agrees: a guild of zone 3 has that group, or none, and no other group serves it; nothing
// is under way.
func (f *fixture) whole(what, guild string, want platform.GC, owner *player, owned ...platform.GC) {
	f.t.Helper()
	g := platform.Guild{AppID: f.app.AppID, Zone: "3", ID: guild}
	b, err := f.Store.Binding(f.t.Context(), g)
	if errors.Is(err, platform.ErrNotFound) {
		err = nil
	}
	must(f.t, err)
	if b.GC != want {
		f.t.Errorf("%s: the guild has group %s, want %s", what, b.GC, want)
	}
	if n := f.underWay(); n != 0 {
		f.t.Errorf("%s: %d bindings are under way", what, n)
	}
	got := owner.owned()
	if !slices.Equal(got, owned) {
		f.t.Errorf("%s: the leader owns %v, want %v", what, got, owned)
	}
	for _, gc := range got {
		guilds, err := f.Store.GroupGuilds(f.t.Context(), gc)
		must(f.t, err)
		if serves := slices.Contains(guilds, g); serves != (gc == want) {
			f.t.Errorf("%s: whether group %s serves the guild is %t at the group platform", what, gc, serves)
		}
	}
}

// TestABindingNamesItsGuild: as the caller does, or else as the game does.
func TestABindingNamesItsGuild(t *testing.T) {
	f := newFixture(t)
	p := f.player()
	f.game.set("3", "77", p)
	gc, err := p.create("3", "77")
	must(t, err)
	for _, test := range []struct{ given, want string }{{"", "Ravens"}, {"Crows", "Crows"}} {
		_, err := p.unbind("3", "77")
		must(t, err)
		_, err = oidb.Call(t.Context(), f.Bus, BindExisting, &wire.BindExistingGroupRequest{
			Appid: uint64(f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Zone: "3", Guild: "77", GuildName: test.given, Gc: uint64(gc),
		})
		must(t, err)
		b, err := f.Store.Binding(t.Context(), platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"})
		must(t, err)
		if b.GuildName != test.want {
			t.Errorf("named %q by its leader, the guild is %q, want %q", test.given, b.GuildName, test.want)
		}
	}
}

// TestAFailedStepLeavesNothing: each step fails in turn, and what was done before it is undone when the call returns.
func TestAFailedStepLeavesNothing(t *testing.T) {
	for _, test := range []struct {
		point string
		want  retcode.Code
	}{
		{"store.write:bindings", retcode.GroupBindingWriteFailed},
		{"backend.answer:0xf02_1=203", retcode.GroupCreateRefused},
		{"backend.answer:0xf02_1=221010", retcode.GroupOwnedLimitReached},
		{"backend.answer:0xf02_11=204", retcode.GroupPlatformError},
		{"handler:0xf02_11", retcode.GroupPlatformError},
		{"bus.connect:0xf02_11", retcode.GroupPlatformUnreachable},
		{"bus.route:0xf02_11", retcode.GroupPlatformUnreachable},
		{"bus.garble:0xf02_11", retcode.GroupBindAnswerInvalid},
		{"events.write", retcode.GroupEventReportFailed},
		{"store.write:outbox", 0}, // is another table: the event is part of the binding's write
	} {
		t.Run(test.point, func(t *testing.T) {
			f := newFixture(t)
			ann := f.player()
			f.game.set("3", "77", ann)
			own, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
			must(t, err)

			off := f.fail(test.point)
			_, err = ann.create("3", "77")
			wantCode(t, "create", err, test.want)
			if err == nil {
				return
			}
			off()
			f.whole("after create", "77", 0, ann, own.GC)

			off = f.fail(test.point)
			_, err = ann.bind("3", "77", own.GC)
			if test.want == retcode.GroupCreateRefused || test.want == retcode.GroupOwnedLimitReached { // steps of create alone
				must(t, err)
				return
			}
			wantCode(t, "bind", err, test.want)
			off()
			f.whole("after bind", "77", 0, ann, own.GC)

			gc, err := ann.bind("3", "77", own.GC)
			must(t, err)
			f.whole("bound", "77", gc, ann, own.GC)
		})
	}
}

// TestWhatCannotBeUndoneIsUndoneLater: the group platform is away before the step can be undone. The next call for the guild, or
// Run, does it.
func TestWhatCannotBeUndoneIsUndoneLater(t *testing.T) {
	for _, by := range []string{"the next call", "Run"} {
		for _, existing := range []bool{false, true} {
			t.Run(fmt.Sprint(by, ", existing ", existing), func(t *testing.T) {
				f := newFixture(t)
				ann := f.player()
				f.game.set("3", "77", ann)
				var owned []platform.GC
				bind := func() (platform.GC, error) { return ann.create("3", "77") }
				if existing {
					own, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
					must(t, err)
					owned = []platform.GC{own.GC}
					bind = func() (platform.GC, error) { return ann.bind("3", "77", own.GC) }
				}
				offs := []func(){f.fail("events.write"), f.fail("bus.connect:0xf02_10"), f.fail("bus.connect:0xf02_12")}
				_, err := bind()
				wantCode(t, "bind", err, retcode.GroupEventReportFailed)
				if n := f.underWay(); n != 1 {
					t.Fatalf("%d bindings are under way, want 1", n)
				}
				if gc, err := ann.show("3", "77"); gc != 0 || err != nil {
					t.Errorf("a binding under way is shown: %s, %v", gc, err)
				}
				_, err = bind()
				wantCode(t, "while it cannot be undone", err, retcode.GroupPlatformUnreachable)
				for _, off := range offs {
					off()
				}
				if by == "Run" {
					f.settleLeft(t.Context())
					f.whole("after Run", "77", 0, ann, owned...)
					return
				}
				gc, err := bind()
				must(t, err)
				if !existing {
					owned = []platform.GC{gc}
				}
				f.whole("after the next call", "77", gc, ann, owned...)
			})
		}
	}
}

// TestUndoingACreationSparesItsGroup: the answer to a creation is lost, and it cannot be undone at once. Its owner finds the
// group meanwhile and binds it to another guild, of this game or another one: it stays.
func TestUndoingACreationSparesItsGroup(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		t.Run(fmt.Sprint("at another game ", elsewhere), func(t *testing.T) {
			f := newFixture(t)
			ann := f.player()
			f.game.set("3", "77", ann)
			f.game.set("3", "78", ann)
			off := f.fail("bus.garble:0xf02_1")
			_, err := ann.create("3", "77")
			wantCode(t, "create", err, retcode.GroupAnswerUnparsable500003)
			owned := ann.owned()
			if n := f.underWay(); n != 1 || len(owned) != 1 {
				t.Fatalf("%d bindings are under way, the leader owns %v", n, owned)
			}
			gc := owned[0]
			if elsewhere {
				must(t, f.Store.NoteGuild(t.Context(), gc, platform.Guild{AppID: f.app.AppID + 1, Zone: "3", ID: "78"}, func(*platform.Group) error { return nil }))
			} else {
				_, err = ann.bind("3", "78", gc)
				must(t, err)
			}
			off()
			f.settleLeft(t.Context())
			f.whole("the first guild", "77", 0, ann, gc)
			if !elsewhere {
				f.whole("the other guild", "78", gc, ann, gc)
			}
		})
	}
}

// TestALeftoverOfAnotherGuild: what is under way with the group, for another guild, is settled too.
func TestALeftoverOfAnotherGuild(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	f.game.set("3", "78", ann)
	own, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
	must(t, err)
	off, off2 := f.fail("events.write"), f.fail("bus.connect:0xf02_12")
	_, err = ann.bind("3", "77", own.GC)
	wantCode(t, "bind", err, retcode.GroupEventReportFailed)
	off()
	off2()
	_, err = ann.bind("3", "78", own.GC)
	must(t, err)
	f.whole("the other guild", "78", own.GC, ann, own.GC)
	f.whole("the first guild", "77", 0, ann, own.GC)
}

// TestUnbindingIsDoneOnceItIsWritten: the group platform learns of it later.
func TestUnbindingIsDoneOnceItIsWritten(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	gc, err := ann.create("3", "77")
	must(t, err)
	for point, want := range map[string]retcode.Code{
		"store.write:bindings": retcode.GroupBindingWriteFailed, "events.write": retcode.GroupEventReportFailed, "bus.connect:0xf02_2": retcode.GroupPlatformUnreachable,
	} {
		off := f.fail(point)
		_, err = ann.unbind("3", "77")
		wantCode(t, point, err, want)
		off()
		f.whole(point, "77", gc, ann, gc)
	}
	off := f.fail("bus.connect:0xf02_12")
	_, err = ann.unbind("3", "77")
	must(t, err)
	if shown, err := ann.show("3", "77"); shown != 0 || err != nil {
		t.Errorf("shown: %s, %v", shown, err)
	}
	_, err = ann.unbind("3", "77")
	wantCode(t, "again", err, retcode.GroupGuildNotBound)
	off()
	again, err := ann.create("3", "77")
	must(t, err)
	f.whole("bound again", "77", again, ann, gc, again)
}

// TestRaces: many callers at once bind one guild and one group; one binding remains, and no group of the others.
func TestRaces(t *testing.T) {
	for _, test := range []struct {
		name string
		bind func(ann *player, own []platform.GC, i int) (platform.GC, error)
		lost []retcode.Code
	}{
		{"a guild creates many groups", func(ann *player, _ []platform.GC, _ int) (platform.GC, error) { return ann.create("3", "0") },
			[]retcode.Code{retcode.GroupGuildAlreadyBound}},
		{"a guild reaches for many groups", func(ann *player, own []platform.GC, i int) (platform.GC, error) { return ann.bind("3", "0", own[i]) },
			[]retcode.Code{retcode.GroupGuildAlreadyBound}},
		{"many guilds reach for a group", func(ann *player, own []platform.GC, i int) (platform.GC, error) {
			return ann.bind("3", fmt.Sprint(i), own[0])
		}, []retcode.Code{retcode.GroupBoundToOtherGuild}},
		{"many guilds reach for some groups", func(ann *player, own []platform.GC, i int) (platform.GC, error) {
			return ann.bind("3", fmt.Sprint(i%4), own[i%3])
		}, []retcode.Code{retcode.GroupGuildAlreadyBound, retcode.GroupBoundToOtherGuild}},
	} {
		t.Run(test.name, func(t *testing.T) {
			const callers = 12
			f := newFixture(t)
			ann := f.player()
			var own []platform.GC
			for i := range callers {
				f.game.set("3", fmt.Sprint(i), ann)
				g, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
				must(t, err)
				own = append(own, g.GC)
			}
			var (
				wg   sync.WaitGroup
				gcs  [callers]platform.GC
				errs [callers]error
			)
			for i := range callers {
				wg.Go(func() { gcs[i], errs[i] = test.bind(ann, own, i) })
			}
			wg.Wait()
			won := make(map[platform.GC]bool)
			for i, err := range errs {
				if code, _ := retcode.From(err); err == nil {
					won[gcs[i]] = true
				} else if !slices.Contains(test.lost, code) {
					t.Errorf("a loser is told %v", err)
				}
			}
			list, err := f.Bindings(t.Context(), platform.Guild{AppID: f.app.AppID}, 100)
			must(t, err)
			if len(list) != len(won) || len(won) == 0 {
				t.Errorf("%d bindings, and %d callers were told of one", len(list), len(won))
			}
			for _, b := range list {
				if !won[b.GC] {
					t.Errorf("group %s is bound, and nobody was told", b.GC)
				}
			}
			if n := f.underWay(); n != 0 {
				t.Errorf("%d bindings are under way", n)
			}
			if extra := len(ann.owned()) - len(own); extra > 1 || extra == 1 && !won[ann.owned()[len(own)]] {
				t.Errorf("%d groups more than before", extra)
			}
		})
	}
}

// TestACachedBindingFollowsTheStore: a change that the store reports drops what was cached, by either key, also that there was
// nothing.
func TestACachedBindingFollowsTheStore(t *testing.T) {
	f := newFixture(t)
	guild := platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"}
	want := func(what string, gc platform.GC) {
		t.Helper()
		byGuild, err := f.ofGuild(t.Context(), guild)
		must(t, err)
		byGroup, err := f.ofGroup(t.Context(), guild.AppID, 700000001)
		must(t, err)
		if byGuild.GC != gc || byGroup.GC != gc {
			t.Errorf("%s: group %s by guild, %s by group, want %s", what, byGuild.GC, byGroup.GC, gc)
		}
	}
	want("before", 0)
	off := f.fail("store.read:bindings")
	f.faults.Clear(0)
	want("before", 0)
	b := platform.Binding{Guild: guild, GC: 700000001, Request: "r"}
	must(t, f.Store.BeginBinding(t.Context(), b))
	want("begun", 0)
	must(t, f.Store.FinishBinding(t.Context(), b, nil))
	want("bound", b.GC)
	must(t, f.Store.ReleaseBinding(t.Context(), b, nil))
	want("released", 0)
	off()
}

// TestACachedBindingSparesTheStore: what was read is not read again, until a fault empties the caches as a restart does.
func TestACachedBindingSparesTheStore(t *testing.T) {
	f := newFixture(t)
	guild := platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"}
	read := func() error { _, err := f.ofGuild(t.Context(), guild); return err }
	must(t, read())
	off := f.fail("store.read:bindings")
	must(t, errors.Join(f.refill(guild), read()))
	off()
	for point, want := range map[string]retcode.Code{
		"store.read:bindings": retcode.GroupBindingReadFailed, "cache.read:bindings": retcode.GroupCacheFailed, "cache.write:bindings": retcode.GroupCacheFailed,
	} {
		off := f.fail(point)
		if code, _ := retcode.From(read()); code != want {
			t.Errorf("%s: %v, want %v", point, code, want)
		}
		off()
		must(t, read())
	}
}

// refill puts a guild without a group into the cache, as a reading before a fault did.
func (f *fixture) refill(guild platform.Guild) error {
	set := f.byGuild.SetOf(guild)
	set.Put(guild, platform.Binding{}, set.Drops())
	return nil
}

// strange is a group platform that answers what the test wants.
type strange struct {
	create   func() *wire.CreateGroupResponse
	bind     func() *wire.BindGroupResponse
	query    func() *wire.QueryGroupResponse
	list     func(after uint64) *wire.ListGroupsResponse
	relation func() *wire.RelationResponse
}

// withPlatform returns the fixture's service on a bus of its own with another group platform.
func (f *fixture) withPlatform(p strange) *fixture {
	f.t.Helper()
	other := *f
	o := f.Options
	o.Bus = oidb.NewBus()
	o.Store = unheard{f.Store}
	f.id.Register(o.Bus)
	oidb.Handle(o.Bus, qqgroups.CreateGroup, func(context.Context, *wire.CreateGroupRequest) (*wire.CreateGroupResponse, error) {
		return p.create(), nil
	})
	oidb.Handle(o.Bus, qqgroups.BindGroup, func(context.Context, *wire.BindGroupRequest) (*wire.BindGroupResponse, error) { return p.bind(), nil })
	oidb.Handle(o.Bus, qqgroups.QueryGroup, func(context.Context, *wire.QueryGroupRequest) (*wire.QueryGroupResponse, error) {
		return p.query(), nil
	})
	oidb.Handle(o.Bus, qqgroups.ListGroups, func(_ context.Context, req *wire.ListGroupsRequest) (*wire.ListGroupsResponse, error) {
		return p.list(req.After), nil
	})
	oidb.Handle(o.Bus, qqgroups.Relation, func(context.Context, *wire.RelationRequest) (*wire.RelationResponse, error) { return p.relation(), nil })
	oidb.Handle(o.Bus, qqgroups.DisbandGroup, func(_ context.Context, req *wire.DisbandGroupRequest) (*wire.DisbandGroupResponse, error) {
		return &wire.DisbandGroupResponse{Gc: req.Gc}, nil
	})
	oidb.Handle(o.Bus, qqgroups.UnbindGroup, func(_ context.Context, req *wire.UnbindGroupRequest) (*wire.UnbindGroupResponse, error) {
		return &wire.UnbindGroupResponse{Gc: req.Gc}, nil
	})
	other.Service = New(o)
	other.Register()
	o.Bus.SetDirectory(f.id)
	return &other
}

// unheard is a store whose changes the tests' second service does not hear: it is made after the first write.
type unheard struct{ store.Store }

func (unheard) OnChange(func(store.Change)) {}

// TestStrangeAnswers: the group platform answers what it never should; nothing of that gets into a binding.
func TestStrangeAnswers(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	f.game.set("3", "78", ann)
	taken, err := ann.create("3", "78")
	must(t, err)
	bound := &wire.BindGroupResponse{Gc: 700000077}
	own := &wire.Group{Gc: 700000077, Owner: uint64(ann.uin), Game: true}
	for _, test := range []struct {
		name string
		with strange
		call func(*player) error
		want retcode.Code
	}{
		{"a new group without a number", strange{
			create: func() *wire.CreateGroupResponse { return &wire.CreateGroupResponse{} },
			bind:   func() *wire.BindGroupResponse { return &wire.BindGroupResponse{} },
		}, func(p *player) error { _, err := p.create("3", "77"); return err }, retcode.GroupBindAnswerInvalid},
		{"the binding without the number", strange{
			create: func() *wire.CreateGroupResponse { return &wire.CreateGroupResponse{Gc: 700000077} },
			bind:   func() *wire.BindGroupResponse { return &wire.BindGroupResponse{} },
		}, func(p *player) error { _, err := p.create("3", "77"); return err }, retcode.GroupBindAnswerInvalid},
		{"the binding with another number", strange{
			create: func() *wire.CreateGroupResponse { return &wire.CreateGroupResponse{Gc: 700000078} },
			bind:   func() *wire.BindGroupResponse { return bound },
		}, func(p *player) error { _, err := p.create("3", "77"); return err }, retcode.GroupBindAnswerInvalid},
		{"a new group that serves another guild", strange{
			create: func() *wire.CreateGroupResponse { return &wire.CreateGroupResponse{Gc: uint64(taken)} },
			bind:   func() *wire.BindGroupResponse { return &wire.BindGroupResponse{Gc: uint64(taken)} },
		}, func(p *player) error { _, err := p.create("3", "77"); return err }, retcode.GroupBindAnswerInvalid},
		{"another group than the one asked for", strange{
			query: func() *wire.QueryGroupResponse { return &wire.QueryGroupResponse{Group: own} },
		}, func(p *player) error { _, err := p.bind("3", "77", 700000070); return err }, retcode.GroupAnswerUnparsable500004},
		{"no group at all", strange{
			query: func() *wire.QueryGroupResponse { return &wire.QueryGroupResponse{} },
		}, func(p *player) error { _, err := p.bind("3", "77", 700000077); return err }, retcode.GroupAnswerUnparsable500004},
		{"a relation that does not exist", strange{
			relation: func() *wire.RelationResponse { return &wire.RelationResponse{Relation: 5} },
		}, func(p *player) error { _, err := p.relation(taken); return err }, retcode.GroupAnswerUnparsable500004},
		{"no relation", strange{
			relation: func() *wire.RelationResponse { return &wire.RelationResponse{} },
		}, func(p *player) error { _, err := p.relation(taken); return err }, retcode.GroupAnswerUnparsable500004},
		{"a list that repeats itself", strange{
			list: func(uint64) *wire.ListGroupsResponse {
				return &wire.ListGroupsResponse{Group: []*wire.Group{own}, More: true}
			},
		}, func(p *player) error { _, err := p.list(); return err }, retcode.GroupAnswerUnparsable500006},
		{"a page that is too large", strange{
			list: func(uint64) *wire.ListGroupsResponse { return &wire.ListGroupsResponse{Group: numbered(0, 201)} },
		}, func(p *player) error { _, err := p.list(); return err }, retcode.GroupAnswerUnparsable500006},
		{"more, but nothing", strange{
			list: func(uint64) *wire.ListGroupsResponse { return &wire.ListGroupsResponse{More: true} },
		}, func(p *player) error { _, err := p.list(); return err }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			other := f.withPlatform(test.with)
			caller := *ann
			caller.f = other
			wantCode(t, test.name, test.call(&caller), test.want)
			if b, err := f.Store.Binding(t.Context(), platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"}); !errors.Is(err, platform.ErrNotFound) {
				t.Errorf("the guild has %+v, %v", b, err)
			}
			if n := f.underWay(); n != 0 {
				t.Errorf("%d bindings are under way", n)
			}
		})
	}
}

// numbered returns that many groups after a number.
func numbered(after uint64, n int) (list []*wire.Group) {
	for i := range n {
		list = append(list, &wire.Group{Gc: after + uint64(i) + 1, Name: "a group"})
	}
	return list
}

func (p *player) list() ([]*wire.CreatedGroup, error) {
	return List(p.f.t.Context(), p.f.Bus, &wire.ListCreatedGroupsRequest{Appid: uint64(p.f.app.AppID), Openid: p.openid[:], AccessToken: p.token})
}

// TestAListWithoutAnEnd: of a group platform whose list never ends, 5,000 groups are answered.
func TestAListWithoutAnEnd(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	pages := 0
	caller := *ann
	caller.f = f.withPlatform(strange{list: func(after uint64) *wire.ListGroupsResponse {
		pages++
		return &wire.ListGroupsResponse{Group: numbered(after, 200), More: true}
	}})
	list, err := caller.list()
	must(t, err)
	if len(list) != 5000 || pages != 25 || list[4999].Gc != 5000 {
		t.Errorf("%d groups on %d pages, the last is %v", len(list), pages, list[len(list)-1])
	}
}
