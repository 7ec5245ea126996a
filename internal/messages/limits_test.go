package messages

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// ledger counts what was sent, as causes.md words the limits.
type ledger struct {
	day, week map[[2]int64]int // by account and number of the day or week; the receiver's under its negative number
	pair      map[[3]int64]int // by sender, receiver and day
}

// TestLimitsHoldUnderConcurrency: 64 senders write to one receiver and to each other at once over five simulated weeks, while
// the clock is moved over midnights and the weeks' edges. No limit is ever exceeded; whatever is refused is refused because a
// limit is reached, and afterwards nothing more may be sent that the limits allow: nothing is refused below them.
func TestLimitsHoldUnderConcurrency(t *testing.T) {
	const senders, weeks = 64, 5
	f := newFixture(t)
	target := f.person()
	people := make([]person, senders)
	for i := range people {
		people[i] = f.person()
		f.befriend(people[i], target)
		if i > 0 {
			f.befriend(people[i], people[0])
		}
	}
	rounds := rand.New(rand.NewPCG(1, 2))
	sent := ledger{make(map[[2]int64]int), make(map[[2]int64]int), make(map[[3]int64]int)}
	at := time.Date(2025, 6, 9, 23, 30, 0, 0, shanghai) // a Monday, half an hour before midnight
	for at.Before(time.Date(2025, 6, 9+7*weeks, 0, 0, 0, 0, shanghai)) {
		f.clock.Set(at)
		day, week := civil(at)
		for range 3 { // bursts on one day
			sent.burst(t, f, people, target, day, week)
		}
		for key, n := range sent.day {
			if most := map[bool]int{true: 10, false: 5}[key[0] > 0]; n > most {
				t.Fatalf("on day %d account %d has %d messages, more than %d", key[1], key[0], n, most)
			}
		}
		for key, n := range sent.week {
			if most := map[bool]int{true: 40, false: 20}[key[0] > 0]; n > most {
				t.Fatalf("in week %d account %d has %d messages, more than %d", key[1], key[0], n, most)
			}
		}
		for key, n := range sent.pair {
			if n > 1 {
				t.Fatalf("on day %d %d sent %d messages to %d", key[2], key[0], n, key[1])
			}
		}
		// Not below: the target got all that its limits allow, since 64 people tried.
		want := min(5, 20-(sent.week[[2]int64{-int64(target.uin), week}]-sent.day[[2]int64{-int64(target.uin), day}]))
		if got := sent.day[[2]int64{-int64(target.uin), day}]; got != want {
			t.Fatalf("day %d of week %d: the receiver got %d messages, want %d", day, week, got, want)
		}
		at = at.Add([]time.Duration{time.Hour, 12 * time.Hour, 24 * time.Hour}[rounds.IntN(3)])
	}
	total := 0
	for key, n := range sent.week {
		if key[0] == -int64(target.uin) {
			total += n
		}
	}
	if stored := len(f.inbox(target.uin)); stored != total || total != 20*weeks {
		t.Errorf("the receiver has %d messages, %d were acknowledged, want %d", stored, total, 20*weeks)
	}
}

// civil numbers the days and weeks in Shanghai, weeks from Monday, by counting from a Monday.
func civil(at time.Time) (day, week int64) {
	day = int64(at.Sub(time.Date(2025, 6, 2, 0, 0, 0, 0, shanghai)) / (24 * time.Hour)) // a Monday; Shanghai has no summer time
	return day, day / 7
}

// burst makes every person send to the target and to the first person, all at once, and notes what was sent. Every refusal
// must be true at the end of the burst.
func (l *ledger) burst(t *testing.T, f *fixture, people []person, target person, day, week int64) {
	t.Helper()
	type outcome struct {
		from, to int64
		code     retcode.Code
	}
	var (
		mu       sync.Mutex
		group    sync.WaitGroup
		outcomes []outcome
	)
	for i, from := range people {
		for _, to := range []person{target, people[0]} {
			if i == 0 && to == people[0] {
				continue
			}
			group.Go(func() {
				_, err := SendShare(t.Context(), f.bus, f.letter(from, to), Share{Title: "x", Text: "y"})
				code, _ := retcode.From(err)
				mu.Lock()
				defer mu.Unlock()
				outcomes = append(outcomes, outcome{int64(from.uin), int64(to.uin), code})
			})
		}
	}
	group.Wait()
	for _, o := range outcomes {
		if o.code == 0 {
			l.day[[2]int64{o.from, day}]++
			l.week[[2]int64{o.from, week}]++
			l.day[[2]int64{-o.to, day}]++
			l.week[[2]int64{-o.to, week}]++
			l.pair[[3]int64{o.from, o.to, day}]++
		}
	}
	for _, o := range outcomes {
		reached := true
		switch o.code {
		case 0:
		case retcode.QQSendQuotaExceeded:
			reached = l.day[[2]int64{o.from, day}] == 10 || l.week[[2]int64{o.from, week}] == 40
		case retcode.QQReceiveQuotaExceeded:
			reached = l.day[[2]int64{-o.to, day}] == 5 || l.week[[2]int64{-o.to, week}] == 20
		case retcode.QQPairQuotaExceeded:
			reached = l.pair[[3]int64{o.from, o.to, day}] == 1
		default:
			reached = false
		}
		if !reached {
			t.Fatalf("day %d: a message from %d to %d was refused with %v below the limit", day, o.from, o.to, o.code)
		}
	}
}

