package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// ticket returns the ticket of a serial of the login n.
func ticket(n byte, serial uint32) platform.Ticket {
	return platform.Ticket{Login: loginID(n), Salt: 0xffff_fff0 + uint32(n), Serial: serial}
}

func loginID(n byte) int64 { return now<<store.LoginIDBits | int64(n) }

// login returns a login of the first account at game, whose code has not been exchanged.
func login(n byte) platform.Login {
	return platform.Login{
		ID: loginID(n), AppID: game, Salt: ticket(n, 0).Salt, OpenID: openid(1), RedirectURI: "https://a.example/回?x=1", Scopes: []string{"b", "a"},
		Challenge: "C", PasswordEpoch: 1, ExpiresMS: now + 100,
	}
}

const loginEnds = now + 10_000

func agreed(*platform.Login) error { return nil }

// loggedIn stores an account whose login 1 has its first refresh token.
func loggedIn(t *testing.T, s store.Store) platform.Login {
	t.Helper()
	issue(t, s, game, first, openid(1))
	ok(t, s.CreateLogin(t.Context(), login(1)))
	return result(s.ExchangeCode(t.Context(), game, ticket(1, 0), nil, loginEnds, now, agreed))(t)
}

var logins = []test{
	{"code-exchanged", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		older := result(s.Authorize(ctx, game, openid(1), []string{"old"}, true, now))(t)
		ok(t, s.CreateLogin(ctx, login(1)))
		same(t, result(s.Grant(ctx, game, openid(1)))(t), older) // not yet
		same(t, result(s.Login(ctx, game, loginID(1)))(t), login(1))
		var seen platform.Login
		got := result(s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now+99, func(l *platform.Login) error { seen = *l; return nil }))(t)
		same(t, seen, login(1))
		want := login(1)
		want.Serial, want.TokenEpoch, want.ExpiresMS = 1, older.TokenEpoch+1, loginEnds
		same(t, got, want)
		same(t, result(s.Login(ctx, game, loginID(1)))(t), want)
		grant := result(s.Grant(ctx, game, openid(1)))(t)
		same(t, grant.TokenEpoch, want.TokenEpoch)
		same(t, grant.Scopes, want.Scopes)
		same(t, result(s.RecentGames(ctx, first, 9))(t), []platform.RecentGame{{AppID: game, PlayedMS: now + 99}})
	}},
	{"login-id-taken", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateLogin(t.Context(), login(1)))
		fails(t, s.CreateLogin(t.Context(), login(1)), platform.ErrExists)
	}},
	{"code-refused-is-not-used-up", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateLogin(ctx, login(1)))
		no := errors.New("no")
		_, err := s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now, func(*platform.Login) error { return no })
		fails(t, err, no)
		salted := ticket(1, 0)
		salted.Salt++
		for _, wrong := range []struct {
			app    platform.AppID
			ticket platform.Ticket
			at     int64
		}{{other, ticket(1, 0), now}, {game, ticket(2, 0), now}, {game, ticket(1, 1), now}, {game, salted, now}, {game, ticket(1, 0), now + 100}} {
			_, err := s.ExchangeCode(ctx, wrong.app, wrong.ticket, nil, loginEnds, wrong.at, agreed)
			fails(t, err, platform.ErrNotFound)
		}
		_, err = s.Grant(ctx, game, openid(1))
		fails(t, err, platform.ErrNotFound)
		same(t, result(s.Login(ctx, game, loginID(1)))(t), login(1))
		_, err = s.Login(ctx, other, loginID(1))
		fails(t, err, platform.ErrNotFound)
		_, err = s.UseRefresh(ctx, game, ticket(1, 1), nil, 0, now)
		fails(t, err, platform.ErrNotFound)
		result(s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now, agreed))(t)
	}},
	{"code-ends-with-a-withdrawal", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		loggedIn(t, s)
		ok(t, s.CreateLogin(ctx, login(2)))
		ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByUser, now))
		ended := result(s.Grant(ctx, game, openid(1)))(t)
		_, err := s.ExchangeCode(ctx, game, ticket(2, 0), nil, loginEnds, now, agreed)
		fails(t, err, platform.ErrNotFound)
		same(t, result(s.Grant(ctx, game, openid(1)))(t), ended)
		same(t, result(s.Login(ctx, game, loginID(2)))(t), login(2))
		later := login(3)
		later.TokenEpoch = ended.EndedEpoch
		ok(t, s.CreateLogin(ctx, later))
		result(s.ExchangeCode(ctx, game, ticket(3, 0), nil, loginEnds, now, agreed))(t)
		_, err = s.ExchangeCode(ctx, game, ticket(2, 0), nil, loginEnds, now, agreed)
		fails(t, err, platform.ErrNotFound)
	}},
	{"code-ends-with-what-the-operator-ended", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		loggedIn(t, s)
		ok(t, s.CreateLogin(ctx, login(2)))
		ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByOperator, now))
		_, err := s.ExchangeCode(ctx, game, ticket(2, 0), nil, loginEnds, now, agreed)
		fails(t, err, platform.ErrNotFound)
	}},
	{"code-outlives-the-end-of-a-login", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		before := loggedIn(t, s)
		ok(t, s.CreateLogin(ctx, login(2)))
		ok(t, s.EndLogin(ctx, game, openid(1), before.TokenEpoch, platform.EndedByApp, now))
		result(s.ExchangeCode(ctx, game, ticket(2, 0), nil, loginEnds, now, agreed))(t)
	}},
	{"code-ends-with-signing-out", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateLogin(ctx, login(1)))
		signOut := func(ms int64) {
			result(s.UpdateAccount(ctx, first, func(a *platform.Account) error { a.SignedOutMS = ms; return nil }))(t)
		}
		signOut(now) // in the same millisecond
		_, err := s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now, agreed)
		fails(t, err, platform.ErrNotFound)
		signOut(now - 1)
		result(s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now, agreed))(t)
		signOut(now + 1)
		result(s.UseRefresh(ctx, game, ticket(1, 1), nil, 0, now))(t) // a game's login goes on
	}},
	{"code-is-good-once", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gave := loggedIn(t, s)
		got, err := s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds+1, now, agreed)
		fails(t, err, platform.ErrSpent)
		same(t, got, gave)
		same(t, result(s.Login(ctx, game, loginID(1)))(t), gave)
		same(t, result(s.Grant(ctx, game, openid(1)))(t).TokenEpoch, gave.TokenEpoch)
	}},
	{"code-exchanged-together", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateLogin(t.Context(), login(1)))
		won := together(t, func(i int) (bool, error) {
			_, err := s.ExchangeCode(t.Context(), game, ticket(1, 0), nil, loginEnds, now, agreed)
			if errors.Is(err, platform.ErrSpent) {
				return false, nil
			}
			return true, err
		})
		same(t, count(won), 1)
		same(t, result(s.Grant(t.Context(), game, openid(1)))(t).TokenEpoch, uint32(1))
	}},
	{"refresh-used", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		want := loggedIn(t, s)
		want.Serial = 2
		same(t, result(s.UseRefresh(ctx, game, ticket(1, 1), nil, 0, loginEnds-1))(t), want)
		for _, spent := range []platform.Ticket{ticket(1, 1), ticket(1, 0)} {
			got, err := s.UseRefresh(ctx, game, spent, nil, 0, now)
			fails(t, err, platform.ErrSpent)
			same(t, got, want)
		}
		salted := ticket(1, 2)
		salted.Salt++
		for _, wrong := range []struct {
			app    platform.AppID
			ticket platform.Ticket
			at     int64
		}{{other, ticket(1, 2), now}, {game, ticket(1, 3), now}, {game, salted, now}, {game, ticket(2, 1), now}, {game, ticket(1, 2), loginEnds}} {
			_, err := s.UseRefresh(ctx, wrong.app, wrong.ticket, nil, 0, wrong.at)
			fails(t, err, platform.ErrNotFound)
		}
		want.Serial = 3
		same(t, result(s.UseRefresh(ctx, game, ticket(1, 2), nil, 0, now))(t), want)
		same(t, result(s.Grant(ctx, game, openid(1)))(t).TokenEpoch, want.TokenEpoch) // the older access tokens stay valid
	}},
	{"refresh-used-together", func(t *testing.T, s store.Store) {
		loggedIn(t, s)
		won := together(t, func(i int) (bool, error) {
			_, err := s.UseRefresh(t.Context(), game, ticket(1, 1), nil, 0, now)
			if errors.Is(err, platform.ErrSpent) {
				return false, nil
			}
			return true, err
		})
		same(t, count(won), 1)
	}},
	{"refresh-used-again", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		want := loggedIn(t, s)
		spent := func(ticket platform.Ticket, againMS, at int64) {
			t.Helper()
			got, err := s.UseRefresh(ctx, game, ticket, nil, againMS, at)
			fails(t, err, platform.ErrSpent)
			same(t, got, want)
		}
		spent(ticket(1, 0), 5000, now) // a code has no such time
		want.Serial = 2
		same(t, result(s.UseRefresh(ctx, game, ticket(1, 1), nil, 5000, now))(t), want)
		again := &platform.Openkey{AppID: game, Session: 3, ExpiresMS: now + 7}
		same(t, result(s.UseRefresh(ctx, game, ticket(1, 1), again, 5000, now+4999))(t), want)
		same(t, result(s.Openkey(ctx, game, 3))(t).OpenID, openid(1))
		same(t, result(s.UseRefresh(ctx, game, ticket(1, 1), nil, 5000, now))(t), want)
		spent(ticket(1, 1), 5000, now+5000)
		spent(ticket(1, 1), 0, now)
		same(t, result(s.UseRefresh(ctx, game, ticket(1, 1), nil, 5000, now-4999))(t), want) // at a gateway whose clock is behind
		spent(ticket(1, 1), 5000, now-5000)                                                  // the clock was put back
		spent(ticket(1, 0), 5000, now)
		_, err := s.UseRefresh(ctx, other, ticket(1, 1), nil, 5000, now)
		fails(t, err, platform.ErrNotFound)
		same(t, result(s.Login(ctx, game, loginID(1)))(t), want)

		want.Serial = 3
		same(t, result(s.UseRefresh(ctx, game, ticket(1, 2), nil, 5000, now))(t), want)
		spent(ticket(1, 1), 5000, now) // its next one was used
		ok(t, s.EndLogin(ctx, game, openid(1), want.TokenEpoch, platform.EndedByApp, now))
		_, err = s.UseRefresh(ctx, game, ticket(1, 2), nil, 5000, now)
		fails(t, err, platform.ErrNotFound)
	}},
	{"refresh-used-again-together", func(t *testing.T, s store.Store) {
		want := loggedIn(t, s)
		want.Serial = 2
		for _, got := range together(t, func(int) (platform.Login, error) {
			return s.UseRefresh(t.Context(), game, ticket(1, 1), nil, 5000, now)
		}) {
			same(t, got, want)
		}
	}},
	{"openkey-with-the-tokens", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		issue(t, s, game, first, openid(1))
		ok(t, s.CreateLogin(ctx, login(1)))
		taken := platform.Openkey{AppID: game, Session: 1, OpenID: openid(1), ExpiresMS: now + 1}
		ok(t, s.CreateOpenkey(ctx, taken))
		again := taken
		_, err := s.ExchangeCode(ctx, game, ticket(1, 0), &again, loginEnds, now, agreed)
		fails(t, err, platform.ErrExists)
		same(t, result(s.Login(ctx, game, loginID(1)))(t), login(1)) // nothing of it happened
		_, err = s.Grant(ctx, game, openid(1))
		fails(t, err, platform.ErrNotFound)

		result(s.ExchangeCode(ctx, game, ticket(1, 0), &platform.Openkey{AppID: game, Session: 2, ExpiresMS: now + 7}, loginEnds, now, agreed))(t)
		same(t, result(s.Openkey(ctx, game, 2))(t), platform.Openkey{AppID: game, Session: 2, OpenID: openid(1), ExpiresMS: now + 7})
		_, err = s.UseRefresh(ctx, game, ticket(1, 1), &again, 0, now)
		fails(t, err, platform.ErrExists)
		result(s.UseRefresh(ctx, game, ticket(1, 1), &platform.Openkey{AppID: game, Session: 3, ExpiresMS: now + 7}, 0, now))(t)
		same(t, result(s.Openkey(ctx, game, 3))(t).OpenID, openid(1))
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
		ok(t, s.CreateLogin(ctx, login(1)))
		ok(t, s.CreateLogin(ctx, login(2)))
		epoch := result(s.ExchangeCode(ctx, game, ticket(1, 0), nil, loginEnds, now, agreed))(t).TokenEpoch
		refused := func(ticket platform.Ticket) {
			t.Helper()
			_, err := s.UseRefresh(ctx, game, ticket, nil, 0, now)
			fails(t, err, platform.ErrNotFound)
		}
		for _, step := range []struct{ cause, cure func() error }{
			{edit(func(a *platform.Account) { a.State = platform.AccountFrozen }), edit(func(a *platform.Account) { a.State = platform.AccountNormal })},
			{edit(func(a *platform.Account) { a.State = platform.AccountClosed }), edit(func(a *platform.Account) { a.State = platform.AccountNormal })},
			{edit(func(a *platform.Account) { a.PasswordEpoch = 2 }), edit(func(a *platform.Account) { a.PasswordEpoch = 1 })},
		} {
			ok(t, step.cause())
			refused(ticket(1, 1))
			_, err := s.ExchangeCode(ctx, game, ticket(2, 0), nil, loginEnds, now, agreed)
			fails(t, err, platform.ErrNotFound)
			ok(t, step.cure())
		}
		fails(t, s.EndLogin(ctx, game, openid(1), epoch+1, platform.EndedByApp, now), platform.ErrNotFound)
		fails(t, s.EndLogin(ctx, other, openid(1), epoch, platform.EndedByApp, now), platform.ErrNotFound)
		result(s.UseRefresh(ctx, game, ticket(1, 1), nil, 0, now))(t)
		ok(t, s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByApp, now))
		fails(t, s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByApp, now), platform.ErrNotFound)
		refused(ticket(1, 2))
		same(t, result(s.Grant(ctx, game, openid(1)))(t).EndedBy, platform.EndedByApp)

		// A new login is independent of it.
		epoch = result(s.ExchangeCode(ctx, game, ticket(2, 0), nil, loginEnds, now, agreed))(t).TokenEpoch
		refused(ticket(1, 2))
		fails(t, s.EndLogin(ctx, game, openid(1), epoch-1, platform.EndedByApp, now), platform.ErrNotFound)
		result(s.UseRefresh(ctx, game, ticket(2, 1), nil, 0, now))(t)

		// It stays when an older one, which it has superseded, ends.
		newer := result(s.Authorize(ctx, game, openid(1), nil, false, now))(t).TokenEpoch
		ok(t, s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByApp, now))
		fails(t, s.EndLogin(ctx, game, openid(1), epoch, platform.EndedByApp, now), platform.ErrNotFound)
		grant := result(s.Grant(ctx, game, openid(1)))(t)
		same(t, grant.EndedEpoch, epoch)
		same(t, grant.TokenEpoch, newer)
		same(t, grant.Live(), true)
		result(s.ReclaimOpenID(ctx, game, first, now))(t)
		refused(ticket(2, 2))
	}},
	{"standing-has-the-scopes", func(t *testing.T, s store.Store) {
		issue(t, s, game, first, openid(1))
		result(s.Authorize(t.Context(), game, openid(1), []string{"get_app_friends", "unknown", "get_user_info"}, false, now))(t)
		same(t, result(s.Standing(t.Context(), game, openid(1)))(t).Scopes.String(), "get_user_info get_app_friends")
	}},
	{"old-logins-are-cleared-away", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gave := loggedIn(t, s)
		late := login(2)
		late.ID = loginID(1) + store.LoginsKept
		ok(t, s.CreateLogin(ctx, late))
		same(t, result(s.Login(ctx, game, loginID(1)))(t), gave)
		late.ID++
		ok(t, s.CreateLogin(ctx, late))
		_, err := s.Login(ctx, game, loginID(1))
		fails(t, err, platform.ErrNotFound)
	}},
	{"logins-cancelled", func(t *testing.T, s store.Store) {
		loggedIn(t, s)
		ok(t, s.CreateLogin(t.Context(), login(2)))
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Login(ended, game, loginID(1))
		fails(t, err, context.Canceled)
		_, err = s.ExchangeCode(ended, game, ticket(2, 0), nil, loginEnds, now, agreed)
		fails(t, err, context.Canceled)
		_, err = s.UseRefresh(ended, game, ticket(1, 1), nil, 0, now)
		fails(t, err, context.Canceled)
		fails(t, s.CreateLogin(ended, login(3)), context.Canceled)
		fails(t, s.EndLogin(ended, game, openid(1), 1, platform.EndedByUser, now), context.Canceled)
		result(s.ExchangeCode(t.Context(), game, ticket(2, 0), nil, loginEnds, now, agreed))(t)
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
