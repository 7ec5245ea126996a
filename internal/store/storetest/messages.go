package storetest

import (
	"slices"
	"strconv"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const (
	monday int64 = 19723 // 1 January 2024
	sunday       = monday + 6
)

// quotaOn are the platform's own limits on a day of the week of monday.
func quotaOn(day int64) *platform.MessageQuota {
	return &platform.MessageQuota{
		MessageLimits: platform.MessageLimits{SenderDay: 10, SenderWeek: 40, ReceiverDay: 5, ReceiverWeek: 20, PairDay: 1},
		Day:           day, Monday: day - ((day-monday)%7+7)%7,
	}
}

// between is a message from one account to another through the game.
func between(from, to platform.UIN) platform.Message {
	return platform.Message{UIN: to, From: from, AppID: game, Kind: platform.ShareMessage, SentMS: now, MessageContent: platform.MessageContent{Title: "鸦's \"card\""}}
}

// sends stores messages from one account to another, and stops at the first error.
func sends(t *testing.T, s store.Store, n int, m platform.Message, quota *platform.MessageQuota) error {
	t.Helper()
	for range n {
		if _, _, err := s.StoreMessage(t.Context(), m, quota); err != nil {
			return err
		}
	}
	return nil
}

func inbox(t *testing.T, s store.Store, uin platform.UIN) []platform.Message {
	t.Helper()
	return result(s.MessagesAfter(t.Context(), uin, 0, 0, 0, 1000))(t)
}

var messages = []test{
	{"a-message-is-kept-whole", func(t *testing.T, s store.Store) {
		m := platform.Message{
			UIN: first, From: 1 << 61, AppID: game, Kind: platform.ArkMessage, Request: "r",
			MessageContent: platform.MessageContent{
				Scene: "s", Title: "小'鸦\"", Text: "<b>", URL: "https://game.example/?a=1&b=2", Picture: "https://game.example/p.png", Card: []byte(`{"a":1}`),
			},
			SentMS: now,
		}
		stored, again, err := s.StoreMessage(t.Context(), m, nil)
		ok(t, err)
		same(t, again, false)
		m.ID = stored.ID
		same(t, stored, m)
		same(t, inbox(t, s, first), []platform.Message{m})
		same(t, result(s.MessageOfRequest(t.Context(), game, 1<<61, "r", now))(t), m)
	}},
	{"an-inbox-is-read-in-both-directions", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		var ids []int64
		for i := range 5 {
			m := between(first+1, first)
			m.AppID = game + platform.AppID(i%2)
			m.SentMS = now - int64(i) // a clock that is moved back does not change the order
			m, _, err := s.StoreMessage(ctx, m, nil)
			ok(t, err)
			if i > 0 && m.ID <= ids[i-1] {
				t.Fatalf("ID %d after %d", m.ID, ids[i-1])
			}
			ids = append(ids, m.ID)
		}
		of := func(list []platform.Message, err error) (got []int64) {
			t.Helper()
			ok(t, err)
			for _, m := range list {
				got = append(got, m.ID)
			}
			return got
		}
		same(t, of(s.MessagesAfter(ctx, first, 0, 0, 0, 9)), ids)
		same(t, of(s.MessagesAfter(ctx, first, 0, ids[1], 0, 2)), ids[2:4])
		same(t, of(s.MessagesAfter(ctx, first, game, ids[0], 0, 9)), []int64{ids[2], ids[4]})
		same(t, of(s.MessagesAfter(ctx, first, 0, 0, now-2, 9)), ids[:3])
		same(t, of(s.MessagesAfter(ctx, first+1, 0, 0, 0, 9)), nil)
		same(t, of(s.MessagesBefore(ctx, first, 1<<62, 0, 2)), []int64{ids[4], ids[3]})
		same(t, of(s.MessagesBefore(ctx, first, ids[2], now, 9)), []int64{ids[0]})
		same(t, of(s.MessagesBefore(ctx, first+1, 1<<62, 0, 9)), nil)

		ok(t, s.ReadMessages(ctx, first, ids[1], now+7))
		ok(t, s.ReadMessages(ctx, first, ids[2], now+8)) // what was read stays read when it was
		var read []int64
		for _, m := range inbox(t, s, first) {
			read = append(read, m.ReadMS)
		}
		same(t, read, []int64{now + 7, now + 7, now + 8, 0, 0})
	}},
	{"IDs-are-unique", func(t *testing.T, s store.Store) {
		list := together(t, func(i int) (platform.Message, error) {
			m, _, err := s.StoreMessage(t.Context(), between(first+50, first+platform.UIN(i%2)), nil)
			return m, err
		})
		seen := make(map[int64]bool)
		for _, m := range list {
			seen[m.ID] = true
		}
		same(t, len(seen), callers)
	}},
	{"limits-of-a-day", func(t *testing.T, s store.Store) {
		for i := range platform.UIN(10) {
			ok(t, sends(t, s, 1, between(first, first+1+i), quotaOn(monday)))
		}
		fails(t, sends(t, s, 1, between(first, first+20), quotaOn(monday)), platform.ErrSenderQuota)
		for i := range platform.UIN(4) {
			ok(t, sends(t, s, 1, between(first+30+i, first+1), quotaOn(monday)))
		}
		fails(t, sends(t, s, 1, between(first+40, first+1), quotaOn(monday)), platform.ErrReceiverQuota)
		fails(t, sends(t, s, 1, between(first+30, first+1), quotaOn(monday)), platform.ErrReceiverQuota) // before the pair's
		fails(t, sends(t, s, 1, between(first, first+1), quotaOn(monday)), platform.ErrSenderQuota)      // before the receiver's
		for i := range platform.UIN(10) {                                                                // what it got is not what it sent
			ok(t, sends(t, s, 1, between(first+1, first+60+i), quotaOn(monday)))
		}
		ok(t, sends(t, s, 1, between(first+30, first+2), quotaOn(monday)))
		fails(t, sends(t, s, 1, between(first+30, first+2), quotaOn(monday)), platform.ErrPairQuota)
		ok(t, sends(t, s, 1, between(first+2, first+30), quotaOn(monday))) // the other direction is a pair of its own
		same(t, len(inbox(t, s, first+20)), 0)
		same(t, len(inbox(t, s, first+1)), 5)
		same(t, len(inbox(t, s, first+2)), 2)

		elsewhere := between(first, first+1)
		elsewhere.AppID = other
		ok(t, sends(t, s, 1, elsewhere, quotaOn(monday)))
		ok(t, sends(t, s, 1, between(first, first+1), quotaOn(monday+1)))
		fails(t, sends(t, s, 1, between(first, first+20), quotaOn(monday)), platform.ErrSenderQuota) // a clock that is moved back forgets nothing
		ok(t, sends(t, s, 9, between(first, first+1), nil))                                          // notices do not count
	}},
	{"limits-of-a-week", func(t *testing.T, s store.Store) {
		for day := range int64(4) {
			for i := range platform.UIN(10) {
				ok(t, sends(t, s, 1, between(first, first+100+10*platform.UIN(day)+i), quotaOn(sunday-day)))
			}
			for i := range platform.UIN(5) {
				ok(t, sends(t, s, 1, between(first+200+i, first+1), quotaOn(sunday-day)))
			}
		}
		fails(t, sends(t, s, 1, between(first, first+20), quotaOn(monday)), platform.ErrSenderQuota)
		fails(t, sends(t, s, 1, between(first+30, first+1), quotaOn(monday)), platform.ErrReceiverQuota)
		ok(t, sends(t, s, 1, between(first, first+1), quotaOn(sunday+1)))
		ok(t, sends(t, s, 1, between(first, first+1), quotaOn(monday-1)))
		fails(t, sends(t, s, 1, between(first+200, first+1), quotaOn(sunday-3)), platform.ErrReceiverQuota) // a clock that is moved back a week and on again
	}},
	{"a-refused-message-counts-nowhere", func(t *testing.T, s store.Store) {
		quota := quotaOn(monday)
		quota.PairDay = 3
		ok(t, sends(t, s, 3, between(first, first+1), quota))
		fails(t, sends(t, s, 1, between(first, first+1), quota), platform.ErrPairQuota)
		quota.PairDay = 4
		ok(t, sends(t, s, 1, between(first, first+1), quota)) // the fourth, not the fifth
		quota.PairDay = 5
		ok(t, sends(t, s, 1, between(first, first+1), quota))
		quota.PairDay = 6
		fails(t, sends(t, s, 1, between(first, first+1), quota), platform.ErrReceiverQuota)
	}},
	{"limits-hold-together", func(t *testing.T, s store.Store) {
		for round := range platform.UIN(rounds) {
			receiver := first + 100*round
			stored := together(t, func(i int) (bool, error) {
				err := sends(t, s, 1, between(receiver+1+platform.UIN(i), receiver), quotaOn(monday))
				if err != nil {
					fails(t, err, platform.ErrReceiverQuota)
				}
				return err == nil, nil
			})
			same(t, len(slices.DeleteFunc(stored, func(ok bool) bool { return !ok })), 5)
			same(t, len(inbox(t, s, receiver)), 5)
		}
	}},
	{"a-request-stores-once", func(t *testing.T, s store.Store) {
		m := between(first, first+1)
		m.Request = "r"
		list := together(t, func(int) (platform.Message, error) {
			stored, _, err := s.StoreMessage(t.Context(), m, quotaOn(monday))
			return stored, err
		})
		for _, stored := range list {
			same(t, stored, list[0])
		}
		same(t, inbox(t, s, first+1), list[:1])

		elsewhere := m
		elsewhere.UIN, elsewhere.Title = first+2, "another receiver"
		stored, again, err := s.StoreMessage(t.Context(), elsewhere, quotaOn(monday))
		ok(t, err)
		same(t, again, true)
		same(t, stored, list[0])
		for i, change := range []func(*platform.Message){
			func(m *platform.Message) { m.AppID = other },
			func(m *platform.Message) { m.From = first + 9 },
			func(m *platform.Message) { m.Request = "s" },
			func(m *platform.Message) { m.Request = "" },
		} {
			m := m
			m.UIN = first + 10 + platform.UIN(i)
			change(&m)
			_, again, err := s.StoreMessage(t.Context(), m, quotaOn(monday))
			ok(t, err)
			same(t, again, false)
		}
	}},
	{"a-request-is-remembered-seven-days", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		const week = 7 * 24 * 3600 * 1000
		m := between(first, first+1)
		m.Request = "r"
		one, _, err := s.StoreMessage(ctx, m, quotaOn(monday))
		ok(t, err)
		m.SentMS = now + week
		_, again, err := s.StoreMessage(ctx, m, quotaOn(monday+7))
		ok(t, err)
		same(t, again, true)
		same(t, result(s.MessageOfRequest(ctx, game, first, "r", now))(t).ID, one.ID)
		_, err = s.MessageOfRequest(ctx, game, first, "r", now+1)
		fails(t, err, platform.ErrNotFound)
		m.SentMS = now + week + 1
		two, again, err := s.StoreMessage(ctx, m, quotaOn(monday+7))
		ok(t, err)
		same(t, again, false)
		same(t, two.ID > one.ID, true)
		same(t, result(s.MessageOfRequest(ctx, game, first, "r", now))(t).ID, two.ID)
		_, err = s.MessageOfRequest(ctx, game, first, "", 0)
		fails(t, err, platform.ErrNotFound)
	}},
	{"a-refused-request-is-not-remembered", func(t *testing.T, s store.Store) {
		ok(t, sends(t, s, 1, between(first, first+1), quotaOn(monday)))
		m := between(first, first+1)
		m.Request = "r"
		fails(t, sends(t, s, 1, m, quotaOn(monday)), platform.ErrPairQuota)
		_, again, err := s.StoreMessage(t.Context(), m, quotaOn(monday+1))
		ok(t, err)
		same(t, again, false)
	}},
	{"old-messages-are-swept", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		for i := range 6 {
			m := between(first, first+platform.UIN(i))
			m.SentMS, m.Request = now+int64(i), strconv.Itoa(i)
			ok(t, sends(t, s, 1, m, quotaOn(monday+int64(i))))
		}
		same(t, result(s.SweepMessages(ctx, now+4, monday+4, 3))(t), 6)
		same(t, len(inbox(t, s, first+2)), 0)
		same(t, len(inbox(t, s, first+3)), 1)
		for result(s.SweepMessages(ctx, now+4, monday+4, 3))(t) > 0 {
		}
		same(t, len(inbox(t, s, first+3)), 0)
		same(t, len(inbox(t, s, first+4)), 1)
		fails(t, sends(t, s, 1, between(first, first+5), quotaOn(monday+5)), platform.ErrPairQuota)
		ok(t, sends(t, s, 1, between(first, first+1), quotaOn(monday+1))) // the day was forgotten
	}},
}
