package social

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// beginning is the request for a challenge of the next hour.
func (f *fixture) beginning(challenger, opponent person, request string, edit func(*wire.BeginChallengeRequest)) *wire.BeginChallengeRequest {
	now := f.Clock.NowMS()
	req := &wire.BeginChallengeRequest{
		Appid: uint64(f.app.AppID), Uin: uint64(challenger.uin), Openid: challenger.openid[:], OpponentOpenid: opponent.openid[:],
		Request: request, Title: "a match", StartMs: now - 1000, EndMs: now + time.Hour.Milliseconds(),
	}
	if edit != nil {
		edit(req)
	}
	return req
}

func (f *fixture) begin(challenger, opponent person, request string) uint64 {
	f.t.Helper()
	rsp, err := call(f, BeginChallengeCommand, f.beginning(challenger, opponent, request, nil))
	must(f.t, err)
	return rsp.Challenge.ChallengeId
}

func (f *fixture) report(by person, id uint64, score string, done bool) (*wire.Challenge, error) {
	rsp, err := call(f, ReportChallengeCommand, &wire.ReportChallengeRequest{
		Appid: uint64(f.app.AppID), Uin: uint64(by.uin), ChallengeId: id, Score: score, Done: done,
	})
	return rsp.GetChallenge(), err
}

func (f *fixture) challenges(p person) []*wire.Challenge {
	f.t.Helper()
	rsp, err := call(f, ListChallengesCommand, &wire.ListChallengesRequest{Appid: uint64(f.app.AppID), Uin: uint64(p.uin)})
	must(f.t, err)
	return rsp.Challenge
}

// record returns what a person's card says of challenges.
func (f *fixture) record(p person) string {
	f.t.Helper()
	rsp, err := call(f, ShowCardCommand, &wire.ShowCardRequest{Appid: uint64(f.app.AppID), Uin: uint64(p.uin)})
	must(f.t, err)
	return fmt.Sprintf("%d won, %d lost, %d drawn", rsp.Won, rsp.Lost, rsp.Drawn)
}

func TestTheGreaterScoreWins(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben := f.friend("Ben", ann)
	for i, test := range []struct {
		name    string
		reports []string // a or b, and the score
		winner  platform.UIN
	}{
		{"nobody has played", nil, 0},
		{"one has played", []string{"b 0"}, ben.uin},
		{"the challenger", []string{"a 10", "b 9"}, ann.uin},
		{"the opponent", []string{"a 9", "b 10"}, ben.uin},
		{"less counts for nothing", []string{"a 10", "b 9", "a 1"}, ann.uin},
		{"who was first", []string{"b 7", "a 7.0"}, ben.uin},
		{"who was first, though it is repeated", []string{"a 7", "b 7", "a 7"}, ann.uin},
		{"of any length", []string{"a 100000000000000000000000000000.1", "b 100000000000000000000000000000.2"}, ben.uin},
		{"of any sign", []string{"a -2", "b -10"}, ann.uin},
	} {
		t.Run(test.name, func(t *testing.T) {
			id := f.begin(ann, ben, strconv.Itoa(i))
			for _, report := range test.reports {
				f.Clock.Advance(time.Second)
				by := map[byte]person{'a': ann, 'b': ben}[report[0]]
				got, err := f.report(by, id, report[2:], false)
				must(t, err)
				if got.OverMs != 0 || got.ChallengeId != id {
					t.Errorf("got %v", got)
				}
			}
			f.Clock.Advance(time.Hour)
			got := f.challenges(ben)[0]
			if got.Leader != uint64(test.winner) || got.OverMs != got.EndMs || got.ChallengeId != id {
				t.Errorf("got %v, want %d to win", got, test.winner)
			}
		})
	}
	if got := f.record(ann); got != "4 won, 4 lost, 1 drawn" {
		t.Error("Ann has", got)
	}
	must(t, f.work(t.Context()))
	if got := f.record(ann) + "; " + f.record(ben); got != "4 won, 4 lost, 1 drawn; 4 won, 4 lost, 1 drawn" {
		t.Error("after they are settled:", got)
	}
}

