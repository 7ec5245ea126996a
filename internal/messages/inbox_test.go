package messages

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func TestAnInboxIsListedInPages(t *testing.T) {
	f := newFixture(t)
	ann := f.account()
	for i := range 5 {
		must(t, Notify(t.Context(), f.bus, ann, Notice{AppID: platform.AppID(7 + i%2), Title: strings.Repeat("x", i+1)}))
	}
	titles := func(app platform.AppID, after int64, limit int) (got []int, last int64, more bool) {
		t.Helper()
		list, more, err := Inbox(t.Context(), f.bus, app, ann, after, limit)
		must(t, err)
		for _, m := range list {
			got, last = append(got, len(m.Title)), m.ID
		}
		return got, last, more
	}
	first, last, more := titles(0, 0, 2)
	second, last, more2 := titles(0, last, 2)
	third, _, more3 := titles(0, last, 2)
	if len(first) != 2 || first[0] != 1 || second[1] != 4 || len(third) != 1 || third[0] != 5 || !more || !more2 || more3 {
		t.Errorf("got the pages %v (more: %v), %v (%v), %v (%v)", first, more, second, more2, third, more3)
	}
	if got, _, _ := titles(8, 0, 0); len(got) != 2 || got[0] != 2 || got[1] != 4 {
		t.Errorf("of one app: %v", got)
	}
	f.fail("store.read:messages")
	_, _, err := Inbox(t.Context(), f.bus, 0, ann, 0, 0)
	wants(t, err, retcode.OIDBConnectFailed)
}

func TestMessagesAreKeptThirtyDays(t *testing.T) {
	f := newFixture(t)
	ann := f.account()
	must(t, Notify(t.Context(), f.bus, ann, Notice{Title: "old"}))
	const kept = 30 * 24 * time.Hour
	shown := func() int {
		t.Helper()
		list, _, err := Inbox(t.Context(), f.bus, 0, ann, 0, 0)
		must(t, err)
		recent, err := f.Recent(t.Context(), ann, 1<<62, 10)
		must(t, err)
		if len(recent) != len(list) {
			t.Errorf("%d on the page, %d at the door", len(recent), len(list))
		}
		return len(list)
	}
	f.clock.Advance(kept - time.Minute)
	must(t, f.sweep(t.Context()))
	if shown() != 1 {
		t.Error("it is gone before 30 days")
	}
	f.clock.Advance(2 * time.Minute)
	if shown() != 0 || len(f.inbox(ann)) != 1 {
		t.Error("it is shown after 30 days, or was removed without a sweep")
	}
	must(t, f.sweep(t.Context()))
	if len(f.inbox(ann)) != 0 {
		t.Error("it is stored after 30 days")
	}
}

// TestTheSweepForgetsNoLimit: the counts of this week and the last are kept.
func TestTheSweepForgetsNoLimit(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.person(), f.person()
	f.befriend(ann, ben)
	must(t, f.share(ann, ben))
	sunday := time.Date(2025, 6, 15, 23, 0, 0, 0, shanghai)
	f.clock.Set(sunday)
	must(t, f.share(ann, ben))
	must(t, f.sweep(t.Context()))
	wants(t, f.share(ann, ben), retcode.QQPairQuotaExceeded)
	f.clock.Set(sunday.Add(2 * time.Hour))
	must(t, f.sweep(t.Context()))
	f.clock.Set(sunday)
	wants(t, f.share(ann, ben), retcode.QQPairQuotaExceeded)
	f.clock.Set(sunday.Add(7*24*time.Hour + 2*time.Hour))
	removed, err := f.store.SweepMessages(t.Context(), 0, f.Calendar.Week(f.clock.Now())-7, 100)
	if must(t, err); removed != 2 {
		t.Errorf("%d counts were removed, want one of each message", removed)
	}
}

func TestReadStateIsKept(t *testing.T) {
	f := newFixture(t)
	ann := f.account()
	for range 3 {
		must(t, Notify(t.Context(), f.bus, ann, Notice{Title: "x"}))
	}
	list := f.inbox(ann)
	must(t, f.MarkRead(t.Context(), ann, list[1].ID))
	for i, m := range f.inbox(ann) {
		if (m.ReadMS != 0) != (i < 2) {
			t.Errorf("message %d was read at %d", i, m.ReadMS)
		}
	}
}

func TestArrivalsAreHeard(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.account(), f.account()
	arrived, stop, err := f.Watch(7, ann)
	must(t, err)
	must(t, Notify(t.Context(), f.bus, ben, Notice{AppID: 7, Title: "to another"}))
	must(t, Notify(t.Context(), f.bus, ann, Notice{AppID: 8, Title: "through another app"}))
	select {
	case <-arrived:
		t.Error("a message that another waits for was heard")
	default:
	}
	must(t, Notify(t.Context(), f.bus, ann, Notice{AppID: 7, Title: "x"}))
	must(t, Notify(t.Context(), f.bus, ann, Notice{AppID: 7, Title: "x"}))
	select {
	case <-arrived: // before the write returned
	default:
		t.Error("a message was not heard")
	}
	stop()
	stop()
	must(t, Notify(t.Context(), f.bus, ann, Notice{AppID: 7, Title: "x"}))
	if len(f.arrivals.waiting) != 0 || f.arrivals.count != 0 {
		t.Errorf("%v are still waited for", f.arrivals.waiting)
	}
}

func TestWaitersAreBounded(t *testing.T) {
	var a arrivals
	var stops []func()
	own := inboxOf{7, 1}
	for range maxOwn {
		_, stop, err := a.watch(own)
		must(t, err)
		stops = append(stops, stop)
	}
	if _, _, err := a.watch(own); !errors.Is(err, ErrManyWaiters) {
		t.Errorf("one account's waiters at one app: %v", err)
	}
	_, stop, err := a.watch(inboxOf{8, 1})
	must(t, err)
	stop()
	stops[2]()
	_, _, err = a.watch(own)
	must(t, err)
	for uin := platform.UIN(2); a.count < maxWaiters; uin++ {
		_, _, err := a.watch(inboxOf{7, uin})
		must(t, err)
	}
	if _, _, err := a.watch(inboxOf{}); !errors.Is(err, ErrManyWaiters) {
		t.Errorf("all waiters: %v", err)
	}
}

func TestTheEndReleasesWaiters(t *testing.T) {
	f := newFixture(t)
	ended := func(arrived <-chan struct{}) bool {
		select {
		case _, open := <-arrived:
			return !open
		default:
			return false
		}
	}
	arrived, stop, err := f.Watch(7, 1)
	must(t, err)
	f.Release()
	if !ended(arrived) {
		t.Error("a waiter was not released")
	}
	stop()
	arrived, _, err = f.Watch(7, 1)
	must(t, err)
	if !ended(arrived) {
		t.Error("one waits after the end")
	}
}
