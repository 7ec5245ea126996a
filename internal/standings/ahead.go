package standings

import (
	"github.com/rookeryhq/rookery/internal/platform"
)

// ReadAhead fills the table before the standings are needed: read calls keep, from any number of goroutines, with standings
// whose every part was read after ReadAhead began. A standing that has changed since is left out. keep returns false when no
// more need be read: the table is full, or Forget was called. Two calls must not overlap. The error is read's.
func (t *Table) ReadAhead(read func(keep func(platform.AppID, platform.OpenID, platform.Standing) bool) error) error {
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
	return read(t.keepAhead)
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
