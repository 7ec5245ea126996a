package ranking

import (
	"context"
	"errors"
	"slices"
	"sync"
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
	circlesKept = 400_000 // accounts in all circles together, of 24 bytes each
)

// people remembers the openids of players and the circles of callers for a moment. Friendships that change count at once.
type people struct {
	openIDs *cache.Associative[appUser, knownOpenID]
	circles *circles
}

type appUser struct {
	app platform.AppID
	uin platform.UIN
}

type knownOpenID struct {
	openid  *platform.OpenID // nil without an active one
	untilMS int64
}

// circles are those that are remembered. To read one costs more than a thousand times as much as to find it, so that two callers must
// not take turns in driving each other out.
type circles struct {
	mu    sync.Mutex
	most  int // accounts
	size  int
	of    map[platform.UIN]*circle
	drops [256]uint32 // of the accounts that share a number
}

func newCircles(most int) *circles { return &circles{most: most, of: make(map[platform.UIN]*circle)} }

// get returns an account's circle, or nil and what put takes for one that is read now.
func (c *circles) get(app platform.AppID, uin platform.UIN, nowMS int64) (known *circle, drops uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known = c.of[uin]; known != nil && known.app == app && nowMS < known.untilMS {
		return known, 0
	}
	return nil, c.drops[uin%platform.UIN(len(c.drops))]
}

// put remembers a circle, unless it may have changed since it was read. Any others make room for it.
func (c *circles) put(uin platform.UIN, read *circle, drops uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if drops != c.drops[uin%platform.UIN(len(c.drops))] || len(read.uins) > c.most {
		return
	}
	c.remove(uin)
	for other := range c.of {
		if c.size+len(read.uins) <= c.most {
			break
		}
		c.remove(other)
	}
	c.of[uin] = read
	c.size += len(read.uins)
}

// drop forgets the circle of an account whose friendships have changed.
func (c *circles) drop(uin platform.UIN) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops[uin%platform.UIN(len(c.drops))]++
	c.remove(uin)
}

// remove forgets a circle if it is remembered. c.mu must be held.
func (c *circles) remove(uin platform.UIN) {
	if known := c.of[uin]; known != nil {
		c.size -= len(known.uins)
		delete(c.of, uin)
	}
}

func (c *circles) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.of)
	c.size = 0
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
		openIDs: cache.NewAssociative[appUser, knownOpenID](openIDsKept),
		circles: newCircles(circlesKept),
	}
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.FriendshipChange); ok {
			p.circles.drop(c.UIN)
		}
	})
	return p
}

// openID returns the openid that a player has at an app; nil if it was taken back.
func (s *Service) openID(ctx context.Context, app platform.AppID, uin platform.UIN) (openid *platform.OpenID, err error) {
	key, now := appUser{app, uin}, s.Clock.NowMS()
	set := s.people.openIDs.SetOf(key)
	if known := set.Get(key); known != nil && now < known.untilMS {
		return known.openid, nil
	}
	drops := set.Drops()
	active, err := store.ActiveOpenID(oidb.Wait(ctx), s.Store, app, uin)
	switch {
	case err == nil:
		openid = &active
	case !errors.Is(err, platform.ErrNotFound):
		return nil, err
	}
	set.Put(key, knownOpenID{openid, now + knownFor.Milliseconds()}, drops)
	return openid, nil
}

// circle returns the circle of an account at an app. Error: -4007.
func (s *Service) circle(ctx context.Context, app platform.AppID, uin platform.UIN) (*circle, error) {
	now := s.Clock.NowMS()
	known, drops := s.people.circles.get(app, uin, now)
	if known != nil {
		return known, nil
	}
	list, lost, err := friends.List(ctx, s.Bus, app, uin)
	if err != nil {
		return nil, retcode.GameCenterFriendsFailed.WithCause(err)
	}
	c := &circle{app: app, uins: []platform.UIN{uin}, lost: lost, untilMS: now + knownFor.Milliseconds()}
	for i := range list {
		c.uins, c.openids = append(c.uins, list[i].UIN), append(c.openids, list[i].OpenID)
	}
	if !lost {
		s.people.circles.put(uin, c, drops)
	}
	return c, nil
}

// Forget empties what is remembered of people, as a restart does.
func (s *Service) Forget() {
	s.people.openIDs.Clear()
	s.people.circles.clear()
}
