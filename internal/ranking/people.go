package ranking

import (
	"context"
	"errors"
	"time"

	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Rankings are asked for again and again, and by whom and about whom changes seldom.
const (
	knownFor    = 10 * time.Second // who uses an app, under which openid
	openIDsKept = 1 << 16
	listsKept   = 1 << 12
	longestKept = 500 // friends on a list
)

// people remembers the openids of players and the friends of callers for a moment. Friendships that change count at once.
type people struct {
	openIDs *cache.DirectMapped[appUser, knownOpenID]
	lists   *cache.DirectMapped[platform.UIN, knownFriends]
}

type appUser struct {
	app platform.AppID
	uin platform.UIN
}

type knownOpenID struct {
	openid  *platform.OpenID // nil without an active one
	untilMS int64
}

type knownFriends struct {
	app     platform.AppID
	list    []friend
	untilMS int64
}

// friend is a friend who uses the app.
type friend struct {
	uin    platform.UIN
	openid platform.OpenID
}

func newPeople(st store.Store) people {
	p := people{
		openIDs: cache.NewDirectMapped[appUser, knownOpenID](openIDsKept),
		lists:   cache.NewDirectMapped[platform.UIN, knownFriends](listsKept),
	}
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.FriendshipChange); ok {
			p.lists.Slot(c.UIN).Drop()
		}
	})
	return p
}

// openID returns the openid that a player has at an app; nil if it was taken back.
func (s *Service) openID(ctx context.Context, app platform.AppID, uin platform.UIN) (openid *platform.OpenID, err error) {
	key, now := appUser{app, uin}, s.Clock.NowMS()
	slot := s.people.openIDs.Slot(key)
	if known := slot.Get(key); known != nil && now < known.untilMS {
		return known.openid, nil
	}
	drops := slot.Drops()
	active, err := store.ActiveOpenID(oidb.Wait(ctx), s.Store, app, uin)
	switch {
	case err == nil:
		openid = &active
	case !errors.Is(err, platform.ErrNotFound):
		return nil, err
	}
	slot.Put(key, knownOpenID{openid, now + knownFor.Milliseconds()}, drops)
	return openid, nil
}

// friendsOf returns the friends of an account who use an app. lost means that they may be out of date.
func (s *Service) friendsOf(ctx context.Context, app platform.AppID, uin platform.UIN) (list []friend, lost bool, err error) {
	now, slot := s.Clock.NowMS(), s.people.lists.Slot(uin)
	if known := slot.Get(uin); known != nil && known.app == app && now < known.untilMS {
		return known.list, false, nil
	}
	drops := slot.Drops()
	all, lost, err := friends.List(ctx, s.Bus, app, uin)
	if err != nil {
		return nil, false, err
	}
	until := now + knownFor.Milliseconds()
	for i := range all {
		f := friend{all[i].UIN, all[i].OpenID}
		list = append(list, f)
		key := appUser{app, f.uin}
		known := s.people.openIDs.Slot(key)
		known.Put(key, knownOpenID{&f.openid, until}, known.Drops())
	}
	if !lost && len(list) <= longestKept {
		slot.Put(uin, knownFriends{app, list, until}, drops)
	}
	return list, lost, nil
}

// Forget empties what is remembered of people, as a restart does.
func (s *Service) Forget() {
	s.people.openIDs.Clear()
	s.people.lists.Clear()
}
