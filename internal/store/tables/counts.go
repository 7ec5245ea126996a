package tables

import (
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/rookeryhq/rookery/internal/platform"
)

// countsKept is the maximum number of boxes, and of pairs, whose counts are in memory: those that were used last.
const countsKept = 1 << 15

// Counts caches how many messages were sent and got, for the limits. What is not cached is read: what an account sent from
// its rows of messages_sent, and what it got from its inbox, in steps of about a microsecond for each message of the week. They include
// what a step has not committed yet, so one step after the other uses them.
type Counts struct {
	boxes *simplelru.LRU[box, *week]
	pairs *simplelru.LRU[pair, *pairDay]
}

// NewCounts returns empty counts.
func NewCounts() *Counts {
	return &Counts{newLRU[box, *week](countsKept), newLRU[pair, *pairDay](countsKept)}
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
	c.boxes.Purge()
	c.pairs.Purge()
}

// box is the inbox or the outbox of an account, for the messages of an app.
type box struct {
	app platform.AppID
	uin platform.UIN
	in  bool
}

// week holds how many messages of a box are of each day of a week.
type week struct {
	monday int64
	days   [7]int
}

// full reports whether a message on a day would be one too many.
func (w *week) full(day int64, ofDay, ofWeek int) bool {
	sum := 0
	for _, n := range w.days {
		sum += n
	}
	return w.days[day-w.monday] >= ofDay || sum >= ofWeek
}

// pair is a sender and a receiver of an app's messages.
type pair struct {
	app      platform.AppID
	from, to platform.UIN
}

// pairDay holds how many messages of a pair are of a day.
type pairDay struct {
	day  int64
	sent int
}

// countMessage counts a message that is going to be stored. Errors: ErrSenderQuota, ErrReceiverQuota, ErrPairQuota, the first
// that holds.
func (t *tx) countMessage(m *platform.Message, quota *platform.MessageQuota) error {
	sent, err := t.weekOf(box{m.AppID, m.From, false}, quota.Monday,
		"SELECT day - ?3, sent FROM messages_sent WHERE uin = ?1 AND appid = ?2 AND day BETWEEN ?3 AND ?3 + 6")
	if err != nil {
		return err
	}
	got, err := t.weekOf(box{m.AppID, m.UIN, true}, quota.Monday,
		"SELECT day - ?3, count(*) FROM messages WHERE uin = ?1 AND appid = ?2 AND day BETWEEN ?3 AND ?3 + 6 AND id >= ?4 GROUP BY 1", firstID(quota.MondayMS))
	if err != nil {
		return err
	}
	both, err := t.dayOf(pair{m.AppID, m.From, m.UIN}, quota)
	switch {
	case err != nil:
		return err
	case sent.full(quota.Day, quota.SenderDay, quota.SenderWeek):
		return platform.ErrSenderQuota
	case got.full(quota.Day, quota.ReceiverDay, quota.ReceiverWeek):
		return platform.ErrReceiverQuota
	case both.sent >= quota.PairDay:
		return platform.ErrPairQuota
	}
	day := quota.Day - quota.Monday
	err = t.Later("INSERT INTO messages_sent (appid, uin, day, sent) VALUES (?, ?, ?, ?) ON CONFLICT (appid, uin, day) DO UPDATE SET sent = excluded.sent",
		int64(m.AppID), int64(m.From), quota.Day, sent.days[day]+1)
	if err != nil {
		return err
	}
	sent.days[day]++
	got.days[day]++
	both.sent++
	return nil
}

// weekOf returns a box's week. The query gets the box's account and app, the Monday and more, and returns days of the week with
// the number of their messages.
func (t *tx) weekOf(of box, monday int64, query string, more ...any) (*week, error) {
	if known, ok := t.Counts().boxes.Get(of); ok && known.monday == monday {
		return known, nil
	}
	read := &week{monday: monday}
	rows, err := t.Query(query, append([]any{int64(of.uin), int64(of.app), monday}, more...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var day, n int
		if err := rows.Scan(&day, &n); err != nil {
			return nil, err
		}
		read.days[day] = n
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	t.Counts().boxes.Add(of, read)
	return read, nil
}

func (t *tx) dayOf(of pair, quota *platform.MessageQuota) (*pairDay, error) {
	if known, ok := t.Counts().pairs.Get(of); ok && known.day == quota.Day {
		return known, nil
	}
	read := &pairDay{day: quota.Day}
	err := t.QueryRow("SELECT count(*) FROM messages WHERE uin = ? AND id >= ? AND appid = ? AND sender = ? AND day = ?",
		int64(of.to), firstID(quota.MondayMS), int64(of.app), int64(of.from), quota.Day).Scan(&read.sent)
	if err != nil {
		return nil, err
	}
	t.Counts().pairs.Add(of, read)
	return read, nil
}
