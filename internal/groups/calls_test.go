package groups

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// TestADayOfReminders: a leader is reminded once in a day, which ends at midnight where the platform is.
func TestADayOfReminders(t *testing.T) {
	f := newFixture(t)
	f.Clock.Set(time.Date(2030, 1, 1, 15, 58, 0, 0, time.UTC)) // 23:58 in the fixture's zone
	ann, ben, carl := f.player(), f.player(), f.player()
	f.game.set("3", "77", ann, ben, carl)
	f.game.set("3", "78", ben, carl)
	must(t, ben.remind("3", "77", ann))
	must(t, carl.remind("3", "78", ben)) // another leader
	err := carl.remind("3", "77", ann)
	wantCode(t, "the second one", err, retcode.GroupRemindRateExceeded)
	var refused *retcode.Error
	if !errors.As(err, &refused) || refused.RetryAfter() <= time.Minute || refused.RetryAfter() > 2*time.Minute {
		t.Errorf("the second one may be repeated otherwise than in two minutes: %v", err)
	}
	f.Clock.Set(time.Date(2030, 1, 1, 16, 1, 0, 0, time.UTC))
	must(t, carl.remind("3", "77", ann))
	f.Clock.Set(time.Date(2030, 1, 2, 15, 59, 0, 0, time.UTC))
	wantCode(t, "late the next day", ben.remind("3", "77", ann), retcode.GroupRemindRateExceeded)
}

// TestAGuildWithAGroupNeedsNoReminder: a refused reminder does not count.
func TestAGuildWithAGroupNeedsNoReminder(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.player(), f.player()
	f.game.set("3", "77", ann, ben)
	_, err := ann.create("3", "77")
	must(t, err)
	wantCode(t, "with a group", ben.remind("3", "77", ann), retcode.GroupGuildAlreadyBound)
	_, err = ann.unbind("3", "77")
	must(t, err)
	must(t, ben.remind("3", "77", ann))
}

// TestAReadingDoesNotUndoAChange: what was read before a change is not cached after it.
func TestAReadingDoesNotUndoAChange(t *testing.T) {
	f := newFixture(t)
	guild := platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"}
	b, err := read(t.Context(), f.Service, guild.AppID, f.byGuild, guild, func() (platform.Binding, error) {
		f.byGuild.SetOf(guild).Drop() // as a change does
		return platform.Binding{Guild: guild, GC: 700000001}, nil
	})
	if err != nil || b.GC != 700000001 {
		t.Errorf("read: %+v, %v", b, err)
	}
	if cached := f.byGuild.SetOf(guild).Get(guild); cached != nil {
		t.Errorf("cached: %+v", cached)
	}
}

// telling is a store that tells when the bindings under way were read.
type telling struct {
	store.Store
	read chan struct{}
}

func (s telling) BindingsUnderWay(ctx context.Context, after platform.Binding, limit int) ([]platform.Binding, error) {
	list, err := s.Store.BindingsUnderWay(ctx, after, limit)
	select {
	case s.read <- struct{}{}:
	default:
	}
	return list, err
}

// TestRunLeavesFinishedCallsAlone: Run finds a binding under way whose call is running, and waits for it.
func TestRunLeavesFinishedCallsAlone(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	own, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
	must(t, err)
	b := f.newBinding(platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"}, "Ravens", own.GC, &caller{uin: ann.uin})
	done, err := f.take(t.Context(), b)
	must(t, err)
	must(t, f.begin(t.Context(), b))
	told := telling{f.Store, make(chan struct{}, 1)}
	f.Store = told
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		f.settleLeft(context.WithoutCancel(t.Context()))
	}()
	<-told.read
	_, err = f.make(t.Context(), b)
	must(t, err)
	done()
	<-settled
	f.whole("after Run", "77", own.GC, ann, own.GC)
}

// TestRunUndoesWhatIsLeftByNow: Run finds a binding under way whose group is being created. When its turn comes, the group was
// created and its guild has given it up: that is undone, and the group stays.
func TestRunUndoesWhatIsLeftByNow(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	b := f.newBinding(platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"}, "Ravens", 0, &caller{uin: ann.uin})
	done, err := f.take(t.Context(), b)
	must(t, err)
	must(t, f.begin(t.Context(), b))
	told := telling{f.Store, make(chan struct{}, 1)}
	f.Store = told
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		f.settleLeft(context.WithoutCancel(t.Context()))
	}()
	<-told.read
	b, err = f.make(t.Context(), b)
	must(t, err)
	must(t, f.Store.ReleaseBinding(t.Context(), b, nil))
	done()
	<-settled
	f.whole("after Run", "77", 0, ann, b.GC)
}

