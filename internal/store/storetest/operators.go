package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var operators = []test{
	{"operators", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		heard := listen(t, s)
		mara := platform.Operator{Name: "mara", Role: platform.RoleOperator, TokenHash: [32]byte{1, 31: 0xff}, CreatedMS: now, TokenMS: now}
		bo := platform.Operator{Name: "bo", TokenHash: [32]byte{2}, CreatedMS: now + 1, TokenMS: now + 1}
		ok(t, s.CreateOperator(ctx, mara, 2))
		fails(t, s.CreateOperator(ctx, mara, 2), platform.ErrExists)
		ok(t, s.CreateOperator(ctx, bo, 2))
		fails(t, s.CreateOperator(ctx, platform.Operator{Name: "cleo"}, 2), platform.ErrFull)
		same(t, result(s.Operators(ctx))(t), []platform.Operator{bo, mara})

		refused := errors.New("refused")
		_, err := s.UpdateOperator(ctx, "mara", func(o *platform.Operator) error { o.Role = platform.RoleOwner; return refused })
		fails(t, err, refused)
		changed := mara
		changed.Role, changed.TokenHash, changed.TokenMS = platform.RoleReader, [32]byte{3}, now+2
		same(t, result(s.UpdateOperator(ctx, "mara", func(o *platform.Operator) error {
			same(t, *o, mara)
			*o = platform.Operator{Name: "another", TokenHash: [32]byte{3}, TokenMS: now + 2} // its name and time of creation stay
			return nil
		}))(t), changed)
		_, err = s.UpdateOperator(ctx, "cleo", func(*platform.Operator) error { return nil })
		fails(t, err, platform.ErrNotFound)

		fails(t, s.RemoveOperator(ctx, "cleo"), platform.ErrNotFound)
		ok(t, s.RemoveOperator(ctx, "bo"))
		same(t, result(s.Operators(ctx))(t), []platform.Operator{changed})
		same(t, heard.take(), []store.Change{
			store.OperatorChange{Operator: mara}, store.OperatorChange{Operator: bo}, store.OperatorChange{Operator: changed},
			store.OperatorChange{Operator: platform.Operator{Name: "bo"}, Removed: true},
		})
	}},
	{"operators-together", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		made := together(t, func(i int) (bool, error) {
			err := s.CreateOperator(ctx, platform.Operator{Name: fmt.Sprint("o", i), CreatedMS: now}, 5)
			if errors.Is(err, platform.ErrFull) {
				return false, nil
			}
			return err == nil, err
		})
		same(t, len(slices.DeleteFunc(made, func(ok bool) bool { return !ok })), 5)
		name := result(s.Operators(ctx))(t)[0].Name
		together(t, func(int) (platform.Operator, error) {
			return s.UpdateOperator(ctx, name, func(o *platform.Operator) error { o.TokenMS++; return nil })
		})
		same(t, result(s.Operators(ctx))(t)[0].TokenMS, callers)
	}},
}

// by returns the context of an operator's call, and the entry that it leaves.
func by(ctx context.Context, name, object string, atMS int64) (context.Context, platform.AuditEntry) {
	e := platform.AuditEntry{AtMS: atMS, By: name, From: "192.0.2.7", Action: "POST /x", Object: object, Given: `{"state":"frozen"}`, RequestID: fmt.Sprint(name, atMS)}
	return platform.WithAudit(ctx, &platform.Audit{Entry: e}), e
}

// entries returns those of the log without their numbers, which must fall.
func entries(t *testing.T, s store.Store, f platform.AuditFilter) []platform.AuditEntry {
	t.Helper()
	list := result(s.AuditEntries(t.Context(), f, 100))(t)
	for i := range list {
		if i > 0 && list[i].ID >= list[i-1].ID {
			t.Fatalf("the number %d comes after %d", list[i].ID, list[i-1].ID)
		}
	}
	for i := range list {
		list[i].ID = 0
	}
	return list
}

