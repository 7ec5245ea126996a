package tables

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
)

const challengeColumns = "id, appid, challenger, opponent, request, title, start_ms, end_ms, member_ms, game_ms, sides, settled_ms"

// sides is the form in which the two players of a challenge are stored.
type sides [2]side

type side struct {
	OpenID    platform.OpenID  `json:"openid"`
	Score     platform.Decimal `json:"score"`
	ReachedMS int64            `json:"reached_ms,omitzero"`
	Done      bool             `json:"done,omitzero"`
}

func packSides(c *platform.Challenge) (string, error) {
	pack := func(s *platform.ChallengeSide) side { return side{s.OpenID, s.Score, s.ReachedMS, s.Done} }
	text, err := json.Marshal(sides{pack(&c.Challenger), pack(&c.Opponent)})
	return string(text), err
}

func scanChallenge(r Row) (c platform.Challenge, err error) {
	var packed []byte
	if err := r.Scan(&c.ID, &c.AppID, &c.Challenger.UIN, &c.Opponent.UIN, &c.Request, &c.Title, &c.StartMS, &c.EndMS, &c.MemberMS, &c.GameMS,
		&packed, &c.SettledMS); err != nil {
		return c, sentinel(err)
	}
	var both sides
	if err := json.Unmarshal(packed, &both); err != nil {
		return c, fmt.Errorf("tables: challenge %d: %w", c.ID, err)
	}
	for i, to := range []*platform.ChallengeSide{&c.Challenger, &c.Opponent} {
		to.OpenID, to.Score, to.ReachedMS, to.Done = both[i].OpenID, both[i].Score, both[i].ReachedMS, both[i].Done
	}
	return c, nil
}

const insertChallenge = `
	INSERT INTO challenges (appid, challenger, opponent, request, title, start_ms, end_ms, member_ms, game_ms, sides, leader, settled_ms)
	SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0
	WHERE (SELECT count(*) FROM challenges WHERE appid = ?1 AND challenger = ?2 AND settled_ms = 0 AND end_ms > ?11) < ?12
	AND (SELECT count(*) FROM challenges WHERE appid = ?1 AND opponent = ?3 AND settled_ms = 0 AND end_ms > ?11) < ?12
	RETURNING ` + challengeColumns

// BeginChallenge implements store.Challenges.
func (s *Store) BeginChallenge(ctx context.Context, c platform.Challenge, most int) (platform.Challenge, error) {
	packed, err := packSides(&c)
	if err != nil {
		return platform.Challenge{}, err
	}
	return returning(ctx, s.write, func(t *tx) (platform.Challenge, error) {
		if err := t.lock(of(progressOf, c.Challenger.UIN), of(progressOf, c.Opponent.UIN)); err != nil {
			return platform.Challenge{}, err
		}
		begun, err := scanChallenge(t.QueryRow(`
			UPDATE challenges SET member_ms = CASE WHEN member_ms = 0 THEN ? ELSE member_ms END, game_ms = CASE WHEN game_ms = 0 THEN ? ELSE game_ms END
			WHERE appid = ? AND challenger = ? AND request = ? RETURNING `+challengeColumns,
			c.MemberMS, c.GameMS, int64(c.AppID), int64(c.Challenger.UIN), c.Request))
		if !errors.Is(err, platform.ErrNotFound) {
			return begun, err
		}
		begun, err = scanChallenge(t.QueryRow(insertChallenge,
			int64(c.AppID), int64(c.Challenger.UIN), int64(c.Opponent.UIN), c.Request, c.Title, c.StartMS, c.EndMS, c.MemberMS, c.GameMS, packed,
			c.BegunMS(), most))
		if errors.Is(err, platform.ErrNotFound) {
			return begun, platform.ErrFull
		}
		return begun, err
	})
}

// EditChallenge implements store.Challenges.
func (s *Store) EditChallenge(ctx context.Context, app platform.AppID, id int64, edit func(*platform.Challenge) error) (platform.Challenge, error) {
	return returning(ctx, s.write, func(t *tx) (platform.Challenge, error) {
		if err := t.lock(of(aChallenge, id)); err != nil {
			return platform.Challenge{}, err
		}
		before, err := scanChallenge(t.QueryRow("SELECT "+challengeColumns+" FROM challenges WHERE id = ? AND appid = ?", id, int64(app)))
		if err != nil {
			return before, err
		}
		c := before
		if err := edit(&c); err != nil {
			return c, err
		}
		packed, err := packSides(&c)
		if err != nil {
			return c, err
		}
		var leader platform.UIN
		if first := c.Leader(); first != nil {
			leader = first.UIN
		}
		rows, err := t.Exec("UPDATE challenges SET sides = ?, leader = ?, settled_ms = ? WHERE id = ? AND settled_ms = 0",
			packed, int64(leader), c.SettledMS, id)
		switch {
		case err != nil:
			return c, err
		case rows == 0:
			return c, platform.ErrSpent
		case c.SettledMS != 0:
			return c, t.countChallenge(app, [2]platform.UIN{c.Challenger.UIN, c.Opponent.UIN}, leader)
		}
		return c, nil
	})
}

