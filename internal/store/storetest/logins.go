package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

func ticket(n byte) platform.TicketHash { return platform.TicketHash{0xff, 31: n} }

// code is one of the first account's at game.
func code(n byte) platform.LoginCode {
	return platform.LoginCode{
		AppID: game, Hash: ticket(n), OpenID: openid(1), RedirectURI: "https://a.example/回?x=1", Scopes: []string{"b", "a"},
		Challenge: "C", PasswordEpoch: 1, ExpiresMS: now + 100,
	}
}

const refreshEnds = now + 10_000

func agreed(*platform.LoginCode) error { return nil }

// loggedIn stores an account with a login: the code 1 was exchanged for the refresh token 101.
func loggedIn(t *testing.T, s store.Store) platform.LoginCode {
	t.Helper()
	issue(t, s, game, first, openid(1))
	ok(t, s.CreateCode(t.Context(), code(1)))
	return result(s.ExchangeCode(t.Context(), game, ticket(1), ticket(101), refreshEnds, now, agreed))(t)
}

var logins = []test{
	{"code-exchanged", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		older := result(s.Authorize(ctx, game, openid(1), []string{"old"}, true, now))(t)
		ok(t, s.CreateCode(ctx, code(1)))
		same(t, result(s.Grant(ctx, game, openid(1)))(t), older) // not yet
		var seen platform.LoginCode
		got := result(s.ExchangeCode(ctx, game, ticket(1), ticket(101), refreshEnds, now+99, func(c *platform.LoginCode) error { seen = *c; return nil }))(t)
		same(t, seen, code(1))
		want := code(1)
		want.TokenEpoch = older.TokenEpoch + 1
		same(t, got, want)
		grant := result(s.Grant(ctx, game, openid(1)))(t)
		same(t, grant.TokenEpoch, want.TokenEpoch)
		same(t, grant.Scopes, want.Scopes)
		refresh, spent, err := s.RefreshToken(ctx, game, ticket(101))
		ok(t, err)
		same(t, spent, false)
		same(t, refresh, platform.RefreshToken{
			AppID: game, Hash: ticket(101), OpenID: openid(1), TokenEpoch: want.TokenEpoch, PasswordEpoch: 1, ExpiresMS: refreshEnds,
		})
	}},
	{"code-taken", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateCode(t.Context(), code(1)))
		fails(t, s.CreateCode(t.Context(), code(1)), store.ErrExists)
	}},
	{"code-refused-is-not-used-up", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateCode(ctx, code(1)))
		no := errors.New("no")
		_, err := s.ExchangeCode(ctx, game, ticket(1), ticket(101), refreshEnds, now, func(*platform.LoginCode) error { return no })
		fails(t, err, no)
		for _, wrong := range []struct {
			app  platform.AppID
			hash platform.TicketHash
			at   int64
		}{{other, ticket(1), now}, {game, ticket(2), now}, {game, ticket(1), now + 100}} {
			_, err := s.ExchangeCode(ctx, wrong.app, wrong.hash, ticket(101), refreshEnds, wrong.at, agreed)
			fails(t, err, store.ErrNotFound)
		}
		_, err = s.Grant(ctx, game, openid(1))
		fails(t, err, store.ErrNotFound)
		_, _, err = s.RefreshToken(ctx, game, ticket(101))
		fails(t, err, store.ErrNotFound)
		result(s.ExchangeCode(ctx, game, ticket(1), ticket(101), refreshEnds, now, agreed))(t)
	}},
	{"code-is-good-once", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gave := loggedIn(t, s)
		got, err := s.ExchangeCode(ctx, game, ticket(1), ticket(102), refreshEnds, now, agreed)
		fails(t, err, store.ErrSpent)
		same(t, got, gave)
		_, _, err = s.RefreshToken(ctx, game, ticket(102))
		fails(t, err, store.ErrNotFound)
		same(t, result(s.Grant(ctx, game, openid(1)))(t).TokenEpoch, gave.TokenEpoch)
	}},
	{"code-exchanged-together", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateCode(t.Context(), code(1)))
		won := together(t, func(i int) (bool, error) {
			_, err := s.ExchangeCode(t.Context(), game, ticket(1), ticket(byte(100+i)), refreshEnds, now, agreed)
			if errors.Is(err, store.ErrSpent) {
				return false, nil
			}
			return true, err
		})
		same(t, count(won), 1)
		same(t, result(s.Grant(t.Context(), game, openid(1)))(t).TokenEpoch, uint32(1))
	}},
	{"refresh-used", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gave := loggedIn(t, s)
		want := platform.RefreshToken{AppID: game, Hash: ticket(101), OpenID: openid(1), TokenEpoch: gave.TokenEpoch, PasswordEpoch: 1, ExpiresMS: refreshEnds}
		same(t, result(s.UseRefresh(ctx, game, ticket(101), ticket(102), refreshEnds-1))(t), want)
		got, err := s.UseRefresh(ctx, game, ticket(101), ticket(103), now)
		fails(t, err, store.ErrSpent)
		same(t, got, want)
		for _, wrong := range []struct {
			app  platform.AppID
			hash platform.TicketHash
			at   int64
		}{{other, ticket(102), now}, {game, ticket(103), now}, {game, ticket(102), refreshEnds}} {
			_, err := s.UseRefresh(ctx, wrong.app, wrong.hash, ticket(104), wrong.at)
			fails(t, err, store.ErrNotFound)
		}
		want.Hash = ticket(102)
		same(t, result(s.UseRefresh(ctx, game, ticket(102), ticket(103), now))(t), want)
		same(t, result(s.Grant(ctx, game, openid(1)))(t).TokenEpoch, gave.TokenEpoch) // the older access tokens stand
	}},
	{"refresh-used-together", func(t *testing.T, s store.Store) {
		loggedIn(t, s)
		won := together(t, func(i int) (bool, error) {
			_, err := s.UseRefresh(t.Context(), game, ticket(101), ticket(byte(102+i)), now)
			if errors.Is(err, store.ErrSpent) {
				return false, nil
			}
			return true, err
		})
		same(t, count(won), 1)
	}},
	{"login-may-not-go-on", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		edit := func(change func(*platform.Account)) func() error {
			return func() error {
				_, err := s.UpdateAccount(ctx, first, func(a *platform.Account) error { change(a); return nil })
				return err
			}
		}
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateCode(ctx, code(1)))
		ok(t, s.CreateCode(ctx, code(2)))
		epoch := result(s.ExchangeCode(ctx, game, ticket(1), ticket(101), refreshEnds, now, agreed))(t).TokenEpoch
		refused := func(want error, hash platform.TicketHash) {
			t.Helper()
			_, err := s.UseRefresh(ctx, game, hash, ticket(102), now)
			fails(t, err, want)
		}
		for _, step := range []struct{ cause, cure func() error }{
			{edit(func(a *platform.Account) { a.State = platform.AccountFrozen }), edit(func(a *platform.Account) { a.State = platform.AccountNormal })},
			{edit(func(a *platform.Account) { a.State = platform.AccountClosed }), edit(func(a *platform.Account) { a.State = platform.AccountNormal })},
			{edit(func(a *platform.Account) { a.PasswordEpoch = 2 }), edit(func(a *platform.Account) { a.PasswordEpoch = 1 })},
		} {
			ok(t, step.cause())
			refused(store.ErrNotFound, ticket(101))
			_, err := s.ExchangeCode(ctx, game, ticket(2), ticket(103), refreshEnds, now, agreed)
			fails(t, err, store.ErrNotFound)
			ok(t, step.cure())
		}
		fails(t, s.EndLogin(ctx, game, openid(1), epoch+1, platform.EndedByOperator, now), store.ErrNotFound)
		fails(t, s.EndLogin(ctx, other, openid(1), epoch, platform.EndedByOperator, now), store.ErrNotFound)
		result(s.UseRefresh(ctx, game, ticket(101), ticket(102), now))(t)
		ok(t, s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByOperator, now))
		fails(t, s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByOperator, now), store.ErrNotFound)
		refused(store.ErrNotFound, ticket(102))
		same(t, result(s.Grant(ctx, game, openid(1)))(t).EndedBy, platform.EndedByOperator)

		// A new login is another one.
		epoch = result(s.ExchangeCode(ctx, game, ticket(2), ticket(103), refreshEnds, now, agreed))(t).TokenEpoch
		refused(store.ErrNotFound, ticket(102))
		fails(t, s.EndLogin(ctx, game, openid(1), epoch-1, platform.EndedByOperator, now), store.ErrNotFound)
		result(s.UseRefresh(ctx, game, ticket(103), ticket(104), now))(t)
		result(s.ReclaimOpenID(ctx, game, first, now))(t)
		refused(store.ErrNotFound, ticket(104))
	}},
	{"exchange-and-end-are-changes", func(t *testing.T, s store.Store) {
		var changes int
		s.OnChange(func(app platform.AppID, id platform.OpenID) { changes++ })
		epoch := loggedIn(t, s).TokenEpoch
		same(t, changes, 1)
		same(t, result(s.Standing(t.Context(), game, openid(1)))(t).TokenEpoch, epoch)
		ok(t, s.EndLogin(t.Context(), game, openid(1), epoch, platform.EndedByUser, now))
		same(t, changes, 2)
	}},
	{"standing-has-the-scopes", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		result(s.Authorize(t.Context(), game, openid(1), []string{"get_app_friends", "unknown", "get_user_info"}, false, now))(t)
		same(t, result(s.Standing(t.Context(), game, openid(1)))(t).Scopes.String(), "get_user_info get_app_friends")
	}},
	{"lapsed-logins-are-cleared-away", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		loggedIn(t, s)
		late := func(n byte, at int64) platform.LoginCode {
			c := code(n)
			c.ExpiresMS = at
			return c
		}
		ok(t, s.CreateCode(ctx, late(2, now+100+store.CodeKeptMS)))
		_, err := s.ExchangeCode(ctx, game, ticket(1), ticket(102), refreshEnds, now, agreed)
		fails(t, err, store.ErrSpent) // still known
		ok(t, s.CreateCode(ctx, late(3, now+101+store.CodeKeptMS)))
		_, err = s.ExchangeCode(ctx, game, ticket(1), ticket(102), refreshEnds, now, agreed)
		fails(t, err, store.ErrNotFound)
		result(s.ExchangeCode(ctx, game, ticket(2), ticket(102), refreshEnds+1, refreshEnds, agreed))(t)
		_, _, err = s.RefreshToken(ctx, game, ticket(101))
		fails(t, err, store.ErrNotFound)
	}},
	{"logins-cancelled", func(t *testing.T, s store.Store) {
		loggedIn(t, s)
		ok(t, s.CreateCode(t.Context(), code(2)))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := s.RefreshToken(ended, game, ticket(101))
		fails(t, err, context.Canceled)
		_, err = s.ExchangeCode(ended, game, ticket(2), ticket(102), refreshEnds, now, agreed)
		fails(t, err, context.Canceled)
		_, err = s.UseRefresh(ended, game, ticket(101), ticket(103), now)
		fails(t, err, context.Canceled)
		fails(t, s.CreateCode(ended, code(3)), context.Canceled)
		fails(t, s.EndLogin(ended, game, openid(1), 1, platform.EndedByUser, now), context.Canceled)
		result(s.ExchangeCode(t.Context(), game, ticket(2), ticket(102), refreshEnds, now, agreed))(t)
	}},
}

func count(list []bool) (n int) {
	for _, yes := range list {
		if yes {
			n++
		}
	}
	return n
}
