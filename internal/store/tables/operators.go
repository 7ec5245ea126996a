package tables

import (
	"context"
	"fmt"
	"math"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const operatorColumns = "name, role, token_hash, created_ms, token_ms"

// CreateOperator implements store.Operators.
func (s *Store) CreateOperator(ctx context.Context, o platform.Operator, most int) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(of(operators, 0)); err != nil {
			return err
		}
		var n int
		if err := t.QueryRow("SELECT count(*) FROM operators").Scan(&n); err != nil {
			return err
		}
		if n >= most {
			return platform.ErrFull
		}
		err := t.Later("INSERT INTO operators ("+operatorColumns+") VALUES (?, ?, ?, ?, ?)", o.Name, int64(o.Role), o.TokenHash[:], o.CreatedMS, o.TokenMS)
		t.creates(o.Name)
		t.changed(store.OperatorChange{Operator: o})
		return err
	})
}

// UpdateOperator implements store.Operators.
func (s *Store) UpdateOperator(ctx context.Context, name string, edit func(*platform.Operator) error) (platform.Operator, error) {
	return returning(ctx, s.write, func(t *tx) (platform.Operator, error) {
		if err := t.lock(of(operators, 0)); err != nil {
			return platform.Operator{}, err
		}
		o, err := scanOperator(t.QueryRow("SELECT "+operatorColumns+" FROM operators WHERE name = ?", name))
		if err != nil {
			return o, err
		}
		created := o.CreatedMS
		if err := edit(&o); err != nil {
			return o, err
		}
		o.Name, o.CreatedMS = name, created
		err = t.Later("UPDATE operators SET role = ?, token_hash = ?, token_ms = ? WHERE name = ?", int64(o.Role), o.TokenHash[:], o.TokenMS, name)
		t.changed(store.OperatorChange{Operator: o})
		return o, err
	})
}

// RemoveOperator implements store.Operators.
func (s *Store) RemoveOperator(ctx context.Context, name string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(of(operators, 0)); err != nil {
			return err
		}
		t.changed(store.OperatorChange{Operator: platform.Operator{Name: name}, Removed: true})
		return t.affect("DELETE FROM operators WHERE name = ?", name)
	})
}

// Operators implements store.Operators.
func (s *Store) Operators(ctx context.Context) ([]platform.Operator, error) {
	rows, err := s.query(ctx, "SELECT "+operatorColumns+" FROM operators ORDER BY name")
	return Collect(rows, err, scanOperator)
}

func scanOperator(r Row) (o platform.Operator, err error) {
	var hash []byte
	if err := r.Scan(&o.Name, &o.Role, &hash, &o.CreatedMS, &o.TokenMS); err != nil {
		return o, sentinel(err)
	}
	if len(hash) != len(o.TokenHash) {
		return o, fmt.Errorf("tables: the token hash of operator %s has %d bytes", o.Name, len(hash))
	}
	copy(o.TokenHash[:], hash)
	return o, nil
}

// creates notes what a write creates, by its number or name, for the audit log.
func (t *tx) creates(what any) {
	if t.audit != nil {
		t.created = fmt.Sprint("/", what)
	}
}

// record stores an entry of the audit log.
func (t *tx) record(e *platform.AuditEntry) error {
	return t.Later("INSERT INTO audit (at_ms, name, address, action, object, given, request_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
		e.AtMS, e.By, e.From, e.Action, e.Object+t.created, e.Given, e.RequestID)
}

// RecordAudit implements store.AuditLog.
func (s *Store) RecordAudit(ctx context.Context) error {
	return s.write(ctx, func(*tx) error { return nil })
}

// AuditEntries implements store.AuditLog.
func (s *Store) AuditEntries(ctx context.Context, f platform.AuditFilter, limit int) ([]platform.AuditEntry, error) {
	before := f.Before
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.query(ctx, `SELECT id, at_ms, name, address, action, object, given, request_id FROM audit
		WHERE id < ?1 AND at_ms >= ?2 AND (?3 = '' OR name = ?3) AND (?4 = '' OR object = ?4 OR substr(object, 1, length(?4) + 1) = ?4 || '/')
		ORDER BY id DESC LIMIT ?5`, before, f.SinceMS, f.By, f.Object, limit)
	return Collect(rows, err, func(r Row) (e platform.AuditEntry, err error) {
		return e, r.Scan(&e.ID, &e.AtMS, &e.By, &e.From, &e.Action, &e.Object, &e.Given, &e.RequestID)
	})
}

// SweepAudit implements store.AuditLog.
func (s *Store) SweepAudit(ctx context.Context, beforeMS int64, limit int) (int64, error) {
	return returning(ctx, s.write, func(t *tx) (int64, error) {
		return t.Exec("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at_ms < ? ORDER BY at_ms LIMIT ?)", beforeMS, limit)
	})
}
