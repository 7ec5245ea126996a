package ranking

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// Rankings are asked for again and again, and by whom and about whom changes seldom.
const (
	knownFor    = 10 * time.Second // who uses an app, under which openid
	openIDsKept = 1 << 16
	circlesKept = 1 << 12
	longestKept = 500 // friends in a circle
)

// people remembers the openids of players and the circles of callers for a moment. Friendships that change count at once.
type people struct {
	openIDs *cache.DirectMapped[appUser, knownOpenID]
	circles *cache.DirectMapped[platform.UIN, circle]
}

type appUser struct {
	app platform.AppID
	uin platform.UIN
}

type knownOpenID struct {
	openid  *platform.OpenID // nil without an active one
	untilMS int64
}

// circle is a player and the friends who use an app. It is shared between calls and does not change.
type circle struct {
	app     platform.AppID
	uins    []platform.UIN    // the player's, then those of the friends, in ascending order
	openids []platform.OpenID // of the friends
	lost    bool              // the friends may be out of date
	untilMS int64
}

// openID returns the openid of a friend; nil for the player.
func (c *circle) openID(uin platform.UIN) *platform.OpenID {
	if i, found := slices.BinarySearch(c.uins[1:], uin); found {
		return &c.openids[i]
	}
	return nil
}

func newPeople(st store.Store) people {
	p := people{
		openIDs: cache.NewDirectMapped[appUser, knownOpenID](openIDsKept),
		circles: cache.NewDirectMapped[platform.UIN, circle](circlesKept),
	}
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.FriendshipChange); ok {
			p.circles.Slot(c.UIN).Drop()
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

// circle returns the circle of an account at an app. Error: -4007.
func (s *Service) circle(ctx context.Context, app platform.AppID, uin platform.UIN) (*circle, error) {
	now, slot := s.Clock.NowMS(), s.people.circles.Slot(uin)
	if known := slot.Get(uin); known != nil && known.app == app && now < known.untilMS {
		return known, nil
	}
	drops := slot.Drops()
	list, lost, err := friends.List(ctx, s.Bus, app, uin)
	if err != nil {
		return nil, retcode.GameCenterFriendsFailed.WithCause(err)
	}
	c := circle{app: app, uins: []platform.UIN{uin}, lost: lost, untilMS: now + knownFor.Milliseconds()}
	for i := range list {
		c.uins, c.openids = append(c.uins, list[i].UIN), append(c.openids, list[i].OpenID)
	}
	if !lost && len(list) <= longestKept {
		slot.Put(uin, c, drops)
	}
	return &c, nil
}

// Forget empties what is remembered of people, as a restart does.
func (s *Service) Forget() {
	s.people.openIDs.Clear()
	s.people.circles.Clear()
}
