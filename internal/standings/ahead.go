package standings

import (
	"math"

	"github.com/rookeryhq/rookery/internal/platform"
)

// ReadAhead fills the table, with at most so many standings, before they are needed: read calls keep, from any number of goroutines, with standings
// whose every part was read after ReadAhead began. A standing that has changed since is left out. keep returns false when no
// more need be read: the table is full, or Forget was called. Two calls must not overlap. The error is read's.
func (t *Table) ReadAhead(standings int, read func(keep func(platform.AppID, platform.OpenID, platform.Standing) bool) error) error {
	note := func(changed func() map[key]struct{}) {
		for i := range t.shards {
			s := &t.shards[i]
			s.mu.Lock()
			s.changed = changed()
			s.mu.Unlock()
		}
	}
	note(func() map[key]struct{} { return make(map[key]struct{}) })
	defer note(func() map[key]struct{} { return nil })
	t.reserve(standings)
	defer t.fit()
	return read(t.keepAhead)
}

// reserve makes room for so many standings, since to grow to millions by eighths costs as much as to read them. It leaves
// alone a table that they would fill: they come in the order of the shards, and the first shards then have most of them.
func (t *Table) reserve(standings int) {
	each := float64(standings) / float64(len(t.shards))
	if int64(standings) > t.most || each < 1000 {
		return
	}
	slots := int((each + 2*math.Sqrt(each)) * 16 / 15) // enough for nearly every shard: what it gets differs by chance
	t.resize(func(_, had int) int { return max(slots, had) })
}

// fit gives back the room of standings that were expected and did not come.
func (t *Table) fit() {
	t.resize(func(used, had int) int {
		if had > 2*leastSlots && used < had-had/6 {
			return used + used/8 + 1
		}
		return had
	})
}

func (t *Table) resize(to func(used, had int) int) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		had := s.slots.Load().len()
		if n := to(s.used, had); n != had {
			s.resize(n)
		}
		s.mu.Unlock()
	}
}

func (t *Table) keepAhead(app platform.AppID, openid platform.OpenID, standing platform.Standing) bool {
	k := newKey(openid)
	s := &t.shards[k.shard()]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changed == nil || t.kept.Load() >= t.most {
		return false
	}
	if _, changed := s.changed[k]; !changed {
		t.put(s, app, k, standing)
	}
	return true
}
