package storetest

import (
	"errors"
	"math"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var accounts = []test{
	{"account-keeps-every-field", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		full := platform.Account{
			UIN: math.MaxInt64,
			Profile: platform.Profile{Nickname: "乌鸦🪶", Gender: 2, PictureURL: "https://example.com/鸦.png?a=1&b=<2>",
				Country: "中国", Province: "广东", City: "深圳", Language: "zh-Hans"},
			State: platform.AccountClosed, Class: platform.ClassInteractive,
			PasswordHash: "$argon2id$v=19$Пароль'\"\\", PasswordEpoch: math.MaxUint32, CreatedMS: 1<<53 + 1, SignedOutMS: 1<<53 + 3,
		}
		bare := platform.Account{UIN: first}
		for _, want := range []platform.Account{full, bare} {
			stored := want
			ok(t, s.CreateAccount(ctx, &stored, first))
			same(t, stored, want)
			same(t, result(s.Account(ctx, want.UIN))(t), &want)
		}
		same(t, result(s.Accounts(ctx, 0, 10))(t), []*platform.Account{&bare, &full})
	}},
	{"account-unknown", func(t *testing.T, s store.Store) {
		account(t, s, first)
		_, err := s.Account(t.Context(), first+1)
		fails(t, err, platform.ErrNotFound)
	}},
	{"account-numbers", func(t *testing.T, s store.Store) {
		for _, step := range []struct{ given, next, want platform.UIN }{
			{0, first, first},
			{0, first, first + 1},
			{first + 5, first, first + 5},
			{0, first, first + 6},
			{0, 20_000, 20_000},
			{0, first, 20_001},
			{first + 3, first, first + 3},
			{0, first, 20_002},
		} {
			a := &platform.Account{UIN: step.given}
			ok(t, s.CreateAccount(t.Context(), a, step.next))
			same(t, a.UIN, step.want)
		}
	}},
	{"account-numbers-end", func(t *testing.T, s store.Store) {
		account(t, s, platform.LastUIN-1)
		last := platform.Account{}
		ok(t, s.CreateAccount(t.Context(), &last, first))
		same(t, last.UIN, platform.LastUIN)
		fails(t, s.CreateAccount(t.Context(), &platform.Account{}, first), platform.ErrFull)
		account(t, s, first)
	}},
	{"account-numbers-together", func(t *testing.T, s store.Store) {
		got := together(t, func(int) (platform.UIN, error) {
			var a platform.Account
			err := s.CreateAccount(t.Context(), &a, first)
			return a.UIN, err
		})
		same(t, sorted(got), sequence(first, callers))
	}},
	{"account-taken", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		want := account(t, s, first)
		fails(t, s.CreateAccount(ctx, &platform.Account{UIN: first, PasswordHash: "thief"}, first), platform.ErrExists)
		same(t, result(s.Accounts(ctx, 0, 10))(t), []*platform.Account{want})
	}},
	{"account-over-63-bits", func(t *testing.T, s store.Store) {
		if s.CreateAccount(t.Context(), &platform.Account{UIN: math.MaxInt64 + 1}, first) == nil {
			t.Error("it was stored")
		}
		same(t, accountNumbers(t, s, 0, 10), nil)
	}},
	{"account-pages", func(t *testing.T, s store.Store) {
		for _, uin := range []platform.UIN{20_000, first, 1 << 62, first + 1} {
			account(t, s, uin)
		}
		same(t, accountNumbers(t, s, 0, 10), []platform.UIN{first, first + 1, 20_000, 1 << 62})
		same(t, accountNumbers(t, s, 0, 2), []platform.UIN{first, first + 1})
		same(t, accountNumbers(t, s, first+1, 2), []platform.UIN{20_000, 1 << 62})
		same(t, accountNumbers(t, s, first+2, 1), []platform.UIN{20_000})
		same(t, accountNumbers(t, s, 1<<62, 10), nil)
	}},
	{"update-account", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		before, neighbour := account(t, s, first), account(t, s, first+1)
		got := result(s.UpdateAccount(ctx, first, func(a *platform.Account) error {
			same(t, a, before)
			*a = platform.Account{UIN: 99_999, Profile: platform.Profile{Nickname: "渡鸦", Gender: 1}, State: platform.AccountFrozen,
				Class: platform.ClassBC, PasswordHash: "new", PasswordEpoch: 2, CreatedMS: 1, SignedOutMS: now + 1}
			return nil
		}))(t)
		want := &platform.Account{UIN: first, Profile: platform.Profile{Nickname: "渡鸦", Gender: 1}, State: platform.AccountFrozen,
			Class: platform.ClassBC, PasswordHash: "new", PasswordEpoch: 2, CreatedMS: before.CreatedMS, SignedOutMS: now + 1}
		same(t, got, want)
		same(t, result(s.Accounts(ctx, 0, 10))(t), []*platform.Account{want, neighbour})
	}},
	{"update-account-fails", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		before := account(t, s, first)
		_, err := s.UpdateAccount(ctx, first+1, func(*platform.Account) error { t.Error("edit was called"); return nil })
		fails(t, err, platform.ErrNotFound)
		refused := errors.New("refused")
		_, err = s.UpdateAccount(ctx, first, func(a *platform.Account) error { a.PasswordEpoch++; return refused })
		if err != refused {
			t.Errorf("got error %v, want edit's own", err)
		}
		same(t, result(s.Account(ctx, first))(t), before)
	}},
	{"freeze-account", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		issue(t, s, game, first+1, openid(2))
		before, neighbour := result(s.Account(ctx, first))(t), result(s.Account(ctx, first+1))(t)
		for _, n := range []byte{1, 2} {
			result(s.Authorize(ctx, game, openid(n), []string{"login"}, true, now))(t)
		}
		got := result(s.FreezeAccount(ctx, first, now+7, func(a *platform.Account) error { same(t, a, before); a.PasswordHash = "other"; return nil }))(t)
		want := *before
		want.State, want.SignedOutMS, want.PasswordHash = platform.AccountFrozen, now+7, "other"
		same(t, got, &want)
		same(t, result(s.Accounts(ctx, 0, 10))(t), []*platform.Account{&want, neighbour})
		ended := result(s.Grant(ctx, game, openid(1)))(t)
		if ended.EndedEpoch != ended.TokenEpoch || ended.EndedBy != platform.EndedByOperator {
			t.Errorf("the grant is %+v", ended)
		}
		if live := result(s.Grant(ctx, game, openid(2)))(t); live.EndedEpoch != 0 {
			t.Errorf("the neighbour's grant is %+v", live)
		}
		if again := result(s.FreezeAccount(ctx, first, now-1, func(*platform.Account) error { return nil }))(t); again.SignedOutMS != now+7 {
			t.Errorf("by a clock that was set back, signed out at %d", again.SignedOutMS)
		}

		refused := errors.New("refused")
		if _, err := s.FreezeAccount(ctx, first+1, now, func(*platform.Account) error { return refused }); err != refused {
			t.Errorf("got error %v, want edit's own", err)
		}
		same(t, result(s.Account(ctx, first+1))(t), neighbour)
		_, err := s.FreezeAccount(ctx, first+2, now, func(*platform.Account) error { t.Error("edit was called"); return nil })
		fails(t, err, platform.ErrNotFound)
	}},
	{"update-account-together", func(t *testing.T, s store.Store) {
		account(t, s, first)
		together(t, func(int) (*platform.Account, error) {
			return s.UpdateAccount(t.Context(), first, func(a *platform.Account) error { a.PasswordEpoch++; return nil })
		})
		same(t, result(s.Account(t.Context(), first))(t).PasswordEpoch, uint32(1+callers))
	}},
}

func accountNumbers(t *testing.T, s store.Store, after platform.UIN, limit int) (numbers []platform.UIN) {
	t.Helper()
	for _, a := range result(s.Accounts(t.Context(), after, limit))(t) {
		numbers = append(numbers, a.UIN)
	}
	return numbers
}
