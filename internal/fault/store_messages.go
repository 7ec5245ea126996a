package fault

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

func (s *faultyStore) StoreMessage(ctx context.Context, m platform.Message, quota *platform.MessageQuota) (none platform.Message, again bool, err error) {
	if err := s.points.fail(ctx, "store.write:messages", subject{app: m.AppID}); err != nil {
		return none, false, err
	}
	return s.Store.StoreMessage(ctx, m, quota)
}

func (s *faultyStore) MessageOfRequest(ctx context.Context, app platform.AppID, from platform.UIN, request string, sinceMS int64) (none platform.Message, err error) {
	if err := s.points.fail(ctx, "store.read:messages", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.MessageOfRequest(ctx, app, from, request, sinceMS)
}

func (s *faultyStore) MessagesAfter(ctx context.Context, uin platform.UIN, app platform.AppID, after, sinceMS int64, limit int) ([]platform.Message, error) {
	if err := s.points.fail(ctx, "store.read:messages", subject{app: app}); err != nil {
		return nil, err
	}
	return s.Store.MessagesAfter(ctx, uin, app, after, sinceMS, limit)
}

func (s *faultyStore) MessagesBefore(ctx context.Context, uin platform.UIN, before, sinceMS int64, limit int) ([]platform.Message, error) {
	if err := s.points.fail(ctx, "store.read:messages", subject{}); err != nil {
		return nil, err
	}
	return s.Store.MessagesBefore(ctx, uin, before, sinceMS, limit)
}

func (s *faultyStore) ReadMessages(ctx context.Context, uin platform.UIN, upTo, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:messages", subject{}); err != nil {
		return err
	}
	return s.Store.ReadMessages(ctx, uin, upTo, nowMS)
}

func (s *faultyStore) SweepMessages(ctx context.Context, beforeMS, beforeDay int64, limit int) (int64, error) {
	if err := s.points.fail(ctx, "store.write:messages", subject{}); err != nil {
		return 0, err
	}
	return s.Store.SweepMessages(ctx, beforeMS, beforeDay, limit)
}

func (s *faultyStore) EditScene(ctx context.Context, key platform.SceneKey, most int, edit func(*platform.Scene) error) (none *platform.Scene, err error) {
	if err := s.points.fail(ctx, "store.write:scenes", subject{app: key.AppID}); err != nil {
		return none, err
	}
	return s.Store.EditScene(ctx, key, most, edit)
}

func (s *faultyStore) RemoveScene(ctx context.Context, key platform.SceneKey) error {
	if err := s.points.fail(ctx, "store.write:scenes", subject{app: key.AppID}); err != nil {
		return err
	}
	return s.Store.RemoveScene(ctx, key)
}

func (s *faultyStore) Scenes(ctx context.Context) (none []*platform.Scene, err error) {
	if err := s.points.fail(ctx, "store.read:scenes", subject{}); err != nil {
		return none, err
	}
	return s.Store.Scenes(ctx)
}
