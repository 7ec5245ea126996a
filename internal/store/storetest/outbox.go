package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// event returns an event that differs in every field from that of another n.
func event(n int64) platform.Event {
	return platform.Event{
		Type: platform.EventGuildBound, TimeMS: now + n, Guild: platform.Guild{AppID: game, Zone: "0", ID: "18446744073709551615"},
		GuildName: "小乌鸦\"<&>", GC: platform.GC(700000000 + n), UIN: first + platform.UIN(n),
	}
}

// numbered returns event(n) with its place in the stream.
func numbered(n int64) platform.Event {
	e := event(n)
	e.ID = n
	return e
}

func report(t *testing.T, s store.Store, ns ...int64) {
	t.Helper()
	for _, n := range ns {
		ok(t, s.Report(t.Context(), []platform.Event{event(n)}))
	}
}

func waiting(t *testing.T, s store.Store, lane platform.Lane) (ids []int64) {
	t.Helper()
	for _, e := range result(s.Undelivered(t.Context(), lane, 1000))(t) {
		ids = append(ids, e.ID)
	}
	n, _, err := s.CountUndelivered(t.Context(), lane)
	ok(t, err)
	same(t, n, len(ids))
	return ids
}

var outbox = []test{
	{"events-keep-every-field", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		same(t, result(s.Undelivered(ctx, platform.LaneStream, 10))(t), nil)
		ok(t, s.Report(ctx, []platform.Event{event(1), {Type: platform.EventTest, TimeMS: now}}))
		want := []platform.Event{numbered(1), {ID: 2, Type: platform.EventTest, TimeMS: now}}
		for _, lane := range []platform.Lane{platform.LaneStream, platform.LaneNotices} {
			same(t, result(s.Undelivered(ctx, lane, 10))(t), want)
		}
	}},
	{"events-in-order", func(t *testing.T, s store.Store) {
		report(t, s, 1, 2, 3)
		same(t, result(s.Undelivered(t.Context(), platform.LaneStream, 2))(t), []platform.Event{numbered(1), numbered(2)})
		ok(t, s.Delivered(t.Context(), platform.LaneStream, 1))
		same(t, result(s.Undelivered(t.Context(), platform.LaneStream, 2))(t), []platform.Event{numbered(2), numbered(3)})
		n, oldest, err := s.CountUndelivered(t.Context(), platform.LaneStream)
		ok(t, err)
		same(t, n, 2)
		same(t, oldest, now+2)
	}},
	{"events-of-a-lane-wait-for-no-other", func(t *testing.T, s store.Store) {
		report(t, s, 1, 2, 3)
		ok(t, s.Delivered(t.Context(), platform.LaneStream, 3))
		same(t, waiting(t, s, platform.LaneStream), nil)
		same(t, waiting(t, s, platform.LaneNotices), []int64{1, 2, 3})
		ok(t, s.Delivered(t.Context(), platform.LaneNotices, 2))
		same(t, waiting(t, s, platform.LaneNotices), []int64{3})
	}},
	{"events-are-delivered-once-for-all", func(t *testing.T, s store.Store) {
		report(t, s, 1, 2, 3)
		ok(t, s.Delivered(t.Context(), platform.LaneStream, 2))
		ok(t, s.Delivered(t.Context(), platform.LaneStream, 1))
		same(t, waiting(t, s, platform.LaneStream), []int64{3})
	}},
	{"event-numbers-never-return", func(t *testing.T, s store.Store) {
		report(t, s, 1, 2)
		for _, lane := range []platform.Lane{platform.LaneStream, platform.LaneNotices} {
			ok(t, s.Delivered(t.Context(), lane, 2))
		}
		n, oldest, err := s.CountUndelivered(t.Context(), platform.LaneStream)
		ok(t, err)
		same(t, n, 0)
		same(t, oldest, 0)
		report(t, s, 3)
		same(t, waiting(t, s, platform.LaneNotices), []int64{3})
	}},
	{"events-all-or-none", func(t *testing.T, s store.Store) {
		refused, calls := errors.New("refused"), 0
		s.GuardEvents(func(_ context.Context, e *platform.Event) error {
			if calls++; e.UIN == first+2 {
				return refused
			}
			return nil
		})
		heard := listen(t, s)
		err := s.Report(t.Context(), []platform.Event{event(1), event(2), event(3)})
		fails(t, err, platform.ErrEvents)
		fails(t, err, refused)
		same(t, calls, 2)
		same(t, waiting(t, s, platform.LaneStream), nil)
		same(t, heard.take(), nil)
		ok(t, s.Report(t.Context(), []platform.Event{event(1)}))
		same(t, heard.take(), []store.Change{store.EventsChange{}})
		same(t, len(waiting(t, s, platform.LaneStream)), 1) // the number may be that of an event that was not stored, or the next
	}},
	{"events-together", func(t *testing.T, s store.Store) {
		var (
			stop = make(chan struct{})
			took []int64
			wg   sync.WaitGroup
		)
		wg.Go(func() { // a lane that delivers while events come
			for {
				events, err := s.Undelivered(t.Context(), platform.LaneStream, 5)
				if err != nil {
					t.Error(err)
					return
				}
				for _, e := range events {
					took = append(took, e.ID)
				}
				if len(events) > 0 {
					if err := s.Delivered(t.Context(), platform.LaneStream, events[len(events)-1].ID); err != nil {
						t.Error(err)
					}
					continue
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		for range rounds {
			together(t, func(i int) (struct{}, error) {
				return struct{}{}, s.Report(t.Context(), []platform.Event{event(int64(i))})
			})
		}
		close(stop)
		wg.Wait()
		took = append(took, waiting(t, s, platform.LaneStream)...)
		var want []int64
		for n := range int64(callers * rounds) {
			want = append(want, n+1)
		}
		same(t, took, want)
	}},
}
