// Package storetest is the suite that every engine of the store must pass.
package storetest

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Run tests the engine behind open, which returns an empty store for each call. The suite closes it.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, list := range [][]test{apps, accounts, openids, players, grants, changes, logins, openkeys, friendships, messages, achievements, scenes, gameCommands, bindings, policies, outbox, qqgroups, sessions, operators, auditLog, incarnation, feeds, challenges, lookups, whole} {
		for _, test := range list {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				s := open(t)
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				})
				test.run(t, s)
			})
		}
	}
}

type test struct {
	name string
	run  func(*testing.T, store.Store)
}

// What the tests work with.
const (
	game  platform.AppID = 1101
	other platform.AppID = 1102

	first = platform.FirstUIN

	now int64 = 1_700_000_000_123 // its last digits show whether an engine stores only seconds

	many    = 100 // friends that one account may have, unless that is what is tested
	callers = 32  // concurrent callers of an operation
	rounds  = 16  // of tests that only a race can break
)

func openid(n byte) platform.OpenID { return platform.OpenID{0xff, 0x80, 15: n} }

// account stores an account with that number.
func account(t *testing.T, s store.Store, uin platform.UIN) *platform.Account {
	t.Helper()
	a := &platform.Account{UIN: uin, Profile: platform.Profile{Nickname: "小乌鸦"}, PasswordHash: "hash", PasswordEpoch: 1, CreatedMS: now}
	ok(t, s.CreateAccount(t.Context(), a, first))
	return a
}

// issue gives an account, which is created if needed, that openid.
func issue(t *testing.T, s store.Store, app platform.AppID, uin platform.UIN, id platform.OpenID) {
	t.Helper()
	if _, err := s.Account(t.Context(), uin); errors.Is(err, platform.ErrNotFound) {
		account(t, s, uin)
	}
	got, err := s.EnsureOpenID(t.Context(), app, uin, id, now)
	ok(t, err)
	same(t, got, id)
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fails(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// same compares deeply; an empty list or map equals nil.
func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{}, platform.Decimal{})); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// result fails on an error and returns the value otherwise: result(s.Account(ctx, uin))(t).
func result[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// together calls do from many goroutines that start at the same time, and returns the results.
func together[T any](t *testing.T, do func(i int) (T, error)) []T {
	t.Helper()
	var (
		made  = make([]T, callers)
		errs  = make([]error, callers)
		start = make(chan struct{})
		wg    sync.WaitGroup
	)
	for i := range callers {
		wg.Go(func() {
			<-start
			made[i], errs[i] = do(i)
		})
	}
	close(start)
	wg.Wait()
	ok(t, errors.Join(errs...))
	return made
}

// whole are the tests of the store as a whole.
var whole = []test{
	{"ping", func(t *testing.T, s store.Store) {
		ok(t, s.Ping(t.Context()))
	}},
	{"empty", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		same(t, result(s.Apps(ctx))(t), []*platform.App{})
		same(t, result(s.Accounts(ctx, 0, 10))(t), []*platform.Account{})
		same(t, result(s.OpenIDsOf(ctx, first))(t), []platform.OpenIDBinding{})
		same(t, result(s.Friends(ctx, first))(t), []platform.Friendship{})
	}},
	{"cancelled-context", cancelled},
}