func TestAChallengeIsOverOnceBothAreDone(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben, carl := f.friend("Ben", ann), f.friend("Carl", ann)
	id := f.begin(ann, ben, "r")
	reports := func(by person, score string, done bool, want retcode.Code) *wire.Challenge {
		t.Helper()
		c, err := f.report(by, id, score, done)
		wants(t, err, want)
		return c
	}
	reports(carl, "5", false, retcode.GameCenterParameterInvalid)
	reports(carl, "", false, retcode.GameCenterParameterInvalid)
	reports(ann, "5", true, 0)
	reports(ann, "5", true, 0) // once more
	reports(ann, "6", true, retcode.GameCenterParameterInvalid)
	if c := reports(ben, "4", false, 0); c.OverMs != 0 {
		t.Error("it is over while one plays")
	}
	f.Clock.Advance(time.Minute)
	if c := reports(ben, "", true, 0); c.OverMs == 0 || c.OverMs >= c.EndMs || c.Leader != uint64(ann.uin) {
		t.Errorf("got %v", c)
	}
	reports(ben, "9", false, retcode.GameCenterParameterInvalid)
	reports(ben, "4", true, 0)
	f.Clock.Advance(2 * time.Hour)
	must(t, f.work(t.Context()))
	if got := f.record(ann) + "; " + f.record(ben); got != "1 won, 0 lost, 0 drawn; 0 won, 1 lost, 0 drawn" {
		t.Error(got)
	}
}

func TestScoresCountFromTheStartToTheEnd(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben := f.friend("Ben", ann)
	start := f.Clock.Now().Add(time.Hour).Truncate(time.Second)
	rsp, err := call(f, BeginChallengeCommand, f.beginning(ann, ben, "r", func(r *wire.BeginChallengeRequest) {
		r.StartMs, r.EndMs = start.UnixMilli(), start.Add(time.Hour).UnixMilli()
	}))
	must(t, err)
	for _, test := range []struct {
		name  string
		at    time.Duration // after the start
		score string
		want  retcode.Code
	}{
		{"before the start", -time.Second, "1", retcode.GameCenterParameterInvalid},
		{"at the start", 0, "1", 0},
		{"before the end", time.Hour - time.Second, "2", 0},
		{"at the end", time.Hour, "3", retcode.GameCenterParameterInvalid},
		{"at the end, a repetition", time.Hour, "2", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			f.Clock.Set(start.Add(test.at))
			_, err := f.report(ben, rsp.Challenge.ChallengeId, test.score, false)
			wants(t, err, test.want)
		})
	}
	if got := f.record(ben); got != "1 won, 0 lost, 0 drawn" {
		t.Error(got)
	}
}