var auditLog = []test{
	{"a-change-and-its-entry-are-one-step", func(t *testing.T, s store.Store) {
		account(t, s, first)
		same(t, entries(t, s, platform.AuditFilter{}), nil) // nobody's call
		ctx, want := by(t.Context(), "mara", fmt.Sprint("accounts/", first), now)
		refused := errors.New("refused")
		_, err := s.UpdateAccount(ctx, first, func(*platform.Account) error { return refused })
		fails(t, err, refused)
		same(t, entries(t, s, platform.AuditFilter{}), nil)
		for range 2 { // a call of several writes has one entry
			_, err = s.UpdateAccount(ctx, first, func(a *platform.Account) error { a.PasswordEpoch++; return nil })
			ok(t, err)
		}
		ok(t, s.RecordAudit(ctx))
		same(t, entries(t, s, platform.AuditFilter{}), []platform.AuditEntry{want})
	}},
	{"a-change-of-one-statement-and-its-entry-are-one-step", func(t *testing.T, s store.Store) {
		ctx, want := by(t.Context(), "mara", "accounts/7/friends/8", now)
		fails(t, s.SetRemark(ctx, 7, 8, "鸦"), platform.ErrNotFound)
		same(t, entries(t, s, platform.AuditFilter{}), nil)
		ok(t, s.Befriend(t.Context(), 7, 8, many, now))
		ok(t, s.SetRemark(ctx, 7, 8, "鸦"))
		same(t, entries(t, s, platform.AuditFilter{}), []platform.AuditEntry{want})
	}},
	{"what-changes-nothing-in-the-store-is-recorded", func(t *testing.T, s store.Store) {
		ctx, want := by(t.Context(), "mara", "keys", now)
		ok(t, s.RecordAudit(ctx))
		ok(t, s.RecordAudit(ctx))
		ok(t, s.RecordAudit(t.Context()))
		same(t, entries(t, s, platform.AuditFilter{}), []platform.AuditEntry{want})
	}},
	{"an-entry-names-what-was-created", func(t *testing.T, s store.Store) {
		created := func(object string, create func(ctx context.Context) error) {
			t.Helper()
			ctx, want := by(t.Context(), "mara", object, now)
			ok(t, create(ctx))
			got := entries(t, s, platform.AuditFilter{})[0]
			if got.Object == want.Object {
				t.Fatalf("only %s was created", got.Object)
			}
			want.Object = map[string]string{"apps": "apps/1101", "accounts": "accounts/10001", "groups": "groups/700000001", "operators": "operators/bo"}[object]
			same(t, got, want)
		}
		created("apps", func(ctx context.Context) error { return s.CreateApp(ctx, &platform.App{AppID: game}, now) })
		created("accounts", func(ctx context.Context) error { return s.CreateAccount(ctx, &platform.Account{}, first) })
		created("groups", func(ctx context.Context) error {
			_, err := s.CreateGroup(ctx, platform.Group{Owner: first, Capacity: 10}, "", platform.GroupLimits{})
			return err
		})
		created("operators", func(ctx context.Context) error {
			return s.CreateOperator(ctx, platform.Operator{Name: "bo"}, 10)
		})
	}},
	{"entries-are-found-and-removed", func(t *testing.T, s store.Store) {
		var all []platform.AuditEntry // newest first
		for i, of := range [][2]string{{"mara", "apps/1"}, {"bo", "apps/1/scenes/gift"}, {"mara", "apps/11"}, {"bo", "keys"}} {
			ctx, e := by(t.Context(), of[0], of[1], now+int64(i))
			ok(t, s.RecordAudit(ctx))
			all = append([]platform.AuditEntry{e}, all...)
		}
		same(t, entries(t, s, platform.AuditFilter{}), all)
		same(t, entries(t, s, platform.AuditFilter{SinceMS: now + 2}), all[:2])
		same(t, entries(t, s, platform.AuditFilter{By: "mara"}), []platform.AuditEntry{all[1], all[3]})
		same(t, entries(t, s, platform.AuditFilter{Object: "apps/1"}), all[2:])
		same(t, entries(t, s, platform.AuditFilter{Object: "apps/_"}), nil)
		page := result(s.AuditEntries(t.Context(), platform.AuditFilter{}, 2))(t)
		same(t, len(page), 2)
		same(t, entries(t, s, platform.AuditFilter{Before: page[1].ID}), all[2:])

		same(t, result(s.SweepAudit(t.Context(), now+3, 2))(t), int64(2))
		same(t, entries(t, s, platform.AuditFilter{}), all[:2])
		same(t, result(s.SweepAudit(t.Context(), now+3, 2))(t), int64(1))
		same(t, entries(t, s, platform.AuditFilter{}), all[:1])
	}},
}
