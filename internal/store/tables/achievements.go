package tables

import (
	"context"
	"database/sql"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// ReportAchievements implements store.Achievements.
func (s *Store) ReportAchievements(ctx context.Context, r platform.AchievementReport) (failed int, err error) {
	err = s.writeGrouped(ctx, func(t *tx) error {
		if err := t.lock(of(progressOf, r.UIN)); err != nil {
			return err
		}
		for i := range r.Items {
			if err := t.achieve(&r, &r.Items[i]); err != nil {
				failed = i
				return err
			}
		}
		return t.played(r.AppID, r.UIN, r.NowMS)
	})
	return failed, err
}

// achieve stores one item of a report, and what follows from it.
func (t *tx) achieve(r *platform.AchievementReport, a *platform.Achievement) error {
	rows, err := t.Exec(`INSERT INTO achievements (appid, uin, type, data, number, expires_ms, updated_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
		ON CONFLICT (appid, uin, type) DO UPDATE SET data = excluded.data, number = excluded.number, expires_ms = excluded.expires_ms, updated_ms = excluded.updated_ms
		WHERE ?8 = 1 OR excluded.number > achievements.number OR achievements.expires_ms BETWEEN 1 AND ?7`,
		int64(r.AppID), int64(r.UIN), a.Type, a.Data, a.Number.Key(), a.ExpiresMS, r.NowMS, a.Overwrite)
	switch {
	case err != nil:
		return err
	case rows == 0:
		return platform.ErrNotGreater
	case a.Type != platform.AchievementScore:
		return nil
	}
	week := platform.WeekOf(r.Day)
	if err := t.Later(`INSERT INTO rounds (appid, uin, day, day_best, day_rounds, week, week_rounds) VALUES (?, ?, ?, ?, 1, ?, 1)
		ON CONFLICT (appid, uin) DO UPDATE SET day = excluded.day, week = excluded.week,
			day_best = CASE WHEN rounds.day = excluded.day AND rounds.day_best > excluded.day_best THEN rounds.day_best ELSE excluded.day_best END,
			day_rounds = CASE WHEN rounds.day = excluded.day THEN rounds.day_rounds + 1 ELSE 1 END,
			week_rounds = CASE WHEN rounds.week = excluded.week THEN rounds.week_rounds + 1 ELSE 1 END`,
		int64(r.AppID), int64(r.UIN), r.Day, a.Number.Key(), week); err != nil {
		return err
	}
	for _, week := range []int64{week, 0} {
		rows, err := t.Exec(`INSERT INTO board_scores (appid, week, uin, score, reached_ms) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (appid, week, uin) DO UPDATE SET score = excluded.score, reached_ms = excluded.reached_ms WHERE excluded.score > board_scores.score`,
			int64(r.AppID), week, int64(r.UIN), a.Number.Key(), r.NowMS)
		if err != nil {
			return err
		}
		if rows > 0 {
			t.changed(store.ScoreChange{AppID: r.AppID, UIN: r.UIN, Week: week, Score: a.Number, ReachedMS: r.NowMS})
		}
	}
	return nil
}

// later keeps the later one of two times at which an account played a game: a clock that is moved back changes nothing.
const later = " ON CONFLICT (uin, appid) DO UPDATE SET played_ms = excluded.played_ms WHERE excluded.played_ms > recent_games.played_ms"

// played notes that an account plays a game.
func (t *tx) played(app platform.AppID, uin platform.UIN, nowMS int64) error {
	return t.Later("INSERT INTO recent_games (uin, appid, played_ms) VALUES (?, ?, ?)"+later, int64(uin), int64(app), nowMS)
}

// playedBy does so for the account that an openid names.
func (t *tx) playedBy(app platform.AppID, openid platform.OpenID, nowMS int64) error {
	return t.Later("INSERT INTO recent_games (uin, appid, played_ms) SELECT uin, appid, ? FROM openids WHERE appid = ? AND openid = ?"+later,
		nowMS, int64(app), openid[:])
}

// Achievements implements store.Achievements.
func (s *Store) Achievements(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) ([]platform.Achievement, error) {
	rows, err := s.query(ctx, `SELECT type, data, number, expires_ms, updated_ms FROM achievements
		WHERE appid = ?1 AND uin = ?2 AND (expires_ms = 0 OR expires_ms > ?3) ORDER BY type`, int64(app), int64(uin), nowMS)
	return Collect(rows, err, func(r Row) (a platform.Achievement, err error) {
		err = r.Scan(&a.Type, &a.Data, (*number)(&a.Number), &a.ExpiresMS, &a.UpdatedMS)
		return a, err
	})
}

// number reads a Decimal from its key.
type number platform.Decimal

// Scan implements sql.Scanner.
func (n *number) Scan(src any) error {
	key, ok := src.([]byte)
	if src != nil && !ok {
		return errors.New("tables: a number is not bytes")
	}
	d, err := platform.DecimalOfKey(key)
	*n = number(d)
	return err
}

// Tally implements store.Achievements.
func (s *Store) Tally(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) (t platform.Tally, err error) {
	week := platform.WeekOf(day)
	err = s.queryRow(ctx, `SELECT (SELECT score FROM board_scores WHERE appid = ?1 AND week = 0 AND uin = ?2),
			(SELECT score FROM board_scores WHERE appid = ?1 AND week = ?4 AND uin = ?2),
			CASE WHEN day = ?3 THEN day_best END, CASE WHEN day = ?3 THEN day_rounds ELSE 0 END, CASE WHEN week = ?4 THEN week_rounds ELSE 0 END
		FROM (SELECT 1 AS one) once LEFT JOIN rounds ON appid = ?1 AND uin = ?2`, int64(app), int64(uin), day, week).
		Scan((*number)(&t.Best), (*number)(&t.WeekBest), (*number)(&t.DayBest), &t.DayRounds, &t.WeekRounds)
	return t, err
}

// Boards implements store.Achievements. It goes from board to board, not through their scores.
func (s *Store) Boards(ctx context.Context) ([]platform.Board, error) {
	boards := []platform.Board{}
	for last := (platform.Board{}); ; {
		err := s.queryRow(ctx, "SELECT appid, week FROM board_scores WHERE (appid, week) > (?, ?) ORDER BY appid, week LIMIT 1",
			int64(last.AppID), last.Week).Scan(&last.AppID, &last.Week)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return boards, nil
		case err != nil:
			return nil, err
		}
		boards = append(boards, last)
	}
}

