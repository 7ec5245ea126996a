// Package friends knows who is whose friend, and the profiles that users of an app show. It runs on the bus as the commands
// 0x5e1, 0xf00 and 0xf01.
package friends

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sort"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// Bounds of one call.
const (
	MaxOpenIDs      = 100 // for Users
	MaxUnregistered = 50  // for Unregistered
	maxRemark       = 100 // bytes

	maxFriends = 5000 // per account
)

// Friend is a friend who uses the same app.
type Friend = platform.AppUser

// Service is the friends service. It is safe for concurrent use.
type Service struct {
	store    store.Store
	clock    *platform.Clock
	bus      *oidb.Bus
	profiles *profile.Service
	cache    listCache
	pairs    *pairs
	guard    func(ctx context.Context, app platform.AppID, write bool) error // nil if the cache cannot fail
}

// New returns a service whose tokens are checked through the bus.
func New(st store.Store, clock *platform.Clock, bus *oidb.Bus, profiles *profile.Service) *Service {
	s := &Service{store: st, clock: clock, bus: bus, profiles: profiles, cache: newCache(cacheSize), pairs: newPairs()}
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.FriendshipChange); ok {
			s.cache.drop(c.UIN)
			s.pairs.drop(c.UIN)
		}
	})
	return s
}

// Forget empties the cache of pairs, as a restart does. Lists are cached for times when the store cannot be read.
func (s *Service) Forget() { s.pairs.answers.Clear() }

// Guard sets a function that each use of the cache calls first; its error makes the use fail. It must be set before the
// first call.
func (s *Service) Guard(guard func(ctx context.Context, app platform.AppID, write bool) error) {
	s.guard = guard
}

// page returns an account's friends above a number who use the app, by number, with their current profiles: at most one
// more than fits on a page, to show that there are more. The first page reads the store once; the list is then cached for
// the pages after it, and for times when the store cannot be read. A list from the cache at such a time is lost, which
// means that it may be out of date, and so is a list that could not be cached. The page must not be changed.
//
// Errors: 251004 when neither the store nor the cache has an answer; 251005 when the store has none and the cache takes no
// updates, so that its content cannot be trusted (causes.md, Friends).
func (s *Service) page(ctx context.Context, app platform.AppID, uin, after platform.UIN) (page []Friend, lost bool, err error) {
	key, now, most := cacheKey{app, uin}, s.clock.NowMS(), maxFriends
	if after > 0 {
		if list, lost, ok := s.cache.begun(key, now); ok && s.mayUse(ctx, app, false) == nil {
			return pageOf(list, after, now), lost, nil
		}
		most = oidb.MaxFriends + 1
	}
	unwritable := s.mayUse(ctx, app, true)
	changes := s.cache.changes(key)
	list, unreadable := s.store.AppFriends(ctx, app, uin, after, most)
	switch {
	case unreadable == nil && after > 0:
		return pageOf(list, after, now), false, nil
	case unreadable == nil && unwritable == nil:
		s.cache.put(key, list, now, changes)
		return pageOf(list, after, now), false, nil
	case unreadable == nil:
		return pageOf(list, after, now), true, nil
	case unwritable != nil:
		return nil, false, retcode.QQFriendCacheWriteFailed.WithCause(errors.Join(unreadable, unwritable))
	}
	if err := s.mayUse(ctx, app, false); err != nil {
		return nil, false, retcode.QQFriendCacheReadFailed.WithCause(errors.Join(unreadable, err))
	}
	list, ok := s.cache.get(key, now)
	if !ok {
		return nil, false, retcode.QQFriendCacheReadFailed.WithCause(unreadable)
	}
	return pageOf(list, after, now), true, nil
}

// pageOf returns the page of a list after a number, and one further friend if there are more.
func pageOf(list []Friend, after platform.UIN, now int64) []Friend {
	list = list[sort.Search(len(list), func(i int) bool { return list[i].UIN > after }):]
	return atTime(list[:min(len(list), oidb.MaxFriends+1)], now)
}

func (s *Service) mayUse(ctx context.Context, app platform.AppID, write bool) error {
	if s.guard == nil {
		return nil
	}
	return s.guard(ctx, app, write)
}

