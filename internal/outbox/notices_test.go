package outbox

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
)

// withNotices connects the lane of notices with the service of messages, and makes the account of the events.
func withNotices(t *testing.T) func(*fixture) {
	return func(f *fixture) {
		f.clock.Set(time.UnixMilli(1_700_000_000_123))
		bus := oidb.NewBus()
		bus.Guard(f.faults.Bus)
		f.faults.Notices(&messages.NotifyCommand.Declaration)
		messages.New(f.store, f.clock, bus, nil, messages.Options{}).Register()
		must(t, f.store.CreateAccount(t.Context(), &platform.Account{UIN: platform.FirstUIN}, platform.FirstUIN))
		f.Connect(platform.LaneNotices, NewNotices(bus, f.clock, slog.New(slog.NewTextHandler(f.log, nil))))
	}
}

func (f *fixture) inbox(t *testing.T) (texts []string) {
	t.Helper()
	list, err := f.store.MessagesAfter(t.Context(), platform.FirstUIN, 0, 0, 0, 100)
	must(t, err)
	for _, m := range list {
		texts = append(texts, string(m.Kind)+": "+m.Title+": "+m.Text)
	}
	return texts
}

const noticed = "notice: Your guild has a group: Guild <Owls> and QQ group 700000001 belong together now."

// TestNotices: the person who bound a guild is told once, however often the event is delivered, and other events tell nobody.
func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, nil, withNotices(t))
		unbound := bound(700000002)
		unbound.Type = platform.EventGuildUnbound
		nameless := bound(700000003)
		nameless.GuildName = ""
		away, err := f.faults.Add(fault.Rule{Point: "notice.send"})
		must(t, err)
		must(t, f.store.Report(t.Context(), []platform.Event{bound(700000001), unbound, nameless, {Type: platform.EventTest}}))
		synctest.Wait()
		f.faults.Clear(away.ID)
		_, err = f.faults.Add(fault.Rule{Point: "store.write:outbox", Times: 2}) // all are delivered again, and once more
		must(t, err)
		<-time.After(time.Minute)
		synctest.Wait()
		want(t, "inbox", f.inbox(t), []string{noticed, "notice: Your guild has a group: Guild 2134 and QQ group 700000003 belong together now."})
		want(t, "waiting", f.waiting(t, platform.LaneNotices), 0)
	})
}

// TestNoticesThatCannotBeSent wait while nobody can take them, and are given up when they are refused or after seven days.
func TestNoticesThatCannotBeSent(t *testing.T) {
	for name, test := range map[string]struct {
		point  string
		after  time.Duration // when the fault ends
		inbox  []string
		waited int // notices after two minutes
	}{
		"the official account is away": {"notice.send", 10 * time.Minute, []string{noticed}, 1},
		"no instance of the back end":  {"bus.route:0xf03", 10 * time.Minute, []string{noticed}, 1},
		"the inbox cannot be written":  {"store.write:messages", 10 * time.Minute, []string{noticed}, 1},
		"it is refused":                {"backend.answer:0xf03=145", 10 * time.Minute, nil, 0},
		"away for six days":            {"notice.send", 6 * 24 * time.Hour, []string{noticed}, 1},
		"away for seven days":          {"notice.send", 7 * 24 * time.Hour, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, nil, withNotices(t))
				_, err := f.faults.Add(fault.Rule{Point: test.point})
				must(t, err)
				f.report(t, 700000001)
				<-time.After(2 * time.Minute)
				synctest.Wait()
				want(t, "waiting", f.waiting(t, platform.LaneNotices), test.waited)
				f.clock.Advance(test.after - 2*time.Minute)
				synctest.Wait()
				f.faults.Clear(0)
				<-time.After(2 * time.Minute)
				synctest.Wait()
				want(t, "inbox", f.inbox(t), test.inbox)
				want(t, "waiting at last", f.waiting(t, platform.LaneNotices), 0)
				want(t, "waiting in the stream", f.waiting(t, platform.LaneStream), 0)
			})
		})
	}
}