// countChallenge counts a challenge's result in the records of its players.
func (t *tx) countChallenge(app platform.AppID, players [2]platform.UIN, winner platform.UIN) error {
	return t.Later(`
		INSERT INTO challenge_records (appid, uin, won, lost, drawn)
		SELECT ?1, uin, CASE ?4 WHEN uin THEN 1 ELSE 0 END, CASE ?4 WHEN 0 THEN 0 WHEN uin THEN 0 ELSE 1 END, CASE ?4 WHEN 0 THEN 1 ELSE 0 END
		FROM (SELECT ?2 AS uin UNION ALL SELECT ?3) players WHERE true
		ON CONFLICT (appid, uin) DO UPDATE SET won = challenge_records.won + excluded.won, lost = challenge_records.lost + excluded.lost,
			drawn = challenge_records.drawn + excluded.drawn`,
		int64(app), int64(players[0]), int64(players[1]), int64(winner))
}

// SettleChallenges implements store.Challenges.
func (s *Store) SettleChallenges(ctx context.Context, nowMS int64, limit int) (int, error) {
	type result struct {
		app     platform.AppID
		players [2]platform.UIN
		winner  platform.UIN
	}
	return returning(ctx, s.write, func(t *tx) (int, error) {
		rows, err := t.Query(`
			UPDATE challenges SET settled_ms = end_ms
			WHERE id IN (SELECT id FROM challenges WHERE settled_ms = 0 AND end_ms <= ? ORDER BY end_ms LIMIT ?) AND settled_ms = 0
			RETURNING appid, challenger, opponent, leader`, nowMS, limit)
		settled, err := Collect(rows, err, func(r Row) (one result, err error) {
			err = r.Scan(&one.app, &one.players[0], &one.players[1], &one.winner)
			return one, err
		})
		for _, one := range settled {
			if err := t.countChallenge(one.app, one.players, one.winner); err != nil {
				return 0, err
			}
		}
		return len(settled), err
	})
}

// ChallengesOf implements store.Challenges.
func (s *Store) ChallengesOf(ctx context.Context, app platform.AppID, uin platform.UIN, before, sinceMS int64, limit int) ([]platform.Challenge, error) {
	const newest = " FROM challenges WHERE appid = ?1 AND id < ?3 AND CASE WHEN settled_ms = 0 THEN end_ms ELSE settled_ms END >= ?4"
	rows, err := s.query(ctx, "SELECT * FROM (SELECT "+challengeColumns+newest+` AND challenger = ?2 ORDER BY id DESC LIMIT ?5) begun
		UNION ALL SELECT * FROM (SELECT `+challengeColumns+newest+` AND opponent = ?2 ORDER BY id DESC LIMIT ?5) joined ORDER BY id DESC LIMIT ?5`,
		int64(app), int64(uin), before, sinceMS, limit)
	return Collect(rows, err, scanChallenge)
}

// ChallengeRecord implements store.Challenges.
func (s *Store) ChallengeRecord(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (r platform.ChallengeRecord, err error) {
	const due = "SELECT CASE leader WHEN ?2 THEN 1 ELSE 0 END, CASE leader WHEN 0 THEN 0 WHEN ?2 THEN 0 ELSE 1 END, CASE leader WHEN 0 THEN 1 ELSE 0 END FROM challenges WHERE appid = ?1 AND settled_ms = 0 AND end_ms <= ?3"
	err = s.queryRow(ctx, `
		SELECT coalesce(sum(won), 0), coalesce(sum(lost), 0), coalesce(sum(drawn), 0)
		FROM (SELECT won, lost, drawn FROM challenge_records WHERE appid = ?1 AND uin = ?2
		UNION ALL `+due+` AND challenger = ?2 UNION ALL `+due+` AND opponent = ?2) results`,
		int64(app), int64(uin), nowMS).Scan(&r.Won, &r.Lost, &r.Drawn)
	return r, err
}

// challengeNews finds each newest one at the end of an index. Of the challenges that others began, the last one is the newest.
const challengeNews = `
	SELECT coalesce(max(ms), 0) FROM (
		SELECT max(settled_ms) AS ms FROM challenges WHERE appid = ?1 AND challenger = ?2
		UNION ALL SELECT max(end_ms) FROM challenges WHERE appid = ?1 AND challenger = ?2 AND settled_ms = 0 AND end_ms <= ?3
		UNION ALL SELECT max(settled_ms) FROM challenges WHERE appid = ?1 AND opponent = ?2
		UNION ALL SELECT max(end_ms) FROM challenges WHERE appid = ?1 AND opponent = ?2 AND settled_ms = 0 AND end_ms <= ?3
		UNION ALL SELECT * FROM (SELECT CASE WHEN member_ms > 0 AND (game_ms = 0 OR member_ms < game_ms) THEN member_ms ELSE game_ms END
			FROM challenges WHERE appid = ?1 AND opponent = ?2 ORDER BY id DESC LIMIT 1) begun) news`

// ChallengeNews implements store.Challenges.
func (s *Store) ChallengeNews(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (newestMS int64, err error) {
	err = s.queryRow(ctx, challengeNews, int64(app), int64(uin), nowMS).Scan(&newestMS)
	return newestMS, err
}

// SweepChallenges implements store.Challenges.
func (s *Store) SweepChallenges(ctx context.Context, beforeMS int64, limit int) (int64, error) {
	return returning(ctx, s.write, func(t *tx) (int64, error) {
		return t.Exec("DELETE FROM challenges WHERE id IN (SELECT id FROM challenges WHERE settled_ms BETWEEN 1 AND ? LIMIT ?)", beforeMS-1, limit)
	})
}