func TestChallengesThatCannotBegin(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben, carl := f.friend("Ben", ann), f.person("Carl")
	now := f.Clock.NowMS()
	const day = 24 * 3600 * 1000
	for i, test := range []struct {
		name string
		edit func(*wire.BeginChallengeRequest)
		want retcode.Code
	}{
		{"sound", nil, 0},
		{"as long as may be", func(r *wire.BeginChallengeRequest) { r.StartMs, r.EndMs = now+30*day, now+61*day }, 0},
		{"it starts when it ends", func(r *wire.BeginChallengeRequest) { r.StartMs = r.EndMs }, retcode.GameCenterChallengePeriodInvalid},
		{"it starts after its end", func(r *wire.BeginChallengeRequest) { r.StartMs = r.EndMs + 1000 }, retcode.GameCenterChallengePeriodInvalid},
		{"that, with somebody else", func(r *wire.BeginChallengeRequest) { r.StartMs, r.OpponentOpenid = r.EndMs, carl.openid[:] }, retcode.GameCenterChallengePeriodInvalid},
		{"that, with a long title", func(r *wire.BeginChallengeRequest) { r.StartMs, r.Title = r.EndMs, strings.Repeat("t", 101) }, retcode.GameCenterParameterInvalid},
		{"it has ended", func(r *wire.BeginChallengeRequest) { r.StartMs, r.EndMs = now-day, now-1 }, retcode.GameCenterParameterInvalid},
		{"it starts late", func(r *wire.BeginChallengeRequest) { r.StartMs, r.EndMs = now+32*day, now+33*day }, retcode.GameCenterParameterInvalid},
		{"it is long", func(r *wire.BeginChallengeRequest) { r.StartMs, r.EndMs = now, now+31*day+1 }, retcode.GameCenterParameterInvalid},
		{"a negative start", func(r *wire.BeginChallengeRequest) { r.StartMs = -1 }, retcode.GameCenterParameterInvalid},
		{"a huge end", func(r *wire.BeginChallengeRequest) { r.EndMs = 1<<63 - 1 }, retcode.GameCenterParameterInvalid},
		{"no request", func(r *wire.BeginChallengeRequest) { r.Request = "" }, retcode.GameCenterParameterInvalid},
		{"a long request", func(r *wire.BeginChallengeRequest) { r.Request = strings.Repeat("r", 65) }, retcode.GameCenterParameterInvalid},
		{"a control character", func(r *wire.BeginChallengeRequest) { r.Title = "\n" }, retcode.GameCenterParameterInvalid},
		{"a stranger", func(r *wire.BeginChallengeRequest) { r.OpponentOpenid = carl.openid[:] }, retcode.GameCenterParameterInvalid},
		{"the player", func(r *wire.BeginChallengeRequest) { r.OpponentOpenid = ann.openid[:] }, retcode.GameCenterParameterInvalid},
		{"no opponent", func(r *wire.BeginChallengeRequest) { r.OpponentOpenid = nil }, retcode.GameCenterParameterInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := call(f, BeginChallengeCommand, f.beginning(ann, ben, strconv.Itoa(i), test.edit))
			wants(t, err, test.want)
		})
	}
	for i := range 18 {
		f.begin(ann, ben, "more "+strconv.Itoa(i))
	}
	_, err := call(f, BeginChallengeCommand, f.beginning(ann, ben, "too many", nil))
	wants(t, err, retcode.GameCenterRateExceeded)
	f.Clock.Advance(time.Hour) // the end of all but one
	f.begin(ann, ben, "too many")
}

func TestBothSidesReportTheBeginning(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben := f.friend("Ben", ann)
	id := f.begin(ann, ben, "r")
	rsp, err := call(f, BeginChallengeCommand, f.beginning(ann, ben, "r", func(r *wire.BeginChallengeRequest) { r.Member, r.Title = true, "another" }))
	must(t, err)
	if rsp.Challenge.ChallengeId != id || rsp.Challenge.Title != "a match" || len(f.challenges(ben)) != 1 {
		t.Errorf("got %v", rsp.Challenge)
	}
}

func TestChallengesAreListedInPagesForThirtyDaysAfterTheirEnd(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben := f.friend("Ben", ann)
	for i := range 3 {
		f.begin(ann, ben, strconv.Itoa(i))
	}
	page := func(before uint64, limit uint32) *wire.ListChallengesResponse {
		t.Helper()
		rsp, err := call(f, ListChallengesCommand, &wire.ListChallengesRequest{Appid: uint64(f.app.AppID), Uin: uint64(ben.uin), Before: before, Limit: limit})
		must(t, err)
		return rsp
	}
	one := page(0, 2)
	two := page(one.Challenge[1].ChallengeId, 2)
	if len(one.Challenge) != 2 || !one.More || len(two.Challenge) != 1 || two.More {
		t.Errorf("got %v and %v", one, two)
	}
	f.Clock.Advance(time.Hour + 30*24*time.Hour - time.Minute)
	must(t, f.work(t.Context()))
	if len(f.challenges(ann)) != 3 {
		t.Error("they are gone before 30 days after their end")
	}
	f.Clock.Advance(2 * time.Minute)
	if len(f.challenges(ann)) != 0 {
		t.Error("they are shown after 30 days")
	}
	must(t, f.work(t.Context()))
	left, err := f.Store.ChallengesOf(t.Context(), f.app.AppID, ann.uin, 1<<62, 0, 10)
	if must(t, err); len(left) != 0 {
		t.Error("they are stored after 30 days")
	}
	if got := f.record(ann); got != "0 won, 0 lost, 3 drawn" {
		t.Error("their results are", got)
	}
}

