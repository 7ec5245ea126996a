package fault

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

func (s *faultyStore) ReportAchievements(ctx context.Context, r platform.AchievementReport) (failed int, err error) {
	if err := s.points.fail(ctx, "store.write:achievements", subject{app: r.AppID}); err != nil {
		return 0, err
	}
	return s.Store.ReportAchievements(ctx, r)
}

func (s *faultyStore) Achievements(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) ([]platform.Achievement, error) {
	if err := s.points.fail(ctx, "store.read:achievements", subject{app: app}); err != nil {
		return nil, err
	}
	return s.Store.Achievements(ctx, app, uin, nowMS)
}

func (s *faultyStore) Tally(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) (none platform.Tally, err error) {
	if err := s.points.fail(ctx, "store.read:achievements", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.Tally(ctx, app, uin, day)
}

func (s *faultyStore) Boards(ctx context.Context) ([]platform.Board, error) {
	if err := s.points.fail(ctx, "store.read:board_scores", subject{}); err != nil {
		return nil, err
	}
	return s.Store.Boards(ctx)
}

func (s *faultyStore) BoardScores(ctx context.Context, board platform.Board, after platform.UIN, limit int) ([]platform.BoardScore, error) {
	if err := s.points.fail(ctx, "store.read:board_scores", subject{app: board.AppID}); err != nil {
		return nil, err
	}
	return s.Store.BoardScores(ctx, board, after, limit)
}

func (s *faultyStore) BoardScoresOf(ctx context.Context, board platform.Board, uins []platform.UIN) ([]platform.BoardScore, error) {
	if err := s.points.fail(ctx, "store.read:board_scores", subject{app: board.AppID}); err != nil {
		return nil, err
	}
	return s.Store.BoardScoresOf(ctx, board, uins)
}

func (s *faultyStore) SweepBoards(ctx context.Context, beforeWeek int64, limit int) (int64, error) {
	if err := s.points.fail(ctx, "store.write:board_scores", subject{}); err != nil {
		return 0, err
	}
	return s.Store.SweepBoards(ctx, beforeWeek, limit)
}

func (s *faultyStore) NotePlayed(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:recent_games", subject{app: app}); err != nil {
		return err
	}
	return s.Store.NotePlayed(ctx, app, uin, nowMS)
}

func (s *faultyStore) RecentGames(ctx context.Context, uin platform.UIN, limit int) ([]platform.RecentGame, error) {
	if err := s.points.fail(ctx, "store.read:recent_games", subject{}); err != nil {
		return nil, err
	}
	return s.Store.RecentGames(ctx, uin, limit)
}