// atTime returns the list with current profiles: a copy if memberships have expired.
func atTime(list []Friend, now int64) []Friend {
	copied := false
	for i := range list {
		if shown := list[i].Profile.At(now); shown != &list[i].Profile {
			if !copied {
				list, copied = slices.Clone(list), true
			}
			list[i].Profile = *shown
		}
	}
	return list
}

// Unregistered returns at most limit, up to MaxUnregistered, of an account's friends who do not use the app, by number. A
// friend without an openid there gets one, so that the app can name the friend. Error: 251004 when they cannot be read.
func (s *Service) Unregistered(ctx context.Context, app platform.AppID, uin platform.UIN, limit int) ([]Friend, error) {
	list, err := s.store.UnregisteredFriends(ctx, app, uin, min(limit, MaxUnregistered))
	if err != nil {
		return nil, retcode.QQFriendCacheReadFailed.WithCause(err)
	}
	now := s.clock.NowMS()
	var (
		nameless   []*Friend
		uins       []platform.UIN
		candidates []platform.OpenID
	)
	for i := range list {
		f := &list[i]
		f.Profile = *f.Profile.At(now)
		if f.OpenID == (platform.OpenID{}) {
			var candidate platform.OpenID
			rand.Read(candidate[:])
			nameless, uins, candidates = append(nameless, f), append(uins, f.UIN), append(candidates, candidate)
		}
	}
	if len(nameless) == 0 {
		return list, nil
	}
	openids, err := s.store.EnsureOpenIDs(ctx, app, uins, candidates, now)
	if err != nil {
		return nil, retcode.QQFriendCacheReadFailed.WithCause(err)
	}
	for i, f := range nameless {
		f.OpenID = openids[i]
	}
	return list, nil
}

// Users returns those of the openids, at most MaxOpenIDs, that are in use at the app, friends or not, with their current
// profiles.
func (s *Service) Users(ctx context.Context, app platform.AppID, openids []platform.OpenID) (map[platform.OpenID]platform.AppUser, error) {
	if len(openids) > MaxOpenIDs {
		return nil, retcode.QQFriendParameterIllegal.Errorf("%d openids are asked for, more than %d", len(openids), MaxOpenIDs)
	}
	list, err := s.store.AppUsers(ctx, app, openids)
	if err != nil {
		return nil, err
	}
	users := make(map[platform.OpenID]platform.AppUser, len(list))
	for _, u := range atTime(list, s.clock.NowMS()) {
		users[u.OpenID] = u
	}
	return users, nil
}

// Befriend makes two accounts friends of each other. Errors: platform.ErrInvalid, platform.ErrNotFound.
func (s *Service) Befriend(ctx context.Context, a, b platform.UIN) error {
	if a == b {
		return platform.Invalidf("friend", "account %s cannot be its own friend", a)
	}
	for _, uin := range []platform.UIN{a, b} {
		if _, err := s.store.Account(ctx, uin); err != nil {
			return err
		}
	}
	switch err := s.store.Befriend(ctx, a, b, maxFriends, s.clock.NowMS()); {
	case errors.Is(err, platform.ErrFull):
		return platform.Invalidf("friend", "account %s or %s has %d friends already, which is the most", a, b, maxFriends)
	case err != nil:
		return err
	}
	return nil
}

// SetRemark sets an account's remark about a friend; "" removes it. Errors: platform.ErrInvalid, platform.ErrNotFound.
func (s *Service) SetRemark(ctx context.Context, uin, friend platform.UIN, remark string) error {
	if err := platform.CheckText("remark", remark, maxRemark); err != nil {
		return err
	}
	if err := s.store.SetRemark(ctx, uin, friend, remark); err != nil {
		return noFriends(uin, friend, err)
	}
	return nil
}

// Unfriend ends a friendship on both sides. Error: platform.ErrNotFound.
func (s *Service) Unfriend(ctx context.Context, a, b platform.UIN) error {
	if err := s.store.Unfriend(ctx, a, b); err != nil {
		return noFriends(a, b, err)
	}
	return nil
}

func noFriends(a, b platform.UIN, err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return platform.ErrNotFound.Errorf("accounts %s and %s are not friends", a, b)
	}
	return err
}

// Friendships returns an account's friends by number, whatever apps they use.
func (s *Service) Friendships(ctx context.Context, uin platform.UIN) ([]platform.Friendship, error) {
	return s.store.Friends(ctx, uin)
}