// watching is a store that notes whose turns are held when a binding under way is removed.
type watching struct {
	store.Store
	turns *turns
	held  map[any]bool
}

func (s *watching) EndBinding(ctx context.Context, b platform.Binding) error {
	s.turns.mu.Lock()
	for key := range s.turns.held {
		s.held[key] = true
	}
	s.turns.mu.Unlock()
	return s.Store.EndBinding(ctx, b)
}

// TestRunTakesItsTurn: no call of the guild runs while Run undoes what is left, and none of another guild reaches for the group.
func TestRunTakesItsTurn(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	own, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
	must(t, err)
	guild := platform.Guild{AppID: f.app.AppID, Zone: "3", ID: "77"}
	must(t, f.Store.BeginBinding(t.Context(), f.newBinding(guild, "Ravens", own.GC, &caller{uin: ann.uin})))
	watched := &watching{Store: f.Store, turns: &f.turns, held: make(map[any]bool)}
	f.Store = watched
	f.settleLeft(t.Context())
	f.whole("after Run", "77", 0, ann, own.GC)
	if !watched.held[guild] || !watched.held[groupKey{f.app.AppID, own.GC}] {
		t.Errorf("held: %v", watched.held)
	}
}

// TestWhatCannotBeUndoneIsNotInTheWay: a binding is undone that is younger than a hundred whose groups are being maintained.
func TestWhatCannotBeUndoneIsNotInTheWay(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	for i := range 101 {
		g, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true, ReadOnly: i < 100})
		must(t, err)
		b := f.newBinding(platform.Guild{AppID: f.app.AppID, Zone: "3", ID: fmt.Sprint(i)}, "Ravens", g.GC, &caller{uin: ann.uin})
		b.SinceMS = int64(i)
		must(t, f.Store.BeginBinding(t.Context(), b))
	}
	f.settleLeft(t.Context())
	left, err := f.Store.BindingsUnderWay(t.Context(), platform.Binding{}, 1000)
	must(t, err)
	if len(left) != 100 || left[99].ID != "99" {
		t.Errorf("%d bindings are under way, want the 100 of guilds 0 to 99", len(left))
	}
}

// TestAGroupThatNobodyLearnedOf: the group platform creates a group and its answer is lost.
func TestAGroupThatNobodyLearnedOf(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	_, err := f.faults.Add(fault.Rule{Point: "bus.garble:0xf02_1", Times: 1})
	must(t, err)
	_, err = ann.create("3", "77")
	wantCode(t, "create", err, retcode.GroupAnswerUnparsable500003)
	f.whole("after create", "77", 0, ann)

	off := f.fail("bus.garble:0xf02_1")
	_, err = ann.create("3", "77")
	wantCode(t, "while answers are lost", err, retcode.GroupAnswerUnparsable500003)
	if n := f.underWay(); n != 1 || len(ann.owned()) != 1 {
		t.Errorf("%d bindings are under way, the leader owns %v", n, ann.owned())
	}
	off()
	f.settleLeft(t.Context())
	f.whole("after Run", "77", 0, ann)
}

// TestWhatIsWrongWithAGroupLeavesNoTrace: it is known before anything is written.
func TestWhatIsWrongWithAGroupLeavesNoTrace(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.player(), f.player()
	f.game.set("3", "77", ann, ben)
	f.fail("store.write:bindings")
	for _, test := range []struct {
		group     platform.Group
		disbanded bool
		want      retcode.Code
	}{
		{group: platform.Group{Owner: ben.uin, Game: true}, want: retcode.GroupNotOwner},
		{group: platform.Group{Owner: ann.uin, Game: true, Fee: true}, want: retcode.GroupFeeCharging},
		{group: platform.Group{Owner: ann.uin}, want: retcode.GroupNotGameGroup},
		{group: platform.Group{Owner: ann.uin, Game: true}, disbanded: true, want: retcode.GroupDisbanded},
		{group: platform.Group{Owner: ann.uin, Game: true}, want: retcode.GroupBindingWriteFailed},
	} {
		test.group.Name = "Rooks"
		own, err := f.qq.Create(t.Context(), test.group)
		must(t, err)
		if test.disbanded {
			must(t, f.qq.Disband(t.Context(), own.GC))
		}
		_, err = ann.bind("3", "77", own.GC)
		wantCode(t, test.want.Symbol(), err, test.want)
	}
}

