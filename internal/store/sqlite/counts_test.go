package sqlite

import (
	"errors"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

// counted is a message that is sent within limits.
type counted struct {
	app      platform.AppID
	from, to platform.UIN
	day      int64
}

// TestACountIsReadOfItsOwn: of its app, its day, its sender and its week, of which Sunday is the last day.
func TestACountIsReadOfItsOwn(t *testing.T) {
	const monday, sunday = 19723, 19723 + 6
	limits := platform.MessageLimits{SenderDay: 2, SenderWeek: 3, ReceiverDay: 2, ReceiverWeek: 3, PairDay: 1}
	for _, test := range []struct {
		name   string
		before []counted
		last   counted
		want   error
	}{
		{"a sender on Monday, after Sunday", []counted{{1, 1, 2, sunday}, {1, 1, 3, sunday}, {1, 1, 4, monday + 1}}, counted{1, 1, 5, monday}, platform.ErrSenderQuota},
		{"a receiver on Monday, after Sunday", []counted{{1, 2, 1, sunday}, {1, 3, 1, sunday}, {1, 4, 1, monday + 1}}, counted{1, 5, 1, monday}, platform.ErrReceiverQuota},
		{"a sender's next week", []counted{{1, 1, 2, sunday}, {1, 1, 3, sunday}, {1, 1, 4, monday + 1}}, counted{1, 1, 5, sunday + 1}, nil},
		{"a receiver's next week", []counted{{1, 2, 1, sunday}, {1, 3, 1, sunday}, {1, 4, 1, monday + 1}}, counted{1, 5, 1, sunday + 1}, nil},
		{"a sender's next day", []counted{{1, 1, 2, monday}, {1, 1, 3, monday}}, counted{1, 1, 4, monday + 1}, nil},
		{"a receiver's next day", []counted{{1, 2, 1, monday}, {1, 3, 1, monday}}, counted{1, 4, 1, monday + 1}, nil},
		{"a sender through other apps", []counted{{2, 1, 2, monday}, {2, 1, 3, monday}}, counted{1, 1, 4, monday}, nil},
		{"a receiver through other apps", []counted{{2, 2, 1, monday}, {2, 3, 1, monday}}, counted{1, 4, 1, monday}, nil},
		{"a pair", []counted{{1, 1, 2, monday}}, counted{1, 1, 2, monday}, platform.ErrPairQuota},
		{"a pair through another app", []counted{{2, 1, 2, monday}}, counted{1, 1, 2, monday}, nil},
		{"a pair on another day", []counted{{1, 1, 2, monday}}, counted{1, 1, 2, monday + 1}, nil},
		{"another sender", []counted{{1, 3, 2, monday}}, counted{1, 1, 2, monday}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openUntilEnd(t)
			forget := func() error {
				return s.writer.write(t.Context(), func(t *tx) error { t.writer.counts.Forget(); return nil })
			}
			sendAll(t, s, limits, append(test.before, test.last), forget, test.want)
		})
	}
}

// TestACountInMemoryIsOfItsOwn: of its app, its day, and of what was sent or what was got. In each case the other counts of the last message are
// in memory.
func TestACountInMemoryIsOfItsOwn(t *testing.T) {
	const monday = 19723
	limits := platform.MessageLimits{SenderDay: 2, SenderWeek: 9, ReceiverDay: 2, ReceiverWeek: 9, PairDay: 1}
	for _, test := range []struct {
		name string
		sent []counted
		want error
	}{
		{"a sender who has used another app", []counted{{1, 1, 2, monday}, {1, 1, 3, monday}, {2, 1, 2, monday}, {1, 1, 2, monday}}, platform.ErrSenderQuota},
		{"a receiver through another app", []counted{{1, 1, 2, monday}, {1, 3, 2, monday}, {2, 1, 2, monday}, {1, 1, 2, monday}}, platform.ErrReceiverQuota},
		{"a receiver who has sent", []counted{{1, 1, 2, monday}, {1, 3, 2, monday}, {1, 2, 4, monday}, {1, 1, 2, monday}}, platform.ErrReceiverQuota},
		{"a sender whose day was over", []counted{{1, 1, 2, monday}, {1, 1, 3, monday}, {1, 1, 4, monday + 1}, {1, 1, 2, monday}}, platform.ErrSenderQuota},
		{"a receiver whose day was over", []counted{{1, 1, 2, monday}, {1, 3, 2, monday}, {1, 4, 2, monday + 1}, {1, 1, 2, monday}}, platform.ErrReceiverQuota},
		{"a pair's next day", []counted{{1, 1, 2, monday}, {1, 1, 3, monday + 1}, {1, 4, 2, monday + 1}, {1, 1, 2, monday + 1}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			sendAll(t, openUntilEnd(t), limits, test.sent, func() error { return nil }, test.want)
		})
	}
}

