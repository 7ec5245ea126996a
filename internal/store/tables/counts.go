package tables

import (
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/rookeryhq/rookery/internal/platform"
)

// countsKept is the maximum number of boxes, and of pairs, whose counts are in memory: those that were used last.
const countsKept = 1 << 15

// Counts caches how many messages were sent and got, for the limits. What is not cached is read: what an account sent from
// its rows of messages_sent, and what it got from its inbox, in steps of about a microsecond for each message of the week. They include
// what a step has not committed yet, so one step after the other uses them. A nil Counts caches nothing.
type Counts struct {
	boxes *simplelru.LRU[box, *tally]
	pairs *simplelru.LRU[pair, *tally]
}

// NewCounts returns empty counts.
func NewCounts() *Counts {
	return &Counts{newLRU[box, *tally](countsKept), newLRU[pair, *tally](countsKept)}
}

func newLRU[K comparable, V any](size int) *simplelru.LRU[K, V] {
	lru, err := simplelru.NewLRU[K, V](size, nil)
	if err != nil {
		panic(err) // a size below 1
	}
	return lru
}

// Forget makes all counts be read again.
func (c *Counts) Forget() {
	if c != nil {
		c.boxes.Purge()
		c.pairs.Purge()
	}
}

// box is the inbox or the outbox of an account, for the messages of an app.
type box struct {
	app platform.AppID
	uin platform.UIN
	in  bool
}

// pair is a sender and a receiver of an app's messages.
type pair struct {
	app      platform.AppID
	from, to platform.UIN
}

// tally is how many messages are of a day, and how many of its week.
type tally struct {
	day           int64
	ofDay, ofWeek int
}

// of reports whether a tally, which may be nil, is of a day.
func (t *tally) of(day int64) bool { return t != nil && t.day == day }

// full reports whether one more would be too many.
func (t *tally) full(ofDay, ofWeek int) bool { return t.ofDay >= ofDay || t.ofWeek >= ofWeek }

func (t *tally) add() {
	t.ofDay++
	t.ofWeek++
}

// countMessage counts a message that is going to be stored. Errors: ErrSenderQuota, ErrReceiverQuota, ErrPairQuota, the first
// that holds.
func (t *tx) countMessage(m *platform.Message, quota *platform.MessageQuota) error {
	sent, got, both, err := t.countsOf(m, quota)
	switch {
	case err != nil:
		return err
	case sent.full(quota.SenderDay, quota.SenderWeek):
		return platform.ErrSenderQuota
	case got.full(quota.ReceiverDay, quota.ReceiverWeek):
		return platform.ErrReceiverQuota
	case both.ofDay >= quota.PairDay:
		return platform.ErrPairQuota
	}
	err = t.Later("INSERT INTO messages_sent (appid, uin, day, sent) VALUES (?, ?, ?, ?) ON CONFLICT (appid, uin, day) DO UPDATE SET sent = excluded.sent",
		int64(m.AppID), int64(m.From), quota.Day, sent.ofDay+1)
	if err != nil {
		return err
	}
	sent.add()
	got.add()
	both.add()
	return nil
}

// countQuery counts what the sender ?2 sent and the receiver ?3 got through the app ?1 on the day ?5 and in its week, which begins on the Monday ?4
// and with the ID ?6, and what the receiver got from the sender on that day.
const countQuery = `SELECT * FROM
	(SELECT coalesce(sum(sent) FILTER (WHERE day = ?5), 0), coalesce(sum(sent), 0) FROM messages_sent WHERE appid = ?1 AND uin = ?2 AND day BETWEEN ?4 AND ?4 + 6) sent,
	(SELECT count(*) FILTER (WHERE day = ?5), count(*), count(*) FILTER (WHERE day = ?5 AND sender = ?2) FROM messages WHERE appid = ?1 AND uin = ?3 AND day BETWEEN ?4 AND ?4 + 6 AND id >= ?6) got`

// countsOf returns the counts of a message's sender, of its receiver, and of both. It reads all if one of them is not cached.
func (t *tx) countsOf(m *platform.Message, quota *platform.MessageQuota) (sent, got, both *tally, err error) {
	var (
		counts = t.Counts()
		outbox = box{m.AppID, m.From, false}
		inbox  = box{m.AppID, m.UIN, true}
		people = pair{m.AppID, m.From, m.UIN}
	)
	if counts != nil {
		sent, _ = counts.boxes.Get(outbox)
		got, _ = counts.boxes.Get(inbox)
		both, _ = counts.pairs.Get(people)
	}
	if sent.of(quota.Day) && got.of(quota.Day) && both.of(quota.Day) {
		return sent, got, both, nil
	}
	sent, got, both = &tally{day: quota.Day}, &tally{day: quota.Day}, &tally{day: quota.Day}
	err = t.QueryRow(countQuery, int64(m.AppID), int64(m.From), int64(m.UIN), quota.Monday, quota.Day, firstID(quota.MondayMS)).
		Scan(&sent.ofDay, &sent.ofWeek, &got.ofDay, &got.ofWeek, &both.ofDay)
	if err == nil && counts != nil {
		counts.boxes.Add(outbox, sent)
		counts.boxes.Add(inbox, got)
		counts.pairs.Add(people, both)
	}
	return sent, got, both, err
}
