package tables

import (
	"strings"

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
	sent, got, both, err := t.countsOf(m, quota)
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

// What a row of countsOf counts.
const (
	countSent = iota
	countGot
)

// The queries of countsOf: for the app ?1, the sender ?2, the receiver ?3, the Monday ?4 and the first ID of its week ?5, a row for each day. Of what was
// got, the last column is what the sender sent.
var countQueries = [...]string{
	countSent: "SELECT 0, day - ?4, sent, 0 FROM messages_sent WHERE appid = ?1 AND uin = ?2 AND day BETWEEN ?4 AND ?4 + 6",
	countGot: `SELECT 1, day - ?4, count(*), count(*) FILTER (WHERE sender = ?2) FROM messages
		WHERE appid = ?1 AND uin = ?3 AND day BETWEEN ?4 AND ?4 + 6 AND id >= ?5 GROUP BY day`,
}

// countsOf returns the counts of a message's sender, of its receiver, and of both. It reads at once what is not cached.
func (t *tx) countsOf(m *platform.Message, quota *platform.MessageQuota) (sent, got *week, both *pairDay, err error) {
	var (
		counts  = t.Counts()
		outbox  = box{m.AppID, m.From, false}
		inbox   = box{m.AppID, m.UIN, true}
		people  = pair{m.AppID, m.From, m.UIN}
		queries []string
	)
	sent, ok := counts.boxes.Get(outbox)
	if !ok || sent.monday != quota.Monday {
		sent, queries = &week{monday: quota.Monday}, append(queries, countQueries[countSent])
	}
	got, gotKnown := counts.boxes.Get(inbox)
	both, bothKnown := counts.pairs.Get(people)
	if !gotKnown || got.monday != quota.Monday || !bothKnown || both.day != quota.Day {
		got, both, queries = &week{monday: quota.Monday}, &pairDay{day: quota.Day}, append(queries, countQueries[countGot])
	}
	if len(queries) == 0 {
		return sent, got, both, nil
	}
	rows, err := t.Query(strings.Join(queries, " UNION ALL "), int64(m.AppID), int64(m.From), int64(m.UIN), quota.Monday, firstID(quota.MondayMS))
	if err != nil {
		return nil, nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var what, day, n, fromSender int
		if err := rows.Scan(&what, &day, &n, &fromSender); err != nil {
			return nil, nil, nil, err
		}
		if what == countSent {
			sent.days[day] = n
			continue
		}
		got.days[day] = n
		if day == int(quota.Day-quota.Monday) {
			both.sent = fromSender
		}
	}
	if err := rows.Err(); err != nil {
		return nil, nil, nil, err
	}
	counts.boxes.Add(outbox, sent)
	counts.boxes.Add(inbox, got)
	counts.pairs.Add(people, both)
	return sent, got, both, nil
}