// BoardScores implements store.Achievements.
func (s *Store) BoardScores(ctx context.Context, board platform.Board, after platform.UIN, limit int) ([]platform.BoardScore, error) {
	rows, err := s.query(ctx, "SELECT uin, score, reached_ms FROM board_scores WHERE appid = ? AND week = ? AND uin > ? ORDER BY uin LIMIT ?",
		int64(board.AppID), board.Week, int64(after), limit)
	return Collect(rows, err, scanBoardScore)
}

func scanBoardScore(r Row) (b platform.BoardScore, err error) {
	err = r.Scan(&b.UIN, (*number)(&b.Score), &b.ReachedMS)
	return b, err
}

// BoardScoresOf implements store.Achievements.
func (s *Store) BoardScoresOf(ctx context.Context, board platform.Board, uins []platform.UIN) ([]platform.BoardScore, error) {
	list, err := listOf(uins)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, "SELECT uin, score, reached_ms FROM json_each(?3) a CROSS JOIN board_scores WHERE appid = ?1 AND week = ?2 AND uin = CAST(a.value AS BIGINT)",
		int64(board.AppID), board.Week, list)
	return Collect(rows, err, scanBoardScore)
}

// SweepBoards implements store.Achievements.
func (s *Store) SweepBoards(ctx context.Context, beforeWeek int64, limit int) (int64, error) {
	return returning(ctx, s.write, func(t *tx) (int64, error) {
		return t.Exec(`DELETE FROM board_scores WHERE (appid, week, uin) IN (SELECT appid, week, uin FROM board_scores
			WHERE appid IN (SELECT appid FROM apps) AND week BETWEEN 1 AND ? - 1 LIMIT ?)`, beforeWeek, limit)
	})
}

// NotePlayed implements store.Achievements.
func (s *Store) NotePlayed(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) error {
	return s.writeGrouped(ctx, func(t *tx) error { return t.played(app, uin, nowMS) })
}

// RecentGames implements store.Achievements.
func (s *Store) RecentGames(ctx context.Context, uin platform.UIN, limit int) ([]platform.RecentGame, error) {
	rows, err := s.query(ctx, "SELECT appid, played_ms FROM recent_games WHERE uin = ? ORDER BY played_ms DESC, appid LIMIT ?", int64(uin), limit)
	return Collect(rows, err, func(r Row) (g platform.RecentGame, err error) {
		err = r.Scan(&g.AppID, &g.PlayedMS)
		return g, err
	})
}
