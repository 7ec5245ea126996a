package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// binding returns a binding of guild 7 in zone 1, or another guild of the game. Its openid and its request are its own.
func binding(guild string, gc platform.GC) platform.Binding {
	n := bindingsMade.Add(1)
	b := platform.Binding{
		Guild: platform.Guild{AppID: game, Zone: "1", ID: guild}, GuildName: "鸦巢'\"", GC: gc, UIN: first, SinceMS: now, Request: fmt.Sprint("request-", n),
	}
	binary.BigEndian.PutUint32(b.OpenID[:], n)
	return b
}

var bindingsMade atomic.Uint32

// bound stores a binding in force.
func bound(t *testing.T, s store.Store, b platform.Binding) platform.Binding {
	t.Helper()
	ok(t, s.BeginBinding(t.Context(), b))
	ok(t, s.FinishBinding(t.Context(), b, nil))
	return b
}

// underWay returns the bindings under way.
func underWay(t *testing.T, s store.Store) []platform.Binding {
	t.Helper()
	return result(s.BindingsUnderWay(t.Context(), platform.Binding{}, 10))(t)
}

var bindings = []test{
	{"a-binding-comes-into-force-and-goes", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		b := binding("7", 0)
		ok(t, s.BeginBinding(ctx, b))
		notInForce := func() {
			t.Helper()
			_, err := s.Binding(ctx, b.Guild)
			fails(t, err, platform.ErrNotFound)
			_, err = s.BindingOfGroup(ctx, game, 1<<62)
			fails(t, err, platform.ErrNotFound)
			_, err = s.BindingOfOpenID(ctx, game, b.OpenID)
			fails(t, err, platform.ErrNotFound)
			same(t, len(result(s.Bindings(ctx, platform.Guild{AppID: game}, 10))(t)), 0)
		}
		notInForce()
		same(t, underWay(t, s), []platform.Binding{b})

		b.GC = 1 << 62
		ok(t, s.FinishBinding(ctx, b, nil))
		same(t, result(s.Binding(ctx, b.Guild))(t), b)
		same(t, result(s.BindingOfGroup(ctx, game, b.GC))(t), b)
		same(t, result(s.BindingOfOpenID(ctx, game, b.OpenID))(t), b)
		same(t, result(s.Bindings(ctx, platform.Guild{AppID: game}, 10))(t), []platform.Binding{b})
		same(t, len(underWay(t, s)), 0)
		fails(t, s.FinishBinding(ctx, b, nil), platform.ErrNotFound)
		ok(t, s.EndBinding(ctx, b)) // it is in force, so it stays
		same(t, result(s.Binding(ctx, b.Guild))(t), b)

		ok(t, s.ReleaseBinding(ctx, b, nil))
		notInForce()
		same(t, underWay(t, s), []platform.Binding{b})
		fails(t, s.ReleaseBinding(ctx, b, nil), platform.ErrNotFound)
		ok(t, s.EndBinding(ctx, b))
		ok(t, s.EndBinding(ctx, b))
		same(t, len(underWay(t, s)), 0)
		fails(t, s.FinishBinding(ctx, b, nil), platform.ErrNotFound)
	}},
	{"which-key-is-taken", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		seven := bound(t, s, binding("7", 1))
		bound(t, s, binding("8", 2))
		fails(t, s.BeginBinding(ctx, binding("7", 3)), platform.ErrGuildBound)
		fails(t, s.BeginBinding(ctx, binding("7", 0)), platform.ErrGuildBound)
		fails(t, s.BeginBinding(ctx, binding("9", 1)), platform.ErrGroupBound)
		fails(t, s.BeginBinding(ctx, binding("7", 2)), platform.ErrGuildBound) // both are; the guild counts
		fails(t, s.BeginBinding(ctx, binding("7", 1)), platform.ErrGuildBound)
		for _, b := range []platform.Binding{ // other guilds, and the group at another game
			{Guild: platform.Guild{AppID: game, Zone: "2", ID: "7"}}, {Guild: platform.Guild{AppID: game, Zone: "1", ID: "07"}},
			{Guild: platform.Guild{AppID: other, Zone: "1", ID: "7"}, GC: 1},
		} {
			b.OpenID = binding("", 0).OpenID
			ok(t, s.BeginBinding(ctx, b))
		}

		ok(t, s.BeginBinding(ctx, binding("10", 4)))
		fails(t, s.BeginBinding(ctx, binding("10", 5)), platform.ErrUnderWay)
		fails(t, s.BeginBinding(ctx, binding("11", 4)), platform.ErrUnderWay)
		fails(t, s.BeginBinding(ctx, binding("7", 4)), platform.ErrGuildBound)
		created := binding("12", 0)
		ok(t, s.BeginBinding(ctx, created))
		created.GC = 1
		fails(t, s.FinishBinding(ctx, created, nil), platform.ErrGroupBound)
		created.GC = 4
		fails(t, s.FinishBinding(ctx, created, nil), platform.ErrGroupBound)
		created.GC = 6
		ok(t, s.FinishBinding(ctx, created, nil))

		ok(t, s.ReleaseBinding(ctx, seven, nil))
		fails(t, s.BeginBinding(ctx, binding("7", 3)), platform.ErrUnderWay)
		fails(t, s.BeginBinding(ctx, binding("9", 1)), platform.ErrUnderWay)
		ok(t, s.EndBinding(ctx, seven))
		bound(t, s, binding("7", 3))
		bound(t, s, binding("9", 1))
	}},
	{"an-openid-is-one-groups", func(t *testing.T, s store.Store) {
		one, two := binding("7", 1), binding("8", 2)
		two.OpenID = one.OpenID
		bound(t, s, one)
		if err := s.BeginBinding(t.Context(), two); err == nil {
			t.Error("two groups of a game have one openid")
		}
	}},
	{"only-the-one-who-began-ends-or-finishes", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		b := binding("7", 1)
		ok(t, s.BeginBinding(ctx, b))
		stranger := b
		stranger.Request = "another"
		fails(t, s.FinishBinding(ctx, stranger, nil), platform.ErrNotFound)
		ok(t, s.EndBinding(ctx, stranger))
		ok(t, s.FinishBinding(ctx, b, nil))
	}},
	{"a-binding-is-released-by-its-keys-and-its-request", func(t *testing.T, s store.Store) {
		b := bound(t, s, binding("7", 1))
		wrong := b
		wrong.GC = 2
		fails(t, s.ReleaseBinding(t.Context(), wrong, nil), platform.ErrNotFound)
		wrong = b
		wrong.ID = "8"
		fails(t, s.ReleaseBinding(t.Context(), wrong, nil), platform.ErrNotFound)
		wrong = b
		wrong.Request = "an earlier binding of the same"
		fails(t, s.ReleaseBinding(t.Context(), wrong, nil), platform.ErrNotFound)
		same(t, result(s.Binding(t.Context(), b.Guild))(t), b)
	}},
	{"bindings-in-pages", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		var all []platform.Binding
		for i, guild := range []string{"1", "12", "2"} {
			all = append(all, bound(t, s, binding(guild, platform.GC(i+1))))
		}
		further := binding("0", 9)
		further.Zone = "10"
		all = append(all, bound(t, s, further))
		same(t, result(s.Bindings(ctx, platform.Guild{AppID: game}, 3))(t), all[:3])
		same(t, result(s.Bindings(ctx, all[0].Guild, 2))(t), all[1:3])
		same(t, result(s.Bindings(ctx, all[2].Guild, 2))(t), all[3:])
		same(t, result(s.Bindings(ctx, platform.Guild{AppID: other}, 3))(t), nil)
	}},
	{"bindings-under-way-in-order", func(t *testing.T, s store.Store) {
		later, sooner, last := binding("1", 1), binding("2", 2), binding("10", 4)
		later.SinceMS++
		last.SinceMS++
		sooner.AppID = other
		for _, b := range []platform.Binding{last, later, sooner} {
			ok(t, s.BeginBinding(t.Context(), b))
		}
		bound(t, s, binding("3", 3))
		same(t, underWay(t, s), []platform.Binding{sooner, later, last})
		same(t, result(s.BindingsUnderWay(t.Context(), platform.Binding{}, 1))(t), []platform.Binding{sooner})
		same(t, result(s.BindingsUnderWay(t.Context(), sooner, 1))(t), []platform.Binding{later})
		same(t, result(s.BindingsUnderWay(t.Context(), later, 9))(t), []platform.Binding{last})
		same(t, result(s.BindingsUnderWay(t.Context(), last, 9))(t), nil)
	}},
	{"bindings-under-way-with-a-guild-or-a-group", func(t *testing.T, s store.Store) {
		seven, eight, created, elsewhere := binding("7", 1), binding("8", 2), binding("9", 0), binding("7", 1)
		elsewhere.AppID = other
		for _, b := range []platform.Binding{seven, eight, created, elsewhere} {
			ok(t, s.BeginBinding(t.Context(), b))
		}
		bound(t, s, binding("10", 3))
		with := func(guild string, gc platform.GC) []platform.Binding {
			t.Helper()
			return result(s.BindingsUnderWayWith(t.Context(), platform.Guild{AppID: game, Zone: "1", ID: guild}, gc))(t)
		}
		same(t, with("7", 0), []platform.Binding{seven})
		same(t, with("7", 1), []platform.Binding{seven})
		same(t, with("7", 2), []platform.Binding{seven, eight})
		same(t, with("11", 2), []platform.Binding{eight})
		same(t, with("9", 0), []platform.Binding{created})
		same(t, with("11", 0), nil)
		same(t, with("10", 3), nil)
	}},
	{"one-group-for-many-guilds-together", func(t *testing.T, s store.Store) {
		for round := range rounds {
			gc := platform.GC(round + 1)
			won := together(t, func(i int) (bool, error) {
				b := binding(fmt.Sprint(round, i), gc)
				switch err := s.BeginBinding(t.Context(), b); {
				case err == nil:
					return true, s.FinishBinding(t.Context(), b, nil)
				case errors.Is(err, platform.ErrUnderWay), errors.Is(err, platform.ErrGroupBound):
					return false, nil
				default:
					return false, err
				}
			})
			same(t, count(won), 1)
		}
		same(t, len(result(s.Bindings(t.Context(), platform.Guild{AppID: game}, 100))(t)), rounds)
	}},
	{"many-groups-for-one-guild-together", func(t *testing.T, s store.Store) {
		for round := range rounds {
			won := together(t, func(i int) (bool, error) {
				b := binding(fmt.Sprint(round), 0)
				err := s.BeginBinding(t.Context(), b)
				if errors.Is(err, platform.ErrUnderWay) || errors.Is(err, platform.ErrGuildBound) {
					return false, nil
				}
				b.GC = platform.GC(round*callers + i + 1)
				return true, errors.Join(err, s.FinishBinding(t.Context(), b, nil))
			})
			same(t, count(won), 1)
		}
	}},
	{"bindings-come-and-go-together", func(t *testing.T, s store.Store) {
		together(t, func(i int) (struct{}, error) {
			for range rounds {
				b := binding("7", 5)
				b.Request = fmt.Sprint(i)
				switch err := s.BeginBinding(t.Context(), b); {
				case err == nil:
					if err := s.EndBinding(t.Context(), b); err != nil {
						return struct{}{}, err
					}
				case !errors.Is(err, platform.ErrUnderWay): // nothing else keeps one from beginning
					return struct{}{}, err
				}
			}
			return struct{}{}, nil
		})
		same(t, len(underWay(t, s)), 0)
	}},
	{"events-are-stored-with-a-binding", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		refused, none := errors.New("refused"), platform.Binding{}
		refuse := true
		s.GuardEvents(func(_ context.Context, e *platform.Event) error {
			if refuse {
				return refused
			}
			return nil
		})
		b := binding("7", 1)
		event := []platform.Event{{Type: platform.EventGuildBound, TimeMS: now, Guild: b.Guild, GC: b.GC, UIN: b.UIN}}
		ok(t, s.BeginBinding(ctx, b))
		fails(t, s.FinishBinding(ctx, b, event), platform.ErrEvents)
		got, err := s.Binding(ctx, b.Guild)
		fails(t, err, platform.ErrNotFound)
		same(t, got, none)
		refuse = false
		ok(t, s.FinishBinding(ctx, b, event))
		refuse = true
		fails(t, s.ReleaseBinding(ctx, b, event), platform.ErrEvents)
		same(t, result(s.Binding(ctx, b.Guild))(t), b)
		refuse = false
		ok(t, s.ReleaseBinding(ctx, b, event))
		fails(t, s.ReleaseBinding(ctx, b, event), platform.ErrNotFound)
		same(t, len(result(s.Undelivered(ctx, platform.LaneStream, 10))(t)), 2)
	}},
	{"reminders", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.TakeReminder(ctx, game, first, 20_000))
		fails(t, s.TakeReminder(ctx, game, first, 20_000), platform.ErrSpent)
		ok(t, s.TakeReminder(ctx, other, first, 20_000))
		ok(t, s.TakeReminder(ctx, game, first+1, 20_000))
		ok(t, s.TakeReminder(ctx, game, first, 20_001))
		ok(t, s.ReturnReminder(ctx, game, first, 20_000)) // of a day that is over
		fails(t, s.TakeReminder(ctx, game, first, 20_001), platform.ErrSpent)
		ok(t, s.ReturnReminder(ctx, game, first, 20_001))
		ok(t, s.TakeReminder(ctx, game, first, 20_001))
		taken := together(t, func(int) (bool, error) {
			err := s.TakeReminder(ctx, game, first, 20_002)
			if errors.Is(err, platform.ErrSpent) {
				return false, nil
			}
			return true, err
		})
		same(t, count(taken), 1)
	}},
}
