package fault

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

func (s *faultyStore) CreateOperator(ctx context.Context, o platform.Operator, most int) error {
	if err := s.points.fail(ctx, "store.write:operators", subject{}); err != nil {
		return err
	}
	return s.Store.CreateOperator(ctx, o, most)
}

func (s *faultyStore) UpdateOperator(ctx context.Context, name string, edit func(*platform.Operator) error) (none platform.Operator, err error) {
	if err := s.points.fail(ctx, "store.write:operators", subject{}); err != nil {
		return none, err
	}
	return s.Store.UpdateOperator(ctx, name, edit)
}

func (s *faultyStore) RemoveOperator(ctx context.Context, name string) error {
	if err := s.points.fail(ctx, "store.write:operators", subject{}); err != nil {
		return err
	}
	return s.Store.RemoveOperator(ctx, name)
}

func (s *faultyStore) Operators(ctx context.Context) ([]platform.Operator, error) {
	if err := s.points.fail(ctx, "store.read:operators", subject{}); err != nil {
		return nil, err
	}
	return s.Store.Operators(ctx)
}

func (s *faultyStore) RecordAudit(ctx context.Context) error {
	if err := s.points.fail(ctx, "store.write:audit", subject{}); err != nil {
		return err
	}
	return s.Store.RecordAudit(ctx)
}

func (s *faultyStore) AuditEntries(ctx context.Context, f platform.AuditFilter, limit int) ([]platform.AuditEntry, error) {
	if err := s.points.fail(ctx, "store.read:audit", subject{}); err != nil {
		return nil, err
	}
	return s.Store.AuditEntries(ctx, f, limit)
}

func (s *faultyStore) SweepAudit(ctx context.Context, beforeMS int64, limit int) (int64, error) {
	if err := s.points.fail(ctx, "store.write:audit", subject{}); err != nil {
		return 0, err
	}
	return s.Store.SweepAudit(ctx, beforeMS, limit)
}
