package sqlite

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

func scanChallenge(r row) (c platform.Challenge, err error) {
	var packed []byte
	if err := r.Scan(&c.ID, &c.AppID, &c.Challenger.UIN, &c.Opponent.UIN, &c.Request, &c.Title, &c.StartMS, &c.EndMS, &c.MemberMS, &c.GameMS,
		&packed, &c.SettledMS); err != nil {
		return c, sentinel(err)
	}
	var both sides
	if err := json.Unmarshal(packed, &both); err != nil {
		return c, fmt.Errorf("sqlite: challenge %d: %w", c.ID, err)
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
	return returning(ctx, s.writer, func(t *tx) (platform.Challenge, error) {
		begun, err := scanChallenge(t.queryRow(`
			UPDATE challenges SET member_ms = iif(member_ms = 0, ?, member_ms), game_ms = iif(game_ms = 0, ?, game_ms)
			WHERE appid = ? AND challenger = ? AND request = ? RETURNING `+challengeColumns,
			c.MemberMS, c.GameMS, int64(c.AppID), int64(c.Challenger.UIN), c.Request))
		if !errors.Is(err, platform.ErrNotFound) {
			return begun, err
		}
		begun, err = scanChallenge(t.queryRow(insertChallenge,
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
	return returning(ctx, s.writer, func(t *tx) (platform.Challenge, error) {
		before, err := scanChallenge(t.queryRow("SELECT "+challengeColumns+" FROM challenges WHERE id = ? AND appid = ?", id, int64(app)))
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
		rows, err := t.exec("UPDATE challenges SET sides = ?, leader = ?, settled_ms = ? WHERE id = ? AND settled_ms = 0",
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
	_, err := t.exec(`
		INSERT INTO challenge_records (appid, uin, won, lost, drawn)
		SELECT ?1, column1, ?4 = column1, ?4 NOT IN (0, column1), ?4 = 0 FROM (VALUES (?2), (?3)) WHERE true
		ON CONFLICT DO UPDATE SET won = won + excluded.won, lost = lost + excluded.lost, drawn = drawn + excluded.drawn`,
		int64(app), int64(players[0]), int64(players[1]), int64(winner))
	return err
}

// SettleChallenges implements store.Challenges.
func (s *Store) SettleChallenges(ctx context.Context, nowMS int64, limit int) (int, error) {
	type result struct {
		app     platform.AppID
		players [2]platform.UIN
		winner  platform.UIN
	}
	return returning(ctx, s.writer, func(t *tx) (int, error) {
		rows, err := t.query(`
			UPDATE challenges SET settled_ms = end_ms
			WHERE id IN (SELECT id FROM challenges WHERE settled_ms = 0 AND end_ms <= ? ORDER BY end_ms LIMIT ?)
			RETURNING appid, challenger, opponent, leader`, nowMS, limit)
		settled, err := collect(rows, err, func(r row) (one result, err error) {
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
	const newest = " FROM challenges WHERE appid = ?1 AND id < ?3 AND iif(settled_ms = 0, end_ms, settled_ms) >= ?4"
	rows, err := s.query(ctx, "SELECT * FROM (SELECT "+challengeColumns+newest+` AND challenger = ?2 ORDER BY id DESC LIMIT ?5)
		UNION ALL SELECT * FROM (SELECT `+challengeColumns+newest+` AND opponent = ?2 ORDER BY id DESC LIMIT ?5) ORDER BY id DESC LIMIT ?5`,
		int64(app), int64(uin), before, sinceMS, limit)
	return collect(rows, err, scanChallenge)
}

// ChallengeRecord implements store.Challenges.
func (s *Store) ChallengeRecord(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (r platform.ChallengeRecord, err error) {
	const due = "SELECT leader = ?2, leader NOT IN (0, ?2), leader = 0 FROM challenges WHERE appid = ?1 AND settled_ms = 0 AND end_ms <= ?3"
	err = s.queryRow(ctx, `
		SELECT ifnull(sum(won), 0), ifnull(sum(lost), 0), ifnull(sum(drawn), 0)
		FROM (SELECT won, lost, drawn FROM challenge_records WHERE appid = ?1 AND uin = ?2
		UNION ALL `+due+` AND challenger = ?2 UNION ALL `+due+` AND opponent = ?2)`,
		int64(app), int64(uin), nowMS).Scan(&r.Won, &r.Lost, &r.Drawn)
	return r, err
}

// challengeNews finds each newest one at the end of an index. Of the challenges that others began, the last one is the newest.
const challengeNews = `
	SELECT ifnull(max(ms), 0) FROM (
		SELECT max(settled_ms) AS ms FROM challenges WHERE appid = ?1 AND challenger = ?2
		UNION ALL SELECT max(end_ms) FROM challenges WHERE appid = ?1 AND challenger = ?2 AND settled_ms = 0 AND end_ms <= ?3
		UNION ALL SELECT max(settled_ms) FROM challenges WHERE appid = ?1 AND opponent = ?2
		UNION ALL SELECT max(end_ms) FROM challenges WHERE appid = ?1 AND opponent = ?2 AND settled_ms = 0 AND end_ms <= ?3
		UNION ALL SELECT * FROM (SELECT iif(0 IN (member_ms, game_ms), max(member_ms, game_ms), min(member_ms, game_ms))
			FROM challenges WHERE appid = ?1 AND opponent = ?2 ORDER BY id DESC LIMIT 1))`

// ChallengeNews implements store.Challenges.
func (s *Store) ChallengeNews(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (newestMS int64, err error) {
	err = s.queryRow(ctx, challengeNews, int64(app), int64(uin), nowMS).Scan(&newestMS)
	return newestMS, err
}

// SweepChallenges implements store.Challenges.
func (s *Store) SweepChallenges(ctx context.Context, beforeMS int64, limit int) (int64, error) {
	return returning(ctx, s.writer, func(t *tx) (int64, error) {
		return t.exec("DELETE FROM challenges WHERE id IN (SELECT id FROM challenges WHERE settled_ms BETWEEN 1 AND ? LIMIT ?)", beforeMS-1, limit)
	})
}