// sendAll sends messages, and before each does something else. The last one ends with want.
func sendAll(t *testing.T, s *Store, limits platform.MessageLimits, all []counted, before func() error, want error) {
	t.Helper()
	for i, m := range all {
		if err := before(); err != nil {
			t.Fatal(err)
		}
		_, _, err := s.StoreMessage(t.Context(), platform.Message{UIN: m.to, From: m.from, AppID: m.app, SentMS: 1},
			&platform.MessageQuota{MessageLimits: limits, Day: m.day, Monday: platform.WeekOf(m.day)})
		switch last := i == len(all)-1; {
		case last && !errors.Is(err, want):
			t.Errorf("got %v, want %v", err, want)
		case !last && err != nil:
			t.Fatal(err)
		}
	}
}

// once is the quota of a pair that may send one message.
var once = &platform.MessageQuota{
	MessageLimits: platform.MessageLimits{SenderDay: 9, SenderWeek: 9, ReceiverDay: 9, ReceiverWeek: 9, PairDay: 1}, Day: 19723, Monday: 19723,
}

func TestMessagesOfAFailedTransactionCountNowhere(t *testing.T) {
	s := openUntilEnd(t)
	m := platform.Message{UIN: 1, From: 2, AppID: 1, SentMS: 1}
	release := hold(t, s)
	outcome := make(chan error)
	go func() {
		_, _, err := s.StoreMessage(t.Context(), m, once)
		outcome <- err
	}()
	queued(s, 1)
	go func() {
		// An error of the whole transaction, in the same batch.
		outcome <- s.writer.write(t.Context(), func(t *tx) error { return t.writer.exec("ROLLBACK") })
	}()
	queued(s, 2)
	release()
	for range 2 {
		if err := <-outcome; err == nil {
			t.Error("a part of the failed transaction succeeded")
		}
	}
	if _, _, err := s.StoreMessage(t.Context(), m, once); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAMessageThatCannotBeStoredCountsNowhere(t *testing.T) {
	s := openUntilEnd(t)
	m := platform.Message{UIN: 1, From: 2, AppID: 1, SentMS: 1}
	last := func(id int64) {
		t.Helper()
		err := s.writer.write(t.Context(), func(t *tx) error {
			t.writer.lastMessage = id
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	stored, _, err := s.StoreMessage(t.Context(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	last(stored.ID - 1) // the next one gets the same ID
	if _, _, err := s.StoreMessage(t.Context(), m, once); !errors.Is(err, platform.ErrExists) {
		t.Fatalf("got %v, want %v", err, platform.ErrExists)
	}
	last(stored.ID)
	if _, _, err := s.StoreMessage(t.Context(), m, once); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestAFileOfBeforeKeepsItsCounts: of the version whose counts had a table for all three limits.
func TestAFileOfBeforeKeepsItsCounts(t *testing.T) {
	const sent = 1704081600000 // 1 January 2024, 12:00 in Shanghai, which is day 19723
	s := mustOpen(t, fileOfVersion(t, 12,
		"INSERT INTO messages VALUES (1, 7, 2, 1, 'share', '', '{}', 1704081600000, 0)",
		"INSERT INTO messages VALUES (1, 8, 0, 1, 'notice', '', '{}', 1704081600000, 0)",
		"INSERT INTO message_counts VALUES (1, 2, 0, 19723, 1, 0), (1, 1, 0, 19723, 0, 1), (1, 2, 1, 19723, 1, 0)"))
	defer mustClose(t, s)
	limits := platform.MessageLimits{SenderDay: 9, SenderWeek: 9, ReceiverDay: 9, ReceiverWeek: 9, PairDay: 9}
	for _, test := range []struct {
		name     string
		from, to platform.UIN
		limit    func(*platform.MessageLimits)
		want     error
	}{
		{"the sender", 2, 3, func(l *platform.MessageLimits) { l.SenderDay = 1 }, platform.ErrSenderQuota},
		{"the receiver, without the notice", 3, 1, func(l *platform.MessageLimits) { l.ReceiverDay = 2 }, nil},
		{"the receiver", 3, 1, func(l *platform.MessageLimits) { l.ReceiverDay = 1 }, platform.ErrReceiverQuota},
		{"the pair", 2, 1, func(l *platform.MessageLimits) { l.PairDay = 1 }, platform.ErrPairQuota},
	} {
		quota := platform.MessageQuota{MessageLimits: limits, Day: 19723, Monday: 19723}
		test.limit(&quota.MessageLimits)
		_, _, err := s.StoreMessage(t.Context(), platform.Message{UIN: test.to, From: test.from, AppID: 1, SentMS: sent}, &quota)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}
