package friends

import (
	"container/list"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

const (
	cacheSize = 50_000           // friends of all lists together, plus one for each list
	cacheLife = 10 * time.Minute // of a list
	walkLife  = 10 * time.Second // after the first page, for reading the further pages
)

type cacheKey struct {
	app platform.AppID
	uin platform.UIN
}

// listCache keeps the most recently used lists. A list is dropped when a friendship of its account changes, and a list that was
// read before the change is not cached after it.
type listCache struct {
	mu     sync.Mutex
	size   int // at most
	used   int
	lists  map[cacheKey]*list.Element // of *cached
	byUIN  map[platform.UIN]map[platform.AppID]struct{}
	order  *list.List // most recently used first
	change [256]uint64
}

type cached struct {
	cacheKey
	friends []Friend
	untilMS int64
	shownMS int64 // when its first page was last returned
	lost    bool  // it was returned because the store could not be read
}

func newCache(size int) listCache {
	return listCache{
		size: size, lists: make(map[cacheKey]*list.Element), order: list.New(),
		byUIN: make(map[platform.UIN]map[platform.AppID]struct{}),
	}
}

// changes returns a number that differs once a friendship of the key's account has changed.
func (c *listCache) changes(key cacheKey) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.change[key.uin%platform.UIN(len(c.change))]
}

// put caches a list that was read when changes had that value. The list must not be changed from then on.
func (c *listCache) put(key cacheKey, friends []Friend, nowMS int64, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes != c.change[key.uin%platform.UIN(len(c.change))] || len(friends) >= c.size {
		return
	}
	c.remove(c.lists[key])
	c.lists[key] = c.order.PushFront(&cached{key, friends, nowMS + cacheLife.Milliseconds(), nowMS, false})
	if c.byUIN[key.uin] == nil {
		c.byUIN[key.uin] = make(map[platform.AppID]struct{})
	}
	c.byUIN[key.uin][key.app] = struct{}{}
	c.used += len(friends) + 1
	for c.used > c.size {
		c.remove(c.order.Back())
	}
}

// get returns a list for times when the store cannot be read.
func (c *listCache) get(key cacheKey, nowMS int64) ([]Friend, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry := c.find(key, nowMS)
	if entry == nil {
		return nil, false
	}
	entry.shownMS, entry.lost = nowMS, true
	return entry.friends, true
}

// begun returns a list whose first page was returned a moment ago, and whether it was lost.
func (c *listCache) begun(key cacheKey, nowMS int64) (friends []Friend, lost, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry := c.find(key, nowMS)
	if entry == nil || nowMS-entry.shownMS >= walkLife.Milliseconds() {
		return nil, false, false
	}
	return entry.friends, entry.lost, true
}

// find returns the cached list's element, or nil. c.mu must be held.
func (c *listCache) find(key cacheKey, nowMS int64) *cached {
	e := c.lists[key]
	if e == nil {
		return nil
	}
	entry := e.Value.(*cached)
	if nowMS >= entry.untilMS {
		c.remove(e)
		return nil
	}
	c.order.MoveToFront(e)
	return entry
}

// drop removes the lists of accounts whose friendships changed.
func (c *listCache) drop(uins ...platform.UIN) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, uin := range uins {
		c.change[uin%platform.UIN(len(c.change))]++
		for app := range c.byUIN[uin] {
			c.remove(c.lists[cacheKey{app, uin}])
		}
	}
}

// remove removes a list; e may be nil. c.mu must be held.
func (c *listCache) remove(e *list.Element) {
	if e == nil {
		return
	}
	entry := c.order.Remove(e).(*cached)
	delete(c.lists, entry.cacheKey)
	delete(c.byUIN[entry.uin], entry.app)
	if len(c.byUIN[entry.uin]) == 0 {
		delete(c.byUIN, entry.uin)
	}
	c.used -= len(entry.friends) + 1
}