// TestLimitsHoldWhileTheClockMoves: while 64 people send, the clock is moved over midnights and weeks' edges, forwards and back.
// By the times that the messages have, no limit is exceeded.
func TestLimitsHoldWhileTheClockMoves(t *testing.T) {
	f := newFixture(t)
	target := f.person()
	edge := time.Date(2025, 6, 16, 0, 0, 0, 0, shanghai) // a Monday
	var senders, mover sync.WaitGroup
	stop := make(chan struct{})
	mover.Go(func() {
		steps := rand.New(rand.NewPCG(3, 4))
		for {
			select {
			case <-stop:
				return
			default:
				f.clock.Set(edge.Add(time.Duration(steps.IntN(20)-10) * 12 * time.Hour))
			}
		}
	})
	for range 64 {
		p := f.person()
		f.befriend(p, target)
		senders.Go(func() {
			for range 10 {
				_, err := SendShare(t.Context(), f.bus, f.letter(p, target), Share{Title: "x", Text: "y"})
				if code, _ := retcode.From(err); code != 0 && code != retcode.QQReceiveQuotaExceeded && code != retcode.QQPairQuotaExceeded {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	senders.Wait()
	close(stop)
	mover.Wait()
	days, weeks, pairs := make(map[int64]int), make(map[int64]int), make(map[[2]int64]int)
	for _, m := range f.inbox(target.uin) {
		day, week := civil(time.UnixMilli(m.SentMS))
		days[day]++
		weeks[week]++
		pairs[[2]int64{int64(m.From), day}]++
	}
	for day, n := range days {
		if n > 5 {
			t.Errorf("%d messages on day %d", n, day)
		}
	}
	for week, n := range weeks {
		if n > 20 {
			t.Errorf("%d messages in week %d", n, week)
		}
	}
	for pair, n := range pairs {
		if n > 1 {
			t.Errorf("%d messages from %d on day %d", n, pair[0], pair[1])
		}
	}
	if len(days) < 3 || len(weeks) < 2 {
		t.Errorf("the messages are of %d days in %d weeks: the clock did not move", len(days), len(weeks))
	}
}

func TestRefusedMessagesCountNowhere(t *testing.T) {
	f := newFixture(t)
	ann, ben, carl := f.person(), f.person(), f.person()
	f.befriend(ann, ben)
	f.fail("store.write:messages")
	wants(t, f.share(ann, ben), retcode.OIDBConnectFailed)
	f.faults.Clear(0)
	for range 12 {
		wants(t, f.share(ann, carl), retcode.QQArkNotFriends)
	}
	must(t, f.share(ann, ben))
	for range 12 {
		wants(t, f.share(ann, ben), retcode.QQPairQuotaExceeded)
	}
	for range 9 {
		p := f.person()
		f.befriend(ann, p)
		must(t, f.share(ann, p))
	}
	p := f.person()
	f.befriend(ann, p)
	wants(t, f.share(ann, p), retcode.QQSendQuotaExceeded)
}

func TestTheBusAnswersTheLimitsToOthers(t *testing.T) {
	for _, command := range []*oidb.Declaration{&SendArkCommand.Declaration, &SendShareCommand.Declaration} {
		for result, want := range map[uint32]retcode.Code{901203: retcode.QQSendQuotaExceeded, 901204: retcode.QQReceiveQuotaExceeded, 901205: retcode.QQPairQuotaExceeded, 155: retcode.OIDBConnectFailed} {
			if code, _ := command.Code(result); code != want {
				t.Errorf("%s: result %d is %v, want %v", command.Name, result, code, want)
			}
		}
	}
}
