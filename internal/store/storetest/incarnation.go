package storetest

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var incarnation = []test{
	{"marks", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		same(t, result(s.Mark(ctx))(t), platform.Mark{})
		account(t, s, first+7)
		same(t, result(s.Advance(ctx))(t), platform.Mark{Number: 1, LastUIN: first + 7})
		same(t, result(s.Advance(ctx))(t), platform.Mark{Number: 2, LastUIN: first + 7})
		same(t, result(s.Mark(ctx))(t), platform.Mark{Number: 2, LastUIN: first + 7})
	}},
	{"a new incarnation", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		mara := platform.Operator{Name: "mara", Role: platform.RoleOwner, TokenHash: [32]byte{1}, CreatedMS: now, TokenMS: now}
		ok(t, s.CreateOperator(ctx, mara, 9))
		account(t, s, first)
		renew := func(seen platform.Mark, want platform.UIN) {
			t.Helper()
			from, operators, err := s.Renew(ctx, seen)
			ok(t, err)
			same(t, from, want)
			same(t, operators, 1)
			same(t, result(s.Mark(ctx))(t), platform.Mark{Number: seen.Number, LastUIN: want - 1}) // for older data that is put back next, even before an account is made
		}
		renew(platform.Mark{Number: 7}, 2_000_001) // a million numbers or more above the highest one
		after := result(s.Operators(ctx))(t)
		if len(after) != 1 || after[0].TokenHash == mara.TokenHash || after[0].Name != "mara" || after[0].Role != platform.RoleOwner {
			t.Errorf("the operators are %+v", after)
		}
		next := &platform.Account{CreatedMS: now}
		ok(t, s.CreateAccount(ctx, next, first))
		same(t, next.UIN, 2_000_001)
		renew(platform.Mark{Number: 8, LastUIN: 5_999_999}, 7_000_001)
		renew(platform.Mark{Number: 9}, 9_000_001) // above the numbers of the incarnation before
	}},
}
