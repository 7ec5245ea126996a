package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var friendships = []test{
	{"befriend", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.Befriend(ctx, first, 1<<62, many, now))
		ok(t, s.Befriend(ctx, first+1, first, many, now+1))
		ok(t, s.Befriend(ctx, first, first+1, many, now+2)) // repeating it changes nothing, not even the time
		ok(t, s.Befriend(ctx, 1<<62, first, many, now+3))

		same(t, result(s.Friends(ctx, first))(t), []platform.Friendship{
			{UIN: first, Friend: first + 1, SinceMS: now + 1},
			{UIN: first, Friend: 1 << 62, SinceMS: now},
		})
		same(t, result(s.Friends(ctx, first+1))(t), []platform.Friendship{{UIN: first + 1, Friend: first, SinceMS: now + 1}})
		same(t, result(s.Friends(ctx, 1<<62))(t), []platform.Friendship{{UIN: 1 << 62, Friend: first, SinceMS: now}})
	}},
	{"befriend-together", func(t *testing.T, s store.Store) {
		together(t, func(i int) (none struct{}, err error) {
			if i%2 == 0 {
				return none, s.Befriend(t.Context(), first, first+1, many, now)
			}
			return none, s.Befriend(t.Context(), first+1, first, many, now)
		})
		same(t, result(s.Friends(t.Context(), first))(t), []platform.Friendship{{UIN: first, Friend: first + 1, SinceMS: now}})
		same(t, result(s.Friends(t.Context(), first+1))(t), []platform.Friendship{{UIN: first + 1, Friend: first, SinceMS: now}})
	}},
	{"friends-are-bounded-together", func(t *testing.T, s store.Store) {
		made := together(t, func(i int) (bool, error) {
			err := s.Befriend(t.Context(), first, first+1+platform.UIN(i), 5, now)
			if errors.Is(err, platform.ErrFull) {
				return false, nil
			}
			return err == nil, err
		})
		same(t, len(slices.DeleteFunc(made, func(ok bool) bool { return !ok })), 5)
		same(t, len(result(s.Friends(t.Context(), first))(t)), 5)
	}},
	{"remark", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		fails(t, s.SetRemark(ctx, first, first+1, "鸦"), platform.ErrNotFound)
		ok(t, s.Befriend(ctx, first, first+1, many, now))
		ok(t, s.SetRemark(ctx, first, first+1, "小'鸦\""))
		same(t, result(s.Friends(ctx, first))(t), []platform.Friendship{{UIN: first, Friend: first + 1, Remark: "小'鸦\"", SinceMS: now}})
		same(t, result(s.Friends(ctx, first+1))(t), []platform.Friendship{{UIN: first + 1, Friend: first, SinceMS: now}})
		ok(t, s.Befriend(ctx, first+1, first, many, now+1)) // the remark stays
		same(t, result(s.Friends(ctx, first))(t)[0].Remark, "小'鸦\"")
		ok(t, s.SetRemark(ctx, first, first+1, ""))
		same(t, result(s.Friends(ctx, first))(t)[0].Remark, "")
	}},
	{"unfriend", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		for friend := range platform.UIN(3) {
			ok(t, s.Befriend(ctx, first, first+1+friend, many, now))
		}
		same(t, result(s.AreFriends(ctx, first, first+1))(t), true)
		ok(t, s.Unfriend(ctx, first+1, first))
		same(t, result(s.AreFriends(ctx, first, first+1))(t), false)
		same(t, result(s.AreFriends(ctx, first+1, first))(t), false)
		same(t, result(s.AreFriends(ctx, first+2, first))(t), true)
		fails(t, s.Unfriend(ctx, first, first+1), platform.ErrNotFound)
		fails(t, s.Unfriend(ctx, first+1, first+2), platform.ErrNotFound) // friends of the same friend
		same(t, len(result(s.Friends(ctx, first))(t)), 2)
	}},
	{"befriend-no-more-than", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ok(t, s.Befriend(ctx, first, first+1, 2, now))
		ok(t, s.Befriend(ctx, first+2, first, 2, now))
		fails(t, s.Befriend(ctx, first, first+3, 2, now), platform.ErrFull)
		fails(t, s.Befriend(ctx, first+3, first, 2, now), platform.ErrFull)
		ok(t, s.Befriend(ctx, first+1, first, 2, now)) // friends already
		same(t, len(result(s.Friends(ctx, first))(t)), 2)
		same(t, len(result(s.Friends(ctx, first+3))(t)), 0)
		ok(t, s.Unfriend(ctx, first, first+1))
		ok(t, s.Befriend(ctx, first, first+3, 2, now))
	}},
	{"friends-of-an-app", appFriends},
	{"users-of-an-app", appUsers},
}