// TestAGroupPlatformThatOnlyReads: what it cannot undo now, it will.
func TestAGroupPlatformThatOnlyReads(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	gc, err := ann.create("3", "77")
	must(t, err)
	off := f.fail("backend.answer:0xf02_12=201")
	_, err = ann.unbind("3", "77")
	must(t, err)
	if n := f.underWay(); n != 1 {
		t.Errorf("%d bindings are under way, want 1", n)
	}
	off()
	f.settleLeft(t.Context())
	f.whole("after Run", "77", 0, ann, gc)
}

// TestASlowGroupPlatform: a call answers in time that the group platform does not.
func TestASlowGroupPlatform(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	f.Bus.SetDeadline(oidb.Deadline)
	off := f.fail("bus.delay:0xf02_11=20s")
	begun := time.Now()
	_, err := ann.create("3", "77")
	wantCode(t, "create", err, retcode.GroupPlatformUnreachable)
	if took := time.Since(begun); took < time.Second {
		t.Errorf("it took %v", took)
	}
	off()
	f.whole("after create", "77", 0, ann)
}

// counting is a store that counts how often the openids of accounts are looked up.
type counting struct {
	store.Store
	lookups int
}

func (s *counting) OpenIDsOf(ctx context.Context, uin platform.UIN) ([]platform.OpenIDBinding, error) {
	s.lookups++
	return s.Store.OpenIDsOf(ctx, uin)
}

// TestAGroupIsShownAsFarAsAsked: who owns and runs it is looked up only for those who ask.
func TestAGroupIsShownAsFarAsAsked(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	_, err := ann.create("3", "77")
	must(t, err)
	counted := &counting{Store: f.Store}
	f.Store = counted
	for _, test := range []struct {
		relation, people bool
		lookups          int
	}{{false, false, 0}, {true, false, 0}, {false, true, 1}, {true, true, 1}} {
		counted.lookups = 0
		rsp, err := oidb.Call(t.Context(), f.Bus, Show, &wire.ShowGuildGroupRequest{
			Appid: uint64(f.app.AppID), Openid: ann.openid[:], AccessToken: ann.token, Zone: "3", Guild: "77", Relation: test.relation, People: test.people,
		})
		must(t, err)
		if related, owned := rsp.Relation == 1, string(rsp.Owner) == string(ann.openid[:]); related != test.relation || owned != test.people || counted.lookups != test.lookups {
			t.Errorf("%+v: relation %d, owner %x, %d lookups", test, rsp.Relation, rsp.Owner, counted.lookups)
		}
	}
}

// TestUnbindingNamesWhoUnbound: the guild and its group have a new leader since they were bound.
func TestUnbindingNamesWhoUnbound(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.player(), f.player()
	f.game.set("3", "77", ann, ben)
	gc, err := ann.create("3", "77")
	must(t, err)
	_, err = ben.join("3", "77", gc)
	must(t, err)
	f.game.set("3", "77", ben, ann)
	_, err = ben.unbind("3", "77")
	wantCode(t, "before the group is handed over", err, retcode.GroupNotOwner)
	_, err = oidb.Call(t.Context(), f.Bus, qqgroups.TransferGroup, &wire.TransferGroupRequest{Gc: uint64(gc), Owner: uint64(ann.uin), To: uint64(ben.uin)})
	must(t, err)
	_, err = ann.unbind("3", "77")
	wantCode(t, "the former leader", err, retcode.GroupNotOwner)
	_, err = ben.unbind("3", "77")
	must(t, err)
	events, err := f.Store.Undelivered(t.Context(), platform.LaneStream, 10)
	must(t, err)
	if len(events) != 2 || events[0].UIN != ann.uin || events[1].UIN != ben.uin {
		t.Errorf("events: %+v", events)
	}
}