// TestConcurrentChallengesCountOnce: players begin challenges with each other, report scores and end them, all at once and each
// call up to three times, while others settle what is due and the clock moves. In the end each challenge has counted exactly
// once, for the player with the greatest score that was accepted, and every record equals one computed from scratch.
func TestConcurrentChallengesCountOnce(t *testing.T) {
	const players, rounds = 6, 4
	f := newFixture(t)
	var people []person
	for i := range players {
		people = append(people, f.friend(strconv.Itoa(i), people...))
	}
	dice := rand.New(rand.NewPCG(14, 6))
	type entry struct{ uin, score int64 }
	accepted := make(map[uint64][]entry) // by challenge
	var mu sync.Mutex
	for round := range rounds {
		var wg sync.WaitGroup
		for i, challenger := range people {
			for j, opponent := range people {
				if i == j {
					continue
				}
				request := fmt.Sprint(round, i, j)
				scores := [2]int64{dice.Int64N(4), dice.Int64N(4)}
				done, times := dice.IntN(3) > 0, 1+dice.IntN(3)
				for range times {
					wg.Go(func() {
						rsp, err := call(f, BeginChallengeCommand, f.beginning(challenger, opponent, request, nil))
						if err != nil {
							t.Error(err)
							return
						}
						for side, by := range []person{challenger, opponent} {
							_, err := f.report(by, rsp.Challenge.ChallengeId, strconv.FormatInt(scores[side], 10), done)
							if err != nil {
								t.Error(err)
							}
							mu.Lock()
							accepted[rsp.Challenge.ChallengeId] = append(accepted[rsp.Challenge.ChallengeId], entry{int64(by.uin), scores[side]})
							mu.Unlock()
						}
					})
				}
			}
		}
		for range 4 {
			wg.Go(func() {
				if err := f.work(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		f.Clock.Advance(time.Hour) // the end of those that are not done
	}
	must(t, f.work(t.Context()))
	if want := players * (players - 1) * rounds; len(accepted) != want {
		t.Fatalf("%d challenges were begun, want %d", len(accepted), want)
	}
	won, lost := make(map[platform.UIN]int64), make(map[platform.UIN]int64)
	for _, p := range people {
		list, err := f.Store.ChallengesOf(t.Context(), f.app.AppID, p.uin, 1<<62, 0, 1000)
		must(t, err)
		for _, c := range list {
			if c.Challenger.UIN != p.uin {
				continue // it is another's
			}
			best := make(map[int64]int64)
			for _, e := range accepted[uint64(c.ID)] {
				best[e.uin] = max(best[e.uin], e.score)
			}
			winner, loser := &c.Challenger, &c.Opponent
			if a, b := best[int64(winner.UIN)], best[int64(loser.UIN)]; b > a || b == a && c.Opponent.ReachedMS < c.Challenger.ReachedMS {
				winner, loser = loser, winner
			}
			if c.SettledMS == 0 || c.Leader().UIN != winner.UIN || winner.Score.String() != strconv.FormatInt(best[int64(winner.UIN)], 10) {
				t.Fatalf("challenge %+v, want winner %d with %v", c, winner.UIN, best)
			}
			won[winner.UIN]++
			lost[loser.UIN]++
		}
	}
	for _, p := range people {
		if got, want := f.record(p), fmt.Sprintf("%d won, %d lost, 0 drawn", won[p.uin], lost[p.uin]); got != want {
			t.Errorf("account %d has %s, want %s", p.uin, got, want)
		}
	}
}