// appFriends: of nine friends four use the app, one of them as a V5 player too; each of the others fails one condition.
func appFriends(t *testing.T, s store.Store) {
	ctx := t.Context()
	account(t, s, first)
	issue(t, s, game, first, openid(100)) // the list's own account, which is not on it
	result(s.Authorize(ctx, game, openid(100), nil, false, now))(t)
	for n := range byte(9) {
		uin := first + 1 + platform.UIN(n)
		account(t, s, uin)
		ok(t, s.Befriend(ctx, uin, first, many, now))
		if n == 0 {
			continue // without an openid
		}
		issue(t, s, game, uin, openid(n))
		if n == 1 {
			continue // without a grant
		}
		result(s.Authorize(ctx, game, openid(n), nil, false, now))(t)
	}
	account(t, s, first+20) // a user, but not a friend
	issue(t, s, game, first+20, openid(20))
	result(s.Authorize(ctx, game, openid(20), nil, false, now))(t)

	ok(t, s.EndGrant(ctx, game, openid(2), platform.EndedByUser, now))
	result(s.ReclaimOpenID(ctx, game, first+4, now))(t) // openid 3
	for n, state := range map[platform.UIN]platform.AccountState{4: platform.AccountClosed, 5: platform.AccountFrozen} {
		result(s.UpdateAccount(ctx, first+1+n, func(a *platform.Account) error { a.State = state; return nil }))(t)
	}
	profile := platform.Profile{Nickname: "渡鸦", VIP: platform.VIP{Yellow: platform.Membership{Level: 3, Year: true, EndMS: now + 1}}}
	result(s.UpdateAccount(ctx, first+7, func(a *platform.Account) error { a.Profile = profile; return nil }))(t)
	ok(t, s.SetRemark(ctx, first, first+7, "黑"))
	ok(t, s.SetRemark(ctx, first+7, first, "白"))
	_, _, err := s.EnsurePlayer(ctx, platform.Player{AppID: game, Channel: 2, MSDKOpenID: 1<<63 + 7, OpenID: openid(7)}, now)
	ok(t, err)

	crow := platform.Profile{Nickname: "小乌鸦"}
	friends := []platform.AppUser{
		{UIN: first + 6, OpenID: openid(5), Profile: crow}, // frozen accounts are still listed
		{UIN: first + 7, OpenID: openid(6), Remark: "黑", Profile: profile},
		{UIN: first + 8, OpenID: openid(7), MSDKOpenID: 1<<63 + 7, Profile: crow},
		{UIN: first + 9, OpenID: openid(8), Profile: crow},
	}
	same(t, result(s.AppFriends(ctx, game, first, 0, 10))(t), friends)
	same(t, result(s.AppFriends(ctx, game, first, 0, 2))(t), friends[:2])
	same(t, result(s.AppFriends(ctx, game, first, first+7, 10))(t), friends[2:])
	same(t, result(s.AppFriends(ctx, game, first, first+7, 1))(t), friends[2:3])
	same(t, result(s.AppFriends(ctx, game, first, 1<<64-1, 10))(t), nil)
	same(t, result(s.AppFriends(ctx, other, first, 0, 10))(t), nil)
	same(t, result(s.AppFriends(ctx, game, first+20, 0, 10))(t), nil)
	others := []platform.AppUser{
		{UIN: first + 1, Profile: crow},
		{UIN: first + 2, OpenID: openid(1), Profile: crow},
		{UIN: first + 3, OpenID: openid(2), Profile: crow},
		{UIN: first + 4, Profile: crow},
	}
	same(t, result(s.UnregisteredFriends(ctx, game, first, 10))(t), others)
	same(t, result(s.UnregisteredFriends(ctx, game, first, 2))(t), others[:2])
	same(t, len(result(s.UnregisteredFriends(ctx, other, first, 100))(t)), 8) // all but the closed one
}

func appUsers(t *testing.T, s store.Store) {
	ctx := t.Context()
	for n := range byte(4) {
		issue(t, s, game, first+platform.UIN(n), openid(n))
		result(s.Authorize(ctx, game, openid(n), nil, false, now))(t)
	}
	ok(t, s.EndGrant(ctx, game, openid(1), platform.EndedByOperator, now))
	result(s.ReclaimOpenID(ctx, game, first+2, now))(t)
	crow := platform.Profile{Nickname: "小乌鸦"}
	same(t, result(s.AppUsers(ctx, game, []platform.OpenID{openid(1), openid(2), openid(3), openid(9)}))(t),
		[]platform.AppUser{{UIN: first + 3, OpenID: openid(3), Profile: crow}})
	same(t, len(result(s.AppUsers(ctx, game, []platform.OpenID{openid(0), openid(3), openid(0)}))(t)), 2)
	same(t, result(s.AppUsers(ctx, other, []platform.OpenID{openid(0)}))(t), nil)
	same(t, result(s.AppUsers(ctx, game, nil))(t), nil)
}
