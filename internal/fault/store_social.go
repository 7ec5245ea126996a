package fault

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

func (s *faultyStore) PostFeed(ctx context.Context, f platform.Feed, most int) (none platform.Feed, err error) {
	if err := s.points.fail(ctx, "store.write:feeds", subject{app: f.AppID}); err != nil {
		return none, err
	}
	return s.Store.PostFeed(ctx, f, most)
}

func (s *faultyStore) Feeds(ctx context.Context, app platform.AppID, authors []platform.UIN, before, sinceMS int64, limit int) ([]platform.Feed, error) {
	if err := s.points.fail(ctx, "store.read:feeds", subject{app: app}); err != nil {
		return nil, err
	}
	return s.Store.Feeds(ctx, app, authors, before, sinceMS, limit)
}

func (s *faultyStore) FeedsByID(ctx context.Context, app platform.AppID, ids []int64, sinceMS int64) ([]platform.Feed, error) {
	if err := s.points.fail(ctx, "store.read:feeds", subject{app: app}); err != nil {
		return nil, err
	}
	return s.Store.FeedsByID(ctx, app, ids, sinceMS)
}

func (s *faultyStore) DeleteFeed(ctx context.Context, app platform.AppID, author platform.UIN, id int64) error {
	if err := s.points.fail(ctx, "store.write:feeds", subject{app: app}); err != nil {
		return err
	}
	return s.Store.DeleteFeed(ctx, app, author, id)
}

func (s *faultyStore) SweepFeeds(ctx context.Context, beforeMS int64, limit int) (int64, error) {
	if err := s.points.fail(ctx, "store.write:feeds", subject{}); err != nil {
		return 0, err
	}
	return s.Store.SweepFeeds(ctx, beforeMS, limit)
}

func (s *faultyStore) SeenEntries(ctx context.Context, app platform.AppID, uin platform.UIN) (map[string]int64, error) {
	if err := s.points.fail(ctx, "store.read:red_dots", subject{app: app}); err != nil {
		return nil, err
	}
	return s.Store.SeenEntries(ctx, app, uin)
}

func (s *faultyStore) SeeEntries(ctx context.Context, app platform.AppID, uin platform.UIN, entries []string, seenMS int64) error {
	if err := s.points.fail(ctx, "store.write:red_dots", subject{app: app}); err != nil {
		return err
	}
	return s.Store.SeeEntries(ctx, app, uin, entries, seenMS)
}

func (s *faultyStore) BeginChallenge(ctx context.Context, c platform.Challenge, most int) (none platform.Challenge, err error) {
	if err := s.points.fail(ctx, "store.write:challenges", subject{app: c.AppID}); err != nil {
		return none, err
	}
	return s.Store.BeginChallenge(ctx, c, most)
}

func (s *faultyStore) EditChallenge(ctx context.Context, app platform.AppID, id int64, edit func(*platform.Challenge) error) (none platform.Challenge, err error) {
	if err := s.points.fail(ctx, "store.write:challenges", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.EditChallenge(ctx, app, id, edit)
}

func (s *faultyStore) SettleChallenges(ctx context.Context, nowMS int64, limit int) (int, error) {
	if err := s.points.fail(ctx, "store.write:challenges", subject{}); err != nil {
		return 0, err
	}
	return s.Store.SettleChallenges(ctx, nowMS, limit)
}

func (s *faultyStore) ChallengesOf(ctx context.Context, app platform.AppID, uin platform.UIN, before, sinceMS int64, limit int) ([]platform.Challenge, error) {
	if err := s.points.fail(ctx, "store.read:challenges", subject{app: app}); err != nil {
		return nil, err
	}
	return s.Store.ChallengesOf(ctx, app, uin, before, sinceMS, limit)
}

func (s *faultyStore) ChallengeRecord(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (none platform.ChallengeRecord, err error) {
	if err := s.points.fail(ctx, "store.read:challenges", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.ChallengeRecord(ctx, app, uin, nowMS)
}

func (s *faultyStore) ChallengeNews(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (int64, error) {
	if err := s.points.fail(ctx, "store.read:challenges", subject{app: app}); err != nil {
		return 0, err
	}
	return s.Store.ChallengeNews(ctx, app, uin, nowMS)
}

func (s *faultyStore) SweepChallenges(ctx context.Context, beforeMS int64, limit int) (int64, error) {
	if err := s.points.fail(ctx, "store.write:challenges", subject{}); err != nil {
		return 0, err
	}
	return s.Store.SweepChallenges(ctx, beforeMS, limit)
}
