package storetest

import (
	"errors"
	"math"
	"strconv"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// challenge is one between two accounts at the game, begun by the game, that lasts for a thousand milliseconds.
func challenge(challenger, opponent platform.UIN, request string) platform.Challenge {
	return platform.Challenge{
		AppID: game, Request: request, Title: "鸦's \"match\"", StartMS: now, EndMS: now + 1000, GameMS: now,
		Challenger: platform.ChallengeSide{UIN: challenger, OpenID: openid(byte(challenger))},
		Opponent:   platform.ChallengeSide{UIN: opponent, OpenID: openid(byte(opponent))},
	}
}

func begin(t *testing.T, s store.Store, c platform.Challenge) platform.Challenge {
	t.Helper()
	return result(s.BeginChallenge(t.Context(), c, many))(t)
}

// scores sets the scores of both sides; "" leaves a side as it is.
func scores(challenger, opponent string) func(*platform.Challenge) error {
	return func(c *platform.Challenge) error {
		for side, text := range map[*platform.ChallengeSide]string{&c.Challenger: challenger, &c.Opponent: opponent} {
			if text != "" {
				score, err := platform.ParseDecimal(text)
				if err != nil {
					return err
				}
				side.Score, side.ReachedMS = score, now+1
			}
		}
		return nil
	}
}

// challengeIDs returns the IDs of all challenges of an account at the game.
func challengeIDs(t *testing.T, s store.Store, uin platform.UIN) (ids []int64) {
	t.Helper()
	for _, c := range result(s.ChallengesOf(t.Context(), game, uin, math.MaxInt64, 0, many))(t) {
		ids = append(ids, c.ID)
	}
	return ids
}

func record(t *testing.T, s store.Store, uin platform.UIN, nowMS int64) platform.ChallengeRecord {
	t.Helper()
	return result(s.ChallengeRecord(t.Context(), game, uin, nowMS))(t)
}

var challenges = []test{
	{"a-challenge-is-kept-whole", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		c := challenge(first, 1<<61, "r")
		begun := begin(t, s, c)
		c.ID = begun.ID
		same(t, begun.Challenger, c.Challenger)
		same(t, begun, c)
		edited := result(s.EditChallenge(ctx, game, c.ID, func(c *platform.Challenge) error {
			c.Opponent.Done = true
			return scores("-12.5", "123456789012345678901234567890")(c)
		}))(t)
		same(t, edited.Challenger.Score.String(), "-12.5")
		same(t, edited.Opponent.Score.String(), "123456789012345678901234567890")
		same(t, result(s.ChallengesOf(ctx, game, first, math.MaxInt64, now, 9))(t), []platform.Challenge{edited})
		same(t, result(s.ChallengesOf(ctx, game, 1<<61, math.MaxInt64, now, 9))(t), []platform.Challenge{edited})
	}},
	{"both-sides-report-the-beginning-of-one-challenge", func(t *testing.T, s store.Store) {
		begun := begin(t, s, challenge(first, first+1, "r"))
		from := challenge(first, first+2, "r")
		from.GameMS, from.MemberMS, from.Title = 0, now+5, "another"
		both := begin(t, s, from)
		want := begun
		want.MemberMS = now + 5
		same(t, both, want)
		from.GameMS, from.MemberMS = now+7, now+8 // what was reported stays
		same(t, begin(t, s, from), want)
		same(t, challengeIDs(t, s, first+2), nil)
		for i, change := range []func(*platform.Challenge){
			func(c *platform.Challenge) { c.AppID = other },
			func(c *platform.Challenge) { c.Challenger.UIN = first + 3 },
			func(c *platform.Challenge) { c.Request = "s" },
		} {
			c := challenge(first, first+1, "r")
			change(&c)
			if begin(t, s, c).ID == begun.ID {
				t.Errorf("change %d did not begin a challenge of its own", i)
			}
		}
	}},
	{"a-request-begins-once", func(t *testing.T, s store.Store) {
		list := together(t, func(int) (platform.Challenge, error) {
			return s.BeginChallenge(t.Context(), challenge(first, first+1, "r"), many)
		})
		for _, begun := range list {
			same(t, begun, list[0])
		}
		same(t, challengeIDs(t, s, first), []int64{list[0].ID})
	}},
	{"challenges-under-way-are-bounded", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		begins := func(challenger, opponent platform.UIN, request string, at int64) error {
			c := challenge(challenger, opponent, request)
			c.GameMS, c.EndMS = at, at+1000
			_, err := s.BeginChallenge(ctx, c, 2)
			return err
		}
		ok(t, begins(first, first+1, "1", now))
		ok(t, begins(first, first+2, "2", now))
		fails(t, begins(first, first+3, "3", now), platform.ErrFull)
		ok(t, begins(first, first+2, "2", now)) // it is under way already
		ok(t, begins(first+1, first, "1", now)) // what it began and what others began are counted apart
		ok(t, begins(first+2, first, "1", now))
		fails(t, begins(first+3, first, "1", now), platform.ErrFull)
		ok(t, begins(first+3, first+4, "1", now))
		fails(t, begins(first, first+3, "3", now+999), platform.ErrFull)
		ok(t, begins(first, first+3, "3", now+1000)) // the first two have ended
		elsewhere := challenge(first, first+1, "9")
		elsewhere.AppID = other
		_, err := s.BeginChallenge(ctx, elsewhere, 1)
		ok(t, err)
	}},
	{"a-challenge-is-edited-together", func(t *testing.T, s store.Store) {
		c := begin(t, s, challenge(first, first+1, "r"))
		together(t, func(int) (platform.Challenge, error) {
			return s.EditChallenge(t.Context(), game, c.ID, func(c *platform.Challenge) error { c.Opponent.ReachedMS++; return nil })
		})
		same(t, result(s.ChallengesOf(t.Context(), game, first, math.MaxInt64, 0, many))(t)[0].Opponent.ReachedMS, callers)
	}},
	{"a-challenge-is-edited-until-it-is-settled", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		c := begin(t, s, challenge(first, first+1, "r"))
		refused := errors.New("refused")
		_, err := s.EditChallenge(ctx, game, c.ID, func(c *platform.Challenge) error {
			_ = scores("1", "2")(c)
			return refused
		})
		fails(t, err, refused)
		same(t, result(s.ChallengesOf(ctx, game, first, math.MaxInt64, 0, 9))(t), []platform.Challenge{c})
		_, err = s.EditChallenge(ctx, other, c.ID, scores("1", ""))
		fails(t, err, platform.ErrNotFound)
		_, err = s.EditChallenge(ctx, game, c.ID+1, scores("1", ""))
		fails(t, err, platform.ErrNotFound)

		settle := func(c *platform.Challenge) error {
			c.SettledMS = now + 10
			return scores("7", "")(c)
		}
		settled := result(s.EditChallenge(ctx, game, c.ID, settle))(t)
		_, err = s.EditChallenge(ctx, game, c.ID, settle)
		fails(t, err, platform.ErrSpent)
		same(t, result(s.SettleChallenges(ctx, now+1000, many))(t), 0)
		same(t, result(s.ChallengesOf(ctx, game, first, math.MaxInt64, 0, 9))(t), []platform.Challenge{settled})
		same(t, record(t, s, first, now+1000), platform.ChallengeRecord{Won: 1})
		same(t, record(t, s, first+1, now+1000), platform.ChallengeRecord{Lost: 1})
	}},
	{"a-result-counts-once", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		for i, points := range [][2]string{{"1", "2"}, {"", ""}, {"3", "3"}, {"", "0"}} {
			c := begin(t, s, challenge(first, first+1, strconv.Itoa(i)))
			result(s.EditChallenge(ctx, game, c.ID, scores(points[0], points[1])))(t)
		}
		later := challenge(first+1, first, "later")
		later.EndMS = now + 2000
		begin(t, s, later)
		foreign := challenge(first, first+1, "r")
		foreign.AppID = other
		begin(t, s, foreign)

		a, b := platform.ChallengeRecord{Won: 1, Lost: 2, Drawn: 1}, platform.ChallengeRecord{Won: 2, Lost: 1, Drawn: 1}
		same(t, record(t, s, first, now+999), platform.ChallengeRecord{})
		same(t, record(t, s, first, now+1000), a) // before they are settled
		same(t, record(t, s, first+1, now+1000), b)
		same(t, result(s.SettleChallenges(ctx, now+999, many))(t), 0)
		counts := together(t, func(int) (int, error) { return s.SettleChallenges(ctx, now+1000, 2) })
		total := 0
		for _, n := range counts {
			total += n
		}
		same(t, total, 5)
		same(t, record(t, s, first, now+1000), a)
		same(t, record(t, s, first+1, now+1000), b)
		same(t, record(t, s, first, now), a) // what is settled stays, even if the clock is moved back
		a.Drawn++
		same(t, record(t, s, first, now+2000), a)
		for _, c := range result(s.ChallengesOf(ctx, game, first, math.MaxInt64, 0, 9))(t) {
			if want := c.EndMS * int64(platform.Bit(c.EndMS == now+1000)); c.SettledMS != want {
				t.Errorf("challenge %d was settled at %d, want %d", c.ID, c.SettledMS, want)
			}
		}
	}},
	{"challenges-are-listed-newest-first", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		var ids []int64
		for i := range 5 {
			c := challenge(first, first+1, strconv.Itoa(i))
			if i%2 == 1 {
				c = challenge(first+1, first, strconv.Itoa(i))
			}
			c.EndMS = now + int64(i)*1000
			ids = append(ids, begin(t, s, c).ID)
		}
		begin(t, s, challenge(first+1, first+2, "not of the first"))
		same(t, result(s.SettleChallenges(ctx, now, 9))(t), 1)
		of := func(before, since int64, limit int) (got []int64) {
			t.Helper()
			for _, c := range result(s.ChallengesOf(ctx, game, first, before, since, limit))(t) {
				got = append(got, c.ID)
			}
			return got
		}
		same(t, of(math.MaxInt64, 0, 9), []int64{ids[4], ids[3], ids[2], ids[1], ids[0]})
		same(t, of(math.MaxInt64, 0, 3), []int64{ids[4], ids[3], ids[2]})
		same(t, of(ids[2], 0, 9), []int64{ids[1], ids[0]})
		same(t, of(math.MaxInt64, now+2000, 9), []int64{ids[4], ids[3], ids[2]})
		same(t, len(result(s.ChallengesOf(ctx, other, first, math.MaxInt64, 0, 9))(t)), 0)
	}},
	{"news-of-challenges", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		news := func(uin platform.UIN, at int64) int64 {
			t.Helper()
			return result(s.ChallengeNews(ctx, game, uin, at))(t)
		}
		same(t, news(first, now+9000), 0)
		c := challenge(first, first+1, "r")
		c.GameMS, c.MemberMS = now+7, 0
		begun := begin(t, s, c)
		c.GameMS, c.MemberMS = 0, now+3 // the other side reports late that it began earlier
		begin(t, s, c)
		same(t, news(first, now+999), 0) // the challenger knows
		same(t, news(first+1, now+999), now+3)
		same(t, news(first, now+1000), now+1000)
		same(t, news(first+1, now+1000), now+1000)
		result(s.EditChallenge(ctx, game, begun.ID, func(c *platform.Challenge) error { c.SettledMS = now + 500; return nil }))(t)
		same(t, news(first, now+1000), now+500)
		same(t, result(s.ChallengeNews(ctx, other, first, now+1000))(t), 0)
	}},
	{"old-challenges-are-swept-and-their-results-stay", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		for i := range 4 {
			c := challenge(first, first+1, strconv.Itoa(i))
			c.EndMS = now + int64(i)
			begin(t, s, c)
		}
		same(t, result(s.SweepChallenges(ctx, now+3, 2))(t), 0) // they are not settled
		same(t, result(s.SettleChallenges(ctx, now+9, 9))(t), 4)
		same(t, result(s.SweepChallenges(ctx, now+3, 2))(t), 2)
		same(t, result(s.SweepChallenges(ctx, now+3, 2))(t), 1)
		same(t, result(s.SweepChallenges(ctx, now+3, 2))(t), 0)
		same(t, len(challengeIDs(t, s, first)), 1)
		same(t, record(t, s, first, now+9), platform.ChallengeRecord{Drawn: 4})
	}},
}
