package friends

import (
	"container/list"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

const (
	cacheSize = 50_000           // friends of all lists together, each list counting one more
	cacheLife = 10 * time.Minute // of a list
)

type cacheKey struct {
	app platform.AppID
	uin platform.UIN
}

// cache keeps the lists that were asked for last. A list is gone once a friendship of its account changed, and one that was
// read before the change is not kept after it.
type cache struct {
	mu     sync.Mutex
	size   int // at most
	used   int
	lists  map[cacheKey]*list.Element // of *cached
	byUIN  map[platform.UIN]map[platform.AppID]struct{}
	order  *list.List // the one used last in front
	change [256]uint64
}

type cached struct {
	cacheKey
	friends []Friend
	untilMS int64
}

func newCache(size int) cache {
	return cache{
		size: size, lists: make(map[cacheKey]*list.Element), order: list.New(),
		byUIN: make(map[platform.UIN]map[platform.AppID]struct{}),
	}
}

// changes is a number that differs once a friendship of the key's account changed.
func (c *cache) changes(key cacheKey) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.change[key.uin%platform.UIN(len(c.change))]
}

// put keeps a list that was read when changes had that value. Nobody may change the list from then on.
func (c *cache) put(key cacheKey, friends []Friend, nowMS int64, changes uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if changes != c.change[key.uin%platform.UIN(len(c.change))] || len(friends) >= c.size {
		return
	}
	c.remove(c.lists[key])
	c.lists[key] = c.order.PushFront(&cached{key, friends, nowMS + cacheLife.Milliseconds()})
	if c.byUIN[key.uin] == nil {
		c.byUIN[key.uin] = make(map[platform.AppID]struct{})
	}
	c.byUIN[key.uin][key.app] = struct{}{}
	c.used += len(friends) + 1
	for c.used > c.size {
		c.remove(c.order.Back())
	}
}

func (c *cache) get(key cacheKey, nowMS int64) ([]Friend, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.lists[key]
	if e == nil {
		return nil, false
	}
	entry := e.Value.(*cached)
	if nowMS >= entry.untilMS {
		c.remove(e)
		return nil, false
	}
	c.order.MoveToFront(e)
	return entry.friends, true
}

// drop forgets the lists of accounts whose friendships changed.
func (c *cache) drop(uins ...platform.UIN) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, uin := range uins {
		c.change[uin%platform.UIN(len(c.change))]++
		for app := range c.byUIN[uin] {
			c.remove(c.lists[cacheKey{app, uin}])
		}
	}
}

// remove takes a list out; nil is none. c.mu is held.
func (c *cache) remove(e *list.Element) {
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