// cancelled calls every method with a context that has ended: each returns its error, and nothing changes.
func cancelled(t *testing.T, s store.Store) {
	ctx := t.Context()
	ended, cancel := context.WithCancel(ctx)
	cancel()

	ok(t, s.CreateApp(ctx, &platform.App{AppID: game, Name: "before"}, now))
	account(t, s, first+1)
	issue(t, s, game, first, openid(1))
	grant := result(s.Authorize(ctx, game, openid(1), []string{"login"}, true, now))(t)
	key := platform.Openkey{AppID: game, Session: 1, OpenID: openid(1), ExpiresMS: now + 1}
	ok(t, s.CreateOpenkey(ctx, key))
	begun, inForce := binding("8", 3), bound(t, s, binding("9", 2))
	ok(t, s.BeginBinding(ctx, begun))
	ok(t, s.TakeReminder(ctx, game, first, 2))
	made := group(t, s, first)
	gc := made.GC

	posted, match := post(t, s, feedOf(first, "")), begin(t, s, challenge(first, first+1, "r"))

	edited := false
	calls := map[string]func() error{
		"CreateApp": func() error { return s.CreateApp(ended, &platform.App{AppID: other}, now) },
		"UpdateApp": func() error {
			_, err := s.UpdateApp(ended, game, now, func(a *platform.App) error { edited, a.Name = true, "after"; return nil })
			return err
		},
		"Apps":          func() error { _, err := s.Apps(ended); return err },
		"CreateAccount": func() error { return s.CreateAccount(ended, &platform.Account{UIN: first + 2}, first) },
		"UpdateAccount": func() error {
			_, err := s.UpdateAccount(ended, first, func(a *platform.Account) error { edited, a.PasswordEpoch = true, 9; return nil })
			return err
		},
		"Account":      func() error { _, err := s.Account(ended, first); return err },
		"Accounts":     func() error { _, err := s.Accounts(ended, 0, 10); return err },
		"EnsureOpenID": func() error { _, err := s.EnsureOpenID(ended, game, first+1, openid(2), now); return err },
		"EnsureOpenIDs": func() error {
			_, err := s.EnsureOpenIDs(ended, game, []platform.UIN{first + 1}, []platform.OpenID{openid(2)}, now)
			return err
		},
		"OpenID":        func() error { _, err := s.OpenID(ended, game, openid(1)); return err },
		"OpenIDsOf":     func() error { _, err := s.OpenIDsOf(ended, first); return err },
		"ReclaimOpenID": func() error { _, err := s.ReclaimOpenID(ended, game, first, now); return err },
		"EnsurePlayer": func() error {
			_, _, err := s.EnsurePlayer(ended, platform.Player{AppID: game, Channel: 2, MSDKOpenID: 7, OpenID: openid(1)}, now)
			return err
		},
		"Player":      func() error { _, err := s.Player(ended, game, 7); return err },
		"Standing":    func() error { _, err := s.Standing(ended, game, openid(1)); return err },
		"CountGrants": func() error { _, err := s.CountGrants(ended); return err },
		"ReadStandings": func() error {
			return s.ReadStandings(ended, func(platform.AppID, platform.OpenID, platform.Standing) bool { return true })
		},
		"Authorize":           func() error { _, err := s.Authorize(ended, game, openid(1), nil, true, now); return err },
		"RaisePayEpoch":       func() error { _, err := s.RaisePayEpoch(ended, game, openid(1), now); return err },
		"EndGrant":            func() error { return s.EndGrant(ended, game, openid(1), platform.EndedByUser, now) },
		"Grant":               func() error { _, err := s.Grant(ended, game, openid(1)); return err },
		"CreateOpenkey":       func() error { return s.CreateOpenkey(ended, platform.Openkey{AppID: game, Session: 2}) },
		"Openkey":             func() error { _, err := s.Openkey(ended, game, 1); return err },
		"RenewOpenkey":        func() error { return s.RenewOpenkey(ended, game, 1, now, now+100) },
		"Befriend":            func() error { return s.Befriend(ended, first, first+1, many, now) },
		"Friends":             func() error { _, err := s.Friends(ended, first); return err },
		"SetRemark":           func() error { return s.SetRemark(ended, first, first+1, "r") },
		"Unfriend":            func() error { return s.Unfriend(ended, first, first+1) },
		"AreFriends":          func() error { _, err := s.AreFriends(ended, first, first+1); return err },
		"AppFriends":          func() error { _, err := s.AppFriends(ended, game, first, 0, 10); return err },
		"UnregisteredFriends": func() error { _, err := s.UnregisteredFriends(ended, game, first, 1); return err },
		"AppUsers":            func() error { _, err := s.AppUsers(ended, game, []platform.OpenID{openid(1)}); return err },
		"Report":              func() error { return s.Report(ended, []platform.Event{event(1)}) },
		"Undelivered":         func() error { _, err := s.Undelivered(ended, platform.LaneStream, 1); return err },
		"Delivered":           func() error { return s.Delivered(ended, platform.LaneStream, 1) },
		"CountUndelivered":    func() error { _, _, err := s.CountUndelivered(ended, platform.LaneStream); return err },
		"EditGameCommand": func() error {
			_, err := s.EditGameCommand(ended, "a", func(c *platform.GameCommand) error { edited = true; return nil })
			return err
		},
		"GameCommands":         func() error { _, err := s.GameCommands(ended); return err },
		"BeginBinding":         func() error { return s.BeginBinding(ended, binding("7", 1)) },
		"FinishBinding":        func() error { return s.FinishBinding(ended, begun, nil) },
		"ReleaseBinding":       func() error { return s.ReleaseBinding(ended, inForce, nil) },
		"EndBinding":           func() error { return s.EndBinding(ended, begun) },
		"Binding":              func() error { _, err := s.Binding(ended, inForce.Guild); return err },
		"BindingOfGroup":       func() error { _, err := s.BindingOfGroup(ended, game, 2); return err },
		"BindingOfOpenID":      func() error { _, err := s.BindingOfOpenID(ended, game, inForce.OpenID); return err },
		"Bindings":             func() error { _, err := s.Bindings(ended, platform.Guild{AppID: game}, 1); return err },
		"BindingsUnderWay":     func() error { _, err := s.BindingsUnderWay(ended, platform.Binding{}, 1); return err },
		"BindingsUnderWayWith": func() error { _, err := s.BindingsUnderWayWith(ended, begun.Guild, 1); return err },
		"TakeReminder":         func() error { return s.TakeReminder(ended, game, first, 1) },
		"ReturnReminder":       func() error { return s.ReturnReminder(ended, game, first, 2) },
		"CreateGroup":          func() error { _, err := s.CreateGroup(ended, platform.Group{Owner: first}, "", noLimits); return err },
		"Group":                func() error { _, err := s.Group(ended, gc); return err },
		"Groups":               func() error { _, err := s.Groups(ended, 0, 10); return err },
		"GroupsOf":             func() error { _, err := s.GroupsOf(ended, first, false, 0, 10); return err },
		"UpdateGroup": func() error {
			_, err := s.UpdateGroup(ended, gc, func(g *platform.Group) error { edited, g.Name = true, "after"; return nil })
			return err
		},
		"DisbandGroup":  func() error { return s.DisbandGroup(ended, gc, "", always) },
		"TransferGroup": func() error { return s.TransferGroup(ended, gc, first+1, 0, whoever) },
		"JoinGroup":     func() error { return s.JoinGroup(ended, gc, platform.GroupMembership{UIN: first + 1}, many, always) },
		"LeaveGroup":    func() error { return s.LeaveGroup(ended, gc, first, first, byAnybody) },
		"GroupRole":     func() error { _, _, err := s.GroupRole(ended, gc, first); return err },
		"GroupMembers":  func() error { _, err := s.GroupMembers(ended, gc, 0, 10); return err },
		"SendGroupMessage": func() error {
			_, err := s.SendGroupMessage(ended, gc, platform.GroupMessage{UIN: first}, "", 3, now, whoever)
			return err
		},
		"GroupMessages": func() error { _, err := s.GroupMessages(ended, gc, 0, 0, 10); return err },
		"NoteGuild":     func() error { return s.NoteGuild(ended, gc, platform.Guild{AppID: game}, always) },
		"ForgetGuild":   func() error { return s.ForgetGuild(ended, gc, platform.Guild{AppID: game}, always) },
		"GroupGuilds":   func() error { _, err := s.GroupGuilds(ended, gc); return err },
		"EndSession":    func() error { return s.EndSession(ended, first, [16]byte{1}, now+1, now) },
		"SessionEnded":  func() error { _, err := s.SessionEnded(ended, first, [16]byte{1}); return err },
		"PostFeed":      func() error { _, err := s.PostFeed(ended, feedOf(first, ""), many); return err },
		"Feeds":         func() error { _, err := s.Feeds(ended, game, []platform.UIN{first}, 9, 0, 9); return err },
		"FeedsByID":     func() error { _, err := s.FeedsByID(ended, game, []int64{1}, 0); return err },
		"DeleteFeed":    func() error { return s.DeleteFeed(ended, game, first, posted.ID) },
		"SweepFeeds":    func() error { _, err := s.SweepFeeds(ended, now+1, 9); return err },
		"SeenEntries":   func() error { _, err := s.SeenEntries(ended, game, first); return err },
		"SeeEntries":    func() error { return s.SeeEntries(ended, game, first, []string{"feeds"}, now) },
		"BeginChallenge": func() error {
			_, err := s.BeginChallenge(ended, challenge(first, first+1, "s"), many)
			return err
		},
		"EditChallenge": func() error {
			_, err := s.EditChallenge(ended, game, match.ID, func(*platform.Challenge) error { edited = true; return nil })
			return err
		},
		"SettleChallenges": func() error { _, err := s.SettleChallenges(ended, now+5000, 9); return err },
		"ChallengesOf":     func() error { _, err := s.ChallengesOf(ended, game, first, 9, 0, 9); return err },
		"ChallengeRecord":  func() error { _, err := s.ChallengeRecord(ended, game, first, now); return err },
		"ChallengeNews":    func() error { _, err := s.ChallengeNews(ended, game, first, now); return err },
		"SweepChallenges":  func() error { _, err := s.SweepChallenges(ended, now+5000, 9); return err },
		"Ping":             func() error { return s.Ping(ended) },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got error %v, want %v", name, err, context.Canceled)
		}
	}

	if edited {
		t.Error("an edit function was called")
	}
	list := result(s.Apps(ctx))(t)
	same(t, len(list), 1)
	same(t, list[0].Name, "before")
	same(t, len(result(s.Accounts(ctx, 0, 10))(t)), 2)
	same(t, result(s.Account(ctx, first))(t).PasswordEpoch, uint32(1))
	same(t, len(result(s.OpenIDsOf(ctx, first+1))(t)), 0)
	same(t, result(s.OpenID(ctx, game, openid(1)))(t).State, platform.OpenIDActive)
	same(t, result(s.Grant(ctx, game, openid(1)))(t), grant)
	same(t, result(s.Openkey(ctx, game, 1))(t), key)
	same(t, len(result(s.Friends(ctx, first))(t)), 0)
	same(t, result(s.Bindings(ctx, platform.Guild{AppID: game}, 10))(t), []platform.Binding{inForce})
	same(t, underWay(t, s), []platform.Binding{begun})
	fails(t, s.TakeReminder(ctx, game, first, 2), platform.ErrSpent)
	same(t, result(s.Groups(ctx, 0, many))(t), []platform.Group{made})
	same(t, len(result(s.GroupMembers(ctx, gc, 0, many))(t)), 1)
	same(t, len(result(s.GroupMessages(ctx, gc, 0, 0, many))(t)), 0)
	same(t, len(result(s.GroupGuilds(ctx, gc))(t)), 0)
	same(t, feedIDs(t, s, first), []int64{posted.ID})
	same(t, len(result(s.SeenEntries(ctx, game, first))(t)), 0)
	same(t, result(s.ChallengesOf(ctx, game, first, 9, 0, 9))(t), []platform.Challenge{match})
	_, err := s.Player(ctx, game, 7)
	fails(t, err, platform.ErrNotFound)
	_, err = s.Openkey(ctx, game, 2)
	fails(t, err, platform.ErrNotFound)
}

func sorted[T ~uint32 | ~uint64](list []T) []T {
	slices.Sort(list)
	return list
}

// sequence returns n numbers from start on.
func sequence[T ~uint32 | ~uint64](start T, n int) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = start + T(i)
	}
	return list
}
